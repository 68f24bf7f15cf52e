//! `outport access`

mod agreement;
mod test;
mod there;

use std::{collections::BTreeSet, path::PathBuf, process::ExitCode};

use chrono::TimeDelta;
use clap::{Args, Subcommand};
use outport_app::gate::{Caller, Decision, Gate, GateError, Terms};
use outport_model::{
    agreement::{Agreement, AgreementId, Consumer, Standing},
    name::{GroupName, PolicySetName, PortName, ProductName},
    principal::{PrincipalId, Purpose},
};
use serde_json::json;

pub(crate) use self::there::nobody_else;
use super::{Setting, as_user};
use crate::{failure::Failure, remote::Server, render, terminal::Terminal, wiring};

/// Ask for access, decide about it, and see why someone sees what they see
#[derive(Debug, Args)]
pub(crate) struct Access {
    #[command(subcommand)]
    verb: AccessVerb,
}

#[derive(Debug, Subcommand)]
enum AccessVerb {
    #[command(flatten)]
    AtGate(GateVerb),
    Test(test::Test),
}

/// What is asked of the gate.
#[derive(Debug, Subcommand)]
enum GateVerb {
    /// Ask for an agreement to read a port
    Request(Request),
    /// List agreements and requests, newest first
    List {
        #[command(flatten)]
        who: As,
    },
    /// Approve a request
    Approve(Decide),
    /// Reject a request
    Reject(Decide),
    /// Take a request back
    Withdraw(Decide),
    /// End an agreement before its time
    Revoke(Decide),
    /// Ask for the same once more
    Renew {
        #[command(flatten)]
        decide: Decide,
        /// How long it is to last from its approval on [default: as long as before]
        #[arg(long, value_name = "DURATION", value_parser = super::period)]
        expires: Option<TimeDelta>,
    },
    /// Show why someone sees what they see of a table, policy by policy
    Explain(Explain),
    /// Check the policies on record
    Check,
    /// Manage the policies of the workspace
    Policy(Policy),
    Agreement(agreement::Documents),
}

/// Whose request it is.
#[derive(Debug, Args)]
struct As {
    /// As this user [default: whoever works on the home, who may do everything]
    #[arg(long = "as", value_name = "USER", value_parser = super::principal)]
    user: Option<PrincipalId>,
}

#[derive(Debug, Args)]
struct Request {
    /// Port, as `product.port` or `product.port@major`
    #[arg(value_parser = port)]
    port: (ProductName, PortName, Option<u64>),
    /// What for, in one line
    #[arg(long, value_name = "TEXT", value_parser = super::purpose)]
    purpose: Purpose,
    /// Why
    #[arg(long, value_name = "TEXT")]
    justification: Option<String>,
    /// Columns [default: all]
    #[arg(long = "column", value_name = "NAME")]
    columns: Vec<String>,
    /// How long it is to last from its approval on
    #[arg(long, value_name = "DURATION", default_value = "90d", value_parser = super::period)]
    expires: TimeDelta,
    /// For everyone in a group
    #[arg(long, value_name = "NAME", value_parser = super::group)]
    group: Option<GroupName>,
    #[command(flatten)]
    who: As,
}

#[derive(Debug, Args)]
struct Decide {
    /// Agreement
    id: AgreementId,
    /// Why
    #[arg(long, value_name = "TEXT")]
    comment: Option<String>,
    #[command(flatten)]
    who: As,
}

#[derive(Debug, Args)]
struct Explain {
    /// Table, as `product.table`
    table: String,
    /// Who
    #[arg(long, value_name = "USER", value_parser = super::principal)]
    user: PrincipalId,
    /// What for
    #[arg(long, value_name = "TEXT", value_parser = super::purpose)]
    purpose: Option<Purpose>,
}

#[derive(Debug, Args)]
struct Policy {
    #[command(subcommand)]
    verb: PolicyVerb,
}

#[derive(Debug, Subcommand)]
enum PolicyVerb {
    /// List the policy files of the workspace
    List,
    /// Put policy files on record; the file's name without `.cedar` is its name
    Set {
        /// Files
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Remove a policy file
    Remove {
        /// Name
        #[arg(value_parser = policy_set)]
        name: PolicySetName,
    },
}

impl Access {
    pub(super) async fn execute(self, setting: &Setting) -> Result<ExitCode, Failure> {
        match self.verb {
            AccessVerb::AtGate(verb) => {
                if let Some(settings) = &setting.server {
                    Box::pin(verb.execute_there(&Server::new(settings)?, setting.terminal)).await?;
                    return Ok(ExitCode::SUCCESS);
                }
                let gate = wiring::gate(&setting.configuration).await?;
                Box::pin(verb.execute(&gate, setting.terminal)).await?;
                Ok(ExitCode::SUCCESS)
            }
            AccessVerb::Test(test) => match &setting.server {
                Some(settings) => Box::pin(test.there(&Server::new(settings)?, setting.terminal)).await,
                // Policies are tested where there is no home, too.
                None => Box::pin(test.execute(setting)).await,
            },
        }
    }
}

impl GateVerb {
    async fn execute(self, gate: &Gate, terminal: Terminal) -> Result<(), Failure> {
        match self {
            Self::Request(request) => {
                let caller = as_user(gate, request.who.user.as_ref()).await?;
                show(terminal, &gate.request_agreement(&caller, request.terms()).await?);
            }
            Self::List { who } => {
                let caller = as_user(gate, who.user.as_ref()).await?;
                list(terminal, &gate.agreements(&caller).await?);
            }
            Self::Approve(decide) => {
                let caller = as_user(gate, decide.who.user.as_ref()).await?;
                let done = gate.decide_agreement(&caller, decide.id, Decision::Approve, decide.comment).await?;
                show(terminal, &done);
            }
            Self::Reject(decide) => {
                let caller = as_user(gate, decide.who.user.as_ref()).await?;
                let done = gate.decide_agreement(&caller, decide.id, Decision::Reject, decide.comment).await?;
                show(terminal, &done);
            }
            Self::Withdraw(decide) => {
                let caller = as_user(gate, decide.who.user.as_ref()).await?;
                show(terminal, &gate.withdraw_agreement(&caller, decide.id).await?);
            }
            Self::Revoke(decide) => {
                let caller = as_user(gate, decide.who.user.as_ref()).await?;
                show(terminal, &gate.revoke_agreement(&caller, decide.id, decide.comment).await?);
            }
            Self::Renew { decide, expires } => {
                let caller = as_user(gate, decide.who.user.as_ref()).await?;
                show(terminal, &gate.renew_agreement(&caller, decide.id, expires).await?);
            }
            Self::Explain(explain) => explain.execute(gate, terminal).await?,
            Self::Check => {
                let warnings = policies_or_diagnostics(gate.check_policies(&Caller::local()).await)?;
                render::diagnostic::show(&warnings, &outport_spec::bundle::SourceTexts::default());
                if !terminal.machine(&json!({"valid": true})) {
                    terminal.out("the policies can be used");
                }
            }
            Self::Policy(policy) => policy.execute(gate, terminal).await?,
            Self::Agreement(documents) => Box::pin(documents.execute(gate, terminal)).await?,
        }
        Ok(())
    }
}

impl Request {
    fn terms(&self) -> Terms {
        let (product, port, major) = self.port.clone();
        let columns: BTreeSet<_> = self.columns.iter().cloned().collect();
        Terms {
            product,
            port,
            major,
            columns: (!columns.is_empty()).then_some(columns),
            consumer: self.group.clone().map(Consumer::Group),
            purpose: self.purpose.clone(),
            justification: self.justification.clone(),
            duration: self.expires,
        }
    }
}

impl Explain {
    /// The product and the table.
    fn named(&self) -> Result<(&str, &str), Failure> {
        self.table.split_once('.').ok_or_else(|| Failure::Argument {
            message: format!("`{}` is not a table", self.table),
            help: "write it as `product.table`".to_owned(),
        })
    }

    async fn execute(self, gate: &Gate, terminal: Terminal) -> Result<(), Failure> {
        let (product, table) = self.named()?;
        let mut subject = as_user(gate, Some(&self.user)).await?;
        subject.purpose.clone_from(&self.purpose);
        let explained = gate.explain_access(&Caller::local(), &subject, product, table).await?;
        if !terminal.machine(&explained) {
            terminal.out(&render::access::explanation(&subject.principal.id, &explained));
        }
        Ok(())
    }
}

impl Policy {
    async fn execute(self, gate: &Gate, terminal: Terminal) -> Result<(), Failure> {
        let caller = Caller::local();
        match self.verb {
            PolicyVerb::List => {
                let policies = gate.policies(&caller).await?;
                if !terminal.machine(&policies) {
                    terminal.out(&render::access::policies(&policies));
                }
            }
            PolicyVerb::Set { files } => {
                for file in files {
                    let (name, text) = read_policies(&file)?;
                    let mut sources = outport_spec::bundle::SourceTexts::default();
                    sources.insert(&format!("{name}.cedar"), &text);
                    match gate.put_policies(&caller, name.clone(), text, |_| true).await {
                        Ok((_, warnings)) => render::diagnostic::show(&warnings, &sources),
                        Err(GateError::WrongPolicies(diagnostics)) => {
                            return Err(Failure::Diagnostics { diagnostics, sources: Box::new(sources) });
                        }
                        Err(error) => return Err(error.into()),
                    }
                    if !terminal.machine(&json!({"set": name})) {
                        terminal.out(&format!("policies `{name}` are in force"));
                    }
                }
            }
            PolicyVerb::Remove { name } => {
                gate.remove_policies(&caller, &name).await?;
                if !terminal.machine(&json!({"removed": name})) {
                    terminal.out(&format!("policies `{name}` are removed"));
                }
            }
        }
        Ok(())
    }
}

fn show(terminal: Terminal, agreement: &Agreement) {
    if !terminal.machine(agreement) {
        terminal.out(&render::access::agreement(agreement));
    }
}

fn list(terminal: Terminal, agreements: &[(Agreement, Standing)]) {
    let values: Vec<_> =
        agreements.iter().map(|(agreement, standing)| json!({"agreement": agreement, "standing": standing})).collect();
    if !terminal.machine(&values) {
        terminal.out(&render::access::agreements(agreements));
    }
}

fn policies_or_diagnostics<T>(outcome: Result<T, GateError>) -> Result<T, Failure> {
    outcome.map_err(|error| match error {
        GateError::WrongPolicies(diagnostics) => Failure::Diagnostics { diagnostics, sources: Box::default() },
        error => error.into(),
    })
}

fn read_policies(file: &std::path::Path) -> Result<(PolicySetName, String), Failure> {
    let wrong = |message: String| Failure::Argument { message, help: "name a file `<name>.cedar`".to_owned() };
    let text = std::fs::read_to_string(file).map_err(|error| wrong(format!("`{}`: {error}", file.display())))?;
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let name = stem.parse().map_err(|error| wrong(format!("`{}`: {error}", file.display())))?;
    Ok((name, text))
}

fn port(text: &str) -> Result<(ProductName, PortName, Option<u64>), String> {
    let form = || "write it as `product.port` or `product.port@major`".to_owned();
    let (product, rest) = text.split_once('.').ok_or_else(form)?;
    let (port, major) = match rest.split_once('@') {
        Some((port, major)) => (port, Some(major.parse().map_err(|_| form())?)),
        None => (rest, None),
    };
    Ok((super::product(product)?, port.parse().map_err(|error| format!("{error}"))?, major))
}

fn policy_set(text: &str) -> Result<PolicySetName, String> {
    text.parse().map_err(|error| format!("{error}"))
}
