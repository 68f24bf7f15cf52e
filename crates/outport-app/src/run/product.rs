//! The run of one product.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Instant,
};

use futures::future::try_join_all;
use outport_model::{
    check::{CheckResult, Outcome},
    fingerprint::Fingerprint,
    name::{PortName, ProductName, TableName},
    plan::{CompiledProduct, Intent},
    product::OutputPort,
    release::{Release, ReleasedTable, TableRole, TableVersion},
    run::{Run, RunId, RunState},
};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, debug_span, field};

use super::{
    ProductRun, RunFailure,
    graph::{build_models, milliseconds},
    pin::build_keys,
};
use crate::{
    App,
    engine::{Job, PinnedInput, Workshop, may_go_on},
    error::UseCaseError,
    event::{Event, Observer},
    failpoint,
    store::{Build, Lease, RunEnd, StoreError},
};

/// What an execution came to.
enum Ended {
    Unchanged(Release),
    Audited(Box<Audited>),
}

/// Tables that are built, audited and committed: ready to be published.
struct Audited {
    results: Vec<CheckResult>,
    tables: BTreeMap<TableName, ReleasedTable>,
    builds: Vec<Build>,
    /// Keeps the tables from being removed until they are published.
    _workshop: Arc<dyn Workshop>,
}

/// One execution under a lease.
struct Execution<'a> {
    app: &'a App,
    intent: &'a Intent,
    compiled: Arc<CompiledProduct>,
    run: RunId,
    observer: &'a Arc<dyn Observer>,
    cancel: CancellationToken,
}

impl App {
    pub(super) async fn run_product(
        &self,
        product: ProductName,
        observer: &Arc<dyn Observer>,
        cancel: &CancellationToken,
    ) -> ProductRun {
        let lost = cancel.child_token();
        let kept = match self.take_lease(&product, &lost).await {
            Ok(kept) => kept,
            Err(error) => return ProductRun { product, run: None, failure: Some(Arc::new(error.into())), held: None },
        };
        let outcome = match self.intent(&product).await {
            Ok(intent) => Ok(self.run_under(&kept.lease, &intent, observer, lost).await),
            Err(error) => Err(error),
        };
        kept.give_back().await;
        match outcome {
            Ok((run, failure)) => ProductRun { product, run: Some(run), failure: failure.map(Arc::new), held: None },
            Err(error) => ProductRun { product, run: None, failure: Some(Arc::new(error.into())), held: None },
        }
    }

    /// What the product is meant to be now. Read under the lease: an older intent must not be run after a newer one.
    async fn intent(&self, product: &ProductName) -> Result<Intent, UseCaseError> {
        let newest = self.stores.intents.generations(&self.workspace, product, 1).await?;
        Ok(newest.into_iter().next().ok_or_else(|| StoreError::Outdated { product: product.clone() })?)
    }

    async fn run_under(
        &self,
        lease: &Lease,
        intent: &Intent,
        observer: &Arc<dyn Observer>,
        cancel: CancellationToken,
    ) -> (Run, Option<RunFailure>) {
        let started = Instant::now();
        let compiled = Arc::new(intent.compiled.clone());
        let mut run = self.new_run(intent);
        let execution = Execution { app: self, intent, compiled, run: run.id, observer, cancel };
        execution.tell(&Event::RunStarted {
            product: run.product.clone(),
            run: run.id,
            steps: (intent.compiled.product.inputs.len() + intent.compiled.models.len()) as u64,
        });
        let traced = debug_span!(
            "run",
            product = run.product.as_str(),
            run = %run.id,
            state = field::Empty,
            release = field::Empty
        );
        let outcome = match self.stores.runs.begin_run(lease, &run).await {
            Ok(()) => execution.execute(&mut run).instrument(traced.clone()).await,
            Err(error) => Err(error.into()),
        };
        let failure = self.finish(lease, &mut run, outcome).instrument(traced.clone()).await.err();
        traced.record("state", run.state.as_str());
        traced.record("release", run.release.map(field::display));
        execution.tell(&Event::RunEnded {
            product: run.product.clone(),
            run: run.id,
            state: run.state,
            release: run.release,
            error: run.error.clone(),
            milliseconds: milliseconds(started),
        });
        (run, failure)
    }

    fn new_run(&self, intent: &Intent) -> Run {
        Run {
            id: RunId::new(uuid::Uuid::now_v7()),
            product: intent.compiled.product.name.clone(),
            state: RunState::Running,
            generation: intent.generation,
            started_at: self.clock.now(),
            ended_at: None,
            inputs: BTreeMap::new(),
            release: None,
            error: None,
        }
    }

    /// Puts the end of a run on record; with a release where there is one.
    async fn finish(&self, lease: &Lease, run: &mut Run, outcome: Result<Ended, RunFailure>) -> Result<(), RunFailure> {
        run.ended_at = Some(self.clock.now());
        let failure = match outcome {
            Ok(Ended::Audited(audited)) => {
                match self.publish(lease, run, *audited).instrument(debug_span!("publish")).await {
                    Ok(()) => return Ok(()),
                    Err(failure) => failure,
                }
            }
            Ok(Ended::Unchanged(release)) => {
                (run.state, run.release) = (RunState::Unchanged, Some(release.number));
                let end = RunEnd { run: run.clone(), results: Vec::new() };
                return Ok(self.stores.runs.end_run(lease, &end).await?);
            }
            Err(failure) => failure,
        };
        run.state = failure.state();
        run.error = Some(failure.to_string());
        let end = RunEnd { run: run.clone(), results: failure.results().to_vec() };
        if let Err(error) = self.stores.runs.end_run(lease, &end).await {
            tracing::warn!(%error, "the end of a run could not be recorded");
        }
        Err(failure)
    }

    async fn publish(&self, lease: &Lease, run: &mut Run, audited: Audited) -> Result<(), RunFailure> {
        let mut published = run.clone();
        published.state = RunState::Published;
        let end = RunEnd { run: published.clone(), results: audited.results };
        let release = self.stores.runs.publish(lease, &end, &audited.tables, &audited.builds).await?;
        failpoint::reach("published").await;
        *run = Run { release: Some(release.number), ..published };
        Ok(())
    }
}

impl Execution<'_> {
    fn tell(&self, event: &Event) {
        self.observer.event(event);
    }

    fn proceed(&self) -> Result<(), RunFailure> {
        if self.cancel.is_cancelled() { Err(RunFailure::Cancelled) } else { Ok(()) }
    }

    async fn execute(&self, run: &mut Run) -> Result<Ended, RunFailure> {
        failpoint::reach("begun").await;
        let pinned = self.app.pin_inputs(&self.compiled.product).instrument(debug_span!("pin")).await?;
        run.inputs = pinned.iter().map(|(port, input)| (port.clone(), input.version.clone())).collect();
        let keys = build_keys(&self.compiled, &pinned);
        let built = self.app.find_builds(&self.compiled, &keys).instrument(debug_span!("look up")).await?;
        if let Some(release) = self.up_to_date(&built).await? {
            return Ok(Ended::Unchanged(release));
        }
        self.proceed()?;
        let job = Job {
            run: self.run,
            compiled: Arc::clone(&self.compiled),
            inputs: pinned,
            built,
            cancel: self.cancel.clone(),
            observer: Arc::clone(self.observer),
        };
        let workshop = self.app.engine.open(job.clone()).await?;
        let outcome = self.build_and_commit(&job, &workshop, &keys).await;
        if outcome.is_err() {
            workshop.discard().await;
        }
        outcome.map(|audited| Ended::Audited(Box::new(audited)))
    }

    /// The current release, where it has exactly what this run would publish and was made of the same intent.
    async fn up_to_date(&self, built: &BTreeMap<TableName, TableVersion>) -> Result<Option<Release>, RunFailure> {
        let product = &self.compiled.product.name;
        // The newest is this one.
        let runs = self.app.stores.runs.runs(&self.app.workspace, product, 2).await?;
        let last = runs.into_iter().find(|run| run.state != RunState::Running);
        if crate::plan::is_pending(self.intent.generation, last.as_ref()) {
            return Ok(None);
        }
        let only = BTreeSet::from([product.clone()]);
        let current = self.app.stores.releases.current_releases_of(&self.app.workspace, &only).await?.remove(product);
        let expected = self.released_tables(built);
        Ok(current.filter(|release| expected.is_some_and(|tables| tables == release.tables)))
    }

    async fn build_and_commit(
        &self,
        job: &Job,
        workshop: &Arc<dyn Workshop>,
        keys: &BTreeMap<TableName, Fingerprint>,
    ) -> Result<Audited, RunFailure> {
        let stored = self.compiled.stored_tables();
        let mut results = Vec::new();
        if stored.keys().any(|table| !job.built.contains_key(table)) {
            results.extend(self.check_inputs(job, workshop).await?);
        }
        self.proceed()?;
        build_models(job, workshop, self.app.parallelism).await?;
        failpoint::reach("built").await;
        self.proceed()?;
        let audited = self.audit(workshop).await?;
        let passed = !audited.iter().any(|r| r.outcome.blocks());
        results.extend(audited);
        if !passed {
            return Err(RunFailure::Audit { results });
        }
        failpoint::reach("audited").await;
        workshop.verify_inputs().instrument(debug_span!("verify")).await?;
        self.proceed()?;
        let mut versions = job.built.clone();
        let mut builds: Vec<Build> = Vec::new();
        for (table, fingerprint) in stored.iter().filter(|(table, _)| !job.built.contains_key(*table)) {
            // Models of the same text and inputs are one stored table under several names.
            let same = |b: &&Build| b.table.fingerprint == *fingerprint && keys.get(table) == Some(&b.inputs);
            if let Some(build) = builds.iter().find(same) {
                versions.insert(table.clone(), build.table.clone());
                continue;
            }
            let version = workshop.commit(table).instrument(debug_span!("commit", table = table.as_str())).await?;
            if let Some(inputs) = keys.get(table) {
                builds.push(Build { inputs: inputs.clone(), table: version.clone() });
            }
            versions.insert(table.clone(), version);
            failpoint::reach("committed-one").await;
        }
        if versions.len() > job.built.len() + builds.len() {
            workshop.discard().await;
        }
        let tables = self.released_tables(&versions).unwrap_or_default();
        failpoint::reach("committed").await;
        Ok(Audited { results, tables, builds, _workshop: Arc::clone(workshop) })
    }

    async fn check_inputs(&self, job: &Job, workshop: &Arc<dyn Workshop>) -> Result<Vec<CheckResult>, RunFailure> {
        let mut results = Vec::new();
        for (port, input) in &job.inputs {
            self.proceed()?;
            results.extend(self.check_input(port, input, workshop).await?);
        }
        Ok(results)
    }

    async fn check_input(
        &self,
        port: &PortName,
        input: &PinnedInput,
        workshop: &Arc<dyn Workshop>,
    ) -> Result<Vec<CheckResult>, RunFailure> {
        let started = Instant::now();
        let mut report = workshop.check_input(port).instrument(debug_span!("check", port = port.as_str())).await?;
        name_port(&mut report.results, &format!("input.{port}"));
        self.tell(&Event::InputChecked {
            product: self.compiled.product.name.clone(),
            port: port.clone(),
            rows: report.rows,
            quarantined: report.quarantined,
            violations: report.results.iter().filter(|r| is_violation(r)).count() as u64,
            milliseconds: milliseconds(started),
        });
        if !may_go_on(input.port.on_violation, &report) {
            return Err(RunFailure::Input { port: port.clone(), results: report.results });
        }
        Ok(report.results)
    }

    async fn audit(&self, workshop: &Arc<dyn Workshop>) -> Result<Vec<CheckResult>, RunFailure> {
        let audits = self.compiled.product.outputs.iter().map(|port| self.audit_port(port, workshop));
        Ok(try_join_all(audits).await?.into_iter().flatten().collect())
    }

    async fn audit_port(
        &self,
        port: &OutputPort,
        workshop: &Arc<dyn Workshop>,
    ) -> Result<Vec<CheckResult>, RunFailure> {
        let started = Instant::now();
        let tables = port.tables.iter().map(|t| (t.object.clone(), t.model.clone())).collect();
        let traced = debug_span!("audit", port = port.name.as_str());
        let mut results = workshop.audit(&port.contract, &tables).instrument(traced).await?;
        name_port(&mut results, port.name.as_str());
        self.tell(&Event::Audited {
            product: self.compiled.product.name.clone(),
            port: port.name.clone(),
            passed: results.iter().filter(|r| r.outcome == Outcome::Pass).count() as u64,
            violations: results.iter().filter(|r| is_violation(r)).cloned().collect(),
            milliseconds: milliseconds(started),
        });
        Ok(results)
    }

    /// The tables of the release, where every one of them is there.
    fn released_tables(
        &self,
        versions: &BTreeMap<TableName, TableVersion>,
    ) -> Option<BTreeMap<TableName, ReleasedTable>> {
        let product = &self.compiled.product;
        let mut tables = BTreeMap::new();
        for (port, table) in product.tables() {
            let (major, version) = (Some(port.version.major()), versions.get(&table.model)?.clone());
            tables.insert(table.name.clone(), ReleasedTable { role: TableRole::Output, version, major });
        }
        let served: Vec<_> = product.tables().map(|(_, t)| &t.model).collect();
        for (name, _) in self.compiled.stored_tables() {
            let quarantine = product.inputs.iter().any(|i| i.quarantine() == name);
            let role = if quarantine { TableRole::Quarantine } else { TableRole::Internal };
            if !served.contains(&&name) {
                let version = versions.get(&name)?.clone();
                tables.insert(name, ReleasedTable { role, version, major: None });
            }
        }
        Some(tables)
    }
}

fn name_port(results: &mut [CheckResult], port: &str) {
    for result in results {
        result.port = Some(port.to_owned());
    }
}

fn is_violation(result: &CheckResult) -> bool {
    !matches!(result.outcome, Outcome::Pass | Outcome::Skip)
}
