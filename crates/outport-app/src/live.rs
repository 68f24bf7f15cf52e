//! Tables whose rows are not in the warehouse, but kept by someone else and read as they are when a query begins.
//!
//! They are tables like others for whoever asks: a contract describes them, policies decide what is seen of them, and
//! the engine hides the rest below the same barrier.

use std::{collections::BTreeMap, sync::Arc};

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use outport_model::name::TableName;

use crate::engine::{BatchStream, EngineError};

/// A span of time with both its ends; open where an end is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct During {
    /// The first moment.
    pub from: Option<DateTime<Utc>>,
    /// The last moment.
    pub until: Option<DateTime<Utc>>,
}

impl During {
    /// Whether every moment is within.
    pub fn is_always(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a moment is within.
    pub fn contains(&self, moment: DateTime<Utc>) -> bool {
        self.overlaps(moment, moment)
    }

    /// Whether any moment from `first` to `last` is within.
    pub fn overlaps(&self, first: DateTime<Utc>, last: DateTime<Utc>) -> bool {
        self.from.is_none_or(|from| from <= last) && self.until.is_none_or(|until| first <= until)
    }

    /// The moments that are within both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        // Nothing is less than any moment.
        let from = self.from.max(other.from);
        let until = match (self.until, other.until) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        Self { from, until }
    }
}

/// One such table, at one moment: every time that its rows are read they are the same.
pub trait LiveTable: Send + Sync + std::fmt::Debug {
    /// All its columns.
    fn schema(&self) -> SchemaRef;

    /// The column of moments by which rows can be left out before they are read.
    fn moment(&self) -> &str;

    /// These columns, by their places in the schema, of the rows of a time; others may be among them.
    fn rows(&self, columns: &[usize], during: During) -> BatchStream;
}

/// Such tables of one product, by name.
pub type LiveTablesNow = BTreeMap<TableName, Arc<dyn LiveTable>>;

/// All such tables of one product.
#[async_trait]
pub trait LiveTables: Send + Sync + std::fmt::Debug {
    /// The tables as they are now, all at the same moment.
    async fn now(&self) -> Result<LiveTablesNow, EngineError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_of_time() {
        let at = |second| DateTime::from_timestamp(second, 0);
        let span = |from, until| During { from, until };
        let within = span(at(10), at(20));
        for (moment, is_within) in [(9, false), (10, true), (20, true), (21, false)] {
            assert_eq!(within.contains(at(moment).unwrap()), is_within, "{moment}");
        }
        assert!(within.overlaps(at(0).unwrap(), at(10).unwrap()) && within.overlaps(at(20).unwrap(), at(99).unwrap()));
        assert!(within.overlaps(at(0).unwrap(), at(99).unwrap()));
        assert!(!within.overlaps(at(0).unwrap(), at(9).unwrap()) && !within.overlaps(at(21).unwrap(), at(99).unwrap()));
        let always = During::default();
        assert!(always.is_always() && always.contains(at(0).unwrap()));
        assert_eq!(within.and(always), within);
        assert_eq!(always.and(within), within);
        assert_eq!(within.and(span(at(15), None)), span(at(15), at(20)));
        assert_eq!(within.and(span(None, at(5))), span(at(10), at(5)), "a time that never is");
    }
}
