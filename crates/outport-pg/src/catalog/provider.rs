//! The catalog as DataFusion asks for it.

use std::{collections::BTreeMap, sync::Arc};

use arrow::datatypes::{Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::{
    catalog::{CatalogProvider, CatalogProviderList, MemTable, SchemaProvider, Session, TableProvider},
    common::plan_err,
    error::DataFusionError,
    logical_expr::{Expr, TableType},
    physical_plan::ExecutionPlan,
};
use datafusion_pg_catalog::pg_catalog::{
    PgCatalogSchemaProvider, PgCatalogStaticTables, context::EmptyContextProvider,
};

use super::{
    shape::{Shape, TableShape},
    sheet,
    tables::{self, Source},
};

type Tables = BTreeMap<String, Arc<dyn TableProvider>>;
type PgTables = PgCatalogSchemaProvider<Arc<dyn CatalogProviderList>, EmptyContextProvider>;

/// The catalog of a workspace, as someone sees it.
pub(super) fn catalogs(
    workspace: &str,
    user: &str,
    shape: &Shape,
    own: &Arc<PgCatalogStaticTables>,
) -> Result<Arc<dyn CatalogProviderList>, DataFusionError> {
    let source = Source { workspace, user, shape };
    let mut schemas: BTreeMap<String, Arc<dyn SchemaProvider>> = BTreeMap::new();
    for (name, schema) in &shape.schemas {
        let outlines = schema.tables.iter().map(|(name, table)| {
            (name.clone(), Arc::new(Outline { schema: outline(table) }) as Arc<dyn TableProvider>)
        });
        schemas.insert(name.clone(), Arc::new(Fixed { tables: outlines.collect(), rest: None }));
    }
    // The library's tables find nothing of the workspace: what they would tell of it is made here.
    let nothing: Arc<dyn CatalogProviderList> = Arc::new(Catalogs { name: String::new(), catalog: None });
    let rest = PgCatalogSchemaProvider::try_new(nothing, Arc::clone(own), EmptyContextProvider)?;
    let mut made = Tables::new();
    for name in tables::MADE {
        if let Some(table) = rest.build_table_by_name(name)? {
            made.insert((*name).to_owned(), rows(&table.schema(), &source.rows(name))?);
        }
    }
    schemas.insert("pg_catalog".to_owned(), Arc::new(Fixed { tables: made, rest: Some(rest) }));
    let mut information = Tables::new();
    for (name, schema) in tables::information_tables() {
        information.insert(name.to_owned(), rows(&schema, &source.information(name))?);
    }
    schemas.insert("information_schema".to_owned(), Arc::new(Fixed { tables: information, rest: None }));
    schemas.entry("public".to_owned()).or_insert_with(|| Arc::new(Fixed { tables: Tables::new(), rest: None }));
    let catalog: Arc<dyn CatalogProvider> = Arc::new(Schemas(schemas));
    Ok(Arc::new(Catalogs { name: workspace.to_owned(), catalog: Some(catalog) }))
}

fn rows(schema: &SchemaRef, rows: &[sheet::Row]) -> Result<Arc<dyn TableProvider>, DataFusionError> {
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
    catalog: Option<Arc<dyn CatalogProvider>>,
}

impl CatalogProviderList for Catalogs {
    fn register_catalog(&self, _name: String, _catalog: Arc<dyn CatalogProvider>) -> Option<Arc<dyn CatalogProvider>> {
        None
    }

    fn catalog_names(&self) -> Vec<String> {
        self.catalog.iter().map(|_| self.name.clone()).collect()
    }

    fn catalog(&self, name: &str) -> Option<Arc<dyn CatalogProvider>> {
        self.catalog.clone().filter(|_| name == self.name)
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
struct Fixed {
    tables: Tables,
    rest: Option<PgTables>,
}

#[async_trait]
impl SchemaProvider for Fixed {
    fn table_names(&self) -> Vec<String> {
        let rest = self.rest.iter().flat_map(SchemaProvider::table_names);
        let mut names: Vec<String> = self.tables.keys().cloned().chain(rest).collect();
        names.sort();
        names.dedup();
        names
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>, DataFusionError> {
        match (self.tables.get(name), &self.rest) {
            (Some(table), _) => Ok(Some(Arc::clone(table))),
            (None, Some(rest)) => rest.table(name).await,
            (None, None) => Ok(None),
        }
    }

    fn table_exist(&self, name: &str) -> bool {
        self.tables.contains_key(name) || self.rest.as_ref().is_some_and(|rest| rest.table_exist(name))
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
