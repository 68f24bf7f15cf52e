//! Models in the order of their dependence, independent ones at the same time.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Instant,
};

use outport_model::name::TableName;
use tokio::task::JoinSet;
use tracing::{Instrument, debug_span};

use super::RunFailure;
use crate::{
    engine::{EngineError, Job, Staged, Workshop},
    event::Event,
};

/// Builds every model that is not built yet, at most `parallelism` at once. The first failure stops the rest.
pub(super) async fn build_models(
    job: &Job,
    workshop: &Arc<dyn Workshop>,
    parallelism: usize,
) -> Result<BTreeMap<TableName, Staged>, RunFailure> {
    let needed = needed(job);
    let mut waiting: BTreeMap<&TableName, &BTreeSet<TableName>> =
        needed.iter().filter_map(|name| job.compiled.models.get_key_value(*name)).map(|(n, m)| (n, &m.reads)).collect();
    let mut done: BTreeSet<TableName> = BTreeSet::new();
    let mut staged = BTreeMap::new();
    for (name, version) in &job.built {
        waiting.remove(name);
        if job.compiled.models.contains_key(name) {
            done.insert(name.clone());
            job.observer.event(&built(job, name, Some(version.rows), true, Instant::now()));
        }
    }
    let mut working: JoinSet<Result<(TableName, Staged), EngineError>> = JoinSet::new();
    let mut failure = None;
    loop {
        let ready: Vec<_> =
            waiting.iter().filter(|(_, reads)| reads.is_subset(&done)).map(|(n, _)| (*n).clone()).collect();
        for name in ready.into_iter().take(parallelism.max(1).saturating_sub(working.len())) {
            waiting.remove(&name);
            let traced = debug_span!("build", model = name.as_str());
            working.spawn(build(job.clone(), Arc::clone(workshop), name).instrument(traced));
        }
        let Some(finished) = working.join_next().await else { break };
        match finished {
            Ok(Ok((name, result))) => {
                done.insert(name.clone());
                staged.insert(name, result);
            }
            Ok(Err(error)) => failure = failure.or(Some(RunFailure::from(error))),
            Err(_) => failure = failure.or(Some(RunFailure::Cancelled)),
        }
        if failure.is_some() {
            // Those at work are waited for: what they have staged is only then known, and can be removed.
            job.cancel.cancel();
            waiting.clear();
        }
    }
    failure.map_or(Ok(staged), Err)
}

/// The models that must be computed, and what they read. A view that only built tables read is not among them.
fn needed(job: &Job) -> BTreeSet<&TableName> {
    let stored = job.compiled.stored_tables();
    let missing = |name: &&TableName| stored.contains_key(*name) && !job.built.contains_key(*name);
    let mut open: Vec<&TableName> = job.compiled.models.keys().filter(missing).collect();
    let mut needed = BTreeSet::new();
    while let Some(name) = open.pop() {
        if needed.insert(name) && !job.built.contains_key(name) {
            open.extend(job.compiled.models.get(name).into_iter().flat_map(|model| &model.reads));
        }
    }
    needed
}

async fn build(job: Job, workshop: Arc<dyn Workshop>, name: TableName) -> Result<(TableName, Staged), EngineError> {
    let started = Instant::now();
    let view = !job.compiled.stored_tables().contains_key(&name);
    job.observer.event(&Event::ModelStarted { product: job.compiled.product.name.clone(), model: name.clone() });
    let staged = workshop.build(&name).await?;
    job.observer.event(&built(&job, &name, (!view).then_some(staged.rows), false, started));
    Ok((name, staged))
}

fn built(job: &Job, model: &TableName, rows: Option<u64>, reused: bool, started: Instant) -> Event {
    Event::ModelBuilt {
        product: job.compiled.product.name.clone(),
        model: model.clone(),
        rows,
        reused,
        milliseconds: milliseconds(started),
    }
}

/// Milliseconds since a moment.
pub(super) fn milliseconds(started: Instant) -> u64 {
    u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX)
}
