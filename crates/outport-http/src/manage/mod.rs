//! The management API: what the command line does on a home, done on a server.
//!
//! - `bundles`: what a client sends of a bundle, and who makes products of it;
//! - `plans`: `POST /v1/plans` and `POST /v1/applies`, what would change and the change itself;
//! - `intents`: `GET /v1/overview` and `/v1/intents`, what is on record of products, and `POST /v1/rollbacks`;
//! - `runs`: `POST /v1/runs`;
//! - `people`, `governance`, `agreements`, `audit`: users and tokens, policies, agreements, the record of requests;
//! - `policy_tests`: `POST /v1/policy-tests`, what policies would decide; `settings`, `depots`: what a server stands on;
//! - `documents`: documents that are exchanged beside bundles, and who reads and writes them;
//! - `feedback`: what people say about products; `questions`: what they keep to ask it again;
//! - `tasks`: `GET /v1/tasks`, the applies and runs that were begun here, with their events;
//! - `page`: lists in pages; `condition`: changes of what the client has seen and nothing else;
//! - `failure`: what a use case that was not done looks like outside; `openapi` describes all of it.
//!
//! Documents are those that the command line writes with `--output json`: both write the same values.
//!
//! **Invariant**: nothing that a client sends is written to a file here, and no file is read because a client names it.

mod agreements;
mod audit;
mod bundles;
mod condition;
mod depots;
mod documents;
mod failure;
mod feedback;
mod governance;
mod intents;
mod openapi;
pub(crate) mod page;
mod people;
mod plans;
mod policy_tests;
mod questions;
mod runs;
mod settings;
mod tasks;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::{delete, get, post, put},
};
use http::{HeaderMap, StatusCode};
use outport_app::gate::{Caller, GateError, OperateError};
use outport_model::{audit::RequestId, name::WorkspaceName, principal::Door};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;

pub use self::bundles::{BundleLoader, LoadedBundles, SentBundle, SentBundles};
pub use self::documents::{AgreementContext, Documents, Loaded, SentDocument, SentDocuments};
pub use self::settings::{DepotFound, DepotSetting, Installation, Setting, SettingSource};
pub(crate) use self::tasks::Tasks;
use crate::{
    body,
    identify::Visitor,
    problem::Problem,
    query::{Inquiry, REQUEST},
    state::Doors,
};

/// The paths of this door, but for those that take bundles.
pub(crate) fn routes() -> Router<Arc<Doors>> {
    Router::new()
        .route("/v1/openapi.json", get(openapi::document))
        .route("/v1/workspace", get(workspace))
        .route("/v1/overview", get(intents::overview))
        .route("/v1/intents", get(intents::list))
        .route("/v1/intents/{product}", get(intents::describe))
        .route("/v1/intents/{product}/history", get(intents::history))
        .route("/v1/rollbacks", post(intents::roll_back))
        .route("/v1/runs", post(runs::start))
        .route("/v1/tasks", get(tasks::list))
        .route("/v1/tasks/{task}", get(tasks::one).delete(tasks::stop))
        .route("/v1/tasks/{task}/events", get(tasks::events))
        .route("/v1/users", get(people::users))
        .route("/v1/users/{user}", get(people::user).put(people::put_user).delete(people::remove_user))
        .route("/v1/groups", get(people::groups))
        .route("/v1/tokens", get(people::tokens).post(people::create_token))
        .route("/v1/tokens/{token}", delete(people::revoke_token))
        .route("/v1/policies", get(governance::policies))
        .route(
            "/v1/policies/{policies}",
            get(governance::policy_file).put(governance::put_policies).delete(governance::remove_policies),
        )
        .route("/v1/product-policies/{product}", get(governance::product_policies))
        .route("/v1/policy-check", get(governance::check_policies).post(governance::check_policy_file))
        .route("/v1/explanations/{product}/{table}", get(governance::explain))
        .route("/v1/agreements", get(agreements::list).post(agreements::request))
        .route("/v1/agreements/{agreement}/document", get(agreements::export))
        .route("/v1/agreement-imports", post(agreements::import))
        .route("/v1/agreements/{agreement}/decision", post(agreements::decide))
        .route("/v1/agreements/{agreement}/preview", get(agreements::preview))
        .route("/v1/agreements/{agreement}/renewal", post(agreements::renew))
        .route("/v1/feedback", get(feedback::list).post(feedback::give))
        .route("/v1/feedback/{feedback}", get(feedback::thread).patch(feedback::change))
        .route("/v1/feedback/{feedback}/replies", post(feedback::answer))
        .route("/v1/feedback/{feedback}/vote", put(feedback::vote).delete(feedback::unvote))
        .route("/v1/feedback/ratings/{product}", get(feedback::ratings).put(feedback::rate))
        .route("/v1/questions", get(questions::list).post(questions::save))
        .route("/v1/questions/{question}", get(questions::one).put(questions::change).delete(questions::remove))
        .route("/v1/audit", get(audit::list))
        .route("/v1/audit/verification", get(audit::verify))
        .route("/v1/audit/{request}", get(audit::one))
        .route("/v1/settings", get(settings::describe))
        .route("/v1/depots", get(depots::list))
}

/// The paths whose bodies have bundles, for which there is a limit of their own.
pub(crate) fn bundle_routes() -> Router<Arc<Doors>> {
    Router::new()
        .route("/v1/plans", post(plans::plan))
        .route("/v1/applies", post(plans::apply))
        .route("/v1/policy-tests", post(policy_tests::test))
}

/// What is served.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Workspace<'a> {
    workspace: &'a WorkspaceName,
    version: &'static str,
}

async fn workspace(State(doors): State<Arc<Doors>>, visitor: Visitor) -> Result<Response, Problem> {
    let caller = visitor.enter(&doors.gate, Door::Management).await?;
    let id = doors.inquire(caller, "GET /v1/workspace".to_owned()).answered();
    let workspace = &doors.gate.app().workspace;
    Ok(reply(id, StatusCode::OK, &Workspace { workspace, version: env!("CARGO_PKG_VERSION") }))
}

/// Recognises someone at this door, and begins their request.
pub(crate) async fn enter(doors: &Doors, visitor: Visitor, said: String) -> Result<(Caller, Inquiry<'_>), Problem> {
    let caller = visitor.enter(&doors.gate, Door::Management).await?;
    Ok((caller.clone(), doors.inquire(caller, said)))
}

/// Recognises someone at this door, and reads what they send: only JSON.
async fn ordered<T: DeserializeOwned>(
    doors: &Doors,
    visitor: Visitor,
    headers: &HeaderMap,
    bytes: &[u8],
) -> Result<(Caller, T), Problem> {
    let caller = visitor.enter(&doors.gate, Door::Management).await?;
    let order = doors.understood(&caller, "a body that is not understood", body::said_json(headers, bytes))?;
    Ok((caller, order))
}

/// Ends a request with an answer, or with why there is none.
fn settle<T: Serialize>(
    inquiry: Inquiry<'_>,
    outcome: Result<T, impl Into<OperateError>>,
) -> Result<Response, Problem> {
    match outcome {
        Ok(value) => Ok(reply(inquiry.answered(), StatusCode::OK, &value)),
        Err(error) => Err(failure::refuse(inquiry, error.into())),
    }
}

/// A document, with the id under which the request is on record.
pub(crate) fn reply(id: RequestId, status: StatusCode, value: &impl Serialize) -> Response {
    // Only a map whose keys are no text cannot be written, and there is none.
    let document = serde_json::to_value(value).unwrap_or_else(|_| json!(null));
    (status, [(REQUEST, id.to_string())], Json(document)).into_response()
}

/// The answer to a request that the gate has put on record.
fn document<T: Serialize>(status: StatusCode, outcome: Result<T, GateError>) -> Result<Response, Problem> {
    let value = serde_json::to_value(outcome?).unwrap_or_else(|_| json!(null));
    Ok((status, Json(value)).into_response())
}

/// The same, where there is nothing to say but that it is done.
fn done(outcome: Result<(), GateError>) -> Result<StatusCode, Problem> {
    outcome?;
    Ok(StatusCode::NO_CONTENT)
}

/// The address has a parameter that means nothing, or a value that is none.
pub(crate) fn unknown_parameter(known: &str) -> Problem {
    Problem::bad_request("the address has a parameter that is not understood here").with_help(known)
}
