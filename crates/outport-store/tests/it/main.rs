//! Tests of the metadata store, one suite for every implementation and what is special to each, and of the record of
//! requests.

#![expect(clippy::unwrap_used, clippy::panic, reason = "the suite's functions are tests, though not marked as such")]

mod conformance;
mod formats;
mod journal;
mod memory;
mod sqlite;
