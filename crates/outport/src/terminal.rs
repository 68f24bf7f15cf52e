//! Where text goes: results to standard output, everything about the way there to standard error.

use std::{
    io::{IsTerminal, Write},
    process::ExitCode,
};

use clap::ValueEnum;
use serde::Serialize;

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// For people.
    Table,
    /// One JSON value; of `apply` and `run` JSON lines: an event each, and the result last.
    Json,
    /// One YAML document.
    Yaml,
}

/// The terminal that a command talks to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terminal {
    pub(crate) format: OutputFormat,
    pub(crate) quiet: bool,
}

impl Terminal {
    /// Writes a result. A reader that has gone (`| head`) is no error.
    #[expect(clippy::unused_self, reason = "who writes names the terminal that it writes to")]
    pub(crate) fn out(self, text: &str) {
        let mut out = std::io::stdout().lock();
        let _ = out.write_all(text.as_bytes());
        if !text.ends_with('\n') && !text.is_empty() {
            let _ = out.write_all(b"\n");
        }
        let _ = out.flush();
    }

    /// Writes something about the way there.
    pub(crate) fn note(self, text: &str) {
        if !self.quiet {
            error_line(text);
        }
    }

    /// Writes a value in the chosen machine format; `false` where the format is for people.
    pub(crate) fn machine(self, value: &impl Serialize) -> bool {
        let Ok(value) = serde_json::to_value(value) else { return false };
        match self.format {
            OutputFormat::Table => false,
            OutputFormat::Json => {
                self.out(&format!("{value:#}"));
                true
            }
            OutputFormat::Yaml => {
                self.out(&outport_spec::write::yaml(&value));
                true
            }
        }
    }

    /// Like [`Terminal::machine`], as the last line of lines of JSON.
    pub(crate) fn last_line(self, value: &impl Serialize) -> bool {
        match (self.format, serde_json::to_string(value)) {
            (OutputFormat::Json, Ok(line)) => {
                self.out(&line);
                true
            }
            _ => self.machine(value),
        }
    }

    pub(crate) fn is_for_people(self) -> bool {
        self.format == OutputFormat::Table
    }

    /// Whether a person can be asked.
    pub(crate) fn can_ask() -> bool {
        std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
    }

    /// Whether standard error takes colours.
    pub(crate) fn colours() -> bool {
        std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none()
    }

    /// Asks for a yes.
    pub(crate) fn ask(question: &str) -> bool {
        let mut error = std::io::stderr().lock();
        let _ = write!(error, "{question} [y/N] ");
        let _ = error.flush();
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer).is_ok() && matches!(answer.trim(), "y" | "Y" | "yes")
    }
}

/// Writes a line to standard error.
pub(crate) fn error_line(text: &str) {
    let mut error = std::io::stderr().lock();
    let _ = writeln!(error, "{}", text.trim_end_matches('\n'));
}

/// Says that nothing could even begin.
pub(crate) fn fatal(message: &str) -> ExitCode {
    error_line(&format!("error: {message}"));
    ExitCode::FAILURE
}
