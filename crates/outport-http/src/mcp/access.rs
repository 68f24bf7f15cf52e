//! Asks for access, on behalf of the caller.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use outport_app::gate::{Caller, Gate, GateError, Terms};
use outport_model::{
    agreement::AgreementState,
    name::{PortName, ProductName},
    principal::Purpose,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::tools::DAYS;
use crate::problem::Problem;

/// What is asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    product: ProductName,
    port: PortName,
    purpose: Purpose,
    #[serde(default)]
    justification: Option<String>,
    #[serde(default)]
    columns: Option<BTreeSet<String>>,
    #[serde(default)]
    days: Option<i64>,
    #[serde(default)]
    major: Option<u64>,
}

/// Makes the request. It is for the caller alone, never for a group.
pub(super) async fn request(gate: &Gate, caller: &Caller, wanted: Wanted) -> Result<Value, Problem> {
    let duration = TimeDelta::try_days(wanted.days.unwrap_or(DAYS))
        .ok_or_else(|| GateError::Terms { reason: "the agreement would last too long".to_owned() })?;
    let terms = Terms {
        product: wanted.product,
        port: wanted.port,
        major: wanted.major,
        columns: wanted.columns,
        consumer: None,
        purpose: wanted.purpose,
        justification: wanted.justification,
        duration,
    };
    let agreement = gate.request_agreement(caller, terms).await?;
    let next = match agreement.state {
        AgreementState::Approved => "a policy grants it without a review: it is in force",
        _ => "a person decides; nothing can be read under it until then",
    };
    Ok(json!({
        "agreement": agreement.id,
        "state": agreement.state.as_str(),
        "port": agreement.port.to_string(),
        "purpose": agreement.purpose,
        "columns": agreement.columns,
        "expiresAt": agreement.expires_at,
        "next": next,
    }))
}
