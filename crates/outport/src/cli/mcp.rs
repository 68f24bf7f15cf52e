//! `outport mcp`

use std::{process::ExitCode, sync::Arc};

use clap::Args;
use outport_app::{
    gate::{Caller, Gate},
    identity::Credential,
};
use outport_model::principal::{Door, PrincipalId};

use super::Setting;
use crate::{failure::Failure, wiring};

/// What is on record of where the token comes from.
const FROM: &str = "this machine";

/// Answer an agent over standard input and output (Model Context Protocol)
#[derive(Debug, Args)]
pub(crate) struct Mcp {
    /// API token whose rights the agent has
    #[arg(long, env = "OUTPORT_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    token: Option<String>,
    /// As this user of the home, instead
    #[arg(long = "as", value_name = "USER", value_parser = super::principal)]
    user: Option<PrincipalId>,
}

impl Mcp {
    pub(super) async fn execute(self, setting: &Setting) -> Result<ExitCode, Failure> {
        let gate = Arc::new(wiring::gate(&setting.configuration).await?);
        let caller = self.caller(&gate).await?;
        let answered = Box::pin(outport_http::mcp_stdio(gate, caller)).await;
        answered.map_err(|source| Failure::Write { what: "standard output".to_owned(), source: Box::new(source) })?;
        Ok(ExitCode::SUCCESS)
    }

    /// Whose rights the agent has. Nobody's is no answer: an agent is never let at everything by leaving something out.
    async fn caller(self, gate: &Gate) -> Result<Caller, Failure> {
        if let Some(user) = self.user {
            return Ok(Caller { door: Door::Mcp, ..super::as_user(gate, Some(&user)).await? });
        }
        let token = self.token.filter(|token| !token.is_empty()).ok_or_else(|| Failure::Argument {
            message: "it is not said whose rights the agent has".to_owned(),
            help: "set `OUTPORT_TOKEN` to an API token (`outport token create --door mcp`), or say `--as USER`"
                .to_owned(),
        })?;
        let client = Some(concat!("outport-mcp/", env!("CARGO_PKG_VERSION")).to_owned());
        Ok(gate.authenticate(&Credential::Bearer(token), FROM, Door::Mcp, client).await?)
    }
}
