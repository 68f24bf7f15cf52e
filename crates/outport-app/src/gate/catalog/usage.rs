//! Who reads what, day by day, from the record of requests.
//!
//! The record is read as a stream and only sums are kept: of each day, for each product and each set of its ports that
//! requests read together, who read. Days that are over are read once; the last two are read anew where figures are wanted
//! and those at hand are old. How old they may be follows from how long it takes to read: no more than a small part of the
//! time goes into it.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use futures::TryStreamExt;
use outport_model::{
    audit::{RequestRecord, RequestResult},
    name::{PortName, ProductName, TableName, WorkspaceName},
    principal::{Door, PrincipalId, PrincipalKind, Purpose},
};
use tokio::{sync::Mutex, time::Instant};

use super::{
    super::{Gate, error::GateError},
    card::DAYS,
    known::KnownProduct,
};
use crate::{
    audit::{AuditError, AuditLog},
    live::During,
};

/// Days that are kept, today among them.
pub(super) const KEPT: u16 = 90;

/// Days that may still change: a request is put on record when it ends, under the day on which it came.
const OPEN: u64 = 2;

/// Readers of one product that are told apart in a day, through the same ports. The requests of others are counted.
const READERS: usize = 10_000;

/// Purposes of a reader that are kept for a day.
const PURPOSES: usize = 50;

/// Figures are kept for so many times as long as it took to read them.
const PATIENCE: u32 = 20;

/// Where it takes longer than this to read them, nobody waits who can have those at hand.
const BRIEF: Duration = Duration::from_millis(50);

/// The ports of a product that a request reads, each with its major version.
pub(super) type Ports = BTreeSet<(PortName, u64)>;

/// Sums over the record of requests, kept up to date.
#[derive(Debug, Default)]
pub(in crate::gate) struct UsageBook {
    /// Whoever has it reads the record.
    reading: Mutex<()>,
    kept: RwLock<Option<Kept>>,
}

#[derive(Debug, Clone)]
struct Kept {
    usage: Arc<Usage>,
    read: Instant,
    took: Duration,
}

impl Kept {
    fn is_good(&self, today: NaiveDate) -> bool {
        self.usage.today == today && self.read.elapsed() <= self.took * PATIENCE
    }
}

impl Gate {
    /// Who reads what.
    pub(super) async fn usage(&self) -> Result<Arc<Usage>, GateError> {
        self.usage_within(BRIEF).await
    }

    /// The same as far as it is at hand, so that whoever searches waits for the very first figures alone.
    pub(super) async fn usage_at_hand(&self) -> Result<Arc<Usage>, GateError> {
        self.usage_within(Duration::ZERO).await
    }

    /// Who reads what, which is read anew where that is due, and not waited for where it takes longer than this.
    async fn usage_within(&self, patience: Duration) -> Result<Arc<Usage>, GateError> {
        let today = self.app.clock.now().date_naive();
        let kept = self.usage.kept();
        if let Some(kept) = kept.as_ref().filter(|kept| kept.is_good(today)) {
            return Ok(Arc::clone(&kept.usage));
        }
        let book = Arc::clone(&self.usage);
        let (log, workspace) = (Arc::clone(&self.wardens.audit), self.app.workspace.clone());
        let read = async move { book.read(log.as_ref(), &workspace, today).await };
        match kept {
            Some(kept) if kept.took > patience => {
                if self.usage.reading.try_lock().is_ok() {
                    tokio::spawn(async move {
                        if let Err(error) = read.await {
                            tracing::error!(%error, "the record of requests could not be summed up");
                        }
                    });
                }
                Ok(kept.usage)
            }
            _ => read.await.map_err(|error| GateError::Internal(Box::new(error))),
        }
    }
}

impl UsageBook {
    fn kept(&self) -> Option<Kept> {
        self.kept.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads what is missing, unless someone else has done so by then.
    async fn read(
        &self,
        log: &dyn AuditLog,
        workspace: &WorkspaceName,
        today: NaiveDate,
    ) -> Result<Arc<Usage>, AuditError> {
        let _reading = self.reading.lock().await;
        let before = self.kept();
        if let Some(kept) = before.as_ref().filter(|kept| kept.is_good(today)) {
            return Ok(Arc::clone(&kept.usage));
        }
        let begun = Instant::now();
        let usage = Arc::new(read(log, workspace, before.map(|kept| kept.usage), today).await?);
        let kept = Kept { usage: Arc::clone(&usage), read: Instant::now(), took: begun.elapsed() };
        *self.kept.write().unwrap_or_else(PoisonError::into_inner) = Some(kept);
        Ok(usage)
    }
}

async fn read(
    log: &dyn AuditLog,
    workspace: &WorkspaceName,
    known: Option<Arc<Usage>>,
    today: NaiveDate,
) -> Result<Usage, AuditError> {
    let first = day_before(today, u64::from(KEPT) - 1);
    let open = day_before(today, OPEN - 1);
    // Days that were open when they were read are read once more.
    let from = known.as_ref().map_or(first, |known| known.closed.clamp(first, open));
    let mut days: BTreeMap<NaiveDate, Arc<Day>> = match &known {
        Some(known) => known.days.range(first..from).map(|(day, sums)| (*day, Arc::clone(sums))).collect(),
        None => BTreeMap::new(),
    };
    let mut read: BTreeMap<NaiveDate, Day> = BTreeMap::new();
    let during = During { from: Some(from.and_time(NaiveTime::MIN).and_utc()), until: None };
    let mut records = log.recorded().await?.read(during);
    while let Some(piece) = records.try_next().await? {
        for record in &piece {
            add(&mut read, record, workspace);
        }
    }
    days.extend(read.into_iter().map(|(day, sums)| (day, Arc::new(sums))));
    Ok(Usage::of(days, open, today))
}

fn day_before(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_sub_days(Days::new(days)).unwrap_or(NaiveDate::MIN)
}

/// Who read which product on a day.
type Day = HashMap<ProductName, HashMap<Ports, Traffic>>;

/// What was read through the same ports on a day.
#[derive(Debug, Default)]
pub(super) struct Traffic {
    pub(super) requests: u64,
    /// Rows that left.
    pub(super) rows: u64,
    pub(super) readers: HashMap<PrincipalId, Reading>,
}

/// What one of them read.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    pub(super) kind: Option<PrincipalKind>,
    pub(super) requests: u64,
    pub(super) rows: u64,
    pub(super) last_at: DateTime<Utc>,
    pub(super) doors: BTreeSet<Door>,
    pub(super) purposes: BTreeSet<Purpose>,
    pub(super) columns: BTreeMap<TableName, BTreeSet<String>>,
}

impl Reading {
    /// Nothing, yet.
    pub(super) const fn begin(kind: Option<PrincipalKind>, at: DateTime<Utc>) -> Self {
        Self {
            kind,
            requests: 0,
            rows: 0,
            last_at: at,
            doors: BTreeSet::new(),
            purposes: BTreeSet::new(),
            columns: BTreeMap::new(),
        }
    }

    /// Adds what else they read.
    pub(super) fn add(&mut self, other: &Self) {
        self.kind = self.kind.or(other.kind);
        self.requests += other.requests;
        self.rows += other.rows;
        self.last_at = self.last_at.max(other.last_at);
        self.doors.extend(&other.doors);
        let room = PURPOSES.saturating_sub(self.purposes.len());
        self.purposes.extend(other.purposes.iter().take(room).cloned());
        for (table, columns) in &other.columns {
            self.columns.entry(table.clone()).or_default().extend(columns.iter().cloned());
        }
    }
}

/// Counts a request: those that were answered, by somebody, count.
fn add(days: &mut BTreeMap<NaiveDate, Day>, record: &RequestRecord, workspace: &WorkspaceName) {
    let Some(principal) = record.principal.as_ref().filter(|_| record.workspace == *workspace) else { return };
    if record.result != RequestResult::Answered {
        return;
    }
    for (product, tables) in &record.reads {
        let reads = tables.values();
        let ports: Ports = reads.filter_map(|read| Some((read.port.clone()?, read.major?))).collect();
        let day = days.entry(record.at.date_naive()).or_default();
        let traffic = day.entry(product.clone()).or_default().entry(ports).or_default();
        traffic.requests += 1;
        traffic.rows += record.rows;
        if traffic.readers.len() >= READERS && !traffic.readers.contains_key(principal) {
            continue;
        }
        let reading = traffic
            .readers
            .entry(principal.clone())
            .or_insert_with(|| Reading::begin(record.principal_kind, record.at));
        reading.add(&Reading {
            requests: 1,
            rows: record.rows,
            doors: BTreeSet::from([record.door]),
            purposes: record.purpose.iter().cloned().collect(),
            columns: tables.iter().map(|(table, read)| (table.clone(), read.columns.clone())).collect(),
            ..Reading::begin(record.principal_kind, record.at)
        });
    }
}

/// Who read which product, day by day.
#[derive(Debug)]
pub(super) struct Usage {
    days: BTreeMap<NaiveDate, Arc<Day>>,
    /// The first day that may still change.
    closed: NaiveDate,
    today: NaiveDate,
    /// Sums over the last [`DAYS`].
    late: HashMap<ProductName, Vec<Late>>,
}

/// What was read of late through the same ports.
#[derive(Debug)]
struct Late {
    ports: Ports,
    requests: u64,
    readers: HashSet<PrincipalId>,
}

impl Usage {
    fn of(days: BTreeMap<NaiveDate, Arc<Day>>, closed: NaiveDate, today: NaiveDate) -> Self {
        let mut late: HashMap<ProductName, Vec<Late>> = HashMap::new();
        for day in days.range(day_before(today, u64::from(DAYS) - 1)..).map(|(_, day)| day) {
            for (product, traffic) in day.as_ref() {
                let sums = late.entry(product.clone()).or_default();
                for (ports, traffic) in traffic {
                    let at = sums.iter().position(|sum| sum.ports == *ports).unwrap_or_else(|| {
                        sums.push(Late { ports: ports.clone(), requests: 0, readers: HashSet::new() });
                        sums.len() - 1
                    });
                    if let Some(sum) = sums.get_mut(at) {
                        sum.requests += traffic.requests;
                        sum.readers.extend(traffic.readers.keys().cloned());
                    }
                }
            }
        }
        Self { days, closed, today, late }
    }

    /// How many read a product of late, and how many requests these were, through ports that the caller may know of.
    pub(super) fn of_late(&self, known: &KnownProduct<'_>) -> (u64, u64) {
        self.through(known.name(), |port, major| known.knows(port, major))
    }

    /// The same through these ports.
    pub(super) fn through(&self, product: &ProductName, knows: impl Fn(&PortName, u64) -> bool) -> (u64, u64) {
        let Some(sums) = self.late.get(product) else { return (0, 0) };
        let seen: Vec<_> =
            sums.iter().filter(|sum| sum.ports.iter().any(|(port, major)| knows(port, *major))).collect();
        let requests = seen.iter().map(|sum| sum.requests).sum();
        let readers = match seen.as_slice() {
            [only] => only.readers.len(),
            several => several.iter().flat_map(|sum| &sum.readers).collect::<HashSet<_>>().len(),
        };
        (readers as u64, requests)
    }

    /// What was read of a product, for each of so many days that end today, through ports that the caller may know of;
    /// all of it for who operates the product.
    pub(super) fn by_day<'a>(
        &'a self,
        known: &'a KnownProduct<'_>,
        days: u16,
        operates: bool,
    ) -> impl Iterator<Item = (NaiveDate, Vec<&'a Traffic>)> {
        let first = day_before(self.today, u64::from(days.max(1)) - 1);
        first.iter_days().take_while(move |day| *day <= self.today).map(move |day| {
            let traffic = self.days.get(&day).and_then(|day| day.get(known.name())).into_iter().flatten();
            let seen = traffic.filter(|(ports, _)| operates || through_known(known, ports));
            (day, seen.map(|(_, traffic)| traffic).collect())
        })
    }
}

fn through_known(known: &KnownProduct<'_>, ports: &Ports) -> bool {
    ports.iter().any(|(port, major)| known.knows(port, *major))
}

#[cfg(test)]
mod tests {
    use outport_model::{audit::TableRead, release::ReleaseNumber};
    use outport_test::fixture;

    use super::*;

    fn record(number: u64, who: &str, columns: &[&str]) -> RequestRecord {
        let read = TableRead {
            port: Some("daily".parse().unwrap()),
            major: Some(1),
            release: ReleaseNumber(1),
            columns: columns.iter().map(|name| (*name).to_owned()).collect(),
            agreement: None,
        };
        let tables = BTreeMap::from([(fixture::table("daily"), read)]);
        RequestRecord {
            principal: Some(fixture::principal_id(who)),
            rows: 3,
            reads: BTreeMap::from([(fixture::product("shop"), tables)]),
            ..fixture::request_record(number, "SELECT 1")
        }
    }

    #[test]
    fn requests_are_summed_by_day_and_reader() {
        let mut days = BTreeMap::new();
        let refused = RequestResult::Refused { reason: "no".to_owned() };
        let other = RequestRecord { result: refused, ..record(3, "bob", &["secret"]) };
        for record in [record(1, "ada", &["id"]), record(2, "ada", &["amount"]), other] {
            add(&mut days, &record, &record.workspace.clone());
        }
        add(&mut days, &record(4, "ada", &["id"]), &fixture::workspace("elsewhere"));
        assert_eq!(days.len(), 1);
        let (_, day) = days.pop_first().unwrap();
        let traffic = day[&fixture::product("shop")].values().next().unwrap();
        assert_eq!((traffic.requests, traffic.rows, traffic.readers.len()), (2, 6, 1));
        let reading = &traffic.readers[&fixture::principal_id("ada")];
        let columns: Vec<_> = reading.columns[&fixture::table("daily")].iter().map(String::as_str).collect();
        assert_eq!(columns, ["amount", "id"]);
    }

    #[test]
    fn not_more_readers_are_kept_than_there_is_room_for() {
        let mut days = BTreeMap::new();
        for number in 0..READERS + 5 {
            add(&mut days, &record(1, &format!("reader{number}"), &[]), &fixture::workspace("prod"));
        }
        let traffic = days.values().flat_map(HashMap::values).flat_map(HashMap::values).next().unwrap();
        assert_eq!((traffic.requests, traffic.readers.len()), (READERS as u64 + 5, READERS));
    }
}
