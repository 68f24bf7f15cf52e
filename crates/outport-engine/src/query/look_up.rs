//! One row by its key, without planning a query.
//!
//! Only of tables in memory, by keys that the contract names and that the asker sees as they are. Everything else takes
//! the way of a query, and so does whatever goes wrong here: that way says what.

use std::collections::{BTreeMap, BTreeSet};

use datafusion::{
    arrow::{
        array::{ArrayRef, RecordBatch},
        datatypes::{DataType, Schema},
    },
    execution::SessionState,
    scalar::ScalarValue,
};
use futures::stream;
use outport_app::engine::{Answer, Argument, LookUp, Reads, View, VisibleTable};
use outport_model::access::{ColumnAccess, TableAccess};

use super::{
    Stock,
    catalog::{dotted, key_of, restriction},
    lens::Lens,
    mask::MaskKey,
    parameter::convert,
    secured::SecuredTable,
    tables::InMemory,
};

/// The row with a key, as the asker sees it; `None` where a query is to be asked for it.
pub(crate) async fn look_up(stock: &Stock, wanted: &LookUp, view: &View) -> Option<Answer> {
    let visible = view.products.get(&wanted.product)?.tables.get(&wanted.table)?;
    if visible.live.is_some() {
        return None;
    }
    let table = stock.tables.open(&visible.released.version, key_of(visible)).await.ok()?;
    found(table.memory()?.as_ref(), wanted, visible, &stock.key, stock.tables.base())
}

fn found(
    memory: &InMemory,
    wanted: &LookUp,
    visible: &VisibleTable,
    mask_key: &MaskKey,
    state: &SessionState,
) -> Option<Answer> {
    let rows = memory.with_key(&key(memory.schema(), wanted, visible)?)?;
    let shown = match restriction(&visible.sight, memory.schema()) {
        None => rows.project(&places(memory.schema(), &wanted.columns)?).ok()?,
        Some(access) => {
            if access.minimum_group.is_some() || !sees_key(access, wanted) {
                return None;
            }
            let name = dotted(&wanted.product, &wanted.table);
            let lens = memory.lens(access, || {
                let table = SecuredTable::over(&name, memory.provider(), access, mask_key).ok()?;
                Lens::of(&table, state).ok()?
            })?;
            lens.show(&rows, &places(lens.schema(), &wanted.columns)?).ok()?
        }
    };
    Some(answer(wanted, shown.slice(0, shown.num_rows().min(1))))
}

/// The values of the key, where those that are given are of all its columns and in its order.
fn key(stored: &Schema, wanted: &LookUp, visible: &VisibleTable) -> Option<Vec<ArrayRef>> {
    let names = key_of(visible);
    if names.len() != wanted.key.len() {
        return None;
    }
    let value = |(name, (given, argument)): (&String, &(String, Argument))| {
        let field = stored.field_with_name(name).ok().filter(|_| name == given)?;
        exactly(argument, field.data_type())?.to_array().ok()
    };
    names.iter().zip(&wanted.key).map(value).collect()
}

/// A value in a column's own type; `None` where the column has no such value, or where it is missing.
fn exactly(argument: &Argument, data_type: &DataType) -> Option<ScalarValue> {
    let value = convert(argument, Some(data_type))?;
    let same = value.cast_to(data_type).ok()?;
    (!same.is_null() && same.cast_to(&value.data_type()).ok()? == value).then_some(same)
}

fn sees_key(access: &TableAccess, wanted: &LookUp) -> bool {
    wanted.key.iter().all(|(name, _)| access.columns.get(name) == Some(&ColumnAccess::Clear))
}

fn places(schema: &Schema, columns: &[String]) -> Option<Vec<usize>> {
    columns.iter().map(|name| schema.index_of(name).ok()).collect()
}

fn answer(wanted: &LookUp, row: RecordBatch) -> Answer {
    let columns: BTreeSet<String> =
        wanted.columns.iter().chain(wanted.key.iter().map(|(name, _)| name)).cloned().collect();
    let reads: Reads = BTreeMap::from([(wanted.product.clone(), BTreeMap::from([(wanted.table.clone(), columns)]))]);
    Answer { schema: row.schema(), reads, batches: Box::pin(stream::iter([Ok(row)])) }
}

#[cfg(test)]
mod tests;
