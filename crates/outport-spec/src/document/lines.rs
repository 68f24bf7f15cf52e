//! From character offsets, which the YAML parser counts, to bytes, lines and columns.

use outport_model::diagnostic::Span;

/// An index of one text.
#[derive(Debug, Clone)]
pub(crate) struct Lines {
    /// Byte offset of every character and of the end; `None` where all characters are one byte long.
    characters: Option<Vec<usize>>,
    /// Byte offset of the start of every line.
    starts: Vec<usize>,
    /// Bytes before the YAML text: the byte order mark.
    skipped: usize,
}

impl Lines {
    /// The index of a text whose first `skipped` bytes the YAML parser does not see.
    pub(crate) fn new(text: &str, skipped: usize) -> Self {
        let seen = text.get(skipped..).unwrap_or_default();
        let characters =
            (!seen.is_ascii()).then(|| seen.char_indices().map(|(at, _)| at + skipped).chain([text.len()]).collect());
        let bytes = text.as_bytes();
        let ends_line = |at: usize| match bytes.get(at) {
            Some(b'\n') => true,
            Some(b'\r') => bytes.get(at + 1) != Some(&b'\n'),
            _ => false,
        };
        let starts = [skipped].into_iter().chain((0..bytes.len()).filter(|at| ends_line(*at)).map(|at| at + 1));
        Self { characters, starts: starts.collect(), skipped }
    }

    /// The byte offset of a character that the YAML parser counts.
    pub(crate) fn byte(&self, character: usize, text: &str) -> usize {
        let byte = match &self.characters {
            Some(offsets) => offsets.get(character).copied().unwrap_or(text.len()),
            None => character + self.skipped,
        };
        byte.min(text.len())
    }

    /// The span from one byte offset to another.
    pub(crate) fn span(&self, text: &str, start: usize, end: usize) -> Span {
        let line = self.starts.partition_point(|at| *at <= start).max(1);
        let line_start = self.starts.get(line - 1).copied().unwrap_or_default();
        let column = text.get(line_start..start).map_or(1, |before| before.chars().count() + 1);
        Span { start, end: end.max(start), line, column }
    }
}
