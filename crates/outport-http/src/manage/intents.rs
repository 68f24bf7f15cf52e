//! What is on record of products: `GET /v1/overview` at a glance, `GET /v1/intents` in full; and an earlier release made
//! current again: `POST /v1/rollbacks`.

use std::sync::Arc;

use axum::{
    extract::{Query, State, rejection::QueryRejection},
    response::Response,
};
use http::HeaderMap;
use outport_app::gate::GateError;
use outport_model::{name::ProductName, release::ReleaseNumber};
use serde::{Deserialize, Serialize};

use super::{
    enter, failure, ordered,
    page::{Page, Paging},
    settle, unknown_parameter,
};
use crate::{body::Whole, identify::Visitor, problem::Problem, state::Doors, unread::Path};

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

/// A page of the products that the caller may operate, at a glance.
pub(super) async fn overview(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    paging: Result<Query<Paging>, QueryRejection>,
) -> Result<Response, Problem> {
    let (caller, inquiry) = enter(&doors, visitor, "GET /v1/overview".to_owned()).await?;
    let page = match wanted(paging) {
        Ok(page) => page,
        Err(problem) => return Err(inquiry.reject(problem)),
    };
    match doors.gate.operated_after(&caller, page.after(), page.limit()).await {
        Ok((shown, more)) => {
            let last = shown.last().filter(|_| more).map(|operated| operated.name.clone());
            Ok(page.settle(&doors, inquiry, ("/v1/overview", &[]), (&shown, last.as_ref())))
        }
        Err(error) => Err(inquiry.refuse(error)),
    }
}

/// The page of products that is wanted.
fn wanted(paging: Result<Query<Paging>, QueryRejection>) -> Result<Page<ProductName>, Problem> {
    let Query(paging) = paging.map_err(|_| unknown_parameter("there are `limit` and `cursor`"))?;
    paging.page()
}

/// A page of the products that the caller may operate, by name.
pub(super) async fn list(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    paging: Result<Query<Paging>, QueryRejection>,
) -> Result<Response, Problem> {
    let (caller, inquiry) = enter(&doors, visitor, "GET /v1/intents".to_owned()).await?;
    let page = match wanted(paging) {
        Ok(page) => page,
        Err(problem) => return Err(inquiry.reject(problem)),
    };
    let listed = match doors.gate.list(&caller).await {
        Ok(listed) => listed.into_iter().collect(),
        Err(error) => return Err(failure::refuse(inquiry, error)),
    };
    let (shown, last) = page.cut(listed, |(name, _)| name.clone());
    let shown: Vec<_> = shown.into_iter().map(|(_, listed)| listed).collect();
    Ok(page.settle(&doors, inquiry, ("/v1/intents", &[]), (&shown, last.as_ref())))
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
