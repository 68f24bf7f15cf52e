//! Products.

use std::collections::BTreeMap;

use outport_app::{Described, Listed, Past};
use outport_model::{
    name::ProductName,
    product::{Alignment, Product},
    release::{Release, TableRole},
    source::Source,
};

use super::{checks, grouped, moment, table};

/// All products, a line each.
pub(crate) fn list(listed: &BTreeMap<ProductName, Listed>, workspace: &str) -> String {
    if listed.is_empty() {
        return format!("workspace `{workspace}` has no products yet: `outport apply PATH`");
    }
    let row = |(name, listed): (&ProductName, &Listed)| {
        let product = &listed.intent.compiled.product;
        vec![
            name.to_string(),
            product.version.as_ref().map(ToString::to_string).unwrap_or_default(),
            product.alignment.map(Alignment::as_str).unwrap_or_default().to_owned(),
            product.domain.clone().unwrap_or_default(),
            product.owner.clone().unwrap_or_default(),
            state(listed),
            listed.release.as_ref().map(|r| moment(r.published_at)).unwrap_or_default(),
            listed.release.as_ref().map(|r| grouped(rows(r))).unwrap_or_default(),
        ]
    };
    let header = ["product", "version", "alignment", "domain", "owner", "release", "published (UTC)", "rows"];
    table(&header, listed.iter().map(row))
}

fn rows(release: &Release) -> u64 {
    release.tables.values().filter(|t| t.role == TableRole::Output).map(|t| t.version.rows).sum()
}

fn state(listed: &Listed) -> String {
    let release = listed.release.as_ref().map_or("none".to_owned(), |r| r.number.to_string());
    match (&listed.last_run, listed.pending) {
        (Some(run), true) if run.error.is_some() => format!("{release} (last run {})", run.state),
        (_, true) => format!("{release} (not built yet)"),
        _ => release,
    }
}

/// One product in full.
pub(crate) fn full(described: &Described) -> String {
    let product = &described.listed.intent.compiled.product;
    let mut lines = head(product);
    lines.push(format!("release   {}", state(&described.listed)));
    lines.push(String::new());
    lines.push("inputs".to_owned());
    lines.extend(product.inputs.iter().map(|i| format!("  {} ← {}", i.name, source(&i.source))));
    if let Some(release) = &described.listed.release {
        lines.push(String::new());
        lines.push("tables".to_owned());
        lines.extend(release.tables.iter().filter(|(_, t)| t.role != TableRole::Internal).map(|(name, t)| {
            let role = if t.role == TableRole::Quarantine { " (held back)" } else { "" };
            let rows = if t.version.rows == 1 { "row" } else { "rows" };
            format!("  {}.{}: {} {rows}{role}", product.name.sql(), name.sql(), grouped(t.version.rows))
        }));
    }
    if !described.checks.is_empty() {
        lines.push(String::new());
        lines.push(format!("checks of the newest run: {}", checks::summary(&described.checks)));
        lines.push(checks::list(&described.checks));
    }
    lines.join("\n")
}

fn head(product: &Product) -> Vec<String> {
    let title = product.title.as_deref().unwrap_or(product.name.as_str());
    let version = product.version.as_ref().map(|v| format!(" {v}")).unwrap_or_default();
    let mut lines = vec![format!("{title} ({}{version})", product.name)];
    let facts = [
        ("purpose   ", product.purpose.clone()),
        ("alignment ", product.alignment.map(|a| a.as_str().to_owned())),
        ("domain    ", product.domain.clone()),
        ("owner     ", product.owner.clone()),
        ("status    ", product.status.clone()),
    ];
    lines.extend(facts.into_iter().filter_map(|(name, value)| Some(format!("{name}{}", value?.trim()))));
    lines
}

fn source(source: &Source) -> String {
    match source {
        Source::Files(files) => files.written.clone(),
        Source::Port(address) => address.to_string(),
        Source::Tpch(tpch) => format!("TPC-H {} at scale {}", tpch.table, tpch.scale),
    }
}

/// What happened to a product, newest first.
pub(crate) fn past(past: &Past) -> String {
    let mut rows: Vec<_> =
        past.history.iter().map(|entry| (entry.at, vec!["change".to_owned(), history(&entry.kind)])).collect();
    rows.extend(past.runs.iter().map(|run| {
        let text = match (&run.release, &run.error) {
            (Some(release), _) => format!("{}: release {release}", run.state),
            (None, Some(error)) => format!("{}: {error}", run.state),
            (None, None) => run.state.to_string(),
        };
        (run.started_at, vec!["run".to_owned(), text])
    }));
    rows.extend(past.releases.iter().map(|release| {
        let current = if past.current == Some(release.number) { " (current)" } else { "" };
        (release.published_at, vec!["release".to_owned(), format!("release {}{current}", release.number)])
    }));
    rows.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    let row = |(at, mut cells): (_, Vec<String>)| {
        cells.insert(0, moment(at));
        cells
    };
    table(&["when (UTC)", "what", ""], rows.into_iter().map(row))
}

fn history(kind: &outport_app::store::HistoryKind) -> String {
    use outport_app::store::HistoryKind as Kind;
    let names = |over: &[ProductName]| over.iter().map(|p| format!("`{p}`")).collect::<Vec<_>>().join(", ");
    match kind {
        Kind::Applied { generation, summary } => format!("applied (generation {generation}): {}", summary.join("; ")),
        Kind::Removed { forced_over } if forced_over.is_empty() => "removed".to_owned(),
        Kind::Removed { forced_over } => format!("removed by force, although read by {}", names(forced_over)),
        Kind::Forced { what, over } => format!("`{what}` removed by force, although read by {}", names(over)),
        Kind::RolledBack { from, to } => format!("rolled back from release {from} to {to}"),
    }
}
