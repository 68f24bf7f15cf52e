//! What someone may see of a table: which columns, under which masks, and which rows.
//!
//! Policies decide in terms of these values, the engine enforces them; neither knows of the other.

mod notation;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use self::notation::MaskError;
use crate::agreement::AgreementId;

/// What someone wants to do with a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PortAction {
    /// Know that it exists: name, description, contract.
    Discover,
    /// Read any of its rows.
    Read,
    /// Ask for an agreement.
    Request,
    /// Be given what is asked for without a review.
    AutoApprove,
    /// Decide on requests for agreements of others.
    Approve,
    /// Run, roll back, look at runs and samples that failed.
    Operate,
}

impl PortAction {
    /// Every action.
    pub const ALL: [Self; 6] =
        [Self::Discover, Self::Read, Self::Request, Self::AutoApprove, Self::Approve, Self::Operate];

    /// The name of the action in policies.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Discover => "discover",
            Self::Read => "read",
            Self::Request => "request",
            Self::AutoApprove => "autoApprove",
            Self::Approve => "approve",
            Self::Operate => "operate",
        }
    }
}

/// What someone may see of one table. Nothing that is not said here may be seen.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TableAccess {
    /// The columns that exist for them; one that is left out does not.
    pub columns: BTreeMap<String, ColumnAccess>,
    /// The rows that exist for them.
    pub rows: RowAccess,
    /// Where rows may only be seen in groups: the fewest rows that a group must have.
    pub minimum_group: Option<u32>,
    /// The agreement under which they read, where there is one.
    pub agreement: Option<AgreementId>,
}

impl TableAccess {
    /// All columns of a table in clear, and all rows.
    pub fn unrestricted<'a>(columns: impl IntoIterator<Item = &'a str>) -> Self {
        Self {
            columns: columns.into_iter().map(|name| (name.to_owned(), ColumnAccess::Clear)).collect(),
            rows: RowAccess::All,
            minimum_group: None,
            agreement: None,
        }
    }

    /// Whether anything of these columns is withheld, masked or filtered.
    pub fn restricts<'a>(&self, columns: impl IntoIterator<Item = &'a str>) -> bool {
        self.rows != RowAccess::All
            || self.minimum_group.is_some()
            || columns.into_iter().any(|name| self.columns.get(name) != Some(&ColumnAccess::Clear))
    }
}

/// What someone may see of a column that exists for them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ColumnAccess {
    /// Its values.
    Clear,
    /// What the mask makes of its values, wherever the column is used.
    Masked(Mask),
}

/// What stands in the place of a value. A missing value stays missing under every mask.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
pub enum Mask {
    /// No value.
    Null,
    /// For text [`Mask::REDACTED`]; for any other type no value.
    Redact,
    /// A keyed hash as text of 32 hexadecimal digits; the same value gives the same hash throughout the workspace.
    /// Only for types that can be written as text and are declared as text; no value for others.
    Hash,
    /// The last characters of a text, the others as `*`; nothing is kept of a text that is not longer.
    Last {
        /// How many are kept.
        characters: u32,
    },
    /// The first characters of a text, the others as `*`; nothing is kept of a text that is not longer.
    First {
        /// How many are kept.
        characters: u32,
    },
    /// The greatest multiple of `width` that is not greater than the number.
    NumberBucket {
        /// At least 1.
        width: u64,
    },
    /// The beginning of the period that the day or moment is in.
    DateBucket {
        /// The period.
        unit: DateUnit,
    },
    /// The text with every match of a regular expression replaced.
    Regex {
        /// The expression, in the syntax of Rust's `regex` crate.
        pattern: String,
        /// What stands in the place of each match.
        replacement: String,
    },
}

impl Mask {
    /// What redacted text is shown as.
    pub const REDACTED: &'static str = "***";
}

/// A period of [`Mask::DateBucket`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DateUnit {
    /// A day.
    Day,
    /// A week, from Monday.
    Week,
    /// A calendar month.
    Month,
    /// A quarter of a calendar year.
    Quarter,
    /// A calendar year.
    Year,
}

impl DateUnit {
    /// The name, as SQL's `date_trunc` has it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }
}

/// The rows that exist for someone.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RowAccess {
    /// All of them.
    All,
    /// Those that one of `permits` holds for and none of `forbids`.
    Where(RowRule),
}

/// A rule about rows. A condition that cannot be decided for a row permits nothing and forbids that row.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RowRule {
    /// A row needs one of these.
    pub permits: Vec<Condition>,
    /// A row needs none of these.
    pub forbids: Vec<Condition>,
}

impl RowRule {
    /// The rule that no row meets.
    pub const fn nothing() -> Self {
        Self { permits: Vec::new(), forbids: Vec::new() }
    }
}

/// What is asked of one row. Evaluated left to right, as Cedar does: what decides `All`, `Any` or `If` before an operand is
/// reached makes that operand not matter; an operand that cannot be decided makes the whole undecided.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
pub enum Condition {
    /// Always the same.
    Constant {
        /// What.
        holds: bool,
    },
    /// A column that is true or false.
    Flag {
        /// The column.
        column: String,
    },
    /// Whether the row has a value in a column.
    Present {
        /// The column.
        column: String,
    },
    /// A column against a value.
    Compare {
        /// The column, on the left.
        column: String,
        /// How they are compared.
        comparison: Comparison,
        /// The value, on the right.
        value: Value,
    },
    /// Two columns of the same type for equality or order.
    CompareColumns {
        /// The left one.
        left: String,
        /// How they are compared.
        comparison: Comparison,
        /// The right one.
        right: String,
    },
    /// Whether a column has one of the values.
    AnyOf {
        /// The column.
        column: String,
        /// The values; none of them means that it never holds.
        values: Vec<Value>,
    },
    /// Whether a text has the form of a pattern.
    Like {
        /// The column.
        column: String,
        /// The pattern's pieces; between two of them, any text. `["a", "b"]` is `a*b`.
        pieces: Vec<String>,
    },
    /// Whether a list has a value.
    Contains {
        /// The column, a list.
        column: String,
        /// The value.
        value: Value,
    },
    /// The opposite.
    Not {
        /// Of this.
        condition: Box<Condition>,
    },
    /// Every one of them.
    All {
        /// In this order.
        conditions: Vec<Condition>,
    },
    /// One of them.
    Any {
        /// In this order.
        conditions: Vec<Condition>,
    },
    /// One or the other.
    If {
        /// What decides.
        test: Box<Condition>,
        /// Where it holds.
        then: Box<Condition>,
        /// Where it does not.
        otherwise: Box<Condition>,
    },
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Comparison {
    /// `=`
    Equal,
    /// `<>`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// A value that a row's column is compared with.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "type", content = "value")]
pub enum Value {
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// Text.
    Text(String),
    /// A decimal number of four digits after the point, in ten-thousandths (Cedar's `decimal`).
    Decimal(i64),
    /// Milliseconds since 1970-01-01T00:00:00Z (Cedar's `datetime`).
    Moment(i64),
}
