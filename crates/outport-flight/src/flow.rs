//! Rows on their way out, batch by batch, and how to stop them.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use arrow::{array::RecordBatch, datatypes::SchemaRef};
use arrow_flight::{FlightData, encode::FlightDataEncoderBuilder, error::FlightError};
use futures::{
    Stream, StreamExt,
    stream::{self, BoxStream},
};
use outport_app::gate::GateError;
use outport_model::audit::RequestId;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tonic::Status;

use crate::{shape, status::status};

/// Messages that wait for a client to accept them.
const AHEAD: usize = 2;

/// What leaves of an answer.
pub(crate) type Rows = BoxStream<'static, Result<FlightData, Status>>;

/// Batches as messages of about `message_bytes`, in the columns of `plain`.
pub(crate) fn encoded(
    batches: impl Stream<Item = Result<RecordBatch, GateError>> + Send + 'static,
    plain: SchemaRef,
    message_bytes: usize,
    id: RequestId,
) -> Rows {
    let columns = Arc::clone(&plain);
    let batches = batches.map(move |batch| {
        let batch = batch.map_err(|error| failure(&error, id))?;
        shape::fit(&batch, &columns).map_err(|error| failure(&GateError::Internal(Box::new(error)), id))
    });
    let encoder = FlightDataEncoderBuilder::new().with_schema(plain).with_max_flight_data_size(message_bytes);
    let encoded = encoder.build(batches).map(move |message| {
        message.map_err(|error| match error {
            FlightError::Tonic(status) => *status,
            other => status(&GateError::Internal(Box::new(other)), Some(id)),
        })
    });
    encoded.boxed()
}

fn failure(error: &GateError, id: RequestId) -> FlightError {
    FlightError::Tonic(Box::new(status(error, Some(id))))
}

/// Rows that are read a little ahead of the client. One that accepts nothing for as long as `stall` gets no more, so that
/// its query does not hold on to what others wait for.
pub(crate) fn ahead(rows: Rows, stall: Duration) -> Rows {
    let (sender, receiver) = mpsc::channel(AHEAD);
    tokio::spawn(pump(rows, sender, stall));
    let received = stream::unfold(Some(receiver), |receiver| async move {
        let mut receiver = receiver?;
        match receiver.recv().await {
            Some(Some(Ok(message))) => Some((Ok(message), Some(receiver))),
            Some(Some(Err(status))) => Some((Err(status), None)),
            Some(None) => None,
            None => Some((Err(Status::cancelled("the rows were not accepted for too long")), None)),
        }
    });
    received.boxed()
}

/// Sends rows, and nothing after the last ones. Without that the rows were broken off.
async fn pump(mut rows: Rows, sender: mpsc::Sender<Option<Result<FlightData, Status>>>, stall: Duration) {
    loop {
        let next = tokio::select! {
            biased;
            () = sender.closed() => return,
            next = rows.next() => next,
        };
        let ended = next.is_none();
        let sent = tokio::time::timeout(stall, sender.send(next)).await;
        if ended || !matches!(sent, Ok(Ok(()))) {
            return;
        }
    }
}

/// What a ticket is told apart by.
pub(crate) type TicketHash = [u8; 32];

/// What flows now, by ticket.
#[derive(Debug, Default)]
pub(crate) struct Flows {
    next: AtomicU64,
    running: Mutex<BTreeMap<(TicketHash, u64), CancellationToken>>,
}

impl Flows {
    /// Lets rows flow until they end, are cancelled by their ticket, or everything is to `stop`.
    pub(crate) fn begin(self: &Arc<Self>, ticket: TicketHash, rows: Rows, stop: &CancellationToken) -> Rows {
        let key = (ticket, self.next.fetch_add(1, Ordering::Relaxed));
        let cancel = stop.child_token();
        self.running().insert(key, cancel.clone());
        let flow = Flow { flows: Arc::clone(self), key, cancel, stop: stop.clone(), rows };
        stream::unfold(Some(flow), |flow| async move {
            let mut flow = flow?;
            tokio::select! {
                biased;
                () = flow.cancel.cancelled() => Some((Err(flow.stopped()), None)),
                message = flow.rows.next() => message.map(|message| (message, Some(flow))),
            }
        })
        .boxed()
    }

    /// Cancels what flows for a ticket; `false` where nothing does.
    pub(crate) fn cancel(&self, ticket: TicketHash) -> bool {
        let running = self.running();
        let mut flows = running.range((ticket, 0)..=(ticket, u64::MAX)).peekable();
        let any = flows.peek().is_some();
        flows.for_each(|(_, cancel)| cancel.cancel());
        any
    }

    fn running(&self) -> MutexGuard<'_, BTreeMap<(TicketHash, u64), CancellationToken>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Rows that flow.
struct Flow {
    flows: Arc<Flows>,
    key: (TicketHash, u64),
    cancel: CancellationToken,
    stop: CancellationToken,
    rows: Rows,
}

impl Flow {
    fn stopped(&self) -> Status {
        if self.stop.is_cancelled() {
            Status::unavailable("the server stops; send the query again in a while")
        } else {
            Status::cancelled("the query was cancelled")
        }
    }
}

impl Drop for Flow {
    fn drop(&mut self) {
        self.flows.running().remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICKET: TicketHash = [1; 32];

    fn endless() -> Rows {
        stream::iter([Ok(FlightData::new())]).chain(stream::pending()).boxed()
    }

    #[tokio::test]
    async fn a_ticket_cancels_what_flows_for_it_and_nothing_else() {
        let (flows, stop) = (Arc::new(Flows::default()), CancellationToken::new());
        let mut first = flows.begin(TICKET, endless(), &stop);
        let mut second = flows.begin(TICKET, endless(), &stop);
        let other = flows.begin([2; 32], endless(), &stop);
        assert!(first.next().await.unwrap().is_ok());
        assert!(flows.cancel(TICKET));
        assert_eq!(first.next().await.unwrap().unwrap_err().code(), tonic::Code::Cancelled);
        assert!(first.next().await.is_none());
        assert_eq!(second.next().await.unwrap().unwrap_err().code(), tonic::Code::Cancelled);
        assert_eq!(flows.running().len(), 1, "only the other one flows on");
        drop(other);
        assert!(!flows.cancel([2; 32]), "what is gone cannot be cancelled");
    }

    #[tokio::test]
    async fn a_client_that_accepts_nothing_gets_no_more() {
        let (gone, went) = tokio::sync::oneshot::channel::<()>();
        let rows = stream::repeat_with(|| Ok(FlightData::new())).inspect(move |_| _ = &gone).boxed();
        let mut slow = ahead(rows, Duration::from_millis(10));
        assert!(went.await.is_err(), "the query is stopped");
        let messages: Vec<_> = slow.by_ref().collect().await;
        assert_eq!(messages.len(), AHEAD + 1);
        assert_eq!(messages.last().unwrap().as_ref().unwrap_err().code(), tonic::Code::Cancelled);
    }

    #[tokio::test]
    async fn rows_read_ahead_are_the_same() {
        let rows = |end: Option<Status>| {
            let messages = (0..5).map(|number| Ok(FlightData::new().with_app_metadata(vec![number])));
            stream::iter(messages.chain(end.map(Err))).boxed()
        };
        let stall = Duration::from_mins(1);
        let numbers: Vec<u8> = ahead(rows(None), stall).map(|message| message.unwrap().app_metadata[0]).collect().await;
        assert_eq!(numbers, [0, 1, 2, 3, 4]);
        let failed: Vec<_> = ahead(rows(Some(Status::internal("broken"))), stall).collect().await;
        assert_eq!((failed.len(), failed[5].as_ref().unwrap_err().code()), (6, tonic::Code::Internal));
    }

    #[tokio::test]
    async fn what_ends_by_itself_is_forgotten() {
        let (flows, stop) = (Arc::new(Flows::default()), CancellationToken::new());
        let rows = flows.begin(TICKET, stream::iter([Ok(FlightData::new())]).boxed(), &stop);
        assert_eq!(rows.count().await, 1);
        assert!(!flows.cancel(TICKET));
    }

    #[tokio::test]
    async fn a_server_that_stops_says_so() {
        let (flows, stop) = (Arc::new(Flows::default()), CancellationToken::new());
        let mut rows = flows.begin(TICKET, endless(), &stop);
        stop.cancel();
        assert_eq!(rows.next().await.unwrap().unwrap_err().code(), tonic::Code::Unavailable);
    }
}
