//! Finds products by words, among what a caller may know of.
//!
//! **Invariant**: what a caller is told, to the last count and score, follows from what they may know of alone. What they
//! may not know of is left out before anything is looked for, counted or ranked, and nothing is measured against it.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ptr,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use outport_model::{
    name::ProductName,
    product::{Alignment, Product},
};
use serde::{Serialize, Serializer, ser::SerializeMap};
use tokio::time::Instant;

use super::{
    super::{Caller, Gate, error::GateError},
    card::{Card, Rating, Trust, card},
    known::{Known, KnownProduct, Look},
    usage::Usage,
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

/// How many callers' shelves are kept. Each is a hundred bytes or two for each product that they may know of.
const SHELVES: usize = 64;

/// How long it may be until a rating is on the cards of hits.
const RATED: Duration = Duration::from_secs(10);

/// After so many products others have a turn, while a shelf is filled.
const TURN: usize = 100;

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
    /// The last index, and which generations of the products are in it.
    index: tokio::sync::Mutex<Option<(Generations, Arc<dyn Index>)>>,
    /// Whoever has it fills a shelf.
    filling: tokio::sync::Mutex<()>,
    shelves: Mutex<Vec<Arc<Shelf>>>,
    /// What people think of the products, and when that was read.
    ratings: tokio::sync::Mutex<Option<(Instant, Arc<Ratings>)>>,
}

/// Each product with the number of times that it was applied: it is the same as long as that is.
type Generations = Vec<(ProductName, u64)>;

type Ratings = BTreeMap<ProductName, Rating>;

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
    view: Weak<View>,
    index: Arc<dyn Index>,
    sight: Sight,
    /// By the slot.
    products: Vec<Option<Shelved>>,
    /// The values of all facets, which products name by their place.
    values: Vec<(Facet, String)>,
}

/// What a product is told apart and ranked by, beside how much it is read.
#[derive(Debug)]
struct Shelved {
    values: Box<[u32]>,
    /// How far it can be trusted, up to 1.
    trusted: f64,
}

impl Shelf {
    fn is_of(&self, look: &Look<'_>) -> bool {
        let (known, view) = look.decided();
        Arc::ptr_eq(&self.known, known) && ptr::eq(self.view.as_ptr(), Arc::as_ptr(view))
    }
}

impl Gate {
    /// The products that a caller may know of in which words are found, those that fit best first.
    pub async fn search(&self, caller: &Caller, query: SearchQuery) -> Result<SearchResults, GateError> {
        let _permit = self.admit(caller).await?;
        let look = self.look(caller).await?;
        let shelf = self.shelf(&look).await?;
        let usage = self.usage_at_hand().await?;
        let used = Arc::clone(&usage);
        let looked = tokio::task::spawn_blocking(move || shelf.look_through(&query, &used));
        let found = looked.await.map_err(|error| GateError::Internal(Box::new(error)))??;
        let ratings = self.ratings_of_late().await?;
        let mut hits = Vec::new();
        for ranked in found.page {
            if let Some(known) = look.find(&ranked.product) {
                let trust = self.trust(&known).await?;
                let card = card(&known, trust, &usage, ratings.get(&ranked.product).copied());
                hits.push(SearchHit { card, score: ranked.score, matches: ranked.matches });
            }
        }
        Ok(SearchResults { total: found.total, facets: found.facets, hits })
    }

    /// What people think of the products, or did a moment ago.
    async fn ratings_of_late(&self) -> Result<Arc<Ratings>, GateError> {
        let mut kept = self.finder.ratings.lock().await;
        if let Some((_, ratings)) = kept.as_ref().filter(|(read, _)| read.elapsed() < RATED) {
            return Ok(Arc::clone(ratings));
        }
        let ratings = Arc::new(self.ratings().await?);
        *kept = Some((Instant::now(), Arc::clone(&ratings)));
        Ok(ratings)
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
        let (mut sight, mut products, mut book) = (Vec::new(), Vec::new(), Book::default());
        for (slot, entry) in index.slots().iter().enumerate() {
            if slot % TURN == TURN - 1 {
                tokio::task::yield_now().await;
            }
            let known = entry.as_ref().and_then(|entry| look.find(&entry.product));
            let Some(known) = known else {
                sight.push(None);
                products.push(None);
                continue;
            };
            let trust = self.trust(&known).await?;
            let (seen, classifications) = seen(&known)?;
            sight.push(Some(seen));
            let values = values(&known.compiled.product, &trust, classifications);
            products.push(Some(Shelved { values: book.add(values), trusted: trusted(&trust) }));
        }
        let (known, view) = look.decided();
        let (known, view) = (Arc::clone(known), Arc::downgrade(view));
        Ok(Shelf { known, view, index, sight, products, values: book.values })
    }

    /// The index of everything on record.
    async fn index(&self, look: &Look<'_>) -> Result<Arc<dyn Index>, GateError> {
        let missing = || GateError::NotFound { what: "index", name: "search".to_owned() };
        let indexer = Arc::clone(self.finder.indexer.as_ref().ok_or_else(missing)?);
        let mut kept = self.finder.index.lock().await;
        let applied = || look.snapshot.applied().map(|(name, applied)| (name, applied.generation));
        if let Some((known, index)) = kept.as_ref()
            && known.iter().map(|(name, generation)| (name, *generation)).eq(applied())
        {
            return Ok(Arc::clone(index));
        }
        let generations = applied().map(|(name, generation)| (name.clone(), generation)).collect();
        let snapshot = Arc::clone(&look.snapshot);
        let made = tokio::task::spawn_blocking(move || {
            let products = snapshot.estate().values().map(|compiled| entry(&compiled.product));
            indexer.index(products.collect())
        });
        let index = made.await.map_err(|error| GateError::Internal(Box::new(error)))??;
        *kept = Some((generations, Arc::clone(&index)));
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
    fn look_through(&self, query: &SearchQuery, usage: &Usage) -> Result<Found, SearchError> {
        let found = self.index.find(&query.words, &self.sight)?;
        let has_words = found.is_some();
        let found = found.unwrap_or_else(|| {
            let there = self.sight.iter().enumerate().filter(|(_, seen)| seen.is_some());
            there.map(|(slot, _)| Hit { slot, fit: 0.0 }).collect()
        });
        let chosen = self.chosen(&query.chosen);
        let mut counts = vec![0; self.values.len()];
        let mut ranked: Vec<(f64, &ProductName, usize)> = Vec::new();
        for Hit { slot, fit } in found {
            let (Some(Some(shelved)), Some(Some(entry))) = (self.products.get(slot), self.index.slots().get(slot))
            else {
                continue;
            };
            let mut missed = chosen.iter().filter(|(_, of)| !shelved.has_one(of)).map(|(facet, _)| *facet);
            match (missed.next(), missed.next()) {
                (None, _) => {
                    self.count(&mut counts, shelved, None);
                    let merit = self.merit(shelved, &entry.product, usage);
                    ranked.push((score(has_words.then_some(fit), merit), &entry.product, slot));
                }
                (Some(only), None) => self.count(&mut counts, shelved, Some(only)),
                (Some(_), Some(_)) => {}
            }
        }
        let total = ranked.len();
        let page =
            page_of(ranked, query.offset, query.limit.min(MOST_HITS)).into_iter().map(|(score, product, slot)| {
                let seen = self.sight.get(slot).and_then(Option::as_ref).filter(|_| has_words);
                let matches = seen.map(|seen| self.index.matches(&query.words, slot, seen, PLACES)).unwrap_or_default();
                Ranked { product: product.clone(), score, matches }
            });
        let page = page.collect();
        Ok(Found { total, facets: self.named(&counts), page })
    }

    /// Counts the values of a product, or those of one facet.
    fn count(&self, counts: &mut [usize], shelved: &Shelved, only: Option<Facet>) {
        for at in shelved.values.iter().map(|at| *at as usize) {
            let wanted = only.is_none_or(|only| self.values.get(at).is_some_and(|(facet, _)| *facet == only));
            if let Some(count) = counts.get_mut(at).filter(|_| wanted) {
                *count += 1;
            }
        }
    }

    fn merit(&self, shelved: &Shelved, product: &ProductName, usage: &Usage) -> f64 {
        let (readers, requests) = usage.through(product, |port, major| self.known.knows(product, port, major));
        merit(readers, requests, shelved.trusted)
    }

    /// What is chosen, by the places of the values; of what nobody has, nothing.
    fn chosen(&self, chosen: &BTreeMap<Facet, BTreeSet<String>>) -> Vec<(Facet, Vec<u32>)> {
        let places = |facet: Facet, wanted: &BTreeSet<String>| {
            let values = self.values.iter().zip(0..);
            values.filter(|((of, value), _)| *of == facet && wanted.contains(value)).map(|(_, at)| at).collect()
        };
        let named = chosen.iter().filter(|(_, wanted)| !wanted.is_empty());
        named.map(|(facet, wanted)| (*facet, places(*facet, wanted))).collect()
    }

    fn named(&self, counts: &[usize]) -> FacetCounts {
        let mut named: BTreeMap<Facet, Vec<(usize, &String)>> = BTreeMap::new();
        for ((facet, value), count) in self.values.iter().zip(counts).filter(|(_, count)| **count > 0) {
            named.entry(*facet).or_default().push((*count, value));
        }
        let most = |(facet, mut counts): (Facet, Vec<(usize, &String)>)| {
            counts.sort_by(|(count, value), (than, other)| than.cmp(count).then_with(|| value.cmp(other)));
            let most = counts.into_iter().take(MOST_VALUES);
            (facet, most.map(|(count, value)| FacetCount { value: value.clone(), count }).collect::<Vec<_>>())
        };
        FacetCounts(named.into_iter().map(most).collect())
    }
}

/// The best that fit on a page, in their order. There may be thousands of others, which have none.
fn page_of(
    mut ranked: Vec<(f64, &ProductName, usize)>,
    offset: usize,
    limit: usize,
) -> Vec<(f64, &ProductName, usize)> {
    let order = |(one, by, _): &(f64, &ProductName, usize), (other, than, _): &(f64, &ProductName, usize)| {
        other.total_cmp(one).then_with(|| by.cmp(than))
    };
    let end = offset.saturating_add(limit);
    if end < ranked.len() {
        ranked.select_nth_unstable_by(end, order);
        ranked.truncate(end);
    }
    ranked.sort_unstable_by(order);
    ranked.drain(..offset.min(ranked.len()));
    ranked
}

impl Shelved {
    fn has_one(&self, of: &[u32]) -> bool {
        self.values.iter().any(|value| of.contains(value))
    }
}

/// Numbers the values of facets.
#[derive(Debug, Default)]
struct Book {
    values: Vec<(Facet, String)>,
    places: BTreeMap<Facet, HashMap<String, u32>>,
}

impl Book {
    /// The places of values, each once.
    fn add<'a>(&mut self, values: impl Iterator<Item = (Facet, &'a str)>) -> Box<[u32]> {
        let mut places: Vec<u32> = values.map(|(facet, value)| self.place(facet, value)).collect();
        places.sort_unstable();
        places.dedup();
        places.into()
    }

    fn place(&mut self, facet: Facet, value: &str) -> u32 {
        let known = self.places.entry(facet).or_default();
        if let Some(place) = known.get(value) {
            return *place;
        }
        let place = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        known.insert(value.to_owned(), place);
        self.values.push((facet, value.to_owned()));
        place
    }
}

/// How well a product fits, in steps of a thousandth: finer ones would only feign to know.
fn score(fit: Option<f32>, merit: f64) -> f64 {
    let score = fit.map_or(merit, |fit| 0.7 * f64::from(fit) + 0.3 * merit);
    (score * 1_000.0).round() / 1_000.0
}

/// What use and trust are worth together, two thirds and one.
#[expect(clippy::cast_precision_loss, reason = "it is for ranking alone")]
fn merit(readers: u64, requests: u64, trusted: f64) -> f64 {
    const MANY: f64 = 1_000.0;
    let read = readers as f64 + requests as f64 / 10.0;
    let used = ((1.0 + read).ln() / (1.0 + MANY).ln()).min(1.0);
    (2.0 * used + trusted) / 3.0
}

/// How far a product can be trusted. One of which nothing is known is worth half of what it could be.
#[expect(clippy::cast_precision_loss, reason = "it is for ranking alone")]
fn trusted(trust: &Trust) -> f64 {
    let tally = &trust.all;
    let measured = tally.passed + tally.warned + tally.failed;
    if measured == 0 { 0.5 } else { (tally.passed as f64 + tally.warned as f64 / 2.0) / measured as f64 }
}

/// The values of a product, of whose columns these classifications are known of.
fn values<'a>(
    product: &'a Product,
    trust: &Trust,
    classifications: Vec<&'a str>,
) -> impl Iterator<Item = (Facet, &'a str)> + use<'a> {
    let tally = &trust.all;
    let quality = match (tally.failed, tally.warned, tally.passed) {
        (1.., _, _) => "failed",
        (0, 1.., _) => "warned",
        (0, 0, 1..) => "passed",
        (0, 0, 0) => "unchecked",
    };
    let single = [
        (Facet::Domain, product.domain.as_deref()),
        (Facet::Alignment, product.alignment.map(Alignment::as_str)),
        (Facet::Status, product.status.as_deref()),
        (Facet::Owner, product.owner.as_deref()),
        (Facet::Quality, Some(quality)),
    ];
    let single = single.into_iter().filter_map(|(facet, value)| Some((facet, value?)));
    single.chain(classifications.into_iter().map(|value| (Facet::Classification, value)))
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

/// Which elements of [`entry`] exist for the caller: the product itself and its documents, and what they see of its ports;
/// and the classifications of the columns among them.
fn seen<'a>(known: &KnownProduct<'a>) -> Result<(Seen, Vec<&'a str>), GateError> {
    let product = &known.compiled.product;
    let (mut elements, mut classifications) = (vec![true], Vec::new());
    for port in &product.outputs {
        let seen = known.ports().find(|seen| seen.port.name == port.name && seen.port.version == port.version);
        elements.push(seen.is_some());
        let tables = seen.map(|seen| seen.tables()).transpose()?.unwrap_or_default();
        for offered in &port.tables {
            let Some(schema) = port.contract.table(&offered.object) else { continue };
            let table = tables.iter().find(|table| table.offered.name == offered.name);
            elements.push(table.is_some());
            for column in &schema.columns {
                let has = table.is_some_and(|table| table.column(&column.name).is_some());
                elements.push(has);
                classifications.extend(column.classification.as_deref().filter(|_| has));
            }
        }
    }
    elements.extend(product.guide.documents.iter().map(|_| true));
    Ok((elements.into_iter().collect(), classifications))
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
        let merit = |readers, requests, trust: &Trust| merit(readers, requests, trusted(trust));
        assert!(merit(0, 0, &trust(0, 0, 1)).abs() < 1e-6);
        assert!((merit(1_000_000, 1_000_000, &trust(5, 0, 0)) - 1.0).abs() < 1e-6);
        assert!(merit(3, 10, &trust(1, 0, 0)) > merit(2, 10, &trust(1, 0, 0)));
        assert!(merit(0, 0, &trust(0, 0, 0)) > merit(0, 0, &trust(1, 0, 2)));
        assert!((merit(0, 0, &trust(0, 2, 0)) - merit(0, 0, &trust(0, 0, 0))).abs() < 1e-6);
    }

    #[test]
    fn a_page_has_the_best_in_their_order() {
        let names: Vec<ProductName> = (0..50).map(|number| format!("p{number:02}").parse().unwrap()).collect();
        let scores = |number: usize| [0.5_f64, 0.25, 0.75][number % 3];
        let ranked: Vec<_> = names.iter().enumerate().map(|(at, name)| (scores(at), name, at)).rev().collect();
        let mut all = ranked.clone();
        all.sort_by(|one, other| other.0.total_cmp(&one.0).then_with(|| one.1.cmp(other.1)));
        for (offset, limit) in
            [(0, 0), (0, 1), (0, 20), (20, 20), (40, 20), (49, 1), (50, 1), (60, 20), (0, 50), (0, 99)]
        {
            let expected: Vec<_> = all.iter().skip(offset).take(limit).copied().collect();
            assert_eq!(page_of(ranked.clone(), offset, limit), expected, "{offset} {limit}");
        }
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
        let mut add = |values: &[(Facet, &str)]| book.add(values.iter().copied()).to_vec();
        assert_eq!(add(&[(Facet::Domain, "sales"), (Facet::Owner, "sales")]), [0, 1]);
        assert_eq!(add(&[(Facet::Domain, "hr")]), [2]);
        assert_eq!(add(&[(Facet::Owner, "sales"), (Facet::Domain, "sales"), (Facet::Owner, "sales")]), [0, 1]);
        let values = [(Facet::Domain, "sales"), (Facet::Owner, "sales"), (Facet::Domain, "hr")];
        assert_eq!(book.values, values.map(|(facet, value)| (facet, value.to_owned())));
    }
}
