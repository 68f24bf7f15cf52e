//! Rules with their own SQL, and the samples that people paste.

use std::{collections::BTreeMap, sync::Arc};

use datafusion::{
    arrow::array::{Int64Array, StringArray},
    prelude::SessionContext,
};
use outport_engine::checks::{CheckedTable, run_checks};
use outport_model::check::{Check, Outcome, Threshold};
use serde_json::{Value, json};

use super::fixture::*;

async fn measure(query: &str) -> (Value, String) {
    let items = table(
        "Order-Items",
        vec![column("orderId", INTEGER), column("note", outport_model::contract::DataType::String)],
        vec![sql(query)],
    );
    let rows = batch(vec![
        ("orderId", Arc::new(Int64Array::from(vec![1, 2, 2]))),
        ("note", Arc::new(StringArray::from(vec![Some("a"), Some("b"), None]))),
    ]);
    let result = run(&contract(vec![items]), vec![rows]).await.remove(0);
    (result.measured, result.message.unwrap_or_default())
}

#[tokio::test]
async fn a_rule_names_its_objects_in_any_spelling() {
    for query in [
        "SELECT count(*) FROM \"Order-Items\"",
        "SELECT count(*) FROM order_items",
        "SELECT count(*) FROM Order_Items;",
        "SELECT count(*) FROM order-items",
        "SELECT count(orderid) FROM Order-Items AS o",
        "SELECT count(o.orderId) FROM order_items o WHERE note IS NOT NULL OR orderId > 1",
        "WITH n AS (SELECT count(\"orderId\") AS orderId FROM order_items) SELECT max(orderid) FROM n",
    ] {
        assert_eq!(measure(query).await, (json!(3), String::new()), "{query}");
    }
}

#[tokio::test]
async fn values_come_as_json() {
    assert_eq!(measure("SELECT 0.25").await.0, json!(0.25));
    assert_eq!(measure("SELECT CAST('12.50' AS DECIMAL(10,2))").await.0, json!(12.5));
    assert_eq!(measure("SELECT true").await.0, json!(true));
    assert_eq!(measure("SELECT DATE '2024-01-31'").await.0, json!("2024-01-31"));
    assert_eq!(
        measure("SELECT max(note) FROM order_items WHERE false").await,
        (Value::Null, "the query gives no value".to_owned())
    );
    assert_eq!(measure("SELECT note FROM order_items WHERE false").await.0, Value::Null);
}

#[tokio::test]
async fn a_query_without_a_value_meets_nothing() {
    let rule = Check { threshold: Threshold::MustNotBe(json!(5)), ..sql("SELECT max(id) FROM t WHERE false") };
    let of_table = contract(vec![table("t", vec![column("id", INTEGER)], vec![rule])]);
    let results = run(&of_table, vec![batch(vec![("id", Arc::new(Int64Array::from(vec![1])))])]).await;
    assert_eq!(results[0].outcome, Outcome::Fail);
}

#[tokio::test]
async fn only_one_query_with_one_value_is_run() {
    for (query, reason) in [
        ("DROP TABLE order_items", "one SELECT"),
        ("INSERT INTO order_items VALUES (1, 'x')", "one SELECT"),
        ("SET datafusion.execution.batch_size = 1", "one SELECT"),
        ("COPY order_items TO 'stolen.csv'", "one SELECT"),
        ("EXPLAIN SELECT 1", "one SELECT"),
        ("CREATE TABLE x AS SELECT 1", "one SELECT"),
        ("SELECT 1; SELECT 2", "one SELECT"),
        ("", "one SELECT"),
        ("SELECT 1, 2", "2 columns"),
        ("SELECT note FROM order_items", "more than one row"),
        ("SELECT nope FROM order_items", "nope"),
        ("SELECT count(* FROM order_items", "expected: )"),
        ("SELECT CAST(note AS INT) FROM order_items WHERE note = 'a'", "annot cast"),
    ] {
        let (measured, message) = measure(query).await;
        assert!(measured.is_null() && message.contains(reason), "{query}: {message}");
    }
}

#[tokio::test]
async fn samples_show_the_rows_that_were_counted() {
    let mut id = column("id", INTEGER);
    id.primary_key = Some(1);
    let checks = vec![
        missing("note", &[]),
        invalid("note", Some(&[json!("it's")]), None),
        duplicates(&["id"]),
        reference("boss", "people", "id"),
    ];
    let schema = table(
        "people",
        vec![id, column("boss", INTEGER), column("note", outport_model::contract::DataType::String)],
        checks,
    );
    let rows = batch(vec![
        ("id", Arc::new(Int64Array::from(vec![1, 2, 2, 3]))),
        ("boss", Arc::new(Int64Array::from(vec![Some(1), Some(7), None, Some(8)]))),
        ("note", Arc::new(StringArray::from(vec![Some("it's"), None, None, Some("x")]))),
    ]);
    let context = SessionContext::new();
    context.register_batch("people", rows).unwrap();
    let tables = BTreeMap::from([("people".to_owned(), CheckedTable::new("people"))]);
    let results = run_checks(&context, &contract(vec![schema]), &tables, now()).await;
    let expected =
        [(2, "\"id\", \"note\""), (1, "\"id\", \"note\""), (1, "\"occurrences\""), (2, "\"id\", \"boss\", \"note\"")];
    for (result, (rows, columns)) in results.iter().zip(expected) {
        let query = result.sample_query.as_deref().unwrap();
        assert!(query.contains("LIMIT 10") && query.contains(columns), "{query}");
        assert_eq!(context.sql(query).await.unwrap().count().await.unwrap(), rows, "{query}");
    }
}
