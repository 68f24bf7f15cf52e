//! Builds the tables of one run: inputs checked and divided, models staged, audited, committed.

mod input;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use datafusion::{
    arrow::datatypes::SchemaRef,
    catalog::{CatalogProvider, MemoryCatalogProvider, MemorySchemaProvider, SchemaProvider, TableProvider},
    common::TableReference,
    datasource::ViewTable,
    error::DataFusionError,
    logical_expr::{LogicalPlan, LogicalPlanBuilder, cast, ident},
    physical_plan::ExecutionPlanProperties,
    prelude::SessionContext,
};
use outport_app::engine::{EngineError, InputReport, Job, Staged, Workshop};
use outport_model::{
    check::CheckResult,
    contract::Contract,
    name::{PortName, TableName},
    product::{Materialization, Model},
    release::TableVersion,
    source::Source,
};

use crate::{
    checks::{CheckedTable, run_checks},
    compile::{plan_model, stored_schema},
    crew, source,
    table_lock::Claim,
    warehouse::{StageError, StagedFiles, Warehouse},
};

/// The schema in which models find their inputs.
const INPUT: &str = "input";
/// The schema that has the sources as they are, hidden columns included.
const SOURCE: &str = "source";

/// The tables of one run.
pub(crate) struct LocalWorkshop {
    context: SessionContext,
    models: Arc<dyn SchemaProvider>,
    inputs: Arc<dyn SchemaProvider>,
    sources: Arc<dyn SchemaProvider>,
    warehouse: Warehouse,
    job: Job,
    now: DateTime<Utc>,
    staged: Mutex<BTreeMap<TableName, StagedFiles>>,
    claims: Mutex<BTreeMap<TableName, Claim>>,
}

impl std::fmt::Debug for LocalWorkshop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LocalWorkshop").field("run", &self.job.run).finish_non_exhaustive()
    }
}

impl LocalWorkshop {
    /// Begins: what is built already is there to be read.
    pub(crate) async fn open(
        context: SessionContext,
        warehouse: Warehouse,
        job: Job,
        now: DateTime<Utc>,
    ) -> Result<Self, EngineError> {
        let mut claims = BTreeMap::new();
        for (table, fingerprint) in job.compiled.stored_tables() {
            let mut claim = warehouse.claim(&job.compiled.path(&table, &fingerprint), job.run).await?;
            if job.built.contains_key(&table) {
                claim.settle();
            }
            claims.insert(table, claim);
        }
        let schema = || Arc::new(MemorySchemaProvider::new()) as Arc<dyn SchemaProvider>;
        let (models, inputs, sources) = (schema(), schema(), schema());
        let catalog = MemoryCatalogProvider::new();
        for (name, schema) in [("main", &models), (INPUT, &inputs), (SOURCE, &sources)] {
            catalog.register_schema(name, Arc::clone(schema)).map_err(internal)?;
        }
        context.register_catalog("outport", Arc::new(catalog));
        for (name, version) in &job.built {
            let table = warehouse.table(&context, version).await?;
            models.register_table(name.to_string(), table).map_err(internal)?;
        }
        Ok(Self {
            context,
            models,
            inputs,
            sources,
            warehouse,
            job,
            now,
            staged: Mutex::default(),
            claims: Mutex::new(claims),
        })
    }

    fn proceed(&self) -> Result<(), EngineError> {
        if self.job.cancel.is_cancelled() { Err(EngineError::Cancelled) } else { Ok(()) }
    }

    fn model(&self, name: &TableName) -> Result<&Model, EngineError> {
        self.job.compiled.product.model(name.as_str()).ok_or_else(|| EngineError::Model {
            model: name.to_string(),
            file: String::new(),
            reason: "the product has no such model".to_owned(),
        })
    }

    async fn build_model(&self, model: &Model) -> Result<Staged, EngineError> {
        let failed = |error: DataFusionError| model_failed(model, &error);
        let plan = plan_model(&self.context, &model.sql, &model.parameters).await.map_err(failed)?;
        let schema = stored_schema(&self.job.compiled.product, &model.name, plan.schema().as_arrow());
        let plan = shaped(plan, &schema).map_err(failed)?;
        if model.materialization == Materialization::View {
            let view = Arc::new(ViewTable::new(plan, None));
            self.models.register_table(model.name.to_string(), view).map_err(failed)?;
            return Ok(Staged { rows: 0, bytes: 0 });
        }
        let staged = self.stage(&model.name, plan, &schema).await.map_err(|error| match error {
            StageError::Query(error) => failed(error),
            StageError::Engine(error) => error,
        })?;
        self.models.register_table(model.name.to_string(), staged.1).map_err(failed)?;
        Ok(staged.0)
    }

    /// Computes a plan and writes its rows.
    async fn stage(
        &self,
        table: &TableName,
        plan: LogicalPlan,
        schema: &SchemaRef,
    ) -> Result<(Staged, Arc<dyn TableProvider>), StageError> {
        let compiled = &self.job.compiled;
        let fingerprint = compiled.stored_tables().remove(table).ok_or(StageError::Engine(EngineError::Cancelled))?;
        let path = compiled.path(table, &fingerprint);
        let frame = self.context.execute_logical_plan(plan).await.map_err(StageError::Query)?;
        let plan = frame.create_physical_plan().await.map_err(StageError::Query)?;
        let task = self.context.task_ctx();
        let streams = (0..plan.output_partitioning().partition_count())
            .map(|part| crew::run(|| plan.execute(part, Arc::clone(&task))));
        let streams = streams.collect::<Result<Vec<_>, _>>().map_err(StageError::Query)?;
        let staged = self.warehouse.stage(&path, schema, streams, &self.job.cancel).await?;
        let provider = self.warehouse.staged_table(&staged).map_err(StageError::Query)?;
        let size = Staged { rows: staged.rows, bytes: staged.bytes };
        self.staged.lock().unwrap_or_else(PoisonError::into_inner).insert(table.clone(), staged);
        Ok((size, provider))
    }
}

#[async_trait]
impl Workshop for LocalWorkshop {
    async fn check_input(&self, port: &PortName) -> Result<InputReport, EngineError> {
        self.proceed()?;
        Box::pin(self.open_input(port)).await
    }

    async fn build(&self, model: &TableName) -> Result<Staged, EngineError> {
        self.proceed()?;
        Box::pin(self.build_model(self.model(model)?)).await
    }

    async fn audit(
        &self,
        contract: &Contract,
        tables: &BTreeMap<String, TableName>,
    ) -> Result<Vec<CheckResult>, EngineError> {
        self.proceed()?;
        let table = |model: &TableName| CheckedTable::new(TableReference::partial("main", model.as_str()));
        let tables = tables.iter().map(|(object, model)| (object.clone(), table(model))).collect();
        let checks = Box::pin(run_checks(&self.context, contract, &tables, self.now));
        tokio::select! {
            () = self.job.cancel.cancelled() => Err(EngineError::Cancelled),
            results = checks => Ok(results),
        }
    }

    async fn commit(&self, table: &TableName) -> Result<TableVersion, EngineError> {
        let staged = self.staged.lock().unwrap_or_else(PoisonError::into_inner).get(table).cloned();
        let (Some(staged), Some(fingerprint)) = (staged, self.job.compiled.stored_tables().remove(table)) else {
            return Err(EngineError::Warehouse {
                location: table.to_string(),
                action: "commit",
                reason: "nothing is staged for it".to_owned(),
            });
        };
        let version = Box::pin(self.warehouse.commit(&staged, &fingerprint, self.job.run)).await?;
        self.staged.lock().unwrap_or_else(PoisonError::into_inner).remove(table);
        if let Some(claim) = self.claims.lock().unwrap_or_else(PoisonError::into_inner).get_mut(table) {
            claim.settle();
        }
        Ok(version)
    }

    async fn verify_inputs(&self) -> Result<(), EngineError> {
        for input in self.job.inputs.values().filter(|i| !matches!(i.port.source, Source::Port(_))) {
            source::unchanged(&input.port.source, &input.version).await?;
        }
        Ok(())
    }

    async fn discard(&self) {
        let staged = std::mem::take(&mut *self.staged.lock().unwrap_or_else(PoisonError::into_inner));
        for files in staged.values() {
            self.warehouse.discard(files);
        }
    }
}

/// The same rows with the columns, order and types of the stored table.
fn shaped(plan: LogicalPlan, schema: &SchemaRef) -> Result<LogicalPlan, DataFusionError> {
    let columns =
        schema.fields().iter().map(|field| cast(ident(field.name()), field.data_type().clone()).alias(field.name()));
    let columns: Vec<_> = columns.collect();
    LogicalPlanBuilder::from(plan).project(columns)?.build()
}

fn model_failed(model: &Model, error: &DataFusionError) -> EngineError {
    match source::cause(error, model.name.as_str()) {
        Some(EngineError::Memory { limit, bytes, .. }) => {
            EngineError::Memory { what: format!("model {}", model.name), limit, bytes }
        }
        Some(found) => found,
        None => EngineError::Model {
            model: model.name.to_string(),
            file: model.file.clone(),
            reason: crate::query::plain(error),
        },
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn internal(error: DataFusionError) -> EngineError {
    EngineError::Warehouse { location: "session".to_owned(), action: "register a table", reason: error.to_string() }
}
