//! Policies of the workspace, and why someone sees what they see: `/v1/policies`, `/v1/policy-check`, `/v1/explanations`.

use std::sync::Arc;

use axum::{
    extract::{Query, State, rejection::QueryRejection},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode};
use outport_app::{
    gate::{Caller, Gate, GateError},
    identity::{TokenScope, WorkspacePolicies},
};
use outport_model::{
    diagnostic::Diagnostic,
    name::PolicySetName,
    principal::{Door, PrincipalId, Purpose},
    product::PolicyFile,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    condition::{Condition, Tag},
    document, done, enter, ordered,
    policy_tests::PolicyText,
    settle, unknown_parameter,
};
use crate::{body::Whole, identify::Visitor, problem::Problem, state::Doors, unread::Path};

/// A policy file.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PolicyOrder {
    text: String,
}

/// What only looks wrong with policies.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Warnings {
    warnings: Vec<Diagnostic>,
}

/// A policy file of a product.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ProductPolicies {
    /// Its path in the bundle.
    name: String,
    text: String,
}

/// Who is asked about.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct About {
    user: Option<PrincipalId>,
    purpose: Option<Purpose>,
}

/// The policy files.
pub(super) async fn policies(State(doors): State<Arc<Doors>>, visitor: Visitor) -> Result<Response, Problem> {
    let (caller, inquiry) = enter(&doors, visitor, "GET /v1/policies".to_owned()).await?;
    settle(inquiry, doors.gate.policies(&caller).await)
}

/// One policy file, with its mark.
pub(super) async fn policy_file(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let (caller, inquiry) = enter(&doors, visitor, format!("GET /v1/policies/{name}")).await?;
    let found = doors.gate.policies(&caller).await.and_then(|all| {
        let missing = || GateError::NotFound { what: "policy file", name: name.clone() };
        all.into_iter().find(|policies| policies.name.as_str() == name).ok_or_else(missing)
    });
    let tag = found.as_ref().ok().map(Tag::of_policies);
    Ok((tag.map(|tag| tag.header()), settle(inquiry, found)?).into_response())
}

/// Puts a policy file on record, in the place of the one with the same name; where the client says what it has seen of
/// that, only if it is what is on record.
pub(super) async fn put_policies(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    Path(name): Path<String>,
    headers: HeaderMap,
    Whole(bytes): Whole,
) -> Result<Response, Problem> {
    let (caller, PolicyOrder { text }) = ordered(&doors, visitor, &headers, &bytes).await?;
    let said = format!("put policies {name}");
    let wrong = |error| Problem::bad_request(format!("`{name}` is no name of policies: {error}"));
    let set = doors.understood(&caller, &*said, name.parse::<PolicySetName>().map_err(wrong))?;
    let condition = doors.understood(&caller, &*said, Condition::of(&headers))?;
    let is_seen = |known: Option<&WorkspacePolicies>| condition.is_met(known.map(Tag::of_policies).as_ref());
    let put = doors.gate.put_policies(&caller, set, text, is_seen).await;
    let (policies, warnings) = put.map_err(with_diagnostics)?;
    let answer = document(StatusCode::OK, Ok(Warnings { warnings }))?;
    Ok((Tag::of_policies(&policies).header(), answer).into_response())
}

/// Removes a policy file.
pub(super) async fn remove_policies(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    let caller = visitor.enter(&doors.gate, Door::Management).await?;
    let missing = || GateError::NotFound { what: "policy file", name: name.clone() };
    let read = name.parse::<PolicySetName>().map_err(|_| missing());
    let set = doors.understood(&caller, format!("remove policies {name}"), read)?;
    done(doors.gate.remove_policies(&caller, &set).await)
}

/// Whether the policies on record can be used.
pub(super) async fn check_policies(State(doors): State<Arc<Doors>>, visitor: Visitor) -> Result<Response, Problem> {
    let (caller, inquiry) = enter(&doors, visitor, "GET /v1/policy-check".to_owned()).await?;
    match doors.gate.check_policies(&caller).await {
        Err(error @ GateError::WrongPolicies(_)) => Err(inquiry.reject(with_diagnostics(error))),
        outcome => settle(inquiry, outcome.map(|warnings| Warnings { warnings })),
    }
}

/// Whether a policy file could be put on record. Nothing changes.
pub(super) async fn check_policy_file(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    headers: HeaderMap,
    Whole(bytes): Whole,
) -> Result<Response, Problem> {
    let (caller, PolicyText { name, text }) = ordered(&doors, visitor, &headers, &bytes).await?;
    let inquiry = doors.inquire(caller.clone(), format!("POST /v1/policy-check {name}"));
    match doors.gate.check_policy_file(&caller, &name, text).await {
        Err(error @ GateError::WrongPolicies(_)) => Err(inquiry.reject(with_diagnostics(error))),
        outcome => settle(inquiry, outcome.map(|warnings| Warnings { warnings })),
    }
}

/// The policy files of a product.
pub(super) async fn product_policies(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let (caller, inquiry) = enter(&doors, visitor, format!("GET /v1/product-policies/{name}")).await?;
    let found = async {
        let missing = || GateError::NotFound { what: "product", name: name.clone() };
        match name.parse() {
            Ok(product) => doors.gate.product_policies(&caller, &product).await,
            // Whoever administers nothing is told that, whatever they ask for.
            Err(_) => doors.gate.administrator(&caller, "see policies of products").await.and(Err(missing())),
        }
    };
    let found = found.await.map(|files| {
        let text = |PolicyFile { file, text }| ProductPolicies { name: file, text };
        files.into_iter().map(text).collect::<Vec<_>>()
    });
    settle(inquiry, found)
}

/// Why someone sees what they see of a table; the caller, where nobody is named.
pub(super) async fn explain(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    Path((product, table)): Path<(String, String)>,
    about: Result<Query<About>, QueryRejection>,
) -> Result<Response, Problem> {
    let (caller, inquiry) = enter(&doors, visitor, format!("GET /v1/explanations/{product}/{table}")).await?;
    let Ok(Query(About { user, purpose })) = about else {
        return Err(inquiry.reject(unknown_parameter("there are `user` and `purpose`")));
    };
    let explained = async {
        let subject = subject(&doors.gate, &caller, user, purpose).await?;
        doors.gate.explain_access(&caller, &subject, &product, &table).await
    };
    let explained = explained.await;
    settle(inquiry, explained)
}

/// Who is asked about, with all their rights.
pub(super) async fn subject(
    gate: &Gate,
    caller: &Caller,
    user: Option<PrincipalId>,
    purpose: Option<Purpose>,
) -> Result<Caller, GateError> {
    let Some(id) = user.filter(|user| *user != caller.principal.id) else {
        return Ok(Caller { purpose: purpose.or_else(|| caller.purpose.clone()), ..caller.clone() });
    };
    let found = gate.users(caller).await?.into_iter().find(|user| user.principal.id == id);
    let found = found.ok_or_else(|| GateError::NotFound { what: "user", name: id.to_string() })?;
    Ok(Caller {
        principal: found.principal,
        scope: TokenScope::default(),
        purpose,
        until: None,
        token: None,
        local_user: true,
        ..caller.clone()
    })
}

/// The problem, with everything that is wrong with policies.
pub(super) fn with_diagnostics(error: GateError) -> Problem {
    let diagnostics = match &error {
        GateError::WrongPolicies(diagnostics) => Some(json!(diagnostics)),
        _ => None,
    };
    let problem = Problem::from(error);
    match diagnostics {
        Some(diagnostics) => problem.with_member("diagnostics", diagnostics),
        None => problem,
    }
}
