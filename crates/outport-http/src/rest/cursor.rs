//! Where a page ended, as text that a client hands back.
//!
//! The text has nothing but values that the client was shown, and is read as values again: what someone makes of it cannot
//! reach more rows than any other address.

use arrow::{
    array::{Array, AsArray},
    compute::cast,
    datatypes::{DataType, Float64Type},
    error::ArrowError,
    util::display::{ArrayFormatter, FormatOptions},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use outport_app::engine::Argument;
use serde_json::{Value, json};

use super::fault::Fault;

/// Where a page ended.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cursor {
    /// What the last row had in the columns of the order.
    pub(crate) values: Vec<Argument>,
    /// How many rows with just these values were shown.
    pub(crate) skip: usize,
}

impl Cursor {
    /// The text of it. `question` tells apart what was asked: a cursor is good for the same again.
    pub(crate) fn encode(&self, question: &str) -> String {
        let values: Vec<Value> = self.values.iter().map(encode).collect();
        URL_SAFE_NO_PAD.encode(json!([question, self.skip, values]).to_string())
    }

    /// Reads what [`Cursor::encode`] gave, of an order of so many columns.
    pub(crate) fn decode(text: &str, question: &str, columns: usize) -> Result<Self, Fault> {
        let wrong = || {
            Fault::new("the `cursor` is not one of this question").help("follow `next` as it is, or begin without it")
        };
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| wrong())?;
        let (asked, skip, values): (String, usize, Vec<Value>) = serde_json::from_slice(&bytes).map_err(|_| wrong())?;
        if asked != question || values.len() != columns || i64::try_from(skip).is_err() {
            return Err(wrong());
        }
        let values = values.iter().map(|value| decode(value).ok_or_else(wrong));
        Ok(Self { values: values.collect::<Result<_, _>>()?, skip })
    }
}

/// A value as JSON that tells all values apart, also those that are equal as numbers and not in order (`-0.0`).
fn encode(value: &Argument) -> Value {
    match value {
        Argument::Null => Value::Null,
        Argument::Boolean(value) => json!(value),
        Argument::Integer(value) => json!(value),
        Argument::Float(value) => json!({ "float": format!("{value:?}") }),
        Argument::Text(text) => json!(text),
    }
}

fn decode(value: &Value) -> Option<Argument> {
    Some(match value {
        Value::Null => Argument::Null,
        Value::Bool(value) => Argument::Boolean(*value),
        Value::Number(number) => Argument::Integer(number.as_i64()?),
        Value::Object(_) => Argument::Float(value.get("float")?.as_str()?.parse().ok()?),
        Value::String(text) => Argument::Text(text.clone()),
        Value::Array(_) => return None,
    })
}

/// Whether two values have the same place in an order.
pub(crate) fn same(left: &[Argument], right: &[Argument]) -> bool {
    left.iter().map(encode).eq(right.iter().map(encode))
}

/// The value of a column in a row.
pub(crate) fn value(column: &dyn Array, row: usize) -> Result<Argument, ArrowError> {
    let one = column.slice(row, 1);
    if one.logical_null_count() > 0 {
        return Ok(Argument::Null);
    }
    Ok(match one.data_type() {
        DataType::Boolean => Argument::Boolean(one.as_boolean().value(0)),
        float if float.is_floating() => {
            let wide = cast(&one, &DataType::Float64)?;
            Argument::Float(wide.as_primitive::<Float64Type>().value(0))
        }
        other => {
            let text = ArrayFormatter::try_new(&one, &FormatOptions::new())?.value(0).try_to_string()?;
            match text.parse() {
                Ok(whole) if other.is_integer() => Argument::Integer(whole),
                _ => Argument::Text(text),
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_argument() -> impl Strategy<Value = Argument> {
        prop_oneof![
            Just(Argument::Null),
            any::<bool>().prop_map(Argument::Boolean),
            any::<i64>().prop_map(Argument::Integer),
            any::<f64>().prop_map(Argument::Float),
            any::<String>().prop_map(Argument::Text),
        ]
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(values in prop::collection::vec(any_argument(), 0..4), skip in 0_usize..99) {
            let cursor = Cursor { values, skip };
            let read = Cursor::decode(&cursor.encode("q"), "q", cursor.values.len()).unwrap();
            prop_assert!(same(&read.values, &cursor.values), "{read:?} {cursor:?}");
            prop_assert_eq!(read.skip, skip);
            prop_assert!(Cursor::decode(&cursor.encode("q"), "other", cursor.values.len()).is_err());
            prop_assert!(Cursor::decode(&cursor.encode("q"), "q", cursor.values.len() + 1).is_err());
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".*") {
            let _ = Cursor::decode(&text, "q", 1);
        }
    }
}
