//! Rows of a query in every format, written as they come.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

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

/// Standard output that remembers why it took no more, also where a writer keeps that to itself.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outlet {
    failure: Arc<Mutex<Option<io::Error>>>,
}

impl Outlet {
    /// Whether everything arrived. A reader that has gone (`| head`) wants no more, which is no failure.
    pub(crate) fn settle(mut self, written: Result<(), Failure>) -> Result<(), Failure> {
        let _ = self.flush();
        match self.failure.lock().unwrap_or_else(PoisonError::into_inner).take() {
            None => written,
            Some(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            Some(error) => Err(write_failed(error)),
        }
    }

    fn remember<T>(&self, outcome: io::Result<T>) -> io::Result<T> {
        outcome.map_err(|error| {
            let kind = error.kind();
            if kind != io::ErrorKind::Interrupted {
                *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            }
            kind.into()
        })
    }
}

impl Write for Outlet {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.remember(io::stdout().write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.remember(io::stdout().flush())
    }
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
            only_flat(schema)?;
            let mut writer = csv::WriterBuilder::new().with_header(true).build(out);
            writer.write(&RecordBatch::new_empty(Arc::clone(schema))).map_err(failed)?;
            Box::new(writer)
        }
        RowFormat::Parquet => Box::new(ArrowWriter::try_new(out, Arc::clone(schema), None).map_err(failed_parquet)?),
        RowFormat::Arrow => Box::new(StreamWriter::try_new(out, schema).map_err(failed)?),
    })
}

fn only_flat(schema: &SchemaRef) -> Result<(), Failure> {
    match schema.fields().iter().find(|field| field.data_type().is_nested()) {
        None => Ok(()),
        Some(field) => Err(Failure::Argument {
            message: format!("a value of column `{}` has parts, and CSV has no place for them", field.name()),
            help: "choose `--format ndjson`, `json`, `parquet` or `arrow`, or select the parts".to_owned(),
        }),
    }
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
        writeln!(self.out, "{table}\n{note}").and_then(|()| self.out.flush()).map_err(write_failed)
    }
}

impl<W: Write> RowWriter for ArrayWriter<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<bool, Failure> {
        Self::write(self, batch).map(|()| true).map_err(failed)
    }

    fn finish(mut self: Box<Self>) -> Result<(), Failure> {
        ArrayWriter::finish(&mut self).map_err(failed)
    }
}

impl<W: Write> RowWriter for LineDelimitedWriter<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<bool, Failure> {
        Self::write(self, batch).map(|()| true).map_err(failed)
    }

    fn finish(mut self: Box<Self>) -> Result<(), Failure> {
        LineDelimitedWriter::finish(&mut self).map_err(failed)
    }
}

impl<W: Write> RowWriter for csv::Writer<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<bool, Failure> {
        Self::write(self, batch).map(|()| true).map_err(failed)
    }

    fn finish(self: Box<Self>) -> Result<(), Failure> {
        Ok(())
    }
}

impl<W: Write> RowWriter for StreamWriter<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<bool, Failure> {
        Self::write(self, batch).map(|()| true).map_err(failed)
    }

    fn finish(mut self: Box<Self>) -> Result<(), Failure> {
        StreamWriter::finish(&mut self).map_err(failed)
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

fn failed(error: ArrowError) -> Failure {
    write_failed(error)
}

fn failed_parquet(error: ParquetError) -> Failure {
    write_failed(error)
}

fn write_failed(error: impl std::error::Error + Send + Sync + 'static) -> Failure {
    Failure::Write { what: "the answer".to_owned(), source: Box::new(error) }
}
