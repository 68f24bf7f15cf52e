//! The cheapest proof for each check.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use datafusion::{common::ScalarValue, prelude::SessionContext};
use outport_model::{
    check::{Check, CheckKind, Method, Outcome},
    contract::{Contract, DataType, TableSchema},
};

use super::{
    CheckedTable,
    literal::identifier,
    path::Place,
    query::{self, Aggregate, Reference},
    rule::{self, RuleError},
    scalar,
    statistics::Known,
    verdict::{self, Measurement},
};

/// What the plan of a check stands on.
#[derive(Clone, Copy)]
pub(crate) struct Ground<'a> {
    /// The session in which tables bear their contract's names.
    pub(crate) session: &'a SessionContext,
    /// The contract.
    pub(crate) contract: &'a Contract,
    /// Its tables, as they are registered.
    pub(crate) tables: &'a BTreeMap<String, CheckedTable>,
    /// What is known of them without reading.
    pub(crate) known: &'a BTreeMap<String, Known>,
    /// The time that ages are measured to.
    pub(crate) now: DateTime<Utc>,
}

/// How a check is answered.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Proof {
    /// It is answered already.
    Given(Measurement, Method),
    /// By one value of a scan of its table.
    Scan(Aggregate),
    /// By a query that gives duplicated values and their rows.
    Duplicates(String),
    /// By a query that gives the rows without a match.
    Dangling(String),
    /// By the rule's own query.
    Own(String),
}

/// A check with its proof.
#[derive(Debug, Clone)]
pub(crate) struct Planned<'a> {
    /// The check.
    pub(crate) check: &'a Check,
    /// How it is answered.
    pub(crate) proof: Proof,
    /// The predicate of a row rule.
    pub(crate) predicate: Option<String>,
}

impl<'a> Ground<'a> {
    /// Plans one check.
    pub(crate) fn plan(&self, check: &'a Check) -> Planned<'a> {
        let mut predicate = None;
        let proof = self.proof(check, &mut predicate).unwrap_or_else(|error| refused(&error));
        Planned { check, proof, predicate }
    }

    fn proof(&self, check: &Check, predicate: &mut Option<String>) -> Result<Proof, RuleError> {
        if let Some(measurement) = verdict::unmeasured(check) {
            return Ok(Proof::Given(measurement, Method::None));
        }
        let unknown = || RuleError::Table { table: check.table.clone() };
        let table = self.contract.table(&check.table).ok_or_else(unknown)?;
        let Some(checked) = self.tables.get(&check.table) else { return Ok(no_data(&check.table)) };
        match &check.kind {
            CheckKind::RowCount => Ok(match self.known(table).and_then(Known::rows) {
                Some(_) => Proof::Given(Measurement::Rows, Method::Statistics),
                None => Proof::Scan(Aggregate::Rows),
            }),
            CheckKind::Duplicate { columns } => self.duplicates(table, columns),
            CheckKind::Reference { .. } => self.dangling(check),
            CheckKind::Sql { query } => Ok(Proof::Own(query.clone())),
            CheckKind::Freshness { column } => self.age(table, column, Known::greatest, Aggregate::Greatest),
            CheckKind::Retention { column } => self.age(table, column, Known::least, Aggregate::Least),
            _ => {
                *predicate = rule::violation(check, table, &checked.raw)?;
                Ok(self.row_rule(check, table, predicate.as_deref()))
            }
        }
    }

    fn known(&self, table: &TableSchema) -> Option<&'a Known> {
        self.known.get(&table.name).filter(|known| known.rows().is_some())
    }

    fn row_rule(&self, check: &Check, table: &TableSchema, predicate: Option<&str>) -> Proof {
        let Some(predicate) = predicate else {
            return Proof::Given(Measurement::Violations(0), Method::Statistics);
        };
        let given = self.known(table).and_then(|known| {
            self.missing(check, table, known).or_else(|| known.exclude(self.session, predicate).then_some(0))
        });
        match given {
            Some(rows) => Proof::Given(Measurement::Violations(rows), Method::Statistics),
            None => Proof::Scan(Aggregate::Count(predicate.to_owned())),
        }
    }

    /// The number of nulls, where the statistics also prove that none of the other missing values is there.
    fn missing(&self, check: &Check, table: &TableSchema, known: &Known) -> Option<u64> {
        let CheckKind::Missing { missing } = &check.kind else { return None };
        let column = table.column(check.column.as_deref()?)?;
        let listed = rule::one_of(&identifier(&column.name), missing, &column.data_type);
        let is_null_only = listed.is_none_or(|listed| known.exclude(self.session, &listed));
        known.nulls(&column.name).filter(|_| is_null_only)
    }

    fn duplicates(&self, table: &TableSchema, columns: &[String]) -> Result<Proof, RuleError> {
        let query = query::duplicates(table, columns)?;
        Ok(match self.known(table).and_then(Known::rows) {
            Some(0 | 1) => Proof::Given(Measurement::Duplicates { values: 0, rows: 0 }, Method::Statistics),
            _ => Proof::Duplicates(query),
        })
    }

    fn dangling(&self, check: &Check) -> Result<Proof, RuleError> {
        let reference = Reference::of(self.contract, check)?;
        if let CheckKind::Reference { to_table, .. } = &check.kind
            && !self.tables.contains_key(to_table)
        {
            return Ok(no_data(to_table));
        }
        let query = query::dangling(&reference)?;
        let rows = self.contract.table(&check.table).and_then(|t| self.known(t)).and_then(Known::rows);
        Ok(if rows == Some(0) {
            Proof::Given(Measurement::Violations(0), Method::Statistics)
        } else {
            Proof::Dangling(query)
        })
    }

    fn age(
        &self,
        table: &TableSchema,
        column: &str,
        from_statistics: impl Fn(&Known, &str) -> Option<ScalarValue>,
        from_scan: impl Fn(String) -> Aggregate,
    ) -> Result<Proof, RuleError> {
        let unknown = || RuleError::Column { table: table.name.clone(), column: column.to_owned() };
        let place = Place::find(table, column).ok_or_else(unknown)?;
        let is_time = matches!(place.data_type, DataType::Date | DataType::Timestamp { .. });
        let unfit = || RuleError::Type { rule: "an age", data_type: place.data_type.clone() };
        let value = place.single().filter(|_| is_time).ok_or_else(unfit)?;
        let known = self.known(table);
        if known.and_then(Known::rows) == Some(0) {
            return Ok(Proof::Given(no_age(Some(0)), Method::None));
        }
        Ok(match known.and_then(|known| from_statistics(known, column)) {
            Some(at) => Proof::Given(age(&at, self.now, None), Method::Statistics),
            None => Proof::Scan(from_scan(value)),
        })
    }
}

/// The seconds between a point in time and now.
pub(crate) fn age(at: &ScalarValue, now: DateTime<Utc>, rows: Option<u64>) -> Measurement {
    match scalar::instant(at) {
        Some(at) => Measurement::Age(seconds(now.signed_duration_since(at))),
        None => no_age(rows),
    }
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of ten thousand years fit into 2^53")]
fn seconds(duration: chrono::TimeDelta) -> f64 {
    duration.num_milliseconds() as f64 / 1000.0
}

fn no_age(rows: Option<u64>) -> Measurement {
    let reason = if rows.is_some_and(|rows| rows > 0) { "no values" } else { "no rows" };
    Measurement::Nothing(Outcome::Error, reason.to_owned())
}

fn no_data(table: &str) -> Proof {
    let message = format!("there are no data for `{table}`");
    Proof::Given(Measurement::Nothing(Outcome::Error, message), Method::None)
}

fn refused(error: &RuleError) -> Proof {
    let outcome = if matches!(error, RuleError::Format { .. }) { Outcome::Skip } else { Outcome::Error };
    Proof::Given(Measurement::Nothing(outcome, error.to_string()), Method::None)
}
