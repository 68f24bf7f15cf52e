//! What stands in the place of values.

use datafusion::arrow::{
    array::{BooleanArray, Decimal128Array, Float64Array, Int32Array, TimestampMicrosecondArray},
    datatypes::DataType,
};
use outport_model::access::DateUnit;

use super::*;

fn values() -> RecordBatch {
    let money = Decimal128Array::from(vec![Some(12_345), Some(-1), None]).with_precision_and_scale(9, 2).unwrap();
    let at = TimestampMicrosecondArray::from(vec![Some(1_719_838_800_123_456), Some(-1), None]).with_timezone("UTC");
    batch(vec![
        ("id", Arc::new(Int64Array::from(vec![1, 2, 3]))),
        ("text", Arc::new(StringArray::from(vec![Some("Zoë 42"), Some(""), None]))),
        ("number", Arc::new(Int32Array::from(vec![Some(57), Some(i32::MIN), None]))),
        ("real", Arc::new(Float64Array::from(vec![Some(57.5), Some(-0.5), None]))),
        ("money", Arc::new(money)),
        ("day", Arc::new(Date32Array::from(vec![Some(19_905), Some(-1), None]))),
        ("at", Arc::new(at)),
        ("flag", Arc::new(BooleanArray::from(vec![Some(true), Some(false), None]))),
    ])
}

async fn masked(column: &str, mask: Mask) -> Vec<String> {
    let mut home = Home::new();
    let table = home.store("shop", "values", &[values()]).await;
    let names: Vec<String> = values().schema().fields().iter().map(|field| field.name().clone()).collect();
    let mut access = TableAccess::unrestricted(names.iter().map(String::as_str));
    access.columns.insert(column.to_owned(), ColumnAccess::Masked(mask.clone()));
    home.show("shop", "values", table, Sight::Part(access));
    let sql = format!("SELECT {column} FROM shop.values ORDER BY id");
    let answer = home.answer(Question::new(sql.as_str())).await.unwrap();
    let stored = values().schema().field_with_name(column).unwrap().data_type().clone();
    assert_eq!(*answer.schema.field(0).data_type(), stored, "{mask:?} keeps the type");
    let batches: Vec<RecordBatch> = answer.batches.try_collect().await.unwrap();
    texts(&batches)
}

#[tokio::test]
async fn texts_keep_their_ends() {
    let regex = |pattern: &str, replacement: &str| Mask::Regex {
        pattern: pattern.to_owned(),
        replacement: replacement.to_owned(),
    };
    let zoe = blake3::keyed_hash(&[7; 32], "Zoë 42".as_bytes()).to_hex();
    let nobody = blake3::keyed_hash(&[7; 32], b"").to_hex();
    for (mask, expected) in [
        (Mask::Redact, ["***", "***"]),
        (Mask::Null, ["null", "null"]),
        (Mask::Last { characters: 2 }, ["****42", ""]),
        (Mask::First { characters: 3 }, ["Zoë***", ""]),
        (Mask::First { characters: 6 }, ["******", ""]),
        (Mask::Hash, [&zoe[..32], &nobody[..32]]),
        (regex("[0-9]", "#"), ["Zoë ##", ""]),
        (regex("(?s)^.*$", "x"), ["x", "x"]),
        (Mask::NumberBucket { width: 5 }, ["null", "null"]),
        (Mask::DateBucket { unit: DateUnit::Year }, ["null", "null"]),
    ] {
        assert_eq!(masked("text", mask.clone()).await, [expected[0], expected[1], "null"], "{mask:?}");
    }
}

#[tokio::test]
async fn numbers_are_in_buckets() {
    let bucket = |width| Mask::NumberBucket { width };
    assert_eq!(masked("number", bucket(10)).await, ["50", "null", "null"]);
    assert_eq!(masked("number", bucket(1)).await, ["57", "-2147483648", "null"]);
    assert_eq!(masked("real", bucket(10)).await, ["50.0", "-10.0", "null"]);
    assert_eq!(masked("money", bucket(100)).await, ["100.00", "-100.00", "null"]);
    for column in ["number", "real", "money", "day", "at", "flag"] {
        for mask in [Mask::Redact, Mask::Hash, Mask::Null, Mask::Last { characters: 1 }] {
            assert_eq!(masked(column, mask.clone()).await, ["null", "null", "null"], "{column} {mask:?}");
        }
    }
}

#[tokio::test]
async fn days_and_moments_begin_their_period() {
    let begin = |unit| Mask::DateBucket { unit };
    assert_eq!(masked("day", begin(DateUnit::Week)).await, ["2024-07-01", "1969-12-29", "null"]);
    assert_eq!(masked("day", begin(DateUnit::Year)).await, ["2024-01-01", "1969-01-01", "null"]);
    let moments = masked("at", begin(DateUnit::Quarter)).await;
    assert_eq!(moments, ["2024-07-01T00:00:00Z", "1969-10-01T00:00:00Z", "null"]);
    assert_eq!(masked("number", begin(DateUnit::Day)).await, ["null", "null", "null"]);
}

#[tokio::test]
async fn a_pattern_that_cannot_be_used_shows_nothing() {
    let mut access = european();
    let mask = Mask::Regex { pattern: "(".to_owned(), replacement: String::new() };
    access.columns.insert("email".to_owned(), ColumnAccess::Masked(mask));
    let home = home_with(access).await;
    let error = home.failure("SELECT id FROM shop.staff").await;
    assert!(matches!(error, EngineError::Sealed { .. }), "{error:?}");
}

#[tokio::test]
async fn the_same_value_has_the_same_hash_and_keys_differ() {
    let mut access = european();
    access.rows = RowAccess::All;
    access.columns.insert("email".to_owned(), ColumnAccess::Masked(Mask::Hash));
    let mut home = home_with(access).await;
    let sql = "SELECT email FROM shop.staff WHERE id IN (1, 6, 2) ORDER BY id";
    let hashes = home.ask(sql).await;
    assert_eq!(hashes[0], hashes[2]);
    assert_ne!(hashes[0], hashes[1]);
    home.engine = home.engine.with_mask_key([8; 32]);
    assert_ne!(home.ask(sql).await, hashes);
    assert_eq!(home.ask("SELECT arrow_typeof(email) FROM shop.staff LIMIT 1").await, [DataType::Utf8.to_string()]);
}
