//! The text of a model with the place of every token.

use datafusion::{
    common::{Location, Span as PlanSpan},
    sql::sqlparser::{
        dialect::GenericDialect,
        tokenizer::{Span as ParserSpan, Token, Tokenizer, TokenizerError},
    },
};
use outport_model::diagnostic::Span;

/// A token that is neither white space nor a comment.
#[derive(Debug)]
pub(super) struct Piece {
    /// What it is.
    pub(super) token: Token,
    /// Where it is.
    pub(super) span: Span,
}

/// The text of one model.
#[derive(Debug)]
pub(super) struct Text<'a> {
    /// The text as it is.
    pub(super) sql: &'a str,
    /// Its tokens; as far as they go where the text is broken.
    pub(super) pieces: Vec<Piece>,
    /// Why there are no more tokens.
    pub(super) broken: Option<TokenizerError>,
    /// Byte offsets at which lines begin.
    lines: Vec<usize>,
}

impl<'a> Text<'a> {
    /// Reads a text.
    pub(super) fn new(sql: &'a str) -> Self {
        let lines = std::iter::once(0).chain(sql.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let mut tokens = Vec::new();
        let broken = Tokenizer::new(&GenericDialect {}, sql).tokenize_with_location_into_buf(&mut tokens).err();
        let mut text = Self { sql, pieces: Vec::new(), broken, lines };
        text.pieces = tokens
            .into_iter()
            .filter(|t| !matches!(t.token, Token::Whitespace(_) | Token::EOF))
            .filter_map(|t| text.parser_span(t.span).map(|span| Piece { token: t.token, span }))
            .collect();
        text
    }

    /// What a span covers.
    pub(super) fn slice(&self, span: Span) -> &'a str {
        &self.sql[span.start..span.end]
    }

    /// The first token, or the start of an empty file.
    pub(super) fn start(&self) -> Span {
        self.pieces.first().map_or(Span { start: 0, end: 0, line: 1, column: 1 }, |piece| piece.span)
    }

    /// The last token, or the start of an empty file.
    pub(super) fn end(&self) -> Span {
        self.pieces.last().map_or_else(|| self.start(), |piece| piece.span)
    }

    /// A span of the parser; nothing where the parser does not know.
    pub(super) fn parser_span(&self, span: ParserSpan) -> Option<Span> {
        self.span((span.start.line, span.start.column), (span.end.line, span.end.column))
    }

    /// A span of the planner.
    pub(super) fn plan_span(&self, span: PlanSpan) -> Option<Span> {
        let place = |at: Location| (at.line, at.column);
        self.span(place(span.start), place(span.end))
    }

    /// The token at a line and column, both from 1.
    pub(super) fn token_at(&self, line: u64, column: u64) -> Option<Span> {
        let start = self.offset(line, column)?;
        let token = self.pieces.iter().find(|piece| piece.span.start <= start && start < piece.span.end);
        token.map(|piece| piece.span).or_else(|| self.span((line, column), (line, column)))
    }

    /// The first token that is this word, as SQL compares words: quoted ones exactly, others without regard to case.
    pub(super) fn word(&self, name: &str) -> Option<Span> {
        let is = |token: &Token| match token {
            Token::Word(word) if word.quote_style.is_some() => word.value == name,
            Token::Word(word) => word.value.eq_ignore_ascii_case(name),
            _ => false,
        };
        self.pieces.iter().find(|piece| is(&piece.token)).map(|piece| piece.span)
    }

    fn span(&self, from: (u64, u64), to: (u64, u64)) -> Option<Span> {
        let start = self.offset(from.0, from.1)?;
        let end = self.offset(to.0, to.1)?.max(start);
        Some(Span { start, end, line: usize::try_from(from.0).ok()?, column: usize::try_from(from.1).ok()? })
    }

    /// Lines and columns count from 1, columns in characters.
    fn offset(&self, line: u64, column: u64) -> Option<usize> {
        let line = usize::try_from(line).ok()?.checked_sub(1)?;
        let column = usize::try_from(column).ok()?.checked_sub(1)?;
        let start = *self.lines.get(line)?;
        let rest = &self.sql[start..];
        let within = rest.char_indices().nth(column).map_or(rest.len(), |(at, _)| at);
        Some(start + within)
    }
}
