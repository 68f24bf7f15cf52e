//! Whether a text is made of pieces with any text between them.
//!
//! This is Cedar's `like`. SQL's has wildcards for single characters and escapes, which would have to be kept out.

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{AsArray, BooleanArray},
        compute::cast,
        datatypes::DataType,
    },
    error::{DataFusionError, Result},
    logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility},
};

/// The question as a function of one text.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct HasPieces {
    pieces: Vec<String>,
    signature: Signature,
}

impl HasPieces {
    /// For texts of one type.
    pub(super) fn new(pieces: &[String], data_type: &DataType) -> Self {
        let signature = Signature::exact(vec![data_type.clone()], Volatility::Immutable);
        Self { pieces: pieces.to_vec(), signature }
    }
}

impl ScalarUDFImpl for HasPieces {
    fn name(&self) -> &'static str {
        "has_pieces"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let values = ColumnarValue::values_to_arrays(&args.args)?;
        let [values] = values.as_slice() else {
            return Err(DataFusionError::Internal("`has_pieces` has one argument".to_owned()));
        };
        let texts = cast(values, &DataType::Utf8)?;
        let outcome = texts.as_string::<i32>().iter().map(|text| text.map(|text| has_pieces(text, &self.pieces)));
        Ok(ColumnarValue::Array(Arc::new(outcome.collect::<BooleanArray>())))
    }
}

/// Takes the first piece from the beginning, the last from the end, and each other one where it is found first.
fn has_pieces(text: &str, pieces: &[String]) -> bool {
    let Some((first, others)) = pieces.split_first() else { return text.is_empty() };
    let Some((last, between)) = others.split_last() else { return text == first };
    let Some(mut rest) = text.strip_prefix(first.as_str()).and_then(|rest| rest.strip_suffix(last.as_str())) else {
        return false;
    };
    for piece in between {
        match rest.find(piece.as_str()) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn like(text: &str, pieces: &[&str]) -> bool {
        has_pieces(text, &pieces.iter().map(|piece| (*piece).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn any_text_stands_between_pieces() {
        assert!(like("a@corp.com", &["", "@corp.com"]));
        assert!(!like("a@corp.com.org", &["", "@corp.com"]));
        assert!(like("", &["", ""]));
        assert!(like("a\nb\nc", &["a", "c"]));
        assert!(!like("aba", &["ab", "ba"]));
        assert!(like("xaybzc", &["x", "a", "b", "c"]));
        assert!(!like("xbyazc", &["x", "a", "b", "c"]));
        assert!(like("%_\\", &["%", "\\"]));
        assert!(!like("ab", &["a"]));
        assert!(like("", &[]));
    }
}
