//! Values in PostgreSQL's binary format.

use arrow::array::Array;
use bytes::{BufMut, BytesMut};
use pgwire::api::Type;

use super::{kind, numeric, text, value, value::OutOfRange, value::Value};

/// Days from 1970 to 2000, where PostgreSQL begins to count.
pub(crate) const EPOCH_DAYS: i64 = 10_957;
/// The same in microseconds.
pub(crate) const EPOCH: i64 = EPOCH_DAYS * 86_400_000_000;

/// Writes a value as its type has it.
pub(crate) fn write(value: &Value<'_>, kind: &Type, out: &mut BytesMut) -> Result<(), OutOfRange> {
    match value {
        Value::Null => {}
        Value::Boolean(value) => out.put_u8(u8::from(*value)),
        Value::Integer(value) => integer(*value, kind, out)?,
        Value::Float(value) => out.put_f32(*value),
        Value::Double(value) => out.put_f64(*value),
        Value::Decimal { unscaled, scale } => numeric::write_decimal(*unscaled, *scale, out)?,
        Value::Numeric(value) => numeric::write(value, out)?,
        Value::Made(_) | Value::Text(_) => text::write(value, out)?,
        Value::Bytes(value) => out.put_slice(value),
        Value::Date(days) => out.put_i32(i32::try_from(days - EPOCH_DAYS).map_err(|_| OutOfRange)?),
        Value::Time(microseconds) => out.put_i64(*microseconds),
        Value::Moment { microseconds, .. } => {
            let since = microseconds.and_then(|all| all.checked_sub(EPOCH));
            out.put_i64(since.ok_or(OutOfRange)?);
        }
        Value::Interval { months, days, microseconds } => {
            out.put_i64(*microseconds);
            out.put_i32(*days);
            out.put_i32(*months);
        }
        Value::List(items) => list(items.as_ref(), out)?,
    }
    Ok(())
}

fn integer(value: i64, kind: &Type, out: &mut BytesMut) -> Result<(), OutOfRange> {
    match *kind {
        Type::INT2 => out.put_i16(i16::try_from(value).map_err(|_| OutOfRange)?),
        Type::INT8 => out.put_i64(value),
        // Ids have no sign; the catalog keeps them in numbers that have one.
        Type::OID if value >= 0 => out.put_u32(u32::try_from(value).map_err(|_| OutOfRange)?),
        _ => out.put_i32(i32::try_from(value).map_err(|_| OutOfRange)?),
    }
    Ok(())
}

/// One dimension whose first item has the number 1; none where there are no items.
fn list(items: &dyn Array, out: &mut BytesMut) -> Result<(), OutOfRange> {
    let kind = kind::of(items.data_type());
    out.put_i32(i32::from(!items.is_empty()));
    out.put_i32(i32::from(items.null_count() > 0));
    out.put_u32(kind.oid());
    if items.is_empty() {
        return Ok(());
    }
    out.put_i32(i32::try_from(items.len()).map_err(|_| OutOfRange)?);
    out.put_i32(1);
    for row in 0..items.len() {
        let item = value::of(items, row);
        super::with_length(out, |out| match &item {
            Value::Null => Ok(false),
            item => write(item, &kind, out).map(|()| true),
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int32Array};

    use super::*;

    fn binary(value: &Value<'_>, kind: &Type) -> Vec<u8> {
        let mut out = BytesMut::new();
        write(value, kind, &mut out).unwrap();
        out.to_vec()
    }

    #[test]
    fn numbers_have_the_width_of_their_type() {
        assert_eq!(binary(&Value::Integer(-2), &Type::INT2), [0xff, 0xfe]);
        assert_eq!(binary(&Value::Integer(1), &Type::INT4), [0, 0, 0, 1]);
        assert_eq!(binary(&Value::Integer(1), &Type::INT8), [0, 0, 0, 0, 0, 0, 0, 1]);
        assert_eq!(write(&Value::Integer(40_000), &Type::INT2, &mut BytesMut::new()), Err(OutOfRange));
    }

    #[test]
    fn days_and_moments_count_from_2000() {
        assert_eq!(binary(&Value::Date(EPOCH_DAYS), &Type::DATE), [0; 4]);
        let moment = Value::Moment { microseconds: Some(EPOCH + 1), zoned: true };
        assert_eq!(binary(&moment, &Type::TIMESTAMPTZ), [0, 0, 0, 0, 0, 0, 0, 1]);
    }

    #[test]
    fn lists_say_their_dimension_and_items() {
        let items: ArrayRef = Arc::new(Int32Array::from(vec![Some(7), None]));
        let expected = [
            vec![0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 23, 0, 0, 0, 2, 0, 0, 0, 1],
            vec![0, 0, 0, 4, 0, 0, 0, 7, 0xff, 0xff, 0xff, 0xff],
        ];
        assert_eq!(binary(&Value::List(items), &Type::INT4_ARRAY), expected.concat());
        let none: ArrayRef = Arc::new(Int32Array::from(Vec::<i32>::new()));
        assert_eq!(binary(&Value::List(none), &Type::INT4_ARRAY), [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 23]);
    }
}
