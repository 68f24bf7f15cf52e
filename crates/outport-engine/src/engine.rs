//! The engine as the use cases see it.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
};

use async_trait::async_trait;
use datafusion::{
    common::TableReference,
    execution::{SessionState, runtime_env::RuntimeEnv},
};
use outport_app::{
    clock::Clock,
    engine::{
        Answer, Compiler, Engine, EngineError, Job, LookUp, Prospect, Question, Reservation, Sieve, View, Workshop,
    },
    memory::Allowance,
};
use outport_model::{
    access::RowAccess,
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
    query::{self, MaskKey, Stock, Tables},
    session::{self, Limits},
    source,
    warehouse::Warehouse,
    workshop::LocalWorkshop,
};

/// The engine of one process: one warehouse, and limits that all its work shares.
#[derive(Debug)]
pub struct LocalEngine {
    warehouse: Warehouse,
    runtime: Arc<RuntimeEnv>,
    /// What sessions begin with.
    base: SessionState,
    clock: Arc<dyn Clock>,
    stock: Stock,
}

impl LocalEngine {
    /// An engine over a warehouse folder, which need not exist yet.
    ///
    /// # Errors
    /// [`EngineError::Warehouse`] where the folder for spilling cannot be used.
    pub fn new(warehouse: PathBuf, limits: &Limits, clock: Arc<dyn Clock>) -> Result<Self, EngineError> {
        let runtime = session::runtime(limits).map_err(|error| EngineError::Warehouse {
            location: limits.spill.display().to_string(),
            action: "set up spilling",
            reason: error.to_string(),
        })?;
        let (warehouse, base) = (Warehouse::new(warehouse), session::base(&runtime, limits));
        let tables = Arc::new(Tables::new(warehouse.clone(), base.clone(), 0));
        Ok(Self { warehouse, runtime, base, clock, stock: Stock { tables, key: MaskKey::random() } })
    }

    /// Keeps the rows of tables that are asked for again and again in so many bytes of memory, which are none of the limits'.
    /// Without it no table is kept there.
    #[must_use]
    pub fn with_cache(self, bytes: usize) -> Self {
        let stock = Stock { tables: self.tables(bytes), ..self.stock };
        Self { stock, ..self }
    }

    /// The secret with which `Mask::Hash` hashes; without it, hashes are others in each process. Whoever knows it can
    /// find out values by hashing guesses.
    #[must_use]
    pub fn with_mask_key(self, key: [u8; 32]) -> Self {
        // What was made of tables with another key is forgotten.
        let stock = Stock { tables: self.tables(self.stock.tables.budget()), key: MaskKey::new(key) };
        Self { stock, ..self }
    }

    /// Where the stored tables are whose rows are in memory, relative to the warehouse.
    pub fn tables_in_memory(&self) -> BTreeSet<String> {
        self.stock.tables.in_memory()
    }

    fn tables(&self, budget: usize) -> Arc<Tables> {
        Arc::new(Tables::new(self.warehouse.clone(), self.base.clone(), budget))
    }

    fn session(&self) -> datafusion::prelude::SessionContext {
        session::another(&self.base, Arc::clone(&self.runtime))
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
impl Sieve for LocalEngine {
    async fn exist(
        &self,
        table: &TableSchema,
        rows: &[serde_json::Map<String, serde_json::Value>],
        access: &RowAccess,
    ) -> Result<Vec<bool>, EngineError> {
        Box::pin(query::exist(&self.session(), &self.stock.key, table, rows, access)).await
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

    async fn query(&self, question: &Question, view: &Arc<View>, allowance: &Allowance) -> Result<Answer, EngineError> {
        let runtime = query::bounded(&self.runtime, allowance);
        Box::pin(query::query(self.stock.clone(), runtime, question, view)).await
    }

    async fn look_up(&self, wanted: &LookUp, view: &Arc<View>, allowance: &Allowance) -> Result<Answer, EngineError> {
        match query::look_up(&self.stock, wanted, view).await {
            Some(answer) => Ok(answer),
            None => self.query(&wanted.question(), view, allowance).await,
        }
    }

    async fn prospect(&self, question: &Question, view: &Arc<View>) -> Result<Prospect, EngineError> {
        Box::pin(query::prospect(self.stock.clone(), question, view)).await
    }

    async fn promised(&self, sql: &str, view: &Arc<View>) -> Option<Vec<String>> {
        Box::pin(query::promised(&self.base, sql, view)).await
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
