//! The calls of the protocol.

use std::{sync::Arc, time::Duration};

use arrow::datatypes::SchemaRef;
use arrow_flight::{
    Action, ActionType, CancelFlightInfoResult, CancelStatus, Criteria, Empty, FlightData, FlightDescriptor,
    FlightEndpoint, FlightInfo, HandshakeRequest, HandshakeResponse, PollInfo, PutResult, Result as ActionResult,
    SchemaResult, Ticket,
    error::FlightError,
    flight_service_server::FlightService,
    sql::{ActionCancelQueryResult, ProstMessageExt, TicketStatementQuery},
};
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream, stream::BoxStream};
use outport_app::gate::{Caller, Gate};
use outport_model::audit::RequestId;
use prost::Message;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming, metadata::MetadataValue};

use crate::{
    Options,
    asked::{self, Act, Fetch, Wanted},
    caller::Call,
    flow::{Flows, Rows},
    seal::{Sealer, Statement},
    session::Sessions,
    shape,
    status::{REQUEST, misread},
};

/// How long a client may take to show its credential.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// What `CloseSession` answers: a message whose first field says that the session is closed.
const SESSION_CLOSED: &[u8] = &[0x08, 0x01];

/// The door.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) gate: Arc<Gate>,
    pub(crate) options: Options,
    pub(crate) sealer: Sealer,
    pub(crate) flows: Arc<Flows>,
    /// Ends everything that flows.
    pub(crate) stop: CancellationToken,
    sessions: Sessions,
}

type Answer<T> = Result<Response<T>, Status>;
type Messages<T> = BoxStream<'static, Result<T, Status>>;

impl Service {
    /// A door to what a gate lets through.
    pub(crate) fn new(gate: Arc<Gate>, options: Options, stop: CancellationToken) -> Self {
        let (sealer, flows, sessions) = (Sealer::default(), Arc::default(), Sessions::default());
        Self { gate, options, sealer, flows, stop, sessions }
    }

    /// Who calls, and what with.
    async fn enter<T>(&self, request: Request<T>) -> Result<(Caller, T), Status> {
        let (headers, extensions, message) = request.into_parts();
        let caller = Call::read(&headers, &extensions).caller(&self.gate, &self.sessions).await?;
        Ok((caller, message))
    }

    /// What a call asks for, or why it asks for nothing: that is on record too.
    fn understood<T>(&self, caller: &Caller, call: &str, read: Result<T, Status>) -> Result<T, Status> {
        read.map_err(|told| self.misread(caller, call, &told))
    }

    fn misread(&self, caller: &Caller, call: &str, told: &Status) -> Status {
        misread(self.gate.begin(caller, call), told)
    }

    /// The columns that a command gives, and the ticket for its rows.
    async fn planned(&self, caller: &Caller, call: &str, bytes: &Bytes) -> Result<(SchemaRef, Bytes), Status> {
        let (schema, handle) = match self.understood(caller, call, Wanted::read(bytes))? {
            Wanted::Sql(sql) => self.plan(caller, Statement::new(sql)).await?,
            Wanted::Prepared(handle) => {
                let sealed = self.open(caller, &handle)?;
                self.plan(caller, sealed.statement).await?
            }
            Wanted::List(listing) => return Ok((listing.schema().map_err(Status::from)?, bytes.clone())),
        };
        let ticket = TicketStatementQuery { statement_handle: handle };
        Ok((schema, ticket.as_any().encode_to_vec().into()))
    }

    async fn info(&self, caller: &Caller, call: &str, descriptor: FlightDescriptor) -> Result<FlightInfo, Status> {
        let (schema, ticket) = self.planned(caller, call, &descriptor.cmd).await?;
        let endpoint = FlightEndpoint::new().with_ticket(Ticket::new(ticket));
        let info =
            FlightInfo::new().try_with_schema(&schema).map_err(|error| Status::from(FlightError::from(error)))?;
        Ok(info.with_endpoint(endpoint).with_descriptor(descriptor).with_ordered(true))
    }

    /// The rows for a ticket that this door gave out.
    async fn rows(&self, caller: &Caller, ticket: &[u8]) -> Result<(RequestId, Rows), Status> {
        match self.understood(caller, "DoGet", Fetch::read(ticket))? {
            Fetch::Rows(handle) => self.fetch(caller, &handle).await,
            Fetch::List(listing) => self.list(caller, listing).await,
        }
    }

    /// Stops what flows for the tickets of a plan.
    fn cancel_all(&self, caller: &Caller, tickets: &[Bytes]) -> Result<CancelStatus, Status> {
        let mut any = false;
        for ticket in tickets {
            any |= self.cancel(caller, ticket)?;
        }
        // What flows for nobody cannot be stopped, and its ticket stays good.
        Ok(if any { CancelStatus::Cancelled } else { CancelStatus::NotCancellable })
    }
}

#[tonic::async_trait]
impl FlightService for Service {
    type HandshakeStream = Messages<HandshakeResponse>;
    type ListFlightsStream = Messages<FlightInfo>;
    type DoGetStream = Messages<FlightData>;
    type DoPutStream = Messages<PutResult>;
    type DoExchangeStream = Messages<FlightData>;
    type DoActionStream = Messages<ActionResult>;
    type ListActionsStream = Messages<ActionType>;

    async fn handshake(&self, request: Request<Streaming<HandshakeRequest>>) -> Answer<Self::HandshakeStream> {
        let (headers, extensions, mut messages) = request.into_parts();
        let mut call = Call::read(&headers, &extensions);
        if !call.shows_credential() {
            let message = tokio::time::timeout(HANDSHAKE, messages.message()).await;
            let message = message.map_err(|_| Status::deadline_exceeded("no credential was sent"))??;
            call = call.or_shown_by(&message.unwrap_or_default());
        }
        let caller = call.caller(&self.gate, &self.sessions).await?;
        let bearer = call.bearer(&caller, &self.gate, &self.sessions, self.options.session)?;
        let header = MetadataValue::try_from(format!("Bearer {bearer}"));
        let shown = HandshakeResponse { protocol_version: 0, payload: bearer.into() };
        let mut answer = Response::new(stream::iter([Ok(shown)]).boxed());
        let header = header.map_err(|_| Status::unauthenticated("the credential cannot be sent in a header"))?;
        answer.metadata_mut().insert("authorization", header);
        Ok(answer)
    }

    async fn get_flight_info(&self, request: Request<FlightDescriptor>) -> Answer<FlightInfo> {
        let (caller, descriptor) = self.enter(request).await?;
        self.info(&caller, "GetFlightInfo", descriptor).await.map(Response::new)
    }

    async fn poll_flight_info(&self, request: Request<FlightDescriptor>) -> Answer<PollInfo> {
        let (caller, descriptor) = self.enter(request).await?;
        let info = self.info(&caller, "PollFlightInfo", descriptor).await?;
        let done = PollInfo::new().with_info(info).try_with_progress(1.0).map_err(FlightError::from)?;
        Ok(Response::new(done))
    }

    async fn get_schema(&self, request: Request<FlightDescriptor>) -> Answer<SchemaResult> {
        let (caller, descriptor) = self.enter(request).await?;
        let (schema, _) = self.planned(&caller, "GetSchema", &descriptor.cmd).await?;
        let schema = shape::encoded(&schema).map_err(FlightError::from)?;
        Ok(Response::new(SchemaResult { schema }))
    }

    async fn do_get(&self, request: Request<Ticket>) -> Answer<Self::DoGetStream> {
        let (caller, ticket) = self.enter(request).await?;
        let (id, rows) = self.rows(&caller, &ticket.ticket).await?;
        let mut answer = Response::new(rows);
        if let Ok(id) = MetadataValue::try_from(id.to_string()) {
            answer.metadata_mut().insert(REQUEST, id);
        }
        Ok(answer)
    }

    async fn do_put(&self, request: Request<Streaming<FlightData>>) -> Answer<Self::DoPutStream> {
        let (caller, mut messages) = self.enter(request).await?;
        let first = messages.message().await;
        let first = first.and_then(|first| first.ok_or_else(|| Status::invalid_argument("nothing was sent")));
        let first = self.understood(&caller, "DoPut", first)?;
        let command = first.flight_descriptor.as_ref().map(|descriptor| descriptor.cmd.clone()).unwrap_or_default();
        let handle = self.understood(&caller, "DoPut", asked::bound(&command))?;
        let messages = stream::iter([Ok(first)]).chain(messages.map_err(FlightError::from));
        let bound = self.bind(&caller, &handle, messages).await?;
        let result = PutResult { app_metadata: bound.encode_to_vec().into() };
        Ok(Response::new(stream::iter([Ok(result)]).boxed()))
    }

    async fn do_action(&self, request: Request<Action>) -> Answer<Self::DoActionStream> {
        let (headers, extensions, action) = request.into_parts();
        let call = Call::read(&headers, &extensions);
        let caller = call.caller(&self.gate, &self.sessions).await?;
        let said = format!("DoAction {}", action.r#type);
        let body = match self.understood(&caller, &said, Act::read(&action))? {
            Act::Prepare(sql) => Some(self.prepare(&caller, sql).await?.as_any().encode_to_vec()),
            // Nothing is kept of it.
            Act::Close => None,
            Act::CancelQuery(tickets) => {
                let result = self.cancel_all(&caller, &tickets)? as i32;
                Some(ActionCancelQueryResult { result }.as_any().encode_to_vec())
            }
            Act::CancelFlight(tickets) => {
                Some(CancelFlightInfoResult::new(self.cancel_all(&caller, &tickets)?).encode_to_vec())
            }
            Act::EndSession => {
                call.end_session(&self.sessions);
                Some(SESSION_CLOSED.to_vec())
            }
        };
        let results = body.map(|body| Ok(ActionResult::new(body)));
        Ok(Response::new(stream::iter(results).boxed()))
    }

    async fn list_actions(&self, request: Request<Empty>) -> Answer<Self::ListActionsStream> {
        self.enter(request).await?;
        let actions = ACTIONS
            .map(|(name, description)| Ok(ActionType { r#type: name.to_owned(), description: description.to_owned() }));
        Ok(Response::new(stream::iter(actions).boxed()))
    }

    async fn list_flights(&self, request: Request<Criteria>) -> Answer<Self::ListFlightsStream> {
        let (caller, _) = self.enter(request).await?;
        Err(self.misread(&caller, "ListFlights", &Status::unimplemented("flights are not listed; ask for tables")))
    }

    async fn do_exchange(&self, request: Request<Streaming<FlightData>>) -> Answer<Self::DoExchangeStream> {
        let (caller, _) = self.enter(request).await?;
        Err(self.misread(&caller, "DoExchange", &Status::unimplemented("nothing is exchanged here; ask for a query")))
    }
}

const ACTIONS: [(&str, &str); 5] = [
    ("CreatePreparedStatement", "prepares a query"),
    ("ClosePreparedStatement", "gives a prepared query up"),
    ("CancelQuery", "stops a query"),
    ("CancelFlightInfo", "stops a query"),
    ("CloseSession", "ends the session that the handshake began"),
];
