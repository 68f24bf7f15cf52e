//! A YAML (or JSON) file as a value that remembers where each of its nodes stands.

mod extent;
mod lines;
pub mod pointer;
mod read;
pub(crate) mod scalar;
mod syntax;
pub(crate) mod tree;

use std::sync::Arc;

use outport_model::diagnostic::{Code, Diagnostic, Severity, Span};
use serde::de::DeserializeOwned;
use serde_json::Value;

use self::{lines::Lines, tree::Place};
use crate::codes;

/// A document: its text, its value, and the place in the text of each node of the value. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Document {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    file: String,
    text: String,
    value: Value,
    root: Place,
    warnings: Vec<Diagnostic>,
}

impl Document {
    /// Reads YAML 1.2 (core schema), which JSON is a part of. `file` is the name as the user would write it.
    ///
    /// # Errors
    /// Every problem that was found; the first problem of syntax ends the search.
    pub fn parse(file: impl Into<String>, text: impl Into<String>) -> Result<Self, Vec<Diagnostic>> {
        let (file, text) = (file.into(), text.into());
        let skipped = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let lines = Lines::new(&text, skipped);
        let read = read::read(&file, &text, skipped, &lines)?;
        let (value, root, warnings) = (read.value, read.root, read.warnings);
        Ok(Self { inner: Arc::new(Inner { file, text, value, root, warnings }) })
    }

    /// As [`Document::parse`], for bytes that may not be UTF-8.
    ///
    /// # Errors
    /// As [`Document::parse`].
    pub fn from_bytes(file: impl Into<String>, bytes: Vec<u8>) -> Result<Self, Vec<Diagnostic>> {
        let file = file.into();
        match String::from_utf8(bytes) {
            Ok(text) => Self::parse(file, text),
            Err(error) => Err(vec![not_utf8(file, &error)]),
        }
    }

    /// The file's name as the user would write it.
    pub fn file(&self) -> &str {
        &self.inner.file
    }

    /// The text as it was read.
    pub fn text(&self) -> &str {
        &self.inner.text
    }

    /// The value, keys in the order of the text.
    pub fn value(&self) -> &Value {
        &self.inner.value
    }

    /// The node at a JSON pointer.
    pub fn get(&self, pointer: &str) -> Option<&Value> {
        self.value().pointer(pointer)
    }

    /// What is odd about the text although it can be read.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.inner.warnings
    }

    /// Where the node at a JSON pointer stands, or the nearest node above it. `None` only for a pointer that is not
    /// one (neither empty nor with a leading `/`).
    pub fn span(&self, pointer: &str) -> Option<Span> {
        is_pointer(pointer).then(|| self.root().find(self.value(), pointer).place.value)
    }

    /// Where the key of the node at a JSON pointer stands; `None` where the node is no member of a mapping.
    pub fn key_span(&self, pointer: &str) -> Option<Span> {
        let found = self.root().find(self.value(), pointer);
        found.place.key.filter(|_| found.exact)
    }

    /// The text of the node at a JSON pointer as the user wrote it; `None` where there is none.
    pub fn written(&self, pointer: &str) -> Option<&str> {
        let found = self.root().find(self.value(), pointer);
        let span = found.place.value;
        self.text().get(span.start..span.end).filter(|_| found.exact && is_pointer(pointer))
    }

    /// A diagnostic that underlines the node at `pointer`.
    pub fn diagnostic(
        &self,
        code: Code,
        severity: Severity,
        pointer: impl Into<String>,
        message: impl Into<String>,
    ) -> Diagnostic {
        let pointer = pointer.into();
        let span = self.span(&pointer);
        let diagnostic = Diagnostic::error(code, self.file(), message).at(span).pointing(pointer);
        Diagnostic { severity, ..diagnostic }
    }

    /// An error that underlines the node at `pointer`.
    pub fn error_at(&self, code: Code, pointer: impl Into<String>, message: impl Into<String>) -> Diagnostic {
        self.diagnostic(code, Severity::Error, pointer, message)
    }

    /// A warning that underlines the node at `pointer`.
    pub fn warning_at(&self, code: Code, pointer: impl Into<String>, message: impl Into<String>) -> Diagnostic {
        self.diagnostic(code, Severity::Warning, pointer, message)
    }

    /// An error that underlines the key of the node at `pointer` (for an item of a list, its first line).
    pub fn error_at_key(&self, code: Code, pointer: impl Into<String>, message: impl Into<String>) -> Diagnostic {
        self.on_key(self.error_at(code, pointer, message))
    }

    /// A warning that underlines the key of the node at `pointer` (for an item of a list, its first line).
    pub fn warning_at_key(&self, code: Code, pointer: impl Into<String>, message: impl Into<String>) -> Diagnostic {
        self.on_key(self.warning_at(code, pointer, message))
    }

    /// The document as a type.
    ///
    /// # Errors
    /// A diagnostic at the node that does not fit.
    pub fn typed<T: DeserializeOwned>(&self) -> Result<T, Vec<Diagnostic>> {
        serde_path_to_error::deserialize(self.value()).map_err(|error| {
            let pointer = pointer_of(error.path());
            vec![self.error_at(codes::WRONG_TYPE, pointer, error.into_inner().to_string())]
        })
    }

    pub(crate) fn root(&self) -> &Place {
        &self.inner.root
    }

    fn on_key(&self, mut diagnostic: Diagnostic) -> Diagnostic {
        let pointer = diagnostic.pointer.as_deref().unwrap_or_default();
        diagnostic.span = self.key_span(pointer).or(diagnostic.span.map(|span| self.first_line(span)));
        diagnostic
    }

    fn first_line(&self, span: Span) -> Span {
        let text = self.text().get(span.start..span.end).unwrap_or_default();
        let length = text.find(['\n', '\r']).unwrap_or(text.len());
        Span { end: span.start + length, ..span }
    }
}

fn is_pointer(pointer: &str) -> bool {
    pointer.is_empty() || pointer.starts_with('/')
}

fn pointer_of(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter().fold(String::new(), |parent, segment| match segment {
        Segment::Seq { index } => pointer::join(&parent, index.to_string()),
        Segment::Map { key } => pointer::join(&parent, key),
        Segment::Enum { .. } | Segment::Unknown => parent,
    })
}

fn not_utf8(file: String, error: &std::string::FromUtf8Error) -> Diagnostic {
    let start = error.utf8_error().valid_up_to();
    let readable = String::from_utf8_lossy(error.as_bytes().get(..start).unwrap_or_default());
    let span = Lines::new(&readable, 0).span(&readable, start, start + 1);
    Diagnostic::error(codes::NOT_UTF8, file, "the file is not UTF-8 text")
        .at(Some(span))
        .help("save the file in the encoding UTF-8")
}
