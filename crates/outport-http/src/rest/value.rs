//! Text of an address as a value of a column's type.

use chrono::{DateTime, NaiveDate, NaiveDateTime};
use outport_app::engine::Argument;
use outport_model::contract::DataType;

use super::{fault::Fault, shape::Seen};

/// The value that a text is for a column.
pub(crate) fn argument(column: &Seen, text: &str) -> Result<Argument, Fault> {
    let value = match &column.data_type {
        DataType::String | DataType::Time => Some(Argument::Text(text.to_owned())),
        DataType::Boolean => boolean(text),
        DataType::Integer { bits, signed: true } => signed(text, *bits),
        DataType::Integer { bits, signed: false } => unsigned(text, *bits),
        DataType::Float { .. } => text.parse().ok().map(Argument::Float),
        DataType::Decimal { .. } => is_decimal(text).then(|| Argument::Text(text.to_owned())),
        DataType::Date => text.parse::<NaiveDate>().ok().map(|day| Argument::Text(day.to_string())),
        DataType::Timestamp { zoned: true } => is_moment(text).then(|| Argument::Text(text.to_owned())),
        DataType::Timestamp { zoned: false } => is_wall_clock(text).then(|| Argument::Text(text.to_owned())),
        DataType::Binary | DataType::List(_) | DataType::Struct(_) | DataType::Map(..) => {
            return Err(Fault::new(format!("column `{}` cannot be compared", column.name))
                .help("ask `is.null` or `is.notnull` of it, or use SQL"));
        }
    };
    value.ok_or_else(|| {
        let fault =
            Fault::new(format!("`{text}` is no value of column `{}`, {}", column.name, wanted(&column.data_type)));
        match &column.data_type {
            DataType::Timestamp { .. } => fault.help("a `+` in an address is written `%2B`"),
            _ => fault.help("values stand after an operator, as in `gte.10`"),
        }
    })
}

fn wanted(data_type: &DataType) -> String {
    match data_type {
        DataType::Date => "a day as `2026-01-31`".to_owned(),
        DataType::Timestamp { zoned: true } => "a moment as `2026-01-31T12:00:00Z`".to_owned(),
        DataType::Timestamp { zoned: false } => "a time without zone as `2026-01-31T12:00:00`".to_owned(),
        DataType::Boolean => "`true` or `false`".to_owned(),
        other => format!("which holds {other}"),
    }
}

fn boolean(text: &str) -> Option<Argument> {
    match text {
        "true" => Some(Argument::Boolean(true)),
        "false" => Some(Argument::Boolean(false)),
        _ => None,
    }
}

fn signed(text: &str, bits: u8) -> Option<Argument> {
    let value = text.parse::<i64>().ok()?;
    let shift = 64_u32.saturating_sub(u32::from(bits)).min(63);
    ((value << shift) >> shift == value).then_some(Argument::Integer(value))
}

fn unsigned(text: &str, bits: u8) -> Option<Argument> {
    let value = text.parse::<u64>().ok()?;
    let shift = 64_u32.saturating_sub(u32::from(bits)).min(63);
    if (value << shift) >> shift != value {
        return None;
    }
    Some(i64::try_from(value).map_or_else(|_| Argument::Text(value.to_string()), Argument::Integer))
}

/// Digits with at most one point among them, and a sign.
fn is_decimal(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let digits = |text: &str| !text.is_empty() && text.len() <= 80 && text.bytes().all(|byte| byte.is_ascii_digit());
    digits(whole) && digits(fraction)
}

fn is_moment(text: &str) -> bool {
    DateTime::parse_from_rfc3339(text).is_ok() || is_wall_clock(text)
}

fn is_wall_clock(text: &str) -> bool {
    let separated = text.replacen(' ', "T", 1);
    separated.parse::<NaiveDateTime>().is_ok() || text.parse::<NaiveDate>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(data_type: DataType, text: &str) -> Option<Argument> {
        let name = "c".to_owned();
        let column = Seen { name, data_type, nullable: true, masked: false, description: None, deprecated: false };
        argument(&column, text).ok()
    }

    #[test]
    fn whole_numbers_fit_their_column() {
        let tiny = || DataType::Integer { bits: 8, signed: true };
        assert_eq!(read(tiny(), "-128"), Some(Argument::Integer(-128)));
        assert_eq!(read(tiny(), "128"), None);
        let byte = || DataType::Integer { bits: 8, signed: false };
        assert_eq!(read(byte(), "255"), Some(Argument::Integer(255)));
        assert_eq!(read(byte(), "256"), None);
        assert_eq!(read(byte(), "-1"), None);
        let wide = DataType::Integer { bits: 64, signed: false };
        assert_eq!(read(wide, "18446744073709551615"), Some(Argument::Text("18446744073709551615".to_owned())));
        assert_eq!(read(DataType::Integer { bits: 64, signed: true }, "9223372036854775808"), None);
    }

    #[test]
    fn other_values_are_read_as_their_column_has_them() {
        let text = |text: &str| Some(Argument::Text(text.to_owned()));
        assert_eq!(read(DataType::String, "1"), text("1"));
        assert_eq!(read(DataType::Boolean, "yes"), None);
        assert_eq!(read(DataType::Float { bits: 64 }, "1e3"), Some(Argument::Float(1000.0)));
        let decimal = || DataType::Decimal { precision: 10, scale: 2 };
        assert_eq!(read(decimal(), "-12.50"), text("-12.50"));
        for wrong in ["1e3", "1.", ".5", "1.2.3", "", "--1", "1'"] {
            assert_eq!(read(decimal(), wrong), None, "{wrong}");
        }
        assert_eq!(read(DataType::Date, "2026-02-29"), None);
        assert_eq!(read(DataType::Date, "2028-02-29"), text("2028-02-29"));
        let moment = || DataType::Timestamp { zoned: true };
        assert_eq!(read(moment(), "2026-01-31T12:00:00+02:00"), text("2026-01-31T12:00:00+02:00"));
        assert_eq!(read(moment(), "2026-01-31"), text("2026-01-31"));
        assert_eq!(read(DataType::Timestamp { zoned: false }, "2026-01-31T12:00:00Z"), None);
        assert_eq!(read(DataType::Binary, "00"), None);
    }
}
