//! The answer to a query on its way out: counted, limited, and put on record when it ends.

use std::{
    collections::{BTreeMap, BTreeSet},
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use arrow::{datatypes::SchemaRef, record_batch::RecordBatch};
use futures::Stream;
use outport_model::{
    audit::{RequestId, RequestResult, TableRead},
    name::{ProductName, TableName},
};
use tokio::time::Instant;
use tracing::Span;

use super::{
    error::GateError,
    limit::{Limit, Limits, Permit},
    request::Request,
};
use crate::engine::{Answer, BatchStream, Reads, Sight, View};

/// What an answer is made of.
pub(super) struct Parts {
    pub(super) permit: Permit,
    pub(super) view: Arc<View>,
    pub(super) answer: Answer,
    pub(super) deadline: Instant,
}

/// The answer to a query.
#[derive(Debug)]
pub struct Answered {
    /// The request, as it is on record.
    pub id: RequestId,
    /// The columns.
    pub schema: SchemaRef,
    /// What is read, with releases and agreements.
    pub reads: BTreeMap<ProductName, BTreeMap<TableName, TableRead>>,
    /// What the caller might see of that when it began.
    pub right: Right,
    /// The rows. The request is on record when it ends or is dropped.
    pub batches: RowStream,
}

/// What an answer rests on. Whoever takes an answer in steps asks [`Gate::confirm`](super::Gate::confirm) before each.
#[derive(Debug, Clone)]
pub struct Right {
    pub(super) view: Arc<View>,
    pub(super) tables: Vec<(ProductName, TableName)>,
}

impl Answered {
    pub(super) fn new(mut request: Request, parts: Parts, limits: &Limits) -> Self {
        let Parts { permit, view, answer, deadline } = parts;
        let tables = answer.reads.iter().flat_map(|(product, tables)| tables.keys().map(move |table| (product, table)));
        let tables = tables.map(|(product, table)| (product.clone(), table.clone())).collect();
        let right = Right { view: Arc::clone(&view), tables };
        let reads = reads_of(&view, &answer.reads);
        request.reads(reads.clone());
        let id = request.id();
        let span = tracing::debug_span!(parent: request.span(), "answer");
        let batches = RowStream {
            batches: Some(answer.batches),
            span,
            deadline: Box::pin(tokio::time::sleep_until(deadline)),
            limits: limits.clone(),
            request,
            _permit: permit,
        };
        Self { id, schema: answer.schema, reads, right, batches }
    }
}

/// The rows of an answer.
pub struct RowStream {
    /// Gone once it has ended.
    batches: Option<BatchStream>,
    /// What is traced of it: from the plan to the last row.
    span: Span,
    deadline: Pin<Box<tokio::time::Sleep>>,
    limits: Limits,
    request: Request,
    _permit: Permit,
}

impl std::fmt::Debug for RowStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RowStream").field("request", &self.request.id()).finish_non_exhaustive()
    }
}

impl RowStream {
    /// Wants no more rows: the query is stopped, and the request is on record as answered.
    pub fn enough(&mut self) {
        self.batches = None;
        self.request.end(RequestResult::Answered);
    }

    fn stop(&mut self, error: GateError) -> Poll<Option<Result<RecordBatch, GateError>>> {
        self.batches = None;
        self.request.fail_in_place(&error);
        Poll::Ready(Some(Err(error)))
    }

    fn count(&mut self, batch: &RecordBatch) -> Result<(), GateError> {
        let (rows, bytes) = self.request.counted();
        let (more, size) = (batch.num_rows() as u64, size(batch));
        if rows + more > self.limits.rows {
            return Err(GateError::Limited { limit: Limit::Rows, value: self.limits.rows });
        }
        if bytes + size > self.limits.bytes {
            return Err(GateError::Limited { limit: Limit::Bytes, value: self.limits.bytes });
        }
        self.request.count(more, size);
        Ok(())
    }
}

/// What is read through a view, as it goes on record: with releases and agreements.
pub(super) fn reads_of(view: &View, reads: &Reads) -> BTreeMap<ProductName, BTreeMap<TableName, TableRead>> {
    let of_product = |(product, tables): (&ProductName, &BTreeMap<TableName, BTreeSet<String>>)| {
        let visible = view.products.get(product);
        let tables = tables.iter().filter_map(|(table, columns)| {
            let visible = visible?;
            let (release, seen) = (visible.release, visible.tables.get(table)?);
            let agreement = match &seen.sight {
                Sight::Part(access) => access.agreement,
                Sight::Whole => None,
            };
            let (port, major) = (seen.port.clone(), seen.released.major);
            Some((table.clone(), TableRead { port, major, release, columns: columns.clone(), agreement }))
        });
        (product.clone(), tables.collect())
    };
    reads.iter().map(of_product).collect()
}

/// Bytes of the rows alone: a batch can be a small slice of large buffers.
pub(super) fn size(batch: &RecordBatch) -> u64 {
    let columns = batch.columns().iter();
    columns.map(|column| column.to_data().get_slice_memory_size().unwrap_or(0) as u64).sum()
}

impl Stream for RowStream {
    type Item = Result<RecordBatch, GateError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let (request, answer) = (this.request.span().clone(), this.span.clone());
        let (_request, _answer) = (request.enter(), answer.enter());
        let Some(batches) = this.batches.as_mut() else { return Poll::Ready(None) };
        if this.deadline.as_mut().poll(cx).is_ready() {
            return this.stop(this.limits.out_of_time());
        }
        match batches.as_mut().poll_next(cx) {
            Poll::Ready(None) => {
                this.batches = None;
                this.request.end(RequestResult::Answered);
                Poll::Ready(None)
            }
            Poll::Ready(Some(Err(error))) => this.stop(error.into()),
            Poll::Ready(Some(Ok(batch))) => match this.count(&batch) {
                Ok(()) => Poll::Ready(Some(Ok(batch))),
                Err(error) => this.stop(error),
            },
            Poll::Pending => Poll::Pending,
        }
    }
}
