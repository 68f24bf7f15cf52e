//! Checks of contracts.

#![expect(clippy::unwrap_used, reason = "what the tests share fails by panicking as they do")]

mod fixture;
mod metrics;
mod properties;
mod queries;
mod rules;
mod statistics;
