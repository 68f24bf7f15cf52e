//! What went wrong with a source, in words for people.

use std::{error::Error, io};

use datafusion::{arrow::error::ArrowError, error::DataFusionError, parquet::errors::ParquetError};
use outport_app::{engine::EngineError, gate::Limit};
use outport_model::{
    address::Address,
    source::{FileFormat, Source},
};

/// What an error inside a stream carries, so that [`explain`] finds it again below DataFusion's wrappers.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(super) struct Fault(#[from] pub(super) EngineError);

impl From<Fault> for DataFusionError {
    fn from(fault: Fault) -> Self {
        Self::External(Box::new(fault))
    }
}

/// Runs work that blocks on files.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, EngineError> + Send + 'static,
) -> Result<T, EngineError> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(EngineError::Cancelled))
}

/// A port of another product is read through its release, never as a source of its own.
pub(super) fn port(address: &Address) -> EngineError {
    unreadable(&address.to_string(), "it is another product's output port", "read it through that product's release")
}

pub(super) fn unreadable(location: &str, reason: impl Into<String>, help: impl Into<String>) -> EngineError {
    EngineError::SourceUnreadable { location: location.to_owned(), reason: reason.into(), help: help.into() }
}

/// The way out of quotes that do not match.
pub(super) const QUOTES: &str = "check the `quote` and `escape` characters of the file";

/// A fault of one line.
pub(super) fn line(location: &str, line: u64, reason: &str, help: &str) -> EngineError {
    unreadable(location, format!("line {line} {reason}"), help)
}

/// Text that is not UTF-8; `from` names its encoding where it is known.
pub(super) fn encoding(location: &str, reason: &str, from: &str) -> EngineError {
    unreadable(location, reason, format!("save it as UTF-8, for example with `iconv -f {from} -t UTF-8`"))
}

/// What an error of the operating system means for a source.
pub(super) fn io(location: &str, error: &io::Error) -> EngineError {
    use io::ErrorKind as Kind;
    let damaged = "it is damaged or was cut off; fetch it again";
    let (reason, help) = match error.kind() {
        Kind::StorageFull | Kind::QuotaExceeded => return EngineError::DiskFull { location: location.to_owned() },
        Kind::NotFound => ("it is no longer there".to_owned(), "put it back and run again"),
        Kind::PermissionDenied => {
            ("permission was denied".to_owned(), "let this user read the file and the folders above it")
        }
        Kind::UnexpectedEof => ("it ends too early".to_owned(), damaged),
        Kind::InvalidData | Kind::InvalidInput | Kind::Other => {
            (format!("its compressed content cannot be read ({error})"), "check `compression`, or fetch the file again")
        }
        _ => (error.to_string(), "check that the disk is healthy and mounted"),
    };
    unreadable(location, reason, help)
}

/// Makes of an error of the engine what it means for the source that was read.
#[expect(clippy::needless_pass_by_value, reason = "for `map_err`: an error ends here")]
pub fn explain(error: DataFusionError, source: &Source) -> EngineError {
    let location = location(source);
    cause(&error, &location).unwrap_or_else(|| plain(&error, source, &location))
}

/// What an error of the engine says of the machine or of a source, looked for in all its causes; `None` where it is
/// about the query or the data. `location` is what was being read or written.
pub(crate) fn cause(error: &(dyn Error + 'static), location: &str) -> Option<EngineError> {
    let mut cause = Some(error);
    while let Some(current) = cause {
        if let Some(found) = of_one(current, location) {
            return Some(found);
        }
        cause = next(current);
    }
    None
}

/// Where a source is, for messages.
pub(super) fn location(source: &Source) -> String {
    match source {
        Source::Files(files) => files.location.clone(),
        Source::Port(address) => address.to_string(),
        Source::Tpch(tpch) => format!("tpch {}", tpch.table),
    }
}

/// The next error below: some of DataFusion's and Arrow's variants hide theirs from `source`.
fn next<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    if let Some(found) = error.downcast_ref::<DataFusionError>() {
        return match found {
            DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) => Some(inner.as_ref()),
            DataFusionError::Shared(inner) => Some(inner.as_ref()),
            DataFusionError::ArrowError(inner, _) => Some(inner.as_ref()),
            DataFusionError::ParquetError(inner) => Some(inner.as_ref()),
            DataFusionError::ObjectStore(inner) => Some(inner.as_ref()),
            DataFusionError::IoError(inner) => Some(inner),
            DataFusionError::External(inner) => Some(inner.as_ref()),
            DataFusionError::ExecutionJoin(inner) => Some(inner.as_ref()),
            DataFusionError::Collection(all) => all.first().map(|e| e as &(dyn Error + 'static)),
            _ => None,
        };
    }
    match error.downcast_ref::<ArrowError>() {
        Some(ArrowError::ExternalError(inner)) => return Some(inner.as_ref()),
        Some(ArrowError::IoError(_, inner)) => return Some(inner),
        _ => {}
    }
    if let Some(ParquetError::External(inner)) = error.downcast_ref::<ParquetError>() {
        return Some(inner.as_ref());
    }
    if let Some(inner) = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        return Some(inner);
    }
    error.source()
}

fn of_one(error: &(dyn Error + 'static), location: &str) -> Option<EngineError> {
    if let Some(Fault(found)) = error.downcast_ref::<Fault>() {
        return Some(copy(found));
    }
    if let Some(found) = error.downcast_ref::<EngineError>() {
        return Some(copy(found));
    }
    match error.downcast_ref::<DataFusionError>() {
        Some(DataFusionError::ResourcesExhausted(text)) => return Some(exhausted(text, location)),
        Some(DataFusionError::ExecutionJoin(join)) if join.is_cancelled() => return Some(EngineError::Cancelled),
        _ => {}
    }
    match error.downcast_ref::<object_store::Error>() {
        Some(object_store::Error::NotFound { path, .. }) => {
            return Some(io(&absolute(path), &io::ErrorKind::NotFound.into()));
        }
        Some(object_store::Error::PermissionDenied { path, .. }) => {
            return Some(io(&absolute(path), &io::ErrorKind::PermissionDenied.into()));
        }
        _ => {}
    }
    let system = error.downcast_ref::<io::Error>()?;
    (system.get_ref().is_none() || system.kind() != io::ErrorKind::Other).then(|| io(location, system))
}

fn absolute(path: &str) -> String {
    if path.starts_with('/') { path.to_owned() } else { format!("/{path}") }
}

/// DataFusion tells memory from disk, and the limit, only in its text.
fn exhausted(text: &str, location: &str) -> EngineError {
    if text.contains("disk space") {
        return EngineError::DiskFull { location: location.to_owned() };
    }
    EngineError::Memory { what: location.to_owned(), limit: Limit::MemoryLimit, bytes: limit(text).unwrap_or(0) }
}

/// The pool's size out of `… for the total memory pool: fair(pool_size: 100.0 MB)`.
fn limit(text: &str) -> Option<u64> {
    let size = text.split("pool_size: ").nth(1)?;
    let mut words = size.split_whitespace();
    let number: f64 = words.next()?.parse().ok()?;
    let unit = match words.next().map(|u| u.trim_end_matches([',', '.', ')'])) {
        Some("KB" | "KiB") => 1024.0,
        Some("MB" | "MiB") => 1024.0 * 1024.0,
        Some("GB" | "GiB") => 1024.0 * 1024.0 * 1024.0,
        _ => 1.0,
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a size in bytes, for a message")]
    let bytes = (number * unit) as u64;
    Some(bytes)
}

fn plain(error: &DataFusionError, source: &Source, location: &str) -> EngineError {
    let root = error.find_root();
    let text = root.strip_backtrace();
    let text = ["Parquet error: ", "Arrow error: ", "External error: ", "Execution error: "]
        .iter()
        .fold(text.as_str(), |t, prefix| t.strip_prefix(prefix).unwrap_or(t));
    let first = text.lines().next().unwrap_or(text).to_owned();
    let help = match source {
        Source::Files(files) if matches!(files.format, FileFormat::Parquet | FileFormat::Delta) => {
            "it is damaged or was cut off; write or fetch it again"
        }
        _ => "check the source and run again",
    };
    unreadable(location, first, help)
}

/// DataFusion shares one error between partitions, so that it can be looked at and not taken.
pub(super) fn copy(error: &EngineError) -> EngineError {
    use EngineError as E;
    match error {
        E::SourceMissing { location, written } => {
            E::SourceMissing { location: location.clone(), written: written.clone() }
        }
        E::SourceUnreadable { location, reason, help } => {
            E::SourceUnreadable { location: location.clone(), reason: reason.clone(), help: help.clone() }
        }
        E::SourceSchema { location, missing, found } => {
            E::SourceSchema { location: location.clone(), missing: missing.clone(), found: found.clone() }
        }
        E::SourceChanged { location } => E::SourceChanged { location: location.clone() },
        E::Model { model, file, reason } => {
            E::Model { model: model.clone(), file: file.clone(), reason: reason.clone() }
        }
        E::Query { reason, position, help } => {
            E::Query { reason: reason.clone(), position: *position, help: help.clone() }
        }
        E::Withheld { product, table } => E::Withheld { product: product.clone(), table: table.clone() },
        E::Sealed { table, reason } => E::Sealed { table: table.clone(), reason: reason.clone() },
        E::Ungrouped { table, minimum, reason } => {
            E::Ungrouped { table: table.clone(), minimum: *minimum, reason: reason.clone() }
        }
        E::Warehouse { location, action, reason } => {
            E::Warehouse { location: location.clone(), action, reason: reason.clone() }
        }
        E::DiskFull { location } => E::DiskFull { location: location.clone() },
        E::Memory { what, limit, bytes } => E::Memory { what: what.clone(), limit: *limit, bytes: *bytes },
        E::Cancelled => E::Cancelled,
    }
}
