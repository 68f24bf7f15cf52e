//! `outport get`

use std::process::ExitCode;

use clap::Args;
use outport_model::name::ProductName;

use super::Setting;
use crate::{failure::Failure, render, wiring};

/// List the products of the workspace, or show one in full
#[derive(Debug, Args)]
pub(crate) struct Get {
    /// Product [default: all, a line each]
    #[arg(value_parser = super::product)]
    product: Option<ProductName>,
}

impl Get {
    pub(super) async fn execute(self, setting: &Setting) -> Result<ExitCode, Failure> {
        let app = wiring::app(&setting.configuration).await?;
        let terminal = setting.terminal;
        if let Some(product) = self.product {
            let described = app.describe(&product).await?;
            if !terminal.machine(&described) {
                terminal.out(&render::product::full(&described));
            }
        } else {
            let listed = app.list().await?;
            if !terminal.machine(&listed.values().collect::<Vec<_>>()) {
                terminal.out(&render::product::list(&listed, app.workspace.as_str()));
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
