//! Finds products by words, among what a caller may know of.
//!
//! **Invariant**: what a caller is told, to the last count and score, follows from what they may know of alone. What they
//! may not know of is left out before anything is looked for, counted or ranked, and nothing is measured against it.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use outport_model::{name::ProductName, product::Product};
use serde::{Serialize, Serializer, ser::SerializeMap};

use super::{
    super::{Caller, Gate, error::GateError},
    card::{Card, Rating, Trust, card},
    known::{Known, KnownProduct, Look},
};
use crate::{
    engine::View,
    search::{Element, Entry, Field, Hit, Index, Indexer, Match, Place, SearchError, Seen, Sight},
};

/// Hits of a page at most.
pub const MOST_HITS: usize = 100;

/// Hits before a page at most.
pub const MOST_BEFORE: usize = 10_000;

/// Values of a facet that are counted at most; those that most products have.
pub const MOST_VALUES: usize = 100;

/// Places of a hit that are shown at most.
const PLACES: usize = 5;

/// How many callers' shelves are kept. Each is some hundred bytes for each product that they may know of.
const SHELVES: usize = 64;

/// What products are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Facet {
    /// The domain.
    Domain,
    /// How they relate to sources and consumers.
    Alignment,
    /// `status` of the descriptor.
    Status,
    /// Who answers for them.
    Owner,
    /// Classifications of columns.
    Classification,
    /// What the checks of the current release came to.
    Quality,
}

impl Facet {
    /// Every facet.
    pub const ALL: [Self; 6] =
        [Self::Domain, Self::Alignment, Self::Status, Self::Owner, Self::Classification, Self::Quality];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Domain => "domain",
            Self::Alignment => "alignment",
            Self::Status => "status",
            Self::Owner => "owner",
            Self::Classification => "classification",
            Self::Quality => "quality",
        }
    }
}

/// What is looked for.
#[derive(Debug, Clone, Default)]
pub struct SearchQuery {
    /// Words; without any, everything is found.
    pub words: String,
    /// Of each facet, one of these values; all where none is named.
    pub chosen: BTreeMap<Facet, BTreeSet<String>>,
    /// Hits of the page.
    pub limit: usize,
    /// Hits before the page.
    pub offset: usize,
}

/// What was found.
#[derive(Debug, Clone, Serialize)]
pub struct SearchResults {
    /// How many products fit.
    pub total: usize,
    /// How many there are of each value.
    pub facets: FacetCounts,
    /// Those of the page.
    pub hits: Vec<SearchHit>,
}

/// A product that was found.
#[derive(Debug, Clone, Serialize)]
pub struct SearchHit {
    /// The product at a glance.
    pub card: Card,
    /// How well it fits by text, use and trust, from 0 to 1, in steps of a thousandth.
    pub score: f64,
    /// Where the words were found.
    pub matches: Vec<Match>,
}

/// How many products there are of each value of each facet, most first. The numbers of a facet are of what fits all else
/// that is asked for, whichever of its own values are chosen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FacetCounts(pub BTreeMap<Facet, Vec<FacetCount>>);

/// How many products have a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FacetCount {
    /// The value.
    pub value: String,
    /// How many.
    pub count: usize,
}

impl Serialize for FacetCounts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(Facet::ALL.len()))?;
        for facet in Facet::ALL {
            map.serialize_entry(facet.as_str(), self.0.get(&facet).map_or(&[][..], Vec::as_slice))?;
        }
        map.end()
    }
}

/// What is kept from one search to the next.
#[derive(Debug, Default)]
pub(in crate::gate) struct Finder {
    indexer: Option<Arc<dyn Indexer>>,
    /// The index of the last snapshot, and the number of its change.
    index: tokio::sync::Mutex<Option<(u64, Arc<dyn Index>)>>,
    /// Whoever has it fills a shelf.
    filling: tokio::sync::Mutex<()>,
    shelves: Mutex<Vec<Arc<Shelf>>>,
}

impl Finder {
    pub(in crate::gate) fn new(indexer: Arc<dyn Indexer>) -> Self {
        Self { indexer: Some(indexer), ..Self::default() }
    }

    /// The shelf of whoever looks, where it is there, and moves it to the end of the line.
    fn shelf(&self, look: &Look<'_>) -> Option<Arc<Shelf>> {
        let mut shelves = self.shelves.lock().unwrap_or_else(PoisonError::into_inner);
        let at = shelves.iter().position(|shelf| shelf.is_of(look))?;
        let shelf = shelves.remove(at);
        shelves.push(Arc::clone(&shelf));
        Some(shelf)
    }

    fn keep(&self, shelf: &Arc<Shelf>) {
        let mut shelves = self.shelves.lock().unwrap_or_else(PoisonError::into_inner);
        if shelves.len() >= SHELVES {
            shelves.remove(0);
        }
        shelves.push(Arc::clone(shelf));
    }
}

/// All that a caller may know of, as it is looked through.
#[derive(Debug)]
struct Shelf {
    /// What it was made of: it is as good as they are, which is until either is decided anew.
    known: Arc<Known>,
    view: Arc<View>,
    index: Arc<dyn Index>,
    sight: Sight,
    /// By the slot.
    products: Vec<Option<Shelved>>,
    /// The values of every facet, which products name by their place.
    values: BTreeMap<Facet, Vec<String>>,
    ratings: BTreeMap<ProductName, Rating>,
}

/// What a product is told apart and ranked by.
#[derive(Debug)]
struct Shelved {
    values: Box<[(Facet, u32)]>,
    /// What use and trust are worth together, up to 1.
    merit: f64,
}

impl Shelf {
    fn is_of(&self, look: &Look<'_>) -> bool {
        let (known, view) = look.decided();
        Arc::ptr_eq(&self.known, known) && Arc::ptr_eq(&self.view, view)
    }
}

impl Gate {
    /// The products that a caller may know of in which words are found, those that fit best first.
    pub async fn search(&self, caller: &Caller, query: SearchQuery) -> Result<SearchResults, GateError> {
        let _permit = self.admit(caller).await?;
        let look = self.look(caller).await?;
        let shelf = self.shelf(&look).await?;
        let shelved = Arc::clone(&shelf);
        let looked = tokio::task::spawn_blocking(move || shelved.look_through(&query));
        let found = looked.await.map_err(|error| GateError::Internal(Box::new(error)))??;
        let usage = self.usage().await?;
        let mut hits = Vec::new();
        for ranked in found.page {
            if let Some(known) = look.find(&ranked.product) {
                let trust = self.trust(&known).await?;
                let card = card(&known, trust, &usage, shelf.ratings.get(&ranked.product).copied());
                hits.push(SearchHit { card, score: ranked.score, matches: ranked.matches });
            }
        }
        Ok(SearchResults { total: found.total, facets: found.facets, hits })
    }

    async fn shelf(&self, look: &Look<'_>) -> Result<Arc<Shelf>, GateError> {
        if let Some(shelf) = self.finder.shelf(look) {
            return Ok(shelf);
        }
        let _filling = self.finder.filling.lock().await;
        if let Some(shelf) = self.finder.shelf(look) {
            return Ok(shelf);
        }
        let shelf = Arc::new(self.fill(look).await?);
        self.finder.keep(&shelf);
        Ok(shelf)
    }

    async fn fill(&self, look: &Look<'_>) -> Result<Shelf, GateError> {
        let index = self.index(look).await?;
        let (usage, ratings) = (self.usage().await?, self.ratings().await?);
        let (mut sight, mut products, mut book) = (Vec::new(), Vec::new(), Book::default());
        for slot in index.slots() {
            let known = slot.as_ref().and_then(|entry| look.find(&entry.product));
            let Some(known) = known else {
                sight.push(None);
                products.push(None);
                continue;
            };
            let trust = self.trust(&known).await?;
            let (readers, requests) = usage.of_late(&known);
            let values = facets(&known, &trust)?;
            sight.push(Some(seen(&known)?));
            products.push(Some(Shelved { values: book.add(values), merit: merit(readers, requests, &trust) }));
        }
        let (known, view) = look.decided();
        Ok(Shelf {
            known: Arc::clone(known),
            view: Arc::clone(view),
            index,
            sight,
            products,
            values: book.values,
            ratings,
        })
    }

    /// The index of everything on record.
    async fn index(&self, look: &Look<'_>) -> Result<Arc<dyn Index>, GateError> {
        let missing = || GateError::NotFound { what: "index", name: "search".to_owned() };
        let indexer = Arc::clone(self.finder.indexer.as_ref().ok_or_else(missing)?);
        let mut kept = self.finder.index.lock().await;
        if let Some((_, index)) = kept.as_ref().filter(|(changes, _)| *changes == look.snapshot.changes) {
            return Ok(Arc::clone(index));
        }
        let snapshot = Arc::clone(&look.snapshot);
        let made = tokio::task::spawn_blocking(move || {
            let products = snapshot.estate().values().map(|compiled| entry(&compiled.product));
            indexer.index(products.collect())
        });
        let index = made.await.map_err(|error| GateError::Internal(Box::new(error)))??;
        *kept = Some((look.snapshot.changes, Arc::clone(&index)));
        Ok(index)
    }
}

impl From<SearchError> for GateError {
    fn from(error: SearchError) -> Self {
        Self::Internal(Box::new(error))
    }
}

/// What was found on a shelf.
struct Found {
    total: usize,
    facets: FacetCounts,
    page: Vec<Ranked>,
}

struct Ranked {
    product: ProductName,
    score: f64,
    matches: Vec<Match>,
}

impl Shelf {
    fn look_through(&self, query: &SearchQuery) -> Result<Found, SearchError> {
        let found = self.index.find(&query.words, &self.sight)?;
        let has_words = found.is_some();
        let found = found.unwrap_or_else(|| {
            let there = self.sight.iter().enumerate().filter(|(_, seen)| seen.is_some());
            there.map(|(slot, _)| Hit { slot, fit: 0.0 }).collect()
        });
        let chosen = self.chosen(&query.chosen);
        let mut counts: HashMap<(Facet, u32), usize> = HashMap::new();
        let mut ranked: Vec<(f64, &ProductName, usize)> = Vec::new();
        for Hit { slot, fit } in found {
            let (Some(Some(shelved)), Some(Some(entry))) = (self.products.get(slot), self.index.slots().get(slot))
            else {
                continue;
            };
            let missed: Vec<Facet> = chosen.iter().filter(|(_, of)| !shelved.has_one(of)).map(|(f, _)| *f).collect();
            let counted = |facet: Facet| missed.is_empty() || missed == [facet];
            for value in shelved.values.iter().filter(|(facet, _)| counted(*facet)) {
                *counts.entry(*value).or_default() += 1;
            }
            if missed.is_empty() {
                ranked.push((score(has_words.then_some(fit), shelved.merit), &entry.product, slot));
            }
        }
        ranked.sort_by(|(one, by, _), (other, than, _)| other.total_cmp(one).then_with(|| by.cmp(than)));
        let total = ranked.len();
        let page = ranked.into_iter().skip(query.offset).take(query.limit.min(MOST_HITS));
        let page = page.map(|(score, product, slot)| {
            let seen = self.sight.get(slot).and_then(Option::as_ref).filter(|_| has_words);
            let matches = seen.map(|seen| self.index.matches(&query.words, slot, seen, PLACES)).unwrap_or_default();
            Ranked { product: product.clone(), score, matches }
        });
        let page = page.collect();
        Ok(Found { total, facets: self.named(counts), page })
    }

    /// What is chosen, by the places of the values; of what nobody has, nothing.
    fn chosen(&self, chosen: &BTreeMap<Facet, BTreeSet<String>>) -> Vec<(Facet, Vec<(Facet, u32)>)> {
        let places = |facet: Facet, wanted: &BTreeSet<String>| {
            let values = self.values.get(&facet).into_iter().flatten().zip(0..);
            values.filter(|(value, _)| wanted.contains(*value)).map(|(_, at)| (facet, at)).collect()
        };
        let named = chosen.iter().filter(|(_, wanted)| !wanted.is_empty());
        named.map(|(facet, wanted)| (*facet, places(*facet, wanted))).collect()
    }

    fn named(&self, counts: HashMap<(Facet, u32), usize>) -> FacetCounts {
        let mut named: BTreeMap<Facet, Vec<FacetCount>> = BTreeMap::new();
        for ((facet, at), count) in counts {
            if let Some(value) = self.values.get(&facet).and_then(|values| values.get(at as usize)) {
                named.entry(facet).or_default().push(FacetCount { value: value.clone(), count });
            }
        }
        for counts in named.values_mut() {
            counts.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
            counts.truncate(MOST_VALUES);
        }
        FacetCounts(named)
    }
}

impl Shelved {
    fn has_one(&self, of: &[(Facet, u32)]) -> bool {
        self.values.iter().any(|value| of.contains(value))
    }
}

/// Numbers the values of facets.
#[derive(Debug, Default)]
struct Book {
    values: BTreeMap<Facet, Vec<String>>,
    places: HashMap<(Facet, String), u32>,
}

impl Book {
    fn add(&mut self, values: BTreeSet<(Facet, String)>) -> Box<[(Facet, u32)]> {
        let mut places = Vec::new();
        for (facet, value) in values {
            let known = self.values.entry(facet).or_default();
            let place = *self.places.entry((facet, value)).or_insert_with_key(|(_, value)| {
                known.push(value.clone());
                u32::try_from(known.len() - 1).unwrap_or(u32::MAX)
            });
            places.push((facet, place));
        }
        places.into()
    }
}

/// How well a product fits, in steps of a thousandth: finer ones would only feign to know.
fn score(fit: Option<f32>, merit: f64) -> f64 {
    let score = fit.map_or(merit, |fit| 0.7 * f64::from(fit) + 0.3 * merit);
    (score * 1_000.0).round() / 1_000.0
}

/// What use and trust are worth together, two thirds and one. A product of which nothing is known is worth half of what it
/// could be trusted.
#[expect(clippy::cast_precision_loss, reason = "it is for ranking alone")]
fn merit(readers: u64, requests: u64, trust: &Trust) -> f64 {
    const MANY: f64 = 1_000.0;
    let read = readers as f64 + requests as f64 / 10.0;
    let used = ((1.0 + read).ln() / (1.0 + MANY).ln()).min(1.0);
    let tally = &trust.all;
    let measured = tally.passed + tally.warned + tally.failed;
    let trusted = if measured == 0 { 0.5 } else { (tally.passed as f64 + tally.warned as f64 / 2.0) / measured as f64 };
    (2.0 * used + trusted) / 3.0
}

/// The values of a product, as far as the caller may know of what they are about.
fn facets(known: &KnownProduct<'_>, trust: &Trust) -> Result<BTreeSet<(Facet, String)>, GateError> {
    let product = &known.compiled.product;
    let tally = &trust.all;
    let quality = match (tally.failed, tally.warned, tally.passed) {
        (1.., _, _) => "failed",
        (0, 1.., _) => "warned",
        (0, 0, 1..) => "passed",
        (0, 0, 0) => "unchecked",
    };
    let single = [
        (Facet::Domain, product.domain.clone()),
        (Facet::Alignment, product.alignment.map(|alignment| alignment.as_str().to_owned())),
        (Facet::Status, product.status.clone()),
        (Facet::Owner, product.owner.clone()),
        (Facet::Quality, Some(quality.to_owned())),
    ];
    let mut values: BTreeSet<_> = single.into_iter().filter_map(|(facet, value)| Some((facet, value?))).collect();
    for port in known.ports() {
        for table in port.tables()? {
            let classified = table.columns().filter_map(|(column, _)| column.classification.clone());
            values.extend(classified.map(|value| (Facet::Classification, value)));
        }
    }
    Ok(values)
}

/// A product as words are looked for in it.
fn entry(product: &Product) -> Entry {
    let said = |field, text: &Option<String>| text.as_ref().map(|text| (field, text.clone()));
    let tags = |tags: &[String]| tags.iter().map(|tag| (Field::Tag, tag.clone())).collect::<Vec<_>>();
    let guide = &product.guide;
    let mut texts = vec![(Field::Name, product.name.to_string())];
    texts.extend(said(Field::Title, &product.title));
    texts.extend(said(Field::Purpose, &product.purpose));
    texts.extend(said(Field::Description, &guide.usage));
    texts.extend(said(Field::Description, &guide.limitations));
    texts.extend(said(Field::Domain, &product.domain));
    texts.extend(said(Field::Owner, &product.owner));
    texts.extend(guide.team.iter().map(|member| (Field::Owner, member.name.clone())));
    texts.extend(tags(&guide.tags));
    let mut elements = vec![Element { place: Place::Product, name: product.name.to_string(), texts }];
    for port in &product.outputs {
        let contract = &port.contract;
        let mut texts = vec![(Field::Name, port.name.to_string())];
        texts.extend(said(Field::Title, &contract.name));
        texts.extend(said(Field::Description, &contract.description));
        texts.extend(tags(&contract.terms.tags));
        elements.push(Element { place: Place::Port, name: port.name.to_string(), texts });
        for offered in &port.tables {
            let Some(schema) = contract.table(&offered.object) else { continue };
            let name = format!("{}.{}", product.name.sql(), offered.name.sql());
            let mut texts = vec![(Field::Name, offered.name.to_string())];
            if offered.object != offered.name.as_str() {
                texts.push((Field::Title, offered.object.clone()));
            }
            texts.extend(said(Field::Description, &schema.description));
            elements.push(Element { place: Place::Table, name: name.clone(), texts });
            for column in &schema.columns {
                let mut texts = vec![(Field::Name, column.name.clone())];
                texts.extend(said(Field::Description, &column.description));
                texts.extend(said(Field::Tag, &column.classification));
                texts.extend(tags(&column.tags));
                elements.push(Element { place: Place::Column, name: format!("{name}.{}", column.name), texts });
            }
        }
    }
    for document in &guide.documents {
        let texts = vec![(Field::Title, document.title.clone()), (Field::Text, document.text.clone())];
        elements.push(Element { place: Place::Document, name: document.title.clone(), texts });
    }
    Entry { product: product.name.clone(), elements }
}

/// Which elements of [`entry`] exist for the caller: the product itself and its documents, and what they see of its ports.
fn seen(known: &KnownProduct<'_>) -> Result<Seen, GateError> {
    let product = &known.compiled.product;
    let mut elements = vec![true];
    for port in &product.outputs {
        let seen = known.ports().find(|seen| seen.port.name == port.name && seen.port.version == port.version);
        elements.push(seen.is_some());
        let tables = seen.map(|seen| seen.tables()).transpose()?.unwrap_or_default();
        for offered in &port.tables {
            let Some(schema) = port.contract.table(&offered.object) else { continue };
            let table = tables.iter().find(|table| table.offered.name == offered.name);
            elements.push(table.is_some());
            let has = |name: &str| table.is_some_and(|table| table.column(name).is_some());
            elements.extend(schema.columns.iter().map(|column| has(&column.name)));
        }
    }
    elements.extend(product.guide.documents.iter().map(|_| true));
    Ok(elements.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use outport_test::fixture;

    use super::{super::card::Tally, *};

    fn trust(passed: u64, warned: u64, failed: u64) -> Trust {
        Trust { all: Tally { passed, failed, warned }, ..Trust::default() }
    }

    #[test]
    fn merit_is_bounded_and_grows_with_use_and_trust() {
        assert!(merit(0, 0, &trust(0, 0, 1)).abs() < 1e-6);
        assert!((merit(1_000_000, 1_000_000, &trust(5, 0, 0)) - 1.0).abs() < 1e-6);
        assert!(merit(3, 10, &trust(1, 0, 0)) > merit(2, 10, &trust(1, 0, 0)));
        assert!(merit(0, 0, &trust(0, 0, 0)) > merit(0, 0, &trust(1, 0, 2)));
    }

    #[test]
    fn text_counts_for_more_than_merit() {
        assert!(score(Some(1.0), 0.0) > score(Some(0.5), 1.0));
        assert!(score(Some(0.5), 0.8) > score(Some(0.5), 0.2));
        assert!((score(None, 0.123_45) - 0.123).abs() < 1e-6);
    }

    #[test]
    fn a_product_is_looked_for_in_all_that_is_said_of_it() {
        let entry = entry(&fixture::compiled("flights", "SELECT 1").product);
        let shown: Vec<_> = entry.elements.iter().map(|element| (element.place, element.name.as_str())).collect();
        assert_eq!(shown, [(Place::Product, "flights"), (Place::Port, "daily"), (Place::Table, "flights.daily")]);
        assert!(entry.elements[0].texts.contains(&(Field::Owner, "someone".to_owned())));
    }

    #[test]
    fn values_are_numbered_once() {
        let mut book = Book::default();
        let values = |domain: &str| BTreeSet::from([(Facet::Domain, domain.to_owned())]);
        let places: Vec<_> = ["sales", "hr", "sales"].map(|domain| book.add(values(domain))[0]).into();
        assert_eq!(places, [(Facet::Domain, 0), (Facet::Domain, 1), (Facet::Domain, 0)]);
        assert_eq!(book.values[&Facet::Domain], ["sales", "hr"]);
    }
}
