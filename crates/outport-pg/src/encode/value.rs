//! One value of an array, whatever its Arrow type.

use arrow::{
    array::{
        Array, ArrayRef, AsArray, FixedSizeBinaryArray, IntervalDayTimeArray, IntervalMonthDayNanoArray,
        IntervalYearMonthArray,
    },
    datatypes::{
        ArrowPrimitiveType, DataType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type,
        Decimal256Type, DurationMicrosecondType, DurationMillisecondType, DurationNanosecondType, DurationSecondType,
        Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, IntervalUnit,
        Time32MillisecondType, Time32SecondType, Time64MicrosecondType, Time64NanosecondType, TimeUnit,
        TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type,
        UInt16Type, UInt32Type, UInt64Type,
    },
    util::display::array_value_to_string,
};

use super::{json, kind, numeric};

/// A value that its PostgreSQL type cannot hold.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct OutOfRange;

/// A value.
#[derive(Debug, Clone)]
pub(crate) enum Value<'a> {
    /// None.
    Null,
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number of 32 bits.
    Float(f32),
    /// A number of 64 bits.
    Double(f64),
    /// A decimal number.
    Decimal {
        /// All its digits.
        unscaled: i128,
        /// How many of them stand behind the point.
        scale: i8,
    },
    /// A decimal number of more digits, as text.
    Numeric(String),
    /// Text.
    Text(&'a str),
    /// Text that was made here.
    Made(String),
    /// Bytes.
    Bytes(&'a [u8]),
    /// Days since 1970.
    Date(i64),
    /// Microseconds since midnight.
    Time(i64),
    /// Microseconds since 1970.
    Moment {
        /// How many; `None` where they are more than 64 bits can count.
        microseconds: Option<i64>,
        /// Whether it is a point in time.
        zoned: bool,
    },
    /// A span of time.
    Interval {
        /// Calendar months.
        months: i32,
        /// Days.
        days: i32,
        /// Microseconds.
        microseconds: i64,
    },
    /// The values of a list.
    List(ArrayRef),
}

const SECOND: i64 = 1_000_000;

/// The value of a row.
pub(crate) fn of(array: &dyn Array, row: usize) -> Value<'_> {
    if array.is_null(row) {
        return Value::Null;
    }
    match array.data_type() {
        DataType::Null => Value::Null,
        DataType::Boolean => Value::Boolean(array.as_boolean().value(row)),
        DataType::Int8 => Value::Integer(at::<Int8Type>(array, row).into()),
        DataType::Int16 => Value::Integer(at::<Int16Type>(array, row).into()),
        DataType::Int32 => Value::Integer(at::<Int32Type>(array, row).into()),
        DataType::Int64 => Value::Integer(at::<Int64Type>(array, row)),
        DataType::UInt8 => Value::Integer(at::<UInt8Type>(array, row).into()),
        DataType::UInt16 => Value::Integer(at::<UInt16Type>(array, row).into()),
        DataType::UInt32 => Value::Integer(at::<UInt32Type>(array, row).into()),
        DataType::UInt64 => Value::Decimal { unscaled: at::<UInt64Type>(array, row).into(), scale: 0 },
        DataType::Float16 => Value::Float(at::<Float16Type>(array, row).to_f32()),
        DataType::Float32 => Value::Float(at::<Float32Type>(array, row)),
        DataType::Float64 => Value::Double(at::<Float64Type>(array, row)),
        DataType::Decimal32(_, scale) => decimal::<Decimal32Type>(array, row, *scale),
        DataType::Decimal64(_, scale) => decimal::<Decimal64Type>(array, row, *scale),
        DataType::Decimal128(_, scale) => decimal::<Decimal128Type>(array, row, *scale),
        DataType::Decimal256(_, scale) => {
            Value::Numeric(numeric::scaled(&at::<Decimal256Type>(array, row).to_string(), *scale))
        }
        DataType::Utf8 => Value::Text(array.as_string::<i32>().value(row)),
        DataType::LargeUtf8 => Value::Text(array.as_string::<i64>().value(row)),
        DataType::Utf8View => Value::Text(array.as_string_view().value(row)),
        DataType::Binary => Value::Bytes(array.as_binary::<i32>().value(row)),
        DataType::LargeBinary => Value::Bytes(array.as_binary::<i64>().value(row)),
        DataType::BinaryView => Value::Bytes(array.as_binary_view().value(row)),
        DataType::FixedSizeBinary(_) => match array.as_any().downcast_ref::<FixedSizeBinaryArray>() {
            Some(array) => Value::Bytes(array.value(row)),
            None => Value::Null,
        },
        DataType::Date32 => Value::Date(at::<Date32Type>(array, row).into()),
        DataType::Date64 => Value::Date(at::<Date64Type>(array, row).div_euclid(86_400_000)),
        DataType::Time32(_) | DataType::Time64(_) => time(array, row),
        DataType::Timestamp(unit, zone) => moment(array, row, *unit, zone.is_some()),
        DataType::Duration(unit) => Value::Interval { months: 0, days: 0, microseconds: duration(array, row, *unit) },
        DataType::Interval(unit) => interval(array, row, *unit),
        DataType::Dictionary(..) => {
            let dictionary = array.as_any_dictionary();
            let key = match of(dictionary.keys(), row) {
                Value::Integer(key) => usize::try_from(key).ok(),
                Value::Decimal { unscaled: key, .. } => usize::try_from(key).ok(),
                _ => None,
            };
            key.map_or(Value::Null, |key| of(dictionary.values().as_ref(), key))
        }
        DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..) => list(array, row),
        DataType::Struct(_) | DataType::Map(..) => Value::Made(json::of(array, row)),
        DataType::ListView(_) | DataType::LargeListView(_) | DataType::Union(..) | DataType::RunEndEncoded(..) => {
            array_value_to_string(array, row).map_or(Value::Null, Value::Made)
        }
    }
}

fn at<T: ArrowPrimitiveType>(array: &dyn Array, row: usize) -> T::Native {
    array.as_primitive::<T>().value(row)
}

fn decimal<T: ArrowPrimitiveType>(array: &dyn Array, row: usize, scale: i8) -> Value<'_>
where
    T::Native: Into<i128>,
{
    Value::Decimal { unscaled: at::<T>(array, row).into(), scale }
}

fn time(array: &dyn Array, row: usize) -> Value<'_> {
    Value::Time(match array.data_type() {
        DataType::Time32(TimeUnit::Second) => i64::from(at::<Time32SecondType>(array, row)) * SECOND,
        DataType::Time32(_) => i64::from(at::<Time32MillisecondType>(array, row)) * 1_000,
        DataType::Time64(TimeUnit::Nanosecond) => at::<Time64NanosecondType>(array, row) / 1_000,
        _ => at::<Time64MicrosecondType>(array, row),
    })
}

fn moment(array: &dyn Array, row: usize, unit: TimeUnit, zoned: bool) -> Value<'_> {
    let microseconds = match unit {
        TimeUnit::Second => at::<TimestampSecondType>(array, row).checked_mul(SECOND),
        TimeUnit::Millisecond => at::<TimestampMillisecondType>(array, row).checked_mul(1_000),
        TimeUnit::Microsecond => Some(at::<TimestampMicrosecondType>(array, row)),
        TimeUnit::Nanosecond => Some(at::<TimestampNanosecondType>(array, row).div_euclid(1_000)),
    };
    Value::Moment { microseconds, zoned }
}

fn duration(array: &dyn Array, row: usize, unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Second => at::<DurationSecondType>(array, row).saturating_mul(SECOND),
        TimeUnit::Millisecond => at::<DurationMillisecondType>(array, row).saturating_mul(1_000),
        TimeUnit::Microsecond => at::<DurationMicrosecondType>(array, row),
        TimeUnit::Nanosecond => at::<DurationNanosecondType>(array, row).div_euclid(1_000),
    }
}

fn interval(array: &dyn Array, row: usize, unit: IntervalUnit) -> Value<'_> {
    let any = array.as_any();
    let parts = match unit {
        IntervalUnit::YearMonth => any.downcast_ref::<IntervalYearMonthArray>().map(|a| (a.value(row), 0, 0)),
        IntervalUnit::DayTime => any.downcast_ref::<IntervalDayTimeArray>().map(|array| {
            let value = array.value(row);
            (0, value.days, i64::from(value.milliseconds) * 1_000)
        }),
        IntervalUnit::MonthDayNano => any.downcast_ref::<IntervalMonthDayNanoArray>().map(|array| {
            let value = array.value(row);
            (value.months, value.days, value.nanoseconds.div_euclid(1_000))
        }),
    };
    parts.map_or(Value::Null, |(months, days, microseconds)| Value::Interval { months, days, microseconds })
}

/// A list; of lists, structs and maps as JSON.
fn list(array: &dyn Array, row: usize) -> Value<'_> {
    if kind::of(array.data_type()) == pgwire::api::Type::JSON {
        return Value::Made(json::of(array, row));
    }
    items(array, row).map_or(Value::Null, Value::List)
}

/// The items of a list.
pub(super) fn items(array: &dyn Array, row: usize) -> Option<ArrayRef> {
    match array.data_type() {
        DataType::List(_) => Some(array.as_list::<i32>().value(row)),
        DataType::LargeList(_) => Some(array.as_list::<i64>().value(row)),
        DataType::FixedSizeList(..) => Some(array.as_fixed_size_list().value(row)),
        _ => None,
    }
}
