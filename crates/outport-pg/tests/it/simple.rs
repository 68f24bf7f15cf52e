//! The simple protocol, transactions and settings.

use tokio_postgres::SimpleQueryMessage;

use crate::{
    engine::Data,
    home::{Home, state},
    raw::Raw,
};

/// The values of all rows, nothing as `∅`.
pub(crate) async fn rows(
    client: &tokio_postgres::Client,
    sql: &str,
) -> Result<Vec<Vec<String>>, tokio_postgres::Error> {
    let messages = client.simple_query(sql).await?;
    let rows = messages.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => {
            Some((0..row.len()).map(|place| row.get(place).unwrap_or("∅").to_owned()).collect())
        }
        _ => None,
    });
    Ok(rows.collect())
}

/// The first value of the first row.
pub(crate) async fn one(client: &tokio_postgres::Client, sql: &str) -> String {
    rows(client, sql).await.unwrap()[0][0].clone()
}

#[tokio::test]
async fn released_tables_are_read_and_the_reading_is_on_record() {
    let home = Home::new().await;
    let client = home.connect().await;
    let sql = "SELECT id, customer, amount, day, at, tags FROM sales.orders ORDER BY id";
    let found = rows(&client, sql).await.unwrap();
    assert_eq!(found[0], ["1", "Ånn", "12.50", "2023-11-14", "2023-11-14 22:13:20.123456+00", "{new,NULL}"]);
    assert_eq!(found[1], ["2", "Bob, \"the\" second", "-0.05", "1970-01-01", "1970-01-01 00:00:00+00", "{}"]);
    assert_eq!(found[2], ["3", "∅", "∅", "∅", "∅", "∅"]);
    let records = home.records(1).await;
    assert_eq!((records.len(), records[0].request.as_str(), records[0].rows), (1, sql, 3));
    assert_eq!(records[0].reads.keys().map(outport_model::name::ProductName::as_str).collect::<Vec<_>>(), ["sales"]);
}

#[tokio::test]
async fn several_statements_come_in_one_text() {
    let home = Home::new().await;
    let (mut raw, _) = Raw::signed_in(home.address).await;
    raw.send(b'Q', "SELECT 'a;b'; /* ; */ ;SELECT count(*) FROM sales.orders;\0".as_bytes()).await;
    assert_eq!(raw.kinds().await, "TDCTDCZ");
    raw.send(b'Q', b" ; -- nothing\n\0").await;
    assert_eq!(raw.kinds().await, "IZ");
    raw.send(b'Q', b"SELECT 1; SELECT * FROM sales.wrong; SELECT 2\0").await;
    let answers = raw.answers().await;
    let kinds: String = answers.iter().map(|answer| answer.kind).collect();
    assert_eq!(kinds, "TDCEZ", "the first that fails is the last");
    assert_eq!(answers[3].error().1, "42P01");
    let recorded = home.recorded(4).await;
    let ends: Vec<_> = recorded.iter().map(|(_, end)| *end).collect();
    assert_eq!(ends, ["answered", "answered", "answered", "failed"], "{recorded:?}");
}

#[tokio::test]
async fn errors_have_their_code_and_hint() {
    let home = Home::new().await;
    let client = home.connect().await;
    let error = client.simple_query("SELECT 1;\nSELECT wrong FROM sales.orders").await.unwrap_err();
    let found = error.as_db_error().unwrap();
    assert_eq!(found.code().code(), "42703", "{found:?}");
    assert_eq!(found.hint(), Some("look at `\\dt *.*`"));
    let error = client.simple_query("SELEC 1").await.unwrap_err();
    assert_eq!(state(&error), "42601");
    let error = client.simple_query("SELECT 'a").await.unwrap_err();
    assert_eq!(state(&error), "42601");
}

#[tokio::test]
async fn what_fails_under_way_is_told_without_its_cause() {
    let home = Home::new().await;
    home.engine.put("big.numbers", Data::Broken);
    let (mut raw, _) = Raw::signed_in(home.address).await;
    raw.send(b'Q', b"SELECT n FROM big.numbers\0").await;
    let answers = raw.answers().await;
    let kinds: String = answers.iter().map(|answer| answer.kind).collect();
    assert_eq!(kinds, "TDDEZ");
    assert_eq!(answers[3].error(), ("ERROR".to_owned(), "XX000".to_owned()));
    let message = answers[3].field(b'M').unwrap();
    let hint = answers[3].field(b'H').unwrap();
    assert!(!message.contains("hidden") && !hint.contains("hidden"), "{message} {hint}");
    let record = &home.records(1).await[0];
    assert!(hint.contains(&record.id.to_string()), "{hint}");
    assert!(format!("{:?}", record.result).contains("hidden value 42"), "the record has the cause");
}

#[tokio::test]
async fn what_would_change_something_is_refused_and_on_record() {
    let home = Home::new().await;
    let client = home.connect().await;
    let refused = [
        "INSERT INTO sales.orders VALUES (1)",
        "CREATE TABLE a (b int)",
        "CREATE EXTERNAL TABLE a STORED AS CSV LOCATION '/etc/passwd'",
        "COPY sales.orders FROM STDIN",
        "DROP TABLE sales.orders",
        "TRUNCATE sales.orders",
    ];
    for sql in refused {
        let error = client.simple_query(sql).await.unwrap_err();
        assert_eq!(state(&error), "42501", "{sql}");
    }
    let recorded = home.recorded(refused.len()).await;
    assert!(recorded.iter().all(|(_, end)| *end == "refused"), "{recorded:?}");
    let error = client.simple_query("WITH a AS (SELECT 1) INSERT INTO b SELECT * FROM a").await.unwrap_err();
    assert_eq!(state(&error), "42000");
    assert!(client.simple_query("SELECT 1 INTO b").await.is_err());
    let error = client.simple_query("SELECT * FROM sales.orders, pg_class").await.unwrap_err();
    assert_eq!(state(&error), "0A000");
}

#[tokio::test]
async fn transactions_are_followed() {
    let home = Home::new().await;
    let (mut raw, _) = Raw::signed_in(home.address).await;
    let mut ask = async |sql: &str| {
        raw.send(b'Q', format!("{sql}\0").as_bytes()).await;
        let answers = raw.answers().await;
        let tag = answers.iter().find(|answer| answer.kind == 'C').map(super::raw::Answer::text);
        (tag, char::from(answers.last().unwrap().body[0]))
    };
    assert_eq!(ask("BEGIN READ ONLY").await, (Some("BEGIN".to_owned()), 'T'));
    assert_eq!(ask("SELECT * FROM sales.wrong").await, (None, 'E'));
    assert_eq!(ask("SELECT 1").await, (None, 'E'));
    assert_eq!(ask("COMMIT").await, (Some("ROLLBACK".to_owned()), 'I'), "there is nothing to keep");
    assert_eq!(ask("START TRANSACTION").await, (Some("START TRANSACTION".to_owned()), 'T'));
    assert_eq!(ask("SAVEPOINT a").await.1, 'T');
    assert_eq!(ask("SELECT wrong").await.1, 'E');
    assert_eq!(ask("ROLLBACK TO SAVEPOINT a").await.1, 'T');
    assert_eq!(ask("END").await, (Some("COMMIT".to_owned()), 'I'));
}

#[tokio::test]
async fn the_purpose_is_set_and_on_record() {
    let home = Home::new().await;
    let mut config = home.config();
    let client =
        home.connect_as(config.options("-c outport.purpose=churn\\ analysis").application_name("it")).await.unwrap();
    assert_eq!(one(&client, "SHOW outport.purpose").await, "churn analysis");
    client.simple_query("SELECT id FROM sales.orders").await.unwrap();
    client.batch_execute("SET outport.purpose = 'fraud'; SELECT id FROM sales.orders").await.unwrap();
    client
        .batch_execute("BEGIN; SET LOCAL outport.purpose = 'ads'; SELECT id FROM sales.orders; COMMIT")
        .await
        .unwrap();
    client.batch_execute("SELECT id FROM sales.orders; RESET ALL; SELECT id FROM sales.orders").await.unwrap();
    let records = home.records(6).await;
    let purposes: Vec<_> = records.iter().map(|record| record.purpose.as_ref().unwrap().as_str()).collect();
    assert_eq!(purposes, ["churn analysis", "churn analysis", "fraud", "ads", "fraud", "churn analysis"]);
    assert!(records.iter().all(|record| record.client.as_deref() == Some("it")));
    let error = client.simple_query("SET outport.purpose = E'a\\nb'").await.unwrap_err();
    assert_eq!(state(&error), "22023");
}

#[tokio::test]
async fn clients_set_and_show_what_they_are_used_to() {
    let home = Home::new().await;
    let client = home.connect().await;
    client
        .batch_execute("SET extra_float_digits = 3; SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
        .await
        .unwrap();
    client
        .batch_execute("SET client_encoding TO 'UTF8'; SET datestyle = ISO; DISCARD ALL; LISTEN a; UNLISTEN *")
        .await
        .unwrap();
    assert_eq!(one(&client, "SHOW transaction isolation level").await, "read committed");
    assert_eq!(one(&client, "SHOW server_version_num").await, "160006");
    assert_eq!(one(&client, "SELECT current_setting('TimeZone')").await, "UTC");
    assert!(rows(&client, "SHOW ALL").await.unwrap().len() > 10);
    assert_eq!(state(&client.simple_query("SHOW nothing").await.unwrap_err()), "42704");
    assert_eq!(state(&client.simple_query("SET client_encoding = 'LATIN1'").await.unwrap_err()), "22023");
    assert_eq!(state(&client.simple_query("SET ROLE bob").await.unwrap_err()), "0A000");
    assert_eq!(one(&client, "SELECT set_config('outport.purpose', 'ads', false)").await, "ads");
    assert_eq!(one(&client, "SHOW outport.purpose").await, "ads");
}

#[tokio::test]
async fn tables_are_found_along_the_search_path_and_with_the_database() {
    let home = Home::new().await;
    let client = home.connect().await;
    assert_eq!(state(&client.simple_query("SELECT count(*) FROM orders").await.unwrap_err()), "42P01");
    client.batch_execute("SET search_path = big, sales").await.unwrap();
    assert_eq!(one(&client, "SELECT count(o.id) FROM orders AS o").await, "3");
    assert_eq!(one(&client, "SELECT count(*) FROM \"dev\".sales.orders").await, "3");
}

#[tokio::test]
async fn cursors_give_rows_in_steps() {
    let home = Home::new().await;
    let client = home.connect().await;
    let error = client.simple_query("DECLARE c CURSOR FOR SELECT n FROM big.numbers").await.unwrap_err();
    assert_eq!(state(&error), "25P01");
    client.batch_execute("BEGIN; DECLARE c CURSOR FOR SELECT n FROM big.numbers").await.unwrap();
    assert_eq!(rows(&client, "FETCH 2 FROM c").await.unwrap(), [["0"], ["1"]]);
    assert_eq!(rows(&client, "FETCH FORWARD 1 FROM c").await.unwrap(), [["2"]]);
    assert_eq!(home.batches.load(std::sync::atomic::Ordering::SeqCst), 1, "no more is read than is asked for");
    client.batch_execute("CLOSE c; COMMIT").await.unwrap();
    let recorded = home.recorded(1).await;
    assert_eq!(recorded[0].1, "cancelled", "{recorded:?}");
}
