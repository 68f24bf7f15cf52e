//! The command line: one file for each verb.

mod apply;
mod completions;
mod contract;
mod delete;
mod get;
mod history;
mod plan;
mod query;
mod rollback;
mod run;
mod validate;

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};
pub(crate) use query::RowFormat;

use crate::{
    configuration::{Configuration, Flags},
    failure::Failure,
    render,
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

#[derive(Debug, Args)]
struct Global {
    /// Folder of the metadata store, the warehouse and `outport.toml` [default: the nearest `.outport` upwards, else `./.outport`]
    #[arg(long, global = true, env = "OUTPORT_HOME", value_name = "FOLDER", help_heading = "Global options")]
    home: Option<PathBuf>,
    /// Workspace to work in [default: `workspace` of `outport.toml`, else `dev`]
    #[arg(long, short, global = true, env = "OUTPORT_WORKSPACE", value_name = "NAME", help_heading = "Global options")]
    workspace: Option<String>,
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
    Completions(completions::Completions),
}

/// What every verb gets.
#[derive(Debug)]
pub(crate) struct Setting {
    pub(crate) configuration: Configuration,
    pub(crate) terminal: Terminal,
}

/// Runs a verb and shows why it failed where it did.
pub(crate) async fn execute(arguments: Arguments) -> ExitCode {
    let terminal = Terminal { format: arguments.global.output, quiet: arguments.global.quiet };
    match dispatch(arguments, terminal).await {
        Ok(code) => code,
        Err(failure) => {
            render::failure::show(terminal, &failure);
            ExitCode::FAILURE
        }
    }
}

async fn dispatch(arguments: Arguments, terminal: Terminal) -> Result<ExitCode, Failure> {
    let Global { home, workspace, memory_limit, threads, .. } = arguments.global;
    let current = std::env::current_dir()
        .map_err(|source| Failure::Write { what: "the current folder".to_owned(), source: Box::new(source) })?;
    let configuration = Configuration::load(Flags { home, workspace, memory_limit, threads }, &current)?;
    let setting = Setting { configuration, terminal };
    match arguments.verb {
        Verb::Validate(verb) => verb.execute(&setting).await,
        Verb::Plan(verb) => verb.execute(&setting).await,
        Verb::Apply(verb) => verb.execute(&setting).await,
        Verb::Get(verb) => verb.execute(&setting).await,
        Verb::Delete(verb) => verb.execute(&setting).await,
        Verb::Run(verb) => verb.execute(&setting).await,
        Verb::Query(verb) => verb.execute(&setting).await,
        Verb::History(verb) => verb.execute(&setting).await,
        Verb::Rollback(verb) => verb.execute(&setting).await,
        Verb::Contract(verb) => verb.execute(&setting).await,
        Verb::Completions(verb) => Ok(verb.execute(&setting)),
    }
}

/// The name of a product, as an argument.
fn product(text: &str) -> Result<outport_model::name::ProductName, String> {
    text.parse().map_err(|error: outport_model::name::NameError| error.to_string())
}
