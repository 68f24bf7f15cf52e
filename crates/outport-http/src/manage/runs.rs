//! `POST /v1/runs`: builds products again from their inputs, where anything is new.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use http::HeaderMap;
use outport_app::{RunReport, gate::OperateError};
use outport_model::name::ProductName;
use serde::Deserialize;
use serde_json::json;

use super::{ordered, tasks::Kind};
use crate::{body::Whole, identify::Visitor, problem::Problem, state::Doors};

/// What is to be run.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Order {
    /// The products; all of the workspace where none is named.
    #[serde(default)]
    products: Vec<ProductName>,
}

/// Begins to run products.
pub(super) async fn start(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    headers: HeaderMap,
    Whole(bytes): Whole,
) -> Result<Response, Problem> {
    let (caller, Order { products }) = ordered(&doors, visitor, &headers, &bytes).await?;
    let names: Vec<_> = products.iter().map(ProductName::as_str).collect();
    let inquiry = doors.inquire(caller.clone(), format!("POST /v1/runs {}", names.join(" ")));
    if let Err(error) = doors.gate.may_run(&caller, &products).await {
        return Err(inquiry.refuse(error));
    }
    let gate = Arc::clone(&doors.gate);
    doors.tasks.begin(&doors, inquiry, &caller.clone(), Kind::Run, move |observer, cancel| {
        Box::pin(async move {
            let runs = gate.run(&caller, &products, observer, cancel).await?;
            let runs: Vec<_> = runs.iter().map(RunReport::from).collect();
            Ok::<_, OperateError>(json!({ "runs": runs }))
        })
    })
}
