//! Which source columns an output column comes from (OpenLineage column lineage facet 1-2-0 has the same kinds).

use std::{collections::BTreeSet, fmt};

use serde::{Deserialize, Serialize};

/// A column of a relation that a model reads: an input port (`input.orders`) or another model (`daily`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SourceColumn {
    /// The relation, as models name it.
    pub relation: String,
    /// The column.
    pub column: String,
}

impl fmt::Display for SourceColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.relation, self.column)
    }
}

/// How a value reaches an output column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direct {
    /// As it is.
    Identity,
    /// Through an expression.
    Transformation,
    /// Through an aggregate over rows.
    Aggregation,
}

/// How a column decides *which* rows there are, without giving a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Indirect {
    /// In a `WHERE`, `HAVING` or subquery test.
    Filter,
    /// In a join condition.
    Join,
    /// In a `GROUP BY` or `DISTINCT`.
    Group,
    /// In an `ORDER BY`.
    Sort,
    /// In a window's partition or order.
    Window,
}

/// The lineage of one model.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ModelLineage {
    /// For each output column, in order: the columns that its values come from.
    pub columns: Vec<ColumnLineage>,
    /// The columns that decide which rows there are.
    pub indirect: BTreeSet<(SourceColumn, Indirect)>,
    /// The relations that the model reads, even where it uses no column of them.
    pub relations: BTreeSet<String>,
}

/// The lineage of one output column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnLineage {
    /// The output column.
    pub column: String,
    /// Where its values come from.
    pub sources: BTreeSet<(SourceColumn, Direct)>,
}
