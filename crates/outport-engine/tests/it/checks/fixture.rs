//! Small tables with contracts.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use chrono::{DateTime, Utc};
use datafusion::{
    arrow::array::{ArrayRef, RecordBatch},
    common::TableReference,
    prelude::{ParquetReadOptions, SessionContext},
};
use outport_engine::checks::{CheckedTable, run_checks};
use outport_model::{
    check::{Bound, Check, CheckKind, CheckResult, CheckSeverity, Dimension, Threshold, Unit},
    contract::{Column, Contract, ContractId, ContractTerms, DataType, TableSchema, Version},
};
use parquet::{arrow::ArrowWriter, file::properties::WriterProperties};
use serde_json::Value;

pub(super) const INTEGER: DataType = DataType::Integer { bits: 64, signed: true };
pub(super) const DOUBLE: DataType = DataType::Float { bits: 64 };

pub(super) fn now() -> DateTime<Utc> {
    "2024-06-01T12:00:00Z".parse().unwrap()
}

pub(super) fn column(name: &str, data_type: DataType) -> Column {
    Column {
        name: name.to_owned(),
        data_type,
        nullable: true,
        primary_key: None,
        unique: false,
        description: None,
        classification: None,
        tags: Vec::new(),
        deprecated: false,
    }
}

pub(super) fn table(name: &str, columns: Vec<Column>, checks: Vec<Check>) -> TableSchema {
    let checks = checks
        .into_iter()
        .enumerate()
        .map(|(at, check)| Check { id: format!("{name}-{at}"), table: name.to_owned(), ..check })
        .collect();
    TableSchema { name: name.to_owned(), description: None, columns, checks }
}

pub(super) fn contract(tables: Vec<TableSchema>) -> Contract {
    Contract {
        id: ContractId::new("test"),
        version: Version::new(1, 0, 0),
        name: None,
        file: "test.odcs.yaml".to_owned(),
        description: None,
        approvers: BTreeSet::new(),
        terms: ContractTerms::default(),
        tables,
    }
}

/// A check that demands zero.
pub(super) fn check(column: &str, kind: CheckKind) -> Check {
    Check {
        id: String::new(),
        name: "rule".to_owned(),
        table: String::new(),
        column: (!column.is_empty()).then(|| column.to_owned()),
        kind,
        threshold: Threshold::zero(),
        unit: Unit::Rows,
        dimension: Dimension::Conformity,
        severity: CheckSeverity::Error,
        description: None,
        pointer: String::new(),
    }
}

pub(super) fn missing(column: &str, values: &[Value]) -> Check {
    check(column, CheckKind::Missing { missing: values.to_vec() })
}

pub(super) fn invalid(column: &str, values: Option<&[Value]>, pattern: Option<&str>) -> Check {
    let values = values.map(<[Value]>::to_vec);
    check(column, CheckKind::Invalid { values, pattern: pattern.map(str::to_owned) })
}

pub(super) fn range(column: &str, minimum: Option<Value>, maximum: Option<Value>) -> Check {
    let bound = |value| Bound { value, exclusive: false };
    check(column, CheckKind::Range { minimum: minimum.map(bound), maximum: maximum.map(bound) })
}

pub(super) fn duplicates(columns: &[&str]) -> Check {
    check("", CheckKind::Duplicate { columns: columns.iter().map(|c| (*c).to_owned()).collect() })
}

pub(super) fn row_count() -> Check {
    check("", CheckKind::RowCount)
}

pub(super) fn reference(column: &str, to_table: &str, to_column: &str) -> Check {
    let kind = CheckKind::Reference {
        columns: vec![column.to_owned()],
        to_table: to_table.to_owned(),
        to_columns: vec![to_column.to_owned()],
    };
    check(column, kind)
}

pub(super) fn sql(query: &str) -> Check {
    Check { unit: Unit::Value, ..check("", CheckKind::Sql { query: query.to_owned() }) }
}

pub(super) fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).unwrap()
}

/// Measures a contract against tables in memory; the n-th batch is the n-th table's rows.
pub(super) async fn run(contract: &Contract, batches: Vec<RecordBatch>) -> Vec<CheckResult> {
    let context = SessionContext::new();
    let mut tables = BTreeMap::new();
    for (at, (table, batch)) in contract.tables.iter().zip(batches).enumerate() {
        let name = format!("t{at}");
        context.register_batch(&name, batch).unwrap();
        tables.insert(table.name.clone(), CheckedTable::new(TableReference::bare(name)));
    }
    run_checks(&context, contract, &tables, now()).await
}

/// Measures a contract of one table against a Parquet file with row groups of two rows.
pub(super) async fn run_parquet(contract: &Contract, batch: &RecordBatch, folder: &Path) -> Vec<CheckResult> {
    run_view(contract, batch, folder, "SELECT * FROM file").await
}

/// Measures a contract of one table against a query of such a file, named `file`.
pub(super) async fn run_view(contract: &Contract, batch: &RecordBatch, folder: &Path, query: &str) -> Vec<CheckResult> {
    let path = folder.join("rows.parquet");
    let file = std::fs::File::create(&path).unwrap();
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(2)).build();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
    let context = SessionContext::new();
    context.register_parquet("file", path.to_str().unwrap(), ParquetReadOptions::default()).await.unwrap();
    context.register_table("rows", context.sql(query).await.unwrap().into_view()).unwrap();
    let tables = BTreeMap::from([(contract.tables[0].name.clone(), CheckedTable::new("rows"))]);
    run_checks(&context, contract, &tables, now()).await
}
