//! What each metric counts, in which unit, against which operator.

use std::sync::Arc;

use datafusion::arrow::array::{Date32Array, Float64Array, Int64Array, StringArray, TimestampMicrosecondArray};
use outport_model::{
    check::{CheckKind, CheckSeverity, Method, Outcome, Threshold, Unit},
    contract::DataType,
};
use serde_json::json;

use super::fixture::*;

/// Codes `AA`, `BB`, `cc`, null, empty; keys 1, 2, 3, 3, null; amounts with a NaN and a null.
fn rows() -> datafusion::arrow::array::RecordBatch {
    batch(vec![
        ("code", Arc::new(StringArray::from(vec![Some("AA"), Some("BB"), Some("cc"), None, Some("")]))),
        ("id", Arc::new(Int64Array::from(vec![Some(1), Some(2), Some(3), Some(3), None]))),
        ("amount", Arc::new(Float64Array::from(vec![Some(-1.5), Some(0.0), Some(f64::NAN), None, Some(10.0)]))),
    ])
}

fn columns() -> Vec<outport_model::contract::Column> {
    vec![column("code", DataType::String), column("id", INTEGER), column("amount", DOUBLE)]
}

#[tokio::test]
async fn each_metric_counts_what_it_says() {
    let cases = [
        (missing("code", &[]), json!(1), Some(1)),
        (missing("code", &[json!(null), json!("")]), json!(2), Some(2)),
        (missing("id", &[json!("N/A"), json!(3)]), json!(3), Some(3)),
        (invalid("code", Some(&[json!("AA"), json!("BB")]), None), json!(2), Some(2)),
        (invalid("code", None, Some("[A-Z]{2}")), json!(2), Some(2)),
        (invalid("code", Some(&[json!("AA"), json!("cc")]), Some("^[A-Z]")), json!(3), Some(3)),
        (invalid("id", Some(&[json!("x")]), None), json!(4), Some(4)),
        (duplicates(&["id"]), json!(1), Some(2)),
        (duplicates(&["id", "code"]), json!(0), Some(0)),
        (row_count(), json!(5), None),
        (range("amount", Some(json!(0)), Some(json!(9.5))), json!(3), Some(3)),
        (range("id", Some(json!(1.5)), None), json!(1), Some(1)),
        (check("code", CheckKind::Length { minimum: Some(1), maximum: Some(1) }), json!(4), Some(4)),
        (check("id", CheckKind::MultipleOf { divisor: 2.0 }), json!(3), Some(3)),
        (check("amount", CheckKind::MultipleOf { divisor: 0.1 }), json!(1), Some(1)),
        (check("code", CheckKind::Conversion), json!(0), Some(0)),
        (sql("SELECT max(id) FROM orders"), json!(3), None),
    ];
    let (checks, expected): (Vec<_>, Vec<_>) = cases.into_iter().map(|(c, m, f)| (c, (m, f))).unzip();
    let results = run(&contract(vec![table("orders", columns(), checks)]), vec![rows()]).await;
    for (result, (measured, failed)) in results.iter().zip(expected) {
        assert_eq!(
            (&result.measured, result.failed_rows, result.rows),
            (&measured, failed, Some(5)),
            "{:?}: {:?}",
            result.check.kind,
            result.message
        );
    }
}

#[tokio::test]
async fn a_percentage_is_of_all_rows_and_zero_of_none() {
    let percent = |check| outport_model::check::Check { unit: Unit::Percent, ..check };
    let checks = vec![percent(missing("code", &[])), percent(duplicates(&["id"])), percent(row_count())];
    let contract = contract(vec![table("orders", columns(), checks)]);
    let results = run(&contract, vec![rows()]).await;
    assert_eq!(results[0].measured, json!(20.0));
    assert_eq!(results[1].measured, json!(40.0));
    assert_eq!(results[2].outcome, Outcome::Error);
    let empty = run(&contract, vec![rows().slice(0, 0)]).await;
    assert_eq!(empty[0].measured, json!(0.0));
    assert_eq!(empty[0].outcome, Outcome::Pass);
}

#[tokio::test]
async fn every_operator_decides_and_severity_names_the_outcome() {
    let cases = [
        (Threshold::MustBe(json!(2)), true),
        (Threshold::MustBe(json!(1)), false),
        (Threshold::MustNotBe(json!(2)), false),
        (Threshold::MustBeGreaterThan(2.0), false),
        (Threshold::MustBeGreaterOrEqualTo(2.0), true),
        (Threshold::MustBeLessThan(2.0), false),
        (Threshold::MustBeLessOrEqualTo(2.0), true),
        (Threshold::MustBeBetween(2.0, 3.0), true),
        (Threshold::MustBeBetween(2.5, 3.0), false),
        (Threshold::MustNotBeBetween(1.0, 2.0), false),
        (Threshold::MustNotBeBetween(3.0, 4.0), true),
    ];
    for severity in [CheckSeverity::Error, CheckSeverity::Warning] {
        let unmet = if severity == CheckSeverity::Error { Outcome::Fail } else { Outcome::Warn };
        let checks = cases
            .iter()
            .map(|(threshold, _)| outport_model::check::Check {
                threshold: threshold.clone(),
                severity,
                ..missing("code", &[json!("")])
            })
            .collect();
        let results = run(&contract(vec![table("orders", columns(), checks)]), vec![rows()]).await;
        for (result, (threshold, is_met)) in results.iter().zip(&cases) {
            assert_eq!(result.outcome, if *is_met { Outcome::Pass } else { unmet }, "{threshold}");
        }
    }
}

#[tokio::test]
async fn a_reference_is_held_against_every_whole_key() {
    let orders = table(
        "orders",
        vec![column("id", INTEGER), column("customer", INTEGER)],
        vec![reference("customer", "customers", "id"), reference("id", "orders", "customer")],
    );
    let customers = table("customers", vec![column("id", INTEGER)], vec![]);
    let order_rows = batch(vec![
        ("id", Arc::new(Int64Array::from(vec![1, 2, 3, 4]))),
        ("customer", Arc::new(Int64Array::from(vec![Some(1), Some(9), Some(9), None]))),
    ]);
    let customer_rows = batch(vec![("id", Arc::new(Int64Array::from(vec![Some(1), None, Some(2)])))]);
    let results = run(&contract(vec![orders, customers]), vec![order_rows, customer_rows]).await;
    assert_eq!((&results[0].measured, results[0].outcome), (&json!(2), Outcome::Fail));
    assert_eq!(results[1].measured, json!(3));
}

#[tokio::test]
async fn ages_are_seconds_before_now() {
    let at = |text: &str| text.parse::<chrono::DateTime<chrono::Utc>>().unwrap().timestamp_micros();
    let zoned =
        TimestampMicrosecondArray::from(vec![Some(at("2024-06-01T11:59:00Z")), None, Some(at("2024-05-31T12:00:00Z"))])
            .with_timezone("UTC");
    let days = Date32Array::from(vec![19_874, 19_873, 19_872]);
    let checks = vec![
        check("", CheckKind::Freshness { column: "at".to_owned() }),
        check("", CheckKind::Retention { column: "at".to_owned() }),
        check("", CheckKind::Freshness { column: "day".to_owned() }),
        check("", CheckKind::Freshness { column: "name".to_owned() }),
    ];
    let columns = vec![
        column("at", DataType::Timestamp { zoned: true }),
        column("day", DataType::Date),
        column("name", DataType::String),
    ];
    let rows = batch(vec![
        ("at", Arc::new(zoned)),
        ("day", Arc::new(days)),
        ("name", Arc::new(StringArray::from(vec!["a", "b", "c"]))),
    ]);
    let contract = contract(vec![table("events", columns, checks)]);
    let results = run(&contract, vec![rows.clone()]).await;
    assert_eq!(results[0].measured, json!(60.0));
    assert_eq!(results[1].measured, json!(86_400.0));
    // 19,874 days after 1970-01-01 is 2024-05-31.
    assert_eq!(results[2].measured, json!(129_600.0));
    assert_eq!(results[3].message.as_deref(), Some("an age cannot be measured on a column of the type string"));

    let empty = run(&contract, vec![rows.slice(0, 0)]).await;
    assert_eq!((empty[0].outcome, empty[0].message.as_deref()), (Outcome::Error, Some("no rows")));
    let nulls = run(&contract, vec![rows.slice(1, 1)]).await;
    assert_eq!((nulls[0].outcome, nulls[0].message.as_deref()), (Outcome::Error, Some("no values")));
}

#[tokio::test]
async fn rules_for_people_and_other_engines_are_shown() {
    let text = outport_model::check::Check {
        description: Some("ask Ada".to_owned()),
        threshold: Threshold::None,
        ..check("", CheckKind::Text)
    };
    let custom = check("", CheckKind::Custom { engine: "soda".to_owned() });
    let results = run(&contract(vec![table("orders", columns(), vec![text, custom])]), vec![rows()]).await;
    assert_eq!((results[0].outcome, results[0].message.as_deref()), (Outcome::Skip, Some("ask Ada")));
    assert_eq!((results[1].outcome, results[1].method), (Outcome::Skip, Method::None));
    let message = results[1].message.as_deref().unwrap();
    assert!(message.contains("`soda`") && message.contains("type: sql"), "{message}");
}

#[tokio::test]
async fn what_cannot_be_measured_is_an_error_of_that_check_alone() {
    let checks = vec![
        invalid("code", None, Some("(?=x)")),
        missing("nowhere", &[]),
        range("id", Some(json!("abc")), None),
        check("code", CheckKind::UniqueItems),
        check("id", CheckKind::MultipleOf { divisor: 0.0 }),
        check("code", CheckKind::Format { format: "postcode".to_owned() }),
        missing("gone", &[]),
        missing("code", &[]),
    ];
    let mut columns = columns();
    columns.push(column("gone", DataType::String));
    let results = run(&contract(vec![table("orders", columns, checks)]), vec![rows()]).await;
    let said: Vec<_> = results.iter().map(|r| (r.outcome.as_str(), r.message.as_deref().unwrap_or("–"))).collect();
    assert_eq!(said[0].0, "error");
    assert!(said[0].1.contains("look-around"), "{}", said[0].1);
    assert_eq!(said[1], ("error", "the contract has no column `nowhere` in `orders`"));
    assert_eq!(said[2], ("error", "\"abc\" is no value of the type integer (i64)"));
    assert_eq!(said[3], ("error", "`uniqueItems` cannot be measured on a column of the type string"));
    assert_eq!(said[4], ("error", "0 has no multiples"));
    assert_eq!(said[5], ("skip", "`postcode` is no format of ODCS that text can be checked for"));
    assert!(said[6].0 == "error" && said[6].1.contains("gone"), "{:?}", said[6]);
    assert_eq!(said[7], ("fail", "–"));
}

#[tokio::test]
async fn a_table_without_data_has_no_verdict() {
    let one = table("orders", columns(), vec![row_count(), reference("id", "absent", "id")]);
    let two = table("absent", vec![column("id", INTEGER)], vec![row_count()]);
    let results = run(&contract(vec![one, two]), vec![rows()]).await;
    assert_eq!(results[0].outcome, Outcome::Fail);
    assert_eq!(results[1].message.as_deref(), Some("there are no data for `absent`"));
    assert_eq!(results[2].message.as_deref(), Some("there are no data for `absent`"));
}
