//! What is measured: everything that is on record of requests, added up.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use outport_app::audit::{AuditError, AuditLog, Recorded, Verification};
use outport_model::{
    audit::{RequestRecord, RequestResult},
    name::{PortName, ProductName},
    principal::Door,
};

/// Upper ends of the classes of latency, in microseconds.
pub(super) const CLASSES: [u64; 12] =
    [1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 5_000_000, 30_000_000];

/// What figures are kept apart by. A request that reads several ports counts once for each of them; one that reads none, or
/// failed before that was known, counts without a product.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) read: Option<Read>,
    pub(super) door: Door,
}

/// A port that was read; `None` for what a product has beside its ports, such as the rows that were held back.
pub(super) type Read = (ProductName, Option<PortName>);

/// The figures of one key.
#[derive(Debug, Clone, Default)]
pub(super) struct Figures {
    /// Requests by how they ended.
    pub(super) requests: BTreeMap<&'static str, u64>,
    /// Requests by the class of their latency, the slower ones last.
    pub(super) classes: [u64; CLASSES.len() + 1],
    /// All latencies, in microseconds.
    pub(super) microseconds: u64,
    /// Rows that left.
    pub(super) rows: u64,
    /// Bytes that left.
    pub(super) bytes: u64,
}

/// Figures of requests, since the process began.
#[derive(Debug, Default)]
pub struct Metrics(Mutex<BTreeMap<Key, Figures>>);

impl Metrics {
    /// Adds what is on record of one request.
    pub fn count(&self, record: &RequestRecord) {
        let tables =
            record.reads.iter().flat_map(|(product, tables)| tables.values().map(move |table| (product, table)));
        let mut reads: BTreeSet<Option<Read>> =
            tables.map(|(product, table)| Some((product.clone(), table.port.clone()))).collect();
        if reads.is_empty() {
            reads.insert(None);
        }
        let class = CLASSES.iter().position(|end| record.microseconds <= *end).unwrap_or(CLASSES.len());
        let mut figures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for read in reads {
            let figures = figures.entry(Key { read, door: record.door }).or_default();
            *figures.requests.entry(ending(&record.result)).or_default() += record.times;
            figures.classes[class] += record.times;
            figures.microseconds = figures.microseconds.saturating_add(record.microseconds);
            figures.rows = figures.rows.saturating_add(record.rows);
            figures.bytes = figures.bytes.saturating_add(record.bytes);
        }
    }

    pub(super) fn figures(&self) -> BTreeMap<Key, Figures> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// How a request ended, in one word.
fn ending(result: &RequestResult) -> &'static str {
    match result {
        RequestResult::Answered => "answered",
        RequestResult::Refused { .. } => "refused",
        RequestResult::Limited { .. } => "limited",
        RequestResult::Failed { .. } => "failed",
        RequestResult::Cancelled => "cancelled",
    }
}

/// A record of requests that counts what it keeps: so every door is measured, whatever its protocol.
#[derive(Debug)]
pub struct Metered {
    record: Arc<dyn AuditLog>,
    metrics: Arc<Metrics>,
}

impl Metered {
    /// Counts what this record keeps.
    pub fn new(record: Arc<dyn AuditLog>, metrics: Arc<Metrics>) -> Self {
        Self { record, metrics }
    }
}

#[async_trait]
impl AuditLog for Metered {
    fn append(&self, record: &RequestRecord) -> Result<(), AuditError> {
        self.metrics.count(record);
        self.record.append(record)
    }

    async fn recorded(&self) -> Result<Arc<dyn Recorded>, AuditError> {
        self.record.recorded().await
    }

    async fn verify(&self) -> Result<Verification, AuditError> {
        self.record.verify().await
    }
}
