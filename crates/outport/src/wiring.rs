//! From a configuration to the use cases: the one place that names concrete adapters.

use std::{path::Path, sync::Arc};

use outport_app::{
    App, Stores, UseCaseError,
    clock::{Clock, SystemClock},
};
use outport_engine::{LocalCompiler, LocalEngine, session::Limits};
use outport_store::SqliteStore;

use crate::{
    configuration::{Configuration, ConfigurationError},
    failure::Failure,
    holder::FileHolder,
};

/// Opens the home, which is made where it does not exist.
pub(crate) async fn app(configuration: &Configuration) -> Result<App, Failure> {
    let home = &configuration.home;
    let unusable = |error: std::io::Error| ConfigurationError::Home {
        home: home.display().to_string(),
        reason: error.to_string(),
    };
    std::fs::create_dir_all(home).map_err(unusable)?;
    let holder = FileHolder::new(home.join("holders")).map_err(unusable)?;
    let store = SqliteStore::open(&home.join("outport.db")).await.map_err(UseCaseError::from)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    Ok(App {
        workspace: configuration.workspace.clone(),
        stores: Stores { intents: store.clone(), leases: store.clone(), runs: store.clone(), releases: store },
        compiler: Arc::new(LocalCompiler),
        engine: Arc::new(engine(configuration, home, Arc::clone(&clock))?),
        clock,
        holder: Arc::new(holder),
        parallelism: configuration.threads,
    })
}

/// The engine alone, for what needs no home.
pub(crate) fn engine(
    configuration: &Configuration,
    folder: &Path,
    clock: Arc<dyn Clock>,
) -> Result<LocalEngine, Failure> {
    let limits =
        Limits { memory: configuration.memory_limit, threads: configuration.threads, spill: std::env::temp_dir() };
    Ok(LocalEngine::new(folder.join("warehouse"), limits, clock).map_err(UseCaseError::from)?)
}
