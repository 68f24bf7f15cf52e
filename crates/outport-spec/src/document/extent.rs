//! Where nodes begin and end exactly. The parser's own spans include anchors and tags, run on into comments behind
//! quotes and brackets, and leave out the header of a block scalar.

/// The offset after the anchor and the tag at `start`, if there are any.
pub(super) fn after_properties(text: &str, start: usize) -> usize {
    let mut at = start;
    while let Some(rest) = text.get(at..).filter(|rest| rest.starts_with(['&', '!'])) {
        let word = rest.find(char::is_whitespace).unwrap_or(rest.len());
        at = skip_blank(text, at + word);
    }
    at
}

/// The offset after the quote that closes the one at `start`.
pub(super) fn closing_quote(text: &str, start: usize, quote: char) -> usize {
    let mut characters = text.get(start + 1..).unwrap_or_default().char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        if quote == '"' && character == '\\' {
            characters.next();
        } else if character == quote {
            if quote == '\'' && characters.peek().is_some_and(|(_, next)| *next == quote) {
                characters.next();
            } else {
                return start + 1 + at + 1;
            }
        }
    }
    text.len()
}

/// The offset after the bracket that closes a list or mapping whose last item ends at `at`.
pub(super) fn closing_bracket(text: &str, mut at: usize) -> usize {
    loop {
        at = skip_blank(text, at);
        match text.as_bytes().get(at) {
            Some(b']' | b'}') => return at + 1,
            Some(b',' | b':') => at += 1,
            _ => return at.min(text.len()),
        }
    }
}

/// The extent of a block scalar from its header (`|`, `>-`, …) to its last line that is not blank.
pub(super) fn block_scalar(text: &str, start: usize, end: usize) -> (usize, usize) {
    let before = text.get(..start).unwrap_or_default().trim_end();
    let line_start = before.rfind(['\n', '\r']).map_or(0, |at| at + 1);
    let line = before.get(line_start..).unwrap_or_default();
    let header = header(line).map_or(start, |at| line_start + at);
    let content = text.get(start..end).unwrap_or_default().trim_end();
    let content_end = if content.is_empty() { before.len().max(header) } else { start + content.len() };
    (header, content_end)
}

/// Where a line's block scalar header begins: the last `|` or `>` with nothing but indicators and a comment behind.
fn header(line: &str) -> Option<usize> {
    line.char_indices().rev().filter(|(_, c)| matches!(c, '|' | '>')).map(|(at, _)| at).find(|at| {
        let rest = line.get(at + 1..).unwrap_or_default();
        let tail = rest.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-')).trim_start();
        tail.is_empty() || (tail.starts_with('#') && !line.get(..*at).is_some_and(|before| before.contains(" #")))
    })
}

/// The offset of the next character that is neither white space nor part of a comment.
pub(super) fn skip_blank(text: &str, mut at: usize) -> usize {
    let bytes = text.as_bytes();
    loop {
        match bytes.get(at) {
            Some(b' ' | b'\t' | b'\n' | b'\r') => at += 1,
            Some(b'#') => {
                let rest = text.get(at..).unwrap_or_default();
                at += rest.find(['\n', '\r']).unwrap_or(rest.len());
            }
            _ => return at,
        }
    }
}
