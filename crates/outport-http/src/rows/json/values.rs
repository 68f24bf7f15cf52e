//! Values that JSON has no form of its own for: decimals, days, moments and bytes, as text.
//!
//! What is common is written digit by digit; years and numbers beyond that are written as Arrow writes them, so that both ways
//! give the same.

use std::io::Write;

use arrow::{
    array::{Array, AsArray, Decimal128Array},
    buffer::ScalarBuffer,
    datatypes::{
        DataType, Date32Type, Decimal128Type, FieldRef, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType,
        TimestampNanosecondType, TimestampSecondType,
    },
    error::ArrowError,
    json::{Encoder as ValueEncoder, EncoderFactory, EncoderOptions, writer::NullableEncoder},
    util::display::{ArrayFormatter, FormatOptions},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use outport_app::digits;

const NANOSECONDS: i64 = 1_000_000_000;
const DAY: i64 = 24 * 60 * 60;

/// Encodes decimals, days, moments and bytes as text.
#[derive(Debug)]
pub(super) struct Exact;

impl EncoderFactory for Exact {
    fn make_default_encoder<'a>(
        &self,
        _: &'a FieldRef,
        array: &'a dyn Array,
        _: &'a EncoderOptions,
    ) -> Result<Option<NullableEncoder<'a>>, ArrowError> {
        let encoder: Box<dyn ValueEncoder + 'a> = match array.data_type() {
            DataType::Decimal128(precision, scale) => Box::new(Decimals {
                values: array.as_primitive::<Decimal128Type>(),
                end: 10_u128.saturating_pow((*precision).into()),
                scale: *scale,
                otherwise: Quoted::of(array)?,
            }),
            DataType::Decimal32(..) | DataType::Decimal64(..) | DataType::Decimal256(..) => {
                Box::new(Quoted::of(array)?)
            }
            DataType::Date32 => Box::new(Days {
                values: array.as_primitive::<Date32Type>().values().clone(),
                otherwise: Quoted::of(array)?,
            }),
            DataType::Timestamp(unit, zone) if zone.as_deref().is_none_or(is_utc) => {
                Box::new(Moments::of(array, *unit, zone.is_some())?)
            }
            DataType::Binary => Box::new(Base64(move |row| array.as_binary::<i32>().value(row))),
            DataType::LargeBinary => Box::new(Base64(move |row| array.as_binary::<i64>().value(row))),
            DataType::BinaryView => Box::new(Base64(move |row| array.as_binary_view().value(row))),
            DataType::FixedSizeBinary(_) => Box::new(Base64(move |row| array.as_fixed_size_binary().value(row))),
            _ => return Ok(None),
        };
        Ok(Some(NullableEncoder::new(encoder, array.nulls().cloned())))
    }
}

fn is_utc(zone: &str) -> bool {
    matches!(zone, "UTC" | "+00:00")
}

/// Text without a character that JSON escapes, as Arrow writes it.
struct Quoted<'a>(ArrayFormatter<'a>);

impl<'a> Quoted<'a> {
    fn of(array: &'a dyn Array) -> Result<Self, ArrowError> {
        ArrayFormatter::try_new(array, &FormatOptions::new()).map(Self)
    }
}

impl ValueEncoder for Quoted<'_> {
    fn encode(&mut self, row: usize, out: &mut Vec<u8>) {
        // Writing to memory does not fail.
        let _ = write!(out, "\"{}\"", self.0.value(row));
    }
}

struct Decimals<'a> {
    values: &'a Decimal128Array,
    /// What no number of the type's precision reaches.
    end: u128,
    scale: i8,
    otherwise: Quoted<'a>,
}

impl ValueEncoder for Decimals<'_> {
    fn encode(&mut self, row: usize, out: &mut Vec<u8>) {
        let value = self.values.value(row);
        match digits::decimal(value, self.scale).filter(|_| value.unsigned_abs() < self.end) {
            Some(digits) => quoted(&[digits.as_bytes()], out),
            None => self.otherwise.encode(row, out),
        }
    }
}

struct Days<'a> {
    values: ScalarBuffer<i32>,
    otherwise: Quoted<'a>,
}

impl ValueEncoder for Days<'_> {
    fn encode(&mut self, row: usize, out: &mut Vec<u8>) {
        match digits::day(self.values[row].into()) {
            Some(digits) => quoted(&[digits.as_bytes()], out),
            None => self.otherwise.encode(row, out),
        }
    }
}

/// Moments in UTC, or times without a zone.
struct Moments<'a> {
    values: ScalarBuffer<i64>,
    /// How many of them are a second.
    in_second: i64,
    end: &'static [u8],
    otherwise: Quoted<'a>,
}

impl<'a> Moments<'a> {
    fn of(array: &'a dyn Array, unit: TimeUnit, zoned: bool) -> Result<Self, ArrowError> {
        let (values, in_second) = match unit {
            TimeUnit::Second => (array.as_primitive::<TimestampSecondType>().values(), 1),
            TimeUnit::Millisecond => (array.as_primitive::<TimestampMillisecondType>().values(), 1_000),
            TimeUnit::Microsecond => (array.as_primitive::<TimestampMicrosecondType>().values(), 1_000_000),
            TimeUnit::Nanosecond => (array.as_primitive::<TimestampNanosecondType>().values(), NANOSECONDS),
        };
        let end: &[u8] = if zoned { b"Z" } else { b"" };
        Ok(Self { values: values.clone(), in_second, end, otherwise: Quoted::of(array)? })
    }
}

impl ValueEncoder for Moments<'_> {
    fn encode(&mut self, row: usize, out: &mut Vec<u8>) {
        let (value, in_second) = (self.values[row], self.in_second);
        let seconds = value.div_euclid(in_second);
        let day = digits::day(seconds.div_euclid(DAY));
        let clock = time(seconds.rem_euclid(DAY), value.rem_euclid(in_second) * (NANOSECONDS / in_second));
        match day.zip(clock) {
            Some((day, clock)) => quoted(&[day.as_bytes(), b"T", clock.as_bytes(), self.end], out),
            None => self.otherwise.encode(row, out),
        }
    }
}

/// A time of day, with three, six or nine digits of its fraction where it has one.
fn time(seconds: i64, nanoseconds: i64) -> Option<digits::Digits> {
    let (fraction, places) = match nanoseconds {
        0 => (0, 0),
        fraction if fraction % 1_000_000 == 0 => (fraction / 1_000_000, 3),
        fraction if fraction % 1_000 == 0 => (fraction / 1_000, 6),
        fraction => (fraction, 9),
    };
    Some(digits::clock(seconds.try_into().ok()?, fraction.try_into().ok()?, places))
}

/// Text in parts of which none has a character that JSON escapes.
fn quoted(parts: &[&[u8]], out: &mut Vec<u8>) {
    out.push(b'"');
    for part in parts {
        out.extend_from_slice(part);
    }
    out.push(b'"');
}

struct Base64<F>(F);

impl<'a, F: Fn(usize) -> &'a [u8]> ValueEncoder for Base64<F> {
    fn encode(&mut self, row: usize, out: &mut Vec<u8>) {
        let _ = write!(out, "\"{}\"", STANDARD.encode((self.0)(row)));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::{
        array::{
            ArrayRef, Date32Array, RecordBatch, TimestampMicrosecondArray, TimestampMillisecondArray,
            TimestampNanosecondArray, TimestampSecondArray,
        },
        json::writer::{LineDelimited, WriterBuilder},
    };
    use proptest::{collection::vec, option, prelude::*};

    use super::*;

    /// Writes decimals as text and leaves everything else to Arrow.
    #[derive(Debug)]
    struct Arrows;

    impl EncoderFactory for Arrows {
        fn make_default_encoder<'a>(
            &self,
            _: &'a FieldRef,
            array: &'a dyn Array,
            _: &'a EncoderOptions,
        ) -> Result<Option<NullableEncoder<'a>>, ArrowError> {
            let is_decimal = matches!(array.data_type(), DataType::Decimal128(..));
            let encoder = is_decimal.then(|| Quoted::of(array)).transpose()?;
            Ok(encoder.map(|encoder| NullableEncoder::new(Box::new(encoder), array.nulls().cloned())))
        }
    }

    fn written(batch: &RecordBatch, factory: Arc<dyn EncoderFactory>) -> String {
        let builder = WriterBuilder::new().with_explicit_nulls(true).with_encoder_factory(factory);
        let mut writer = builder.build::<_, LineDelimited>(Vec::new());
        writer.write(batch).unwrap();
        String::from_utf8(writer.into_inner()).unwrap()
    }

    fn wholes(near: i64) -> impl Strategy<Value = Vec<Option<i64>>> {
        let one = prop_oneof![4 => -near..near, 1 => any::<i64>(), 1 => (-near / 1_000_000..near / 1_000_000)
            .prop_map(|n| n * 1_000_000)];
        vec(option::weighted(0.9, one), 6)
    }

    proptest! {
        #[test]
        fn what_is_written_is_what_arrow_writes(
            days in vec(option::weighted(0.9, prop_oneof![4 => -719_500_i32..2_933_000, 1 => any::<i32>()]), 6),
            moments in wholes(300_000_000_000_000_000),
            decimals in vec(option::weighted(0.9, prop_oneof![3 => -100_000_i128..100_000, 1 => any::<i128>()]), 6),
            precision in 1_u8..39,
            scale in 0_i8..39,
            zone in option::of(prop_oneof![Just("UTC"), Just("+00:00"), Just("+02:00")]),
        ) {
            let decimals: Decimal128Array = decimals.into_iter().collect();
            let decimals = decimals.with_precision_and_scale(precision, scale.min(precision.try_into().unwrap()));
            let scaled = |factor: i64| moments.iter().map(move |moment| moment.map(|moment| moment / factor));
            let columns: Vec<(&str, ArrayRef)> = vec![
                ("day", Arc::new(days.into_iter().collect::<Date32Array>())),
                ("s", Arc::new(scaled(1_000_000).collect::<TimestampSecondArray>().with_timezone_opt(zone))),
                ("ms", Arc::new(scaled(1_000).collect::<TimestampMillisecondArray>().with_timezone_opt(zone))),
                ("us", Arc::new(scaled(1).collect::<TimestampMicrosecondArray>().with_timezone_opt(zone))),
                ("ns", Arc::new(scaled(1).collect::<TimestampNanosecondArray>().with_timezone_opt(zone))),
                ("n", Arc::new(decimals.unwrap())),
            ];
            let batch = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, a)| (n, a, true))).unwrap();
            prop_assert_eq!(written(&batch, Arc::new(Exact)), written(&batch, Arc::new(Arrows)));
        }
    }
}
