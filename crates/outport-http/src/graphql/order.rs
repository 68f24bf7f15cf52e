//! The members of an answer in the order of the document.
//!
//! Fields are read at the same time, and the library puts each into the answer as it is there. The specification wants
//! them as they are asked for ("Serialized Map Ordering").

use std::collections::BTreeMap;

use async_graphql::{
    Name, Positioned, Value,
    parser::types::{ExecutableDocument, Selection, SelectionSet},
};

/// The places of fields by what the document calls them, and of those within them.
#[derive(Debug, Default)]
pub(super) struct Order(BTreeMap<Name, (usize, Self)>);

impl Order {
    /// The order of an operation of a document; of the first one where none is named.
    pub(super) fn of(document: &ExecutableDocument, operation: Option<&str>) -> Self {
        let is_meant =
            |name: Option<&Name>| operation.is_none_or(|wanted| name.is_some_and(|name| name.as_str() == wanted));
        let mut order = Self::default();
        if let Some((_, found)) = document.operations.iter().find(|(name, _)| is_meant(*name)) {
            order.add(document, &found.node.selection_set);
        }
        order
    }

    fn add(&mut self, document: &ExecutableDocument, set: &Positioned<SelectionSet>) {
        for item in &set.node.items {
            match &item.node {
                Selection::Field(field) => {
                    let place = self.0.len();
                    let key = field.node.response_key().node.clone();
                    let (_, within) = self.0.entry(key).or_insert_with(|| (place, Self::default()));
                    within.add(document, &field.node.selection_set);
                }
                Selection::InlineFragment(fragment) => self.add(document, &fragment.node.selection_set),
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = document.fragments.get(&spread.node.fragment_name.node) {
                        self.add(document, &fragment.node.selection_set);
                    }
                }
            }
        }
    }

    /// Puts the members of an answer into this order.
    pub(super) fn put(&self, value: &mut Value) {
        match value {
            // What is within a value of a column has the order that it has.
            _ if self.0.is_empty() => {}
            Value::List(items) => items.iter_mut().for_each(|item| self.put(item)),
            Value::Object(members) => {
                members.sort_by(|one, _, other, _| self.place(one).cmp(&self.place(other)));
                for (name, value) in members {
                    if let Some((_, within)) = self.0.get(name) {
                        within.put(value);
                    }
                }
            }
            _ => {}
        }
    }

    fn place(&self, name: &Name) -> usize {
        self.0.get(name).map_or(usize::MAX, |(place, _)| *place)
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use serde_json::json;

    use super::*;

    fn ordered(document: &str, operation: Option<&str>, answer: serde_json::Value) -> String {
        let mut value = Value::from_json(answer).unwrap();
        Order::of(&parse_query(document).unwrap(), operation).put(&mut value);
        value.into_json().unwrap().to_string()
    }

    #[test]
    fn members_are_as_the_document_has_them() {
        let document = "query Q { one: a { y ...f x } two: a { x } ... on Query { three } one: a { z } } \
                        fragment f on A { w }";
        let answer = json!({ "two": { "x": 1 }, "three": 3, "one": [{ "z": 1, "w": 2, "x": 3, "y": 4 }, null] });
        let expected = r#"{"one":[{"y":4,"w":2,"x":3,"z":1},null],"two":{"x":1},"three":3}"#;
        assert_eq!(ordered(document, None, answer.clone()), expected);
        assert_eq!(ordered(document, Some("Q"), answer.clone()), expected);
        assert_eq!(ordered(&format!("query P {{ three two: a {{ x }} }} {document}"), Some("Q"), answer), expected);
    }

    #[test]
    fn values_stay_as_they_are() {
        let answer = json!({ "b": { "z": 1, "a": [{ "y": 1, "b": 2 }] }, "a": 1 });
        assert_eq!(ordered("{ a b }", None, answer), r#"{"a":1,"b":{"z":1,"a":[{"y":1,"b":2}]}}"#);
    }
}
