//! What people are told about sources that cannot be read.

use std::{fmt::Write as _, os::unix::fs::PermissionsExt};

use super::*;

async fn fails(name: &str, bytes: &[u8], format: FileFormat) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    failure(&files(&path, format), &table(&[("id", INTEGER), ("name", DataType::String)])).await
}

fn ndjson() -> FileFormat {
    FileFormat::Ndjson(Compression::None)
}

fn json() -> FileFormat {
    FileFormat::Json(Compression::None)
}

#[tokio::test]
async fn faults_of_csv_name_file_line_and_way_out() {
    insta::assert_snapshot!(fails("a.csv", b"id,name\n1,x\n\n2,y,z\n", csv()).await, @r"
    `a.csv` cannot be read: line 4 has 3 fields, where the header has 2
    help: correct that line; a field that holds the delimiter or a line break must be in quotes
    ");
    insta::assert_snapshot!(fails("a.csv", b"id,name\n1\n", csv()).await, @r"
    `a.csv` cannot be read: line 2 has 1 field, where the header has 2
    help: correct that line; a field that holds the delimiter or a line break must be in quotes
    ");
    insta::assert_snapshot!(fails("a.csv", b"id;name\n1;x\n", csv()).await, @r"
    `a.csv` has no column `id`, `name`
    help: the source has the columns `id;name`; correct the contract's `properties` or the source
    ");
    insta::assert_snapshot!(fails("a.csv", b"", csv()).await, @r"
    `a.csv` cannot be read: it is empty, where a header was expected
    help: put the column names into its first line, or set `header: false`
    ");
    insta::assert_snapshot!(fails("a.csv", b"id,name\n1,\"x\n2,y\n", csv()).await, @r"
    `a.csv` cannot be read: line 2 has a quote that is never closed
    help: check the `quote` and `escape` characters of the file
    ");
    insta::assert_snapshot!(fails("a.csv", b"id,name\n1,\"x\"y\n", csv()).await, @r"
    `a.csv` cannot be read: line 2 has text between a closing quote and the next delimiter
    help: check the `quote` and `escape` characters of the file
    ");
    let headless = FileFormat::Csv(CsvDialect { header: false, ..CsvDialect::default() });
    insta::assert_snapshot!(fails("a.csv", b"1\n", headless).await, @r"
    `a.csv` has no column `name`
    help: the source has the columns `column 1`; correct the contract's `properties` or the source
    ");
    let dialect = FileFormat::Csv(CsvDialect { delimiter: '§', ..CsvDialect::default() });
    insta::assert_snapshot!(fails("a.csv", b"id", dialect).await, @r"
    `a.csv` cannot be read: its delimiter `\u{a7}` is no single ASCII character
    help: give another `delimiter`
    ");
}

#[tokio::test]
async fn faults_of_encoding_say_so() {
    insta::assert_snapshot!(fails("a.csv", b"id,name\n1,x\n2,caf\xe9\n", csv()).await, @r"
    `a.csv` cannot be read: line 3 is not UTF-8 text
    help: save it as UTF-8, for example with `iconv -f ISO-8859-1 -t UTF-8`
    ");
    insta::assert_snapshot!(fails("a.csv", b"\xff\xfei\0d\0", csv()).await, @r"
    `a.csv` cannot be read: it is UTF-16 text
    help: save it as UTF-8, for example with `iconv -f UTF-16 -t UTF-8`
    ");
}

#[tokio::test]
async fn faults_of_json_name_file_line_and_column() {
    insta::assert_snapshot!(fails("a.ndjson", b"{\"id\": 1}\n{\"id\": 2,}\n", ndjson()).await, @r"
    `a.ndjson` cannot be read: line 2 is not valid JSON at column 10: a field's name in double quotes must be here
    help: correct that line, or fetch the file again if it was cut off
    ");
    insta::assert_snapshot!(fails("a.ndjson", b"[1]\n", ndjson()).await, @r"
    `a.ndjson` cannot be read: line 1 is not valid JSON at column 1: an object must begin here
    help: correct that line, or fetch the file again if it was cut off
    ");
    insta::assert_snapshot!(fails("a.json", b"{\"id\": 1}\n", json()).await, @r"
    `a.json` cannot be read: line 1 does not begin a JSON array
    help: if it has one object a line, its format is `ndjson`
    ");
    insta::assert_snapshot!(fails("a.json", b"[{\"id\": 1},\n{\"id\": tru}]\n", json()).await, @r"
    `a.json` cannot be read: line 2 is not valid JSON at column 8: a value must begin here
    help: correct that line, or fetch the file again if it was cut off
    ");
    insta::assert_snapshot!(fails("a.json", b"[{\"id\": 1},\n{\"id\": 2}\n", json()).await, @r"
    `a.json` cannot be read: line 3 ends before the array is closed
    help: it must be one JSON array of objects; fetch the file again if it was cut off
    ");
    insta::assert_snapshot!(fails("a.json", b"[{\"id\": 1}\n{\"id\": 2}]\n", json()).await, @r"
    `a.json` cannot be read: line 2 lacks a comma between the items of the array
    help: it must be one JSON array of objects; fetch the file again if it was cut off
    ");
    insta::assert_snapshot!(fails("a.json", b"", json()).await, @r"
    `a.json` cannot be read: it is empty, where a JSON array was expected
    help: an empty table is `[]`
    ");
}

#[tokio::test]
async fn faults_of_compression_say_so() {
    let mut text = "id,name\n".to_owned();
    (0..20_000).for_each(|id| writeln!(text, "{id},{}", id * 7919 % 10007).unwrap());
    for compression in [Compression::Gzip, Compression::Zstd, Compression::Bzip2, Compression::Xz] {
        let whole = compress(text.as_bytes(), compression).await;
        let format = FileFormat::Csv(CsvDialect { compression, ..CsvDialect::default() });
        let cut = fails("a.csv", &whole[..whole.len() / 2], format.clone()).await;
        assert!(cut.starts_with("`a.csv` cannot be read: it"), "{compression:?}: {cut}");
        let mut damaged = whole.clone();
        let middle = damaged.len() / 2;
        damaged[middle..middle + 8].fill(0x55);
        let damaged = fails("a.csv", &damaged, format).await;
        assert!(damaged.starts_with("`a.csv` cannot be read: "), "{compression:?}: {damaged}");
    }
    let gzip = FileFormat::Csv(CsvDialect { compression: Compression::Gzip, ..CsvDialect::default() });
    insta::assert_snapshot!(fails("a.csv", b"id,name\n", gzip).await, @r"
    `a.csv` cannot be read: it is not compressed, where it was declared compressed with gzip
    help: correct `compression`, or leave it out
    ");
}

#[tokio::test]
async fn a_missing_source_names_what_was_written() {
    let folder = tempfile::tempdir().unwrap();
    for location in ["none.csv", "none/*.csv", "**/*.csv", ""] {
        let source = Source::Files(FileSource {
            location: folder.path().join(location).display().to_string(),
            written: format!("data/{location}"),
            format: csv(),
        });
        let found = source::pin(&source).await.unwrap_err();
        assert!(matches!(&found, EngineError::SourceMissing { written, .. } if *written == format!("data/{location}")));
        let found = rows(&source, &table(&[("id", INTEGER)])).await.unwrap_err();
        assert!(matches!(found, EngineError::SourceMissing { .. }), "{found}");
    }
}

#[tokio::test]
async fn a_file_that_goes_while_it_is_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.csv");
    std::fs::write(&path, "id\n1\n").unwrap();
    let source = files(&path, csv());
    let (context, _) = open(&source, &table(&[("id", INTEGER)])).await.unwrap();
    std::fs::remove_file(&path).unwrap();
    let error = context.sql("SELECT * FROM t").await.unwrap().collect().await.unwrap_err();
    let error = source::explain(error, &source);
    assert_eq!(error.to_string(), format!("`{}` cannot be read: it is no longer there", path.display()));
}

#[tokio::test]
async fn memory_and_permission_are_told_apart() {
    use datafusion::error::DataFusionError;
    let source = files(Path::new("/data/a.csv"), csv());
    let memory = DataFusionError::ResourcesExhausted("Failed to allocate".to_owned()).context("x");
    assert!(matches!(source::explain(memory, &source), EngineError::Memory { .. }));
    let denied = std::io::Error::from(std::io::ErrorKind::PermissionDenied);
    let error = source::explain(DataFusionError::IoError(denied), &source);
    assert_eq!(error.to_string(), "`/data/a.csv` cannot be read: permission was denied");
    let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
    let full = DataFusionError::External(Box::new(full));
    assert!(matches!(source::explain(full, &source), EngineError::DiskFull { .. }));
}

#[tokio::test]
async fn an_unreadable_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.csv");
    std::fs::write(&path, "id\n1\n").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0)).unwrap();
    // The superuser reads everything.
    if std::fs::read(&path).is_ok() {
        return;
    }
    let error = source::pin(&files(&path, csv())).await.unwrap_err();
    assert_eq!(error.to_string(), format!("`{}` cannot be read: permission was denied", path.display()));
}
