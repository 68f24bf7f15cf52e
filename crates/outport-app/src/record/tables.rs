//! The tables of the record, and what of a request stands in which column.

use std::{borrow::Cow, sync::Arc};

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use outport_model::{
    audit::{RequestRecord, RequestResult, TableRead},
    name::{ProductName, TableName, WorkspaceName},
};

use super::rows;
use crate::{
    audit::{AuditError, AuditLog, Recorded},
    engine::{BatchStream, EngineError},
    live::{During, LiveTable, LiveTables, LiveTablesNow},
};

/// The column of both tables that says when a request came.
const AT: &str = "at";

/// The tables of one workspace.
#[derive(Debug)]
pub(super) struct RecordTables {
    workspace: WorkspaceName,
    log: Arc<dyn AuditLog>,
}

impl RecordTables {
    pub(super) fn new(workspace: WorkspaceName, log: Arc<dyn AuditLog>) -> Self {
        Self { workspace, log }
    }
}

#[async_trait]
impl LiveTables for RecordTables {
    async fn now(&self) -> Result<LiveTablesNow, EngineError> {
        let recorded = self.log.recorded().await.map_err(|error| unreadable(&error))?;
        let table = |kind: Kind| {
            let name = kind.name().parse::<TableName>().ok()?;
            let (workspace, recorded) = (self.workspace.clone(), Arc::clone(&recorded));
            Some((name, Arc::new(RecordTable { kind, workspace, recorded }) as Arc<dyn LiveTable>))
        };
        Ok(Kind::ALL.into_iter().filter_map(table).collect())
    }
}

/// The columns of a table of the record; `None` where it has no such table.
pub fn schema(table: &TableName) -> Option<SchemaRef> {
    Kind::ALL.into_iter().find(|kind| kind.name() == table.as_str()).map(Kind::schema)
}

/// The record cannot be read.
pub(super) fn unreadable(error: &AuditError) -> EngineError {
    let (AuditError::Read { location, source } | AuditError::Write { location, source }) = error;
    EngineError::Warehouse {
        location: location.clone(),
        action: "read the record of requests",
        reason: source.to_string(),
    }
}

/// One table, at one moment.
#[derive(Debug)]
struct RecordTable {
    kind: Kind,
    workspace: WorkspaceName,
    recorded: Arc<dyn Recorded>,
}

impl LiveTable for RecordTable {
    fn schema(&self) -> SchemaRef {
        self.kind.schema()
    }

    fn moment(&self) -> &str {
        AT
    }

    fn rows(&self, columns: &[usize], during: During) -> BatchStream {
        let columns = columns.iter().filter_map(|at| self.kind.columns().get(*at)).collect();
        rows::stream(self.recorded.read(during), self.kind, columns, self.workspace.clone(), during)
    }
}

/// Which table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A row for each request.
    Requests,
    /// A row for each column that a request read.
    Reads,
}

impl Kind {
    const ALL: [Self; 2] = [Self::Requests, Self::Reads];

    const fn name(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Reads => "reads",
        }
    }

    fn columns(self) -> &'static [Column] {
        match self {
            Self::Requests => &REQUESTS,
            Self::Reads => &READS,
        }
    }

    fn schema(self) -> SchemaRef {
        Arc::new(Schema::new(self.columns().iter().map(Column::field).collect::<Vec<_>>()))
    }

    /// The rows that a record makes.
    pub(super) fn rows(self, record: &RequestRecord) -> Vec<Row<'_>> {
        let alone = Row { record, part: None };
        match self {
            Self::Requests => vec![alone],
            Self::Reads => {
                let tables = record.reads.iter().flat_map(|(product, tables)| {
                    tables.iter().flat_map(move |(table, read)| {
                        let columns = read.columns.iter().map(|column| Some(column.as_str()));
                        // Of a table of which only the rows were counted there is one row all the same.
                        let none = read.columns.is_empty().then_some(None);
                        columns.chain(none).map(move |column| (product, table, read, column))
                    })
                });
                let part = |(number, (product, table, read, column))| Part { number, product, table, read, column };
                (1..).zip(tables).map(|numbered| Row { part: Some(part(numbered)), ..alone }).collect()
            }
        }
    }
}

/// What a row is made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'a> {
    record: &'a RequestRecord,
    /// Of `reads`.
    part: Option<Part<'a>>,
}

/// One column that was read.
#[derive(Debug, Clone, Copy)]
struct Part<'a> {
    number: u64,
    product: &'a ProductName,
    table: &'a TableName,
    read: &'a TableRead,
    column: Option<&'a str>,
}

/// A column: its name, whether it can be empty, and what stands in it.
#[derive(Debug)]
pub(super) struct Column {
    name: &'static str,
    required: bool,
    pub(super) value: Value,
}

/// What stands in a column.
#[derive(Debug, Clone, Copy)]
pub(super) enum Value {
    Text(for<'a> fn(Row<'a>) -> Option<Cow<'a, str>>),
    Number(for<'a> fn(Row<'a>) -> Option<u64>),
    Moment(for<'a> fn(Row<'a>) -> DateTime<Utc>),
}

impl Column {
    const fn required(name: &'static str, value: Value) -> Self {
        Self { name, required: true, value }
    }

    const fn optional(name: &'static str, value: Value) -> Self {
        Self { name, required: false, value }
    }

    pub(super) fn field(&self) -> Field {
        let data_type = match self.value {
            Value::Text(_) => DataType::Utf8,
            Value::Number(_) => DataType::Int64,
            Value::Moment(_) => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        };
        Field::new(self.name, data_type, !self.required)
    }
}

static REQUESTS: [Column; 16] = [
    Column::required("id", Value::Text(|row| Some(id(row)))),
    Column::required(AT, Value::Moment(|row| row.record.at)),
    Column::optional("principal", Value::Text(principal)),
    Column::optional("principal_kind", Value::Text(|row| Some(row.record.principal_kind?.as_str().into()))),
    Column::required("door", Value::Text(|row| Some(door(row)))),
    Column::optional("client", Value::Text(|row| row.record.client.as_deref().map(Cow::Borrowed))),
    Column::optional("purpose", Value::Text(purpose)),
    Column::optional("product", Value::Text(only_product)),
    Column::required("statement", Value::Text(|row| Some(row.record.request.as_str().into()))),
    Column::required("result", Value::Text(|row| Some(row.record.result.outcome().as_str().into()))),
    Column::optional("error", Value::Text(|row| row.record.error.as_deref().map(Cow::Borrowed))),
    Column::optional("reason", Value::Text(|row| reason(&row.record.result).map(Cow::Borrowed))),
    Column::required("rows", Value::Number(|row| Some(row.record.rows))),
    Column::required("bytes", Value::Number(|row| Some(row.record.bytes))),
    Column::required("microseconds", Value::Number(|row| Some(row.record.microseconds))),
    Column::required("times", Value::Number(|row| Some(row.record.times))),
];

static READS: [Column; 14] = [
    Column::required("request", Value::Text(|row| Some(id(row)))),
    Column::required("number", Value::Number(|row| Some(row.part?.number))),
    Column::required(AT, Value::Moment(|row| row.record.at)),
    Column::optional("principal", Value::Text(principal)),
    Column::required("door", Value::Text(|row| Some(door(row)))),
    Column::optional("purpose", Value::Text(purpose)),
    Column::required("product", Value::Text(|row| Some(row.part?.product.as_str().into()))),
    Column::optional("port", Value::Text(|row| Some(row.part?.read.port.as_ref()?.as_str().into()))),
    Column::optional("major", Value::Number(|row| row.part?.read.major)),
    Column::required("table_name", Value::Text(|row| Some(row.part?.table.as_str().into()))),
    Column::optional("column_name", Value::Text(|row| row.part?.column.map(Cow::Borrowed))),
    Column::required("release", Value::Number(|row| Some(row.part?.read.release.0))),
    Column::optional("agreement", Value::Text(|row| Some(row.part?.read.agreement?.to_string().into()))),
    Column::required("result", Value::Text(|row| Some(row.record.result.outcome().as_str().into()))),
];

fn id(row: Row<'_>) -> Cow<'_, str> {
    row.record.id.to_string().into()
}

fn principal(row: Row<'_>) -> Option<Cow<'_, str>> {
    row.record.principal.as_ref().map(|principal| principal.as_str().into())
}

fn door(row: Row<'_>) -> Cow<'_, str> {
    row.record.door.as_str().into()
}

fn purpose(row: Row<'_>) -> Option<Cow<'_, str>> {
    row.record.purpose.as_ref().map(|purpose| purpose.as_str().into())
}

/// The product that was read, where it is one.
fn only_product(row: Row<'_>) -> Option<Cow<'_, str>> {
    let mut products = row.record.reads.keys();
    let first = products.next()?;
    products.next().is_none().then(|| first.as_str().into())
}

fn reason(result: &RequestResult) -> Option<&str> {
    match result {
        RequestResult::Refused { reason } | RequestResult::Failed { reason } => Some(reason),
        RequestResult::Limited { limit } => Some(limit),
        RequestResult::Answered | RequestResult::Cancelled => None,
    }
}
