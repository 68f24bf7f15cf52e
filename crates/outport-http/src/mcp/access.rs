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

impl Wanted {
    /// What is to be agreed upon: with the caller alone, never with a group.
    pub(super) fn terms(self) -> Result<Terms, Problem> {
        let duration = TimeDelta::try_days(self.days.unwrap_or(DAYS))
            .ok_or_else(|| GateError::Terms { reason: "the agreement would last too long".to_owned() })?;
        Ok(Terms {
            product: self.product,
            port: self.port,
            major: self.major,
            columns: self.columns,
            consumer: None,
            purpose: self.purpose,
            justification: self.justification,
            duration,
        })
    }
}

/// Makes the request.
pub(super) async fn request(gate: &Gate, caller: &Caller, terms: Terms) -> Result<Value, Problem> {
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
