//! Where in a file each policy stands. Cedar does not tell.

use outport_model::diagnostic::Span;

/// The place of each statement, in order: from its first character to the end of that line or of the statement.
///
/// A statement ends with `;`, which otherwise stands only in strings and comments.
pub(crate) fn places(text: &str) -> Vec<Span> {
    let mut places = Vec::new();
    let mut start = None;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '/' if characters.peek().is_some_and(|(_, next)| *next == '/') => {
                while characters.next_if(|(_, next)| !matches!(next, '\n' | '\r')).is_some() {}
                continue;
            }
            '"' => {
                while let Some((_, next)) = characters.next() {
                    match next {
                        '"' => break,
                        '\\' => {
                            characters.next();
                        }
                        _ => {}
                    }
                }
            }
            ';' => {
                if let Some(start) = start.take() {
                    places.push(place(text, start, at + 1));
                }
                continue;
            }
            _ => {}
        }
        if start.is_none() && !character.is_whitespace() {
            start = Some(at);
        }
    }
    places
}

/// The place of what stands between two offsets, as far as it is on one line.
pub(crate) fn place(text: &str, start: usize, end: usize) -> Span {
    let (start, end) = (floor(text, start), floor(text, end));
    let before = &text[..start];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let first_line = text[start..].find(['\n', '\r']).map_or(text.len(), |length| start + length);
    Span { start, end: end.min(first_line).max(start), line, column }
}

/// The nearest offset that is between two characters of the text.
fn floor(text: &str, mut offset: usize) -> usize {
    offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_found_between_comments_and_strings() {
        let text =
            "// a; b\n@id(\"x;\\\"y\")\npermit (principal, action, resource); forbid(principal,\naction, resource);";
        let found: Vec<_> = places(text).into_iter().map(|p| (p.line, p.column, &text[p.start..p.end])).collect();
        let expect = [(2, 1, "@id(\"x;\\\"y\")"), (3, 39, "forbid(principal,")];
        assert_eq!(found, expect);
    }

    #[test]
    fn places_outside_the_text_are_its_end() {
        assert_eq!(place("é", 1, 99), Span { start: 0, end: 2, line: 1, column: 1 });
    }
}
