//! What is decided is what Cedar decides where everything is known.
//!
//! For random policies, principals and rows: the rows that the conditions permit are those that Cedar permits when it
//! is asked about the row itself. The conditions are evaluated here by an interpreter that does what
//! `outport_model::access` says of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, OnceLock},
};

use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityUid, PolicySet, Request, RestrictedExpression, Schema,
};
use outport_app::policy::Policies;
use outport_model::{
    access::{Comparison, Condition, RowAccess, Value},
    agreement::PortVersion,
    contract::DataType,
    principal::{Door, Principal},
    product::Product,
};
use proptest::{collection::vec, option, prelude::*, sample::select};

use crate::fixture::{
    Asker, DECIMAL, INTEGER, MOMENT, column, compile, estate, nullable, of_product, of_workspace, port, product, texts,
};

/// One value of a row.
#[derive(Debug, Clone, PartialEq)]
enum Cell {
    Text(String),
    Flag(bool),
    Number(i64),
    /// Ten-thousandths.
    Decimal(i64),
    /// Milliseconds.
    Moment(i64),
    Texts(BTreeSet<String>),
}

type Row = BTreeMap<&'static str, Cell>;

/// Columns of every type that rules can speak of: first those that are always there, then those that may be missing.
const ALWAYS: [(&str, Kind); 9] = [
    ("text", Kind::Text),
    ("other_text", Kind::Text),
    ("flag", Kind::Flag),
    ("number", Kind::Number),
    ("other_number", Kind::Number),
    ("amount", Kind::Decimal),
    ("day", Kind::Day),
    ("moment", Kind::Moment),
    ("list", Kind::Texts),
];
const MAYBE: [(&str, Kind); 7] = [
    ("maybe text", Kind::Text),
    ("maybe_flag", Kind::Flag),
    ("maybe_number", Kind::Number),
    ("maybe_amount", Kind::Decimal),
    ("maybe_day", Kind::Day),
    ("maybe_moment", Kind::Moment),
    ("maybe_list", Kind::Texts),
];

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Text,
    Flag,
    Number,
    Decimal,
    Day,
    Moment,
    Texts,
}

impl Kind {
    fn data_type(self) -> DataType {
        match self {
            Self::Text => DataType::String,
            Self::Flag => DataType::Boolean,
            Self::Number => INTEGER,
            Self::Decimal => DECIMAL,
            Self::Day => DataType::Date,
            Self::Moment => MOMENT,
            Self::Texts => texts(),
        }
    }
}

fn lab() -> Product {
    let always = ALWAYS.iter().map(|(name, kind)| column(name, kind.data_type()));
    let maybe = MAYBE.iter().map(|(name, kind)| nullable(name, kind.data_type()));
    product("lab", "science", vec![port("samples", 1, vec![("samples", always.chain(maybe).collect())])])
}

fn samples() -> PortVersion {
    PortVersion { product: "lab".parse().unwrap(), port: "samples".parse().unwrap(), major: 1 }
}

// Few values, so that they meet.

const TEXTS: [&str; 6] = ["", "EU", "US", "E*", "a\"b", "é€"];
const NUMBERS: [i64; 6] = [i64::MIN, -1, 0, 1, 7, i64::MAX];
const DECIMALS: [i64; 5] = [-15_000, 0, 1, 123_400, 10_000_000];
const DAYS: [i64; 4] = [-86_400_000, 0, 86_400_000, 1_767_225_600_000];
const MOMENTS: [i64; 5] = [-1, 0, 86_400_000, 86_400_001, 1_767_225_600_000];

fn cell(kind: Kind) -> BoxedStrategy<Cell> {
    match kind {
        Kind::Text => select(&TEXTS[..]).prop_map(|text| Cell::Text(text.to_owned())).boxed(),
        Kind::Flag => any::<bool>().prop_map(Cell::Flag).boxed(),
        Kind::Number => select(&NUMBERS[..]).prop_map(Cell::Number).boxed(),
        Kind::Decimal => select(&DECIMALS[..]).prop_map(Cell::Decimal).boxed(),
        Kind::Day => select(&DAYS[..]).prop_map(Cell::Moment).boxed(),
        Kind::Moment => select(&MOMENTS[..]).prop_map(Cell::Moment).boxed(),
        Kind::Texts => {
            let texts = proptest::sample::subsequence(TEXTS.to_vec(), 0..4);
            texts.prop_map(|texts| Cell::Texts(texts.into_iter().map(str::to_owned).collect())).boxed()
        }
    }
}

/// A row; `whole`: with everything that its contract promises.
fn row(whole: bool) -> impl Strategy<Value = Row> {
    let always: Vec<_> = ALWAYS
        .iter()
        .map(|(name, kind)| {
            let value = cell(*kind);
            let value = if whole { value.prop_map(Some).boxed() } else { option::weighted(0.7, value).boxed() };
            (Just(*name), value)
        })
        .collect();
    let maybe: Vec<_> = MAYBE.iter().map(|(name, kind)| (Just(*name), option::weighted(0.6, cell(*kind)))).collect();
    (always, maybe).prop_map(|(always, maybe)| {
        always.into_iter().chain(maybe).filter_map(|(name, value)| Some((name, value?))).collect()
    })
}

// Policies, as Cedar text.

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn decimal(value: i64) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let digits = value.unsigned_abs();
    format!("{sign}{}.{:04}", digits / 10_000, digits % 10_000)
}

fn moment(value: i64) -> String {
    format!("datetime(\"1970-01-01\").offset(duration(\"{value}ms\"))")
}

fn attribute(name: &str) -> String {
    format!("resource[{}]", quoted(name))
}

/// A literal of this type, or something of the principal with what must be asked before.
fn value(kind: Kind) -> BoxedStrategy<(Option<&'static str>, String)> {
    let literal = match kind {
        Kind::Text | Kind::Texts => select(&TEXTS[..]).prop_map(quoted).boxed(),
        Kind::Flag => any::<bool>().prop_map(|flag| flag.to_string()).boxed(),
        Kind::Number => select(&NUMBERS[..]).prop_map(|number| number.to_string()).boxed(),
        Kind::Decimal => select(&DECIMALS[..]).prop_map(|d| format!("decimal(\"{}\")", decimal(d))).boxed(),
        Kind::Day => select(&DAYS[..]).prop_map(moment).boxed(),
        Kind::Moment => select(&MOMENTS[..]).prop_map(moment).boxed(),
    };
    let literal = literal.prop_map(|text| (None, text));
    let own: Vec<(Option<&str>, String)> = match kind {
        Kind::Text | Kind::Texts => vec![
            (Some("principal has region"), "principal.region".to_owned()),
            (Some("context has purpose"), "context.purpose".to_owned()),
            (Some("principal.hasTag(\"team\")"), "principal.getTag(\"team\")".to_owned()),
            (None, "context.door".to_owned()),
        ],
        Kind::Number => vec![(Some("principal has clearance"), "principal.clearance".to_owned())],
        Kind::Flag => vec![(None, "context.agreement".to_owned())],
        _ => Vec::new(),
    };
    if own.is_empty() { literal.boxed() } else { prop_oneof![2 => literal, 1 => select(own)].boxed() }
}

fn comparison(kind: Kind) -> BoxedStrategy<(&'static str, bool)> {
    match kind {
        Kind::Number | Kind::Day | Kind::Moment => {
            select(vec!["==", "!=", "<", "<=", ">", ">="]).prop_map(|operator| (operator, false)).boxed()
        }
        Kind::Decimal => prop_oneof![
            select(vec!["==", "!="]).prop_map(|operator| (operator, false)),
            select(vec!["lessThan", "lessThanOrEqual", "greaterThan", "greaterThanOrEqual"])
                .prop_map(|method| (method, true)),
        ]
        .boxed(),
        _ => select(vec!["==", "!="]).prop_map(|operator| (operator, false)).boxed(),
    }
}

fn compared(left: &str, (operator, method): (&str, bool), right: &str) -> String {
    if method { format!("{left}.{operator}({right})") } else { format!("{left} {operator} {right}") }
}

/// A question about one column that is there.
fn question(name: &'static str, kind: Kind) -> BoxedStrategy<String> {
    let column = attribute(name);
    if kind == Kind::Texts {
        let set = vec(value(Kind::Text), 1..3);
        let several = select(vec!["containsAny", "containsAll"]);
        let one =
            value(Kind::Text).prop_map(move |(guard, value)| guarded(guard, &format!("{column}.contains({value})")));
        let column = attribute(name);
        let many = (several, set).prop_map(move |(method, values)| {
            let (guards, values) = parts(&values);
            guarded(guards.as_deref(), &format!("{column}.{method}([{values}])"))
        });
        return prop_oneof![one, many].boxed();
    }
    let compare = (comparison(kind), value(kind), any::<bool>()).prop_map({
        let column = column.clone();
        move |(operator, (guard, value), turned)| {
            let (left, right) = if turned { (&value, &column) } else { (&column, &value) };
            guarded(guard, &compared(left, operator, right))
        }
    });
    let any_of = vec(value(kind), 1..4).prop_map({
        let column = column.clone();
        move |values| {
            let (guards, values) = parts(&values);
            guarded(guards.as_deref(), &format!("[{values}].contains({column})"))
        }
    });
    match kind {
        Kind::Text => {
            let like = select(vec!["*", "E*", "*U", "E\\*", "*\\\"*", "", "é*", "**"]);
            let like = like.prop_map(move |pattern| format!("{column} like \"{pattern}\""));
            prop_oneof![3 => compare, 1 => any_of, 2 => like].boxed()
        }
        Kind::Flag => prop_oneof![2 => Just(column), 1 => compare, 1 => any_of].boxed(),
        _ => prop_oneof![3 => compare, 1 => any_of].boxed(),
    }
}

/// Values of a set, after everything that must be asked before.
fn parts(values: &[(Option<&'static str>, String)]) -> (Option<String>, String) {
    let guards: Vec<&str> = values.iter().filter_map(|(guard, _)| *guard).collect();
    let texts: Vec<String> = values.iter().map(|(_, text)| text.clone()).collect();
    ((!guards.is_empty()).then(|| guards.join(" && ")), texts.join(", "))
}

fn guarded(guard: Option<&str>, question: &str) -> String {
    guard.map_or_else(|| question.to_owned(), |guard| format!("({guard} && {question})"))
}

fn about_row() -> BoxedStrategy<String> {
    let always = select(&ALWAYS[..]).prop_flat_map(|(name, kind)| question(name, kind));
    let maybe = (select(&MAYBE[..]), any::<bool>()).prop_flat_map(|((name, kind), otherwise)| {
        question(name, kind).prop_map(move |question| {
            let name = quoted(name);
            if otherwise {
                format!("(if resource has {name} then {question} else true)")
            } else {
                format!("(resource has {name} && {question})")
            }
        })
    });
    let has = select(&MAYBE[..]).prop_map(|(name, _)| format!("resource has {}", quoted(name)));
    let columns = select(vec![("text", "other_text", false), ("number", "other_number", true)]).prop_flat_map(
        |(left, right, ordered)| {
            let operators = if ordered { vec!["==", "!=", "<", "<=", ">", ">="] } else { vec!["==", "!="] };
            select(operators).prop_map(move |o| format!("{} {o} {}", attribute(left), attribute(right)))
        },
    );
    prop_oneof![5 => always, 4 => maybe, 1 => has, 1 => columns].boxed()
}

fn about_reader() -> BoxedStrategy<String> {
    select(vec![
        "principal in Group::\"a\"",
        "principal in [Group::\"a\", Group::\"b\"]",
        "principal == User::\"ann\"",
        "(principal has region && principal.region == \"EU\")",
        "(principal has clearance && principal.clearance > 0)",
        "(principal has clearance && principal.clearance + 1 > 0)",
        "(context has purpose && context.purpose == \"EU\")",
        "context.door == \"sql\"",
        "context.agreement",
        "(principal.hasTag(\"team\") && principal.getTag(\"team\") like \"E*\")",
        "resource in Domain::\"science\"",
        "resource in Port::\"lab/samples@1\"",
        "resource in Domain::\"people\"",
        "resource has nothing",
        "true",
        "false",
    ])
    .prop_map(str::to_owned)
    .boxed()
}

fn condition() -> BoxedStrategy<String> {
    prop_oneof![3 => about_row(), 1 => about_reader()]
        .prop_recursive(4, 24, 3, |inner| {
            prop_oneof![
                vec(inner.clone(), 2..4).prop_map(|all| format!("({})", all.join(" && "))),
                vec(inner.clone(), 2..4).prop_map(|any| format!("({})", any.join(" || "))),
                inner.clone().prop_map(|condition| format!("!({condition})")),
                (inner.clone(), inner.clone(), inner)
                    .prop_map(|(test, then, otherwise)| format!("(if {test} then {then} else {otherwise})")),
            ]
        })
        .boxed()
}

fn policy() -> impl Strategy<Value = String> {
    let head = select(vec![
        "principal, action == Action::\"readRow\", resource",
        "principal, action == Action::\"readRow\", resource is lab::samples",
        "principal in Group::\"a\", action == Action::\"readRow\", resource in Product::\"lab\"",
    ]);
    let clause = prop_oneof![4 => Just("when"), 1 => Just("unless")];
    let forbid = prop_oneof![3 => Just("permit"), 1 => Just("forbid")];
    (forbid, head, clause, condition())
        .prop_map(|(effect, head, clause, condition)| format!("{effect} ({head}) {clause} {{ {condition} }};"))
}

fn asker() -> impl Strategy<Value = Asker> {
    let text = || option::of(select(&TEXTS[..]));
    let name = select(vec!["ann", "bob"]);
    let groups = proptest::sample::subsequence(vec!["a", "b"], 0..=2);
    let door = select(vec![Door::Sql, Door::Mcp]);
    let purpose = option::of(select(vec!["EU", "fraud"]));
    (name, groups, text(), option::of(select(&NUMBERS[..])), text(), purpose, door, any::<bool>()).prop_map(
        |(name, groups, region, clearance, team, purpose, door, agreed)| {
            let mut asker = Asker::new(name, &groups);
            asker.principal.region = region.map(str::to_owned);
            asker.principal.clearance = clearance;
            asker.principal.labels.extend(team.map(|team| ("team".to_owned(), team.to_owned())));
            asker.purpose = purpose.map(|purpose| purpose.parse().unwrap());
            asker.door = door;
            if agreed { asker.agreed(samples(), None) } else { asker }
        },
    )
}

// Conditions as `outport_model::access` has them.

fn ordered<T: PartialOrd>(left: &T, comparison: Comparison, right: &T) -> bool {
    match comparison {
        Comparison::Equal => left == right,
        Comparison::NotEqual => left != right,
        Comparison::Less => left < right,
        Comparison::LessOrEqual => left <= right,
        Comparison::Greater => left > right,
        Comparison::GreaterOrEqual => left >= right,
    }
}

fn as_cell(value: &Value) -> Cell {
    match value {
        Value::Boolean(value) => Cell::Flag(*value),
        Value::Integer(value) => Cell::Number(*value),
        Value::Text(value) => Cell::Text(value.clone()),
        Value::Decimal(value) => Cell::Decimal(*value),
        Value::Moment(value) => Cell::Moment(*value),
    }
}

fn compare(left: &Cell, comparison: Comparison, right: &Cell) -> bool {
    match (left, right) {
        (Cell::Text(left), Cell::Text(right)) => ordered(left, comparison, right),
        (Cell::Flag(left), Cell::Flag(right)) => ordered(left, comparison, right),
        (Cell::Number(left), Cell::Number(right))
        | (Cell::Decimal(left), Cell::Decimal(right))
        | (Cell::Moment(left), Cell::Moment(right)) => ordered(left, comparison, right),
        other => panic!("values of different types: {other:?}"),
    }
}

fn like(text: &str, pieces: &[String]) -> bool {
    match pieces {
        [] => text.is_empty(),
        [only] => text == only,
        [first, rest @ ..] => text.strip_prefix(first.as_str()).is_some_and(|text| {
            let starts = text.char_indices().map(|(at, _)| at).chain([text.len()]);
            starts.into_iter().any(|at| like(&text[at..], rest))
        }),
    }
}

/// Whether a condition holds for a row; `None` where that cannot be decided.
fn holds(condition: &Condition, row: &Row) -> Option<bool> {
    let cell = |column: &String| row.get(column.as_str());
    match condition {
        Condition::Constant { holds } => Some(*holds),
        Condition::Flag { column } => match cell(column)? {
            Cell::Flag(flag) => Some(*flag),
            other => panic!("{other:?}"),
        },
        Condition::Present { column } => Some(cell(column).is_some()),
        Condition::Compare { column, comparison, value } => Some(compare(cell(column)?, *comparison, &as_cell(value))),
        Condition::CompareColumns { left, comparison, right } => Some(compare(cell(left)?, *comparison, cell(right)?)),
        Condition::AnyOf { column, values } => {
            let cell = cell(column)?;
            Some(values.iter().any(|value| compare(cell, Comparison::Equal, &as_cell(value))))
        }
        Condition::Like { column, pieces } => match cell(column)? {
            Cell::Text(text) => Some(like(text, pieces)),
            other => panic!("{other:?}"),
        },
        Condition::Contains { column, value } => match (cell(column)?, value) {
            (Cell::Texts(texts), Value::Text(text)) => Some(texts.contains(text)),
            other => panic!("{other:?}"),
        },
        Condition::Not { condition } => holds(condition, row).map(|held| !held),
        Condition::All { conditions } => {
            for condition in conditions {
                if !holds(condition, row)? {
                    return Some(false);
                }
            }
            Some(true)
        }
        Condition::Any { conditions } => {
            for condition in conditions {
                if holds(condition, row)? {
                    return Some(true);
                }
            }
            Some(false)
        }
        Condition::If { test, then, otherwise } => {
            if holds(test, row)? {
                holds(then, row)
            } else {
                holds(otherwise, row)
            }
        }
    }
}

fn exists(access: &RowAccess, row: &Row) -> bool {
    match access {
        RowAccess::All => true,
        RowAccess::Where(rule) => {
            rule.permits.iter().any(|permit| holds(permit, row) == Some(true))
                && rule.forbids.iter().all(|forbid| holds(forbid, row) == Some(false))
        }
    }
}

// Cedar by itself, asked about the row.

fn expression(cell: &Cell) -> RestrictedExpression {
    match cell {
        Cell::Text(text) => RestrictedExpression::new_string(text.clone()),
        Cell::Flag(flag) => RestrictedExpression::new_bool(*flag),
        Cell::Number(number) => RestrictedExpression::new_long(*number),
        Cell::Decimal(value) => RestrictedExpression::new_decimal(decimal(*value)),
        Cell::Moment(value) => moment(*value).parse().unwrap(),
        Cell::Texts(texts) => {
            RestrictedExpression::new_set(texts.iter().map(|text| RestrictedExpression::new_string(text.clone())))
        }
    }
}

fn uid(of: &str, id: &str) -> EntityUid {
    format!("{of}::{}", quoted(id)).parse().unwrap()
}

fn user(principal: &Principal) -> Entity {
    let text = |text: &String| RestrictedExpression::new_string(text.clone());
    let mut attributes = vec![("kind".to_owned(), RestrictedExpression::new_string("user".to_owned()))];
    attributes.extend(principal.region.as_ref().map(|region| ("region".to_owned(), text(region))));
    attributes.extend(principal.clearance.map(|c| ("clearance".to_owned(), RestrictedExpression::new_long(c))));
    let tags = principal.labels.iter().map(|(name, value)| (name.clone(), text(value)));
    let groups = principal.groups.iter().map(|group| uid("Group", group.as_str()));
    Entity::new_with_tags(uid("User", principal.id.as_str()), attributes, groups, tags).unwrap()
}

/// What Cedar says of one row. `whole` rows must fit the schema.
fn cedar(policies: &PolicySet, asker: &Asker, row: &Row, whole: bool) -> Decision {
    let text = |text: &str| RestrictedExpression::new_string(text.to_owned());
    let mut context = vec![
        ("door".to_owned(), text(asker.door.as_str())),
        ("agreement".to_owned(), RestrictedExpression::new_bool(asker.agreement.is_some())),
    ];
    context.extend(asker.purpose.as_ref().map(|purpose| ("purpose".to_owned(), text(purpose.as_str()))));
    let context = Context::from_pairs(context).unwrap();
    let attributes = row.iter().map(|(name, cell)| ((*name).to_owned(), expression(cell)));
    let entity = |id: EntityUid, parents: Vec<EntityUid>| Entity::new_no_attrs(id, parents.into_iter().collect());
    let (domain, lab, port) = (uid("Domain", "science"), uid("Product", "lab"), uid("Port", "lab/samples@1"));
    let resource = uid("lab::samples", "a row");
    let row = Entity::new(resource.clone(), attributes.collect(), [port.clone()].into_iter().collect()).unwrap();
    if whole {
        Entities::from_entities([row.clone()], Some(schema())).expect("a row that fits the schema");
    }
    let all = [user(&asker.principal), entity(lab.clone(), vec![domain]), entity(port, vec![lab]), row];
    let entities = schema().action_entities().unwrap().add_entities(all, None).unwrap();
    let principal = uid("User", asker.principal.id.as_str());
    let request = Request::new(principal, uid("Action", "readRow"), resource, context, Some(schema())).unwrap();
    Authorizer::new().is_authorized(&request, policies, &entities).decision()
}

const READ: &str = r#"permit (principal, action == Action::"read", resource);"#;
const AGREEMENT: &str = r#"permit (principal, action in Action::"read", resource) when { context.agreement };"#;

fn compiled(policies: &[String]) -> Arc<dyn Policies> {
    compile(&[of_workspace(READ), of_product("lab", &policies.join("\n"))], &estate(vec![lab()]))
}

fn rows_of(asker: &Asker, policies: &Arc<dyn Policies>) -> RowAccess {
    asker.table(policies, &samples(), "samples").access.expect("the port may be read").rows
}

/// The same policies for Cedar alone.
fn alone(policies: &[String]) -> PolicySet {
    format!("{AGREEMENT}\n{}", policies.join("\n")).parse().unwrap()
}

fn schema() -> &'static Schema {
    static SCHEMA: OnceLock<Schema> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        let text = outport_policy::cedar_schema(&lab()).unwrap();
        Schema::from_cedarschema_str(&text).unwrap().0
    })
}

/// A sum that overflows makes Cedar skip a rule, or a part of it that something before it makes not matter. Here such a
/// rule permits nothing, or forbids every row.
fn overflows(asker: &Asker, policies: &[String]) -> bool {
    asker.principal.clearance == Some(i64::MAX) && policies.iter().any(|policy| policy.contains("clearance + 1"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn rows_exist_where_cedar_permits_them(
        policies in vec(policy(), 1..4),
        askers in vec(asker(), 3),
        rows in vec(row(true), 8),
    ) {
        let (cedar_policies, ours) = (alone(&policies), compiled(&policies));
        for asker in &askers {
            let access = rows_of(asker, &ours);
            for row in &rows {
                let expect = cedar(&cedar_policies, asker, row, true) == Decision::Allow;
                let found = exists(&access, row);
                if overflows(asker, &policies) {
                    prop_assert!(!found || expect, "{row:?}\n{access:?}");
                } else {
                    prop_assert_eq!(found, expect, "{:?}\n{:?}", row, access);
                }
            }
        }
    }

    /// Rows that break their contract lack what a rule asks for. Cedar then skips the rule; here a rule that forbids
    /// forbids, so that there are never more rows.
    #[test]
    fn rows_that_break_their_contract_exist_only_where_cedar_permits_them(
        policies in vec(policy(), 1..4),
        asker in asker(),
        rows in vec(row(false), 6),
    ) {
        let cedar_policies = alone(&policies);
        let access = rows_of(&asker, &compiled(&policies));
        let forbids = policies.iter().any(|policy| policy.starts_with("forbid"));
        for row in &rows {
            let permitted = cedar(&cedar_policies, &asker, row, false) == Decision::Allow;
            let found = exists(&access, row);
            prop_assert!(!found || permitted, "{row:?}\n{access:?}");
            if !forbids && !overflows(&asker, &policies) {
                prop_assert_eq!(found, permitted, "{:?}\n{:?}", row, access);
            }
        }
    }

    /// Whoever no policy permits anything sees nothing, whatever else is written.
    #[test]
    fn whoever_is_not_permitted_sees_nothing(
        conditions in vec((any::<bool>(), condition()), 1..4),
        mut asker in asker(),
    ) {
        asker.agreement = None;
        let policies: Vec<String> = conditions
            .iter()
            .map(|(permit, condition)| if *permit {
                format!("permit (principal in Group::\"staff\", action, resource is lab::samples) when {{ {condition} }};")
            } else {
                format!("forbid (principal, action == Action::\"readRow\", resource) when {{ {condition} }};")
            })
            .chain([r#"permit (principal in Group::"staff", action, resource);"#.to_owned()])
            .collect();
        let closed = compile(&[of_product("lab", &policies.join("\n"))], &estate(vec![lab()]));
        let table = asker.table(&closed, &samples(), "samples");
        prop_assert!(!table.read.allowed);
        prop_assert_eq!(table.access, None);
        // The port may be read and no row of it may.
        let access = asker.table(&compiled(&policies), &samples(), "samples").access.unwrap();
        prop_assert!(access.columns.is_empty());
        prop_assert_eq!(access.rows, RowAccess::Where(outport_model::access::RowRule::nothing()));
    }
}
