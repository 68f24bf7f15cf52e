//! The binary's library: command line, configuration, and the wiring of adapters into use cases.
//!
//! The only crate that names concrete adapters. Where to start:
//! - [`main`]: from arguments to an exit code;
//! - `cli`: one file for each verb;
//! - `configuration`: flags, environment and `outport.toml`;
//! - `wiring`: from a configuration to an `App`; `record`: the product that every workspace has;
//! - `bundles`, `hub` and `installation`: what a server is given beside the gate; `tls`: its certificate;
//! - `telemetry`: logs, and traces for whoever collects them;
//! - `platform`: what the verbs work on, a home or, by `remote`, a running server;
//! - `render`: how diagnostics, plans and results are shown.

mod bundles;
mod cli;
mod configuration;
mod failure;
mod holder;
mod hub;
mod installation;
mod mask_key;
mod platform;
mod progress;
mod record;
mod remote;
mod render;
mod secret;
mod shutdown;
mod telemetry;
mod terminal;
mod tls;
mod wiring;

use std::process::ExitCode;

/// Runs the command line. Exit codes: 0 done, 1 failed, 2 wrong usage (or, with `plan --detailed-exitcode`, changes).
pub fn main() -> ExitCode {
    report_panics();
    // Two providers are linked, so that rustls does not choose by itself. An error says that one is chosen already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (arguments, given) = cli::Arguments::read();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return terminal::fatal(&error.to_string()),
    };
    let code = runtime.block_on(Box::pin(cli::execute(arguments, given)));
    runtime.shutdown_background();
    code
}

/// Shows every panic but one: where a file cannot be finished, the Delta writer gives up its upload, for which
/// `object_store` panics. The writer expects that and catches it; what is wrong is reported as the error that it was.
fn report_panics() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let expected = panic.location().is_some_and(|place| {
            let file = std::path::Path::new(place.file());
            place.file().contains("object_store") && file.ends_with("buffered.rs")
        });
        if !expected {
            report(panic);
        }
    }));
}
