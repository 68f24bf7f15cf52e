//! Agreements from the request to their end: `/v1/agreements`, and as documents: `…/document`, `/v1/agreement-imports`. What
//! changes something the gate puts on record itself.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use axum::{
    extract::{Query, State, rejection::QueryRejection},
    response::Response,
};
use chrono::{DateTime, Utc};
use http::{HeaderMap, StatusCode};
use outport_app::gate::{AgreementPreview, Caller, Decision, GateError, Imported, SampleRows, Terms};
use outport_model::{
    agreement::{Agreement, AgreementId, Consumer, Standing, WrittenAgreement},
    diagnostic::Diagnostic,
    name::{GroupName, PortName, ProductName},
    principal::Purpose,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    document,
    documents::{self, AgreementContext, Loaded, SentDocument},
    enter, failure, ordered,
    page::Paging,
    people::period,
    reply, settle, unknown_parameter,
};
use crate::{body::Whole, identify::Visitor, problem::Problem, rows, state::Doors, unread::Path};

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

/// Documents of agreements that are to come on record.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ImportOrder {
    documents: Vec<SentDocument>,
    #[serde(default)]
    variables: BTreeMap<String, String>,
    /// How long agreements last that name no end.
    #[serde(default)]
    seconds: Option<u64>,
}

/// What became of them.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Imports {
    agreements: Vec<Imported>,
    warnings: Vec<Diagnostic>,
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
    let (gate, id) = (&doors.gate, doors.understood(&caller, format!("decide about {id}"), known(&id))?);
    let decided = match decision {
        Verb::Approve => gate.decide_agreement(&caller, id, Decision::Approve, comment).await,
        Verb::Reject => gate.decide_agreement(&caller, id, Decision::Reject, comment).await,
        Verb::Withdraw => gate.withdraw_agreement(&caller, id).await,
        Verb::Revoke => gate.revoke_agreement(&caller, id, comment).await,
    };
    document(StatusCode::OK, decided)
}

/// What a request would show to whom it is for, if it were approved.
pub(super) async fn preview(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let (caller, inquiry) = enter(&doors, visitor, format!("GET /v1/agreements/{id}/preview")).await?;
    let agreement = match known(&id) {
        Ok(agreement) => agreement,
        Err(error) => return Err(inquiry.refuse(error)),
    };
    let request = inquiry.id();
    let preview = doors.gate.preview_agreement(inquiry.into_request(), &caller, agreement).await;
    let written = preview.map_err(Problem::from).and_then(|preview| written(&preview));
    let document = written.map_err(|problem| problem.with_request(request))?;
    Ok(reply(request, StatusCode::OK, &document))
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
    let id = doors.understood(&caller, format!("renew {id}"), known(&id))?;
    let renewed = doors.gate.renew_agreement(&caller, id, seconds.map(period)).await;
    document(StatusCode::CREATED, renewed)
}

/// A preview, with the rows of its samples as every door writes rows.
fn written(preview: &AgreementPreview) -> Result<Value, Problem> {
    let mut document = json!(preview);
    for (at, table) in preview.tables.iter().enumerate() {
        let (columns, rows) = match &table.sample.rows {
            Some(SampleRows { schema, batches }) => {
                let lines = rows::whole(&mut rows::json::Lines::new(schema)?, batches)?;
                let rows = serde_json::Deserializer::from_slice(&lines).into_iter::<Value>();
                let rows = rows.collect::<Result<Vec<_>, _>>().map_err(|error| {
                    tracing::error!(%error, "the rows of a sample could not be read");
                    Problem::internal()
                })?;
                (rows::json::columns(schema), rows)
            }
            None => (json!([]), Vec::new()),
        };
        let sample = &mut document["tables"][at]["sample"];
        sample["columns"] = columns;
        sample["rows"] = Value::Array(rows);
    }
    Ok(document)
}

/// The document of an agreement.
pub(super) async fn export(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let (caller, inquiry) = enter(&doors, visitor, format!("GET /v1/agreements/{id}/document")).await?;
    let documents = match documents::of(&doors) {
        Ok(documents) => documents,
        Err(problem) => return Err(inquiry.reject(problem)),
    };
    let found = async {
        let (agreement, product) = doors.gate.agreement_for_export(&caller, known(&id)?).await?;
        Ok::<_, GateError>(documents.agreement(&agreement, product.as_ref()))
    };
    let found = found.await;
    settle(inquiry, found)
}

/// Puts agreements that are written in documents on record: all of them, or none.
pub(super) async fn import(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    headers: HeaderMap,
    Whole(bytes): Whole,
) -> Result<Response, Problem> {
    let (caller, order): (_, ImportOrder) = ordered(&doors, visitor, &headers, &bytes).await?;
    let read = order.read(&doors, &caller).await;
    let Loaded { found, diagnostics } = doors.understood(&caller, "POST /v1/agreement-imports", read)?;
    let imported = doors.gate.import_agreements(&caller, found, order.seconds.map(period)).await;
    document(StatusCode::OK, imported.map(|agreements| Imports { agreements, warnings: diagnostics }))
}

impl ImportOrder {
    /// The agreements that the documents say.
    async fn read(&self, doors: &Doors, caller: &Caller) -> Result<Loaded<WrittenAgreement>, Problem> {
        let sent = documents::sent(self.documents.clone(), self.variables.clone())?;
        let context = AgreementContext {
            products: doors.gate.products_for_import(caller).await?,
            now: doors.gate.app().clock.now(),
            open_end: self.seconds.is_some(),
        };
        let loaded = documents::read(doors, move |documents| documents.agreements(sent, &context)).await?;
        if loaded.diagnostics.iter().any(Diagnostic::is_error) {
            return Err(failure::invalid_documents(&loaded.diagnostics));
        }
        Ok(loaded)
    }
}

fn known(id: &str) -> Result<AgreementId, GateError> {
    id.parse().map_err(|_| GateError::NotFound { what: "agreement", name: id.to_owned() })
}
