//! `run`: pinned inputs → input contracts → models → audit → commit → release.

mod graph;
mod pin;
mod product;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use outport_model::{
    check::{CheckResult, Outcome},
    name::{PortName, ProductName},
    plan::Estate,
    release::ReleaseNumber,
    run::{Run, RunState},
};
use tokio_util::sync::CancellationToken;

use crate::{
    App,
    engine::EngineError,
    error::UseCaseError,
    event::{Event, Observer},
    plan::{dependency_order, require, upstream_products},
};

/// How the run of one product went.
#[derive(Debug, Clone)]
pub struct ProductRun {
    /// The product.
    pub product: ProductName,
    /// The run as it is on record; `None` where it did not begin.
    pub run: Option<Run>,
    /// Why it published nothing, where that is not because nothing was new.
    pub failure: Option<Arc<RunFailure>>,
    /// The release that the product was rolled back to and that it is held at, so that it was not run.
    pub held: Option<ReleaseNumber>,
}

/// Why a run published nothing.
#[derive(Debug, thiserror::Error)]
pub enum RunFailure {
    /// Something could not be done.
    #[error(transparent)]
    UseCase(#[from] UseCaseError),
    /// An input breaks its contract.
    #[error("input port `{port}` breaks its contract: {}", violated(.results))]
    Input {
        /// The input port.
        port: PortName,
        /// What its checks gave.
        results: Vec<CheckResult>,
    },
    /// What was built breaks the output contracts.
    #[error("the audit failed, so nothing was published: {}", violated(.results))]
    Audit {
        /// What the checks gave.
        results: Vec<CheckResult>,
    },
    /// It was stopped.
    #[error("it was stopped; the release from before stays")]
    Cancelled,
    /// Everything was stopped before its turn.
    #[error("it was not begun, as everything was stopped before; the release from before stays")]
    NotBegun,
    /// A product that it reads failed.
    #[error("`{because_of}`, which it reads, failed")]
    Skipped {
        /// The product that failed.
        because_of: ProductName,
    },
}

impl From<EngineError> for RunFailure {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Cancelled => Self::Cancelled,
            error => Self::UseCase(error.into()),
        }
    }
}

impl From<crate::store::StoreError> for RunFailure {
    fn from(error: crate::store::StoreError) -> Self {
        Self::UseCase(error.into())
    }
}

impl RunFailure {
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::UseCase(error) => error.help(),
            Self::Input { port, results } => Some(format!(
                "mend the source, correct the contract, or set `inputs.{port}.onViolation` to {} in `outport.yaml`",
                if can_be_quarantined(results) {
                    "`quarantine` or `warn`"
                } else {
                    "`warn` (`quarantine` holds back single rows, and not all of these checks are about single rows)"
                }
            )),
            Self::Audit { .. } => {
                Some("mend the models or correct the output contract; consumers keep the last release".to_owned())
            }
            Self::Cancelled | Self::NotBegun | Self::Skipped { .. } => None,
        }
    }

    pub(crate) fn results(&self) -> &[CheckResult] {
        match self {
            Self::Input { results, .. } | Self::Audit { results } => results,
            _ => &[],
        }
    }

    pub(crate) fn state(&self) -> RunState {
        if matches!(self, Self::Cancelled) { RunState::Cancelled } else { RunState::Failed }
    }
}

fn can_be_quarantined(results: &[CheckResult]) -> bool {
    let mut blocking = results.iter().filter(|r| r.outcome.blocks());
    blocking.all(|r| r.outcome != Outcome::Error && r.check.kind.is_row_rule())
}

fn violated(results: &[CheckResult]) -> String {
    let audited = results.iter().any(|r| !is_of_input(r));
    let blocking = results.iter().filter(|r| r.outcome.blocks() && !(audited && is_of_input(r)));
    let names: Vec<_> = blocking.map(|r| format!("`{}`", r.check.id)).collect();
    match names.as_slice() {
        [a, b, c, rest @ ..] if !rest.is_empty() => format!("{a}, {b}, {c} and {} more", rest.len()),
        _ => names.join(", "),
    }
}

fn is_of_input(result: &CheckResult) -> bool {
    result.port.as_ref().is_some_and(|port| port.starts_with("input."))
}

impl App {
    /// Runs products in the order of their dependence; all of the workspace where none is named, except those that are
    /// held at a release that they were rolled back to. A product whose upstream failed is skipped, and once `cancel` is
    /// cancelled no other one is begun. Failures of single products are in the result.
    #[tracing::instrument(level = "debug", name = "runs", skip_all)]
    pub async fn run(
        &self,
        names: &[ProductName],
        observer: Arc<dyn Observer>,
        cancel: CancellationToken,
    ) -> Result<Vec<ProductRun>, UseCaseError> {
        let intents = self.stores.intents.intents(&self.workspace).await?;
        for name in names {
            require(name, &intents, &self.workspace)?;
        }
        let estate: Estate = intents.into_iter().map(|(name, intent)| (name, intent.compiled)).collect();
        let order = dependency_order(&estate)?;
        let wanted: BTreeSet<&ProductName> = names.iter().collect();
        let held = if names.is_empty() { self.held().await? } else { BTreeMap::new() };
        let mut failed = BTreeSet::new();
        let mut runs = Vec::new();
        for name in order.into_iter().filter(|name| wanted.is_empty() || wanted.contains(name)) {
            let upstream = upstream_products(&estate[&name].product);
            let broken = upstream.into_iter().find(|upstream| failed.contains(upstream));
            let done = match (held.get(&name), broken) {
                (Some(release), _) => {
                    ProductRun { product: name.clone(), run: None, failure: None, held: Some(*release) }
                }
                (None, _) if cancel.is_cancelled() => {
                    observer.event(&Event::NotBegun { product: name.clone() });
                    let failure = Some(Arc::new(RunFailure::NotBegun));
                    ProductRun { product: name.clone(), run: None, failure, held: None }
                }
                (None, Some(because_of)) => {
                    observer.event(&Event::Skipped { product: name.clone(), because_of: because_of.clone() });
                    let failure = Some(Arc::new(RunFailure::Skipped { because_of }));
                    ProductRun { product: name.clone(), run: None, failure, held: None }
                }
                (None, None) => self.run_product(name.clone(), &observer, &cancel).await,
            };
            if done.failure.is_some() {
                failed.insert(name);
            }
            runs.push(done);
        }
        Ok(runs)
    }

    /// Products whose current release is not their newest one: someone rolled them back. What was run since would be
    /// published over that, so only whoever names the product, or applies a change of it, has it run.
    async fn held(&self) -> Result<BTreeMap<ProductName, ReleaseNumber>, UseCaseError> {
        let mut held = BTreeMap::new();
        for (product, current) in self.stores.releases.current_releases(&self.workspace).await? {
            let releases = self.stores.releases.releases(&self.workspace, &product).await?;
            if releases.first().is_some_and(|newest| newest.number > current.number) {
                held.insert(product, current.number);
            }
        }
        Ok(held)
    }
}
