//! An agreement: a consumer's time-bound, purpose-bound right to read one major version of an output port.

use std::{collections::BTreeSet, fmt, str::FromStr};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    name::{GroupName, PortName, ProductName},
    principal::{Principal, PrincipalId, Purpose},
};

/// The id of an agreement, a UUID v7 (sorts by time).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AgreementId(uuid::Uuid);

impl AgreementId {
    /// The id made of a UUID.
    pub const fn new(id: uuid::Uuid) -> Self {
        Self(id)
    }

    /// The id of what elsewhere has an id of any form: the UUID that it is, else one made of it, the same each time.
    pub fn of(text: &str) -> Self {
        text.parse().unwrap_or_else(|_| {
            let mut bytes = [0; 16];
            bytes.copy_from_slice(&blake3::hash(text.as_bytes()).as_bytes()[..16]);
            Self(uuid::Builder::from_custom_bytes(bytes).into_uuid())
        })
    }
}

impl fmt::Display for AgreementId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for AgreementId {
    type Err = uuid::Error;
    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        text.parse().map(Self)
    }
}

/// Who an agreement is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind", content = "name")]
pub enum Consumer {
    /// One principal.
    Principal(PrincipalId),
    /// Everyone in a group.
    Group(GroupName),
}

impl Consumer {
    /// Whether this principal is, or is one of, the consumer.
    pub fn includes(&self, principal: &Principal) -> bool {
        match self {
            Self::Principal(id) => *id == principal.id,
            Self::Group(group) => principal.groups.contains(group),
        }
    }
}

impl fmt::Display for Consumer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Principal(id) => id.fmt(f),
            Self::Group(group) => write!(f, "group {group}"),
        }
    }
}

/// One major version of one output port.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PortVersion {
    /// The product.
    pub product: ProductName,
    /// The port.
    pub port: PortName,
    /// The major version of its contract.
    pub major: u64,
}

impl fmt::Display for PortVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}@{}", self.product, self.port, self.major)
    }
}

/// How far an agreement has come. That it has expired is not a state: time says so ([`Agreement::standing`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AgreementState {
    /// Asked for, not decided.
    Requested,
    /// Approved.
    Approved,
    /// Rejected.
    Rejected,
    /// Taken back by whoever asked, before it was decided.
    Withdrawn,
    /// Ended before its time.
    Revoked,
}

impl AgreementState {
    /// The name that the store keeps and people read.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Withdrawn => "withdrawn",
            Self::Revoked => "revoked",
        }
    }

    /// Whether an agreement can come from this state to another.
    pub const fn leads_to(self, other: Self) -> bool {
        matches!(
            (self, other),
            (Self::Requested, Self::Approved | Self::Rejected | Self::Withdrawn) | (Self::Approved, Self::Revoked)
        )
    }
}

impl FromStr for AgreementState {
    type Err = UnknownState;
    fn from_str(text: &str) -> Result<Self, UnknownState> {
        let all = [Self::Requested, Self::Approved, Self::Rejected, Self::Withdrawn, Self::Revoked];
        all.into_iter().find(|state| state.as_str() == text).ok_or_else(|| UnknownState(text.to_owned()))
    }
}

/// A text is not the name of a state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a state of an agreement")]
pub struct UnknownState(String);

/// What an agreement is good for at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// It was never approved, or is not any more.
    None,
    /// It is in force.
    Active,
    /// It was in force, and its time is over.
    Expired,
}

/// An agreement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Agreement {
    /// Its id.
    pub id: AgreementId,
    /// What may be read.
    pub port: PortVersion,
    /// Which of its columns; `None` for all.
    pub columns: Option<BTreeSet<String>>,
    /// Who may read.
    pub consumer: Consumer,
    /// What for.
    pub purpose: Purpose,
    /// Why, in the words of whoever asked.
    pub justification: Option<String>,
    /// How far it has come.
    pub state: AgreementState,
    /// Who asked.
    pub requested_by: PrincipalId,
    /// When.
    pub requested_at: DateTime<Utc>,
    /// How many seconds it lasts from its approval.
    pub seconds: u64,
    /// When it ends; set when it is approved.
    pub expires_at: Option<DateTime<Utc>>,
    /// The agreement that this one continues.
    pub renews: Option<AgreementId>,
    /// Who decided last, and what they said of it.
    pub decision: Option<AgreementDecision>,
    /// The document that it was imported from, for all that has no place here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<Value>,
}

/// An agreement as a document of elsewhere has it, before it is on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenAgreement {
    /// Its id.
    pub id: AgreementId,
    /// What may be read.
    pub port: PortVersion,
    /// Which of its columns; `None` for all.
    pub columns: Option<BTreeSet<String>>,
    /// Who may read.
    pub consumer: Consumer,
    /// What for.
    pub purpose: Purpose,
    /// Why.
    pub justification: Option<String>,
    /// How far it has come.
    pub state: AgreementState,
    /// Who asked, where the document says so.
    pub requested_by: Option<PrincipalId>,
    /// When it was asked for, where the document says so.
    pub requested_at: Option<DateTime<Utc>>,
    /// From when on it holds, where the document says so.
    pub begins_at: Option<DateTime<Utc>>,
    /// When it ends; `None` where the document names no end.
    pub expires_at: Option<DateTime<Utc>>,
    /// How many seconds it is to last, where it is not in force yet.
    pub seconds: Option<u64>,
    /// The agreement that this one continues.
    pub renews: Option<AgreementId>,
    /// The whole document.
    pub document: Value,
}

/// Who moved an agreement to its present state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AgreementDecision {
    /// Who; `None` where a rule of the port approved it.
    pub by: Option<PrincipalId>,
    /// When.
    pub at: DateTime<Utc>,
    /// Why.
    pub comment: Option<String>,
}

impl Agreement {
    /// What it is good for at a moment. It is over at the very moment of its end.
    pub fn standing(&self, now: DateTime<Utc>) -> Standing {
        match (self.state, self.expires_at) {
            (AgreementState::Approved, Some(end)) if now < end => Standing::Active,
            (AgreementState::Approved, Some(_)) => Standing::Expired,
            _ => Standing::None,
        }
    }

    /// Whether whoever asks for this purpose may read under it at a moment; without a purpose, for its own.
    pub fn holds_for(&self, purpose: Option<&Purpose>, now: DateTime<Utc>) -> bool {
        self.standing(now) == Standing::Active && purpose.is_none_or(|purpose| *purpose == self.purpose)
    }

    /// Whether it lets someone read the port with this column.
    pub fn covers_column(&self, column: &str) -> bool {
        self.columns.as_ref().is_none_or(|columns| columns.contains(column))
    }
}
