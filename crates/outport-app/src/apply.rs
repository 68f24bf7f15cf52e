//! `apply` and `delete`: write the record of intent, then run what changed.

use std::{collections::BTreeSet, sync::Arc};

use outport_model::{
    name::ProductName,
    plan::{Action, Plan, ProductPlan, Refusal},
};
use tokio_util::sync::CancellationToken;

use crate::{
    App,
    error::UseCaseError,
    event::Observer,
    failpoint,
    plan::Planned,
    run::ProductRun,
    store::{HistoryEntry, HistoryKind, IntentChange},
};

/// What the person who applies agreed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// The plan as it is.
    Plan,
    /// The plan although others read what it removes.
    Force,
}

/// What was applied.
#[derive(Debug, Clone)]
pub struct Applied {
    /// The plan.
    pub plan: Plan,
    /// The runs that followed.
    pub runs: Vec<ProductRun>,
    /// Stored tables that were removed.
    pub collected: usize,
}

impl App {
    /// Writes the record of intent in one transaction, collects garbage, and runs what is new, changed or pending.
    ///
    /// Killed anywhere it leaves the old record or the new one; applying again goes on from there.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn apply(
        &self,
        planned: Planned,
        consent: Consent,
        observer: Arc<dyn Observer>,
        cancel: CancellationToken,
    ) -> Result<Applied, UseCaseError> {
        let refused = |refusal: &Refusal| consent == Consent::Plan || !refusal.can_be_forced();
        let refusals = planned.plan.refusals().filter(|(_, r)| refused(r));
        let refusals: Vec<_> = refusals.map(|(product, refusal)| (product.clone(), refusal.clone())).collect();
        if !refusals.is_empty() {
            return Err(UseCaseError::Refused(refusals));
        }
        let now = self.clock.now();
        let (mut changes, mut entries) = (Vec::new(), Vec::new());
        for product in planned.plan.products.iter().filter(|p| p.action != Action::Unchanged) {
            changes.extend(change(product, &planned));
            let kinds = history(product, planned.generations.get(&product.product).copied());
            entries.extend(kinds.into_iter().map(|kind| HistoryEntry {
                at: now,
                product: product.product.clone(),
                kind,
            }));
        }
        if !changes.is_empty() {
            self.stores.intents.change_intents(&self.workspace, &changes, &entries, now).await?;
        }
        failpoint::reach("recorded").await;
        let collected = self.collect(&planned.plan.garbage).await?;
        let due = |p: &&ProductPlan| matches!(p.action, Action::Create | Action::Change) || p.pending;
        let due: Vec<ProductName> = planned.plan.products.iter().filter(due).map(|p| p.product.clone()).collect();
        let runs = if due.is_empty() { Vec::new() } else { self.run(&due, observer, cancel).await? };
        Ok(Applied { collected, plan: planned.plan, runs })
    }

    /// Removes those stored tables of a plan that still nothing needs, and says how many. Others may have come to need
    /// one while the plan was looked at.
    ///
    /// The tables are reserved before they are looked at again, so that nobody builds in what is going, and forgotten
    /// before they are removed, so that nothing refers to it.
    async fn collect(&self, garbage: &[String]) -> Result<usize, UseCaseError> {
        if garbage.is_empty() {
            return Ok(0);
        }
        let reserved = self.engine.reserve_tables(&garbage.iter().cloned().collect()).await?;
        let intents = self.stores.intents.intents(&self.workspace).await?;
        let unneeded = self.unneeded(reserved.paths(), intents.values().map(|intent| &intent.compiled)).await?;
        let removable = self.stores.releases.forget_tables(&unneeded).await?;
        failpoint::reach("forgotten").await;
        reserved.remove(&removable).await?;
        Ok(removable.len())
    }
}

fn change(plan: &ProductPlan, planned: &Planned) -> Option<IntentChange> {
    let expected = planned.generations.get(&plan.product).copied();
    match plan.action {
        Action::Create | Action::Change => {
            let compiled = Box::new(planned.compiled.get(&plan.product)?.clone());
            Some(IntentChange::Put { expected, compiled })
        }
        Action::Remove => Some(IntentChange::Remove { product: plan.product.clone(), expected: expected? }),
        Action::Unchanged => None,
    }
}

fn history(plan: &ProductPlan, generation: Option<u64>) -> Vec<HistoryKind> {
    let over = plan.refusals.iter().filter_map(|r| match r {
        Refusal::StillRead { what, by } => Some((what.clone(), by.clone())),
        Refusal::VersionSaysLess { .. } => None,
    });
    if plan.action == Action::Remove {
        let forced_over: BTreeSet<_> = over.flat_map(|(_, by)| by).collect();
        return vec![HistoryKind::Removed { forced_over: forced_over.into_iter().collect() }];
    }
    let mut kinds = vec![HistoryKind::Applied { generation: generation.unwrap_or(0) + 1, summary: summary(plan) }];
    kinds.extend(over.map(|(what, over)| HistoryKind::Forced { what, over }));
    kinds
}

fn summary(plan: &ProductPlan) -> Vec<String> {
    if plan.action == Action::Create {
        return vec!["created".to_owned()];
    }
    let contracts = plan.ports.iter().flat_map(|port| port.contract.iter().map(move |c| format!("{}: {c}", port.port)));
    let files = plan.files.iter().map(|file| {
        let verb = match file.action {
            Action::Create => "added",
            Action::Remove => "removed",
            Action::Change | Action::Unchanged => "changed",
        };
        format!("{} {verb}", file.file)
    });
    contracts.chain(files).collect()
}
