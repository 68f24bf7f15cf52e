//! The SQL that measures checks, and the SQL that shows what violates them.

use outport_model::{
    check::{Check, CheckKind},
    contract::{Contract, TableSchema},
};

use super::{
    literal::{identifier, identifiers},
    path::Place,
    rule::RuleError,
};

/// How many violating rows a sample shows.
const SAMPLE: usize = 10;

/// One value of a scan that several checks share.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Aggregate {
    /// How many rows there are.
    Rows,
    /// How many rows meet a predicate.
    Count(String),
    /// The greatest of some values.
    Greatest(String),
    /// The least of some values.
    Least(String),
}

impl Aggregate {
    /// The filters of the extremes keep the engine from answering by statistics that were found wanting.
    fn sql(&self) -> String {
        match self {
            Self::Rows => "count(*)".to_owned(),
            Self::Count(predicate) => format!("count(*) FILTER (WHERE {predicate})"),
            Self::Greatest(value) => format!("max({value}) FILTER (WHERE {value} IS NOT NULL)"),
            Self::Least(value) => format!("min({value}) FILTER (WHERE {value} IS NOT NULL)"),
        }
    }
}

/// One scan of a table for several values, one row with a column for each.
pub(crate) fn scan(table: &str, aggregates: &[Aggregate]) -> String {
    let columns: Vec<String> =
        aggregates.iter().enumerate().map(|(at, a)| format!("{} AS \"{at}\"", a.sql())).collect();
    format!("SELECT {} FROM {}", columns.join(", "), identifier(table))
}

/// How many rows meet a predicate, in the form that lets the files' statistics leave out what cannot.
pub(crate) fn count(table: &str, predicate: &str) -> String {
    format!("SELECT count(*) FROM {} WHERE {predicate}", identifier(table))
}

/// Two columns: how many value combinations occur more than once, and in how many rows.
pub(crate) fn duplicates(table: &TableSchema, columns: &[String]) -> Result<String, RuleError> {
    let keys = keys(table, columns)?;
    Ok(format!(
        "SELECT count(*), coalesce(sum(\"occurrences\"), 0) FROM (SELECT count(*) AS \"occurrences\" FROM {} WHERE {} \
         GROUP BY {} HAVING count(*) > 1)",
        identifier(&table.name),
        all_present(&keys),
        keys.join(", "),
    ))
}

/// How many rows with a whole key have no match in the table that is referred to. That table stands on the left, the side
/// that is held in memory where nothing is known of the sizes.
pub(crate) fn dangling(reference: &Reference<'_>) -> Result<String, RuleError> {
    let keys = keys(reference.table, reference.columns)?;
    let names = key_names(&keys);
    let child = format!(
        "(SELECT {} FROM {} WHERE {}) AS \"child\"",
        renamed(&keys, &names),
        identifier(&reference.table.name),
        all_present(&keys),
    );
    let (parent, on) = (parent(reference, &names)?, on(&names));
    Ok(format!("SELECT count(*) FROM {parent} RIGHT ANTI JOIN {child} ON {on}"))
}

/// A relationship of two tables.
#[derive(Debug)]
pub(crate) struct Reference<'a> {
    table: &'a TableSchema,
    columns: &'a [String],
    to: &'a TableSchema,
    to_columns: &'a [String],
}

impl<'a> Reference<'a> {
    /// The relationship that a check is about.
    pub(crate) fn of(contract: &'a Contract, check: &'a Check) -> Result<Self, RuleError> {
        let CheckKind::Reference { columns, to_table, to_columns } = &check.kind else {
            return Err(RuleError::Column { table: check.table.clone(), column: String::new() });
        };
        let find = |name: &str| contract.table(name).ok_or_else(|| RuleError::Table { table: name.to_owned() });
        Ok(Self { table: find(&check.table)?, columns, to: find(to_table)?, to_columns })
    }
}

fn key_names(keys: &[String]) -> Vec<String> {
    (0..keys.len()).map(|at| format!("\"k{at}\"")).collect()
}

/// The keys of the table that is referred to.
fn parent(reference: &Reference<'_>, names: &[String]) -> Result<String, RuleError> {
    let keys = keys(reference.to, reference.to_columns)?;
    Ok(format!("(SELECT {} FROM {}) AS \"parent\"", renamed(&keys, names), identifier(&reference.to.name)))
}

fn on(names: &[String]) -> String {
    let equal: Vec<String> = names.iter().map(|n| format!("\"child\".{n} = \"parent\".{n}")).collect();
    equal.join(" AND ")
}

/// SQL that a person can paste to see what violates a check; `predicate` is that of a row rule.
pub(crate) fn sample(contract: &Contract, check: &Check, predicate: Option<&str>) -> Option<String> {
    let table = contract.table(&check.table)?;
    match &check.kind {
        CheckKind::Duplicate { columns } => duplicates_sample(table, columns).ok(),
        CheckKind::Reference { .. } => dangling_sample(&Reference::of(contract, check).ok()?).ok(),
        _ => Some(format!(
            "SELECT {} FROM {} WHERE {} LIMIT {SAMPLE}",
            shown(table, check),
            identifier(&table.name),
            predicate?
        )),
    }
}

fn duplicates_sample(table: &TableSchema, columns: &[String]) -> Result<String, RuleError> {
    let keys = keys(table, columns)?;
    let listed = keys.join(", ");
    Ok(format!(
        "SELECT {listed}, count(*) AS \"occurrences\" FROM {} WHERE {} GROUP BY {listed} HAVING count(*) > 1 \
         ORDER BY \"occurrences\" DESC LIMIT {SAMPLE}",
        identifier(&table.name),
        all_present(&keys),
    ))
}

fn dangling_sample(reference: &Reference<'_>) -> Result<String, RuleError> {
    let keys = keys(reference.table, reference.columns)?;
    let names = key_names(&keys);
    let child = format!(
        "SELECT *, {} FROM {} WHERE {}",
        renamed(&keys, &names),
        identifier(&reference.table.name),
        all_present(&keys)
    );
    let all: Vec<&str> = reference.table.columns.iter().map(|c| c.name.as_str()).collect();
    let (shown, parent, on) = (identifiers(all), parent(reference, &names)?, on(&names));
    Ok(format!("SELECT {shown} FROM ({child}) AS \"child\" LEFT ANTI JOIN {parent} ON {on} LIMIT {SAMPLE}"))
}

/// The key and the column in question; the whole row where there is no key.
fn shown(table: &TableSchema, check: &Check) -> String {
    let key = table.primary_key();
    if key.is_empty() {
        return identifiers(table.columns.iter().map(|c| c.name.as_str()));
    }
    let own = check.column.as_deref().and_then(|path| Place::column(table, path));
    let own = own.filter(|name| !key.iter().any(|k| k.name == *name));
    identifiers(key.iter().map(|c| c.name.as_str()).chain(own))
}

fn keys(table: &TableSchema, columns: &[String]) -> Result<Vec<String>, RuleError> {
    columns
        .iter()
        .map(|path| {
            let place = Place::find(table, path)
                .ok_or_else(|| RuleError::Column { table: table.name.clone(), column: path.clone() })?;
            place.single().ok_or(RuleError::Type { rule: "a key", data_type: place.data_type.clone() })
        })
        .collect()
}

fn renamed(keys: &[String], names: &[String]) -> String {
    keys.iter().zip(names).map(|(key, name)| format!("{key} AS {name}")).collect::<Vec<_>>().join(", ")
}

fn all_present(keys: &[String]) -> String {
    keys.iter().map(|key| format!("{key} IS NOT NULL")).collect::<Vec<_>>().join(" AND ")
}
