//! `outport plan`

use std::{path::PathBuf, process::ExitCode};

use clap::Args;
use outport_app::{App, Desired, Planned, UseCaseError};

use super::Setting;
use crate::{bundles::Bundles, failure::Failure, render, wiring};

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
        let app = wiring::app(&setting.configuration).await?;
        let (planned, bundles) = plan(&self.path, setting, &app).await?;
        render::diagnostic::show(&planned.warnings, &bundles.sources);
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

/// Loads what is below a path and plans it.
pub(super) async fn plan(path: &std::path::Path, setting: &Setting, app: &App) -> Result<(Planned, Bundles), Failure> {
    let mut bundles = Bundles::load(path, &setting.configuration, app).await?;
    if bundles.has_errors() {
        return Err(bundles.failure());
    }
    let desired = Desired { products: bundles.products.clone(), remove: Vec::new() };
    match app.plan(desired).await {
        Ok(mut planned) => {
            bundles.add_compiled(std::mem::take(&mut planned.warnings));
            planned.warnings = std::mem::take(&mut bundles.diagnostics);
            Ok((planned, bundles))
        }
        Err(UseCaseError::Invalid(found)) => {
            bundles.add_compiled(found);
            Err(bundles.failure())
        }
        Err(error) => Err(error.into()),
    }
}
