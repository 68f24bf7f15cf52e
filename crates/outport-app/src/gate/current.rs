//! What decides now, looked for once for all who wait for it.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use super::{Wardens, error::GateError, snapshot::Snapshot};
use crate::{App, record::RecordProduct};

/// The snapshot that holds now.
#[derive(Debug, Default)]
pub(super) struct Current {
    /// How many looks have begun.
    looks: AtomicU64,
    /// Whose turn it is to look.
    turn: tokio::sync::Mutex<()>,
    found: Mutex<Option<Found>>,
}

/// What the last look found, and its number.
#[derive(Debug, Clone)]
struct Found {
    look: u64,
    snapshot: Arc<Snapshot>,
}

impl Current {
    /// Everything that decides what callers see, as it is at some moment after this is called.
    ///
    /// A look that is under way is of no use for whoever comes: it may have missed what changed just before they came. So
    /// they wait, and then one of them looks for all.
    pub(super) async fn snapshot(
        &self,
        app: &App,
        wardens: &Wardens,
        record: Option<&Arc<RecordProduct>>,
    ) -> Result<Arc<Snapshot>, GateError> {
        let begun = self.looks.load(Ordering::SeqCst);
        let _turn = self.turn.lock().await;
        let before = self.found().clone();
        if let Some(Found { look, snapshot }) = &before
            && *look > begun
        {
            return Ok(Arc::clone(snapshot));
        }
        let look = self.looks.fetch_add(1, Ordering::SeqCst) + 1;
        let changes = app.stores.policies.changes().await?;
        let snapshot = match before.map(|found| found.snapshot) {
            Some(known) if known.changes == changes => known,
            // What changes while it is read has another number, so that the next look reads it.
            before => Arc::new(Snapshot::read(app, wardens, record.cloned(), changes, before.as_deref()).await?),
        };
        *self.found() = Some(Found { look, snapshot: Arc::clone(&snapshot) });
        Ok(snapshot)
    }

    /// What the last look found. It may not hold any more, so nothing is decided by it.
    pub(super) fn last(&self) -> Option<Arc<Snapshot>> {
        self.found().as_ref().map(|found| Arc::clone(&found.snapshot))
    }

    fn found(&self) -> MutexGuard<'_, Option<Found>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
