//! What checks came to, and who may know of it.
//!
//! A check is about columns. It does not exist for whoever lacks one of them, and neither does what it came to. A rule in
//! SQL may be about any column of its table, so that all of them have to be there.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use outport_model::{
    check::{Check, CheckKind, CheckResult, Dimension, Outcome},
    run::RunId,
};

use super::{
    super::error::GateError,
    known::{Seen, SeenTable},
};
use crate::App;

/// For how many runs it is kept what their checks came to.
const MOST: usize = 20_000;

/// What the checks of runs came to, in short. A run that has ended never changes.
#[derive(Debug, Default)]
pub(in crate::gate) struct Findings(Mutex<HashMap<RunId, Arc<[Finding]>>>);

/// What a check came to.
#[derive(Debug)]
pub(super) struct Finding {
    /// The port whose contract asks for it.
    pub(super) port: Option<String>,
    pub(super) subject: Subject,
    pub(super) dimension: Dimension,
    pub(super) outcome: Outcome,
}

impl Finding {
    fn of(result: &CheckResult) -> Self {
        Self {
            port: result.port.clone(),
            subject: Subject::of(&result.check),
            dimension: result.check.dimension,
            outcome: result.outcome,
        }
    }
}

impl Findings {
    /// What the checks of a run came to.
    pub(super) async fn of(&self, app: &App, run: RunId) -> Result<Arc<[Finding]>, GateError> {
        if let Some(found) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&run) {
            return Ok(Arc::clone(found));
        }
        let results = app.stores.runs.check_results(run).await?;
        let found: Arc<[Finding]> = results.iter().map(Finding::of).collect();
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST {
            kept.clear();
        }
        kept.insert(run, Arc::clone(&found));
        Ok(found)
    }
}

/// What a check is about.
#[derive(Debug)]
pub(super) struct Subject {
    table: String,
    columns: Vec<String>,
    /// Another table, and columns of it.
    other: Option<(String, Vec<String>)>,
    /// Whether it may be about any column of the table.
    any: bool,
}

/// How much someone may know of what a check came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Clarity {
    /// Whether the rule holds.
    Outcome,
    /// All of it, as they could count it themselves.
    Figures,
}

impl Subject {
    /// What a check is about.
    pub(super) fn of(check: &Check) -> Self {
        let mut columns: Vec<String> = check.column.iter().cloned().collect();
        let (mut other, mut any) = (None, false);
        match &check.kind {
            CheckKind::Duplicate { columns: of } => columns.extend(of.iter().cloned()),
            CheckKind::Reference { columns: of, to_table, to_columns } => {
                columns.extend(of.iter().cloned());
                other = Some((to_table.clone(), to_columns.clone()));
            }
            CheckKind::Freshness { column } | CheckKind::Retention { column } => columns.push(column.clone()),
            CheckKind::Sql { .. } | CheckKind::Text | CheckKind::Custom { .. } => any = true,
            CheckKind::Conversion
            | CheckKind::Missing { .. }
            | CheckKind::Range { .. }
            | CheckKind::MultipleOf { .. }
            | CheckKind::Length { .. }
            | CheckKind::Format { .. }
            | CheckKind::UniqueItems
            | CheckKind::Invalid { .. }
            | CheckKind::RowCount => {}
        }
        Self { table: check.table.clone(), columns, other, any }
    }

    /// How much someone may know of it who sees these tables of the port; `None` where it does not exist for them.
    pub(super) fn clarity(&self, tables: &[SeenTable<'_>]) -> Option<Clarity> {
        let own = of_columns(tables, &self.table, &self.columns, self.any)?;
        match &self.other {
            Some((table, columns)) => Some(own.min(of_columns(tables, table, columns, false)?)),
            None => Some(own),
        }
    }
}

fn of_columns(tables: &[SeenTable<'_>], table: &str, columns: &[String], any: bool) -> Option<Clarity> {
    let table = tables.iter().find(|seen| seen.schema.name == table)?;
    let seen = |name: &String| table.column(name);
    if any && !table.has_all_columns() {
        return None;
    }
    let mut plain = table.sees_all_rows();
    for column in columns {
        plain &= seen(column)? == Seen::Plain;
    }
    if any {
        plain &= table.columns().all(|(_, seen)| seen == Seen::Plain);
    }
    Some(if plain { Clarity::Figures } else { Clarity::Outcome })
}
