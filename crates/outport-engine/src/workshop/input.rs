//! One input of a run: opened, checked, and divided where its contract is broken.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use datafusion::{
    arrow::datatypes::{DataType, Field, Schema, SchemaRef},
    catalog::TableProvider,
    common::TableReference,
    datasource::ViewTable,
    error::DataFusionError,
};
use outport_app::engine::{EngineError, InputReport, PinnedInput};
use outport_model::{
    check::{CheckResult, Outcome},
    contract::{Contract, ContractId, ContractTerms, TableSchema, Version},
    name::PortName,
    product::OnViolation,
    run::InputVersion,
    source::Source,
};

use super::{LocalWorkshop, SOURCE, internal};
use crate::{
    checks::{CheckedTable, identifier, row_violation, run_checks, select, text},
    source::{self, OpenedSource},
    types::to_nullable_schema,
    warehouse::StageError,
};

/// The column of a quarantine table that names the checks which a row broke.
const REASONS: &str = "_reasons";
/// The column of a quarantine table that has the texts which could not be read as the column's type.
const UNREADABLE: &str = "_unreadable";

impl LocalWorkshop {
    pub(super) async fn open_input(&self, port: &PortName) -> Result<InputReport, EngineError> {
        let Some(input) = self.job.inputs.get(port) else { return Err(EngineError::Cancelled) };
        let opened = self.open_source(input).await?;
        self.sources.register_table(port.to_string(), Arc::clone(&opened.provider)).map_err(internal)?;
        let results = if must_check(input) { self.check(port, input, &opened).await? } else { Vec::new() };
        let rows = self.rows(input, &results).await?;
        let broken = broken(input, &opened, &results);
        let quarantined = match input.port.on_violation {
            OnViolation::Quarantine => self.quarantine(port, input, &opened, &broken).await?,
            OnViolation::Fail | OnViolation::Warn => 0,
        };
        self.register_input(port, input, &broken).await.map_err(|error| source_failed(input, error))?;
        Ok(InputReport { rows, quarantined, results })
    }

    async fn open_source(&self, input: &PinnedInput) -> Result<OpenedSource, EngineError> {
        match &input.version {
            InputVersion::Release { table, .. } => {
                let provider = self.warehouse.table(&self.context, table).await?;
                Ok(OpenedSource { provider, raw: BTreeMap::new() })
            }
            _ => source::open(&self.context, &input.port.source, &input.schema).await,
        }
    }

    async fn check(
        &self,
        port: &PortName,
        input: &PinnedInput,
        opened: &OpenedSource,
    ) -> Result<Vec<CheckResult>, EngineError> {
        let reference = TableReference::partial(SOURCE, port.as_str());
        let table = CheckedTable { reference, raw: opened.raw.clone() };
        let tables = BTreeMap::from([(input.schema.name.clone(), table)]);
        let contract = contract(input);
        let checks = Box::pin(run_checks(&self.context, &contract, &tables, self.now));
        tokio::select! {
            () = self.job.cancel.cancelled() => Err(EngineError::Cancelled),
            results = checks => Ok(results),
        }
    }

    /// Rows of the source: what a check has counted, else what is counted here.
    async fn rows(&self, input: &PinnedInput, results: &[CheckResult]) -> Result<u64, EngineError> {
        if let InputVersion::Release { table, .. } = &input.version {
            return Ok(table.rows);
        }
        if let Some(rows) = results.iter().find_map(|r| r.rows) {
            return Ok(rows);
        }
        let table = TableReference::partial(SOURCE, input.port.name.as_str());
        let count = async { self.context.table(table).await?.count().await };
        let rows = count.await.map_err(|error| source_failed(input, error))?;
        Ok(rows as u64)
    }

    /// Holds back the rows that break a row rule, each with its reasons.
    async fn quarantine(
        &self,
        port: &PortName,
        input: &PinnedInput,
        opened: &OpenedSource,
        broken: &[(String, String)],
    ) -> Result<u64, EngineError> {
        let name = input.port.quarantine();
        if self.job.built.contains_key(&name) {
            return Ok(self.job.built[&name].rows);
        }
        let query = quarantine_query(port, &input.schema, opened, broken);
        let rows = select(&self.context, &query).await.map_err(internal)?;
        let plan = rows.into_unoptimized_plan();
        let staged = self.stage(&name, plan, &quarantine_schema(&input.schema)).await;
        let (staged, _) = staged.map_err(|error| match error {
            StageError::Query(error) => source_failed(input, error),
            StageError::Engine(error) => error,
        })?;
        Ok(staged.rows)
    }

    /// What models read: the contract's columns of the rows that were not held back.
    async fn register_input(
        &self,
        port: &PortName,
        input: &PinnedInput,
        broken: &[(String, String)],
    ) -> Result<(), DataFusionError> {
        let held_back = input.port.on_violation == OnViolation::Quarantine && !broken.is_empty();
        let filter = if held_back { format!(" WHERE NOT ({})", any(broken)) } else { String::new() };
        let columns: Vec<_> = input.schema.columns.iter().map(|c| identifier(&c.name)).collect();
        let query = format!("SELECT {} FROM {SOURCE}.{}{filter}", columns.join(", "), identifier(port.as_str()));
        let plan = select(&self.context, &query).await?.into_unoptimized_plan();
        let view: Arc<dyn TableProvider> = Arc::new(ViewTable::new(plan, None));
        self.inputs.register_table(port.to_string(), view)?;
        Ok(())
    }
}

fn source_failed(input: &PinnedInput, error: DataFusionError) -> EngineError {
    source::explain(error, &input.port.source)
}

/// A port of another product was audited when it was released; it is checked again only where the consumer relies on
/// a contract of its own.
fn must_check(input: &PinnedInput) -> bool {
    !matches!(input.port.source, Source::Port(_)) || input.port.contract.is_some()
}

fn contract(input: &PinnedInput) -> Contract {
    let table = input.schema.clone();
    match &input.port.contract {
        Some(contract) => Contract { tables: vec![table], ..contract.clone() },
        None => Contract {
            id: ContractId::new(input.port.name.as_str()),
            version: Version::new(0, 0, 0),
            name: None,
            file: String::new(),
            description: None,
            approvers: BTreeSet::new(),
            terms: ContractTerms::default(),
            tables: vec![table],
        },
    }
}

/// The row rules that do not hold, each with the SQL that is true for the rows which break it.
fn broken(input: &PinnedInput, opened: &OpenedSource, results: &[CheckResult]) -> Vec<(String, String)> {
    let failed = results.iter().filter(|r| r.outcome == Outcome::Fail);
    failed.filter_map(|r| Some((r.check.id.clone(), row_violation(&r.check, &input.schema, &opened.raw)?))).collect()
}

fn any(broken: &[(String, String)]) -> String {
    broken.iter().map(|(_, rule)| format!("({rule})")).collect::<Vec<_>>().join(" OR ")
}

fn quarantine_query(
    port: &PortName,
    schema: &TableSchema,
    opened: &OpenedSource,
    broken: &[(String, String)],
) -> String {
    let columns = schema.columns.iter().map(|c| identifier(&c.name)).collect::<Vec<_>>().join(", ");
    let reasons = broken.iter().map(|(id, rule)| format!("CASE WHEN {rule} THEN {} END", text(id)));
    let unreadable = opened.raw.iter().map(|(column, raw)| {
        let raw = identifier(raw);
        format!(
            "CASE WHEN {raw} IS NOT NULL AND {} IS NULL THEN concat({}, {raw}) END",
            identifier(column),
            text(&format!("{column}="))
        )
    });
    let filter = if broken.is_empty() { "FALSE".to_owned() } else { any(broken) };
    format!(
        "SELECT {columns}, {} AS \"{REASONS}\", {} AS \"{UNREADABLE}\" FROM {SOURCE}.{} WHERE {filter}",
        joined(reasons),
        joined(unreadable),
        identifier(port.as_str()),
    )
}

/// Texts joined by commas; missing ones left out.
fn joined(parts: impl Iterator<Item = String>) -> String {
    let parts: Vec<_> = parts.collect();
    if parts.is_empty() { "''".to_owned() } else { format!("concat_ws(', ', {})", parts.join(", ")) }
}

fn quarantine_schema(schema: &TableSchema) -> SchemaRef {
    let columns = to_nullable_schema(schema);
    let added = [REASONS, UNREADABLE].map(|name| Arc::new(Field::new(name, DataType::Utf8, true)));
    Arc::new(Schema::new(columns.fields().iter().cloned().chain(added).collect::<Vec<_>>()))
}
