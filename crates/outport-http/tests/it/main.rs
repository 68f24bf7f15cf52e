//! The HTTP doors, on a gate whose engine answers what a test says.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests are tests")]

mod administer;
mod catalog;
mod changes;
mod control;
mod data;
mod describe;
mod download;
mod graphql;
mod hub;
mod identify;
mod manage;
mod mcp;
mod misread;
mod problems;
mod products;
mod questions;
mod serve;
mod sharing;
mod sql;
mod support;
