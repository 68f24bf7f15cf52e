//! Names and values as SQL text: the one place where checks quote anything.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use outport_model::contract::DataType;
use serde_json::Value;

use super::rule::RuleError;

/// Most digits that a decimal number has in the engine.
const DECIMAL_DIGITS: usize = 38;

/// A name as SQL, always quoted, so that case, hyphens and reserved words stay what they are.
pub(crate) fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Several names as SQL, with commas between them.
pub(crate) fn identifiers<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(identifier).collect::<Vec<_>>().join(", ")
}

/// Text as SQL.
pub(crate) fn text(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

/// A value of the contract as SQL of a column's type.
pub(crate) fn literal(value: &Value, data_type: &DataType) -> Result<String, RuleError> {
    let unfit = || RuleError::Value { value: value.clone(), data_type: data_type.clone() };
    match data_type {
        DataType::String | DataType::Time => plain(value).map(|t| text(&t)),
        DataType::Boolean => boolean(value).map(|b| b.to_string().to_uppercase()),
        DataType::Integer { .. } | DataType::Decimal { .. } => plain(value).and_then(|t| decimal(&t)),
        DataType::Float { bits } => plain(value).and_then(|t| float(&t, *bits)),
        DataType::Date => value.as_str().and_then(date).map(|d| format!("DATE '{d}'")),
        DataType::Timestamp { zoned } => value.as_str().and_then(|t| timestamp(t, *zoned)),
        DataType::Binary => value.as_str().map(hexadecimal),
        DataType::List(_) | DataType::Struct(_) | DataType::Map(_, _) => None,
    }
    .ok_or_else(unfit)
}

/// A scalar as the text that a file would have for it.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Number(number) => Some(digits(number)),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Every digit of a number: no exponent, no trailing `.0`.
fn digits(number: &serde_json::Number) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() => format!("{float}"),
        _ => number.to_string(),
    }
}

fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) => text.to_ascii_lowercase().parse().ok(),
        _ => None,
    }
}

/// An exact number: an integer where it is one, else a decimal, else (more than 38 digits) a float.
fn decimal(written: &str) -> Option<String> {
    let bare = written.trim();
    let unsigned = bare.strip_prefix(['-', '+']).unwrap_or(bare);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let is_digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !is_digits(whole) || !is_digits(fraction) {
        return bare.parse::<f64>().ok().filter(|f| f.is_finite()).and_then(|f| decimal(&format!("{f}")));
    }
    let fraction = fraction.trim_end_matches('0');
    let count = whole.trim_start_matches('0').len() + fraction.len();
    let sign = if bare.starts_with('-') { "-" } else { "" };
    if fraction.is_empty() && count <= 18 {
        return Some(format!("{sign}{whole}"));
    }
    if count > DECIMAL_DIGITS {
        return float(bare, 64);
    }
    let precision = count.max(1);
    Some(format!("CAST('{sign}{whole}.{fraction}0' AS DECIMAL({precision}, {}))", fraction.len()))
}

fn float(written: &str, bits: u8) -> Option<String> {
    let number: f64 = written.trim().parse().ok().filter(|n: &f64| n.is_finite())?;
    let name = if bits == 32 { "REAL" } else { "DOUBLE" };
    Some(format!("CAST('{number}' AS {name})"))
}

fn date(written: &str) -> Option<NaiveDate> {
    written.parse().ok().or_else(|| {
        let at = wall_clock(written).or_else(|| instant(written).map(|i| i.naive_utc()))?;
        (at.time() == NaiveTime::MIN).then(|| at.date())
    })
}

fn timestamp(written: &str, zoned: bool) -> Option<String> {
    let at = instant(written).map(|i| i.naive_utc()).or_else(|| wall_clock(written)).or_else(|| {
        let day: NaiveDate = written.parse().ok()?;
        Some(day.and_time(NaiveTime::MIN))
    })?;
    let shown = at.format("%Y-%m-%dT%H:%M:%S%.6f");
    Some(if zoned {
        format!("arrow_cast('{shown}Z', 'Timestamp(Microsecond, Some(\"{}\"))')", crate::types::UTC)
    } else {
        format!("arrow_cast('{shown}', 'Timestamp(Microsecond, None)')")
    })
}

fn instant(written: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(&written.replacen(' ', "T", 1)).ok().map(|i| i.with_timezone(&Utc))
}

fn wall_clock(written: &str) -> Option<NaiveDateTime> {
    let joined = written.replacen(' ', "T", 1);
    ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M"]
        .into_iter()
        .find_map(|format| NaiveDateTime::parse_from_str(&joined, format).ok())
}

fn hexadecimal(written: &str) -> String {
    let bytes: Vec<String> = written.bytes().map(|b| format!("{b:02x}")).collect();
    format!("X'{}'", bytes.concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_and_text_keep_their_quotes() {
        assert_eq!(identifier("a\"b-c"), "\"a\"\"b-c\"");
        assert_eq!(text("O'Hara"), "'O''Hara'");
    }

    #[test]
    fn values_take_the_type_of_their_column() {
        let zoned = DataType::Timestamp { zoned: true };
        let money = DataType::Decimal { precision: 15, scale: 2 };
        let integer = DataType::Integer { bits: 64, signed: true };
        for (value, data_type, expect) in [
            (json!(7), DataType::String, "'7'"),
            (json!("it's"), DataType::String, "'it''s'"),
            (json!("false"), DataType::Boolean, "FALSE"),
            (json!(-3), integer.clone(), "-3"),
            (json!("12"), integer.clone(), "12"),
            (json!(1.5), integer.clone(), "CAST('1.50' AS DECIMAL(2, 1))"),
            (json!(1e21), integer.clone(), "CAST('1000000000000000000000.0' AS DECIMAL(22, 0))"),
            (json!(0.01), money, "CAST('0.010' AS DECIMAL(2, 2))"),
            (json!(0.1), DataType::Float { bits: 32 }, "CAST('0.1' AS REAL)"),
            (json!("2024-02-29"), DataType::Date, "DATE '2024-02-29'"),
            (
                json!("2024-01-01T02:00:00+02:00"),
                zoned,
                "arrow_cast('2024-01-01T00:00:00.000000Z', 'Timestamp(Microsecond, Some(\"UTC\"))')",
            ),
            (
                json!("2024-01-01 10:30:00.5"),
                DataType::Timestamp { zoned: false },
                "arrow_cast('2024-01-01T10:30:00.500000', 'Timestamp(Microsecond, None)')",
            ),
        ] {
            assert_eq!(literal(&value, &data_type).unwrap(), expect);
        }
        for (value, data_type) in [
            (json!("N/A"), integer),
            (json!("2023-02-29"), DataType::Date),
            (json!(null), DataType::String),
            (json!("2024-01-01T10:00:00Z"), DataType::Date),
        ] {
            assert!(literal(&value, &data_type).is_err(), "{value} as {data_type}");
        }
    }
}
