//! Tests through the public surface.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, in its own functions too")]

mod alone;
mod bundle;
mod cases;
mod config;
mod contract;
mod documents;
mod edit;
mod fixture;
mod oaas;
mod odd;
mod render;
mod robustness;
mod round_trip;
mod schemas;
mod semantics;
mod values;
