//! Leases over products: taken, kept alive while work goes on, given back.

use std::{sync::Arc, time::Duration};

use outport_model::name::ProductName;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{
    App,
    clock::Clock,
    error::UseCaseError,
    store::{Lease, LeaseOutcome, LeaseStore},
};

/// How long a lease lasts unless it is renewed.
const DURATION: Duration = Duration::from_secs(30);

/// Someone who takes leases: one running process.
pub trait Holder: Send + Sync + std::fmt::Debug {
    /// Unique among all processes, also past ones.
    fn id(&self) -> &str;

    /// Whether another holder is known to be gone. `false` where that cannot be known: then its lease must lapse.
    fn is_gone(&self, holder: &str) -> bool;
}

/// A lease that is renewed until it is given back.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) lease: Lease,
    leases: Arc<dyn LeaseStore>,
    heartbeat: JoinHandle<()>,
}

impl Kept {
    /// Gives the lease back. Where that fails the lease lapses by itself.
    pub(crate) async fn give_back(self) {
        self.heartbeat.abort();
        if let Err(error) = self.leases.release_lease(&self.lease).await {
            tracing::warn!(%error, "a lease could not be given back");
        }
    }
}

impl App {
    /// Takes the lease of a product. `lost` is cancelled when another process takes it over.
    pub(crate) async fn take_lease(
        &self,
        product: &ProductName,
        lost: &CancellationToken,
    ) -> Result<Kept, UseCaseError> {
        let leases = &self.stores.leases;
        let until = || self.clock.now() + DURATION;
        let (now, holder) = (self.clock.now(), self.holder.id());
        let mut outcome = leases.acquire_lease(&self.workspace, product, holder, now, until(), None).await?;
        if let LeaseOutcome::Held(other) = &outcome
            && self.holder.is_gone(&other.holder)
        {
            let dead = other.clone();
            outcome = leases.acquire_lease(&self.workspace, product, holder, now, until(), Some(&dead)).await?;
        }
        match outcome {
            LeaseOutcome::Held(other) => {
                Err(UseCaseError::Busy { product: product.clone(), holder: other.holder, until: other.expires_at })
            }
            LeaseOutcome::Acquired(lease) => {
                let heartbeat = heartbeat(Arc::clone(leases), Arc::clone(&self.clock), lease.clone(), lost.clone());
                Ok(Kept { lease, leases: Arc::clone(leases), heartbeat })
            }
        }
    }
}

fn heartbeat(
    leases: Arc<dyn LeaseStore>,
    clock: Arc<dyn Clock>,
    lease: Lease,
    lost: CancellationToken,
) -> JoinHandle<()> {
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(DURATION / 3).await;
            if let Err(error) = leases.renew_lease(&lease, clock.now() + DURATION).await {
                tracing::warn!(%error, product = %lease.product, "the lease could not be renewed");
                if matches!(error, crate::store::StoreError::LeaseLost { .. }) {
                    lost.cancel();
                    return;
                }
            }
        }
    })
}
