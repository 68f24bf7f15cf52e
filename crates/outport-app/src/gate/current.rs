//! What decides now, looked for once for all who wait for it.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use tokio::sync::Mutex;

use super::{Wardens, error::GateError, snapshot::Snapshot};
use crate::{App, record::RecordProduct};

/// The snapshot that holds now.
#[derive(Debug, Default)]
pub(super) struct Current {
    /// How many looks have begun.
    looks: AtomicU64,
    /// The number of the last look, and what it found.
    found: Mutex<Option<(u64, Arc<Snapshot>)>>,
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
        let mut found = self.found.lock().await;
        if let Some((look, snapshot)) = found.as_ref()
            && *look > begun
        {
            return Ok(Arc::clone(snapshot));
        }
        let look = self.looks.fetch_add(1, Ordering::SeqCst) + 1;
        let changes = app.stores.policies.changes().await?;
        let before = found.take().map(|(_, known)| known);
        let snapshot = match before {
            Some(known) if known.changes == changes => known,
            // What changes while it is read has another number, so that the next look reads it.
            before => Arc::new(Snapshot::read(app, wardens, record.cloned(), changes, before.as_deref()).await?),
        };
        *found = Some((look, Arc::clone(&snapshot)));
        Ok(snapshot)
    }
}
