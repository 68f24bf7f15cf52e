//! Masks of numbers: the greatest multiple of a width that is not greater.

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{Array, ArrayRef, ArrowPrimitiveType, AsArray},
        datatypes::{
            DataType, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type,
            UInt16Type, UInt32Type, UInt64Type,
        },
    },
    error::{DataFusionError, Result},
};

/// Whether values of this type have buckets.
pub(super) fn has_buckets(data_type: &DataType) -> bool {
    data_type.is_integer()
        || matches!(data_type, DataType::Float32 | DataType::Float64)
        || matches!(data_type, DataType::Decimal128(_, scale) if *scale >= 0)
}

/// The bucket of each number; none where the type has no number for it.
pub(super) fn buckets(values: &ArrayRef, width: u64) -> Result<ArrayRef> {
    let width = width.max(1);
    Ok(match values.data_type() {
        DataType::Int8 => integers::<Int8Type>(values, width),
        DataType::Int16 => integers::<Int16Type>(values, width),
        DataType::Int32 => integers::<Int32Type>(values, width),
        DataType::Int64 => integers::<Int64Type>(values, width),
        DataType::UInt8 => integers::<UInt8Type>(values, width),
        DataType::UInt16 => integers::<UInt16Type>(values, width),
        DataType::UInt32 => integers::<UInt32Type>(values, width),
        DataType::UInt64 => integers::<UInt64Type>(values, width),
        DataType::Float32 => {
            let bucket = |value| Some(narrow(float(f64::from(value), width)));
            Arc::new(values.as_primitive::<Float32Type>().unary_opt::<_, Float32Type>(bucket))
        }
        DataType::Float64 => {
            let bucket = |value| Some(float(value, width));
            Arc::new(values.as_primitive::<Float64Type>().unary_opt::<_, Float64Type>(bucket))
        }
        DataType::Decimal128(precision, scale) => decimals(values, width, *precision, *scale),
        other => return Err(DataFusionError::Internal(format!("{other} has no buckets"))),
    })
}

fn integers<T>(values: &ArrayRef, width: u64) -> ArrayRef
where
    T: ArrowPrimitiveType,
    T::Native: Into<i128> + TryFrom<i128>,
{
    let bucket = |value: T::Native| T::Native::try_from(floor(value.into(), i128::from(width))?).ok();
    Arc::new(values.as_primitive::<T>().unary_opt::<_, T>(bucket))
}

fn decimals(values: &ArrayRef, width: u64, precision: u8, scale: i8) -> ArrayRef {
    let scale = u32::try_from(scale).unwrap_or(0);
    let width = 10_i128.checked_pow(scale).and_then(|one| one.checked_mul(i128::from(width)));
    // A width beyond every number has two buckets, and the lower one is beyond every number too.
    let bucket = |value: i128| match width {
        Some(width) => floor(value, width),
        None => (value >= 0).then_some(0),
    };
    let most = 10_i128.checked_pow(u32::from(precision)).unwrap_or(i128::MAX);
    let bucket = |value| bucket(value).filter(|bucket| bucket.unsigned_abs() < most.unsigned_abs());
    let masked = values.as_primitive::<Decimal128Type>().unary_opt::<_, Decimal128Type>(bucket);
    Arc::new(masked.with_data_type(values.data_type().clone()))
}

fn floor(value: i128, width: i128) -> Option<i128> {
    value.div_euclid(width).checked_mul(width)
}

fn float(value: f64, width: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "numbers of this type are no more precise")]
    let width = width as f64;
    if !value.is_finite() {
        return value;
    }
    let bucket = (value / width).floor() * width;
    // The quotient is rounded, also upwards. A zero keeps no sign, since that would tell zeros apart.
    if bucket > value { bucket - width } else { bucket + 0.0 }
}

/// The same number, or the next lower one.
fn narrow(value: f64) -> f32 {
    #[expect(clippy::cast_possible_truncation, reason = "it is rounded on purpose")]
    let near = value as f32;
    if f64::from(near) > value { near.next_down() } else { near }
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::{Decimal128Array, Float64Array, Int64Array};

    use super::*;

    #[test]
    fn buckets_go_down_also_below_zero() {
        let values: ArrayRef = Arc::new(Int64Array::from(vec![Some(19), Some(-1), Some(0), None, Some(i64::MIN)]));
        let masked = buckets(&values, 10).unwrap();
        let expected = Int64Array::from(vec![Some(10), Some(-10), Some(0), None, None]);
        assert_eq!(masked.as_primitive::<Int64Type>(), &expected);
        let wide = buckets(&values, u64::MAX).unwrap();
        assert_eq!(wide.as_primitive::<Int64Type>(), &Int64Array::from(vec![Some(0), None, Some(0), None, None]));
    }

    #[test]
    fn decimals_keep_their_scale_and_precision() {
        let values = Decimal128Array::from(vec![Some(12_345), Some(-1), Some(-99_999)]);
        let values: ArrayRef = Arc::new(values.with_precision_and_scale(5, 2).unwrap());
        let expected =
            |values: Vec<Option<i128>>| Decimal128Array::from(values).with_precision_and_scale(5, 2).unwrap();
        let masked = buckets(&values, 10).unwrap();
        let ten = expected(vec![Some(12_000), Some(-1_000), None]);
        assert_eq!(masked.as_primitive::<Decimal128Type>(), &ten);
        let masked = buckets(&values, u64::MAX).unwrap();
        assert_eq!(masked.as_primitive::<Decimal128Type>(), &expected(vec![Some(0), None, None]));
    }

    #[test]
    fn floats_that_are_no_numbers_stay() {
        let values: ArrayRef = Arc::new(Float64Array::from(vec![2.9, -0.1, f64::INFINITY, f64::NAN, -0.0]));
        let masked = buckets(&values, 1).unwrap();
        let masked: Vec<String> = masked.as_primitive::<Float64Type>().values().iter().map(f64::to_string).collect();
        assert_eq!(masked, ["2", "-1", "inf", "NaN", "0"]);
    }
}
