//! Rows of a query in every format, written as they come.

use std::{io::Write, sync::Arc};

use arrow::{
    array::RecordBatch,
    csv,
    datatypes::SchemaRef,
    error::ArrowError,
    ipc::writer::StreamWriter,
    json::{ArrayWriter, LineDelimitedWriter},
    util::pretty::pretty_format_batches,
};
use parquet::{arrow::ArrowWriter, errors::ParquetError};

use crate::{cli::RowFormat, failure::Failure};

/// Most rows that are shown to people.
const SHOWN: usize = 1_000;

/// Writes rows.
pub(crate) trait RowWriter {
    /// Writes a batch; `false` where no more is wanted.
    fn write(&mut self, batch: &RecordBatch) -> Result<bool, Failure>;

    /// Writes what comes after the last row.
    fn finish(self: Box<Self>) -> Result<(), Failure>;
}

/// The writer of a format.
pub(crate) fn writer<W: Write + Send + 'static>(
    format: RowFormat,
    schema: &SchemaRef,
    out: W,
) -> Result<Box<dyn RowWriter>, Failure> {
    Ok(match format {
        RowFormat::Table => {
            Box::new(TableWriter { out, schema: Arc::clone(schema), batches: Vec::new(), rows: 0, more: false })
        }
        RowFormat::Json => Box::new(ArrayWriter::new(out)),
        RowFormat::Ndjson => Box::new(LineDelimitedWriter::new(out)),
        RowFormat::Csv => {
            let mut writer = csv::WriterBuilder::new().with_header(true).build(out);
            writer.write(&RecordBatch::new_empty(Arc::clone(schema))).map_err(failed)?;
            Box::new(writer)
        }
        RowFormat::Parquet => Box::new(ArrowWriter::try_new(out, Arc::clone(schema), None).map_err(failed_parquet)?),
        RowFormat::Arrow => Box::new(StreamWriter::try_new(out, schema).map_err(failed)?),
    })
}

struct TableWriter<W> {
    out: W,
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
    rows: usize,
    more: bool,
}

impl<W: Write> RowWriter for TableWriter<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<bool, Failure> {
        let room = SHOWN - self.rows;
        self.more |= batch.num_rows() > room;
        self.batches.push(batch.slice(0, batch.num_rows().min(room)));
        self.rows += batch.num_rows().min(room);
        if self.more {
            self.show()?;
        }
        Ok(!self.more)
    }

    fn finish(mut self: Box<Self>) -> Result<(), Failure> {
        self.show()
    }
}

impl<W: Write> TableWriter<W> {
    fn show(&mut self) -> Result<(), Failure> {
        if self.batches.is_empty() {
            self.batches.push(RecordBatch::new_empty(Arc::clone(&self.schema)));
        }
        let table = pretty_format_batches(&self.batches).map_err(failed)?;
        let rows = super::count(self.rows, "row");
        let note = if self.more { format!("the first {rows}; `--format csv` has all") } else { rows };
        writeln!(self.out, "{table}\n{note}").and_then(|()| self.out.flush()).or_else(gone)
    }
}

impl<W: Write> RowWriter for ArrayWriter<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<bool, Failure> {
        going(Self::write(self, batch))
    }

    fn finish(mut self: Box<Self>) -> Result<(), Failure> {
        going(ArrayWriter::finish(&mut self)).map(|_| ())
    }
}

impl<W: Write> RowWriter for LineDelimitedWriter<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<bool, Failure> {
        going(Self::write(self, batch))
    }

    fn finish(mut self: Box<Self>) -> Result<(), Failure> {
        going(LineDelimitedWriter::finish(&mut self)).map(|_| ())
    }
}

impl<W: Write> RowWriter for csv::Writer<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<bool, Failure> {
        going(Self::write(self, batch))
    }

    fn finish(self: Box<Self>) -> Result<(), Failure> {
        Ok(())
    }
}

impl<W: Write> RowWriter for StreamWriter<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<bool, Failure> {
        going(Self::write(self, batch))
    }

    fn finish(mut self: Box<Self>) -> Result<(), Failure> {
        going(StreamWriter::finish(&mut self)).map(|_| ())
    }
}

impl<W: Write + Send> RowWriter for ArrowWriter<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<bool, Failure> {
        Self::write(self, batch).map(|()| true).map_err(failed_parquet)
    }

    fn finish(self: Box<Self>) -> Result<(), Failure> {
        self.close().map(|_| ()).map_err(failed_parquet)
    }
}

/// A reader that has gone (`| head`) ends the writing and is no failure.
fn going(written: Result<(), ArrowError>) -> Result<bool, Failure> {
    match written {
        Ok(()) => Ok(true),
        Err(ArrowError::IoError(_, error)) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(failed(error)),
    }
}

fn gone(error: std::io::Error) -> Result<(), Failure> {
    if error.kind() == std::io::ErrorKind::BrokenPipe { Ok(()) } else { Err(write_failed(error)) }
}

fn failed(error: ArrowError) -> Failure {
    write_failed(error)
}

fn failed_parquet(error: ParquetError) -> Failure {
    write_failed(error)
}

fn write_failed(error: impl std::error::Error + Send + Sync + 'static) -> Failure {
    Failure::Write { what: "the answer".to_owned(), source: Box::new(error) }
}
