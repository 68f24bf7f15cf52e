//! The engine: reads sources, plans and runs models, checks contracts, stores tables, answers queries.
//!
//! The only crate that names DataFusion and Delta Lake. It implements the traits of `outport_app::engine` and sees no
//! other adapter.
//!
//! Where to start:
//! - [`compile`](mod@compile): models as plans, checked against contracts, with lineage and fingerprints;
//! - [`types`]: contract types as Arrow types;
//! - [`session`]: how sessions are set up;
//! - [`checks`]: how contracts are checked.
//! - [`source`]: files and generated tables as tables in the shape of a contract.

pub mod checks;
pub mod compile;
mod nan;
pub mod session;
pub mod source;
pub mod types;
