//! Random rows come back as they were written, and damaged files do no harm.

use std::{fmt::Write as _, sync::Arc};

use datafusion::{
    arrow::{
        array::{
            ArrayRef, BooleanArray, Decimal128Array, Float64Array, Int32Array, StringArray, TimestampMicrosecondArray,
        },
        compute::concat_batches,
    },
    parquet::arrow::ArrowWriter,
};
use proptest::prelude::*;

use super::*;

/// One row: every kind of value that all formats can hold.
type Row = (Option<i32>, Option<f64>, Option<i64>, Option<bool>, Option<i64>, Option<String>);

fn row() -> impl Strategy<Value = Row> {
    (
        proptest::option::of(any::<i32>()),
        proptest::option::of(any::<f64>().prop_filter("JSON has no other", |f| f.is_finite())),
        proptest::option::of(-9_999_999_999_i64..=9_999_999_999),
        proptest::option::of(any::<bool>()),
        proptest::option::of(-62_135_596_800_000_000_i64..253_402_300_800_000_000),
        // The empty text is no value in CSV.
        proptest::option::of("[ -~äöü\n\r,;'\"\\\\#|\t]{1,12}".prop_filter("stands for no value", |t| t != "\\N")),
    )
}

fn schema() -> TableSchema {
    table(&[
        ("whole", INTEGER),
        ("float", NUMBER),
        ("money", MONEY),
        ("yes", DataType::Boolean),
        ("at", INSTANT),
        ("text", DataType::String),
    ])
}

fn batch(rows: &[Row]) -> RecordBatch {
    let money: Decimal128Array = rows.iter().map(|r| r.2.map(i128::from)).collect();
    let at: TimestampMicrosecondArray = rows.iter().map(|r| r.4).collect();
    let columns: Vec<ArrayRef> = vec![
        Arc::new(rows.iter().map(|r| r.0).collect::<Int32Array>()),
        Arc::new(rows.iter().map(|r| r.1).collect::<Float64Array>()),
        Arc::new(money.with_precision_and_scale(10, 2).unwrap()),
        Arc::new(rows.iter().map(|r| r.3).collect::<BooleanArray>()),
        Arc::new(at.with_timezone("UTC")),
        Arc::new(rows.iter().map(|r| r.5.as_deref()).collect::<StringArray>()),
    ];
    RecordBatch::try_new(outport_engine::types::to_nullable_schema(&schema()), columns).unwrap()
}

fn money(units: i64) -> String {
    let sign = if units < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", units.abs() / 100, units.abs() % 100)
}

fn instant(micros: i64) -> String {
    chrono::DateTime::from_timestamp_micros(micros).unwrap().to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
}

fn values(row: &Row) -> [Option<String>; 6] {
    [
        row.0.map(|v| v.to_string()),
        row.1.map(|v| format!("{v:?}")),
        row.2.map(money),
        row.3.map(|v| v.to_string()),
        row.4.map(instant),
        row.5.clone(),
    ]
}

fn dialect() -> impl Strategy<Value = CsvDialect> {
    (
        proptest::sample::select(vec![',', ';', '|', '\t']),
        proptest::sample::select(vec!['"', '\'']),
        proptest::option::of(Just('\\')),
        proptest::option::of(Just('#')),
        any::<bool>(),
    )
        .prop_map(|(delimiter, quote, escape, comment, header)| CsvDialect {
            delimiter,
            quote,
            escape,
            comment,
            header,
            null_values: vec!["\\N".to_owned()],
            compression: Compression::None,
        })
}

fn write_csv(dialect: &CsvDialect, rows: &[Row]) -> String {
    let quoted = |text: &str| {
        let mut result = String::from(dialect.quote);
        for c in text.chars() {
            if c == dialect.quote || Some(c) == dialect.escape {
                result.push(dialect.escape.unwrap_or(dialect.quote));
            }
            result.push(c);
        }
        result.push(dialect.quote);
        result
    };
    let mut text = String::new();
    let mut line = |fields: Vec<String>| {
        text.push_str(&fields.join(&dialect.delimiter.to_string()));
        text.push_str("\r\n");
    };
    if dialect.header {
        line(["whole", "float", "money", "yes", "at", "text"].map(str::to_owned).to_vec());
    }
    for row in rows {
        line(values(row).iter().map(|v| v.as_ref().map_or_else(|| "\\N".to_owned(), |v| quoted(v))).collect());
    }
    text
}

fn write_json(rows: &[Row], between: &str) -> String {
    let mut text = String::new();
    for (at, row) in rows.iter().enumerate() {
        let [whole, float, money, yes, instant, note] = values(row);
        let plain = |v: Option<String>| v.unwrap_or_else(|| "null".to_owned());
        let string = |v: Option<String>| serde_json::to_string(&v).unwrap();
        write!(
            text,
            "{}{{\"text\":{}, \"whole\":{},\"float\":{},\"money\":{},\"yes\":{},\"at\":{}}}",
            if at > 0 { between } else { "" },
            string(note),
            plain(whole),
            plain(float),
            plain(money),
            plain(yes),
            string(instant),
        )
        .unwrap();
    }
    text
}

fn write_parquet(batch: &RecordBatch) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
    bytes
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

async fn read_back(bytes: &[u8], format: FileFormat, sql: &str) -> Result<Vec<RecordBatch>, EngineError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, bytes).unwrap();
    query(&files(&path, format), &schema(), sql).await
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn rows_come_back_from_every_format(rows in proptest::collection::vec(row(), 1..40), dialect in dialect()) {
        let expect = batch(&rows);
        let cases = [
            (write_csv(&dialect, &rows).into_bytes(), FileFormat::Csv(dialect)),
            (write_json(&rows, "\n").into_bytes(), FileFormat::Ndjson(Compression::None)),
            (format!("[{}]", write_json(&rows, ",\n")).into_bytes(), FileFormat::Json(Compression::None)),
            (write_parquet(&expect), FileFormat::Parquet),
        ];
        let runtime = runtime();
        for (bytes, format) in cases {
            let sql = "SELECT whole, float, money, yes, at, text FROM t";
            let found = runtime.block_on(read_back(&bytes, format.clone(), sql)).unwrap();
            let found = concat_batches(&found[0].schema(), &found).unwrap();
            prop_assert_eq!(found.columns(), expect.columns(), "{:?}\n{}", format, String::from_utf8_lossy(&bytes));
        }
    }
}

/// A sequence of numbers that is the same every time.
fn scatter(seed: u64) -> impl FnMut(usize) -> usize {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    move |below| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap() % below.max(1)
    }
}

fn damaged(bytes: &[u8], seed: u64) -> Vec<u8> {
    let mut next = scatter(seed);
    let mut bytes = bytes.to_vec();
    for _ in 0..=next(4) {
        let at = next(bytes.len());
        match next(4) {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(at..(at + next(9)).min(bytes.len()))),
            2 => bytes.insert(at, u8::try_from(next(256)).unwrap()),
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << next(8);
                }
            }
        }
    }
    bytes
}

#[test]
fn damaged_files_are_read_or_refused() {
    let rows: Vec<Row> = (0..50)
        .map(|n| {
            (Some(n), Some(f64::from(n) / 3.0), Some(i64::from(n)), Some(n % 2 == 0), None, Some(format!("'{n}\"\n")))
        })
        .collect();
    let dialect = CsvDialect::default();
    let runtime = runtime();
    let gzip = runtime.block_on(compress(write_csv(&dialect, &rows).as_bytes(), Compression::Gzip));
    let cases = [
        (write_csv(&dialect, &rows).into_bytes(), csv()),
        (gzip, csv()),
        (write_json(&rows, "\n").into_bytes(), FileFormat::Ndjson(Compression::None)),
        (format!("[{}]", write_json(&rows, ",\n")).into_bytes(), FileFormat::Json(Compression::None)),
        (write_parquet(&batch(&rows)), FileFormat::Parquet),
    ];
    let mut refused = 0;
    for (bytes, format) in &cases {
        for seed in 0..120 {
            let outcome = runtime.block_on(read_back(&damaged(bytes, seed), format.clone(), "SELECT * FROM t"));
            if let Err(error) = outcome {
                refused += 1;
                let text = format!("{error} {}", error.help().unwrap_or_default());
                assert!(!text.contains("panick") && !text.contains("Internal"), "{format:?} {seed}: {text}");
                assert!(
                    matches!(error, EngineError::SourceUnreadable { .. } | EngineError::SourceSchema { .. }),
                    "{format:?} {seed}: {error:?}"
                );
            }
        }
    }
    assert!(refused > 100, "{refused}");
}
