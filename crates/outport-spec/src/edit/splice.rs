//! Which bytes of a text a change replaces, and by what.

use std::ops::Range;

use outport_model::diagnostic::Span;
use serde_json::{Map, Value};

use crate::{
    document::{
        Document, pointer,
        tree::{Place, Style},
    },
    write,
};

/// A stretch of text and what comes in its place.
pub(super) struct Splice {
    range: Range<usize>,
    text: String,
}

impl Splice {
    fn new(range: Range<usize>, text: impl Into<String>) -> Self {
        Self { range, text: text.into() }
    }

    /// The text with the change made; new line breaks are of the kind that the text has.
    pub(super) fn apply(&self, text: &str) -> Option<String> {
        let (before, after) = (text.get(..self.range.start)?, text.get(self.range.end..)?);
        let new = if text.contains("\r\n") { self.text.replace('\n', "\r\n") } else { self.text.clone() };
        Some(format!("{before}{new}{after}"))
    }
}

/// A node in its surroundings.
pub(super) struct Site<'a> {
    text: &'a str,
    pub(super) place: &'a Place,
    /// Whether the node is inside of brackets.
    in_flow: bool,
    /// Whether it is a member of a mapping.
    is_member: bool,
    /// Column of the node above, from 0: its own lines must be indented further.
    outer: Option<usize>,
}

impl<'a> Site<'a> {
    /// The site of the node at `pointer`; `None` where there is no such node.
    pub(super) fn find(document: &'a Document, pointer: &str) -> Option<Self> {
        let found = document.root().find(document.value(), pointer);
        let mut in_flow = false;
        let mut above = pointer;
        let mut outer = None;
        while let Some((parent, _)) = pointer::split(above) {
            let place = document.root().find(document.value(), parent).place;
            outer = outer.or(Some(place.children.first().map_or(0, |child| column(child.key.unwrap_or(place.value)))));
            in_flow |= place.style == Style::Flow;
            above = parent;
        }
        let is_member = found.place.key.is_some();
        found.exact.then_some(Self { text: document.text(), place: found.place, in_flow, is_member, outer })
    }

    /// Another value for the node.
    pub(super) fn replace(&self, value: &Value) -> Splice {
        let old = self.place.value;
        let (before, start) = self.gap();
        if self.in_flow {
            return Splice::new(old.start..old.end, format!("{before}{}", write::flow(value)));
        }
        let stays_block = self.place.style == Style::Block;
        if write::is_block(value) && (stays_block || !self.is_member) {
            return Splice::new(old.start..old.end, format!("{before}{}", block(value, column(old))));
        }
        let indent = self.outer.map_or(0, |outer| outer + 2);
        if write::is_block(value) {
            let end = self.place.value.end.max(start);
            let line_end = line_end(self.text, end);
            let comment = self.text.get(end..line_end).unwrap_or_default();
            return Splice::new(start..line_end, format!("{comment}\n{}{}", " ".repeat(indent), block(value, indent)));
        }
        let mut scalar = String::new();
        write::block(value, indent, self.outer.is_some(), &mut scalar);
        if stays_block && self.is_member {
            let blank = if start < old.start { " " } else { "" };
            return Splice::new(start..old.end, format!("{blank}{scalar}"));
        }
        let start = old.start.max(start);
        Splice::new(start..old.end.max(start), format!("{before}{scalar}"))
    }

    /// The blank that an absent value needs before it, and where the white space before the value begins.
    fn gap(&self) -> (&'static str, usize) {
        let start = self.place.value.start;
        let Some(key) = self.place.key else {
            let blank = self.place.value.start == self.place.value.end
                && self.text.get(..start).is_some_and(|t| t.ends_with('-'));
            return (if blank { " " } else { "" }, start);
        };
        let between = self.text.get(key.end..start.max(key.end)).unwrap_or_default();
        if start == self.place.value.end && !between.contains(':') {
            let colon = self.text.get(key.end..).and_then(|rest| rest.find(':')).map_or(start, |at| key.end + at + 1);
            return (" ", colon);
        }
        let kept = between.trim_end();
        let comment = kept.lines().last().is_some_and(|line| line.contains('#'));
        ("", if comment { start } else { key.end + kept.len() })
    }

    /// A new last member of a mapping in block style.
    pub(super) fn insert_member(&self, key: &str, value: &Value) -> Splice {
        let at = line_end(self.text, self.content_end());
        let indent = column(self.first_start());
        let member: Map<_, _> = [(key.to_owned(), value.clone())].into_iter().collect();
        Splice::new(at..at, format!("\n{}{}", " ".repeat(indent), block(&Value::Object(member), indent)))
    }

    /// A new item of a list in block style.
    pub(super) fn insert_item(&self, index: usize, value: &Value) -> Splice {
        let indent = column(self.place.value);
        let item = format!("- {}", block_nested(value, indent + 2));
        if let Some(dash) = self.dash(index) {
            return Splice::new(dash..dash, format!("{item}\n{}", " ".repeat(indent)));
        }
        let at = line_end(self.text, self.content_end());
        Splice::new(at..at, format!("\n{}{item}", " ".repeat(indent)))
    }

    /// A new last member of a mapping in brackets.
    pub(super) fn insert_flow_member(&self, key: &str, value: &Value) -> Splice {
        let at = self.content_end();
        Splice::new(at..at, format!(", {}", write::flow_member((&key.to_owned(), value))))
    }

    /// A new item of a list in brackets.
    pub(super) fn insert_flow_item(&self, index: usize, value: &Value) -> Splice {
        if let Some(next) = self.place.children.get(index) {
            return Splice::new(next.value.start..next.value.start, format!("{}, ", write::flow(value)));
        }
        let at = self.content_end();
        Splice::new(at..at, format!(", {}", write::flow(value)))
    }

    /// Without one of several members or items in brackets; `None` where a comment would go too.
    pub(super) fn remove_flow(&self, index: usize) -> Option<Splice> {
        let child = self.place.children.get(index)?;
        let range = match (self.place.children.get(index + 1), index.checked_sub(1)) {
            (Some(next), _) => start_of(child).start..start_of(next).start,
            (None, Some(before)) => end_of(self.text, self.place.children.get(before)?)..end_of(self.text, child),
            (None, None) => return None,
        };
        let inner = child.value.start..child.value.end;
        let outside = [range.start..inner.start.max(range.start), inner.end.min(range.end)..range.end];
        let has_comment = outside.into_iter().any(|part| self.text.get(part).is_some_and(|text| text.contains('#')));
        (!has_comment).then(|| Splice::new(range, ""))
    }

    /// Without one of several members or items in block style.
    pub(super) fn remove_block(&self, index: usize) -> Option<Splice> {
        let child = self.place.children.get(index)?;
        let start = child.key.map(|key| key.start).or_else(|| self.dash(index))?;
        let end = line_end(self.text, end_of(self.text, child));
        let line_start = self.text.get(..start)?.rfind('\n').map_or(0, |at| at + 1);
        let line_start = line_start.max(if self.text.starts_with('\u{feff}') { 3 } else { 0 });
        let shares_line = !self.text.get(line_start..start)?.trim().is_empty();
        if shares_line {
            let next = self.place.children.get(index + 1)?;
            let next_start = next.key.map(|key| key.start).or_else(|| self.dash(index + 1))?;
            let comment = self.text.get(end..next_start)?.find('#').map(|at| end + at);
            return Some(Splice::new(start..comment.unwrap_or(next_start), ""));
        }
        let rest = self.text.get(end..)?;
        let break_length = if rest.starts_with("\r\n") { 2 } else { usize::from(!rest.is_empty()) };
        if break_length > 0 {
            return Some(Splice::new(line_start..end + break_length, ""));
        }
        let before = self.text.get(..line_start)?;
        let kept = before.strip_suffix("\r\n").or_else(|| before.strip_suffix('\n')).unwrap_or(before);
        Some(Splice::new(kept.len()..end, ""))
    }

    /// Where the dash of an item stands.
    fn dash(&self, index: usize) -> Option<usize> {
        let item = self.place.children.get(index)?;
        if index == 0 {
            return Some(self.place.value.start);
        }
        self.text.get(..item.value.start)?.rfind('-')
    }

    fn content_end(&self) -> usize {
        self.place.children.last().map_or(self.place.value.end, |last| end_of(self.text, last))
    }

    fn first_start(&self) -> Span {
        self.place.children.first().map_or(self.place.value, start_of)
    }
}

fn start_of(child: &Place) -> Span {
    child.key.unwrap_or(child.value)
}

/// The end of a child; for a member without a value, behind its colon.
fn end_of(text: &str, child: &Place) -> usize {
    let Some(key) = child.key.filter(|_| child.value.start == child.value.end) else { return child.value.end };
    let colon = text.get(key.end..).and_then(|rest| rest.find(':')).map_or(key.end, |at| key.end + at + 1);
    child.value.end.max(colon)
}

fn block(value: &Value, indent: usize) -> String {
    let mut text = String::new();
    write::block(value, indent, false, &mut text);
    text
}

fn block_nested(value: &Value, indent: usize) -> String {
    let mut text = String::new();
    write::block(value, indent, true, &mut text);
    text
}

/// Columns before the start of a span.
fn column(span: Span) -> usize {
    span.column - 1
}

/// Where the line that holds `at` ends, before its line break.
fn line_end(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    at + rest.find(['\n', '\r']).unwrap_or(rest.len())
}
