//! The door as its clients find it: a real server, real clients, and an engine that computes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests are tests")]

mod catalog;
mod describe;
mod engine;
mod extended;
mod home;
mod limits;
mod policy;
mod psql;
mod raw;
mod simple;
mod start;
mod tools;
mod values;
