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
//! - [`principal`]: who asks, and for which purpose;
//! - [`access`]: what someone may see of a table: columns, masks, rows;
//! - [`agreement`]: a consumer's time-bound, purpose-bound right to read a port;
//! - [`case`]: a test case of policies: who asks for what, and what they are expected to see;
//! - [`audit`]: what is on record of one request;
//! - [`feedback`]: what people say about a product, and how they rate it;
//! - [`question`]: questions that people keep to ask them again;
//! - [`run`] and [`release`]: one execution, and the set of table versions that consumers see;
//! - [`source`]: where the rows of an input come from; [`address`]: what an output port is called everywhere;
//!   [`fingerprint`]: what tells two contents apart;
//! - [`lineage`]: which source columns an output column comes from;
//! - [`diagnostic`]: a problem in a user's file, with its place and the way out.

pub mod access;
pub mod address;
pub mod agreement;
pub mod audit;
pub mod case;
pub mod check;
pub mod contract;
pub mod diagnostic;
pub mod diff;
pub mod feedback;
pub mod fingerprint;
pub mod lineage;
pub mod name;
pub mod plan;
pub mod principal;
pub mod product;
pub mod question;
pub mod release;
pub mod run;
pub mod source;
mod text;
