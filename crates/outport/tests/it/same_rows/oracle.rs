//! What someone is to see, found without anything of Outport: Cedar is asked about the port, about each column, and
//! about each row of the raw data, and what it says is done to the rows one by one.

use std::{collections::BTreeSet, sync::OnceLock};

use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityUid, Policy, PolicySet, Request, Response,
    RestrictedExpression,
};
use chrono::{Datelike, Days, NaiveDate};

use super::{
    clinic::{COLUMNS, Column, Record, Value, day, decimal, records},
    policies::{Agreed, Person, Stage},
};

/// What holds beside all policies: an agreement lets whoever it is for read what it is about.
const AGREEMENTS: &str = "permit(principal, action in Action::\"read\", resource) when { context.agreement };";

/// The policies of a file, with what holds beside them.
pub(super) fn policies(text: &str) -> PolicySet {
    format!("{text}\n{AGREEMENTS}").parse().unwrap()
}

/// The key of the home's hashes.
pub(super) type MaskKey = [u8; 32];

/// The table as someone sees it through one door.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Seen {
    pub(super) columns: Vec<&'static Column>,
    /// The values of these columns.
    pub(super) records: Vec<Record>,
}

impl Seen {
    pub(super) fn place(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }
}

/// One way in which someone comes.
pub(super) struct Way<'a> {
    pub(super) person: &'a Person,
    pub(super) door: &'a str,
    pub(super) purpose: Option<&'a str>,
}

/// What they see; nothing where they may not read.
pub(super) fn seen(policies: &PolicySet, way: &Way<'_>, key: &MaskKey) -> Option<Seen> {
    let asked = Asked { policies, way, agreed: in_force(way) };
    let agreed = asked.agreed.is_some();
    if !allows(&asked.about("read", &uid("Port", PORT), &[], agreed)) {
        return None;
    }
    let columns: Vec<(usize, &'static Column, Option<Mask>)> = COLUMNS
        .iter()
        .enumerate()
        .filter_map(|(place, column)| asked.column(column).map(|mask| (place, column, mask)))
        .collect();
    let visible = records().into_iter().filter(|record| asked.row(record));
    let records = visible
        .map(|record| {
            let shown = columns.iter().map(|(place, _, mask)| match (mask, &record[*place]) {
                (Some(mask), Some(value)) => mask.of(value, key),
                (_, value) => value.clone(),
            });
            shown.collect()
        })
        .collect();
    Some(Seen { columns: columns.into_iter().map(|(_, column, _)| column).collect(), records })
}

const PORT: &str = "clinic/visits@1";

struct Asked<'a> {
    policies: &'a PolicySet,
    way: &'a Way<'a>,
    /// The agreement under which they read.
    agreed: Option<&'a Agreed>,
}

/// The agreement under which someone reads: of those in force for what they come for, or for whatever where they do not say,
/// the one with the most columns. Of those with as many, the one that was made last lasts longest.
fn in_force<'a>(way: &Way<'a>) -> Option<&'a Agreed> {
    let groups = &way.person.principal.groups;
    let holds = |agreed: &&Agreed| {
        agreed.stage == Stage::InForce
            && way.purpose.is_none_or(|purpose| purpose == agreed.purpose)
            && agreed.group.is_none_or(|group| groups.iter().any(|own| own.as_str() == group))
    };
    let columns = |agreed: &&Agreed| agreed.columns.as_ref().map_or(usize::MAX, BTreeSet::len);
    way.person.agreements.iter().filter(holds).max_by_key(columns)
}

impl Asked<'_> {
    /// Asks Cedar, with everything that is known of whoever asks and of the product, and whether an agreement is about it.
    fn about(&self, action: &str, resource: &EntityUid, more: &[Entity], agreed: bool) -> Response {
        let (actions, base) = base();
        let user = user(self.way.person);
        let entities = base.iter().chain(more).cloned().chain([user]).chain(actions.iter().cloned());
        let entities = Entities::from_entities(entities, None).unwrap();
        let purpose = self.way.purpose.map(|purpose| ("purpose".to_owned(), text(purpose)));
        let context = [
            ("door".to_owned(), text(self.way.door)),
            ("agreement".to_owned(), RestrictedExpression::new_bool(agreed)),
        ];
        let context = Context::from_pairs(context.into_iter().chain(purpose)).unwrap();
        let principal = uid("User", self.way.person.principal.id.as_str());
        let request = Request::new(principal, uid("Action", action), resource.clone(), context, None).unwrap();
        let response = Authorizer::new().is_authorized(&request, self.policies, &entities);
        let errors: Vec<_> = response.diagnostics().errors().collect();
        assert!(errors.is_empty(), "{errors:?}");
        response
    }

    /// Whether a column is there, and under which mask.
    #[expect(clippy::option_option, reason = "whether it is there, and whether it is masked")]
    fn column(&self, column: &Column) -> Option<Option<Mask>> {
        let id = uid("Column", &format!("{PORT}/visits/{}", column.name));
        let mut attributes = vec![
            ("name".to_owned(), text(column.name)),
            ("table".to_owned(), text("visits")),
            ("tags".to_owned(), RestrictedExpression::new_set([])),
            ("product".to_owned(), RestrictedExpression::new_entity_uid(uid("Product", "clinic"))),
        ];
        attributes.extend(column.classification.map(|class| ("classification".to_owned(), text(class))));
        let entity = entity(&id, attributes, &[uid("Port", PORT)]);
        let covers = |agreed: &Agreed| agreed.columns.as_ref().is_none_or(|columns| columns.contains(column.name));
        let agreed = self.agreed.is_some_and(covers);
        let clear = self.about("readColumn", &id, std::slice::from_ref(&entity), agreed);
        if allows(&clear) {
            return Some(None);
        }
        let masked = self.about("readMasked", &id, &[entity], agreed);
        allows(&masked).then(|| Some(self.mask(&clear).or_else(|| self.mask(&masked)).unwrap_or(Mask::Redact)))
    }

    /// The strictest mask that the deciding policies name.
    fn mask(&self, response: &Response) -> Option<Mask> {
        let deciding = response.diagnostics().reason().filter_map(|id| self.policies.policy(id));
        deciding.filter_map(|policy: &Policy| policy.annotation("mask")).map(Mask::named).min_by_key(Mask::strictness)
    }

    /// Whether a row is there.
    fn row(&self, record: &Record) -> bool {
        let id = uid("clinic::visits", "this");
        let values = COLUMNS.iter().zip(record).filter_map(|(column, value)| Some((column, value.as_ref()?)));
        let attributes = values.map(|(column, value)| (column.name.to_owned(), expression(value))).collect();
        let row = entity(&id, attributes, &[uid("Port", PORT)]);
        allows(&self.about("readRow", &id, &[row], self.agreed.is_some()))
    }
}

fn allows(response: &Response) -> bool {
    response.decision() == Decision::Allow
}

fn uid(of: &str, id: &str) -> EntityUid {
    format!("{of}::\"{id}\"").parse().unwrap()
}

fn text(text: &str) -> RestrictedExpression {
    RestrictedExpression::new_string(text.to_owned())
}

fn entity(id: &EntityUid, attributes: Vec<(String, RestrictedExpression)>, parents: &[EntityUid]) -> Entity {
    Entity::new(id.clone(), attributes.into_iter().collect(), parents.iter().cloned().collect()).unwrap()
}

fn expression(value: &Value) -> RestrictedExpression {
    match value {
        Value::Number(value) => RestrictedExpression::new_long(*value),
        Value::Text(value) => text(value),
        Value::Flag(value) => RestrictedExpression::new_bool(*value),
        Value::Day(days) => RestrictedExpression::new_datetime(day(*days)),
        Value::Price(hundredths) => RestrictedExpression::new_decimal(decimal(*hundredths)),
    }
}

fn user(person: &Person) -> Entity {
    let principal = &person.principal;
    let mut attributes = vec![("kind".to_owned(), text("user"))];
    attributes.extend(principal.region.as_ref().map(|region| ("region".to_owned(), text(region))));
    attributes.extend(principal.department.as_ref().map(|of| ("department".to_owned(), text(of))));
    attributes.extend(principal.clearance.map(|c| ("clearance".to_owned(), RestrictedExpression::new_long(c))));
    let groups: BTreeSet<EntityUid> = principal.groups.iter().map(|group| uid("Group", group.as_str())).collect();
    let tags = principal.labels.iter().map(|(name, value)| (name.clone(), text(value)));
    Entity::new_with_tags(uid("User", principal.id.as_str()), attributes, groups, tags).unwrap()
}

/// The actions with their group, and the entities that stand still.
fn base() -> &'static ([Entity; 3], [Entity; 2]) {
    static BASE: OnceLock<([Entity; 3], [Entity; 2])> = OnceLock::new();
    BASE.get_or_init(|| {
        let actions = ["readColumn", "readMasked", "readRow"]
            .map(|action| entity(&uid("Action", action), Vec::new(), &[uid("Action", "read")]));
        let name = |name: &str| ("name".to_owned(), text(name));
        let clinic = uid("Product", "clinic");
        let product = vec![name("clinic"), ("status".to_owned(), text("active")), ("domain".to_owned(), text("care"))];
        let port = vec![
            name("visits"),
            ("major".to_owned(), RestrictedExpression::new_long(1)),
            ("product".to_owned(), RestrictedExpression::new_entity_uid(clinic.clone())),
        ];
        let product = entity(&clinic, product, &[uid("Domain", "care")]);
        (actions, [product, entity(&uid("Port", PORT), port, &[clinic])])
    })
}

/// What becomes of a value that is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mask {
    Null,
    Redact,
    Hash,
    Number(i64),
    Date(&'static str),
    Last(usize),
    First(usize),
}

impl Mask {
    fn named(notation: &str) -> Self {
        match notation {
            "null" => Self::Null,
            "redact" => Self::Redact,
            "hash" => Self::Hash,
            "number(100)" => Self::Number(100),
            "number(7)" => Self::Number(7),
            "date(week)" => Self::Date("week"),
            "date(month)" => Self::Date("month"),
            "date(year)" => Self::Date("year"),
            "last(4)" => Self::Last(4),
            "first(2)" => Self::First(2),
            other => panic!("{other} is not generated"),
        }
    }

    /// The less a mask shows, the less this is.
    fn strictness(&self) -> (u8, i64) {
        match self {
            Self::Null => (0, 0),
            Self::Redact => (1, 0),
            Self::Hash => (2, 0),
            Self::Number(width) => (3, -width),
            Self::Date(unit) => (
                4,
                match *unit {
                    "week" => 2,
                    "month" => 1,
                    _ => 0,
                },
            ),
            Self::Last(kept) | Self::First(kept) => (5, i64::try_from(*kept).unwrap()),
        }
    }

    fn of(self, value: &Value, key: &MaskKey) -> Option<Value> {
        match (self, value) {
            (Self::Redact, Value::Text(_)) => Some(Value::Text("***".to_owned())),
            (Self::Hash, Value::Text(text)) => {
                let hash = blake3::keyed_hash(key, text.as_bytes()).to_hex();
                Some(Value::Text(hash[..32].to_owned()))
            }
            (Self::Last(kept), Value::Text(text)) => {
                let letters: Vec<char> = text.chars().collect();
                let hidden = if letters.len() > kept { letters.len() - kept } else { letters.len() };
                let shown = letters.iter().enumerate().map(|(at, letter)| if at < hidden { '*' } else { *letter });
                Some(Value::Text(shown.collect()))
            }
            (Self::First(kept), Value::Text(text)) => {
                let letters: Vec<char> = text.chars().collect();
                let kept = if letters.len() > kept { kept } else { 0 };
                let shown = letters.iter().enumerate().map(|(at, letter)| if at < kept { *letter } else { '*' });
                Some(Value::Text(shown.collect()))
            }
            (Self::Number(width), Value::Number(value)) => Some(Value::Number(value.div_euclid(width) * width)),
            (Self::Number(width), Value::Price(value)) => {
                let width = width * 100;
                Some(Value::Price(value.div_euclid(width) * width))
            }
            (Self::Date(unit), Value::Day(days)) => Some(Value::Day(beginning(*days, unit))),
            _ => None,
        }
    }
}

fn beginning(days: i32, unit: &str) -> i32 {
    let day = NaiveDate::from_epoch_days(days).unwrap();
    let first = match unit {
        "week" => day - Days::new(day.weekday().num_days_from_monday().into()),
        "month" => day.with_day(1).unwrap(),
        _ => day.with_day(1).unwrap().with_month(1).unwrap(),
    };
    first.to_epoch_days()
}
