//! What is on record of one request.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    agreement::AgreementId,
    name::{PortName, ProductName, TableName, WorkspaceName},
    principal::{Door, PrincipalId, PrincipalKind, Purpose},
    release::ReleaseNumber,
};

/// The id of a request, a UUID v7 (sorts by time). What an error outside shows, so that its cause can be found here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RequestId(uuid::Uuid);

impl RequestId {
    /// The id made of a UUID.
    pub const fn new(id: uuid::Uuid) -> Self {
        Self(id)
    }

    /// When it was made, as far as it says so.
    pub fn moment(&self) -> Option<DateTime<Utc>> {
        let (seconds, nanoseconds) = self.0.get_timestamp()?.to_unix();
        DateTime::from_timestamp(i64::try_from(seconds).ok()?, nanoseconds)
    }
}

impl std::fmt::Display for RequestId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// How a request ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
pub enum RequestResult {
    /// It was answered.
    Answered,
    /// The asker may not do this.
    Refused {
        /// Why, in full; the asker was told less.
        reason: String,
    },
    /// A limit stopped it.
    Limited {
        /// The limit's name.
        limit: String,
    },
    /// It failed.
    Failed {
        /// Why, in full; the asker may have been told less.
        reason: String,
    },
    /// Whoever asked went away, or asked to stop.
    Cancelled,
}

/// How a request ended, without why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// It was answered.
    Answered,
    /// The asker may not do this.
    Refused,
    /// A limit stopped it.
    Limited,
    /// It failed.
    Failed,
    /// Whoever asked went away, or asked to stop.
    Cancelled,
}

impl Outcome {
    /// Its name, as in `kind` of a [`RequestResult`].
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Refused => "refused",
            Self::Limited => "limited",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

impl RequestResult {
    /// The same, without why.
    pub const fn outcome(&self) -> Outcome {
        match self {
            Self::Answered => Outcome::Answered,
            Self::Refused { .. } => Outcome::Refused,
            Self::Limited { .. } => Outcome::Limited,
            Self::Failed { .. } => Outcome::Failed,
            Self::Cancelled => Outcome::Cancelled,
        }
    }
}

/// What was read of one table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TableRead {
    /// The output port that offers it; `None` where none does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<PortName>,
    /// The major version of that port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub major: Option<u64>,
    /// The release that it was read at.
    pub release: ReleaseNumber,
    /// The columns that the query uses, not only those that it returns.
    pub columns: BTreeSet<String>,
    /// The agreement under which it was read.
    pub agreement: Option<AgreementId>,
}

/// One request on one door, or several alike that nobody could be recognised in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestRecord {
    /// Its id.
    pub id: RequestId,
    /// When it came.
    pub at: DateTime<Utc>,
    /// The workspace that it was about.
    pub workspace: WorkspaceName,
    /// Through which door.
    pub door: Door,
    /// Who asked; `None` where nobody could be recognised.
    pub principal: Option<PrincipalId>,
    /// What they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal_kind: Option<PrincipalKind>,
    /// What for.
    pub purpose: Option<Purpose>,
    /// The program that asked, as it calls itself.
    pub client: Option<String>,
    /// What was asked: SQL, or the call in the door's own words.
    pub request: String,
    /// What was read, by product and table.
    pub reads: BTreeMap<ProductName, BTreeMap<TableName, TableRead>>,
    /// How many rows left.
    pub rows: u64,
    /// How many bytes left, as Arrow counts them in memory.
    pub bytes: u64,
    /// How long it took, from its arrival to the last row, in microseconds.
    pub microseconds: u64,
    /// How it ended.
    pub result: RequestResult,
    /// What kind of error it was where it was not answered, as doors name it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// How many requests this is the record of: 1, but for credentials that were refused shortly one after another.
    #[serde(default = "once", skip_serializing_if = "is_once")]
    pub times: u64,
}

const fn once() -> u64 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
const fn is_once(times: &u64) -> bool {
    *times == 1
}
