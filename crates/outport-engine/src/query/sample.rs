//! Which of some rows exist for someone, by the very table that hides them from queries.

use std::{collections::BTreeMap, sync::Arc};

use datafusion::{
    arrow::{
        array::{ArrayRef, AsArray, Int64Array, RecordBatch},
        datatypes::{DataType, Field, Int64Type, Schema},
        error::ArrowError,
    },
    datasource::MemTable,
    error::DataFusionError,
    prelude::SessionContext,
};
use outport_app::engine::EngineError;
use outport_model::{
    access::{ColumnAccess, RowAccess, TableAccess},
    contract::TableSchema,
};
use serde_json::{Map, Value};

use super::{error, mask::MaskKey, secured::SecuredTable};
use crate::source;

/// For each row, in the shape of a table's contract, whether it exists.
///
/// # Errors
/// Where a value is none of its column's type, or the rule does not fit the table.
pub(crate) async fn exist(
    context: &SessionContext,
    key: &MaskKey,
    table: &TableSchema,
    rows: &[Map<String, Value>],
    access: &RowAccess,
) -> Result<Vec<bool>, EngineError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let mut number = "row".to_owned();
    while table.column(&number).is_some() {
        number.push('_');
    }
    let stored = numbered(&source::sample(table, rows)?, &number).map_err(|error| failed(&error))?;
    let access = TableAccess {
        columns: BTreeMap::from([(number, ColumnAccess::Clear)]),
        rows: access.clone(),
        minimum_group: None,
        agreement: None,
    };
    let secured = SecuredTable::over(&table.name, Arc::new(stored), &access, key)?;
    let frame = context.read_table(Arc::new(secured)).map_err(|error| failed(&error))?;
    let found = Box::pin(frame.collect()).await.map_err(|error| failed(&error))?;
    let mut exist = vec![false; rows.len()];
    for number in found.iter().flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().values().iter()) {
        if let Some(exists) = usize::try_from(*number).ok().and_then(|number| exist.get_mut(number)) {
            *exists = true;
        }
    }
    Ok(exist)
}

/// The rows as a table, numbered from 0 in a column of this name.
fn numbered(rows: &RecordBatch, name: &str) -> Result<MemTable, DataFusionError> {
    let count = i64::try_from(rows.num_rows()).map_err(|error| ArrowError::ComputeError(error.to_string()))?;
    let mut fields: Vec<_> = rows.schema().fields().iter().cloned().collect();
    fields.push(Arc::new(Field::new(name, DataType::Int64, false)));
    let mut columns = rows.columns().to_vec();
    let numbers: ArrayRef = Arc::new((0..count).map(Some).collect::<Int64Array>());
    columns.push(numbers);
    let schema = Arc::new(Schema::new(fields));
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns)?;
    MemTable::try_new(schema, vec![vec![batch]])
}

fn failed(error: &DataFusionError) -> EngineError {
    error::broken_off(error, false)
}
