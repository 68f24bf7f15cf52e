//! `outport plan`

use std::{path::PathBuf, process::ExitCode};

use clap::Args;

use super::Setting;
use crate::{failure::Failure, platform::Platform, render};

/// Show what `apply` would do, and who is affected
#[derive(Debug, Args)]
pub(crate) struct Plan {
    /// Bundle or folder of bundles
    #[arg(default_value = ".")]
    path: PathBuf,
    /// Exit with 0 where nothing would change and with 2 where something would
    #[arg(long)]
    detailed_exitcode: bool,
}

impl Plan {
    pub(super) async fn execute(self, setting: &Setting) -> Result<ExitCode, Failure> {
        let planned = Platform::open(setting).await?.plan(&self.path).await?;
        render::diagnostic::show(&planned.warnings, &planned.sources);
        if !setting.terminal.machine(&planned.plan) {
            setting.terminal.out(&render::plan::text(&planned.plan));
        }
        Ok(if planned.plan.refusals().next().is_some() {
            ExitCode::FAILURE
        } else if self.detailed_exitcode && !planned.plan.is_empty() {
            ExitCode::from(2)
        } else {
            ExitCode::SUCCESS
        })
    }
}
