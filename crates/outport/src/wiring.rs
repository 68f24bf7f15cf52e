//! From a configuration to the use cases: the one place that names concrete adapters.

use std::{path::Path, sync::Arc};

use outport_app::{
    App, Stores, UseCaseError,
    audit::AuditLog,
    clock::{Clock, SystemClock},
    gate::{Gate, Wardens},
    record::WithRecord,
};
use outport_engine::{LocalCompiler, LocalEngine, session::Limits};
use outport_http::{Metered, Metrics};
use outport_identity::LocalAuthenticator;
use outport_model::product::Product;
use outport_policy::RememberedPolicies;
use outport_search::Indexer;
use outport_store::{Journal, SqliteStore};

use crate::{
    configuration::{Configuration, ConfigurationError},
    failure::Failure,
    holder::FileHolder,
    mask_key, record,
};

/// Opens the home, which is made where it does not exist.
pub(crate) async fn app(configuration: &Configuration) -> Result<App, Failure> {
    open(configuration).await.map(|opened| opened.app)
}

/// A home that is open.
struct Opened {
    app: App,
    store: Arc<SqliteStore>,
    engine: Arc<LocalEngine>,
    record: Product,
}

async fn open(configuration: &Configuration) -> Result<Opened, Failure> {
    let record = record::product()?;
    let home = &configuration.home;
    let unusable = |error: std::io::Error| ConfigurationError::Home {
        home: home.display().to_string(),
        reason: error.to_string(),
    };
    std::fs::create_dir_all(home).map_err(unusable)?;
    let holder = FileHolder::new(home.join("holders")).map_err(unusable)?;
    let key = mask_key::of(home).map_err(unusable)?;
    let store = SqliteStore::open(&home.join("outport.db")).await.map_err(UseCaseError::from)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let engine = engine(configuration, home, Arc::clone(&clock))?.with_cache(configuration.cache).with_mask_key(key);
    let engine = Arc::new(engine);
    let stores = Stores {
        intents: store.clone(),
        leases: store.clone(),
        runs: store.clone(),
        releases: store.clone(),
        policies: store.clone(),
    };
    let app = App {
        workspace: configuration.workspace.clone(),
        stores,
        policies: Arc::new(WithRecord::new(Arc::new(RememberedPolicies::default()), record.clone())),
        compiler: Arc::new(LocalCompiler),
        engine: engine.clone(),
        clock,
        holder: Arc::new(holder),
        parallelism: configuration.threads,
    };
    Ok(Opened { app, store, engine, record })
}

/// Opens the home with the gate before it.
pub(crate) async fn gate(configuration: &Configuration) -> Result<Gate, Failure> {
    gate_with(configuration, |journal| Arc::new(journal)).await
}

/// The same, with what is on record counted on its way.
pub(crate) async fn measured_gate(configuration: &Configuration, metrics: Arc<Metrics>) -> Result<Gate, Failure> {
    gate_with(configuration, |journal| Arc::new(Metered::new(Arc::new(journal), metrics))).await
}

async fn gate_with(
    configuration: &Configuration,
    kept: impl FnOnce(Journal) -> Arc<dyn AuditLog>,
) -> Result<Gate, Failure> {
    let Opened { app, store, engine, record } = open(configuration).await?;
    let home = &configuration.home;
    let clock = Arc::clone(&app.clock);
    let authenticator = LocalAuthenticator::new(store.clone(), store.clone(), clock, configuration.providers.clone());
    let authenticator = authenticator.map_err(ConfigurationError::from)?;
    let wardens = Wardens {
        users: store.clone(),
        tokens: store.clone(),
        agreements: store.clone(),
        feedback: store.clone(),
        ratings: store.clone(),
        questions: store,
        authenticator: Arc::new(authenticator),
        audit: kept(Journal::open(home.join("audit"))),
    };
    Ok(Gate::new(app, wardens, configuration.limits.clone())
        .with_record(record)
        .with_sieve(engine)
        .with_search(Arc::new(Indexer::default())))
}

/// The engine alone, for what needs no home.
pub(crate) fn engine(
    configuration: &Configuration,
    folder: &Path,
    clock: Arc<dyn Clock>,
) -> Result<LocalEngine, Failure> {
    let limits =
        Limits { memory: configuration.memory_limit, threads: configuration.threads, spill: std::env::temp_dir() };
    Ok(LocalEngine::new(folder.join("warehouse"), &limits, clock).map_err(UseCaseError::from)?)
}
