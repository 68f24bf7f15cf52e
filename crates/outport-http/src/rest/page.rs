//! A page of a table: by the values of the last row, so that the thousandth page costs no more than the first.
//!
//! The order that is asked for is completed by the key, or, where the caller sees none, by every column that can be
//! compared. Rows that are then still alike are the same for the caller, and are counted.

use std::{fmt::Write, sync::Arc};

use arrow::{array::RecordBatch, datatypes::SchemaRef, error::ArrowError};
use outport_app::engine::{Argument, Question};
use outport_model::{
    access::Comparison,
    name::{ProductName, TableName},
};

use super::{
    cursor::{Cursor, same, value},
    fault::Fault,
    parameters::{Order, Parameters},
    predicate::{Predicate, Sql},
    shape::Shape,
};

/// What one page is made of.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    product: ProductName,
    table: TableName,
    select: Vec<String>,
    filters: Vec<Predicate>,
    order: Vec<Order>,
    limit: usize,
    cursor: Option<Cursor>,
    /// Tells apart what cursors are good for.
    question: String,
}

/// A page that was read.
#[derive(Debug)]
pub(crate) struct Rows {
    /// The columns that were asked for.
    pub(crate) schema: SchemaRef,
    /// The rows.
    pub(crate) batches: Vec<RecordBatch>,
    /// The cursor of the next page; `None` where this is the last one.
    pub(crate) next: Option<String>,
}

impl Page {
    /// The page that an address asks for.
    pub(crate) fn new(shape: &Shape, parameters: Parameters) -> Result<Self, Fault> {
        let Parameters { select, filters, order, limit, cursor, .. } = parameters;
        let order = complete(shape, order);
        let question = fingerprint(shape, &filters, &order);
        let cursor = cursor.map(|text| Cursor::decode(&text, &question, order.len())).transpose()?;
        let (product, table) = (shape.product.clone(), shape.table.clone());
        Ok(Self { product, table, select, filters, order, limit, cursor, question })
    }

    /// The query: the columns that are asked for, those of the order, and one row more than the page has.
    pub(crate) fn question(&self) -> Question {
        let mut sql = Sql::default();
        let unselected = self.order.iter().map(|order| &order.column).filter(|column| !self.select.contains(column));
        sql.words("SELECT ").names(self.select.iter().chain(unselected).map(String::as_str));
        sql.words(" FROM ").name(self.product.as_str()).words(".").name(self.table.as_str());
        let condition = self.condition();
        if condition != Predicate::All(Vec::new()) {
            sql.words(" WHERE ").condition(&condition);
        }
        for (index, order) in self.order.iter().enumerate() {
            sql.words(if index == 0 { " ORDER BY " } else { ", " }).name(&order.column);
            sql.words(if order.descending { " DESC" } else { " ASC" });
            sql.words(if order.nulls_first { " NULLS FIRST" } else { " NULLS LAST" });
        }
        sql.words(" LIMIT ").number(self.limit + 1);
        if let Some(skip) = self.cursor.as_ref().map(|cursor| cursor.skip).filter(|skip| *skip > 0) {
            sql.words(" OFFSET ").number(skip);
        }
        let (sql, arguments) = sql.finish();
        Question { sql, arguments, ..Question::default() }
    }

    fn condition(&self) -> Predicate {
        let mut all = self.filters.clone();
        if let Some(cursor) = self.cursor.as_ref().filter(|cursor| !cursor.values.is_empty()) {
            all.push(from_here(&self.order, &cursor.values));
        }
        Predicate::All(all)
    }

    /// What of the answer to [`Page::question`] is shown, and where the next page begins.
    pub(crate) fn close(&self, schema: &SchemaRef, batches: &[RecordBatch]) -> Result<Rows, ArrowError> {
        let rows = arrow::compute::concat_batches(schema, batches)?;
        let shown = rows.slice(0, rows.num_rows().min(self.limit));
        let next = if rows.num_rows() > self.limit { Some(self.next(&shown)?.encode(&self.question)) } else { None };
        let selected: Vec<usize> = (0..self.select.len()).collect();
        let shown = shown.project(&selected)?;
        Ok(Rows { schema: Arc::clone(shown.schema_ref()), batches: vec![shown], next })
    }

    /// Where a page that has rows ends.
    fn next(&self, shown: &RecordBatch) -> Result<Cursor, ArrowError> {
        let places = self.order.iter().map(|order| shown.schema_ref().index_of(&order.column));
        let places: Vec<usize> = places.collect::<Result<_, _>>()?;
        let at = |row| places.iter().map(|place| value(shown.column(*place), row)).collect::<Result<Vec<_>, _>>();
        let last = shown.num_rows() - 1;
        let values = at(last)?;
        let mut skip = 1;
        while skip <= last && same(&at(last - skip)?, &values) {
            skip += 1;
        }
        // Where the whole page is alike, those before it were perhaps alike too.
        if let Some(before) = self.cursor.as_ref().filter(|before| skip > last && same(&before.values, &values)) {
            skip += before.skip;
        }
        Ok(Cursor { values, skip })
    }
}

/// The order that is asked for, and then what makes it an order of single rows.
fn complete(shape: &Shape, mut order: Vec<Order>) -> Vec<Order> {
    let key = shape.key.iter().map(String::as_str);
    let comparable = shape.columns.iter().filter(|column| column.is_comparable()).map(|column| column.name.as_str());
    let further: Vec<&str> = if shape.key.is_empty() { comparable.collect() } else { key.collect() };
    for column in further {
        if !order.iter().any(|order| order.column == column) {
            order.push(Order { column: column.to_owned(), descending: false, nulls_first: false });
        }
    }
    order
}

fn fingerprint(shape: &Shape, filters: &[Predicate], order: &[Order]) -> String {
    let mut text = String::new();
    let _ = write!(text, "{}.{} {filters:?} {order:?}", shape.product, shape.table);
    blake3::hash(text.as_bytes()).to_hex().chars().take(16).collect()
}

/// The rows that have just these values in the columns of the order, and those that come after them.
fn from_here(order: &[Order], values: &[Argument]) -> Predicate {
    let mut rest = Predicate::All(Vec::new());
    for (order, value) in order.iter().zip(values).rev() {
        let column = &order.column;
        let alike = match value {
            Argument::Null => Predicate::Missing(column.clone()),
            value => Predicate::Compare(column.clone(), Comparison::Equal, value.clone()),
        };
        let alike = match rest {
            Predicate::All(parts) if parts.is_empty() => alike,
            rest => Predicate::All(vec![alike, rest]),
        };
        let mut any = after(order, value);
        any.push(alike);
        rest = Predicate::Any(any);
    }
    rest
}

/// What comes after a value in the order of its column: any of these.
fn after(order: &Order, value: &Argument) -> Vec<Predicate> {
    let column = || order.column.clone();
    let comparison = if order.descending { Comparison::Less } else { Comparison::Greater };
    match (value, order.nulls_first) {
        (Argument::Null, true) => vec![Predicate::Present(column())],
        (Argument::Null, false) => Vec::new(),
        (value, true) => vec![Predicate::Compare(column(), comparison, value.clone())],
        (value, false) => {
            vec![Predicate::Compare(column(), comparison, value.clone()), Predicate::Missing(column())]
        }
    }
}

#[cfg(test)]
mod tests;
