//! From values to YAML text that reads back as the same value, here and (as far as text goes) by YAML 1.1 readers.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::document::scalar;

/// Columns that each level of a block is indented by.
const INDENT: usize = 2;
/// Longer keys need the explicit form `? key` (YAML 1.2.2, section 7.4.2).
const LONGEST_KEY: usize = 1000;

/// A value as a YAML document in block style, with a line break at its end.
pub fn yaml(value: &Value) -> String {
    let mut text = String::new();
    block(value, 0, false, &mut text);
    text.push('\n');
    text
}

/// A typed document as YAML text.
///
/// # Errors
/// When the type has no value in JSON, as maps with keys that are not text.
pub fn document<T: Serialize>(document: &T) -> Result<String, serde_json::Error> {
    Ok(yaml(&serde_json::to_value(document)?))
}

/// A value on one line, fit for any place of a document.
pub(crate) fn flow(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Value::Object(members) => format!("{{{}}}", members.iter().map(flow_member).collect::<Vec<_>>().join(", ")),
        Value::String(text) => line(text),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// A member of a mapping on one line.
pub(crate) fn flow_member((key, value): (&String, &Value)) -> String {
    let explicit = if key.len() > LONGEST_KEY { "? " } else { "" };
    format!("{explicit}{}: {}", line(key), flow(value))
}

/// Writes a value whose lines are indented by `indent`, the first of them not. `nested` says that the value stands
/// below a key or dash, where text can be written over several lines. No line break at the end.
pub(crate) fn block(value: &Value, indent: usize, nested: bool, out: &mut String) {
    match value {
        Value::Object(members) if !members.is_empty() => mapping(members, indent, out),
        Value::Array(items) if !items.is_empty() => {
            for (index, item) in items.iter().enumerate() {
                next_line(index, indent, out);
                out.push_str("- ");
                block(item, indent + INDENT, true, out);
            }
        }
        Value::String(text) if nested && fits_literal(text) => literal(text, indent, out),
        _ => out.push_str(&flow(value)),
    }
}

fn mapping(members: &Map<String, Value>, indent: usize, out: &mut String) {
    for (index, (key, value)) in members.iter().enumerate() {
        next_line(index, indent, out);
        if key.len() > LONGEST_KEY {
            out.push_str("? ");
            out.push_str(&line(key));
            next_line(1, indent, out);
        } else {
            out.push_str(&line(key));
        }
        out.push(':');
        if is_block(value) {
            next_line(1, indent + INDENT, out);
        } else {
            out.push(' ');
        }
        block(value, indent + INDENT, true, out);
    }
}

/// Whether a value is written on lines of its own.
pub(crate) fn is_block(value: &Value) -> bool {
    match value {
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
        _ => false,
    }
}

fn next_line(index: usize, indent: usize, out: &mut String) {
    if index > 0 {
        out.push('\n');
        out.extend(std::iter::repeat_n(' ', indent));
    }
}

/// Whether text over several lines survives the form `|`.
fn fits_literal(text: &str) -> bool {
    let plain_lines = text.split('\n').all(|line| {
        !line.starts_with(['\t', '\u{feff}'])
            && (line.is_empty() || !line.trim().is_empty())
            && line.chars().all(is_printable)
    });
    text.contains('\n') && plain_lines && !text.starts_with([' ', '\n']) && !text.ends_with("\n\n")
}

fn literal(text: &str, indent: usize, out: &mut String) {
    let (content, header) = text.strip_suffix('\n').map_or((text, "|-"), |content| (content, "|"));
    out.push_str(header);
    for line in content.split('\n') {
        out.push('\n');
        if !line.is_empty() {
            out.extend(std::iter::repeat_n(' ', indent));
            out.push_str(line);
        }
    }
}

/// Text on one line: as it is where nothing can mistake it for something else, otherwise in quotes.
fn line(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { quoted(text) }
}

fn is_plain(text: &str) -> bool {
    let opens = text.starts_with(|c: char| c.is_whitespace() || "-?:,[]{}#&*!|>'\"%@`=<".contains(c));
    let closes = text.ends_with(|c: char| c.is_whitespace() || c == ':');
    let inside = text.contains([',', '[', ']', '{', '}']) || text.contains(": ") || text.contains(" #");
    let printable = text.chars().all(|c| is_printable(c) && c != '\t' && c != '\u{feff}');
    !text.is_empty() && !opens && !closes && !inside && printable && scalar::is_text(text) && !is_trap(text)
}

/// Words that YAML 1.1 reads as truth values, dates, times or numbers, and `...`.
fn is_trap(text: &str) -> bool {
    let word = matches!(text.to_ascii_lowercase().as_str(), "yes" | "no" | "on" | "off" | "y" | "n");
    let number_like = text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '.'))
        && text.bytes().all(|b| b.is_ascii_hexdigit() || b"_:-.+TZtzxob ".contains(&b));
    let is_version = text.split('.').count() == 3 && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    word || (number_like && !is_version) || text.starts_with("...")
}

/// Whether YAML allows the character outside of quotes, and no reader takes it for a line break.
fn is_printable(c: char) -> bool {
    let line_break = matches!(c, '\u{2028}' | '\u{2029}');
    let forbidden = (c.is_control() && c != '\t') || matches!(c, '\u{fffe}' | '\u{ffff}');
    !line_break && !forbidden
}

fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_printable(c) && c != '\u{feff}' => out.push(c),
            c => {
                let escaped = format!("\\u{:04X}", u32::from(c));
                out.push_str(&escaped);
            }
        }
    }
    out.push('"');
    out
}
