//! Who reads a product, for what, and how much.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use outport_model::{
    name::{PortName, ProductName, TableName},
    principal::{Door, PrincipalId, PrincipalKind, Purpose},
};
use serde::Serialize;

use super::{
    super::{Caller, Gate, error::GateError},
    known::{KnownProduct, Look, SeenTable},
    lineage::reads,
    usage::{self, Reading},
};

/// Of how many days it can be asked who reads.
pub const MOST_DAYS: u16 = usage::KEPT;

/// Who reads a product, as far as a caller is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProductConsumers {
    /// Of how many days, today among them.
    pub days: u16,
    /// Whether everyone is named, and not the caller alone.
    pub complete: bool,
    /// Those who read most first.
    pub consumers: Vec<Consumer>,
    /// One for each day, oldest first.
    pub trend: Vec<TrendDay>,
    /// Products that read it, by name.
    pub downstream: Vec<Downstream>,
}

/// Someone who reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Consumer {
    /// Who.
    pub principal: PrincipalId,
    /// What they are.
    pub kind: Option<PrincipalKind>,
    /// Through which doors.
    pub doors: BTreeSet<Door>,
    /// What for, where they said so.
    pub purposes: BTreeSet<Purpose>,
    /// Which columns, by table.
    pub columns: Vec<TableColumns>,
    /// How often.
    pub requests: u64,
    /// How many rows left, of these requests as a whole.
    pub rows: u64,
    /// When they came last.
    pub last_at: DateTime<Utc>,
}

/// Columns of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TableColumns {
    /// The table.
    pub table: TableName,
    /// The columns.
    pub columns: Vec<String>,
}

/// How much was read on a day (UTC).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TrendDay {
    /// The day.
    pub day: NaiveDate,
    /// Requests that were answered.
    pub requests: u64,
    /// Who they came from.
    pub readers: u64,
    /// Rows that left; `None` for whoever is not told everything.
    pub rows: Option<u64>,
}

/// A product that reads this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Downstream {
    /// The product.
    pub product: ProductName,
    /// What people call it.
    pub title: Option<String>,
    /// The ports that it reads.
    pub ports: BTreeSet<PortName>,
}

impl Gate {
    /// Who reads a product, in so many days that end today. Everyone is named to who operates it, and to others only they
    /// themselves.
    pub async fn product_consumers(
        &self,
        caller: &Caller,
        product: &ProductName,
        days: u16,
    ) -> Result<ProductConsumers, GateError> {
        let look = self.look(caller).await?;
        let known = look.product(product)?;
        let complete = known.operates()?;
        let days = days.clamp(1, MOST_DAYS);
        let usage = self.usage().await?;
        let mut readings: BTreeMap<&PrincipalId, Reading> = BTreeMap::new();
        let mut trend = Vec::new();
        for (day, traffic) in usage.by_day(&known, days, complete) {
            let readers: HashSet<_> = traffic.iter().flat_map(|traffic| traffic.readers.keys()).collect();
            trend.push(TrendDay {
                day,
                requests: traffic.iter().map(|traffic| traffic.requests).sum(),
                readers: readers.len() as u64,
                rows: complete.then(|| traffic.iter().map(|traffic| traffic.rows).sum()),
            });
            let named = traffic.iter().flat_map(|traffic| &traffic.readers);
            for (reader, reading) in named.filter(|(reader, _)| complete || **reader == look.principal.id) {
                let sum = readings.entry(reader).or_insert_with(|| Reading::begin(reading.kind, reading.last_at));
                sum.add(reading);
            }
        }
        let tables = known.ports().map(|port| port.tables()).collect::<Result<Vec<_>, _>>()?.concat();
        let mut consumers: Vec<_> =
            readings.into_iter().map(|(reader, reading)| consumer(reader, reading, &tables)).collect();
        // They come by name, which stays the order of those who read as much.
        consumers.sort_by_key(|consumer| std::cmp::Reverse(consumer.requests));
        Ok(ProductConsumers { days, complete, consumers, trend, downstream: downstream(&look, &known) })
    }
}

/// Someone who reads. Columns that do not exist for the caller are not named.
fn consumer(reader: &PrincipalId, reading: Reading, tables: &[SeenTable<'_>]) -> Consumer {
    let columns = reading.columns.into_iter().filter_map(|(table, columns)| {
        let seen = tables.iter().find(|seen| seen.offered.name == table)?;
        let columns = columns.into_iter().filter(|column| seen.column(column).is_some()).collect();
        Some(TableColumns { table, columns })
    });
    Consumer {
        principal: reader.clone(),
        kind: reading.kind,
        doors: reading.doors,
        purposes: reading.purposes,
        columns: columns.collect(),
        requests: reading.requests,
        rows: reading.rows,
        last_at: reading.last_at,
    }
}

/// The products that read it, of those that the caller may know of.
fn downstream(look: &Look<'_>, known: &KnownProduct<'_>) -> Vec<Downstream> {
    let readers = look.products().filter_map(|reader| {
        let product = &reader.compiled.product;
        let read = reads(product).filter(|(_, from, port)| *from == known.name() && known.knows_port(port));
        let ports: BTreeSet<_> = read.map(|(_, _, port)| port.clone()).collect();
        (!ports.is_empty()).then(|| Downstream { product: product.name.clone(), title: product.title.clone(), ports })
    });
    readers.collect()
}
