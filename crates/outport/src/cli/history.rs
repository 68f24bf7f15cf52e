//! `outport history`

use std::process::ExitCode;

use clap::Args;
use outport_model::name::ProductName;

use super::Setting;
use crate::{failure::Failure, platform::Platform, render};

/// Show what happened to a product: changes, runs and releases
#[derive(Debug, Args)]
pub(crate) struct History {
    /// Product
    #[arg(value_parser = super::product)]
    product: ProductName,
}

impl History {
    pub(super) async fn execute(self, setting: &Setting) -> Result<ExitCode, Failure> {
        let past = Platform::open(setting).await?.past(&self.product).await?;
        if !setting.terminal.machine(&past) {
            setting.terminal.out(&render::product::past(&past));
        }
        Ok(ExitCode::SUCCESS)
    }
}
