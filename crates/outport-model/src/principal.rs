//! Who asks, and for which purpose.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{name::GroupName, text::text};

/// Why a text is not a [`PrincipalId`] or a [`Purpose`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// It has nothing but white space.
    #[error("it is empty")]
    Empty,
    /// It is too long.
    #[error("it is longer than {0} characters")]
    TooLong(usize),
    /// It has a line break or another control character.
    #[error("it has a control character")]
    Control,
}

fn line(text: &str, longest: usize) -> Result<String, TextError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(TextError::Empty);
    }
    if text.chars().count() > longest {
        return Err(TextError::TooLong(longest));
    }
    if text.chars().any(char::is_control) {
        return Err(TextError::Control);
    }
    Ok(text.to_owned())
}

macro_rules! line {
    ($(#[$doc:meta])* $type:ident, $longest:expr) => {
        text!($(#[$doc])* $type, TextError, |text| line(text, $longest));
    };
}

line!(
    /// What a principal is called: the name of a local user or service, or the subject that an identity provider
    /// vouches for, as `<provider>:<subject>`. One line of at most 255 characters; upper and lower case differ.
    PrincipalId,
    255
);
line!(
    /// What data is read for, in the words of whoever reads: one line of at most 200 characters.
    Purpose,
    200
);

impl PrincipalId {
    /// Whoever works on the home itself. No user has this name: those of local users have no `:`.
    pub fn home() -> Self {
        Self("home:local".to_owned())
    }
}

/// What a principal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PrincipalKind {
    /// A person.
    User,
    /// A program.
    Service,
}

impl PrincipalKind {
    /// The name that the store keeps and people read.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Service => "service",
        }
    }
}

/// Someone who is known: authentication is behind them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Principal {
    /// What they are called.
    pub id: PrincipalId,
    /// What they are.
    pub kind: PrincipalKind,
    /// The groups that they are in.
    #[serde(default)]
    pub groups: BTreeSet<GroupName>,
    /// The part of the organisation that they work in.
    #[serde(default)]
    pub department: Option<String>,
    /// Where they work.
    #[serde(default)]
    pub region: Option<String>,
    /// How much they are trusted with; more is higher.
    #[serde(default)]
    pub clearance: Option<i64>,
    /// Whatever else policies ask for.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
}

impl Principal {
    /// A principal of whom nothing but the name is known.
    pub fn new(id: PrincipalId, kind: PrincipalKind) -> Self {
        Self {
            id,
            kind,
            groups: BTreeSet::new(),
            department: None,
            region: None,
            clearance: None,
            labels: BTreeMap::new(),
        }
    }

    /// Whether they are in the group [`GroupName::administrators`].
    pub fn is_administrator(&self) -> bool {
        self.groups.contains(&GroupName::administrators())
    }
}

/// Through which door a request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Door {
    /// The command line, on the home itself.
    Cli,
    /// SQL over HTTP.
    Sql,
    /// The REST data API of a product.
    Rest,
    /// GraphQL.
    Graphql,
    /// The PostgreSQL wire protocol.
    Postgres,
    /// Arrow Flight SQL.
    Flight,
    /// Delta Sharing.
    Sharing,
    /// The Model Context Protocol.
    Mcp,
    /// The stream of changes between releases.
    Changes,
    /// A port as a file.
    Download,
    /// The management API.
    Management,
    /// The hub: pages in a browser, whichever path they call.
    Hub,
}

impl Door {
    /// Every door.
    pub const ALL: [Self; 12] = [
        Self::Cli,
        Self::Sql,
        Self::Rest,
        Self::Graphql,
        Self::Postgres,
        Self::Flight,
        Self::Sharing,
        Self::Mcp,
        Self::Changes,
        Self::Download,
        Self::Management,
        Self::Hub,
    ];

    /// The name on record and in policies (`context.door`).
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cli => "cli",
            Self::Sql => "sql",
            Self::Rest => "rest",
            Self::Graphql => "graphql",
            Self::Postgres => "postgres",
            Self::Flight => "flight",
            Self::Sharing => "sharing",
            Self::Mcp => "mcp",
            Self::Changes => "changes",
            Self::Download => "download",
            Self::Management => "management",
            Self::Hub => "hub",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purpose_is_one_line_of_text() {
        assert_eq!(" churn analysis ".parse::<Purpose>().unwrap().as_str(), "churn analysis");
        assert_eq!("  ".parse::<Purpose>(), Err(TextError::Empty));
        assert_eq!("a\nb".parse::<Purpose>(), Err(TextError::Control));
        assert_eq!("x".repeat(201).parse::<Purpose>(), Err(TextError::TooLong(200)));
    }

    #[test]
    fn doors_are_named_alike_everywhere() {
        for door in Door::ALL {
            assert_eq!(serde_json::to_value(door).unwrap(), door.as_str());
        }
    }
}
