//! Tests of the metadata store: one suite for every implementation, and what is special to each.

mod conformance;
mod sqlite;
