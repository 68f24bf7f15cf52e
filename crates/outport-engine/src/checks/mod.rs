//! Checks of contracts: planned together, each answered by the cheapest proof.
//!
//! - [`run_checks`] measures every check of a contract against registered tables;
//! - [`row_violation`] is the predicate of a row rule, for whoever divides rows;
//! - [`select`] plans a query that such predicates are part of.
//!
//! `docs/checks.md` defines what every metric counts.

mod catalog;
mod literal;
mod path;
mod pattern;
mod plan;
mod query;
mod rule;
mod run;
mod scalar;
mod spelling;
mod statistics;
mod user_query;
mod verdict;

use std::collections::BTreeMap;

use datafusion::common::TableReference;

pub(crate) use self::literal::{identifier, text};
pub use self::{
    catalog::select,
    rule::{RuleError, row_violation},
    run::run_checks,
};

/// A table of a contract, as it is registered in the session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedTable {
    /// The table.
    pub reference: TableReference,
    /// For columns that were converted from text: the hidden column that has the text.
    pub raw: BTreeMap<String, String>,
}

impl CheckedTable {
    /// A table none of whose columns was converted.
    pub fn new(reference: impl Into<TableReference>) -> Self {
        Self { reference: reference.into(), raw: BTreeMap::new() }
    }
}
