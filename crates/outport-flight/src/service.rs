//! The calls of the protocol.

use std::{sync::Arc, time::Duration};

use arrow::datatypes::SchemaRef;
use arrow_flight::{
    Action, ActionType, CancelFlightInfoRequest, CancelFlightInfoResult, CancelStatus, Criteria, Empty, FlightData,
    FlightDescriptor, FlightEndpoint, FlightInfo, HandshakeRequest, HandshakeResponse, PollInfo, PutResult,
    Result as ActionResult, SchemaResult, Ticket,
    error::FlightError,
    flight_service_server::FlightService,
    sql::{
        ActionCancelQueryRequest, ActionCancelQueryResult, ActionCreatePreparedStatementRequest, Any, Command,
        ProstMessageExt, TicketStatementQuery,
    },
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
    caller::Call,
    catalog::Listing,
    flow::{Flows, Rows},
    seal::{Sealer, Statement},
    session::Sessions,
    shape,
    status::{REQUEST, read_only},
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

    /// The columns that a command gives, and the ticket for its rows.
    async fn planned(&self, caller: &Caller, bytes: &Bytes) -> Result<(SchemaRef, Bytes), Status> {
        let (schema, handle) = match command(bytes)? {
            Command::CommandStatementQuery(query) => {
                no_transaction(query.transaction_id.as_ref())?;
                self.plan(caller, Statement::new(query.query)).await?
            }
            Command::CommandPreparedStatementQuery(query) => {
                let sealed = self.open(caller, &query.prepared_statement_handle)?;
                self.plan(caller, sealed.statement).await?
            }
            Command::CommandStatementSubstraitPlan(_) => return Err(no_substrait()),
            other => {
                let listing = Listing::of(other).ok_or_else(unknown)?;
                return Ok((listing.schema().map_err(Status::from)?, bytes.clone()));
            }
        };
        let ticket = TicketStatementQuery { statement_handle: handle };
        Ok((schema, ticket.as_any().encode_to_vec().into()))
    }

    async fn info(&self, caller: &Caller, descriptor: FlightDescriptor) -> Result<FlightInfo, Status> {
        let (schema, ticket) = self.planned(caller, &descriptor.cmd).await?;
        let endpoint = FlightEndpoint::new().with_ticket(Ticket::new(ticket));
        let info =
            FlightInfo::new().try_with_schema(&schema).map_err(|error| Status::from(FlightError::from(error)))?;
        Ok(info.with_endpoint(endpoint).with_descriptor(descriptor).with_ordered(true))
    }

    /// The rows for a ticket that this door gave out.
    async fn rows(&self, caller: &Caller, ticket: &Bytes) -> Result<(RequestId, Rows), Status> {
        match command(ticket)? {
            Command::TicketStatementQuery(ticket) => self.fetch(caller, &ticket.statement_handle).await,
            Command::CommandPreparedStatementQuery(query) => self.fetch(caller, &query.prepared_statement_handle).await,
            other => self.list(caller, Listing::of(other).ok_or_else(unknown)?).await,
        }
    }

    /// Stops what flows for a plan.
    fn cancel_info(&self, caller: &Caller, info: &FlightInfo) -> Result<bool, Status> {
        let mut any = false;
        for ticket in info.endpoint.iter().filter_map(|endpoint| endpoint.ticket.as_ref()) {
            if let Command::TicketStatementQuery(ticket) = command(&ticket.ticket)? {
                any |= self.cancel(caller, &ticket.statement_handle)?;
            }
        }
        Ok(any)
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
        self.info(&caller, descriptor).await.map(Response::new)
    }

    async fn poll_flight_info(&self, request: Request<FlightDescriptor>) -> Answer<PollInfo> {
        let (caller, descriptor) = self.enter(request).await?;
        let info = self.info(&caller, descriptor).await?;
        let done = PollInfo::new().with_info(info).try_with_progress(1.0).map_err(FlightError::from)?;
        Ok(Response::new(done))
    }

    async fn get_schema(&self, request: Request<FlightDescriptor>) -> Answer<SchemaResult> {
        let (caller, descriptor) = self.enter(request).await?;
        let (schema, _) = self.planned(&caller, &descriptor.cmd).await?;
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
        let first = messages.message().await?.ok_or_else(unknown)?;
        let descriptor = first.flight_descriptor.as_ref().ok_or_else(unknown)?;
        match command(&descriptor.cmd)? {
            Command::CommandPreparedStatementQuery(query) => {
                let messages = stream::iter([Ok(first)]).chain(messages.map_err(FlightError::from));
                let bound = self.bind(&caller, &query.prepared_statement_handle, messages).await?;
                let result = PutResult { app_metadata: bound.encode_to_vec().into() };
                Ok(Response::new(stream::iter([Ok(result)]).boxed()))
            }
            Command::CommandStatementUpdate(_) | Command::CommandPreparedStatementUpdate(_) => {
                Err(read_only("changing data"))
            }
            Command::CommandStatementIngest(_) => Err(read_only("loading data")),
            Command::CommandStatementSubstraitPlan(_) => Err(no_substrait()),
            _ => Err(unknown()),
        }
    }

    async fn do_action(&self, request: Request<Action>) -> Answer<Self::DoActionStream> {
        let (headers, extensions, action) = request.into_parts();
        let call = Call::read(&headers, &extensions);
        let caller = call.caller(&self.gate, &self.sessions).await?;
        let body = match action.r#type.as_str() {
            "CreatePreparedStatement" => {
                let query: ActionCreatePreparedStatementRequest = unpack(&action.body)?;
                no_transaction(query.transaction_id.as_ref())?;
                Some(self.prepare(&caller, query.query).await?.as_any().encode_to_vec())
            }
            // Nothing is kept of it.
            "ClosePreparedStatement" => None,
            "CancelQuery" => {
                let query: ActionCancelQueryRequest = unpack(&action.body)?;
                let result = status_of_cancel(self.cancel_info(&caller, &decode(&query.info)?)?) as i32;
                Some(ActionCancelQueryResult { result }.as_any().encode_to_vec())
            }
            "CancelFlightInfo" => {
                let info = decode::<CancelFlightInfoRequest>(&action.body)?.info.unwrap_or_default();
                let status = status_of_cancel(self.cancel_info(&caller, &info)?);
                Some(CancelFlightInfoResult::new(status).encode_to_vec())
            }
            "CloseSession" => {
                call.end_session(&self.sessions);
                Some(SESSION_CLOSED.to_vec())
            }
            "BeginTransaction" | "EndTransaction" | "BeginSavepoint" | "EndSavepoint" => {
                return Err(Status::unimplemented(
                    "there are no transactions; each query sees one release of each product",
                ));
            }
            "CreatePreparedSubstraitPlan" => return Err(no_substrait()),
            other => return Err(Status::unimplemented(format!("there is no action `{other}`"))),
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
        self.enter(request).await?;
        Err(Status::unimplemented("flights are not listed; ask for tables"))
    }

    async fn do_exchange(&self, request: Request<Streaming<FlightData>>) -> Answer<Self::DoExchangeStream> {
        self.enter(request).await?;
        Err(Status::unimplemented("nothing is exchanged here; ask for a query"))
    }
}

const ACTIONS: [(&str, &str); 5] = [
    ("CreatePreparedStatement", "prepares a query"),
    ("ClosePreparedStatement", "gives a prepared query up"),
    ("CancelQuery", "stops a query"),
    ("CancelFlightInfo", "stops a query"),
    ("CloseSession", "ends the session that the handshake began"),
];

/// A message within a command, a ticket or the body of an action.
fn decode<M: Message + Default>(bytes: &[u8]) -> Result<M, Status> {
    M::decode(bytes).map_err(|error| Status::invalid_argument(format!("the message cannot be read: {error}")))
}

fn command(bytes: &[u8]) -> Result<Command, Status> {
    let command = Command::try_from(decode::<Any>(bytes)?);
    command.map_err(|error| Status::invalid_argument(format!("the command cannot be read: {error}")))
}

fn unpack<M: ProstMessageExt>(bytes: &[u8]) -> Result<M, Status> {
    let message = decode::<Any>(bytes)?.unpack();
    let message = message.map_err(|error| Status::invalid_argument(format!("the action cannot be read: {error}")))?;
    message.ok_or_else(|| Status::invalid_argument("the action has the message of another"))
}

fn status_of_cancel(cancelled: bool) -> CancelStatus {
    // What flows for nobody cannot be stopped, and its ticket stays good.
    if cancelled { CancelStatus::Cancelled } else { CancelStatus::NotCancellable }
}

fn no_transaction(transaction: Option<&Bytes>) -> Result<(), Status> {
    match transaction {
        Some(id) if !id.is_empty() => Err(Status::invalid_argument("there are no transactions")),
        _ => Ok(()),
    }
}

fn no_substrait() -> Status {
    Status::unimplemented("Substrait plans are not run; send SQL")
}

fn unknown() -> Status {
    Status::unimplemented("the command is not one of Flight SQL, or none that is known here")
}
