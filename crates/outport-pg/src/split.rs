//! One text as the statements that it is made of.

use std::ops::Range;

use datafusion::sql::sqlparser::{
    dialect::PostgreSqlDialect,
    tokenizer::{Location, Token, Tokenizer},
};

use crate::failure::Failure;

/// Operators of one statement at most. Each may nest what stands before it once more, and what is nested deeply
/// enough takes the whole stack when it is let go.
const NESTED: usize = 4_000;

/// A word or sign of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    /// What it is.
    pub(crate) token: Token,
    /// The bytes of the statement's text that it takes.
    pub(crate) range: Range<usize>,
}

impl Word {
    /// Whether it is this keyword, in any case and without quotes.
    pub(crate) fn is(&self, keyword: &str) -> bool {
        matches!(&self.token, Token::Word(word) if word.quote_style.is_none() && word.value.eq_ignore_ascii_case(keyword))
    }

    /// Whether it joins what stands on its two sides.
    fn nests(&self) -> bool {
        match &self.token {
            Token::Word(_) => ["and", "or", "union", "except", "intersect", "not"].iter().any(|word| self.is(word)),
            Token::Number(..)
            | Token::SingleQuotedString(_)
            | Token::EscapedStringLiteral(_)
            | Token::DollarQuotedString(_)
            | Token::Placeholder(_)
            | Token::Comma
            | Token::Period
            | Token::LParen
            | Token::RParen => false,
            _ => true,
        }
    }

    /// The name that it is: in lower case unless it stands in quotes.
    pub(crate) fn name(&self) -> Option<String> {
        match &self.token {
            Token::Word(word) if word.quote_style.is_some() => Some(word.value.clone()),
            Token::Word(word) => Some(word.value.to_lowercase()),
            _ => None,
        }
    }

    /// The text that it is, where it is one.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.token {
            Token::SingleQuotedString(text) | Token::EscapedStringLiteral(text) => Some(text),
            Token::DollarQuotedString(text) => Some(&text.value),
            _ => None,
        }
    }
}

/// One statement of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    /// Its text.
    pub(crate) sql: String,
    /// How many characters stand before it.
    pub(crate) before: usize,
    /// Its words and signs, without white space and comments.
    pub(crate) words: Vec<Word>,
}

impl Piece {
    /// Some of its words, as a statement of their own. `None` where there are none.
    pub(crate) fn part(&self, words: Range<usize>) -> Option<Self> {
        let words = self.words.get(words)?;
        let (start, end) = (words.first()?.range.start, words.last()?.range.end);
        let moved =
            |word: &Word| Word { token: word.token.clone(), range: word.range.start - start..word.range.end - start };
        Some(Self {
            sql: self.sql.get(start..end)?.to_owned(),
            before: self.before + self.sql.get(..start)?.chars().count(),
            words: words.iter().map(moved).collect(),
        })
    }
}

/// Cuts a text at the semicolons that end statements. What is empty or only a comment is left out.
pub(crate) fn split(text: &str) -> Result<Vec<Piece>, Failure> {
    let tokens = Tokenizer::new(&PostgreSqlDialect {}, text).tokenize_with_location().map_err(|error| {
        let Location { line, column } = error.location;
        let position = usize::try_from(line).ok().zip(usize::try_from(column).ok());
        Failure::Syntax { message: lower(&error.message), position }
    })?;
    let places = Places::new(text);
    let mut pieces = Vec::new();
    let mut current: Vec<Word> = Vec::new();
    for token in tokens {
        match token.token {
            Token::SemiColon => pieces.extend(piece(text, std::mem::take(&mut current))),
            Token::Whitespace(_) | Token::EOF => {}
            word => {
                let range = places.byte(token.span.start)..places.byte(token.span.end);
                current.push(Word { token: word, range });
            }
        }
    }
    pieces.extend(piece(text, current));
    match pieces.iter().find(|piece| piece.words.iter().filter(|word| word.nests()).count() > NESTED) {
        Some(_) => Err(Failure::TooComplex(NESTED)),
        None => Ok(pieces),
    }
}

fn piece(text: &str, words: Vec<Word>) -> Option<Piece> {
    let last = words.len();
    Piece { sql: text.to_owned(), before: 0, words }.part(0..last)
}

/// Where the lines and characters of a text are.
pub(crate) struct Places<'a> {
    text: &'a str,
    /// The first character of each line.
    lines: Vec<usize>,
    /// The byte of every character whose number [`STEP`] divides: from there on characters are counted.
    marks: Vec<usize>,
}

/// Characters from mark to mark.
const STEP: usize = 64;

impl<'a> Places<'a> {
    /// Finds them.
    pub(crate) fn new(text: &'a str) -> Self {
        let (mut lines, mut marks) = (vec![0], Vec::with_capacity(text.len() / STEP + 1));
        for (number, (byte, letter)) in text.char_indices().enumerate() {
            if number % STEP == 0 {
                marks.push(byte);
            }
            if letter == '\n' {
                lines.push(number + 1);
            }
        }
        Self { text, lines, marks }
    }

    /// The byte at a line and column, both from 1, the column in characters.
    pub(crate) fn byte(&self, at: Location) -> usize {
        let line = usize::try_from(at.line).unwrap_or(1).saturating_sub(1);
        let column = usize::try_from(at.column).unwrap_or(1).saturating_sub(1);
        let Some(number) = self.lines.get(line).and_then(|start| start.checked_add(column)) else {
            return self.text.len();
        };
        let Some(mark) = self.marks.get(number / STEP).copied() else { return self.text.len() };
        let rest = &self.text[mark..];
        mark + rest.char_indices().nth(number % STEP).map_or(rest.len(), |(place, _)| place)
    }
}

/// A message of the parser as ours: without a capital and without a full stop.
pub(crate) fn lower(message: &str) -> String {
    let message = message.trim_end_matches('.');
    let mut letters = message.chars();
    match (letters.next(), letters.next()) {
        (Some(first), Some(second)) if first.is_uppercase() && second.is_lowercase() => {
            format!("{}{}", first.to_lowercase(), &message[first.len_utf8()..])
        }
        _ => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(text: &str) -> Vec<(String, usize)> {
        split(text).unwrap().into_iter().map(|piece| (piece.sql, piece.before)).collect()
    }

    #[test]
    fn semicolons_in_texts_and_comments_end_nothing() {
        assert_eq!(
            texts("SELECT ';' -- ;\n, $$;$$, \"a;b\" ; /* ; */ SELECT 2"),
            [("SELECT ';' -- ;\n, $$;$$, \"a;b\"".to_owned(), 0), ("SELECT 2".to_owned(), 41)]
        );
    }

    #[test]
    fn what_is_empty_is_left_out() {
        assert_eq!(texts(" ; ;; -- nothing\n"), []);
        assert_eq!(
            texts("SELECT 'ä', 1;\n  SELECT 2;"),
            [("SELECT 'ä', 1".to_owned(), 0), ("SELECT 2".to_owned(), 17)]
        );
    }

    #[test]
    fn places_are_found_in_long_lines() {
        let text = format!("{}\n{}x", "ä".repeat(200), "b".repeat(100));
        let places = Places::new(&text);
        let byte = |line, column| places.byte(Location { line, column });
        assert_eq!((byte(1, 1), byte(1, 130), byte(2, 1), byte(2, 101)), (0, 258, 401, 501));
        assert_eq!((byte(2, 102), byte(2, 900), byte(7, 1)), (502, 502, 502));
    }

    #[test]
    fn a_text_without_its_end_is_told_with_its_place() {
        let failure = split("SELECT 1;\nSELECT 'a").unwrap_err();
        assert!(matches!(failure, Failure::Syntax { position: Some((2, 8)), .. }), "{failure:?}");
    }

    #[test]
    fn what_is_nested_too_deeply_is_refused() {
        let sum = format!("SELECT {}1", "1+".repeat(5_000));
        assert_eq!(split(&sum).unwrap_err().state(), "54001");
        let list = format!("SELECT 1 IN ({}1)", "1,".repeat(50_000));
        assert_eq!(split(&list).unwrap().len(), 1);
    }

    proptest! {
        #[test]
        fn pieces_are_parts_of_the_text(text in "[a-z'\"; \n$ä/*-]{0,40}") {
            for piece in split(&text).unwrap_or_default() {
                let found: String = text.chars().skip(piece.before).take(piece.sql.chars().count()).collect();
                prop_assert_eq!(found, piece.sql);
            }
        }
    }
}
