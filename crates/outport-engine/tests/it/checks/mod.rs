//! Checks of contracts.

mod fixture;
mod metrics;
mod properties;
mod queries;
mod rules;
mod statistics;
