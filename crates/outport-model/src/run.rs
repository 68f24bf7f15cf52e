//! A run: one execution of a product's models.

use std::{collections::BTreeMap, fmt, str::FromStr};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    name::{PortName, ProductName},
    release::ReleaseNumber,
};

/// The id of a run, a UUID v7 (sorts by time).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(uuid::Uuid);

impl RunId {
    /// The id made of a UUID.
    pub const fn new(id: uuid::Uuid) -> Self {
        Self(id)
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for RunId {
    type Err = uuid::Error;
    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        text.parse().map(Self)
    }
}

/// How far a run has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunState {
    /// Under way, or its process has died (its lease tells which).
    Running,
    /// It published a release.
    Published,
    /// Everything was built already: the current release stays.
    Unchanged,
    /// It failed; nothing was published.
    Failed,
    /// It was stopped; nothing was published.
    Cancelled,
}

impl RunState {
    /// The name that the store keeps and people read.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Published => "published",
            Self::Unchanged => "unchanged",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

impl fmt::Display for RunState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the state of a run")]
pub struct RunStateError(String);

impl FromStr for RunState {
    type Err = RunStateError;
    fn from_str(text: &str) -> Result<Self, RunStateError> {
        [Self::Running, Self::Published, Self::Unchanged, Self::Failed, Self::Cancelled]
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| RunStateError(text.to_owned()))
    }
}

/// What a run read through one input port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum InputVersion {
    /// Files: a fingerprint over their names and contents.
    Content {
        /// The fingerprint.
        fingerprint: crate::fingerprint::Fingerprint,
        /// How many files.
        files: u64,
        /// How many bytes.
        bytes: u64,
    },
    /// A table of another product's release.
    Release {
        /// The product.
        product: ProductName,
        /// The release.
        number: ReleaseNumber,
        /// The table version.
        table: crate::release::TableVersion,
    },
    /// Generated data: the same text gives the same rows.
    Generated {
        /// What is generated.
        recipe: String,
    },
}

impl InputVersion {
    /// A text that is equal exactly where the rows are.
    pub fn token(&self) -> String {
        match self {
            Self::Content { fingerprint, .. } => format!("content:{fingerprint}"),
            Self::Release { table, .. } => format!("table:{}@{}", table.path, table.version),
            Self::Generated { recipe } => format!("generated:{recipe}"),
        }
    }
}

/// A run on record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// The product.
    pub product: ProductName,
    /// How far it has come.
    pub state: RunState,
    /// The generation of the record of intent that it executed.
    pub generation: u64,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// What it read.
    pub inputs: BTreeMap<PortName, InputVersion>,
    /// The release that it published, or found to be up to date.
    pub release: Option<ReleaseNumber>,
    /// Why it failed.
    pub error: Option<String>,
}
