//! Whole runs of the `outport` binary, each with a home of its own.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::too_many_lines,
    reason = "helpers of tests are tests, and what a command prints is long"
)]
#![allow(clippy::large_futures, reason = "a test waits for many answers in one function")]

mod access_test;
mod agreement_documents;
mod attacks;
mod catalog;
mod changes;
mod cli;
mod contract_test;
mod crash;
mod crowd;
mod docs;
mod doors;
mod doors_postgres;
mod faults;
mod feedback;
mod flights;
mod hub;
mod machine;
mod opened;
mod place;
mod query;
mod record;
mod remote;
mod retail;
mod same_rows;
mod serve;
mod serve_mcp;
mod served;
mod shop;
mod sign_in;
mod telemetry;
mod through;
mod validate;
