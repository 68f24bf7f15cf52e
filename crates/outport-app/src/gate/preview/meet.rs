//! What of someone's view another may be shown, who sees a table in their own way.

use outport_model::{
    access::{ColumnAccess, Condition, Mask, RowAccess, RowRule, TableAccess},
    contract::TableSchema,
};

use super::access;
use crate::engine::Sight;

/// What two see of a table.
#[derive(Debug)]
pub(super) struct Meeting {
    /// What both see; `None` where that is no row, or what is seen would tell the one what only the other sees.
    pub(super) sight: Option<Sight>,
    /// Columns that the reader sees and the reviewer does not see the same way.
    pub(super) withheld: Vec<String>,
    /// What is left out, and why, in sentences to the reviewer.
    pub(super) words: Vec<String>,
}

/// What both the reader and the reviewer see of a table.
///
/// A column is only shown as the reader sees it, and only where the reviewer could make the same of what they see. Rows are
/// told apart by the reader's rule, so that there are none where that rests on anything that the reviewer does not see.
pub(super) fn meet(theirs: &Sight, own: &Sight, schema: &TableSchema) -> Meeting {
    let seen = schema.columns.iter().filter_map(|column| Some((column, access(Some(theirs), &column.name)?)));
    let (shown, withheld): (Vec<_>, Vec<_>) = seen.partition(|(column, access)| shows(own, &column.name, access));
    let withheld: Vec<String> = withheld.into_iter().map(|(column, _)| column.name.clone()).collect();
    let nothing = |withheld, word: String| Meeting { sight: None, withheld, words: vec![word] };

    if least(theirs).is_some() {
        let word = "They would see groups of rows, and no single one.".to_owned();
        return nothing(withheld, word);
    }
    if least(own).is_some() {
        let word = "You may only read groups of rows yourself, so that no single one is shown to you.".to_owned();
        return nothing(withheld, word);
    }
    let hidden: Vec<_> = deciding(theirs).into_iter().filter(|column| !is_clear(own, column)).collect();
    if !hidden.is_empty() {
        let word = format!(
            "Which rows they would see depends on what you do not see in clear ({}), so that none are shown to you.",
            listed(&hidden)
        );
        return nothing(withheld, word);
    }
    if shown.is_empty() {
        let word = "You see no column of it as they would, so that no rows are shown to you.".to_owned();
        return nothing(withheld, word);
    }
    let mut words = Vec::new();
    if !withheld.is_empty() {
        let columns: Vec<&str> = withheld.iter().map(String::as_str).collect();
        words.push(format!("Left out is what you do not see as they would: {}.", listed(&columns)));
    }
    if matches!(own, Sight::Part(own) if own.rows != RowAccess::All) {
        words.push("Rows that you do not see yourself are left out.".to_owned());
    }
    let columns = shown.into_iter().map(|(column, access)| (column.name.clone(), access.clone()));
    let sight = match (theirs, own) {
        (Sight::Whole, Sight::Whole) => Sight::Whole,
        _ => Sight::Part(TableAccess {
            columns: columns.collect(),
            rows: both(rows(theirs), rows(own)),
            minimum_group: None,
            // It is the reviewer who reads.
            agreement: match own {
                Sight::Part(own) => own.agreement,
                Sight::Whole => None,
            },
        }),
    };
    Meeting { sight: Some(sight), withheld, words }
}

/// Whether the reviewer may be shown what the reader sees of a column.
fn shows(own: &Sight, column: &str, theirs: &ColumnAccess) -> bool {
    let Sight::Part(own) = own else { return true };
    match own.columns.get(column) {
        // A value and its hash together would tell where else the value is, whose hash alone is seen there.
        Some(ColumnAccess::Clear) => *theirs != ColumnAccess::Masked(Mask::Hash),
        Some(masked) => masked == theirs,
        None => false,
    }
}

fn is_clear(sight: &Sight, column: &str) -> bool {
    access(Some(sight), column) == Some(&ColumnAccess::Clear)
}

fn least(sight: &Sight) -> Option<u32> {
    match sight {
        Sight::Whole => None,
        Sight::Part(access) => access.minimum_group,
    }
}

fn rows(sight: &Sight) -> &RowAccess {
    match sight {
        Sight::Whole => &RowAccess::All,
        Sight::Part(access) => &access.rows,
    }
}

/// The columns that decide which rows someone sees, each once, in the order of the rule.
fn deciding(sight: &Sight) -> Vec<&str> {
    let RowAccess::Where(rule) = rows(sight) else { return Vec::new() };
    let mut columns = Vec::new();
    for condition in rule.permits.iter().chain(&rule.forbids) {
        add_columns(condition, &mut columns);
    }
    let mut once = Vec::new();
    for column in columns {
        if !once.contains(&column) {
            once.push(column);
        }
    }
    once
}

fn add_columns<'c>(condition: &'c Condition, columns: &mut Vec<&'c str>) {
    match condition {
        Condition::Constant { .. } => {}
        Condition::Flag { column }
        | Condition::Present { column }
        | Condition::Compare { column, .. }
        | Condition::AnyOf { column, .. }
        | Condition::Like { column, .. }
        | Condition::Contains { column, .. } => columns.push(column),
        Condition::CompareColumns { left, right, .. } => columns.extend([left.as_str(), right.as_str()]),
        Condition::Not { condition } => add_columns(condition, columns),
        Condition::All { conditions } | Condition::Any { conditions } => {
            for condition in conditions {
                add_columns(condition, columns);
            }
        }
        Condition::If { test, then, otherwise } => {
            for condition in [test, then, otherwise] {
                add_columns(condition, columns);
            }
        }
    }
}

/// The rows that two rules let through. Permits are paired: each is decided by itself, as what cannot be decided permits
/// nothing and keeps no other from permitting.
fn both(one: &RowAccess, other: &RowAccess) -> RowAccess {
    let (RowAccess::Where(one), RowAccess::Where(other)) = (one, other) else {
        return match one {
            RowAccess::All => other.clone(),
            RowAccess::Where(_) => one.clone(),
        };
    };
    let pairs = one.permits.iter().flat_map(|one| other.permits.iter().map(move |other| (one, other)));
    let pair = |(one, other): (&Condition, &Condition)| Condition::All { conditions: vec![one.clone(), other.clone()] };
    RowAccess::Where(RowRule {
        permits: pairs.map(pair).collect(),
        forbids: one.forbids.iter().chain(&other.forbids).cloned().collect(),
    })
}

fn listed(columns: &[&str]) -> String {
    columns.iter().map(|column| format!("`{column}`")).collect::<Vec<_>>().join(", ")
}
