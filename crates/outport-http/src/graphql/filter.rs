//! Arguments of a root field, as what the data API takes.

use async_graphql::{
    Value,
    dynamic::{ObjectAccessor, ValueAccessor},
};
use outport_model::{access::Comparison, contract::DataType};

use super::tables::Table;
use crate::rest::{
    fault::Fault,
    parameters::{Order, Parameters},
    predicate::Predicate,
    shape::Seen,
    value::argument,
};

/// Rows of a page where nothing is said.
pub(super) const ROWS: usize = 100;

/// Rows of a page at most.
pub(super) const MOST_ROWS: usize = 1_000;

/// What comes after the name of a column in an order.
pub(super) const ASCENDING: &str = "_ASC";

/// The same, for the greatest first.
pub(super) const DESCENDING: &str = "_DESC";

/// What the arguments ask of a table.
pub(super) fn parameters(
    table: &Table,
    arguments: &ObjectAccessor<'_>,
    select: Vec<String>,
) -> Result<Parameters, Fault> {
    let given = |name: &str| arguments.get(name).filter(|value| !value.is_null());
    let mut parameters =
        Parameters { select, filters: Vec::new(), order: Vec::new(), limit: ROWS, cursor: None, format: None };
    if let Some(first) = given("first") {
        let first = first.u64().ok().and_then(|first| usize::try_from(first).ok());
        let in_range = first.filter(|first| (1..=MOST_ROWS).contains(first));
        parameters.limit = in_range.ok_or_else(|| Fault::new(format!("`first` is not between 1 and {MOST_ROWS}")))?;
    }
    if let Some(after) = given("after") {
        parameters.cursor = Some(after.string().map_err(|_| Fault::new("`after` is not a cursor"))?.to_owned());
    }
    if let Some(filter) = given("where") {
        parameters.filters = conditions(table, &filter)?;
    }
    if let Some(order) = given("orderBy") {
        let list = order.list().map_err(|_| Fault::new("`orderBy` is not a list"))?;
        parameters.order = list.iter().map(|item| self::order(table, &item)).collect::<Result<_, _>>()?;
    }
    Ok(parameters)
}

fn order(table: &Table, item: &ValueAccessor<'_>) -> Result<Order, Fault> {
    let name = item.enum_name().map_err(|_| Fault::new("`orderBy` has what is no column"))?;
    let (field, descending) = match (name.strip_suffix(DESCENDING), name.strip_suffix(ASCENDING)) {
        (Some(field), _) => (field, true),
        (None, Some(field)) => (field, false),
        (None, None) => (name, false),
    };
    let column = table.column(field).ok_or_else(|| Fault::new(format!("there is no column `{field}`")))?;
    Ok(Order { column: column.name.clone(), descending, nulls_first: false })
}

fn conditions(table: &Table, filter: &ValueAccessor<'_>) -> Result<Vec<Predicate>, Fault> {
    let wrong = || Fault::new("`where` is not an object of columns");
    let mut conditions = Vec::new();
    for (field, asked) in filter.object().map_err(|_| wrong())?.iter().filter(|(_, asked)| !asked.is_null()) {
        let column = table.column(field).ok_or_else(wrong)?;
        for (operator, value) in asked.object().map_err(|_| wrong())?.iter() {
            conditions.push(condition(column, operator, &value)?);
        }
    }
    Ok(conditions)
}

fn condition(column: &Seen, operator: &str, value: &ValueAccessor<'_>) -> Result<Predicate, Fault> {
    let name = column.name.clone();
    let wrong = || Fault::new(format!("`{operator}` of column `{}` has a value that it cannot have", column.name));
    if operator == "isNull" {
        let missing = value.boolean().map_err(|_| wrong())?;
        return Ok(if missing { Predicate::Missing(name) } else { Predicate::Present(name) });
    }
    if value.is_null() {
        return Err(wrong().help("ask for missing values with `isNull`"));
    }
    if operator == "in" {
        let values = value.list().map_err(|_| wrong())?;
        let values = values.iter().map(|value| argument(column, &text(value.as_value()).ok_or_else(wrong)?));
        return Ok(Predicate::AnyOf(name, values.collect::<Result<_, _>>()?));
    }
    if operator == "like" {
        let pattern = value.string().map_err(|_| wrong())?.to_owned();
        return Ok(Predicate::Like { column: name, pattern, fold: false });
    }
    let comparison = match operator {
        "eq" => Comparison::Equal,
        "ne" => Comparison::NotEqual,
        "lt" => Comparison::Less,
        "lte" => Comparison::LessOrEqual,
        "gt" => Comparison::Greater,
        "gte" => Comparison::GreaterOrEqual,
        _ => return Err(wrong()),
    };
    Ok(Predicate::Compare(name, comparison, argument(column, &text(value.as_value()).ok_or_else(wrong)?)?))
}

/// A single value as an address would have it.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Boolean(value) => Some(value.to_string()),
        Value::Null | Value::Enum(_) | Value::Binary(_) | Value::List(_) | Value::Object(_) => None,
    }
}

/// What the values of a column are called, and which operators they have.
pub(super) fn scalar(data_type: &DataType) -> (&'static str, Operators) {
    match data_type {
        DataType::String => ("String", Operators::Text),
        DataType::Boolean => ("Boolean", Operators::Equality),
        DataType::Integer { bits, signed } if *bits < 32 || (*bits == 32 && *signed) => ("Int", Operators::Order),
        DataType::Integer { .. } => ("Long", Operators::Order),
        DataType::Float { .. } => ("Float", Operators::Order),
        DataType::Decimal { .. } => ("Decimal", Operators::Order),
        DataType::Date => ("Date", Operators::Order),
        DataType::Time => ("Time", Operators::Order),
        DataType::Timestamp { .. } => ("Timestamp", Operators::Order),
        DataType::Binary => ("Bytes", Operators::Presence),
        DataType::List(_) | DataType::Struct(_) | DataType::Map(..) => ("Json", Operators::Presence),
    }
}

/// What can be asked of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operators {
    /// Whether there is one.
    Presence,
    /// Whether it is another one, too.
    Equality,
    /// How they are ordered, too.
    Order,
    /// Its form, too.
    Text,
}

impl Operators {
    /// The operators that take a value of the same type.
    pub(super) fn comparisons(self) -> &'static [&'static str] {
        match self {
            Self::Presence => &[],
            Self::Equality => &["eq", "ne"],
            Self::Order | Self::Text => &["eq", "ne", "lt", "lte", "gt", "gte"],
        }
    }
}
