//! Policies and people at random, as Cedar text and as principals.

use std::collections::BTreeSet;

use proptest::{collection::vec, option, prelude::*, sample::select};

use super::clinic::{COLUMNS, Column, DAYS, Kind, NUMBERS, PRICES, TEXTS, day, decimal};
use crate::opened::someone;

/// Someone, what they read for, and what they agreed upon.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) principal: outport_model::principal::Principal,
    pub(super) purpose: Option<String>,
    pub(super) agreements: Vec<Agreed>,
}

/// An agreement about the table.
#[derive(Debug, Clone)]
pub(super) struct Agreed {
    /// The columns that it is about; all by default.
    pub(super) columns: Option<BTreeSet<&'static str>>,
    pub(super) purpose: &'static str,
    /// The group that it is for; whoever asked by default.
    pub(super) group: Option<&'static str>,
    pub(super) stage: Stage,
}

/// How far an agreement is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    InForce,
    Expired,
    Revoked,
    Undecided,
}

const PURPOSES: [&str; 2] = ["care", "fraud"];

const GROUPS: [&str; 3] = ["staff", "privacy", "night"];

fn agreed() -> impl Strategy<Value = Agreed> {
    let names = COLUMNS.iter().map(|column| column.name).collect::<Vec<_>>();
    let columns = option::weighted(0.6, proptest::sample::subsequence(names, 1..COLUMNS.len()));
    let group = option::weighted(0.3, select(&GROUPS[..]));
    let stages = [Stage::InForce, Stage::InForce, Stage::InForce, Stage::Expired, Stage::Revoked, Stage::Undecided];
    (columns, select(&PURPOSES[..]), group, select(stages.to_vec())).prop_map(|(columns, purpose, group, stage)| {
        Agreed { columns: columns.map(BTreeSet::from_iter), purpose, group, stage }
    })
}

const REGIONS: [&str; 4] = ["EU", "US", "a,b", "nowhere"];

/// People differ in everything that policies can ask of them.
pub(super) fn person() -> impl Strategy<Value = Person> {
    let groups = proptest::sample::subsequence(GROUPS.to_vec(), 1..=3);
    let region = option::weighted(0.7, select(&REGIONS[..]));
    let department = option::of(select(vec!["ward", "desk"]));
    let clearance = option::of(select(&NUMBERS[..]));
    let team = option::of(select(&TEXTS[..]));
    let purpose = option::of(select(&PURPOSES[..]));
    let agreements = vec(agreed(), 0..3);
    (groups, region, department, clearance, team, purpose, agreements).prop_map(
        |(groups, region, department, clearance, team, purpose, agreements)| {
            let mut principal = someone("ann", &groups);
            principal.region = region.map(str::to_owned);
            principal.department = department.map(str::to_owned);
            principal.clearance = clearance;
            principal.labels.extend(team.map(|team| ("team".to_owned(), team.to_owned())));
            Person { principal, purpose: purpose.map(str::to_owned), agreements }
        },
    )
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A value of this kind in Cedar, or something of the principal with what must be asked before.
fn value(kind: Kind) -> BoxedStrategy<(Option<&'static str>, String)> {
    let literal = match kind {
        Kind::Number => select(&NUMBERS[..]).prop_map(|number| number.to_string()).boxed(),
        Kind::Text => select(&TEXTS[..]).prop_map(quoted).boxed(),
        Kind::Flag => any::<bool>().prop_map(|flag| flag.to_string()).boxed(),
        Kind::Day => select(&DAYS[..]).prop_map(|days| format!("datetime(\"{}\")", day(days))).boxed(),
        Kind::Price => select(&PRICES[..]).prop_map(|price| format!("decimal(\"{}\")", decimal(price))).boxed(),
    };
    let literal = literal.prop_map(|text| (None, text));
    let own: Vec<(Option<&str>, String)> = match kind {
        Kind::Text => vec![
            (Some("principal has region"), "principal.region".to_owned()),
            (Some("principal.hasTag(\"team\")"), "principal.getTag(\"team\")".to_owned()),
        ],
        Kind::Number => vec![(Some("principal has clearance"), "principal.clearance".to_owned())],
        _ => return literal.boxed(),
    };
    prop_oneof![1 => literal, 1 => select(own)].boxed()
}

/// A question about a column of a row.
fn question(column: &'static Column) -> BoxedStrategy<String> {
    let name = format!("resource.{}", column.name);
    let comparison = match column.kind {
        Kind::Number | Kind::Day => select(vec!["==", "!=", "<", "<=", ">", ">="]).boxed(),
        Kind::Price => select(vec!["==", "!=", "lessThan", "lessThanOrEqual", "greaterThan"]).boxed(),
        Kind::Text | Kind::Flag => select(vec!["==", "!="]).boxed(),
    };
    let compared = (comparison, value(column.kind)).prop_map({
        let name = name.clone();
        move |(operator, (guard, value))| {
            let compared = if operator.ends_with(|letter: char| letter.is_ascii_alphabetic()) {
                format!("{name}.{operator}({value})")
            } else {
                format!("{name} {operator} {value}")
            };
            guard.map_or_else(|| compared.clone(), |guard| format!("({guard} && {compared})"))
        }
    });
    let question = match column.kind {
        Kind::Text => {
            let like = select(vec!["*", "E*", "*U", "E\\*", "*@*", "é*"]);
            let like = like.prop_map(move |pattern| format!("{name} like \"{pattern}\""));
            prop_oneof![2 => compared, 1 => like].boxed()
        }
        Kind::Flag => prop_oneof![1 => compared, 1 => Just(name)].boxed(),
        _ => compared.boxed(),
    };
    if !column.nullable {
        return question;
    }
    let has = format!("resource has {}", column.name);
    (question, any::<bool>())
        .prop_map(move |(question, otherwise)| {
            if otherwise { format!("(if {has} then {question} else true)") } else { format!("({has} && {question})") }
        })
        .boxed()
}

fn about_reader() -> BoxedStrategy<String> {
    select(vec![
        "principal in Group::\"privacy\"",
        "principal in [Group::\"night\", Group::\"privacy\"]",
        "(principal has region && principal.region == \"EU\")",
        "(principal has department && principal.department == \"ward\")",
        "(principal has clearance && principal.clearance > 7)",
        "(context has purpose && context.purpose == \"care\")",
        "context.agreement",
        "[\"sql\", \"rest\", \"postgres\"].contains(context.door)",
        "context.door == \"mcp\"",
        "(principal.hasTag(\"team\") && principal.getTag(\"team\") like \"E*\")",
        "resource in Domain::\"care\"",
    ])
    .prop_map(str::to_owned)
    .boxed()
}

/// What is asked of a row, and of who reads it.
fn condition() -> BoxedStrategy<String> {
    let about_row = (0..COLUMNS.len()).prop_flat_map(|at| question(&COLUMNS[at]));
    prop_oneof![4 => about_row, 1 => about_reader()]
        .prop_recursive(2, 6, 3, |inner| {
            prop_oneof![
                vec(inner.clone(), 2..3).prop_map(|all| format!("({})", all.join(" && "))),
                vec(inner.clone(), 2..3).prop_map(|any| format!("({})", any.join(" || "))),
                inner.prop_map(|condition| format!("!({condition})")),
            ]
        })
        .boxed()
}

/// Which columns a rule is about.
fn about_column() -> BoxedStrategy<String> {
    let name = (0..COLUMNS.len()).prop_map(|at| format!("resource.name == \"{}\"", COLUMNS[at].name));
    let class = select(vec!["pii", "secret"])
        .prop_map(|class| format!("resource has classification && resource.classification == \"{class}\""));
    prop_oneof![1 => name, 2 => class].boxed()
}

fn mask() -> BoxedStrategy<&'static str> {
    select(vec![
        "null",
        "redact",
        "hash",
        "last(4)",
        "first(2)",
        "number(100)",
        "number(7)",
        "date(month)",
        "date(week)",
        "date(year)",
    ])
    .boxed()
}

/// Who may read at all, and which rows and columns to begin with.
fn reading() -> BoxedStrategy<String> {
    let whole = select(vec![
        "permit(principal in Group::\"staff\", action in Action::\"read\", resource);",
        "permit(principal, action in Action::\"read\", resource in Domain::\"care\");",
        "permit(principal, action in Action::\"read\", resource in Product::\"clinic\") when { context.door != \"changes\" };",
    ]);
    let whole = whole.prop_map(str::to_owned);
    let parts = (about_column(), vec(condition(), 1..3)).prop_map(|(columns, conditions)| {
        let rows = conditions.iter().map(|condition| {
            format!(
                "permit(principal, action == Action::\"readRow\", resource is clinic::visits) when {{ {condition} }};\n"
            )
        });
        format!(
            "permit(principal, action == Action::\"read\", resource);\n\
             permit(principal, action == Action::\"readColumn\", resource) unless {{ {columns} }};\n\
             @mask(\"first(2)\")\npermit(principal, action == Action::\"readMasked\", resource);\n{}",
            rows.collect::<String>()
        )
    });
    // Where policies permit nothing, an agreement is the only way.
    let nothing = Just(String::new());
    prop_oneof![3 => whole, 2 => parts, 2 => nothing].boxed()
}

/// A rule about columns: hidden, or under a mask.
fn about_columns() -> BoxedStrategy<String> {
    let unless = select(vec!["principal in Group::\"privacy\"", "context.door == \"sql\"", "context.agreement"]);
    let unless = option::of(unless);
    let actions = select(vec![
        "action == Action::\"readColumn\"",
        "action == Action::\"readColumn\"",
        "action in [Action::\"readColumn\", Action::\"readMasked\"]",
    ]);
    (option::of(mask()), actions, about_column(), unless)
        .prop_map(|(mask, actions, columns, unless)| {
            let mask = mask.map_or_else(String::new, |mask| format!("@mask(\"{mask}\")\n"));
            let unless = unless.map_or_else(String::new, |unless| format!(" unless {{ {unless} }}"));
            format!("{mask}forbid(principal, {actions}, resource) when {{ {columns} }}{unless};")
        })
        .boxed()
}

/// A rule that keeps rows back.
fn about_rows() -> BoxedStrategy<String> {
    (condition(), prop_oneof![3 => Just("when"), 1 => Just("unless")])
        .prop_map(|(condition, clause)| {
            let head = "principal, action == Action::\"readRow\", resource is clinic::visits";
            format!("forbid({head}) {clause} {{ {condition} }};")
        })
        .boxed()
}

/// A whole file of policies.
pub(super) fn policies() -> impl Strategy<Value = String> {
    let known = "permit(principal, action in [Action::\"discover\", Action::\"request\"], resource);";
    (reading(), vec(about_columns(), 0..4), vec(about_rows(), 0..3)).prop_map(move |(reading, columns, rows)| {
        let rules = [known.to_owned(), reading].into_iter().chain(columns).chain(rows);
        rules.collect::<Vec<_>>().join("\n")
    })
}
