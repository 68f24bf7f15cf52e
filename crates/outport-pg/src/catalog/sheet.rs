//! Rows of catalog tables, of which only some columns are told.

use std::{collections::BTreeMap, sync::Arc};

use arrow::{
    array::{ArrayRef, BooleanArray, Int16Array, Int32Array, Int64Array, StringArray},
    datatypes::{DataType, Field, SchemaRef},
    record_batch::{RecordBatch, RecordBatchOptions},
};
use datafusion::{common::ScalarValue, error::DataFusionError};

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Null,
    Boolean(bool),
    Number(i64),
    Text(String),
    Numbers(Vec<i16>),
    Texts(Vec<String>),
}

impl From<bool> for Cell {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

impl From<i64> for Cell {
    fn from(value: i64) -> Self {
        Self::Number(value)
    }
}

impl From<i32> for Cell {
    fn from(value: i32) -> Self {
        Self::Number(value.into())
    }
}

impl From<&str> for Cell {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<Option<&str>> for Cell {
    fn from(value: Option<&str>) -> Self {
        value.map_or(Self::Null, Self::from)
    }
}

/// One row; what it does not tell is nothing, zero, false or empty.
pub(super) type Row = BTreeMap<&'static str, Cell>;

/// The rows as a batch of this schema.
pub(super) fn batch(schema: &SchemaRef, rows: &[Row]) -> Result<RecordBatch, DataFusionError> {
    let columns = schema.fields().iter().map(|field| column(field, rows)).collect::<Result<_, _>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
    Ok(RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)?)
}

fn column(field: &Field, rows: &[Row]) -> Result<ArrayRef, DataFusionError> {
    let cells = || rows.iter().map(|row| row.get(field.name().as_str()));
    let nothing = field.is_nullable();
    let number = |cell: Option<&Cell>| match cell {
        Some(Cell::Number(value)) => Some(*value),
        _ if nothing => None,
        _ => Some(0),
    };
    let small = |cell: Option<&Cell>| number(cell).map(|value| i32::try_from(value).unwrap_or(0));
    let array: ArrayRef = match field.data_type() {
        DataType::Boolean => {
            let flag = |cell: Option<&Cell>| match cell {
                Some(Cell::Boolean(value)) => Some(*value),
                _ if nothing => None,
                _ => Some(false),
            };
            Arc::new(cells().map(flag).collect::<BooleanArray>())
        }
        DataType::Int16 => {
            let tiny = |cell: Option<&Cell>| small(cell).map(|value| i16::try_from(value).unwrap_or(0));
            Arc::new(cells().map(tiny).collect::<Int16Array>())
        }
        DataType::Int32 => Arc::new(cells().map(small).collect::<Int32Array>()),
        DataType::Int64 => Arc::new(cells().map(number).collect::<Int64Array>()),
        DataType::Utf8 => {
            let text = |cell: Option<&Cell>| match cell {
                Some(Cell::Text(value)) => Some(value.clone()),
                _ if nothing => None,
                _ => Some(String::new()),
            };
            Arc::new(cells().map(text).collect::<StringArray>())
        }
        other => {
            let values = cells().map(|cell| scalar(other, cell, nothing)).collect::<Result<Vec<_>, _>>()?;
            if values.is_empty() { arrow::array::new_empty_array(other) } else { ScalarValue::iter_to_array(values)? }
        }
    };
    Ok(array)
}

/// A value of a type that few columns have.
fn scalar(data_type: &DataType, cell: Option<&Cell>, nothing: bool) -> Result<ScalarValue, DataFusionError> {
    match cell {
        Some(Cell::Numbers(values)) => {
            let DataType::List(item) = data_type else { return ScalarValue::new_default(data_type) };
            let numbers = values.iter().map(|value| ScalarValue::Int16(Some(*value)).cast_to(item.data_type()));
            let numbers = numbers.collect::<Result<Vec<_>, _>>()?;
            ScalarValue::List(ScalarValue::new_list_nullable(&numbers, item.data_type())).cast_to(data_type)
        }
        Some(Cell::Texts(texts)) => {
            let texts: Vec<ScalarValue> = texts.iter().map(|text| ScalarValue::Utf8(Some(text.clone()))).collect();
            ScalarValue::List(ScalarValue::new_list_nullable(&texts, &DataType::Utf8)).cast_to(data_type)
        }
        Some(Cell::Text(text)) => ScalarValue::Utf8(Some(text.clone())).cast_to(data_type),
        Some(Cell::Number(value)) => ScalarValue::Int64(Some(*value)).cast_to(data_type),
        _ if nothing => ScalarValue::try_new_null(data_type),
        _ => ScalarValue::new_default(data_type),
    }
}
