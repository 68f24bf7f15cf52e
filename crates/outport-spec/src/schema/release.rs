//! Which release of a standard a document follows, and the JSON Schema for it.

use std::sync::LazyLock;

use jsonschema::Validator;
use outport_model::diagnostic::Diagnostic;
use serde_json::{Value, json};

use super::{Kind, message};
use crate::{codes, document::Document};

/// A release of a standard, or several that are checked alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Release {
    /// ODCS v3.0.0, v3.0.1, v3.0.2.
    Odcs30,
    /// ODCS v3.1.0.
    Odcs31,
    /// ODCS v3.2.0.
    Odcs32,
    /// ODPS v0.9.0.
    Odps09,
    /// ODPS v1.0.0.
    Odps10,
    /// ODPS v1.1.0.
    Odps11,
    /// OAAS v0.9.0.
    Oaas09,
    /// Outport's own test cases of policies, with `apiVersion: outport/v1`.
    AccessTests1,
    /// Outport's own settings of a bundle, `outport.yaml` with `apiVersion: outport/v1`.
    Settings1,
}

/// Newest first.
const ODCS: &[(&str, Release)] = &[
    ("v3.2.0", Release::Odcs32),
    ("v3.1.0", Release::Odcs31),
    ("v3.0.2", Release::Odcs30),
    ("v3.0.1", Release::Odcs30),
    ("v3.0.0", Release::Odcs30),
];
const ODPS: &[(&str, Release)] =
    &[("v1.1.0", Release::Odps11), ("v1.0.0", Release::Odps10), ("v0.9.0", Release::Odps09)];
const OAAS: &[(&str, Release)] = &[("v0.9.0", Release::Oaas09)];

impl Release {
    /// The release that `apiVersion` names; the newest where it is missing or not text, which the schema reports.
    pub(super) fn of(document: &Document, kind: Kind) -> Result<Self, Box<Diagnostic>> {
        let (known, newest) = match kind {
            Kind::DataContract => (ODCS, Self::Odcs32),
            Kind::DataProduct => (ODPS, Self::Odps11),
            Kind::AccessAgreement => (OAAS, Self::Oaas09),
        };
        let Some(written) = document.value().get("apiVersion").and_then(Value::as_str) else {
            return Ok(newest);
        };
        let found = known.iter().find(|(name, _)| *name == written);
        found.map(|(_, release)| *release).ok_or_else(|| Box::new(unsupported(document, kind, known, written)))
    }

    /// The release after this one, whose keys a document may use too early.
    pub(super) const fn newer(self) -> Option<(Self, &'static str)> {
        match self {
            Self::Odcs30 | Self::Odcs31 => Some((Self::Odcs32, "v3.2.0")),
            Self::Odps09 | Self::Odps10 => Some((Self::Odps11, "v1.1.0")),
            Self::Odcs32 | Self::Odps11 | Self::Oaas09 | Self::AccessTests1 | Self::Settings1 => None,
        }
    }

    /// The JSON Schema.
    pub fn schema(self) -> &'static Value {
        &self.compiled().0
    }

    pub(super) fn validator(self) -> Option<&'static Validator> {
        self.compiled().1.as_ref()
    }

    fn compiled(self) -> &'static Compiled {
        match self {
            Self::Odcs30 => &ODCS_30,
            Self::Odcs31 => &ODCS_31,
            Self::Odcs32 => &ODCS_32,
            Self::Odps09 => &ODPS_09,
            Self::Odps10 => &ODPS_10,
            Self::Odps11 => &ODPS_11,
            Self::Oaas09 => &OAAS_09,
            Self::AccessTests1 => &ACCESS_TESTS_1,
            Self::Settings1 => &SETTINGS_1,
        }
    }
}

/// A schema with its validator; a test asserts that each of them compiles.
type Compiled = (Value, Option<Validator>);

static ODCS_30: LazyLock<Compiled> = LazyLock::new(|| compile(odcs_30(embedded(ODCS_31_TEXT))));
static ODCS_31: LazyLock<Compiled> = LazyLock::new(|| compile(embedded(ODCS_31_TEXT)));
static ODCS_32: LazyLock<Compiled> = LazyLock::new(|| compile(embedded(include_str!("../schemas/odcs-v3.2.0.json"))));
static ODPS_09: LazyLock<Compiled> = LazyLock::new(|| compile(odps_09(embedded(ODPS_10_TEXT))));
static ODPS_10: LazyLock<Compiled> = LazyLock::new(|| compile(embedded(ODPS_10_TEXT)));
static ODPS_11: LazyLock<Compiled> = LazyLock::new(|| compile(embedded(include_str!("../schemas/odps-v1.1.0.json"))));
static OAAS_09: LazyLock<Compiled> = LazyLock::new(|| compile(embedded(include_str!("../schemas/oaas-v0.9.0.json"))));
static ACCESS_TESTS_1: LazyLock<Compiled> = LazyLock::new(|| compile(embedded(crate::cases::SCHEMA)));
static SETTINGS_1: LazyLock<Compiled> = LazyLock::new(|| compile(embedded(crate::config::SCHEMA)));

const ODCS_31_TEXT: &str = include_str!("../schemas/odcs-v3.1.0.json");
const ODPS_10_TEXT: &str = include_str!("../schemas/odps-v1.0.0.json");

fn embedded(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

fn compile(schema: Value) -> Compiled {
    let validator = jsonschema::validator_for(&schema).ok();
    (schema, validator)
}

/// ODCS v3.0 named metrics `rule`, took any number of operators, and wrote exclusive limits as truth values.
fn odcs_30(mut schema: Value) -> Value {
    replace(
        &mut schema,
        "/$defs/DataQuality/allOf/0/if",
        |_| json!({"not": {"properties": {"type": {"enum": ["text", "sql", "custom"]}}, "required": ["type"]}}),
    );
    replace(&mut schema, "/$defs/DataQualityLibrary/required", |_| json!([]));
    replace(&mut schema, "/$defs/DataQualityOperators", |operators| {
        let each = operators.get("oneOf").and_then(Value::as_array).into_iter().flatten();
        let properties = each.filter_map(|one| one.get("properties")?.as_object()).flatten();
        let properties: serde_json::Map<_, _> = properties.map(|(key, value)| (key.clone(), value.clone())).collect();
        json!({"type": "object", "properties": properties})
    });
    replace(&mut schema, "/$defs/SchemaBaseProperty/allOf", |mut conditions| {
        for condition in conditions.as_array_mut().into_iter().flatten() {
            for limit in ["exclusiveMinimum", "exclusiveMaximum"] {
                let pointer = format!("/then/properties/logicalTypeOptions/properties/{limit}/type");
                replace(condition, &pointer, |kind| json!([kind, "boolean"]));
            }
        }
        conditions
    });
    schema
}

/// ODPS v0.9 required no more than names.
fn odps_09(mut schema: Value) -> Value {
    replace(&mut schema, "/required", |_| json!(["apiVersion", "kind", "id"]));
    replace(&mut schema, "/$defs/InputPort/required", |_| json!(["name"]));
    replace(&mut schema, "/$defs/OutputPort/required", |_| json!(["name"]));
    schema
}

fn replace(schema: &mut Value, pointer: &str, change: impl FnOnce(Value) -> Value) {
    if let Some(node) = schema.pointer_mut(pointer) {
        *node = change(node.take());
    }
}

fn unsupported(document: &Document, kind: Kind, known: &[(&str, Release)], written: &str) -> Diagnostic {
    let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
    let problem = document.error_at(
        codes::API_VERSION,
        "/apiVersion",
        format!("version `{written}` of {} is not supported", kind.standard()),
    );
    let bare = written.strip_prefix('v').unwrap_or(written);
    if names.iter().any(|name| name.strip_prefix('v') == Some(bare)) {
        return problem.help(format!("did you mean `v{bare}`?"));
    }
    if kind == Kind::DataContract && (bare.starts_with("2.") || bare.starts_with("1.") || bare.starts_with("0.")) {
        return problem.help("v3 renamed most keys; convert the document to v3.2.0 first");
    }
    problem.help(format!("supported are {}", message::list(&names)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schema_compiles() {
        for (_, release) in ODCS.iter().chain(ODPS).chain(OAAS) {
            assert!(release.validator().is_some(), "{release:?}");
        }
        assert!(Release::Settings1.validator().is_some());
        assert!(Release::AccessTests1.validator().is_some());
    }
}
