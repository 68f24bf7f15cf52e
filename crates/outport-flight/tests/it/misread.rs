//! Calls that are not understood: nothing is done, and each is on record once.

use arrow_flight::{
    Action, Criteria, FlightData, FlightDescriptor, Ticket,
    sql::{
        ActionBeginTransactionRequest, ActionCreatePreparedStatementRequest, CommandStatementIngest,
        CommandStatementQuery, CommandStatementSubstraitPlan, CommandStatementUpdate, ProstMessageExt,
    },
};
use bytes::Bytes;
use futures::{StreamExt, stream};
use outport_model::audit::RequestResult;
use prost::Message;
use tonic::{Request, Status};

use crate::world::{Client, World};

/// A call that is not understood.
#[derive(Debug, Clone)]
enum Wrong {
    Info(Bytes),
    Poll(Bytes),
    Schema(Bytes),
    Get(Bytes),
    /// The first message has this command; without one nothing is sent.
    Put(Option<Bytes>),
    Act(&'static str, Bytes),
    Flights,
    Exchange,
}

fn packed(message: &impl ProstMessageExt) -> Bytes {
    message.as_any().encode_to_vec().into()
}

/// Commands that cannot be read, are not of Flight SQL, or ask for what is not there.
fn commands() -> Vec<Bytes> {
    let within = Some(Bytes::from_static(b"transaction"));
    vec![
        Bytes::from_static(b"\xff\xff"),
        Bytes::new(),
        packed(&CommandStatementQuery { query: "SELECT 1".to_owned(), transaction_id: within }),
        packed(&CommandStatementSubstraitPlan::default()),
        packed(&CommandStatementUpdate::default()),
    ]
}

fn calls() -> Vec<Wrong> {
    let mut calls = Vec::new();
    for command in commands() {
        calls.extend([Wrong::Info(command.clone()), Wrong::Poll(command.clone()), Wrong::Schema(command)]);
    }
    for ticket in [Bytes::from_static(b"\xff\xff"), packed(&CommandStatementUpdate::default())] {
        calls.push(Wrong::Get(ticket));
    }
    calls.push(Wrong::Put(None));
    let query = CommandStatementQuery { query: "SELECT 1".to_owned(), transaction_id: None };
    for command in [
        Bytes::from_static(b"\xff\xff"),
        packed(&CommandStatementUpdate::default()),
        packed(&CommandStatementIngest::default()),
        packed(&CommandStatementSubstraitPlan::default()),
        packed(&query),
    ] {
        calls.push(Wrong::Put(Some(command)));
    }
    let within = Some(Bytes::from_static(b"transaction"));
    let prepared = ActionCreatePreparedStatementRequest { query: "SELECT 1".to_owned(), transaction_id: within };
    calls.extend([
        Wrong::Act("CreatePreparedStatement", Bytes::from_static(b"\xff\xff")),
        Wrong::Act("CreatePreparedStatement", packed(&query)),
        Wrong::Act("CreatePreparedStatement", packed(&prepared)),
        Wrong::Act("CancelQuery", Bytes::from_static(b"\xff\xff")),
        Wrong::Act("CancelFlightInfo", Bytes::from_static(b"\xff\xff")),
        Wrong::Act("BeginTransaction", packed(&ActionBeginTransactionRequest::default())),
        Wrong::Act("CreatePreparedSubstraitPlan", Bytes::new()),
        Wrong::Act("DropEverything", Bytes::new()),
        Wrong::Flights,
        Wrong::Exchange,
    ]);
    calls
}

impl Wrong {
    async fn call(self, client: &mut Client) -> Option<Status> {
        let bearer = format!("Bearer {}", client.token().unwrap());
        let authorized = |mut metadata: tonic::metadata::MetadataMap| {
            metadata.insert("authorization", bearer.parse().unwrap());
            metadata
        };
        macro_rules! sent {
            ($message:expr) => {{
                let mut request = Request::new($message);
                let metadata = authorized(std::mem::take(request.metadata_mut()));
                *request.metadata_mut() = metadata;
                request
            }};
        }
        let flight = client.inner_mut();
        match self {
            Self::Info(command) => flight.get_flight_info(sent!(FlightDescriptor::new_cmd(command))).await.err(),
            Self::Poll(command) => flight.poll_flight_info(sent!(FlightDescriptor::new_cmd(command))).await.err(),
            Self::Schema(command) => flight.get_schema(sent!(FlightDescriptor::new_cmd(command))).await.err(),
            Self::Get(ticket) => flight.do_get(sent!(Ticket::new(ticket))).await.err(),
            Self::Put(command) => {
                let first =
                    command.map(|command| FlightData::new().with_descriptor(FlightDescriptor::new_cmd(command)));
                flight.do_put(sent!(stream::iter(first).boxed())).await.err()
            }
            Self::Act(kind, body) => flight.do_action(sent!(Action::new(kind, body))).await.err(),
            Self::Flights => flight.list_flights(sent!(Criteria::default())).await.err(),
            Self::Exchange => flight.do_exchange(sent!(stream::iter([FlightData::new()]))).await.err(),
        }
    }
}

#[tokio::test]
async fn what_is_not_understood_is_on_record_once() {
    let world = World::new().await;
    let mut client = world.client("ada").await;
    let mut faults = Vec::new();
    for wrong in calls() {
        let before = world.records().len();
        let told = wrong.clone().call(&mut client).await;
        let records = world.records();
        let [record] = &records[before..] else {
            faults.push(format!("{wrong:?}: {told:?}, on record {}", records.len() - before));
            continue;
        };
        let id = told.as_ref().and_then(|told| told.metadata().get("outport-request-id")?.to_str().ok());
        let failed = matches!(record.result, RequestResult::Failed { .. });
        if !failed || record.principal.is_none() || id != Some(record.id.to_string().as_str()) {
            faults.push(format!("{wrong:?}: {told:?}, on record {record:?}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
