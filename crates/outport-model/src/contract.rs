//! What a port promises: tables, columns and types, taken from one ODCS document.

use std::{collections::BTreeSet, fmt};

use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

use crate::check::Check;

/// The `id` of an ODCS document (any text; ODCS v3.2.0, "Fundamentals").
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ContractId(String);

impl ContractId {
    /// A contract id; any text that is not empty.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ContractId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A semantic version; documents may write it with a leading `v` and without minor or patch.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Version(semver::Version);

impl Version {
    /// Version `major.minor.patch`.
    pub const fn new(major: u64, minor: u64, patch: u64) -> Self {
        Self(semver::Version::new(major, minor, patch))
    }

    /// The major number, which names an output port.
    pub fn major(&self) -> u64 {
        self.0.major
    }

    /// The step from `earlier` to this version, by the numbers alone.
    pub fn step_from(&self, earlier: &Self) -> crate::diff::Step {
        use crate::diff::Step;
        if self.0.major != earlier.0.major {
            Step::Major
        } else if self.0.minor != earlier.0.minor {
            Step::Minor
        } else if self.0.patch != earlier.0.patch {
            Step::Patch
        } else {
            Step::None
        }
    }

    /// The next version after a step.
    #[must_use]
    pub fn bump(&self, step: crate::diff::Step) -> Self {
        use crate::diff::Step;
        let v = &self.0;
        match step {
            Step::None => self.clone(),
            Step::Patch => Self::new(v.major, v.minor, v.patch + 1),
            Step::Minor => Self::new(v.major, v.minor + 1, 0),
            Step::Major => Self::new(v.major + 1, 0, 0),
        }
    }
}

impl std::str::FromStr for Version {
    type Err = semver::Error;
    fn from_str(text: &str) -> Result<Self, semver::Error> {
        let bare = text.strip_prefix(['v', 'V']).unwrap_or(text);
        let dots = bare.split(['-', '+']).next().unwrap_or(bare).matches('.').count();
        let (numbers, rest) = bare.split_at(bare.find(['-', '+']).unwrap_or(bare.len()));
        let filled = format!("{numbers}{}{rest}", ".0".repeat(2_usize.saturating_sub(dots)));
        semver::Version::parse(&filled).map(Self)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What one ODCS document says of the data that it guards.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contract {
    /// The document's `id`.
    pub id: ContractId,
    /// The document's `version`.
    pub version: Version,
    /// The document's `name`.
    pub name: Option<String>,
    /// The file it came from, relative to the bundle.
    pub file: String,
    /// `description.purpose`, or the text that stands for it.
    pub description: Option<String>,
    /// Who decides on requests to read: the names in `firstLevelApprovers` and `secondLevelApprovers` of `roles`, each
    /// a principal or a group. Empty where the contract names none.
    #[serde(default)]
    pub approvers: BTreeSet<String>,
    /// What else it says of the data as a whole.
    #[serde(default)]
    pub terms: ContractTerms,
    /// One for each object in `schema`, in the document's order.
    pub tables: Vec<TableSchema>,
}

impl Contract {
    /// The table with this name.
    pub fn table(&self, name: &str) -> Option<&TableSchema> {
        self.tables.iter().find(|t| t.name == name)
    }
}

/// What a contract says of the data as a whole, for people. Nothing of it is measured here; what of `slaProperties` can
/// be measured is among the checks of a table too.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContractTerms {
    /// `status`.
    pub status: Option<String>,
    /// `description.usage`.
    pub usage: Option<String>,
    /// `description.limitations`.
    pub limitations: Option<String>,
    /// `tags`.
    pub tags: Vec<String>,
    /// `slaProperties`.
    pub service_levels: Vec<ServiceLevel>,
    /// `price`.
    pub price: Option<Price>,
}

/// One of the `slaProperties` of a contract.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceLevel {
    /// What is promised: `latency`, `retention`, `availability`… (open).
    pub property: String,
    /// How much of it, as the document writes it.
    pub value: Value,
    /// In which unit.
    pub unit: Option<String>,
    /// Of what: `object.property`.
    pub element: Option<String>,
    /// In words.
    pub description: Option<String>,
}

/// What reading costs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Price {
    /// For one unit.
    pub amount: Option<Number>,
    /// The currency.
    pub currency: Option<String>,
    /// The unit, as `megabyte`.
    pub unit: Option<String>,
}

/// One object of an ODCS `schema`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TableSchema {
    /// The object's `name`.
    pub name: String,
    /// The object's `description`.
    pub description: Option<String>,
    /// The columns, in the document's order.
    pub columns: Vec<Column>,
    /// Every check that the document asks of this table, those that types and keys imply included.
    pub checks: Vec<Check>,
}

impl TableSchema {
    /// The column with this name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|c| c.name == name)
    }

    /// The primary key's columns in key order; empty where the contract names none.
    pub fn primary_key(&self) -> Vec<&Column> {
        let mut key: Vec<_> = self.columns.iter().filter(|c| c.primary_key.is_some()).collect();
        key.sort_by_key(|c| c.primary_key);
        key
    }
}

/// One property of an object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// The property's `name`.
    pub name: String,
    /// What it holds.
    pub data_type: DataType,
    /// Whether a row may have no value: neither `required` nor part of the primary key.
    pub nullable: bool,
    /// Position in the primary key, from 1.
    pub primary_key: Option<u32>,
    /// Whether its values are unique by themselves.
    pub unique: bool,
    /// The property's `description`.
    pub description: Option<String>,
    /// The property's `classification`.
    pub classification: Option<String>,
    /// The property's `tags`.
    pub tags: Vec<String>,
    /// Whether the contract says that it will go (`deprecated`, ODCS v3.2.0).
    pub deprecated: bool,
}

/// The type of a column: `logicalType` made exact by `logicalTypeOptions.format` and `physicalType`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DataType {
    /// UTF-8 text.
    String,
    /// True or false.
    Boolean,
    /// A whole number.
    Integer {
        /// 8, 16, 32 or 64.
        bits: u8,
        /// Whether it has a sign.
        signed: bool,
    },
    /// A binary floating-point number.
    Float {
        /// 32 or 64.
        bits: u8,
    },
    /// A decimal number.
    Decimal {
        /// Digits in all, 1 to 38.
        precision: u8,
        /// Digits after the point.
        scale: i8,
    },
    /// A calendar day.
    Date,
    /// A time of day, kept as ISO 8601 text (Delta Lake has no such type).
    Time,
    /// A point in time, or wall-clock time where it has no zone; microseconds.
    Timestamp {
        /// Whether it is a point in time (stored in UTC).
        zoned: bool,
    },
    /// Bytes.
    Binary,
    /// A list.
    List(Box<DataType>),
    /// Named fields.
    Struct(Vec<Field>),
    /// Keys and values.
    Map(Box<DataType>, Box<DataType>),
}

/// One field of a [`DataType::Struct`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Field {
    /// The field's name.
    pub name: String,
    /// What it holds.
    pub data_type: DataType,
    /// Whether it may have no value.
    pub nullable: bool,
}

impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::String => f.write_str("string"),
            Self::Boolean => f.write_str("boolean"),
            Self::Integer { bits, signed: true } => write!(f, "integer (i{bits})"),
            Self::Integer { bits, signed: false } => write!(f, "integer (u{bits})"),
            Self::Float { bits } => write!(f, "number (f{bits})"),
            Self::Decimal { precision, scale } => write!(f, "number (decimal({precision},{scale}))"),
            Self::Date => f.write_str("date"),
            Self::Time => f.write_str("time"),
            Self::Timestamp { zoned: true } => f.write_str("timestamp"),
            Self::Timestamp { zoned: false } => f.write_str("timestamp without time zone"),
            Self::Binary => f.write_str("binary"),
            Self::List(item) => write!(f, "array of {item}"),
            Self::Struct(fields) => write!(f, "object of {} fields", fields.len()),
            Self::Map(key, value) => write!(f, "map of {key} to {value}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_documents_write_them() {
        for (text, expect) in [("1.2.3", "1.2.3"), ("v2.0.0", "2.0.0"), ("v3", "3.0.0"), ("1.2-beta", "1.2.0-beta")] {
            assert_eq!(text.parse::<Version>().unwrap().to_string(), expect);
        }
        assert!("latest".parse::<Version>().is_err());
    }
}
