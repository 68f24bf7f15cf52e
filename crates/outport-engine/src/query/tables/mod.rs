//! The stored tables that queries read: opened once, and in memory where they are asked for again and again.
//!
//! A committed version of a stored table never changes, so what is known of one is good for as long as its folder stands.
//! What is kept is the stored table, never what someone sees of it: decisions are made before anything is looked for here,
//! and it is the same whoever asked first.
//!
//! - [`memory`]: rows in memory; [`index`]: rows by their key; [`ranges`]: batches that can have rows for a condition.
//!
//! A table comes into memory in the background once it is asked for [`HOT`] times, if there is room, or if it is asked for
//! more than all those together that would have to leave for it.

mod index;
mod memory;
mod ranges;

use std::{
    collections::{BTreeSet, HashMap},
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, AtomicUsize, Ordering},
    },
};

use datafusion::{catalog::TableProvider, execution::SessionState};
use outport_app::engine::EngineError;
use outport_model::release::TableVersion;

pub(super) use self::memory::{InMemory, Rows};
use crate::{
    session,
    warehouse::{Mark, Warehouse},
};

/// How often a table is asked for before it is read into memory.
const HOT: u32 = 4;

/// After how many questions older ones count half.
const AGE: u32 = 1_024;

/// How many tables are kept open at most.
const MOST_OPEN: usize = 1_024;

/// A version of a stored table, and the key by which its rows are looked up.
type Name = (String, u64, Vec<String>);

/// The stored tables that queries read.
pub(crate) struct Tables {
    warehouse: Warehouse,
    /// What sessions begin with.
    base: SessionState,
    /// Bytes of rows in memory at most.
    budget: usize,
    held: Mutex<Held>,
    /// Held by whoever reads a table into memory: one at a time.
    reading: Arc<tokio::sync::Mutex<()>>,
}

impl fmt::Debug for Tables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tables").field("budget", &self.budget).finish_non_exhaustive()
    }
}

/// The tables that are open.
#[derive(Default)]
struct Held {
    tables: HashMap<Name, Arc<Open>>,
    /// Questions since older ones were halved.
    questions: u32,
}

/// An open table.
pub(crate) struct Open {
    /// Tells the version from another that came into its place.
    mark: Option<Mark>,
    /// The table as it is stored.
    files: Arc<dyn TableProvider>,
    memory: Mutex<Option<Arc<InMemory>>>,
    /// How often it was asked for, lately.
    asked: AtomicU32,
    /// Bytes that it takes in memory: what is known of it.
    bytes: AtomicUsize,
}

impl fmt::Debug for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Open").field("asked", &self.asked).field("bytes", &self.bytes).finish_non_exhaustive()
    }
}

impl Open {
    /// The table, from wherever it is read fastest, and its rows, where that is memory.
    pub(super) fn fastest(&self) -> (Arc<dyn TableProvider>, Option<Arc<InMemory>>) {
        match self.memory() {
            Some(memory) => (memory.provider(), Some(memory)),
            None => (Arc::clone(&self.files), None),
        }
    }

    /// The rows, where they are in memory.
    pub(super) fn memory(&self) -> Option<Arc<InMemory>> {
        self.lock().clone()
    }

    fn asked(&self) -> u32 {
        self.asked.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<InMemory>>> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tables {
    /// The tables of a warehouse, with so many bytes for rows in memory.
    pub(crate) fn new(warehouse: Warehouse, base: SessionState, budget: usize) -> Self {
        Self { warehouse, base, budget, held: Mutex::default(), reading: Arc::default() }
    }

    /// Bytes of rows in memory at most.
    pub(crate) const fn budget(&self) -> usize {
        self.budget
    }

    /// What sessions begin with.
    pub(super) const fn base(&self) -> &SessionState {
        &self.base
    }

    /// Where the tables are that are in memory, relative to the warehouse.
    pub(crate) fn in_memory(&self) -> BTreeSet<String> {
        let held = self.lock();
        let inside = held.tables.iter().filter(|(_, table)| table.lock().is_some());
        inside.map(|((path, ..), _)| path.clone()).collect()
    }

    /// A committed version, and the columns by which its rows may be looked up.
    ///
    /// # Errors
    /// Where it cannot be opened.
    pub(super) async fn open(
        self: &Arc<Self>,
        version: &TableVersion,
        key: Vec<String>,
    ) -> Result<Arc<Open>, EngineError> {
        let name = (version.path.clone(), version.version, key);
        let mark = self.warehouse.mark(version);
        let found = mark.as_ref().and_then(|mark| self.lock().find(&name, mark));
        if let Some(table) = found {
            self.consider(&name, &table);
            return Ok(table);
        }
        let context = session::another(&self.base, Arc::clone(self.base.runtime_env()));
        let files = Box::pin(self.warehouse.table(&context, version)).await?;
        // Rows take at least as much room in memory as in files; how much is known once they were read.
        let bytes = AtomicUsize::new(usize::try_from(version.bytes).unwrap_or(usize::MAX));
        let is_known = mark.is_some();
        let table = Arc::new(Open { mark, files, memory: Mutex::default(), asked: AtomicU32::new(1), bytes });
        if is_known {
            self.lock().keep(name, Arc::clone(&table));
        }
        Ok(table)
    }

    /// Begins to read a table into memory, if it is time.
    fn consider(self: &Arc<Self>, name: &Name, table: &Arc<Open>) {
        if self.budget == 0 || table.asked() < HOT || table.lock().is_some() || !self.admits(table) {
            return;
        }
        let Ok(turn) = Arc::clone(&self.reading).try_lock_owned() else { return };
        let (tables, table, key) = (Arc::clone(self), Arc::clone(table), name.2.clone());
        tokio::spawn(async move {
            tables.read(&table, &key).await;
            drop(turn);
        });
    }

    /// Whether a table may come in, by what is known of its size.
    fn admits(&self, table: &Open) -> bool {
        let bytes = table.bytes.load(Ordering::Relaxed);
        self.lock().leaving(self.budget, bytes, table.asked()).is_some()
    }

    async fn read(&self, table: &Arc<Open>, key: &[String]) {
        let context = session::another(&self.base, Arc::clone(self.base.runtime_env()));
        let read = Box::pin(InMemory::read(&context, Arc::clone(&table.files), key, self.budget)).await;
        let read = read.unwrap_or_else(|error| {
            // Whoever asks for the table learns why.
            tracing::debug!(%error, "a table could not be read into memory");
            None
        });
        // What does not fit, or cannot be read, is not tried again.
        table.bytes.store(read.as_ref().map_or(usize::MAX, InMemory::bytes), Ordering::Relaxed);
        let Some(memory) = read else { return };
        let held = self.lock();
        if !held.tables.values().any(|known| Arc::ptr_eq(known, table)) {
            return;
        }
        if let Some(leaving) = held.leaving(self.budget, memory.bytes(), table.asked()) {
            for other in leaving {
                *other.lock() = None;
            }
            *table.lock() = Some(Arc::new(memory));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    /// The open table of this name and mark, asked for once more.
    fn find(&mut self, name: &Name, mark: &Mark) -> Option<Arc<Open>> {
        let table = self.tables.get(name).filter(|table| table.mark.as_ref() == Some(mark)).cloned()?;
        self.count(&table);
        Some(table)
    }

    /// Counts a question.
    fn count(&mut self, table: &Open) {
        table.asked.fetch_add(1, Ordering::Relaxed);
        self.questions += 1;
        if self.questions >= AGE {
            self.questions = 0;
            for table in self.tables.values() {
                table.asked.store(table.asked() / 2, Ordering::Relaxed);
            }
        }
    }

    /// Keeps a table, in the place of what was of its name; the one that is asked for least leaves where there are too many.
    fn keep(&mut self, name: Name, table: Arc<Open>) {
        if self.tables.len() >= MOST_OPEN && !self.tables.contains_key(&name) {
            let least = self.tables.iter().min_by_key(|(_, table)| table.asked()).map(|(name, _)| name.clone());
            least.map(|name| self.tables.remove(&name));
        }
        self.tables.insert(name, table);
    }

    /// The tables that leave memory so that so many bytes come in; `None` where there is no room, or where they are asked for
    /// as often as what would come.
    fn leaving(&self, budget: usize, bytes: usize, asked: u32) -> Option<Vec<Arc<Open>>> {
        let inside = |table: &'_ Arc<Open>| table.lock().as_ref().map(|memory| memory.bytes());
        let mut inside: Vec<_> =
            self.tables.values().filter_map(|table| Some((table.asked(), inside(table)?, table))).collect();
        inside.sort_by_key(|(asked, ..)| *asked);
        let mut room = budget.saturating_sub(inside.iter().map(|(_, size, _)| *size).sum());
        let (mut leaving, mut theirs) = (Vec::new(), 0);
        for (asked, size, table) in inside {
            if room >= bytes {
                break;
            }
            room += size;
            theirs += asked;
            leaving.push(Arc::clone(table));
        }
        (room >= bytes && (leaving.is_empty() || theirs < asked)).then_some(leaving)
    }
}

#[cfg(test)]
mod tests {
    use datafusion::{
        arrow::{
            array::{ArrayRef, Int64Array, RecordBatch},
            datatypes::Schema,
        },
        datasource::empty::EmptyTable,
    };

    use super::*;

    /// Tables with so many rows in memory, asked for so often; each row takes at least eight bytes.
    fn held(tables: &[(&str, i64, u32)]) -> Held {
        let mut held = Held::default();
        for (name, rows, asked) in tables {
            let ids: ArrayRef = Arc::new((0..*rows).collect::<Int64Array>());
            let batch = RecordBatch::try_from_iter([("id", ids)]).unwrap();
            let memory = InMemory::of(&batch.schema(), vec![batch], &[], 1).unwrap();
            let table = Open {
                mark: None,
                files: Arc::new(EmptyTable::new(Arc::new(Schema::empty()))),
                bytes: AtomicUsize::new(memory.bytes()),
                memory: Mutex::new(Some(Arc::new(memory))),
                asked: AtomicU32::new(*asked),
            };
            held.keep(((*name).to_owned(), 0, Vec::new()), Arc::new(table));
        }
        held
    }

    fn inside(held: &Held) -> usize {
        held.tables.values().map(|table| table.bytes.load(Ordering::Relaxed)).sum()
    }

    #[test]
    fn a_table_makes_room_only_for_one_that_is_asked_for_more() {
        let held = held(&[("often", 100, 9), ("seldom", 100, 2), ("sometimes", 100, 4)]);
        let all = inside(&held);
        let leaving = |budget, bytes, asked| {
            let leaving = held.leaving(budget, bytes, asked)?;
            Some(leaving.iter().map(|table| table.asked()).collect::<Vec<_>>())
        };
        assert_eq!(leaving(all + 10, 10, 1), Some(Vec::new()), "there is room");
        assert_eq!(leaving(all, 10, 3), Some(vec![2]));
        assert_eq!(leaving(all, 10, 2), None, "it is asked for no more than what would leave");
        assert_eq!(leaving(all, all / 2, 7), Some(vec![2, 4]));
        assert_eq!(leaving(all, all / 2, 6), None, "it is asked for no more than both together");
        assert_eq!(leaving(all, all + 1, 1_000), None, "it is too large");
    }

    #[test]
    fn what_was_asked_long_ago_counts_less() {
        let mut held = held(&[("old", 1, 0), ("new", 1, 0)]);
        let ask = |held: &mut Held, name: &str| {
            let table = Arc::clone(&held.tables[&(name.to_owned(), 0, Vec::new())]);
            held.count(&table);
        };
        for _ in 0..AGE - 1 {
            ask(&mut held, "old");
        }
        ask(&mut held, "new");
        let asked = |name: &str| held.tables[&(name.to_owned(), 0, Vec::new())].asked();
        assert_eq!((asked("old"), asked("new")), ((AGE - 1) / 2, 0));
    }
}
