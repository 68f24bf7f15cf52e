//! The primary key of an object.

use outport_model::{
    check::{Check, CheckKind},
    diagnostic::Diagnostic,
};

use super::draft::check;
use crate::{codes, node::Node};

/// The position in the primary key of each property, from 1. Without `primaryKeyPosition`, the document's order counts.
pub(super) fn positions(properties: &[Node<'_>], diagnostics: &mut Vec<Diagnostic>) -> Vec<Option<u32>> {
    let given: Vec<_> = properties.iter().map(|p| position(p, diagnostics)).collect();
    demand_order(properties, &given, diagnostics);
    let mut order: Vec<_> = (0..properties.len()).filter(|index| properties[*index].flag("primaryKey")).collect();
    order.sort_by_key(|index| given[*index].unwrap_or(u64::MAX));
    let mut positions = vec![None; properties.len()];
    for (position, index) in (1..).zip(order) {
        positions[index] = Some(position);
    }
    positions
}

/// The check that no key occurs twice.
pub(super) fn check_of(table: &str, key: &[String], object: &Node<'_>) -> Option<Check> {
    if key.is_empty() {
        return None;
    }
    let kind = CheckKind::Duplicate { columns: key.to_vec() };
    let column = if let [column] = key { Some(column.as_str()) } else { None };
    let draft = check(table, column, "primary_key", kind, object);
    Some(Check { id: format!("{table}.primary_key"), ..draft })
}

fn position(property: &Node<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<u64> {
    let node = property.get("primaryKeyPosition")?;
    let position = node.value().as_u64().filter(|position| *position > 0);
    if position.is_some() && !property.flag("primaryKey") {
        diagnostics.push(
            node.warning(codes::KEY_POSITION, "the position is that of a property outside the primary key")
                .help("add `primaryKey: true`, or remove the position"),
        );
        return None;
    }
    position
}

fn demand_order(properties: &[Node<'_>], given: &[Option<u64>], diagnostics: &mut Vec<Diagnostic>) {
    let count = properties.iter().filter(|p| p.flag("primaryKey")).count();
    if given.iter().all(Option::is_none) {
        return;
    }
    let mut taken = Vec::new();
    for (property, position) in properties.iter().zip(given).filter(|(p, _)| p.flag("primaryKey")) {
        let place = property.get("primaryKeyPosition").unwrap_or_else(|| property.clone());
        let problem = match position {
            None => Some("the primary key's other columns have a position, this one has none".to_owned()),
            Some(position) if taken.contains(position) => Some(format!("position {position} is taken")),
            Some(position) if *position > count as u64 => Some(format!(
                "position {position} in a primary key of {count} {}",
                if count == 1 { "column" } else { "columns" }
            )),
            Some(_) => None,
        };
        taken.extend(*position);
        if let Some(message) = problem {
            let advice = "count the key's columns from 1, each number once";
            diagnostics.push(place.error(codes::KEY_POSITION, message).help(advice));
        }
    }
}
