//! An error of the server, as it would be on a home.

use outport_app::{UseCaseError, engine::EngineError};
use outport_model::{diagnostic::Diagnostic, name::ProductName, plan::Refusal};
use serde::Deserialize;

use crate::failure::Failure;

/// A problem document (RFC 9457).
#[derive(Debug, Deserialize)]
pub(super) struct Problem {
    #[serde(rename = "type", default)]
    code: String,
    #[serde(default)]
    title: String,
    detail: Option<String>,
    help: Option<String>,
    request: Option<String>,
    #[serde(default)]
    diagnostics: Vec<Diagnostic>,
    #[serde(default)]
    refusals: Vec<Refused>,
    line: Option<usize>,
    column: Option<usize>,
}

#[derive(Debug, Deserialize)]
struct Refused {
    product: ProductName,
    refusal: Refusal,
}

/// The failure that a problem is.
pub(super) fn failure(problem: Problem) -> Failure {
    let message = problem.detail.clone().unwrap_or_else(|| problem.title.clone());
    match problem.code.rsplit(':').next().unwrap_or_default() {
        "invalid-bundles" | "invalid-documents" | "wrong-policies" => {
            Failure::Diagnostics { diagnostics: problem.diagnostics, sources: Box::default() }
        }
        "refused" => {
            let refusals = problem.refusals.into_iter().map(|refused| (refused.product, refused.refusal));
            UseCaseError::Refused(refusals.collect()).into()
        }
        "query" => {
            let position = problem.line.zip(problem.column);
            let error = EngineError::Query { reason: message, position, help: problem.help };
            outport_app::gate::GateError::Engine(error).into()
        }
        "unauthenticated" => Failure::Server {
            message: "the server does not accept the token".to_owned(),
            help: Some("make another one there: `outport token create --user NAME`".to_owned()),
        },
        "internal" => Failure::Server {
            message: "the server failed".to_owned(),
            help: problem.request.map(|request| format!("it is on record there as request {request}")),
        },
        _ => Failure::Server { message, help: problem.help },
    }
}
