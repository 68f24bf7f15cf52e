//! The operator of a quality rule: exactly one of eight.

use outport_model::{check::Threshold, diagnostic::Diagnostic};
use serde_json::Value;

use crate::{codes, node::Node, odcs::OPERATORS};

/// The threshold of a rule that needs one; `None` where the rule does not have exactly one good operator.
pub(super) fn threshold(rule: &Node<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<Threshold> {
    let found: Vec<_> = OPERATORS.iter().filter_map(|name| Some((*name, rule.get(name)?))).collect();
    match found.as_slice() {
        [(name, operand)] => of_operator(name, operand, diagnostics),
        [] => {
            diagnostics.push(
                rule.error_key(codes::OPERATORS, "the quality rule has no operator")
                    .help("say what the measured value must be, for example `mustBe: 0` or `mustBeLessThan: 10`"),
            );
            None
        }
        [.., (_, last)] => {
            let names: Vec<_> = found.iter().map(|(name, _)| format!("`{name}`")).collect();
            let message = format!("the quality rule has several operators: {}", names.join(", "));
            diagnostics.push(
                last.error_key(codes::OPERATORS, message)
                    .help("keep one; write `mustBeBetween` for two limits, or two rules"),
            );
            None
        }
    }
}

fn of_operator(name: &str, operand: &Node<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<Threshold> {
    let bound = |make: fn(f64) -> Threshold| operand.value().as_f64().map(make);
    match name {
        "mustBe" => Some(Threshold::MustBe(operand.value().clone())),
        "mustNotBe" => Some(Threshold::MustNotBe(operand.value().clone())),
        "mustBeGreaterThan" => bound(Threshold::MustBeGreaterThan),
        "mustBeGreaterOrEqualTo" => bound(Threshold::MustBeGreaterOrEqualTo),
        "mustBeLessThan" => bound(Threshold::MustBeLessThan),
        "mustBeLessOrEqualTo" => bound(Threshold::MustBeLessOrEqualTo),
        "mustBeBetween" => between(operand, diagnostics).map(|(low, high)| Threshold::MustBeBetween(low, high)),
        _ => between(operand, diagnostics).map(|(low, high)| Threshold::MustNotBeBetween(low, high)),
    }
}

/// Two numbers in order. The JSON Schema has reported anything but two numbers.
fn between(operand: &Node<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<(f64, f64)> {
    let [low, high] = operand.value().as_array()?.as_slice() else { return None };
    let (low, high) = (Value::as_f64(low)?, Value::as_f64(high)?);
    if low > high {
        diagnostics.push(
            operand
                .error(codes::OPERAND, format!("{low} is not below {high}"))
                .help(format!("write the smaller number first: `[{high}, {low}]`")),
        );
    }
    (low < high).then_some((low, high))
}
