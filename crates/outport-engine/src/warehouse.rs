//! The warehouse: Delta Lake tables, one for each model fingerprint.
//!
//! Rows are *staged* as data files that no log names, audited there, and *committed* by one log entry that replaces
//! the table's content. What was staged and never committed is not part of any version.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use async_trait::async_trait;
use datafusion::{
    arrow::{
        datatypes::{Field, Schema, SchemaRef},
        record_batch::RecordBatch,
    },
    catalog::TableProvider,
    datasource::{
        MemTable,
        file_format::parquet::ParquetFormat,
        listing::{ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl},
    },
    error::DataFusionError,
    execution::SendableRecordBatchStream,
    prelude::SessionContext,
};
use deltalake::{
    DeltaTable, DeltaTableBuilder, DeltaTableError,
    datafile::writer::{DeltaWriter, WriterConfig},
    kernel::{
        Action, Add, StructType,
        engine::arrow_conversion::TryIntoKernel,
        transaction::{CommitBuilder, CommitProperties},
    },
    protocol::{DeltaOperation, SaveMode},
};
use futures::{StreamExt, TryStreamExt, future::try_join_all};
use outport_app::engine::{EngineError, Reservation};
use outport_model::{fingerprint::Fingerprint, release::TableVersion, run::RunId};
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::{
    leftovers,
    limited::Limited,
    source::cause,
    table_lock::{Claim, Reserved},
};

/// How often a commit is tried when another process commits to the same table at the same moment.
const COMMIT_ATTEMPTS: usize = 10;

/// The folder of the locks of all tables, beside the folders of the products. No product has such a name.
const LOCKS: &str = ".locks";

/// Where tables are stored.
#[derive(Debug, Clone)]
pub(crate) struct Warehouse {
    root: PathBuf,
}

/// What tells a committed version of a table from one that was committed under the same number after the table was removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mark {
    /// When its entry of the log was written.
    written: SystemTime,
    /// Bytes of that entry.
    bytes: u64,
}

/// Rows of one table that are written and not committed.
#[derive(Debug, Clone)]
pub(crate) struct StagedFiles {
    /// The table, relative to the warehouse.
    pub(crate) path: String,
    pub(crate) schema: SchemaRef,
    pub(crate) rows: u64,
    pub(crate) bytes: u64,
    adds: Vec<Add>,
}

impl Warehouse {
    /// The warehouse in a folder, which need not exist yet.
    pub(crate) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    fn folder(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    fn failed(&self, path: &str, action: &'static str, error: &(dyn std::error::Error + 'static)) -> EngineError {
        let location = self.folder(path).display().to_string();
        match cause(error, &location) {
            Some(EngineError::SourceUnreadable { reason, .. }) => EngineError::Warehouse { location, action, reason },
            Some(found) => found,
            None if error.to_string().contains("No space left") => EngineError::DiskFull { location },
            None => EngineError::Warehouse { location, action, reason: error.to_string() },
        }
    }

    fn url(&self, path: &str) -> Result<Url, EngineError> {
        let folder = self.folder(path);
        std::fs::create_dir_all(&folder).map_err(|error| self.failed(path, "make a folder", &error))?;
        Url::from_directory_path(&folder).map_err(|()| EngineError::Warehouse {
            location: folder.display().to_string(),
            action: "name a folder",
            reason: "the path is not absolute".to_owned(),
        })
    }

    /// Writes the streams of one table side by side. Batches must have `schema`'s columns; every column may be null,
    /// since the audit and not the writer decides about missing values.
    pub(crate) async fn stage(
        &self,
        path: &str,
        schema: &SchemaRef,
        streams: Vec<SendableRecordBatchStream>,
        cancel: &CancellationToken,
    ) -> Result<StagedFiles, StageError> {
        let schema = nullable(schema);
        let url = self.url(path)?;
        let store = DeltaTableBuilder::from_url(url)
            .and_then(DeltaTableBuilder::build)
            .map_err(|error| self.failed(path, "open a table", &error))?
            .log_store()
            .object_store(None);
        let writers = streams.into_iter().map(|stream| {
            #[expect(clippy::default_trait_access, reason = "the type has no public name")]
            let config = WriterConfig::new(Arc::clone(&schema), Vec::new(), None, None, None, Default::default(), None);
            let writer = DeltaWriter::new(Arc::clone(&store), config);
            tokio::spawn(write(writer, stream, Arc::clone(&schema), cancel.clone()))
        });
        let parts = try_join_all(writers).await.map_err(|_| EngineError::Cancelled)?;
        let mut staged = StagedFiles { path: path.to_owned(), schema, rows: 0, bytes: 0, adds: Vec::new() };
        let mut failure = None;
        for part in parts {
            match part {
                Ok((adds, rows)) => {
                    staged.rows += rows;
                    staged.bytes += adds.iter().map(|add| u64::try_from(add.size).unwrap_or(0)).sum::<u64>();
                    staged.adds.extend(adds);
                }
                Err(WriteError::Query(error)) => failure = Some(StageError::Query(error)),
                Err(WriteError::Delta(error)) => {
                    failure = Some(StageError::Engine(self.failed(path, "write rows", &error)));
                }
                Err(WriteError::Cancelled) => failure = failure.or(Some(StageError::Engine(EngineError::Cancelled))),
            }
        }
        match failure {
            None => Ok(staged),
            Some(failure) => {
                self.discard(&staged);
                Err(failure)
            }
        }
    }

    /// Staged rows as a table.
    pub(crate) fn staged_table(&self, staged: &StagedFiles) -> Result<Arc<dyn TableProvider>, DataFusionError> {
        if staged.adds.is_empty() {
            return Ok(Arc::new(MemTable::try_new(Arc::clone(&staged.schema), vec![Vec::new()])?));
        }
        let folder = self.folder(&staged.path);
        let files = staged.adds.iter().map(|add| ListingTableUrl::parse(folder.join(&add.path).to_string_lossy()));
        let options = ListingOptions::new(Arc::new(ParquetFormat::default()));
        let config = ListingTableConfig::new_with_multi_paths(files.collect::<Result<_, _>>()?)
            .with_listing_options(options)
            .with_schema(Arc::clone(&staged.schema));
        Ok(Arc::new(ListingTable::try_new(config)?))
    }

    /// Makes the staged rows the content of the table's next version.
    pub(crate) async fn commit(
        &self,
        staged: &StagedFiles,
        fingerprint: &Fingerprint,
        run: RunId,
    ) -> Result<TableVersion, EngineError> {
        let failed = |error: DeltaTableError| self.failed(&staged.path, "commit", &error);
        let mut last = None;
        for _ in 0..COMMIT_ATTEMPTS {
            let table = Box::pin(self.open_or_create(staged)).await?;
            match Box::pin(replace(&table, staged, run)).await {
                Ok(version) => {
                    return Ok(TableVersion {
                        fingerprint: fingerprint.clone(),
                        path: staged.path.clone(),
                        version,
                        rows: staged.rows,
                        bytes: staged.bytes,
                    });
                }
                Err(error @ DeltaTableError::Transaction { .. }) => last = Some(error),
                Err(error) => return Err(failed(error)),
            }
        }
        Err(last.map_or(EngineError::Cancelled, failed))
    }

    async fn open_or_create(&self, staged: &StagedFiles) -> Result<DeltaTable, EngineError> {
        let failed = |error: DeltaTableError| self.failed(&staged.path, "open a table", &error);
        let url = self.url(&staged.path)?;
        match DeltaTableBuilder::from_url(url.clone()).map_err(failed)?.load().await {
            Err(DeltaTableError::NotATable(_)) => {}
            other => return other.map_err(failed),
        }
        let schema: StructType = staged.schema.as_ref().try_into_kernel().map_err(|error| {
            let error = DataFusionError::from(error);
            self.failed(&staged.path, "describe a table", &error)
        })?;
        // Releases pin old versions for as long as they are kept, so the log must not forget them by age.
        let created = DeltaTable::try_from_url(url.clone())
            .await
            .map_err(failed)?
            .create()
            .with_columns(schema.fields().cloned())
            .with_configuration_property(deltalake::TableProperty::EnableExpiredLogCleanup, Some("false"))
            .await;
        match created {
            Ok(table) => Ok(table),
            // Another process was first.
            Err(_) => DeltaTableBuilder::from_url(url).map_err(failed)?.load().await.map_err(failed),
        }
    }

    /// A committed version as a table.
    pub(crate) async fn table(
        &self,
        context: &SessionContext,
        version: &TableVersion,
    ) -> Result<Arc<dyn TableProvider>, EngineError> {
        let failed = |error: DeltaTableError| self.failed(&version.path, "open a table", &error);
        let table = DeltaTableBuilder::from_url(self.url(&version.path)?)
            .map_err(failed)?
            .with_version(version.version)
            .load()
            .await
            .map_err(failed)?;
        let provider = table.table_provider().with_session(Arc::new(context.state())).await;
        let provider = provider.map_err(|error| self.failed(&version.path, "read a table", &error))?;
        Ok(Limited::over(provider))
    }

    /// Tells a committed version from every other that may come into its place; `None` where it cannot be told.
    pub(crate) fn mark(&self, version: &TableVersion) -> Option<Mark> {
        let log = self.folder(&version.path).join("_delta_log").join(format!("{:020}.json", version.version));
        let found = std::fs::metadata(log).ok()?;
        Some(Mark { written: found.modified().ok()?, bytes: found.len() })
    }

    /// Removes staged files.
    pub(crate) fn discard(&self, staged: &StagedFiles) {
        for add in &staged.adds {
            let file = self.folder(&staged.path).join(&add.path);
            if let Err(error) = std::fs::remove_file(&file) {
                tracing::warn!(%error, file = %file.display(), "a staged file could not be removed");
            }
        }
        // Gone where this was all there was; a folder with anything in it stays.
        let _ = std::fs::remove_dir(self.folder(&staged.path));
    }

    /// Paths of all tables, relative to the warehouse.
    pub(crate) fn tables(&self) -> Result<BTreeSet<String>, EngineError> {
        let mut tables = BTreeSet::new();
        let products = folders(&self.root).map_err(|error| self.failed("", "list tables", &error))?;
        for product in products.into_iter().filter(|name| name != LOCKS) {
            let found =
                folders(&self.root.join(&product)).map_err(|error| self.failed(&product, "list tables", &error))?;
            tables.extend(found.into_iter().map(|table| format!("{product}/{table}")));
        }
        Ok(tables)
    }

    /// Claims a table for a run, so that nobody removes it, and removes what a dead process left in it.
    pub(crate) async fn claim(&self, path: &str, run: RunId) -> Result<Claim, EngineError> {
        let (lock, table) = (self.lock(path), self.folder(path));
        let taken =
            tokio::task::spawn_blocking(move || Claim::take(&lock, &run.to_string(), || leftovers::remove(&table)));
        let taken = taken.await.map_err(|_| EngineError::Cancelled)?;
        taken.map_err(|error| self.failed(path, "claim a table", &error))
    }

    /// Reserves tables; those that someone works in are left out.
    pub(crate) fn reserve(&self, paths: &BTreeSet<String>) -> Result<ReservedTables, EngineError> {
        let (mut free, mut locks) = (BTreeSet::new(), Vec::new());
        for path in paths {
            let reserved = Reserved::take(&self.lock(path));
            if let Some(lock) = reserved.map_err(|error| self.failed(path, "reserve a table", &error))? {
                free.insert(path.clone());
                locks.push(lock);
            }
        }
        Ok(ReservedTables { warehouse: self.clone(), paths: free, _locks: locks })
    }

    fn lock(&self, path: &str) -> PathBuf {
        self.root.join(LOCKS).join(path)
    }
}

/// Tables that nobody stages rows in.
#[derive(Debug)]
pub(crate) struct ReservedTables {
    warehouse: Warehouse,
    paths: BTreeSet<String>,
    _locks: Vec<Reserved>,
}

#[async_trait]
impl Reservation for ReservedTables {
    fn paths(&self) -> &BTreeSet<String> {
        &self.paths
    }

    /// Removes tables with all their versions, and their locks.
    async fn remove(&self, paths: &BTreeSet<String>) -> Result<(), EngineError> {
        let gone = |done: std::io::Result<()>| match done {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        };
        for path in paths.intersection(&self.paths) {
            gone(std::fs::remove_dir_all(self.warehouse.folder(path)))
                .and_then(|()| gone(std::fs::remove_file(self.warehouse.lock(path))))
                .map_err(|error| self.warehouse.failed(path, "remove a table", &error))?;
        }
        Ok(())
    }
}

/// Why rows were not staged.
#[derive(Debug)]
pub(crate) enum StageError {
    /// What computes the rows failed.
    Query(DataFusionError),
    /// What writes them failed, or it was stopped.
    Engine(EngineError),
}

impl From<EngineError> for StageError {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}

enum WriteError {
    Query(DataFusionError),
    Delta(DeltaTableError),
    Cancelled,
}

async fn write(
    mut writer: DeltaWriter,
    mut stream: SendableRecordBatchStream,
    schema: SchemaRef,
    cancel: CancellationToken,
) -> Result<(Vec<Add>, u64), WriteError> {
    let mut rows = 0;
    let outcome = loop {
        let next = tokio::select! {
            () = cancel.cancelled() => break Err(WriteError::Cancelled),
            next = stream.next() => next,
        };
        match next {
            None => break Ok(()),
            Some(Err(error)) => break Err(WriteError::Query(error)),
            Some(Ok(batch)) if batch.num_rows() == 0 => {}
            Some(Ok(batch)) => {
                rows += batch.num_rows() as u64;
                let batch = RecordBatch::try_new(Arc::clone(&schema), batch.columns().to_vec())
                    .map_err(|error| WriteError::Query(error.into()));
                let written = match batch {
                    Ok(batch) => writer.write(&batch).await.map_err(WriteError::Delta),
                    Err(error) => Err(error),
                };
                if let Err(error) = written {
                    break Err(error);
                }
            }
        }
    };
    match outcome {
        Ok(()) => Ok((writer.close().await.map_err(WriteError::Delta)?, rows)),
        Err(error) => {
            if let Err(abort) = writer.abort().await {
                tracing::warn!(error = %abort, "a half-written file could not be removed");
            }
            Err(error)
        }
    }
}

async fn replace(table: &DeltaTable, staged: &StagedFiles, run: RunId) -> Result<u64, DeltaTableError> {
    let snapshot = table.snapshot()?;
    let old: Vec<_> = snapshot.snapshot().file_views(table.log_store().as_ref(), None).try_collect().await?;
    let removes = old.iter().map(|file| Action::Remove(file.remove_action(true)));
    let adds = staged.adds.iter().cloned().map(Action::Add);
    let metadata = [("outport.run".to_owned(), serde_json::Value::from(run.to_string()))];
    let properties = CommitProperties::default().with_metadata(metadata).with_max_retries(0);
    let operation = DeltaOperation::Write { mode: SaveMode::Overwrite, partition_by: None, predicate: None };
    let done = CommitBuilder::from(properties)
        .with_actions(adds.chain(removes).collect())
        .build(Some(snapshot), table.log_store(), operation)
        .await?;
    Ok(done.version())
}

fn nullable(schema: &Schema) -> SchemaRef {
    let field = |f: &Arc<Field>| f.as_ref().clone().with_nullable(true);
    Arc::new(Schema::new(schema.fields().iter().map(field).collect::<Vec<_>>()))
}

/// Names of the folders in a folder; none where it does not exist.
fn folders(folder: &Path) -> std::io::Result<Vec<String>> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            names.extend(entry.file_name().into_string().ok());
        }
    }
    Ok(names)
}
