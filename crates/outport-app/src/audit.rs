//! The record of requests.

use std::{collections::BTreeMap, pin::Pin, sync::Arc};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures::{Stream, StreamExt, TryStreamExt};
use outport_model::{
    agreement::AgreementId,
    audit::{Outcome, RequestId, RequestRecord},
    name::{PortName, ProductName},
    principal::{Door, PrincipalId, Purpose},
};
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

/// Some records of those that are read from the newest ones on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The records, in no order.
    pub records: Vec<RequestRecord>,
    /// That none of those still to come is later than this; `None` where it is not known.
    pub rest: Option<DateTime<Utc>>,
}

/// Records as they are read from the newest ones on, as far as it is known which these are.
pub type PieceStream = Pin<Box<dyn Stream<Item = Result<Piece, AuditError>> + Send>>;

/// How far the record goes: of each of its parts, by its name, how much there is of it. What a number counts is the
/// record's own business; it only ever grows.
pub type Extent = BTreeMap<String, u64>;

/// Records that were added, some of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added {
    /// The records, in the order of each process.
    pub records: Vec<RequestRecord>,
    /// How far the record has been read with them.
    pub extent: Extent,
}

/// Records that were added, as they are read.
pub type AddedStream = Pin<Box<dyn Stream<Item = Result<Added, AuditError>> + Send>>;

/// What was on record at one moment: what came later is not part of it, however often it is read.
pub trait Recorded: Send + Sync + std::fmt::Debug {
    /// The records of requests that came within this time, of all processes, in the order of each. Only a part of them is
    /// in memory at once.
    fn read(&self, during: During) -> RecordStream;

    /// The same from the newest ones on, so that whoever wants no others need not read on.
    fn read_back(&self, during: During) -> PieceStream {
        Box::pin(self.read(during).map_ok(|records| Piece { records, rest: None }))
    }

    /// The records that were added since the record was read this far, each of them once: whoever goes on from the last
    /// extent misses none.
    fn read_since(&self, extent: Extent) -> AddedStream;
}

/// Where a request stands on record: when it came, and which it is of those that came at that moment.
pub type Place = (DateTime<Utc>, RequestId);

/// Which requests are wanted: those that everything holds for that is said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestFilter {
    /// Which one.
    pub id: Option<RequestId>,
    /// Who asked.
    pub principal: Option<PrincipalId>,
    /// What for.
    pub purpose: Option<Purpose>,
    /// Through which door.
    pub door: Option<Door>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// What was read: of which product…
    pub product: Option<ProductName>,
    /// … by which of its ports…
    pub port: Option<PortName>,
    /// … under which agreement. One table that was read is all that is said.
    pub agreement: Option<AgreementId>,
    /// When it came.
    pub during: During,
}

impl RequestFilter {
    /// Whether a request is wanted.
    pub fn meets(&self, record: &RequestRecord) -> bool {
        is(self.id.as_ref(), Some(&record.id))
            && is(self.principal.as_ref(), record.principal.as_ref())
            && is(self.purpose.as_ref(), record.purpose.as_ref())
            && is(self.door.as_ref(), Some(&record.door))
            && is(self.outcome.as_ref(), Some(&record.result.outcome()))
            && self.during.contains(record.at)
            && self.has_read(record)
    }

    fn has_read(&self, record: &RequestRecord) -> bool {
        let Self { product, port, agreement, .. } = self;
        if product.is_none() && port.is_none() && agreement.is_none() {
            return true;
        }
        let products = record.reads.iter().filter(|(name, _)| is(product.as_ref(), Some(*name)));
        let mut reads = products.flat_map(|(_, tables)| tables.values());
        reads.any(|read| is(port.as_ref(), read.port.as_ref()) && is(agreement.as_ref(), read.agreement.as_ref()))
    }
}

/// Whether a value is the one that is wanted, if one is.
fn is<T: PartialEq>(wanted: Option<&T>, found: Option<&T>) -> bool {
    wanted.is_none() || wanted == found
}

/// The newest of the requests that are wanted, before a place where one is given, and at most so many of them; oldest first.
/// No more of them are in memory at once, and nothing is read that can only be older.
///
/// # Errors
/// Where the record cannot be read.
pub async fn newest(
    audit: &dyn AuditLog,
    filter: &RequestFilter,
    before: Option<Place>,
    most: usize,
) -> Result<Vec<RequestRecord>, AuditError> {
    let mut newest: BTreeMap<Place, RequestRecord> = BTreeMap::new();
    let during = filter.during.and(During { from: None, until: before.map(|(at, _)| at) });
    let is_wanted =
        |record: &RequestRecord| before.is_none_or(|before| (record.at, record.id) < before) && filter.meets(record);
    let mut pieces = audit.recorded().await?.read_back(during);
    while let Some(piece) = pieces.next().await {
        let Piece { records, rest } = piece?;
        for record in records.into_iter().filter(is_wanted) {
            newest.insert((record.at, record.id), record);
            if newest.len() > most {
                newest.pop_first();
            }
        }
        let oldest = newest.first_key_value().map(|((at, _), _)| *at).filter(|_| newest.len() == most);
        if rest.zip(oldest).is_some_and(|(rest, oldest)| rest < oldest) {
            break;
        }
    }
    Ok(newest.into_values().collect())
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
