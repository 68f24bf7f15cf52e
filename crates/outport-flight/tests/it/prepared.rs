//! Prepared statements.

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, AsArray, BinaryArray, Int64Array, RecordBatch, StringArray},
    datatypes::{DataType, Decimal128Type, Field, Schema},
};
use arrow_flight::{
    Action, FlightDescriptor, FlightInfo,
    error::FlightError,
    sql::{
        ActionCreatePreparedStatementRequest, ActionCreatePreparedStatementResult, Any, CommandPreparedStatementQuery,
        ProstMessageExt,
    },
};
use bytes::Bytes;
use chrono::TimeDelta;
use futures::TryStreamExt;
use outport_model::audit::RequestResult;
use outport_test::fixture;
use prost::Message;
use tonic::{Code, Request};

use crate::world::{Client, World, fetch, query, status};

const SQL: &str = "SELECT amount FROM shop_sales.daily WHERE id = $1";

fn row(column: ArrayRef) -> RecordBatch {
    RecordBatch::try_from_iter([("0", column)]).unwrap()
}

fn id(id: i64) -> RecordBatch {
    row(Arc::new(Int64Array::from(vec![id])))
}

#[tokio::test]
async fn a_query_is_prepared_and_run_with_values() {
    let world = World::new().await;
    let mut client = world.client("ada").await;
    let mut prepared = client.prepare(SQL.to_owned(), None).await.unwrap();
    assert_eq!(*prepared.parameter_schema().unwrap(), Schema::new(vec![Field::new("$1", DataType::Int64, true)]));
    let amount = Field::new("amount", DataType::Decimal128(10, 2), true);
    assert_eq!(*prepared.dataset_schema().unwrap(), Schema::new(vec![amount]));
    for (wanted, amount) in [(1, 150), (3, 999)] {
        prepared.set_parameters(id(wanted)).unwrap();
        let info = prepared.execute().await.unwrap();
        let batches = fetch(&mut client, info).await.unwrap();
        assert_eq!(batches[0].column(0).as_primitive::<Decimal128Type>().values(), &[amount]);
    }
    let asked: Vec<_> = world.records().into_iter().map(|record| (record.request, record.result)).collect();
    assert_eq!(asked, vec![(SQL.to_owned(), RequestResult::Answered); 2], "once for each time that rows were fetched");
    prepared.close().await.unwrap();
}

#[tokio::test]
async fn values_of_one_row_are_bound() {
    let world = World::new().await;
    let mut client = world.client("ada").await;
    let mut prepared = client.prepare(SQL.to_owned(), None).await.unwrap();
    let two = RecordBatch::try_from_iter([("0", id(1).column(0).clone()), ("1", id(1).column(0).clone())]).unwrap();
    let wrong: [(RecordBatch, &str); 4] = [
        (row(Arc::new(Int64Array::from(vec![1, 2]))), "several rows of values were bound"),
        (row(Arc::new(Int64Array::from(Vec::<i64>::new()))), "no values were bound"),
        (two, "the query has 1 parameters, and 2 values were bound"),
        (row(Arc::new(BinaryArray::from(vec![b"x".as_slice()]))), "is of the type Binary"),
    ];
    for (rows, expect) in wrong {
        prepared.set_parameters(rows).unwrap();
        let refused = status(prepared.execute().await);
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert!(refused.message().contains(expect), "{}", refused.message());
        assert!(matches!(world.last_record().result, RequestResult::Failed { .. }));
    }
    prepared.set_parameters(id(2)).unwrap();
    let info = prepared.execute().await.unwrap();
    assert_eq!(fetch(&mut client, info).await.unwrap()[0].num_rows(), 1, "the statement is as good as before");
}

#[tokio::test]
async fn a_value_of_the_wrong_type_is_refused() {
    let world = World::new().await;
    let mut client = world.client("ada").await;
    let mut prepared = client.prepare(SQL.to_owned(), None).await.unwrap();
    prepared.set_parameters(row(Arc::new(StringArray::from(vec!["x"])))).unwrap();
    assert_eq!(status(prepared.execute().await).code(), Code::InvalidArgument);
}

#[tokio::test]
async fn a_statement_is_of_one_principal_and_for_a_time() {
    let world = World::new().await;
    world.user(fixture::principal("bob", &["analysts"])).await;
    let mut ada = world.client("ada").await;
    let handle = handle(&mut ada, SQL).await;
    let mut bob = world.client("bob").await;
    assert_eq!(status(execute(&mut bob, &handle).await).code(), Code::PermissionDenied);
    execute(&mut world.client("ada").await, &handle).await.unwrap();
    world.clock.advance(TimeDelta::hours(8));
    let mut later = world.client("ada").await;
    assert!(status(execute(&mut later, &handle).await).message().contains("expired"));
}

#[tokio::test]
async fn a_statement_that_cannot_be_planned_is_not_prepared() {
    let world = World::new().await;
    let mut client = world.client("ada").await;
    let refused = status(client.prepare("SELECT * FROM salse".to_owned(), None).await);
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert_eq!(world.records().len(), 1);
}

#[tokio::test]
async fn a_statement_is_decided_on_whenever_it_is_run() {
    let world = World::new().await;
    let mut client = world.client("ada").await;
    let sql = "SELECT * FROM shop_sales.daily";
    let mut prepared = client.prepare(sql.to_owned(), None).await.unwrap();
    assert_eq!(prepared.dataset_schema().unwrap().fields().len(), 4);
    world.labelled("ada", "hidden", "email").await;
    let info = prepared.execute().await.unwrap();
    let batches = fetch(&mut client, info).await.unwrap();
    assert_eq!(batches, query(&mut client, sql).await.unwrap());
    assert!(batches[0].column_by_name("email").is_none());
}

#[tokio::test]
async fn a_statement_does_not_write() {
    let world = World::new().await;
    let mut client = world.client("ada").await;
    let mut prepared = client.prepare("SELECT many".to_owned(), None).await.unwrap();
    assert_eq!(status(prepared.execute_update().await).code(), Code::Unimplemented);
}

/// The handle of a prepared statement, which arrow-flight's client keeps to itself.
async fn handle(client: &mut Client, sql: &str) -> Bytes {
    let query = ActionCreatePreparedStatementRequest { query: sql.to_owned(), transaction_id: None };
    let action = Action::new("CreatePreparedStatement", query.as_any().encode_to_vec());
    let results: Vec<_> = client.do_action(action).await.unwrap().try_collect().await.unwrap();
    let result = Any::decode(&*results[0].body).unwrap().unpack::<ActionCreatePreparedStatementResult>();
    result.unwrap().unwrap().prepared_statement_handle
}

async fn execute(client: &mut Client, handle: &Bytes) -> Result<FlightInfo, FlightError> {
    let command = CommandPreparedStatementQuery { prepared_statement_handle: handle.clone() };
    let mut request = Request::new(FlightDescriptor::new_cmd(command.as_any().encode_to_vec()));
    let bearer = format!("Bearer {}", client.token().unwrap());
    request.metadata_mut().insert("authorization", bearer.parse().unwrap());
    Ok(client.inner_mut().get_flight_info(request).await?.into_inner())
}
