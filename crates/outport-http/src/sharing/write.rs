//! Writes rows as a Parquet file.

use std::io;

use arrow::{
    array::ArrayRef,
    compute::{CastOptions, cast_with_options},
    datatypes::{Schema, SchemaRef},
    error::ArrowError,
    record_batch::RecordBatch,
};
use futures::StreamExt;
use outport_app::gate::Answered;
use parquet::{arrow::ArrowWriter, basic::Compression, errors::ParquetError, file::properties::WriterProperties};
use tempfile::NamedTempFile;
use tokio::sync::mpsc;

use super::{refusal::Refusal, schema};
use crate::problem::Problem;

/// Batches that wait to be written.
const WAITING: usize = 2;

/// A file that was written. It is removed when this is dropped.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) file: NamedTempFile,
    pub(super) schema: SchemaRef,
    pub(super) rows: u64,
    pub(super) bytes: u64,
}

/// Why a file could not be written.
#[derive(Debug, thiserror::Error)]
enum WriteError {
    #[error("the temporary file cannot be written")]
    Io(#[from] io::Error),
    #[error("the rows cannot be cast")]
    Arrow(#[from] ArrowError),
    #[error("the rows cannot be written as Parquet")]
    Parquet(#[from] ParquetError),
}

/// Writes all rows of an answer.
pub(super) async fn write(answered: &mut Answered) -> Result<Written, Refusal> {
    let id = answered.id;
    let schema = schema::storable(&answered.schema);
    let (sender, receiver) = mpsc::channel(WAITING);
    // Encoding takes time and writing may wait for the disk: neither belongs where requests are answered.
    let writing = tokio::task::spawn_blocking(move || write_all(&schema, receiver));
    while let Some(batch) = answered.batches.next().await {
        let batch = batch.map_err(|error| Problem::from(error).with_request(id))?;
        if sender.send(batch).await.is_err() {
            break;
        }
    }
    drop(sender);
    let failed = |error: &(dyn std::error::Error + 'static)| {
        tracing::error!(error, request = %id, "a shared file could not be written");
        Refusal::from(Problem::internal().with_request(id))
    };
    match writing.await {
        Ok(Ok(written)) => Ok(written),
        Ok(Err(error)) => Err(failed(&error)),
        Err(error) => Err(failed(&error)),
    }
}

fn write_all(schema: &SchemaRef, mut batches: mpsc::Receiver<RecordBatch>) -> Result<Written, WriteError> {
    let file = tempfile::Builder::new().prefix("outport-share-").suffix(".parquet").tempfile()?;
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let mut writer = ArrowWriter::try_new(file.reopen()?, SchemaRef::clone(schema), Some(properties))?;
    let mut rows = 0;
    while let Some(batch) = batches.blocking_recv() {
        rows += batch.num_rows() as u64;
        writer.write(&cast(&batch, schema)?)?;
    }
    writer.close()?;
    let bytes = file.as_file().metadata()?.len();
    Ok(Written { file, schema: SchemaRef::clone(schema), rows, bytes })
}

/// The rows in the types of the file. A value that does not fit is an error, never no value.
fn cast(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    let options = CastOptions { safe: false, ..CastOptions::default() };
    let wanted: &Schema = schema;
    let columns = batch.columns().iter().zip(wanted.fields());
    let columns = columns.map(|(column, field)| cast_with_options(column, field.data_type(), &options));
    RecordBatch::try_new(SchemaRef::clone(schema), columns.collect::<Result<Vec<ArrayRef>, _>>()?)
}
