//! Tasks of this repository that are more than a command line: `cargo xtask tidy`.
//!
//! It depends on nothing of Outport, so that it is built in seconds and works while the rest does not compile.

mod tidy;

use std::{env, io::Write as _, path::Path, process::ExitCode};

use anyhow::{Context as _, Result};

const USAGE: &str = "usage: cargo xtask tidy";

fn main() -> Result<ExitCode> {
    if env::args().nth(1).as_deref() == Some("tidy") {
        return tidy();
    }
    writeln!(std::io::stderr(), "{USAGE}")?;
    Ok(ExitCode::from(2))
}

fn tidy() -> Result<ExitCode> {
    // Asked for now and not when this was compiled: checkouts may share what is compiled.
    let manifest = env::var_os("CARGO_MANIFEST_DIR").context("this is to be called as `cargo xtask`")?;
    let root = Path::new(&manifest).parent().context("xtask has no parent folder")?;
    let problems = tidy::problems(root)?;
    let mut out = std::io::stdout().lock();
    for problem in &problems {
        writeln!(out, "{problem}")?;
    }
    if problems.is_empty() {
        writeln!(out, "tidy")?;
        return Ok(ExitCode::SUCCESS);
    }
    writeln!(out, "\n{} problems", problems.len())?;
    Ok(ExitCode::FAILURE)
}
