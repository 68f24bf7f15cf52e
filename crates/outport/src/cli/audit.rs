//! `outport audit`

use std::process::ExitCode;

use clap::{Args, Subcommand};
use outport_app::{
    audit::{RequestFilter, Verification},
    gate::{Caller, GateError},
};
use outport_model::{audit::RequestRecord, principal::PrincipalId};

use super::Setting;
use crate::{failure::Failure, remote::Server, render, terminal::Terminal, wiring};

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
        let terminal = setting.terminal;
        if let Some(settings) = &setting.server {
            return self.verb.there(&Server::new(settings)?, terminal).await;
        }
        let gate = wiring::gate(&setting.configuration).await?;
        match self.verb {
            AuditVerb::List(List { user, limit }) => {
                let wanted = RequestFilter { principal: user, ..RequestFilter::default() };
                Ok(show(&gate.requests(&Caller::local(), &wanted, None, limit).await?, terminal))
            }
            AuditVerb::Verify => {
                let found = gate.wardens().audit.verify().await.map_err(GateError::from)?;
                Ok(show_verification(&found, terminal))
            }
        }
    }
}

impl AuditVerb {
    /// The same on a server.
    async fn there(self, server: &Server, terminal: Terminal) -> Result<ExitCode, Failure> {
        match self {
            Self::List(list) => Ok(show(&server.requests(list.user.as_ref(), list.limit).await?, terminal)),
            Self::Verify => Ok(show_verification(&server.verify().await?, terminal)),
        }
    }
}

fn show(records: &[RequestRecord], terminal: Terminal) -> ExitCode {
    if !terminal.machine(&records) {
        terminal.out(&render::people::requests(records));
    }
    ExitCode::SUCCESS
}

fn show_verification(found: &Verification, terminal: Terminal) -> ExitCode {
    if !terminal.machine(found) {
        terminal.out(&render::people::verification(found));
    }
    if found.faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
