//! The use cases on an engine that computes nothing and a store in memory.

#![expect(clippy::unwrap_used, reason = "functions beside tests are tests, though not marked as such")]

mod administer;
mod applies;
mod bench;
mod cases;
mod catalog;
mod current;
mod feedback;
mod gate;
mod leases;
mod preview;
mod questions;
mod recorded;
mod runs;
