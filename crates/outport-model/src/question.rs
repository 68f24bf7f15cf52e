//! Questions that people keep to ask them again: SQL with a title, and who else sees it. Answers are never kept.

use std::{collections::BTreeSet, fmt, str::FromStr};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    agreement::Consumer,
    feedback::{Title, Writing, WritingError, written},
    principal::{Principal, PrincipalId, Purpose},
    text::text,
};

/// The id of a saved question, a UUID v7 (sorts by time).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct QuestionId(uuid::Uuid);

impl QuestionId {
    /// The id made of a UUID.
    pub const fn new(id: uuid::Uuid) -> Self {
        Self(id)
    }
}

impl fmt::Display for QuestionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for QuestionId {
    type Err = uuid::Error;
    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        text.parse().map(Self)
    }
}

text!(
    /// The SQL of a saved question: lines of at most 20,000 characters together, with nothing in them that is shown as
    /// something else than it is. Whether it can be asked is not looked at.
    SavedSql,
    WritingError,
    |text| written(text, Self::LONGEST, true)
);

impl SavedSql {
    /// The most characters that it has.
    pub const LONGEST: usize = 20_000;
}

/// What a chart is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChartForm {
    /// A bar for each value along the axis.
    Bars,
    /// A line over time or numbers.
    Line,
    /// A point for each row.
    Points,
}

/// Why a chart cannot be kept like this.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChartError {
    /// It draws nothing, or too much.
    #[error("a chart draws between 1 and {} columns", ChartSettings::MOST_VALUES)]
    Values,
    /// A column's name is longer than any is.
    #[error("the name of a column has at most {} characters", ChartSettings::LONGEST_NAME)]
    Name,
}

/// How an answer is drawn. Columns are named as in the answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "RawChart", into = "RawChart")]
pub struct ChartSettings(RawChart);

/// The same, unchecked.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RawChart {
    /// What it is made of.
    pub form: ChartForm,
    /// The column along which it is drawn.
    pub along: String,
    /// The columns that are drawn.
    pub values: Vec<String>,
    /// The column of which each value is drawn by itself.
    pub split: Option<String>,
}

impl ChartSettings {
    /// The most columns that are drawn.
    pub const MOST_VALUES: usize = 6;
    /// The most characters of a column's name.
    pub const LONGEST_NAME: usize = 200;

    /// Every column that they name.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        let RawChart { along, values, split, .. } = &self.0;
        [along].into_iter().chain(values).chain(split).map(String::as_str)
    }
}

impl TryFrom<RawChart> for ChartSettings {
    type Error = ChartError;
    fn try_from(raw: RawChart) -> Result<Self, ChartError> {
        if raw.values.is_empty() || raw.values.len() > Self::MOST_VALUES {
            return Err(ChartError::Values);
        }
        let chart = Self(raw);
        if chart.columns().any(|name| name.chars().count() > Self::LONGEST_NAME) {
            return Err(ChartError::Name);
        }
        Ok(chart)
    }
}

impl From<ChartSettings> for RawChart {
    fn from(chart: ChartSettings) -> Self {
        chart.0
    }
}

/// Nobody is named, or too many are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a question is shared with between 1 and {} people and groups by name", Named::MOST)]
pub struct NamedError;

/// People and groups, by name: at least one, and at most a hundred.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "BTreeSet<Consumer>", into = "BTreeSet<Consumer>")]
pub struct Named(BTreeSet<Consumer>);

impl Named {
    /// The most that are named.
    pub const MOST: usize = 100;
}

impl TryFrom<BTreeSet<Consumer>> for Named {
    type Error = NamedError;
    fn try_from(named: BTreeSet<Consumer>) -> Result<Self, NamedError> {
        if named.is_empty() || named.len() > Self::MOST { Err(NamedError) } else { Ok(Self(named)) }
    }
}

impl From<Named> for BTreeSet<Consumer> {
    fn from(named: Named) -> Self {
        named.0
    }
}

/// Who sees a saved question beside its owner, as far as they may know of what it names.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "kind", deny_unknown_fields)]
pub enum Audience {
    /// Nobody.
    #[default]
    Owner,
    /// Everyone in the workspace.
    Everyone,
    /// Some.
    Named {
        /// Who.
        who: Named,
    },
}

impl Audience {
    /// Whether this principal is one of those that it is for.
    pub fn includes(&self, principal: &Principal) -> bool {
        match self {
            Self::Owner => false,
            Self::Everyone => true,
            Self::Named { who } => who.0.iter().any(|who| who.includes(principal)),
        }
    }
}

/// What someone keeps of a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct QuestionContent {
    /// What it asks, in short.
    pub title: Title,
    /// More about it.
    #[serde(default)]
    pub description: Option<Writing>,
    /// The question.
    pub sql: SavedSql,
    /// What it is asked for.
    #[serde(default)]
    pub purpose: Option<Purpose>,
    /// How its answer is drawn; `None` where its rows are shown.
    #[serde(default)]
    pub chart: Option<ChartSettings>,
    /// Who else sees it.
    #[serde(default)]
    pub audience: Audience,
}

/// A question that someone keeps to ask it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SavedQuestion {
    /// Its id.
    pub id: QuestionId,
    /// Whose it is.
    pub owner: PrincipalId,
    /// When it was saved.
    pub created_at: DateTime<Utc>,
    /// When it became what it is.
    pub changed_at: DateTime<Utc>,
    /// What is kept.
    pub content: QuestionContent,
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::principal::PrincipalKind;

    fn chart(values: &[&str], along: &str) -> Result<ChartSettings, serde_json::Error> {
        serde_json::from_value(json!({ "form": "bars", "along": along, "values": values, "split": null }))
    }

    #[test]
    fn sql_is_what_it_looks_like() {
        assert_eq!(" SELECT 1\r\n\tFROM t\n".parse::<SavedSql>().unwrap().as_str(), "SELECT 1\n\tFROM t");
        assert_eq!("".parse::<SavedSql>(), Err(WritingError::Empty));
        assert_eq!("SELECT 'safe\u{202e}exe'".parse::<SavedSql>(), Err(WritingError::Control));
        assert!("x".repeat(20_000).parse::<SavedSql>().is_ok());
        assert_eq!("x".repeat(20_001).parse::<SavedSql>(), Err(WritingError::TooLong(20_000)));
    }

    #[test]
    fn a_chart_draws_something_and_not_everything() {
        assert_eq!(chart(&["a", "b"], "day").unwrap().columns().collect::<Vec<_>>(), ["day", "a", "b"]);
        assert!(chart(&[], "day").is_err());
        assert!(chart(&["a"; 7], "day").is_err());
        assert!(chart(&["a"], &"x".repeat(201)).is_err());
    }

    #[test]
    fn an_audience_is_nobody_unless_someone_is_named() {
        let mut bob = Principal::new("bob".parse().unwrap(), PrincipalKind::User);
        let named = |who: Value| serde_json::from_value::<Audience>(json!({ "kind": "named", "who": who }));
        let of_bob = named(json!([{ "kind": "principal", "name": "bob" }])).unwrap();
        let of_staff = named(json!([{ "kind": "group", "name": "staff" }])).unwrap();
        let includes = |audience: &Audience, who: &Principal| audience.includes(who);
        assert!(includes(&of_bob, &bob) && includes(&Audience::Everyone, &bob));
        assert!(!includes(&of_staff, &bob) && !includes(&Audience::default(), &bob));
        bob.groups.insert("staff".parse().unwrap());
        assert!(includes(&of_staff, &bob));
        assert!(named(json!([])).is_err());
        let many: Vec<_> = (0..101).map(|n| json!({ "kind": "principal", "name": format!("p{n}") })).collect();
        assert!(named(json!(many)).is_err());
    }

    #[test]
    fn what_is_kept_is_read_as_it_was_written() {
        let content = json!({
            "title": "Orders by day", "description": "Only open ones.", "sql": "SELECT 1", "purpose": "planning",
            "chart": { "form": "line", "along": "day", "values": ["n"], "split": null },
            "audience": { "kind": "named", "who": [{ "kind": "group", "name": "staff" }] },
        });
        let read: QuestionContent = serde_json::from_value(content.clone()).unwrap();
        assert_eq!(serde_json::to_value(read).unwrap(), content);
        let least: QuestionContent = serde_json::from_value(json!({ "title": "t", "sql": "SELECT 1" })).unwrap();
        assert_eq!((least.audience, least.chart), (Audience::Owner, None));
        let unknown = json!({ "title": "t", "sql": "SELECT 1", "rows": [] });
        assert!(serde_json::from_value::<QuestionContent>(unknown).is_err());
    }
}
