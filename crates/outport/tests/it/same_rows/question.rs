//! Questions at random, as each door is asked them, and what comes of one over rows in memory.

use std::{cmp::Ordering, collections::BTreeMap};

use proptest::{collection::vec, option, prelude::*, sample::select};
use serde_json::{Value as Json, json};

use super::{
    clinic::{COLUMNS, DAYS, Kind, NUMBERS, PRICES, Record, TEXTS, Value, named},
    oracle::Seen,
};
use crate::through::{Cell, Row};

/// A question: of rows, or, for the doors that speak SQL, of groups of them.
#[derive(Debug, Clone)]
pub(super) struct Question {
    /// The columns; all of them where there is none.
    pub(super) select: Vec<&'static str>,
    /// Everything that holds for a row.
    tests: Vec<Test>,
    order: Vec<(&'static str, bool)>,
    pub(super) limit: Option<usize>,
    /// Groups by this column, or one of all rows, each with these figures.
    pub(super) groups: Option<(Option<&'static str>, Vec<Figure>)>,
}

/// A condition on one column.
#[derive(Debug, Clone)]
struct Test {
    column: &'static str,
    asks: Asks,
}

#[derive(Debug, Clone)]
enum Asks {
    Compare(Comparison, Value),
    AnyOf(Vec<Value>),
    /// Text that begins or ends with this, or has it somewhere.
    Like {
        before: bool,
        text: String,
        after: bool,
    },
    Missing(bool),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A figure of a group.
#[derive(Debug, Clone)]
pub(super) enum Figure {
    Rows,
    Values(&'static str),
    Distinct(&'static str),
    Least(&'static str),
    Greatest(&'static str),
    Sum(&'static str),
}

fn value(kind: Kind) -> BoxedStrategy<Value> {
    // Also what masks make of values.
    let texts: Vec<&str> = TEXTS.into_iter().chain(["***", "**", "", "****.com"]).collect();
    match kind {
        Kind::Number => select(&NUMBERS[..]).prop_map(Value::Number).boxed(),
        Kind::Text => select(texts).prop_map(|text| Value::Text(text.to_owned())).boxed(),
        Kind::Flag => any::<bool>().prop_map(Value::Flag).boxed(),
        Kind::Day => select(&DAYS[..]).prop_map(Value::Day).boxed(),
        Kind::Price => select(&PRICES[..]).prop_map(Value::Price).boxed(),
    }
}

fn test() -> BoxedStrategy<Test> {
    (0..COLUMNS.len())
        .prop_flat_map(|at| {
            let column = &COLUMNS[at];
            let comparisons = if column.kind == Kind::Flag {
                vec![Comparison::Equal, Comparison::NotEqual]
            } else {
                use Comparison::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
                vec![Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual]
            };
            let compare = (select(comparisons), value(column.kind)).prop_map(|(how, value)| Asks::Compare(how, value));
            let any_of = vec(value(column.kind), 1..4).prop_map(Asks::AnyOf);
            let missing = any::<bool>().prop_map(Asks::Missing);
            let asks = match column.kind {
                Kind::Text => {
                    let text = select(vec!["E", "a", "x", ".com", "é", "%"]);
                    let like = (any::<bool>(), text, any::<bool>()).prop_map(|(before, text, after)| Asks::Like {
                        before,
                        text: text.to_owned(),
                        after,
                    });
                    prop_oneof![3 => compare, 1 => any_of, 1 => missing, 2 => like].boxed()
                }
                // GraphQL has no lists of flags.
                Kind::Flag => prop_oneof![2 => compare, 1 => missing].boxed(),
                _ => prop_oneof![3 => compare, 1 => any_of, 1 => missing].boxed(),
            };
            asks.prop_map(move |asks| Test { column: column.name, asks })
        })
        .boxed()
}

fn some_columns() -> impl Strategy<Value = Vec<&'static str>> {
    proptest::sample::subsequence(COLUMNS.map(|column| column.name).to_vec(), 0..=5)
}

fn figure() -> BoxedStrategy<Figure> {
    let any_column = || (0..COLUMNS.len()).prop_map(|at| COLUMNS[at].name);
    let ordered = || select(vec!["id", "region", "email", "cost", "note", "day", "price"]);
    prop_oneof![
        Just(Figure::Rows),
        any_column().prop_map(Figure::Values),
        any_column().prop_map(Figure::Distinct),
        ordered().prop_map(Figure::Least),
        ordered().prop_map(Figure::Greatest),
        select(vec!["id", "cost", "price"]).prop_map(Figure::Sum),
    ]
    .boxed()
}

/// A question; many ask of columns that whoever asks may not see.
pub(super) fn question() -> impl Strategy<Value = Question> {
    let order = (some_columns().prop_shuffle(), vec(any::<bool>(), 5))
        .prop_map(|(names, ways)| names.into_iter().zip(ways).collect::<Vec<_>>());
    let groups = (option::of((0..COLUMNS.len()).prop_map(|at| COLUMNS[at].name)), vec(figure(), 1..4));
    (some_columns(), vec(test(), 0..3), order, option::of(1_usize..9), option::weighted(0.3, groups))
        .prop_map(|(select, tests, order, limit, groups)| Question { select, tests, order, limit, groups })
}

impl Question {
    /// The question without what whoever asks does not see, so that there is something to answer.
    pub(super) fn within(&self, seen: &Seen) -> Self {
        let there = |name: &&'static str| seen.place(name).is_some();
        let mut within = self.clone();
        within.select.retain(there);
        within.tests.retain(|test| there(&test.column));
        within.order.retain(|(name, _)| there(name));
        within.groups = self.groups.as_ref().map(|(by, figures)| {
            let figures = figures.iter().filter(|figure| figure.column().is_none_or(|name| there(&name)));
            let mut figures: Vec<_> = figures.cloned().collect();
            if figures.is_empty() {
                figures.push(Figure::Rows);
            }
            (by.filter(there), figures)
        });
        within
    }

    /// Whether it asks of what is not there.
    pub(super) fn asks_beyond(&self, seen: &Seen) -> bool {
        self.names().any(|name| seen.place(name).is_none())
    }

    fn names(&self) -> Box<dyn Iterator<Item = &'static str> + '_> {
        let tests = self.tests.iter().map(|test| test.column);
        match &self.groups {
            Some((by, figures)) => Box::new(tests.chain(*by).chain(figures.iter().filter_map(Figure::column))),
            None => Box::new(tests.chain(self.select.iter().copied()).chain(self.order.iter().map(|(name, _)| *name))),
        }
    }

    /// Whether the order of the rows says something.
    pub(super) fn is_ordered(&self) -> bool {
        self.groups.is_none() && (!self.order.is_empty() || self.limit.is_some())
    }

    /// The order, in the end by everything that is seen: rows that are then alike are alike for whoever asks.
    fn whole_order(&self, seen: &Seen) -> Vec<(&'static str, bool)> {
        if !self.is_ordered() {
            return Vec::new();
        }
        let mut order = self.order.clone();
        for column in &seen.columns {
            if !order.iter().any(|(name, _)| *name == column.name) {
                order.push((column.name, false));
            }
        }
        order
    }

    /// In SQL.
    pub(super) fn sql(&self, seen: &Seen) -> String {
        let tests: Vec<String> = self.tests.iter().map(Test::sql).collect();
        let filter = if tests.is_empty() { String::new() } else { format!(" WHERE {}", tests.join(" AND ")) };
        if let Some((by, figures)) = &self.groups {
            let figures = figures.iter().enumerate().map(|(at, figure)| format!("{} AS f{at}", figure.sql()));
            let list: Vec<String> = by.iter().map(|by| format!("{by} AS g")).chain(figures).collect();
            let group = by.map_or_else(String::new, |by| format!(" GROUP BY {by}"));
            return format!("SELECT {} FROM clinic.visits{filter}{group}", list.join(", "));
        }
        let list = if self.select.is_empty() { "*".to_owned() } else { self.select.join(", ") };
        let order = self
            .whole_order(seen)
            .into_iter()
            .map(|(name, descending)| format!("{name} {} NULLS LAST", if descending { "DESC" } else { "ASC" }));
        let order: Vec<String> = order.collect();
        let order = if order.is_empty() { String::new() } else { format!(" ORDER BY {}", order.join(", ")) };
        let limit = self.limit.map_or_else(String::new, |limit| format!(" LIMIT {limit}"));
        format!("SELECT {list} FROM clinic.visits{filter}{order}{limit}")
    }

    /// As parameters of an address.
    pub(super) fn parameters(&self, seen: &Seen) -> Vec<(String, String)> {
        let mut parameters: Vec<(String, String)> =
            self.tests.iter().map(|test| (test.column.to_owned(), test.parameter())).collect();
        if !self.select.is_empty() {
            parameters.push(("select".to_owned(), self.select.join(",")));
        }
        let order: Vec<String> = self
            .whole_order(seen)
            .into_iter()
            .map(|(name, descending)| format!("{name}.{}.nullslast", if descending { "desc" } else { "asc" }))
            .collect();
        if !order.is_empty() {
            parameters.push(("order".to_owned(), order.join(",")));
        }
        // Small pages, so that there are several.
        parameters.push(("limit".to_owned(), self.limit.unwrap_or(11).to_string()));
        parameters
    }

    /// As a document of GraphQL with its variables, but for where the page before ended.
    pub(super) fn graphql(&self, seen: &Seen) -> (String, Json) {
        let columns = if self.select.is_empty() {
            seen.columns.iter().map(|column| column.name).collect::<Vec<_>>().join(" ")
        } else {
            self.select.join(" ")
        };
        let document = format!(
            "query ($where: clinic_visits__where, $order: [clinic_visits__order!], $first: Int, $after: String) {{\n\
             clinic_visits(where: $where, orderBy: $order, first: $first, after: $after) {{\n\
             nodes {{ {columns} }} pageInfo {{ hasNextPage endCursor }} }} }}"
        );
        let mut filter: BTreeMap<&str, serde_json::Map<String, Json>> = BTreeMap::new();
        for test in &self.tests {
            let (operator, value) = test.graphql();
            filter.entry(test.column).or_default().insert(operator.to_owned(), value);
        }
        let order: Vec<String> = self
            .whole_order(seen)
            .into_iter()
            .map(|(name, descending)| format!("{name}_{}", if descending { "DESC" } else { "ASC" }))
            .collect();
        (document, json!({ "where": filter, "order": order, "first": self.limit.unwrap_or(13) }))
    }

    /// Whether GraphQL can be asked this: it has room for one question of each kind about a column.
    pub(super) fn fits_graphql(&self) -> bool {
        let asked: Vec<_> = self.tests.iter().map(|test| (test.column, test.graphql().0)).collect();
        (1..asked.len()).all(|at| !asked[..at].contains(&asked[at]))
    }

    /// What comes of it, row by row.
    pub(super) fn answer(&self, seen: &Seen) -> Vec<Row> {
        let mut records: Vec<&Record> =
            seen.records.iter().filter(|record| self.tests.iter().all(|test| test.holds(seen, record))).collect();
        if let Some((by, figures)) = &self.groups {
            return grouped(seen, *by, figures, &records);
        }
        let order = self.whole_order(seen);
        records.sort_by(|one, other| {
            let mut sides = order.iter().map(|(name, descending)| {
                let place = seen.place(name).unwrap();
                compared(one[place].as_ref(), other[place].as_ref(), *descending)
            });
            sides.find(|side| *side != Ordering::Equal).unwrap_or(Ordering::Equal)
        });
        records.truncate(self.limit.unwrap_or(usize::MAX));
        let every: Vec<&str> = seen.columns.iter().map(|column| column.name).collect();
        let select = if self.select.is_empty() { &every } else { &self.select };
        let row = |record: &&Record| {
            select.iter().map(|name| ((*name).to_owned(), cell(record[seen.place(name).unwrap()].as_ref()))).collect()
        };
        records.iter().map(row).collect()
    }
}

/// Missing values last, in either direction.
fn compared(one: Option<&Value>, other: Option<&Value>, descending: bool) -> Ordering {
    match (one, other) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(one), Some(other)) if descending => other.cmp(one),
        (Some(one), Some(other)) => one.cmp(other),
    }
}

/// A value as doors show it.
pub(super) fn cell(value: Option<&Value>) -> Cell {
    match value {
        None => Cell::Missing,
        Some(Value::Flag(value)) => Cell::Flag(*value),
        Some(Value::Number(value)) => Cell::Number(*value),
        Some(other) => Cell::Text(other.text()),
    }
}

fn grouped(seen: &Seen, by: Option<&'static str>, figures: &[Figure], records: &[&Record]) -> Vec<Row> {
    let mut groups: BTreeMap<Option<Value>, Vec<&Record>> = BTreeMap::new();
    if by.is_none() {
        groups.insert(None, Vec::new());
    }
    for record in records {
        let key = by.and_then(|by| record[seen.place(by).unwrap()].clone());
        groups.entry(key).or_default().push(record);
    }
    let row = |(key, group): (Option<Value>, Vec<&Record>)| {
        let mut row: Row =
            figures.iter().enumerate().map(|(at, figure)| (format!("f{at}"), figure.of(seen, &group))).collect();
        if by.is_some() {
            row.insert("g".to_owned(), cell(key.as_ref()));
        }
        row
    };
    groups.into_iter().map(row).collect()
}

impl Figure {
    const fn column(&self) -> Option<&'static str> {
        match self {
            Self::Rows => None,
            Self::Values(name) | Self::Distinct(name) | Self::Least(name) | Self::Greatest(name) | Self::Sum(name) => {
                Some(name)
            }
        }
    }

    fn sql(&self) -> String {
        match self {
            Self::Rows => "count(*)".to_owned(),
            Self::Values(name) => format!("count({name})"),
            Self::Distinct(name) => format!("count(DISTINCT {name})"),
            Self::Least(name) => format!("min({name})"),
            Self::Greatest(name) => format!("max({name})"),
            Self::Sum(name) => format!("sum({name})"),
        }
    }

    fn of(&self, seen: &Seen, group: &[&Record]) -> Cell {
        let count = |count: usize| Cell::Number(i64::try_from(count).unwrap());
        let Some(name) = self.column() else { return count(group.len()) };
        let place = seen.place(name).unwrap();
        let mut values: Vec<&Value> = group.iter().filter_map(|record| record[place].as_ref()).collect();
        values.sort();
        match self {
            Self::Rows | Self::Values(_) => count(values.len()),
            Self::Distinct(_) => {
                values.dedup();
                count(values.len())
            }
            Self::Least(_) => cell(values.first().copied()),
            Self::Greatest(_) => cell(values.last().copied()),
            Self::Sum(_) => {
                let numbers = values.iter().map(|value| match value {
                    Value::Number(number) | Value::Price(number) => *number,
                    other => panic!("{other:?} has no sum"),
                });
                let sum: i64 = numbers.sum();
                let of = if named(name).kind == Kind::Price { Value::Price(sum) } else { Value::Number(sum) };
                cell((!values.is_empty()).then_some(&of))
            }
        }
    }
}

impl Comparison {
    /// In SQL, in an address, in GraphQL.
    const fn written(self) -> (&'static str, &'static str) {
        match self {
            Self::Equal => ("=", "eq"),
            Self::NotEqual => ("<>", "ne"),
            Self::Less => ("<", "lt"),
            Self::LessOrEqual => ("<=", "lte"),
            Self::Greater => (">", "gt"),
            Self::GreaterOrEqual => (">=", "gte"),
        }
    }

    fn holds(self, side: Ordering) -> bool {
        match self {
            Self::Equal => side.is_eq(),
            Self::NotEqual => side.is_ne(),
            Self::Less => side.is_lt(),
            Self::LessOrEqual => side.is_le(),
            Self::Greater => side.is_gt(),
            Self::GreaterOrEqual => side.is_ge(),
        }
    }
}

impl Test {
    fn holds(&self, seen: &Seen, record: &Record) -> bool {
        let value = record[seen.place(self.column).unwrap()].as_ref();
        match (&self.asks, value) {
            (Asks::Missing(missing), value) => value.is_none() == *missing,
            (_, None) => false,
            (Asks::Compare(how, with), Some(value)) => how.holds(value.cmp(with)),
            (Asks::AnyOf(values), Some(value)) => values.contains(value),
            (Asks::Like { before, text, after }, Some(Value::Text(value))) => match (before, after) {
                (false, false) => value == text,
                (true, false) => value.ends_with(text.as_str()),
                (false, true) => value.starts_with(text.as_str()),
                (true, true) => value.contains(text.as_str()),
            },
            (Asks::Like { .. }, Some(other)) => panic!("{other:?} is no text"),
        }
    }

    fn sql(&self) -> String {
        let column = self.column;
        match &self.asks {
            Asks::Compare(how, value) => format!("{column} {} {}", how.written().0, literal(value)),
            Asks::AnyOf(values) => {
                format!("{column} IN ({})", values.iter().map(literal).collect::<Vec<_>>().join(", "))
            }
            Asks::Like { .. } => format!("{column} LIKE '{}'", self.pattern()),
            Asks::Missing(true) => format!("{column} IS NULL"),
            Asks::Missing(false) => format!("{column} IS NOT NULL"),
        }
    }

    /// The pattern of `LIKE`.
    fn pattern(&self) -> String {
        let Asks::Like { before, text, after } = &self.asks else { return String::new() };
        let any = |there: &bool| if *there { "%" } else { "" };
        format!("{}{}{}", any(before), text.replace('%', "\\%"), any(after))
    }

    fn parameter(&self) -> String {
        match &self.asks {
            Asks::Compare(how, value) => format!("{}.{}", how.written().1, value.text()),
            Asks::AnyOf(values) => {
                let quoted = |value: &Value| format!("\"{}\"", value.text().replace('\\', "\\\\").replace('"', "\\\""));
                format!("in.({})", values.iter().map(quoted).collect::<Vec<_>>().join(","))
            }
            Asks::Like { before, text, after } => {
                let any = |there: &bool| if *there { "*" } else { "" };
                format!("like.{}{}{}", any(before), text, any(after))
            }
            Asks::Missing(true) => "is.null".to_owned(),
            Asks::Missing(false) => "is.notnull".to_owned(),
        }
    }

    fn graphql(&self) -> (&'static str, Json) {
        match &self.asks {
            Asks::Compare(how, value) => (how.written().1, as_json(value)),
            Asks::AnyOf(values) => ("in", values.iter().map(as_json).collect()),
            Asks::Like { .. } => ("like", json!(self.pattern())),
            Asks::Missing(missing) => ("isNull", json!(missing)),
        }
    }
}

fn as_json(value: &Value) -> Json {
    match value {
        Value::Number(value) => json!(value),
        Value::Flag(value) => json!(value),
        other => json!(other.text()),
    }
}

fn literal(value: &Value) -> String {
    match value {
        Value::Number(value) => value.to_string(),
        Value::Text(text) => format!("'{}'", text.replace('\'', "''")),
        Value::Flag(value) => value.to_string(),
        Value::Day(_) => format!("DATE '{}'", value.text()),
        Value::Price(_) => format!("CAST('{}' AS DECIMAL(10, 2))", value.text()),
    }
}
