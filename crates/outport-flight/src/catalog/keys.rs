//! Keys of tables.

use std::sync::{Arc, LazyLock};

use arrow::{
    array::{ArrayRef, Int32Array, RecordBatch, StringArray},
    datatypes::{DataType, Field, Schema, SchemaRef},
};
use arrow_flight::sql::CommandGetPrimaryKeys;
use outport_app::{
    engine::{Sight, View, VisibleTable},
    gate::GateError,
};
use outport_model::{
    access::{ColumnAccess, Mask},
    contract::Column,
};

use super::{internal, tables::visible};

static PRIMARY: LazyLock<SchemaRef> = LazyLock::new(|| {
    Arc::new(Schema::new(vec![
        Field::new("catalog_name", DataType::Utf8, true),
        Field::new("db_schema_name", DataType::Utf8, true),
        Field::new("table_name", DataType::Utf8, false),
        Field::new("column_name", DataType::Utf8, false),
        Field::new("key_name", DataType::Utf8, true),
        Field::new("key_sequence", DataType::Int32, false),
    ]))
});

static FOREIGN: LazyLock<SchemaRef> = LazyLock::new(|| {
    Arc::new(Schema::new(vec![
        Field::new("pk_catalog_name", DataType::Utf8, true),
        Field::new("pk_db_schema_name", DataType::Utf8, true),
        Field::new("pk_table_name", DataType::Utf8, false),
        Field::new("pk_column_name", DataType::Utf8, false),
        Field::new("fk_catalog_name", DataType::Utf8, true),
        Field::new("fk_db_schema_name", DataType::Utf8, true),
        Field::new("fk_table_name", DataType::Utf8, false),
        Field::new("fk_column_name", DataType::Utf8, false),
        Field::new("key_sequence", DataType::Int32, false),
        Field::new("fk_key_name", DataType::Utf8, true),
        Field::new("pk_key_name", DataType::Utf8, true),
        Field::new("update_rule", DataType::UInt8, false),
        Field::new("delete_rule", DataType::UInt8, false),
    ]))
});

/// The columns of a list of primary keys.
pub(super) fn primary_schema() -> SchemaRef {
    Arc::clone(&PRIMARY)
}

/// The columns of a list of foreign keys.
pub(super) fn foreign_schema() -> SchemaRef {
    Arc::clone(&FOREIGN)
}

/// The primary key of a table.
pub(super) fn primary(workspace: &str, view: &View, command: &CommandGetPrimaryKeys) -> Result<RecordBatch, GateError> {
    let is = |wanted: Option<&String>, name: &str| wanted.is_none_or(|wanted| wanted == name);
    let (mut products, mut tables, mut columns, mut places) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (product, name, table) in visible(view) {
        let (product, name) = (product.sql(), name.sql());
        let meant = is(command.catalog.as_ref(), workspace) && is(command.db_schema.as_ref(), &product);
        if !meant || command.table != name {
            continue;
        }
        for (column, place) in key(table).into_iter().zip(1..) {
            products.push(product.clone());
            tables.push(name.clone());
            columns.push(column.name.clone());
            places.push(place);
        }
    }
    let catalogs = StringArray::from(vec![workspace; columns.len()]);
    let names = StringArray::new_null(columns.len());
    let arrays: Vec<ArrayRef> = vec![
        Arc::new(catalogs),
        Arc::new(StringArray::from(products)),
        Arc::new(StringArray::from(tables)),
        Arc::new(StringArray::from(columns)),
        Arc::new(names),
        Arc::new(Int32Array::from(places)),
    ];
    RecordBatch::try_new(primary_schema(), arrays).map_err(|error| internal(error.into()))
}

/// The columns that tell the rows of a table apart, in the key's order; none where the caller cannot tell them apart,
/// because a column of the key is hidden, or masked so that different values look the same.
fn key(table: &VisibleTable) -> Vec<&Column> {
    let mut key: Vec<_> = table.columns.iter().filter(|column| column.primary_key.is_some()).collect();
    key.sort_by_key(|column| column.primary_key);
    let told_apart = |column: &&Column| match &table.sight {
        Sight::Whole => true,
        Sight::Part(access) => {
            matches!(access.columns.get(&column.name), Some(ColumnAccess::Clear | ColumnAccess::Masked(Mask::Hash)))
        }
    };
    if key.iter().all(told_apart) { key } else { Vec::new() }
}
