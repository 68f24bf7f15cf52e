//! What keeps a request from its handler: a body that is too large or never arrives, a path that is no text.
//!
//! Nobody has begun such a request. So that it is on record all the same, its answer is marked, and the layer of its door
//! ([`on_record`]) recognises who sent it.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, Path as AnyPath, Request},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{StatusCode, request::Parts};
use outport_model::principal::Door;
use serde::de::DeserializeOwned;

use crate::{identify::Visitor, problem::Problem, query::REQUEST, state::Doors};

/// Why a handler did not see its request.
#[derive(Debug, Clone)]
pub(crate) struct Unread(pub(crate) Problem);

impl IntoResponse for Unread {
    fn into_response(self) -> Response {
        let mut response = self.0.clone().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<Unread> for Problem {
    fn from(Unread(problem): Unread) -> Self {
        problem
    }
}

/// What a path names.
#[derive(Debug)]
pub(crate) struct Path<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Unread;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Unread> {
        match AnyPath::from_request_parts(parts, state).await {
            Ok(AnyPath(named)) => Ok(Self(named)),
            Err(_) => Err(Unread(
                Problem::bad_request("the path is not text in UTF-8").with_help("encode names byte by byte, as UTF-8"),
            )),
        }
    }
}

/// Puts on record what no handler of a door saw.
pub(crate) async fn on_record(doors: Arc<Doors>, door: Door, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let visitor = Visitor::of(&parts);
    let response = next.run(Request::from_parts(parts, body)).await;
    let Some(problem) = unread(&response) else { return response };
    match visitor.unread(&doors.gate, door, problem).await {
        Some(problem) => problem.into_response(),
        None => response,
    }
}

/// Why no handler answered; `None` where one did. A body whose head says that it is too large is refused before there is anything
/// to be marked.
fn unread(response: &Response) -> Option<Problem> {
    match response.extensions().get::<Unread>() {
        Some(Unread(problem)) => Some(problem.clone()),
        None if response.status() == StatusCode::PAYLOAD_TOO_LARGE && !response.headers().contains_key(REQUEST) => {
            Some(Problem::of_status(StatusCode::PAYLOAD_TOO_LARGE))
        }
        None => None,
    }
}
