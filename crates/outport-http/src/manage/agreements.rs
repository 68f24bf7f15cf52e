//! Agreements from the request to their end: `/v1/agreements`. What changes something the gate puts on record itself.

use std::{cmp::Reverse, collections::BTreeSet, sync::Arc};

use axum::{
    extract::{Path, Query, State, rejection::QueryRejection},
    response::Response,
};
use chrono::{DateTime, Utc};
use http::{HeaderMap, StatusCode};
use outport_app::gate::{Decision, GateError, Terms};
use outport_model::{
    agreement::{Agreement, AgreementId, Consumer, Standing},
    name::{GroupName, PortName, ProductName},
    principal::Purpose,
};
use serde::{Deserialize, Serialize};

use super::{document, enter, ordered, page::Paging, people::period, unknown_parameter};
use crate::{body::Whole, identify::Visitor, problem::Problem, state::Doors};

/// An agreement, and what it is good for now.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    agreement: Agreement,
    standing: Standing,
}

/// What is asked for.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AgreementOrder {
    product: ProductName,
    port: PortName,
    #[serde(default)]
    major: Option<u64>,
    #[serde(default)]
    columns: Option<BTreeSet<String>>,
    /// For everyone in a group; without it, for whoever asks.
    #[serde(default)]
    group: Option<GroupName>,
    purpose: Purpose,
    #[serde(default)]
    justification: Option<String>,
    seconds: u64,
}

/// What becomes of an agreement.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DecisionOrder {
    decision: Verb,
    #[serde(default)]
    comment: Option<String>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Verb {
    Approve,
    Reject,
    Withdraw,
    Revoke,
}

/// The same once more.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RenewalOrder {
    /// For how long; without it, as long as before.
    #[serde(default)]
    seconds: Option<u64>,
}

/// A page of the agreements that concern the caller, newest first.
pub(super) async fn list(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    paging: Result<Query<Paging>, QueryRejection>,
) -> Result<Response, Problem> {
    let (caller, inquiry) = enter(&doors, visitor, "GET /v1/agreements".to_owned()).await?;
    let Ok(Query(paging)) = paging else {
        return Err(inquiry.reject(unknown_parameter("there are `limit` and `cursor`")));
    };
    let page = match paging.page::<Reverse<(DateTime<Utc>, AgreementId)>>() {
        Ok(page) => page,
        Err(problem) => return Err(inquiry.reject(problem)),
    };
    match doors.gate.agreements(&caller).await {
        Ok(agreements) => {
            let listed = agreements.into_iter().map(|(agreement, standing)| Listed { agreement, standing }).collect();
            let (shown, last) =
                page.cut(listed, |listed: &Listed| Reverse((listed.agreement.requested_at, listed.agreement.id)));
            Ok(page.settle(&doors, inquiry, ("/v1/agreements", &[]), (&shown, last.as_ref())))
        }
        Err(error) => Err(inquiry.refuse(error)),
    }
}

/// Asks for an agreement.
pub(super) async fn request(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    headers: HeaderMap,
    Whole(bytes): Whole,
) -> Result<Response, Problem> {
    let (caller, order): (_, AgreementOrder) = ordered(&doors, visitor, &headers, &bytes).await?;
    let terms = Terms {
        product: order.product,
        port: order.port,
        major: order.major,
        columns: order.columns,
        consumer: order.group.map(Consumer::Group),
        purpose: order.purpose,
        justification: order.justification,
        duration: period(order.seconds),
    };
    document(StatusCode::CREATED, doors.gate.request_agreement(&caller, terms).await)
}

/// Decides about an agreement. It is in one state at a time: what was decided already is not decided twice.
pub(super) async fn decide(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    Path(id): Path<String>,
    headers: HeaderMap,
    Whole(bytes): Whole,
) -> Result<Response, Problem> {
    let (caller, DecisionOrder { decision, comment }) = ordered(&doors, visitor, &headers, &bytes).await?;
    let (gate, id) = (&doors.gate, known(&id)?);
    let decided = match decision {
        Verb::Approve => gate.decide_agreement(&caller, id, Decision::Approve, comment).await,
        Verb::Reject => gate.decide_agreement(&caller, id, Decision::Reject, comment).await,
        Verb::Withdraw => gate.withdraw_agreement(&caller, id).await,
        Verb::Revoke => gate.revoke_agreement(&caller, id, comment).await,
    };
    document(StatusCode::OK, decided)
}

/// Asks for the same once more.
pub(super) async fn renew(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    Path(id): Path<String>,
    headers: HeaderMap,
    Whole(bytes): Whole,
) -> Result<Response, Problem> {
    let (caller, RenewalOrder { seconds }) = ordered(&doors, visitor, &headers, &bytes).await?;
    let renewed = doors.gate.renew_agreement(&caller, known(&id)?, seconds.map(period)).await;
    document(StatusCode::CREATED, renewed)
}

fn known(id: &str) -> Result<AgreementId, GateError> {
    id.parse().map_err(|_| GateError::NotFound { what: "agreement", name: id.to_owned() })
}
