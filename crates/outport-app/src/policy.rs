//! What policies must be able to decide.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
pub use outport_model::access::PortAction;
use outport_model::{
    access::{ColumnAccess, TableAccess},
    agreement::{Agreement, PortVersion},
    diagnostic::Diagnostic,
    name::{GroupName, ProductName, TableName},
    plan::Estate,
    principal::{Door, Principal, Purpose},
};
use serde::{Deserialize, Serialize};

/// Who wrote a policy: it says what the policy may be about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind", content = "name")]
pub enum PolicyOwner {
    /// Governance; about everything in the workspace.
    Workspace,
    /// A product; about itself alone, whatever the policy says.
    Product(ProductName),
}

/// One file of policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyText {
    /// Who wrote it.
    pub owner: PolicyOwner,
    /// The file, as diagnostics name it.
    pub file: String,
    /// What it says, in Cedar.
    pub text: String,
}

/// Makes policies of texts. Policies that say something that cannot be decided or enforced are refused here, so that
/// nothing is left to be found out by a reader.
pub trait PolicyCompiler: Send + Sync + std::fmt::Debug {
    /// The policies of these texts over these products, and what the texts have for warnings; or every error.
    fn compile(&self, texts: &[PolicyText], products: &Estate) -> Result<CompiledPolicies, Vec<Diagnostic>>;

    /// The groups that a text names. By default none: not every notation knows of groups.
    fn groups(&self, _text: &PolicyText) -> BTreeSet<GroupName> {
        BTreeSet::new()
    }
}

/// Policies that can be asked.
#[derive(Debug, Clone)]
pub struct CompiledPolicies {
    /// The policies.
    pub policies: std::sync::Arc<dyn Policies>,
    /// What is probably not as it is meant.
    pub warnings: Vec<Diagnostic>,
}

/// What is known of whoever asks, at one moment.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// Who.
    pub principal: &'a Principal,
    /// What for.
    pub purpose: Option<&'a Purpose>,
    /// Through which door.
    pub door: Door,
    /// The agreement about the port in question that is in force.
    pub agreement: Option<&'a Agreement>,
    /// Now.
    pub now: DateTime<Utc>,
}

impl<'a> Asking<'a> {
    /// Someone who asks, under an agreement or none. Who reads under an agreement and says nothing of a purpose reads for
    /// that of the agreement.
    pub fn under(
        principal: &'a Principal,
        purpose: Option<&'a Purpose>,
        door: Door,
        agreement: Option<&'a Agreement>,
        now: DateTime<Utc>,
    ) -> Self {
        let purpose = purpose.or(agreement.map(|agreement| &agreement.purpose));
        Self { principal, purpose, door, agreement, now }
    }
}

/// A policy that had a say: its `@id`, else its place in the file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyName {
    /// Who wrote it.
    pub owner: PolicyOwner,
    /// Its `@id`, else `<file>#<n>`, counted from 1.
    pub id: String,
}

/// What was decided, and by which policies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// Whether it is allowed.
    pub allowed: bool,
    /// The policies that decided: those that permit where it is allowed; those that forbid where it is not; none
    /// where nothing permits it.
    pub policies: BTreeSet<PolicyName>,
    /// Policies in grace that would have forbidden it (`@grace`): they will, from that day on.
    pub grace: BTreeSet<PolicyName>,
}

/// What was decided about one column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ColumnVerdict {
    /// The column.
    pub column: String,
    /// What they see of it; `None`: it does not exist for them.
    pub access: Option<ColumnAccess>,
    /// Whether and why they may read it in clear.
    pub clear: Verdict,
    /// Whether and why they may read it masked; asked only where not in clear.
    pub masked: Option<Verdict>,
}

/// What was decided about one row rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RowVerdict {
    /// The policies that let rows through, each with what it asks of a row, as Cedar text.
    pub permits: Vec<(PolicyName, String)>,
    /// The policies that keep rows back.
    pub forbids: Vec<(PolicyName, String)>,
}

/// What was decided about one table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TableVerdict {
    /// Whether and why they may read the port at all.
    pub read: Verdict,
    /// What they may see; `None` where they may not read.
    pub access: Option<TableAccess>,
    /// The columns, in the contract's order; empty where they may not read.
    pub columns: Vec<ColumnVerdict>,
    /// The rows; `None` where they may not read.
    pub rows: Option<RowVerdict>,
}

/// Decides. Everything that no policy permits is forbidden, and what any policy forbids is forbidden; an active
/// agreement permits to read what it covers; members of the group `administrators` may do everything.
pub trait Policies: Send + Sync + std::fmt::Debug {
    /// What someone may do with a port. Nothing, where there is no such port.
    fn port(&self, asking: &Asking<'_>, action: PortAction, port: &PortVersion) -> Verdict;

    /// What someone may see of a table of a port: an output table. Nothing, where there is no such table.
    fn table(&self, asking: &Asking<'_>, port: &PortVersion, table: &TableName) -> TableVerdict;

    /// Whether someone may change users, policies and settings.
    fn administer(&self, asking: &Asking<'_>) -> Verdict;
}
