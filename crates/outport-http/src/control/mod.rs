//! For whoever runs the server: is it alive, is it ready, what has it done.

mod measure;
mod text;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};
use http::header;
use outport_model::principal::Door;
use serde_json::json;

pub use measure::{Metered, Metrics};

use crate::{identify::Visitor, problem::Problem, state::Doors};

/// The paths.
pub(crate) fn routes() -> Router<Arc<Doors>> {
    Router::new().route("/health", get(health)).route("/ready", get(ready)).route("/metrics", get(metrics))
}

/// The process answers.
async fn health() -> Response {
    Json(json!({ "status": "alive" })).into_response()
}

/// What decides about requests can be read.
async fn ready(State(doors): State<Arc<Doors>>) -> Result<Response, Problem> {
    match doors.gate.app().stores.policies.changes().await {
        Ok(_) => Ok(Json(json!({ "status": "ready" })).into_response()),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            Err(Problem::unavailable())
        }
    }
}

async fn metrics(State(doors): State<Arc<Doors>>, visitor: Visitor) -> Result<Response, Problem> {
    if !doors.options.open_metrics {
        let caller = visitor.enter(&doors.gate, Door::Management).await?;
        if !caller.principal.is_administrator() {
            return Err(Problem::forbidden("only administrators read the metrics"));
        }
    }
    let app = doors.gate.app();
    let releases = app.stores.releases.current_releases(&app.workspace).await;
    let releases = releases.map_err(|error| {
        tracing::warn!(%error, "the releases cannot be read");
        Problem::unavailable()
    })?;
    let now = app.clock.now();
    let ages = releases.into_iter().map(|(product, release)| (product, now - release.published_at)).collect();
    let body = text::write(&doors.options.metrics.figures(), &ages);
    Ok(([(header::CONTENT_TYPE, text::MEDIA_TYPE)], body).into_response())
}
