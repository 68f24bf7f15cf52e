//! Finds the products in which every word stands.

use std::{collections::HashSet, sync::Arc};

use outport_app::search::{Entry, Hit, Index, Match, SearchError, Seen, Sight};
use tantivy::{
    DocId, Score, Searcher, SegmentOrdinal, SegmentReader, TantivyError, Term,
    collector::{Collector, SegmentCollector},
    columnar::Column,
    query::{FuzzyTermQuery, Query, TermQuery},
    schema::{Field, IndexRecordOption},
};

use crate::{
    indexer::{ADDRESS, Address, Columns},
    near, places,
    words::{Word, Words},
    worth::{Way, of_place},
};

/// What a product is worth whose name is what is looked for, beside those whose names only have the words.
const NAMED: f32 = 1.0;
const OTHERS: f32 = 0.95;

/// An index, which stays as it is.
pub(crate) struct Made {
    searcher: Searcher,
    columns: Columns,
    words: Words,
    slots: Vec<Option<Arc<Entry>>>,
}

impl std::fmt::Debug for Made {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Made").field("slots", &self.slots.len()).finish_non_exhaustive()
    }
}

impl Made {
    pub(crate) fn new(searcher: Searcher, columns: Columns, words: Words, slots: Vec<Option<Arc<Entry>>>) -> Self {
        Self { searcher, columns, words, slots }
    }

    /// What a word is worth in each product, by its slot; 0 where it does not stand in it.
    fn fits(&self, word: &Word, sight: &Sight) -> Result<Vec<f32>, TantivyError> {
        let mut fits = vec![0.0; self.slots.len()];
        let mut any = false;
        for way in [Way::Exact, Way::Stem, Way::Beginning] {
            any |= self.add(&mut fits, word, way, sight)?;
        }
        // Whoever writes a word right does not mean another one. Only what is seen says whether it is right.
        if !any {
            for way in [Way::Wrong, Way::WrongBeginning] {
                self.add(&mut fits, word, way, sight)?;
            }
        }
        Ok(fits)
    }

    /// Adds where a word stands in one way; gives whether it does anywhere.
    fn add(&self, fits: &mut [f32], word: &Word, way: Way, sight: &Sight) -> Result<bool, TantivyError> {
        let mut any = false;
        for (class, plain, stems) in self.columns.texts {
            let Some(query) = query(word, way, plain, stems) else { continue };
            let worth = way.worth() * class.worth();
            for address in self.seen(query.as_ref(), sight)? {
                if let Some(fit) = fits.get_mut(address.slot) {
                    any = true;
                    *fit = fit.max(worth * of_place(address.place));
                }
            }
        }
        Ok(any)
    }

    /// Where a query fits, of what is seen.
    fn seen<'a>(
        &self,
        query: &dyn Query,
        sight: &'a Sight,
    ) -> Result<impl Iterator<Item = Address> + use<'a>, TantivyError> {
        let found = self.searcher.search(query, &Addresses)?.into_iter().filter_map(Address::of);
        let is_seen = move |address: &Address| sight.get(address.slot)?.as_ref().map(|seen| seen.has(address.element));
        Ok(found.filter(move |address| is_seen(address) == Some(true)))
    }

    /// The slots of the products that are called like this.
    fn named(&self, name: &str, sight: &Sight) -> Result<HashSet<usize>, TantivyError> {
        let query = TermQuery::new(Term::from_field_text(self.columns.names, name), IndexRecordOption::Basic);
        Ok(self.seen(&query, sight)?.map(|address| address.slot).collect())
    }
}

impl Index for Made {
    fn slots(&self) -> &[Option<Arc<Entry>>] {
        &self.slots
    }

    fn find(&self, text: &str, sight: &Sight) -> Result<Option<Vec<Hit>>, SearchError> {
        let failed = |source: TantivyError| SearchError { action: "find words", source: Box::new(source) };
        let words = self.words.asked(text);
        if words.is_empty() {
            return Ok(None);
        }
        let fits = words.iter().map(|word| self.fits(word, sight).map_err(failed)).collect::<Result<Vec<_>, _>>()?;
        let named = self.named(&self.words.joined(text), sight).map_err(failed)?;
        let hits = (0..self.slots.len()).filter_map(|slot| {
            let mut sum = 0.0;
            for fit in &fits {
                sum += fit.get(slot).copied().filter(|fit| *fit > 0.0)?;
            }
            #[expect(clippy::cast_precision_loss, reason = "there are a few words")]
            let fit = if named.contains(&slot) { NAMED } else { OTHERS * sum / fits.len() as f32 };
            Some(Hit { slot, fit })
        });
        Ok(Some(hits.collect()))
    }

    fn matches(&self, text: &str, slot: usize, seen: &Seen, most: usize) -> Vec<Match> {
        match self.slots.get(slot) {
            Some(Some(entry)) => places::of(&self.words, &self.words.asked(text), entry, seen, most),
            _ => Vec::new(),
        }
    }
}

/// The query for a word that stands in one way in a class of texts; `None` where it cannot.
fn query(word: &Word, way: Way, plain: Field, stems: Field) -> Option<Box<dyn Query>> {
    let written = || Term::from_field_text(plain, &word.text);
    let mistakes = near::allowed(&word.text);
    Some(match way {
        Way::Exact => Box::new(TermQuery::new(written(), IndexRecordOption::Basic)),
        Way::Stem => Box::new(TermQuery::new(Term::from_field_text(stems, &word.stem), IndexRecordOption::Basic)),
        Way::Beginning => Box::new(FuzzyTermQuery::new_prefix(written(), 0, true)),
        Way::Wrong if mistakes > 0 => Box::new(FuzzyTermQuery::new(written(), mistakes, true)),
        Way::WrongBeginning if near::may_be_beginning(&word.text) => {
            Box::new(FuzzyTermQuery::new_prefix(written(), mistakes, true))
        }
        Way::Wrong | Way::WrongBeginning => return None,
    })
}

/// Collects addresses.
struct Addresses;

/// The same of one segment.
struct OfSegment {
    addresses: Column<u64>,
    found: Vec<u64>,
}

impl Collector for Addresses {
    type Fruit = Vec<u64>;
    type Child = OfSegment;

    fn for_segment(&self, _: SegmentOrdinal, segment: &SegmentReader) -> tantivy::Result<OfSegment> {
        Ok(OfSegment { addresses: segment.fast_fields().u64(ADDRESS)?, found: Vec::new() })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, fruits: Vec<Vec<u64>>) -> tantivy::Result<Vec<u64>> {
        Ok(fruits.concat())
    }
}

impl SegmentCollector for OfSegment {
    type Fruit = Vec<u64>;

    fn collect(&mut self, document: DocId, _: Score) {
        self.found.extend(self.addresses.first(document));
    }

    fn harvest(self) -> Vec<u64> {
        self.found
    }
}
