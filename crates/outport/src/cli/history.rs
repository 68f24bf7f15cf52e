//! `outport history`

use std::process::ExitCode;

use clap::Args;
use outport_model::name::ProductName;
use serde_json::json;

use super::Setting;
use crate::{failure::Failure, render, wiring};

/// Show what happened to a product: changes, runs and releases
#[derive(Debug, Args)]
pub(crate) struct History {
    /// Product
    #[arg(value_parser = super::product)]
    product: ProductName,
}

impl History {
    pub(super) async fn execute(self, setting: &Setting) -> Result<ExitCode, Failure> {
        let app = wiring::app(&setting.configuration).await?;
        let past = app.past(&self.product).await?;
        let value =
            json!({"history": past.history, "runs": past.runs, "releases": past.releases, "current": past.current});
        if !setting.terminal.machine(&value) {
            setting.terminal.out(&render::product::past(&past));
        }
        Ok(ExitCode::SUCCESS)
    }
}
