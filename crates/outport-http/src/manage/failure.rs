//! What a use case that was not done looks like outside. Whoever is told may operate the product in question, so that
//! they are told what it was; only what failed inside the server is for the record alone.

use http::StatusCode;
use outport_app::{
    UseCaseError,
    gate::{GateError, OperateError},
    store::StoreError,
};
use outport_model::diagnostic::Diagnostic;
use serde_json::json;

use crate::{problem::Problem, query::Inquiry};

/// Ends a request without an answer.
pub(super) fn refuse(inquiry: Inquiry<'_>, error: OperateError) -> Problem {
    match error {
        OperateError::Gate(error) => inquiry.refuse(error),
        OperateError::UseCase(UseCaseError::Engine(error)) => inquiry.refuse(GateError::from(error)),
        OperateError::UseCase(error) => match of_use_case(&error) {
            Some(problem) => inquiry.reject(problem),
            None => inquiry.refuse(GateError::Internal(Box::new(error))),
        },
    }
}

/// The problem of work that is not a request any more.
pub(super) fn of(error: OperateError) -> Problem {
    match error {
        OperateError::Gate(error) => error.into(),
        OperateError::UseCase(UseCaseError::Engine(error)) => GateError::from(error).into(),
        OperateError::UseCase(error) => of_use_case(&error).unwrap_or_else(|| {
            tracing::error!(%error, "what was asked for could not be done");
            Problem::internal()
        }),
    }
}

/// `None` for what failed inside.
fn of_use_case(error: &UseCaseError) -> Option<Problem> {
    let said = |status, code, title| {
        let problem = Problem::new(status, code, title).with_detail(error.to_string());
        match error.help() {
            Some(help) => problem.with_help(help),
            None => problem,
        }
    };
    Some(match error {
        UseCaseError::Invalid(diagnostics) => {
            said(StatusCode::UNPROCESSABLE_ENTITY, "invalid-bundles", "the bundles have errors")
                .with_member("diagnostics", json!(diagnostics))
        }
        UseCaseError::Refused(refusals) => {
            let refusals: Vec<_> =
                refusals.iter().map(|(product, refusal)| json!({ "product": product, "refusal": refusal })).collect();
            said(StatusCode::CONFLICT, "refused", "the plan is refused").with_member("refusals", json!(refusals))
        }
        UseCaseError::NoSuchProduct { .. } => said(StatusCode::NOT_FOUND, "not-found", "there is no such thing"),
        UseCaseError::NoRelease { .. } | UseCaseError::Store(StoreError::NoSuchRelease { .. }) => {
            said(StatusCode::NOT_FOUND, "no-such-release", "there is no such release")
        }
        UseCaseError::Busy { .. } | UseCaseError::Store(StoreError::LeaseLost { .. }) => {
            said(StatusCode::CONFLICT, "leased", "another process works on the product")
        }
        UseCaseError::Store(StoreError::Outdated { .. }) => {
            said(StatusCode::CONFLICT, "outdated", "the product has changed meanwhile")
        }
        UseCaseError::UpstreamUnreleased { .. } => {
            said(StatusCode::CONFLICT, "upstream-unreleased", "what it reads has no release")
        }
        UseCaseError::Circle(_) => {
            said(StatusCode::UNPROCESSABLE_ENTITY, "circle", "products read each other in a circle")
        }
        UseCaseError::NotConfirmed | UseCaseError::Engine(_) | UseCaseError::Store(_) => return None,
    })
}

/// Documents that were sent cannot be used.
pub(super) fn invalid_documents(diagnostics: &[Diagnostic]) -> Problem {
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
    let detail = format!("the documents have {errors} {}", if errors == 1 { "error" } else { "errors" });
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid-documents", "the documents have errors")
        .with_detail(detail)
        .with_member("diagnostics", json!(diagnostics))
}

/// The plan is not the one that was agreed to.
pub(super) fn outdated() -> Problem {
    Problem::new(StatusCode::CONFLICT, "outdated", "the plan has changed meanwhile")
        .with_detail("what would change is not what the plan said")
        .with_help("look at the plan again: `outport plan`")
}
