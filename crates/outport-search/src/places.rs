//! Shows where words stand in a product.

use std::ops::Range;

use outport_app::search::{Entry, Match, Part, Seen};

use crate::{
    near,
    words::{Said, Word, Words},
    worth::{Class, Way, of_place},
};

/// Bytes of a text that are shown, and how many of them before the first word.
const SHOWN: usize = 160;
const BEFORE: usize = 50;

/// A text in which words stand.
struct Place<'a> {
    element: usize,
    text: usize,
    said: &'a str,
    worth: f32,
    hits: Vec<Range<usize>>,
}

/// Where words stand in what is seen of a product, what says most first; at most so many places.
pub(crate) fn of(words: &Words, asked: &[Word], entry: &Entry, seen: &Seen, most: usize) -> Vec<Match> {
    let texts: Vec<_> = texts(words, entry, seen).collect();
    // A word that stands somewhere as it is does not stand anywhere with mistakes.
    let right: Vec<bool> = asked.iter().map(|word| texts.iter().any(|text| text.has(word))).collect();
    let mut places: Vec<Place<'_>> = texts.iter().filter_map(|text| text.place(asked, &right)).collect();
    places.sort_by(|one, other| {
        other.worth.total_cmp(&one.worth).then_with(|| (one.element, one.text).cmp(&(other.element, other.text)))
    });
    let shown = places.into_iter().take(most).filter_map(|place| {
        let element = entry.elements.get(place.element)?;
        let (field, _) = element.texts.get(place.text)?;
        let snippet = snippet(place.said, &place.hits);
        Some(Match { place: element.place, name: element.name.clone(), field: *field, snippet })
    });
    shown.collect()
}

/// A text, taken apart.
struct Text<'a> {
    element: usize,
    text: usize,
    said: &'a str,
    words: Vec<Said>,
    worth: f32,
}

fn texts<'a>(words: &'a Words, entry: &'a Entry, seen: &'a Seen) -> impl Iterator<Item = Text<'a>> {
    let elements = entry.elements.iter().enumerate().filter(|(at, _)| seen.has(*at));
    elements.flat_map(move |(at, element)| {
        let texts = element.texts.iter().enumerate();
        texts.map(move |(text, (field, said))| Text {
            element: at,
            text,
            said,
            words: words.said(said),
            worth: of_place(element.place) * Class::of(*field).worth(),
        })
    })
}

impl<'a> Text<'a> {
    fn has(&self, word: &Word) -> bool {
        self.words.iter().any(|said| way(word, &said.word, false).is_some())
    }

    fn place(&self, asked: &[Word], right: &[bool]) -> Option<Place<'a>> {
        let (mut worth, mut hits) = (0.0, Vec::new());
        for (word, right) in asked.iter().zip(right) {
            let found = self.words.iter().filter_map(|said| Some((way(word, &said.word, !right)?, said)));
            let mut best: Option<Way> = None;
            for (way, said) in found {
                best = Some(best.map_or(way, |best| best.min(way)));
                hits.push(said.range.clone());
            }
            worth += best.map_or(0.0, |way| way.worth() * self.worth);
        }
        let Self { element, text, said, .. } = *self;
        (!hits.is_empty()).then(|| Place { element, text, said, worth, hits: apart(hits) })
    }
}

/// How a word stands in the place of another; with mistakes only where these are looked for.
fn way(word: &Word, said: &Word, mistakes: bool) -> Option<Way> {
    if said.text == word.text {
        return Some(Way::Exact);
    }
    if said.stem == word.stem {
        return Some(Way::Stem);
    }
    if said.text.starts_with(&word.text) {
        return Some(Way::Beginning);
    }
    let allowed = usize::from(near::allowed(&word.text));
    if !mistakes || allowed == 0 {
        return None;
    }
    if near::distance(&word.text, &said.text, false) <= allowed {
        return Some(Way::Wrong);
    }
    let begins = near::may_be_beginning(&word.text) && near::distance(&word.text, &said.text, true) <= allowed;
    begins.then_some(Way::WrongBeginning)
}

/// The same ranges in their order, each place once: of a name and a part of it, the part.
fn apart(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_by_key(|range| (range.start, range.end));
    let mut apart: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match apart.last_mut() {
            Some(last) if range.start < last.end => {
                if range.end <= last.end && *last != range {
                    *last = range;
                }
            }
            _ => apart.push(range),
        }
    }
    apart
}

/// The text, or the part of it around the first word.
fn snippet(text: &str, hits: &[Range<usize>]) -> Vec<Part> {
    let first = hits.first().map_or(0, |hit| hit.start);
    let shown = if text.len() <= SHOWN { 0..text.len() } else { around(text, first) };
    let mut parts = Vec::new();
    let mut add = |range: Range<usize>, hit: bool| {
        let text = text.get(range).unwrap_or_default().replace(char::is_whitespace, " ");
        if !text.is_empty() {
            parts.push(Part { text, hit });
        }
    };
    let mut at = shown.start;
    for hit in hits.iter().filter(|hit| shown.start <= hit.start && hit.end <= shown.end) {
        add(at..hit.start, false);
        add(hit.clone(), true);
        at = hit.end;
    }
    add(at..shown.end, false);
    if shown.start > 0 {
        parts.insert(0, cut());
    }
    if shown.end < text.len() {
        parts.push(cut());
    }
    parts
}

/// Says that there is more of a text.
fn cut() -> Part {
    Part { text: "…".to_owned(), hit: false }
}

/// A part of a long text from some words before a place on.
fn around(text: &str, place: usize) -> Range<usize> {
    let start = boundary(text, place.saturating_sub(BEFORE));
    // Not in the middle of a word, where there is another one.
    let begin = match text.get(start..place).and_then(|before| before.find(char::is_whitespace)) {
        Some(space) if start > 0 => boundary(text, start + space + 1),
        _ => start,
    };
    begin..boundary(text, (begin + SHOWN).min(text.len()))
}

/// The end of the character that a place is in.
fn boundary(text: &str, place: usize) -> usize {
    (place..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use outport_app::search::{Element, Field, Place as Where};
    use proptest::prelude::*;

    use super::*;

    fn entry(texts: &[(Where, Field, &str)]) -> Entry {
        let elements = texts.iter().enumerate().map(|(at, (place, field, text))| Element {
            place: *place,
            name: format!("element {at}"),
            texts: vec![(*field, (*text).to_owned())],
        });
        Entry { product: "shop".parse().unwrap(), elements: elements.collect() }
    }

    fn shown(query: &str, entry: &Entry, seen: &[bool]) -> Vec<String> {
        let words = Words::default();
        let seen: Seen = seen.iter().copied().collect();
        let mark = |part: &Part| if part.hit { format!("[{}]", part.text) } else { part.text.clone() };
        let matches = of(&words, &words.asked(query), entry, &seen, 5);
        matches.iter().map(|found| found.snippet.iter().map(mark).collect()).collect()
    }

    #[test]
    fn what_says_most_is_first() {
        let entry = entry(&[
            (Where::Product, Field::Purpose, "All orders of a day"),
            (Where::Table, Field::Name, "late_orders"),
            (Where::Column, Field::Name, "ordered_at"),
            (Where::Column, Field::Description, "nothing"),
        ]);
        let all = ["late_[orders]", "All [orders] of a day", "[ordered]_at"];
        assert_eq!(shown("orders", &entry, &[true; 4]), all);
        assert_eq!(shown("ord", &entry, &[true; 4]), all, "as a beginning");
        assert_eq!(shown("orders", &entry, &[true, false, false, false]), [all[1]]);
        assert_eq!(shown("lateorders", &entry, &[true; 4]), ["[late_orders]"]);
    }

    #[test]
    fn mistakes_are_looked_for_where_nothing_is_right() {
        let entry = entry(&[(Where::Product, Field::Name, "customers"), (Where::Column, Field::Name, "costumes")]);
        assert_eq!(shown("customers", &entry, &[true; 2]), ["[customers]"]);
        assert_eq!(shown("custmers", &entry, &[true; 2]), ["[customers]"]);
        assert_eq!(shown("kustomers", &entry, &[false, true]), [""; 0]);
    }

    #[test]
    fn a_long_text_is_cut_around_the_first_word() {
        let long = format!("{} orders of the day {}", "before ".repeat(50), "after ".repeat(50));
        let entry = entry(&[(Where::Document, Field::Text, &long)]);
        let shown = shown("orders", &entry, &[true]).remove(0);
        assert!(shown.starts_with("…before ") && shown.contains(" [orders] of the day after "), "{shown}");
        assert!(shown.ends_with('…') && shown.len() < SHOWN + 20, "{shown}");
    }

    #[test]
    fn lines_are_shown_as_one() {
        let entry = entry(&[(Where::Document, Field::Text, "# Orders\n\nof <b>a</b> day")]);
        assert_eq!(shown("orders", &entry, &[true]), ["# [Orders]  of <b>a</b> day"]);
    }

    proptest! {
        /// Whatever is looked for in whatever text: what is shown is of the text.
        #[test]
        fn what_is_shown_is_of_the_text(text in "[a-zéß 日\\n]{0,300}", query in "[a-zé ]{1,20}") {
            let entry = entry(&[(Where::Document, Field::Text, &text)]);
            let words = Words::default();
            let seen: Seen = [true].into_iter().collect();
            let flat = text.replace(char::is_whitespace, " ");
            for found in of(&words, &words.asked(&query), &entry, &seen, 5) {
                let whole: String = found.snippet.iter().map(|part| part.text.as_str()).collect();
                prop_assert!(flat.contains(whole.trim_matches('…')));
                prop_assert!(found.snippet.iter().any(|part| part.hit));
            }
        }
    }
}
