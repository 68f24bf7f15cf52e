//! Parquet files and Delta Lake tables.

use std::{path::PathBuf, sync::Arc};

use datafusion::{
    arrow::array::{
        ArrayRef, Decimal128Array, Float64Array, Int32Array, Int64Array, StringArray, TimestampNanosecondArray,
    },
    common::stats::Precision,
    parquet::arrow::ArrowWriter,
    physical_plan::displayable,
};
use deltalake::DeltaTable;
use url::Url;

use super::*;

const LONG: DataType = DataType::Integer { bits: 64, signed: true };

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).unwrap()
}

fn write(folder: &Path, name: &str, batch: &RecordBatch) -> PathBuf {
    let path = folder.join(name);
    let mut writer = ArrowWriter::try_new(std::fs::File::create(&path).unwrap(), batch.schema(), None).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
    path
}

fn people() -> RecordBatch {
    batch(vec![
        ("extra", Arc::new(Int32Array::from(vec![0, 0, 0])) as ArrayRef),
        ("name", Arc::new(StringArray::from(vec![Some("a"), None, Some("c")]))),
        ("id", Arc::new(Int64Array::from(vec![1, 2, 3]))),
        ("small", Arc::new(Int32Array::from(vec![Some(5), None, Some(9)]))),
    ])
}

fn people_table() -> TableSchema {
    table(&[("id", LONG), ("name", DataType::String)])
}

#[tokio::test]
async fn columns_that_fit_are_read_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), "a.parquet", &people());
    let source = files(&path, FileFormat::Parquet);
    let (_, opened) = open(&source, &people_table()).await.unwrap();
    assert!(opened.raw.is_empty());
    assert_eq!(opened.provider.schema(), outport_engine::types::to_nullable_schema(&people_table()));
    assert_eq!(rows(&source, &people_table()).await.unwrap(), ["1|a", "2|null", "3|c"]);
}

#[tokio::test]
async fn statistics_answer_for_rows_nulls_and_bounds() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.parquet", &people());
    write(folder.path(), "b.parquet", &people());
    let schema = table(&[("id", LONG), ("small", LONG), ("name", DataType::String), ("extra", DataType::Boolean)]);
    let source = files(folder.path(), FileFormat::Parquet);
    let (context, opened) = open(&source, &schema).await.unwrap();
    assert_eq!(opened.raw, raw(&["extra"]));
    for sql in ["SELECT id, small FROM t", "SELECT \"id\" AS c, small FROM (SELECT * FROM t)"] {
        let plan = context.sql(sql).await.unwrap().create_physical_plan().await.unwrap();
        let statistics = plan.partition_statistics(None).unwrap();
        assert_eq!(statistics.num_rows, Precision::Exact(6), "{}", displayable(plan.as_ref()).indent(true));
        let id = &statistics.column_statistics[0];
        assert_eq!(id.null_count, Precision::Exact(0));
        assert_eq!(id.min_value, Precision::Exact(1_i64.into()));
        assert_eq!(id.max_value, Precision::Exact(3_i64.into()));
        assert_eq!(statistics.column_statistics[1].null_count, Precision::Exact(2));
    }
    let plan = context.sql("SELECT count(*), min(id) FROM t").await.unwrap().create_physical_plan().await.unwrap();
    let plan = displayable(plan.as_ref()).indent(false).to_string();
    assert!(plan.contains("PlaceholderRowExec"), "{plan}");
}

#[tokio::test]
async fn filters_reach_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), "a.parquet", &people());
    let schema = table(&[("id", LONG), ("name", DataType::Boolean)]);
    let (context, _) = open(&files(&path, FileFormat::Parquet), &schema).await.unwrap();
    let frame = context.sql("SELECT name FROM t WHERE id > 2").await.unwrap();
    let plan = displayable(frame.create_physical_plan().await.unwrap().as_ref()).indent(false).to_string();
    assert!(plan.contains("predicate=id@"), "{plan}");
}

#[tokio::test]
async fn values_that_do_not_fit_are_null_and_keep_their_text() {
    let folder = tempfile::tempdir().unwrap();
    let float = |v: f64| Arc::new(Float64Array::from(vec![v])) as ArrayRef;
    let text = |v: &str| Arc::new(StringArray::from(vec![v])) as ArrayRef;
    let whole = |v: i64| Arc::new(Int64Array::from(vec![v])) as ArrayRef;
    let money = |v: i128| Arc::new(Decimal128Array::from(vec![v]).with_precision_and_scale(12, 4).unwrap()) as ArrayRef;
    let nanos = Arc::new(TimestampNanosecondArray::from(vec![1_500_000_000]).with_timezone("UTC")) as ArrayRef;
    let cases: Vec<(ArrayRef, DataType, &str)> = vec![
        (whole(7), INTEGER, "7|null"),
        (whole(1 << 40), INTEGER, "null|1099511627776"),
        (float(2.0), INTEGER, "2|null"),
        (float(2.5), INTEGER, "null|2.5"),
        (float(0.1), DataType::Float { bits: 32 }, "0.1|null"),
        (float(1e300), DataType::Float { bits: 32 }, "null|1e300"),
        (money(12_3400), MONEY, "12.34|null"),
        (money(12_3456), MONEY, "null|12.3456"),
        (text(" 7 "), INTEGER, "7|null"),
        (text("x"), INTEGER, "null|x"),
        (text("2024-01-01"), DataType::Date, "2024-01-01|null"),
        (whole(1), INSTANT, "null|1"),
        (whole(1), DataType::Boolean, "null|1"),
        (whole(1), DataType::String, "1|null"),
        (nanos, DataType::Timestamp { zoned: false }, "1970-01-01T00:00:01.500|null"),
    ];
    for (array, data_type, expect) in cases {
        let found = array.data_type().clone();
        let path = write(folder.path(), "a.parquet", &batch(vec![("c", array)]));
        let source = files(&path, FileFormat::Parquet);
        assert_eq!(rows(&source, &table(&[("c", data_type.clone())])).await.unwrap(), [expect], "{found} {data_type}");
    }
}

#[tokio::test]
async fn files_of_different_types_are_one_table() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.parquet", &batch(vec![("c", Arc::new(Int64Array::from(vec![1])) as ArrayRef)]));
    write(folder.path(), "b.parquet", &batch(vec![("c", Arc::new(Int32Array::from(vec![2])) as ArrayRef)]));
    let source = files(folder.path(), FileFormat::Parquet);
    let mut found = rows(&source, &table(&[("c", LONG)])).await.unwrap();
    found.sort();
    assert_eq!(found, ["1", "2"]);
    write(folder.path(), "c.parquet", &batch(vec![("c", Arc::new(StringArray::from(vec!["x"])) as ArrayRef)]));
    let mut found = rows(&source, &table(&[("c", LONG)])).await.unwrap();
    found.sort();
    assert_eq!(found, ["1|null", "2|null", "null|x"]);
}

#[tokio::test]
async fn faults_of_parquet_name_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), "a.parquet", &people());
    let whole = std::fs::read(&path).unwrap();
    let mut check = async |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        failure(&files(&path, FileFormat::Parquet), &people_table()).await
    };
    insta::assert_snapshot!(check(b"").await, @r"
    `a.parquet` cannot be read: it is empty, where a Parquet file was expected
    help: it is damaged, was cut off, or is no Parquet file; write or fetch it again
    ");
    insta::assert_snapshot!(check(b"id,name\n1,x\n").await, @r"
    `a.parquet` cannot be read: Invalid Parquet file. Corrupt footer
    help: it is damaged, was cut off, or is no Parquet file; write or fetch it again
    ");
    insta::assert_snapshot!(check(&whole[..whole.len() / 2]).await, @r"
    `a.parquet` cannot be read: Invalid Parquet file. Corrupt footer
    help: it is damaged, was cut off, or is no Parquet file; write or fetch it again
    ");
    let mut damaged = whole.clone();
    damaged[4..200].fill(0xff);
    let damaged = check(&damaged).await;
    assert!(damaged.starts_with("`a.parquet` cannot be read: "), "{damaged}");
}

#[tokio::test]
async fn a_file_without_a_column_is_named() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.parquet", &people());
    write(folder.path(), "b.parquet", &batch(vec![("id", Arc::new(Int64Array::from(vec![1])) as ArrayRef)]));
    insta::assert_snapshot!(failure(&files(folder.path(), FileFormat::Parquet), &people_table()).await, @r"
    `b.parquet` has no column `name`
    help: the source has the columns `id`; correct the contract's `properties` or the source
    ");
}

async fn delta(folder: &Path, batch: RecordBatch) {
    let table = DeltaTable::try_from_url(Url::from_directory_path(folder).unwrap()).await.unwrap();
    table.write([batch]).await.unwrap();
}

#[tokio::test]
async fn delta_tables_are_read_and_pinned_by_version() {
    let folder = tempfile::tempdir().unwrap();
    delta(folder.path(), people()).await;
    let source = files(folder.path(), FileFormat::Delta);
    let schema = table(&[("ID", INTEGER), ("name", DataType::String), ("small", LONG)]);
    assert_eq!(rows(&source, &schema).await.unwrap(), ["1|a|5|null", "2|null|null|null", "3|c|9|null"]);
    let pinned = source::pin(&source).await.unwrap();
    source::unchanged(&source, &pinned).await.unwrap();
    delta(folder.path(), people()).await;
    assert!(matches!(source::unchanged(&source, &pinned).await, Err(EngineError::SourceChanged { .. })));
    assert_eq!(texts(&query(&source, &schema, "SELECT count(*) FROM t").await.unwrap()), ["6"]);
}

#[tokio::test]
async fn faults_of_delta_say_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let source = |format| files(folder.path(), format);
    let text = failure(&source(FileFormat::Delta), &people_table()).await;
    assert!(text.contains("it is not a Delta Lake table: it has no `_delta_log`"), "{text}");
    delta(folder.path(), people()).await;
    let text = failure(&source(FileFormat::Parquet), &people_table()).await;
    assert!(text.contains("it is a Delta Lake table, not a folder of plain files"), "{text}");
    let missing = table(&[("other", INTEGER)]);
    let text = failure(&source(FileFormat::Delta), &missing).await;
    assert!(text.contains("has no column `other`"), "{text}");
}
