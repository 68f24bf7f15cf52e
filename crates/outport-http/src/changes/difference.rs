//! The rows that are not the same in two releases of a table.
//!
//! Rows are told apart by the contract's key. A table without one, or with one that the caller does not see in clear,
//! has only rows that were put in and rows that were taken out.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use outport_app::{
    engine::Question,
    gate::{Caller, Gate, GateError},
};
use outport_model::release::ReleaseNumber;

use crate::rest::{
    fault::Fault,
    predicate::Sql,
    shape::{Seen, Shape},
};

/// The column that says what became of a row, and its values, as Delta Lake has them.
pub(crate) const CHANGE: &str = "_change_type";

/// A table as a caller sees it, and the release of its product that is current.
#[derive(Debug, Clone)]
pub(crate) struct Located {
    pub(crate) shape: Shape,
    pub(crate) current: ReleaseNumber,
}

/// Compares releases of one table for one caller.
#[derive(Debug)]
pub(crate) struct Comparison<'a> {
    gate: &'a Gate,
    caller: &'a Caller,
    located: &'a Located,
    /// The releases that were planned, so that one that follows another and is followed in turn is planned once.
    sides: BTreeMap<ReleaseNumber, Side>,
}

impl<'a> Comparison<'a> {
    pub(crate) fn new(gate: &'a Gate, caller: &'a Caller, located: &'a Located) -> Self {
        Self { gate, caller, located, sides: BTreeMap::new() }
    }

    /// The question for the changes from one release to another, without so many from their beginning. They are always in
    /// the order of the key, what was before what is. Release zero is the empty table.
    pub(crate) async fn question(
        &mut self,
        releases: Range<ReleaseNumber>,
        skip: usize,
    ) -> Result<Question, GateError> {
        let after = self.side(releases.end).await?;
        let before = match releases.start {
            ReleaseNumber(0) => None,
            start => Some(self.side(start).await?),
        };
        Ok(compare(self.located, before.as_ref(), &after, skip)?)
    }

    async fn side(&mut self, release: ReleaseNumber) -> Result<Side, GateError> {
        if let Some(side) = self.sides.get(&release) {
            return Ok(side.clone());
        }
        let side = Side::read(self.gate, self.caller, self.located, release).await?;
        self.sides.insert(release, side.clone());
        Ok(side)
    }
}

/// Whether the order of the changes of a table is always the same, so that some of them can be left out.
pub(crate) fn is_ordered(shape: &Shape) -> bool {
    !shape.key.is_empty() || shape.columns.iter().all(Seen::is_comparable)
}

/// A release of a table. What the caller sees of it is what they see of the table now.
#[derive(Debug, Clone)]
struct Side {
    release: ReleaseNumber,
    /// The columns that the table has in this release.
    columns: BTreeSet<String>,
}

impl Side {
    async fn read(gate: &Gate, caller: &Caller, located: &Located, release: ReleaseNumber) -> Result<Self, GateError> {
        let mut asked = Asked::new(located);
        asked.sql.words("SELECT * FROM ");
        asked.table(release);
        let prospect = gate.prospect(caller, &asked.finish()).await?;
        let columns = prospect.schema.fields().iter().map(|field| field.name().clone()).collect();
        Ok(Self { release, columns })
    }
}

fn compare(located: &Located, before: Option<&Side>, after: &Side, skip: usize) -> Result<Question, Fault> {
    if located.shape.columns.iter().any(|column| column.name == CHANGE) {
        let fault = Fault::new(format!("the table has a column `{CHANGE}` itself"));
        return Err(fault.help("read both releases, and compare them"));
    }
    let mut asked = Asked::new(located);
    asked.sql.words("WITH \"after\" AS (");
    asked.side(after);
    if let Some(before) = before {
        asked.sql.words("), \"before\" AS (");
        asked.side(before);
    }
    asked.sql.words(") ");
    match (before, located.shape.key.as_slice()) {
        (None, _) => {
            asked.sql.words("SELECT 'insert' AS ").name(CHANGE).words(", ");
            asked.names(None);
            asked.sql.words(" FROM \"after\"");
        }
        (Some(_), []) => asked.counted(),
        (Some(_), key) => asked.joined(key),
    }
    asked.ordered();
    asked.sql.words(" OFFSET ").number(skip);
    Ok(asked.finish())
}

/// A question that is being written.
struct Asked<'a> {
    shape: &'a Shape,
    current: ReleaseNumber,
    sql: Sql,
    beside: BTreeSet<ReleaseNumber>,
}

impl<'a> Asked<'a> {
    fn new(located: &'a Located) -> Self {
        let Located { shape, current } = located;
        Self { shape, current: *current, sql: Sql::default(), beside: BTreeSet::new() }
    }

    fn finish(self) -> Question {
        let product = &self.shape.product;
        let (sql, arguments) = self.sql.finish();
        let beside = self.beside.into_iter().map(|release| (product.clone(), release)).collect();
        Question { sql, arguments, beside, ..Question::default() }
    }

    /// The table in a release.
    fn table(&mut self, release: ReleaseNumber) {
        let product = self.shape.product.as_str();
        if release == self.current {
            self.sql.name(product);
        } else {
            self.beside.insert(release);
            self.sql.name(&format!("{product}#{release}"));
        }
        self.sql.words(".").name(self.shape.table.as_str());
    }

    /// All of a release. A column that it does not have is empty.
    fn side(&mut self, side: &Side) {
        self.sql.words("SELECT ");
        for (place, column) in self.shape.columns.iter().enumerate() {
            self.sql.words(if place == 0 { "" } else { ", " });
            if !side.columns.contains(&column.name) {
                self.sql.words("NULL AS ");
            }
            self.sql.name(&column.name);
        }
        self.sql.words(" FROM ");
        self.table(side.release);
    }

    fn names(&mut self, of: Option<&str>) {
        for (place, column) in self.shape.columns.iter().enumerate() {
            self.sql.words(if place == 0 { "" } else { ", " });
            if let Some(of) = of {
                self.sql.name(of).words(".");
            }
            self.sql.name(&column.name);
        }
    }

    fn joined(&mut self, key: &[String]) {
        self.sql.words("SELECT * FROM (");
        self.half(key, "before", "after", ["delete", "update_preimage"]);
        self.sql.words(" UNION ALL ");
        self.half(key, "after", "before", ["insert", "update_postimage"]);
        self.sql.words(")");
    }

    /// The rows of one release that the other one does not have so: those without such a key, and those that differ.
    fn half(&mut self, key: &[String], own: &str, other: &str, [alone, changed]: [&str; 2]) {
        let Some(first) = key.first() else { return };
        self.sql.words("SELECT CASE WHEN ").name(other).words(".").name(first);
        self.sql.words(&format!(" IS NULL THEN '{alone}' ELSE '{changed}' END AS ")).name(CHANGE).words(", ");
        self.names(Some(own));
        self.sql.words(" FROM ").name(own).words(" LEFT JOIN ").name(other).words(" ON ");
        for (place, name) in key.iter().enumerate() {
            self.sql.words(if place == 0 { "" } else { " AND " });
            self.sql.name(own).words(".").name(name).words(" = ").name(other).words(".").name(name);
        }
        self.sql.words(" WHERE ").name(other).words(".").name(first).words(" IS NULL");
        for column in self.shape.columns.iter().filter(|column| !key.contains(&column.name)) {
            // In brackets: the parser takes all that follows for what is compared.
            self.sql.words(" OR (").name(own).words(".").name(&column.name);
            self.sql.words(" IS DISTINCT FROM ").name(other).words(".").name(&column.name).words(")");
        }
    }

    /// Every row as often as one release has it more than the other.
    fn counted(&mut self) {
        let [one, sum] = ["_one", "_sum"].map(|name| self.unused(name));
        self.sql.words("SELECT ").name(CHANGE).words(", ");
        self.names(None);
        self.sql.words(" FROM (SELECT CASE WHEN ").name(&sum).words(" > 0 THEN 'insert' ELSE 'delete' END AS ");
        self.sql.name(CHANGE).words(", ");
        self.names(None);
        self.sql.words(", unnest(range(abs(").name(&sum).words("))) FROM (SELECT ");
        self.names(None);
        self.sql.words(", sum(").name(&one).words(") AS ").name(&sum).words(" FROM (SELECT ");
        self.names(None);
        self.sql.words(", 1 AS ").name(&one).words(" FROM \"after\" UNION ALL SELECT ");
        self.names(None);
        self.sql.words(", -1 FROM \"before\") GROUP BY ");
        self.names(None);
        self.sql.words(" HAVING sum(").name(&one).words(") <> 0))");
    }

    /// A name that no column has.
    fn unused(&self, name: &str) -> String {
        let mut name = name.to_owned();
        while self.shape.columns.iter().any(|column| column.name == name) {
            name.insert(0, '_');
        }
        name
    }

    fn ordered(&mut self) {
        let all = self.shape.columns.iter().filter(|column| column.is_comparable()).map(|column| column.name.as_str());
        let names: Vec<&str> = match self.shape.key.as_slice() {
            [] => all.collect(),
            key => key.iter().map(String::as_str).collect(),
        };
        self.sql.words(" ORDER BY ");
        for name in names {
            self.sql.name(name).words(", ");
        }
        // `update_preimage` before `update_postimage`.
        self.sql.name(CHANGE).words(" DESC");
    }
}
