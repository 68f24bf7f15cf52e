//! Rules about rows as expressions.
//!
//! Every condition is true, false or undecided (null) of a row. Only truth admits a row, and only falsehood spares it from a
//! rule that forbids it, so that the conjunctions of both need no more than SQL's own: see [`truth`] and [`falsehood`].
//! Within a condition the order decides, as Cedar's does; that is [`outcome`].

use datafusion::{
    arrow::datatypes::{DataType, Field, Schema},
    common::tree_node::TreeNode,
    error::{DataFusionError, Result},
    functions_nested::expr_fn::array_has,
    logical_expr::{BinaryExpr, Case, Expr, Operator, ScalarUDF, cast, ident, lit, not},
};
use outport_model::access::{Comparison, Condition, RowRule, Value};

use super::{
    pieces::HasPieces,
    place::{Place, place},
};

/// What is true of the rows that exist, and false or null of all others.
///
/// # Errors
/// Where a condition does not fit the columns.
pub(super) fn admits(rule: &RowRule, schema: &Schema) -> Result<Expr> {
    let permits = rule.permits.iter().map(|condition| truth(condition, schema)).collect::<Result<Vec<_>>>()?;
    let forbids = rule.forbids.iter().map(|condition| falsehood(condition, schema)).collect::<Result<Vec<_>>>()?;
    let permitted = permits.into_iter().reduce(Expr::or).unwrap_or_else(|| lit(false));
    Ok(forbids.into_iter().fold(permitted, Expr::and))
}

/// What is true exactly where the condition is. Written as conjunctions of comparisons where that can be, since those also
/// tell which files and pages need not be read.
fn truth(condition: &Condition, schema: &Schema) -> Result<Expr> {
    match condition {
        Condition::All { conditions } => {
            let all = conditions.iter().map(|condition| truth(condition, schema)).collect::<Result<Vec<_>>>()?;
            Ok(all.into_iter().reduce(Expr::and).unwrap_or_else(|| lit(true)))
        }
        Condition::Not { condition } => falsehood(condition, schema),
        other => {
            let value = outcome(other, schema)?;
            Ok(if has_cases(&value) { Expr::IsTrue(Box::new(value)) } else { value })
        }
    }
}

/// Whether there are cases in it, which have to be kept whole. The engine takes them apart into conjunctions of which one may
/// be the value null itself, and a filter that is null is lost on the way to the files: rows would be read that it keeps back.
fn has_cases(value: &Expr) -> bool {
    value.exists(|part| Ok(matches!(part, Expr::Case(_)))).unwrap_or(true)
}

/// What is true exactly where the condition is false.
fn falsehood(condition: &Condition, schema: &Schema) -> Result<Expr> {
    match condition {
        Condition::Any { conditions } => {
            let all = conditions.iter().map(|condition| falsehood(condition, schema)).collect::<Result<Vec<_>>>()?;
            Ok(all.into_iter().reduce(Expr::and).unwrap_or_else(|| lit(true)))
        }
        Condition::Not { condition } => truth(condition, schema),
        other => {
            let value = outcome(other, schema)?;
            Ok(if has_cases(&value) { Expr::IsFalse(Box::new(value)) } else { not(value) })
        }
    }
}

/// True, false or null, as the condition is.
fn outcome(condition: &Condition, schema: &Schema) -> Result<Expr> {
    match condition {
        Condition::Constant { holds } => Ok(lit(*holds)),
        Condition::Flag { column } => match column_type(column, schema)? {
            DataType::Boolean => Ok(ident(column)),
            other => Err(unfit(&format!("`{column}` is {other}, and neither true nor false"))),
        },
        Condition::Present { column } => column_type(column, schema).map(|_| ident(column).is_not_null()),
        Condition::Compare { column, comparison, value } => {
            let place = place(value, column_type(column, schema)?).ok_or_else(|| no_value(column, value))?;
            Ok(compared(column, *comparison, place))
        }
        Condition::CompareColumns { left, comparison, right } => compared_columns(left, *comparison, right, schema),
        Condition::AnyOf { column, values } => any_of(column, values, schema),
        Condition::Like { column, pieces } => like(column, pieces, schema),
        Condition::Contains { column, value } => contains(column, value, schema),
        Condition::Not { condition } => outcome(condition, schema).map(not),
        Condition::All { conditions } => {
            let values = conditions.iter().map(|condition| outcome(condition, schema)).collect::<Result<Vec<_>>>()?;
            let all = values.into_iter().rev().reduce(|rest, first| decided(first, rest, lit(false)));
            Ok(all.unwrap_or_else(|| lit(true)))
        }
        Condition::Any { conditions } => {
            let values = conditions.iter().map(|condition| outcome(condition, schema)).collect::<Result<Vec<_>>>()?;
            let any = values.into_iter().rev().reduce(|rest, first| decided(first, lit(true), rest));
            Ok(any.unwrap_or_else(|| lit(false)))
        }
        Condition::If { test, then, otherwise } => {
            let [test, then, otherwise] = [test, then, otherwise].map(|condition| outcome(condition, schema));
            Ok(decided(test?, then?, otherwise?))
        }
    }
}

/// One or the other, as the test is; null where the test is. The test stands in it once, so that nesting stays small.
fn decided(test: Expr, then: Expr, otherwise: Expr) -> Expr {
    let branch = |holds: bool, value: Expr| (Box::new(lit(holds)), Box::new(value));
    Expr::Case(Case::new(Some(Box::new(test)), vec![branch(true, then), branch(false, otherwise)], None))
}

/// The same for every value, and null where there is none.
fn constant(column: &str, holds: bool) -> Expr {
    let present = Box::new(ident(column).is_not_null());
    Expr::Case(Case::new(None, vec![(present, Box::new(lit(holds)))], None))
}

fn compared(column: &str, comparison: Comparison, place: Place) -> Expr {
    use Comparison as C;
    let with = |operator, value| binary(ident(column), operator, lit(value));
    match (place, comparison) {
        (Place::At(value), _) => with(operator(comparison), value),
        (Place::Behind(value), C::Less | C::LessOrEqual) => with(Operator::LtEq, value),
        (Place::Behind(value), C::Greater | C::GreaterOrEqual) => with(Operator::Gt, value),
        (_, C::NotEqual)
        | (Place::AfterAll, C::Less | C::LessOrEqual)
        | (Place::BeforeAll, C::Greater | C::GreaterOrEqual) => constant(column, true),
        (_, C::Equal)
        | (Place::AfterAll, C::Greater | C::GreaterOrEqual)
        | (Place::BeforeAll, C::Less | C::LessOrEqual) => constant(column, false),
    }
}

fn compared_columns(left: &str, comparison: Comparison, right: &str, schema: &Schema) -> Result<Expr> {
    let types = (column_type(left, schema)?, column_type(right, schema)?);
    let both = |wrap: fn(Expr) -> Expr| binary(wrap(ident(left)), operator(comparison), wrap(ident(right)));
    if types.0 == types.1 && has_order(types.0) {
        return Ok(both(|column| column));
    }
    let fits = |data_type: &DataType| data_type.is_integer() && *data_type != DataType::UInt64;
    if fits(types.0) && fits(types.1) {
        return Ok(both(|column| cast(column, DataType::Int64)));
    }
    Err(unfit(&format!("`{left}` ({}) and `{right}` ({}) cannot be compared", types.0, types.1)))
}

/// Whether values are equal and ordered as they are for Cedar: a number that is none is neither.
fn has_order(data_type: &DataType) -> bool {
    data_type.is_integer()
        || data_type.is_string()
        || matches!(
            data_type,
            DataType::Boolean
                | DataType::Decimal128(..)
                | DataType::Date32
                | DataType::Date64
                | DataType::Timestamp(..)
        )
}

fn any_of(column: &str, values: &[Value], schema: &Schema) -> Result<Expr> {
    let data_type = column_type(column, schema)?;
    let mut list = Vec::new();
    for value in values {
        if let Place::At(value) = place(value, data_type).ok_or_else(|| no_value(column, value))? {
            list.push(lit(value));
        }
    }
    Ok(if list.is_empty() { constant(column, false) } else { ident(column).in_list(list, false) })
}

fn like(column: &str, pieces: &[String], schema: &Schema) -> Result<Expr> {
    let data_type = column_type(column, schema)?;
    if !data_type.is_string() {
        return Err(unfit(&format!("`{column}` is {data_type}, and not text")));
    }
    Ok(ScalarUDF::from(HasPieces::new(pieces, data_type)).call(vec![ident(column)]))
}

fn contains(column: &str, value: &Value, schema: &Schema) -> Result<Expr> {
    let item = match column_type(column, schema)? {
        DataType::List(item) | DataType::LargeList(item) => item.data_type(),
        other => return Err(unfit(&format!("`{column}` is {other}, and no list"))),
    };
    Ok(match place(value, item).ok_or_else(|| no_value(column, value))? {
        Place::At(value) => array_has(ident(column), lit(value)),
        _ => constant(column, false),
    })
}

fn column_type<'a>(column: &str, schema: &'a Schema) -> Result<&'a DataType> {
    let field = schema.field_with_name(column);
    field.map(Field::data_type).map_err(|_| unfit(&format!("there is no column `{column}`")))
}

fn binary(left: Expr, operator: Operator, right: Expr) -> Expr {
    Expr::BinaryExpr(BinaryExpr::new(Box::new(left), operator, Box::new(right)))
}

const fn operator(comparison: Comparison) -> Operator {
    match comparison {
        Comparison::Equal => Operator::Eq,
        Comparison::NotEqual => Operator::NotEq,
        Comparison::Less => Operator::Lt,
        Comparison::LessOrEqual => Operator::LtEq,
        Comparison::Greater => Operator::Gt,
        Comparison::GreaterOrEqual => Operator::GtEq,
    }
}

fn no_value(column: &str, value: &Value) -> DataFusionError {
    unfit(&format!("`{column}` cannot be compared with {value:?}"))
}

fn unfit(reason: &str) -> DataFusionError {
    DataFusionError::Plan(format!("a rule does not fit the table: {reason}"))
}
