//! What is on record: the metadata store, kept in a database, and the record of requests, kept in files.
//!
//! It implements the traits of [`outport_app::store`], [`outport_app::agreement`], [`outport_app::feedback`],
//! [`outport_app::question`] and [`outport_app::audit`] and, of [`outport_app::identity`], those that keep something; what
//! a method means is written there. It is the only crate that names sqlx. It may depend on `outport-model` and
//! `outport-app`, and does not know the engine.
//!
//! Where to start:
//! - [`SqliteStore`]: one file, the default; `src/sqlite` has one module for each trait;
//! - [`Journal`]: the record of requests;
//! - `migrations/sqlite`: the tables, one file for each stored format; a file that is released never changes;
//! - `src/stored.rs`: how values become JSON in a column, and how a later version reads what an earlier one wrote;
//! - `tests/it/conformance`: what every implementation must pass.
//!
//! What holds everywhere in the metadata store:
//! - every method is one transaction; a writer takes the write lock when it begins, so that what it has read stays true;
//! - a write under a lease compares holder and fence in the same transaction;
//! - times are kept to the microsecond.

pub mod journal;
pub mod sqlite;
mod stored;

pub use journal::Journal;
pub use sqlite::SqliteStore;

/// How many of a product's newest releases are kept, so that one can go back to them. The current release is kept
/// beside them, however old it is.
pub const KEPT_RELEASES: u32 = 10;
