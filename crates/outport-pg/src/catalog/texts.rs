//! Functions that put texts together.

use std::{fmt::Write as _, sync::Arc};

use arrow::{
    array::{Array, ArrayRef, AsArray, StringArray},
    datatypes::DataType,
    util::display::array_value_to_string,
};
use datafusion::{error::DataFusionError, logical_expr::ColumnarValue};

use super::{
    functions::{texts_of, too_few},
    tables::quoted,
};

/// `format`, without numbers of arguments and widths: `%s`, names as `%I`, texts as `%L`.
pub(super) fn format(arguments: &[ArrayRef]) -> Result<ColumnarValue, DataFusionError> {
    let patterns = texts_of(arguments, 0)?;
    let values = (1..arguments.len()).map(|place| texts_of(arguments, place)).collect::<Result<Vec<_>, _>>()?;
    let text = |(row, pattern): (usize, Option<String>)| {
        let values = values.iter().map(|column| column.get(row).cloned().flatten());
        pattern.map(|pattern| formatted(&pattern, values)).transpose()
    };
    let texts = patterns.into_iter().enumerate().map(text).collect::<Result<StringArray, _>>()?;
    Ok(ColumnarValue::Array(Arc::new(texts)))
}

fn formatted(pattern: &str, mut values: impl Iterator<Item = Option<String>>) -> Result<String, DataFusionError> {
    let mut out = String::new();
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            out.push(letter);
            continue;
        }
        let kind = letters.next();
        if kind == Some('%') {
            out.push('%');
            continue;
        }
        let value = values.next().ok_or_else(too_few)?;
        match (kind, value) {
            (Some('s'), value) => out.push_str(&value.unwrap_or_default()),
            (Some('I'), value) => out.push_str(&quoted(&value.unwrap_or_default())),
            (Some('L'), Some(value)) => {
                // Writing to memory does not fail.
                let _ = write!(out, "'{}'", value.replace('\'', "''"));
            }
            (Some('L'), None) => out.push_str("NULL"),
            _ => return Err(DataFusionError::Plan("`format` knows `%s`, `%I` and `%L`".to_owned())),
        }
    }
    Ok(out)
}

/// The name of the function that a pattern goes through which has another escape character than the backslash.
pub(super) const LIKE_PATTERN: &str = "like_pattern";

/// Patterns with the backslash as their escape character, out of those with the character of the second argument.
pub(super) fn like_patterns(arguments: &[ArrayRef]) -> Result<ColumnarValue, DataFusionError> {
    let pairs = texts_of(arguments, 0)?.into_iter().zip(texts_of(arguments, 1)?);
    let patterns = pairs.map(|(pattern, escape)| like_pattern(&pattern?, escape?.chars().next()?));
    Ok(ColumnarValue::Array(Arc::new(patterns.collect::<StringArray>())))
}

/// A pattern with the backslash as its escape character. `None` where it ends with an escape character.
pub(super) fn like_pattern(pattern: &str, escape: char) -> Option<String> {
    let mut plain = String::new();
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        if letter == escape {
            plain.push('\\');
            plain.push(letters.next()?);
        } else if letter == '\\' {
            plain.push_str("\\\\");
        } else {
            plain.push(letter);
        }
    }
    Some(plain)
}

/// `json_build_object`: names and values by turns.
pub(super) fn json_build_object(arguments: &[ArrayRef]) -> Result<ColumnarValue, DataFusionError> {
    let rows = arguments.first().map_or(1, Array::len);
    let object = |row: usize| {
        let members = arguments.chunks(2).map(|pair| {
            let [name, value] = pair else { return Err(too_few()) };
            Ok(format!("{} : {}", json(&array_value_to_string(name, row)?), member(value, row)?))
        });
        Ok(format!("{{{}}}", members.collect::<Result<Vec<_>, DataFusionError>>()?.join(", ")))
    };
    let objects = (0..rows).map(object).collect::<Result<Vec<_>, DataFusionError>>()?;
    Ok(ColumnarValue::Array(Arc::new(StringArray::from(objects))))
}

fn member(array: &ArrayRef, row: usize) -> Result<String, DataFusionError> {
    if array.is_null(row) || array.data_type() == &DataType::Null {
        return Ok("null".to_owned());
    }
    let text = array_value_to_string(array, row)?;
    Ok(match array.data_type() {
        DataType::Boolean => array.as_boolean().value(row).to_string(),
        kind if kind.is_integer() => text,
        _ => json(&text),
    })
}

fn json(text: &str) -> String {
    let mut out = "\"".to_owned();
    for letter in text.chars() {
        match letter {
            '"' | '\\' => out.extend(['\\', letter]),
            control if control.is_control() => {
                // Writing to memory does not fail.
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            other => out.push(other),
        }
    }
    out + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_put_where_the_pattern_says() {
        let check = |pattern: &str, values: &[Option<&str>]| {
            formatted(pattern, values.iter().map(|value| value.map(str::to_owned)))
        };
        assert_eq!(check("%I.%I", &[Some("sales"), Some("A b")]).unwrap(), "sales.\"A b\"");
        assert_eq!(check("100%% %s%s", &[Some("a"), None]).unwrap(), "100% a");
        assert_eq!(check("%L, %L", &[Some("it's"), None]).unwrap(), "'it''s', NULL");
        assert!(check("%s", &[]).is_err() && check("%d", &[Some("1")]).is_err());
    }

    #[test]
    fn patterns_are_escaped_with_backslashes() {
        assert_eq!(like_pattern("pg/_%", '/').unwrap(), "pg\\_%");
        assert_eq!(like_pattern("a//b\\", '/').unwrap(), "a\\/b\\\\");
        assert_eq!(like_pattern("a\\_", '\\').unwrap(), "a\\_");
        assert_eq!(like_pattern("a/", '/'), None);
    }

    #[test]
    fn objects_have_names_and_values() {
        let texts = |text: &str| Arc::new(StringArray::from(vec![text])) as ArrayRef;
        let number = Arc::new(arrow::array::Int32Array::from(vec![Some(7)])) as ArrayRef;
        let ColumnarValue::Array(found) = json_build_object(&[texts("a"), number, texts("b"), texts("c\"")]).unwrap()
        else {
            panic!("it is an array");
        };
        assert_eq!(found.as_string::<i32>().value(0), r#"{"a" : 7, "b" : "c\""}"#);
        assert!(json_build_object(&[texts("a")]).is_err());
    }
}
