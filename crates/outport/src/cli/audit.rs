//! `outport audit`

use std::process::ExitCode;

use clap::{Args, Subcommand};
use outport_app::gate::GateError;
use outport_model::principal::PrincipalId;

use super::Setting;
use crate::{failure::Failure, render, wiring};

/// Look at the record of requests
#[derive(Debug, Args)]
pub(crate) struct Audit {
    #[command(subcommand)]
    verb: AuditVerb,
}

#[derive(Debug, Subcommand)]
enum AuditVerb {
    /// List requests, the newest last
    List(List),
    /// Check that nothing on record was changed or removed
    Verify,
}

#[derive(Debug, Args)]
struct List {
    /// Of one principal [default: of all]
    #[arg(long, value_name = "USER", value_parser = super::principal)]
    user: Option<PrincipalId>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
}

impl Audit {
    pub(super) async fn execute(self, setting: &Setting) -> Result<ExitCode, Failure> {
        let gate = wiring::gate(&setting.configuration).await?;
        let terminal = setting.terminal;
        let audit = &gate.wardens().audit;
        match self.verb {
            AuditVerb::List(list) => {
                let mut records = audit.records().await.map_err(GateError::from)?;
                records.retain(|record| list.user.is_none() || record.principal == list.user);
                records.sort_by_key(|record| (record.at, record.id));
                let records = records.split_off(records.len().saturating_sub(list.limit));
                if !terminal.machine(&records) {
                    terminal.out(&render::people::requests(&records));
                }
                Ok(ExitCode::SUCCESS)
            }
            AuditVerb::Verify => {
                let found = audit.verify().await.map_err(GateError::from)?;
                let whole = found.faults.is_empty();
                if !terminal.machine(&found) {
                    terminal.out(&render::people::verification(&found));
                }
                Ok(if whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
            }
        }
    }
}
