//! Users, their tokens and groups: `/v1/users`, `/v1/tokens`, `/v1/groups`. What changes something the gate puts on record itself.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use axum::{
    extract::{Query, State, rejection::QueryRejection},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, TimeDelta, Utc};
use http::{HeaderMap, StatusCode};
use outport_app::{
    gate::{GateError, UserChange},
    identity::{Token, TokenId, TokenScope, User},
};
use outport_model::{
    name::GroupName,
    principal::{Door, Principal, PrincipalId, PrincipalKind},
};
use serde::{Deserialize, Serialize};

use super::{
    condition::{Condition, Tag},
    document, done, enter, ordered,
    page::Paging,
    settle, unknown_parameter,
};
use crate::{body::Whole, identify::Visitor, problem::Problem, state::Doors, unread::Path};

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

/// Whose tokens are wanted, and which page of them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Of {
    user: Option<PrincipalId>,
    limit: Option<usize>,
    cursor: Option<String>,
}

/// A page of everyone, by name.
pub(super) async fn users(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    paging: Result<Query<Paging>, QueryRejection>,
) -> Result<Response, Problem> {
    let (caller, inquiry) = enter(&doors, visitor, "GET /v1/users".to_owned()).await?;
    let Ok(Query(paging)) = paging else {
        return Err(inquiry.reject(unknown_parameter("there are `limit` and `cursor`")));
    };
    let page = match paging.page::<PrincipalId>() {
        Ok(page) => page,
        Err(problem) => return Err(inquiry.reject(problem)),
    };
    match doors.gate.users(&caller).await {
        Ok(users) => {
            let (shown, last) = page.cut(users, |user| user.principal.id.clone());
            Ok(page.settle(&doors, inquiry, ("/v1/users", &[]), (&shown, last.as_ref())))
        }
        Err(error) => Err(inquiry.refuse(error)),
    }
}

/// A page of the groups that users are in, or that policies or agreements name, by name.
pub(super) async fn groups(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    paging: Result<Query<Paging>, QueryRejection>,
) -> Result<Response, Problem> {
    let (caller, inquiry) = enter(&doors, visitor, "GET /v1/groups".to_owned()).await?;
    let Ok(Query(paging)) = paging else {
        return Err(inquiry.reject(unknown_parameter("there are `limit` and `cursor`")));
    };
    let page = match paging.page::<GroupName>() {
        Ok(page) => page,
        Err(problem) => return Err(inquiry.reject(problem)),
    };
    match doors.gate.groups(&caller).await {
        Ok(groups) => {
            let (shown, last) = page.cut(groups, |group| group.name.clone());
            Ok(page.settle(&doors, inquiry, ("/v1/groups", &[]), (&shown, last.as_ref())))
        }
        Err(error) => Err(inquiry.refuse(error)),
    }
}

/// One user, with the mark of what is on record of them.
pub(super) async fn user(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let (caller, inquiry) = enter(&doors, visitor, format!("GET /v1/users/{name}")).await?;
    let found = match name.parse() {
        Ok(id) => doors.gate.user(&caller, &id).await,
        Err(_) => Err(GateError::NotFound { what: "user", name }),
    };
    let tag = found.as_ref().ok().map(Tag::of_user);
    Ok((tag.map(|tag| tag.header()), settle(inquiry, found)?).into_response())
}

/// Puts someone on record as they are described here; their password, and whether they are kept out, only where that is
/// said. Where the client says what it has seen of them, only if that is what is on record.
pub(super) async fn put_user(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    Path(name): Path<String>,
    headers: HeaderMap,
    Whole(bytes): Whole,
) -> Result<Response, Problem> {
    let (caller, order): (_, UserOrder) = ordered(&doors, visitor, &headers, &bytes).await?;
    let said = format!("put user {name}");
    let wrong = |error| Problem::bad_request(format!("`{name}` is no name: {error}"));
    let id = doors.understood(&caller, &*said, name.parse::<PrincipalId>().map_err(wrong))?;
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
    let condition = doors.understood(&caller, said, Condition::of(&headers))?;
    let is_seen = |known: Option<&User>| condition.is_met(known.map(Tag::of_user).as_ref());
    let user = doors.gate.put_user(&caller, change, is_seen).await?;
    Ok((Tag::of_user(&user).header(), document(StatusCode::OK, Ok(user))?).into_response())
}

/// Removes someone, and revokes their tokens.
pub(super) async fn remove_user(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    let caller = visitor.enter(&doors.gate, Door::Management).await?;
    let missing = || GateError::NotFound { what: "user", name: name.clone() };
    let read = name.parse::<PrincipalId>().map_err(|_| missing());
    let id = doors.understood(&caller, format!("remove user {name}"), read)?;
    done(doors.gate.remove_user(&caller, &id).await)
}

/// A page of the tokens of one user, or of everyone, newest first.
pub(super) async fn tokens(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    of: Result<Query<Of>, QueryRejection>,
) -> Result<Response, Problem> {
    let (caller, inquiry) = enter(&doors, visitor, "GET /v1/tokens".to_owned()).await?;
    let Ok(Query(Of { user, limit, cursor })) = of else {
        return Err(inquiry.reject(unknown_parameter("there are `user`, a name, `limit` and `cursor`")));
    };
    let page = match (Paging { limit, cursor }).page::<Reverse<(DateTime<Utc>, TokenId)>>() {
        Ok(page) => page,
        Err(problem) => return Err(inquiry.reject(problem)),
    };
    match doors.gate.tokens(&caller, user.as_ref()).await {
        Ok(tokens) => {
            let (shown, last) = page.cut(tokens, |token| Reverse((token.created_at, token.id.clone())));
            let narrowed = [("user", user.as_ref().map(PrincipalId::as_str))];
            Ok(page.settle(&doors, inquiry, ("/v1/tokens", &narrowed), (&shown, last.as_ref())))
        }
        Err(error) => Err(inquiry.refuse(error)),
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
    let token = doors.understood(&caller, format!("revoke token {id}"), TokenId::new(&id).ok_or_else(missing))?;
    done(doors.gate.revoke_token(&caller, &token).await)
}

/// A length of time; one that is too long for a clock is longer than anything may last.
pub(super) fn period(seconds: u64) -> TimeDelta {
    i64::try_from(seconds).ok().and_then(TimeDelta::try_seconds).unwrap_or(TimeDelta::MAX)
}
