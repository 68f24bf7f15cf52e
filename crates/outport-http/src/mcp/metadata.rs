//! Where tokens for this door come from: the protected resource metadata of OAuth 2.0 (RFC 9728).
//!
//! All of it is made of the configuration: a document made of the `Host` of a request would send whoever believes it
//! wherever that request says.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};

use crate::{Options, problem::Problem, state::Doors};

/// The document. There is none where the server does not know its own address.
pub(super) fn document(doors: &Doors) -> Response {
    match metadata(&doors.options) {
        Some(metadata) => Json(metadata).into_response(),
        None => Problem::of_status(StatusCode::NOT_FOUND).into_response(),
    }
}

/// What `WWW-Authenticate` says.
pub(super) fn challenge(options: &Options) -> Option<HeaderValue> {
    let base = base(options)?;
    let text =
        format!("Bearer realm=\"outport\", resource_metadata=\"{base}/.well-known/oauth-protected-resource/mcp\"");
    HeaderValue::from_str(&text).ok()
}

fn metadata(options: &Options) -> Option<Value> {
    let mut metadata = json!({
        "resource": format!("{}/mcp", base(options)?),
        "resource_name": "Outport",
        "bearer_methods_supported": ["header"],
    });
    if !options.authorization_servers.is_empty() {
        metadata["authorization_servers"] = json!(options.authorization_servers);
    }
    Some(metadata)
}

fn base(options: &Options) -> Option<&str> {
    options.public_url.as_ref().map(|url| url.as_str().trim_end_matches('/'))
}
