//! Shows where words stand in a product.

use std::ops::Range;

use outport_app::search::{Entry, Match, Part, Seen};

use crate::{
    near,
    words::{Reader, Word, Words, Written},
    worth::{Class, Way, of_place},
};

/// Bytes of a text that are shown around one word, and fewest where there are several.
const SHOWN: usize = 160;
const LEAST: usize = 60;

/// Where words stand in what is seen of a product, at most so many places: first one for each word, then others, of both
/// what says most first.
pub(crate) fn of(words: &Words, asked: &[Word], entry: &Entry, seen: &Seen, most: usize) -> Vec<Match> {
    let mut reader = words.reader();
    let mut texts: Vec<Text<'_>> = texts(&mut reader, entry, seen).collect();
    for (number, word) in asked.iter().enumerate() {
        let mut right = false;
        for text in &mut texts {
            right |= text.find(number, |written| stands(&mut reader, word, written));
        }
        // A word that stands somewhere as it is does not stand anywhere with mistakes.
        if !right && near::allowed(&word.text) > 0 {
            for text in &mut texts {
                text.find(number, |written| stands_wrong(word, written));
            }
        }
    }
    let found = texts.into_iter().filter(|text| !text.hits.is_empty());
    let mut places: Vec<(f32, Text<'_>)> = found.map(|text| (text.worth(), text)).collect();
    places.sort_by(|(worth, one), (than, other)| {
        than.total_cmp(worth).then_with(|| (one.element, one.text).cmp(&(other.element, other.text)))
    });
    let places: Vec<Text<'_>> = places.into_iter().map(|(_, text)| text).collect();
    let shown = chosen(&places, asked.len(), most).into_iter().filter_map(|at| {
        let place = places.get(at)?;
        let element = entry.elements.get(place.element)?;
        let (field, _) = element.texts.get(place.text)?;
        Some(Match { place: element.place, name: element.name.clone(), field: *field, snippet: place.snippet() })
    });
    shown.collect()
}

/// Which places are shown: of each word the first one, then the others as far as there is room.
fn chosen(places: &[Text<'_>], words: usize, most: usize) -> Vec<usize> {
    let mut chosen: Vec<usize> = Vec::new();
    for word in 0..words {
        let has_it = |at: &usize| places.get(*at).is_some_and(|place| place.has(word));
        if chosen.len() < most && !chosen.iter().any(has_it) {
            chosen.extend((0..places.len()).find(has_it));
        }
    }
    chosen.sort_unstable();
    let rest: Vec<usize> = (0..places.len()).filter(|at| !chosen.contains(at)).collect();
    chosen.extend(rest.into_iter().take(most.saturating_sub(chosen.len())));
    chosen
}

/// A text, taken apart, and where words that are looked for stand in it.
struct Text<'a> {
    element: usize,
    text: usize,
    said: &'a str,
    words: Vec<Written>,
    /// What a word that stands here as it is would be worth.
    most: f32,
    hits: Vec<Found>,
}

/// A word that was found.
struct Found {
    /// The number of the word that is looked for.
    word: usize,
    way: Way,
    range: Range<usize>,
}

fn texts<'a>(reader: &mut Reader, entry: &'a Entry, seen: &Seen) -> impl Iterator<Item = Text<'a>> {
    let elements = entry.elements.iter().enumerate().filter(|(at, _)| seen.has(*at));
    elements.flat_map(move |(at, element)| {
        let texts = element.texts.iter().enumerate();
        let texts = texts.map(|(text, (field, said))| Text {
            element: at,
            text,
            said,
            words: reader.written(said),
            most: of_place(element.place) * Class::of(*field).worth(),
            hits: Vec::new(),
        });
        texts.collect::<Vec<_>>()
    })
}

impl Text<'_> {
    /// Looks for a word; gives whether it stands here.
    fn find(&mut self, word: usize, mut stands: impl FnMut(&str) -> Option<Way>) -> bool {
        let before = self.hits.len();
        let found = self
            .words
            .iter()
            .filter_map(|written| Some(Found { word, way: stands(&written.text)?, range: written.range.clone() }));
        self.hits.extend(found);
        self.hits.len() > before
    }

    fn has(&self, word: usize) -> bool {
        self.hits.iter().any(|hit| hit.word == word)
    }

    /// What the words that stand here are worth together.
    fn worth(&self) -> f32 {
        let mut best: Vec<(usize, Way)> = Vec::new();
        for hit in &self.hits {
            match best.iter_mut().find(|(word, _)| *word == hit.word) {
                Some((_, way)) => *way = hit.way.min(*way),
                None => best.push((hit.word, hit.way)),
            }
        }
        best.into_iter().map(|(_, way)| way.worth() * self.most).sum()
    }

    /// The text, or the parts of it around the words.
    fn snippet(&self) -> Vec<Part> {
        let hits = apart(self.hits.iter().map(|hit| hit.range.clone()).collect());
        let mut parts = Vec::new();
        let mut end = 0;
        for shown in self.shown(&hits) {
            if shown.start > end {
                parts.push(cut());
            }
            end = shown.end;
            parts.extend(marked(self.said, shown, &hits));
        }
        if end < self.said.len() {
            parts.push(cut());
        }
        parts
    }

    /// The parts that are shown: all of a short text, and of a long one what is around the first place of each word.
    fn shown(&self, hits: &[Range<usize>]) -> Vec<Range<usize>> {
        if self.said.len() <= SHOWN {
            let all = 0..self.said.len();
            return vec![all];
        }
        let mut firsts: Vec<(usize, usize)> = Vec::new();
        for hit in &self.hits {
            match firsts.iter_mut().find(|(word, _)| *word == hit.word) {
                Some((_, first)) => *first = hit.range.start.min(*first),
                None => firsts.push((hit.word, hit.range.start)),
            }
        }
        let length = (SHOWN / firsts.len().max(1)).max(LEAST);
        // Of a name and a part of it, what is marked is the part.
        let place = |(_, first): &(usize, usize)| hits.iter().find(|hit| hit.end > *first);
        let mut places: Vec<&Range<usize>> = firsts.iter().filter_map(place).collect();
        places.sort_by_key(|place| place.start);
        let mut shown: Vec<Range<usize>> = Vec::new();
        for place in places {
            let part = around(self.said, place, length);
            match shown.last_mut() {
                Some(last) if place.end <= last.end => {}
                Some(last) if part.start <= last.end => last.end = part.end,
                _ => shown.push(part),
            }
        }
        shown
    }
}

/// How a word stands in the place of another.
fn stands(reader: &mut Reader, word: &Word, written: &str) -> Option<Way> {
    if written == word.text {
        return Some(Way::Exact);
    }
    if reader.has_stem(written, word) {
        return Some(Way::Stem);
    }
    written.starts_with(&word.text).then_some(Way::Beginning)
}

/// How a word stands in the place of another with mistakes.
fn stands_wrong(word: &Word, written: &str) -> Option<Way> {
    let allowed = usize::from(near::allowed(&word.text));
    if near::distance(&word.text, written, allowed, false).is_some() {
        return Some(Way::Wrong);
    }
    let begins = near::may_be_beginning(&word.text) && near::distance(&word.text, written, allowed, true).is_some();
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

/// A part of a text, with what is looked for told apart.
fn marked(text: &str, shown: Range<usize>, hits: &[Range<usize>]) -> Vec<Part> {
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
    parts
}

/// Says that there is more of a text.
fn cut() -> Part {
    Part { text: "…".to_owned(), hit: false }
}

/// A part of a long text from some words before a place on, of about so many bytes.
fn around(text: &str, place: &Range<usize>, length: usize) -> Range<usize> {
    let start = boundary(text, place.start.saturating_sub(length / 3));
    // Not in the middle of a word, where there is another one.
    let begin = match text.get(start..place.start).and_then(|before| before.find(char::is_whitespace)) {
        Some(space) if start > 0 => boundary(text, start + space + 1),
        _ => start,
    };
    begin..boundary(text, (begin + length).max(place.end).min(text.len()))
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
    fn every_word_has_a_place() {
        let mut texts = vec![(Where::Column, Field::Name, "order_id"); 7];
        texts.push((Where::Document, Field::Text, "How customs see it"));
        let entry = entry(&texts);
        let shown = shown("order customs", &entry, &[true; 8]);
        assert_eq!(shown, ["[order]_id", "How [customs] see it", "[order]_id", "[order]_id", "[order]_id"]);
    }

    #[test]
    fn a_word_has_no_place_where_nothing_is_seen_of_it() {
        let texts = [(Where::Product, Field::Name, "orders"), (Where::Column, Field::Name, "customs")];
        assert_eq!(shown("orders customs", &entry(&texts), &[true, false]), ["[orders]"]);
    }

    #[test]
    fn a_long_text_is_shown_around_the_first_place_of_each_word() {
        let gap = "between ".repeat(50);
        let long = format!("{gap}orders {gap}orders customs {gap}");
        let entry = entry(&[(Where::Document, Field::Text, &long)]);
        let shown = shown("customs orders", &entry, &[true]).remove(0);
        let pieces: Vec<_> = shown.split('…').collect();
        assert_eq!(pieces.len(), 4, "{shown}");
        assert!(pieces[0].is_empty() && pieces[3].is_empty(), "{shown}");
        assert!(pieces[1].contains(" [orders] between "), "{shown}");
        assert!(pieces[2].contains(" [orders] [customs] between "), "{shown}");
        assert!(shown.len() < 2 * SHOWN, "{shown}");
    }

    #[test]
    fn parts_of_a_text_that_meet_are_one() {
        let long = format!("{}orders of the many customs {}", "before ".repeat(50), "after ".repeat(50));
        let entry = entry(&[(Where::Document, Field::Text, &long)]);
        let shown = shown("orders customs", &entry, &[true]).remove(0);
        assert!(shown.contains("before [orders] of the many [customs] after "), "{shown}");
        assert_eq!(shown.matches('…').count(), 2, "{shown}");
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
                prop_assert!(whole.split('…').all(|piece| flat.contains(piece)), "{whole}");
                prop_assert!(found.snippet.iter().any(|part| part.hit));
            }
        }
    }
}
