//! What files say of themselves is not read.

use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, Date32Array, Decimal128Array, Float64Array, Int64Array, RecordBatch, StringArray,
};
use outport_model::{
    check::{CheckKind, Method},
    contract::DataType,
};
use serde_json::json;

use super::fixture::*;

fn rows() -> RecordBatch {
    let price = Decimal128Array::from(vec![100, 250, 9_999, 0, 1]).with_precision_and_scale(15, 2).unwrap();
    batch(vec![
        ("id", Arc::new(Int64Array::from(vec![5, 1, 4, 2, 3]))),
        ("note", Arc::new(StringArray::from(vec![Some("a"), None, Some("b"), None, Some("c")]))),
        ("price", Arc::new(price) as ArrayRef),
        ("day", Arc::new(Date32Array::from(vec![19_874, 19_000, 18_000, 19_001, 19_002]))),
        ("ratio", Arc::new(Float64Array::from(vec![0.5, 0.6, f64::NAN, 0.7, 0.8]))),
    ])
}

#[tokio::test]
async fn parquet_answers_without_a_scan_what_its_statistics_prove() {
    use Method::{Scan, Statistics};
    let cases = [
        (row_count(), json!(5), Statistics),
        (missing("id", &[]), json!(0), Statistics),
        (missing("note", &[]), json!(2), Statistics),
        (missing("id", &[json!(99)]), json!(0), Statistics),
        (missing("id", &[json!(3)]), json!(1), Scan),
        (missing("note", &[json!("zzz")]), json!(2), Scan),
        (range("id", Some(json!(1)), Some(json!(5))), json!(0), Statistics),
        (range("id", Some(json!(2)), None), json!(1), Scan),
        (range("price", Some(json!(0)), Some(json!(99.99))), json!(0), Statistics),
        (range("price", None, Some(json!(99.98))), json!(1), Scan),
        (range("day", Some(json!("2019-04-14")), None), json!(0), Statistics),
        // A NaN is outside every range, and no statistics speak of it.
        (range("ratio", Some(json!(0)), Some(json!(1))), json!(1), Scan),
        (range("note", Some(json!("a")), Some(json!("z"))), json!(0), Scan),
        (invalid("id", Some(&[json!(1), json!(2), json!(3), json!(4), json!(5)]), None), json!(0), Scan),
        (duplicates(&["id"]), json!(0), Scan),
        (check("", CheckKind::Freshness { column: "day".to_owned() }), json!(129_600.0), Statistics),
        (check("", CheckKind::Retention { column: "day".to_owned() }), json!(162_043_200.0), Statistics),
    ];
    let columns = vec![
        column("id", INTEGER),
        column("note", DataType::String),
        column("price", DataType::Decimal { precision: 15, scale: 2 }),
        column("day", DataType::Date),
        column("ratio", DOUBLE),
    ];
    let (checks, expected): (Vec<_>, Vec<_>) = cases.into_iter().map(|(c, m, h)| (c, (m, h))).unzip();
    let folder = tempfile::tempdir().unwrap();
    let results = run_parquet(&contract(vec![table("rows", columns, checks)]), &rows(), folder.path()).await;
    for (result, (measured, method)) in results.iter().zip(expected) {
        assert_eq!(
            (&result.measured, result.method),
            (&measured, method),
            "{:?}: {:?}",
            result.check.kind,
            result.message
        );
        assert_eq!(result.rows, Some(5));
    }
}

/// The file says that 0.5 is its least and its greatest value.
#[tokio::test]
async fn a_nan_is_found_where_statistics_hide_it() {
    let checks = vec![
        invalid("ratio", Some(&[json!(0.5)]), None),
        range("ratio", Some(json!(0)), None),
        range("ratio", None, Some(json!(1e300))),
        missing("ratio", &[]),
    ];
    let rows = batch(vec![("ratio", Arc::new(Float64Array::from(vec![0.5, f64::NAN])))]);
    let contract = contract(vec![table("rows", vec![column("ratio", DOUBLE)], checks)]);
    let folder = tempfile::tempdir().unwrap();
    let results = run_parquet(&contract, &rows, folder.path()).await;
    assert_eq!(
        results.iter().map(|r| r.measured.clone()).collect::<Vec<_>>(),
        [json!(1), json!(1), json!(1), json!(0)]
    );
}

/// Above a hundred thousand rows each column is scanned on its own.
#[tokio::test]
async fn a_large_table_is_counted_column_by_column() {
    let checks = vec![
        invalid("letter", Some(&[json!("a")]), None),
        check("letter", CheckKind::Length { minimum: None, maximum: Some(0) }),
        check("id", CheckKind::MultipleOf { divisor: 3.0 }),
        row_count(),
    ];
    let ids = 0_i64..150_000;
    let letters: StringArray = ids.clone().map(|id| Some(if id % 2 == 0 { "a" } else { "b" })).collect();
    let rows = batch(vec![("id", Arc::new(Int64Array::from_iter_values(ids))), ("letter", Arc::new(letters))]);
    let columns = vec![column("id", INTEGER), column("letter", DataType::String)];
    let results = run(&contract(vec![table("rows", columns, checks)]), vec![rows]).await;
    let measured: Vec<_> = results.iter().map(|r| r.measured.clone()).collect();
    assert_eq!(measured, [json!(75_000), json!(150_000), json!(100_000), json!(150_000)]);
}

/// The least text is `10` and the greatest `9`, which is not so of the numbers.
#[tokio::test]
async fn extremes_of_text_say_nothing_of_the_numbers_in_it() {
    let rows = batch(vec![("n", Arc::new(StringArray::from(vec!["10", "9", "100", "10"])))]);
    let checks = vec![range("n", Some(json!(1)), Some(json!(50))), missing("n", &[json!(100)]), missing("n", &[])];
    let contract = contract(vec![table("rows", vec![column("n", INTEGER)], checks)]);
    let folder = tempfile::tempdir().unwrap();
    let results = run_view(&contract, &rows, folder.path(), "SELECT CAST(n AS BIGINT) AS n FROM file").await;
    let found: Vec<_> = results.iter().map(|r| (r.measured.clone(), r.method)).collect();
    assert_eq!(found, [(json!(1), Method::Scan), (json!(1), Method::Scan), (json!(0), Method::Statistics)]);

    let days = batch(vec![("day", Arc::new(StringArray::from(vec!["2024-05-31", "2024-5-1"])))]);
    let freshness = check("", CheckKind::Freshness { column: "day".to_owned() });
    let contract = super::fixture::contract(vec![table("rows", vec![column("day", DataType::Date)], vec![freshness])]);
    let query = "SELECT CAST(day AS DATE) AS day FROM file";
    let results = run_view(&contract, &days, folder.path(), query).await;
    assert_eq!(results[0].measured, json!(129_600.0));
}

/// Files keep texts in other layouts than tables, and contracts call decimals numbers.
#[tokio::test]
async fn conversions_that_keep_the_order_leave_the_statistics_of_a_table_as_good_as_they_are() {
    let columns = vec![column("id", INTEGER), column("note", DataType::String), column("price", DOUBLE)];
    let checks = vec![range("id", Some(json!(1)), Some(json!(5))), range("price", Some(json!(0)), Some(json!(99.98)))];
    let contract = contract(vec![table("rows", columns, checks)]);
    let folder = tempfile::tempdir().unwrap();
    let query = "SELECT id, arrow_cast(note, 'Utf8View') AS note, CAST(price AS DOUBLE) AS price FROM file";
    let results = run_view(&contract, &rows(), folder.path(), query).await;
    let found: Vec<_> = results.iter().map(|r| (r.measured.clone(), r.method)).collect();
    assert_eq!(found, [(json!(0), Method::Statistics), (json!(1), Method::Scan)]);
}
