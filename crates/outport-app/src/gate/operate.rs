//! The use cases for whoever works on products: what is on record, what would change, runs, rollbacks.
//!
//! Who may *operate* every port of a product sees what is on record of it, runs it and rolls it back. What changes the
//! record of intent is for whoever may *administer*: a model reads its inputs beside every policy, so that who writes
//! models could read everything.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, Utc};
use outport_model::{name::ProductName, principal::Principal, product::Product, release::ReleaseNumber};
use tokio_util::sync::CancellationToken;

use super::{
    Caller, Gate,
    agreements::forbidden,
    error::GateError,
    snapshot::{Snapshot, version_of},
};
use crate::{
    apply::{Applied, Consent},
    error::UseCaseError,
    event::Observer,
    plan::{Desired, Planned},
    policy::PortAction,
    read::{Described, Listed, Past},
    run::ProductRun,
};

/// Why something was not done with a product.
#[derive(Debug, thiserror::Error)]
pub enum OperateError {
    /// The caller may not do it.
    #[error(transparent)]
    Gate(#[from] GateError),
    /// They may, and it was not done all the same.
    #[error(transparent)]
    UseCase(#[from] UseCaseError),
}

impl Gate {
    /// What is on record of every product that the caller may operate.
    pub async fn list(&self, caller: &Caller) -> Result<BTreeMap<ProductName, Listed>, OperateError> {
        let (snapshot, principal, now) = self.now(caller).await?;
        let mut listed = self.app.list().await?;
        let mut refused = Ok(());
        listed.retain(|_, listed| {
            let operates = snapshot.may_operate(caller, &principal, &listed.intent.compiled.product, now);
            operates.unwrap_or_else(|error| {
                refused = Err(error);
                false
            })
        });
        refused?;
        Ok(listed)
    }

    /// What is on record of one product.
    pub async fn describe(&self, caller: &Caller, product: &ProductName) -> Result<Described, OperateError> {
        self.operator(caller, product).await?;
        Ok(self.app.describe(product).await?)
    }

    /// What happened to a product. Of one that is gone only administrators are told.
    pub async fn past(&self, caller: &Caller, product: &ProductName) -> Result<Past, OperateError> {
        self.operator(caller, product).await?;
        Ok(self.app.past(product).await?)
    }

    /// What would change, and who is affected; for administrators.
    pub async fn plan(&self, caller: &Caller, desired: Desired) -> Result<Planned, OperateError> {
        self.administrator(caller, "plan changes of products").await?;
        Ok(self.app.plan(desired).await?)
    }

    /// Changes the record of intent, and runs what that changes; for administrators.
    pub async fn apply(
        &self,
        caller: &Caller,
        planned: Planned,
        consent: Consent,
        observer: Arc<dyn Observer>,
        cancel: CancellationToken,
    ) -> Result<Applied, OperateError> {
        self.administrator(caller, "change products").await?;
        Ok(self.app.apply(planned, consent, observer, cancel).await?)
    }

    /// That a caller may run these products; all of the workspace where none is named.
    pub async fn may_run(&self, caller: &Caller, products: &[ProductName]) -> Result<(), GateError> {
        if products.is_empty() {
            let (snapshot, principal, now) = self.now(caller).await?;
            for intent in self.app.stores.intents.intents(&self.app.workspace).await?.values() {
                if !snapshot.may_operate(caller, &principal, &intent.compiled.product, now)? {
                    return Err(forbidden(&principal, "run every product of the workspace".to_owned()));
                }
            }
        }
        for product in products {
            self.operator(caller, product).await?;
        }
        Ok(())
    }

    /// Runs products; all of the workspace where none is named.
    pub async fn run(
        &self,
        caller: &Caller,
        products: &[ProductName],
        observer: Arc<dyn Observer>,
        cancel: CancellationToken,
    ) -> Result<Vec<ProductRun>, OperateError> {
        self.may_run(caller, products).await?;
        Ok(self.app.run(products, observer, cancel).await?)
    }

    /// Makes an earlier release of a product current again: the one asked for, or the one before the current one. Gives
    /// the release that was current and the one that is.
    pub async fn rollback(
        &self,
        caller: &Caller,
        product: &ProductName,
        to: Option<ReleaseNumber>,
    ) -> Result<(ReleaseNumber, ReleaseNumber), OperateError> {
        self.operator(caller, product).await?;
        Ok(self.app.rollback(product, to).await?)
    }

    /// That a caller may operate a product. Who may not even know of it is told that there is none.
    async fn operator(&self, caller: &Caller, product: &ProductName) -> Result<(), GateError> {
        let (snapshot, principal, now) = self.now(caller).await?;
        if snapshot.may_administer(caller, &principal, now)? {
            return Ok(());
        }
        let missing = || GateError::NotFound { what: "product", name: product.to_string() };
        let compiled = snapshot.estate().get(product).ok_or_else(missing)?;
        if snapshot.may_operate(caller, &principal, &compiled.product, now)? {
            return Ok(());
        }
        for port in &compiled.product.outputs {
            let version = version_of(&compiled.product, port);
            for action in [PortAction::Discover, PortAction::Read] {
                if snapshot.may(caller, &principal, action, &version, now)? {
                    return Err(forbidden(&principal, format!("operate `{product}`")));
                }
            }
        }
        Err(missing())
    }
}

impl Snapshot {
    /// Whether someone may operate a product: whoever may operate every port of it, and administrators.
    pub(super) fn may_operate(
        &self,
        caller: &Caller,
        principal: &Principal,
        product: &Product,
        now: DateTime<Utc>,
    ) -> Result<bool, GateError> {
        if self.may_administer(caller, principal, now)? {
            return Ok(true);
        }
        for port in &product.outputs {
            if !self.may(caller, principal, PortAction::Operate, &version_of(product, port), now)? {
                return Ok(false);
            }
        }
        Ok(!product.outputs.is_empty())
    }
}
