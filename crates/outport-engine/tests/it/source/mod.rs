//! Sources: files and generated tables as tables of a contract.

mod binary;
mod faults;
mod files;
mod properties;
mod text;
mod tpch;

use std::{collections::BTreeMap, path::Path};

use bytes::Bytes;
use datafusion::{
    arrow::{
        array::RecordBatch,
        util::display::{ArrayFormatter, FormatOptions},
    },
    datasource::file_format::file_compression_type::FileCompressionType,
    prelude::{SessionConfig, SessionContext},
};
use futures::StreamExt;
use outport_app::engine::EngineError;
use outport_engine::source::{self, OpenedSource};
use outport_model::{
    contract::{Column, DataType, Field, TableSchema},
    source::{Compression, CsvDialect, FileFormat, FileSource, Source},
};

pub const INTEGER: DataType = DataType::Integer { bits: 32, signed: true };
pub const NUMBER: DataType = DataType::Float { bits: 64 };
pub const MONEY: DataType = DataType::Decimal { precision: 10, scale: 2 };
pub const INSTANT: DataType = DataType::Timestamp { zoned: true };

/// A contract's table.
pub fn table(columns: &[(&str, DataType)]) -> TableSchema {
    let column = |(name, data_type): &(&str, DataType)| Column {
        name: (*name).to_owned(),
        data_type: data_type.clone(),
        nullable: true,
        primary_key: None,
        unique: false,
        description: None,
        classification: None,
        tags: Vec::new(),
        deprecated: false,
    };
    TableSchema {
        name: "t".to_owned(),
        description: None,
        columns: columns.iter().map(column).collect(),
        checks: Vec::new(),
    }
}

pub fn object(fields: &[(&str, DataType, bool)]) -> DataType {
    let field = |(name, data_type, nullable): &(&str, DataType, bool)| Field {
        name: (*name).to_owned(),
        data_type: data_type.clone(),
        nullable: *nullable,
    };
    DataType::Struct(fields.iter().map(field).collect())
}

pub fn files(location: &Path, format: FileFormat) -> Source {
    let location = location.display().to_string();
    Source::Files(FileSource { written: location.clone(), location, format })
}

pub fn csv() -> FileFormat {
    FileFormat::Csv(CsvDialect::default())
}

pub fn session() -> SessionContext {
    let config = SessionConfig::new().with_target_partitions(2).with_collect_statistics(true);
    SessionContext::new_with_config(config)
}

/// Opens a source as the table `t`.
pub async fn open(source: &Source, schema: &TableSchema) -> Result<(SessionContext, OpenedSource), EngineError> {
    let context = session();
    let opened = source::open(&context, source, schema).await?;
    context.register_table("t", opened.provider.clone()).unwrap();
    Ok((context, opened))
}

/// Runs a query over a source that is the table `t`.
pub async fn query(source: &Source, schema: &TableSchema, sql: &str) -> Result<Vec<RecordBatch>, EngineError> {
    let (context, _) = open(source, schema).await?;
    let frame = context.sql(sql).await.map_err(|e| source::explain(e, source))?;
    frame.collect().await.map_err(|e| source::explain(e, source))
}

/// Rows as text, fields divided by `|`.
pub fn texts(batches: &[RecordBatch]) -> Vec<String> {
    let options = FormatOptions::default().with_null("null");
    let mut rows = Vec::new();
    for batch in batches {
        let columns: Vec<_> = batch.columns().iter().map(|c| ArrayFormatter::try_new(c, &options).unwrap()).collect();
        rows.extend(
            (0..batch.num_rows())
                .map(|row| columns.iter().map(|c| c.value(row).to_string()).collect::<Vec<_>>().join("|")),
        );
    }
    rows
}

/// The contract's columns and what stands in the hidden ones.
pub async fn rows(source: &Source, schema: &TableSchema) -> Result<Vec<String>, EngineError> {
    Ok(texts(&query(source, schema, "SELECT * FROM t").await?))
}

/// A source's failure, as people read it.
pub async fn failure(source: &Source, schema: &TableSchema) -> String {
    let error = rows(source, schema).await.expect_err("it can be read");
    let folder = source_folder(source);
    format!("{error}\nhelp: {}", error.help().unwrap_or_default()).replace(&folder, "")
}

fn source_folder(source: &Source) -> String {
    let Source::Files(files) = source else { return "\0".to_owned() };
    let path = Path::new(&files.location);
    let folder = if path.is_dir() { path } else { path.parent().unwrap() };
    format!("{}/", folder.display())
}

/// Compresses bytes.
pub async fn compress(bytes: &[u8], compression: Compression) -> Vec<u8> {
    let kind = match compression {
        Compression::None => return bytes.to_vec(),
        Compression::Gzip => FileCompressionType::GZIP,
        Compression::Zstd => FileCompressionType::ZSTD,
        Compression::Bzip2 => FileCompressionType::BZIP2,
        Compression::Xz => FileCompressionType::XZ,
    };
    let input = futures::stream::once(futures::future::ready(Ok(Bytes::copy_from_slice(bytes)))).boxed();
    let mut stream = kind.convert_to_compress_stream(input).unwrap();
    let mut result = Vec::new();
    while let Some(part) = stream.next().await {
        result.extend_from_slice(&part.unwrap());
    }
    result
}

pub fn raw(names: &[&str]) -> BTreeMap<String, String> {
    names.iter().map(|n| ((*n).to_owned(), format!("__raw_{n}"))).collect()
}
