//! Whether a text of SQL names anything but what exists for a caller.
//!
//! It is planned over the columns that contracts promise, as far as they exist for the caller, of the products whose names
//! are among its words. What comes of that follows from the text and from what they may know of, and from nothing else.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use outport_model::{fingerprint::Fingerprint, name::ProductName, principal::Principal};

use super::{
    super::{Gate, error::GateError},
    known::{Known, Look},
};
use crate::engine::{Sight, View, VisibleProduct, VisibleTable};

/// For how many callers it is kept what texts come to.
const SHELVES: usize = 64;

/// How many texts are kept for each of them.
const TEXTS: usize = 2_000;

/// The columns of an answer by name; `None` where the text names what does not exist for the caller.
type Columns = Option<Arc<[String]>>;

/// What texts came to for callers who asked a moment ago.
#[derive(Debug, Default)]
pub(in crate::gate) struct Promises(Mutex<Vec<Arc<Shelf>>>);

/// What texts came to for one of them.
#[derive(Debug)]
struct Shelf {
    known: Arc<Known>,
    view: Arc<View>,
    /// Products that they may know of, by their names in SQL.
    products: HashMap<String, Vec<ProductName>>,
    columns: Mutex<HashMap<Fingerprint, Columns>>,
}

impl Shelf {
    fn of(look: &Look<'_>) -> Self {
        let (known, view) = look.decided();
        let mut products: HashMap<String, Vec<ProductName>> = HashMap::new();
        for known in look.products() {
            products.entry(known.name().sql()).or_default().push(known.name().clone());
        }
        Self { known: Arc::clone(known), view: Arc::clone(view), products, columns: Mutex::default() }
    }

    fn is_of(&self, look: &Look<'_>) -> bool {
        let (known, view) = look.decided();
        Arc::ptr_eq(&self.known, known) && Arc::ptr_eq(&self.view, view)
    }

    fn known(&self, text: &Fingerprint) -> Option<Columns> {
        self.columns.lock().unwrap_or_else(PoisonError::into_inner).get(text).cloned()
    }

    fn keep(&self, text: Fingerprint, columns: Columns) {
        let mut kept = self.columns.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= TEXTS {
            kept.clear();
        }
        kept.insert(text, columns);
    }

    /// The products that a text may name: those whose names are among its words.
    fn named(&self, sql: &str) -> BTreeSet<&ProductName> {
        let words = sql.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-');
        words.filter_map(|word| self.products.get(&word.to_ascii_lowercase().replace('-', "_"))).flatten().collect()
    }
}

impl Promises {
    fn shelf(&self, look: &Look<'_>) -> Arc<Shelf> {
        let mut shelves = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(shelf) = shelves.iter().find(|shelf| shelf.is_of(look)) {
            return Arc::clone(shelf);
        }
        if shelves.len() >= SHELVES {
            shelves.remove(0);
        }
        let shelf = Arc::new(Shelf::of(look));
        shelves.push(Arc::clone(&shelf));
        shelf
    }
}

impl Gate {
    /// The columns of what a text would give, where every name in it stands for something that exists for the caller;
    /// `None` where that is not so, or cannot be told.
    pub(in crate::gate) async fn promised(&self, look: &Look<'_>, sql: &str) -> Result<Columns, GateError> {
        let (shelf, text) = (self.promises.shelf(look), Fingerprint::of("question").part("sql", sql).finish());
        if let Some(columns) = shelf.known(&text) {
            return Ok(columns);
        }
        let view = Arc::new(look.promises(&shelf.named(sql))?);
        let columns = self.app.engine.promised(sql, &view).await.map(Arc::from);
        shelf.keep(text, columns.clone());
        // Planning never waits for anything, and there may be many texts: others are let through, and deadlines hold.
        tokio::task::yield_now().await;
        Ok(columns)
    }
}

impl Look<'_> {
    /// Who looks, and everything that policies ask of them.
    pub(in crate::gate) fn principal(&self) -> &Principal {
        &self.principal
    }

    /// Whether the caller's credential is good for every product.
    pub(in crate::gate) fn is_for_all_products(&self) -> bool {
        self.caller.scope.products.is_none()
    }

    /// Whether nothing at all is hidden from them.
    pub(in crate::gate) fn sees_everything(&self) -> bool {
        self.principal.is_administrator() && self.is_for_all_products()
    }

    /// Whether they may administer.
    pub(in crate::gate) fn administers(&self) -> Result<bool, GateError> {
        self.snapshot.may_administer(self.caller, &self.principal, self.now)
    }

    /// What exists for the caller of these products, whether or not they may read it: of each table that was released the
    /// columns that they may know of, and no rows.
    fn promises(&self, products: &BTreeSet<&ProductName>) -> Result<View, GateError> {
        let mut view = View::default();
        for known in products.iter().filter_map(|name| self.find(name)) {
            let Some(release) = known.release else { continue };
            let mut tables = BTreeMap::new();
            for port in known.ports() {
                for seen in port.tables()? {
                    let Some(released) = release.tables.get(&seen.offered.name) else { continue };
                    let table = VisibleTable {
                        released: released.clone(),
                        live: None,
                        port: Some(port.port.name.clone()),
                        description: None,
                        columns: seen.columns().map(|(column, _)| column.clone()).collect(),
                        sight: Sight::Whole,
                    };
                    tables.insert(seen.offered.name.clone(), table);
                }
            }
            let product = VisibleProduct { release: release.number, purpose: None, tables };
            view.products.insert(known.name().clone(), product);
        }
        Ok(view)
    }
}
