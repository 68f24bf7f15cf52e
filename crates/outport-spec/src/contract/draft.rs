//! Checks in the making: defaults by kind, and ids that stay the same over versions.

use std::collections::BTreeMap;

use outport_model::check::{Check, CheckKind, CheckSeverity, Dimension, Threshold, Unit};

use crate::node::Node;

/// A check that demands that no row violates it, about `column` of `table`.
pub(super) fn check(table: &str, column: Option<&str>, slug: &str, kind: CheckKind, place: &Node<'_>) -> Check {
    let id = match column {
        Some(column) => format!("{table}.{column}.{slug}"),
        None => format!("{table}.{slug}"),
    };
    Check {
        id,
        name: phrase(&kind, table, column),
        table: table.to_owned(),
        column: column.map(str::to_owned),
        dimension: dimension(&kind),
        kind,
        threshold: Threshold::zero(),
        unit: Unit::Rows,
        severity: CheckSeverity::Error,
        description: None,
        pointer: place.pointer().to_owned(),
    }
}

fn dimension(kind: &CheckKind) -> Dimension {
    match kind {
        CheckKind::Missing { .. } | CheckKind::RowCount => Dimension::Completeness,
        CheckKind::Duplicate { .. } | CheckKind::UniqueItems => Dimension::Uniqueness,
        CheckKind::Reference { .. } => Dimension::Consistency,
        CheckKind::Freshness { .. } => Dimension::Timeliness,
        CheckKind::Sql { .. } | CheckKind::Text | CheckKind::Custom { .. } => Dimension::Accuracy,
        CheckKind::Conversion
        | CheckKind::Range { .. }
        | CheckKind::MultipleOf { .. }
        | CheckKind::Length { .. }
        | CheckKind::Format { .. }
        | CheckKind::Invalid { .. }
        | CheckKind::Retention { .. } => Dimension::Conformity,
    }
}

fn phrase(kind: &CheckKind, table: &str, column: Option<&str>) -> String {
    let subject = column.unwrap_or(table);
    match kind {
        CheckKind::Conversion => format!("{subject} has the right type"),
        CheckKind::Missing { .. } => format!("{subject} is present"),
        CheckKind::Range { .. } => format!("{subject} is in range"),
        CheckKind::MultipleOf { divisor } => format!("{subject} is a multiple of {divisor}"),
        CheckKind::Length { .. } => format!("{subject} has the right length"),
        CheckKind::Format { format } => format!("{subject} has the format {format}"),
        CheckKind::UniqueItems => format!("{subject} has no item twice"),
        CheckKind::Invalid { .. } => format!("{subject} is valid"),
        CheckKind::Duplicate { columns } => format!("{} is unique", columns.join(", ")),
        CheckKind::RowCount => format!("number of rows of {table}"),
        CheckKind::Reference { columns, to_table, .. } => format!("{} refers to {to_table}", columns.join(", ")),
        CheckKind::Sql { .. } => format!("query about {subject}"),
        CheckKind::Freshness { column } => format!("{column} is fresh"),
        CheckKind::Retention { column } => format!("{column} is kept no longer than agreed"),
        CheckKind::Text => format!("rule about {subject}"),
        CheckKind::Custom { engine } => format!("{engine} rule about {subject}"),
    }
}

/// Makes the ids of a contract's checks unique: the second check that wants an id gets it with `.2`.
pub(super) fn number_ids<'a>(checks: impl Iterator<Item = &'a mut Check>) {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for check in checks {
        let count = seen.entry(check.id.clone()).or_default();
        *count += 1;
        if *count > 1 {
            check.id = format!("{}.{count}", check.id);
        }
    }
}
