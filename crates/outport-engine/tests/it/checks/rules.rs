//! Predicates of row rules, as those use them who divide rows.

use std::{collections::BTreeMap, sync::Arc};

use datafusion::{
    arrow::{
        array::{ArrayRef, Int64Array, ListArray, RecordBatch, StringArray, StructArray},
        datatypes::{DataType as ArrowType, Field as ArrowField, Int64Type},
    },
    prelude::SessionContext,
};
use outport_engine::checks::{CheckedTable, row_violation, run_checks, select};
use outport_model::{
    check::{Check, CheckKind},
    contract::{DataType, Field, TableSchema},
};
use serde_json::json;

use super::fixture::*;

fn nested() -> (TableSchema, RecordBatch) {
    let city = Field { name: "city".to_owned(), data_type: DataType::String, nullable: true };
    let schema = table(
        "people",
        vec![
            column("na\"me", DataType::String),
            column("home", DataType::Struct(vec![city])),
            column("scores", DataType::List(Box::new(INTEGER))),
        ],
        vec![],
    );
    let cities = Arc::new(StringArray::from(vec![Some("Bonn"), None, Some("X")])) as ArrayRef;
    let home = StructArray::new(
        vec![ArrowField::new("city", ArrowType::Utf8, true)].into(),
        vec![cities],
        Some(vec![true, true, false].into()),
    );
    let scores = ListArray::from_iter_primitive::<Int64Type, _, _>([
        Some(vec![Some(1), Some(2)]),
        Some(vec![Some(3), Some(3), None]),
        Some(vec![]),
    ]);
    let rows = batch(vec![
        ("na\"me", Arc::new(StringArray::from(vec![Some("it's"), Some("b"), None]))),
        ("home", Arc::new(home)),
        ("scores", Arc::new(scores)),
    ]);
    (schema, rows)
}

#[tokio::test]
async fn a_predicate_is_true_or_false_for_every_row() {
    let (mut schema, rows) = nested();
    let context = SessionContext::new();
    context.register_batch("people", rows.clone()).unwrap();
    let length = |minimum, maximum| CheckKind::Length { minimum, maximum };
    let cases: Vec<(Check, [bool; 3])> = vec![
        (missing("na\"me", &[json!("it's")]), [true, false, true]),
        (invalid("na\"me", Some(&[json!("it's")]), None), [false, true, false]),
        (invalid("na\"me", None, Some("'")), [false, true, false]),
        (check("na\"me", length(Some(2), None)), [false, true, false]),
        (missing("home", &[]), [false, false, true]),
        (missing("home.city", &[]), [false, true, false]),
        (invalid("home.city", Some(&[json!("X")]), None), [true, false, false]),
        (check("scores", length(Some(1), Some(2))), [false, true, true]),
        (check("scores", CheckKind::UniqueItems), [false, true, false]),
        (range("scores[]", None, Some(json!(2))), [false, true, false]),
        (missing("scores[]", &[]), [false, true, false]),
    ];
    schema.checks = cases.iter().map(|(check, _)| Check { table: "people".to_owned(), ..check.clone() }).collect();
    let results = run(&contract(vec![schema.clone()]), vec![rows]).await;
    for ((check, expected), result) in cases.into_iter().zip(results) {
        let violating = expected.iter().filter(|e| **e).count();
        assert_eq!(result.measured, json!(violating), "{:?}: {:?}", check.kind, result.message);
        let predicate = row_violation(&check, &schema, &BTreeMap::new()).unwrap();
        for (kept, wanted) in [(predicate.clone(), true), (format!("NOT ({predicate})"), false)] {
            let count =
                select(&context, &format!("SELECT 1 FROM people WHERE {kept}")).await.unwrap().count().await.unwrap();
            assert_eq!(count, expected.iter().filter(|e| **e == wanted).count(), "{kept}");
        }
    }
}

#[tokio::test]
async fn text_that_is_no_value_violates_the_conversion() {
    let schema = table("rows", vec![column("n", INTEGER)], vec![check("n", CheckKind::Conversion), missing("n", &[])]);
    let rows = batch(vec![
        ("n", Arc::new(Int64Array::from(vec![Some(1), None, None]))),
        ("__raw_n", Arc::new(StringArray::from(vec![Some("1"), Some("one"), None]))),
    ]);
    let context = SessionContext::new();
    context.register_batch("rows", rows).unwrap();
    let raw = BTreeMap::from([("n".to_owned(), "__raw_n".to_owned())]);
    let tables = BTreeMap::from([("rows".to_owned(), CheckedTable { reference: "rows".into(), raw })]);
    let results = run_checks(&context, &contract(vec![schema]), &tables, now()).await;
    assert_eq!(results[0].measured, json!(1));
    assert_eq!(results[1].measured, json!(2));
}

#[test]
fn only_row_rules_have_a_predicate() {
    let schema = table("rows", vec![column("n", INTEGER)], vec![]);
    let raw = BTreeMap::new();
    assert_eq!(
        row_violation(&range("n", Some(json!(0)), None), &schema, &raw).as_deref(),
        Some("(\"n\" IS NOT NULL AND \"n\" < 0)")
    );
    for check in [row_count(), duplicates(&["n"]), sql("SELECT 1"), check("n", CheckKind::Conversion)] {
        assert_eq!(row_violation(&check, &schema, &raw), None, "{:?}", check.kind);
    }
}
