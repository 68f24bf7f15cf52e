//! CSV, JSON and NDJSON.

use std::fmt::Write as _;

use outport_engine::types;
use outport_model::source::FileFormat;

use super::*;

const COMPRESSIONS: [Compression; 5] =
    [Compression::None, Compression::Gzip, Compression::Zstd, Compression::Bzip2, Compression::Xz];

#[tokio::test]
async fn every_text_format_is_read_under_every_compression() {
    let folder = tempfile::tempdir().unwrap();
    let schema = table(&[("id", INTEGER), ("name", DataType::String)]);
    for compression in COMPRESSIONS {
        let dialect = CsvDialect { compression, ..CsvDialect::default() };
        let cases = [
            (FileFormat::Csv(dialect), "name,extra,id\n\"a,\n\"\"b\",x,1\n,y,2\n"),
            (FileFormat::Json(compression), "[{\"id\":1,\"name\":\"a,\\n\\\"b\"},\n{\"id\":2,\"name\":null}]\n"),
            (FileFormat::Ndjson(compression), "{\"id\":1,\"name\":\"a,\\n\\\"b\"}\n\n{\"id\":2,\"x\":[{}]}"),
        ];
        for (format, text) in cases {
            let path = folder.path().join("file");
            std::fs::write(&path, compress(text.as_bytes(), compression).await).unwrap();
            let source = files(&path, format.clone());
            let found = texts(&query(&source, &schema, "SELECT id, name FROM t ORDER BY id").await.unwrap());
            assert_eq!(found, ["1|a,\n\"b", "2|null"], "{format:?}");
        }
    }
}

#[tokio::test]
async fn compression_is_seen_where_it_is_not_declared() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.csv.gz");
    std::fs::write(&path, compress(b"id\n7\n", Compression::Gzip).await).unwrap();
    assert_eq!(rows(&files(&path, csv()), &table(&[("id", INTEGER)])).await.unwrap(), ["7|null"]);
}

#[tokio::test]
async fn the_table_has_the_contracts_columns_and_types_and_then_the_hidden_ones() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.csv");
    std::fs::write(&path, "B,a\n").unwrap();
    let schema = table(&[("a", DataType::String), ("b", MONEY)]);
    let (_, opened) = open(&files(&path, csv()), &schema).await.unwrap();
    let table_schema = opened.provider.schema();
    let visible: Vec<_> = table_schema.fields().iter().take(2).cloned().collect();
    assert_eq!(visible, types::to_nullable_schema(&schema).fields().iter().cloned().collect::<Vec<_>>());
    assert_eq!(opened.raw, raw(&["b"]));
    assert_eq!(table_schema.fields().len(), 3);
}

#[tokio::test]
async fn values_that_cannot_be_read_are_null_and_keep_their_text() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.csv");
    let cases: &[(DataType, &str, &str)] = &[
        (INTEGER, " 42 ", "42|null"),
        (INTEGER, "2147483648", "null|2147483648"),
        (INTEGER, "4.2", "null|4.2"),
        (INTEGER, "NA", "null|null"),
        (DataType::Integer { bits: 8, signed: false }, "255", "255|null"),
        (DataType::Integer { bits: 8, signed: false }, "256", "null|256"),
        (DataType::Integer { bits: 8, signed: false }, "-1", "null|-1"),
        (DataType::Integer { bits: 64, signed: false }, "18446744073709551615", "18446744073709551615|null"),
        (DataType::Integer { bits: 64, signed: true }, "9223372036854775808", "null|9223372036854775808"),
        (NUMBER, "NaN", "NaN|null"),
        (NUMBER, "-inf", "-inf|null"),
        (NUMBER, "1e400", "null|1e400"),
        (DataType::Float { bits: 32 }, "1e39", "null|1e39"),
        (MONEY, "12345678.90", "12345678.90|null"),
        (MONEY, "123456789.00", "null|123456789.00"),
        (MONEY, "0.001", "null|0.001"),
        (DataType::Boolean, "YES", "true|null"),
        (DataType::Boolean, "f", "false|null"),
        (DataType::Boolean, "2", "null|2"),
        (DataType::Date, "2024-02-29", "2024-02-29|null"),
        (DataType::Date, "2023-02-29", "null|2023-02-29"),
        (INSTANT, "2013-01-01T10:00:00Z", "2013-01-01T10:00:00Z|null"),
        (INSTANT, "2013-01-01 12:00:00+02:00", "2013-01-01T10:00:00Z|null"),
        (INSTANT, "2013-01-01 10:00", "2013-01-01T10:00:00Z|null"),
        (INSTANT, "yesterday", "null|yesterday"),
        (DataType::Timestamp { zoned: false }, "2013-01-01T10:00:00.5", "2013-01-01T10:00:00.500|null"),
        (DataType::Time, "10:30", "10:30|null"),
        (DataType::Time, "25:30", "null|25:30"),
        (DataType::List(Box::new(INTEGER)), "\"[1,null]\"", "[1, null]|null"),
        (DataType::List(Box::new(INTEGER)), "\"[1,\"", "null|[1,"),
    ];
    let dialect = CsvDialect { null_values: vec!["NA".to_owned()], ..CsvDialect::default() };
    for (data_type, text, expect) in cases {
        std::fs::write(&path, format!("c\n{text}\n")).unwrap();
        let source = files(&path, FileFormat::Csv(dialect.clone()));
        assert_eq!(rows(&source, &table(&[("c", data_type.clone())])).await.unwrap(), [*expect], "{data_type} {text}");
    }
}

#[tokio::test]
async fn json_values_of_another_type_are_null_and_keep_their_text() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.ndjson");
    let pair = || object(&[("x", INTEGER, true), ("y", DataType::List(Box::new(DataType::String)), true)]);
    let cases: &[(DataType, &str, &str)] = &[
        (INTEGER, "7", "7|null"),
        (INTEGER, "7e0", "7|null"),
        (INTEGER, "\"7\"", "null|\"7\""),
        (INTEGER, "99999999999", "null|99999999999"),
        (
            DataType::Decimal { precision: 38, scale: 0 },
            "12345678901234567890123456789",
            "12345678901234567890123456789|null",
        ),
        (MONEY, "\"1.25\"", "1.25|null"),
        (NUMBER, "\"NaN\"", "NaN|null"),
        (DataType::String, "\"a\\u00e9\"", "a\u{e9}|null"),
        (DataType::String, "7", "null|7"),
        (DataType::Boolean, "true", "true|null"),
        (DataType::Boolean, "1", "null|1"),
        (INSTANT, "\"2013-01-01T10:00:00Z\"", "2013-01-01T10:00:00Z|null"),
        (INSTANT, "1357034400", "null|1357034400"),
        (pair(), "{\"y\": [\"a\", null], \"z\": 1}", "{x: , y: [a, ]}|null"),
        (pair(), "{\"x\": 1, \"y\": \"a\"}", "null|{\"x\": 1, \"y\": \"a\"}"),
        (object(&[("x", INTEGER, false)]), "{}", "null|{}"),
        (DataType::Map(Box::new(DataType::String), Box::new(INTEGER)), "{\"a\": 1}", "{a: 1}|null"),
        (DataType::Map(Box::new(INTEGER), Box::new(INTEGER)), "{\"a\": 1}", "null|{\"a\": 1}"),
    ];
    for (data_type, text, expect) in cases {
        std::fs::write(&path, format!("{{\"c\": {text}}}\n")).unwrap();
        let source = files(&path, FileFormat::Ndjson(Compression::None));
        let found = rows(&source, &table(&[("c", data_type.clone())])).await.unwrap();
        let expect = expect.replace("x: ,", "x: null,").replace(", ]", ", null]");
        assert_eq!(found, [expect], "{data_type} {text}");
    }
}

#[tokio::test]
async fn dialects_are_read_as_they_say() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.csv");
    std::fs::write(&path, "\u{feff}# made by hand\n1;'it\\'s; so';9\r\n2;-;9\n").unwrap();
    let dialect = CsvDialect {
        delimiter: ';',
        quote: '\'',
        escape: Some('\\'),
        comment: Some('#'),
        header: false,
        null_values: vec!["-".to_owned()],
        compression: Compression::None,
    };
    let source = files(&path, FileFormat::Csv(dialect));
    let schema = table(&[("id", INTEGER), ("name", DataType::String)]);
    let found = texts(&query(&source, &schema, "SELECT id, name FROM t").await.unwrap());
    assert_eq!(found, ["1|it's; so", "2|null"]);
}

#[tokio::test]
async fn a_header_alone_is_no_row_and_so_is_an_empty_file_without_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let schema = table(&[("id", INTEGER)]);
    let headless = FileFormat::Csv(CsvDialect { header: false, ..CsvDialect::default() });
    let cases = [
        ("id", csv()),
        ("", headless),
        ("[ ]", FileFormat::Json(Compression::None)),
        ("", FileFormat::Ndjson(Compression::None)),
    ];
    for (text, format) in cases {
        std::fs::write(&path, text).unwrap();
        assert_eq!(rows(&files(&path, format.clone()), &schema).await.unwrap(), [""; 0], "{format:?}");
    }
}

/// Records with line breaks inside quotes and inside JSON, over many pieces and several files.
#[tokio::test]
async fn large_files_come_whole_from_every_partition() {
    let folder = tempfile::tempdir().unwrap();
    let (mut csv_text, mut json) = ("id,note\n".to_owned(), "[".to_owned());
    for id in 0..60_000 {
        writeln!(csv_text, "{id},\"line one,\nline \"\"two\"\" of {id}\"").unwrap();
        write!(json, "{}\n{{\"id\": {id}, \"note\": \"]}},{{[ of \\\"{id}\"}}", if id > 0 { "," } else { "" }).unwrap();
    }
    json.push_str("\n]\n");
    assert!(csv_text.len() > 2 << 20 && json.len() > 2 << 20);
    let schema = table(&[("id", INTEGER), ("note", DataType::String)]);
    for (name, text, format) in [("csv", csv_text, csv()), ("json", json, FileFormat::Json(Compression::None))] {
        let folder = folder.path().join(name);
        std::fs::create_dir(&folder).unwrap();
        for part in ["a", "b"] {
            std::fs::write(folder.join(format!("{part}.{name}")), &text).unwrap();
        }
        let source = files(&folder, format);
        let sql = "SELECT count(*), count(DISTINCT id), sum(id), count(DISTINCT note), count(__raw_id) FROM t";
        assert_eq!(texts(&query(&source, &schema, sql).await.unwrap()), ["120000|60000|3599940000|60000|0"]);
        assert_eq!(texts(&query(&source, &schema, "SELECT count(*) FROM t").await.unwrap()), ["120000"]);
        let few = query(&source, &schema, "SELECT note FROM t LIMIT 3").await.unwrap();
        assert_eq!(texts(&few).len(), 3);
    }
}

#[tokio::test]
async fn a_plan_that_runs_twice_reads_everything_twice() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.csv");
    let text = (0..400_000).fold("id\n".to_owned(), |mut text, id| {
        writeln!(text, "{id}").unwrap();
        text
    });
    std::fs::write(&path, text).unwrap();
    let (context, _) = open(&files(&path, csv()), &table(&[("id", INTEGER)])).await.unwrap();
    let plan = context.table("t").await.unwrap().create_physical_plan().await.unwrap();
    for _ in 0..2 {
        let batches = datafusion::physical_plan::collect(plan.clone(), context.task_ctx()).await.unwrap();
        assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 400_000);
    }
}
