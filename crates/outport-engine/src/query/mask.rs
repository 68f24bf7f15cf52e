//! Masks as expressions: what stands in the place of a value.
//!
//! A mask is one function of our own for each column, so that what it gives is said in one place, and so that it cannot
//! fail on any value: a value that it cannot mask is left out.

mod number;
mod period;
mod text;

use std::{fmt, hash::Hash, sync::Arc};

use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray, StringBuilder},
        compute::cast,
        datatypes::{DataType, Field},
    },
    error::{DataFusionError, Result},
    logical_expr::{
        ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility, ident, lit,
    },
    scalar::ScalarValue,
};
use outport_model::access::Mask;
use regex::Regex;

/// The secret of [`Mask::Hash`]: who does not know it cannot find values by hashing guesses.
#[derive(Clone)]
pub(crate) struct MaskKey(Arc<[u8; 32]>);

impl MaskKey {
    /// A key that is known.
    pub(crate) fn new(key: [u8; 32]) -> Self {
        Self(Arc::new(key))
    }

    /// A key of which nobody knows.
    pub(crate) fn random() -> Self {
        Self::new(rand::random())
    }
}

impl fmt::Debug for MaskKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MaskKey(…)")
    }
}

/// The masked values of a column, in the column's type.
///
/// # Errors
/// Where the mask cannot be used on any column.
pub(super) fn masked(mask: &Mask, field: &Field, key: &MaskKey) -> Result<Expr> {
    let data_type = field.data_type();
    if !has_values(mask, data_type) {
        return Ok(lit(ScalarValue::try_new_null(data_type)?));
    }
    let function = ScalarUDF::from(MaskFunction::new(mask, data_type, key)?);
    Ok(function.call(vec![ident(field.name())]))
}

/// Whether a mask leaves anything of values of this type.
fn has_values(mask: &Mask, data_type: &DataType) -> bool {
    match mask {
        Mask::Null => false,
        Mask::Redact | Mask::Hash | Mask::Last { .. } | Mask::First { .. } | Mask::Regex { .. } => {
            data_type.is_string()
        }
        Mask::NumberBucket { .. } => number::has_buckets(data_type),
        Mask::DateBucket { .. } => period::has_periods(data_type),
    }
}

/// A mask for values of one type.
struct MaskFunction {
    mask: Mask,
    data_type: DataType,
    key: MaskKey,
    /// That of [`Mask::Regex`].
    regex: Option<Regex>,
    signature: Signature,
}

impl MaskFunction {
    fn new(mask: &Mask, data_type: &DataType, key: &MaskKey) -> Result<Self> {
        let regex = match mask {
            Mask::Regex { pattern, .. } => Some(Regex::new(pattern).map_err(|error| {
                DataFusionError::Plan(format!("the pattern `{pattern}` of a mask cannot be used: {error}"))
            })?),
            _ => None,
        };
        let signature = Signature::exact(vec![data_type.clone()], Volatility::Immutable);
        Ok(Self { mask: mask.clone(), data_type: data_type.clone(), key: key.clone(), regex, signature })
    }

    fn apply(&self, values: &ArrayRef) -> Result<ArrayRef> {
        match &self.mask {
            Mask::Null => Ok(ScalarValue::try_new_null(&self.data_type)?.to_array_of_size(values.len())?),
            Mask::Redact => self.texts(values, |_, masked| masked.push_str(Mask::REDACTED)),
            Mask::Hash => self.texts(values, |value, masked| text::hash(value, &self.key.0, masked)),
            Mask::Last { characters } => self.texts(values, |value, masked| text::last(value, *characters, masked)),
            Mask::First { characters } => self.texts(values, |value, masked| text::first(value, *characters, masked)),
            Mask::Regex { replacement, .. } => self.texts(values, |value, masked| match &self.regex {
                Some(regex) => masked.push_str(&regex.replace_all(value, replacement.as_str())),
                None => masked.push_str(Mask::REDACTED),
            }),
            Mask::NumberBucket { width } => number::buckets(values, *width),
            Mask::DateBucket { unit } => period::beginnings(values, *unit),
        }
    }

    /// `mask` adds what stands in the place of a text.
    fn texts(&self, values: &ArrayRef, mask: impl Fn(&str, &mut String)) -> Result<ArrayRef> {
        let values = cast(values, &DataType::Utf8)?;
        let values = values.as_string::<i32>();
        // A slice has the bytes of the whole in its buffer.
        let bytes = match values.value_offsets() {
            [first, .., last] => usize::try_from(last - first).unwrap_or(0),
            _ => 0,
        };
        let mut texts = StringBuilder::with_capacity(values.len(), bytes);
        let mut masked = String::new();
        for value in values {
            let Some(value) = value else {
                texts.append_null();
                continue;
            };
            masked.clear();
            mask(value, &mut masked);
            texts.append_value(&masked);
        }
        Ok(cast(&texts.finish(), &self.data_type)?)
    }
}

impl fmt::Debug for MaskFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MaskFunction").finish_non_exhaustive()
    }
}

impl PartialEq for MaskFunction {
    fn eq(&self, other: &Self) -> bool {
        self.mask == other.mask && self.data_type == other.data_type && self.key.0 == other.key.0
    }
}

impl Eq for MaskFunction {}

impl Hash for MaskFunction {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.mask.hash(state);
        self.data_type.hash(state);
    }
}

impl ScalarUDFImpl for MaskFunction {
    fn name(&self) -> &'static str {
        "masked"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.data_type.clone())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let values = ColumnarValue::values_to_arrays(&args.args)?;
        let [values] = values.as_slice() else {
            return Err(DataFusionError::Internal("a mask has one argument".to_owned()));
        };
        self.apply(values).map(ColumnarValue::Array)
    }
}
