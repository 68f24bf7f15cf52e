//! `?column=value` and `?column=operator.value`.

use outport_model::{access::Comparison, contract::DataType};

use super::{fault::Fault, list, predicate::Predicate, shape::Seen, value::argument};

/// The operators, as an address writes them.
pub(crate) const OPERATORS: [&str; 10] = ["eq", "ne", "lt", "lte", "gt", "gte", "in", "like", "ilike", "is"];

/// The condition that an address puts on a column. A text that begins with no operator is a value itself.
pub(crate) fn filter(column: &Seen, text: &str) -> Result<Predicate, Fault> {
    let compare =
        |comparison, value: &str| Ok(Predicate::Compare(column.name.clone(), comparison, argument(column, value)?));
    match text.split_once('.') {
        Some(("eq", value)) => compare(Comparison::Equal, value),
        Some(("ne", value)) => compare(Comparison::NotEqual, value),
        Some(("lt", value)) => compare(Comparison::Less, value),
        Some(("lte", value)) => compare(Comparison::LessOrEqual, value),
        Some(("gt", value)) => compare(Comparison::Greater, value),
        Some(("gte", value)) => compare(Comparison::GreaterOrEqual, value),
        Some(("in", values)) => any_of(column, values),
        Some(("like", pattern)) => like(column, pattern, false),
        Some(("ilike", pattern)) => like(column, pattern, true),
        Some(("is", what)) => is(column, what),
        _ => compare(Comparison::Equal, text),
    }
}

fn any_of(column: &Seen, text: &str) -> Result<Predicate, Fault> {
    let inner = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')).ok_or_else(|| {
        Fault::new(format!("`in.{text}` has no list"))
            .help("write the values as `in.(a,b)`; one with a comma as `\"a,b\"`")
    })?;
    let values = list::items(inner)?.into_iter().map(|item| argument(column, &item.whole()?));
    Ok(Predicate::AnyOf(column.name.clone(), values.collect::<Result<_, _>>()?))
}

fn like(column: &Seen, pattern: &str, fold: bool) -> Result<Predicate, Fault> {
    if column.data_type != DataType::String {
        return Err(Fault::new(format!("column `{}` holds no text", column.name)).help("`like` is for text"));
    }
    let mut escaped = String::with_capacity(pattern.len());
    for character in pattern.chars() {
        match character {
            '*' => escaped.push('%'),
            '%' | '_' | '\\' => escaped.extend(['\\', character]),
            other => escaped.push(other),
        }
    }
    Ok(Predicate::Like { column: column.name.clone(), pattern: escaped, fold })
}

fn is(column: &Seen, what: &str) -> Result<Predicate, Fault> {
    match what {
        "null" => Ok(Predicate::Missing(column.name.clone())),
        "notnull" => Ok(Predicate::Present(column.name.clone())),
        _ => Err(Fault::new(format!("`is.{what}` is not known")).help("ask `is.null` or `is.notnull`")),
    }
}
