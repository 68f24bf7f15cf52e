//! Finds the products in which every word stands.

use std::sync::Arc;

use outport_app::search::{Entry, Hit, Index, Match, SearchError, Seen, Sight};
use tantivy::{
    DocId, Score, Searcher, SegmentOrdinal, SegmentReader, TantivyError, Term,
    collector::{Collector, SegmentCollector},
    columnar::Column,
    query::{FuzzyTermQuery, Query, TermQuery},
    schema::{Field, IndexRecordOption},
};

use crate::{
    indexer::{ADDRESS, Address, Columns, names, worth},
    near, places,
    words::{Word, Words},
    worth::Way,
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
            for number in self.searcher.search(query.as_ref(), &Addresses)? {
                let Address { slot, element } = Address::of(number);
                let seen = sight.get(slot).and_then(Option::as_ref).is_some_and(|seen| seen.has(element));
                if let (true, Some(fit), Some(Some(entry))) = (seen, fits.get_mut(slot), self.slots.get(slot)) {
                    any = true;
                    *fit = fit.max(way.worth() * class.worth() * worth(entry, element));
                }
            }
        }
        Ok(any)
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
        let whole = self.words.joined(text);
        let hits = self.slots.iter().enumerate().filter_map(|(slot, entry)| {
            let entry = entry.as_ref()?;
            let mut sum = 0.0;
            for fit in &fits {
                sum += fit.get(slot).copied().filter(|fit| *fit > 0.0)?;
            }
            let is_named = names(entry).any(|name| self.words.joined(name) == whole);
            #[expect(clippy::cast_precision_loss, reason = "there are a few words")]
            let fit = if is_named { NAMED } else { OTHERS * sum / fits.len() as f32 };
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
