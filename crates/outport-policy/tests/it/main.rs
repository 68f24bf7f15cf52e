//! Behaviour of policies through the public surface.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests are tests")]

mod against_cedar;
mod columns;
mod fixture;
mod grace;
mod matrix;
mod memo;
mod ports;
mod problems;
mod reserved;
mod rows;
mod schema;
