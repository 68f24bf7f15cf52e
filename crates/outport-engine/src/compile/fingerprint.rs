//! What names the stored table of a model: everything that its rows depend on but the rows that it reads.

use std::collections::BTreeMap;

use datafusion::arrow::datatypes::Schema;
use outport_model::{
    contract::TableSchema,
    fingerprint::{Fingerprint, FingerprintBuilder},
    product::{InputPort, Model},
};

use super::{parameter, text::Text};

/// Changes when tables that an older version stored must not be taken for those of this one.
const ENGINE_FORMAT: u32 = 1;

/// Collects the fingerprint of one model.
///
/// The text counts token by token, so that comments and white space do not; of the parameters only those count that
/// the text uses.
pub(super) fn begin(model: &Model, text: &Text<'_>, stored: &Schema) -> FingerprintBuilder {
    let mut print = Fingerprint::of("model").part("format", ENGINE_FORMAT.to_le_bytes());
    for piece in &text.pieces {
        print = print.part("token", text.slice(piece.span));
    }
    let used: BTreeMap<&str, String> = parameter::used(text)
        .filter_map(|(name, _)| model.parameters.get_key_value(name.trim_start_matches('$')))
        .map(|(name, value)| (name.as_str(), value.to_string()))
        .collect();
    for (name, value) in used {
        print = print.part("parameter", name).part("value", value);
    }
    for field in stored.fields() {
        let nullable = if field.is_nullable() { "nullable" } else { "required" };
        print = print.part("column", field.name()).part("type", field.data_type().to_string()).part("null", nullable);
    }
    print
}

/// Adds a model that is read.
pub(super) fn read_model(print: FingerprintBuilder, name: &str, fingerprint: &Fingerprint) -> FingerprintBuilder {
    print.part("model", name).part("fingerprint", fingerprint.as_str())
}

/// Adds an input port that is read: its columns, its checks (which may hold rows back) and what a violation does.
/// Descriptions do not count.
pub(super) fn read_port(mut print: FingerprintBuilder, port: &InputPort, schema: &TableSchema) -> FingerprintBuilder {
    print = print.part("port", port.name.as_str()).part("violation", format!("{:?}", port.on_violation));
    for column in &schema.columns {
        let nullable = if column.nullable { "nullable" } else { "required" };
        let data_type = format!("{:?}", column.data_type);
        print = print.part("column", &column.name).part("type", data_type).part("null", nullable);
    }
    for check in &schema.checks {
        print = print
            .part("check", &check.id)
            .part("of", check.column.as_deref().unwrap_or_default())
            .part("kind", format!("{:?}", check.kind))
            .part("threshold", format!("{:?}", check.threshold))
            .part("severity", format!("{:?}{:?}", check.unit, check.severity));
    }
    print
}
