//! The engine as the use cases see it.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
};

use async_trait::async_trait;
use datafusion::{common::TableReference, execution::runtime_env::RuntimeEnv};
use outport_app::{
    clock::Clock,
    engine::{Answer, Compiler, Engine, EngineError, Job, Prospect, Question, Reservation, View, Workshop},
};
use outport_model::{
    check::CheckResult,
    contract::{Contract, TableSchema},
    diagnostic::Diagnostic,
    name::PortName,
    plan::CompiledProduct,
    product::Product,
    run::InputVersion,
    source::Source,
};

use crate::{
    checks::{CheckedTable, run_checks},
    compile::compile,
    query::{self, MaskKey, Stock},
    session::{self, Limits},
    source,
    warehouse::Warehouse,
    workshop::LocalWorkshop,
};

/// The engine of one process: one warehouse, and limits that all its work shares.
#[derive(Debug)]
pub struct LocalEngine {
    warehouse: Warehouse,
    limits: Limits,
    runtime: Arc<RuntimeEnv>,
    clock: Arc<dyn Clock>,
    key: MaskKey,
}

impl LocalEngine {
    /// An engine over a warehouse folder, which need not exist yet.
    ///
    /// # Errors
    /// [`EngineError::Warehouse`] where the folder for spilling cannot be used.
    pub fn new(warehouse: PathBuf, limits: Limits, clock: Arc<dyn Clock>) -> Result<Self, EngineError> {
        let runtime = session::runtime(&limits).map_err(|error| EngineError::Warehouse {
            location: limits.spill.display().to_string(),
            action: "set up spilling",
            reason: error.to_string(),
        })?;
        Ok(Self { warehouse: Warehouse::new(warehouse), limits, runtime, clock, key: MaskKey::random() })
    }

    /// The secret with which `Mask::Hash` hashes; without it, hashes are others in each process. Whoever knows it can
    /// find out values by hashing guesses.
    #[must_use]
    pub fn with_mask_key(self, key: [u8; 32]) -> Self {
        Self { key: MaskKey::new(key), ..self }
    }

    fn stock(&self) -> Stock {
        Stock { warehouse: self.warehouse.clone(), key: self.key.clone() }
    }

    fn session(&self) -> datafusion::prelude::SessionContext {
        session::session(&self.runtime, &self.limits)
    }

    async fn test(
        &self,
        contract: &Contract,
        sources: &BTreeMap<String, Source>,
    ) -> Result<Vec<CheckResult>, EngineError> {
        let context = self.session();
        let catalog = datafusion::catalog::MemoryCatalogProvider::new();
        let schema = Arc::new(datafusion::catalog::MemorySchemaProvider::new());
        let registered = datafusion::catalog::CatalogProvider::register_schema(&catalog, "main", schema);
        registered.map_err(|error| query::session_failed(&error))?;
        context.register_catalog("outport", Arc::new(catalog));
        let mut tables = BTreeMap::new();
        for table in &contract.tables {
            let Some(source) = sources.get(&table.name) else { continue };
            let opened = source::open(&context, source, table).await?;
            let reference = TableReference::partial("main", table.name.as_str());
            context
                .register_table(reference.clone(), opened.provider)
                .map_err(|error| query::session_failed(&error))?;
            tables.insert(table.name.clone(), CheckedTable { reference, raw: opened.raw });
        }
        Ok(run_checks(&context, contract, &tables, self.clock.now()).await)
    }
}

#[async_trait]
impl Engine for LocalEngine {
    async fn pin(&self, source: &Source) -> Result<InputVersion, EngineError> {
        source::pin(source).await
    }

    async fn open(&self, job: Job) -> Result<Arc<dyn Workshop>, EngineError> {
        let workshop = LocalWorkshop::open(self.session(), self.warehouse.clone(), job, self.clock.now());
        Ok(Arc::new(Box::pin(workshop).await?))
    }

    async fn query(&self, question: &Question, view: &Arc<View>) -> Result<Answer, EngineError> {
        Box::pin(query::query(self.session(), self.stock(), question, view)).await
    }

    async fn prospect(&self, question: &Question, view: &Arc<View>) -> Result<Prospect, EngineError> {
        Box::pin(query::prospect(self.session(), self.stock(), question, view)).await
    }

    async fn test_contract(
        &self,
        contract: &Contract,
        sources: &BTreeMap<String, Source>,
    ) -> Result<Vec<CheckResult>, EngineError> {
        Box::pin(self.test(contract, sources)).await
    }

    async fn stored_tables(&self) -> Result<BTreeSet<String>, EngineError> {
        self.warehouse.tables()
    }

    async fn reserve_tables(&self, paths: &BTreeSet<String>) -> Result<Box<dyn Reservation>, EngineError> {
        Ok(Box::new(self.warehouse.reserve(paths)?))
    }
}

/// Plans models; holds no data.
#[derive(Debug, Clone, Copy, Default)]
pub struct LocalCompiler;

#[async_trait]
impl Compiler for LocalCompiler {
    async fn compile(
        &self,
        product: &Product,
        inputs: &BTreeMap<PortName, TableSchema>,
    ) -> (Option<CompiledProduct>, Vec<Diagnostic>) {
        compile(product, inputs)
    }
}
