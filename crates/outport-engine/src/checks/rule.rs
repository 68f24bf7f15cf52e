//! Row rules as SQL predicates: what makes one row violate a check.

use std::collections::BTreeMap;

use outport_model::{
    check::{Bound, Check, CheckKind},
    contract::{DataType, TableSchema},
};
use serde_json::Value;

use super::{
    literal::{identifier, literal, text},
    path::Place,
    pattern,
};

/// How far the quotient of two floating-point numbers may be from a whole number, relative to its size.
const QUOTIENT_TOLERANCE: &str = "1e-9";

/// Why a rule cannot be measured.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RuleError {
    /// A value of the rule is none of the column's type.
    #[error("{value} is no value of the type {data_type}")]
    Value {
        /// The value, as the contract writes it.
        value: Value,
        /// The column's type.
        data_type: DataType,
    },
    /// A regular expression cannot be used.
    #[error("the pattern `{pattern}` cannot be used: {reason}")]
    Pattern {
        /// The pattern, as the contract writes it.
        pattern: String,
        /// Why.
        reason: String,
    },
    /// Nobody knows the format.
    #[error("`{format}` is no format of ODCS that text can be checked for")]
    Format {
        /// The format's name.
        format: String,
    },
    /// The rule is about a column that the contract does not have.
    #[error("the contract has no column `{column}` in `{table}`")]
    Column {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// The rule is about a table that the contract does not have.
    #[error("the contract has no object `{table}`")]
    Table {
        /// The table.
        table: String,
    },
    /// The rule does not suit the column's type.
    #[error("{rule} cannot be measured on a column of the type {data_type}")]
    Type {
        /// What was asked.
        rule: &'static str,
        /// The column's type.
        data_type: DataType,
    },
    /// A multiple of nothing was asked for.
    #[error("{divisor} has no multiples")]
    Divisor {
        /// The number.
        divisor: f64,
    },
}

/// SQL that is true for rows that violate a check and false (never null) for all others; `None` where one row alone
/// decides nothing or the rule cannot be measured.
///
/// `raw` has, for columns that were converted from text, the name of the hidden column with that text.
pub fn row_violation(check: &Check, table: &TableSchema, raw: &BTreeMap<String, String>) -> Option<String> {
    violation(check, table, raw).ok().flatten()
}

/// Like [`row_violation`], with the reason why a rule cannot be measured. A rule that no row can violate gives `None`.
pub(crate) fn violation(
    check: &Check,
    table: &TableSchema,
    raw: &BTreeMap<String, String>,
) -> Result<Option<String>, RuleError> {
    if !check.kind.is_row_rule() {
        return Ok(None);
    }
    let unknown = || RuleError::Column { table: table.name.clone(), column: check.column.clone().unwrap_or_default() };
    let column = check.column.as_deref().ok_or_else(unknown)?;
    if matches!(check.kind, CheckKind::Conversion) {
        return Ok(raw.get(column).map(|raw| unreadable(column, raw)));
    }
    let place = Place::find(table, column).ok_or_else(unknown)?;
    let test = value_violation(&check.kind, &place.value, &place.data_type)?;
    Ok(test.map(|test| place.violation(&test, matches!(check.kind, CheckKind::Missing { .. }))))
}

fn unreadable(column: &str, raw: &str) -> String {
    format!("({} IS NOT NULL AND {} IS NULL)", identifier(raw), identifier(column))
}

/// The test for one value. Except for missing ones it may be null where the value is.
fn value_violation(kind: &CheckKind, value: &str, data_type: &DataType) -> Result<Option<String>, RuleError> {
    Ok(match kind {
        CheckKind::Missing { missing } => Some(is_missing(value, missing, data_type)),
        CheckKind::Range { minimum, maximum } => range(value, minimum.as_ref(), maximum.as_ref(), data_type)?,
        CheckKind::MultipleOf { divisor } => Some(no_multiple(value, *divisor, data_type)?),
        CheckKind::Length { minimum, maximum } => length(value, *minimum, *maximum, data_type)?,
        CheckKind::Format { format } => pattern::format(format)?.map(|regex| no_match(value, &regex, data_type)),
        CheckKind::UniqueItems => Some(repeated_items(value, data_type)?),
        CheckKind::Invalid { values, pattern } => invalid(value, values.as_deref(), pattern.as_deref(), data_type)?,
        _ => None,
    })
}

fn is_missing(value: &str, missing: &[Value], data_type: &DataType) -> String {
    match one_of(value, missing, data_type) {
        Some(listed) => format!("({value} IS NULL OR {listed})"),
        None => format!("({value} IS NULL)"),
    }
}

/// Whether a value is one of a list; `None` where none of the list is of its type. A column of numbers can hold no `N/A`.
pub(crate) fn one_of(value: &str, list: &[Value], data_type: &DataType) -> Option<String> {
    let fitting = list.iter().filter_map(|v| literal(v, data_type).ok());
    let is_float = matches!(data_type, DataType::Float { .. });
    let literals: Vec<String> =
        fitting.flat_map(|found| if is_float { both_zeros(found) } else { vec![found] }).collect();
    (!literals.is_empty()).then(|| format!("{value} IN ({})", literals.join(", ")))
}

fn both_zeros(literal: String) -> Vec<String> {
    let (negative, positive) = (signed_zero(&literal, true), signed_zero(&literal, false));
    if negative == positive { vec![literal] } else { vec![negative, positive] }
}

/// The engine orders −0 before 0; to the contract they are one number.
fn signed_zero(literal: &str, negative: bool) -> String {
    let bare = literal.replace("'-0'", "'0'");
    if negative { bare.replace("'0'", "'-0'") } else { bare }
}

/// A NaN is outside every range. It is asked for by name because files keep it out of their statistics, by which the engine
/// leaves out what it need not read.
fn range(
    value: &str,
    minimum: Option<&Bound>,
    maximum: Option<&Bound>,
    data_type: &DataType,
) -> Result<Option<String>, RuleError> {
    if matches!(
        data_type,
        DataType::Boolean | DataType::Binary | DataType::List(_) | DataType::Struct(_) | DataType::Map(_, _)
    ) {
        return Err(RuleError::Type { rule: "a range", data_type: data_type.clone() });
    }
    let mut tests = Vec::new();
    if let Some(bound) = minimum {
        let operator = if bound.exclusive { "<=" } else { "<" };
        let limit = limit(bound, data_type, !bound.exclusive)?;
        tests.push(format!("{value} {operator} {limit}"));
    }
    if let Some(bound) = maximum {
        let operator = if bound.exclusive { ">=" } else { ">" };
        let limit = limit(bound, data_type, bound.exclusive)?;
        tests.push(format!("{value} {operator} {limit}"));
    }
    if matches!(data_type, DataType::Float { .. }) && !tests.is_empty() {
        tests.push(format!("isnan({value})"));
    }
    Ok(any(&tests))
}

fn limit(bound: &Bound, data_type: &DataType, negative_zero: bool) -> Result<String, RuleError> {
    let written = literal(&bound.value, data_type)?;
    let is_float = matches!(data_type, DataType::Float { .. });
    Ok(if is_float { signed_zero(&written, negative_zero) } else { written })
}

fn any(tests: &[String]) -> Option<String> {
    match tests {
        [] => None,
        [one] => Some(one.clone()),
        several => Some(format!("({})", several.join(" OR "))),
    }
}

fn no_multiple(value: &str, divisor: f64, data_type: &DataType) -> Result<String, RuleError> {
    if divisor == 0.0 || !divisor.is_finite() {
        return Err(RuleError::Divisor { divisor });
    }
    let number = Value::from(divisor.abs());
    match data_type {
        DataType::Integer { .. } | DataType::Decimal { .. } => {
            Ok(format!("{value} % {} <> 0", literal(&number, data_type)?))
        }
        DataType::Float { .. } => {
            let quotient = format!("CAST({value} AS DOUBLE) / {}", literal(&number, &DataType::Float { bits: 64 })?);
            Ok(format!(
                "NOT coalesce(abs({quotient} - round({quotient})) <= {QUOTIENT_TOLERANCE} * greatest(1.0, abs({quotient})) \
                 AND abs({quotient}) < CAST('Infinity' AS DOUBLE), FALSE)"
            ))
        }
        _ => Err(RuleError::Type { rule: "`multipleOf`", data_type: data_type.clone() }),
    }
}

fn length(
    value: &str,
    minimum: Option<u64>,
    maximum: Option<u64>,
    data_type: &DataType,
) -> Result<Option<String>, RuleError> {
    let measured = match data_type {
        DataType::String | DataType::Time => format!("character_length({value})"),
        DataType::Binary => format!("octet_length({value})"),
        DataType::List(_) => item_count(value),
        DataType::Map(_, _) => format!("coalesce(cardinality({value}), 0)"),
        DataType::Struct(_) => return Err(RuleError::Type { rule: "a length", data_type: data_type.clone() }),
        _ => format!("character_length({})", as_text(value, data_type)),
    };
    let below = minimum.map(|least| format!("{measured} < {least}"));
    let above = maximum.map(|most| format!("{measured} > {most}"));
    Ok(any(&below.into_iter().chain(above).collect::<Vec<_>>()))
}

fn item_count(value: &str) -> String {
    format!("coalesce(array_length({value}), 0)")
}

fn repeated_items(value: &str, data_type: &DataType) -> Result<String, RuleError> {
    match data_type {
        DataType::List(_) => Ok(format!("{} < {}", item_count(&format!("array_distinct({value})")), item_count(value))),
        _ => Err(RuleError::Type { rule: "`uniqueItems`", data_type: data_type.clone() }),
    }
}

fn invalid(
    value: &str,
    values: Option<&[Value]>,
    pattern: Option<&str>,
    data_type: &DataType,
) -> Result<Option<String>, RuleError> {
    let mut tests = Vec::new();
    if let Some(values) = values {
        tests
            .push(one_of(value, values, data_type).map_or_else(|| "TRUE".to_owned(), |found| format!("NOT ({found})")));
    }
    if matches!(data_type, DataType::Float { .. }) && !tests.is_empty() {
        tests.push(format!("isnan({value})"));
    }
    if let Some(pattern) = pattern {
        if matches!(data_type, DataType::List(_) | DataType::Struct(_) | DataType::Map(_, _)) {
            return Err(RuleError::Type { rule: "a pattern", data_type: data_type.clone() });
        }
        tests.push(no_match(value, &pattern::translate(pattern)?, data_type));
    }
    Ok(any(&tests))
}

fn no_match(value: &str, regex: &str, data_type: &DataType) -> String {
    format!("NOT regexp_like({}, {})", as_text(value, data_type), text(regex))
}

fn as_text(value: &str, data_type: &DataType) -> String {
    match data_type {
        DataType::String | DataType::Time => value.to_owned(),
        _ => format!("CAST({value} AS VARCHAR)"),
    }
}
