//! What is on record of products: `GET /v1/intents`; and an earlier release made current again: `POST /v1/rollbacks`.

use std::sync::Arc;

use axum::{
    extract::{Path, Query, State},
    response::Response,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use outport_app::gate::GateError;
use outport_model::{name::ProductName, release::ReleaseNumber};
use serde::{Deserialize, Serialize};

use super::{enter, failure, ordered, reply, settle, unknown_parameter};
use crate::{body::Whole, identify::Visitor, problem::Problem, state::Doors};

/// Products of a page where nothing is said, and at most.
pub(super) const PAGE: usize = 100;
pub(super) const LARGEST_PAGE: usize = 1_000;

/// What an address says of a page.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    limit: Option<usize>,
    cursor: Option<String>,
}

/// What is to be rolled back.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Rollback {
    product: ProductName,
    /// The release; without it, the one before the current one.
    to: Option<ReleaseNumber>,
}

/// What was rolled back.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct RolledBack {
    product: ProductName,
    from: ReleaseNumber,
    to: ReleaseNumber,
}

/// A page of the products that the caller may operate, by name.
pub(super) async fn list(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    page: Result<Query<Page>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Problem> {
    let (caller, inquiry) = enter(&doors, visitor, "GET /v1/intents".to_owned()).await?;
    let Ok(Query(page)) = page else {
        return Err(inquiry.reject(unknown_parameter("there are `limit` and `cursor`")));
    };
    let limit = page.limit.unwrap_or(PAGE).clamp(1, LARGEST_PAGE);
    let after = match page.cursor.as_deref().map(decode) {
        None => None,
        Some(Some(name)) => Some(name),
        Some(None) => return Err(inquiry.reject(Problem::bad_request("the `cursor` is not one of this list"))),
    };
    let mut listed = match doors.gate.list(&caller).await {
        Ok(listed) => listed.into_iter().filter(|(name, _)| after.as_ref().is_none_or(|after| name > after)),
        Err(error) => return Err(failure::refuse(inquiry, error)),
    };
    let shown: Vec<_> = listed.by_ref().take(limit).collect();
    let more = listed.next().is_some();
    let next = shown.last().filter(|_| more).map(|(name, _)| next(&doors, limit, name));
    let values: Vec<_> = shown.iter().map(|(_, listed)| listed).collect();
    let mut response = reply(inquiry.answered(), StatusCode::OK, &values);
    response.headers_mut().extend(next.map(|next| (header::LINK, next)));
    Ok(response)
}

/// One product in full.
pub(super) async fn describe(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let (caller, inquiry) = enter(&doors, visitor, format!("GET /v1/intents/{name}")).await?;
    match name.parse() {
        Ok(product) => settle(inquiry, doors.gate.describe(&caller, &product).await),
        Err(_) => Err(inquiry.refuse(GateError::NotFound { what: "product", name })),
    }
}

/// What happened to a product.
pub(super) async fn history(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let (caller, inquiry) = enter(&doors, visitor, format!("GET /v1/intents/{name}/history")).await?;
    match name.parse() {
        Ok(product) => settle(inquiry, doors.gate.past(&caller, &product).await),
        Err(_) => Err(inquiry.refuse(GateError::NotFound { what: "product", name })),
    }
}

/// Makes an earlier release current again. Asked twice with a number it is done once.
pub(super) async fn roll_back(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    headers: HeaderMap,
    Whole(bytes): Whole,
) -> Result<Response, Problem> {
    let (caller, Rollback { product, to }) = ordered(&doors, visitor, &headers, &bytes).await?;
    let said = format!("POST /v1/rollbacks {product} {}", to.map(|to| to.to_string()).unwrap_or_default());
    let inquiry = doors.inquire(caller.clone(), said);
    let outcome = doors.gate.rollback(&caller, &product, to).await;
    settle(inquiry, outcome.map(|(from, to)| RolledBack { product, from, to }))
}

/// The address of the page after a product.
fn next(doors: &Doors, limit: usize, last: &ProductName) -> HeaderValue {
    let cursor = URL_SAFE_NO_PAD.encode(last.as_str());
    let link = format!("<{}/v1/intents?limit={limit}&cursor={cursor}>; rel=\"next\"", doors.base());
    // A name and an address have only characters that a header takes.
    HeaderValue::from_str(&link).unwrap_or_else(|_| HeaderValue::from_static(""))
}

fn decode(cursor: &str) -> Option<ProductName> {
    String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?.parse().ok()
}
