//! A metadata store in memory, for tests of the use cases. Of runs and releases, what a store must do in every case is
//! tested elsewhere, on the real ones.

mod access;
mod feedback;
mod question;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use outport_app::{
    identity::{Changes, Token, User, WorkspacePolicies},
    store::{
        Build, HistoryEntry, IntentChange, IntentStore, Lease, LeaseOutcome, LeaseStore, ReleaseStore, RunEnd,
        RunStore, StoreError,
    },
};
use outport_model::{
    agreement::Agreement,
    check::CheckResult,
    fingerprint::Fingerprint,
    name::{PolicySetName, ProductName, TableName, WorkspaceName},
    plan::Intent,
    principal::PrincipalId,
    question::{QuestionId, SavedQuestion},
    release::{Release, ReleaseNumber, ReleasedTable, TableVersion},
    run::{Run, RunId, RunState},
};

pub use self::access::{PutPolicies, PutUser};

type Key = (WorkspaceName, ProductName);

/// A store that is gone with its process.
#[derive(Debug, Default)]
pub struct MemoryStore(Mutex<Record>);

#[derive(Debug, Default)]
struct Record {
    intents: BTreeMap<Key, Intent>,
    generations: BTreeMap<Key, u64>,
    /// Everything that the products on record were since they came there.
    before: BTreeMap<Key, Vec<Intent>>,
    history: Vec<(WorkspaceName, HistoryEntry)>,
    leases: BTreeMap<Key, (Lease, bool)>,
    runs: Vec<(WorkspaceName, Run)>,
    results: BTreeMap<RunId, Vec<CheckResult>>,
    releases: Vec<(WorkspaceName, Release)>,
    current: BTreeMap<Key, ReleaseNumber>,
    builds: BTreeMap<(Fingerprint, Fingerprint), TableVersion>,
    forgotten: BTreeSet<(RunId, String)>,
    users: BTreeMap<PrincipalId, User>,
    tokens: Vec<Token>,
    policies: BTreeMap<(WorkspaceName, PolicySetName), WorkspacePolicies>,
    /// Everything that every agreement ever was.
    agreements: Vec<(WorkspaceName, Agreement)>,
    questions: BTreeMap<(WorkspaceName, QuestionId), SavedQuestion>,
    feedback: feedback::Said,
    changes: Changes,
}

impl MemoryStore {
    fn record(&self) -> MutexGuard<'_, Record> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Record {
    fn check_fence(&self, lease: &Lease) -> Result<(), StoreError> {
        let held = self.leases.get(&(lease.workspace.clone(), lease.product.clone()));
        match held {
            Some((held, true)) if held.fence == lease.fence && held.holder == lease.holder => Ok(()),
            _ => Err(StoreError::LeaseLost { product: lease.product.clone() }),
        }
    }

    fn end(&mut self, end: &RunEnd) {
        for (_, run) in self.runs.iter_mut().filter(|(_, run)| run.id == end.run.id) {
            *run = end.run.clone();
        }
        self.results.insert(end.run.id, end.results.clone());
    }

    fn needed(&self) -> BTreeSet<String> {
        let kept = self
            .releases
            .iter()
            .filter(|(workspace, release)| self.intents.contains_key(&(workspace.clone(), release.product.clone())));
        kept.flat_map(|(_, release)| release.tables.values().map(|table| table.version.path.clone())).collect()
    }
}

#[async_trait]
impl IntentStore for MemoryStore {
    async fn intents(&self, workspace: &WorkspaceName) -> Result<BTreeMap<ProductName, Intent>, StoreError> {
        let record = self.record();
        let own = record.intents.iter().filter(|((of, _), _)| of == workspace);
        Ok(own.map(|((_, product), intent)| (product.clone(), intent.clone())).collect())
    }

    async fn change_intents(
        &self,
        workspace: &WorkspaceName,
        changes: &[IntentChange],
        entries: &[HistoryEntry],
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let mut record = self.record();
        for change in changes {
            let (product, expected) = match change {
                IntentChange::Put { expected, compiled } => (&compiled.product.name, *expected),
                IntentChange::Remove { product, expected } => (product, Some(*expected)),
            };
            let found = record.intents.get(&(workspace.clone(), product.clone())).map(|intent| intent.generation);
            if found != expected {
                return Err(StoreError::Outdated { product: product.clone() });
            }
        }
        for change in changes {
            match change {
                IntentChange::Put { compiled, .. } => {
                    let key = (workspace.clone(), compiled.product.name.clone());
                    let generation = record.generations.entry(key.clone()).or_default();
                    *generation += 1;
                    let intent =
                        Intent { generation: *generation, compiled: compiled.as_ref().clone(), applied_at: at };
                    record.before.entry(key.clone()).or_default().push(intent.clone());
                    record.intents.insert(key, intent);
                }
                IntentChange::Remove { product, .. } => {
                    let key = (workspace.clone(), product.clone());
                    record.intents.remove(&key);
                    record.before.remove(&key);
                    record.current.remove(&key);
                }
            }
        }
        record.changes.decisions += changes.len() as u64;
        record.history.extend(entries.iter().map(|entry| (workspace.clone(), entry.clone())));
        Ok(())
    }

    async fn generations(
        &self,
        workspace: &WorkspaceName,
        product: &ProductName,
        limit: u32,
    ) -> Result<Vec<Intent>, StoreError> {
        let record = self.record();
        let known = record.before.get(&(workspace.clone(), product.clone())).into_iter().flatten();
        Ok(known.rev().take(limit as usize).cloned().collect())
    }

    async fn history(
        &self,
        workspace: &WorkspaceName,
        product: &ProductName,
        limit: u32,
    ) -> Result<Vec<HistoryEntry>, StoreError> {
        let record = self.record();
        let own = record.history.iter().rev().filter(|(of, entry)| of == workspace && entry.product == *product);
        Ok(own.map(|(_, entry)| entry.clone()).take(limit as usize).collect())
    }

    async fn workspaces(&self) -> Result<Vec<WorkspaceName>, StoreError> {
        let names: BTreeSet<_> = self.record().intents.keys().map(|(workspace, _)| workspace.clone()).collect();
        Ok(names.into_iter().collect())
    }
}

#[async_trait]
impl LeaseStore for MemoryStore {
    async fn acquire_lease(
        &self,
        workspace: &WorkspaceName,
        product: &ProductName,
        holder: &str,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
        dead: Option<&Lease>,
    ) -> Result<LeaseOutcome, StoreError> {
        let mut record = self.record();
        let key = (workspace.clone(), product.clone());
        let before = record.leases.get(&key);
        if let Some((held, true)) = before
            && held.expires_at > now
            && dead != Some(held)
        {
            return Ok(LeaseOutcome::Held(held.clone()));
        }
        let lease = Lease {
            workspace: workspace.clone(),
            product: product.clone(),
            holder: holder.to_owned(),
            fence: before.map_or(1, |(lease, _)| lease.fence + 1),
            expires_at: until,
        };
        record.leases.insert(key, (lease.clone(), true));
        Ok(LeaseOutcome::Acquired(lease))
    }

    async fn renew_lease(&self, lease: &Lease, until: DateTime<Utc>) -> Result<Lease, StoreError> {
        let mut record = self.record();
        record.check_fence(lease)?;
        let renewed = Lease { expires_at: lease.expires_at.max(until), ..lease.clone() };
        record.leases.insert((lease.workspace.clone(), lease.product.clone()), (renewed.clone(), true));
        Ok(renewed)
    }

    async fn release_lease(&self, lease: &Lease) -> Result<(), StoreError> {
        let mut record = self.record();
        if record.check_fence(lease).is_ok() {
            record.leases.insert((lease.workspace.clone(), lease.product.clone()), (lease.clone(), false));
        }
        Ok(())
    }
}

#[async_trait]
impl RunStore for MemoryStore {
    async fn begin_run(&self, lease: &Lease, run: &Run) -> Result<(), StoreError> {
        let mut record = self.record();
        record.check_fence(lease)?;
        let mut orphans = record.runs.iter_mut().filter(|(of, other)| {
            *of == lease.workspace && other.product == run.product && other.state == RunState::Running
        });
        orphans.by_ref().for_each(|(_, orphan)| orphan.state = RunState::Failed);
        record.runs.push((lease.workspace.clone(), run.clone()));
        Ok(())
    }

    async fn end_run(&self, lease: &Lease, end: &RunEnd) -> Result<(), StoreError> {
        let mut record = self.record();
        record.check_fence(lease)?;
        record.end(end);
        Ok(())
    }

    async fn publish(
        &self,
        lease: &Lease,
        end: &RunEnd,
        tables: &BTreeMap<TableName, ReleasedTable>,
        builds: &[Build],
    ) -> Result<Release, StoreError> {
        let mut record = self.record();
        record.check_fence(lease)?;
        let key = (lease.workspace.clone(), lease.product.clone());
        if !record.intents.contains_key(&key) {
            return Err(StoreError::Outdated { product: lease.product.clone() });
        }
        let gone = |path: &String| record.forgotten.contains(&(end.run.id, path.clone()));
        if let Some(path) = tables.values().map(|table| &table.version.path).find(|path| gone(path)) {
            return Err(StoreError::TableForgotten { path: path.clone() });
        }
        let earlier = record.releases.iter().filter(|(of, release)| (of, &release.product) == (&key.0, &key.1));
        let number = ReleaseNumber(earlier.count() as u64 + 1);
        let release = Release {
            product: lease.product.clone(),
            number,
            run: end.run.id,
            published_at: end.run.ended_at.unwrap_or(end.run.started_at),
            tables: tables.clone(),
        };
        let run = Run { state: RunState::Published, release: Some(number), ..end.run.clone() };
        record.end(&RunEnd { run, results: end.results.clone() });
        for build in builds {
            let key = (build.table.fingerprint.clone(), build.inputs.clone());
            record.builds.insert(key, build.table.clone());
        }
        record.releases.push((key.0.clone(), release.clone()));
        record.current.insert(key, number);
        record.changes.decisions += 1;
        Ok(release)
    }

    async fn find_build(
        &self,
        fingerprint: &Fingerprint,
        inputs: &Fingerprint,
    ) -> Result<Option<TableVersion>, StoreError> {
        Ok(self.record().builds.get(&(fingerprint.clone(), inputs.clone())).cloned())
    }

    async fn runs(&self, workspace: &WorkspaceName, product: &ProductName, limit: u32) -> Result<Vec<Run>, StoreError> {
        let record = self.record();
        let own = record.runs.iter().rev().filter(|(of, run)| of == workspace && run.product == *product);
        Ok(own.map(|(_, run)| run.clone()).take(limit as usize).collect())
    }

    async fn newest_runs(
        &self,
        workspace: &WorkspaceName,
        limit: u32,
    ) -> Result<Vec<(RunId, ProductName, RunState)>, StoreError> {
        let record = self.record();
        let own = record.runs.iter().rev().filter(|(of, _)| of == workspace).take(limit as usize);
        Ok(own.map(|(_, run)| (run.id, run.product.clone(), run.state)).collect())
    }

    async fn last_runs(&self, workspace: &WorkspaceName) -> Result<BTreeMap<ProductName, Run>, StoreError> {
        let record = self.record();
        let ended = record.runs.iter().filter(|(of, run)| of == workspace && run.state != RunState::Running);
        Ok(ended.map(|(_, run)| (run.product.clone(), run.clone())).collect())
    }

    async fn check_results(&self, run: RunId) -> Result<Vec<CheckResult>, StoreError> {
        Ok(self.record().results.get(&run).cloned().unwrap_or_default())
    }
}

#[async_trait]
impl ReleaseStore for MemoryStore {
    async fn current_releases(&self, workspace: &WorkspaceName) -> Result<BTreeMap<ProductName, Release>, StoreError> {
        let record = self.record();
        let own = record.releases.iter().filter(|(of, release)| {
            of == workspace && record.current.get(&(of.clone(), release.product.clone())) == Some(&release.number)
        });
        Ok(own.map(|(_, release)| (release.product.clone(), release.clone())).collect())
    }

    async fn current_releases_of(
        &self,
        workspace: &WorkspaceName,
        products: &BTreeSet<ProductName>,
    ) -> Result<BTreeMap<ProductName, Release>, StoreError> {
        let mut current = self.current_releases(workspace).await?;
        current.retain(|product, _| products.contains(product));
        Ok(current)
    }

    async fn releases(&self, workspace: &WorkspaceName, product: &ProductName) -> Result<Vec<Release>, StoreError> {
        let record = self.record();
        let own = record.releases.iter().rev().filter(|(of, release)| of == workspace && release.product == *product);
        Ok(own.map(|(_, release)| release.clone()).collect())
    }

    async fn make_current(&self, lease: &Lease, number: ReleaseNumber, _: DateTime<Utc>) -> Result<(), StoreError> {
        let mut record = self.record();
        record.check_fence(lease)?;
        let before = record.current.insert((lease.workspace.clone(), lease.product.clone()), number);
        record.changes.decisions += u64::from(before != Some(number));
        Ok(())
    }

    async fn needed_tables(&self) -> Result<BTreeSet<String>, StoreError> {
        Ok(self.record().needed())
    }

    async fn forget_tables(&self, paths: &BTreeSet<String>) -> Result<BTreeSet<String>, StoreError> {
        let mut record = self.record();
        let needed = record.needed();
        let free: BTreeSet<String> = paths.difference(&needed).cloned().collect();
        record.builds.retain(|_, table| !free.contains(&table.path));
        let running: Vec<RunId> =
            record.runs.iter().filter(|(_, run)| run.state == RunState::Running).map(|(_, run)| run.id).collect();
        let notes = running.iter().flat_map(|run| free.iter().map(|path| (*run, path.clone())));
        record.forgotten.extend(notes.collect::<Vec<_>>());
        Ok(free)
    }
}
