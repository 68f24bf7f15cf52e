//! The catalog as DataFusion asks for it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use arrow::datatypes::{Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::{
    catalog::{CatalogProvider, CatalogProviderList, MemTable, SchemaProvider, Session, TableProvider},
    common::plan_err,
    error::DataFusionError,
    logical_expr::{Expr, TableType},
    physical_plan::ExecutionPlan,
};

use super::{
    definition,
    own::Own,
    shape::{Shape, TableShape},
    sheet::{self, Row},
    tables::Source,
};
use crate::settings::Settings;

type Tables = BTreeMap<String, Arc<dyn TableProvider>>;

/// The catalog of a workspace, as someone sees it.
pub(super) fn catalogs(
    workspace: &str,
    user: &str,
    shape: &Shape,
    own: &Own,
    settings: &Arc<Mutex<Settings>>,
) -> Result<Arc<dyn CatalogProviderList>, DataFusionError> {
    let source = Source { workspace, user, shape };
    let mut schemas: BTreeMap<String, Arc<dyn SchemaProvider>> = BTreeMap::new();
    for (name, schema) in &shape.schemas {
        let outlines = schema.tables.iter().map(|(name, table)| {
            (name.clone(), Arc::new(Outline { schema: outline(table) }) as Arc<dyn TableProvider>)
        });
        schemas.insert(name.clone(), Arc::new(Fixed(outlines.collect())));
    }
    let mut tables = own.tables.clone();
    for (name, columns) in definition::PG_CATALOG {
        tables.insert((*name).to_owned(), rows(&definition::schema(columns), &source.rows(name))?);
    }
    let shown = SettingsTable { schema: definition::schema(definition::PG_SETTINGS), settings: Arc::clone(settings) };
    tables.insert("pg_settings".to_owned(), Arc::new(shown));
    schemas.insert("pg_catalog".to_owned(), Arc::new(Fixed(tables)));
    let mut information = Tables::new();
    for (name, columns) in definition::INFORMATION {
        information.insert((*name).to_owned(), rows(&definition::schema(columns), &source.information(name))?);
    }
    schemas.insert("information_schema".to_owned(), Arc::new(Fixed(information)));
    schemas.entry("public".to_owned()).or_insert_with(|| Arc::new(Fixed(Tables::new())));
    let catalog: Arc<dyn CatalogProvider> = Arc::new(Schemas(schemas));
    Ok(Arc::new(Catalogs { name: workspace.to_owned(), catalog }))
}

fn rows(schema: &SchemaRef, rows: &[Row]) -> Result<Arc<dyn TableProvider>, DataFusionError> {
    let batch = sheet::batch(schema, rows)?;
    Ok(Arc::new(MemTable::try_new(Arc::clone(schema), vec![vec![batch]])?))
}

fn outline(table: &TableShape) -> SchemaRef {
    let fields = table.columns.iter().map(|column| Field::new(&column.name, column.data_type.clone(), column.nullable));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

#[derive(Debug)]
struct Catalogs {
    name: String,
    catalog: Arc<dyn CatalogProvider>,
}

impl CatalogProviderList for Catalogs {
    fn register_catalog(&self, _name: String, _catalog: Arc<dyn CatalogProvider>) -> Option<Arc<dyn CatalogProvider>> {
        None
    }

    fn catalog_names(&self) -> Vec<String> {
        vec![self.name.clone()]
    }

    fn catalog(&self, name: &str) -> Option<Arc<dyn CatalogProvider>> {
        (name == self.name).then(|| Arc::clone(&self.catalog))
    }
}

#[derive(Debug)]
struct Schemas(BTreeMap<String, Arc<dyn SchemaProvider>>);

impl CatalogProvider for Schemas {
    fn schema_names(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }

    fn schema(&self, name: &str) -> Option<Arc<dyn SchemaProvider>> {
        self.0.get(name).cloned()
    }
}

#[derive(Debug)]
struct Fixed(Tables);

#[async_trait]
impl SchemaProvider for Fixed {
    fn table_names(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>, DataFusionError> {
        Ok(self.0.get(name).cloned())
    }

    fn table_exist(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}

/// What is set in a session when it is asked.
#[derive(Debug)]
struct SettingsTable {
    schema: SchemaRef,
    settings: Arc<Mutex<Settings>>,
}

#[async_trait]
impl TableProvider for SettingsTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::View
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>, DataFusionError> {
        let all = self.settings.lock().unwrap_or_else(PoisonError::into_inner).all();
        let told = all.iter().map(|(name, value)| {
            let texts = [("name", name.as_str()), ("setting", value.as_str()), ("reset_val", value.as_str())];
            let kind = [("context", "user"), ("vartype", "string"), ("source", "default")];
            texts.into_iter().chain(kind).map(|(column, text)| (column, text.into())).collect::<Row>()
        });
        let rows = rows(&self.schema, &told.collect::<Vec<_>>())?;
        rows.scan(state, projection, filters, limit).await
    }
}

/// A released table without its rows. It cannot be read: whatever leads here by mistake fails, and is not empty.
#[derive(Debug)]
struct Outline {
    schema: SchemaRef,
}

#[async_trait]
impl TableProvider for Outline {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        _state: &dyn Session,
        _projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>, DataFusionError> {
        plan_err!("one statement cannot read both released tables and the catalog")
    }
}
