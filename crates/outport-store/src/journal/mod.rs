//! The record of requests, as files that are only ever added to.
//!
//! Each process writes files of its own in the folder, `<UUID v7>.ndjson`, so that no two ever wait for each other. A line
//! is `{"sequence":n,"previous":"…","record":{…},"hash":"…"}`; its hash is over that of the line before and the record's
//! text. The first line is a header that names where the other files ended when this one began, so that a file that is cut
//! or removed is missed by a later one. What that proves and what it does not is in `docs/decisions/0017-audit-journal.md`.
//!
//! - `line`: how a line is written and taken apart;
//! - `folder`: which files there are, and where they end;
//! - `chain`: the file that this process adds to;
//! - `verify`: every file, from its beginning; `read`: what was on record at a moment, some at a time.
//!
//! **Invariant**: a record that was appended stands whole in its file, and nothing half-written stands before a later one.

mod chain;
mod folder;
mod line;
mod read;
mod verify;

use std::{
    collections::BTreeSet,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use outport_app::audit::{AuditError, AuditLog, Recorded, Verification};
use outport_model::audit::RequestRecord;

use self::{
    chain::Chain,
    folder::Head,
    read::{Pages, Spans},
};

/// Where a file ends and the next one begins.
const LONGEST: u64 = 64 << 20;

/// How long a record waits at most until the disk is asked to keep it, while others follow.
const PACE: Duration = Duration::from_secs(1);

/// The record of requests in a folder. Nothing is made there before the first record.
///
/// Appending writes to the operating system, which keeps the record when the process is killed. The disk is asked once a
/// second, by a thread of its own, and when the journal is dropped: a power cut costs the last second, or what the
/// operating system had not written by itself where nothing followed.
#[derive(Debug)]
pub struct Journal {
    folder: PathBuf,
    longest: u64,
    pace: Duration,
    writer: Mutex<Writer>,
    spans: Arc<Spans>,
}

impl Journal {
    /// The journal in this folder.
    pub fn open(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), longest: LONGEST, pace: PACE, writer: Mutex::default(), spans: Arc::default() }
    }

    /// The same with files of about this many bytes.
    #[must_use]
    pub fn with_files_of(mut self, bytes: u64) -> Self {
        self.longest = bytes;
        self
    }

    /// The same, with the disk asked and the file looked at this often at most.
    #[must_use]
    pub fn with_pace(mut self, pace: Duration) -> Self {
        self.pace = pace;
        self
    }

    async fn on_all_files<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Path) -> Result<T, AuditError> + Send + 'static,
    ) -> Result<T, AuditError> {
        let folder = self.folder.clone();
        let stopped = |error| cannot_read(&self.folder, io::Error::other(error));
        tokio::task::spawn_blocking(move || work(&folder)).await.map_err(stopped)?
    }
}

#[async_trait]
impl AuditLog for Journal {
    fn append(&self, record: &RequestRecord) -> Result<(), AuditError> {
        let failed = |source| AuditError::Write { location: self.folder.display().to_string(), source };
        let body = serde_json::to_string(record).map_err(|error| failed(error.into()))?;
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let due = writer.is_due(self.pace);
        writer.append(&self.folder, self.longest, &body, due).map_err(failed)
    }

    async fn recorded(&self) -> Result<Arc<dyn Recorded>, AuditError> {
        let spans = Arc::clone(&self.spans);
        let pages = self.on_all_files(move |folder| Pages::now(folder, spans)).await?;
        Ok(Arc::new(pages))
    }

    async fn verify(&self) -> Result<Verification, AuditError> {
        self.on_all_files(verify::verify).await
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        let writer = self.writer.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(chain) = &mut writer.chain {
            chain.finish();
        }
    }
}

/// What this process adds to.
#[derive(Debug, Default)]
struct Writer {
    chain: Option<Chain>,
    /// Where files of this process ended that no header names yet.
    ended: BTreeSet<Head>,
    looked: Option<Instant>,
}

impl Writer {
    /// Whether it is time to look at the file and to have the disk keep what was written.
    fn is_due(&mut self, pace: Duration) -> bool {
        let now = Instant::now();
        let due = self.looked.is_none_or(|looked| now.duration_since(looked) >= pace);
        if due {
            self.looked = Some(now);
        }
        due
    }

    fn append(&mut self, folder: &Path, longest: u64, body: &str, due: bool) -> io::Result<()> {
        self.leave(|chain| chain.length() >= longest || (due && !chain.is_whole()));
        match &mut self.chain {
            None => {
                self.chain = Some(Chain::begin(folder, &self.ended, body)?);
                self.ended.clear();
            }
            Some(chain) => {
                if let Err(error) = chain.append(body) {
                    self.leave(|chain| !chain.restore());
                    return Err(error);
                }
            }
        }
        if due && let Some(chain) = &mut self.chain {
            chain.sync();
        }
        Ok(())
    }

    /// Adds nothing more to the file, if that is so; the next record begins another.
    fn leave(&mut self, is_over: impl FnOnce(&mut Chain) -> bool) {
        if let Some(mut chain) = self.chain.take_if(is_over) {
            self.ended.insert(chain.head());
            chain.sync();
        }
    }
}

fn cannot_read(location: &Path, source: io::Error) -> AuditError {
    AuditError::Read { location: location.display().to_string(), source }
}

#[cfg(test)]
mod tests {
    use futures::TryStreamExt;
    use outport_app::live::During;
    use outport_test::fixture::request_record;

    use super::*;

    /// A file that takes no more and cannot be put right: the next record begins another, which names where it ended.
    #[tokio::test]
    async fn a_file_that_cannot_be_restored_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path());
        journal.append(&request_record(1, "SELECT 1")).unwrap();
        journal.writer.lock().unwrap().chain.as_mut().unwrap().close();
        let error = journal.append(&request_record(2, "SELECT 2")).unwrap_err();
        assert!(matches!(error, AuditError::Write { .. }), "{error:?}");
        journal.append(&request_record(3, "SELECT 3")).unwrap();

        let kept: Vec<Vec<_>> = journal.recorded().await.unwrap().read(During::default()).try_collect().await.unwrap();
        let kept: Vec<_> = kept.iter().flatten().map(|record| record.request.as_str()).collect();
        assert_eq!(kept, ["SELECT 1", "SELECT 3"]);
        let found = journal.verify().await.unwrap();
        assert_eq!((found.records, found.chains, found.faults), (2, 2, Vec::new()));
        std::fs::remove_file(folder.path().join(&folder::files(folder.path()).unwrap()[0])).unwrap();
        assert_eq!(journal.verify().await.unwrap().faults.len(), 1);
    }
}
