//! What a case expects.

use std::collections::{BTreeMap, BTreeSet};

use outport_model::{
    access::Mask,
    case::{Expected, ExpectedColumn, ExpectedSight},
};

use super::{About, Reader};
use crate::{codes, node::Node, suggest};

impl Reader<'_, '_> {
    /// What a case expects of what it is about; `None` where something is wrong, which is told.
    pub(super) fn expected(&mut self, node: &Node<'_>, about: &About<'_>) -> Option<Expected> {
        if let Some(word) = node.as_text() {
            return Some(Expected { allowed: word == "allowed", ..Expected::default() });
        }
        let before = self.diagnostics.len();
        let allowed = node.text("access") != Some("denied");
        self.only_of_tables(node, about, allowed);
        let columns = self.columns(node, about);
        let rows = node.get("rows").map(|rows| self.rows_seen(&rows, about));
        let least = node.count("minimumGroup").map(|least| u32::try_from(least).unwrap_or(u32::MAX));
        let expected = Expected {
            allowed,
            by: names(node, "by"),
            grace: names(node, "grace"),
            columns,
            rows,
            minimum_group: least,
        };
        (self.diagnostics.len() == before).then_some(expected)
    }

    /// Only who may read a table sees anything of it.
    fn only_of_tables(&mut self, node: &Node<'_>, about: &About<'_>, allowed: bool) {
        let of_table = matches!(about, About::Table(..));
        for key in ["columns", "rows", "minimumGroup"] {
            let Some(part) = node.get(key).filter(|_| !of_table || !allowed) else { continue };
            let (message, help) = if of_table {
                (
                    format!("`{key}` of a table that may not be read"),
                    "who may not read it sees nothing of it: remove this",
                )
            } else {
                (format!("`{key}` of something that is no table"), "name a `table` in the case, or remove this")
            };
            self.diagnostics.push(part.error_key(codes::CASE_MISFIT, message).help(help));
        }
    }

    fn columns(&mut self, node: &Node<'_>, about: &About<'_>) -> BTreeMap<String, ExpectedColumn> {
        let mut columns = BTreeMap::new();
        for (name, node) in node.get("columns").map(|columns| columns.entries()).unwrap_or_default() {
            self.column(&node, name, about.schema());
            let written = node.get("is").unwrap_or_else(|| node.clone());
            let by = names(&node, "by");
            columns.extend(self.sight(&written).map(|sight| (name.to_owned(), ExpectedColumn { sight, by })));
        }
        columns
    }

    fn sight(&mut self, node: &Node<'_>) -> Option<ExpectedSight> {
        let text = node.as_text()?.trim();
        match text {
            "clear" => return Some(ExpectedSight::Clear),
            "hidden" => return Some(ExpectedSight::Hidden),
            "masked" => return Some(ExpectedSight::Masked(None)),
            _ => {}
        }
        let problem = match text.strip_prefix("masked ").map(str::parse::<Mask>) {
            Some(Ok(mask)) => return Some(ExpectedSight::Masked(Some(mask))),
            Some(Err(error)) => node.error(codes::FORM, error).help(Mask::NOTATION),
            None => {
                let words = ["clear", "hidden", "masked"].map(str::to_owned);
                let advice = "a column is `clear`, `hidden`, `masked`, or `masked` with the mask: `masked last(4)`";
                let problem = node.error(codes::FORM, format!("`{text}` is not how a column is seen"));
                problem.help(suggest::or(text, &words, advice))
            }
        };
        self.diagnostics.push(problem);
        None
    }

    fn rows_seen(&mut self, node: &Node<'_>, about: &About<'_>) -> BTreeSet<String> {
        let known: Vec<String> = match about {
            About::Table(_, rows) => rows.iter().map(|row| row.name.clone()).collect(),
            About::Administration | About::Port(..) => return BTreeSet::new(),
        };
        if known.is_empty() {
            let problem = node.error_key(codes::CASE_UNKNOWN, "there are no sample rows of the table");
            self.diagnostics.push(problem.help("write some under `rows`, at the beginning of the file"));
            return BTreeSet::new();
        }
        for item in node.items() {
            let name = item.as_text().unwrap_or_default();
            if !known.iter().any(|row| row == name) {
                self.unknown(&item, "sample row", name, suggest::or_list(name, &known, ""));
            }
        }
        node.items().iter().filter_map(|item| item.as_text().map(str::to_owned)).collect()
    }
}

/// The names in the list `key`, where there is one.
fn names(node: &Node<'_>, key: &str) -> Option<BTreeSet<String>> {
    node.get(key).map(|_| node.texts(key).into_iter().collect())
}
