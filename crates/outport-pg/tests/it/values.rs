//! Values of every type, as text and binary, as PostgreSQL has them.

use std::sync::Arc;

use arrow::{
    array::{
        ArrayRef, BinaryArray, BooleanArray, DictionaryArray, Float32Array, Float64Array, Int8Array, Int16Array,
        Int32Array, StringArray, StringViewArray, StructArray, Time64MicrosecondArray, TimestampNanosecondArray,
        UInt32Array, UInt64Array,
    },
    datatypes::{DataType, Field, Int32Type},
    record_batch::RecordBatch,
};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use tokio_postgres::{Row, types::Type};

use crate::{
    engine::Data,
    home::{Home, state},
    raw::Raw,
    simple::rows,
};

fn everything() -> RecordBatch {
    let words: DictionaryArray<Int32Type> = vec![Some("a"), None].into_iter().collect();
    let number: ArrayRef = Arc::new(Int32Array::from(vec![7, 8]));
    let structs = StructArray::from(vec![(Arc::new(Field::new("n", DataType::Int32, true)), number)]);
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("flag", Arc::new(BooleanArray::from(vec![Some(true), None]))),
        ("tiny", Arc::new(Int8Array::from(vec![Some(-1), None]))),
        ("small", Arc::new(Int16Array::from(vec![Some(-300), None]))),
        ("wide", Arc::new(UInt32Array::from(vec![Some(4_000_000_000), None]))),
        ("widest", Arc::new(UInt64Array::from(vec![Some(u64::MAX), None]))),
        ("single", Arc::new(Float32Array::from(vec![Some(0.1), None]))),
        ("double", Arc::new(Float64Array::from(vec![Some(1e300), None]))),
        ("bytes", Arc::new(BinaryArray::from(vec![Some([0_u8, 255].as_slice()), None]))),
        ("time", Arc::new(Time64MicrosecondArray::from(vec![Some(45_296_000_001), None]))),
        ("moment", Arc::new(TimestampNanosecondArray::from(vec![Some(-1), None]))),
        ("word", Arc::new(words)),
        ("view", Arc::new(StringViewArray::from(vec![Some("long enough to be elsewhere"), None]))),
        ("thing", Arc::new(structs)),
        ("text", Arc::new(StringArray::from(vec![Some("\\ \t"), None]))),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).unwrap()
}

async fn home() -> Home {
    let home = Home::new().await;
    home.engine.put("big.numbers", Data::Batch(everything()));
    home
}

/// The columns are none of those that the contract has, so the administrator reads them.
async fn all(home: &Home) -> tokio_postgres::Client {
    let boss = outport_test::fixture::principal("boss", &["administrators"]);
    home.authenticator.accept_password("boss", "secret", boss.clone());
    let user = outport_app::identity::User { principal: boss, ..outport_test::fixture::user("boss") };
    outport_test::store::PutUser::put_user(home.store.as_ref(), &user).await.unwrap();
    home.connect_as(home.config().user("boss").password("secret")).await.unwrap()
}

#[tokio::test]
async fn text_is_as_postgres_writes_it() {
    let home = home().await;
    let client = all(&home).await;
    let found = rows(&client, "SELECT * FROM big.numbers").await.unwrap();
    let expected = [
        "t",
        "-1",
        "-300",
        "4000000000",
        "18446744073709551615",
        "0.1",
        "1e+300",
        "\\x00ff",
        "12:34:56.000001",
        "1969-12-31 23:59:59.999999",
        "a",
        "long enough to be elsewhere",
        "{\"n\":7}",
        "\\ \t",
    ];
    assert_eq!(found[0], expected);
    assert_eq!(found[1].iter().filter(|value| *value == "∅").count(), 13, "{:?}", found[1]);
}

#[tokio::test]
async fn binary_is_read_by_drivers() {
    let home = home().await;
    let client = all(&home).await;
    let found = client.query("SELECT * FROM big.numbers", &[]).await.unwrap();
    let row: &Row = &found[0];
    let types: Vec<Type> = row.columns().iter().map(|column| column.type_().clone()).collect();
    let expected = [
        Type::BOOL,
        Type::INT2,
        Type::INT2,
        Type::INT8,
        Type::NUMERIC,
        Type::FLOAT4,
        Type::FLOAT8,
        Type::BYTEA,
        Type::TIME,
        Type::TIMESTAMP,
        Type::TEXT,
        Type::TEXT,
        Type::JSON,
        Type::TEXT,
    ];
    assert_eq!(types, expected);
    assert!(row.get::<_, bool>(0));
    assert_eq!((row.get::<_, i16>(1), row.get::<_, i16>(2), row.get::<_, i64>(3)), (-1, -300, 4_000_000_000));
    assert!((row.get::<_, f32>(5) - 0.1).abs() < f32::EPSILON);
    assert!((row.get::<_, f64>(6) - 1e300).abs() < f64::EPSILON);
    assert_eq!(row.get::<_, &[u8]>(7), [0, 255]);
    assert_eq!(row.get::<_, NaiveTime>(8), NaiveTime::from_hms_micro_opt(12, 34, 56, 1).unwrap());
    assert_eq!(row.get::<_, NaiveDateTime>(9).to_string(), "1969-12-31 23:59:59.999999");
    assert_eq!((row.get::<_, &str>(10), row.get::<_, &str>(11)), ("a", "long enough to be elsewhere"));
    assert!(found[1].get::<_, Option<bool>>(0).is_none());
}

#[tokio::test]
async fn days_moments_and_lists_go_both_ways() {
    let home = Home::new().await;
    let client = home.connect().await;
    let day = NaiveDate::from_ymd_opt(2023, 11, 14).unwrap();
    let at: DateTime<Utc> = DateTime::from_timestamp_micros(1_700_000_000_123_456).unwrap();
    let sql = "SELECT day, at, tags FROM sales.orders WHERE day = $1 AND at = $2";
    let row = client.query_one(sql, &[&day, &at]).await.unwrap();
    assert_eq!((row.get::<_, NaiveDate>(0), row.get::<_, DateTime<Utc>>(1)), (day, at));
    assert_eq!(row.get::<_, Vec<Option<String>>>(2), [Some("new".to_owned()), None]);
    let empty = client.query_one("SELECT tags FROM sales.orders WHERE id = 2", &[]).await.unwrap();
    assert!(empty.get::<_, Vec<String>>(0).is_empty());
}

#[tokio::test]
async fn numerics_are_exact_in_both_formats() {
    let home = Home::new().await;
    let (mut raw, _) = Raw::signed_in(home.address).await;
    raw.send(b'P', b"\0SELECT amount FROM sales.orders WHERE id = 1\0\0\0").await;
    raw.send(b'B', &[b"\0\0".as_slice(), &[0, 0, 0, 0, 0, 1, 0, 1]].concat()).await;
    raw.send(b'D', b"P\0").await;
    raw.send(b'E', b"\0\0\0\0\0").await;
    raw.send(b'S', b"").await;
    let answers = raw.answers().await;
    let described = &answers[2].body;
    // The modifier of numeric(10,2), and the format.
    assert_eq!(described[described.len() - 6..], [0, 10, 0, 6, 0, 1]);
    // One value of twelve bytes: two groups of four digits, the first of them before the point, two digits after it.
    assert_eq!(answers[3].body.as_ref(), [0, 1, 0, 0, 0, 12, 0, 2, 0, 0, 0, 0, 0, 2, 0, 12, 0x13, 0x88]);
}

#[tokio::test]
async fn rows_are_copied_as_files() {
    let home = Home::new().await;
    let client = home.connect().await;
    let copied = async |sql: &str| {
        use futures::TryStreamExt;
        let stream = client.copy_out(sql).await?;
        let parts: Vec<bytes::Bytes> = stream.try_collect().await?;
        Ok::<_, tokio_postgres::Error>(parts.concat())
    };
    let csv = copied("COPY (SELECT id, customer FROM sales.orders ORDER BY id) TO STDOUT (FORMAT csv, HEADER)")
        .await
        .unwrap();
    let expected = "id,customer\n1,Ånn\n2,\"Bob, \"\"the\"\" second\"\n3,\n";
    assert_eq!(String::from_utf8(csv).unwrap(), expected);
    let text = copied("COPY sales.orders (id, customer) TO STDOUT").await.unwrap();
    assert_eq!(String::from_utf8(text).unwrap(), "1\tÅnn\n2\tBob, \"the\" second\n3\t\\N\n");
    let binary = copied("COPY (SELECT id FROM sales.orders) TO STDOUT (FORMAT binary)").await.unwrap();
    assert!(binary.starts_with(b"PGCOPY\n\xff\r\n\0"));
    assert!(binary.ends_with(&[0, 1, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 3, 0xff, 0xff]), "{binary:?}");
    assert_eq!(state(&copied("COPY (SELECT * FROM sales.wrong) TO STDOUT").await.unwrap_err()), "42P01");
    let recorded = home.recorded(4).await;
    assert_eq!(
        recorded.iter().map(|(_, end)| *end).collect::<Vec<_>>(),
        ["answered", "answered", "answered", "failed"]
    );
}
