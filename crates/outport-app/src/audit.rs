//! The record of requests.

use std::{pin::Pin, sync::Arc};

use async_trait::async_trait;
use futures::Stream;
use outport_model::audit::RequestRecord;
use serde::{Deserialize, Serialize};

use crate::live::During;

/// Why the record cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// It cannot be written.
    #[error("the record of requests cannot be written in `{location}`")]
    Write {
        /// Where.
        location: String,
        /// Why.
        source: std::io::Error,
    },
    /// It cannot be read.
    #[error("the record of requests cannot be read in `{location}`")]
    Read {
        /// Where.
        location: String,
        /// Why.
        source: std::io::Error,
    },
}

/// What checking the chain gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Verification {
    /// How many records there are.
    pub records: u64,
    /// How many chains: one for each process that wrote, and more where it wrote much.
    pub chains: u64,
    /// The files whose last line was not written to its end. A process leaves one when it dies in the middle of a write;
    /// nobody was told that this record is kept.
    pub incomplete: Vec<String>,
    /// Every place where the record is not as it was written.
    pub faults: Vec<ChainFault>,
}

/// A place where the record is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChainFault {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: u64,
    /// What is wrong.
    pub message: String,
}

/// Records as they are read, some at a time.
pub type RecordStream = Pin<Box<dyn Stream<Item = Result<Vec<RequestRecord>, AuditError>> + Send>>;

/// What was on record at one moment: what came later is not part of it, however often it is read.
pub trait Recorded: Send + Sync + std::fmt::Debug {
    /// The records of requests that came within this time, of all processes, in the order of each. Only a part of them is
    /// in memory at once.
    fn read(&self, during: During) -> RecordStream;
}

/// Keeps the record of requests: append-only, each record bound to the one before by a hash.
///
/// A record that was appended is not lost when the process dies. Appending does not wait for the disk.
#[async_trait]
pub trait AuditLog: Send + Sync + std::fmt::Debug {
    /// Adds a record. Short enough to be called from a task that must not block.
    fn append(&self, record: &RequestRecord) -> Result<(), AuditError>;

    /// What is on record now.
    async fn recorded(&self) -> Result<Arc<dyn Recorded>, AuditError>;

    /// Follows every chain and compares what is written with its hashes.
    async fn verify(&self) -> Result<Verification, AuditError>;
}
