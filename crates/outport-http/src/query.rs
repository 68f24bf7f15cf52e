//! Asks the gate, and answers with rows: as they come, or gathered where an answer is short.

use std::{collections::BTreeMap, io, sync::Arc, time::Duration};

use arrow::{datatypes::SchemaRef, error::ArrowError, record_batch::RecordBatch};
use axum::{
    body::{Body, Bytes},
    response::{IntoResponse, Response},
};
use futures::{Stream, StreamExt};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use outport_app::{
    engine::{EngineError, LookUp, Question, View},
    gate::{Answered, Caller, DiscoveredProduct, GateError, Request, RowStream},
};
use outport_model::{
    audit::{RequestId, TableRead},
    name::{ProductName, TableName},
};
use tokio::sync::mpsc;

use crate::{
    problem::Problem,
    rows::{self, Encoder, Format},
    running::Listed,
    state::Doors,
};

/// The header with the id under which a request is on record.
pub(crate) const REQUEST: HeaderName = HeaderName::from_static("outport-request");

/// The header with the releases that were read: `orders=3, customers=12`.
pub(crate) const RELEASES: HeaderName = HeaderName::from_static("outport-releases");

/// Pieces of a body that wait for the client.
const PIECES: usize = 2;

/// Bytes in memory of an answer that is gathered before it is sent.
const GATHERED: usize = 64 << 20;

/// What is read, with releases.
type Reads = BTreeMap<ProductName, BTreeMap<TableName, TableRead>>;

/// An answer that has begun: its first rows are there, or there are none.
#[derive(Debug)]
pub(crate) struct Begun {
    answered: Answered,
    first: Option<RecordBatch>,
    listed: Listed,
}

/// The whole of an answer.
#[derive(Debug)]
pub(crate) struct Gathered {
    /// The request, as it is on record.
    pub(crate) id: RequestId,
    /// What is read.
    pub(crate) reads: Reads,
    /// The columns.
    pub(crate) schema: SchemaRef,
    /// The rows.
    pub(crate) batches: Vec<RecordBatch>,
}

/// Says which row is wanted, in terms of what the caller sees.
type Find<'a> = Box<dyn FnOnce(&View) -> Result<LookUp, GateError> + Send + 'a>;

/// What is asked of the gate.
enum Wanted<'a> {
    Rows(Question),
    Row(Find<'a>),
}

/// A request of a caller that has begun and goes on record, whatever comes of it.
#[derive(Debug)]
pub(crate) struct Inquiry<'a> {
    doors: &'a Doors,
    caller: Caller,
    request: Request,
}

/// Ends a request because of what a door itself cannot do.
pub(crate) fn reject(request: Request, problem: Problem) -> Problem {
    let id = request.id();
    request.misread(problem.to_string());
    problem.with_request(id)
}

impl Doors {
    /// Begins a request. `said` is what goes on record as having been asked.
    pub(crate) fn inquire(&self, caller: Caller, said: String) -> Inquiry<'_> {
        let request = self.gate.begin(&caller, said);
        Inquiry { doors: self, caller, request }
    }

    /// What a part of a request says, or why it says nothing: such a request asks the gate for nothing, and is on record all
    /// the same. `said` is what goes there as having been asked.
    pub(crate) fn understood<T>(
        &self,
        caller: &Caller,
        said: impl Into<String>,
        read: Result<T, impl Into<Problem>>,
    ) -> Result<T, Problem> {
        read.map_err(|error| self.inquire(caller.clone(), said.into()).reject(error.into()))
    }
}

impl Inquiry<'_> {
    /// The request alone, for what has no answer of rows.
    pub(crate) fn into_request(self) -> Request {
        self.request
    }

    /// The id under which it goes on record.
    pub(crate) fn id(&self) -> RequestId {
        self.request.id()
    }

    /// Ends it without an answer.
    pub(crate) fn refuse(self, error: impl Into<GateError>) -> Problem {
        let id = self.request.id();
        Problem::from(self.request.fail(error.into())).with_request(id)
    }

    /// Ends it because the caller may know of a table, and not read it.
    pub(crate) async fn withhold(self, product: &ProductName, table: &TableName) -> Problem {
        let error = self.doors.gate.withheld(&self.caller, product, table).await;
        self.refuse(error)
    }

    /// Ends it because of what the door itself cannot do.
    pub(crate) fn reject(self, problem: Problem) -> Problem {
        reject(self.request, problem)
    }

    /// Does what gives no rows; how that ends is how the request does. Gives the id under which it is on record too.
    pub(crate) async fn run<T>(
        self,
        work: impl Future<Output = Result<T, GateError>>,
    ) -> Result<(RequestId, T), Problem> {
        let id = self.request.id();
        let outcome = self.request.run(work).await;
        outcome.map(|value| (id, value)).map_err(|error| Problem::from(error).with_request(id))
    }

    /// Ends it with an answer that has no rows.
    pub(crate) fn answered(self) -> RequestId {
        let id = self.request.id();
        self.request.answered();
        id
    }

    /// What the caller may read.
    pub(crate) async fn view(self) -> Result<(Self, Arc<View>), Problem> {
        match self.doors.gate.view(&self.caller).await {
            Ok(view) => Ok((self, view)),
            Err(error) => Err(self.refuse(error)),
        }
    }

    /// What the caller may know of.
    pub(crate) async fn catalog(self) -> Result<(Self, Vec<DiscoveredProduct>), Problem> {
        match self.doors.gate.catalog(&self.caller).await {
            Ok(catalog) => Ok((self, catalog)),
            Err(error) => Err(self.refuse(error)),
        }
    }

    /// The columns that a query would give.
    pub(crate) async fn schema(self, question: &Question) -> Result<(Self, SchemaRef), Problem> {
        match self.doors.gate.prospect(&self.caller, question).await {
            Ok(prospect) => Ok((self, prospect.schema)),
            Err(error) => Err(self.refuse(error)),
        }
    }

    /// Asks the gate, and waits for the first rows: what fails until then has a status of its own.
    pub(crate) async fn ask(self, question: Question) -> Result<Begun, Problem> {
        self.begin(Wanted::Rows(question)).await
    }

    /// The same for one row by its key.
    pub(crate) async fn look_up(
        self,
        wanted: impl FnOnce(&View) -> Result<LookUp, GateError> + Send,
    ) -> Result<Begun, Problem> {
        self.begin(Wanted::Row(Box::new(wanted))).await
    }

    async fn begin(self, wanted: Wanted<'_>) -> Result<Begun, Problem> {
        let Self { doors, caller, request } = self;
        let id = request.id();
        let listed = doors.running.enter(id, caller.principal.id.clone(), doors.gate.app().clock.now());
        let begin = async {
            let mut answered = match wanted {
                Wanted::Rows(question) => doors.gate.answer(request, &caller, question).await?,
                Wanted::Row(wanted) => doors.gate.look_up(request, &caller, wanted).await?,
            };
            let first = answered.batches.next().await.transpose()?;
            Ok::<_, GateError>((answered, first))
        };
        let begun = tokio::select! {
            biased;
            () = listed.cancel.cancelled() => Err(stopped()),
            begun = begin => begun,
        };
        match begun {
            Ok((answered, first)) => Ok(Begun { answered, first, listed }),
            Err(error) => Err(Problem::from(error).with_request(id)),
        }
    }
}

impl Begun {
    /// The rows as a response, sent as they come.
    pub(crate) fn respond(self, format: Format, stall: Duration) -> Result<Response, Problem> {
        let Self { answered, first, listed } = self;
        let encoder = rows::encoder(format, &answered.schema).map_err(|problem| problem.with_request(answered.id))?;
        let (sender, receiver) = mpsc::channel(PIECES);
        let mut headers = HeaderMap::new();
        describe(&mut headers, answered.id, &answered.reads);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(format.content_type()));
        let pump = Pump { id: answered.id, rows: answered.batches, encoder, sender, listed, stall };
        tokio::spawn(pump.run(first));
        Ok((headers, Body::from_stream(pieces(receiver, answered.id))).into_response())
    }

    /// The columns.
    pub(crate) fn schema(&self) -> &SchemaRef {
        &self.answered.schema
    }

    /// The next rows, nothing after the last ones.
    pub(crate) async fn next(&mut self) -> Result<Option<RecordBatch>, Problem> {
        if let Some(first) = self.first.take() {
            return Ok(Some(first));
        }
        let next = tokio::select! {
            biased;
            () = self.listed.cancel.cancelled() => Some(Err(stopped())),
            next = self.answered.batches.next() => next,
        };
        next.transpose().map_err(|error| Problem::from(error).with_request(self.answered.id))
    }

    /// The rows, all of them; only for answers that are short by themselves.
    pub(crate) async fn gather(mut self) -> Result<Gathered, Problem> {
        let id = self.answered.id;
        let mut batches: Vec<RecordBatch> = Vec::new();
        let mut bytes: usize = 0;
        while let Some(batch) = self.next().await? {
            bytes += batch.get_array_memory_size();
            if bytes > GATHERED {
                return Err(Problem::limited(format!("the page is larger than {GATHERED} bytes"))
                    .with_help("ask for fewer rows or columns")
                    .with_request(id));
            }
            batches.push(batch);
        }
        let Answered { reads, schema, .. } = self.answered;
        Ok(Gathered { id, reads, schema, batches })
    }
}

/// What every answer says of itself in its head.
pub(crate) fn describe(headers: &mut HeaderMap, id: RequestId, reads: &Reads) {
    let releases = reads.iter().filter_map(|(product, tables)| {
        let read = tables.values().next()?;
        Some(format!("{product}={}", read.release))
    });
    let releases = releases.collect::<Vec<_>>().join(", ");
    for (name, text) in [(REQUEST, id.to_string()), (RELEASES, releases)] {
        headers.extend(HeaderValue::from_str(&text).ok().map(|value| (name, value)));
    }
}

fn stopped() -> GateError {
    EngineError::Cancelled.into()
}

/// A part of a body.
enum Piece {
    Bytes(Bytes),
    /// Nothing comes after this. A body without it is broken off.
    Whole,
}

/// The pieces as a body. An error in the place of a piece breaks the connection, or resets the stream of HTTP/2, so that
/// nobody takes half an answer for the whole.
fn pieces(receiver: mpsc::Receiver<Piece>, id: RequestId) -> impl Stream<Item = io::Result<Bytes>> + Send {
    futures::stream::unfold(Some(receiver), move |receiver| async move {
        let mut receiver = receiver?;
        match receiver.recv().await {
            Some(Piece::Bytes(bytes)) => Some((Ok(bytes), Some(receiver))),
            Some(Piece::Whole) => None,
            None => Some((Err(io::Error::other(format!("the answer to request {id} is broken off"))), None)),
        }
    })
}

/// Takes rows from the gate, and gives pieces of a body to the connection.
struct Pump {
    id: RequestId,
    rows: RowStream,
    encoder: Box<dyn Encoder>,
    sender: mpsc::Sender<Piece>,
    listed: Listed,
    stall: Duration,
}

/// Why no more is sent.
enum End {
    /// The client has gone, or takes nothing: there is nobody to tell.
    Gone,
    /// The rows failed.
    Failed(Problem),
}

impl Pump {
    async fn run(mut self, first: Option<RecordBatch>) {
        let ended = match self.pump(first).await {
            Ok(()) => true,
            Err(End::Gone) => false,
            Err(End::Failed(problem)) => match self.encoder.failure(&problem.with_request(self.id)) {
                Some(piece) => self.send(piece).await.is_ok(),
                None => false,
            },
        };
        if ended {
            let _ = tokio::time::timeout(self.stall, self.sender.send(Piece::Whole)).await;
        }
    }

    async fn pump(&mut self, first: Option<RecordBatch>) -> Result<(), End> {
        let piece = self.encoder.begin();
        self.send_encoded(piece).await?;
        let mut next = first;
        while let Some(batch) = next {
            for rows in rows::parts(&batch, self.encoder.at_once()) {
                let piece = self.encoder.rows(&rows);
                self.send_encoded(piece).await?;
            }
            next = self.next().await?;
        }
        let piece = self.encoder.end();
        self.send_encoded(piece).await
    }

    async fn next(&mut self) -> Result<Option<RecordBatch>, End> {
        let next = tokio::select! {
            biased;
            () = self.sender.closed() => return Err(End::Gone),
            () = self.listed.cancel.cancelled() => Some(Err(stopped())),
            next = self.rows.next() => next,
        };
        next.transpose().map_err(|error| End::Failed(error.into()))
    }

    async fn send_encoded(&mut self, piece: Result<Vec<u8>, ArrowError>) -> Result<(), End> {
        match piece {
            Ok(piece) => self.send(piece).await,
            Err(error) => {
                tracing::error!(%error, request = %self.id, "rows could not be written");
                Err(End::Failed(Problem::internal()))
            }
        }
    }

    async fn send(&mut self, piece: Vec<u8>) -> Result<(), End> {
        if piece.is_empty() {
            return Ok(());
        }
        match tokio::time::timeout(self.stall, self.sender.send(Piece::Bytes(piece.into()))).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Gone),
            Err(_) => {
                tracing::info!(request = %self.id, "the client takes no more of the answer");
                Err(End::Gone)
            }
        }
    }
}
