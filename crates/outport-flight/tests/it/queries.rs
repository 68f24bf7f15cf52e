//! Queries: planned, fetched, refused, stopped.

use arrow::{
    array::{AsArray, RecordBatch},
    datatypes::{DataType, Int64Type},
    util::pretty::pretty_format_batches,
};
use arrow_flight::{
    Action, CancelFlightInfoRequest, CancelFlightInfoResult, CancelStatus, FlightDescriptor, FlightInfo, Ticket,
    sql::{
        ActionCancelQueryRequest, ActionCancelQueryResult, Any, CommandStatementIngest, CommandStatementQuery,
        ProstMessageExt, TicketStatementQuery,
    },
};
use chrono::TimeDelta;
use futures::{StreamExt, TryStreamExt, stream};
use outport_app::gate::Limits;
use outport_flight::Options;
use outport_model::{audit::RequestResult, principal::Door};
use outport_test::fixture;
use prost::Message;
use tonic::{Code, Request};

use crate::world::{Client, World, fetch, query, soon, status, ticket};

const SQL: &str = "SELECT * FROM shop_sales.daily";

fn shown(batches: &[RecordBatch]) -> String {
    pretty_format_batches(batches).unwrap().to_string()
}

#[tokio::test]
async fn a_query_is_planned_and_fetched() {
    let world = World::new().await;
    let mut client = world.client("ada").await;
    let info = client.execute(SQL.to_owned(), None).await.unwrap();
    let schema = info.clone().try_decode_schema().unwrap();
    assert!(schema.fields().iter().all(|field| field.is_nullable()));
    assert_eq!(*schema.field_with_name("email").unwrap().data_type(), DataType::Utf8);
    let batches = fetch(&mut client, info).await.unwrap();
    let expect = "\
+----+-------+--------+------------+
| id | email | amount | day        |
+----+-------+--------+------------+
| 1  | a@x   | 1.50   | 2024-10-04 |
| 2  |       | 2.50   | 2024-10-05 |
| 3  | a@x   | 9.99   | 2024-10-06 |
+----+-------+--------+------------+";
    assert_eq!(shown(&batches), expect);
}

#[tokio::test]
async fn a_query_is_on_record_once() {
    let world = World::new().await;
    let mut client = world.client("ada").await;
    query(&mut client, SQL).await.unwrap();
    let records = world.records();
    let [record] = records.as_slice() else { panic!("{records:?}") };
    assert_eq!((record.door, record.request.as_str(), record.rows), (Door::Flight, SQL, 3));
    assert_eq!(record.principal.as_ref().unwrap().as_str(), "ada");
    assert_eq!(record.result, RequestResult::Answered);
    assert!(record.reads.contains_key(&fixture::product("shop-sales")));
}

#[tokio::test]
async fn what_is_hidden_does_not_exist() {
    let world = World::new().await;
    world.labelled("bob", "hidden", "email,day").await;
    let mut client = world.client("bob").await;
    let batches = query(&mut client, SQL).await.unwrap();
    let names: Vec<_> = batches[0].schema().fields().iter().map(|field| field.name().clone()).collect();
    assert_eq!(names, ["id", "amount"]);
}

#[tokio::test]
async fn rows_are_decided_on_when_they_are_fetched() {
    let world = World::new().await;
    let mut client = world.client("ada").await;
    let info = client.execute(SQL.to_owned(), None).await.unwrap();
    world.user(fixture::principal("ada", &[])).await;
    assert_eq!(status(fetch(&mut client, info.clone()).await).code(), Code::InvalidArgument, "there is no such table");
    world.labelled("ada", "hidden", "email").await;
    let refused = status(client.do_get(ticket(&info)).await);
    assert!(refused.message().contains("the columns of the answer have changed"), "{}", refused.message());
    world.user(fixture::principal("ada", &["analysts"])).await;
    fetch(&mut client, info).await.unwrap();
}

#[tokio::test]
async fn columns_that_change_on_the_way_are_not_sent() {
    let world = World::new().await;
    let mut client = world.client("ada").await;
    let refused = status(query(&mut client, "SELECT moving").await);
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert!(refused.message().contains("send the query again"), "{}", refused.message());
}

#[tokio::test]
async fn a_ticket_is_of_one_principal() {
    let world = World::new().await;
    world.user(fixture::principal("bob", &["analysts"])).await;
    let (mut ada, mut bob) = (world.client("ada").await, world.client("bob").await);
    let info = ada.execute(SQL.to_owned(), None).await.unwrap();
    assert_eq!(status(bob.do_get(ticket(&info)).await).code(), Code::PermissionDenied);
    let record = world.last_record();
    assert_eq!(record.principal.unwrap().as_str(), "bob");
    assert!(matches!(record.result, RequestResult::Refused { .. }));
    fetch(&mut ada, info).await.unwrap();
}

#[tokio::test]
async fn a_ticket_is_good_for_a_time() {
    let world = World::new().await;
    let mut client = world.client("ada").await;
    let info = client.execute(SQL.to_owned(), None).await.unwrap();
    world.clock.advance(TimeDelta::minutes(10) - TimeDelta::seconds(1));
    fetch(&mut client, info.clone()).await.unwrap();
    fetch(&mut client, info.clone()).await.unwrap();
    world.clock.advance(TimeDelta::seconds(1));
    let refused = status(client.do_get(ticket(&info)).await);
    assert!(refused.message().contains("expired"), "{}", refused.message());
}

#[tokio::test]
async fn a_ticket_cannot_be_made_or_changed() {
    let world = World::new().await;
    let mut client = world.client("ada").await;
    let info = client.execute("SELECT endless".to_owned(), None).await.unwrap();
    let any = Any::decode(&*ticket(&info).ticket).unwrap();
    let sealed = any.unpack::<TicketStatementQuery>().unwrap().unwrap().statement_handle;
    let place = sealed.windows(7).position(|bytes| bytes == b"endless").unwrap();
    let mut changed = sealed.to_vec();
    changed[place..place + 7].copy_from_slice(b"forever");
    for handle in [changed, b"SELECT 1".to_vec(), Vec::new()] {
        let ticket = TicketStatementQuery { statement_handle: handle.into() };
        let refused = status(client.do_get(Ticket::new(ticket.as_any().encode_to_vec())).await);
        assert_eq!(refused.code(), Code::PermissionDenied);
    }
    assert_eq!(status(client.do_get(Ticket::new("nonsense")).await).code(), Code::InvalidArgument);
}

#[tokio::test]
async fn a_ticket_ends_with_its_server() {
    let (one, other) = (World::new().await, World::new().await);
    let info = one.client("ada").await.execute(SQL.to_owned(), None).await.unwrap();
    let mut client = other.client("ada").await;
    assert_eq!(status(client.do_get(ticket(&info)).await).code(), Code::PermissionDenied);
}

#[tokio::test]
async fn an_error_in_a_query_says_where_and_what_to_do() {
    let world = World::new().await;
    let mut client = world.client("ada").await;
    let refused = status(query(&mut client, "SELECT * FROM salse").await);
    assert_eq!(refused.code(), Code::InvalidArgument);
    let records = world.records();
    let [record] = records.as_slice() else { panic!("{records:?}") };
    let expect = format!("there is no table `salse` (line 1, column 15); look at the name (request {})", record.id);
    assert_eq!(refused.message(), expect);
    assert_eq!(refused.metadata().get("outport-request-id").unwrap().to_str().unwrap(), record.id.to_string());
    assert_eq!(record.request, "SELECT * FROM salse");
    assert!(matches!(record.result, RequestResult::Failed { .. }));
}

#[tokio::test]
async fn whoever_may_know_of_a_table_is_told_how_to_get_to_it() {
    let world = World::new().await;
    world.user(fixture::principal("gus", &["guests"])).await;
    let mut client = world.client("gus").await;
    let refused = status(query(&mut client, SQL).await);
    assert_eq!(refused.code(), Code::PermissionDenied);
    assert!(refused.message().contains("outport access request shop-sales.daily"), "{}", refused.message());
}

#[tokio::test]
async fn what_is_inside_stays_inside() {
    let world = World::new().await;
    let mut client = world.client("ada").await;
    for sql in ["SELECT broken", "SELECT * FROM warehouse"] {
        let refused = status(query(&mut client, sql).await);
        let record = world.last_record();
        assert_eq!(refused.code(), Code::Internal, "{sql}");
        assert_eq!(refused.message(), format!("something inside failed (request {})", record.id));
        let RequestResult::Failed { reason } = record.result else { panic!("failed") };
        assert!(reason.contains("4711"), "{reason}");
    }
}

#[tokio::test]
async fn rows_come_before_the_query_has_ended() {
    let mut world = World::new().await;
    let mut client = world.client("ada").await;
    let info = client.execute("SELECT endless".to_owned(), None).await.unwrap();
    soon(world.given_up.recv()).await.unwrap();
    let mut rows = client.do_get(ticket(&info)).await.unwrap();
    let first = soon(rows.next()).await.unwrap().unwrap();
    assert_eq!(first.column(0).as_primitive::<Int64Type>().values(), &[0, 1]);
    drop(rows);
    soon(world.given_up.recv()).await.unwrap();
    let record = world.last_record();
    assert_eq!((record.result, record.rows), (RequestResult::Cancelled, 2), "whoever goes away has cancelled");
}

async fn act<T>(client: &mut Client, name: &str, body: Vec<u8>, read: impl Fn(&[u8]) -> T) -> T {
    let results: Vec<_> = client.do_action(Action::new(name, body)).await.unwrap().try_collect().await.unwrap();
    read(&results[0].body)
}

async fn cancel_info(client: &mut Client, info: &FlightInfo) -> CancelStatus {
    let body = CancelFlightInfoRequest::new(info.clone()).encode_to_vec();
    act(client, "CancelFlightInfo", body, |body| CancelFlightInfoResult::decode(body).unwrap().status()).await
}

async fn cancel_query(client: &mut Client, info: &FlightInfo) -> i32 {
    let body = ActionCancelQueryRequest { info: info.encode_to_vec().into() }.as_any().encode_to_vec();
    act(client, "CancelQuery", body, |body| {
        Any::decode(body).unwrap().unpack::<ActionCancelQueryResult>().unwrap().unwrap().result
    })
    .await
}

#[tokio::test]
async fn a_query_can_be_cancelled_by_its_plan() {
    let mut world = World::new().await;
    let mut client = world.client("ada").await;
    let info = client.execute("SELECT endless".to_owned(), None).await.unwrap();
    soon(world.given_up.recv()).await.unwrap();
    assert_eq!(cancel_info(&mut client, &info).await, CancelStatus::NotCancellable, "nothing flows yet");
    let mut rows = client.do_get(ticket(&info)).await.unwrap();
    soon(rows.next()).await.unwrap().unwrap();
    world.user(fixture::principal("bob", &["analysts"])).await;
    let mut bob = world.client("bob").await;
    let theirs = CancelFlightInfoRequest::new(info.clone()).encode_to_vec();
    let refused = bob.do_action(Action::new("CancelFlightInfo", theirs)).await.map(drop);
    assert_eq!(status(refused).code(), Code::PermissionDenied);
    assert_eq!(cancel_info(&mut client, &info).await, CancelStatus::Cancelled);
    assert_eq!(status(soon(rows.next()).await.unwrap()).code(), Code::Cancelled);
    soon(world.given_up.recv()).await.unwrap();
    assert!(world.records().iter().any(|record| record.result == RequestResult::Cancelled));

    let mut rows = client.do_get(ticket(&info)).await.unwrap();
    soon(rows.next()).await.unwrap().unwrap();
    assert_eq!(cancel_query(&mut client, &info).await, CancelStatus::Cancelled as i32);
    assert_eq!(status(soon(rows.next()).await.unwrap()).code(), Code::Cancelled);
}

#[tokio::test]
async fn long_answers_are_divided() {
    let options = Options { message_bytes: 64 << 10, ..Options::default() };
    let world = World::with(options, None, Limits::default()).await;
    let mut client = world.client("ada").await;
    let batches = query(&mut client, "SELECT many").await.unwrap();
    assert!(batches.len() > 10, "{}", batches.len());
    let numbers = batches.iter().flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().values().to_vec());
    assert!(numbers.eq(0..100_000));
}

#[tokio::test]
async fn a_message_that_is_too_long_is_not_taken() {
    let options = Options { message_bytes: 64 << 10, ..Options::default() };
    let world = World::with(options, None, Limits::default()).await;
    let mut client = world.client("ada").await;
    let refused = status(query(&mut client, &"x".repeat(100 << 10)).await);
    assert_eq!(refused.code(), Code::OutOfRange);
}

#[tokio::test]
async fn limits_hold() {
    let world = World::with(Options::default(), None, Limits { rows: 2, ..Limits::default() }).await;
    let mut client = world.client("ada").await;
    let refused = status(query(&mut client, SQL).await);
    assert_eq!(refused.code(), Code::ResourceExhausted);
    assert!(refused.message().contains("the limit `rows` of 2 is reached"), "{}", refused.message());
    assert_eq!(world.last_record().result, RequestResult::Limited { limit: "rows".to_owned() });
}

#[tokio::test]
async fn the_schema_alone_can_be_asked_for() {
    let world = World::new().await;
    let mut client = world.client("ada").await;
    let info = client.execute(SQL.to_owned(), None).await.unwrap();
    let command = CommandStatementQuery { query: SQL.to_owned(), transaction_id: None };
    let descriptor = FlightDescriptor::new_cmd(command.as_any().encode_to_vec());
    let authorized = |descriptor: &FlightDescriptor| {
        let mut request = Request::new(descriptor.clone());
        let bearer = format!("Bearer {}", client.token().unwrap());
        request.metadata_mut().insert("authorization", bearer.parse().unwrap());
        request
    };
    let (schema, poll) = (authorized(&descriptor), authorized(&descriptor));
    let schema = client.inner_mut().get_schema(schema).await.unwrap().into_inner();
    assert_eq!(schema.schema, info.schema);
    let poll = client.inner_mut().poll_flight_info(poll).await.unwrap().into_inner();
    assert_eq!((poll.flight_descriptor, poll.info.unwrap().schema), (None, info.schema));
}

#[tokio::test]
async fn nothing_is_written() {
    let world = World::new().await;
    let mut client = world.client("ada").await;
    let update = status(client.execute_update("DELETE FROM shop_sales.daily".to_owned(), None).await);
    assert_eq!(update.code(), Code::Unimplemented);
    assert!(update.message().contains("released tables are only read"), "{}", update.message());
    let rows = query(&mut client, SQL).await.unwrap();
    let ingest = client.execute_ingest(CommandStatementIngest::default(), stream::iter(rows.into_iter().map(Ok))).await;
    assert_eq!(status(ingest).code(), Code::Unimplemented);
    assert_eq!(status(client.begin_transaction().await).code(), Code::Unimplemented);
    let within = client.execute(SQL.to_owned(), Some("1".into())).await;
    assert_eq!(status(within).code(), Code::InvalidArgument);
}
