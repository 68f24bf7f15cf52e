//! `get`, `history`, `rollback`: what asks and does not build.

use std::collections::BTreeMap;

use outport_model::{
    check::CheckResult,
    name::ProductName,
    plan::Intent,
    release::{Release, ReleaseNumber},
    run::{Run, RunState},
};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use crate::{
    App,
    error::UseCaseError,
    plan::{is_pending, require},
    store::HistoryEntry,
};

/// A product in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Listed {
    /// The product as it was applied.
    pub intent: Intent,
    /// Its current release.
    pub release: Option<Release>,
    /// Its newest run that ended.
    pub last_run: Option<Run>,
    /// Whether no run of what is on record has succeeded.
    pub pending: bool,
}

/// A product in full.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Described {
    /// As in a list.
    #[serde(flatten)]
    pub listed: Listed,
    /// Its releases, newest first.
    pub releases: Vec<Release>,
    /// Its runs, newest first.
    pub runs: Vec<Run>,
    /// What happened to it, newest first.
    pub history: Vec<HistoryEntry>,
    /// What the checks of the newest run that checked anything gave.
    pub checks: Vec<CheckResult>,
}

/// What happened to a product, also to one that is gone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Past {
    /// What happened to it, newest first.
    pub history: Vec<HistoryEntry>,
    /// Its runs, newest first.
    pub runs: Vec<Run>,
    /// Its releases, newest first.
    pub releases: Vec<Release>,
    /// Its current release.
    pub current: Option<ReleaseNumber>,
}

/// How many runs and history entries a description has.
const SHOWN: u32 = 50;

impl App {
    /// Every product of the workspace.
    pub async fn list(&self) -> Result<BTreeMap<ProductName, Listed>, UseCaseError> {
        let intents = self.stores.intents.intents(&self.workspace).await?;
        let mut releases = self.stores.releases.current_releases(&self.workspace).await?;
        let mut runs = self.stores.runs.last_runs(&self.workspace).await?;
        let listed = intents.into_iter().map(|(name, intent)| {
            let (release, last_run) = (releases.remove(&name), runs.remove(&name));
            let pending = is_pending(intent.generation, last_run.as_ref());
            (name, Listed { intent, release, last_run, pending })
        });
        Ok(listed.collect())
    }

    /// One product in full.
    pub async fn describe(&self, product: &ProductName) -> Result<Described, UseCaseError> {
        let mut all = self.list().await?;
        let known: Vec<String> = all.keys().map(ToString::to_string).collect();
        let listed = all.remove(product).ok_or_else(|| UseCaseError::NoSuchProduct {
            product: product.to_string(),
            workspace: self.workspace.to_string(),
            known,
        })?;
        let runs = self.stores.runs.runs(&self.workspace, product, SHOWN).await?;
        let checks = match runs.iter().find(|run| run.ended_at.is_some() && run.state != RunState::Unchanged) {
            Some(run) => self.stores.runs.check_results(run.id).await?,
            None => Vec::new(),
        };
        Ok(Described {
            listed,
            releases: self.stores.releases.releases(&self.workspace, product).await?,
            history: self.stores.intents.history(&self.workspace, product, SHOWN).await?,
            runs,
            checks,
        })
    }

    /// What happened to a product.
    pub async fn past(&self, product: &ProductName) -> Result<Past, UseCaseError> {
        let history = self.stores.intents.history(&self.workspace, product, SHOWN).await?;
        if history.is_empty() {
            let intents = self.stores.intents.intents(&self.workspace).await?;
            require(product, &intents, &self.workspace)?;
        }
        let current = self.stores.releases.current_releases(&self.workspace).await?;
        Ok(Past {
            history,
            runs: self.stores.runs.runs(&self.workspace, product, SHOWN).await?,
            releases: self.stores.releases.releases(&self.workspace, product).await?,
            current: current.get(product).map(|release| release.number),
        })
    }

    /// What the checks of a run gave.
    pub async fn check_results(&self, run: &Run) -> Result<Vec<CheckResult>, UseCaseError> {
        Ok(self.stores.runs.check_results(run.id).await?)
    }

    /// Makes an earlier release current: the one asked for, or the one before the current one.
    pub async fn rollback(
        &self,
        product: &ProductName,
        to: Option<ReleaseNumber>,
    ) -> Result<(ReleaseNumber, ReleaseNumber), UseCaseError> {
        let intents = self.stores.intents.intents(&self.workspace).await?;
        require(product, &intents, &self.workspace)?;
        let kept = self.take_lease(product, &CancellationToken::new()).await?;
        let outcome = self.rollback_under(&kept.lease, product, to).await;
        kept.give_back().await;
        outcome
    }

    async fn rollback_under(
        &self,
        lease: &crate::store::Lease,
        product: &ProductName,
        to: Option<ReleaseNumber>,
    ) -> Result<(ReleaseNumber, ReleaseNumber), UseCaseError> {
        let none = |wanted: &str| UseCaseError::NoRelease { product: product.clone(), wanted: wanted.to_owned() };
        let current = self.stores.releases.current_releases(&self.workspace).await?;
        let from = current.get(product).ok_or_else(|| none("current release"))?.number;
        let target = if let Some(number) = to {
            number
        } else {
            let releases = self.stores.releases.releases(&self.workspace, product).await?;
            let earlier = releases.iter().map(|r| r.number).filter(|n| *n < from).max();
            earlier.ok_or_else(|| none("earlier release"))?
        };
        if target != from {
            self.stores.releases.make_current(lease, target, self.clock.now()).await?;
        }
        Ok((from, target))
    }
}
