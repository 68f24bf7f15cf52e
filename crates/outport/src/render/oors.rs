//! Results of checks as a Bitol OORS v0.8.1 (draft) document.

use chrono::{DateTime, Utc};
use outport_model::{
    check::{CheckKind, CheckResult, CheckSeverity, Outcome, Unit},
    contract::Contract,
};
use serde_json::{Map, Value, json};

/// The draft that is written.
const VERSION: &str = "v0.8.1";

/// One document for one test of a contract.
pub(crate) fn document(
    contract: &Contract,
    results: &[CheckResult],
    server: Option<&str>,
    began: DateTime<Utc>,
) -> Value {
    let run = uuid::Uuid::now_v7().to_string();
    json!({
        "apiVersion": VERSION,
        "kind": "ObservabilityResults",
        "id": run,
        "observedAt": began.to_rfc3339(),
        "source": {"process": "outport contract test", "runId": run, "vendor": "outport"},
        "contract": without_null(json!({
            "contractId": contract.id,
            "standard": "odcs",
            "version": contract.version,
            "server": server,
        })),
        "status": overall(results),
        "results": results.iter().map(|r| result(contract, r)).collect::<Vec<_>>(),
    })
}

fn overall(results: &[CheckResult]) -> &'static str {
    let any = |outcome| results.iter().any(|r| r.outcome == outcome);
    let worst = [Outcome::Fail, Outcome::Error, Outcome::Warn].into_iter().find(|o| any(*o));
    worst.unwrap_or(Outcome::Pass).as_str()
}

fn result(contract: &Contract, result: &CheckResult) -> Value {
    let check = &result.check;
    let identifier = check.column.as_ref().map_or(check.table.clone(), |c| format!("{}.{c}", check.table));
    without_null(json!({
        "id": check.id,
        "type": "check",
        "name": check.name,
        "status": result.outcome.as_str(),
        "severity": if check.severity == CheckSeverity::Error { "error" } else { "warning" },
        "dimension": check.dimension,
        "relatesTo": format!("{}#{}", contract.id, check.pointer),
        "target": {"resourceType": if check.column.is_some() { "column" } else { "table" }, "resourceIdentifier": identifier},
        "measure": measure(result),
        "message": result.message,
    }))
}

fn measure(result: &CheckResult) -> Value {
    let threshold = serde_json::to_value(&result.check.threshold).ok().filter(Value::is_object);
    let unit = match result.check.unit {
        Unit::Rows => Some("rows"),
        Unit::Percent => Some("percent"),
        Unit::Seconds => Some("seconds"),
        Unit::Value => None,
    };
    without_null(json!({
        "metric": metric(&result.check.kind),
        "value": result.measured,
        "threshold": threshold,
        "unit": unit,
        "rowCount": result.rows,
        "failedRowCount": result.failed_rows,
    }))
}

fn metric(kind: &CheckKind) -> Value {
    serde_json::to_value(kind).ok().and_then(|v| v.get("metric").cloned()).unwrap_or_default()
}

fn without_null(value: Value) -> Value {
    match value {
        Value::Object(entries) => entries.into_iter().filter(|(_, v)| !v.is_null()).collect::<Map<_, _>>().into(),
        other => other,
    }
}
