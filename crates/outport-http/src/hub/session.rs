//! Who is signed in: `/v1/session`.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use axum::{
    Json,
    extract::{FromRequestParts, State},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use http::{HeaderMap, StatusCode, header, request::Parts};
use outport_app::{
    gate::{Caller, ErrorKind},
    identity::{Credential, SignInProvider},
};
use outport_model::{
    name::{GroupName, WorkspaceName},
    principal::{Door, PrincipalId, PrincipalKind},
};
use serde::{Deserialize, Serialize};

use super::{cookie, origin, provider};
use crate::{
    body::{self, Whole},
    identify::Visitor,
    problem::Problem,
    query::REQUEST,
    state::Doors,
};

/// A name and a password.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignIn {
    user: String,
    password: String,
}

/// Who is signed in, and until when.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Session<'a> {
    principal: &'a PrincipalId,
    kind: PrincipalKind,
    groups: &'a BTreeSet<GroupName>,
    attributes: Attributes<'a>,
    administrator: bool,
    workspace: &'a WorkspaceName,
    version: &'static str,
    expires_at: Option<DateTime<Utc>>,
}

/// What policies may ask of someone.
#[derive(Debug, Serialize)]
struct Attributes<'a> {
    department: Option<&'a str>,
    region: Option<&'a str>,
    clearance: Option<i64>,
    labels: &'a BTreeMap<String, String>,
}

/// How one can sign in.
#[derive(Debug, Serialize)]
struct SignInOptions {
    password: bool,
    providers: Vec<Provider>,
}

/// An identity provider.
#[derive(Debug, Serialize)]
struct Provider {
    name: String,
    title: String,
    href: String,
}

/// That a page of this server sends the request, so that nobody is signed in, as themselves or as someone else, by a
/// page that they happen to look at.
#[derive(Debug)]
pub(super) struct OwnPage;

impl FromRequestParts<Arc<Doors>> for OwnPage {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, doors: &Arc<Doors>) -> Result<Self, Problem> {
        match origin::is_own_page(&parts.headers, &parts.uri, doors.options.public_url.as_ref()) {
            Some(true) => Ok(Self),
            Some(false) | None => Err(Problem::forbidden("only a page of this server signs someone in")
                .with_help("programs send a credential with each request: `Authorization: Bearer …`")),
        }
    }
}

/// How one can sign in here. Everyone may know.
pub(super) async fn options(State(doors): State<Arc<Doors>>) -> Response {
    // Without the address of the server nobody could be sent back.
    let known = provider::redirect(&doors).map(|_| doors.gate.wardens().authenticator.sign_in_providers());
    let provider = |SignInProvider { name, title }| {
        let href = format!("/v1/session/oidc/{name}");
        Provider { name, title, href }
    };
    let providers = known.unwrap_or_default().into_iter().map(provider).collect();
    Json(SignInOptions { password: true, providers }).into_response()
}

/// Begins a session.
pub(super) async fn sign_in(
    State(doors): State<Arc<Doors>>,
    _page: OwnPage,
    visitor: Visitor,
    headers: HeaderMap,
    Whole(bytes): Whole,
) -> Result<Response, Problem> {
    let SignIn { user, password } = match body::said_json(&headers, &bytes) {
        Ok(shown) => shown,
        Err(problem) => {
            visitor.unrecognised(&doors.gate);
            return Err(problem);
        }
    };
    let credential = Credential::Password { user, password };
    let began = visitor.sign_in(&doors.gate, &credential).await.map_err(|error| {
        let wrong = error.kind() == ErrorKind::Unauthenticated;
        let problem = Problem::from(error);
        if wrong { problem.with_help("check the name and the password") } else { problem }
    })?;
    let document = document(&doors, &began.caller).await;
    let mut response = (StatusCode::CREATED, document).into_response();
    let kept = cookie::kept(&began.secret, doors.options.is_secure()).ok_or_else(Problem::internal)?;
    response.headers_mut().insert(header::SET_COOKIE, kept);
    Ok(response)
}

/// Who is signed in.
pub(super) async fn current(State(doors): State<Arc<Doors>>, visitor: Visitor) -> Result<Response, Problem> {
    let caller = visitor.enter(&doors.gate, Door::Management).await?;
    let id = doors.inquire(caller.clone(), "GET /v1/session".to_owned()).answered();
    Ok(([(REQUEST, id.to_string())], document(&doors, &caller).await).into_response())
}

/// Ends the session.
pub(super) async fn sign_out(State(doors): State<Arc<Doors>>, visitor: Visitor) -> Result<Response, Problem> {
    let caller = visitor.enter(&doors.gate, Door::Management).await?;
    doors.gate.sign_out(&caller).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    let forgotten = cookie::forgotten(doors.options.is_secure());
    response.headers_mut().extend(forgotten.map(|forgotten| (header::SET_COOKIE, forgotten)));
    Ok(response)
}

async fn document(doors: &Doors, caller: &Caller) -> Response {
    let principal = &caller.principal;
    let session = Session {
        principal: &principal.id,
        kind: principal.kind,
        groups: &principal.groups,
        attributes: Attributes {
            department: principal.department.as_deref(),
            region: principal.region.as_deref(),
            clearance: principal.clearance,
            labels: &principal.labels,
        },
        administrator: doors.gate.administrator(caller, "administer").await.is_ok(),
        workspace: &doors.gate.app().workspace,
        version: env!("CARGO_PKG_VERSION"),
        expires_at: caller.until,
    };
    Json(session).into_response()
}
