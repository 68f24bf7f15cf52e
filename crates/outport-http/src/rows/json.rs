//! Rows as JSON: one document, or an object a line.
//!
//! Numbers are numbers, also whole ones beyond 2^53; decimals are text, so that no reader loses digits; days, times and
//! moments are text in ISO 8601, bytes are text in base64. What is no number (`NaN`) is null, and null is written.

mod values;

use std::{collections::BTreeSet, sync::Arc};

use arrow::{
    array::{RecordBatch, StructArray},
    datatypes::{Field, SchemaRef},
    error::ArrowError,
    json::{EncoderOptions, writer::make_encoder},
};
use serde_json::{Value, json};

use self::values::Exact;
use super::{Encoder, PIECE, types};
use crate::problem::Problem;

/// Bytes at most that are made room for before they are there.
const AHEAD: usize = 4 << 20;

/// One document: `{"columns": [{"name", "type"}…], "rows": [{…}…]}`, and where there are pages `"next"`.
#[derive(Debug)]
pub(crate) struct Document {
    schema: SchemaRef,
    options: EncoderOptions,
    first: bool,
    /// What stands after the rows.
    tail: String,
}

impl Document {
    pub(crate) fn new(schema: &SchemaRef) -> Result<Self, Problem> {
        distinct(schema)?;
        Ok(Self { schema: Arc::clone(schema), options: options(), first: true, tail: String::new() })
    }

    /// A page, and the address of the next one.
    pub(crate) fn page(schema: &SchemaRef, next: Option<&str>) -> Result<Self, Problem> {
        Ok(Self { tail: format!(",\"next\":{}", json!(next)), ..Self::new(schema)? })
    }
}

impl Encoder for Document {
    fn begin(&mut self) -> Result<Vec<u8>, ArrowError> {
        Ok(format!("{{\"columns\":{},\"rows\":[", columns(&self.schema)).into_bytes())
    }

    fn rows(&mut self, batch: &RecordBatch) -> Result<Vec<u8>, ArrowError> {
        objects(batch, &self.options, |out| {
            out.extend_from_slice(if self.first { b"\n" } else { b",\n" });
            self.first = false;
        })
    }

    fn at_once(&self) -> usize {
        PIECE
    }

    fn end(&mut self) -> Result<Vec<u8>, ArrowError> {
        Ok(format!("\n]{}}}\n", self.tail).into_bytes())
    }
}

/// An object a line.
#[derive(Debug)]
pub(crate) struct Lines {
    options: EncoderOptions,
}

impl Lines {
    pub(crate) fn new(schema: &SchemaRef) -> Result<Self, Problem> {
        distinct(schema)?;
        Ok(Self { options: options() })
    }
}

impl Encoder for Lines {
    fn begin(&mut self) -> Result<Vec<u8>, ArrowError> {
        Ok(Vec::new())
    }

    fn rows(&mut self, batch: &RecordBatch) -> Result<Vec<u8>, ArrowError> {
        let mut first = true;
        let mut lines = objects(batch, &self.options, |out| {
            if !first {
                out.push(b'\n');
            }
            first = false;
        })?;
        if batch.num_rows() > 0 {
            lines.push(b'\n');
        }
        Ok(lines)
    }

    fn at_once(&self) -> usize {
        PIECE
    }

    fn end(&mut self) -> Result<Vec<u8>, ArrowError> {
        Ok(Vec::new())
    }

    fn failure(&self, problem: &Problem) -> Option<Vec<u8>> {
        Some(format!("{}\n", json!({ "error": problem.document() })).into_bytes())
    }
}

/// The rows of a batch as JSON objects, each written after whatever `before` writes.
pub(crate) fn objects(
    batch: &RecordBatch,
    options: &EncoderOptions,
    mut before: impl FnMut(&mut Vec<u8>),
) -> Result<Vec<u8>, ArrowError> {
    let mut out = Vec::new();
    if batch.num_rows() == 0 {
        return Ok(out);
    }
    let field = Arc::new(Field::new_struct("row", batch.schema().fields().clone(), false));
    let rows = StructArray::from(batch.clone());
    let mut encoder = make_encoder(&field, &rows, options)?;
    for row in 0..batch.num_rows() {
        before(&mut out);
        encoder.encode(row, &mut out);
        if row == 0 {
            // Rows are about as long as the first one.
            out.reserve(out.len().saturating_mul(batch.num_rows()).min(AHEAD));
        }
    }
    Ok(out)
}

/// The names and types of columns.
pub(crate) fn columns(schema: &SchemaRef) -> Value {
    let columns = schema.fields().iter();
    columns.map(|field| json!({ "name": field.name(), "type": types::name(field.data_type()) })).collect()
}

/// How values are written.
pub(crate) fn options() -> EncoderOptions {
    EncoderOptions::default().with_explicit_nulls(true).with_encoder_factory(Arc::new(Exact))
}

/// An object has each name once.
fn distinct(schema: &SchemaRef) -> Result<(), Problem> {
    let mut seen = BTreeSet::new();
    match schema.fields().iter().find(|field| !seen.insert(field.name())) {
        None => Ok(()),
        Some(field) => Err(Problem::not_acceptable(format!("two columns of the answer are named `{}`", field.name()))
            .with_help("give one of them another name with `AS`, or ask for CSV, Arrow or Parquet")),
    }
}
