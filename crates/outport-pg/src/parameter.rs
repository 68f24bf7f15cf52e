//! Values that clients give for the parameters of a statement.

use bytes::{Buf, Bytes};
use chrono::{DateTime, NaiveDate, TimeDelta};
use outport_app::engine::Argument;
use pgwire::api::Type;

use crate::{
    encode::{
        Format,
        binary::{EPOCH, EPOCH_DAYS},
        numeric,
    },
    failure::Failure,
};

/// The value of a parameter. `number` counts from 1.
pub(crate) fn read(number: usize, value: Option<&Bytes>, format: Format, kind: &Type) -> Result<Argument, Failure> {
    let Some(value) = value else { return Ok(Argument::Null) };
    let read = match format {
        Format::Text => std::str::from_utf8(value).ok().and_then(|value| text(value, kind)),
        Format::Binary if is_known(kind) => binary(value.clone(), kind),
        Format::Binary => {
            let what = format!("a parameter of type {} in binary format", kind.name());
            return Err(Failure::Unsupported { what, help: Some("send it as text") });
        }
    };
    read.ok_or_else(|| Failure::Value { number, type_name: kind.name().to_owned() })
}

fn text(value: &str, kind: &Type) -> Option<Argument> {
    let trimmed = value.trim();
    Some(match *kind {
        Type::BOOL => Argument::Boolean(boolean(trimmed)?),
        Type::INT2 | Type::INT4 | Type::INT8 | Type::OID => Argument::Integer(trimmed.parse().ok()?),
        Type::FLOAT4 | Type::FLOAT8 => Argument::Float(trimmed.parse().ok()?),
        _ => Argument::Text(value.to_owned()),
    })
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
    matches!(*kind, Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN | Type::JSON | Type::CHAR)
}

fn binary(mut value: Bytes, kind: &Type) -> Option<Argument> {
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

    fn read_binary(value: &'static [u8], kind: &Type) -> Result<Argument, Failure> {
        read(1, Some(&Bytes::from_static(value)), Format::Binary, kind)
    }

    fn read_text(value: &'static str, kind: &Type) -> Result<Argument, Failure> {
        read(1, Some(&Bytes::from_static(value.as_bytes())), Format::Text, kind)
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
        assert_eq!(read(1, None, Format::Binary, &Type::INT4).unwrap(), Argument::Null);
    }

    #[test]
    fn what_is_no_value_of_its_type_is_refused() {
        assert_eq!(read_text("o", &Type::BOOL).unwrap_err().state(), "22P02");
        assert_eq!(read_text("x", &Type::INT8).unwrap_err().state(), "22P02");
        assert_eq!(read_binary(&[0, 1], &Type::INT4).unwrap_err().state(), "22P02");
        assert_eq!(read_binary(&[0, 0, 0, 1, 0], &Type::INT4).unwrap_err().state(), "22P02");
        assert_eq!(read_binary(&[0], &Type::UUID).unwrap_err().state(), "22P02");
        assert_eq!(read_binary(&[0], &Type::BYTEA).unwrap_err().state(), "0A000");
    }
}
