//! `outport rollback`

use std::process::ExitCode;

use clap::Args;
use outport_model::{name::ProductName, release::ReleaseNumber};
use serde_json::json;

use super::Setting;
use crate::{failure::Failure, platform::Platform};

/// Make an earlier release of a product current again
#[derive(Debug, Args)]
pub(crate) struct Rollback {
    /// Product
    #[arg(value_parser = super::product)]
    product: ProductName,
    /// Release [default: the one before the current one]
    #[arg(long, value_name = "NUMBER")]
    to: Option<u64>,
}

impl Rollback {
    pub(super) async fn execute(self, setting: &Setting) -> Result<ExitCode, Failure> {
        let platform = Platform::open(setting).await?;
        let (from, to) = platform.rollback(&self.product, self.to.map(ReleaseNumber)).await?;
        let terminal = setting.terminal;
        if !terminal.machine(&json!({"product": self.product, "from": from, "to": to})) {
            terminal.out(&if from == to {
                format!("release {to} of `{}` is current already", self.product)
            } else {
                format!("release {to} of `{}` is current again (before: {from})", self.product)
            });
        }
        Ok(ExitCode::SUCCESS)
    }
}
