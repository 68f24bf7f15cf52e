//! Values out of the engine.

use chrono::{DateTime, Utc};
use datafusion::{
    arrow::{compute::cast, datatypes::DataType, record_batch::RecordBatch},
    common::ScalarValue,
    error::DataFusionError,
};
use serde_json::{Number, Value};

/// All values of the first column.
pub(crate) fn first_columns(batches: &[RecordBatch]) -> Result<Vec<ScalarValue>, DataFusionError> {
    let cells = batches.iter().flat_map(|batch| (0..batch.num_rows()).map(move |row| (batch.column(0), row)));
    cells.map(|(column, row)| ScalarValue::try_from_array(column, row)).collect()
}

/// The values of the first row.
pub(crate) fn first_row(batches: &[RecordBatch]) -> Result<Vec<ScalarValue>, DataFusionError> {
    let filled = batches.iter().find(|batch| batch.num_rows() > 0);
    filled.map_or_else(
        || Ok(Vec::new()),
        |batch| batch.columns().iter().map(|column| ScalarValue::try_from_array(column, 0)).collect(),
    )
}

/// A value as JSON: a number for every number that JSON can hold, else text.
pub(crate) fn json(scalar: &ScalarValue) -> Value {
    if scalar.is_null() {
        return Value::Null;
    }
    if let ScalarValue::Boolean(Some(flag)) = scalar {
        return Value::Bool(*flag);
    }
    let shown = text(scalar);
    if scalar.data_type().is_numeric() {
        return number(&shown).map_or(Value::String(shown), Value::Number);
    }
    Value::String(shown)
}

fn number(text: &str) -> Option<Number> {
    let whole = text.parse::<i64>().ok().map(Number::from).or_else(|| text.parse::<u64>().ok().map(Number::from));
    whole.or_else(|| Number::from_f64(text.parse().ok()?))
}

fn text(scalar: &ScalarValue) -> String {
    let written = scalar.to_array().and_then(|array| Ok(cast(&array, &DataType::Utf8)?));
    let first = written.and_then(|array| ScalarValue::try_from_array(&array, 0));
    match first {
        Ok(ScalarValue::Utf8(Some(text))) => text,
        _ => scalar.to_string(),
    }
}

/// A count, whatever integer type the engine gives it.
pub(crate) fn count(scalar: &ScalarValue) -> Option<u64> {
    match scalar.cast_to(&DataType::UInt64) {
        Ok(ScalarValue::UInt64(count)) => count,
        _ => None,
    }
}

/// A point in time; dates and times without a zone are read as UTC.
pub(crate) fn instant(scalar: &ScalarValue) -> Option<DateTime<Utc>> {
    if !scalar.data_type().is_temporal() {
        return None;
    }
    let micros = DataType::Timestamp(datafusion::arrow::datatypes::TimeUnit::Microsecond, None);
    match scalar.cast_to(&micros) {
        Ok(ScalarValue::TimestampMicrosecond(Some(at), _)) => DateTime::from_timestamp_micros(at),
        _ => None,
    }
}
