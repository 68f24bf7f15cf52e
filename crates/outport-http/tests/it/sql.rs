//! `POST /v1/sql`.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use arrow::{
    array::{
        ArrayRef, BinaryArray, BooleanArray, Date32Array, Float64Array, Int64Array, ListArray, RecordBatch,
        TimestampMicrosecondArray, UInt64Array,
    },
    datatypes::{DataType, Field, Int32Type, Schema},
    ipc::reader::StreamReader,
};
use axum::body::Body;
use futures::{SinkExt, StreamExt, channel::mpsc};
use http::StatusCode;
use outport_app::{
    engine::{Argument, Arguments, EngineError},
    gate::Limits,
};
use outport_model::audit::RequestResult;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::json;
use tower::Service;

use crate::support::{ADA, Home, post, request, rows, schema, send, with};

fn two_batches() -> Vec<RecordBatch> {
    vec![
        rows(&[(1, Some("a, \"b\""), Some(1250)), (2, None, None)]),
        rows(&[(9_007_199_254_740_993, Some("c"), Some(-5))]),
    ]
}

async fn in_format(format: &str) -> crate::support::Reply {
    let home = Home::new().await;
    home.answer(two_batches());
    let reply = send(&home.router(), with(post(&json!({ "sql": "SELECT 1" })), "accept", format)).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert!(!reply.broken);
    assert!(reply.header("content-type").starts_with(format));
    reply
}

#[tokio::test]
async fn rows_are_one_json_document() {
    let reply = in_format("application/json").await;
    insta::assert_snapshot!(reply.text(), @r#"
    {"columns":[{"name":"id","type":"int64"},{"name":"name","type":"string"},{"name":"price","type":"decimal(10,2)"}],"rows":[
    {"id":1,"name":"a, \"b\"","price":"12.50"},
    {"id":2,"name":null,"price":null},
    {"id":9007199254740993,"name":"c","price":"-0.05"}
    ]}
    "#);
    reply.json();
}

#[tokio::test]
async fn rows_are_lines_of_json() {
    let reply = in_format("application/x-ndjson").await;
    insta::assert_snapshot!(reply.text(), @r#"
    {"id":1,"name":"a, \"b\"","price":"12.50"}
    {"id":2,"name":null,"price":null}
    {"id":9007199254740993,"name":"c","price":"-0.05"}
    "#);
}

#[tokio::test]
async fn rows_are_csv() {
    let reply = in_format("text/csv").await;
    insta::assert_snapshot!(reply.text(), @r#"
    id,name,price
    1,"a, ""b""",12.50
    2,,
    9007199254740993,c,-0.05
    "#);
}

#[tokio::test]
async fn rows_are_an_arrow_stream() {
    let reply = in_format("application/vnd.apache.arrow.stream").await;
    let read: Vec<_> = StreamReader::try_new(&*reply.body, None).unwrap().map(Result::unwrap).collect();
    assert_eq!(read, two_batches());
}

#[tokio::test]
async fn rows_are_parquet() {
    let reply = in_format("application/vnd.apache.parquet").await;
    let reader = ParquetRecordBatchReaderBuilder::try_new(reply.body).unwrap().build().unwrap();
    let read: Vec<_> = reader.map(Result::unwrap).collect();
    let expect = arrow::compute::concat_batches(&schema(), &two_batches()).unwrap();
    assert_eq!(arrow::compute::concat_batches(&read[0].schema(), &read).unwrap(), expect);
}

#[tokio::test]
async fn an_answer_without_rows_is_whole_in_every_format() {
    let home = Home::new().await;
    home.answer(vec![RecordBatch::new_empty(schema())]);
    for (format, expect) in [
        ("json", Some("\"rows\":[\n]}\n")),
        ("ndjson", Some("")),
        ("csv", Some("id,name,price\n")),
        ("arrow", None),
        ("parquet", None),
    ] {
        let asked = request(ADA, "POST", &format!("/v1/sql?format={format}"), "SELECT 1");
        let reply = send(&home.router(), asked).await;
        assert_eq!((reply.status, reply.broken), (StatusCode::OK, false), "{format}");
        if let Some(expect) = expect {
            assert!(reply.text().ends_with(expect), "{format}: {}", reply.text());
        }
    }
}

#[tokio::test]
async fn values_of_every_type_are_json() {
    let day =
        |text: &str| text.parse::<chrono::NaiveDate>().unwrap().signed_duration_since(chrono::NaiveDate::default());
    let moment = 1_790_000_000_123_456;
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("yes", Arc::new(BooleanArray::from(vec![true]))),
        ("large", Arc::new(UInt64Array::from(vec![u64::MAX]))),
        ("not_a_number", Arc::new(Float64Array::from(vec![f64::NAN]))),
        ("float", Arc::new(Float64Array::from(vec![0.1]))),
        ("day", Arc::new(Date32Array::from(vec![i32::try_from(day("2026-01-31").num_days()).unwrap()]))),
        ("moment", Arc::new(TimestampMicrosecondArray::from(vec![moment]).with_timezone("+00:00"))),
        ("wall_clock", Arc::new(TimestampMicrosecondArray::from(vec![moment]))),
        ("bytes", Arc::new(BinaryArray::from(vec![&b"\x00\xff"[..]]))),
        ("list", Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>([Some([Some(1), None])]))),
    ];
    let fields: Vec<Field> =
        columns.iter().map(|(name, column)| Field::new(*name, column.data_type().clone(), true)).collect();
    let batch =
        RecordBatch::try_new(Arc::new(Schema::new(fields)), columns.into_iter().map(|(_, column)| column).collect());
    let home = Home::new().await;
    home.answer(vec![batch.unwrap()]);
    let reply = send(&home.router(), post(&json!({ "sql": "SELECT 1" }))).await;
    insta::assert_snapshot!(reply.text(), @r#"
    {"columns":[{"name":"yes","type":"boolean"},{"name":"large","type":"uint64"},{"name":"not_a_number","type":"float64"},{"name":"float","type":"float64"},{"name":"day","type":"date"},{"name":"moment","type":"timestamp"},{"name":"wall_clock","type":"timestamp without time zone"},{"name":"bytes","type":"binary"},{"name":"list","type":"list<int32>"}],"rows":[
    {"yes":true,"large":18446744073709551615,"not_a_number":null,"float":0.1,"day":"2026-01-31","moment":"2026-09-21T14:13:20.123456Z","wall_clock":"2026-09-21T14:13:20.123456","bytes":"AP8=","list":[1,null]}
    ]}
    "#);
    let csv = send(&home.router(), request(ADA, "POST", "/v1/sql?format=csv", "SELECT 1")).await;
    assert_eq!(
        csv.problem(),
        json!({ "type": "urn:outport:problem:not-acceptable", "title": "there is no answer of this form", "status": 406, "detail": "a value of column `list` has parts, and CSV has no place for them", "help": "ask for JSON, Arrow or Parquet, or select the parts" })
    );
}

#[tokio::test]
async fn two_columns_of_one_name_are_no_object() {
    let field = || Field::new("id", DataType::Int64, false);
    let column = || -> ArrayRef { Arc::new(Int64Array::from(vec![1])) };
    let batch = RecordBatch::try_new(Arc::new(Schema::new(vec![field(), field()])), vec![column(), column()]).unwrap();
    let home = Home::new().await;
    home.answer(vec![batch]);
    let reply = send(&home.router(), post(&json!({ "sql": "SELECT 1" }))).await;
    assert_eq!(
        reply.problem(),
        json!({ "type": "urn:outport:problem:not-acceptable", "title": "there is no answer of this form", "status": 406, "detail": "two columns of the answer are named `id`", "help": "give one of them another name with `AS`, or ask for CSV, Arrow or Parquet" })
    );
    let reply = send(&home.router(), request(ADA, "POST", "/v1/sql?format=csv", "SELECT 1")).await;
    assert_eq!(reply.text(), "id,id\n1,1\n");
}

#[tokio::test]
async fn parameters_stay_values() {
    let home = Home::new().await;
    home.answer(two_batches());
    let router = home.router();
    let hostile = "'; DROP TABLE x --";
    let values = json!([1, 1.5, true, null, hostile, 18_446_744_073_709_551_615_u64]);
    send(&router, post(&json!({ "sql": "SELECT $1", "parameters": values }))).await;
    send(&router, post(&json!({ "sql": "SELECT $a", "parameters": { "a": "x" } }))).await;
    send(&router, request(ADA, "POST", "/v1/sql", "SELECT 2")).await;
    let questions = home.questions();
    assert_eq!(questions[0].sql, "SELECT $1");
    assert_eq!(
        questions[0].arguments,
        Arguments::Positional(vec![
            Argument::Integer(1),
            Argument::Float(1.5),
            Argument::Boolean(true),
            Argument::Null,
            Argument::Text(hostile.to_owned()),
            Argument::Text("18446744073709551615".to_owned()),
        ])
    );
    assert_eq!(
        questions[1].arguments,
        Arguments::Named(BTreeMap::from([("a".to_owned(), Argument::Text("x".to_owned()))]))
    );
    assert_eq!(questions[2].sql, "SELECT 2");
}

#[tokio::test]
async fn an_answer_says_what_it_read_and_is_on_record_once() {
    let home = Home::new().await;
    home.answer(two_batches());
    let asked = with(post(&json!({ "sql": "SELECT 1", "purpose": "churn" })), "user-agent", "a test/1");
    let reply = send(&home.router(), with(asked, "outport-purpose", "something else")).await;
    assert_eq!(reply.header("outport-releases"), "shop=1");
    let records = home.records();
    assert_eq!(records.len(), 1);
    let record = &records[0];
    assert_eq!(record.id.to_string(), reply.header("outport-request"));
    assert_eq!(record.purpose.as_ref().map(outport_model::principal::Purpose::as_str), Some("churn"));
    assert_eq!(record.client.as_deref(), Some("a test/1"));
    assert_eq!((record.request.as_str(), record.rows, &record.result), ("SELECT 1", 3, &RequestResult::Answered));
}

#[tokio::test]
async fn what_is_not_understood_is_a_problem() {
    let home = Home::new().await;
    home.answer(two_batches());
    let router = home.router();
    let json = |text: &str| with(request(ADA, "POST", "/v1/sql", text.to_owned()), "content-type", "application/json");
    for (asked, status, said) in [
        (json("{"), 400, "the body is not what is wanted here"),
        (json("{\"sql\": 1}"), 400, "expected a string"),
        (json("{\"sql\": \"SELECT 1\", \"params\": []}"), 400, "unknown field `params`"),
        (json("{\"sql\": \"SELECT 1\", \"parameters\": [[1]]}"), 400, "the value of `$1` has parts"),
        (json("{\"sql\": \" \"}"), 400, "there is no query"),
        (json("{\"sql\": \"SELECT 1\", \"purpose\": \"a\\nb\"}"), 400, "it has a control character"),
        (with(request(ADA, "POST", "/v1/sql", "x"), "content-type", "application/xml"), 415, "`application/xml`"),
        (request(ADA, "POST", "/v1/sql", vec![0xff]), 400, "the query is not UTF-8"),
        (request(ADA, "POST", "/v1/sql?format=xml", "SELECT 1"), 400, "there is no format `xml`"),
        (request(ADA, "POST", "/v1/sql?form=csv", "SELECT 1"), 400, "a parameter that is not known"),
        (with(request(ADA, "POST", "/v1/sql", "SELECT 1"), "accept", "text/html"), 406, "what `Accept` names"),
    ] {
        let problem = send(&router, asked).await.problem();
        assert_eq!(problem["status"], status, "{problem}");
        assert!(problem["detail"].as_str().unwrap().contains(said), "{problem}");
    }
    assert!(home.questions().is_empty());
}

#[tokio::test]
async fn errors_of_the_engine_say_what_they_may() {
    let home = Home::new().await;
    let router = home.router();
    home.fail(|| EngineError::Query {
        reason: "there is no column `x`".to_owned(),
        position: Some((1, 8)),
        help: Some("did you mean `y`?".to_owned()),
    });
    let reply = send(&router, post(&json!({ "sql": "SELECT x" }))).await;
    assert_eq!(
        reply.problem(),
        json!({ "type": "urn:outport:problem:query", "title": "the query cannot be answered", "status": 400, "detail": "there is no column `x`", "help": "did you mean `y`?", "line": 1, "column": 8 })
    );
    home.fail(|| EngineError::Sealed { table: "shop.daily".to_owned(), reason: "secret 42".to_owned() });
    let reply = send(&router, post(&json!({ "sql": "SELECT 1" }))).await;
    assert_eq!(
        reply.problem(),
        json!({ "type": "urn:outport:problem:internal", "title": "something inside failed", "status": 500 })
    );
    assert_eq!(reply.json()["request"], reply.header("outport-request"));
    home.fail(|| EngineError::Warehouse { location: "/srv/w".to_owned(), action: "read", reason: "gone".to_owned() });
    assert_eq!(
        send(&router, post(&json!({ "sql": "SELECT 1" }))).await.problem()["type"],
        "urn:outport:problem:internal"
    );
    let results: Vec<_> = home.records().into_iter().map(|record| record.result).collect();
    assert_eq!(results.len(), 3);
    assert!(matches!(&results[1], RequestResult::Failed { reason } if reason.contains("secret 42")), "{results:?}");
}

/// A gate whose one query gives what is sent here, and says when it is dropped.
fn by_hand(home: &Home) -> (mpsc::Sender<Result<RecordBatch, EngineError>>, tokio::sync::oneshot::Receiver<()>) {
    let (sender, receiver) = mpsc::channel(0);
    let (dropped, told) = tokio::sync::oneshot::channel();
    let parts = Mutex::new(Some((receiver, dropped)));
    home.answer_with(move |_| {
        let (mut receiver, dropped) = parts.lock().unwrap().take().expect("one query");
        let dropped = Told(Some(dropped));
        let batches = futures::stream::poll_fn(move |context| {
            let _ = &dropped;
            receiver.poll_next_unpin(context)
        });
        Ok((schema(), batches.boxed()))
    });
    (sender, told)
}

struct Told(Option<tokio::sync::oneshot::Sender<()>>);

impl Drop for Told {
    fn drop(&mut self) {
        let _ = self.0.take().map(|sender| sender.send(()));
    }
}

#[tokio::test]
async fn first_rows_arrive_before_the_last_are_computed() {
    let home = Home::new().await;
    let (mut engine, _) = by_hand(&home);
    let router = home.router();
    let asked = with(post(&json!({ "sql": "SELECT 1" })), "accept", "application/x-ndjson");
    let (response, ()) = tokio::join!(async { router.clone().call(asked).await.unwrap() }, async {
        engine.send(Ok(rows(&[(1, None, None)]))).await.unwrap();
    });
    let mut body = response.into_body().into_data_stream();
    let first = body.next().await.unwrap().unwrap();
    assert_eq!(&first[..], b"{\"id\":1,\"name\":null,\"price\":null}\n");
    engine.send(Ok(rows(&[(2, None, None)]))).await.unwrap();
    assert!(body.next().await.unwrap().unwrap().starts_with(b"{\"id\":2"));
    engine.close_channel();
    assert!(body.next().await.is_none());
    assert_eq!(home.records()[0].result, RequestResult::Answered);
}

async fn failing_late(home: &Home, format: &str) -> crate::support::Reply {
    let failed = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&failed);
    home.answer_with(move |_| {
        let told = Arc::clone(&told);
        let batches = futures::stream::iter([
            Ok(rows(&[(1, None, None)])),
            Err(EngineError::Sealed { table: "shop.daily".to_owned(), reason: "secret 42".to_owned() }),
        ]);
        Ok((schema(), batches.inspect(move |batch| told.store(batch.is_err(), Ordering::SeqCst)).boxed()))
    });
    let reply = send(&home.router(), request(ADA, "POST", &format!("/v1/sql?format={format}"), "SELECT 1")).await;
    assert!(failed.load(Ordering::SeqCst));
    assert_eq!(reply.status, StatusCode::OK);
    reply
}

#[tokio::test]
async fn lines_end_with_an_error_where_later_rows_fail() {
    let home = Home::new().await;
    let reply = failing_late(&home, "ndjson").await;
    assert!(!reply.broken);
    let last: serde_json::Value = serde_json::from_str(reply.text().lines().last().unwrap()).unwrap();
    assert_eq!(last["error"]["type"], "urn:outport:problem:internal");
    assert_eq!(last["error"]["request"], reply.header("outport-request"));
    assert!(!reply.text().contains("secret") && !reply.text().contains(" 42"));
    assert_eq!(home.records().len(), 1);
}

#[tokio::test]
async fn other_bodies_break_off_where_later_rows_fail() {
    let home = Home::new().await;
    for format in ["json", "csv", "arrow", "parquet"] {
        assert!(failing_late(&home, format).await.broken, "{format}");
    }
}

#[tokio::test]
async fn a_limit_breaks_an_answer_off() {
    let home = Home::limited(Limits { rows: 2, ..Limits::default() }).await;
    home.answer(two_batches());
    let reply = send(&home.router(), request(ADA, "POST", "/v1/sql?format=csv", "SELECT 1")).await;
    assert!(reply.broken);
    assert_eq!(home.records()[0].result, RequestResult::Limited { limit: "rows".to_owned() });
    home.answer(vec![rows(&[(1, None, None), (2, None, None), (3, None, None)])]);
    let reply = send(&home.router(), post(&json!({ "sql": "SELECT 1" }))).await;
    assert_eq!(
        reply.problem(),
        json!({ "type": "urn:outport:problem:limit", "title": "a limit is reached", "status": 422, "detail": "the limit `rows` of 2 is reached", "help": "ask for less, or ask an administrator to raise the limit" })
    );
}

#[tokio::test]
async fn who_goes_away_stops_the_query() {
    let home = Home::new().await;
    let (mut engine, dropped) = by_hand(&home);
    let router = home.router();
    let (response, ()) =
        tokio::join!(async { router.clone().call(post(&json!({ "sql": "SELECT 1" }))).await.unwrap() }, async {
            engine.send(Ok(rows(&[(1, None, None)]))).await.unwrap();
        });
    drop(response);
    dropped.await.unwrap();
    assert_eq!(home.records()[0].result, RequestResult::Cancelled);
}

#[tokio::test]
async fn a_query_is_stopped_by_whoever_began_it_and_nobody_else() {
    let home = Home::new().await;
    let (mut engine, dropped) = by_hand(&home);
    let router = home.router();
    let (response, ()) =
        tokio::join!(async { router.clone().call(post(&json!({ "sql": "SELECT 1" }))).await.unwrap() }, async {
            engine.send(Ok(rows(&[(1, None, None)]))).await.unwrap();
        });
    let id = response.headers()["outport-request"].to_str().unwrap().to_owned();
    let path = format!("/v1/sql/{id}");
    let list = |token| request(token, "GET", "/v1/sql", Body::empty());
    assert_eq!(send(&router, list(ADA)).await.json()["queries"][0]["request"], id.as_str());
    assert_eq!(send(&router, list("bob-token")).await.json(), json!({ "queries": [] }));
    let other = send(&router, request("bob-token", "DELETE", &path, Body::empty())).await;
    assert_eq!(other.problem()["type"], "urn:outport:problem:not-found");
    let own = send(&router, request(ADA, "DELETE", &path, Body::empty())).await;
    assert_eq!(own.status, StatusCode::NO_CONTENT);
    dropped.await.unwrap();
    let pieces: Vec<_> = response.into_body().into_data_stream().collect().await;
    assert!(pieces.last().unwrap().is_err(), "the body breaks off");
    let again = send(&router, request(ADA, "DELETE", &path, Body::empty())).await;
    assert_eq!(again.status, StatusCode::NOT_FOUND);
    let own: Vec<_> = home.records().into_iter().filter(|record| record.request == "SELECT 1").collect();
    assert_eq!(own.len(), 1);
    assert_eq!(own[0].result, RequestResult::Cancelled);
}
