//! Parameters of statements, and the values that clients give for them.

use bytes::{Buf, Bytes};
use chrono::{DateTime, NaiveDate, TimeDelta};
use outport_app::engine::Argument;
use pgwire::api::Type;

use crate::{
    binding::sql_name,
    encode::{
        Format,
        binary::{EPOCH, EPOCH_DAYS},
        kind, numeric,
    },
    failure::Failure,
    items,
};

/// A parameter of a prepared statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parameter {
    /// Its type.
    pub(crate) kind: Type,
    /// Whether only the client says so, and nothing in the statement.
    pub(crate) declared: bool,
}

impl Parameter {
    /// Whether it stands in the statement otherwise than it was written.
    pub(crate) fn is_edited(&self) -> bool {
        self.declared || self.kind == Type::BYTEA || kind::item_of(&self.kind).is_some()
    }
}

/// The value of a parameter.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    /// As the engine takes it.
    One(Argument),
    /// Of this type, since the client says so.
    Declared(Argument, &'static str),
    /// Bytes, as hexadecimal digits.
    Bytes(Argument),
    /// Items of a type.
    List {
        /// The type.
        item: &'static str,
        /// The items; `None` where the list is missing.
        items: Option<Vec<Argument>>,
    },
}

/// The value of a parameter. `number` counts from 1.
pub(crate) fn read(
    number: usize,
    value: Option<&Bytes>,
    format: Format,
    parameter: &Parameter,
) -> Result<Value, Failure> {
    let kind = &parameter.kind;
    if let Some(item) = kind::item_of(kind) {
        let name = sql_name(&item).ok_or_else(|| unsupported(kind))?;
        let items = value.map(|value| list(number, value, format, kind, &item)).transpose()?;
        return Ok(Value::List { item: name, items });
    }
    let argument = match value {
        None => Argument::Null,
        Some(value) if *kind == Type::BYTEA => Argument::Text(hexadecimal(number, value, format)?),
        Some(value) => scalar(number, value, format, kind)?,
    };
    Ok(match sql_name(kind) {
        _ if *kind == Type::BYTEA => Value::Bytes(argument),
        Some(name) if parameter.declared => Value::Declared(argument, name),
        _ => Value::One(argument),
    })
}

fn unsupported(kind: &Type) -> Failure {
    Failure::Unsupported { what: format!("a parameter of type {}", kind.name()), help: None }
}

fn no_value(number: usize, kind: &Type) -> Failure {
    Failure::Value { number, type_name: kind.name().to_owned() }
}

fn scalar(number: usize, value: &Bytes, format: Format, kind: &Type) -> Result<Argument, Failure> {
    let read = match format {
        Format::Text => std::str::from_utf8(value).ok().and_then(|value| text(value, kind)),
        Format::Binary if is_known(kind) => binary(value.clone(), kind),
        Format::Binary => {
            let what = format!("a parameter of type {} in binary format", kind.name());
            return Err(Failure::Unsupported { what, help: Some("send it as text") });
        }
    };
    read.ok_or_else(|| no_value(number, kind))
}

/// The items of a list of one dimension.
fn list(number: usize, value: &Bytes, format: Format, kind: &Type, item: &Type) -> Result<Vec<Argument>, Failure> {
    if format == Format::Text {
        let text = std::str::from_utf8(value).ok().and_then(items::read).ok_or_else(|| no_value(number, kind))?;
        let items = text.into_iter().map(|text| match text {
            None => Ok(Argument::Null),
            Some(text) => scalar(number, &Bytes::from(text), Format::Text, item),
        });
        return items.collect();
    }
    let mut value = value.clone();
    let mut head = || value.try_get_i32().map_err(|_| no_value(number, kind));
    let (dimensions, _, _) = (head()?, head()?, head()?);
    match dimensions {
        0 => return Ok(Vec::new()),
        1 => {}
        _ => return Err(unsupported(kind)),
    }
    let (count, _) = (head()?, head()?);
    let mut items = Vec::new();
    for _ in 0..count {
        let length = value.try_get_i32().map_err(|_| no_value(number, kind))?;
        if length == -1 {
            items.push(Argument::Null);
            continue;
        }
        let length = usize::try_from(length).ok().filter(|length| *length <= value.len());
        let bytes = value.split_to(length.ok_or_else(|| no_value(number, kind))?);
        items.push(scalar(number, &bytes, Format::Binary, item)?);
    }
    if value.is_empty() { Ok(items) } else { Err(no_value(number, kind)) }
}

/// Bytes as hexadecimal digits. As text they come so after `\x`, or with backslashes before octal digits.
fn hexadecimal(number: usize, value: &Bytes, format: Format) -> Result<String, Failure> {
    let digits = |bytes: &[u8]| {
        let nibbles = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        nibbles.filter_map(|nibble| char::from_digit(u32::from(nibble), 16)).collect::<String>()
    };
    if format == Format::Binary {
        return Ok(digits(value));
    }
    let text = std::str::from_utf8(value).map_err(|_| no_value(number, &Type::BYTEA))?;
    let read = match text.strip_prefix("\\x") {
        Some(hex) if hex.len() % 2 == 0 && hex.chars().all(|digit| digit.is_ascii_hexdigit()) => {
            Some(hex.to_lowercase())
        }
        Some(_) => None,
        None => unescaped(text.as_bytes()).map(|bytes| digits(&bytes)),
    };
    read.ok_or_else(|| no_value(number, &Type::BYTEA))
}

fn unescaped(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        let (byte, next) = match (first, after) {
            (b'\\', [b'\\', next @ ..]) => (b'\\', next),
            (b'\\', [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', next @ ..]) => {
                ((a - b'0') * 64 + (b - b'0') * 8 + (c - b'0'), next)
            }
            (b'\\', _) => return None,
            (byte, next) => (*byte, next),
        };
        bytes.push(byte);
        rest = next;
    }
    Some(bytes)
}

fn text(value: &str, kind: &Type) -> Option<Argument> {
    let trimmed = value.trim();
    Some(match *kind {
        Type::BOOL => Argument::Boolean(boolean(trimmed)?),
        Type::INT2 | Type::INT4 | Type::INT8 | Type::OID => Argument::Integer(trimmed.parse().ok()?),
        Type::FLOAT4 | Type::FLOAT8 => Argument::Float(trimmed.parse().ok()?),
        Type::DATE => Argument::Text(day(trimmed).to_owned()),
        _ => Argument::Text(value.to_owned()),
    })
}

/// The day of a text that may also say a time or a zone, as JDBC writes days: `2024-02-29 +00`.
fn day(text: &str) -> &str {
    match text.split_once([' ', 'T']) {
        Some((day, _)) if day.parse::<NaiveDate>().is_ok() => day,
        _ => text,
    }
}

/// The words that PostgreSQL takes for true and false, and their beginnings.
fn boolean(text: &str) -> Option<bool> {
    let text = text.to_ascii_lowercase();
    let begins = |word: &str, least: usize| text.len() >= least && word.starts_with(&text);
    if text == "1" || begins("true", 1) || begins("yes", 1) || text == "on" {
        Some(true)
    } else if text == "0" || begins("false", 1) || begins("no", 1) || begins("off", 2) {
        Some(false)
    } else {
        None
    }
}

/// Whether the binary format of a type is known here.
fn is_known(kind: &Type) -> bool {
    matches!(
        *kind,
        Type::BOOL
            | Type::INT2
            | Type::INT4
            | Type::INT8
            | Type::OID
            | Type::FLOAT4
            | Type::FLOAT8
            | Type::NUMERIC
            | Type::DATE
            | Type::TIME
            | Type::TIMESTAMP
            | Type::TIMESTAMPTZ
            | Type::UUID
    ) || is_text(kind)
}

fn is_text(kind: &Type) -> bool {
    matches!(
        *kind,
        Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN | Type::JSON | Type::JSONB | Type::CHAR
    )
}

fn binary(mut value: Bytes, kind: &Type) -> Option<Argument> {
    if *kind == Type::JSONB && value.try_get_u8().ok()? != 1 {
        return None;
    }
    if is_text(kind) {
        return String::from_utf8(value.to_vec()).ok().map(Argument::Text);
    }
    let argument = match *kind {
        Type::BOOL => Argument::Boolean(value.try_get_u8().ok()? != 0),
        Type::INT2 => Argument::Integer(value.try_get_i16().ok()?.into()),
        Type::INT4 => Argument::Integer(value.try_get_i32().ok()?.into()),
        Type::OID => Argument::Integer(value.try_get_u32().ok()?.into()),
        Type::INT8 => Argument::Integer(value.try_get_i64().ok()?),
        Type::FLOAT4 => Argument::Float(value.try_get_f32().ok()?.into()),
        Type::FLOAT8 => Argument::Float(value.try_get_f64().ok()?),
        Type::NUMERIC => return numeric::read(&value).map(Argument::Text),
        Type::DATE => {
            let days = TimeDelta::try_days(i64::from(value.try_get_i32().ok()?) + EPOCH_DAYS)?;
            Argument::Text(NaiveDate::default().checked_add_signed(days)?.to_string())
        }
        Type::TIME => {
            let moment = DateTime::from_timestamp_micros(value.try_get_i64().ok()?)?;
            Argument::Text(moment.format("%H:%M:%S%.6f").to_string())
        }
        Type::TIMESTAMP => Argument::Text(moment(&mut value)?.format("%Y-%m-%d %H:%M:%S%.6f").to_string()),
        Type::TIMESTAMPTZ => Argument::Text(moment(&mut value)?.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()),
        Type::UUID => Argument::Text(uuid(value.split_to(value.len().min(16)).as_ref())?),
        _ => return None,
    };
    value.is_empty().then_some(argument)
}

fn moment(value: &mut Bytes) -> Option<DateTime<chrono::Utc>> {
    DateTime::from_timestamp_micros(value.try_get_i64().ok()?.checked_add(EPOCH)?)
}

fn uuid(bytes: &[u8]) -> Option<String> {
    let nibbles = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let digits: String = nibbles.filter_map(|nibble| char::from_digit(u32::from(nibble), 16)).collect();
    let part = |range: std::ops::Range<usize>| digits.get(range);
    Some([part(0..8)?, part(8..12)?, part(12..16)?, part(16..20)?, part(20..32)?].join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(value: Option<&'static [u8]>, format: Format, kind: &Type) -> Result<Value, Failure> {
        let parameter = Parameter { kind: kind.clone(), declared: false };
        read(1, value.map(Bytes::from_static).as_ref(), format, &parameter)
    }

    fn one(value: Result<Value, Failure>) -> Result<Argument, Failure> {
        value.map(|value| match value {
            Value::One(argument) => argument,
            other => panic!("{other:?}"),
        })
    }

    fn read_binary(value: &'static [u8], kind: &Type) -> Result<Argument, Failure> {
        one(given(Some(value), Format::Binary, kind))
    }

    fn read_text(value: &'static str, kind: &Type) -> Result<Argument, Failure> {
        one(given(Some(value.as_bytes()), Format::Text, kind))
    }

    #[test]
    fn bytes_come_as_digits_however_they_are_written() {
        let hex = |hex: &str| Value::Bytes(Argument::Text(hex.to_owned()));
        assert_eq!(given(Some(&[0, 255]), Format::Binary, &Type::BYTEA).unwrap(), hex("00ff"));
        assert_eq!(given(Some(b"\\x00FF"), Format::Text, &Type::BYTEA).unwrap(), hex("00ff"));
        assert_eq!(given(Some(b"a\\\\\\377"), Format::Text, &Type::BYTEA).unwrap(), hex("615cff"));
        assert_eq!(given(None, Format::Text, &Type::BYTEA).unwrap(), Value::Bytes(Argument::Null));
        assert_eq!(given(Some(b"\\x0"), Format::Text, &Type::BYTEA).unwrap_err().state(), "22P02");
        assert_eq!(given(Some(b"\\9"), Format::Text, &Type::BYTEA).unwrap_err().state(), "22P02");
    }

    #[test]
    fn lists_come_as_text_and_binary() {
        let list = |items: Vec<Argument>| Value::List { item: "BIGINT", items: Some(items) };
        let two = || list(vec![Argument::Integer(7), Argument::Null]);
        assert_eq!(given(Some(b"{7,NULL}"), Format::Text, &Type::INT8_ARRAY).unwrap(), two());
        let head = [0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 20, 0, 0, 0, 2, 0, 0, 0, 1];
        let items = [0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 7, 0xff, 0xff, 0xff, 0xff];
        let binary: &'static [u8] = Vec::leak([&head[..], &items[..]].concat());
        assert_eq!(given(Some(binary), Format::Binary, &Type::INT8_ARRAY).unwrap(), two());
        assert_eq!(given(Some(&[0; 12]), Format::Binary, &Type::INT8_ARRAY).unwrap(), list(Vec::new()));
        let cut = &binary[..binary.len() - 1];
        assert_eq!(given(Some(cut), Format::Binary, &Type::INT8_ARRAY).unwrap_err().state(), "22P02");
        assert_eq!(given(Some(b"{x}"), Format::Text, &Type::INT8_ARRAY).unwrap_err().state(), "22P02");
        let missing = Value::List { item: "TEXT", items: None };
        assert_eq!(given(None, Format::Text, &Type::TEXT_ARRAY).unwrap(), missing);
    }

    #[test]
    fn days_may_have_a_zone() {
        assert_eq!(read_text("2024-02-29 +00", &Type::DATE).unwrap(), Argument::Text("2024-02-29".to_owned()));
        assert_eq!(read_text("tomorrow or so", &Type::DATE).unwrap(), Argument::Text("tomorrow or so".to_owned()));
    }

    #[test]
    fn what_only_the_client_knows_is_said_in_the_statement() {
        let parameter = Parameter { kind: Type::INT2, declared: true };
        let value = read(1, Some(&Bytes::from_static(b"5")), Format::Text, &parameter).unwrap();
        assert_eq!(value, Value::Declared(Argument::Integer(5), "SMALLINT"));
    }

    #[test]
    fn values_come_as_text_or_binary() {
        assert_eq!(read_text(" 7", &Type::INT4).unwrap(), Argument::Integer(7));
        assert_eq!(read_text("YES", &Type::BOOL).unwrap(), Argument::Boolean(true));
        assert_eq!(read_text("of", &Type::BOOL).unwrap(), Argument::Boolean(false));
        assert_eq!(read_text("1.50", &Type::NUMERIC).unwrap(), Argument::Text("1.50".to_owned()));
        assert_eq!(read_binary(&[0xff, 0xfe], &Type::INT2).unwrap(), Argument::Integer(-2));
        assert_eq!(read_binary(&[0; 4], &Type::DATE).unwrap(), Argument::Text("2000-01-01".to_owned()));
        let moment = Argument::Text("2000-01-01T00:00:00.000000Z".to_owned());
        assert_eq!(read_binary(&[0; 8], &Type::TIMESTAMPTZ).unwrap(), moment);
        let id = Argument::Text("00010203-0405-0607-0809-0a0b0c0d0e0f".to_owned());
        assert_eq!(read_binary(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15], &Type::UUID).unwrap(), id);
        assert_eq!(one(given(None, Format::Binary, &Type::INT4)).unwrap(), Argument::Null);
    }

    #[test]
    fn what_is_no_value_of_its_type_is_refused() {
        assert_eq!(read_text("o", &Type::BOOL).unwrap_err().state(), "22P02");
        assert_eq!(read_text("x", &Type::INT8).unwrap_err().state(), "22P02");
        assert_eq!(read_binary(&[0, 1], &Type::INT4).unwrap_err().state(), "22P02");
        assert_eq!(read_binary(&[0, 0, 0, 1, 0], &Type::INT4).unwrap_err().state(), "22P02");
        assert_eq!(read_binary(&[0], &Type::UUID).unwrap_err().state(), "22P02");
        assert_eq!(read_binary(&[0], &Type::POINT).unwrap_err().state(), "0A000");
    }
}
