//! `${NAME}` and `${NAME:-default}` in any text of a document (ODCS v3.2.0, RFC 0050).
//!
//! A document keeps its variables; only the value made from it has them filled in. A variable that is set to nothing
//! counts as not set, so that no text silently becomes shorter.

use outport_model::diagnostic::Diagnostic;
use serde_json::Value;

use crate::{
    codes,
    document::{Document, pointer},
};

/// What quality rules write for the table and column that they are about; not variables.
const PLACEHOLDERS: [&str; 5] = ["table", "column", "object", "property", "model"];

/// A document's value with its variables filled in.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolution {
    /// The value; what could not be resolved is as it was.
    pub value: Value,
    /// Variables without a value (errors), and what looks like a variable but is none (warnings).
    pub diagnostics: Vec<Diagnostic>,
}

/// Fills in the variables of a document.
pub fn resolve(document: &Document, lookup: &dyn Fn(&str) -> Option<String>) -> Resolution {
    let mut resolver = Resolver { document, lookup, diagnostics: Vec::new() };
    let value = resolver.value(document.value(), "");
    Resolution { value, diagnostics: resolver.diagnostics }
}

/// A stretch of a text.
enum Part<'a> {
    Text(&'a str),
    Variable {
        name: &'a str,
        default: Option<&'a str>,
        written: &'a str,
    },
    /// `${` that begins no variable.
    Malformed(&'a str),
}

struct Resolver<'a> {
    document: &'a Document,
    lookup: &'a dyn Fn(&str) -> Option<String>,
    diagnostics: Vec<Diagnostic>,
}

impl Resolver<'_> {
    fn value(&mut self, value: &Value, at: &str) -> Value {
        match value {
            Value::String(text) if text.contains("${") => Value::String(self.text(text, at)),
            Value::Array(items) => {
                let items = items.iter().enumerate();
                items.map(|(index, item)| self.value(item, &pointer::join(at, index.to_string()))).collect()
            }
            Value::Object(members) => {
                let members = members.iter();
                members.map(|(key, member)| (key.clone(), self.value(member, &pointer::join(at, key)))).collect()
            }
            other => other.clone(),
        }
    }

    fn text(&mut self, text: &str, at: &str) -> String {
        let in_quality_rule = at.contains("/quality/");
        let mut resolved = String::with_capacity(text.len());
        for part in parts(text) {
            match part {
                Part::Text(text) => resolved.push_str(text),
                Part::Variable { name, default: None, written } if in_quality_rule && PLACEHOLDERS.contains(&name) => {
                    resolved.push_str(written);
                }
                Part::Variable { name, default, written } => {
                    let set = (self.lookup)(name).filter(|value| !value.is_empty());
                    if let Some(value) = set.or_else(|| default.map(str::to_owned)) {
                        resolved.push_str(&value);
                    } else {
                        resolved.push_str(written);
                        self.unset(name, at);
                    }
                }
                Part::Malformed(written) => {
                    resolved.push_str(written);
                    self.malformed(written, at);
                }
            }
        }
        resolved
    }

    fn unset(&mut self, name: &str, at: &str) {
        let problem = self.document.error_at(codes::VARIABLE_UNSET, at, format!("the variable `{name}` has no value"));
        self.diagnostics.push(problem.help(format!("set `{name}`, or give a default: `${{{name}:-default}}`")));
    }

    fn malformed(&mut self, written: &str, at: &str) {
        let shown: String = written.chars().take(30).collect();
        let problem = self.document.warning_at(codes::VARIABLE_FORM, at, format!("`{shown}` is not a variable"));
        self.diagnostics.push(problem.help("variables are written `${NAME}` or `${NAME:-default}`"));
    }
}

fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, from)) = rest.find("${").map(|at| rest.split_at(at)) {
        parts.push(Part::Text(before));
        let (part, length) = variable(from);
        parts.push(part);
        rest = from.get(length..).unwrap_or_default();
    }
    parts.push(Part::Text(rest));
    parts
}

/// What a text that begins with `${` begins with, and how long that is.
fn variable(text: &str) -> (Part<'_>, usize) {
    let malformed = || {
        let length = text.find('}').map_or(2, |at| at + 1);
        (Part::Malformed(text.get(..length).unwrap_or(text)), length)
    };
    let Some((inside, _)) = text.get(2..).and_then(|rest| rest.split_once('}')) else { return malformed() };
    let (name, default) = inside.split_once(":-").map_or((inside, None), |(name, default)| (name, Some(default)));
    if !is_name(name) || default.is_some_and(|default| default.contains("${")) {
        return malformed();
    }
    let length = inside.len() + 3;
    (Part::Variable { name, default, written: text.get(..length).unwrap_or(text) }, length)
}

fn is_name(name: &str) -> bool {
    let starts_well = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    starts_well && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
