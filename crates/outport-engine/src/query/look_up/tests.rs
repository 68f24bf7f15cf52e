use std::sync::Arc;

use datafusion::arrow::{
    array::{Decimal128Array, Int64Array, StringArray},
    util::pretty::pretty_format_batches,
};
use futures::{FutureExt, TryStreamExt};
use outport_app::engine::Sight;
use outport_model::{
    access::{Comparison, Condition, Mask, RowAccess, RowRule, Value},
    contract::{self, Column},
    fingerprint::Fingerprint,
    release::{ReleasedTable, TableRole, TableVersion},
};

use super::*;
use crate::session::{self, Limits};

/// `id` and `line` are the key.
fn memory() -> InMemory {
    let ids: ArrayRef = Arc::new(Int64Array::from(vec![1, 1, 2, 3]));
    let lines: ArrayRef =
        Arc::new(Decimal128Array::from(vec![100, 250, 100, 100]).with_precision_and_scale(9, 2).unwrap());
    let regions: ArrayRef = Arc::new(StringArray::from(vec!["EU", "EU", "US", "EU"]));
    let mails: ArrayRef = Arc::new(StringArray::from(vec!["a@x", "b@x", "c@x", "d@x"]));
    let columns = [("id", ids), ("line", lines), ("region", regions), ("mail", mails)];
    let rows = RecordBatch::try_from_iter(columns).unwrap();
    let batches = vec![rows.slice(0, 3), rows.slice(3, 1)];
    InMemory::of(&rows.schema(), batches, &["id".to_owned(), "line".to_owned()], 2).unwrap()
}

fn visible(sight: Sight) -> VisibleTable {
    let column = |name: &str, data_type, primary_key| Column {
        name: name.to_owned(),
        data_type,
        nullable: false,
        primary_key,
        unique: false,
        description: None,
        classification: None,
        tags: Vec::new(),
        deprecated: false,
    };
    let fingerprint = Fingerprint::of("test").part("table", "t").finish();
    let version = TableVersion { fingerprint, path: "shop/lines".to_owned(), version: 0, rows: 4, bytes: 0 };
    VisibleTable {
        released: ReleasedTable { role: TableRole::Output, version, major: Some(1) },
        live: None,
        port: None,
        description: None,
        columns: vec![
            column("line", contract::DataType::Decimal { precision: 9, scale: 2 }, Some(2)),
            column("id", contract::DataType::Integer { bits: 64, signed: true }, Some(1)),
            column("region", contract::DataType::String, None),
            column("mail", contract::DataType::String, None),
        ],
        sight,
    }
}

/// Only `EU`, and mails are redacted.
fn european() -> TableAccess {
    let mut access = TableAccess::unrestricted(["id", "line", "region"]);
    access.columns.insert("mail".to_owned(), ColumnAccess::Masked(Mask::Redact));
    let value = Value::Text("EU".to_owned());
    let permit = Condition::Compare { column: "region".to_owned(), comparison: Comparison::Equal, value };
    access.rows = RowAccess::Where(RowRule { permits: vec![permit], forbids: Vec::new() });
    access
}

fn wanted(id: i64, line: &str) -> LookUp {
    LookUp {
        product: "shop".parse().unwrap(),
        table: "lines".parse().unwrap(),
        key: vec![("id".to_owned(), Argument::Integer(id)), ("line".to_owned(), Argument::Text(line.to_owned()))],
        columns: vec!["mail".to_owned(), "id".to_owned()],
    }
}

/// The rows that are found, as a table of text; `None` where a query is to be asked.
fn ask(wanted: &LookUp, sight: Sight) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { memory: 1 << 28, threads: 2, spill: folder.path().to_owned() };
    let state = session::base(&session::runtime(&limits).unwrap(), &limits);
    let answer = found(&memory(), wanted, &visible(sight), &MaskKey::new([0; 32]), &state)?;
    let batches: Vec<RecordBatch> = answer.batches.try_collect().now_or_never().unwrap().unwrap();
    assert!(batches.iter().all(|batch| batch.schema() == answer.schema));
    let text = pretty_format_batches(&batches).unwrap().to_string();
    let rows = text.lines().filter(|line| line.starts_with('|')).skip(1);
    Some(rows.map(|row| row.split_whitespace().collect::<String>()).collect())
}

#[test]
fn a_row_is_found_as_its_asker_sees_it() {
    let some = |text: &str| Some(text.to_owned());
    let european = || Sight::Part(european());
    assert_eq!(ask(&wanted(1, "2.50"), Sight::Whole), some("|b@x|1|"));
    assert_eq!(ask(&wanted(1, "2.5"), european()), some("|***|1|"));
    assert_eq!(ask(&wanted(3, "1"), european()), some("|***|3|"), "in another batch");
    assert_eq!(ask(&wanted(2, "1.00"), Sight::Whole), some("|c@x|2|"));
    assert_eq!(ask(&wanted(2, "1.00"), european()), some(""), "the row does not exist for them");
    assert_eq!(ask(&wanted(2, "2.50"), Sight::Whole), some(""));
    let everything = TableAccess::unrestricted(["id", "line", "region", "mail"]);
    assert_eq!(ask(&wanted(1, "1.00"), Sight::Part(everything)), some("|a@x|1|"));
}

#[test]
fn everything_else_is_asked_of_a_query() {
    let part = |change: fn(&mut TableAccess)| {
        let mut access = european();
        change(&mut access);
        Sight::Part(access)
    };
    let masked = part(|access| drop(access.columns.insert("line".to_owned(), ColumnAccess::Masked(Mask::Null))));
    assert_eq!(ask(&wanted(1, "2.50"), masked), None, "who knows only masked values must not find others");
    let hidden = part(|access| drop(access.columns.remove("id")));
    assert_eq!(ask(&wanted(1, "2.50"), hidden), None);
    assert_eq!(ask(&wanted(1, "2.50"), part(|access| access.minimum_group = Some(5))), None);
    let unseen = part(|access| drop(access.columns.remove("mail")));
    assert_eq!(ask(&wanted(1, "2.50"), unseen), None, "an error has words of its own");
    assert_eq!(ask(&wanted(1, "2.505"), Sight::Whole), None, "the column has no such value");
    let mut turned = wanted(1, "2.50");
    turned.key.reverse();
    assert_eq!(ask(&turned, Sight::Whole), None);
    let mut half = wanted(1, "2.50");
    half.key.pop();
    assert_eq!(ask(&half, Sight::Whole), None);
}
