//! What one asker sees, as a catalog: each product is a schema.
//!
//! A schema is found by the product's name as it is and with `-` written `_`, alone and with `@major`; a release that is
//! read beside the others with `#number`.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use async_trait::async_trait;
use datafusion::{
    arrow::datatypes::Schema,
    catalog::{CatalogProvider, SchemaProvider, TableProvider},
    common::TableReference,
    datasource::{TableType, empty::EmptyTable},
    error::DataFusionError,
};
use outport_app::engine::{EngineError, Sight, View, VisibleTable};
use outport_model::{
    access::TableAccess,
    name::{ProductName, TableName},
    release::ReleaseNumber,
};

use super::{Stock, live::LiveShelf, secured::SecuredTable};
use crate::types::columns_schema;

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
    /// Where they are; nothing where there is only what contracts promise of them.
    stock: Option<Stock>,
    live: LiveShelf,
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
    /// The tables of a view, and no others.
    pub(super) fn new(stock: Stock, view: Arc<View>) -> Self {
        Self(Arc::new(Shelf { view, stock: Some(stock), live: LiveShelf::default() }))
    }

    /// The columns that contracts promise of the tables of a view, and no rows.
    pub(super) fn promised(view: Arc<View>) -> Self {
        Self(Arc::new(Shelf { view, stock: None, live: LiveShelf::default() }))
    }

    /// Every table that was released as `product.table`, for advice.
    pub(super) fn names(&self) -> Vec<String> {
        let products = self.0.view.products.iter();
        let tables =
            products.flat_map(|(product, seen)| seen.tables.iter().map(move |(name, table)| (product, name, table)));
        let released = tables.filter(|(_, _, table)| table.live.is_none());
        released.map(|(product, name, _)| dotted(product, name)).collect()
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
        let shelf = Arc::clone(&self.0);
        let schema = match (schema.split_once('@'), schema.split_once('#')) {
            (Some((name, major)), _) => VisibleSchema {
                product: self.0.product(name)?.clone(),
                major: Some(major.parse().ok()?),
                beside: None,
                shelf,
            },
            (None, Some((name, number))) => {
                let number = ReleaseNumber(number.parse().ok()?);
                VisibleSchema { product: self.0.product(name)?.clone(), major: None, beside: Some(number), shelf }
            }
            (None, None) => {
                VisibleSchema { product: self.0.product(schema)?.clone(), major: None, beside: None, shelf }
            }
        };
        (schema.tables().next().is_some() || schema.withheld().next().is_some()).then_some(schema)
    }
}

impl Shelf {
    fn product(&self, name: &str) -> Option<&ProductName> {
        let beside = || self.view.beside.keys().map(|(product, _)| product);
        let withheld = || self.view.withheld.iter().map(|(product, _)| product);
        let known = || self.view.products.keys().chain(withheld()).chain(beside());
        let plain = plain(name);
        known().find(|product| product.as_str() == name).or_else(|| known().find(|product| product.sql() == plain))
    }

    async fn open(
        &self,
        product: &ProductName,
        table: &TableName,
        visible: &VisibleTable,
    ) -> Result<Arc<dyn TableProvider>, EngineError> {
        let Some(stock) = &self.stock else {
            return Ok(Arc::new(EmptyTable::new(columns_schema(&visible.columns))));
        };
        let name = dotted(product, table);
        let opened = match &visible.live {
            Some(tables) => self.live.open(product, table, tables).await.map(|stored| (stored, None)),
            None => {
                let opened = Box::pin(stock.tables.open(&visible.released.version, key_of(visible))).await;
                opened.map(|table| table.fastest())
            }
        };
        let stored = match (opened, &visible.sight) {
            (Err(error), Sight::Part(_)) => Err(EngineError::Sealed { table: name.clone(), reason: error.to_string() }),
            (opened, _) => opened,
        };
        let (stored, memory) = stored?;
        match restriction(&visible.sight, &stored.schema()) {
            None => Ok(stored),
            Some(access) => {
                let secured = SecuredTable::over(&name, stored, access, &stock.key)?;
                Ok(Arc::new(secured.in_memory(memory.map(|memory| (memory, access.clone())))))
            }
        }
    }
}

/// What keeps something of a stored table from the asker; `None` where they see all of it.
pub(super) fn restriction<'a>(sight: &'a Sight, stored: &Schema) -> Option<&'a TableAccess> {
    match sight {
        Sight::Whole => None,
        Sight::Part(access) => {
            Some(access).filter(|access| access.restricts(stored.fields().iter().map(|field| field.name().as_str())))
        }
    }
}

/// The columns of the key that the contract names, in its order.
pub(super) fn key_of(visible: &VisibleTable) -> Vec<String> {
    let mut key: Vec<_> = visible.columns.iter().filter(|column| column.primary_key.is_some()).collect();
    key.sort_by_key(|column| column.primary_key);
    key.into_iter().map(|column| column.name.clone()).collect()
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
    /// The release, where it is one that is read beside those of the view.
    beside: Option<ReleaseNumber>,
}

impl VisibleSchema {
    fn tables(&self) -> impl Iterator<Item = (&TableName, &VisibleTable)> {
        static NONE: BTreeMap<TableName, VisibleTable> = BTreeMap::new();
        let view = &self.shelf.view;
        let product = match self.beside {
            None => view.products.get(&self.product),
            Some(number) => view.beside.get(&(self.product.clone(), number)),
        };
        let tables = product.map_or(&NONE, |product| &product.tables);
        tables.iter().filter(|(_, visible)| self.major.is_none() || visible.released.major == self.major)
    }

    fn withheld(&self) -> impl Iterator<Item = &TableName> {
        // Of a release beside the others only what may be read is there.
        let withheld = self.shelf.view.withheld.iter().filter(|(product, _)| *product == self.product);
        withheld.filter(|_| self.beside.is_none()).map(|(_, table)| table)
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
pub(super) fn dotted(product: &ProductName, table: &TableName) -> String {
    format!("{}.{}", product.sql(), table.sql())
}
