//! Runs.

use outport_app::RunReport;
use outport_model::run::RunState;

use super::{checks, count};

/// Runs for people, a line each, and under a failed one what failed.
pub(crate) fn text(runs: &[RunReport]) -> String {
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

fn one(run: &RunReport) -> Vec<String> {
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
    let mut lines = vec![format!("✗ {name}: {}", failure.message)];
    let failed = || failure.results.iter().filter(|result| result.outcome.blocks());
    lines.extend(failed().take(SHOWN).map(|result| format!("    {}", checks::line(result))));
    let more = failed().count().saturating_sub(SHOWN);
    if more > 0 {
        lines.push(format!("    and {} more: `outport get {name}`", count(more, "check")));
    }
    lines.extend(failure.help.as_ref().map(|help| format!("    help: {help}")));
    lines
}

/// How many failed checks are shown under a run.
const SHOWN: usize = 10;
