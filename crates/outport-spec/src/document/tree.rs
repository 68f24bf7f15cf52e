//! Where each node of a document stands in its text.

use outport_model::diagnostic::Span;
use serde_json::Value;

use super::pointer;

/// How a node is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// A scalar without quotes on one or more lines.
    Plain,
    /// A scalar in quotes.
    Quoted,
    /// A scalar after `|` or `>`.
    BlockScalar,
    /// A list or mapping in brackets.
    Flow,
    /// A list or mapping by indentation.
    Block,
    /// `*name`; what is below stands elsewhere in the text.
    Alias,
}

/// The place of one node, with those of its children in the order of the value's.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// The key, for a member of a mapping.
    pub(crate) key: Option<Span>,
    /// The node itself.
    pub(crate) value: Span,
    /// How the node is written.
    pub(crate) style: Style,
    /// One for each item or member.
    pub(crate) children: Vec<Place>,
}

/// What a walk down a pointer found.
pub(crate) struct Found<'a> {
    /// The node, or the nearest one above it that exists.
    pub(crate) place: &'a Place,
    /// Whether `place` is the node itself.
    pub(crate) exact: bool,
}

impl Place {
    /// The place of the node at `pointer` of `value`, or of the nearest node above.
    pub(crate) fn find<'a>(&'a self, value: &Value, pointer: &str) -> Found<'a> {
        let (mut place, mut value) = (self, value);
        for segment in pointer::segments(pointer) {
            let Some((index, child)) = child(value, &segment) else {
                return Found { place, exact: false };
            };
            let Some(next) = place.children.get(index) else {
                return Found { place, exact: false };
            };
            (place, value) = (next, child);
        }
        Found { place, exact: true }
    }
}

fn child<'a>(value: &'a Value, segment: &str) -> Option<(usize, &'a Value)> {
    match value {
        Value::Object(members) => {
            members.iter().enumerate().find(|(_, (key, _))| *key == segment).map(|(index, (_, value))| (index, value))
        }
        Value::Array(items) => {
            let index = segment.parse().ok()?;
            items.get(index).map(|item| (index, item))
        }
        _ => None,
    }
}
