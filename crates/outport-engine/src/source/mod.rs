//! Sources: files and generated tables as tables in the shape of a contract.
//!
//! [`pin`] decides what exactly is read, [`open`] reads it, [`unchanged`] makes sure afterwards that it was still the
//! same, and [`explain`] says what a failure on the way means.
//!
//! What is read as what:
//! - Text: blanks round numbers, days and truth values are allowed; truth values are `true`, `t`, `yes`, `1` and their
//!   opposites in any case; decimals are exact; days and points in time are ISO 8601, UTC where they name no zone, and
//!   wall-clock columns take what UTC says; lists, objects and maps inside CSV are JSON; binary is the bytes of the text.
//! - JSON: a value of another JSON type is unreadable; decimals may be strings.
//! - Typed files: types that fit are cast, others are converted value by value where nothing is lost.
//!
//! **Invariant**: a value that cannot be read as its type is null, and its text stands in the column's hidden column,
//! where it is null for every other value.

mod cell;
mod column;
mod csv;
mod delta;
mod fault;
mod feed;
mod json;
mod locate;
mod parquet;
mod parse;
mod queue;
mod rows;
mod shape;
mod text;
mod tpch;
mod version;

use std::{collections::BTreeMap, sync::Arc};

use datafusion::{catalog::TableProvider, prelude::SessionContext};
pub(crate) use fault::cause;
pub use fault::explain;
use outport_app::engine::EngineError;
use outport_model::{
    contract::TableSchema,
    run::InputVersion,
    source::{FileFormat, FileSource, Source},
};
pub(crate) use text::sample;

/// A source as a table.
#[derive(Debug, Clone)]
pub struct OpenedSource {
    /// The contract's columns in its order, all nullable, and after them the hidden columns.
    pub provider: Arc<dyn TableProvider>,
    /// For each column whose values can turn out unreadable, its hidden column: the text of each value that could not
    /// be read, and null for every other one. Hidden columns cost nothing unless a query asks for them.
    pub raw: BTreeMap<String, String>,
}

fn raw_name(column: &str) -> String {
    format!("__raw_{column}")
}

/// Decides what exactly would be read from files or a generator.
///
/// # Errors
/// [`EngineError::SourceMissing`] where nothing is found; [`EngineError::SourceUnreadable`] where a file cannot be read.
pub async fn pin(source: &Source) -> Result<InputVersion, EngineError> {
    version::pin(source).await
}

/// Makes sure that a source still is what was pinned.
///
/// # Errors
/// [`EngineError::SourceChanged`] where it is not.
pub async fn unchanged(source: &Source, pinned: &InputVersion) -> Result<(), EngineError> {
    let changed = || EngineError::SourceChanged { location: fault::location(source) };
    match version::pin(source).await {
        Ok(now) if now == *pinned => Ok(()),
        Ok(_) | Err(EngineError::SourceMissing { .. }) => Err(changed()),
        Err(error) => Err(error),
    }
}

/// Opens a source as a table in the shape of a contract's table. Headers and footers are read, rows are not.
///
/// # Errors
/// [`EngineError::SourceMissing`], [`EngineError::SourceSchema`] and [`EngineError::SourceUnreadable`]; what is wrong
/// with single rows comes out of the scan and is to be passed to [`explain`].
pub async fn open(
    context: &SessionContext,
    source: &Source,
    schema: &TableSchema,
) -> Result<OpenedSource, EngineError> {
    match source {
        Source::Files(files) => open_files(context, files, schema).await,
        Source::Tpch(tpch) => tpch::open(tpch, schema),
        Source::Port(address) => Err(fault::port(address)),
    }
}

async fn open_files(
    context: &SessionContext,
    files: &FileSource,
    schema: &TableSchema,
) -> Result<OpenedSource, EngineError> {
    match &files.format {
        FileFormat::Csv(dialect) => text::open_csv(files, dialect, schema).await,
        FileFormat::Json(compression) => text::open(files, feed::TextFormat::Json, *compression, schema).await,
        FileFormat::Ndjson(compression) => text::open(files, feed::TextFormat::Ndjson, *compression, schema).await,
        FileFormat::Parquet => parquet::open(context, files, schema).await,
        FileFormat::Delta => delta::open(context, files, schema).await,
    }
}
