//! Users and their tokens: `/v1/users`, `/v1/tokens`. What changes something the gate puts on record itself.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use axum::{
    extract::{Path, Query, State, rejection::QueryRejection},
    response::Response,
};
use chrono::TimeDelta;
use http::{HeaderMap, StatusCode};
use outport_app::{
    gate::{GateError, UserChange},
    identity::{Token, TokenId, TokenScope},
};
use outport_model::{
    name::GroupName,
    principal::{Door, Principal, PrincipalId, PrincipalKind},
};
use serde::{Deserialize, Serialize};

use super::{document, done, enter, ordered, settle, unknown_parameter};
use crate::{body::Whole, identify::Visitor, problem::Problem, state::Doors};

/// What is to be on record of a user.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct UserOrder {
    kind: PrincipalKind,
    #[serde(default)]
    groups: BTreeSet<GroupName>,
    #[serde(default)]
    department: Option<String>,
    #[serde(default)]
    region: Option<String>,
    #[serde(default)]
    clearance: Option<i64>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    /// A new password; without it, the one on record stays.
    #[serde(default)]
    password: Option<String>,
    /// Whether they are kept out; without it, as it is on record.
    #[serde(default)]
    disabled: Option<bool>,
}

/// A token that is wanted.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TokenOrder {
    owner: PrincipalId,
    #[serde(default)]
    label: String,
    #[serde(default)]
    scope: TokenScope,
    /// How long it is good for.
    seconds: u64,
}

/// A token that was made, and the secret, which is shown this once.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct NewToken {
    token: Token,
    secret: String,
}

/// Whose tokens are wanted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Of {
    user: Option<PrincipalId>,
}

/// Everyone.
pub(super) async fn users(State(doors): State<Arc<Doors>>, visitor: Visitor) -> Result<Response, Problem> {
    let (caller, inquiry) = enter(&doors, visitor, "GET /v1/users".to_owned()).await?;
    settle(inquiry, doors.gate.users(&caller).await)
}

/// Puts someone on record as they are described here; their password, and whether they are kept out, only where that is
/// said.
pub(super) async fn put_user(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    Path(name): Path<String>,
    headers: HeaderMap,
    Whole(bytes): Whole,
) -> Result<Response, Problem> {
    let (caller, order): (_, UserOrder) = ordered(&doors, visitor, &headers, &bytes).await?;
    let id =
        name.parse::<PrincipalId>().map_err(|error| Problem::bad_request(format!("`{name}` is no name: {error}")))?;
    let principal = Principal {
        id,
        kind: order.kind,
        groups: order.groups,
        department: order.department,
        region: order.region,
        clearance: order.clearance,
        labels: order.labels,
    };
    let change = UserChange { principal, password: order.password, disabled: order.disabled };
    document(StatusCode::OK, doors.gate.put_user(&caller, change).await)
}

/// Removes someone, and revokes their tokens.
pub(super) async fn remove_user(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    let caller = visitor.enter(&doors.gate, Door::Management).await?;
    let missing = || GateError::NotFound { what: "user", name: name.clone() };
    let id: PrincipalId = name.parse().map_err(|_| missing())?;
    done(doors.gate.remove_user(&caller, &id).await)
}

/// Tokens of one user, or of everyone.
pub(super) async fn tokens(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    of: Result<Query<Of>, QueryRejection>,
) -> Result<Response, Problem> {
    let (caller, inquiry) = enter(&doors, visitor, "GET /v1/tokens".to_owned()).await?;
    match of {
        Ok(Query(of)) => settle(inquiry, doors.gate.tokens(&caller, of.user.as_ref()).await),
        Err(_) => Err(inquiry.reject(unknown_parameter("there is `user`, a name"))),
    }
}

/// Makes a token.
pub(super) async fn create_token(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    headers: HeaderMap,
    Whole(bytes): Whole,
) -> Result<Response, Problem> {
    let (caller, TokenOrder { owner, label, scope, seconds }) = ordered(&doors, visitor, &headers, &bytes).await?;
    let made = doors.gate.create_token(&caller, &owner, &label, scope, period(seconds)).await;
    document(StatusCode::CREATED, made.map(|made| NewToken { token: made.token, secret: made.secret }))
}

/// Revokes a token.
pub(super) async fn revoke_token(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let caller = visitor.enter(&doors.gate, Door::Management).await?;
    let missing = || GateError::NotFound { what: "token", name: id.clone() };
    let token = TokenId::new(&id).ok_or_else(missing)?;
    done(doors.gate.revoke_token(&caller, &token).await)
}

/// A length of time; one that is too long for a clock is longer than anything may last.
pub(super) fn period(seconds: u64) -> TimeDelta {
    i64::try_from(seconds).ok().and_then(TimeDelta::try_seconds).unwrap_or(TimeDelta::MAX)
}
