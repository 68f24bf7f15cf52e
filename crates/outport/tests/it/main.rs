//! Whole runs of the `outport` binary, each with a home of its own.

mod cli;
mod contract_test;
mod crash;
mod docs;
mod faults;
mod flights;
mod place;
mod query;
mod retail;
mod shop;
mod validate;
