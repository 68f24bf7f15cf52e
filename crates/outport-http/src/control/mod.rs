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
use serde_json::json;

pub use measure::{Metered, Metrics};

use crate::{identify::Visitor, manage, problem::Problem, state::Doors};

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
    if doors.options.open_metrics {
        return written(&doors).await;
    }
    let (caller, inquiry) = manage::enter(&doors, visitor, "GET /metrics".to_owned()).await?;
    if let Err(error) = doors.gate.administrator(&caller, "read the metrics").await {
        return Err(inquiry.refuse(error));
    }
    match written(&doors).await {
        Ok(written) => {
            inquiry.answered();
            Ok(written)
        }
        Err(problem) => Err(inquiry.reject(problem)),
    }
}

async fn written(doors: &Doors) -> Result<Response, Problem> {
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
