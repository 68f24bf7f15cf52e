//! A record of requests in memory.

use std::{
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use async_trait::async_trait;
use futures::stream;
use outport_app::{
    audit::{Added, AddedStream, AuditError, AuditLog, Extent, RecordStream, Recorded, Verification},
    live::During,
};
use outport_model::audit::RequestRecord;

/// Keeps records until its process ends.
#[derive(Debug, Default)]
pub struct MemoryAudit {
    records: Mutex<Vec<RequestRecord>>,
    fails: AtomicBool,
}

impl MemoryAudit {
    /// Everything on record, oldest first.
    pub fn records(&self) -> Vec<RequestRecord> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes no more records, or takes them again.
    pub fn fail(&self, fails: bool) {
        self.fails.store(fails, Ordering::SeqCst);
    }
}

#[async_trait]
impl AuditLog for MemoryAudit {
    fn append(&self, record: &RequestRecord) -> Result<(), AuditError> {
        if self.fails.load(Ordering::SeqCst) {
            return Err(AuditError::Write { location: "memory".to_owned(), source: io::ErrorKind::StorageFull.into() });
        }
        self.records.lock().unwrap_or_else(PoisonError::into_inner).push(record.clone());
        Ok(())
    }

    async fn recorded(&self) -> Result<Arc<dyn Recorded>, AuditError> {
        Ok(Arc::new(Copied(self.records())))
    }

    async fn verify(&self) -> Result<Verification, AuditError> {
        let records = self.records().len() as u64;
        Ok(Verification { records, chains: 1, incomplete: Vec::new(), faults: Vec::new() })
    }
}

/// The name of all that there is.
const ONLY_PART: &str = "memory";

/// What was on record at a moment.
#[derive(Debug)]
struct Copied(Vec<RequestRecord>);

impl Recorded for Copied {
    fn read(&self, during: During) -> RecordStream {
        let within = self.0.iter().filter(|record| during.contains(record.at)).cloned().collect();
        Box::pin(stream::iter([Ok(within)]))
    }

    fn read_since(&self, mut extent: Extent) -> AddedStream {
        let read = extent.get(ONLY_PART).and_then(|read| usize::try_from(*read).ok()).unwrap_or_default();
        let records = self.0.get(read..).unwrap_or_default().to_vec();
        extent.insert(ONLY_PART.to_owned(), self.0.len() as u64);
        Box::pin(stream::iter([Ok(Added { records, extent })]))
    }
}
