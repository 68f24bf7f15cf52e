//! Parts of which JSON Schemas are put together.

use serde_json::{Map, Value, json};

/// A schema of its own, by name.
pub(super) fn to(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

pub(super) fn text() -> Value {
    json!({ "type": "string" })
}

pub(super) fn boolean() -> Value {
    json!({ "type": "boolean" })
}

/// A whole number from 0 on.
pub(super) fn count() -> Value {
    json!({ "type": "integer", "format": "int64", "minimum": 0 })
}

pub(super) fn moment() -> Value {
    json!({ "type": "string", "format": "date-time" })
}

pub(super) fn uuid() -> Value {
    json!({ "type": "string", "format": "uuid" })
}

/// One of these words.
pub(super) fn one_of(words: &[&str]) -> Value {
    json!({ "type": "string", "enum": words })
}

/// One of these schemas.
pub(super) fn either(schemas: &[Value]) -> Value {
    json!({ "oneOf": schemas })
}

pub(super) fn list(items: &Value) -> Value {
    json!({ "type": "array", "items": items })
}

/// An object with names that are data.
pub(super) fn map(values: &Value) -> Value {
    json!({ "type": "object", "additionalProperties": values })
}

/// The schema, or null.
pub(super) fn maybe(mut schema: Value) -> Value {
    match schema.get("type").and_then(Value::as_str).map(str::to_owned) {
        Some(name) if schema.get("enum").is_none() => {
            schema["type"] = json!([name, "null"]);
            schema
        }
        _ => json!({ "oneOf": [schema, { "type": "null" }] }),
    }
}

/// The schema, with what it is.
pub(super) fn about(text: &str, mut schema: Value) -> Value {
    schema["description"] = json!(text);
    schema
}

/// An object. A member whose name ends with `?` may be missing.
pub(super) fn object<const N: usize>(text: &str, members: [(&str, Value); N]) -> Value {
    let required: Vec<_> = members.iter().map(|(name, _)| *name).filter(|name| !name.ends_with('?')).collect();
    let properties = members.into_iter().map(|(name, schema)| (name.trim_end_matches('?').to_owned(), schema));
    let properties: Map<String, Value> = properties.collect();
    let mut object = json!({ "type": "object" });
    if !text.is_empty() {
        object["description"] = json!(text);
    }
    if !required.is_empty() {
        object["required"] = json!(required);
    }
    object["properties"] = Value::Object(properties);
    object
}

/// The same without any other member: what has one is refused.
pub(super) fn closed(mut object: Value) -> Value {
    object["additionalProperties"] = json!(false);
    object
}

/// An object of several kinds, told apart by the word that `tag` has.
pub(super) fn tagged<const N: usize>(tag: &str, word: &str, members: [(&str, Value); N]) -> Value {
    let mut object = object("", members);
    let mut required = vec![json!(tag)];
    required.extend(object.get("required").and_then(Value::as_array).cloned().unwrap_or_default());
    object["required"] = json!(required);
    object["properties"][tag] = json!({ "type": "string", "const": word });
    object
}
