//! One quality rule, its threshold, and what measuring it gave.
//!
//! A check *measures* a value and *compares* it. Checks that types and keys imply (`required`, `unique`,
//! `logicalTypeOptions`, `enum`, `relationships`) measure the number of violating rows and demand 0.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One quality rule of a contract.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// Unique in the contract and stable over versions: the rule's own `id`, or a name made of table, column and kind.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// The schema object that it is about.
    pub table: String,
    /// The property that it is about.
    pub column: Option<String>,
    /// What is measured.
    pub kind: CheckKind,
    /// What the measured value is compared with.
    pub threshold: Threshold,
    /// The unit of the measured value.
    pub unit: Unit,
    /// The quality dimension.
    pub dimension: Dimension,
    /// How bad a failure is.
    pub severity: CheckSeverity,
    /// What the rule's author wrote about it.
    pub description: Option<String>,
    /// JSON pointer into the contract, for messages.
    pub pointer: String,
}

/// What a check measures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "metric")]
pub enum CheckKind {
    /// Rows whose value could not be read as the column's type.
    Conversion,
    /// Rows without a value, or with one of the `missing` ones (`required`, `nullValues`, `missingValues`).
    Missing {
        /// Values that stand for a missing one, beside null.
        missing: Vec<Value>,
    },
    /// Rows whose value is outside the bounds (`logicalTypeOptions`).
    Range {
        /// The lower bound.
        minimum: Option<Bound>,
        /// The upper bound.
        maximum: Option<Bound>,
    },
    /// Rows whose value is no multiple (`logicalTypeOptions.multipleOf`).
    MultipleOf {
        /// The number that every value is a multiple of.
        divisor: f64,
    },
    /// Rows whose text or list is too short or too long.
    Length {
        /// The least length, in characters or items.
        minimum: Option<u64>,
        /// The greatest length.
        maximum: Option<u64>,
    },
    /// Rows whose text has another format (`logicalTypeOptions.format` of a string).
    Format {
        /// The format's name as ODCS spells it: `email`, `uuid`, `uri`, `hostname`, `ipv4`, `ipv6`, `byte`…
        format: String,
    },
    /// Rows whose list has an item twice (`logicalTypeOptions.uniqueItems`).
    UniqueItems,
    /// Rows whose value is not null and is none of `values` or does not match `pattern` (`enum`, `pattern`, `invalidValues`).
    Invalid {
        /// The values that are allowed.
        values: Option<Vec<Value>>,
        /// ECMA-262 regular expression, searched for unless anchored.
        pattern: Option<String>,
    },
    /// Distinct value combinations that occur more than once (`unique`, `primaryKey`, `duplicateValues`); rows with a null in `columns` do not count.
    Duplicate {
        /// The columns that together are unique.
        columns: Vec<String>,
    },
    /// Rows in the table (`rowCount`).
    RowCount,
    /// Rows whose non-null `columns` have no match in the other table (`relationships`).
    Reference {
        /// The referring columns.
        columns: Vec<String>,
        /// The schema object that is referred to.
        #[serde(alias = "to_table")]
        to_table: String,
        /// Its columns, in the same order.
        #[serde(alias = "to_columns")]
        to_columns: Vec<String>,
    },
    /// The single value that a query returns (`type: sql`), placeholders already filled in.
    Sql {
        /// The query.
        query: String,
    },
    /// Age of the newest value in seconds (`slaProperties` freshness or latency).
    Freshness {
        /// The column of time.
        column: String,
    },
    /// Age of the oldest value in seconds (`slaProperties` retention).
    Retention {
        /// The column of time.
        column: String,
    },
    /// A rule for people (`type: text`): shown, never measured.
    Text,
    /// A rule for another engine (`type: custom`): shown, refused with a note.
    Custom {
        /// The engine that it is written for.
        engine: String,
    },
}

impl CheckKind {
    /// Whether one row alone decides whether it violates the check, so that rows can be held back one by one.
    pub fn is_row_rule(&self) -> bool {
        matches!(
            self,
            Self::Conversion
                | Self::Missing { .. }
                | Self::Range { .. }
                | Self::MultipleOf { .. }
                | Self::Length { .. }
                | Self::Format { .. }
                | Self::UniqueItems
                | Self::Invalid { .. }
        )
    }

    /// Whether it can be measured at all.
    pub fn is_measurable(&self) -> bool {
        !matches!(self, Self::Text | Self::Custom { .. })
    }
}

/// One end of a range.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bound {
    /// The value, as the contract writes it (a number, or text for dates and times).
    pub value: Value,
    /// Whether the value itself is outside.
    pub exclusive: bool,
}

/// What a measured value is compared with: one ODCS operator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Threshold {
    /// Equal.
    MustBe(Value),
    /// Not equal.
    MustNotBe(Value),
    /// `>`.
    MustBeGreaterThan(f64),
    /// `>=`.
    MustBeGreaterOrEqualTo(f64),
    /// `<`.
    MustBeLessThan(f64),
    /// `<=`.
    MustBeLessOrEqualTo(f64),
    /// Between, both ends included (ODCS leaves that open; so does datacontract-cli).
    MustBeBetween(f64, f64),
    /// Not between: the negation of the former.
    MustNotBeBetween(f64, f64),
    /// Nothing to compare (`text`, `custom`).
    None,
}

impl Threshold {
    /// No violation at all.
    pub fn zero() -> Self {
        Self::MustBe(Value::from(0))
    }

    /// Whether the measured value meets the threshold. Numbers compare as numbers however they are written; a value
    /// that is no number fails every ordered comparison.
    pub fn is_met_by(&self, measured: &Value) -> bool {
        let number = || number(measured);
        match self {
            Self::MustBe(value) => same(measured, value),
            Self::MustNotBe(value) => !same(measured, value),
            Self::MustBeGreaterThan(bound) => number().is_some_and(|n| n > *bound),
            Self::MustBeGreaterOrEqualTo(bound) => number().is_some_and(|n| n >= *bound),
            Self::MustBeLessThan(bound) => number().is_some_and(|n| n < *bound),
            Self::MustBeLessOrEqualTo(bound) => number().is_some_and(|n| n <= *bound),
            Self::MustBeBetween(low, high) => number().is_some_and(|n| *low <= n && n <= *high),
            Self::MustNotBeBetween(low, high) => number().is_some_and(|n| n < *low || *high < n),
            Self::None => true,
        }
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(n) => n.as_f64(),
        Value::String(s) => s.parse().ok(),
        _ => None,
    }
}

fn same(a: &Value, b: &Value) -> bool {
    match (number(a), number(b)) {
        #[expect(clippy::float_cmp, reason = "the contract asks for equality")]
        (Some(a), Some(b)) => a == b,
        _ => a == b,
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MustBe(value) => write!(f, "= {value}"),
            Self::MustNotBe(value) => write!(f, "≠ {value}"),
            Self::MustBeGreaterThan(bound) => write!(f, "> {bound}"),
            Self::MustBeGreaterOrEqualTo(bound) => write!(f, "≥ {bound}"),
            Self::MustBeLessThan(bound) => write!(f, "< {bound}"),
            Self::MustBeLessOrEqualTo(bound) => write!(f, "≤ {bound}"),
            Self::MustBeBetween(low, high) => write!(f, "in [{low}, {high}]"),
            Self::MustNotBeBetween(low, high) => write!(f, "not in [{low}, {high}]"),
            Self::None => f.write_str("–"),
        }
    }
}

/// The unit of a measured value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// A number of rows (or of values, for duplicates).
    Rows,
    /// Hundredths of the table's rows.
    Percent,
    /// Seconds.
    Seconds,
    /// Whatever the query returns.
    Value,
}

/// The seven quality dimensions of ODCS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dimension {
    /// Right about the world.
    Accuracy,
    /// Nothing missing.
    Completeness,
    /// In the form that was agreed.
    Conformity,
    /// Not at odds with other data.
    Consistency,
    /// All that should be there is there.
    Coverage,
    /// Recent enough.
    Timeliness,
    /// Nothing twice.
    Uniqueness,
}

impl Dimension {
    /// The name as ODCS writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accuracy => "accuracy",
            Self::Completeness => "completeness",
            Self::Conformity => "conformity",
            Self::Consistency => "consistency",
            Self::Coverage => "coverage",
            Self::Timeliness => "timeliness",
            Self::Uniqueness => "uniqueness",
        }
    }
}

impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How bad a failed check is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckSeverity {
    /// Stops a release (ODCS `severity` error, critical, blocker, or not given).
    Error,
    /// Is recorded and shown (`severity` warning, info, minor…).
    Warning,
}

/// The verdict on one check. `Error` means that the verdict is unknown, which is not a failure of the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// The threshold is met.
    Pass,
    /// The threshold is not met, severity error.
    Fail,
    /// The threshold is not met, severity warning.
    Warn,
    /// It could not be measured.
    Error,
    /// It is not for measuring here (`text`, `custom`).
    Skip,
}

impl Outcome {
    /// The name as OORS v0.8.1 writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Warn => "warn",
            Self::Error => "error",
            Self::Skip => "skip",
        }
    }

    /// Whether a release with this outcome may not be published.
    pub const fn blocks(self) -> bool {
        matches!(self, Self::Fail | Self::Error)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How a check was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// From file statistics, without reading data.
    Statistics,
    /// By reading data.
    Scan,
    /// Not at all.
    None,
}

/// What measuring one check gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CheckResult {
    /// The port whose contract asks for it: `input.<name>` or `<name>`; `None` where a contract is tested on its own.
    #[serde(default)]
    pub port: Option<String>,
    /// The check.
    pub check: Check,
    /// The verdict.
    pub outcome: Outcome,
    /// The measured value, in the check's unit; null where nothing was measured.
    pub measured: Value,
    /// Rows in the table.
    pub rows: Option<u64>,
    /// Rows that violate the rule.
    #[serde(alias = "failed_rows")]
    pub failed_rows: Option<u64>,
    /// SQL that shows violating rows.
    #[serde(alias = "sample_query")]
    pub sample_query: Option<String>,
    /// Why there is no verdict, or what else is worth knowing.
    pub message: Option<String>,
    /// How it was answered.
    pub method: Method,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn thresholds_compare_numbers_as_numbers() {
        assert!(Threshold::MustBe(json!(0)).is_met_by(&json!(0.0)));
        assert!(Threshold::MustBe(json!("5")).is_met_by(&json!(5)));
        assert!(Threshold::MustNotBe(json!("a")).is_met_by(&json!("b")));
        assert!(Threshold::MustBeBetween(1.0, 2.0).is_met_by(&json!(2)));
        assert!(!Threshold::MustNotBeBetween(1.0, 2.0).is_met_by(&json!(1)));
        assert!(!Threshold::MustBeLessThan(3.0).is_met_by(&Value::Null));
    }
}
