//! Results of checks.

use outport_model::{
    check::{CheckResult, Outcome, Unit},
    contract::Contract,
};
use serde_json::{Value, json};

use super::{count, grouped, table};

/// The results of one contract for people.
pub(crate) fn text(contract: &Contract, results: &[CheckResult]) -> String {
    let title = contract.name.as_deref().unwrap_or(contract.id.as_str());
    format!("{title} {}\n{}\n{}", contract.version, list(results), summary(results))
}

/// A table of results; under it what else is to say of single ones.
pub(crate) fn list(results: &[CheckResult]) -> String {
    let row = |result: &CheckResult| {
        vec![
            sign(result.outcome).to_owned(),
            place(result),
            result.check.name.clone(),
            measured(result),
            result.check.threshold.to_string(),
            result.failed_rows.map(grouped).unwrap_or_default(),
            result.check.dimension.to_string(),
        ]
    };
    let header = ["", "where", "check", "measured", "must be", "failed rows", "dimension"];
    let mut text = table(&header, results.iter().map(row));
    for note in results.iter().filter_map(note) {
        text.push('\n');
        text.push_str(&note);
    }
    text
}

/// The message of a result, and how to see the rows that break the rule.
fn note(result: &CheckResult) -> Option<String> {
    let broken = !matches!(result.outcome, Outcome::Pass | Outcome::Skip);
    let query = result.sample_query.as_ref().filter(|_| broken);
    let parts = [result.message.clone(), query.map(|query| format!("rows: {query}"))];
    let text = parts.into_iter().flatten().collect::<Vec<_>>().join("\n    ");
    (!text.is_empty()).then(|| format!("  {} · {}\n    {text}", place(result), result.check.name))
}

/// One line: how many of each outcome.
pub(crate) fn summary(results: &[CheckResult]) -> String {
    let number = |outcome| results.iter().filter(|r| r.outcome == outcome).count();
    let mut text = format!("{} of {} met", number(Outcome::Pass), count(results.len(), "check"));
    for (outcome, what) in [
        (Outcome::Fail, "failed"),
        (Outcome::Warn, "warned"),
        (Outcome::Error, "could not be measured"),
        (Outcome::Skip, "are not for measuring"),
    ] {
        if number(outcome) > 0 {
            text = format!("{text}, {} {what}", number(outcome));
        }
    }
    text
}

/// One result on one line.
pub(crate) fn line(result: &CheckResult) -> String {
    let mut text = format!(
        "{} {} · {}: measured {}, must be {}",
        sign(result.outcome),
        place(result),
        result.check.name,
        measured(result),
        result.check.threshold
    );
    if let Some(rows) = result.failed_rows.filter(|rows| *rows > 0) {
        text = format!("{text} ({} of {} rows)", grouped(rows), result.rows.map_or("?".to_owned(), grouped));
    }
    if let Some(message) = &result.message {
        text = format!("{text} – {message}");
    }
    text
}

fn place(result: &CheckResult) -> String {
    let check = &result.check;
    check.column.as_ref().map_or(check.table.clone(), |column| format!("{}.{column}", check.table))
}

fn sign(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "✓",
        Outcome::Fail => "✗ fail",
        Outcome::Warn => "! warn",
        Outcome::Error => "? error",
        Outcome::Skip => "– skip",
    }
}

fn measured(result: &CheckResult) -> String {
    let number = match &result.measured {
        Value::Null => return "–".to_owned(),
        Value::String(text) => text.clone(),
        Value::Number(number) => number.as_u64().map_or_else(|| number.to_string(), grouped),
        other => other.to_string(),
    };
    match result.check.unit {
        Unit::Percent => format!("{number} %"),
        Unit::Seconds => format!("{number} s"),
        Unit::Rows | Unit::Value => number,
    }
}

/// The results of one contract for machines.
pub(crate) fn machine(contract: &Contract, results: &[CheckResult]) -> Value {
    json!({
        "contract": {"id": contract.id, "version": contract.version, "name": contract.name},
        "passed": !results.iter().any(|r| r.outcome.blocks()),
        "results": results,
    })
}
