//! Where a value of a rule stands among the values of a column's type.
//!
//! A rule's numbers and moments are exact, a column's type may be coarser or narrower. Casting would round the one or
//! overflow the other; the place among them is exact.

use datafusion::{
    arrow::datatypes::{DataType, TimeUnit},
    scalar::ScalarValue,
};
use outport_model::access::Value;

/// A value among those of a type.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Place {
    /// It is one of them.
    At(ScalarValue),
    /// It is between this one and the next greater one.
    Behind(ScalarValue),
    /// It is less than all of them.
    BeforeAll,
    /// It is greater than all of them.
    AfterAll,
}

/// Digits of [`Value::Decimal`] after the point.
const DIGITS: u32 = 4;
const DAY: i128 = 24 * 60 * 60 * 1_000;

/// The place of a value; `None` where it is of another kind than the type's values.
pub(super) fn place(value: &Value, data_type: &DataType) -> Option<Place> {
    match value {
        Value::Boolean(holds) => {
            (*data_type == DataType::Boolean).then_some(Place::At(ScalarValue::Boolean(Some(*holds))))
        }
        Value::Text(text) => text_of(text, data_type).map(Place::At),
        Value::Integer(number) => numeric(i128::from(*number), 0, data_type),
        Value::Decimal(number) => numeric(i128::from(*number), DIGITS, data_type),
        Value::Moment(milliseconds) => moment(i128::from(*milliseconds), data_type),
    }
}

fn text_of(text: &str, data_type: &DataType) -> Option<ScalarValue> {
    let text = Some(text.to_owned());
    match data_type {
        DataType::Utf8 => Some(ScalarValue::Utf8(text)),
        DataType::LargeUtf8 => Some(ScalarValue::LargeUtf8(text)),
        DataType::Utf8View => Some(ScalarValue::Utf8View(text)),
        _ => None,
    }
}

/// A number with so many digits after the point.
fn numeric(number: i128, digits: u32, data_type: &DataType) -> Option<Place> {
    if let DataType::Decimal128(precision, scale) = *data_type {
        let end = 10_i128.checked_pow(u32::from(precision))?;
        let make = |value| ScalarValue::Decimal128(Some(value), precision, scale);
        return scaled(number, digits, u32::try_from(scale).ok()?, (1 - end, end - 1), make);
    }
    let integer = |least: i128, most: i128, make: &dyn Fn(i128) -> Option<ScalarValue>| {
        scaled(number, digits, 0, (least, most), |value| make(value).unwrap_or(ScalarValue::Null))
    };
    macro_rules! integers {
        ($($name:ident: $native:ty),+) => {
            match data_type {
                $(DataType::$name => integer(
                    i128::from(<$native>::MIN),
                    i128::from(<$native>::MAX),
                    &|value| <$native>::try_from(value).ok().map(|value| ScalarValue::$name(Some(value))),
                ),)+
                _ => None,
            }
        };
    }
    integers!(Int8: i8, Int16: i16, Int32: i32, Int64: i64, UInt8: u8, UInt16: u16, UInt32: u32, UInt64: u64)
}

/// Brings a number from one count of digits to another.
fn scaled(number: i128, from: u32, to: u32, range: (i128, i128), make: impl Fn(i128) -> ScalarValue) -> Option<Place> {
    if to >= from {
        let exact = 10_i128.checked_pow(to - from).and_then(|factor| number.checked_mul(factor));
        return Some(match exact {
            Some(value) => within(value, true, range, make),
            None if number < 0 => Place::BeforeAll,
            None => Place::AfterAll,
        });
    }
    let unit = 10_i128.checked_pow(from - to)?;
    Some(within(number.div_euclid(unit), number.rem_euclid(unit) == 0, range, make))
}

/// The place of a value, or of one behind it, in a range.
fn within(value: i128, exact: bool, (least, most): (i128, i128), make: impl Fn(i128) -> ScalarValue) -> Place {
    if value < least {
        Place::BeforeAll
    } else if value > most || (value == most && !exact) {
        Place::AfterAll
    } else if exact {
        Place::At(make(value))
    } else {
        Place::Behind(make(value))
    }
}

fn moment(milliseconds: i128, data_type: &DataType) -> Option<Place> {
    let all = (i128::from(i64::MIN), i128::from(i64::MAX));
    let stamp = |value: i128| i64::try_from(value).ok();
    Some(match data_type {
        DataType::Date32 => {
            let days = (i128::from(i32::MIN), i128::from(i32::MAX));
            let make = |value: i128| ScalarValue::Date32(i32::try_from(value).ok());
            within(milliseconds.div_euclid(DAY), milliseconds.rem_euclid(DAY) == 0, days, make)
        }
        DataType::Date64 => within(milliseconds, true, all, |value| ScalarValue::Date64(stamp(value))),
        DataType::Timestamp(unit, zone) => {
            let make = |value: i128| match unit {
                TimeUnit::Second => ScalarValue::TimestampSecond(stamp(value), zone.clone()),
                TimeUnit::Millisecond => ScalarValue::TimestampMillisecond(stamp(value), zone.clone()),
                TimeUnit::Microsecond => ScalarValue::TimestampMicrosecond(stamp(value), zone.clone()),
                TimeUnit::Nanosecond => ScalarValue::TimestampNanosecond(stamp(value), zone.clone()),
            };
            let (value, exact) = match unit {
                TimeUnit::Second => (milliseconds.div_euclid(1_000), milliseconds.rem_euclid(1_000) == 0),
                TimeUnit::Millisecond => (milliseconds, true),
                TimeUnit::Microsecond => (milliseconds * 1_000, true),
                TimeUnit::Nanosecond => (milliseconds * 1_000_000, true),
            };
            within(value, exact, all, make)
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_among_decimals() {
        let money = DataType::Decimal128(5, 2);
        let at = |value| Some(Place::At(ScalarValue::Decimal128(Some(value), 5, 2)));
        let behind = |value| Some(Place::Behind(ScalarValue::Decimal128(Some(value), 5, 2)));
        assert_eq!(place(&Value::Decimal(12_300), &money), at(123));
        assert_eq!(place(&Value::Decimal(12_345), &money), behind(123));
        assert_eq!(place(&Value::Decimal(-12_345), &money), behind(-124));
        assert_eq!(place(&Value::Integer(-7), &money), at(-700));
        assert_eq!(place(&Value::Integer(1_000), &money), Some(Place::AfterAll));
        assert_eq!(place(&Value::Decimal(9_999_950), &money), Some(Place::AfterAll));
        assert_eq!(place(&Value::Integer(i64::MIN), &DataType::Decimal128(38, 38)), Some(Place::BeforeAll));
    }

    #[test]
    fn moments_among_days_and_ends_of_types() {
        let day = |value| ScalarValue::Date32(Some(value));
        assert_eq!(place(&Value::Moment(86_400_000), &DataType::Date32), Some(Place::At(day(1))));
        assert_eq!(place(&Value::Moment(-1), &DataType::Date32), Some(Place::Behind(day(-1))));
        assert_eq!(place(&Value::Moment(i64::MAX), &DataType::Date32), Some(Place::AfterAll));
        let micro = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        assert_eq!(place(&Value::Moment(i64::MIN), &micro), Some(Place::BeforeAll));
        assert_eq!(place(&Value::Integer(128), &DataType::Int8), Some(Place::AfterAll));
    }

    #[test]
    fn kinds_that_differ_have_no_place() {
        assert_eq!(place(&Value::Integer(1), &DataType::Utf8), None);
        assert_eq!(place(&Value::Integer(1), &DataType::Float64), None);
        assert_eq!(place(&Value::Moment(1), &DataType::Int64), None);
        assert_eq!(place(&Value::Text("a".to_owned()), &DataType::Binary), None);
        assert_eq!(place(&Value::Boolean(true), &DataType::Int8), None);
    }
}
