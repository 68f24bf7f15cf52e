//! A release: the set {table → table version} that consumers see.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    fingerprint::Fingerprint,
    name::{ProductName, TableName},
    run::RunId,
};

/// The number of a release: 1, 2, 3… for each product in a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReleaseNumber(pub u64);

impl std::fmt::Display for ReleaseNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// One version of one stored table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TableVersion {
    /// The model fingerprint that names the stored table.
    pub fingerprint: Fingerprint,
    /// The stored table, relative to the warehouse.
    pub path: String,
    /// The Delta Lake version.
    pub version: u64,
    /// Rows in this version.
    pub rows: u64,
    /// Bytes of its files.
    pub bytes: u64,
}

/// What a released table is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TableRole {
    /// Offered by an output port.
    Output,
    /// Rows that an input contract held back.
    Quarantine,
    /// Between models; not visible to consumers, kept so that it need not be built again.
    Internal,
}

/// One table of a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReleasedTable {
    /// What it is for.
    pub role: TableRole,
    /// The stored version.
    pub version: TableVersion,
    /// Major version of the output port; `None` for other roles.
    pub major: Option<u64>,
}

/// A release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Release {
    /// The product.
    pub product: ProductName,
    /// Its number.
    pub number: ReleaseNumber,
    /// The run that made it.
    pub run: RunId,
    /// When it was published.
    pub published_at: DateTime<Utc>,
    /// Its tables.
    pub tables: BTreeMap<TableName, ReleasedTable>,
}
