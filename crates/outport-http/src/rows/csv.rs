//! Rows as CSV (RFC 4180): a line of names, then a line a row. A missing value is an empty field.

use std::sync::Arc;

use arrow::{csv::WriterBuilder, datatypes::SchemaRef, error::ArrowError, record_batch::RecordBatch};

use super::{Encoder, PIECE};
use crate::problem::Problem;

/// Comma-separated values.
#[derive(Debug)]
pub(crate) struct Csv(SchemaRef);

impl Csv {
    /// Only for columns whose values have no parts.
    pub(crate) fn new(schema: &SchemaRef) -> Result<Self, Problem> {
        match schema.fields().iter().find(|field| field.data_type().is_nested()) {
            None => Ok(Self(Arc::clone(schema))),
            Some(field) => Err(Problem::not_acceptable(format!(
                "a value of column `{}` has parts, and CSV has no place for them",
                field.name()
            ))
            .with_help("ask for JSON, Arrow or Parquet, or select the parts")),
        }
    }
}

impl Encoder for Csv {
    fn begin(&mut self) -> Result<Vec<u8>, ArrowError> {
        lines(&RecordBatch::new_empty(Arc::clone(&self.0)), true)
    }

    fn rows(&mut self, batch: &RecordBatch) -> Result<Vec<u8>, ArrowError> {
        lines(batch, false)
    }

    fn at_once(&self) -> usize {
        PIECE
    }

    fn end(&mut self) -> Result<Vec<u8>, ArrowError> {
        Ok(Vec::new())
    }
}

fn lines(batch: &RecordBatch, names: bool) -> Result<Vec<u8>, ArrowError> {
    let mut out = Vec::new();
    let mut writer = WriterBuilder::new().with_header(names).build(&mut out);
    writer.write(batch)?;
    drop(writer);
    Ok(out)
}
