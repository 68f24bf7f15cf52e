//! `outport delete`

use std::process::ExitCode;

use clap::Args;
use outport_app::Desired;
use outport_model::name::ProductName;

use super::{
    Setting,
    apply::{ConsentFlags, carry_out},
};
use crate::{failure::Failure, wiring};

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
        let app = wiring::app(&setting.configuration).await?;
        let mut planned = app.plan(Desired { products: Vec::new(), remove: self.products }).await?;
        // Until the next apply the tables can be had back.
        planned.plan.garbage.clear();
        carry_out(planned, &self.consent, setting, &app).await
    }
}
