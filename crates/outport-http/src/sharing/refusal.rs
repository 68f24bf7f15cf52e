//! What errors look like to clients of Delta Sharing.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use outport_app::gate::GateError;
use serde_json::{Value, json};

use crate::problem::Problem;

/// An error as `{"errorCode", "message"}`.
#[derive(Debug)]
pub(super) struct Refusal(Problem);

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl From<GateError> for Refusal {
    fn from(error: GateError) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let document = self.0.document();
        let text = |name: &str| document.get(name).and_then(Value::as_str);
        let said = text("detail").or(text("title")).unwrap_or_default();
        let message = text("help").map_or_else(|| said.to_owned(), |help| format!("{said}; {help}"));
        let body =
            json!({ "errorCode": code(self.0.status()), "message": message, "request": document.get("request") });
        // The head says more than this format can: how to sign in, when to come again, the id of the request.
        let (mut head, _) = self.0.into_response().into_parts();
        head.headers.remove(header::CONTENT_TYPE);
        head.headers.remove(header::CONTENT_LENGTH);
        (head.status, head.headers, Json(body)).into_response()
    }
}

fn code(status: StatusCode) -> &'static str {
    match status {
        StatusCode::UNAUTHORIZED => "UNAUTHENTICATED",
        StatusCode::FORBIDDEN => "PERMISSION_DENIED",
        StatusCode::NOT_FOUND => "RESOURCE_DOES_NOT_EXIST",
        StatusCode::TOO_MANY_REQUESTS => "RESOURCE_EXHAUSTED",
        status if status.is_server_error() => "INTERNAL_ERROR",
        _ => "INVALID_PARAMETER_VALUE",
    }
}
