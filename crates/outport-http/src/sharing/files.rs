//! The files that are kept, so that asking twice for the same makes it once.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
};

use arrow::datatypes::SchemaRef;
use chrono::{DateTime, TimeDelta, Utc};
use outport_app::{engine::Sight, gate::Caller};
use outport_model::{
    audit::TableRead,
    name::{ProductName, TableName},
    release::ReleaseNumber,
};
use tempfile::NamedTempFile;

use super::{link::Signer, write::Written};

/// How long a file is kept.
const KEPT: TimeDelta = TimeDelta::hours(1);

/// Files that are kept at most.
const MOST: usize = 256;

/// Bytes of all files that are kept at most; the newest file is kept however large it is.
const BYTES: u64 = 8 << 30;

/// What a file is made of: whose it is, what it has of which table, and what they could see of that.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Key {
    pub(super) owner: Caller,
    pub(super) product: ProductName,
    pub(super) table: TableName,
    pub(super) release: ReleaseNumber,
    pub(super) content: Content,
    pub(super) sight: Sight,
}

/// What of a release is in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// Its rows, or so many of them.
    Rows { limit: Option<u64> },
    /// What is not as in the release before; zero for none.
    Changes { since: ReleaseNumber },
}

/// What is known of a file.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) id: String,
    pub(super) key: Key,
    pub(super) path: PathBuf,
    pub(super) schema: SchemaRef,
    pub(super) rows: u64,
    pub(super) bytes: u64,
    pub(super) made_at: DateTime<Utc>,
    /// What was read to make it.
    pub(super) reads: BTreeMap<ProductName, BTreeMap<TableName, TableRead>>,
}

/// The files, and the signer of their addresses.
#[derive(Debug)]
pub(super) struct Files {
    pub(super) signer: Signer,
    /// Oldest first. A file is removed from the disk when it is dropped.
    kept: Mutex<Vec<(Kept, NamedTempFile)>>,
}

impl Files {
    pub(super) fn new() -> Self {
        Self { signer: Signer::new(), kept: Mutex::default() }
    }

    /// The file that is made of this.
    pub(super) fn made_of(&self, key: &Key, now: DateTime<Utc>) -> Option<Kept> {
        let mut kept = self.lock();
        kept.retain(|(file, _)| now < file.made_at + KEPT);
        kept.iter().map(|(file, _)| file).find(|file| file.key == *key).cloned()
    }

    /// The file of this id.
    pub(super) fn get(&self, id: &str) -> Option<Kept> {
        self.lock().iter().map(|(file, _)| file).find(|file| file.id == id).cloned()
    }

    /// Keeps a file; the oldest ones make room for it.
    pub(super) fn keep(
        &self,
        key: Key,
        written: Written,
        reads: BTreeMap<ProductName, BTreeMap<TableName, TableRead>>,
        now: DateTime<Utc>,
    ) -> Kept {
        let Written { file, schema, rows, bytes } = written;
        let id = uuid::Uuid::now_v7().simple().to_string();
        let made = Kept { id, key, path: file.path().to_owned(), schema, rows, bytes, made_at: now, reads };
        let mut kept = self.lock();
        kept.push((made.clone(), file));
        let mut all: u64 = kept.iter().map(|(file, _)| file.bytes).sum();
        while kept.len() > MOST || (all > BYTES && kept.len() > 1) {
            let (oldest, _) = kept.remove(0);
            all -= oldest.bytes;
        }
        made
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(Kept, NamedTempFile)>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
