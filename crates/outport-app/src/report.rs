//! What a use case did, as values that can be sent and kept: the command line shows them and writes them for machines, and
//! a server sends the same ones.

use std::error::Error;

use outport_model::{check::CheckResult, name::ProductName, plan::Plan, release::ReleaseNumber, run::Run};
use serde::{Deserialize, Serialize};

use crate::{apply::Applied, run::ProductRun};

/// How the run of one product went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunReport {
    /// The product.
    pub product: ProductName,
    /// The run as it is on record; `None` where it did not begin.
    pub run: Option<Run>,
    /// Why it published nothing, where that is not because nothing was new.
    pub failure: Option<FailureReport>,
    /// The release that the product was rolled back to and that it is held at, so that it was not run.
    pub held: Option<ReleaseNumber>,
}

/// Why a run published nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FailureReport {
    /// What happened.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// What the checks gave that stopped it.
    pub results: Vec<CheckResult>,
}

/// What was applied.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApplyReport {
    /// The plan.
    pub plan: Plan,
    /// The runs that followed.
    pub runs: Vec<RunReport>,
    /// Stored tables that were removed.
    pub collected: usize,
}

impl From<&ProductRun> for RunReport {
    fn from(run: &ProductRun) -> Self {
        let failure = run.failure.as_ref().map(|failure| FailureReport {
            message: chain(failure.as_ref()),
            help: failure.help(),
            results: failure.results().to_vec(),
        });
        Self { product: run.product.clone(), run: run.run.clone(), failure, held: run.held }
    }
}

impl From<Applied> for ApplyReport {
    fn from(applied: Applied) -> Self {
        let runs = applied.runs.iter().map(RunReport::from).collect();
        Self { plan: applied.plan, runs, collected: applied.collected }
    }
}

/// An error with its causes; a cause that the error repeats is left out.
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(found) = cause {
        let more = found.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = found.source();
    }
    text
}
