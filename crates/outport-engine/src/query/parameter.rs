//! Parameters of queries: which there are, and binding values to them.
//!
//! Values are bound as values, in the type that the query wants at their place; text of a caller is never put into SQL.

use std::{
    collections::{BTreeMap, HashMap},
    str::FromStr,
};

use datafusion::{
    arrow::{compute::CastOptions, datatypes::DataType},
    common::{
        ParamValues,
        metadata::ScalarAndMetadata,
        tree_node::{TreeNode, TreeNodeRecursion},
    },
    error::Result,
    logical_expr::{Expr, LogicalPlan, expr::Placeholder},
    scalar::ScalarValue,
};
use outport_app::engine::{Argument, Arguments, EngineError};

use super::error::{refused, session_failed};
use crate::types::describe;

/// The parameters of a plan by name (`$1`, `$name`), with the type that each takes where the query tells.
pub(super) fn wanted(plan: &LogicalPlan) -> Result<BTreeMap<String, Option<DataType>>> {
    let mut found: BTreeMap<String, Vec<DataType>> = BTreeMap::new();
    plan.apply_with_subqueries(|node| {
        let counts_rows = matches!(node, LogicalPlan::Limit(_));
        node.apply_expressions(|expr| {
            expr.apply(|expr| {
                if let Expr::Placeholder(Placeholder { id, field }) = expr {
                    let types = found.entry(id.clone()).or_default();
                    types.extend(field.as_ref().map(|field| field.data_type().clone()));
                    types.extend(counts_rows.then_some(DataType::Int64));
                }
                Ok(TreeNodeRecursion::Continue)
            })
        })
    })?;
    // A parameter that is wanted in two types stays as it comes, and is made to fit at each place.
    let one = |types: Vec<DataType>| match types.split_first() {
        Some((first, others)) if others.iter().all(|other| other == first) => Some(first.clone()),
        _ => None,
    };
    Ok(found.into_iter().map(|(id, types)| (id, one(types))).collect())
}

/// A plan with values in the place of its parameters.
///
/// # Errors
/// [`EngineError::Query`] where a value is missing, does not fit, or is for no parameter.
pub(super) fn bind(plan: LogicalPlan, arguments: &Arguments) -> std::result::Result<LogicalPlan, EngineError> {
    let wanted = wanted(&plan).map_err(|error| session_failed(&error))?;
    let mut given: BTreeMap<String, &Argument> = match arguments {
        Arguments::Positional(values) => (1..).zip(values).map(|(at, value)| (format!("${at}"), value)).collect(),
        Arguments::Named(values) => values.iter().map(|(name, value)| (format!("${name}"), value)).collect(),
    };
    let mut values = HashMap::new();
    for (id, data_type) in &wanted {
        let Some(argument) = given.remove(id) else { return Err(missing(id)) };
        let value = convert(argument, data_type.as_ref()).ok_or_else(|| unfit(id, argument, data_type.as_ref()))?;
        values.insert(id.trim_start_matches('$').to_owned(), ScalarAndMetadata::from(value));
    }
    if let Some(id) = given.keys().next() {
        return Err(unused(id, &wanted));
    }
    if values.is_empty() {
        return Ok(plan);
    }
    plan.with_param_values(ParamValues::Map(values)).map_err(|error| session_failed(&error))
}

fn missing(id: &str) -> EngineError {
    refused(format!("there is no value for `{id}`"), "give one value for each parameter of the query")
}

fn unused(id: &str, wanted: &BTreeMap<String, Option<DataType>>) -> EngineError {
    let names: Vec<String> = wanted.keys().map(|id| format!("`{id}`")).collect();
    let help = match names.as_slice() {
        [] => "the query has no parameters".to_owned(),
        names => format!("the query has the parameters {}", names.join(", ")),
    };
    refused(format!("there is a value for `{id}`, which is no parameter of the query"), help)
}

fn unfit(id: &str, argument: &Argument, data_type: Option<&DataType>) -> EngineError {
    let value = match argument {
        Argument::Null => "null".to_owned(),
        Argument::Boolean(value) => value.to_string(),
        Argument::Integer(value) => value.to_string(),
        Argument::Float(value) => value.to_string(),
        Argument::Text(text) => text.clone(),
    };
    let data_type = data_type.map_or_else(|| "any".to_owned(), describe);
    refused(format!("`{value}` does not fit `{id}`"), format!("its type is {data_type}"))
}

/// The value in the type that is wanted. Numbers that the type lacks stay as they are, since SQL compares them rightly.
pub(super) fn convert(argument: &Argument, wanted: Option<&DataType>) -> Option<ScalarValue> {
    use Argument as A;
    match (argument, wanted) {
        (A::Null, Some(data_type)) => ScalarValue::try_new_null(data_type).ok(),
        (A::Null, None) => Some(ScalarValue::Null),
        (A::Boolean(value), None | Some(DataType::Boolean)) => Some(ScalarValue::Boolean(Some(*value))),
        (A::Integer(value), None) => Some(ScalarValue::Int64(Some(*value))),
        (A::Float(value), None) => Some(ScalarValue::Float64(Some(*value))),
        (A::Text(text), None) => Some(ScalarValue::Utf8(Some(text.clone()))),
        (A::Integer(value), Some(data_type)) if data_type.is_numeric() => Some(whole(*value, data_type)),
        (A::Float(value), Some(data_type)) if data_type.is_numeric() => number(&value.to_string(), data_type),
        (A::Text(text), Some(data_type)) if data_type.is_numeric() => number(text.trim(), data_type),
        (A::Text(text), Some(data_type)) => {
            let strict = CastOptions { safe: false, ..CastOptions::default() };
            ScalarValue::Utf8(Some(text.clone())).cast_to_with_options(data_type, &strict).ok()
        }
        _ => None,
    }
}

fn whole(value: i64, data_type: &DataType) -> ScalarValue {
    let value = ScalarValue::Int64(Some(value));
    if data_type.is_integer() { value.cast_to(data_type).unwrap_or(value) } else { value }
}

/// A number out of its digits: as whole as it is, else exact, else binary.
fn number(text: &str, data_type: &DataType) -> Option<ScalarValue> {
    if let Ok(value) = i64::from_str(text) {
        return Some(whole(value, data_type));
    }
    let binary = || f64::from_str(text).ok().map(|value| ScalarValue::Float64(Some(value)));
    if data_type.is_floating() { binary() } else { decimal(text).or_else(binary) }
}

/// A decimal number of as many digits as the text has.
fn decimal(text: &str) -> Option<ScalarValue> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let value = i128::from_str(&format!("{whole}{fraction}")).ok()?;
    let digits = whole.trim_start_matches(['-', '+']).len() + fraction.len();
    let precision = u8::try_from(digits).ok().filter(|precision| (1..=38).contains(precision))?;
    Some(ScalarValue::Decimal128(Some(value), precision, i8::try_from(fraction.len()).ok()?))
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::datatypes::TimeUnit;

    use super::*;

    fn text(text: &str) -> Argument {
        Argument::Text(text.to_owned())
    }

    #[test]
    fn texts_become_what_is_wanted() {
        let convert = |argument: &str, data_type| convert(&text(argument), Some(&data_type));
        assert_eq!(convert("2024-02-29", DataType::Date32), Some(ScalarValue::Date32(Some(19_782))));
        assert_eq!(convert("2024-02-30", DataType::Date32), None);
        let moment = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        let expected = ScalarValue::TimestampMicrosecond(Some(3_600_000_000), Some("UTC".into()));
        assert_eq!(convert("1970-01-01T02:00:00+01:00", moment), Some(expected));
        let money = DataType::Decimal128(9, 2);
        assert_eq!(convert("-1.005", money.clone()), Some(ScalarValue::Decimal128(Some(-1_005), 4, 3)));
        assert_eq!(convert("7", money.clone()), Some(ScalarValue::Int64(Some(7))));
        assert_eq!(convert("x", money), None);
        assert_eq!(convert("12", DataType::Int32), Some(ScalarValue::Int32(Some(12))));
        assert_eq!(convert("true", DataType::Boolean), Some(ScalarValue::Boolean(Some(true))));
        assert_eq!(convert("maybe", DataType::Boolean), None);
        assert_eq!(convert("x", DataType::Utf8), Some(ScalarValue::from("x")));
    }

    #[test]
    fn numbers_stay_exact() {
        let wide = convert(&Argument::Integer(3_000_000_000), Some(&DataType::Int32));
        assert_eq!(wide, Some(ScalarValue::Int64(Some(3_000_000_000))));
        let half = convert(&Argument::Float(0.1), Some(&DataType::Decimal128(9, 2)));
        assert_eq!(half, Some(ScalarValue::Decimal128(Some(1), 2, 1)));
        assert_eq!(convert(&Argument::Float(3.0), Some(&DataType::Int64)), Some(ScalarValue::Int64(Some(3))));
    }

    #[test]
    fn kinds_do_not_mix() {
        assert_eq!(convert(&Argument::Integer(1), Some(&DataType::Utf8)), None);
        assert_eq!(convert(&Argument::Boolean(true), Some(&DataType::Int64)), None);
        assert_eq!(convert(&Argument::Integer(1), Some(&DataType::Date32)), None);
        assert_eq!(convert(&Argument::Null, Some(&DataType::Date32)), Some(ScalarValue::Date32(None)));
    }
}
