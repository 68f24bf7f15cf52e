//! The tables that a caller may read, as types with relations.

use outport_app::{
    engine::View,
    gate::{DiscoveredPort, DiscoveredProduct},
};
use outport_model::{
    check::CheckKind,
    contract::TableSchema,
    name::{ProductName, TableName},
    release::{ReleaseNumber, TableRole},
};

use super::names::{Names, plain};
use crate::rest::shape::{Seen, Shape};

/// Everything that a caller may read.
#[derive(Debug, Default)]
pub(super) struct Tables(Vec<Table>);

/// One table.
#[derive(Debug)]
pub(super) struct Table {
    /// What it is called at the root, and what its type is called.
    pub(super) name: String,
    pub(super) shape: Shape,
    pub(super) release: ReleaseNumber,
    /// What the columns are called, in their order.
    pub(super) fields: Vec<String>,
    pub(super) relations: Vec<Relation>,
}

/// A row of another table that the contract promises for every row of this one that names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Relation {
    /// What the field is called.
    pub(super) name: String,
    /// The columns here.
    pub(super) columns: Vec<String>,
    /// The other table, by its place.
    pub(super) target: usize,
    /// Its columns.
    pub(super) target_columns: Vec<String>,
}

/// What a table is called at the root, unless another one is already.
pub(super) fn root(product: &ProductName, table: &TableName) -> String {
    plain(&format!("{}_{}", product.sql(), table.sql()))
}

impl Tables {
    /// The output tables of a view. A relation is there where both ends are seen in clear.
    pub(super) fn of(view: &View, catalog: &[DiscoveredProduct]) -> Self {
        let mut names = Names::default();
        let mut tables = Vec::new();
        for (product, visible) in &view.products {
            for (table, seen) in visible.tables.iter().filter(|(_, table)| table.released.role == TableRole::Output) {
                let Some(shape) = Shape::of(product, table, seen).filter(|shape| !shape.columns.is_empty()) else {
                    continue;
                };
                let name = names.give(&root(product, table));
                let mut taken = Names::default();
                let fields = shape.columns.iter().map(|column| taken.give(&column.name)).collect();
                tables.push(Table { name, shape, release: visible.release, fields, relations: Vec::new() });
            }
        }
        let mut all = Self(tables);
        for product in catalog {
            for port in &product.ports {
                all.relate(&product.name, port);
            }
        }
        all
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, &Table)> {
        self.0.iter().enumerate()
    }

    pub(super) fn get(&self, place: usize) -> Option<&Table> {
        self.0.get(place)
    }

    fn place(&self, product: &ProductName, table: &TableName) -> Option<usize> {
        self.0.iter().position(|known| known.shape.product == *product && known.shape.table == *table)
    }

    fn relate(&mut self, product: &ProductName, port: &DiscoveredPort) {
        for (table, object) in &port.tables {
            let (Some(place), Some(schema)) = (self.place(product, table), port.contract.table(object)) else {
                continue;
            };
            let relations = self.relations(product, port, place, schema);
            if let Some(table) = self.0.get_mut(place) {
                table.relations = relations;
            }
        }
    }

    fn relations(
        &self,
        product: &ProductName,
        port: &DiscoveredPort,
        place: usize,
        schema: &TableSchema,
    ) -> Vec<Relation> {
        let Some(here) = self.get(place) else { return Vec::new() };
        let mut names = Names::default();
        for field in &here.fields {
            names.give(field);
        }
        let mut relations = Vec::new();
        for check in &schema.checks {
            let CheckKind::Reference { columns, to_table, to_columns } = &check.kind else { continue };
            let target = port.tables.iter().find(|(_, object)| object == to_table);
            let Some(target) = target.and_then(|(table, _)| self.place(product, table)) else { continue };
            let Some(there) = self.get(target) else { continue };
            if columns.len() != to_columns.len() || !here.has_clear(columns) || !there.has_clear(to_columns) {
                continue;
            }
            let name =
                if names.has(to_table) { format!("{to_table}_by_{}", columns.join("_")) } else { to_table.clone() };
            relations.push(Relation {
                name: names.give(&name),
                columns: columns.clone(),
                target,
                target_columns: to_columns.clone(),
            });
        }
        relations
    }
}

impl Table {
    /// The columns, each with what it is called.
    pub(super) fn columns(&self) -> impl Iterator<Item = (&str, &Seen)> {
        self.fields.iter().map(String::as_str).zip(&self.shape.columns)
    }

    /// The column of a field.
    pub(super) fn column(&self, field: &str) -> Option<&Seen> {
        self.columns().find(|(name, _)| *name == field).map(|(_, column)| column)
    }

    pub(super) fn relation(&self, field: &str) -> Option<&Relation> {
        self.relations.iter().find(|relation| relation.name == field)
    }

    fn has_clear(&self, columns: &[String]) -> bool {
        let clear = |name: &String| {
            self.shape.columns.iter().any(|seen| seen.name == *name && !seen.masked && seen.is_comparable())
        };
        !columns.is_empty() && columns.iter().all(clear)
    }
}
