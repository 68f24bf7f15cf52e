//! Which of some rows that are nowhere stored exist for someone.

use outport_app::engine::Sieve;
use outport_model::contract::{Column, DataType, TableSchema};
use serde_json::{Map, Value as Json, json};

use super::*;

const INTEGER: DataType = DataType::Integer { bits: 64, signed: true };

fn table() -> TableSchema {
    let column = |(name, data_type): (&str, DataType)| Column {
        name: name.to_owned(),
        data_type,
        nullable: true,
        primary_key: None,
        unique: false,
        description: None,
        classification: None,
        tags: Vec::new(),
        deprecated: false,
    };
    let columns = [
        ("row", INTEGER),
        ("region", DataType::String),
        ("price", DataType::Decimal { precision: 9, scale: 2 }),
        ("day", DataType::Date),
        ("at", DataType::Timestamp { zoned: true }),
        ("open", DataType::Boolean),
        ("tags", DataType::List(Box::new(DataType::String))),
    ];
    TableSchema {
        name: "sales".to_owned(),
        description: None,
        columns: columns.into_iter().map(column).collect(),
        checks: Vec::new(),
    }
}

fn rows(rows: Json) -> Vec<Map<String, Json>> {
    serde_json::from_value(rows).unwrap()
}

fn compare(column: &str, comparison: Comparison, value: Value) -> Condition {
    Condition::Compare { column: column.to_owned(), comparison, value }
}

async fn exist(condition: Condition) -> Vec<bool> {
    let sample = rows(json!([
        {"row": 1, "region": "EU", "price": "12.50", "day": "2026-06-15", "at": "2026-06-15T12:00:00Z", "open": true, "tags": ["a"]},
        {"row": 2, "region": "US\n\"x\"", "price": 12, "day": "2026-06-16", "open": false, "tags": []},
        {"row": 3},
    ]));
    let access = RowAccess::Where(RowRule { permits: vec![condition], forbids: Vec::new() });
    Home::new().engine.exist(&table(), &sample, &access).await.unwrap()
}

#[tokio::test]
async fn rows_of_every_type_are_asked_as_stored_ones_are() {
    let text = |text: &str| Value::Text(text.to_owned());
    assert_eq!(exist(compare("region", Comparison::Equal, text("EU"))).await, [true, false, false]);
    assert_eq!(exist(compare("region", Comparison::Equal, text("US\n\"x\""))).await, [false, true, false]);
    assert_eq!(exist(compare("row", Comparison::Greater, Value::Integer(1))).await, [false, true, true]);
    assert_eq!(exist(compare("price", Comparison::Greater, Value::Decimal(120_000))).await, [true, false, false]);
    let day = Value::Moment(1_781_568_000_000);
    assert_eq!(exist(compare("day", Comparison::Equal, day)).await, [false, true, false]);
    let noon = Value::Moment(1_781_524_800_000);
    assert_eq!(exist(compare("at", Comparison::LessOrEqual, noon)).await, [true, false, false]);
    assert_eq!(exist(Condition::Flag { column: "open".to_owned() }).await, [true, false, false]);
    let contains = Condition::Contains { column: "tags".to_owned(), value: text("a") };
    assert_eq!(exist(contains).await, [true, false, false]);
    let missing = Condition::Not { condition: Box::new(Condition::Present { column: "region".to_owned() }) };
    assert_eq!(exist(missing).await, [false, false, true]);
}

#[tokio::test]
async fn what_cannot_be_decided_of_a_row_keeps_it_back() {
    let home = Home::new();
    let sample = rows(json!([{"region": "EU"}, {"region": "US"}, {}]));
    let always = Condition::Constant { holds: true };
    let forbid = compare("region", Comparison::Equal, Value::Text("US".to_owned()));
    let access = RowAccess::Where(RowRule { permits: vec![always], forbids: vec![forbid] });
    assert_eq!(home.engine.exist(&table(), &sample, &access).await.unwrap(), [true, false, false]);
    assert_eq!(home.engine.exist(&table(), &sample, &RowAccess::All).await.unwrap(), [true; 3]);
    let nothing = RowAccess::Where(RowRule::nothing());
    assert_eq!(home.engine.exist(&table(), &sample, &nothing).await.unwrap(), [false; 3]);
    assert_eq!(home.engine.exist(&table(), &[], &nothing).await.unwrap(), [false; 0]);
}

#[tokio::test]
async fn a_value_that_is_none_of_its_type_is_told() {
    let error =
        Home::new().engine.exist(&table(), &rows(json!([{"day": "someday"}])), &RowAccess::All).await.unwrap_err();
    assert_eq!(error.to_string(), "`a sample row` cannot be read: `\"someday\"` is no value of `day`");
}

#[tokio::test]
async fn a_rule_that_does_not_fit_shows_nothing() {
    let rule = RowRule { permits: vec![Condition::Flag { column: "nowhere".to_owned() }], forbids: Vec::new() };
    let found = Home::new().engine.exist(&table(), &rows(json!([{}])), &RowAccess::Where(rule)).await;
    assert!(matches!(found, Err(EngineError::Sealed { .. })), "{found:?}");
}
