//! One value on its way from text to a column.

use std::borrow::Cow;

use outport_model::contract::{DataType, Field};

use super::{json, parse};

/// A value that was read as its type.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell<'a> {
    /// No value.
    Null,
    /// True or false.
    Boolean(bool),
    /// A whole number, the units of a decimal, days or microseconds.
    Whole(i128),
    /// A binary floating-point number.
    Float(f64),
    /// Text, or bytes that are text.
    Text(Cow<'a, str>),
    /// The items of a list.
    List(Vec<Cell<'a>>),
    /// The values of an object's fields, in the type's order.
    Struct(Vec<Cell<'a>>),
    /// Keys and values.
    Map(Vec<(Cell<'a>, Cell<'a>)>),
}

/// Reads a text as a value of the type, or not at all. Lists, objects and maps are JSON inside the text.
pub(super) fn of_text<'a>(data_type: &DataType, text: &'a str) -> Option<Cell<'a>> {
    Some(match data_type {
        DataType::String | DataType::Binary => Cell::Text(Cow::Borrowed(text)),
        DataType::Boolean => Cell::Boolean(parse::boolean(text)?),
        DataType::Integer { bits, signed } => whole(parse::integer(text)?, *bits, *signed)?,
        DataType::Float { bits } => Cell::Float(parse::float(text, *bits)?),
        DataType::Decimal { precision, scale } => Cell::Whole(parse::decimal(text, *precision, *scale)?),
        DataType::Date => Cell::Whole(parse::date(text)?.into()),
        DataType::Time => Cell::Text(Cow::Borrowed(parse::time(text)?)),
        DataType::Timestamp { .. } => Cell::Whole(parse::timestamp(text)?.into()),
        DataType::List(_) | DataType::Struct(_) | DataType::Map(_, _) => {
            let value = json::Cursor::new(text).only_value().ok()?;
            return of_json(data_type, value);
        }
    })
}

/// Whether every text is a value of the type.
pub(super) fn is_any_text(data_type: &DataType) -> bool {
    matches!(data_type, DataType::String | DataType::Binary)
}

fn whole<'a>(number: i128, bits: u8, signed: bool) -> Option<Cell<'a>> {
    let values = 1_i128 << bits;
    let (least, beyond) = if signed { (-values / 2, values / 2) } else { (0, values) };
    (least..beyond).contains(&number).then_some(Cell::Whole(number))
}

/// Reads a JSON value (without blanks round it) as a value of the type, or not at all. A value of another JSON type is
/// none, but decimals may be written as strings (JSON has no exact numbers), and so may `NaN` and infinities.
pub(super) fn of_json<'a>(data_type: &DataType, raw: &'a str) -> Option<Cell<'a>> {
    if raw == "null" {
        return Some(Cell::Null);
    }
    match data_type {
        DataType::Boolean => match raw {
            "true" => Some(Cell::Boolean(true)),
            "false" => Some(Cell::Boolean(false)),
            _ => None,
        },
        DataType::Integer { bits, signed } => {
            let number = if is_number(raw) { parse::decimal(raw, 38, 0)? } else { return None };
            whole(number, *bits, *signed)
        }
        DataType::Float { bits } if is_number(raw) => Some(Cell::Float(parse::float(raw, *bits)?)),
        DataType::Float { .. } => match raw {
            "\"NaN\"" => Some(Cell::Float(f64::NAN)),
            "\"Infinity\"" => Some(Cell::Float(f64::INFINITY)),
            "\"-Infinity\"" => Some(Cell::Float(f64::NEG_INFINITY)),
            _ => None,
        },
        DataType::Decimal { precision, scale } => {
            let text = if is_number(raw) { Cow::Borrowed(raw) } else { json::string(raw)? };
            Some(Cell::Whole(parse::decimal(&text, *precision, *scale)?))
        }
        DataType::String | DataType::Binary => json::string(raw).map(Cell::Text),
        DataType::Date => Some(Cell::Whole(parse::date(&json::string(raw)?)?.into())),
        DataType::Timestamp { .. } => Some(Cell::Whole(parse::timestamp(&json::string(raw)?)?.into())),
        DataType::Time => match json::string(raw)? {
            Cow::Borrowed(text) => Some(Cell::Text(Cow::Borrowed(parse::time(text)?))),
            Cow::Owned(text) => Some(Cell::Text(Cow::Owned(parse::time(&text)?.to_owned()))),
        },
        DataType::List(item) => {
            let mut items = Vec::new();
            json::Cursor::new(raw).array(|value| items.push(of_json(item, value))).ok()?;
            items.into_iter().collect::<Option<_>>().map(Cell::List)
        }
        DataType::Struct(fields) => object(fields, raw),
        DataType::Map(key, value) => map(key, value, raw),
    }
}

fn is_number(raw: &str) -> bool {
    raw.starts_with(|c: char| c == '-' || c.is_ascii_digit())
}

fn object<'a>(fields: &[Field], raw: &'a str) -> Option<Cell<'a>> {
    let mut values = vec![Some(Cell::Null); fields.len()];
    json::Cursor::new(raw)
        .object(|name, value| {
            if let Some(at) = fields.iter().position(|f| json::is_name(name, &f.name)) {
                values[at] = of_json(&fields[at].data_type, value);
            }
        })
        .ok()?;
    let values: Vec<_> = values.into_iter().collect::<Option<_>>()?;
    let complete = fields.iter().zip(&values).all(|(f, v)| f.nullable || *v != Cell::Null);
    complete.then_some(Cell::Struct(values))
}

fn map<'a>(key: &DataType, value: &DataType, raw: &'a str) -> Option<Cell<'a>> {
    let mut entries = Vec::new();
    json::Cursor::new(raw)
        .object(|name, found| {
            let name = match json::string(name) {
                Some(Cow::Borrowed(text)) => of_text(key, text),
                Some(Cow::Owned(text)) => of_text(key, &text).and_then(own),
                None => None,
            };
            entries.push(name.zip(of_json(value, found)));
        })
        .ok()?;
    entries.into_iter().collect::<Option<_>>().map(Cell::Map)
}

/// A scalar value that borrows nothing.
fn own<'b>(cell: Cell<'_>) -> Option<Cell<'b>> {
    Some(match cell {
        Cell::Null => Cell::Null,
        Cell::Boolean(value) => Cell::Boolean(value),
        Cell::Whole(value) => Cell::Whole(value),
        Cell::Float(value) => Cell::Float(value),
        Cell::Text(text) => Cell::Text(Cow::Owned(text.into_owned())),
        Cell::List(_) | Cell::Struct(_) | Cell::Map(_) => return None,
    })
}
