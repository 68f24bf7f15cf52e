//! What a word is: letters and digits, in lower case and without accents. Names are taken apart (`customer_id`,
//! `CustomerId`) and are a word as a whole too (`customerid`).

use std::ops::Range;

use tantivy::tokenizer::{
    AsciiFoldingFilter, Language, LowerCaser, Stemmer, TextAnalyzer, Token, TokenStream, Tokenizer,
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
            let is_part = text.get(said.range).is_some_and(|part| parts(part).len() == 1);
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

    /// All letters and digits of a text, so that names are compared however they are written.
    pub(crate) fn joined(&self, text: &str) -> String {
        let said = self.said(text);
        let parts = said.into_iter().filter(|said| text.get(said.range.clone()).is_some_and(|of| parts(of).len() == 1));
        parts.map(|said| said.word.text).collect()
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
        let parts: Vec<_> = parts(&text[name.clone()]).into_iter().map(|part| shifted(&part, name.start)).collect();
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

fn shifted(range: &Range<usize>, by: usize) -> Range<usize> {
    range.start + by..range.end + by
}

/// Runs of letters, digits, `_` and `-`.
fn names(text: &str) -> Vec<Range<usize>> {
    runs(text, |character| character.is_alphanumeric() || matches!(character, '_' | '-'))
}

/// The parts of a name: between `_` and `-`, and from where a capital letter follows a small one.
fn parts(name: &str) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    for run in runs(name, char::is_alphanumeric) {
        let (mut begin, mut was_small) = (run.start, false);
        for (at, character) in name[run.clone()].char_indices() {
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

fn runs(text: &str, is_part: impl Fn(char) -> bool) -> Vec<Range<usize>> {
    let (mut runs, mut begin) = (Vec::new(), None);
    for (at, character) in text.char_indices() {
        match (is_part(character), begin) {
            (true, None) => begin = Some(at),
            (false, Some(from)) => {
                runs.push(from..at);
                begin = None;
            }
            (true, Some(_)) | (false, None) => {}
        }
    }
    runs.extend(begin.map(|from| from..text.len()));
    runs
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
    }
}
