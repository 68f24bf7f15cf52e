//! `outport get`

use std::process::ExitCode;

use clap::Args;
use outport_model::name::ProductName;

use super::Setting;
use crate::{failure::Failure, platform::Platform, render};

/// List the products of the workspace, or show one in full
#[derive(Debug, Args)]
pub(crate) struct Get {
    /// Product [default: all, a line each]
    #[arg(value_parser = super::product)]
    product: Option<ProductName>,
}

impl Get {
    pub(super) async fn execute(self, setting: &Setting) -> Result<ExitCode, Failure> {
        let platform = Platform::open(setting).await?;
        let terminal = setting.terminal;
        if let Some(product) = self.product {
            let described = platform.describe(&product).await?;
            if !terminal.machine(&described) {
                terminal.out(&render::product::full(&described));
            }
        } else {
            let listed = platform.list().await?;
            if !terminal.machine(&listed.values().collect::<Vec<_>>()) {
                let workspace = platform.workspace().await?;
                terminal.out(&render::product::list(&listed, workspace.as_str()));
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
