//! Rows as they are in memory (an Arrow IPC stream) and as they are stored (Parquet).

use std::sync::Arc;

use arrow::{datatypes::SchemaRef, error::ArrowError, ipc::writer::StreamWriter, record_batch::RecordBatch};
use parquet::{
    arrow::ArrowWriter,
    basic::{Compression, ZstdLevel},
    file::properties::WriterProperties,
};

use super::{Encoder, Format, types};
use crate::problem::Problem;

/// Rows of a row group at most: it is in memory until it is whole.
const ROW_GROUP: usize = 128 * 1024;

/// Bytes of a row group at most.
const ROW_GROUP_BYTES: usize = 32 << 20;

/// An Arrow IPC stream.
pub(crate) struct Arrow(StreamWriter<Vec<u8>>);

impl Arrow {
    pub(crate) fn new(schema: &SchemaRef) -> Result<Self, Problem> {
        let writer = StreamWriter::try_new(Vec::new(), schema);
        writer.map(Self).map_err(|error| unwritable(Format::Arrow, schema, &error))
    }

    fn taken(&mut self) -> Vec<u8> {
        std::mem::take(self.0.get_mut())
    }
}

impl Encoder for Arrow {
    fn begin(&mut self) -> Result<Vec<u8>, ArrowError> {
        Ok(self.taken())
    }

    fn rows(&mut self, batch: &RecordBatch) -> Result<Vec<u8>, ArrowError> {
        self.0.write(batch)?;
        Ok(self.taken())
    }

    fn end(&mut self) -> Result<Vec<u8>, ArrowError> {
        self.0.finish()?;
        Ok(self.taken())
    }
}

/// Parquet, compressed with Zstandard.
pub(crate) struct Parquet(ArrowWriter<Vec<u8>>);

impl Parquet {
    pub(crate) fn new(schema: &SchemaRef) -> Result<Self, Problem> {
        let properties = WriterProperties::builder()
            .set_created_by(concat!("outport ", env!("CARGO_PKG_VERSION")).to_owned())
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_max_row_group_row_count(Some(ROW_GROUP))
            .set_max_row_group_bytes(Some(ROW_GROUP_BYTES))
            .build();
        let writer = ArrowWriter::try_new(Vec::new(), Arc::clone(schema), Some(properties));
        writer.map(Self).map_err(|error| unwritable(Format::Parquet, schema, &error))
    }

    fn taken(&mut self) -> Vec<u8> {
        // What is written is only ever added to, so that it can be sent on.
        std::mem::take(self.0.inner_mut())
    }
}

impl Encoder for Parquet {
    fn begin(&mut self) -> Result<Vec<u8>, ArrowError> {
        Ok(self.taken())
    }

    fn rows(&mut self, batch: &RecordBatch) -> Result<Vec<u8>, ArrowError> {
        self.0.write(batch)?;
        Ok(self.taken())
    }

    fn end(&mut self) -> Result<Vec<u8>, ArrowError> {
        self.0.finish()?;
        Ok(self.taken())
    }
}

fn unwritable(format: Format, schema: &SchemaRef, error: &dyn std::error::Error) -> Problem {
    tracing::debug!(%error, format = format.parameter(), "a schema cannot be written");
    let types = schema.fields().iter().map(|field| types::name(field.data_type()));
    let types = types.collect::<std::collections::BTreeSet<_>>().into_iter().collect::<Vec<_>>().join("`, `");
    Problem::not_acceptable(format!("not all of the types `{types}` can be written as {}", format.parameter()))
        .with_help("ask for JSON, or cast the columns")
}
