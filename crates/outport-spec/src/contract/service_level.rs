//! `slaProperties` that can be measured on the data: freshness (or latency) and retention.

use outport_model::{
    check::{Check, CheckKind, Threshold, Unit},
    contract::DataType,
    diagnostic::Diagnostic,
};
use serde_json::Value;

use super::{data_type, draft::check, reference::Objects};
use crate::{codes, duration, node::Node, suggest};

enum Level {
    Freshness,
    Retention,
}

impl Level {
    fn of(property: &str) -> Option<Self> {
        match property.to_ascii_lowercase().as_str() {
            "freshness" | "fr" | "latency" | "ly" => Some(Self::Freshness),
            "retention" | "re" => Some(Self::Retention),
            _ => None,
        }
    }
}

/// The checks of all service levels of a contract.
pub(super) fn checks(root: &Node<'_>, objects: &Objects<'_>, diagnostics: &mut Vec<Diagnostic>) -> Vec<Check> {
    let mut checks = Vec::new();
    for level in root.list("slaProperties") {
        super::quality::demand_scheduler(&level, diagnostics);
        let Some(kind) = level.text("property").and_then(Level::of) else { continue };
        let Some(element) = level.get("element").or_else(|| root.get("slaDefaultElement")) else {
            diagnostics.push(
                level
                    .warning(codes::NOT_CHECKED, "the service level is not measured: it names no column")
                    .help("add `element: object.property`, a column of time"),
            );
            continue;
        };
        let Some(seconds) = seconds(&level, diagnostics) else { continue };
        for part in element.as_text().unwrap_or_default().split(',').map(str::trim) {
            if let Some((table, column)) = column(part, &element, objects, diagnostics) {
                checks.push(level_check(&kind, &table, &column, seconds, &level));
            }
        }
    }
    checks
}

fn level_check(level: &Level, table: &str, column: &str, seconds: f64, place: &Node<'_>) -> Check {
    let (slug, kind) = match level {
        Level::Freshness => ("freshness", CheckKind::Freshness { column: column.to_owned() }),
        Level::Retention => ("retention", CheckKind::Retention { column: column.to_owned() }),
    };
    let mut check = check(table, Some(column), slug, kind, place);
    if let Some(id) = place.string("id") {
        check.id = id;
    }
    check.threshold = Threshold::MustBeLessOrEqualTo(seconds);
    check.unit = Unit::Seconds;
    check.description = place.string("description");
    check
}

/// The column that an element names. Nothing can be said about tables of other contracts.
fn column(
    text: &str,
    element: &Node<'_>,
    objects: &Objects<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<(String, String)> {
    let Some((object, name)) = objects.split(text) else {
        diagnostics.push(
            element
                .warning(codes::ELEMENT, format!("`{text}` is no column of this contract"))
                .label("not measured")
                .help("write `object.property`, with the names from `schema`"),
        );
        return None;
    };
    let properties = object.list("properties");
    let Some(property) = properties.iter().find(|p| p.text("name") == Some(name)) else {
        let names: Vec<_> = properties.iter().filter_map(|p| p.string("name")).collect();
        let table = object.text("name").unwrap_or_default();
        diagnostics.push(element.error(codes::ELEMENT, format!("`{table}` has no column `{name}`")).help(suggest::or(
            name,
            &names,
            "name a column of time",
        )));
        return None;
    };
    let data_type = data_type::data_type(property, &mut Vec::new());
    if !matches!(data_type, DataType::Date | DataType::Timestamp { .. }) {
        let message = format!("`{name}` has no age: it is of type {data_type}");
        diagnostics.push(element.error(codes::ELEMENT, message).help("name a column of type date or timestamp"));
        return None;
    }
    Some((object.string("name")?, name.to_owned()))
}

fn seconds(level: &Node<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<f64> {
    let value = level.get("value");
    let text = match value.as_ref().map(Node::value) {
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::String(text)) => text.clone(),
        _ => String::new(),
    };
    let seconds = duration::seconds(&text, level.text("unit"));
    if seconds.is_none() {
        let unit = level.text("unit").map(|unit| format!(" {unit}")).unwrap_or_default();
        diagnostics.push(
            value
                .unwrap_or_else(|| level.clone())
                .error(codes::DURATION, format!("`{text}{unit}` is not a duration"))
                .help("write a number with a unit (`d`, `h`, `m`, `s`), or an ISO 8601 duration such as `PT4H`"),
        );
    }
    seconds
}
