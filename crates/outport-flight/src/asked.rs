//! What a call asks for: read whole, before anything is done.

use arrow_flight::{
    Action, CancelFlightInfoRequest, FlightInfo,
    sql::{ActionCancelQueryRequest, ActionCreatePreparedStatementRequest, Any, Command, ProstMessageExt},
};
use bytes::Bytes;
use prost::Message;
use tonic::Status;

use crate::{catalog::Listing, status::read_only};

/// What is to be planned.
#[derive(Debug)]
pub(crate) enum Wanted {
    /// A query, in SQL.
    Sql(String),
    /// The query of a handle.
    Prepared(Bytes),
    /// A list, for which the command itself is the ticket.
    List(Listing),
}

impl Wanted {
    /// What a descriptor asks for.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Status> {
        match command(bytes)? {
            Command::CommandStatementQuery(query) => {
                no_transaction(query.transaction_id.as_ref())?;
                Ok(Self::Sql(query.query))
            }
            Command::CommandPreparedStatementQuery(query) => Ok(Self::Prepared(query.prepared_statement_handle)),
            Command::CommandStatementSubstraitPlan(_) => Err(no_substrait()),
            other => Listing::of(other).map(Self::List).ok_or_else(unknown),
        }
    }
}

/// What is to be fetched.
#[derive(Debug)]
pub(crate) enum Fetch {
    /// Those of a ticket that this door gave out, or of a handle.
    Rows(Bytes),
    /// Those of a list.
    List(Listing),
}

impl Fetch {
    /// What a ticket is for.
    pub(crate) fn read(ticket: &[u8]) -> Result<Self, Status> {
        match command(ticket)? {
            Command::TicketStatementQuery(ticket) => Ok(Self::Rows(ticket.statement_handle)),
            Command::CommandPreparedStatementQuery(query) => Ok(Self::Rows(query.prepared_statement_handle)),
            other => Listing::of(other).map(Self::List).ok_or_else(unknown),
        }
    }
}

/// The handle of the prepared query that is given values.
pub(crate) fn bound(descriptor: &[u8]) -> Result<Bytes, Status> {
    match command(descriptor)? {
        Command::CommandPreparedStatementQuery(query) => Ok(query.prepared_statement_handle),
        Command::CommandStatementUpdate(_) | Command::CommandPreparedStatementUpdate(_) => {
            Err(read_only("changing data"))
        }
        Command::CommandStatementIngest(_) => Err(read_only("loading data")),
        Command::CommandStatementSubstraitPlan(_) => Err(no_substrait()),
        _ => Err(unknown()),
    }
}

/// What is to be done.
#[derive(Debug)]
pub(crate) enum Act {
    /// Prepare a query, in SQL.
    Prepare(String),
    /// Give a prepared query up.
    Close,
    /// Stop what flows for tickets; an answer in the words of Flight SQL.
    CancelQuery(Vec<Bytes>),
    /// The same, in the words of Flight.
    CancelFlight(Vec<Bytes>),
    /// End the session.
    EndSession,
}

impl Act {
    /// What an action asks for.
    pub(crate) fn read(action: &Action) -> Result<Self, Status> {
        Ok(match action.r#type.as_str() {
            "CreatePreparedStatement" => {
                let query: ActionCreatePreparedStatementRequest = unpack(&action.body)?;
                no_transaction(query.transaction_id.as_ref())?;
                Self::Prepare(query.query)
            }
            "ClosePreparedStatement" => Self::Close,
            "CancelQuery" => {
                let query: ActionCancelQueryRequest = unpack(&action.body)?;
                Self::CancelQuery(tickets(&decode(&query.info)?)?)
            }
            "CancelFlightInfo" => {
                let info = decode::<CancelFlightInfoRequest>(&action.body)?.info.unwrap_or_default();
                Self::CancelFlight(tickets(&info)?)
            }
            "CloseSession" => Self::EndSession,
            "BeginTransaction" | "EndTransaction" | "BeginSavepoint" | "EndSavepoint" => {
                return Err(Status::unimplemented(
                    "there are no transactions; each query sees one release of each product",
                ));
            }
            "CreatePreparedSubstraitPlan" => return Err(no_substrait()),
            other => return Err(Status::unimplemented(format!("there is no action `{other}`"))),
        })
    }
}

/// The tickets of a plan for which something may flow.
fn tickets(info: &FlightInfo) -> Result<Vec<Bytes>, Status> {
    let mut tickets = Vec::new();
    for ticket in info.endpoint.iter().filter_map(|endpoint| endpoint.ticket.as_ref()) {
        if let Command::TicketStatementQuery(ticket) = command(&ticket.ticket)? {
            tickets.push(ticket.statement_handle);
        }
    }
    Ok(tickets)
}

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
