//! What a caller may know of: products and ports, whether or not they may read them.

use chrono::{DateTime, Utc};
use outport_model::{
    agreement::{AgreementId, PortVersion},
    contract::Contract,
    name::{ProductName, TableName},
    product::Alignment,
    release::ReleaseNumber,
};

use super::{Caller, Gate, error::GateError, snapshot::version_of};
use crate::policy::PortAction;

/// A product that a caller may know of.
#[derive(Debug, Clone)]
pub struct DiscoveredProduct {
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
    /// Its current release and when that was published.
    pub release: Option<(ReleaseNumber, DateTime<Utc>)>,
    /// The ports that the caller may know of; at least one.
    pub ports: Vec<DiscoveredPort>,
}

/// An output port that a caller may know of.
#[derive(Debug, Clone)]
pub struct DiscoveredPort {
    /// The port, with the major version of its contract.
    pub version: PortVersion,
    /// What it promises.
    pub contract: Contract,
    /// Its tables, as SQL names them, each with the name of its schema object in the contract.
    pub tables: Vec<(TableName, String)>,
    /// Whether the caller may read it.
    pub readable: bool,
    /// The agreement in force, where there is one.
    pub agreement: Option<AgreementId>,
}

impl Gate {
    /// The products that a caller may know of, by name.
    pub async fn catalog(&self, caller: &Caller) -> Result<Vec<DiscoveredProduct>, GateError> {
        let snapshot = self.snapshot().await?;
        let now = self.app.clock.now();
        let principal = snapshot.refresh(caller, now)?;
        let mut products = Vec::new();
        for (name, compiled) in snapshot.estate() {
            let product = &compiled.product;
            let mut ports = Vec::new();
            for port in &product.outputs {
                let version = version_of(product, port);
                let may = |action| snapshot.may(caller, &principal, action, &version, now);
                let readable = may(PortAction::Read)?;
                if readable || may(PortAction::Discover)? {
                    ports.push(DiscoveredPort {
                        agreement: snapshot.agreement(caller, &principal, &version, now).map(|a| a.id),
                        version,
                        contract: port.contract.clone(),
                        tables: port.tables.iter().map(|t| (t.name.clone(), t.object.clone())).collect(),
                        readable,
                    });
                }
            }
            if !ports.is_empty() {
                products.push(DiscoveredProduct {
                    name: name.clone(),
                    title: product.title.clone(),
                    purpose: product.purpose.clone(),
                    domain: product.domain.clone(),
                    owner: product.owner.clone(),
                    alignment: product.alignment,
                    status: product.status.clone(),
                    release: snapshot.releases().get(name).map(|release| (release.number, release.published_at)),
                    ports,
                });
            }
        }
        Ok(products)
    }
}
