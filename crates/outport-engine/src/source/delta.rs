//! Delta Lake tables that somebody else writes.

use std::sync::Arc;

use datafusion::{catalog::TableProvider, prelude::SessionContext};
use deltalake::{DeltaTable, DeltaTableError};
use outport_app::engine::EngineError;
use outport_model::{
    contract::TableSchema,
    fingerprint::Fingerprint,
    run::InputVersion,
    source::{FileSource, Source},
};
use url::Url;

use super::{OpenedSource, fault, shape::Shape};

/// The table's id and newest version name its rows exactly.
pub(super) async fn pin(source: &FileSource) -> Result<InputVersion, EngineError> {
    let table = load(source).await?;
    let snapshot = table.snapshot().map_err(|e| unreadable(source, &e))?;
    let version = snapshot.version().to_string();
    let fingerprint = Fingerprint::of("delta").part("id", snapshot.metadata().id()).part("version", &version).finish();
    let files = snapshot.log_data();
    let bytes = files.iter().map(|f| u64::try_from(f.size()).unwrap_or(0)).sum();
    Ok(InputVersion::Content { fingerprint, files: files.num_files() as u64, bytes })
}

/// Opens the newest version of a table.
pub(super) async fn open(
    context: &SessionContext,
    source: &FileSource,
    schema: &TableSchema,
) -> Result<OpenedSource, EngineError> {
    let table = load(source).await?;
    let provider = table.table_provider().with_session(Arc::new(context.state())).await;
    let explained = |e| super::explain(e, &Source::Files(source.clone()));
    let provider: Arc<dyn TableProvider> = provider.map_err(explained)?;
    let shape = Shape::find(&[(source.location.clone(), provider.schema())], schema)?;
    shape.over(provider).map_err(explained)
}

async fn load(source: &FileSource) -> Result<DeltaTable, EngineError> {
    let missing = || EngineError::SourceMissing { location: source.location.clone(), written: source.written.clone() };
    let folder = std::path::Path::new(&source.location);
    if !folder.exists() {
        return Err(missing());
    }
    if !folder.join("_delta_log").is_dir() {
        let help = "give the folder that has `_delta_log`, or another `format`";
        return Err(fault::unreadable(&source.location, "it is not a Delta Lake table: it has no `_delta_log`", help));
    }
    let url = Url::from_directory_path(folder).map_err(|()| missing())?;
    deltalake::open_table(url).await.map_err(|e| unreadable(source, &e))
}

fn unreadable(source: &FileSource, error: &DeltaTableError) -> EngineError {
    let help = "check that its `_delta_log` is whole and that Outport can read the table's features";
    fault::unreadable(&source.location, error.to_string(), help)
}
