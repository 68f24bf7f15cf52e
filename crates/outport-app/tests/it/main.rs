//! The use cases on an engine that computes nothing and a store in memory.

mod applies;
mod bench;
mod leases;
mod runs;
