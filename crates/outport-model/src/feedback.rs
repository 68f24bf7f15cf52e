//! What people say about a product: questions, problems and requests with what was answered, and ratings.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    name::{ProductName, TableName},
    principal::PrincipalId,
    text::text,
};

/// The id of a question, a problem or a request, a UUID v7 (sorts by time).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FeedbackId(uuid::Uuid);

impl FeedbackId {
    /// The id made of a UUID.
    pub const fn new(id: uuid::Uuid) -> Self {
        Self(id)
    }
}

impl fmt::Display for FeedbackId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for FeedbackId {
    type Err = uuid::Error;
    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        text.parse().map(Self)
    }
}

/// A text is not one of the words that are known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not {1}")]
pub struct UnknownWord(String, &'static str);

/// What someone wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FeedbackKind {
    /// To know something.
    Question,
    /// That something be put right.
    Problem,
    /// That something be added.
    Request,
}

impl FeedbackKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Question, Self::Problem, Self::Request];

    /// The name that the store keeps and people read.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Question => "question",
            Self::Problem => "problem",
            Self::Request => "request",
        }
    }
}

impl FromStr for FeedbackKind {
    type Err = UnknownWord;
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let found = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        found.ok_or_else(|| UnknownWord(text.to_owned(), "a kind of feedback: question, problem or request"))
    }
}

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FeedbackState {
    /// Nobody has decided on it.
    Open,
    /// There is an answer.
    Answered,
    /// It will be done.
    Planned,
    /// It is done.
    Done,
    /// It will not be done.
    Declined,
    /// Taken back by its author: only they and who operates the product see it.
    Withdrawn,
}

impl FeedbackState {
    /// Every state.
    pub const ALL: [Self; 6] = [Self::Open, Self::Answered, Self::Planned, Self::Done, Self::Declined, Self::Withdrawn];

    /// The name that the store keeps and people read.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Answered => "answered",
            Self::Planned => "planned",
            Self::Done => "done",
            Self::Declined => "declined",
            Self::Withdrawn => "withdrawn",
        }
    }
}

impl FromStr for FeedbackState {
    type Err = UnknownWord;
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let found = Self::ALL.into_iter().find(|state| state.as_str() == text);
        found.ok_or_else(|| {
            let words = "a state of feedback: open, answered, planned, done, declined or withdrawn";
            UnknownWord(text.to_owned(), words)
        })
    }
}

/// Why a text is not what someone may write.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WritingError {
    /// It has nothing but white space.
    #[error("it is empty")]
    Empty,
    /// It is too long.
    #[error("it is longer than {0} characters")]
    TooLong(usize),
    /// It has a character that is shown as something else than it is.
    #[error("it has a control character")]
    Control,
}

/// Whether a character only changes how others are shown: what turns the direction of text round can make it read as
/// something else.
const fn changes_what_is_shown(character: char) -> bool {
    matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// A text as it is kept: lines as they are written here, without white space around it. A text of one line has no `lines`.
pub(crate) fn written(text: &str, longest: usize, lines: bool) -> Result<String, WritingError> {
    let text = text.replace("\r\n", "\n");
    let text = text.trim();
    if text.is_empty() {
        return Err(WritingError::Empty);
    }
    if text.chars().count() > longest {
        return Err(WritingError::TooLong(longest));
    }
    let allowed = |c: char| lines && matches!(c, '\n' | '\t');
    if text.chars().any(|c| (c.is_control() && !allowed(c)) || changes_what_is_shown(c)) {
        return Err(WritingError::Control);
    }
    Ok(text.to_owned())
}

macro_rules! written {
    ($(#[$doc:meta])* $type:ident, $longest:expr, $lines:expr) => {
        text!($(#[$doc])* $type, WritingError, |text| written(text, $longest, $lines));

        impl $type {
            /// The most characters that it has.
            pub const LONGEST: usize = $longest;
        }
    };
}

written!(
    /// What it is about in short: one line of at most 200 characters. Plain text, wherever it is shown.
    Title,
    200,
    false
);
written!(
    /// What someone wrote: lines of at most 10,000 characters together. Plain text, wherever it is shown.
    Writing,
    10_000,
    true
);

/// What feedback is about: a product, a table of it, or a column.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subject {
    /// The product.
    pub product: ProductName,
    /// The table.
    pub table: Option<TableName>,
    /// The column of that table.
    pub column: Option<String>,
}

impl Subject {
    /// A product as a whole.
    pub const fn product(product: ProductName) -> Self {
        Self { product, table: None, column: None }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.product.fmt(f)?;
        for part in [self.table.as_ref().map(TableName::as_str), self.column.as_deref()].into_iter().flatten() {
            write!(f, ".{part}")?;
        }
        Ok(())
    }
}

/// A question, a problem or a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Feedback {
    /// Its id.
    pub id: FeedbackId,
    /// What it is about.
    #[serde(flatten)]
    pub subject: Subject,
    /// What its author wants.
    pub kind: FeedbackKind,
    /// In short.
    pub title: Title,
    /// In full.
    pub text: Writing,
    /// Who wrote it.
    pub author: PrincipalId,
    /// When.
    pub created_at: DateTime<Utc>,
    /// When its author last corrected it.
    pub edited_at: Option<DateTime<Utc>>,
    /// How far it has come.
    pub state: FeedbackState,
    /// Who said so last.
    pub state_changed_by: Option<PrincipalId>,
    /// When.
    pub state_changed_at: Option<DateTime<Utc>>,
    /// Who is to see to it.
    pub assignee: Option<PrincipalId>,
}

/// What someone said to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reply {
    /// Its id.
    pub id: FeedbackId,
    /// Who.
    pub author: PrincipalId,
    /// When.
    pub created_at: DateTime<Utc>,
    /// What.
    pub text: Writing,
    /// Whether they could operate the product when they said it.
    pub operator: bool,
}

/// A number is not one that can be given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{given} is not between {least} and {most}")]
pub struct OutOfRange {
    given: i64,
    least: u8,
    most: u8,
}

macro_rules! grade {
    ($(#[$doc:meta])* $type:ident, $least:expr, $most:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "i64", into = "i64")]
        pub struct $type(u8);

        impl $type {
            /// The number.
            pub const fn get(self) -> u8 {
                self.0
            }
        }

        impl TryFrom<i64> for $type {
            type Error = OutOfRange;
            fn try_from(given: i64) -> Result<Self, OutOfRange> {
                let fits = u8::try_from(given).ok().filter(|number| ($least..=$most).contains(number));
                fits.map(Self).ok_or(OutOfRange { given, least: $least, most: $most })
            }
        }

        impl From<$type> for i64 {
            fn from(value: $type) -> i64 {
                i64::from(value.0)
            }
        }
    };
}

grade!(
    /// How content someone is with a product (customer satisfaction): 1 not at all, 5 very.
    Csat,
    1,
    5
);
grade!(
    /// How likely someone would recommend a product (net promoter score): 0 not at all, 10 surely.
    Nps,
    0,
    10
);

/// What someone thinks of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rating {
    /// Who.
    pub author: PrincipalId,
    /// When they said it.
    pub rated_at: DateTime<Utc>,
    /// How content they are.
    pub csat: Csat,
    /// How likely they would recommend it, where they said so.
    pub nps: Option<Nps>,
    /// Why.
    pub text: Option<Writing>,
}

/// How content people are with a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Contentment {
    /// How many gave 1, 2, 3, 4 and 5.
    pub distribution: [u64; 5],
}

impl Contentment {
    /// Counts one more.
    pub fn add(&mut self, given: Csat) {
        self.distribution[usize::from(given.get() - 1)] += 1;
    }

    /// How many said something.
    pub fn count(&self) -> u64 {
        self.distribution.iter().sum()
    }

    /// The mean, where anyone said anything.
    pub fn mean(&self) -> Option<f64> {
        let sum: u64 = (1..).zip(self.distribution).map(|(given, count)| given * count).sum();
        ratio(sum, self.count())
    }
}

/// How many would recommend a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Recommendation {
    /// Those who gave 9 or 10.
    pub promoters: u64,
    /// Those who gave 7 or 8.
    pub passives: u64,
    /// Those who gave 0 to 6.
    pub detractors: u64,
}

impl Recommendation {
    /// Counts one more.
    pub fn add(&mut self, given: Nps) {
        match given.get() {
            9.. => self.promoters += 1,
            7 | 8 => self.passives += 1,
            0..=6 => self.detractors += 1,
        }
    }

    /// How many said something.
    pub fn count(&self) -> u64 {
        self.promoters + self.passives + self.detractors
    }

    /// Promoters minus detractors in points, from -100 to 100, where anyone said anything.
    pub fn score(&self) -> Option<f64> {
        let share = |part| ratio(part, self.count()).map(|share| share * 100.0);
        Some(share(self.promoters)? - share(self.detractors)?)
    }
}

/// All ratings of a product together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RatingSummary {
    /// How content people are.
    pub csat: Contentment,
    /// How many would recommend it.
    pub nps: Recommendation,
}

impl RatingSummary {
    /// Counts one more rating.
    pub fn add(&mut self, csat: Csat, nps: Option<Nps>) {
        self.csat.add(csat);
        if let Some(nps) = nps {
            self.nps.add(nps);
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "as many people as a double cannot count exactly do not rate")]
fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn nps(given: i64) -> Nps {
        given.try_into().unwrap()
    }

    fn csat(given: i64) -> Csat {
        given.try_into().unwrap()
    }

    #[test]
    fn a_title_is_one_line_and_a_text_several() {
        assert_eq!(" why? ".parse::<Title>().unwrap().as_str(), "why?");
        assert_eq!("a\nb".parse::<Title>(), Err(WritingError::Control));
        assert_eq!("a\r\n\tb\n".parse::<Writing>().unwrap().as_str(), "a\n\tb");
        assert_eq!(" \n ".parse::<Writing>(), Err(WritingError::Empty));
        assert_eq!("x".repeat(201).parse::<Title>(), Err(WritingError::TooLong(200)));
        assert!("x".repeat(10_000).parse::<Writing>().is_ok());
        assert_eq!("x".repeat(10_001).parse::<Writing>(), Err(WritingError::TooLong(10_000)));
    }

    #[test]
    fn text_is_what_it_looks_like() {
        // A terminal would obey the first; the second reads backwards.
        for text in ["\u{1b}[2J", "safe\u{202e}exe", "a\rb", "\u{2066}x", "nul\0"] {
            assert_eq!(text.parse::<Writing>(), Err(WritingError::Control), "{text:?}");
        }
        assert!("<b>مرحبا</b> & 你好 🎉".parse::<Writing>().is_ok());
    }

    #[test]
    fn words_are_what_serde_writes() {
        for kind in FeedbackKind::ALL {
            assert_eq!((serde_json::to_value(kind).unwrap(), kind.as_str().parse()), (kind.as_str().into(), Ok(kind)));
        }
        for state in FeedbackState::ALL {
            let written = serde_json::to_value(state).unwrap();
            assert_eq!((written, state.as_str().parse()), (state.as_str().into(), Ok(state)));
        }
        assert!("Open".parse::<FeedbackState>().is_err());
    }

    #[test]
    fn grades_have_their_range() {
        assert_eq!([0, 1, 5, 6].map(|given| Csat::try_from(given).is_ok()), [false, true, true, false]);
        assert_eq!([-1, 0, 10, 11, 266].map(|given| Nps::try_from(given).is_ok()), [false, true, true, false, false]);
    }

    #[test]
    fn nobody_has_said_anything() {
        let none = RatingSummary::default();
        assert_eq!((none.csat.mean(), none.nps.score()), (None, None));
    }

    #[test]
    fn promoters_and_detractors() {
        let mut all = Recommendation::default();
        for given in [10, 9, 8, 7, 6, 0, 10, 9] {
            all.add(nps(given));
        }
        assert_eq!((all.promoters, all.passives, all.detractors), (4, 2, 2));
        assert_eq!(all.score(), Some(25.0));
    }

    #[test]
    fn the_mean_is_of_all_grades() {
        let mut all = Contentment::default();
        for given in [1, 5, 5, 3] {
            all.add(csat(given));
        }
        assert_eq!((all.distribution, all.mean()), ([1, 0, 1, 0, 2], Some(3.5)));
    }

    proptest! {
        #[test]
        fn the_mean_is_the_sum_over_the_count(given in prop::collection::vec(1_i64..=5, 1..200)) {
            let mut all = Contentment::default();
            for &one in &given {
                all.add(csat(one));
            }
            let mean = all.mean().unwrap();
            #[expect(clippy::cast_precision_loss, reason = "small numbers")]
            let expect = given.iter().sum::<i64>() as f64 / given.len() as f64;
            prop_assert!((mean - expect).abs() < 1e-9);
            prop_assert!((1.0..=5.0).contains(&mean));
            prop_assert_eq!(all.count(), given.len() as u64);
        }

        #[test]
        fn the_score_is_within_a_hundred_points(given in prop::collection::vec(0_i64..=10, 1..200)) {
            let mut all = Recommendation::default();
            for &one in &given {
                all.add(nps(one));
            }
            let score = all.score().unwrap();
            prop_assert!((-100.0..=100.0).contains(&score));
            prop_assert_eq!(all.count(), given.len() as u64);
            let promoters = given.iter().filter(|given| **given >= 9).count();
            let detractors = given.iter().filter(|given| **given <= 6).count();
            #[expect(clippy::cast_precision_loss, reason = "small numbers")]
            let expect = (promoters as f64 - detractors as f64) / given.len() as f64 * 100.0;
            prop_assert!((score - expect).abs() < 1e-9);
        }

        /// One more promoter never lowers the score, one more detractor never raises it.
        #[test]
        fn the_score_follows_who_is_added(given in prop::collection::vec(0_i64..=10, 1..50), added in 0_i64..=10) {
            let mut all = Recommendation::default();
            for &one in &given {
                all.add(nps(one));
            }
            let before = all.score().unwrap();
            all.add(nps(added));
            let after = all.score().unwrap();
            match added {
                9.. => prop_assert!(after >= before - 1e-9),
                7 | 8 => prop_assert!(after.abs() <= before.abs() + 1e-9),
                _ => prop_assert!(after <= before + 1e-9),
            }
        }

        /// What is kept is read again as the same, and nothing that was parsed has what a terminal would obey.
        #[test]
        fn text_is_read_as_it_was_written(text in "\\PC{0,80}|[ -~\\n\\t\\x1b\\r]{0,80}") {
            if let Ok(written) = text.parse::<Writing>() {
                prop_assert!(!written.as_str().chars().any(|c| c.is_control() && c != '\n' && c != '\t'));
                let again: Writing = serde_json::from_str(&serde_json::to_string(&written).unwrap()).unwrap();
                prop_assert_eq!(&again, &written);
                prop_assert_eq!(written.as_str().parse::<Writing>().unwrap(), written);
            }
        }
    }
}
