//! The use cases of Outport, and the traits that they ask of the adapters.
//!
//! A use case is what a person or a program wants done: [`plan`](App::plan), [`apply`](App::apply), [`run`](App::run),
//! [`ask`](gate::Gate::ask)… Every door (command line, HTTP, PostgreSQL…) calls the same ones. The crate may depend on
//! `outport-model` and Arrow; it names no database and no engine, and takes products, not documents.
//!
//! Where to start:
//! - [`App`]: everything wired together, one method for each use case;
//! - [`store`]: what the record of intent, runs and releases must do;
//! - [`gate`]: the one way to data: who asks, what may they see, what is on record of it;
//! - [`identity`], [`policy`], [`agreement`], [`feedback`], [`question`], [`audit`]: what the gate asks for;
//! - [`engine`]: what compiling, building, checking and querying must do; [`memory`]: how much of it a query may take;
//! - [`case`]: test cases of policies; [`digits`]: text of numbers and days, for doors;
//! - [`search`]: what finding products by words asks of an index;
//! - [`record`]: the record of requests as a product, of [`live`] tables;
//! - [`lease`]: one writer of a product at a time; [`clock`]: what time it is;
//! - [`event`]: what a use case tells whoever watches.
//!
//! **Invariant**: a release is published by one transaction of the store, after every table of it is committed and
//! audited; whoever reads goes through the current release.

pub mod agreement;
mod apply;
pub mod audit;
pub mod case;
pub mod clock;
pub mod digits;
pub mod engine;
mod error;
pub mod event;
mod failpoint;
pub mod feedback;
pub mod gate;
pub mod identity;
pub mod lease;
pub mod live;
pub mod memory;
mod plan;
pub mod policy;
pub mod question;
mod read;
pub mod record;
mod report;
mod run;
pub mod search;
pub mod store;

use std::sync::Arc;

use outport_model::name::WorkspaceName;

pub use apply::{Applied, Consent};
pub use error::UseCaseError;
pub use plan::{Desired, Planned, UNKNOWN_UPSTREAM, compile, named_by_root, policy_texts};
pub use read::{Described, Listed, Past};
pub use report::{ApplyReport, FailureReport, RunReport, chain};
pub use run::{ProductRun, RunFailure};

/// Everything that the use cases need, for one workspace.
#[derive(Debug, Clone)]
pub struct App {
    /// The workspace that every use case works in.
    pub workspace: WorkspaceName,
    /// The metadata store.
    pub stores: Stores,
    /// Says whether policies can be used.
    pub policies: Arc<dyn policy::PolicyCompiler>,
    /// Plans models.
    pub compiler: Arc<dyn engine::Compiler>,
    /// Reads, builds, checks and queries.
    pub engine: Arc<dyn engine::Engine>,
    /// Tells the time.
    pub clock: Arc<dyn clock::Clock>,
    /// Who takes leases.
    pub holder: Arc<dyn lease::Holder>,
    /// How many models of a run are computed at once.
    pub parallelism: usize,
}

/// The metadata store, by use.
#[derive(Debug, Clone)]
pub struct Stores {
    /// The record of intent.
    pub intents: Arc<dyn store::IntentStore>,
    /// Leases.
    pub leases: Arc<dyn store::LeaseStore>,
    /// Runs.
    pub runs: Arc<dyn store::RunStore>,
    /// Releases.
    pub releases: Arc<dyn store::ReleaseStore>,
    /// Workspace-wide policies.
    pub policies: Arc<dyn identity::PolicyStore>,
}
