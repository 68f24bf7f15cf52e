//! From what was measured to a verdict.

use outport_model::check::{Check, CheckKind, CheckResult, CheckSeverity, Method, Outcome, Threshold, Unit};
use serde_json::{Number, Value};

/// What measuring a check gave.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Measurement {
    /// Rows that violate it.
    Violations(u64),
    /// Values that occur more than once, and the rows in which they do.
    Duplicates {
        /// How many values.
        values: u64,
        /// In how many rows.
        rows: u64,
    },
    /// The rows of the table, which are known in any case.
    Rows,
    /// Seconds since a point in time.
    Age(f64),
    /// The value of a query.
    Value(Value),
    /// It could not be measured, or is not for measuring here.
    Nothing(Outcome, String),
}

/// What is known of a check besides its measurement.
#[derive(Debug, Clone, Default)]
pub(crate) struct Evidence {
    /// Rows in the table.
    pub(crate) rows: Option<u64>,
    /// SQL that shows violating rows.
    pub(crate) sample_query: Option<String>,
}

/// The result of a check.
pub(crate) fn result(check: &Check, measurement: Measurement, method: Method, evidence: Evidence) -> CheckResult {
    let failed_rows = match measurement {
        Measurement::Violations(rows) | Measurement::Duplicates { rows, .. } => Some(rows),
        _ => None,
    };
    let (outcome, measured, message) = match value(check, measurement, evidence.rows) {
        Ok(measured) => {
            let (outcome, message) = compare(check, &measured);
            (outcome, measured, message)
        }
        Err((outcome, message)) => (outcome, Value::Null, Some(message)),
    };
    let is_known = !matches!(outcome, Outcome::Error | Outcome::Skip);
    CheckResult {
        check: check.clone(),
        port: None,
        outcome,
        measured,
        rows: evidence.rows,
        failed_rows: failed_rows.filter(|_| is_known),
        sample_query: evidence.sample_query,
        message,
        method: if is_known { method } else { Method::None },
    }
}

/// The measured value in the check's unit, or why there is none.
fn value(check: &Check, measurement: Measurement, rows: Option<u64>) -> Result<Value, (Outcome, String)> {
    match measurement {
        Measurement::Violations(failed) => in_unit(check.unit, failed, failed, rows),
        Measurement::Duplicates { values, rows: failed } => in_unit(check.unit, values, failed, rows),
        Measurement::Rows if check.unit == Unit::Percent => {
            Err((Outcome::Error, "`unit: percent` says nothing of a number of rows; leave it out".to_owned()))
        }
        Measurement::Rows => rows.map(Value::from).ok_or_else(unknown_rows),
        Measurement::Age(seconds) => Ok(Number::from_f64(seconds).map_or(Value::Null, Value::Number)),
        Measurement::Value(value) => Ok(value),
        Measurement::Nothing(outcome, message) => Err((outcome, message)),
    }
}

fn unknown_rows() -> (Outcome, String) {
    (Outcome::Error, "the rows of the table could not be counted".to_owned())
}

fn in_unit(unit: Unit, count: u64, failed: u64, rows: Option<u64>) -> Result<Value, (Outcome, String)> {
    if unit != Unit::Percent {
        return Ok(Value::from(count));
    }
    let percent = match rows.ok_or_else(unknown_rows)? {
        0 => 0.0,
        rows => hundredths(failed, rows),
    };
    Ok(Number::from_f64(percent).map_or(Value::Null, Value::Number))
}

#[expect(clippy::cast_precision_loss, reason = "numbers of rows are far below 2^53")]
fn hundredths(part: u64, whole: u64) -> f64 {
    100.0 * part as f64 / whole as f64
}

/// A query without a value meets no threshold but the one that asks for none.
fn compare(check: &Check, measured: &Value) -> (Outcome, Option<String>) {
    let is_absent = measured.is_null() && check.threshold != Threshold::MustBe(Value::Null);
    if check.threshold.is_met_by(measured) && !is_absent {
        return (Outcome::Pass, None);
    }
    let outcome = match check.severity {
        CheckSeverity::Error => Outcome::Fail,
        CheckSeverity::Warning => Outcome::Warn,
    };
    (outcome, is_absent.then(|| "the query gives no value".to_owned()))
}

/// Checks that are shown and not measured.
pub(crate) fn unmeasured(check: &Check) -> Option<Measurement> {
    let message = match &check.kind {
        CheckKind::Text => check.description.clone().unwrap_or_else(|| check.name.clone()),
        CheckKind::Custom { engine } => format!(
            "this rule is written for the engine `{engine}`, which Outport does not run; write it as `metric: …` or as \
             `type: sql` with a `query` to have it measured"
        ),
        _ => return None,
    };
    Some(Measurement::Nothing(Outcome::Skip, message))
}
