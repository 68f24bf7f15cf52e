//! Words for values and types.

use serde_json::Value;

/// What a value is, as "the number 1.0", "a list".
pub(super) fn found(value: &Value) -> String {
    match value {
        Value::Null => "empty".to_owned(),
        Value::Bool(truth) => format!("the truth value `{truth}`"),
        Value::Number(number) => format!("the number `{number}`"),
        Value::String(text) => format!("the text `{}`", short(text)),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "a mapping".to_owned(),
    }
}

/// A scalar in backticks, or what it is.
pub(super) fn quoted(value: &Value) -> String {
    match value {
        Value::String(text) => format!("`{}`", short(text)),
        Value::Bool(_) | Value::Number(_) => format!("`{value}`"),
        Value::Null => "nothing".to_owned(),
        Value::Array(_) | Value::Object(_) => found(value),
    }
}

/// A type of JSON Schema in words.
pub(super) fn type_name(name: &str) -> &'static str {
    match name {
        "string" => "text",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "`true` or `false`",
        "array" => "a list",
        "object" => "a mapping",
        _ => "empty",
    }
}

/// Names in backticks with commas between.
pub(super) fn list<T: AsRef<str>>(names: &[T]) -> String {
    names.iter().map(|name| format!("`{}`", name.as_ref())).collect::<Vec<_>>().join(", ")
}

/// Phrases with commas and "or" between.
pub(super) fn either(phrases: &[&str]) -> String {
    match phrases {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [most @ .., last] => format!("{} or {last}", most.join(", ")),
    }
}

fn short(text: &str) -> String {
    const LONGEST: usize = 60;
    let first = text.lines().next().unwrap_or_default();
    if first.len() == text.len() && text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    format!("{}…", first.chars().take(LONGEST).collect::<String>())
}
