//! What a caller may know of: products, ports, tables and columns, whether or not they may read them; and everything that
//! is on record about them.
//!
//! - `known`: what a caller may know of, which all the rest starts from;
//! - `card`: a product at a glance, `page` in full;
//! - `findings` and `quality`: what checks came to; `usage` and `consumers`: who reads, from the record of requests;
//! - `search`: what is found by words; `subject`: whether that exists which something is said about;
//! - `operated`: a product at a glance, for whoever operates it;
//! - `promised`: whether a text names anything but what exists for the caller;
//! - `lineage` and `estate`: who reads whom; `changes`: what happened; `rights`: what someone may do, in words.
//!
//! **Invariant**: what a caller may not know of is in no answer: no name, no count, no error of its own.

mod card;
mod changes;
mod consumers;
mod estate;
mod findings;
mod known;
mod lineage;
mod operated;
mod page;
mod promised;
mod quality;
mod rights;
mod search;
mod subject;
mod usage;

use chrono::{DateTime, Utc};
use outport_model::{
    agreement::{AgreementId, PortVersion},
    contract::Contract,
    name::{ProductName, TableName},
    product::Alignment,
    release::ReleaseNumber,
};

pub use self::{
    card::{Access, Card, CardRelease, DAYS, Rating, Tally, Trust, Use},
    changes::{ChangeEntry, ChangedRelease, ContractStep, ProductChanges, StepChange},
    consumers::{Consumer, Downstream, MOST_DAYS, ProductConsumers, TableColumns, TrendDay},
    estate::{EstateEdge, EstateNode, EstateTrust, EstateView},
    lineage::{ColumnEdge, ColumnPlace, Direction, EdgeKind, LineageEdge, LineageNode, LineageSource, ProductLineage},
    operated::{Operated, OperatedRun},
    page::{
        ColumnSight, PageColumn, PageContract, PageDescription, PageInput, PagePort, PageRelation, PageTable,
        PageTerms, ProductPage, SourceKind,
    },
    quality::{ProductQuality, ReleaseQuality},
    rights::{AccessAgreement, ColumnRights, PortReviewers, ProductAccess, TableRights},
    search::{
        Facet, FacetCount, FacetCounts, MOST_BEFORE, MOST_HITS, MOST_VALUES, SearchHit, SearchQuery, SearchResults,
    },
};
pub(super) use self::{
    findings::Findings,
    known::{Known, Look},
    page::sql_name,
    promised::Promises,
    rights::{day, mask_in_words},
    search::Finder,
    subject::Existence,
    usage::UsageBook,
};
use super::{Caller, Gate, error::GateError};

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
        let look = self.look(caller).await?;
        let products = look.products().map(|known| {
            let product = &known.compiled.product;
            let ports = known.ports().map(|port| DiscoveredPort {
                version: port.known.version.clone(),
                contract: port.port.contract.clone(),
                tables: port.port.tables.iter().map(|t| (t.name.clone(), t.object.clone())).collect(),
                readable: port.known.readable,
                agreement: port.known.agreement,
            });
            DiscoveredProduct {
                name: product.name.clone(),
                title: product.title.clone(),
                purpose: product.purpose.clone(),
                domain: product.domain.clone(),
                owner: product.owner.clone(),
                alignment: product.alignment,
                status: product.status.clone(),
                release: known.release.map(|release| (release.number, release.published_at)),
                ports: ports.collect(),
            }
        });
        Ok(products.collect())
    }
}
