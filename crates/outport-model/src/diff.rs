//! What changed between two versions of a contract, and the SemVer step that each change demands.
//!
//! The steps are from the consumer's side: what may break a query or a typed reader is *major*; what adds to the
//! promise or weakens a check is *minor*; what only describes is a *patch*.

use std::{collections::BTreeSet, fmt};

use serde::{Deserialize, Serialize};

use crate::contract::{Column, Contract, DataType, TableSchema};

/// A step of a semantic version (SemVer 2.0.0).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// Nothing changed.
    #[default]
    None,
    /// Only descriptions changed.
    Patch,
    /// Consumers go on as before.
    Minor,
    /// Consumers may break.
    Major,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::Patch => "patch",
            Self::Minor => "minor",
            Self::Major => "major",
        })
    }
}

/// One change of a contract.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContractChange {
    /// The table.
    pub table: String,
    /// The column, where one column is meant.
    pub column: Option<String>,
    /// What changed.
    pub kind: ContractChangeKind,
}

/// What changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "change")]
pub enum ContractChangeKind {
    /// A new table.
    TableAdded,
    /// A table is gone.
    TableRemoved,
    /// A new column.
    ColumnAdded,
    /// A column is gone.
    ColumnRemoved,
    /// A column has another type.
    TypeChanged {
        /// Before.
        from: DataType,
        /// After.
        to: DataType,
    },
    /// A column that always had a value may now be null.
    Relaxed,
    /// A column that could be null now always has a value.
    Required,
    /// The primary key is another.
    KeyChanged,
    /// A new check.
    CheckAdded {
        /// Its id.
        check: String,
    },
    /// A check is gone.
    CheckRemoved {
        /// Its id.
        check: String,
    },
    /// A check measures or demands something else.
    CheckChanged {
        /// Its id.
        check: String,
    },
    /// Words, tags or classification changed.
    Described,
}

impl ContractChange {
    /// The step that the change demands.
    pub fn step(&self) -> Step {
        use ContractChangeKind as Kind;
        match self.kind {
            Kind::TableRemoved | Kind::ColumnRemoved | Kind::TypeChanged { .. } | Kind::Relaxed | Kind::KeyChanged => {
                Step::Major
            }
            Kind::TableAdded
            | Kind::ColumnAdded
            | Kind::Required
            | Kind::CheckAdded { .. }
            | Kind::CheckRemoved { .. }
            | Kind::CheckChanged { .. } => Step::Minor,
            Kind::Described => Step::Patch,
        }
    }
}

impl fmt::Display for ContractChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use ContractChangeKind as Kind;
        let what = self.column.as_ref().map_or(self.table.clone(), |column| format!("{}.{column}", self.table));
        match &self.kind {
            Kind::TableAdded => write!(f, "table `{what}` added"),
            Kind::TableRemoved => write!(f, "table `{what}` removed"),
            Kind::ColumnAdded => write!(f, "column `{what}` added"),
            Kind::ColumnRemoved => write!(f, "column `{what}` removed"),
            Kind::TypeChanged { from, to } => write!(f, "column `{what}` changed from {from} to {to}"),
            Kind::Relaxed => write!(f, "column `{what}` may now be null"),
            Kind::Required => write!(f, "column `{what}` is now never null"),
            Kind::KeyChanged => write!(f, "primary key of `{what}` changed"),
            Kind::CheckAdded { check } => write!(f, "check `{check}` on `{what}` added"),
            Kind::CheckRemoved { check } => write!(f, "check `{check}` on `{what}` removed"),
            Kind::CheckChanged { check } => write!(f, "check `{check}` on `{what}` changed"),
            Kind::Described => write!(f, "description of `{what}` changed"),
        }
    }
}

/// Every change from one contract to the next, in the order of the tables. `diff(a, a)` is empty.
pub fn diff(from: &Contract, to: &Contract) -> Vec<ContractChange> {
    let mut changes = Vec::new();
    for old in &from.tables {
        match to.table(&old.name) {
            Some(new) => diff_table(old, new, &mut changes),
            None => changes.push(change(&old.name, None, ContractChangeKind::TableRemoved)),
        }
    }
    for new in to.tables.iter().filter(|new| from.table(&new.name).is_none()) {
        changes.push(change(&new.name, None, ContractChangeKind::TableAdded));
    }
    changes
}

/// The greatest step that any of the changes demands.
pub fn demanded_step(changes: &[ContractChange]) -> Step {
    changes.iter().map(ContractChange::step).max().unwrap_or_default()
}

fn change(table: &str, column: Option<&str>, kind: ContractChangeKind) -> ContractChange {
    ContractChange { table: table.to_owned(), column: column.map(str::to_owned), kind }
}

fn diff_table(old: &TableSchema, new: &TableSchema, changes: &mut Vec<ContractChange>) {
    for column in &old.columns {
        match new.column(&column.name) {
            Some(after) => diff_column(&old.name, column, after, changes),
            None => changes.push(change(&old.name, Some(&column.name), ContractChangeKind::ColumnRemoved)),
        }
    }
    for column in new.columns.iter().filter(|c| old.column(&c.name).is_none()) {
        changes.push(change(&old.name, Some(&column.name), ContractChangeKind::ColumnAdded));
    }
    let key = |t: &TableSchema| t.primary_key().iter().map(|c| c.name.clone()).collect::<Vec<_>>();
    if key(old) != key(new) {
        changes.push(change(&old.name, None, ContractChangeKind::KeyChanged));
    }
    if old.description != new.description {
        changes.push(change(&old.name, None, ContractChangeKind::Described));
    }
    diff_checks(old, new, changes);
}

fn diff_column(table: &str, old: &Column, new: &Column, changes: &mut Vec<ContractChange>) {
    let mut push = |kind| changes.push(change(table, Some(&old.name), kind));
    if old.data_type != new.data_type {
        push(ContractChangeKind::TypeChanged { from: old.data_type.clone(), to: new.data_type.clone() });
    }
    match (old.nullable, new.nullable) {
        (false, true) => push(ContractChangeKind::Relaxed),
        (true, false) => push(ContractChangeKind::Required),
        _ => {}
    }
    let words = |c: &Column| (c.description.clone(), c.classification.clone(), c.tags.clone(), c.deprecated);
    if words(old) != words(new) {
        push(ContractChangeKind::Described);
    }
}

fn diff_checks(old: &TableSchema, new: &TableSchema, changes: &mut Vec<ContractChange>) {
    let columns: BTreeSet<_> = new.columns.iter().map(|c| c.name.as_str()).collect();
    for check in &old.checks {
        let kind = match new.checks.iter().find(|c| c.id == check.id) {
            None if check.column.as_ref().is_some_and(|c| !columns.contains(c.as_str())) => continue,
            None => ContractChangeKind::CheckRemoved { check: check.id.clone() },
            Some(after)
                if (&after.kind, &after.threshold, after.unit, after.severity)
                    != (&check.kind, &check.threshold, check.unit, check.severity) =>
            {
                ContractChangeKind::CheckChanged { check: check.id.clone() }
            }
            Some(_) => continue,
        };
        changes.push(change(&old.name, check.column.as_deref(), kind));
    }
    for check in new.checks.iter().filter(|c| !old.checks.iter().any(|o| o.id == c.id)) {
        if check.column.as_ref().is_some_and(|c| old.column(c).is_none()) {
            continue;
        }
        let kind = ContractChangeKind::CheckAdded { check: check.id.clone() };
        changes.push(change(&old.name, check.column.as_deref(), kind));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{ContractId, ContractTerms, Version};
    use proptest::prelude::*;

    fn column(name: &str, data_type: DataType, nullable: bool) -> Column {
        Column {
            name: name.into(),
            data_type,
            nullable,
            primary_key: None,
            unique: false,
            description: None,
            classification: None,
            tags: Vec::new(),
            deprecated: false,
        }
    }

    fn contract(columns: Vec<Column>) -> Contract {
        Contract {
            id: ContractId::new("c"),
            version: Version::new(1, 0, 0),
            name: None,
            file: "c.odcs.yaml".into(),
            description: None,
            approvers: BTreeSet::new(),
            terms: ContractTerms::default(),
            tables: vec![TableSchema { name: "t".into(), description: None, columns, checks: Vec::new() }],
        }
    }

    fn any_contract() -> impl Strategy<Value = Contract> {
        let types = prop_oneof![Just(DataType::String), Just(DataType::Date), Just(DataType::Boolean)];
        proptest::collection::btree_map("[a-d]", (types, any::<bool>()), 0..4).prop_map(|columns| {
            contract(columns.into_iter().map(|(name, (kind, nullable))| column(&name, kind, nullable)).collect())
        })
    }

    proptest! {
        #[test]
        fn a_contract_does_not_differ_from_itself(c in any_contract()) {
            prop_assert!(diff(&c, &c).is_empty());
        }

        #[test]
        fn different_contracts_differ(a in any_contract(), b in any_contract()) {
            prop_assert_eq!(diff(&a, &b).is_empty(), a == b);
        }

        #[test]
        fn what_one_way_adds_the_other_way_removes(a in any_contract(), b in any_contract()) {
            let count = |x: &[ContractChange], kind: &ContractChangeKind| x.iter().filter(|c| c.kind == *kind).count();
            prop_assert_eq!(
                count(&diff(&a, &b), &ContractChangeKind::ColumnAdded),
                count(&diff(&b, &a), &ContractChangeKind::ColumnRemoved)
            );
        }
    }

    #[test]
    fn steps_are_seen_from_the_consumer() {
        let old = contract(vec![column("a", DataType::String, false), column("b", DataType::Date, true)]);
        let new = contract(vec![column("a", DataType::String, true), column("c", DataType::Date, true)]);
        let changes = diff(&old, &new);
        let shown: Vec<_> = changes.iter().map(|c| format!("{}: {c}", c.step())).collect();
        assert_eq!(
            shown,
            ["major: column `t.a` may now be null", "major: column `t.b` removed", "minor: column `t.c` added"]
        );
        assert_eq!(demanded_step(&changes), Step::Major);
    }
}
