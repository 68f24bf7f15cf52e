//! The extended protocol: prepared statements, portals, values.

use futures::{StreamExt, pin_mut};
use tokio_postgres::types::{ToSql, Type};

use crate::{
    home::{Home, state},
    raw::Raw,
};

/// A message's text parts, each with its zero byte.
fn texts(parts: &[&str]) -> Vec<u8> {
    parts.iter().flat_map(|part| part.bytes().chain([0])).collect()
}

#[tokio::test]
async fn values_are_bound_and_typed_by_the_statement() {
    let home = Home::new().await;
    let client = home.connect().await;
    let sql = "SELECT id, customer FROM sales.orders WHERE id > $1 AND customer LIKE $2";
    let statement = client.prepare(sql).await.unwrap();
    assert_eq!(statement.params(), [Type::INT8, Type::TEXT]);
    let columns: Vec<_> = statement.columns().iter().map(|c| (c.name().to_owned(), c.type_().clone())).collect();
    assert_eq!(columns, [("id".to_owned(), Type::INT8), ("customer".to_owned(), Type::TEXT)]);
    let found = client.query(&statement, &[&1_i64, &"Bob%"]).await.unwrap();
    assert_eq!((found.len(), found[0].get::<_, i64>(0)), (1, 2));
    let nothing: Option<i64> = None;
    assert!(client.query(&statement, &[&nothing, &"%"]).await.unwrap().is_empty());
    let recorded = home.recorded(2).await;
    assert_eq!(recorded, [(sql.to_owned(), "answered"), (sql.to_owned(), "answered")], "nothing for the preparation");
}

#[tokio::test]
async fn questions_to_the_catalog_take_values_too() {
    let home = Home::new().await;
    let client = home.connect().await;
    let sql = "SELECT relname FROM pg_catalog.pg_class WHERE relkind = $1 AND relname = $2";
    let found = client.query(sql, &[&"r", &"orders"]).await.unwrap();
    assert_eq!(found.len(), 1);
}

#[tokio::test]
async fn parameters_have_the_types_of_casts_and_places() {
    let home = Home::new().await;
    let client = home.connect().await;
    for (sql, expected) in [
        ("SELECT $1::int, $2::timestamptz, $3::numeric", vec![Type::INT4, Type::TIMESTAMPTZ, Type::NUMERIC]),
        ("SELECT CAST($2 AS date), $1", vec![Type::TEXT, Type::DATE]),
        ("SELECT id FROM sales.orders WHERE id > $1::smallint", vec![Type::INT2]),
        (
            "SELECT id FROM sales.orders WHERE id = ANY($1) AND customer <> ALL($2) AND day > $3",
            vec![Type::INT8_ARRAY, Type::TEXT_ARRAY, Type::DATE],
        ),
        ("SELECT id FROM sales.orders WHERE id = ANY($1::int4[])", vec![Type::INT4_ARRAY]),
        ("SELECT $1::bytea, $2::uuid, $3::json", vec![Type::BYTEA, Type::UUID, Type::JSON]),
        ("SELECT relname FROM pg_class WHERE relname = ANY($1)", vec![Type::TEXT_ARRAY]),
        ("COPY (SELECT id FROM sales.orders WHERE id = $1) TO STDOUT", vec![Type::INT8]),
    ] {
        assert_eq!(client.prepare(sql).await.unwrap().params(), expected, "{sql}");
    }
}

#[tokio::test]
async fn lists_and_bytes_are_values_too() {
    let home = Home::new().await;
    let client = home.connect().await;
    let ids = async |sql: &str, list: &(dyn ToSql + Sync)| {
        let found = client.query(sql, &[list]).await.unwrap();
        found.iter().map(|row| row.get::<_, i64>(0)).collect::<Vec<_>>()
    };
    let any = "SELECT id FROM sales.orders WHERE id = ANY($1) ORDER BY id";
    assert_eq!(ids(any, &vec![1_i64, 3, 9]).await, [1, 3]);
    assert_eq!(ids(any, &Vec::<i64>::new()).await, [0_i64; 0]);
    assert_eq!(ids(any, &None::<Vec<i64>>).await, [0_i64; 0]);
    let all = "SELECT id FROM sales.orders WHERE id <> ALL($1) ORDER BY id";
    assert_eq!(ids(all, &vec![2_i64]).await, [1, 3]);
    assert_eq!(ids(all, &Vec::<i64>::new()).await, [1, 2, 3]);
    let cast = "SELECT id FROM sales.orders WHERE id = ANY($1::int4[]) ORDER BY id";
    assert_eq!(ids(cast, &vec![2_i32]).await, [2]);
    let (wanted, bytes, numbers) = (vec!["orders", "numbers"], vec![0_u8, 255], vec![Some(7), None]);
    let found = client.query("SELECT relname FROM pg_class WHERE relname = ANY($1) ORDER BY 1", &[&wanted]).await;
    let names: Vec<String> = found.unwrap().iter().map(|row| row.get(0)).collect();
    assert_eq!(names, ["numbers", "orders"]);
    let row = client.query_one("SELECT $1::bytea AS b, $2::int4[] AS n", &[&bytes, &numbers]).await.unwrap();
    assert_eq!((row.get::<_, Vec<u8>>(0), row.get::<_, Vec<Option<i32>>>(1)), (bytes, numbers));
    // One statement, whatever is in the list.
    let statement = client.prepare("SELECT $1::text[] AS t").await.unwrap();
    for list in [vec![], vec!["a"], vec!["a", "b,\"c\""]] {
        let row = client.query_one(&statement, &[&list]).await.unwrap();
        assert_eq!(row.get::<_, Vec<&str>>(0), list);
    }
    let row = client.query_one(&statement, &[&None::<Vec<&str>>]).await.unwrap();
    assert!(row.get::<_, Option<Vec<&str>>>(0).is_none());
}

#[tokio::test]
async fn a_value_has_the_type_that_the_client_declares() {
    let home = Home::new().await;
    let client = home.connect().await;
    for sql in ["SELECT $1", "SELECT $1 FROM sales.orders WHERE id = 1"] {
        let statement = client.prepare_typed(sql, &[Type::INT4]).await.unwrap();
        assert_eq!(
            (statement.params(), statement.columns()[0].type_()),
            ([Type::INT4].as_slice(), &Type::INT4),
            "{sql}"
        );
        assert_eq!(client.query_one(&statement, &[&7_i32]).await.unwrap().get::<_, i32>(0), 7, "{sql}");
    }
}

#[tokio::test]
async fn no_more_is_read_than_the_client_takes() {
    let home = Home::new().await;
    for sql in ["SELECT n FROM big.numbers", "COPY (SELECT n FROM big.numbers) TO STDOUT"] {
        let (mut raw, _) = Raw::signed_in(home.address).await;
        let before = home.batches.load(std::sync::atomic::Ordering::SeqCst);
        raw.send(b'Q', format!("{sql}\0").as_bytes()).await;
        // The client takes nothing: when what is under way to it is full, nothing more is read. All runs on this thread, so
        // that what could go on would have gone on.
        let (mut read, mut still) = (0, 0);
        while read == 0 || still < 10_000 {
            tokio::task::yield_now().await;
            let now = home.batches.load(std::sync::atomic::Ordering::SeqCst) - before;
            still = if now == read { still + 1 } else { 0 };
            read = now;
            // A batch takes 17,000 bytes or more on its way, and no more than some megabytes are under way.
            assert!(read < 3_000, "{sql}: {read} batches were read");
        }
        assert!(['T', 'H'].contains(&raw.answer().await.kind), "{sql}");
    }
}

#[tokio::test]
async fn what_cannot_be_prepared_is_refused_at_once_and_on_record() {
    let home = Home::new().await;
    let client = home.connect().await;
    for (sql, expected) in [
        ("SELECT * FROM sales.wrong", "42P01"),
        ("SELECT wrong FROM sales.orders", "42703"),
        ("SELECT 1; SELECT 2", "42601"),
        ("SELEC 1", "42601"),
    ] {
        let error = client.prepare(sql).await.unwrap_err();
        assert_eq!(state(&error), expected, "{sql}: {error:?}");
    }
    assert!(home.recorded(4).await.iter().all(|(_, end)| *end == "failed"));
    // The connection goes on.
    client.query_one("SELECT 1", &[]).await.unwrap();
}

#[tokio::test]
async fn statements_that_would_change_something_fail_when_they_are_run() {
    let home = Home::new().await;
    let client = home.connect().await;
    let statement = client.prepare("DELETE FROM sales.orders").await.unwrap();
    assert_eq!(state(&client.execute(&statement, &[]).await.unwrap_err()), "42501");
    client.execute("SET outport.purpose = 'ads'", &[]).await.unwrap();
    let shown = client.query_one("SHOW outport.purpose", &[]).await.unwrap();
    assert_eq!(shown.get::<_, &str>(0), "ads");
}

#[tokio::test]
async fn a_portal_gives_rows_in_steps_and_keeps_its_query() {
    let home = Home::new().await;
    let mut client = home.connect().await;
    let transaction = client.transaction().await.unwrap();
    let portal = transaction.bind("SELECT n FROM big.numbers", &[]).await.unwrap();
    for expected in [0, 1_500, 3_000] {
        let rows = transaction.query_portal(&portal, 1_500).await.unwrap();
        assert_eq!((rows.len(), rows[0].get::<_, i64>(0)), (1_500, expected));
    }
    assert_eq!(home.batches.load(std::sync::atomic::Ordering::SeqCst), 5, "no more is read than is asked for");
    transaction.commit().await.unwrap();
    assert_eq!(home.recorded(1).await, [("SELECT n FROM big.numbers".to_owned(), "cancelled")]);
}

#[tokio::test]
async fn a_portal_that_was_read_to_its_end_is_answered() {
    let home = Home::new().await;
    let mut client = home.connect().await;
    let transaction = client.transaction().await.unwrap();
    let portal = transaction.bind("SELECT id FROM sales.orders", &[]).await.unwrap();
    assert_eq!(transaction.query_portal(&portal, 2).await.unwrap().len(), 2);
    assert_eq!(transaction.query_portal(&portal, 2).await.unwrap().len(), 1);
    assert_eq!(transaction.query_portal(&portal, 2).await.unwrap().len(), 0);
    let records = home.records(1).await;
    assert_eq!((records[0].rows, crate::home::ended(&records[0].result)), (3, "answered"));
}

#[tokio::test]
async fn rows_come_before_the_last_one_is_read() {
    let home = Home::new().await;
    let client = home.connect().await;
    let none: [&(dyn ToSql + Sync); 0] = [];
    let rows = client.query_raw("SELECT n FROM big.numbers", none).await.unwrap();
    pin_mut!(rows);
    for expected in 0..2_500_i64 {
        assert_eq!(rows.next().await.unwrap().unwrap().get::<_, i64>(0), expected);
    }
    drop(client);
    drop(home);
}

#[tokio::test]
async fn who_goes_away_stops_what_is_under_way() {
    let home = Home::new().await;
    let (mut raw, _) = Raw::signed_in(home.address).await;
    raw.send(b'Q', b"SELECT n FROM big.numbers\0").await;
    assert_eq!(raw.answer().await.kind, 'T');
    drop(raw);
    assert_eq!(home.recorded(1).await[0].1, "cancelled");
}

#[tokio::test]
async fn messages_up_to_the_next_sync_are_skipped_after_an_error() {
    let home = Home::new().await;
    let (mut raw, _) = Raw::signed_in(home.address).await;
    raw.send(b'P', &[texts(&["", "SELECT * FROM sales.wrong"]), vec![0, 0]].concat()).await;
    raw.send(b'B', &[texts(&["", ""]), vec![0, 0, 0, 0, 0, 0]].concat()).await;
    raw.send(b'E', &[texts(&[""]), vec![0, 0, 0, 0]].concat()).await;
    raw.send(b'S', b"").await;
    assert_eq!(raw.kinds().await, "EZ");
    raw.send(b'P', &[texts(&["", ""]), vec![0, 0]].concat()).await;
    raw.send(b'B', &[texts(&["", ""]), vec![0, 0, 0, 0, 0, 0]].concat()).await;
    raw.send(b'D', b"P\0").await;
    raw.send(b'E', &[texts(&[""]), vec![0, 0, 0, 0]].concat()).await;
    raw.send(b'S', b"").await;
    assert_eq!(raw.kinds().await, "12nIZ", "an empty statement");
}

#[tokio::test]
async fn messages_that_do_not_fit_are_refused() {
    let home = Home::new().await;
    let (mut raw, _) = Raw::signed_in(home.address).await;
    let mut refused = async |messages: Vec<(u8, Vec<u8>)>| {
        for (kind, body) in messages {
            raw.send(kind, &body).await;
        }
        raw.send(b'S', b"").await;
        let answers = raw.answers().await;
        answers.iter().find(|answer| answer.kind == 'E').map(|answer| answer.error().1)
    };
    let parse = |name: &str, sql: &str| (b'P', [texts(&[name, sql]), vec![0, 0]].concat());
    let bind =
        |portal: &str, statement: &str, rest: &[u8]| (b'B', [texts(&[portal, statement]), rest.to_vec()].concat());
    let code = |code: &str| Some(code.to_owned());
    assert_eq!(refused(vec![parse("a", "SELECT $1::int8"), parse("a", "SELECT 2")]).await, code("42P05"));
    assert_eq!(refused(vec![bind("", "none", &[0; 6])]).await, code("26000"));
    assert_eq!(refused(vec![bind("", "a", &[0; 6])]).await, code("08P01"), "no value for its parameter");
    let three_formats = [0, 0, 0, 1, 0, 0, 0, 1, b'7', 0, 3, 0, 0, 0, 0, 0, 0];
    assert_eq!(refused(vec![bind("", "a", &three_formats)]).await, code("08P01"));
    assert_eq!(refused(vec![(b'E', [texts(&["none"]), vec![0; 4]].concat())]).await, code("34000"));
    assert_eq!(refused(vec![(b'D', b"Snone\0".to_vec())]).await, code("26000"));
    assert_eq!(refused(vec![(b'C', b"Snone\0".to_vec())]).await, None, "closing what is not there is no error");
    assert_eq!(refused(vec![(b'C', b"Sa\0".to_vec()), parse("a", "SELECT 2")]).await, None);
}

#[tokio::test]
async fn cursors_are_described_like_portals() {
    let home = Home::new().await;
    let (mut raw, _) = Raw::signed_in(home.address).await;
    raw.send(b'Q', b"BEGIN; DECLARE \"c\" CURSOR FOR SELECT id, customer FROM sales.orders\0").await;
    assert_eq!(raw.kinds().await, "CCZ");
    raw.send(b'D', b"Pc\0").await;
    raw.send(b'S', b"").await;
    assert_eq!(raw.kinds().await, "TZ");
    raw.send(b'Q', b"FETCH FORWARD 5 FROM \"c\"\0").await;
    assert_eq!(raw.kinds().await, "TDDDCZ");
}
