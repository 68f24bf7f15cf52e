//! `outport token`

use std::{collections::BTreeSet, process::ExitCode};

use chrono::TimeDelta;
use clap::{Args, Subcommand};
use outport_app::identity::{TokenId, TokenScope};
use outport_model::{
    name::ProductName,
    principal::{Door, PrincipalId},
};
use serde_json::json;

use super::Setting;
use crate::{failure::Failure, platform::Platform, render};

/// Manage API tokens
#[derive(Debug, Args)]
pub(crate) struct Token {
    #[command(subcommand)]
    verb: TokenVerb,
}

#[derive(Debug, Subcommand)]
enum TokenVerb {
    /// Make a token; its secret is shown once
    Create(Create),
    /// List tokens
    List(List),
    /// Revoke a token
    Revoke {
        /// Token: the part between the underscores of its secret
        #[arg(value_parser = token_id)]
        id: TokenId,
    },
}

#[derive(Debug, Args)]
struct Create {
    /// Whose rights it has
    #[arg(long, value_name = "USER", value_parser = super::principal)]
    user: PrincipalId,
    /// What it is for, to tell it from others
    #[arg(long, value_name = "TEXT", default_value = "")]
    label: String,
    /// How long it lasts: `90d`, `12h`, `30m`
    #[arg(long, value_name = "DURATION", default_value = "90d", value_parser = super::period)]
    expires: TimeDelta,
    /// Doors that it opens [default: all]
    #[arg(long = "door", value_name = "DOOR", value_parser = door)]
    doors: Vec<Door>,
    /// Products that it is good for [default: all that its owner may read]
    #[arg(long = "product", value_name = "PRODUCT", value_parser = super::product)]
    products: Vec<ProductName>,
}

#[derive(Debug, Args)]
struct List {
    /// Of one user [default: of all]
    #[arg(long, value_name = "USER", value_parser = super::principal)]
    user: Option<PrincipalId>,
}

impl Token {
    pub(super) async fn execute(self, setting: &Setting) -> Result<ExitCode, Failure> {
        let platform = Platform::open(setting).await?;
        let terminal = setting.terminal;
        match self.verb {
            TokenVerb::Create(create) => {
                let some = |empty: bool| !empty;
                let scope = TokenScope {
                    doors: some(create.doors.is_empty()).then(|| create.doors.into_iter().collect::<BTreeSet<_>>()),
                    products: some(create.products.is_empty()).then(|| create.products.into_iter().collect()),
                };
                let made = platform.create_token(&create.user, &create.label, scope, create.expires).await?;
                if !terminal.machine(&json!({"token": made.token, "secret": made.secret})) {
                    terminal.note(&format!(
                        "token `{}` of `{}`, until {} UTC; the secret is shown this once:",
                        made.token.id,
                        made.token.owner,
                        render::moment(made.token.expires_at)
                    ));
                    terminal.out(&made.secret);
                }
            }
            TokenVerb::List(list) => {
                let tokens = platform.tokens(list.user.as_ref()).await?;
                if !terminal.machine(&tokens) {
                    terminal.out(&render::people::tokens(&tokens));
                }
            }
            TokenVerb::Revoke { id } => {
                platform.revoke_token(&id).await?;
                if !terminal.machine(&json!({"revoked": id})) {
                    terminal.out(&format!("token `{id}` is revoked"));
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn token_id(text: &str) -> Result<TokenId, String> {
    TokenId::new(text).ok_or_else(|| "a token's id has lower-case letters and digits".to_owned())
}

fn door(text: &str) -> Result<Door, String> {
    let found = Door::ALL.into_iter().find(|door| door.as_str() == text);
    found.ok_or_else(|| format!("there are: {}", Door::ALL.map(Door::as_str).join(", ")))
}
