//! How sessions of the engine are set up: one place for every option.

use std::{path::PathBuf, sync::Arc};

use datafusion::{
    error::DataFusionError,
    execution::{
        disk_manager::{DiskManagerBuilder, DiskManagerMode},
        memory_pool::{FairSpillPool, MemoryPool, TrackConsumersPool},
        runtime_env::{RuntimeEnv, RuntimeEnvBuilder},
        session_state::SessionStateBuilder,
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

/// Makes a session on the shared runtime.
pub(crate) fn session(runtime: &Arc<RuntimeEnv>, limits: &Limits) -> SessionContext {
    let state = SessionStateBuilder::new()
        .with_config(config(limits.threads))
        .with_runtime_env(Arc::clone(runtime))
        .with_default_features()
        .build();
    SessionContext::new_with_state(crate::nan::guard(state))
}
