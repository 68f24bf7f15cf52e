//! Behaviour of the engine through its public surface.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests are tests")]

mod checks;
mod compile;
mod secured;
mod source;
