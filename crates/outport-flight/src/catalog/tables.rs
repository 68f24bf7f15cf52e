//! Products and their tables.

use std::{collections::BTreeMap, sync::Arc};

use arrow::{
    array::{AsArray, RecordBatch},
    datatypes::{DataType, Field, Fields, Schema, SchemaRef, TimeUnit},
};
use arrow_flight::sql::{CommandGetDbSchemas, CommandGetTables};
use outport_app::{
    engine::{Question, Sight, View, VisibleTable},
    gate::{Caller, Gate, GateError},
};
use outport_model::{
    contract::DataType as ContractType,
    name::{ProductName, TableName},
};

use super::internal;
use crate::shape;

/// What every table is.
pub(super) const TABLE: &str = "TABLE";

/// Products of which something may be read, as schemas.
pub(super) fn schemas(workspace: &str, view: &View, command: CommandGetDbSchemas) -> Result<RecordBatch, GateError> {
    let mut builder = command.into_builder();
    for product in view.products.keys() {
        builder.append(workspace, product.sql());
    }
    builder.build().map_err(internal)
}

/// Every table that may be read.
pub(super) fn visible(view: &View) -> impl Iterator<Item = (&ProductName, &TableName, &VisibleTable)> {
    view.products
        .iter()
        .flat_map(|(product, visible)| visible.tables.iter().map(move |(name, table)| (product, name, table)))
}

/// Schemas of tables by their names in SQL.
type Schemas = BTreeMap<(String, String), SchemaRef>;

/// Tables that may be read and, where that is wanted, their columns.
pub(super) async fn tables(
    gate: &Gate,
    caller: &Caller,
    view: &View,
    command: CommandGetTables,
) -> Result<RecordBatch, GateError> {
    let names_alone = CommandGetTables { include_schema: false, ..command.clone() };
    let named = rows(gate, view, names_alone, &Schemas::new())?;
    if !command.include_schema {
        return Ok(named);
    }
    // Only what the filters leave is planned.
    let (products, names) = (named.column(1).as_string::<i32>(), named.column(2).as_string::<i32>());
    let wanted: Vec<_> = products.iter().flatten().zip(names.iter().flatten()).collect();
    let mut schemas = Schemas::new();
    for (product, name, table) in visible(view) {
        let (product, name) = (product.sql(), name.sql());
        if wanted.contains(&(product.as_str(), name.as_str())) {
            let schema = schema(gate, caller, &product, &name, table).await?;
            schemas.insert((product, name), schema);
        }
    }
    rows(gate, view, command, &schemas)
}

fn rows(gate: &Gate, view: &View, command: CommandGetTables, schemas: &Schemas) -> Result<RecordBatch, GateError> {
    let mut builder = command.into_builder();
    let unknown = Arc::new(Schema::empty());
    for (product, name, _) in visible(view) {
        let key = (product.sql(), name.sql());
        let schema = schemas.get(&key).unwrap_or(&unknown);
        builder.append(gate.app().workspace.as_str(), &key.0, &key.1, TABLE, schema).map_err(internal)?;
    }
    builder.build().map_err(internal)
}

/// The columns of a table as a query over all of it would have them. Where there is no such query, because its rows may
/// only be seen in groups, they are what the contract says of those that may be read.
async fn schema(
    gate: &Gate,
    caller: &Caller,
    product: &str,
    name: &str,
    table: &VisibleTable,
) -> Result<SchemaRef, GateError> {
    let question = Question::new(format!("SELECT * FROM \"{product}\".\"{name}\""));
    match gate.prospect(caller, &question).await {
        Ok(prospect) => Ok(shape::plain(&prospect.schema)),
        // Whoever waits in vain for their turn at one table would wait as long at each.
        Err(error) if error.limit().is_some() => Err(error),
        Err(error) => {
            tracing::debug!(%error, %product, table = %name, "the columns are taken from the contract");
            Ok(Arc::new(promised(table)))
        }
    }
}

fn promised(table: &VisibleTable) -> Schema {
    let seen = |name: &str| match &table.sight {
        Sight::Whole => true,
        Sight::Part(access) => access.columns.contains_key(name),
    };
    let columns = table.columns.iter().filter(|column| seen(&column.name));
    Schema::new(columns.map(|column| Field::new(&column.name, arrow_type(&column.data_type), true)).collect::<Vec<_>>())
}

/// The Arrow type in which values of a contract's type are sent.
fn arrow_type(data_type: &ContractType) -> DataType {
    let field = |name: &str, data_type: &ContractType| Field::new(name, arrow_type(data_type), true);
    match data_type {
        ContractType::String | ContractType::Time => DataType::Utf8,
        ContractType::Boolean => DataType::Boolean,
        ContractType::Integer { bits: 8, signed: true } => DataType::Int8,
        ContractType::Integer { bits: 16, signed: true } | ContractType::Integer { bits: 8, .. } => DataType::Int16,
        ContractType::Integer { bits: 32, signed: true } | ContractType::Integer { bits: 16, .. } => DataType::Int32,
        ContractType::Integer { bits: 64, signed: true } | ContractType::Integer { bits: 32, .. } => DataType::Int64,
        ContractType::Integer { .. } => DataType::Decimal128(20, 0),
        ContractType::Float { bits: 32 } => DataType::Float32,
        ContractType::Float { .. } => DataType::Float64,
        ContractType::Decimal { precision, scale } => DataType::Decimal128(*precision, *scale),
        ContractType::Date => DataType::Date32,
        ContractType::Timestamp { zoned } => DataType::Timestamp(TimeUnit::Microsecond, zoned.then(|| "UTC".into())),
        ContractType::Binary => DataType::Binary,
        ContractType::List(item) => DataType::List(Arc::new(field("element", item))),
        ContractType::Struct(fields) => {
            DataType::Struct(fields.iter().map(|f| field(&f.name, &f.data_type)).collect::<Fields>())
        }
        ContractType::Map(key, value) => {
            let entries = Fields::from(vec![field("key", key).with_nullable(false), field("value", value)]);
            DataType::Map(Arc::new(Field::new("key_value", DataType::Struct(entries), false)), false)
        }
    }
}
