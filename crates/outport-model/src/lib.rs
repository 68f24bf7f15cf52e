//! The values of Outport: what a data product, its contracts, checks, plans, runs and releases *are*.
//!
//! Everything here is pure: no input or output, no clock, no environment. Documents become these values in
//! `outport-spec`; the use cases in `outport-app` pass them to the adapters.
//!
//! Where to start:
//! - [`name`]: identifiers, each a type that cannot hold a wrong value;
//! - [`product`]: a [`Product`](product::Product), its ports and models, as one validated whole;
//! - [`contract`]: what a port promises: tables, columns, types;
//! - [`check`]: one quality rule, its threshold, and the result of measuring it;
//! - [`diff`]: what changed between two contracts and the SemVer step that this demands;
//! - [`plan`]: the steps from the recorded intent to the desired one, and who is affected;
//! - [`run`] and [`release`]: one execution, and the set of table versions that consumers see;
//! - [`lineage`]: which source columns an output column comes from;
//! - [`diagnostic`]: a problem in a user's file, with its place and the way out.

pub mod address;
pub mod check;
pub mod contract;
pub mod diagnostic;
pub mod diff;
pub mod fingerprint;
pub mod lineage;
pub mod name;
pub mod plan;
pub mod product;
pub mod release;
pub mod run;
pub mod source;
