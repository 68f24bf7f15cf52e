//! Whether a sample row could be one of a table.

use chrono::{DateTime, NaiveDate, NaiveDateTime};
use outport_model::{
    contract::{DataType, TableSchema},
    diagnostic::Diagnostic,
};
use serde_json::{Number, Value};

use crate::{codes, node::Node, suggest};

/// Reports columns that the table does not have, and values of another type than the column's.
pub(super) fn check(row: &Node<'_>, schema: &TableSchema, diagnostics: &mut Vec<Diagnostic>) {
    for (name, value) in row.entries() {
        let Some(column) = schema.column(name) else {
            let known: Vec<_> = schema.columns.iter().map(|column| column.name.clone()).collect();
            let problem = value.error_key(codes::CASE_UNKNOWN, format!("there is no column `{name}`"));
            diagnostics.push(problem.help(suggest::or_list(name, &known, "the table has no columns")));
            continue;
        };
        if !fits(&column.data_type, value.value()) {
            let message = format!("this is no value of `{name}`, which is {}", column.data_type);
            diagnostics.push(value.error(codes::CASE_VALUE, message).help(form(&column.data_type)));
        }
    }
}

fn fits(data_type: &DataType, value: &Value) -> bool {
    match (data_type, value) {
        (_, Value::Null)
        | (DataType::String | DataType::Time | DataType::Binary, Value::String(_))
        | (DataType::Boolean, Value::Bool(_))
        | (DataType::Float { .. } | DataType::Decimal { .. }, Value::Number(_))
        | (DataType::Struct(_) | DataType::Map(..), Value::Object(_)) => true,
        (DataType::Integer { bits, signed }, Value::Number(number)) => is_integer(number, *bits, *signed),
        (DataType::Decimal { .. }, Value::String(text)) => is_decimal(text),
        (DataType::Date, Value::String(text)) => text.parse::<NaiveDate>().is_ok(),
        (DataType::Timestamp { .. }, Value::String(text)) => is_moment(text),
        (DataType::List(item), Value::Array(items)) => items.iter().all(|value| fits(item, value)),
        _ => false,
    }
}

fn is_integer(number: &Number, bits: u8, signed: bool) -> bool {
    let Some(number) = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from)) else {
        return false;
    };
    let (least, most) = match (bits.min(64), signed) {
        (bits, true) => (-(1_i128 << (bits - 1)), (1_i128 << (bits - 1)) - 1),
        (bits, false) => (0, (1_i128 << bits) - 1),
    };
    (least..=most).contains(&number)
}

fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    [whole, fraction].iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

fn is_moment(text: &str) -> bool {
    DateTime::parse_from_rfc3339(text).is_ok()
        || text.parse::<NaiveDateTime>().is_ok()
        || text.parse::<NaiveDate>().is_ok()
}

/// How a value of this type is written.
fn form(data_type: &DataType) -> &'static str {
    match data_type {
        DataType::String | DataType::Time | DataType::Binary => {
            "write text, in quotes where it looks like something else"
        }
        DataType::Boolean => "write `true` or `false`",
        DataType::Integer { .. } => "write a whole number that the type can hold, without quotes",
        DataType::Float { .. } => "write a number, without quotes",
        DataType::Decimal { .. } => "write a number, in quotes where every digit counts: `\"12.50\"`",
        DataType::Date => "write a day: `2026-06-15`",
        DataType::Timestamp { .. } => "write a moment: `2026-06-15T12:00:00Z`",
        DataType::List(_) => "write a list",
        DataType::Struct(_) | DataType::Map(..) => "write a mapping",
    }
}
