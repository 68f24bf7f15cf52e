//! What happened to a product: releases, runs, and what changed in its contracts.

use chrono::{DateTime, Utc};
use outport_model::{
    contract::Version,
    diff::{ContractChange, ContractChangeKind, Step},
    name::{PortName, ProductName},
    plan::{Estate, Intent, PortChange, plan_product},
    release::ReleaseNumber,
    run::Run,
};
use serde::Serialize;

use super::{
    super::{Caller, Gate, error::GateError},
    known::{KnownProduct, SeenTable},
};
use crate::store::{HistoryEntry, HistoryKind};

/// Entries of each list at most.
const MOST: u32 = 50;

/// What happened to a product.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProductChanges {
    /// Releases that are kept, newest first.
    pub releases: Vec<ChangedRelease>,
    /// The newest runs, newest first; only for who operates it.
    pub runs: Vec<Run>,
    /// The newest entries, newest first.
    pub history: Vec<ChangeEntry>,
    /// What changed in the contracts of its output ports, newest first.
    pub contracts: Vec<ContractStep>,
}

/// A release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangedRelease {
    /// Its number.
    pub number: ReleaseNumber,
    /// When it was published.
    pub published_at: DateTime<Utc>,
    /// Whether it is the current one.
    pub current: bool,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangeEntry {
    /// When.
    pub at: DateTime<Utc>,
    /// What: `applied`, `removed`, `forced` or `rolledBack`.
    pub event: &'static str,
    /// The state of the record that it made.
    pub generation: Option<u64>,
    /// What it was in particular, for people; only for who operates it.
    pub summary: Vec<String>,
    /// The release that was current.
    pub from: Option<ReleaseNumber>,
    /// The release that is.
    pub to: Option<ReleaseNumber>,
}

/// What changed in the contract of a port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ContractStep {
    /// The port.
    pub port: PortName,
    /// Its major version afterwards.
    pub major: u64,
    /// The version before; `None` for a new port.
    pub from: Option<Version>,
    /// The version afterwards; `None` where the port is gone.
    pub to: Option<Version>,
    /// When it was applied.
    pub at: DateTime<Utc>,
    /// The step from the one version to the other.
    pub step: Step,
    /// The changes that the caller may know of.
    pub changes: Vec<StepChange>,
}

/// One change of a contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StepChange {
    /// The table.
    pub table: String,
    /// The column, where one is meant.
    pub column: Option<String>,
    /// The step that it demands.
    pub step: Step,
    /// What it is, in words.
    pub text: String,
}

impl Gate {
    /// What happened to a product since it came on record.
    pub async fn product_changes(&self, caller: &Caller, product: &ProductName) -> Result<ProductChanges, GateError> {
        let look = self.look(caller).await?;
        let known = look.product(product)?;
        let operates = known.operates()?;
        let (stores, workspace) = (&self.app.stores, &self.app.workspace);
        let mut kept = self.all_kept(product).await?;
        kept.sort_by_key(|release| std::cmp::Reverse(release.number));
        let releases = kept.iter().map(|release| ChangedRelease {
            number: release.number,
            published_at: release.published_at,
            current: known.release.is_some_and(|current| current.number == release.number),
        });
        let runs = if operates { stores.runs.runs(workspace, product, MOST).await? } else { Vec::new() };
        let history = stores.intents.history(workspace, product, MOST).await?;
        let generations = stores.intents.generations(workspace, product, MOST + 1).await?;
        Ok(ProductChanges {
            releases: releases.collect(),
            runs,
            history: entries(history, operates),
            contracts: steps(&known, &generations, operates)?,
        })
    }
}

/// What is told of the history. Whoever does not operate the product learns nothing of the time before it came on record,
/// and nothing of who reads it.
fn entries(history: Vec<HistoryEntry>, operates: bool) -> Vec<ChangeEntry> {
    let since = history.into_iter().take_while(|entry| operates || !matches!(entry.kind, HistoryKind::Removed { .. }));
    let told = since.filter(|entry| operates || !matches!(entry.kind, HistoryKind::Forced { .. }));
    told.map(|entry| ChangeEntry { summary: if operates { summary(&entry.kind) } else { Vec::new() }, ..bare(&entry) })
        .collect()
}

fn bare(entry: &HistoryEntry) -> ChangeEntry {
    let of = |event| ChangeEntry { at: entry.at, event, generation: None, summary: Vec::new(), from: None, to: None };
    match &entry.kind {
        HistoryKind::Applied { generation, .. } => ChangeEntry { generation: Some(*generation), ..of("applied") },
        HistoryKind::Removed { .. } => of("removed"),
        HistoryKind::Forced { .. } => of("forced"),
        HistoryKind::RolledBack { from, to } => ChangeEntry { from: Some(*from), to: Some(*to), ..of("rolledBack") },
    }
}

fn summary(kind: &HistoryKind) -> Vec<String> {
    match kind {
        HistoryKind::Applied { summary, .. } => summary.clone(),
        HistoryKind::Removed { forced_over } => forced_over.iter().map(|over| format!("`{over}` read it")).collect(),
        HistoryKind::Forced { what, over } => over.iter().map(|over| format!("{what}, which `{over}` read")).collect(),
        HistoryKind::RolledBack { .. } => Vec::new(),
    }
}

/// What changed from each state of the product to the next, newest first.
fn steps(known: &KnownProduct<'_>, generations: &[Intent], operates: bool) -> Result<Vec<ContractStep>, GateError> {
    let cut = generations.len() > MOST as usize;
    let mut steps = Vec::new();
    for (at, new) in generations.iter().enumerate() {
        let old = generations.get(at + 1);
        if old.is_none() && cut {
            break;
        }
        let name = &new.compiled.product.name;
        let plan = plan_product(name, old.map(|old| &old.compiled), Some(&new.compiled), &Estate::new());
        for change in plan.ports {
            steps.extend(step(known, change, new.applied_at, operates)?);
        }
    }
    Ok(steps)
}

/// One step, if it is about a port that the caller may know of and they may know what it is.
fn step(
    known: &KnownProduct<'_>,
    change: PortChange,
    at: DateTime<Utc>,
    operates: bool,
) -> Result<Option<ContractStep>, GateError> {
    if !operates && !known.knows(&change.port, change.major) {
        return Ok(None);
    }
    let port = known.ports().find(|port| port.port.name == change.port && port.known.version.major == change.major);
    let tables = port.map(|port| port.tables()).transpose()?.unwrap_or_default();
    let told = change.contract.iter().filter(|change| operates || may_know(change, &tables));
    let changes: Vec<_> = told.map(described).collect();
    let step = match (&change.from_version, &change.to_version) {
        (Some(from), Some(to)) => to.step_from(from),
        _ => Step::None,
    };
    let same = change.from_version == change.to_version;
    Ok((!same || !changes.is_empty()).then_some(ContractStep {
        port: change.port,
        major: change.major,
        from: change.from_version,
        to: change.to_version,
        at,
        step,
        changes,
    }))
}

fn described(change: &ContractChange) -> StepChange {
    let (table, column) = (change.table.clone(), change.column.clone());
    StepChange { table, column, step: change.step(), text: change.to_string() }
}

/// Whether a change is about what exists for the caller. Of a column that is gone it is not known whether they would see
/// it, so that only whoever sees all columns is told of it.
fn may_know(change: &ContractChange, tables: &[SeenTable<'_>]) -> bool {
    let Some(table) = tables.iter().find(|table| table.schema.name == change.table) else {
        return tables.iter().all(SeenTable::has_all_columns);
    };
    match &change.column {
        Some(column) => {
            table.schema.column(column).is_some() && table.column(column).is_some() || table.has_all_columns()
        }
        None => {
            let words = matches!(change.kind, ContractChangeKind::TableAdded | ContractChangeKind::Described);
            words || table.has_all_columns()
        }
    }
}
