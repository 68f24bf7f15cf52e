//! Checks that a property implies without a quality rule: type, presence, limits, values, uniqueness.

use std::cmp::Ordering;

use outport_model::{
    check::{Bound, Check, CheckKind},
    contract::{Column, DataType},
    diagnostic::Diagnostic,
};
use serde_json::Value;

use super::{draft::check, pattern};
use crate::{codes, node::Node};

/// The checks that one column implies, except that of the primary key.
pub(super) fn checks(
    table: &str,
    column: &Column,
    sole_key: bool,
    property: &Node<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Check> {
    let place = |key: &str| property.get(key).unwrap_or_else(|| property.clone());
    let draft = |slug: &str, kind, place: &Node<'_>| check(table, Some(&column.name), slug, kind, place);
    let mut checks = Vec::new();
    if column.data_type != DataType::String {
        checks.push(draft("type", CheckKind::Conversion, &place("logicalType")));
    }
    if !column.nullable {
        let key = if property.flag("required") { "required" } else { "primaryKey" };
        checks.push(draft("required", CheckKind::Missing { missing: Vec::new() }, &place(key)));
    }
    if let Some(options) = property.get("logicalTypeOptions") {
        let kinds = Limits { property, node: &options, data_type: &column.data_type }.kinds(diagnostics);
        checks.extend(kinds.into_iter().map(|(slug, kind)| draft(slug, kind, &options)));
    }
    if let Some(values) = values(property) {
        checks.push(draft("enum", CheckKind::Invalid { values: Some(values), pattern: None }, &place("enum")));
    }
    if column.unique && !sole_key {
        checks.push(draft("unique", CheckKind::Duplicate { columns: vec![column.name.clone()] }, &place("unique")));
    }
    checks
}

fn values(property: &Node<'_>) -> Option<Vec<Value>> {
    let values: Vec<_> = property.list("enum").iter().filter_map(|e| e.value().get("value").cloned()).collect();
    (!values.is_empty()).then_some(values)
}

/// The `logicalTypeOptions` of a property.
struct Limits<'a> {
    property: &'a Node<'a>,
    node: &'a Node<'a>,
    data_type: &'a DataType,
}

impl Limits<'_> {
    fn kinds(&self, diagnostics: &mut Vec<Diagnostic>) -> Vec<(&'static str, CheckKind)> {
        [
            self.range(diagnostics).map(|kind| ("range", kind)),
            self.multiple().map(|kind| ("multiple", kind)),
            self.length("minLength", "maxLength", diagnostics).map(|kind| ("length", kind)),
            self.pattern(diagnostics).map(|kind| ("pattern", kind)),
            self.format(diagnostics).map(|kind| ("format", kind)),
            self.length("minItems", "maxItems", diagnostics).map(|kind| ("items", kind)),
            self.dimensions().map(|kind| ("dimensions", kind)),
            self.node.flag("uniqueItems").then_some(("unique_items", CheckKind::UniqueItems)),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn range(&self, diagnostics: &mut Vec<Diagnostic>) -> Option<CheckKind> {
        let minimum = self.bound("minimum", "exclusiveMinimum");
        let maximum = self.bound("maximum", "exclusiveMaximum");
        if let (Some(low), Some(high)) = (&minimum, &maximum) {
            self.demand_order(low, high, diagnostics);
        }
        (minimum.is_some() || maximum.is_some()).then_some(CheckKind::Range { minimum, maximum })
    }

    /// ODCS up to v3.0.2 writes `exclusiveMinimum: true` beside `minimum`; later versions write the bound itself.
    fn bound(&self, inclusive: &str, exclusive: &str) -> Option<Bound> {
        let get = |key| self.node.value().get(key).filter(|v| v.is_number() || v.is_string());
        match (get(inclusive), get(exclusive)) {
            (_, Some(value)) => Some(Bound { value: value.clone(), exclusive: true }),
            (Some(value), None) => Some(Bound { value: value.clone(), exclusive: self.node.flag(exclusive) }),
            (None, None) => None,
        }
    }

    fn demand_order(&self, low: &Bound, high: &Bound, diagnostics: &mut Vec<Diagnostic>) {
        let order = compare(&low.value, &high.value);
        let touches = order == Some(Ordering::Equal) && (low.exclusive || high.exclusive);
        if order == Some(Ordering::Greater) || touches {
            let message = format!("no value is above {} and below {}", low.value, high.value);
            diagnostics.push(self.node.error_key(codes::CONTRADICTION, message).help("swap or widen the limits"));
        }
    }

    fn multiple(&self) -> Option<CheckKind> {
        let divisor = self.node.number("multipleOf")?.as_f64()?;
        (divisor > 0.0).then_some(CheckKind::MultipleOf { divisor })
    }

    fn length(&self, least: &str, greatest: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<CheckKind> {
        let (minimum, maximum) = (self.node.count(least), self.node.count(greatest));
        if let (Some(low), Some(high)) = (minimum, maximum)
            && low > high
        {
            let message = format!("`{least}` is {low} and `{greatest}` is {high}, so nothing is allowed");
            diagnostics.push(self.node.error_key(codes::CONTRADICTION, message).help("swap or widen the limits"));
        }
        (minimum.is_some() || maximum.is_some()).then_some(CheckKind::Length { minimum, maximum })
    }

    fn dimensions(&self) -> Option<CheckKind> {
        let count = self.node.count("dimensions");
        count.map(|_| CheckKind::Length { minimum: count, maximum: count })
    }

    fn pattern(&self, diagnostics: &mut Vec<Diagnostic>) -> Option<CheckKind> {
        let pattern = self.node.get("pattern")?;
        let text = pattern::checked(&pattern, diagnostics)?;
        Some(CheckKind::Invalid { values: None, pattern: Some(text) })
    }

    /// The format of text is checked; that of numbers is their type; that of dates and times is how a file writes
    /// them, and only ISO 8601 is read.
    fn format(&self, diagnostics: &mut Vec<Diagnostic>) -> Option<CheckKind> {
        let format = self.node.get("format")?;
        let text = format.as_text()?;
        match self.data_type {
            DataType::String if self.property.text("logicalType") == Some("string") => {
                Some(CheckKind::Format { format: text.to_owned() })
            }
            DataType::Date | DataType::Time | DataType::Timestamp { .. } if !is_iso(text) => {
                diagnostics.push(
                    format
                        .warning(codes::NOT_CHECKED, format!("the format `{text}` is not used"))
                        .help("dates and times in text files are read as ISO 8601"),
                );
                None
            }
            _ => None,
        }
    }
}

fn is_iso(format: &str) -> bool {
    format.starts_with("yyyy-MM-dd") || format.starts_with("uuuu-MM-dd") || format.starts_with("HH:mm")
}

/// Numbers compare as numbers; dates and times in ISO 8601 compare as text where they are written alike.
fn compare(low: &Value, high: &Value) -> Option<Ordering> {
    match (low, high) {
        (Value::String(low), Value::String(high)) if low.len() == high.len() => Some(low.cmp(high)),
        (Value::Number(low), Value::Number(high)) => low.as_f64()?.partial_cmp(&high.as_f64()?),
        _ => None,
    }
}
