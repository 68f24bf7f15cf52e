//! `outport completions`

use std::process::ExitCode;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{Arguments, Setting};

/// Write the completions of a shell
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// Shell
    shell: Shell,
}

impl Completions {
    pub(super) fn execute(self, setting: &Setting) -> ExitCode {
        let mut text = Vec::new();
        clap_complete::generate(self.shell, &mut Arguments::command(), "outport", &mut text);
        setting.terminal.out(&String::from_utf8_lossy(&text));
        ExitCode::SUCCESS
    }
}
