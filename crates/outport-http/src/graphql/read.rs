//! Reads root fields, and the relations of their rows.

use std::{
    collections::{BTreeMap, BTreeSet},
    pin::Pin,
    sync::{Arc, atomic::Ordering},
};

use arrow::{array::RecordBatch, datatypes::SchemaRef, error::ArrowError};
use async_graphql::{Error, SelectionField, Value, dynamic::ResolverContext};
use outport_app::engine::{Argument, Question};
use outport_model::{access::Comparison, audit::RequestId, release::ReleaseNumber};

use super::{
    Session, error, filter, schema,
    tables::{Relation, Table, Tables},
};
use crate::{
    problem::Problem,
    query::Gathered,
    rest::{
        cursor,
        page::{self, Rows},
        predicate::{Predicate, Sql},
    },
    rows::{self, Format},
};

/// A page of a table.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) rows: Vec<Arc<Row>>,
    /// The cursor of the next page.
    pub(super) next: Option<String>,
    pub(super) release: ReleaseNumber,
    pub(super) request: RequestId,
}

/// A row, with the rows that it names.
#[derive(Debug)]
pub(super) struct Row {
    /// By column.
    pub(super) values: BTreeMap<String, Value>,
    /// By what the document calls the field.
    pub(super) related: BTreeMap<String, Arc<Row>>,
}

/// What is selected of a table.
#[derive(Debug, Default)]
struct Selected<'a> {
    columns: BTreeSet<String>,
    /// Fields of relations, by what the document calls them.
    relations: BTreeMap<&'a str, Vec<SelectionField<'a>>>,
}

/// Reads a root field: one query, and one more for every relation that is selected.
pub(super) async fn root(context: &ResolverContext<'_>, tables: &Tables, place: usize) -> Result<Page, Error> {
    let session = context.data::<Arc<Session>>()?;
    let table = tables.get(place).ok_or_else(|| error(&Problem::internal()))?;
    let field = context.field();
    let nodes = field.selection_set().filter(|field| field.name() == "nodes" && included(field));
    let selected = select(table, nodes.flat_map(|node| node.selection_set().collect::<Vec<_>>()));
    let columns = columns(table, &selected, &[]);
    let parameters = filter::parameters(table, &context.args, columns);
    let page = parameters.and_then(|parameters| page::Page::new(&table.shape, parameters));
    session.asked.fetch_add(1, Ordering::Relaxed);
    let inquiry = session.doors.inquire(session.caller.clone(), format!("graphql {}", table.name));
    let page = match page {
        Ok(page) => page,
        Err(fault) => return Err(error(&inquiry.refuse(fault))),
    };
    let gathered = match inquiry.ask(page.question()).await {
        Ok(begun) => begun.gather().await.map_err(|problem| error(&problem))?,
        Err(problem) => return Err(error(&problem)),
    };
    let Rows { schema, batches, next } =
        page.close(&gathered.schema, &gathered.batches).map_err(|cause| unwritten(&cause, gathered.id))?;
    let rows = attach(session, tables, table, &selected, &schema, &batches).await?;
    let read = gathered.reads.get(&table.shape.product).and_then(|tables| tables.get(&table.shape.table));
    let release = read.map_or(table.release, |read| read.release);
    Ok(Page { rows, next, release, request: gathered.id })
}

/// Rows that are read; boxed, since reading them reads what they name in turn.
type Attached<'a> = Pin<Box<dyn Future<Output = Result<Vec<Arc<Row>>, Error>> + Send + 'a>>;

/// Makes rows of an answer, and reads what they name.
fn attach<'a>(
    session: &'a Session,
    tables: &'a Tables,
    table: &'a Table,
    selected: &'a Selected<'a>,
    schema: &'a SchemaRef,
    batches: &'a [RecordBatch],
) -> Attached<'a> {
    Box::pin(async move {
        let values = values(schema, batches)?.into_iter();
        let mut rows: Vec<Row> = values.map(|values| Row { values, related: BTreeMap::new() }).collect();
        for (key, fields) in &selected.relations {
            let Some(relation) = fields.first().and_then(|field| table.relation(field.name())) else { continue };
            let keys = keys(batches, &relation.columns)?;
            let related = related(session, tables, relation, fields, &keys).await?;
            for (row, key_of_row) in rows.iter_mut().zip(&keys) {
                if let Some(found) = related.get(&format!("{key_of_row:?}")) {
                    row.related.insert((*key).to_owned(), Arc::clone(found));
                }
            }
        }
        Ok(rows.into_iter().map(Arc::new).collect())
    })
}

/// The rows of another table that have one of these keys, all by one query.
async fn related(
    session: &Session,
    tables: &Tables,
    relation: &Relation,
    fields: &[SelectionField<'_>],
    keys: &[Vec<Argument>],
) -> Result<BTreeMap<String, Arc<Row>>, Error> {
    let Some(target) = tables.get(relation.target) else { return Ok(BTreeMap::new()) };
    let condition = having(&relation.target_columns, keys);
    if matches!(&condition, Predicate::AnyOf(_, values) if values.is_empty()) || condition == Predicate::Any(Vec::new())
    {
        return Ok(BTreeMap::new());
    }
    let selected = select(target, fields.iter().flat_map(|field| field.selection_set().collect::<Vec<_>>()));
    let columns = columns(target, &selected, &relation.target_columns);
    let mut sql = Sql::default();
    sql.words("SELECT ").names(columns.iter().map(String::as_str));
    sql.words(" FROM ").name(target.shape.product.as_str()).words(".").name(target.shape.table.as_str());
    sql.words(" WHERE ").condition(&condition);
    let (sql, arguments) = sql.finish();
    let inquiry = session.doors.inquire(session.caller.clone(), format!("graphql {}", target.name));
    let begun =
        inquiry.ask(Question { sql, arguments, ..Question::default() }).await.map_err(|problem| error(&problem))?;
    let Gathered { schema, batches, .. } = begun.gather().await.map_err(|problem| error(&problem))?;
    let rows = attach(session, tables, target, &selected, &schema, &batches).await?;
    let found = self::keys(&batches, &relation.target_columns)?;
    Ok(found.iter().map(|key| format!("{key:?}")).zip(rows).collect())
}

/// What a document selects of a table.
fn select<'a>(table: &Table, fields: impl Iterator<Item = SelectionField<'a>>) -> Selected<'a> {
    let mut selected = Selected::default();
    for field in fields.filter(included) {
        if let Some(column) = table.column(field.name()) {
            selected.columns.insert(column.name.clone());
        } else if let Some(relation) = table.relation(field.name()) {
            selected.columns.extend(relation.columns.iter().cloned());
            selected.relations.entry(field.alias().unwrap_or(field.name())).or_default().push(field);
        }
    }
    selected
}

/// The columns to read, in the table's order; where nothing is selected, what tells rows apart.
fn columns(table: &Table, selected: &Selected<'_>, further: &[String]) -> Vec<String> {
    let wanted = |name: &String| selected.columns.contains(name) || further.contains(name);
    let all = || table.shape.columns.iter().map(|column| &column.name);
    let columns: Vec<String> = all().filter(|name| wanted(name)).cloned().collect();
    if !columns.is_empty() {
        return columns;
    }
    let first = table.shape.key.iter().chain(all()).next();
    first.into_iter().cloned().collect()
}

/// Whether `@skip` and `@include` let a field be.
fn included(field: &SelectionField<'_>) -> bool {
    let Ok(directives) = field.directives() else { return true };
    let set = |name: &str| {
        let directive = directives.iter().find(|directive| directive.name.node == name)?;
        let (_, value) = directive.arguments.iter().find(|(name, _)| name.node == "if")?;
        match value.node {
            Value::Boolean(set) => Some(set),
            _ => None,
        }
    };
    set("skip") != Some(true) && set("include") != Some(false)
}

/// The rows that have one of these keys. What is missing names nothing.
fn having(columns: &[String], keys: &[Vec<Argument>]) -> Predicate {
    let mut seen = BTreeSet::new();
    let whole = keys.iter().filter(|key| !key.contains(&Argument::Null));
    let distinct: Vec<&Vec<Argument>> = whole.filter(|key| seen.insert(format!("{key:?}"))).collect();
    if let [column] = columns {
        return Predicate::AnyOf(column.clone(), distinct.into_iter().flatten().cloned().collect());
    }
    let any = distinct.into_iter().map(|key| {
        let parts = columns.iter().zip(key);
        Predicate::All(
            parts.map(|(column, value)| Predicate::Compare(column.clone(), Comparison::Equal, value.clone())).collect(),
        )
    });
    Predicate::Any(any.collect())
}

/// What every row has in these columns.
fn keys(batches: &[RecordBatch], columns: &[String]) -> Result<Vec<Vec<Argument>>, Error> {
    let mut keys = Vec::new();
    let mut read = || {
        for batch in batches {
            let places: Vec<usize> =
                columns.iter().map(|name| batch.schema_ref().index_of(name)).collect::<Result<_, _>>()?;
            for row in 0..batch.num_rows() {
                keys.push(
                    places.iter().map(|place| cursor::value(batch.column(*place), row)).collect::<Result<_, _>>()?,
                );
            }
        }
        Ok::<_, ArrowError>(())
    };
    read().map_err(|cause| unread(&cause))?;
    Ok(keys)
}

fn values(schema: &SchemaRef, batches: &[RecordBatch]) -> Result<Vec<BTreeMap<String, Value>>, Error> {
    let mut encoder = rows::encoder(Format::Ndjson, schema).map_err(|problem| error(&problem))?;
    let body = rows::whole(encoder.as_mut(), batches).map_err(|problem| error(&problem))?;
    let lines = body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let rows = lines.map(|line| serde_json::from_slice(line).map(schema::values));
    rows.collect::<Result<_, _>>().map_err(|cause| {
        tracing::error!(error = %cause, "rows could not be written");
        error(&Problem::internal())
    })
}

fn unread(cause: &ArrowError) -> Error {
    tracing::error!(error = %cause, "keys could not be read");
    error(&Problem::internal())
}

fn unwritten(cause: &ArrowError, id: RequestId) -> Error {
    tracing::error!(error = %cause, request = %id, "a page could not be closed");
    error(&Problem::internal().with_request(id))
}
