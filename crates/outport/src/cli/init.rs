//! `outport init`

use std::process::ExitCode;

use clap::Args;
use outport_model::principal::PrincipalId;
use serde_json::json;

use super::Setting;
use crate::{failure::Failure, secret, wiring};

/// Make a home and its first administrator
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// Name of the first administrator
    #[arg(long, value_name = "NAME", default_value = "admin", value_parser = super::principal)]
    administrator: PrincipalId,
    /// Read the password from the first line of standard input instead of asking for it
    #[arg(long)]
    password_stdin: bool,
}

impl Init {
    pub(super) async fn execute(self, setting: &Setting) -> Result<ExitCode, Failure> {
        let gate = wiring::gate(&setting.configuration).await?;
        let password = secret::new_password(self.password_stdin)?;
        let user = gate.first_administrator(self.administrator, &password).await?;
        let home = setting.configuration.home.display().to_string();
        let terminal = setting.terminal;
        if !terminal.machine(&json!({"home": home, "administrator": user.principal.id})) {
            terminal.out(&format!(
                "`{home}` is ready; its administrator is `{}`\nnext: `outport apply PATH`, then `outport serve`",
                user.principal.id
            ));
        }
        Ok(ExitCode::SUCCESS)
    }
}
