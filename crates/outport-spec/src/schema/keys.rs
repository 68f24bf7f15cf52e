//! Which keys a schema knows at an object: all of them, and those that count for the object as it is.

use serde_json::{Map, Value};

/// The keys that a schema knows, with the schema of each.
#[derive(Default)]
pub(super) struct Keys<'a> {
    /// Keys that count for the object as it is.
    pub(super) active: Vec<&'a str>,
    /// Keys that another `type` would allow.
    pub(super) dormant: Vec<&'a str>,
}

/// The keys known to `schema`, a part of `root`, for an object.
pub(super) fn known<'a>(root: &'a Value, schema: &'a Value, object: &Map<String, Value>) -> Keys<'a> {
    let mut keys = Keys::default();
    collect(root, schema, &Value::Object(object.clone()), true, &mut keys);
    keys
}

/// The schema that a `$ref` within the document names.
pub(super) fn target<'a>(root: &'a Value, schema: &'a Value) -> Option<&'a Value> {
    root.pointer(schema.get("$ref")?.as_str()?.strip_prefix('#')?)
}

fn collect<'a>(root: &'a Value, schema: &'a Value, object: &Value, active: bool, keys: &mut Keys<'a>) {
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        let list = if active { &mut keys.active } else { &mut keys.dormant };
        list.extend(properties.keys().map(String::as_str));
    }
    if let Some(target) = target(root, schema) {
        collect(root, target, object, active, keys);
    }
    for keyword in ["allOf", "anyOf", "oneOf"] {
        for part in schema.get(keyword).and_then(Value::as_array).into_iter().flatten() {
            collect(root, part, object, active, keys);
        }
    }
    if let (Some(condition), Some(then)) = (schema.get("if"), schema.get("then")) {
        collect(root, then, object, active && holds(condition, object), keys);
    }
}

/// Whether the object meets a condition; conditions of the standards have no references.
fn holds(condition: &Value, object: &Value) -> bool {
    jsonschema::is_valid(condition, object)
}
