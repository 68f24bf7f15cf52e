//! Values for `$name`: bound by position, never written into the text.

use std::{collections::BTreeMap, sync::Arc};

use datafusion::{
    arrow::datatypes::{Field, FieldRef},
    common::ParamValues,
    scalar::ScalarValue,
    sql::sqlparser::tokenizer::Token,
};
use outport_model::diagnostic::Diagnostic;
use outport_spec::codes;
use serde_json::Value;

use super::{nearest, text::Text};

/// The values of one model's parameters in the order of their names.
#[derive(Debug, Default)]
pub(super) struct Parameters {
    values: Vec<(String, ScalarValue)>,
}

impl Parameters {
    /// The values that can be bound.
    pub(super) fn new(values: &BTreeMap<String, Value>) -> Self {
        let values = values.iter().filter_map(|(name, value)| Some((name.clone(), scalar(value)?))).collect();
        Self { values }
    }

    /// Their types. The planner finds a named placeholder by the name of its field.
    pub(super) fn fields(&self) -> Vec<Option<FieldRef>> {
        let field = |(name, value): &(String, ScalarValue)| {
            Some(Arc::new(Field::new(name, value.data_type(), value.is_null())))
        };
        self.values.iter().map(field).collect()
    }

    /// Their values, in the same order; nothing where there are none.
    pub(super) fn bound(self) -> Option<ParamValues> {
        let values: Vec<ScalarValue> = self.values.into_iter().map(|(_, value)| value).collect();
        if values.is_empty() { None } else { Some(ParamValues::from(values)) }
    }
}

/// A single value; lists and objects are none.
fn scalar(value: &Value) -> Option<ScalarValue> {
    Some(match value {
        Value::Null => ScalarValue::Null,
        Value::Bool(truth) => ScalarValue::Boolean(Some(*truth)),
        Value::String(text) => ScalarValue::Utf8(Some(text.clone())),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(whole), _) => ScalarValue::Int64(Some(whole)),
            (None, Some(whole)) => ScalarValue::UInt64(Some(whole)),
            (None, None) => ScalarValue::Float64(number.as_f64()),
        },
        Value::Array(_) | Value::Object(_) => return None,
    })
}

/// The names of the parameters that a text uses, without `$`, with the places.
pub(super) fn used<'a>(text: &'a Text<'_>) -> impl Iterator<Item = (&'a str, outport_model::diagnostic::Span)> {
    text.pieces.iter().filter_map(|piece| match &piece.token {
        Token::Placeholder(name) => Some((name.as_str(), piece.span)),
        _ => None,
    })
}

/// Every use of a parameter that has no value.
pub(super) fn check(text: &Text<'_>, values: &BTreeMap<String, Value>, file: &str) -> Vec<Diagnostic> {
    let problem = |(placeholder, span): (&str, _)| {
        let name = placeholder.trim_start_matches('$');
        let positional = !placeholder.starts_with('$') || name.starts_with(|c: char| c.is_ascii_digit());
        let (message, help) = match values.get(name) {
            _ if positional => (
                format!("`{placeholder}` is not the name of a parameter"),
                "write `$name` and give `name` a value under `parameters` in `outport.yaml`".to_owned(),
            ),
            Some(value) if scalar(value).is_none() => (
                format!("parameter `{name}` is not a single value"),
                "parameters are text, numbers, truth values or null".to_owned(),
            ),
            Some(_) => return None,
            None => (format!("parameter `{name}` has no value"), missing(name, values)),
        };
        Some(Diagnostic::error(codes::UNKNOWN_PARAMETER, file, message).at(Some(span)).help(help))
    };
    used(text).filter_map(problem).collect()
}

fn missing(name: &str, values: &BTreeMap<String, Value>) -> String {
    match nearest::to(name, values.keys().map(String::as_str)) {
        Some(near) => format!("did you mean `${near}`?"),
        None => format!("give `{name}` a value under `parameters` in `outport.yaml`"),
    }
}
