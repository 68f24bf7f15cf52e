//! What stops statements.

use std::time::Duration;

use bytes::BufMut;
use outport_app::gate::Limits;
use outport_pg::Options;
use tokio::io::AsyncWriteExt;
use tokio_postgres::NoTls;

use crate::{
    home::{Home, Setting, state},
    raw::Raw,
};

const ENDLESS: &str = "SELECT count(*) FROM big.numbers";

#[tokio::test]
async fn a_client_stops_its_statement() {
    let home = Home::new().await;
    let client = home.connect().await;
    let token = client.cancel_token();
    let stopping = async {
        while home.batches.load(std::sync::atomic::Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        token.cancel_query(NoTls).await.unwrap();
    };
    let (stopped, ()) = tokio::join!(client.simple_query(ENDLESS), stopping);
    assert_eq!(state(&stopped.unwrap_err()), "57014");
    assert_eq!(home.recorded(1).await, [(ENDLESS.to_owned(), "cancelled")]);
    client.simple_query("SELECT 1").await.unwrap();
}

#[tokio::test]
async fn a_statement_whose_rows_are_under_way_is_stopped() {
    let home = Home::new().await;
    let (mut raw, (process, secret)) = Raw::signed_in(home.address).await;
    raw.send(b'Q', b"SELECT n FROM big.numbers\0").await;
    assert_eq!(raw.answer().await.kind, 'T');
    let mut request = Raw::connect(home.address).await;
    let mut body = Vec::new();
    body.put_u32(80_877_102);
    body.put_i32(process);
    body.put_i32(secret);
    request.send_untyped(&body).await;
    let answers = raw.answers().await;
    assert_eq!(answers[answers.len() - 2].error().1, "57014");
}

#[tokio::test]
async fn nobody_stops_what_is_not_theirs() {
    let home = Home::new().await;
    let (mut raw, (process, secret)) = Raw::signed_in(home.address).await;
    raw.send(b'Q', b"SELECT n FROM big.numbers\0").await;
    assert_eq!(raw.answer().await.kind, 'T');
    let mut request = Raw::connect(home.address).await;
    let mut body = Vec::new();
    body.put_u32(80_877_102);
    body.put_i32(process);
    body.put_i32(secret.wrapping_add(1));
    request.send_untyped(&body).await;
    // The server has dealt with the request when it has closed its connection.
    assert_eq!(request.next().await, None);
    for _ in 0..1_000 {
        assert_eq!(raw.answer().await.kind, 'D');
    }
}

#[tokio::test]
async fn a_client_says_how_long_a_statement_may_take() {
    let home = Home::new().await;
    let client = home.connect().await;
    client.batch_execute("SET statement_timeout = '20ms'").await.unwrap();
    let error = client.simple_query(ENDLESS).await.unwrap_err();
    assert_eq!(state(&error), "57014");
    assert_eq!(home.recorded(1).await[0].1, "cancelled");
    client.batch_execute("SET statement_timeout = 0").await.unwrap();
}

#[tokio::test]
async fn the_limits_of_the_gate_hold() {
    let limits = Limits { rows: 1_500, time: Duration::from_millis(300), ..Limits::default() };
    let home = Home::with(Setting { limits, ..Setting::default() }).await;
    let client = home.connect().await;
    let error = client.simple_query("SELECT n FROM big.numbers").await.unwrap_err();
    assert_eq!(
        (state(&error), error.as_db_error().unwrap().message()),
        ("53400", "the limit `rows` of 1500 is reached")
    );
    let error = client.simple_query(ENDLESS).await.unwrap_err();
    assert_eq!(state(&error), "57014");
    // What needs no table is limited too.
    let error = client.simple_query("SELECT * FROM generate_series(1, 100000)").await.unwrap_err();
    assert_eq!(state(&error), "53400");
    let recorded = home.recorded(3).await;
    assert!(recorded.iter().all(|(_, end)| *end == "limited"), "{recorded:?}");
}

#[tokio::test]
async fn planning_and_the_catalog_count_among_the_queries() {
    let limits = Limits { concurrent: 1, wait: Duration::from_millis(1), ..Limits::default() };
    let home = Home::with(Setting { limits, ..Setting::default() }).await;
    let (mut client, other) = (home.connect().await, home.connect().await);
    let transaction = client.transaction().await.unwrap();
    let portal = transaction.bind("SELECT n FROM big.numbers", &[]).await.unwrap();
    transaction.query_portal(&portal, 1).await.unwrap();
    let refused = |error: &tokio_postgres::Error| error.as_db_error().unwrap().message().to_owned();
    let asked = other.simple_query("SELECT relname FROM pg_class").await.unwrap_err();
    assert_eq!(refused(&asked), "the limit `concurrent` of 1 is reached");
    let planned = other.prepare("SELECT n FROM big.numbers").await.unwrap_err();
    assert_eq!(refused(&planned), "the limit `concurrent` of 1 is reached");
    transaction.rollback().await.unwrap();
    other.simple_query("SELECT relname FROM pg_class").await.unwrap();
    other.prepare("SELECT n FROM big.numbers").await.unwrap();
}

#[tokio::test]
async fn messages_are_only_so_long() {
    let options = Options { message: 1_000, ..Options::default() };
    let home = Home::with(Setting { options, ..Setting::default() }).await;
    let (mut raw, _) = Raw::signed_in(home.address).await;
    raw.0.write_all(b"Q\0\0\x04\0").await.unwrap();
    assert_eq!(raw.answer().await.error(), ("FATAL".to_owned(), "08P01".to_owned()));
    assert_eq!(raw.next().await, None);
}

#[tokio::test]
async fn statements_are_only_kept_up_to_a_number() {
    let home = Home::new().await;
    let client = home.connect().await;
    let mut kept = Vec::new();
    let error = loop {
        match client.prepare("SELECT 1").await {
            Ok(statement) => kept.push(statement),
            Err(error) => break error,
        }
    };
    assert_eq!((state(&error), kept.len()), ("53400", 1_000));
}

#[tokio::test]
async fn statements_under_way_are_stopped_when_the_server_must_end() {
    let options = Options { ending: Duration::from_millis(50), ..Options::default() };
    let home = Home::with(Setting { options, ..Setting::default() }).await;
    let client = home.connect().await;
    let stopping = async {
        while home.batches.load(std::sync::atomic::Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        home.begin_to_stop();
    };
    let (stopped, ()) = tokio::join!(client.simple_query(ENDLESS), stopping);
    assert_eq!(state(&stopped.unwrap_err()), "57P01");
    home.stop().await;
}
