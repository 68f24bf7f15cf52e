//! The operator of a quality rule: exactly one of eight.

use outport_model::{check::Threshold, diagnostic::Diagnostic};
use serde_json::Value;

use crate::{codes, node::Node};

const OPERATORS: [&str; 8] = [
    "mustBe",
    "mustNotBe",
    "mustBeGreaterThan",
    "mustBeGreaterOrEqualTo",
    "mustBeLessThan",
    "mustBeLessOrEqualTo",
    "mustBeBetween",
    "mustNotBeBetween",
];

/// The threshold of a rule that needs one; `None` where the rule does not have exactly one good operator.
pub(super) fn threshold(rule: &Node<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<Threshold> {
    let mut found = OPERATORS.iter().filter_map(|name| Some((*name, rule.get(name)?)));
    let Some((name, operand)) = found.next() else {
        diagnostics.push(
            rule.error(codes::OPERATORS, "the rule does not say what the measured value is compared with")
                .help("add one operator, for example `mustBe: 0`"),
        );
        return None;
    };
    if let Some((other, _)) = found.next() {
        diagnostics.push(
            rule.error(codes::OPERATORS, format!("the rule has both `{name}` and `{other}`"))
                .help("a rule has one operator; write a second rule for the second condition"),
        );
        return None;
    }
    of_operator(name, &operand, diagnostics)
}

fn of_operator(name: &str, operand: &Node<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<Threshold> {
    let bound = |make: fn(f64) -> Threshold| operand.value().as_f64().map(make);
    let threshold = match name {
        "mustBe" => Some(Threshold::MustBe(operand.value().clone())),
        "mustNotBe" => Some(Threshold::MustNotBe(operand.value().clone())),
        "mustBeGreaterThan" => bound(Threshold::MustBeGreaterThan),
        "mustBeGreaterOrEqualTo" => bound(Threshold::MustBeGreaterOrEqualTo),
        "mustBeLessThan" => bound(Threshold::MustBeLessThan),
        "mustBeLessOrEqualTo" => bound(Threshold::MustBeLessOrEqualTo),
        "mustBeBetween" => between(operand).map(|(low, high)| Threshold::MustBeBetween(low, high)),
        _ => between(operand).map(|(low, high)| Threshold::MustNotBeBetween(low, high)),
    };
    if threshold.is_none() {
        let what = if name.ends_with("Between") { "two numbers, the smaller first" } else { "a number" };
        diagnostics.push(operand.error(codes::OPERAND, format!("`{name}` takes {what}")));
    }
    threshold
}

fn between(operand: &Node<'_>) -> Option<(f64, f64)> {
    let [low, high] = operand.value().as_array()?.as_slice() else { return None };
    let (low, high) = (Value::as_f64(low)?, Value::as_f64(high)?);
    (low < high).then_some((low, high))
}
