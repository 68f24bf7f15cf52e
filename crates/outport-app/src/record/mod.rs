//! The record of requests as a data product, `outport`: it is found, described, allowed and queried as any other, but its
//! rows are read from the record itself.
//!
//! - [`RecordProduct`]: what the gate offers beside what was released;
//! - [`WithRecord`]: policies that can speak of it;
//! - `tables`: its tables, and what of a request stands in which column; `rows`: their rows as Arrow.

mod policies;
mod rows;
mod tables;

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, Utc};
use outport_model::{
    fingerprint::Fingerprint,
    name::{ProductName, TableName, WorkspaceName},
    plan::CompiledProduct,
    product::{OutputPort, Product},
    release::{Release, ReleaseNumber, ReleasedTable, TableRole, TableVersion},
    run::RunId,
};

use self::tables::RecordTables;
pub use self::{policies::WithRecord, tables::schema};
use crate::{audit::AuditLog, live::LiveTables};

/// The record of requests of one workspace as a product.
#[derive(Debug)]
pub struct RecordProduct {
    compiled: CompiledProduct,
    release: Release,
    tables: Arc<dyn LiveTables>,
}

impl RecordProduct {
    /// The product, whose contracts say what its tables are. It has one release, published when it was opened.
    pub fn new(product: Product, workspace: WorkspaceName, log: Arc<dyn AuditLog>, opened: DateTime<Utc>) -> Self {
        let tables =
            product.tables().map(|(port, table)| (table.name.clone(), released(&product.name, port, &table.name)));
        let release = Release {
            product: product.name.clone(),
            number: ReleaseNumber(1),
            run: RunId::new(uuid::Uuid::nil()),
            published_at: opened,
            tables: tables.collect(),
        };
        Self { release, compiled: compiled(product), tables: Arc::new(RecordTables::new(workspace, log)) }
    }

    /// Its name.
    pub fn name(&self) -> &ProductName {
        &self.compiled.product.name
    }

    /// The product.
    pub fn compiled(&self) -> &CompiledProduct {
        &self.compiled
    }

    /// Its one release.
    pub fn release(&self) -> &Release {
        &self.release
    }

    /// Its rows.
    pub fn tables(&self) -> &Arc<dyn LiveTables> {
        &self.tables
    }
}

/// A product that no model builds.
fn compiled(product: Product) -> CompiledProduct {
    CompiledProduct { product, models: BTreeMap::new(), inputs: BTreeMap::new() }
}

/// A table that is in no warehouse, so that there is nothing at its path.
fn released(product: &ProductName, port: &OutputPort, table: &TableName) -> ReleasedTable {
    let version = TableVersion {
        fingerprint: Fingerprint::of("live").part("table", table.as_str()).finish(),
        path: format!("{product}/{table}"),
        version: 0,
        rows: 0,
        bytes: 0,
    };
    ReleasedTable { role: TableRole::Output, version, major: Some(port.version.major()) }
}
