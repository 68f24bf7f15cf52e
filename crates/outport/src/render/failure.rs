//! What stopped a command.

use std::error::Error;

use outport_app::UseCaseError;
use serde_json::json;

use super::diagnostic;
use crate::{
    failure::Failure,
    terminal::{OutputFormat, Terminal, error_line},
};

/// Shows why a command failed: to people on standard error, to machines as a value.
pub(crate) fn show(terminal: Terminal, failure: &Failure) {
    if let Failure::Diagnostics { diagnostics, sources } = failure {
        if terminal.format != OutputFormat::Table {
            let list: Vec<_> = diagnostics.iter().map(diagnostic::machine).collect();
            terminal.machine(&json!({"valid": false, "diagnostics": list}));
            return;
        }
        diagnostic::show(diagnostics, sources);
    }
    if terminal.format != OutputFormat::Table {
        terminal.machine(&json!({"error": {"message": chain(failure), "help": failure.help()}}));
        return;
    }
    error_line(&format!("error: {}", chain(failure)));
    if let Failure::UseCase(UseCaseError::Refused(refusals)) = failure {
        for (product, refusal) in refusals {
            error_line(&format!("  {product}: {}", super::plan::refusal(refusal)));
        }
    }
    if let Some(help) = failure.help() {
        error_line(&format!("help: {help}"));
    }
}

/// An error with its causes; a cause that the error repeats is left out.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(found) = cause {
        let more = found.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = found.source();
    }
    text
}
