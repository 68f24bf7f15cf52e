//! Every product of the workspace that a caller may know of, and who reads whom.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use outport_model::{
    name::{PortName, ProductName},
    product::Alignment,
};
use serde::Serialize;

use super::{
    super::{Caller, Gate, error::GateError},
    card::{CardRelease, DAYS, Tally, Trust, Use},
    lineage::reads,
};

/// Every product, and who reads whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EstateView {
    /// By name.
    pub products: Vec<EstateNode>,
    /// Who reads whom.
    pub edges: Vec<EstateEdge>,
}

/// A product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EstateNode {
    /// The product.
    pub name: ProductName,
    /// What people call it.
    pub title: Option<String>,
    /// The domain that it belongs to.
    pub domain: Option<String>,
    /// How it relates to sources and consumers.
    pub alignment: Option<Alignment>,
    /// `status` of its descriptor.
    pub status: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// What its checks came to.
    pub trust: EstateTrust,
    /// How much it is read.
    #[serde(rename = "use")]
    pub usage: Use,
    /// Its current release.
    pub release: Option<CardRelease>,
}

/// What the checks of a product came to. By dimension it is at the product: of ten thousand of them it would be most of
/// the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EstateTrust {
    /// All of them.
    #[serde(flatten)]
    pub all: Tally,
    /// When they were measured; `None` where none was.
    pub checked_at: Option<DateTime<Utc>>,
}

impl From<Trust> for EstateTrust {
    fn from(Trust { all, checked_at, .. }: Trust) -> Self {
        Self { all, checked_at }
    }
}

/// A product that reads another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EstateEdge {
    /// What is read.
    pub from: ProductName,
    /// What reads.
    pub to: ProductName,
    /// Through which ports.
    pub ports: BTreeSet<PortName>,
}

impl Gate {
    /// Every product that a caller may know of, and who of them reads whom.
    pub async fn estate(&self, caller: &Caller) -> Result<EstateView, GateError> {
        let look = self.look(caller).await?;
        let usage = self.usage().await?;
        let mut products = Vec::new();
        let mut edges: BTreeMap<(&ProductName, &ProductName), BTreeSet<PortName>> = BTreeMap::new();
        for known in look.products() {
            let product = &known.compiled.product;
            let (readers, requests) = usage.of_late(&known);
            products.push(EstateNode {
                name: product.name.clone(),
                title: product.title.clone(),
                domain: product.domain.clone(),
                alignment: product.alignment,
                status: product.status.clone(),
                owner: product.owner.clone(),
                trust: self.trust(&known).await?.into(),
                usage: Use { readers, requests, days: DAYS },
                release: known.release.map(CardRelease::of),
            });
            for (_, from, port) in reads(product) {
                if look.find(from).is_some_and(|from| from.knows_port(port)) {
                    edges.entry((from, &product.name)).or_default().insert(port.clone());
                }
            }
        }
        let edge = |((from, to), ports): ((&ProductName, &ProductName), _)| EstateEdge {
            from: from.clone(),
            to: to.clone(),
            ports,
        };
        Ok(EstateView { products, edges: edges.into_iter().map(edge).collect() })
    }
}
