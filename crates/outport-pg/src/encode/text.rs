//! Values as PostgreSQL writes them as text. Points in time are written in UTC.

use std::fmt::Write as _;

use bytes::BytesMut;
use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Timelike};
use outport_app::digits;

use super::{
    numeric,
    value::{self, OutOfRange, Value},
};

const SECOND: u64 = 1_000_000;
const DAY: i64 = 86_400 * 1_000_000;

/// Writes a value as text.
pub(crate) fn write(value: &Value<'_>, out: &mut BytesMut) -> Result<(), OutOfRange> {
    match value {
        Value::Null => {}
        Value::Boolean(value) => out.extend_from_slice(if *value { b"t" } else { b"f" }),
        Value::Integer(value) => out.extend_from_slice(digits::whole(*value).as_bytes()),
        Value::Float(value) => {
            put(out, format_args!("{}", float(f64::from(*value), &value.to_string(), || format!("{value:e}"))));
        }
        Value::Double(value) => {
            put(out, format_args!("{}", float(*value, &value.to_string(), || format!("{value:e}"))));
        }
        Value::Decimal { unscaled, scale } => numeric::write_text(*unscaled, *scale, out),
        Value::Numeric(value) | Value::Made(value) => out.extend_from_slice(value.as_bytes()),
        Value::Text(value) => out.extend_from_slice(value.as_bytes()),
        Value::Bytes(value) => {
            out.extend_from_slice(b"\\x");
            value.iter().for_each(|byte| out.extend_from_slice(&[nibble(byte >> 4), nibble(byte & 15)]));
        }
        Value::Date(days) => match digits::day(*days) {
            Some(digits) => out.extend_from_slice(digits.as_bytes()),
            None => {
                let date = date(*days)?;
                day(out, date);
                era(out, date.year());
            }
        },
        Value::Time(microseconds) => clock(out, *microseconds),
        Value::Moment { microseconds, zoned } => {
            let microseconds = microseconds.ok_or(OutOfRange)?;
            match digits::day(microseconds.div_euclid(DAY)) {
                Some(digits) => {
                    out.extend_from_slice(digits.as_bytes());
                    out.extend_from_slice(b" ");
                    clock(out, microseconds.rem_euclid(DAY));
                    if *zoned {
                        out.extend_from_slice(b"+00");
                    }
                }
                None => far(out, microseconds, *zoned)?,
            }
        }
        Value::Interval { months, days, microseconds } => interval(out, *months, *days, *microseconds),
        Value::List(items) => list(items.as_ref(), out)?,
    }
    Ok(())
}

fn nibble(value: u8) -> u8 {
    match value {
        0..10 => b'0' + value,
        _ => b'a' + value - 10,
    }
}

/// A moment before year 1 or after year 9999.
fn far(out: &mut BytesMut, microseconds: i64, zoned: bool) -> Result<(), OutOfRange> {
    let moment = DateTime::from_timestamp_micros(microseconds).ok_or(OutOfRange)?;
    day(out, moment.date_naive());
    out.extend_from_slice(b" ");
    let time = moment.time();
    let seconds = i64::from(time.num_seconds_from_midnight());
    clock(out, seconds * 1_000_000 + i64::from(time.nanosecond() / 1_000));
    if zoned {
        out.extend_from_slice(b"+00");
    }
    era(out, moment.year());
    Ok(())
}

fn put(out: &mut BytesMut, text: std::fmt::Arguments<'_>) {
    // Writing to memory does not fail.
    let _ = out.write_fmt(text);
}

/// A floating-point number: the shortest text that is read as the same number, with an exponent where it is long.
fn float(value: f64, plain: &str, exponent: impl FnOnce() -> String) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    if value == 0.0 || (1e-5..1e15).contains(&value.abs()) {
        return plain.to_owned();
    }
    let text = exponent();
    match text.split_once('e') {
        Some((digits, power)) if !power.starts_with('-') => format!("{digits}e+{power:0>2}"),
        Some((digits, power)) => format!("{digits}e-{:0>2}", power.trim_start_matches('-')),
        None => text,
    }
}

fn date(days: i64) -> Result<NaiveDate, OutOfRange> {
    let span = TimeDelta::try_days(days).ok_or(OutOfRange)?;
    NaiveDate::default().checked_add_signed(span).ok_or(OutOfRange)
}

/// The year before year 1 is 1 BC.
fn day(out: &mut BytesMut, date: NaiveDate) {
    let year = if date.year() > 0 { date.year() } else { 1 - date.year() };
    put(out, format_args!("{year:04}-{:02}-{:02}", date.month(), date.day()));
}

fn era(out: &mut BytesMut, year: i32) {
    if year <= 0 {
        out.extend_from_slice(b" BC");
    }
}

/// A time of day, or a span of less than a day; the fraction without zeros at its end.
fn clock(out: &mut BytesMut, microseconds: i64) {
    if microseconds < 0 {
        out.extend_from_slice(b"-");
    }
    let (seconds, mut fraction) = (microseconds.unsigned_abs() / SECOND, microseconds.unsigned_abs() % SECOND);
    let mut places = if fraction == 0 { 0 } else { 6 };
    while places > 0 && fraction % 10 == 0 {
        fraction /= 10;
        places -= 1;
    }
    match (u32::try_from(seconds), u32::try_from(fraction)) {
        (Ok(seconds), Ok(fraction)) if seconds < 100 * 3_600 => {
            out.extend_from_slice(digits::clock(seconds, fraction, places).as_bytes());
        }
        _ => {
            put(out, format_args!("{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60));
            if places > 0 {
                put(out, format_args!(".{fraction:0places$}", places = places as usize));
            }
        }
    }
}

fn interval(out: &mut BytesMut, months: i32, days: i32, microseconds: i64) {
    let start = out.len();
    let mut part = |count: i32, unit: &str| {
        if count != 0 {
            let space = if out.len() > start { " " } else { "" };
            let plural = if count == 1 { "" } else { "s" };
            put(out, format_args!("{space}{count} {unit}{plural}"));
        }
    };
    part(months / 12, "year");
    part(months % 12, "mon");
    part(days, "day");
    if microseconds != 0 || out.len() == start {
        if out.len() > start {
            out.extend_from_slice(b" ");
        }
        clock(out, microseconds);
    }
}

fn list(items: &dyn arrow::array::Array, out: &mut BytesMut) -> Result<(), OutOfRange> {
    out.extend_from_slice(b"{");
    for row in 0..items.len() {
        if row > 0 {
            out.extend_from_slice(b",");
        }
        match value::of(items, row) {
            Value::Null => out.extend_from_slice(b"NULL"),
            item => {
                let mut text = BytesMut::new();
                write(&item, &mut text)?;
                quoted(&text, out);
            }
        }
    }
    out.extend_from_slice(b"}");
    Ok(())
}

/// An item of a list: in quotes where it could be read as something else.
fn quoted(item: &[u8], out: &mut BytesMut) {
    let special = |byte: &u8| matches!(byte, b'{' | b'}' | b',' | b'"' | b'\\') || byte.is_ascii_whitespace();
    if !item.is_empty() && !item.eq_ignore_ascii_case(b"null") && !item.iter().any(special) {
        out.extend_from_slice(item);
        return;
    }
    out.extend_from_slice(b"\"");
    for byte in item {
        if matches!(byte, b'"' | b'\\') {
            out.extend_from_slice(b"\\");
        }
        out.extend_from_slice(&[*byte]);
    }
    out.extend_from_slice(b"\"");
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Array, ArrayRef, Int32Array, StringArray, StructArray};
    use arrow::datatypes::{DataType, Field};

    use super::*;

    fn text(value: &Value<'_>) -> String {
        let mut out = BytesMut::new();
        write(value, &mut out).unwrap();
        String::from_utf8(out.to_vec()).unwrap()
    }

    #[test]
    fn numbers_are_short_and_exact() {
        assert_eq!(text(&Value::Double(0.1)), "0.1");
        assert_eq!(text(&Value::Float(0.1)), "0.1");
        assert_eq!(text(&Value::Double(1e300)), "1e+300");
        assert_eq!(text(&Value::Double(-1.5e-7)), "-1.5e-07");
        assert_eq!(text(&Value::Double(f64::NAN)), "NaN");
        assert_eq!(text(&Value::Double(f64::NEG_INFINITY)), "-Infinity");
    }

    #[test]
    fn days_and_moments_are_as_postgres_writes_them() {
        assert_eq!(text(&Value::Date(0)), "1970-01-01");
        assert_eq!(text(&Value::Date(-719_528)), "0001-01-01 BC");
        assert_eq!(text(&Value::Date(-719_529)), "0002-12-31 BC");
        let moment = |microseconds, zoned| text(&Value::Moment { microseconds: Some(microseconds), zoned });
        assert_eq!(moment(1_500_000, false), "1970-01-01 00:00:01.5");
        assert_eq!(moment(-1, true), "1969-12-31 23:59:59.999999+00");
        assert_eq!(moment(-62_135_596_800_000_001, false), "0001-12-31 23:59:59.999999 BC");
        assert_eq!(moment(253_402_300_800_000_000, true), "10000-01-01 00:00:00+00");
        assert_eq!(moment(253_402_300_799_000_010, true), "9999-12-31 23:59:59.00001+00");
        assert_eq!(text(&Value::Time(45_296_000_000)), "12:34:56");
        assert_eq!(text(&Value::Time(1)), "00:00:00.000001");
    }

    #[test]
    fn spans_are_as_postgres_writes_them() {
        let span = |months, days, microseconds| text(&Value::Interval { months, days, microseconds });
        assert_eq!(span(14, 3, 14_706_789_000), "1 year 2 mons 3 days 04:05:06.789");
        assert_eq!(span(0, 0, 0), "00:00:00");
        assert_eq!(span(0, -1, -1_000_000), "-1 days -00:00:01");
        assert_eq!(span(0, 0, -360_000_500_000), "-100:00:00.5");
    }

    #[test]
    fn items_of_lists_are_quoted_where_they_must_be() {
        let items: ArrayRef =
            Arc::new(StringArray::from(vec![Some("a"), None, Some(""), Some("NULL"), Some("b,\"c\\"), Some("ä ö")]));
        assert_eq!(text(&Value::List(items)), r#"{a,NULL,"","NULL","b,\"c\\","ä ö"}"#);
    }

    #[test]
    fn bytes_are_hexadecimal() {
        assert_eq!(text(&Value::Bytes(&[0, 255])), "\\x00ff");
    }

    #[test]
    fn structs_are_json() {
        let number: ArrayRef = Arc::new(Int32Array::from(vec![Some(1), None]));
        let word: ArrayRef = Arc::new(StringArray::from(vec![Some("a\"\n"), Some("b")]));
        let fields = vec![Field::new("n", DataType::Int32, true), Field::new("w", DataType::Utf8, true)];
        let array = StructArray::new(fields.into(), vec![number, word], None);
        let shown: Vec<String> = (0..array.len()).map(|row| text(&value::of(&array, row))).collect();
        assert_eq!(shown, [r#"{"n":1,"w":"a\"\n"}"#, r#"{"n":null,"w":"b"}"#]);
    }
}
