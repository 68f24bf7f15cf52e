//! Rows by their key, without planning a query, or without planning it to its end.
//!
//! Only of tables in memory, by keys that the contract names and that the asker sees as they are. Everything else takes
//! the way of a query, and so does whatever goes wrong here: that way says what.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use datafusion::{
    arrow::{
        array::{ArrayRef, RecordBatch, RecordBatchOptions},
        datatypes::{DataType, Schema},
    },
    datasource::source_as_provider,
    execution::SessionState,
    logical_expr::{Expr, FetchType, Limit, LogicalPlan, SkipType, TableScan, utils::split_conjunction_owned},
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
    tables::{InMemory, Rows},
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

/// The rows of a query that asks for columns of one table by its key, and for nothing else; `None` where it asks for anything
/// else. The plan is analysed and not optimised.
pub(super) fn by_key(plan: &LogicalPlan, state: &SessionState) -> Option<RecordBatch> {
    let (shown, most) = match plan {
        LogicalPlan::Limit(limit) => (limit.input.as_ref(), most(limit)?),
        shown => (shown, usize::MAX),
    };
    let LogicalPlan::Projection(shown) = shown else { return None };
    let LogicalPlan::Filter(filter) = shown.input.as_ref() else { return None };
    let names = shown.expr.iter().map(column).collect::<Option<Vec<String>>>()?;
    let rows = with_keys(scan(&filter.input)?, &split_conjunction_owned(filter.predicate.clone()), &names, state)?;
    let rows = rows.slice(0, rows.num_rows().min(most));
    let options = RecordBatchOptions::new().with_row_count(Some(rows.num_rows()));
    let schema = Arc::new(plan.schema().as_arrow().clone());
    RecordBatch::try_new_with_options(schema, rows.columns().to_vec(), &options).ok()
}

/// The columns of the rows of a table that meet these conditions, as the asker sees them.
fn with_keys(scan: &TableScan, conditions: &[Expr], names: &[String], state: &SessionState) -> Option<RecordBatch> {
    let provider = source_as_provider(&scan.source).ok()?;
    let Some(table) = provider.downcast_ref::<SecuredTable>() else {
        let rows = provider.downcast_ref::<Rows>()?.with_keys(conditions)?;
        let places = places(&rows.schema(), names)?;
        return rows.project(&places).ok();
    };
    let (memory, access) = table.memory()?;
    // What is not safe tells of values that are masked.
    if table.minimum_group().is_some() || !conditions.iter().all(|condition| table.is_safe(condition)) {
        return None;
    }
    let rows = memory.rows().with_keys(conditions)?;
    let lens = memory.lens(access, || Lens::of(table, state).ok()?)?;
    lens.show(&rows, &places(lens.schema(), names)?).ok()
}

/// How many rows there may be, where none are left out before them.
fn most(limit: &Limit) -> Option<usize> {
    match (limit.get_skip_type().ok()?, limit.get_fetch_type().ok()?) {
        (SkipType::Literal(0), FetchType::Literal(most)) => Some(most.unwrap_or(usize::MAX)),
        _ => None,
    }
}

/// The name of a column that is shown as it is, whatever it is called in the answer.
fn column(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Column(column) => Some(column.name.clone()),
        Expr::Alias(alias) => column(&alias.expr),
        _ => None,
    }
}

/// The scan of a whole table.
fn scan(plan: &LogicalPlan) -> Option<&TableScan> {
    match plan {
        LogicalPlan::SubqueryAlias(alias) => scan(&alias.input),
        LogicalPlan::TableScan(scan) => {
            (scan.projection.is_none() && scan.filters.is_empty() && scan.fetch.is_none()).then_some(scan)
        }
        _ => None,
    }
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
