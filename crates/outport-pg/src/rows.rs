//! Rows on their way to a client, and what may stop them.

use std::{future::Future, time::Duration};

use arrow::{datatypes::SchemaRef, record_batch::RecordBatch};
use datafusion::{error::DataFusionError, execution::SendableRecordBatchStream};
use futures::{StreamExt, stream::BoxStream};
use outport_app::{
    engine::EngineError,
    gate::{Answered, GateError, Limit, Limits, Request},
};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::{catalog, failure::Failure};

/// How much longer than the gate allows a client may take to fetch what was read in time.
const SLOW: Duration = Duration::from_secs(1);

/// Longer than any statement takes: a year.
const FAR: Duration = Duration::from_hours(365 * 24);

/// What stops a statement.
#[derive(Debug)]
pub(crate) struct Stop {
    /// The client asks to.
    cancel: CancellationToken,
    /// The server ends.
    stopping: CancellationToken,
    /// As long as the client wants it to take.
    timeout: Option<Instant>,
    /// As long as the gate lets it take.
    limit: (Instant, Duration),
}

impl Stop {
    /// What stops a statement that begins now.
    pub(crate) fn new(
        cancel: CancellationToken,
        stopping: CancellationToken,
        timeout: Option<Duration>,
        limits: &Limits,
    ) -> Self {
        let now = Instant::now();
        let after = |span: Duration| now.checked_add(span).unwrap_or(now + FAR);
        Self {
            cancel,
            stopping,
            timeout: timeout.map(after),
            limit: (after(limits.time.saturating_add(SLOW)), limits.time),
        }
    }

    /// Waits for something, unless it is stopped.
    pub(crate) async fn or<T>(&self, work: impl Future<Output = T>) -> Result<T, Failure> {
        let timeout = self.timeout.map_or(self.limit.0, |timeout| timeout.min(self.limit.0));
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Err(Failure::Cancelled),
            () = self.stopping.cancelled() => Err(Failure::Stopping),
            () = tokio::time::sleep_until(timeout) => Err(self.late()),
            done = work => Ok(done),
        }
    }

    fn late(&self) -> Failure {
        match self.timeout {
            Some(timeout) if timeout <= self.limit.0 => Failure::TimedOut,
            _ => Failure::gate(GateError::Limited { limit: Limit::Seconds, value: self.limit.1.as_secs() }),
        }
    }
}

/// Rows that come as they are asked for.
pub(crate) struct Rows {
    /// The columns.
    pub(crate) schema: SchemaRef,
    batches: BoxStream<'static, Result<RecordBatch, Failure>>,
    /// A batch of which some rows have gone.
    current: Option<(RecordBatch, usize)>,
}

impl std::fmt::Debug for Rows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rows").field("schema", &self.schema).finish_non_exhaustive()
    }
}

impl Rows {
    /// Rows that the gate let through.
    pub(crate) fn of_gate(answered: Answered) -> Self {
        let Answered { id, schema, batches, .. } = answered;
        let batches = batches.map(move |batch| batch.map_err(|error| Failure::Gate { error, request: Some(id) }));
        Self { schema, batches: batches.boxed(), current: None }
    }

    /// Rows of the catalog under these columns, on record as this request.
    pub(crate) fn of_catalog(
        schema: SchemaRef,
        stream: SendableRecordBatchStream,
        request: Request,
        limits: &Limits,
    ) -> Self {
        let state = Some(Recorded { stream, request, left: limits.rows, most: limits.rows });
        let batches = futures::stream::unfold(state, |state| async move {
            match state?.next().await {
                Ok(Some((batch, state))) => Some((Ok(batch), Some(state))),
                Ok(None) => None,
                Err(failure) => Some((Err(failure), None)),
            }
        });
        Self { schema, batches: batches.boxed(), current: None }
    }

    /// Rows that are there.
    pub(crate) fn of_batch(batch: RecordBatch) -> Self {
        let schema = batch.schema();
        Self { schema, batches: futures::stream::iter([Ok(batch)]).boxed(), current: None }
    }

    /// A batch with rows that have not gone, and the first of them. `None` when there are no more.
    pub(crate) async fn next(&mut self, stop: &Stop) -> Result<Option<(RecordBatch, usize)>, Failure> {
        if let Some(current) = self.current.take() {
            return Ok(Some(current));
        }
        loop {
            match stop.or(self.batches.next()).await? {
                None => return Ok(None),
                Some(Err(failure)) => return Err(failure),
                Some(Ok(batch)) if batch.num_rows() > 0 => return Ok(Some((batch, 0))),
                Some(Ok(_)) => {}
            }
        }
    }

    /// Gives back a batch of which the rows from `row` on have not gone.
    pub(crate) fn keep(&mut self, batch: RecordBatch, row: usize) {
        self.current = (row < batch.num_rows()).then_some((batch, row));
    }
}

/// Rows of the catalog that are counted and put on record.
struct Recorded {
    stream: SendableRecordBatchStream,
    request: Request,
    left: u64,
    most: u64,
}

impl Recorded {
    async fn next(mut self) -> Result<Option<(RecordBatch, Self)>, Failure> {
        let Some(batch) = self.stream.next().await else {
            self.request.answered();
            return Ok(None);
        };
        let batch = match batch {
            Ok(batch) => batch,
            Err(error) => return Err(recorded(self.request, &error)),
        };
        let rows = batch.num_rows() as u64;
        if rows > self.left {
            let error = GateError::Limited { limit: Limit::Rows, value: self.most };
            return Err(Failure::gate(self.request.fail(error)));
        }
        self.left -= rows;
        self.request.count(rows, batch.get_array_memory_size() as u64);
        Ok(Some((batch, self)))
    }
}

/// Puts an error of the catalog on record.
fn recorded(request: Request, error: &DataFusionError) -> Failure {
    fail(request, catalog::failed(error))
}

/// Puts a request on record as failed, for a reason that is not the gate's.
pub(crate) fn fail(request: Request, failure: Failure) -> Failure {
    let id = request.id();
    match failure {
        Failure::Gate { error, .. } => Failure::Gate { error: request.fail(error), request: Some(id) },
        Failure::Cancelled | Failure::TimedOut | Failure::Stopping => {
            let _ = request.fail(GateError::Engine(EngineError::Cancelled));
            failure
        }
        failure => {
            let reason = match &failure {
                Failure::Inside(reason) => reason.clone(),
                other => other.to_string(),
            };
            let _ = request.fail(GateError::Engine(EngineError::Query { reason, position: None, help: None }));
            failure
        }
    }
}
