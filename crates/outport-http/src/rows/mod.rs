//! Bodies of record batches, in every format, made as the batches come.
//!
//! - [`format`]: which formats there are, and which one a client asks for;
//! - [`json`], [`csv`], [`columnar`]: what they look like;
//! - [`types`]: what the type of a column is called.

pub(crate) mod columnar;
pub(crate) mod csv;
pub(crate) mod format;
pub(crate) mod json;
pub(crate) mod types;

use arrow::{datatypes::SchemaRef, error::ArrowError, record_batch::RecordBatch};

pub(crate) use format::Format;

use crate::problem::Problem;

/// Rows of text that make a piece of a body.
const PIECE: usize = 2_048;

/// Makes the pieces of a body.
pub(crate) trait Encoder: Send {
    /// What comes before the first row.
    fn begin(&mut self) -> Result<Vec<u8>, ArrowError>;

    /// Rows.
    fn rows(&mut self, batch: &RecordBatch) -> Result<Vec<u8>, ArrowError>;

    /// How many rows make a piece at most: one is sent while the next one is written.
    fn at_once(&self) -> usize {
        usize::MAX
    }

    /// What comes after the last row.
    fn end(&mut self) -> Result<Vec<u8>, ArrowError>;

    /// What comes in the place of further rows where they failed; `None` where the format has no place for it.
    fn failure(&self, _: &Problem) -> Option<Vec<u8>> {
        None
    }
}

/// The encoder of a format for rows of this schema, or why they cannot be written so.
pub(crate) fn encoder(format: Format, schema: &SchemaRef) -> Result<Box<dyn Encoder>, Problem> {
    Ok(match format {
        Format::Json => Box::new(json::Document::new(schema)?),
        Format::Ndjson => Box::new(json::Lines::new(schema)?),
        Format::Csv => Box::new(csv::Csv::new(schema)?),
        Format::Arrow => Box::new(columnar::Arrow::new(schema)?),
        Format::Parquet => Box::new(columnar::Parquet::new(schema)?),
    })
}

/// The rows of a batch, so many at a time.
pub(crate) fn parts(batch: &RecordBatch, most: usize) -> impl Iterator<Item = RecordBatch> {
    let rows = batch.num_rows();
    (0..rows).step_by(most.max(1)).map(move |first| batch.slice(first, most.min(rows - first)))
}

/// A whole body.
pub(crate) fn whole(encoder: &mut dyn Encoder, batches: &[RecordBatch]) -> Result<Vec<u8>, Problem> {
    let mut encode = || -> Result<Vec<u8>, ArrowError> {
        let mut body = encoder.begin()?;
        for batch in batches {
            body.extend(encoder.rows(batch)?);
        }
        body.extend(encoder.end()?);
        Ok(body)
    };
    encode().map_err(|error| {
        tracing::error!(%error, "rows could not be written");
        Problem::internal()
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, AsArray, Int64Array};

    use super::*;

    #[test]
    fn parts_are_all_rows_in_their_order() {
        let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(0..5));
        let batch = RecordBatch::try_from_iter([("n", numbers)]).unwrap();
        let parts = |batch: &RecordBatch, most| -> Vec<Vec<i64>> {
            let numbers =
                |part: RecordBatch| part.column(0).as_primitive::<arrow::datatypes::Int64Type>().values().to_vec();
            parts(batch, most).map(numbers).collect()
        };
        assert_eq!(parts(&batch, 2), [vec![0, 1], vec![2, 3], vec![4]]);
        assert_eq!(parts(&batch, usize::MAX), [vec![0, 1, 2, 3, 4]]);
        assert_eq!(parts(&batch.slice(0, 0), 2), Vec::<Vec<i64>>::new());
    }
}
