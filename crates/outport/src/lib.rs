//! The binary's library: command line, configuration, and the wiring of adapters into use cases.
//!
//! The only crate that names concrete adapters. Where to start:
//! - [`main`]: from arguments to an exit code;
//! - `cli`: one file for each verb;
//! - `configuration`: flags, environment and `outport.toml`;
//! - `wiring`: from a configuration to an `App`;
//! - `render`: how diagnostics, plans and results are shown.

mod bundles;
mod cli;
mod configuration;
mod failure;
mod holder;
mod progress;
mod render;
mod terminal;
mod wiring;

use std::process::ExitCode;

use clap::Parser;

/// Runs the command line. Exit codes: 0 done, 1 failed, 2 wrong usage (or, with `plan --detailed-exitcode`, changes).
pub fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("OUTPORT_LOG").unwrap_or_else(|_| "off,outport=warn".into()),
        )
        .without_time()
        .init();
    let arguments = cli::Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return terminal::fatal(&error.to_string()),
    };
    let code = runtime.block_on(Box::pin(cli::execute(arguments)));
    runtime.shutdown_background();
    code
}
