//! What keeps a request from its handler: a body that is too large or never arrives, a path that is no text.
//!
//! Nobody has begun such a request. So that it is on record all the same, its answer is marked with who sent it, and the layer of
//! its door ([`on_record`]) recognises them. Of any other request the layer does nothing.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, Path as AnyPath, Request},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header, request::Parts};
use outport_model::principal::Door;
use serde::de::DeserializeOwned;

use crate::{identify::Visitor, problem::Problem, state::Doors};

/// Why a handler did not see its request, and who sent it.
#[derive(Debug, Clone)]
pub(crate) struct Unread {
    problem: Problem,
    visitor: Box<Visitor>,
}

impl Unread {
    /// A request with this head.
    pub(crate) fn new(parts: &Parts, problem: Problem) -> Self {
        Self { problem, visitor: Box::new(Visitor::of(parts)) }
    }
}

impl IntoResponse for Unread {
    fn into_response(self) -> Response {
        let mut response = self.problem.clone().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<Unread> for Problem {
    fn from(unread: Unread) -> Self {
        unread.problem
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
            Err(_) => {
                let problem = Problem::bad_request("the path is not text in UTF-8");
                Err(Unread::new(parts, problem.with_help("encode names byte by byte, as UTF-8")))
            }
        }
    }
}

/// Puts on record what no handler of a door saw. A body whose head says that it has more bytes than `limit` is not read at all.
pub(crate) async fn on_record(doors: Arc<Doors>, door: Door, limit: usize, request: Request, next: Next) -> Response {
    let mut response = if says_more_than(limit, request.headers()) {
        let (parts, _) = request.into_parts();
        Unread::new(&parts, Problem::of_status(StatusCode::PAYLOAD_TOO_LARGE)).into_response()
    } else {
        next.run(request).await
    };
    let Some(Unread { problem, visitor }) = response.extensions_mut().remove() else { return response };
    match visitor.unread(&doors.gate, door, problem).await {
        Some(problem) => problem.into_response(),
        None => response,
    }
}

fn says_more_than(limit: usize, headers: &HeaderMap) -> bool {
    let said = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    said.is_some_and(|said| said > limit)
}
