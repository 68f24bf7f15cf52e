//! From the events of the YAML parser to a value and the places of its nodes. Iterative, so that no text can exhaust
//! the stack.

use std::collections::HashMap;

use outport_model::diagnostic::{Code, Diagnostic, Span};
use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Tag};
use serde_json::{Map, Value};

use super::{
    extent,
    lines::Lines,
    scalar::{self, Plain},
    syntax,
    tree::{Place, Style},
};
use crate::codes;

/// How many lists and mappings may be inside each other.
const MAX_DEPTH: usize = 100;
/// How much aliases may add to a document, in nodes and bytes of text.
const MAX_ALIASED: usize = 512 * 1024;
/// After so many problems nobody reads on.
const MAX_PROBLEMS: usize = 100;

/// What a text says.
pub(super) struct Read {
    pub(super) value: Value,
    pub(super) root: Place,
    pub(super) warnings: Vec<Diagnostic>,
}

/// Reads one document.
pub(super) fn read(file: &str, text: &str, skipped: usize, lines: &Lines) -> Result<Read, Vec<Diagnostic>> {
    let mut reader = Reader {
        file,
        text,
        lines,
        stack: Vec::new(),
        anchors: HashMap::new(),
        aliased: 0,
        documents: 0,
        root: None,
        problems: Vec::new(),
        warnings: Vec::new(),
    };
    let mut parser = Parser::new_from_str(text.get(skipped..).unwrap_or_default());
    while let Some(event) = parser.next_event() {
        let outcome = match event {
            Ok((event, span)) => reader.take(event, span),
            Err(error) => Err(Box::new(reader.syntax(&error))),
        };
        if let Err(last) = outcome {
            reader.problems.push(*last);
            break;
        }
        if reader.problems.len() >= MAX_PROBLEMS {
            break;
        }
    }
    reader.finish()
}

struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    lines: &'a Lines,
    stack: Vec<Frame>,
    anchors: HashMap<usize, (Value, Place, usize)>,
    aliased: usize,
    documents: usize,
    root: Option<(Value, Place)>,
    problems: Vec<Diagnostic>,
    warnings: Vec<Diagnostic>,
}

/// A list or mapping that is not closed yet.
struct Frame {
    node: Node,
    start: usize,
    anchor: usize,
    children: Vec<Place>,
}

enum Node {
    Sequence(Vec<Value>),
    /// The members so far, and the key whose value comes next; `None` for its text where it cannot be used.
    Mapping(Map<String, Value>, Option<(Option<String>, Span)>),
}

/// A problem after which reading on makes no sense.
type Fatal = Box<Diagnostic>;

impl Reader<'_> {
    fn take(&mut self, event: Event<'_>, span: saphyr_parser::Span) -> Result<(), Fatal> {
        let start = self.lines.byte(span.start.index(), self.text);
        let end = self.lines.byte(span.end.index(), self.text).max(start);
        match event {
            Event::DocumentStart(_) => self.document(start),
            Event::Scalar(text, style, anchor, tag) => {
                let (style, span) = self.scalar_span(style, start, end);
                if self.expects_key() {
                    self.key(text.into_owned(), style, tag.as_deref(), span, anchor);
                    return Ok(());
                }
                let value = self.scalar(text.into_owned(), style, tag.as_deref(), span);
                self.add(value, Place { key: None, value: span, style, children: Vec::new() }, anchor);
                Ok(())
            }
            Event::SequenceStart(anchor, tag) => {
                self.open(Node::Sequence(Vec::new()), "seq", tag.as_deref(), start, end, anchor)
            }
            Event::MappingStart(anchor, tag) => {
                self.open(Node::Mapping(Map::new(), None), "map", tag.as_deref(), start, end, anchor)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                self.close(end);
                Ok(())
            }
            Event::Alias(id) => self.alias(id, self.span(start, end)),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
        }
    }

    fn document(&mut self, start: usize) -> Result<(), Fatal> {
        self.documents += 1;
        if self.documents == 1 {
            return Ok(());
        }
        let span = self.span(start, (start + 3).min(self.text.len()));
        Err(self
            .problem(codes::SEVERAL_DOCUMENTS, span, "a second document begins here")
            .help("give each document a file of its own")
            .into())
    }

    fn expects_key(&self) -> bool {
        matches!(self.stack.last(), Some(Frame { node: Node::Mapping(_, None), .. }))
    }

    fn open(
        &mut self,
        node: Node,
        kind: &str,
        tag: Option<&Tag>,
        start: usize,
        end: usize,
        anchor: usize,
    ) -> Result<(), Fatal> {
        let span = self.span(start, end);
        if self.expects_key() {
            return Err(self
                .problem(codes::KEY_NOT_TEXT, span, "a key cannot be a list or mapping")
                .help("put text that has `{`, `[` or `${…}` at its beginning into quotes")
                .into());
        }
        if self.stack.len() >= MAX_DEPTH {
            return Err(self
                .problem(codes::TOO_LARGE, span, format!("the document is nested more than {MAX_DEPTH} levels deep"))
                .into());
        }
        if tag.is_some_and(|tag| tag.handle != "!" && (!tag.is_yaml_core_schema() || tag.suffix != kind)) {
            self.wrong_tag(tag, span);
        }
        let start = extent::after_properties(self.text, start);
        self.stack.push(Frame { node, start, anchor, children: Vec::new() });
        Ok(())
    }

    fn close(&mut self, end: usize) {
        let Some(frame) = self.stack.pop() else { return };
        let value = match frame.node {
            Node::Sequence(items) => Value::Array(items),
            Node::Mapping(members, _) => Value::Object(members),
        };
        let content_end = frame.children.last().map_or(frame.start, |child| child.value.end);
        let (style, end) = match self.text.as_bytes().get(frame.start) {
            Some(b'[' | b'{') if end > frame.start => {
                (Style::Flow, extent::closing_bracket(self.text, content_end.max(frame.start + 1)))
            }
            _ => (Style::Block, content_end),
        };
        let place = Place { key: None, value: self.span(frame.start, end), style, children: frame.children };
        self.add(value, place, frame.anchor);
    }

    fn add(&mut self, value: Value, mut place: Place, anchor: usize) {
        if anchor > 0 {
            let weight = weight(&value);
            self.anchors.insert(anchor, (value.clone(), place.clone(), weight));
        }
        match self.stack.last_mut() {
            None => self.root = Some((value, place)),
            Some(Frame { node: Node::Sequence(items), children, .. }) => {
                items.push(value);
                children.push(place);
            }
            Some(Frame { node: Node::Mapping(members, key), children, .. }) => {
                if let Some((Some(key), span)) = key.take() {
                    place.key = Some(span);
                    members.insert(key, value);
                    children.push(place);
                }
            }
        }
    }

    fn key(&mut self, text: String, style: Style, tag: Option<&Tag>, span: Span, anchor: usize) {
        let problem = self.key_problem(&text, style, tag, span);
        let usable = problem.is_none();
        self.problems.extend(problem);
        if anchor > 0 {
            let place = Place { key: None, value: span, style, children: Vec::new() };
            self.anchors.insert(anchor, (Value::String(text.clone()), place, text.len()));
        }
        if let Some(Frame { node: Node::Mapping(_, key), .. }) = self.stack.last_mut() {
            *key = Some((usable.then_some(text), span));
        }
    }

    fn key_problem(&self, text: &str, style: Style, tag: Option<&Tag>, span: Span) -> Option<Diagnostic> {
        let is_text = style != Style::Plain || tag.is_some_and(is_text_tag) || scalar::is_text(text);
        if !is_text {
            let message = match text {
                "" => "the key is missing".to_owned(),
                _ => format!("the key `{text}` is not text"),
            };
            let problem = self.problem(codes::KEY_NOT_TEXT, span, message);
            return Some(if text.is_empty() {
                problem
            } else {
                problem.help(format!("write it in quotes: `\"{text}\"`"))
            });
        }
        if style == Style::Plain && text == "<<" {
            let problem = self.problem(codes::ALIAS, span, "merge keys (`<<`) are not part of YAML 1.2");
            return Some(problem.help("repeat the whole value with an alias, or write the keys out"));
        }
        let Some(Frame { node: Node::Mapping(members, _), children, .. }) = self.stack.last() else { return None };
        let first = members.keys().position(|key| key == text).and_then(|at| children.get(at))?;
        let line = first.key.map_or(first.value.line, |key| key.line);
        let problem = self.problem(codes::DUPLICATE_KEY, span, format!("the key `{text}` is there already"));
        Some(problem.label(format!("first on line {line}")).help("remove or rename one of them"))
    }

    fn scalar(&mut self, text: String, style: Style, tag: Option<&Tag>, span: Span) -> Value {
        match tag {
            Some(tag) if is_text_tag(tag) => Value::String(text),
            Some(tag) => self.tagged(&text, tag, span),
            None if style != Style::Plain => Value::String(text),
            None => self.plain(&text, span),
        }
    }

    fn plain(&mut self, text: &str, span: Span) -> Value {
        match scalar::resolve(text) {
            Plain::Value(value) => value,
            Plain::Rounded(number) => {
                let message = format!("the number `{text}` is kept as {number}");
                let warning = Diagnostic::warning(codes::NUMBER, self.file, message).at(Some(span));
                self.warnings.push(warning.help("put it into quotes if every digit counts"));
                Value::Number(number)
            }
            Plain::Unrepresentable => {
                let message = format!("the number `{text}` is out of range");
                let problem = self.problem(codes::NUMBER, span, message);
                self.problems.push(problem.help(format!("if it is meant as text, put it into quotes: `\"{text}\"`")));
                Value::Null
            }
        }
    }

    fn tagged(&mut self, text: &str, tag: &Tag, span: Span) -> Value {
        let value = self.plain(text, span);
        let fits = tag.is_yaml_core_schema()
            && match tag.suffix.as_str() {
                "null" => value.is_null(),
                "bool" => value.is_boolean(),
                "int" => value.is_i64() || value.is_u64(),
                "float" => value.is_number(),
                _ => false,
            };
        if !fits {
            self.wrong_tag(Some(tag), span);
        }
        value
    }

    fn wrong_tag(&mut self, tag: Option<&Tag>, span: Span) {
        let known = ["str", "int", "float", "bool", "null", "seq", "map"];
        let message = match tag {
            Some(tag) if tag.is_yaml_core_schema() && known.contains(&tag.suffix.as_str()) => {
                format!("the tag `!!{}` does not fit the value", tag.suffix)
            }
            Some(tag) if tag.is_yaml_core_schema() => format!("the tag `!!{}` is not known", tag.suffix),
            _ => format!("the tag `{}` is not known", tag.map(ToString::to_string).unwrap_or_default()),
        };
        let problem = self.problem(codes::TAG, span, message);
        self.problems.push(problem.help("remove the tag; quotes make any value text"));
    }

    fn alias(&mut self, id: usize, span: Span) -> Result<(), Fatal> {
        let Some((value, place, weight)) = self.anchors.get(&id).cloned() else {
            return Err(self.problem(codes::ALIAS, span, "the alias stands inside of what it repeats").into());
        };
        self.aliased = self.aliased.saturating_add(weight);
        if self.aliased > MAX_ALIASED || self.stack.len() + depth(&value) > MAX_DEPTH {
            return Err(self.problem(codes::TOO_LARGE, span, "aliases make the document too large").into());
        }
        if !self.expects_key() {
            let place = Place { key: None, value: span, style: Style::Alias, children: place.children };
            self.add(value, place, 0);
            return Ok(());
        }
        let Value::String(text) = value else {
            return Err(self.problem(codes::KEY_NOT_TEXT, span, "the alias repeats something that is not text").into());
        };
        self.key(text, Style::Alias, None, span, 0);
        Ok(())
    }

    fn scalar_span(&self, style: ScalarStyle, start: usize, end: usize) -> (Style, Span) {
        let start = match style {
            ScalarStyle::Literal | ScalarStyle::Folded => start,
            _ => extent::after_properties(self.text, start).min(end),
        };
        let (style, (start, end)) = match style {
            ScalarStyle::Plain => (Style::Plain, (start, end)),
            ScalarStyle::SingleQuoted => (Style::Quoted, (start, extent::closing_quote(self.text, start, '\''))),
            ScalarStyle::DoubleQuoted => (Style::Quoted, (start, extent::closing_quote(self.text, start, '"'))),
            ScalarStyle::Literal | ScalarStyle::Folded => {
                (Style::BlockScalar, extent::block_scalar(self.text, start, end))
            }
        };
        (style, self.span(start, end))
    }

    fn syntax(&self, error: &ScanError) -> Diagnostic {
        let at = self.lines.byte(error.marker().index(), self.text);
        let rest = self.text.get(at..).unwrap_or_default();
        let end = at + rest.chars().next().filter(|c| *c != '\n').map_or(0, char::len_utf8);
        let (code, message) = syntax::explain(error.info());
        let is_syntax = code == codes::SYNTAX;
        let problem = self.problem(code, self.span(at, end), message);
        if !is_syntax {
            return problem;
        }
        let open = self
            .stack
            .last()
            .map(|frame| frame.start)
            .filter(|start| matches!(self.text.as_bytes().get(*start), Some(b'[' | b'{')) && *start < at);
        let help = open.map(|start| self.unclosed(start)).or_else(|| syntax::advice(self.text, at).map(str::to_owned));
        Diagnostic { help, ..problem }
    }

    fn unclosed(&self, start: usize) -> String {
        let bracket = self.text.get(start..=start).unwrap_or_default();
        format!("is the `{bracket}` on line {} closed?", self.span(start, start).line)
    }

    fn finish(mut self) -> Result<Read, Vec<Diagnostic>> {
        let blank = |(value, place): &(Value, Place)| value.is_null() && place.value.start == place.value.end;
        if self.problems.is_empty() && self.root.as_ref().is_none_or(blank) {
            let span = self.span(0, 0);
            self.problems.push(self.problem(codes::EMPTY, span, "the file is empty"));
        }
        match self.root {
            Some((value, root)) if self.problems.is_empty() => Ok(Read { value, root, warnings: self.warnings }),
            _ => Err(self.problems),
        }
    }

    fn span(&self, start: usize, end: usize) -> Span {
        self.lines.span(self.text, start, end)
    }

    fn problem(&self, code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(code, self.file, message).at(Some(span))
    }
}

/// `!!str` and the non-specific tag `!`.
fn is_text_tag(tag: &Tag) -> bool {
    (tag.is_yaml_core_schema() && tag.suffix == "str") || (tag.handle.is_empty() && tag.suffix == "!")
}

fn weight(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(weight).sum::<usize>() + 1,
        Value::Object(members) => members.iter().map(|(key, value)| key.len() + weight(value)).sum::<usize>() + 1,
        Value::String(text) => text.len() + 1,
        _ => 1,
    }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(depth).max().unwrap_or(0) + 1,
        Value::Object(members) => members.values().map(depth).max().unwrap_or(0) + 1,
        _ => 0,
    }
}
