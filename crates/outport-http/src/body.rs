//! What a client sends.

use axum::{
    body::Bytes,
    extract::{DefaultBodyLimit, FromRequest, Request, rejection::BytesRejection},
};
use http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;

use crate::{problem::Problem, unread::Unread};

/// The whole body of a request, which is not larger than the limit.
#[derive(Debug)]
pub(crate) struct Whole(pub(crate) Bytes);

impl<S: Send + Sync> FromRequest<S> for Whole {
    type Rejection = Unread;

    async fn from_request(request: Request, state: &S) -> Result<Self, Unread> {
        let (parts, body) = request.into_parts();
        let mut alone = Request::new(body);
        // The limit is that of the door.
        DefaultBodyLimit::disable().apply(&mut alone);
        Bytes::from_request(alone, state).await.map(Self).map_err(|error| Unread::new(&parts, unread(&error)))
    }
}

fn unread(error: &BytesRejection) -> Problem {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<tower_http::timeout::TimeoutError>() {
            return Problem::too_slow();
        }
        cause = error.source();
    }
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::of_status(StatusCode::PAYLOAD_TOO_LARGE),
        _ => Problem::bad_request("the body could not be read"),
    }
}

/// The media type of the body, in lower case and without parameters.
pub(crate) fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    Some(value.split(';').next().unwrap_or(value).trim().to_ascii_lowercase())
}

/// A value of a body that is said to be JSON, and is.
pub(crate) fn said_json<T: DeserializeOwned>(headers: &HeaderMap, bytes: &[u8]) -> Result<T, Problem> {
    match media_type(headers).as_deref() {
        Some("application/json") => json(bytes),
        _ => Err(Problem::unsupported_media_type("only `application/json` is read here")),
    }
}

/// A value of JSON text.
pub(crate) fn json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(bytes).map_err(|error| {
        // What serde says of a shape names only what was sent and what is wanted.
        Problem::bad_request(format!("the body is not what is wanted here: {error}"))
    })
}
