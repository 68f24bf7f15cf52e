//! Who reads what, day by day, from the record of requests.
//!
//! Only sums are kept: for each product and day, and each set of its ports that requests read together, who read. A
//! record is read once: figures that are wanted are those before with what was added since, so that whoever has just read
//! something finds themselves there.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use chrono::{DateTime, Days, NaiveDate, Utc};
use futures::TryStreamExt;
use outport_model::{
    audit::{RequestRecord, RequestResult, TableRead},
    name::{PortName, ProductName, TableName, WorkspaceName},
    principal::{Door, PrincipalId, PrincipalKind, Purpose},
};
use tokio::{sync::Mutex, time::Instant};

use super::{
    super::{Gate, error::GateError},
    card::DAYS,
    known::KnownProduct,
};
use crate::audit::{Added, AuditError, AuditLog, Extent};

/// Days that are kept, today among them.
pub(super) const KEPT: u16 = 90;

/// Readers of one product that are told apart in a day, through the same ports. The requests of others are counted.
const READERS: usize = 10_000;

/// Purposes of a reader that are kept for a day.
const PURPOSES: usize = 50;

/// How old figures may be that order what was searched for.
const AT_HAND: Duration = Duration::from_secs(2);

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
    /// How far the record was read for it.
    extent: Extent,
    at: Instant,
}

impl Gate {
    /// Who reads what, with every request that is on record by now.
    pub(super) async fn usage(&self) -> Result<Arc<Usage>, GateError> {
        let today = self.app.clock.now().date_naive();
        let read = self.usage.read(self.wardens.audit.as_ref(), &self.app.workspace, today).await;
        read.map_err(|error| GateError::Internal(Box::new(error)))
    }

    /// The same as it was a moment ago, so that whoever searches waits for the very first figures alone.
    pub(super) async fn usage_at_hand(&self) -> Result<Arc<Usage>, GateError> {
        let Some(kept) = self.usage.kept() else { return self.usage().await };
        if kept.at.elapsed() > AT_HAND && self.usage.reading.try_lock().is_ok() {
            let (book, today) = (Arc::clone(&self.usage), self.app.clock.now().date_naive());
            let (log, workspace) = (Arc::clone(&self.wardens.audit), self.app.workspace.clone());
            tokio::spawn(async move {
                if let Err(error) = book.read(log.as_ref(), &workspace, today).await {
                    tracing::error!(%error, "the record of requests could not be summed up");
                }
            });
        }
        Ok(kept.usage)
    }
}

impl UsageBook {
    fn kept(&self) -> Option<Kept> {
        self.kept.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads what was added.
    async fn read(
        &self,
        log: &dyn AuditLog,
        workspace: &WorkspaceName,
        today: NaiveDate,
    ) -> Result<Arc<Usage>, AuditError> {
        let _reading = self.reading.lock().await;
        let (before, mut extent) = self.kept().map(|kept| (kept.usage, kept.extent)).unzip();
        let mut added = log.recorded().await?.read_since(extent.clone().unwrap_or_default());
        let mut sums = Sums { first: day_before(today, u64::from(KEPT) - 1), products: HashMap::new() };
        while let Some(Added { records, extent: read }) = added.try_next().await? {
            for record in records.iter().filter(|record| record.workspace == *workspace) {
                sums.add(record);
            }
            extent = Some(read);
        }
        let usage = match before {
            Some(before) if sums.products.is_empty() && before.today == today => before,
            before => Arc::new(Usage::of(before.as_deref(), sums, today)),
        };
        let kept = Kept { usage: Arc::clone(&usage), extent: extent.unwrap_or_default(), at: Instant::now() };
        *self.kept.write().unwrap_or_else(PoisonError::into_inner) = Some(kept);
        Ok(usage)
    }
}

fn day_before(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_sub_days(Days::new(days)).unwrap_or(NaiveDate::MIN)
}

/// What was read of a product on a day, by the ports that requests read together.
type Day = HashMap<Ports, Traffic>;

/// What was read through the same ports on a day.
#[derive(Debug, Default, Clone)]
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

impl Traffic {
    /// Counts a request of someone, who read these tables.
    fn add(&mut self, record: &RequestRecord, principal: &PrincipalId, tables: &BTreeMap<TableName, TableRead>) {
        self.requests += 1;
        self.rows += record.rows;
        self.read(
            principal,
            &Reading {
                requests: 1,
                rows: record.rows,
                doors: BTreeSet::from([record.door]),
                purposes: record.purpose.iter().cloned().collect(),
                columns: tables.iter().map(|(table, read)| (table.clone(), read.columns.clone())).collect(),
                ..Reading::begin(record.principal_kind, record.at)
            },
        );
    }

    /// Adds what else was read.
    fn extend(&mut self, other: &Self) {
        self.requests += other.requests;
        self.rows += other.rows;
        for (principal, reading) in &other.readers {
            self.read(principal, reading);
        }
    }

    /// Adds what someone read, where there is room for them.
    fn read(&mut self, principal: &PrincipalId, reading: &Reading) {
        if self.readers.len() >= READERS && !self.readers.contains_key(principal) {
            return;
        }
        let begin = || Reading::begin(reading.kind, reading.last_at);
        self.readers.entry(principal.clone()).or_insert_with(begin).add(reading);
    }
}

/// What was added to the record.
#[derive(Debug)]
struct Sums {
    /// The first day that is kept.
    first: NaiveDate,
    products: HashMap<ProductName, BTreeMap<NaiveDate, Day>>,
}

impl Sums {
    /// Counts a request: those that were answered, by somebody, count.
    fn add(&mut self, record: &RequestRecord) {
        let day = record.at.date_naive();
        let Some(principal) = record.principal.as_ref().filter(|_| day >= self.first) else { return };
        if record.result != RequestResult::Answered {
            return;
        }
        for (product, tables) in &record.reads {
            let reads = tables.values();
            let ports: Ports = reads.filter_map(|read| Some((read.port.clone()?, read.major?))).collect();
            let days = self.products.entry(product.clone()).or_default();
            days.entry(day).or_default().entry(ports).or_default().add(record, principal, tables);
        }
    }
}

/// Who read which product, day by day.
#[derive(Debug)]
pub(super) struct Usage {
    today: NaiveDate,
    products: HashMap<ProductName, Arc<OfProduct>>,
}

/// Who read a product.
#[derive(Debug, Default, Clone)]
struct OfProduct {
    days: BTreeMap<NaiveDate, Arc<Day>>,
    /// Sums over the last [`DAYS`].
    late: Vec<Late>,
}

/// What was read of late through the same ports.
#[derive(Debug, Clone)]
struct Late {
    ports: Ports,
    requests: u64,
    readers: HashSet<PrincipalId>,
}

impl OfProduct {
    /// Adds what else was read, and leaves out what is over.
    fn grown(&self, added: BTreeMap<NaiveDate, Day>, first: NaiveDate, today: NaiveDate) -> Self {
        let mut days: BTreeMap<NaiveDate, Arc<Day>> =
            self.days.range(first..).map(|(day, sums)| (*day, Arc::clone(sums))).collect();
        for (day, added) in added {
            let sums = Arc::make_mut(days.entry(day).or_default());
            for (ports, traffic) in added {
                sums.entry(ports).or_default().extend(&traffic);
            }
        }
        let mut late: Vec<Late> = Vec::new();
        for (ports, traffic) in days.range(day_before(today, u64::from(DAYS) - 1)..).flat_map(|(_, day)| day.iter()) {
            let at = late.iter().position(|sum| sum.ports == *ports).unwrap_or_else(|| {
                late.push(Late { ports: ports.clone(), requests: 0, readers: HashSet::new() });
                late.len() - 1
            });
            if let Some(sum) = late.get_mut(at) {
                sum.requests += traffic.requests;
                sum.readers.extend(traffic.readers.keys().cloned());
            }
        }
        Self { days, late }
    }
}

impl Usage {
    /// What was read before, with what was added.
    fn of(before: Option<&Self>, added: Sums, today: NaiveDate) -> Self {
        let Sums { first, products: mut added } = added;
        let mut products = HashMap::new();
        for (product, known) in before.iter().flat_map(|before| &before.products) {
            let same = before.is_some_and(|before| before.today == today);
            let sums = match added.remove(product) {
                None if same => Arc::clone(known),
                more => Arc::new(known.grown(more.unwrap_or_default(), first, today)),
            };
            products.insert(product.clone(), sums);
        }
        let new = |(product, days)| (product, Arc::new(OfProduct::default().grown(days, first, today)));
        products.extend(added.into_iter().map(new));
        products.retain(|_, product| !product.days.is_empty());
        Self { today, products }
    }

    /// How many read a product of late, and how many requests these were, through ports that the caller may know of.
    pub(super) fn of_late(&self, known: &KnownProduct<'_>) -> (u64, u64) {
        self.through(known.name(), |port, major| known.knows(port, major))
    }

    /// The same through these ports.
    pub(super) fn through(&self, product: &ProductName, knows: impl Fn(&PortName, u64) -> bool) -> (u64, u64) {
        let Some(known) = self.products.get(product) else { return (0, 0) };
        let seen: Vec<_> =
            known.late.iter().filter(|sum| sum.ports.iter().any(|(port, major)| knows(port, *major))).collect();
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
        let read = self.products.get(known.name());
        first.iter_days().take_while(move |day| *day <= self.today).map(move |day| {
            let traffic = read.and_then(|read| read.days.get(&day)).into_iter().flat_map(|day| day.iter());
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
    use outport_model::release::ReleaseNumber;
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

    fn summed(before: Option<&Usage>, records: &[RequestRecord], today: NaiveDate) -> Usage {
        let mut sums = Sums { first: day_before(today, u64::from(KEPT) - 1), products: HashMap::new() };
        for record in records {
            sums.add(record);
        }
        Usage::of(before, sums, today)
    }

    fn of_shop(usage: &Usage) -> Option<&OfProduct> {
        usage.products.get(&fixture::product("shop")).map(AsRef::as_ref)
    }

    #[test]
    fn requests_are_summed_by_day_and_reader() {
        let refused = RequestResult::Refused { reason: "no".to_owned() };
        let other = RequestRecord { result: refused, ..record(3, "bob", &["secret"]) };
        let records = [record(1, "ada", &["id"]), other, record(2, "ada", &["amount"])];
        let today = records[0].at.date_naive();
        let at_once = summed(None, &records, today);
        let in_steps = records.iter().fold(None, |before, record| {
            let one = std::slice::from_ref(record);
            Some(summed(before.as_ref(), one, today))
        });
        for usage in [at_once, in_steps.unwrap()] {
            let days: Vec<_> = of_shop(&usage).unwrap().days.values().collect();
            assert_eq!(days.len(), 1);
            let traffic = days[0].values().next().unwrap();
            assert_eq!((traffic.requests, traffic.rows, traffic.readers.len()), (2, 6, 1));
            let reading = &traffic.readers[&fixture::principal_id("ada")];
            let columns: Vec<_> = reading.columns[&fixture::table("daily")].iter().map(String::as_str).collect();
            assert_eq!(columns, ["amount", "id"]);
            assert_eq!(usage.through(&fixture::product("shop"), |_, _| true), (1, 2));
        }
    }

    #[test]
    fn what_is_over_is_forgotten() {
        let records = [record(1, "ada", &["id"])];
        let today = records[0].at.date_naive();
        let after = |days| today.checked_add_days(Days::new(days)).unwrap();
        let usage = summed(None, &records, today);
        let late = summed(Some(&usage), &[], after(u64::from(DAYS)));
        assert_eq!(late.through(&fixture::product("shop"), |_, _| true), (0, 0), "not of late any more");
        assert_eq!(of_shop(&late).unwrap().days.len(), 1);
        let gone = summed(Some(&late), &[], after(u64::from(KEPT)));
        assert!(of_shop(&gone).is_none());
        assert!(of_shop(&summed(None, &records, after(u64::from(KEPT)))).is_none());
    }

    #[test]
    fn not_more_readers_are_kept_than_there_is_room_for() {
        let records: Vec<_> = (0..READERS + 5).map(|number| record(1, &format!("reader{number}"), &[])).collect();
        let usage = summed(None, &records, records[0].at.date_naive());
        let traffic = of_shop(&usage).unwrap().days.values().flat_map(|day| day.values()).next().unwrap();
        assert_eq!((traffic.requests, traffic.readers.len()), (READERS as u64 + 5, READERS));
    }
}
