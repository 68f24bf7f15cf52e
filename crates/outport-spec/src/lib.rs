//! Documents to model: YAML files with the place of every node, the JSON Schemas of the open standards, typed
//! documents, and what they say of a data product.
//!
//! - [`document`]: a file as a value that remembers where each node stands; [`edit`] changes the text,
//!   [`mod@write`] makes text of a value, [`variables`] resolves `${NAME}`.
//! - [`schema`]: whether a document follows its standard.
//! - [`odcs`], [`odps`], [`oaas`]: data contracts, data products and agreements as types, without loss.
//! - [`contract`]: the tables, exact types and checks of a data contract; [`alone`]: a contract without a bundle.
//! - [`cases`]: test cases of access policies.
//! - [`config`]: `outport.yaml`; [`bundle`]: from a folder of files, or several, to products.
//! - [`validate`]: every problem of whatever is at a path.
//! - [`codes`]: every code that a diagnostic can have.

pub mod alone;
mod bitol;
pub mod bundle;
pub mod cases;
mod check;
pub mod codes;
pub mod config;
pub mod contract;
pub mod document;
mod duration;
pub mod edit;
mod node;
pub mod oaas;
pub mod odcs;
pub mod odps;
pub mod schema;
mod sql;
mod suggest;
pub mod validate;
pub mod variables;
pub mod write;

pub use document::Document;
