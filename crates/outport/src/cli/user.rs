//! `outport user`

use std::{collections::BTreeSet, process::ExitCode};

use clap::{Args, Subcommand};
use outport_app::gate::UserChange;
use outport_model::{
    name::GroupName,
    principal::{Principal, PrincipalId, PrincipalKind},
};

use super::Setting;
use crate::{failure::Failure, platform::Platform, remote::Seen, render, secret};

/// Manage the users of the home
#[derive(Debug, Args)]
pub(crate) struct User {
    #[command(subcommand)]
    verb: UserVerb,
}

#[derive(Debug, Subcommand)]
enum UserVerb {
    /// List all users
    List,
    /// Add a user, or change what is on record of one
    Set(Set),
    /// Give a user a new password
    Password(Password),
    /// Keep a user out, without removing anything
    Disable(Named),
    /// Let a user in again
    Enable(Named),
    /// Remove a user and revoke their tokens
    Remove(Named),
}

#[derive(Debug, Args)]
struct Named {
    /// User
    #[arg(value_parser = super::principal)]
    name: PrincipalId,
}

#[derive(Debug, Args)]
struct Password {
    #[command(flatten)]
    user: Named,
    /// Read the password from the first line of standard input instead of asking for it
    #[arg(long)]
    password_stdin: bool,
}

#[derive(Debug, Args)]
struct Set {
    #[command(flatten)]
    user: Named,
    /// A program rather than a person
    #[arg(long)]
    service: bool,
    /// The groups that they are in, in the place of those on record
    #[arg(long = "group", value_name = "NAME", value_parser = super::group)]
    groups: Option<Vec<GroupName>>,
    /// The part of the organisation that they work in
    #[arg(long, value_name = "NAME")]
    department: Option<String>,
    /// Where they work
    #[arg(long, value_name = "NAME")]
    region: Option<String>,
    /// How much they are trusted with
    #[arg(long, value_name = "NUMBER")]
    clearance: Option<i64>,
    /// Whatever else policies ask for
    #[arg(long = "label", value_name = "KEY=VALUE", value_parser = label)]
    labels: Vec<(String, String)>,
    /// Give them a password too, read from the first line of standard input
    #[arg(long)]
    password_stdin: bool,
}

impl User {
    pub(super) async fn execute(self, setting: &Setting) -> Result<ExitCode, Failure> {
        let platform = Platform::open(setting).await?;
        let terminal = setting.terminal;
        let said = match self.verb {
            UserVerb::List => {
                let users = platform.users().await?;
                if !terminal.machine(&users) {
                    terminal.out(&render::people::users(&users));
                }
                return Ok(ExitCode::SUCCESS);
            }
            UserVerb::Remove(named) => {
                platform.remove_user(&named.name).await?;
                format!("removed user `{}`", named.name)
            }
            UserVerb::Set(set) => {
                let name = set.user.name.clone();
                let seen = platform.user(&name).await?;
                platform.put_user(set.change(&seen)?, &seen).await?;
                format!("user `{name}` is on record")
            }
            UserVerb::Password(password) => {
                let text = secret::new_password(password.password_stdin)?;
                let name = password.user.name;
                change(&platform, &name, Some(text), None).await?;
                format!("user `{name}` has a new password")
            }
            UserVerb::Disable(named) => {
                change(&platform, &named.name, None, Some(true)).await?;
                format!("user `{}` is kept out", named.name)
            }
            UserVerb::Enable(named) => {
                change(&platform, &named.name, None, Some(false)).await?;
                format!("user `{}` is let in", named.name)
            }
        };
        if !terminal.machine(&serde_json::json!({"done": said})) {
            terminal.out(&said);
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Set {
    fn change(self, seen: &Seen) -> Result<UserChange, Failure> {
        let password = if self.password_stdin { Some(secret::new_password(true)?) } else { None };
        let known = seen.user.as_ref().map(|user| user.principal.clone());
        let mut principal = known.unwrap_or_else(|| Principal::new(self.user.name, PrincipalKind::User));
        if self.service {
            principal.kind = PrincipalKind::Service;
        }
        if let Some(groups) = self.groups {
            principal.groups = groups.into_iter().collect::<BTreeSet<_>>();
        }
        principal.department = self.department.or(principal.department);
        principal.region = self.region.or(principal.region);
        principal.clearance = self.clearance.or(principal.clearance);
        principal.labels.extend(self.labels);
        Ok(UserChange { principal, password, disabled: None })
    }
}

async fn change(
    platform: &Platform,
    name: &PrincipalId,
    password: Option<String>,
    disabled: Option<bool>,
) -> Result<(), Failure> {
    let seen = platform.user(name).await?;
    let Some(user) = &seen.user else {
        return Err(Failure::Argument {
            message: format!("there is no user `{name}`"),
            help: "list them: `outport user list`".to_owned(),
        });
    };
    platform.put_user(UserChange { principal: user.principal.clone(), password, disabled }, &seen).await
}

fn label(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').filter(|(key, _)| !key.is_empty());
    pair.map(|(key, value)| (key.to_owned(), value.to_owned())).ok_or_else(|| "write it as KEY=VALUE".to_owned())
}
