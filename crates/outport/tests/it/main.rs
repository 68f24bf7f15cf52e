//! Whole runs of the `outport` binary, each with a home of its own.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::too_many_lines,
    reason = "helpers of tests are tests, and what a command prints is long"
)]

mod attacks;
mod cli;
mod contract_test;
mod crash;
mod docs;
mod doors;
mod faults;
mod flights;
mod machine;
mod place;
mod query;
mod retail;
mod served;
mod shop;
mod validate;
