//! Random values of JSON that YAML text can carry.

use proptest::prelude::*;
use serde_json::{Number, Value};

/// Text that is easily mistaken for something else.
const TRAPS: &[&str] = &[
    "",
    " ",
    "on",
    "off",
    "yes",
    "No",
    "null",
    "~",
    "true",
    "1.0",
    "1",
    "-1",
    "0x1F",
    "0o7",
    "1e3",
    ".inf",
    ".nan",
    "2022-08-02",
    "12:30:00",
    "1_000",
    "- a",
    "-",
    "---",
    "...",
    "? a",
    "a: b",
    "a:",
    ": a",
    "a #b",
    "#a",
    "&a",
    "*a",
    "!a",
    "!!str a",
    "|",
    ">",
    "|\n a",
    "a\nb",
    "a\nb\n",
    "a\n\nb\n",
    "\na",
    "a\n\n",
    " a\nb",
    "a\n b",
    "a\n\tb",
    "a \nb",
    "a\r\nb",
    "\ta",
    "a\t",
    "'",
    "\"",
    "'a'",
    "\"a\"",
    "a'b",
    "\\",
    "\\n",
    "{",
    "}",
    "[a]",
    "{a: b}",
    "a, b",
    "%a",
    "@a",
    "`a`",
    "<<",
    "=",
    "é",
    "日本語",
    "🦀",
    "a\u{85}b",
    "a\u{2028}b",
    "\u{feff}a",
    "a\u{feff}",
    "\u{0}",
    "\u{7f}",
    "${A:-b}",
    "${A}",
    "a~1b/c",
    "v1.0.0",
    "1.2.3",
];

pub(crate) fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-z][a-z0-9_-]{0,8}",
        3 => prop::sample::select(TRAPS).prop_map(str::to_owned),
        2 => "[ -~\\n]{0,12}",
        1 => any::<String>(),
    ]
}

pub(crate) fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<u64>().prop_map(Value::from),
        1 => any::<f64>().prop_filter_map("finite", |f| Number::from_f64(f).map(Value::Number)),
        5 => text().prop_map(Value::from),
    ]
}

pub(crate) fn value() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((text(), inner), 0..5).prop_map(|members| members.into_iter().collect()),
        ]
    })
}

/// The pointers of all nodes.
pub(crate) fn pointers(value: &Value) -> Vec<String> {
    let mut found = vec![String::new()];
    collect(value, "", &mut found);
    found
}

fn collect(value: &Value, at: &str, found: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Array(items) => items.iter().enumerate().map(|(i, item)| (i.to_string(), item)).collect(),
        Value::Object(members) => members.iter().map(|(key, member)| (key.clone(), member)).collect(),
        _ => Vec::new(),
    };
    for (key, child) in children {
        let pointer = outport_spec::document::pointer::join(at, &key);
        collect(child, &pointer, found);
        found.push(pointer);
    }
}
