//! The command line: one file for each verb.

mod access;
mod apply;
mod audit;
mod completions;
mod contract;
mod delete;
mod feedback;
mod get;
mod history;
mod init;
mod mcp;
mod plan;
mod query;
mod rollback;
mod run;
mod serve;
mod token;
mod user;
mod validate;

use std::{path::PathBuf, process::ExitCode, time::Duration};

pub(crate) use access::nobody_else;
use chrono::TimeDelta;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use outport_app::gate::{Caller, Gate};
use outport_model::{
    name::GroupName,
    principal::{PrincipalId, Purpose},
};
pub(crate) use query::RowFormat;

use crate::{
    configuration::{Configuration, Flags, Given},
    failure::Failure,
    remote, render,
    telemetry::Telemetry,
    terminal::{OutputFormat, Terminal},
};

/// An open data product platform: from a folder of files to a published data product.
#[derive(Debug, Parser)]
#[command(name = "outport", version, propagate_version = true, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    verb: Verb,
}

impl Arguments {
    /// The arguments of this process, and which of the settings among them were given, and how. Ends the process where they
    /// are wrong.
    pub(crate) fn read() -> (Self, Given) {
        let matches = Self::command().get_matches();
        match Self::from_arg_matches(&matches) {
            Ok(arguments) => (arguments, Given::of(&matches)),
            Err(error) => error.format(&mut Self::command()).exit(),
        }
    }
}

#[derive(Debug, Args)]
struct Global {
    /// Folder of the metadata store, the warehouse and `outport.toml` [default: the nearest `.outport` upwards, else `./.outport`]
    #[arg(long, global = true, env = "OUTPORT_HOME", value_name = "FOLDER", help_heading = "Global options")]
    home: Option<PathBuf>,
    /// Workspace to work in [default: `workspace` of `outport.toml`, else `dev`]
    #[arg(long, short, global = true, env = "OUTPORT_WORKSPACE", value_name = "NAME", help_heading = "Global options")]
    workspace: Option<String>,
    /// Work on a running server instead of the home; its token is in `OUTPORT_TOKEN` [env: OUTPORT_SERVER=]
    // Without `env`: `contract test` has a `--server` of its own, which it would fill in too.
    #[expect(clippy::doc_markdown, reason = "as clap writes it of the other options")]
    #[arg(long, global = true, value_name = "URL", help_heading = "Global options")]
    server: Option<String>,
    /// File of the token that the server is shown, instead of `OUTPORT_TOKEN`
    #[arg(long, global = true, env = "OUTPORT_TOKEN_FILE", value_name = "FILE", help_heading = "Global options")]
    token_file: Option<PathBuf>,
    /// File of certificates (PEM) of those who vouch for the server, beside those that this machine trusts
    #[arg(long, global = true, env = "OUTPORT_CA_FILE", value_name = "FILE", help_heading = "Global options")]
    ca_file: Option<PathBuf>,
    /// How results are written
    #[arg(long, short, global = true, value_enum, default_value = "table", help_heading = "Global options")]
    output: OutputFormat,
    /// Say nothing about the way there
    #[arg(long, short, global = true, help_heading = "Global options")]
    quiet: bool,
    /// Memory for sorting, joining and grouping; more than that spills to disk [default: 4GiB]
    #[arg(long, global = true, env = "OUTPORT_MEMORY_LIMIT", value_name = "SIZE", help_heading = "Global options")]
    memory_limit: Option<String>,
    /// How much is worked on at once [default: one for each processor]
    #[arg(long, global = true, env = "OUTPORT_THREADS", value_name = "N", help_heading = "Global options")]
    threads: Option<usize>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Init(init::Init),
    Validate(validate::Validate),
    Plan(plan::Plan),
    Apply(apply::Apply),
    Get(get::Get),
    Delete(delete::Delete),
    Run(run::Run),
    Query(query::Query),
    History(history::History),
    Rollback(rollback::Rollback),
    Contract(contract::Contract),
    Serve(serve::Serve),
    Mcp(mcp::Mcp),
    User(user::User),
    Token(token::Token),
    Access(access::Access),
    Feedback(feedback::Feedback),
    Audit(audit::Audit),
    Completions(completions::Completions),
}

/// What a verb works on.
enum Place {
    /// The home, or a server.
    Any,
    /// The home alone.
    Home(&'static str),
    /// Files; it needs neither.
    Files,
}

impl Verb {
    fn place(&self) -> Place {
        match self {
            Self::Plan(_)
            | Self::Apply(_)
            | Self::Get(_)
            | Self::Delete(_)
            | Self::Run(_)
            | Self::Query(_)
            | Self::History(_)
            | Self::Rollback(_)
            | Self::User(_)
            | Self::Token(_)
            | Self::Access(_)
            | Self::Feedback(_)
            | Self::Audit(_) => Place::Any,
            Self::Init(_) => Place::Home("init"),
            Self::Serve(_) => Place::Home("serve"),
            Self::Mcp(_) => Place::Home("mcp"),
            Self::Validate(_) | Self::Contract(_) | Self::Completions(_) => Place::Files,
        }
    }
}

impl Verb {
    /// Whether it is traced: what serves, and what builds.
    fn is_traced(&self) -> bool {
        matches!(self, Self::Serve(_) | Self::Mcp(_) | Self::Apply(_) | Self::Run(_))
    }
}

/// How long traces have to be delivered when a verb has ended.
const LAST_TRACES: Duration = Duration::from_secs(5);

/// What every verb gets.
#[derive(Debug)]
pub(crate) struct Setting {
    pub(crate) configuration: Configuration,
    pub(crate) terminal: Terminal,
    /// The server to work on instead of the home.
    pub(crate) server: Option<remote::Settings>,
    /// The workspace that was asked for, where one was.
    pub(crate) workspace: Option<String>,
    pub(crate) telemetry: Telemetry,
}

/// Runs a verb and shows why it failed where it did.
pub(crate) async fn execute(arguments: Arguments, given: Given) -> ExitCode {
    let terminal = Terminal { format: arguments.global.output, quiet: arguments.global.quiet };
    match dispatch(arguments, given, terminal).await {
        Ok(code) => code,
        Err(failure) => {
            render::failure::show(terminal, &failure);
            ExitCode::FAILURE
        }
    }
}

async fn dispatch(arguments: Arguments, given: Given, terminal: Terminal) -> Result<ExitCode, Failure> {
    let Global { home, workspace, memory_limit, threads, server, token_file, ca_file, .. } = arguments.global;
    let server = match (arguments.verb.place(), server.or_else(|| std::env::var("OUTPORT_SERVER").ok())) {
        (Place::Files, _) | (_, None) => None,
        (Place::Home(verb), Some(_)) => {
            return Err(Failure::Argument {
                message: format!("`{verb}` works on the home, not on a server"),
                help: "leave out `--server` and `OUTPORT_SERVER`, on the machine of the home".to_owned(),
            });
        }
        (Place::Any, Some(url)) => Some(remote::Settings::new(&url, token_file, ca_file)?),
    };
    let asked = workspace.clone();
    let current = std::env::current_dir()
        .map_err(|source| Failure::Write { what: "the current folder".to_owned(), source: Box::new(source) })?;
    let configuration = Configuration::load(Flags { home, workspace, memory_limit, threads, given }, &current)?;
    let traced = arguments.verb.is_traced() && server.is_none();
    let export = if traced { configuration.telemetry.export(|name| std::env::var(name).ok())? } else { None };
    let telemetry = Telemetry::start(export.as_ref())?;
    let setting = Setting { configuration, terminal, server, workspace: asked, telemetry };
    let done = perform(arguments.verb, &setting).await;
    setting.telemetry.end(LAST_TRACES).await;
    done
}

async fn perform(verb: Verb, setting: &Setting) -> Result<ExitCode, Failure> {
    match verb {
        Verb::Init(verb) => verb.execute(setting).await,
        Verb::Validate(verb) => verb.execute(setting).await,
        Verb::Plan(verb) => verb.execute(setting).await,
        Verb::Apply(verb) => verb.execute(setting).await,
        Verb::Get(verb) => verb.execute(setting).await,
        Verb::Delete(verb) => verb.execute(setting).await,
        Verb::Run(verb) => verb.execute(setting).await,
        Verb::Query(verb) => verb.execute(setting).await,
        Verb::History(verb) => verb.execute(setting).await,
        Verb::Rollback(verb) => verb.execute(setting).await,
        Verb::Contract(verb) => verb.execute(setting).await,
        Verb::Serve(verb) => Box::pin(verb.execute(setting)).await,
        Verb::Mcp(verb) => Box::pin(verb.execute(setting)).await,
        Verb::User(verb) => verb.execute(setting).await,
        Verb::Token(verb) => verb.execute(setting).await,
        Verb::Access(verb) => Box::pin(verb.execute(setting)).await,
        Verb::Feedback(verb) => Box::pin(verb.execute(setting)).await,
        Verb::Audit(verb) => verb.execute(setting).await,
        Verb::Completions(verb) => Ok(verb.execute(setting)),
    }
}

/// A user of the home as a caller; without a name, whoever works on the home.
pub(crate) async fn as_user(gate: &Gate, name: Option<&PrincipalId>) -> Result<Caller, Failure> {
    let local = Caller::local();
    let Some(name) = name else { return Ok(local) };
    let user = gate.users(&local).await?.into_iter().find(|user| user.principal.id == *name);
    match user {
        Some(user) => Ok(Caller { principal: user.principal, local_user: true, ..local }),
        None => Err(Failure::Argument {
            message: format!("there is no user `{name}`"),
            help: "list them: `outport user list`".to_owned(),
        }),
    }
}

/// The name of a user, as an argument.
fn principal(text: &str) -> Result<PrincipalId, String> {
    text.parse().map_err(|error: outport_model::principal::TextError| error.to_string())
}

/// A purpose, as an argument.
fn purpose(text: &str) -> Result<Purpose, String> {
    text.parse().map_err(|error: outport_model::principal::TextError| error.to_string())
}

/// The name of a group, as an argument.
fn group(text: &str) -> Result<GroupName, String> {
    text.parse().map_err(|error: outport_model::name::NameError| error.to_string())
}

/// A length of time, as an argument: `90d`, `12h`, `30m`, `45s`.
fn period(text: &str) -> Result<TimeDelta, String> {
    let form = || "write it like `90d`, `12h`, `30m` or `45s`".to_owned();
    let unit = text.chars().next_back().ok_or_else(form)?;
    let number: i64 = text[..text.len() - unit.len_utf8()].parse().map_err(|_| form())?;
    let length = match unit {
        'd' => TimeDelta::try_days(number),
        'h' => TimeDelta::try_hours(number),
        'm' => TimeDelta::try_minutes(number),
        's' => TimeDelta::try_seconds(number),
        _ => None,
    };
    length.filter(|length| *length > TimeDelta::zero()).ok_or_else(form)
}

/// The name of a product, as an argument.
fn product(text: &str) -> Result<outport_model::name::ProductName, String> {
    text.parse().map_err(|error: outport_model::name::NameError| error.to_string())
}
