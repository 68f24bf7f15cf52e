//! The engine: reads sources, plans and runs models, checks contracts, stores tables, answers queries.
//!
//! The only crate that names Delta Lake, and the only one that reads data by DataFusion (`outport-pg` answers questions
//! about the catalog by it). It implements the traits of `outport_app::engine` and sees no other adapter.
//!
//! Where to start:
//! - [`LocalEngine`] and [`LocalCompiler`]: the engine as the use cases see it;
//! - [`compile`](mod@compile): models as plans, checked against contracts, with lineage and fingerprints;
//! - [`source`]: files and generated tables as tables in the shape of a contract;
//! - [`checks`]: how contracts are checked;
//! - `workshop`: one run: inputs checked and divided, models staged, audited, committed;
//! - `warehouse`: Delta Lake tables, one for each model fingerprint;
//! - `table_lock` and `leftovers`: who may touch a stored table, and what the dead leave behind;
//! - `query`: released tables as one asker sees them; `crew`: threads of their own for what is computed;
//! - [`types`]: contract types as Arrow types; [`session`]: how sessions are set up.

pub mod checks;
pub mod compile;
mod crew;
mod engine;
mod leftovers;
mod limited;
mod nan;
mod query;
pub mod session;
pub mod source;
mod table_lock;
pub mod types;
mod warehouse;
mod workshop;

pub use engine::{LocalCompiler, LocalEngine};
