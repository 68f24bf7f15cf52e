//! Runs.

use outport_app::{ProductRun, RunFailure};
use outport_model::{check::CheckResult, run::RunState};
use serde_json::{Value, json};

use super::{checks, count, failure::chain};

/// Runs for people, a line each, and under a failed one what failed.
pub(crate) fn text(runs: &[ProductRun]) -> String {
    let mut lines: Vec<String> = runs.iter().flat_map(one).collect();
    let number = |state| runs.iter().filter(|r| r.run.as_ref().is_some_and(|run| run.state == state)).count();
    let failed = runs.iter().filter(|r| r.failure.is_some()).count();
    let mut parts = Vec::new();
    for (number, what) in [
        (number(RunState::Published), "published"),
        (number(RunState::Unchanged), "unchanged"),
        (runs.iter().filter(|r| r.held.is_some()).count(), "held"),
        (failed, "failed or skipped"),
    ] {
        if number > 0 {
            parts.push(format!("{number} {what}"));
        }
    }
    if runs.is_empty() {
        parts.push("nothing to run".to_owned());
    }
    lines.push(parts.join(", "));
    lines.join("\n")
}

fn one(run: &ProductRun) -> Vec<String> {
    let name = &run.product;
    if let Some(release) = run.held {
        return vec![format!(
            "= {name}: held at release {release}, to which it was rolled back; `outport run {name}` builds it anew"
        )];
    }
    let Some(failure) = &run.failure else {
        let state = run.run.as_ref().map(|r| (r.state, r.release));
        return vec![match state {
            Some((RunState::Published, Some(release))) => format!("✓ {name}: release {release} is published"),
            Some((RunState::Unchanged, Some(release))) => format!("= {name}: nothing new, release {release} stays"),
            _ => format!("= {name}"),
        }];
    };
    let mut lines = vec![format!("✗ {name}: {}", chain(failure.as_ref()))];
    let failed = results(failure).iter().filter(|result| result.outcome.blocks());
    lines.extend(failed.take(SHOWN).map(|result| format!("    {}", checks::line(result))));
    let more = results(failure).iter().filter(|result| result.outcome.blocks()).count().saturating_sub(SHOWN);
    if more > 0 {
        lines.push(format!("    and {} more: `outport get {name}`", count(more, "check")));
    }
    lines.extend(failure.help().map(|help| format!("    help: {help}")));
    lines
}

/// How many failed checks are shown under a run.
const SHOWN: usize = 10;

fn results(failure: &RunFailure) -> &[CheckResult] {
    match failure {
        RunFailure::Input { results, .. } | RunFailure::Audit { results } => results,
        _ => &[],
    }
}

/// Runs for machines.
pub(crate) fn machine(runs: &[ProductRun]) -> Vec<Value> {
    let one = |run: &ProductRun| {
        let failure = run.failure.as_ref().map(
            |failure| json!({"message": chain(failure.as_ref()), "help": failure.help(), "results": results(failure)}),
        );
        json!({"product": run.product, "run": run.run, "failure": failure, "held": run.held})
    };
    runs.iter().map(one).collect()
}
