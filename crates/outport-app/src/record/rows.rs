//! Records of requests as rows of a table.

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, Int64Array, StringArray, TimestampMicrosecondArray},
    datatypes::{Schema, SchemaRef},
    error::ArrowError,
    record_batch::{RecordBatch, RecordBatchOptions},
};
use futures::{StreamExt, TryStreamExt, stream};
use outport_model::{audit::RequestRecord, name::WorkspaceName};

use super::tables::{Column, Kind, Row, Value, unreadable};
use crate::{
    audit::RecordStream,
    engine::{BatchStream, EngineError},
    live::During,
};

/// Rows of a batch.
const ROWS: usize = 8192;

/// These columns of the rows that the records of one workspace make.
pub(super) fn stream(
    records: RecordStream,
    kind: Kind,
    columns: Vec<&'static Column>,
    workspace: WorkspaceName,
    during: During,
) -> BatchStream {
    let schema: SchemaRef = Arc::new(Schema::new(columns.iter().map(|column| column.field()).collect::<Vec<_>>()));
    let batches = records.map(move |records| {
        let mut records = records.map_err(|error| unreadable(&error))?;
        records.retain(|record| record.workspace == workspace && during.contains(record.at));
        Ok::<_, EngineError>(stream::iter(batches(&records, kind, &columns, &schema)))
    });
    Box::pin(batches.try_flatten())
}

fn batches(
    records: &[RequestRecord],
    kind: Kind,
    columns: &[&Column],
    schema: &SchemaRef,
) -> Vec<Result<RecordBatch, EngineError>> {
    let rows: Vec<Row<'_>> = records.iter().flat_map(|record| kind.rows(record)).collect();
    rows.chunks(ROWS).map(|rows| batch(rows, columns, schema).map_err(|error| failed(&error))).collect()
}

fn batch(rows: &[Row<'_>], columns: &[&Column], schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    let values = columns.iter().map(|column| array(rows, column.value)).collect();
    // Whoever only counts asks for no column at all.
    let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
    RecordBatch::try_new_with_options(Arc::clone(schema), values, &options)
}

fn array(rows: &[Row<'_>], value: Value) -> ArrayRef {
    let rows = rows.iter().copied();
    match value {
        Value::Text(of) => Arc::new(rows.map(of).collect::<StringArray>()),
        Value::Number(of) => {
            let number = |row| of(row).map(|number| i64::try_from(number).unwrap_or(i64::MAX));
            Arc::new(rows.map(number).collect::<Int64Array>())
        }
        Value::Moment(of) => {
            let moments = rows.map(|row| of(row).timestamp_micros());
            Arc::new(TimestampMicrosecondArray::from_iter_values(moments).with_timezone("UTC"))
        }
    }
}

fn failed(error: &ArrowError) -> EngineError {
    EngineError::Query { reason: error.to_string(), position: None, help: None }
}
