//! The lines of answers about a table.

use arrow::datatypes::Schema;
use chrono::{DateTime, Utc};
use outport_model::release::ReleaseNumber;
use serde_json::{Value, json};

use super::{
    capabilities::{Chosen, Format, TIMESTAMP_NTZ},
    schema,
};

/// A table at one version, as the caller sees it.
#[derive(Debug)]
pub(super) struct Described<'a> {
    pub(super) id: String,
    pub(super) name: &'a str,
    pub(super) description: Option<&'a str>,
    pub(super) schema: &'a Schema,
    pub(super) release: ReleaseNumber,
}

/// A file, and where the client gets it.
#[derive(Debug)]
pub(super) struct Served {
    pub(super) id: String,
    pub(super) url: String,
    pub(super) bytes: u64,
    pub(super) rows: u64,
    pub(super) made_at: DateTime<Utc>,
    pub(super) until: DateTime<Utc>,
}

/// The lines with which every answer begins: what a client must be able to read, and what the table is.
pub(super) fn head(chosen: &Chosen, table: &Described<'_>) -> Vec<Value> {
    match chosen.format {
        Format::Parquet => {
            vec![json!({ "protocol": { "minReaderVersion": 1 } }), json!({ "metaData": metadata(table) })]
        }
        Format::Delta => {
            let metadata = json!({ "deltaMetadata": delta_metadata(table), "version": table.release });
            vec![
                json!({ "protocol": { "deltaProtocol": delta_protocol(table.schema) } }),
                json!({ "metaData": metadata }),
            ]
        }
    }
}

/// The line of a file.
pub(super) fn file(chosen: &Chosen, file: &Served, release: ReleaseNumber) -> Value {
    let stats = json!({ "numRecords": file.rows }).to_string();
    let (made_at, until) = (file.made_at.timestamp_millis(), file.until.timestamp_millis());
    match chosen.format {
        Format::Parquet => json!({ "file": {
            "url": file.url,
            "id": file.id,
            "partitionValues": {},
            "size": file.bytes,
            "stats": stats,
            "version": release,
            "timestamp": made_at,
            "expirationTimestamp": until,
        } }),
        Format::Delta => json!({ "file": {
            "id": file.id,
            "version": release,
            "timestamp": made_at,
            "expirationTimestamp": until,
            "deltaSingleAction": { "add": {
                "path": file.url,
                "partitionValues": {},
                "size": file.bytes,
                "modificationTime": made_at,
                "dataChange": true,
                "stats": stats,
            } },
        } }),
    }
}

/// The line of a file with changes.
pub(super) fn changes(chosen: &Chosen, file: &Served, release: ReleaseNumber, published_at: DateTime<Utc>) -> Value {
    let (published_at, until) = (published_at.timestamp_millis(), file.until.timestamp_millis());
    match chosen.format {
        Format::Parquet => json!({ "cdf": {
            "url": file.url,
            "id": file.id,
            "partitionValues": {},
            "size": file.bytes,
            "version": release,
            "timestamp": published_at,
            "expirationTimestamp": until,
        } }),
        Format::Delta => json!({ "file": {
            "id": file.id,
            "version": release,
            "timestamp": published_at,
            "expirationTimestamp": until,
            "deltaSingleAction": { "cdc": {
                "path": file.url,
                "partitionValues": {},
                "size": file.bytes,
                "dataChange": false,
            } },
        } }),
    }
}

/// The last line, for clients that ask for it: until when the addresses hold.
pub(super) fn end(until: Option<DateTime<Utc>>) -> Value {
    match until {
        Some(until) => json!({ "endStreamAction": { "minUrlExpirationTimestamp": until.timestamp_millis() } }),
        None => json!({ "endStreamAction": {} }),
    }
}

/// The lines as a body.
pub(super) fn body(lines: &[Value]) -> String {
    let mut body = String::new();
    for line in lines {
        body.push_str(&line.to_string());
        body.push('\n');
    }
    body
}

fn metadata(table: &Described<'_>) -> Value {
    json!({
        "id": table.id,
        "name": table.name,
        "description": table.description,
        "format": { "provider": "parquet" },
        "schemaString": schema::spark(table.schema),
        "partitionColumns": [],
        "configuration": { "delta.enableChangeDataFeed": "true" },
        "version": table.release,
    })
}

fn delta_metadata(table: &Described<'_>) -> Value {
    json!({
        "id": table.id,
        "name": table.name,
        "description": table.description,
        "format": { "provider": "parquet", "options": {} },
        "schemaString": schema::spark(table.schema),
        "partitionColumns": [],
        "configuration": { "delta.enableChangeDataFeed": "true" },
    })
}

fn delta_protocol(schema: &Schema) -> Value {
    if schema::features(schema).contains(&TIMESTAMP_NTZ) {
        json!({
            "minReaderVersion": 3,
            "minWriterVersion": 7,
            "readerFeatures": ["timestampNtz"],
            "writerFeatures": ["timestampNtz", "changeDataFeed"],
        })
    } else {
        // The first version with a change data feed: clients refuse changes of a table that cannot have any.
        json!({ "minReaderVersion": 1, "minWriterVersion": 4 })
    }
}
