//! Parameters of a query: what they are called, in which order they are bound, and their values.

use std::sync::Arc;

use arrow::{
    array::{Array, ArrayRef, AsArray, RecordBatch},
    compute::{CastOptions, cast_with_options},
    datatypes::{DataType, Field, Float64Type, Int64Type, Schema, SchemaRef},
    error::ArrowError,
    util::display::array_value_to_string,
};
use outport_app::{
    engine::{Argument, Arguments, Prospect},
    gate::GateError,
};

use crate::{
    seal::{Bound, Statement, refusal},
    shape::plain_type,
};

/// The parameters of a query in the order in which values are bound: `$1`, `$2`… by number, then others by name.
pub(crate) fn names(prospect: &Prospect) -> Vec<String> {
    let mut names: Vec<_> = prospect.parameters.keys().cloned().collect();
    names.sort_by_cached_key(|name| (number(name).is_none(), number(name), name.clone()));
    names
}

/// The parameters as columns. One whose type the query does not tell has the type of nulls.
pub(crate) fn schema(prospect: &Prospect) -> SchemaRef {
    let fields = names(prospect).into_iter().map(|name| {
        let known = prospect.parameters.get(&name).and_then(Option::as_ref);
        let data_type = known.map_or(DataType::Null, plain_type);
        Field::new(name, data_type, true)
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// The number of `$1`, `$2`…
fn number(name: &str) -> Option<usize> {
    name.strip_prefix('$')?.parse().ok()
}

/// The values as the engine takes them: by name where the query leaves a number out.
pub(crate) fn arguments(statement: &Statement) -> Arguments {
    let Some(values) = &statement.values else { return Arguments::default() };
    let numbered = (1_usize..).zip(&statement.parameters).all(|(place, name)| number(name) == Some(place));
    if numbered {
        return Arguments::Positional(values.iter().map(Argument::from).collect());
    }
    let pairs = statement.parameters.iter().zip(values);
    Arguments::Named(pairs.map(|(name, value)| (bare(name).to_owned(), value.into())).collect())
}

fn bare(name: &str) -> &str {
    name.strip_prefix('$').unwrap_or(name)
}

/// The statement with the values of one row. Columns that are called like the parameters are taken by name, others in
/// order.
pub(crate) fn bind(statement: Statement, rows: &RecordBatch) -> Result<Statement, GateError> {
    let one_row = "bind one row of values, and send the query once for each row";
    match rows.num_rows() {
        1 => {}
        0 => return Err(refusal("no values were bound", one_row)),
        _ => return Err(refusal("several rows of values were bound", one_row)),
    }
    let (wanted, found) = (statement.parameters.len(), rows.num_columns());
    if wanted != found {
        let reason = format!("the query has {wanted} parameters, and {found} values were bound");
        return Err(refusal(reason, "bind one value for each of `$1`, `$2`…"));
    }
    let by_name = |name: &String| rows.column_by_name(name).or_else(|| rows.column_by_name(bare(name)));
    let named: Option<Vec<_>> = statement.parameters.iter().map(by_name).collect();
    let columns = named.unwrap_or_else(|| rows.columns().iter().collect());
    let values = statement.parameters.iter().zip(columns).map(|(name, column)| value(name, column));
    let values = values.collect::<Result<_, _>>()?;
    Ok(Statement { values: Some(values), ..statement })
}

/// The first value of a column.
fn value(name: &str, column: &ArrayRef) -> Result<Bound, GateError> {
    let wrong =
        |error: ArrowError| refusal(format!("the value for `{name}` cannot be read: {error}"), "bind a plain value");
    let column = cast(column, &plain_type(column.data_type())).map_err(wrong)?;
    if *column.data_type() == DataType::Null || column.is_null(0) {
        return Ok(Bound::Null);
    }
    match column.data_type() {
        DataType::Boolean => Ok(Bound::Boolean(column.as_boolean().value(0))),
        integer if integer.is_integer() => match cast(&column, &DataType::Int64) {
            Ok(column) => Ok(Bound::Integer(column.as_primitive::<Int64Type>().value(0))),
            Err(_) => text(&column).map_err(wrong),
        },
        float if float.is_floating() => {
            let column = cast(&column, &DataType::Float64).map_err(wrong)?;
            Ok(Bound::Float(column.as_primitive::<Float64Type>().value(0).to_bits()))
        }
        DataType::Date64 => text(&cast(&column, &DataType::Date32).map_err(wrong)?).map_err(wrong),
        DataType::Utf8
        | DataType::LargeUtf8
        | DataType::Date32
        | DataType::Time32(_)
        | DataType::Time64(_)
        | DataType::Timestamp(..)
        | DataType::Decimal32(..)
        | DataType::Decimal64(..)
        | DataType::Decimal128(..)
        | DataType::Decimal256(..) => text(&column).map_err(wrong),
        other => Err(refusal(
            format!("the value for `{name}` is of the type {other}, which no parameter takes"),
            "bind a number, a text, a day, a moment, or true or false",
        )),
    }
}

fn cast(column: &ArrayRef, data_type: &DataType) -> Result<ArrayRef, ArrowError> {
    cast_with_options(column, data_type, &CastOptions { safe: false, ..CastOptions::default() })
}

fn text(column: &ArrayRef) -> Result<Bound, ArrowError> {
    array_value_to_string(column, 0).map(Bound::Text)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use arrow::array::{
        BinaryArray, BooleanArray, Date32Array, Date64Array, Decimal128Array, DictionaryArray, Float32Array, Int8Array,
        Int64Array, NullArray, StringArray, StringViewArray, TimestampMicrosecondArray, UInt64Array,
    };
    use arrow::datatypes::Int32Type;

    use super::*;

    fn statement(parameters: &[&str]) -> Statement {
        let parameters = parameters.iter().map(|name| (*name).to_owned()).collect();
        Statement { sql: "SELECT".to_owned(), parameters, values: None }
    }

    fn row(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true)))
            .unwrap()
    }

    fn integers(values: &[i64]) -> ArrayRef {
        Arc::new(Int64Array::from(values.to_vec()))
    }

    #[test]
    fn parameters_are_bound_by_number_and_then_by_name() {
        let names_of = |parameters: &[&str]| {
            let parameters = parameters.iter().map(|name| ((*name).to_owned(), None)).collect();
            names(&Prospect { schema: Arc::new(Schema::empty()), parameters, reads: BTreeMap::new() })
        };
        assert_eq!(names_of(&["$10", "$9", "$1"]), ["$1", "$9", "$10"]);
        assert_eq!(names_of(&["$b", "$2", "$a"]), ["$2", "$a", "$b"]);
    }

    #[test]
    fn the_schema_of_parameters_has_the_types_that_are_known() {
        let known = Some(DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8View)));
        let parameters = BTreeMap::from([("$1".to_owned(), known), ("$2".to_owned(), None)]);
        let prospect = Prospect { schema: Arc::new(Schema::empty()), parameters, reads: BTreeMap::new() };
        let expect = Schema::new(vec![Field::new("$1", DataType::Utf8, true), Field::new("$2", DataType::Null, true)]);
        assert_eq!(*schema(&prospect), expect);
    }

    #[test]
    fn values_come_in_order_or_by_name() {
        let bound = |parameters: &[&str], columns: &[&str]| {
            let columns = columns.iter().zip(1..).map(|(name, n)| (*name, integers(&[n]))).collect();
            arguments(&bind(statement(parameters), &row(columns)).unwrap())
        };
        let [one, two] = [1, 2].map(Argument::Integer);
        assert_eq!(bound(&["$1", "$2"], &["0", "1"]), Arguments::Positional(vec![one.clone(), two.clone()]));
        assert_eq!(bound(&["$1", "$2"], &["$2", "$1"]), Arguments::Positional(vec![two.clone(), one.clone()]));
        assert_eq!(bound(&["$2"], &["x"]), Arguments::Named(BTreeMap::from([("2".to_owned(), one.clone())])));
        let named = BTreeMap::from([("a".to_owned(), two), ("b".to_owned(), one)]);
        assert_eq!(bound(&["$a", "$b"], &["b", "$a"]), Arguments::Named(named));
        assert_eq!(arguments(&statement(&["$1"])), Arguments::default());
    }

    #[test]
    fn one_row_is_bound_with_a_value_for_each_parameter() {
        let failure = |columns| bind(statement(&["$1"]), &row(columns)).unwrap_err().to_string();
        assert_eq!(failure(vec![("a", integers(&[]))]), "no values were bound");
        assert_eq!(failure(vec![("a", integers(&[1, 2]))]), "several rows of values were bound");
        let two = vec![("a", integers(&[1])), ("b", integers(&[1]))];
        assert_eq!(failure(two), "the query has 1 parameters, and 2 values were bound");
    }

    #[test]
    fn values_of_every_plain_type_are_taken() {
        let dictionary: DictionaryArray<Int32Type> = vec!["d"].into_iter().collect();
        let text = |text: &str| Bound::Text(text.to_owned());
        let cases: Vec<(ArrayRef, Bound)> = vec![
            (Arc::new(NullArray::new(1)), Bound::Null),
            (Arc::new(Int64Array::from(vec![None])), Bound::Null),
            (Arc::new(BooleanArray::from(vec![true])), Bound::Boolean(true)),
            (Arc::new(Int8Array::from(vec![-7])), Bound::Integer(-7)),
            (Arc::new(UInt64Array::from(vec![u64::MAX])), text("18446744073709551615")),
            (Arc::new(Float32Array::from(vec![0.5])), Bound::Float(0.5_f64.to_bits())),
            (Arc::new(StringArray::from(vec!["s"])), text("s")),
            (Arc::new(StringViewArray::from(vec!["v"])), text("v")),
            (Arc::new(dictionary), text("d")),
            (Arc::new(Date32Array::from(vec![20_000])), text("2024-10-04")),
            (Arc::new(Date64Array::from(vec![20_000 * 86_400_000])), text("2024-10-04")),
            (Arc::new(TimestampMicrosecondArray::from(vec![0]).with_timezone("UTC")), text("1970-01-01T00:00:00Z")),
            (Arc::new(Decimal128Array::from(vec![12_345]).with_precision_and_scale(10, 2).unwrap()), text("123.45")),
        ];
        for (column, expect) in cases {
            assert_eq!(value("$1", &column).unwrap(), expect, "{}", column.data_type());
        }
    }

    #[test]
    fn values_of_other_types_are_refused() {
        let bytes: ArrayRef = Arc::new(BinaryArray::from(vec![b"x".as_slice()]));
        let failure = value("$1", &bytes).unwrap_err().to_string();
        assert_eq!(failure, "the value for `$1` is of the type Binary, which no parameter takes");
    }
}
