//! The queries under way, so that whoever began one can stop it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, Utc};
use outport_model::{audit::RequestId, principal::PrincipalId};
use tokio_util::sync::CancellationToken;

/// A query under way.
#[derive(Debug, Clone)]
pub(crate) struct Underway {
    /// Whose it is.
    pub(crate) principal: PrincipalId,
    /// When it began.
    pub(crate) since: DateTime<Utc>,
    /// Stops it.
    pub(crate) cancel: CancellationToken,
}

/// The queries under way, of this process.
#[derive(Debug, Default)]
pub(crate) struct Running(Mutex<BTreeMap<RequestId, Underway>>);

impl Running {
    /// Puts a query on the list for as long as the guard lives.
    pub(crate) fn enter(self: &Arc<Self>, id: RequestId, principal: PrincipalId, since: DateTime<Utc>) -> Listed {
        let cancel = CancellationToken::new();
        self.lock().insert(id, Underway { principal, since, cancel: cancel.clone() });
        Listed { running: Arc::clone(self), id, cancel }
    }

    /// The queries of one principal, oldest first.
    pub(crate) fn of(&self, principal: &PrincipalId) -> Vec<(RequestId, Underway)> {
        let running = self.lock();
        let own = running.iter().filter(|(_, underway)| underway.principal == *principal);
        own.map(|(id, underway)| (*id, underway.clone())).collect()
    }

    /// Stops a query of one principal; `false` where they have none of this id.
    pub(crate) fn stop(&self, id: RequestId, principal: &PrincipalId) -> bool {
        match self.lock().get(&id).filter(|underway| underway.principal == *principal) {
            Some(underway) => {
                underway.cancel.cancel();
                true
            }
            None => false,
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<RequestId, Underway>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A query on the list.
#[derive(Debug)]
pub(crate) struct Listed {
    running: Arc<Running>,
    id: RequestId,
    /// Tells the query to stop.
    pub(crate) cancel: CancellationToken,
}

impl Drop for Listed {
    fn drop(&mut self) {
        self.running.lock().remove(&self.id);
    }
}
