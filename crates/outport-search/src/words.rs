//! What a word is: letters and digits, in lower case and without accents. Names are taken apart (`customer_id`,
//! `CustomerId`) and are a word as a whole too (`customerid`).

use std::ops::Range;

use tantivy::tokenizer::{
    AsciiFoldingFilter, Language, LowerCaser, RawTokenizer, Stemmer, TextAnalyzer, Token, TokenStream, Tokenizer,
};

/// Words of a query that count.
const MOST: usize = 8;

/// Bytes of a word at most: what is longer is no word.
const LONGEST: usize = 64;

/// Words that say nothing by themselves.
const SILENT: [&str; 31] = [
    "a", "about", "all", "an", "and", "are", "as", "at", "be", "by", "for", "from", "how", "in", "is", "it", "of",
    "on", "or", "our", "that", "the", "their", "this", "to", "was", "what", "where", "which", "who", "with",
];

/// A word that is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    /// As it is written.
    pub(crate) text: String,
    /// Without its ending.
    pub(crate) stem: String,
}

/// A word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) word: Word,
    /// Where it stands.
    pub(crate) range: Range<usize>,
}

/// Takes texts apart.
#[derive(Clone)]
pub(crate) struct Words {
    plain: TextAnalyzer,
    stems: TextAnalyzer,
}

impl std::fmt::Debug for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Words")
    }
}

impl Default for Words {
    fn default() -> Self {
        Self { plain: plain(), stems: stems() }
    }
}

/// Words as they are written.
pub(crate) fn plain() -> TextAnalyzer {
    TextAnalyzer::builder(Names).filter(LowerCaser).filter(AsciiFoldingFilter).build()
}

/// Words without their endings.
pub(crate) fn stems() -> TextAnalyzer {
    let plain = TextAnalyzer::builder(Names).filter(LowerCaser).filter(AsciiFoldingFilter);
    plain.filter(Stemmer::new(Language::English)).build()
}

impl Words {
    /// The words of a query: each once, and without those that say nothing unless there are no others.
    pub(crate) fn asked(&self, text: &str) -> Vec<Word> {
        let mut words: Vec<Word> = Vec::new();
        for said in self.said(text) {
            let is_part = text.get(said.range).is_some_and(is_one_part);
            if is_part && !words.contains(&said.word) {
                words.push(said.word);
            }
        }
        if words.iter().any(|word| !is_silent(word)) {
            words.retain(|word| !is_silent(word));
        }
        words.truncate(MOST);
        words
    }

    /// The words of a text, with where they stand.
    pub(crate) fn said(&self, text: &str) -> Vec<Said> {
        let mut said = Vec::new();
        let (mut plain, mut stems) = (self.plain.clone(), self.stems.clone());
        let (mut written, mut stemmed) = (plain.token_stream(text), stems.token_stream(text));
        // No filter leaves a word out, so that both have the same ones.
        while written.advance() && stemmed.advance() {
            let token = written.token();
            let word = Word { text: token.text.clone(), stem: stemmed.token().text.clone() };
            said.push(Said { word, range: token.offset_from..token.offset_to });
        }
        said
    }

    /// Reads many texts in which few words are looked for.
    pub(crate) fn reader(&self) -> Reader {
        let stem = TextAnalyzer::builder(RawTokenizer::default()).filter(Stemmer::new(Language::English));
        Reader { plain: self.plain.clone(), stem: stem.build() }
    }

    /// All letters and digits of a text, so that names are compared however they are written.
    pub(crate) fn joined(&self, text: &str) -> String {
        let said = self.said(text);
        let parts = said.into_iter().filter(|said| text.get(said.range.clone()).is_some_and(is_one_part));
        parts.map(|said| said.word.text).collect()
    }
}

/// A word of a text as it is written there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) text: String,
    /// Where it stands.
    pub(crate) range: Range<usize>,
}

/// Takes texts apart, and words from their endings where that matters: to do it with every word takes longer than all the
/// rest.
pub(crate) struct Reader {
    plain: TextAnalyzer,
    stem: TextAnalyzer,
}

impl Reader {
    /// The words of a text, in the order of [`Words::said`].
    pub(crate) fn written(&mut self, text: &str) -> Vec<Written> {
        let mut written = Vec::new();
        let mut stream = self.plain.token_stream(text);
        while stream.advance() {
            let token = stream.token_mut();
            let range = token.offset_from..token.offset_to;
            written.push(Written { text: std::mem::take(&mut token.text), range });
        }
        written
    }

    /// Whether a word of a text is one that is looked for, but for its ending.
    pub(crate) fn has_stem(&mut self, written: &str, word: &Word) -> bool {
        // No ending is so long that it takes the first letter with it.
        if written.chars().next() != word.stem.chars().next() {
            return false;
        }
        let mut stream = self.stem.token_stream(written);
        stream.advance() && stream.token().text == word.stem
    }
}

fn is_silent(word: &Word) -> bool {
    SILENT.binary_search(&word.text.as_str()).is_ok()
}

/// Takes texts apart at everything that is no letter and no digit, and names into their parts.
#[derive(Debug, Clone, Copy)]
struct Names;

/// The words of a text, one after the other.
#[derive(Debug)]
pub(crate) struct Stream {
    tokens: std::vec::IntoIter<Token>,
    token: Token,
}

impl Tokenizer for Names {
    type TokenStream<'a> = Stream;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Stream {
        Stream { tokens: tokens(text).into_iter(), token: Token::default() }
    }
}

impl TokenStream for Stream {
    fn advance(&mut self) -> bool {
        match self.tokens.next() {
            Some(token) => {
                self.token = token;
                true
            }
            None => false,
        }
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut add = |range: Range<usize>, text: String| {
        if text.len() <= LONGEST {
            let position = tokens.len();
            tokens.push(Token { offset_from: range.start, offset_to: range.end, position, text, position_length: 1 });
        }
    };
    for name in names(text) {
        let parts = parts(text, name);
        for part in &parts {
            add(part.clone(), text[part.clone()].to_owned());
        }
        if let [first, .., last] = parts.as_slice() {
            let whole = parts.iter().map(|part| &text[part.clone()]).collect();
            add(first.start..last.end, whole);
        }
    }
    tokens
}

/// Whether a name has no parts.
fn is_one_part(name: &str) -> bool {
    parts(name, 0..name.len()).len() == 1
}

/// Runs of letters, digits, `_` and `-`.
fn names(text: &str) -> impl Iterator<Item = Range<usize>> {
    runs(text, 0..text.len(), |character| character.is_alphanumeric() || matches!(character, '_' | '-'))
}

/// The parts of a name in a text: between `_` and `-`, and from where a capital letter follows a small one.
fn parts(text: &str, name: Range<usize>) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    for run in runs(text, name, char::is_alphanumeric) {
        let (mut begin, mut was_small) = (run.start, false);
        for (at, character) in text[run.clone()].char_indices() {
            if was_small && character.is_uppercase() {
                parts.push(begin..run.start + at);
                begin = run.start + at;
            }
            was_small = character.is_lowercase();
        }
        parts.push(begin..run.end);
    }
    parts
}

/// Where characters stand together in a part of a text.
fn runs(text: &str, within: Range<usize>, is_part: impl Fn(char) -> bool) -> impl Iterator<Item = Range<usize>> {
    let (mut at, end) = (within.start, within.end);
    std::iter::from_fn(move || {
        let begin = at + text.get(at..end)?.find(&is_part)?;
        at = text.get(begin..end)?.find(|character: char| !is_part(character)).map_or(end, |length| begin + length);
        Some(begin..at)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn said(text: &str) -> Vec<String> {
        Words::default().said(text).into_iter().map(|said| said.word.text).collect()
    }

    fn asked(text: &str) -> Vec<String> {
        Words::default().asked(text).into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn names_are_taken_apart_and_are_words_too() {
        assert_eq!(said("customer_id"), ["customer", "id", "customerid"]);
        assert_eq!(said("CustomerId, q3"), ["customer", "id", "customerid", "q3"]);
        assert_eq!(said("a--b"), ["a", "b", "ab"]);
        assert_eq!(said("the day's end."), ["the", "day", "s", "end"]);
        assert_eq!(said("Größe ÉTÉ 你好"), ["große", "ete", "你好"].map(|word| word.replace('ß', "ss")));
    }

    #[test]
    fn endings_do_not_matter() {
        let stems = |text| Words::default().said(text).into_iter().map(|said| said.word.stem).collect::<Vec<_>>();
        assert_eq!(stems("orders"), stems("order"));
        assert_eq!(stems("deliveries"), stems("delivery"));
    }

    #[test]
    fn a_reader_finds_the_same_words_and_endings() {
        let words = Words::default();
        let mut reader = words.reader();
        let text = "Deliveries of late_orders, dying skies, CustomerIDs; Größe ÉTÉ only";
        let said = words.said(text);
        let written: Vec<_> = said.iter().map(|said| (said.word.text.clone(), said.range.clone())).collect();
        let read: Vec<_> = reader.written(text).into_iter().map(|word| (word.text, word.range)).collect();
        assert_eq!(read, written);
        for one in &said {
            for other in &said {
                assert_eq!(reader.has_stem(&one.word.text, &other.word), one.word.stem == other.word.stem, "{one:?}");
            }
        }
    }

    #[test]
    fn a_query_has_words_that_say_something() {
        assert_eq!(asked("where are the orders of the customers"), ["orders", "customers"]);
        assert_eq!(asked("who is it"), ["who", "is", "it"], "there are no others");
        assert_eq!(asked("customer_id customer"), ["customer", "id"]);
        assert_eq!(asked("!!! ?"), [""; 0]);
        assert_eq!(asked("b c d e f g h i j k").len(), MOST);
    }

    #[test]
    fn silent_words_are_in_order() {
        assert!(SILENT.is_sorted(), "they are looked up by halves");
    }

    #[test]
    fn names_are_compared_however_they_are_written() {
        let words = Words::default();
        for name in ["customer-360", "Customer 360", "customer_360", "Customer360"] {
            assert_eq!(words.joined(name), "customer360");
        }
    }

    proptest! {
        /// Whatever the text, words stand in it where they are said to, in characters that are whole.
        #[test]
        fn words_stand_in_the_text(text in "\\PC{0,60}") {
            for said in Words::default().said(&text) {
                prop_assert!(text.get(said.range.clone()).is_some());
                prop_assert!(!said.word.text.is_empty());
            }
            let _anything = Words::default().asked(&text);
        }

        /// An ending never takes the first letter of a word with it.
        #[test]
        fn a_word_and_its_stem_begin_alike(text in "[a-z]{1,12}(ing|ed|s|ies|ly|ness|)") {
            for said in Words::default().said(&text) {
                prop_assert_eq!(said.word.text.chars().next(), said.word.stem.chars().next());
            }
        }
    }
}
