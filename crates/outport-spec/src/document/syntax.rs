//! What the YAML parser's own messages mean, and what to do about them.

use outport_model::diagnostic::Code;

use crate::codes;

/// The code and message for one of the parser's messages.
pub(super) fn explain(info: &str) -> (Code, String) {
    if info.contains("recursion limit") {
        return (codes::TOO_LARGE, "the document is nested too deeply".to_owned());
    }
    if info.contains("unknown anchor") {
        return (codes::ALIAS, "the alias repeats something that is not marked before".to_owned());
    }
    let info = info.trim_end_matches('.').replace("`@'", "`@`").replace("``'", "a backtick");
    let info =
        info.split_once(", ").filter(|(context, _)| context.starts_with("while ")).map_or(&*info, |(_, what)| what);
    (codes::SYNTAX, info.to_lowercase())
}

/// What to look for at the place of a broken rule.
pub(super) fn advice(text: &str, at: usize) -> Option<&'static str> {
    let before = text.get(..at).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = text.get(line_start..)?.lines().next().unwrap_or_default();
    if line.trim_start_matches(' ').starts_with('\t') {
        return Some("indent with spaces, not with tabs");
    }
    match text.as_bytes().get(at) {
        Some(b'@' | b'`') => return Some("put the text into quotes"),
        Some(b'"' | b'\'') => return Some("is the quote that opens here closed?"),
        _ => {}
    }
    let (_, value) = line.trim_end().split_once(": ")?;
    let bare = value.contains(": ") && !value.starts_with(['"', '\'', '{', '[']);
    bare.then_some("put a text that has `: ` inside into quotes")
}
