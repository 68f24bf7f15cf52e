//! Changes to the text of a document that leave comments, order and formatting of everything else as they are.
//!
//! Every change is read back: where the result is not exactly the value that was meant, the change is refused rather
//! than made.

mod splice;

use serde_json::Value;

use self::splice::{Site, Splice};
use crate::document::{Document, pointer, tree::Style};

/// Why a document cannot be changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// There is no node at the pointer.
    #[error("there is nothing at `{0}`")]
    Missing(String),
    /// There is a node at the pointer already.
    #[error("there is something at `{0}` already")]
    Exists(String),
    /// The node above the pointer is neither a list nor a mapping, or the last segment is no index of the list.
    #[error("nothing can be inserted at `{0}`")]
    NoPlace(String),
    /// The way in which the text is written leaves no safe place for the change.
    #[error("`{0}` cannot be changed without changing something else")]
    Unsafe(String),
}

/// Sets the value at a JSON pointer; a member that a mapping does not have yet is added at its end.
///
/// # Errors
/// When there is no place for it, or the change cannot be made safely.
pub fn set(document: &Document, pointer: &str, value: &Value) -> Result<Document, EditError> {
    let mut expected = document.value().clone();
    let Some(node) = expected.pointer_mut(pointer) else {
        return insert(document, pointer, value);
    };
    if node == value {
        return Ok(document.clone());
    }
    *node = value.clone();
    let site = Site::find(document, pointer).ok_or_else(|| EditError::Missing(pointer.to_owned()))?;
    finish(document, pointer, &site.replace(value), &expected)
}

/// Inserts a value: before an item of a list, at a list's end (index `-` or its length), or as a new member at the
/// end of a mapping.
///
/// # Errors
/// When there is no place for it, a mapping has the key already, or the change cannot be made safely.
pub fn insert(document: &Document, pointer: &str, value: &Value) -> Result<Document, EditError> {
    let no_place = || EditError::NoPlace(pointer.to_owned());
    let (parent, last) = pointer::split(pointer).ok_or_else(no_place)?;
    let mut expected = document.value().clone();
    let index = match expected.pointer_mut(parent) {
        Some(Value::Object(members)) if members.contains_key(&last) => {
            return Err(EditError::Exists(pointer.to_owned()));
        }
        Some(Value::Object(members)) => {
            members.insert(last.clone(), value.clone());
            members.len() - 1
        }
        Some(Value::Array(items)) => {
            let index = if last == "-" { items.len() } else { last.parse().map_err(|_| no_place())? };
            if index > items.len() {
                return Err(no_place());
            }
            items.insert(index, value.clone());
            index
        }
        _ => return Err(no_place()),
    };
    let site = Site::find(document, parent).ok_or_else(no_place)?;
    let filled = expected.pointer(parent).unwrap_or(&Value::Null);
    let splice = match site.place.style {
        _ if site.place.children.is_empty() => site.replace(filled),
        Style::Flow if filled.is_object() => site.insert_flow_member(&last, value),
        Style::Flow => site.insert_flow_item(index, value),
        _ if filled.is_object() => site.insert_member(&last, value),
        _ => site.insert_item(index, value),
    };
    finish(document, pointer, &splice, &expected)
}

/// Removes a member of a mapping or an item of a list, with the comment on its line.
///
/// # Errors
/// When there is nothing at the pointer, or the change cannot be made safely.
pub fn remove(document: &Document, pointer: &str) -> Result<Document, EditError> {
    let missing = || EditError::Missing(pointer.to_owned());
    let (parent, last) = pointer::split(pointer).ok_or_else(|| EditError::Unsafe(pointer.to_owned()))?;
    let mut expected = document.value().clone();
    let index = match expected.pointer_mut(parent) {
        Some(Value::Object(members)) => {
            let index = members.keys().position(|key| *key == last).ok_or_else(missing)?;
            members.shift_remove(&last);
            index
        }
        Some(Value::Array(items)) => {
            let index = last.parse().ok().filter(|index| *index < items.len()).ok_or_else(missing)?;
            items.remove(index);
            index
        }
        _ => return Err(missing()),
    };
    let site = Site::find(document, parent).ok_or_else(missing)?;
    let left = expected.pointer(parent).unwrap_or(&Value::Null);
    let splice = match site.place.style {
        _ if site.place.children.len() == 1 => Some(site.replace(left)),
        Style::Flow => site.remove_flow(index),
        _ => site.remove_block(index),
    };
    let splice = splice.ok_or_else(|| EditError::Unsafe(pointer.to_owned()))?;
    finish(document, pointer, &splice, &expected)
}

fn finish(document: &Document, pointer: &str, splice: &Splice, expected: &Value) -> Result<Document, EditError> {
    let refused = || EditError::Unsafe(pointer.to_owned());
    let text = splice.apply(document.text()).ok_or_else(refused)?;
    let changed = Document::parse(document.file(), text).map_err(|_| refused())?;
    if changed.value() == expected { Ok(changed) } else { Err(refused()) }
}
