//! What one asker sees, as a catalog: each product is a schema.
//!
//! A schema is found by the product's name as it is and with `-` written `_`, alone and with `@major`.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use async_trait::async_trait;
use datafusion::{
    catalog::{CatalogProvider, SchemaProvider, TableProvider},
    common::TableReference,
    datasource::TableType,
    error::DataFusionError,
    execution::session_state::SessionState,
    prelude::SessionContext,
};
use outport_app::engine::{EngineError, Sight, View, VisibleTable};
use outport_model::name::{ProductName, TableName};

use super::{mask::MaskKey, secured::SecuredTable};
use crate::warehouse::Warehouse;

/// The catalog that every name is in.
pub(super) const CATALOG: &str = "outport";
/// The schema of names that say none.
const DEFAULT_SCHEMA: &str = "main";

/// The products that someone may read something of.
#[derive(Debug, Clone)]
pub(super) struct VisibleCatalog(Arc<Shelf>);

/// Opens the tables of a view.
struct Shelf {
    view: Arc<View>,
    warehouse: Warehouse,
    key: MaskKey,
    /// The session, which holds this catalog, so that it cannot be held here.
    session: Box<dyn Fn() -> Option<SessionState> + Send + Sync>,
}

impl std::fmt::Debug for Shelf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shelf").finish_non_exhaustive()
    }
}

/// What a name stands for.
enum Found<'a> {
    Visible(&'a TableName, &'a VisibleTable),
    Withheld(&'a TableName),
    Nothing,
}

impl VisibleCatalog {
    /// Gives a session the tables of a view, and no others.
    pub(super) fn register(context: &SessionContext, warehouse: Warehouse, key: MaskKey, view: Arc<View>) -> Self {
        let session = context.state_weak_ref();
        let session = Box::new(move || session.upgrade().map(|state| state.read().clone()));
        let catalog = Self(Arc::new(Shelf { view, warehouse, key, session }));
        context.register_catalog(CATALOG, Arc::new(catalog.clone()));
        catalog
    }

    /// Every table as `product.table`, for advice.
    pub(super) fn names(&self) -> Vec<String> {
        let products = self.0.view.products.iter();
        let tables = products.flat_map(|(product, visible)| visible.tables.keys().map(move |table| (product, table)));
        tables.map(|(product, table)| dotted(product, table)).collect()
    }

    /// The table that a name in a plan stands for.
    pub(super) fn locate(&self, name: &TableReference) -> Option<(ProductName, TableName)> {
        if name.catalog().is_some_and(|catalog| catalog != CATALOG) {
            return None;
        }
        let schema = self.find(name.schema().unwrap_or(DEFAULT_SCHEMA))?;
        match schema.find(name.table()) {
            Found::Visible(table, _) => Some((schema.product.clone(), table.clone())),
            Found::Withheld(_) | Found::Nothing => None,
        }
    }

    fn find(&self, schema: &str) -> Option<VisibleSchema> {
        let (name, major) = match schema.split_once('@') {
            None => (schema, None),
            Some((name, major)) => (name, Some(major.parse().ok()?)),
        };
        let product = self.0.product(name)?.clone();
        let schema = VisibleSchema { shelf: Arc::clone(&self.0), product, major };
        (schema.tables().next().is_some() || schema.withheld().next().is_some()).then_some(schema)
    }
}

impl Shelf {
    fn product(&self, name: &str) -> Option<&ProductName> {
        let known = || self.view.products.keys().chain(self.view.withheld.iter().map(|(product, _)| product));
        let plain = plain(name);
        known().find(|product| product.as_str() == name).or_else(|| known().find(|product| product.sql() == plain))
    }

    async fn open(
        &self,
        product: &ProductName,
        table: &TableName,
        visible: &VisibleTable,
    ) -> Result<Arc<dyn TableProvider>, EngineError> {
        let state = (self.session)().ok_or(EngineError::Cancelled)?;
        let context = SessionContext::new_with_state(state);
        let stored = Box::pin(self.warehouse.table(&context, &visible.released.version)).await;
        let access = match &visible.sight {
            Sight::Whole => return stored,
            Sight::Part(access) => access,
        };
        let name = dotted(product, table);
        let stored = stored.map_err(|error| EngineError::Sealed { table: name.clone(), reason: error.to_string() })?;
        if access.restricts(stored.schema().fields().iter().map(|field| field.name().as_str())) {
            return Ok(Arc::new(SecuredTable::over(&name, stored, access, &self.key)?));
        }
        Ok(stored)
    }
}

impl CatalogProvider for VisibleCatalog {
    fn schema_names(&self) -> Vec<String> {
        let mut names = Vec::new();
        for (product, visible) in &self.0.view.products {
            let majors: BTreeSet<u64> = visible.tables.values().filter_map(|table| table.released.major).collect();
            names.push(product.sql());
            names.extend(majors.into_iter().map(|major| format!("{}@{major}", product.sql())));
        }
        names
    }

    fn schema(&self, name: &str) -> Option<Arc<dyn SchemaProvider>> {
        self.find(name).map(|schema| Arc::new(schema) as Arc<dyn SchemaProvider>)
    }
}

/// The tables of one product, or those of one major version, opened when they are asked for.
#[derive(Debug)]
struct VisibleSchema {
    shelf: Arc<Shelf>,
    product: ProductName,
    major: Option<u64>,
}

impl VisibleSchema {
    fn tables(&self) -> impl Iterator<Item = (&TableName, &VisibleTable)> {
        static NONE: BTreeMap<TableName, VisibleTable> = BTreeMap::new();
        let tables = self.shelf.view.products.get(&self.product).map_or(&NONE, |product| &product.tables);
        tables.iter().filter(|(_, visible)| self.major.is_none() || visible.released.major == self.major)
    }

    fn withheld(&self) -> impl Iterator<Item = &TableName> {
        self.shelf.view.withheld.iter().filter(|(product, _)| *product == self.product).map(|(_, table)| table)
    }

    /// The name of a table here: in the schema of one major, without the mark of that major.
    fn shown(&self, table: &TableName) -> String {
        plain(self.major.map_or(table.as_str(), |major| table.within_major(major)))
    }

    fn find(&self, name: &str) -> Found<'_> {
        let wanted = plain(name);
        let is_wanted = |table: &TableName| table.sql() == wanted || self.shown(table) == wanted;
        if let Some((table, visible)) = self.tables().find(|(table, _)| is_wanted(table)) {
            return Found::Visible(table, visible);
        }
        self.withheld().find(|table| is_wanted(table)).map_or(Found::Nothing, Found::Withheld)
    }
}

#[async_trait]
impl SchemaProvider for VisibleSchema {
    fn table_names(&self) -> Vec<String> {
        self.tables().map(|(table, _)| self.shown(table)).collect()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>, DataFusionError> {
        let opened = match self.find(name) {
            Found::Nothing => return Ok(None),
            Found::Withheld(table) => {
                Err(EngineError::Withheld { product: self.product.clone(), table: table.clone() })
            }
            Found::Visible(table, visible) => Box::pin(self.shelf.open(&self.product, table, visible)).await,
        };
        opened.map(Some).map_err(|error| DataFusionError::External(Box::new(error)))
    }

    async fn table_type(&self, name: &str) -> Result<Option<TableType>, DataFusionError> {
        Ok(self.table_exist(name).then_some(TableType::Base))
    }

    fn table_exist(&self, name: &str) -> bool {
        matches!(self.find(name), Found::Visible(..))
    }
}

/// A name as SQL finds it: lower case, `-` written as `_`.
fn plain(name: &str) -> String {
    name.to_ascii_lowercase().replace('-', "_")
}

/// A table as queries name it.
fn dotted(product: &ProductName, table: &TableName) -> String {
    format!("{}.{}", product.sql(), table.sql())
}
