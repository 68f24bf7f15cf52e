//! What stopped a command.

use outport_app::{UseCaseError, chain};
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
