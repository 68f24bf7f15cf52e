//! Keeps the index up to date.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use outport_app::search::{Entry, Field, Index, Place, SearchError};
use outport_model::name::ProductName;
use tantivy::{
    IndexReader, IndexWriter, ReloadPolicy, TantivyDocument, TantivyError, Term,
    schema::{FAST, Field as Column, INDEXED, IndexRecordOption, STRING, Schema, TextFieldIndexing, TextOptions},
};

use crate::{
    index::Made,
    words::{self, Words},
    worth::Class,
};

/// Bytes of what waits to be indexed, at most: what is more makes a segment of its own, and each of them is looked through.
const MEMORY: usize = 100_000_000;

const PLAIN: &str = "plain";
const STEMS: &str = "stems";

/// Makes indexes in memory. Each is made of the one before.
#[derive(Debug, Default)]
pub struct Indexer(Mutex<Option<State>>);

impl outport_app::search::Indexer for Indexer {
    fn index(&self, entries: Vec<Entry>) -> Result<Arc<dyn Index>, SearchError> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // What failed half way is thrown away: the next one begins anew.
        let mut state = match kept.take() {
            Some(state) => state,
            None => State::new().map_err(failed("begin"))?,
        };
        let made = state.follow(entries).map_err(failed("follow what is on record"))?;
        *kept = Some(state);
        Ok(Arc::new(made))
    }
}

fn failed(action: &'static str) -> impl FnOnce(TantivyError) -> SearchError {
    move |source| SearchError { action, source: Box::new(source) }
}

/// The columns of the index.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Columns {
    slot: Column,
    address: Column,
    /// The names of products, as they are compared with a whole query.
    pub(crate) names: Column,
    /// Words as they are written, and without their endings, by the class of the text.
    pub(crate) texts: [(Class, Column, Column); 3],
}

/// The column with [`Address`]es.
pub(crate) const ADDRESS: &str = "address";

/// Which element of which product, and what it is, in one number: a search comes by many, and looks up none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) slot: usize,
    pub(crate) place: Place,
    pub(crate) element: usize,
}

impl Address {
    const PLACES: [Place; 5] = [Place::Product, Place::Port, Place::Table, Place::Column, Place::Document];
    const PLACE: u32 = 24;
    const SLOT: u32 = Self::PLACE + 3;

    /// `None` where the number is none of an address.
    pub(crate) fn of(number: u64) -> Option<Self> {
        let place = *Self::PLACES.get((number >> Self::PLACE & 7) as usize)?;
        let element = (number & ((1 << Self::PLACE) - 1)) as usize;
        Some(Self { slot: (number >> Self::SLOT) as usize, place, element })
    }

    /// `None` where there are more elements than can be told apart.
    fn number(self) -> Option<u64> {
        let (slot, element) = (self.slot as u64, self.element as u64);
        let place = Self::PLACES.iter().position(|place| *place == self.place)? as u64;
        let fits = element >> Self::PLACE == 0 && slot >> (64 - Self::SLOT) == 0;
        fits.then_some(slot << Self::SLOT | place << Self::PLACE | element)
    }
}

/// What an index is made with.
struct State {
    writer: IndexWriter,
    reader: IndexReader,
    columns: Columns,
    words: Words,
    slots: Vec<Option<Arc<Entry>>>,
    places: HashMap<ProductName, usize>,
    free: Vec<usize>,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("products", &self.places.len()).finish_non_exhaustive()
    }
}

impl State {
    fn new() -> Result<Self, TantivyError> {
        let mut schema = Schema::builder();
        let text = |tokenizer: &str| {
            let indexing = TextFieldIndexing::default().set_tokenizer(tokenizer);
            let indexing = indexing.set_index_option(IndexRecordOption::Basic).set_fieldnorms(false);
            TextOptions::default().set_indexing_options(indexing)
        };
        let slot = schema.add_u64_field("slot", INDEXED);
        let address = schema.add_u64_field(ADDRESS, FAST);
        let names = schema.add_text_field("names", STRING);
        let texts = Class::ALL.map(|class| {
            let plain = schema.add_text_field(&format!("{class:?}_{PLAIN}"), text(PLAIN));
            (class, plain, schema.add_text_field(&format!("{class:?}_{STEMS}"), text(STEMS)))
        });
        let index = tantivy::Index::create_in_ram(schema.build());
        index.tokenizers().register(PLAIN, words::plain());
        index.tokenizers().register(STEMS, words::stems());
        let writer = index.writer_with_num_threads(1, MEMORY)?;
        let reader: IndexReader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        Ok(Self {
            writer,
            reader,
            columns: Columns { slot, address, names, texts },
            words: Words::default(),
            slots: Vec::new(),
            places: HashMap::new(),
            free: Vec::new(),
        })
    }

    /// An index of these products and no others.
    fn follow(&mut self, entries: Vec<Entry>) -> Result<Made, TantivyError> {
        let mut gone = std::mem::take(&mut self.places);
        let mut changed = false;
        let mut new = Vec::new();
        for entry in entries {
            match gone.remove(&entry.product) {
                Some(slot) => {
                    self.places.insert(entry.product.clone(), slot);
                    if self.slots.get(slot).and_then(Option::as_deref) != Some(&entry) {
                        changed = true;
                        self.forget(slot);
                        self.put(slot, entry)?;
                    }
                }
                None => new.push(entry),
            }
        }
        for slot in gone.into_values() {
            changed = true;
            self.forget(slot);
            self.free.push(slot);
        }
        for entry in new {
            changed = true;
            let slot = self.free.pop().unwrap_or_else(|| {
                self.slots.push(None);
                self.slots.len() - 1
            });
            self.places.insert(entry.product.clone(), slot);
            self.put(slot, entry)?;
        }
        if changed {
            self.writer.commit()?;
            self.reader.reload()?;
        }
        Ok(Made::new(self.reader.searcher(), self.columns, self.words.clone(), self.slots.clone()))
    }

    fn forget(&mut self, slot: usize) {
        self.writer.delete_term(Term::from_field_u64(self.columns.slot, slot as u64));
        if let Some(kept) = self.slots.get_mut(slot) {
            *kept = None;
        }
    }

    fn put(&mut self, slot: usize, entry: Entry) -> Result<(), TantivyError> {
        for (at, element) in entry.elements.iter().enumerate() {
            let Some(number) = (Address { slot, place: element.place, element: at }).number() else { break };
            let mut document = TantivyDocument::default();
            document.add_u64(self.columns.slot, slot as u64);
            document.add_u64(self.columns.address, number);
            if at == 0 {
                for name in names(&entry) {
                    document.add_text(self.columns.names, self.words.joined(name));
                }
            }
            for (field, text) in &element.texts {
                let class = Class::of(*field);
                for (_, plain, stems) in self.columns.texts.iter().filter(|(of, ..)| *of == class) {
                    document.add_text(*plain, text);
                    document.add_text(*stems, text);
                }
            }
            self.writer.add_document(document)?;
        }
        if let Some(kept) = self.slots.get_mut(slot) {
            *kept = Some(Arc::new(entry));
        }
        Ok(())
    }
}

/// What the names of a product are.
fn names(entry: &Entry) -> impl Iterator<Item = &str> {
    let product = entry.elements.first().into_iter().flat_map(|element| &element.texts);
    product.filter(|(field, _)| matches!(field, Field::Name | Field::Title)).map(|(_, text)| text.as_str())
}

#[cfg(test)]
mod tests {
    use outport_app::search::{Element, Indexer as _, Seen, Sight};
    use proptest::prelude::*;

    use super::*;

    /// A product of a name, a purpose, and columns.
    fn product(name: &str, purpose: &str, columns: &[&str]) -> Entry {
        let texts = vec![(Field::Name, name.to_owned()), (Field::Purpose, purpose.to_owned())];
        let mut elements = vec![Element { place: Place::Product, name: name.to_owned(), texts }];
        elements.extend(columns.iter().map(|column| Element {
            place: Place::Column,
            name: format!("{name}.{column}"),
            texts: vec![(Field::Name, (*column).to_owned())],
        }));
        Entry { product: name.parse().unwrap(), elements }
    }

    /// Everything of the products whose names are not hidden, without columns whose names begin with `hidden`.
    fn sight(index: &dyn Index, hidden: &[&str]) -> Sight {
        let seen = |entry: &Arc<Entry>| -> Seen {
            entry.elements.iter().map(|element| !element.name.contains(".hidden")).collect()
        };
        let slots = index.slots().iter();
        slots.map(|slot| slot.as_ref().filter(|entry| !hidden.contains(&entry.product.as_str())).map(seen)).collect()
    }

    fn found(index: &dyn Index, query: &str, hidden: &[&str]) -> Vec<(String, f32)> {
        let hits = index.find(query, &sight(index, hidden)).unwrap().unwrap();
        let name = |slot: usize| index.slots()[slot].as_ref().unwrap().product.to_string();
        let mut found: Vec<_> = hits.into_iter().map(|hit| (name(hit.slot), hit.fit)).collect();
        found.sort_by(|one, other| other.1.total_cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
        found
    }

    fn named(index: &dyn Index, query: &str) -> Vec<String> {
        found(index, query, &[]).into_iter().map(|(name, _)| name).collect()
    }

    fn shops() -> Vec<Entry> {
        vec![
            product("orders", "Every order of a day", &["order_id", "amount"]),
            product("late-orders", "Orders that came late", &["days"]),
            product("customers", "Who buys", &["customer_id", "emailAddress", "hidden_score"]),
            product("stock", "What lies in the warehouse, by order of the board", &["pieces"]),
        ]
    }

    #[test]
    fn every_word_has_to_be_found() {
        let index = Indexer::default().index(shops()).unwrap();
        let index = index.as_ref();
        assert_eq!(named(index, "orders"), ["orders", "late-orders", "stock"]);
        assert_eq!(named(index, "late orders"), ["late-orders"]);
        assert_eq!(named(index, "orders of the board"), ["stock"]);
        assert_eq!(named(index, "orders moon"), [""; 0]);
        assert_eq!(named(index, "email"), ["customers"]);
        assert_eq!(named(index, "emailaddress"), ["customers"]);
        assert!(index.find(" ?! ", &sight(index, &[])).unwrap().is_none());
    }

    #[test]
    fn words_may_be_begun_and_written_wrong() {
        let index = Indexer::default().index(shops()).unwrap();
        for query in ["customer", "cust", "custmers", "cutsomer", "customres", "costumer_i"] {
            assert_eq!(named(index.as_ref(), query), ["customers"], "{query}");
        }
        // A word that is right is not taken for another one.
        let index = Indexer::default().index(vec![product("stock", "", &[]), product("stack", "", &[])]).unwrap();
        assert_eq!(named(index.as_ref(), "stock"), ["stock"]);
        assert_eq!(named(index.as_ref(), "stuck"), ["stack", "stock"]);
    }

    #[test]
    fn what_is_called_like_it_comes_first() {
        let entries = vec![product("late-orders", "orders", &["orders"]), product("orders", "", &[])];
        let index = Indexer::default().index(entries).unwrap();
        let hits = found(index.as_ref(), "Orders", &[]);
        assert_eq!(hits[0], ("orders".to_owned(), 1.0));
        assert!(hits[1].1 < 1.0);
        // However it is written; and a name of which something is missing is none.
        for query in ["late-orders", "Late Orders", "late_orders", "LateOrders"] {
            assert_eq!(found(index.as_ref(), query, &[])[0], ("late-orders".to_owned(), 1.0), "{query}");
        }
        assert!(found(index.as_ref(), "late order", &[])[0].1 < 1.0);
        assert!(found(index.as_ref(), "late-orders", &["late-orders"]).is_empty());
    }

    #[test]
    fn what_is_hidden_is_not_looked_in() {
        let index = Indexer::default().index(shops()).unwrap();
        let index = index.as_ref();
        assert!(found(index, "hidden_score", &[]).is_empty());
        assert!(found(index, "warehouse", &["stock"]).is_empty());
        // Were the hidden one asked, the word would be right, and nobody would look for others.
        let index = Indexer::default().index(vec![product("stock", "", &[]), product("stack", "", &[])]).unwrap();
        let names: Vec<_> = found(index.as_ref(), "stock", &["stock"]).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["stack"]);
    }

    #[test]
    fn the_index_follows() {
        let indexer = Indexer::default();
        let first = indexer.index(shops()).unwrap();
        let mut entries = shops();
        entries.remove(3);
        entries[2] = product("customers", "Who pays", &["customer_id"]);
        entries.push(product("ships", "What swims", &[]));
        let second = indexer.index(entries.clone()).unwrap();
        assert_eq!(named(second.as_ref(), "pays"), ["customers"]);
        assert_eq!(named(second.as_ref(), "swims"), ["ships"]);
        for gone in ["buys", "warehouse", "email"] {
            assert!(named(second.as_ref(), gone).is_empty(), "{gone}");
        }
        // Whoever has the first one still finds what was there, although the slot has another product by now.
        assert_eq!(named(first.as_ref(), "warehouse"), ["stock"]);
        assert_eq!(named(first.as_ref(), "buys"), ["customers"]);
        assert!(named(first.as_ref(), "swims").is_empty());
        let same = |at: usize| Arc::ptr_eq(first.slots()[at].as_ref().unwrap(), second.slots()[at].as_ref().unwrap());
        assert_eq!([same(0), same(1), same(2)], [true, true, false], "what did not change is not looked at again");
        let third = indexer.index(Vec::new()).unwrap();
        assert!(named(third.as_ref(), "orders").is_empty());
        assert_eq!(named(indexer.index(entries).unwrap().as_ref(), "orders"), ["orders", "late-orders"]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

        /// Two indexes that differ in what is hidden find the same, and weigh it the same.
        #[test]
        fn what_is_found_is_the_same_whatever_is_hidden(
            words in prop::collection::vec("(stock|stack|order|orders|late|ordering|customer)", 1..6),
            hidden in prop::collection::vec("(stock|stuck|order|orders|border|late|customers|costumer)", 0..6),
            query in "(stock|stuck|order|lat|customer|costumers|ordering late)",
        ) {
            let open = |at: usize, word: &String| product(&format!("open-{at}-{word}"), word, &[word.as_str()]);
            let mut entries: Vec<_> = words.iter().enumerate().map(|(at, word)| open(at, word)).collect();
            let alone = Indexer::default().index(entries.clone()).unwrap();
            let secret: Vec<_> = hidden.iter().enumerate().map(|(at, word)| format!("secret-{at}-{word}")).collect();
            entries.extend(secret.iter().zip(&hidden).map(|(name, word)| product(name, word, &[word.as_str()])));
            if let Some(first) = entries.first_mut() {
                let texts = vec![(Field::Name, hidden.join(" "))];
                first.elements.push(Element { place: Place::Column, name: "x.hidden".to_owned(), texts });
            }
            let beside = Indexer::default().index(entries).unwrap();
            let secret: Vec<_> = secret.iter().map(String::as_str).collect();
            prop_assert_eq!(found(alone.as_ref(), &query, &[]), found(beside.as_ref(), &query, &secret));
        }
    }

    #[test]
    fn an_address_is_one_number() {
        let address = |slot, place, element| Address { slot, place, element };
        for address in [
            address(0, Place::Product, 0),
            address(9_999, Place::Port, 3),
            address(9_999, Place::Table, (1 << 24) - 1),
            address(1 << 30, Place::Column, (1 << 24) - 1),
            address((1 << 37) - 1, Place::Document, 1),
        ] {
            assert_eq!(address.number().and_then(Address::of), Some(address));
        }
        assert_eq!(address(1 << 37, Place::Product, 0).number(), None);
        assert_eq!(Address::of(7 << Address::PLACE), None);
        assert_eq!(address(0, Place::Product, 1 << 24).number(), None);
    }
}
