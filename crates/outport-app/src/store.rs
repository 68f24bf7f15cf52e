//! What the metadata store must do, one trait for each use.
//!
//! Every method is one transaction: it happens whole or not at all, also when the process is killed. Two
//! implementations, one suite of tests for both.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use outport_model::{
    check::CheckResult,
    fingerprint::Fingerprint,
    name::{ProductName, TableName, WorkspaceName},
    plan::{CompiledProduct, Intent},
    release::{Release, ReleaseNumber, ReleasedTable, TableVersion},
    run::{Run, RunId, RunState},
};
use serde::{Deserialize, Serialize};

/// Why the store could not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The store cannot be opened.
    #[error("the metadata store `{location}` cannot be opened")]
    Open {
        /// Where it is.
        location: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The store was written by a newer Outport.
    #[error("the metadata store `{location}` has format {found}; this Outport knows {known}")]
    TooNew {
        /// Where it is.
        location: String,
        /// Its format.
        found: i64,
        /// The newest format known here.
        known: i64,
    },
    /// The database refused or failed.
    #[error("the metadata store failed to {action}")]
    Database {
        /// What it was to do.
        action: &'static str,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// What is stored cannot be read.
    #[error("the metadata store holds a {what} that cannot be read")]
    Corrupt {
        /// What it is.
        what: &'static str,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Someone else changed the product since the plan was made.
    #[error("product `{product}` was changed by someone else since the plan was made")]
    Outdated {
        /// The product.
        product: ProductName,
    },
    /// The lease is not held any more: another process has taken over.
    #[error("another process has taken over `{product}`")]
    LeaseLost {
        /// The product.
        product: ProductName,
    },
    /// A stored table that the release was to have was given up while the run was under way; running again builds it.
    #[error("the stored table `{path}` was removed while the run was under way")]
    TableForgotten {
        /// Where the table was.
        path: String,
    },
    /// There is no such release.
    #[error("product `{product}` has no release {number}")]
    NoSuchRelease {
        /// The product.
        product: ProductName,
        /// The release.
        number: ReleaseNumber,
    },
}

/// One change of the record of intent.
#[derive(Debug, Clone)]
pub enum IntentChange {
    /// The product is to be like this.
    Put {
        /// The generation that the plan was made against; `None` for a new product.
        expected: Option<u64>,
        /// The product.
        compiled: Box<CompiledProduct>,
    },
    /// The product is to be gone.
    Remove {
        /// The product.
        product: ProductName,
        /// The generation that the plan was made against.
        expected: u64,
    },
}

/// Something worth remembering about a product that is neither a run nor a release.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HistoryEntry {
    /// When.
    pub at: DateTime<Utc>,
    /// The product.
    pub product: ProductName,
    /// What.
    pub kind: HistoryKind,
}

/// What is remembered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "event")]
pub enum HistoryKind {
    /// The record of intent changed.
    Applied {
        /// The new generation.
        generation: u64,
        /// What was changed, for people.
        summary: Vec<String>,
    },
    /// The product was removed from the record of intent.
    Removed {
        /// Who still read it, where the removal was forced.
        forced_over: Vec<ProductName>,
    },
    /// Part of the product was removed although others read it.
    Forced {
        /// What was removed.
        what: String,
        /// Who still read it.
        over: Vec<ProductName>,
    },
    /// An earlier release was made current again.
    RolledBack {
        /// The release that was current.
        from: ReleaseNumber,
        /// The release that is.
        to: ReleaseNumber,
    },
}

/// The record of intent: what the products of a workspace are meant to be.
#[async_trait]
pub trait IntentStore: Send + Sync + std::fmt::Debug {
    /// Every product of the workspace.
    async fn intents(&self, workspace: &WorkspaceName) -> Result<BTreeMap<ProductName, Intent>, StoreError>;

    /// Makes all changes or none, and remembers the entries. [`StoreError::Outdated`] where a generation is not the expected one.
    ///
    /// A product that comes back after its removal counts its generations on. The `generation` of an
    /// [`HistoryKind::Applied`] entry is set to the one that the product now has. No release of a removed product is
    /// current; its history, runs and releases stay.
    async fn change_intents(
        &self,
        workspace: &WorkspaceName,
        changes: &[IntentChange],
        entries: &[HistoryEntry],
        at: DateTime<Utc>,
    ) -> Result<(), StoreError>;

    /// What a product was since it last came on record, newest first, at most `limit`; nothing of one that is not on record.
    async fn generations(
        &self,
        workspace: &WorkspaceName,
        product: &ProductName,
        limit: u32,
    ) -> Result<Vec<Intent>, StoreError>;

    /// What is remembered of a product, newest first, at most `limit`.
    async fn history(
        &self,
        workspace: &WorkspaceName,
        product: &ProductName,
        limit: u32,
    ) -> Result<Vec<HistoryEntry>, StoreError>;

    /// The names of all workspaces that hold anything.
    async fn workspaces(&self) -> Result<Vec<WorkspaceName>, StoreError>;
}

/// The right to run one product, for a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The workspace.
    pub workspace: WorkspaceName,
    /// The product.
    pub product: ProductName,
    /// Who holds it.
    pub holder: String,
    /// Grows with every holder; what an earlier holder still writes is refused (fencing token).
    pub fence: u64,
    /// When it lapses unless renewed.
    pub expires_at: DateTime<Utc>,
}

/// Whether a lease was had.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeaseOutcome {
    /// It was.
    Acquired(Lease),
    /// Another holds it.
    Held(Lease),
}

/// Leases with fencing tokens.
#[async_trait]
pub trait LeaseStore: Send + Sync + std::fmt::Debug {
    /// Takes the lease if nobody holds it, if it has lapsed at `now`, or if it is `dead`: one that the caller knows to
    /// have lost its holder (not where it has been renewed since the caller saw it).
    async fn acquire_lease(
        &self,
        workspace: &WorkspaceName,
        product: &ProductName,
        holder: &str,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
        dead: Option<&Lease>,
    ) -> Result<LeaseOutcome, StoreError>;

    /// Prolongs a lease, never shortens it. [`StoreError::LeaseLost`] where another has it or it was given back.
    async fn renew_lease(&self, lease: &Lease, until: DateTime<Utc>) -> Result<Lease, StoreError>;

    /// Gives a lease back; nothing where another has it.
    async fn release_lease(&self, lease: &Lease) -> Result<(), StoreError>;
}

/// How a run ended.
#[derive(Debug, Clone)]
pub struct RunEnd {
    /// The run as it is now: state, end, inputs, error.
    pub run: Run,
    /// What the checks gave.
    pub results: Vec<CheckResult>,
}

/// A table that was built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Build {
    /// A hash over the versions of everything that it was built from; with the table's fingerprint it names the build.
    pub inputs: Fingerprint,
    /// What was built.
    pub table: TableVersion,
}

/// Runs and what they built.
#[async_trait]
pub trait RunStore: Send + Sync + std::fmt::Debug {
    /// Puts a run on record. Runs of the same product that are still `running` under an older fence are set to
    /// `failed` with the error "its process ended": their holder is gone.
    async fn begin_run(&self, lease: &Lease, run: &Run) -> Result<(), StoreError>;

    /// Ends a run that publishes nothing, and keeps its results. A run ends once.
    async fn end_run(&self, lease: &Lease, end: &RunEnd) -> Result<(), StoreError>;

    /// Ends a run with a release, in one transaction: checks the lease's fence, remembers the builds, numbers the
    /// release and makes it current. The run's state and release are set here. [`StoreError::Outdated`] where the
    /// product was removed since the run's generation, [`StoreError::TableForgotten`] where one of the tables was
    /// forgotten since the run began.
    async fn publish(
        &self,
        lease: &Lease,
        end: &RunEnd,
        tables: &BTreeMap<TableName, ReleasedTable>,
        builds: &[Build],
    ) -> Result<Release, StoreError>;

    /// The table that was built under this fingerprint from these inputs, in whatever workspace.
    async fn find_build(
        &self,
        fingerprint: &Fingerprint,
        inputs: &Fingerprint,
    ) -> Result<Option<TableVersion>, StoreError>;

    /// The runs of a product, newest first, at most `limit`.
    async fn runs(&self, workspace: &WorkspaceName, product: &ProductName, limit: u32) -> Result<Vec<Run>, StoreError>;

    /// The newest runs of a workspace, of whichever product, newest first, at most `limit`: of what, and in which state.
    async fn newest_runs(
        &self,
        workspace: &WorkspaceName,
        limit: u32,
    ) -> Result<Vec<(RunId, ProductName, RunState)>, StoreError>;

    /// For every product of the workspace the newest run that is not `running`.
    async fn last_runs(&self, workspace: &WorkspaceName) -> Result<BTreeMap<ProductName, Run>, StoreError>;

    /// What the checks of a run gave.
    async fn check_results(&self, run: RunId) -> Result<Vec<CheckResult>, StoreError>;
}

/// Releases.
#[async_trait]
pub trait ReleaseStore: Send + Sync + std::fmt::Debug {
    /// The current release of every product, all read at one moment.
    async fn current_releases(&self, workspace: &WorkspaceName) -> Result<BTreeMap<ProductName, Release>, StoreError>;

    /// The same of these products alone.
    async fn current_releases_of(
        &self,
        workspace: &WorkspaceName,
        products: &BTreeSet<ProductName>,
    ) -> Result<BTreeMap<ProductName, Release>, StoreError>;

    /// The releases of a product, newest first.
    async fn releases(&self, workspace: &WorkspaceName, product: &ProductName) -> Result<Vec<Release>, StoreError>;

    /// Makes another release of the product current, checking the lease's fence, and remembers it; nothing where it
    /// is current already. [`StoreError::NoSuchRelease`] where there is none, [`StoreError::Outdated`] where the product
    /// is not on record.
    async fn make_current(&self, lease: &Lease, number: ReleaseNumber, at: DateTime<Utc>) -> Result<(), StoreError>;

    /// Paths of all stored tables that a kept release needs, in whatever workspace. Kept are, of the products on
    /// record, the current release and the newest few.
    async fn needed_tables(&self) -> Result<BTreeSet<String>, StoreError>;

    /// Forgets the builds of these stored tables, before they are removed. Releases that are not kept and that need one
    /// of them are forgotten too. Gives the paths that may be removed now: those that a kept release has come to need
    /// since the caller looked are left out, and are not forgotten.
    async fn forget_tables(&self, paths: &BTreeSet<String>) -> Result<BTreeSet<String>, StoreError>;
}
