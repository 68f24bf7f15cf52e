//! What stops a command, and how it is shown.

use outport_app::UseCaseError;
use outport_model::diagnostic::Diagnostic;
use outport_spec::bundle::SourceTexts;

use crate::configuration::ConfigurationError;

/// What stops a command.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// A use case was not done.
    #[error(transparent)]
    UseCase(#[from] UseCaseError),
    /// The configuration cannot be used.
    #[error(transparent)]
    Configuration(#[from] ConfigurationError),
    /// Files of the user are wrong.
    #[error("{} {} found; nothing was changed", .diagnostics.iter().filter(|d| d.is_error()).count(), errors(.diagnostics))]
    Diagnostics {
        /// The problems.
        diagnostics: Vec<Diagnostic>,
        /// The texts that they point into.
        sources: Box<SourceTexts>,
    },
    /// Runs failed; what failed was shown already.
    #[error("{failed} of {total} {} failed; everything else stays as it was", if *.total == 1 { "run" } else { "runs" })]
    Runs {
        /// How many failed or were skipped.
        failed: usize,
        /// How many there were.
        total: usize,
    },
    /// A contract is not kept; the results were shown already.
    #[error("{failed} of {total} checks {} not met", if *.failed == 1 { "is" } else { "are" })]
    Checks {
        /// Checks that fail or could not be measured.
        failed: usize,
        /// Checks in all.
        total: usize,
    },
    /// Policies decide otherwise than test cases expect; the results were shown already.
    #[error("{failed} of {total} cases {} not as expected", if *.failed == 1 { "is" } else { "are" })]
    Cases {
        /// Cases that do not hold.
        failed: usize,
        /// Cases in all.
        total: usize,
    },
    /// The gate gave no answer.
    #[error(transparent)]
    Gate(#[from] outport_app::gate::GateError),
    /// A server said no.
    #[error("{message}")]
    Server {
        /// What it said.
        message: String,
        /// What to do.
        help: Option<String>,
    },
    /// A server cannot be reached, or went away.
    #[error("`{server}` cannot be reached, or went away")]
    Unreachable {
        /// The server.
        server: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A door cannot be opened, or was closed by a fault.
    #[error("{what} cannot be served")]
    Serve {
        /// The address, or the door.
        what: String,
        /// Why.
        source: std::io::Error,
    },
    /// Something cannot be written.
    #[error("`{what}` cannot be written")]
    Write {
        /// What it is.
        what: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// An argument is wrong.
    #[error("{message}")]
    Argument {
        /// What is wrong.
        message: String,
        /// What to do.
        help: String,
    },
}

fn errors(diagnostics: &[Diagnostic]) -> &'static str {
    if diagnostics.iter().filter(|d| d.is_error()).count() == 1 { "error" } else { "errors" }
}

impl Failure {
    /// What to do about it.
    pub(crate) fn help(&self) -> Option<String> {
        match self {
            Self::UseCase(error) => error.help(),
            Self::Configuration(error) => Some(error.help()),
            Self::Gate(error) => error.help(),
            Self::Server { help, .. } => help.clone(),
            Self::Unreachable { .. } => Some("check the address, and that `outport serve` runs there".to_owned()),
            Self::Serve { .. } => Some("choose another address, or stop what listens there".to_owned()),
            Self::Argument { help, .. } => Some(help.clone()),
            Self::Diagnostics { .. }
            | Self::Runs { .. }
            | Self::Checks { .. }
            | Self::Cases { .. }
            | Self::Write { .. } => None,
        }
    }
}
