//! Relationships: references from columns to columns.

use outport_model::{
    check::{Check, CheckKind},
    diagnostic::Diagnostic,
};

use super::draft::check;
use crate::{codes, node::Node, suggest};

/// The objects of a contract, to look references up in.
pub(super) struct Objects<'a>(Vec<Node<'a>>);

/// What a reference leads to.
enum Target {
    Column {
        table: String,
        column: String,
    },
    /// A field inside a column, or a property of another document.
    OutOfReach,
    Nothing,
}

impl<'a> Objects<'a> {
    pub(super) fn new(root: &Node<'a>) -> Self {
        Self(root.list("schema"))
    }

    /// The object with this name, or this physical name.
    pub(super) fn named(&self, name: &str) -> Option<&Node<'a>> {
        let by = |key: &'static str| self.0.iter().find(move |o| o.text(key) == Some(name));
        by("name").or_else(|| by("physicalName"))
    }

    /// Splits `object.property`; names of objects may have dots themselves, so the longest that fits counts.
    pub(super) fn split<'t>(&self, text: &'t str) -> Option<(&Node<'a>, &'t str)> {
        let dots = text.match_indices('.').map(|(at, _)| at);
        dots.rev().find_map(|at| Some((self.named(text.get(..at)?)?, text.get(at + 1..)?)))
    }

    fn resolve(&self, reference: &str) -> Target {
        if reference.contains('#') {
            return Target::OutOfReach;
        }
        if reference.contains('/') { self.by_id(reference) } else { self.by_name(reference) }
    }

    fn by_name(&self, reference: &str) -> Target {
        let Some((object, path)) = self.split(reference) else { return Target::Nothing };
        let found = |name: &str| object.list("properties").iter().any(|p| p.text("name") == Some(name));
        match path.split_once('.') {
            _ if found(path) => column(object, path),
            Some((first, _)) if found(first) => Target::OutOfReach,
            _ => Target::Nothing,
        }
    }

    fn by_id(&self, reference: &str) -> Target {
        let segments: Vec<_> = reference.trim_start_matches('/').split('/').collect();
        let ["schema", object, "properties", property, rest @ ..] = segments.as_slice() else {
            return Target::Nothing;
        };
        let has_id = |node: &&Node<'_>, id: &str| node.text("id") == Some(id);
        let Some(object) = self.0.iter().find(|o| has_id(o, object)) else { return Target::Nothing };
        let properties = object.list("properties");
        let Some(property) = properties.iter().find(|p| has_id(p, property)) else { return Target::Nothing };
        match property.text("name") {
            Some(name) if rest.is_empty() => column(object, name),
            _ => Target::OutOfReach,
        }
    }

    /// Everything that a reference could name, in both notations.
    fn candidates(&self) -> Vec<String> {
        let mut names = Vec::new();
        for object in &self.0 {
            for property in object.list("properties") {
                if let (Some(object), Some(property)) = (object.text("name"), property.text("name")) {
                    names.push(format!("{object}.{property}"));
                }
                if let (Some(object), Some(property)) = (object.text("id"), property.text("id")) {
                    names.push(format!("schema/{object}/properties/{property}"));
                }
            }
        }
        names
    }

    /// A reference into an unknown object may be meant for another contract: a warning alone, an error in a bundle
    /// (see [`super::STRICT`]).
    fn dangling(&self, text: &str, reference: &Node<'_>) -> Diagnostic {
        let message = format!("`{text}` refers to nothing in this contract");
        let known = self.split(text).is_some() || text.contains('/');
        let diagnostic = if known {
            reference.error(codes::DANGLING_REFERENCE, message)
        } else {
            reference.warning(codes::DANGLING_REFERENCE, message).label("not checked")
        };
        let advice = "write `object.property`, with the names from `schema`";
        diagnostic.help(suggest::or(text, &self.candidates(), advice))
    }

    fn column_of(&self, reference: &Node<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<(String, String)> {
        let text = reference.as_text()?;
        match self.resolve(text) {
            Target::Column { table, column } => return Some((table, column)),
            Target::OutOfReach => diagnostics.push(
                reference
                    .warning(codes::NOT_CHECKED, format!("the reference to `{text}` is not checked"))
                    .help("references are checked between columns of one contract"),
            ),
            Target::Nothing => diagnostics.push(self.dangling(text, reference)),
        }
        None
    }

    /// The relationships of an object and of its properties, as checks.
    pub(super) fn checks(&self, table: &str, object: &Node<'a>, diagnostics: &mut Vec<Diagnostic>) -> Vec<Check> {
        let mut checks = Vec::new();
        for property in object.list("properties") {
            let Some(name) = property.text("name") else { continue };
            for relationship in property.list("relationships") {
                let from = vec![(table.to_owned(), name.to_owned())];
                let to = self.columns(&relationship, "to", diagnostics);
                checks.extend(reference(table, from, to, &relationship, diagnostics));
            }
        }
        for relationship in object.list("relationships") {
            let from = self.columns(&relationship, "from", diagnostics);
            let to = self.columns(&relationship, "to", diagnostics);
            let Some(from) = from else { continue };
            checks.extend(reference(table, from, to, &relationship, diagnostics));
        }
        checks
    }

    /// All columns of one end; `None` where one of them cannot be had.
    fn columns(&self, place: &Node<'_>, key: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<Vec<(String, String)>> {
        let end = place.get(key)?;
        let references = if end.as_text().is_some() { vec![end] } else { end.items() };
        let found: Vec<_> = references.iter().map(|r| self.column_of(r, diagnostics)).collect();
        found.into_iter().collect()
    }
}

fn column(object: &Node<'_>, column: &str) -> Target {
    let table = object.text("name").unwrap_or_default().to_owned();
    Target::Column { table, column: column.to_owned() }
}

fn reference(
    table: &str,
    from: Vec<(String, String)>,
    to: Option<Vec<(String, String)>>,
    place: &Node<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Check> {
    let to = to?;
    if from.len() != to.len() {
        let message = format!("a key of {} cannot refer to a key of {}", columns(from.len()), columns(to.len()));
        diagnostics
            .push(place.error(codes::RELATIONSHIP, message).help("give `from` and `to` the same number of columns"));
        return None;
    }
    let to_table = to.first()?.0.clone();
    let one_table = from.iter().all(|(t, _)| t == table) && to.iter().all(|(t, _)| *t == to_table);
    if !one_table {
        let message = "all columns of one end of a relationship belong to one table";
        diagnostics.push(
            place
                .error(codes::RELATIONSHIP, message)
                .help(format!("`from` has columns of `{table}`, `to` has columns of one other object")),
        );
        return None;
    }
    let names = |end: Vec<(String, String)>| end.into_iter().map(|(_, column)| column).collect::<Vec<_>>();
    let (columns, to_columns) = (names(from), names(to));
    let column = if let [column] = columns.as_slice() { Some(column.clone()) } else { None };
    let kind = CheckKind::Reference { columns, to_table, to_columns };
    Some(check(table, column.as_deref(), "reference", kind, place))
}

fn columns(count: usize) -> String {
    if count == 1 { "1 column".to_owned() } else { format!("{count} columns") }
}
