//! A value of a document together with its place, so that whoever finds fault with it can point there.

use std::fmt::Display;

use outport_model::diagnostic::{Code, Diagnostic};
use serde_json::{Number, Value};

use crate::document::Document;

/// One node of a document. Its value has the variables filled in; its place is that in the text.
#[derive(Clone)]
pub(crate) struct Node<'a> {
    document: &'a Document,
    value: &'a Value,
    pointer: String,
}

impl<'a> Node<'a> {
    /// The root of a document whose variables are filled in as `resolved`.
    pub(crate) fn root(document: &'a Document, resolved: &'a Value) -> Self {
        Self { document, value: resolved, pointer: String::new() }
    }

    pub(crate) fn value(&self) -> &'a Value {
        self.value
    }

    pub(crate) fn pointer(&self) -> &str {
        &self.pointer
    }

    /// The value as the user wrote it, variables and all.
    pub(crate) fn written(&self) -> Option<&'a str> {
        self.document.value().pointer(&self.pointer)?.as_str()
    }

    /// The member `key`; none where it is missing, null, or this is no object.
    pub(crate) fn get(&self, key: &str) -> Option<Self> {
        let value = self.value.get(key)?;
        (!value.is_null()).then(|| self.child(key, value))
    }

    fn child(&self, key: &str, value: &'a Value) -> Self {
        let escaped = key.replace('~', "~0").replace('/', "~1");
        Self { document: self.document, value, pointer: format!("{}/{escaped}", self.pointer) }
    }

    /// The items of the list `key`; nothing where it is no list.
    pub(crate) fn list(&self, key: &str) -> Vec<Self> {
        self.get(key).map(|node| node.items()).unwrap_or_default()
    }

    /// The items of this list.
    pub(crate) fn items(&self) -> Vec<Self> {
        let items = self.value.as_array().map(Vec::as_slice).unwrap_or_default();
        items.iter().enumerate().map(|(index, value)| self.child(&index.to_string(), value)).collect()
    }

    /// The members of this object with their keys.
    pub(crate) fn entries(&self) -> Vec<(&'a str, Self)> {
        let members = self.value.as_object().into_iter().flatten();
        members.map(|(key, value)| (key.as_str(), self.child(key, value))).collect()
    }

    pub(crate) fn as_text(&self) -> Option<&'a str> {
        self.value.as_str()
    }

    pub(crate) fn text(&self, key: &str) -> Option<&'a str> {
        self.value.get(key)?.as_str()
    }

    /// The text `key` as an owned value.
    pub(crate) fn string(&self, key: &str) -> Option<String> {
        self.text(key).map(str::to_owned)
    }

    pub(crate) fn flag(&self, key: &str) -> bool {
        self.value.get(key).and_then(Value::as_bool).unwrap_or(false)
    }

    pub(crate) fn number(&self, key: &str) -> Option<&'a Number> {
        match self.value.get(key)? {
            Value::Number(number) => Some(number),
            _ => None,
        }
    }

    pub(crate) fn count(&self, key: &str) -> Option<u64> {
        self.value.get(key)?.as_u64()
    }

    /// The texts of the list `key`.
    pub(crate) fn texts(&self, key: &str) -> Vec<String> {
        self.list(key).iter().filter_map(|node| node.as_text().map(str::to_owned)).collect()
    }

    /// The file that it stands in, and the line where it begins.
    pub(crate) fn place(&self) -> (String, usize) {
        let line = self.document.span(&self.pointer).map_or(1, |span| span.line);
        (self.document.file().to_owned(), line)
    }

    /// An error that underlines this value.
    pub(crate) fn error(&self, code: Code, message: impl Display) -> Diagnostic {
        self.document.error_at(code, &self.pointer, message.to_string())
    }

    /// A warning that underlines this value.
    pub(crate) fn warning(&self, code: Code, message: impl Display) -> Diagnostic {
        self.document.warning_at(code, &self.pointer, message.to_string())
    }

    /// An error that underlines the key of this value; in a list, the value's first line.
    pub(crate) fn error_key(&self, code: Code, message: impl Display) -> Diagnostic {
        self.document.error_at_key(code, &self.pointer, message.to_string())
    }

    /// A warning that underlines the key of this value.
    pub(crate) fn warning_key(&self, code: Code, message: impl Display) -> Diagnostic {
        self.document.warning_at_key(code, &self.pointer, message.to_string())
    }
}
