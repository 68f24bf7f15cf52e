//! Masks of days and moments: the beginning of the period that they are in.

use std::sync::Arc;

use chrono::{Datelike, Days, NaiveDate, TimeDelta};
use datafusion::{
    arrow::{
        array::{Array, ArrayRef, ArrowPrimitiveType, AsArray},
        datatypes::{
            DataType, Date32Type, Date64Type, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType,
            TimestampNanosecondType, TimestampSecondType,
        },
    },
    error::{DataFusionError, Result},
};
use outport_model::access::DateUnit;

const SECONDS: i64 = 24 * 60 * 60;

/// Whether values of this type have periods. Moments are in those of UTC.
pub(super) const fn has_periods(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Date32 | DataType::Date64 | DataType::Timestamp(..))
}

/// The beginning of each one's period; none where the type or the calendar does not reach there.
pub(super) fn beginnings(values: &ArrayRef, unit: DateUnit) -> Result<ArrayRef> {
    Ok(match values.data_type() {
        DataType::Date32 => {
            let begin = |day| beginning(i64::from(day), unit).and_then(|day| i32::try_from(day).ok());
            Arc::new(values.as_primitive::<Date32Type>().unary_opt::<_, Date32Type>(begin))
        }
        DataType::Date64 => moments::<Date64Type>(values, unit, SECONDS * 1_000),
        DataType::Timestamp(TimeUnit::Second, _) => moments::<TimestampSecondType>(values, unit, SECONDS),
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            moments::<TimestampMillisecondType>(values, unit, SECONDS * 1_000)
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            moments::<TimestampMicrosecondType>(values, unit, SECONDS * 1_000_000)
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            moments::<TimestampNanosecondType>(values, unit, SECONDS * 1_000_000_000)
        }
        other => return Err(DataFusionError::Internal(format!("{other} has no periods"))),
    })
}

fn moments<T: ArrowPrimitiveType<Native = i64>>(values: &ArrayRef, unit: DateUnit, day: i64) -> ArrayRef {
    let begin = |moment: i64| beginning(moment.div_euclid(day), unit)?.checked_mul(day);
    let masked = values.as_primitive::<T>().unary_opt::<_, T>(begin);
    Arc::new(masked.with_data_type(values.data_type().clone()))
}

/// The first day of a day's period, both as days since 1970-01-01.
fn beginning(day: i64, unit: DateUnit) -> Option<i64> {
    let epoch = NaiveDate::default();
    let date = epoch.checked_add_signed(TimeDelta::try_days(day)?)?;
    let first = match unit {
        DateUnit::Day => date,
        DateUnit::Week => date.checked_sub_days(Days::new(u64::from(date.weekday().num_days_from_monday())))?,
        DateUnit::Month => date.with_day(1)?,
        DateUnit::Quarter => NaiveDate::from_ymd_opt(date.year(), (date.month0() / 3) * 3 + 1, 1)?,
        DateUnit::Year => NaiveDate::from_ymd_opt(date.year(), 1, 1)?,
    };
    Some(first.signed_duration_since(epoch).num_days())
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::{Date32Array, TimestampMicrosecondArray};

    use super::*;

    fn day(text: &str) -> i32 {
        let date: NaiveDate = text.parse().unwrap();
        i32::try_from(date.signed_duration_since(NaiveDate::default()).num_days()).unwrap()
    }

    #[test]
    fn days_begin_their_period() {
        let values: ArrayRef = Arc::new(Date32Array::from(vec![Some(day("1969-08-20")), None, Some(i32::MIN)]));
        let expect = |unit, first: &str| {
            let masked = beginnings(&values, unit).unwrap();
            assert_eq!(masked.as_primitive::<Date32Type>(), &Date32Array::from(vec![Some(day(first)), None, None]));
        };
        expect(DateUnit::Day, "1969-08-20");
        expect(DateUnit::Week, "1969-08-18");
        expect(DateUnit::Month, "1969-08-01");
        expect(DateUnit::Quarter, "1969-07-01");
        expect(DateUnit::Year, "1969-01-01");
    }

    #[test]
    fn moments_keep_their_type() {
        let values = TimestampMicrosecondArray::from(vec![Some(-1), Some(86_400_000_001)]).with_timezone("UTC");
        let values: ArrayRef = Arc::new(values);
        let masked = beginnings(&values, DateUnit::Day).unwrap();
        let expected = TimestampMicrosecondArray::from(vec![-86_400_000_000, 86_400_000_000]).with_timezone("UTC");
        assert_eq!(masked.as_primitive::<TimestampMicrosecondType>(), &expected);
    }
}
