//! `outport run`

use std::process::ExitCode;

use clap::Args;
use outport_app::RunReport;
use outport_model::name::ProductName;
use serde_json::json;

use super::Setting;
use crate::{failure::Failure, platform::Platform, progress, render};

/// Build products again from their inputs, where anything is new
#[derive(Debug, Args)]
pub(crate) struct Run {
    /// Products [default: all of the workspace]
    #[arg(value_parser = super::product)]
    products: Vec<ProductName>,
}

impl Run {
    pub(super) async fn execute(self, setting: &Setting) -> Result<ExitCode, Failure> {
        let terminal = setting.terminal;
        let platform = Platform::open(setting).await?;
        let watch = progress::watch(terminal);
        let cancel = progress::cancel_on_interrupt(terminal);
        let runs = platform.run(&self.products, watch.observer(), cancel).await?;
        watch.finish();
        if !terminal.last_line(&json!({"runs": runs})) {
            terminal.out(&render::run::text(&runs));
        }
        outcome(&runs)
    }
}

/// A failure where a run failed.
pub(super) fn outcome(runs: &[RunReport]) -> Result<ExitCode, Failure> {
    let failed = runs.iter().filter(|run| run.failure.is_some()).count();
    if failed == 0 { Ok(ExitCode::SUCCESS) } else { Err(Failure::Runs { failed, total: runs.len() }) }
}
