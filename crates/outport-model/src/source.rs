//! Where the rows of an input port come from.

use serde::{Deserialize, Serialize};

use crate::address::Address;

/// Where the rows of an input port come from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Source {
    /// Files.
    Files(FileSource),
    /// An output port of another product.
    Port(Address),
    /// A table of the TPC-H benchmark, generated in process (deterministic).
    Tpch(TpchSource),
}

/// Files of one format.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FileSource {
    /// Absolute path of a file or folder, or a glob (`*`, `?`, `[…]`, `**`).
    pub location: String,
    /// The location as the user wrote it, for messages.
    pub written: String,
    /// How the files are encoded.
    pub format: FileFormat,
}

/// How a file is encoded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FileFormat {
    /// Comma-separated values (RFC 4180) and its dialects.
    Csv(CsvDialect),
    /// One JSON array of objects.
    Json(Compression),
    /// One JSON object a line.
    Ndjson(Compression),
    /// Apache Parquet.
    Parquet,
    /// A Delta Lake table (the folder that has `_delta_log`).
    Delta,
}

/// How a text file is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip (RFC 1952).
    Gzip,
    /// Zstandard.
    Zstd,
    /// bzip2.
    Bzip2,
    /// xz.
    Xz,
}

/// How a CSV file writes its rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CsvDialect {
    /// Between fields; `,` unless given.
    pub delimiter: char,
    /// Round fields that hold a delimiter; `"` unless given.
    pub quote: char,
    /// Before a quote inside a field; unless given, the quote is written twice.
    pub escape: Option<char>,
    /// A line that begins with it is skipped.
    pub comment: Option<char>,
    /// Whether the first line names the columns.
    pub header: bool,
    /// Texts that stand for a missing value, beside the empty field.
    pub null_values: Vec<String>,
    /// How the file is compressed.
    pub compression: Compression,
}

impl Default for CsvDialect {
    fn default() -> Self {
        Self {
            delimiter: ',',
            quote: '"',
            escape: None,
            comment: None,
            header: true,
            null_values: Vec::new(),
            compression: Compression::None,
        }
    }
}

/// One table of TPC-H.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TpchSource {
    /// `customer`, `lineitem`, `nation`, `orders`, `part`, `partsupp`, `region` or `supplier`.
    pub table: String,
    /// The scale factor; 1 is about 1 GB and 6 million line items.
    pub scale: f64,
}
