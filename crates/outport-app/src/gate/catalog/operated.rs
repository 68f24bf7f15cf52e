//! Products at a glance, for whoever operates them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use outport_model::{
    address::Address,
    contract::Version,
    name::ProductName,
    plan::Estate,
    product::Product,
    release::{Release, ReleaseNumber},
    run::{InputVersion, Run, RunId, RunState},
    source::Source,
};
use serde::Serialize;

use super::{
    super::{Caller, Gate, error::GateError},
    card::{CardRelease, Tally},
};
use crate::plan::is_pending;

/// A product at a glance, for whoever operates it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Operated {
    /// The product.
    pub name: ProductName,
    /// What people call it.
    pub title: Option<String>,
    /// The domain that it belongs to.
    pub domain: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Its version.
    pub version: Option<Version>,
    /// When what is on record of it was applied.
    pub applied_at: DateTime<Utc>,
    /// Whether no run of what is on record has succeeded.
    pub pending: bool,
    /// Its current release.
    pub release: Option<CardRelease>,
    /// Its newest run that has ended.
    pub last_run: Option<OperatedRun>,
    /// What the checks of its current release came to, those of inputs among them.
    pub checks: Tally,
    /// Products that it reads, and whose current release has other rows than its newest run read.
    pub behind: BTreeSet<ProductName>,
    /// Ports that it reads and that no product offers any more. Its own bundle names them, which whoever operates it sees.
    pub missing: BTreeSet<Address>,
}

/// A run that has ended.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OperatedRun {
    /// The run.
    pub id: RunId,
    /// How it ended.
    pub state: RunState,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// The release that it published or found up to date.
    pub release: Option<ReleaseNumber>,
    /// Why it published nothing.
    pub error: Option<String>,
}

impl Gate {
    /// The first products after a name that the caller may operate, at most so many, and whether there are more.
    pub async fn operated_after(
        &self,
        caller: &Caller,
        after: Option<&ProductName>,
        most: usize,
    ) -> Result<(Vec<Operated>, bool), GateError> {
        let (snapshot, principal, now) = self.now(caller).await?;
        let runs = self.app.stores.runs.last_runs(&self.app.workspace).await?;
        let mut shown = Vec::new();
        for (name, applied) in snapshot.applied().filter(|(name, _)| after.is_none_or(|after| *name > after)) {
            let Some(compiled) = snapshot.estate().get(name) else { continue };
            let product = &compiled.product;
            if !snapshot.may_operate(caller, &principal, product, now)? {
                continue;
            }
            if shown.len() == most {
                return Ok((shown, true));
            }
            let (release, run) = (snapshot.releases().get(name), runs.get(name));
            shown.push(Operated {
                name: name.clone(),
                title: product.title.clone(),
                domain: product.domain.clone(),
                owner: product.owner.clone(),
                version: product.version.clone(),
                applied_at: applied.at,
                pending: is_pending(applied.generation, run),
                release: release.map(CardRelease::of),
                last_run: run.map(OperatedRun::of),
                checks: self.tally(release).await?,
                behind: run.map(|run| behind(run, snapshot.releases())).unwrap_or_default(),
                missing: missing(product, snapshot.estate()),
            });
        }
        Ok((shown, false))
    }

    async fn tally(&self, release: Option<&Release>) -> Result<Tally, GateError> {
        let mut tally = Tally::default();
        if let Some(release) = release {
            let findings = self.findings.of(&self.app, release.run).await?;
            findings.iter().for_each(|finding| tally.add(finding.outcome));
        }
        Ok(tally)
    }
}

impl OperatedRun {
    fn of(run: &Run) -> Self {
        Self {
            id: run.id,
            state: run.state,
            started_at: run.started_at,
            ended_at: run.ended_at,
            release: run.release,
            error: run.error.clone(),
        }
    }
}

/// The products whose current releases have other rows than a run that succeeded read.
fn behind(run: &Run, releases: &BTreeMap<ProductName, Release>) -> BTreeSet<ProductName> {
    if !matches!(run.state, RunState::Published | RunState::Unchanged) {
        return BTreeSet::new();
    }
    let other_rows = |input: &InputVersion| match input {
        InputVersion::Release { product, table, .. } => releases
            .get(product)
            .filter(|release| release.tables.values().all(|released| released.version != *table))
            .map(|_| product.clone()),
        InputVersion::Content { .. } | InputVersion::Generated { .. } => None,
    };
    run.inputs.values().filter_map(other_rows).collect()
}

/// The ports that a product reads and that nothing offers: what others read is removed where someone forces that.
fn missing(product: &Product, estate: &Estate) -> BTreeSet<Address> {
    let is_offered = |address: &Address| {
        let producer = estate.get(&address.product);
        producer.is_some_and(|made| made.product.output(address.port.as_str(), address.major).is_some())
    };
    let gone = product.inputs.iter().filter_map(|input| match &input.source {
        Source::Port(address) => (!is_offered(address)).then(|| address.clone()),
        Source::Files(_) | Source::Tpch(_) => None,
    });
    gone.collect()
}
