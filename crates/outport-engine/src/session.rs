//! How sessions of the engine are set up: one place for every option.

use std::{path::PathBuf, sync::Arc};

use datafusion::{
    catalog::{CatalogProviderList, MemoryCatalogProviderList},
    error::DataFusionError,
    execution::{
        SessionStateDefaults,
        disk_manager::{DiskManagerBuilder, DiskManagerMode},
        memory_pool::{FairSpillPool, MemoryPool, TrackConsumersPool},
        runtime_env::{RuntimeEnv, RuntimeEnvBuilder},
        session_state::{SessionState, SessionStateBuilder},
    },
    prelude::{SessionConfig, SessionContext},
};

/// Limits for everything that the engine does at once.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Bytes of memory for operators that can spill.
    pub memory: usize,
    /// How many partitions are worked on at once.
    pub threads: usize,
    /// Where operators spill.
    pub spill: PathBuf,
}

/// Makes the runtime that all sessions share, so that its limits hold for them together.
pub(crate) fn runtime(limits: &Limits) -> Result<Arc<RuntimeEnv>, DataFusionError> {
    let tracked = std::num::NonZeroUsize::new(3).unwrap_or(std::num::NonZeroUsize::MIN);
    let pool: Arc<dyn MemoryPool> = Arc::new(TrackConsumersPool::new(FairSpillPool::new(limits.memory), tracked));
    let disk = DiskManagerBuilder::default().with_mode(DiskManagerMode::Directories(vec![limits.spill.clone()]));
    RuntimeEnvBuilder::new().with_memory_pool(pool).with_disk_manager_builder(disk).build_arc()
}

/// Options of every session. Identifiers keep SQL's rules: unquoted ones are lower case.
pub(crate) fn config(threads: usize) -> SessionConfig {
    let mut config = SessionConfig::new()
        .with_target_partitions(threads)
        .with_information_schema(true)
        .with_collect_statistics(true)
        .with_parquet_pruning(true)
        .with_default_catalog_and_schema("outport", "main");
    let options = config.options_mut();
    options.sql_parser.collect_spans = true;
    options.execution.parquet.pushdown_filters = true;
    options.execution.parquet.reorder_filters = true;
    options.execution.parquet.schema_force_view_types = false;
    options.execution.time_zone = Some(crate::types::UTC.to_owned());
    config
}

/// What every session begins with. It is made once: there are hundreds of functions and rules in it.
pub(crate) fn base(runtime: &Arc<RuntimeEnv>, limits: &Limits) -> SessionState {
    let state = SessionStateBuilder::new()
        .with_config(config(limits.threads))
        .with_runtime_env(Arc::clone(runtime))
        .with_default_features()
        .build();
    crate::nan::guard(without_extremes_of_casts(state))
}

/// Makes a session with a catalog of its own: what is registered in it is in no other.
pub(crate) fn another(base: &SessionState, runtime: Arc<RuntimeEnv>) -> SessionContext {
    let catalogs = MemoryCatalogProviderList::new();
    let catalog = SessionStateDefaults::default_catalog(base.config(), base.table_factories(), &runtime);
    catalogs.register_catalog(base.config_options().catalog.default_catalog.clone(), Arc::new(catalog));
    let state = SessionStateBuilder::new_from_existing(base.clone())
        .with_runtime_env(runtime)
        .with_catalog_list(Arc::new(catalogs))
        .build();
    SessionContext::new_with_state(state)
}

/// DataFusion 55 answers `max(text)` over a projection `CAST(number AS VARCHAR) AS text` of Parquet with the cast of the
/// greatest number, which need not be the greatest text. The rule that does so is left out; what it would save is a
/// scan of one column.
fn without_extremes_of_casts(state: SessionState) -> SessionState {
    let rules = state.physical_optimizers().iter().filter(|rule| rule.name() != "aggregate_statistics");
    let rules = rules.cloned().collect();
    SessionStateBuilder::new_from_existing(state).with_physical_optimizer_rules(rules).build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::{
        arrow::{
            array::{ArrayRef, Int64Array, RecordBatch, StringArray},
            util::pretty::pretty_format_batches,
        },
        parquet::arrow::ArrowWriter,
        prelude::ParquetReadOptions,
    };

    #[tokio::test]
    async fn extremes_of_casts_are_those_of_the_cast_values() {
        let folder = tempfile::tempdir().unwrap();
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![9, 10, 200]));
        let texts: ArrayRef = Arc::new(StringArray::from(vec!["9", "10", "200"]));
        let rows = RecordBatch::try_from_iter([("n", numbers), ("t", texts)]).unwrap();
        let path = folder.path().join("rows.parquet");
        let mut writer = ArrowWriter::try_new(std::fs::File::create(&path).unwrap(), rows.schema(), None).unwrap();
        writer.write(&rows).unwrap();
        writer.close().unwrap();
        let limits = Limits { memory: 1 << 28, threads: 2, spill: folder.path().to_owned() };
        let runtime = runtime(&limits).unwrap();
        let context = another(&base(&runtime, &limits), runtime);
        context.register_catalog("outport", Arc::new(catalog()));
        let path = path.to_string_lossy();
        context.register_parquet("rows", path.as_ref(), ParquetReadOptions::default()).await.unwrap();
        let casts = "SELECT CAST(n AS VARCHAR) AS text, CAST(t AS BIGINT) AS number FROM rows";
        let query = format!("SELECT max(text) AS text, max(number) AS number FROM ({casts})");
        let found = context.sql(&query).await.unwrap().collect().await.unwrap();
        let shown = pretty_format_batches(&found).unwrap().to_string();
        assert_eq!(shown.lines().nth(3).unwrap(), "| 9    | 200    |", "{shown}");
    }

    fn catalog() -> datafusion::catalog::MemoryCatalogProvider {
        use datafusion::catalog::{CatalogProvider, MemoryCatalogProvider, MemorySchemaProvider};
        let catalog = MemoryCatalogProvider::new();
        catalog.register_schema("main", Arc::new(MemorySchemaProvider::new())).unwrap();
        catalog
    }
}
