//! What PostgreSQL has no type for, as JSON: structs, maps, and lists of them.

use std::fmt::Write as _;

use arrow::{
    array::{Array, AsArray},
    datatypes::DataType,
};
use bytes::BytesMut;

use super::{
    text,
    value::{self, Value, items},
};

/// The JSON of a row's value.
pub(super) fn of(array: &dyn Array, row: usize) -> String {
    let mut out = String::new();
    write(array, row, &mut out);
    out
}

fn write(array: &dyn Array, row: usize, out: &mut String) {
    if array.is_null(row) {
        out.push_str("null");
        return;
    }
    match array.data_type() {
        DataType::Struct(fields) => {
            let columns = array.as_struct().columns().iter();
            let members =
                fields.iter().zip(columns).map(|(field, column)| (field.name().clone(), column.as_ref(), row));
            object(members, out);
        }
        DataType::Map(..) => {
            let entries = array.as_map().value(row);
            let (keys, values) = (entries.column(0), entries.column(1));
            let members = (0..entries.len()).map(|row| (plain(keys, row), values.as_ref(), row));
            object(members, out);
        }
        DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..) => {
            out.push('[');
            if let Some(items) = items(array, row) {
                for row in 0..items.len() {
                    if row > 0 {
                        out.push(',');
                    }
                    write(items.as_ref(), row, out);
                }
            }
            out.push(']');
        }
        _ => scalar(array, row, out),
    }
}

fn object<'a>(members: impl Iterator<Item = (String, &'a dyn Array, usize)>, out: &mut String) {
    out.push('{');
    for (number, (name, array, row)) in members.enumerate() {
        if number > 0 {
            out.push(',');
        }
        string(&name, out);
        out.push(':');
        write(array, row, out);
    }
    out.push('}');
}

fn scalar(array: &dyn Array, row: usize, out: &mut String) {
    match value::of(array, row) {
        Value::Null => out.push_str("null"),
        Value::Boolean(value) => out.push_str(if value { "true" } else { "false" }),
        Value::Integer(_) | Value::Decimal { .. } | Value::Numeric(_) => out.push_str(&plain(array, row)),
        Value::Float(value) if value.is_finite() => out.push_str(&plain(array, row)),
        Value::Double(value) if value.is_finite() => out.push_str(&plain(array, row)),
        _ => string(&plain(array, row), out),
    }
}

/// The value as PostgreSQL writes it as text.
fn plain(array: &dyn Array, row: usize) -> String {
    let mut bytes = BytesMut::new();
    match text::write(&value::of(array, row), &mut bytes) {
        Ok(()) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(value::OutOfRange) => String::new(),
    }
}

fn string(text: &str, out: &mut String) {
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control.is_control() => {
                // Writing to memory does not fail.
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            other => out.push(other),
        }
    }
    out.push('"');
}
