//! What someone sees of the released tables, without a row: names, types and descriptions.

use std::collections::BTreeMap;

use arrow::datatypes::{DataType, Field, SchemaRef, TimeUnit};
use outport_app::{
    engine::{Question, Sight, View, VisibleTable},
    gate::{Caller, Gate},
};
use outport_model::{access::ColumnAccess, contract};

use crate::failure::Failure;

/// All of it, by schema (a product) and table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Shape {
    pub(crate) schemas: BTreeMap<String, SchemaShape>,
}

/// A product.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct SchemaShape {
    pub(crate) id: i32,
    pub(crate) description: Option<String>,
    pub(crate) tables: BTreeMap<String, TableShape>,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TableShape {
    pub(crate) id: i32,
    pub(crate) description: Option<String>,
    pub(crate) columns: Vec<ColumnShape>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ColumnShape {
    pub(crate) name: String,
    pub(crate) data_type: DataType,
    pub(crate) nullable: bool,
    pub(crate) description: Option<String>,
    pub(crate) primary_key: Option<u32>,
}

/// Ids below this one belong to PostgreSQL's own things.
const FIRST_ID: u32 = 16_384;

impl Shape {
    /// What a view shows.
    pub(crate) async fn of(gate: &Gate, caller: &Caller, view: &View) -> Result<Self, Failure> {
        let mut ids = Ids::default();
        let mut schemas = BTreeMap::new();
        for (product, visible) in &view.products {
            let schema = product.sql();
            let mut tables = BTreeMap::new();
            for (table, visible) in &visible.tables {
                let table = table.sql();
                let columns = match columns(visible) {
                    columns if columns.is_empty() => planned(gate, caller, &schema, &table).await?,
                    columns => columns,
                };
                let id = ids.of(&format!("{schema}.{table}"));
                tables.insert(table, TableShape { id, description: visible.description.clone(), columns });
            }
            let id = ids.of(&schema);
            schemas.insert(schema, SchemaShape { id, description: visible.purpose.clone(), tables });
        }
        Ok(Self { schemas })
    }

    /// Every table with its schema's name and its own.
    pub(crate) fn tables(&self) -> impl Iterator<Item = (&str, &SchemaShape, &str, &TableShape)> {
        self.schemas.iter().flat_map(|(name, schema)| {
            schema.tables.iter().map(move |(table, shape)| (name.as_str(), schema, table.as_str(), shape))
        })
    }
}

/// The columns that a contract describes and that the asker sees. A key of which something is hidden or masked is none.
fn columns(table: &VisibleTable) -> Vec<ColumnShape> {
    let access = |column: &contract::Column| match &table.sight {
        Sight::Whole => Some(false),
        Sight::Part(access) => access.columns.get(&column.name).map(|seen| matches!(seen, ColumnAccess::Masked(_))),
    };
    let mut key = table.columns.iter().filter(|column| column.primary_key.is_some());
    let keyed = key.all(|column| access(column) == Some(false));
    let seen = table.columns.iter().filter_map(|column| {
        let masked = access(column)?;
        Some(ColumnShape {
            name: column.name.clone(),
            data_type: to_arrow(&column.data_type),
            // A mask may leave nothing of a value.
            nullable: column.nullable || masked,
            description: column.description.clone(),
            primary_key: column.primary_key.filter(|_| keyed),
        })
    });
    seen.collect()
}

/// The Arrow type of what answers have for a contract type. What is inside of a struct or map does not matter: it is
/// shown as JSON.
fn to_arrow(data_type: &contract::DataType) -> DataType {
    match data_type {
        contract::DataType::String | contract::DataType::Time => DataType::Utf8,
        contract::DataType::Boolean => DataType::Boolean,
        contract::DataType::Integer { bits: 8, signed: true } => DataType::Int8,
        contract::DataType::Integer { bits: 16, signed: true } | contract::DataType::Integer { bits: 8, .. } => {
            DataType::Int16
        }
        contract::DataType::Integer { bits: 32, signed: true } | contract::DataType::Integer { bits: 16, .. } => {
            DataType::Int32
        }
        contract::DataType::Integer { bits: 64, signed: true } | contract::DataType::Integer { bits: 32, .. } => {
            DataType::Int64
        }
        contract::DataType::Integer { .. } => DataType::Decimal128(20, 0),
        contract::DataType::Float { bits: 32 } => DataType::Float32,
        contract::DataType::Float { .. } => DataType::Float64,
        contract::DataType::Decimal { precision, scale } => DataType::Decimal128(*precision, *scale),
        contract::DataType::Date => DataType::Date32,
        contract::DataType::Timestamp { zoned } => {
            DataType::Timestamp(TimeUnit::Microsecond, zoned.then(|| "UTC".into()))
        }
        contract::DataType::Binary => DataType::Binary,
        contract::DataType::List(item) => {
            DataType::List(std::sync::Arc::new(Field::new("element", to_arrow(item), true)))
        }
        contract::DataType::Struct(_) | contract::DataType::Map(..) => {
            DataType::Struct(arrow::datatypes::Fields::empty())
        }
    }
}

/// The columns of a table that no contract describes: those that a query of it would give.
async fn planned(gate: &Gate, caller: &Caller, schema: &str, table: &str) -> Result<Vec<ColumnShape>, Failure> {
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let question = Question::new(format!("SELECT * FROM {}.{}", quoted(schema), quoted(table)));
    let schema: SchemaRef = gate.prospect(caller, &question).await.map_err(Failure::gate)?.schema;
    let column = |field: &std::sync::Arc<arrow::datatypes::Field>| ColumnShape {
        name: field.name().clone(),
        data_type: field.data_type().clone(),
        nullable: field.is_nullable(),
        description: None,
        primary_key: None,
    };
    Ok(schema.fields().iter().map(column).collect())
}

/// Ids that names have: the same in every connection, so that clients that pool connections find what they remember.
#[derive(Default)]
struct Ids(std::collections::BTreeSet<u32>);

impl Ids {
    fn of(&mut self, name: &str) -> i32 {
        let mut id = hash(name);
        while !self.0.insert(id) {
            id = FIRST_ID + (id - FIRST_ID + 1) % (1 << 30);
        }
        i32::try_from(id).unwrap_or(i32::MAX)
    }
}

/// The id of a name: FNV-1a, brought into the range of ids.
pub(crate) fn hash(name: &str) -> u32 {
    let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    FIRST_ID + hash % (1 << 30)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_of_names_and_differ() {
        let mut ids = Ids::default();
        let (a, again) = (ids.of("sales.orders"), Ids::default().of("sales.orders"));
        assert_eq!(a, again);
        assert!(a >= 16_384);
        assert_eq!(ids.of("sales.orders"), a + 1, "the same name once more");
    }
}
