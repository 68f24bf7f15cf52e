//! `outport delete`

use std::process::ExitCode;

use clap::Args;
use outport_model::name::ProductName;

use super::{
    Setting,
    apply::{ConsentFlags, carry_out},
};
use crate::{failure::Failure, platform::Platform};

/// Remove products from the record; their stored tables stay until the next `apply`
#[derive(Debug, Args)]
pub(crate) struct Delete {
    /// Products
    #[arg(required = true, value_parser = super::product)]
    products: Vec<ProductName>,
    #[command(flatten)]
    consent: ConsentFlags,
}

impl Delete {
    pub(super) async fn execute(self, setting: &Setting) -> Result<ExitCode, Failure> {
        let platform = Platform::open(setting).await?;
        let planned = platform.plan_removal(self.products).await?;
        carry_out(planned, &self.consent, setting, &platform).await
    }
}
