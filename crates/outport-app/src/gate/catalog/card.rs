//! A product at a glance.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use outport_model::{
    check::{Dimension, Outcome},
    contract::Version,
    feedback::RatingSummary,
    name::{PortName, ProductName},
    product::Alignment,
    release::{Release, ReleaseNumber},
};
use serde::Serialize;

use super::{
    super::{Caller, Gate, error::GateError},
    findings::Finding,
    known::KnownProduct,
    usage::Usage,
};

/// How many days [`Use`] is about, today among them.
pub const DAYS: u16 = 30;

/// A product at a glance, as far as a caller may know of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Card {
    /// The product.
    pub name: ProductName,
    /// What people call it.
    pub title: Option<String>,
    /// What it is for.
    pub purpose: Option<String>,
    /// The domain that it belongs to.
    pub domain: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// How it relates to sources and consumers.
    pub alignment: Option<Alignment>,
    /// `status` of its descriptor.
    pub status: Option<String>,
    /// Its version.
    pub version: Option<Version>,
    /// Its tags.
    pub tags: Vec<String>,
    /// Its current release.
    pub release: Option<CardRelease>,
    /// What its checks came to.
    pub trust: Trust,
    /// How much it is read.
    #[serde(rename = "use")]
    pub usage: Use,
    /// Whether the caller may read it.
    pub access: Access,
    /// The output ports that the caller may know of.
    pub ports: BTreeSet<PortName>,
    /// What people think of it; `None` where nobody has said.
    pub rating: Option<Rating>,
}

/// A release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CardRelease {
    /// Its number.
    pub number: ReleaseNumber,
    /// When it was published.
    pub published_at: DateTime<Utc>,
}

impl CardRelease {
    pub(super) const fn of(release: &Release) -> Self {
        Self { number: release.number, published_at: release.published_at }
    }
}

/// What the checks of a release came to, as far as the caller may know of what they are about.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Trust {
    /// All of them.
    #[serde(flatten)]
    pub all: Tally,
    /// When they were measured; `None` where none was.
    pub checked_at: Option<DateTime<Utc>>,
    /// The same by quality dimension.
    pub dimensions: BTreeMap<Dimension, Tally>,
}

/// How many checks came to what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tally {
    /// The rule holds.
    pub passed: u64,
    /// It is broken, or could not be measured.
    pub failed: u64,
    /// It is broken, and only a warning.
    pub warned: u64,
}

impl Tally {
    /// Counts one; what is not for measuring does not count.
    pub(super) const fn add(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Pass => self.passed += 1,
            Outcome::Fail | Outcome::Error => self.failed += 1,
            Outcome::Warn => self.warned += 1,
            Outcome::Skip => {}
        }
    }
}

/// How much a product was read of late, through the ports that the caller may know of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Use {
    /// People and programs that were answered.
    pub readers: u64,
    /// Their requests.
    pub requests: u64,
    /// In how many days.
    pub days: u16,
}

/// Whether a caller may read a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Access {
    /// They may read a port because policies let them.
    Open,
    /// They may read a port under an agreement.
    Agreement,
    /// They may ask for an agreement.
    Requestable,
    /// None of that.
    None,
}

/// What people think of a product.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rating {
    /// The mean, from 1 to 5.
    pub csat: f64,
    /// Of how many.
    pub count: u64,
}

impl Rating {
    fn of(summary: &RatingSummary) -> Option<Self> {
        Some(Self { csat: summary.csat.mean()?, count: summary.csat.count() })
    }
}

impl Gate {
    /// The products that a caller may know of at a glance, by name.
    pub async fn cards(&self, caller: &Caller) -> Result<Vec<Card>, GateError> {
        self.cards_after(caller, None, usize::MAX).await.map(|(cards, _)| cards)
    }

    /// The first of them after a name, at most so many, and whether there are more.
    pub async fn cards_after(
        &self,
        caller: &Caller,
        after: Option<&ProductName>,
        most: usize,
    ) -> Result<(Vec<Card>, bool), GateError> {
        let look = self.look(caller).await?;
        let usage = self.usage().await?;
        let ratings = self.ratings().await?;
        let mut products = look.products().filter(|known| after.is_none_or(|after| known.name() > after));
        let mut cards = Vec::new();
        for known in products.by_ref().take(most) {
            let trust = self.trust(&known).await?;
            cards.push(card(&known, trust, &usage, ratings.get(known.name()).copied()));
        }
        Ok((cards, products.next().is_some()))
    }

    /// What people think of each product of whom anyone has said it.
    pub(super) async fn ratings(&self) -> Result<BTreeMap<ProductName, Rating>, GateError> {
        let summaries = self.wardens.ratings.rating_summaries(&self.app.workspace).await?;
        Ok(summaries.into_iter().filter_map(|(product, summary)| Some((product, Rating::of(&summary)?))).collect())
    }

    /// The same of one product.
    pub(super) async fn rating(&self, product: &ProductName) -> Result<Option<Rating>, GateError> {
        let mut summary = RatingSummary::default();
        for rating in self.wardens.ratings.ratings(&self.app.workspace, product).await? {
            summary.add(rating.csat, rating.nps);
        }
        Ok(Rating::of(&summary))
    }

    /// What the checks of a product's current release came to.
    pub(super) async fn trust(&self, known: &KnownProduct<'_>) -> Result<Trust, GateError> {
        let Some(release) = known.release else { return Ok(Trust::default()) };
        let findings = self.findings.of(&self.app, release.run).await?;
        trust(known, release.published_at, &findings)
    }
}

pub(super) fn trust(
    known: &KnownProduct<'_>,
    checked_at: DateTime<Utc>,
    findings: &[Finding],
) -> Result<Trust, GateError> {
    let mut trust = Trust::default();
    if findings.is_empty() {
        return Ok(trust);
    }
    let names: BTreeSet<_> = known.ports().map(|port| port.port.name.as_str()).collect();
    for name in names {
        let tables = known.tables_of(name)?;
        let own = findings.iter().filter(|finding| finding.port.as_deref() == Some(name));
        for finding in own.filter(|finding| finding.subject.clarity(&tables).is_some()) {
            trust.all.add(finding.outcome);
            trust.dimensions.entry(finding.dimension).or_default().add(finding.outcome);
            trust.checked_at = Some(checked_at);
        }
    }
    Ok(trust)
}

pub(super) fn card(known: &KnownProduct<'_>, trust: Trust, usage: &Usage, rating: Option<Rating>) -> Card {
    let product = &known.compiled.product;
    let (readers, requests) = usage.of_late(known);
    Card {
        name: product.name.clone(),
        title: product.title.clone(),
        purpose: product.purpose.clone(),
        domain: product.domain.clone(),
        owner: product.owner.clone(),
        alignment: product.alignment,
        status: product.status.clone(),
        version: product.version.clone(),
        tags: product.guide.tags.clone(),
        release: known.release.map(CardRelease::of),
        trust,
        usage: Use { readers, requests, days: DAYS },
        access: access(known),
        ports: known.ports().map(|port| port.port.name.clone()).collect(),
        rating,
    }
}

fn access(known: &KnownProduct<'_>) -> Access {
    let of_port = |port: super::known::SeenPort<'_>| match port.known {
        known if known.readable && known.agreement.is_none() => Access::Open,
        known if known.readable => Access::Agreement,
        known if known.requestable => Access::Requestable,
        _ => Access::None,
    };
    known.ports().map(of_port).min().unwrap_or(Access::None)
}
