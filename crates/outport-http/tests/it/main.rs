//! The HTTP doors, on a gate whose engine answers what a test says.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests are tests")]

mod control;
mod data;
mod describe;
mod download;
mod identify;
mod problems;
mod products;
mod serve;
mod sql;
mod support;
