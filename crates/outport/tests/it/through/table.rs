//! Rows in one form.

use std::{collections::BTreeMap, fmt};

use arrow::{
    array::{Array, AsArray, RecordBatch},
    compute::cast,
    datatypes::{DataType, Date32Type, Decimal128Type, Int64Type},
    util::display::array_value_to_string,
};
use serde_json::Value;

/// A value, whatever a protocol makes of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cell {
    Missing,
    Flag(bool),
    Number(i64),
    /// Text, and what JSON has no type for: days and decimals.
    Text(String),
}

/// A row by column.
pub(crate) type Row = BTreeMap<String, Cell>;

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => Ok(()),
            Self::Flag(value) => write!(f, "{value}"),
            Self::Number(value) => write!(f, "{value}"),
            Self::Text(value) => f.write_str(value),
        }
    }
}

impl Cell {
    /// As CSV has it: without types, and nothing for a missing value.
    pub(crate) fn in_csv(&self) -> Self {
        Self::Text(self.to_string())
    }

    /// As PostgreSQL writes it in text.
    pub(crate) fn in_postgres_text(&self) -> Self {
        match self {
            Self::Missing => Self::Missing,
            Self::Flag(value) => Self::Text(if *value { "t" } else { "f" }.to_owned()),
            other => Self::Text(other.to_string()),
        }
    }
}

/// Rows of Arrow.
pub(super) fn of_arrow(batches: &[RecordBatch]) -> Vec<Row> {
    let mut rows = Vec::new();
    for batch in batches {
        let fields = batch.schema();
        let names = fields.fields().iter().map(|field| field.name().clone());
        let columns: Vec<_> = names.zip(batch.columns().iter().map(|column| cells(column.as_ref()))).collect();
        rows.extend(
            (0..batch.num_rows())
                .map(|at| columns.iter().map(|(name, cells)| (name.clone(), cells[at].clone())).collect()),
        );
    }
    rows
}

fn cells(column: &dyn Array) -> Vec<Cell> {
    let cell = |at: usize| {
        if column.is_null(at) {
            return Cell::Missing;
        }
        match column.data_type() {
            DataType::Boolean => Cell::Flag(column.as_boolean().value(at)),
            DataType::Date32 => Cell::Text(column.as_primitive::<Date32Type>().value_as_date(at).unwrap().to_string()),
            DataType::Decimal128(_, _) => Cell::Text(column.as_primitive::<Decimal128Type>().value_as_string(at)),
            data_type if data_type.is_integer() => {
                let whole = cast(column, &DataType::Int64).unwrap();
                Cell::Number(whole.as_primitive::<Int64Type>().value(at))
            }
            _ => Cell::Text(array_value_to_string(column, at).unwrap()),
        }
    };
    (0..column.len()).map(cell).collect()
}

/// A row of JSON.
pub(super) fn of_json(row: &Value) -> Row {
    let members = row.as_object().unwrap_or_else(|| panic!("a row is no object: {row}"));
    members.iter().map(|(name, value)| (name.clone(), cell(value))).collect()
}

fn cell(value: &Value) -> Cell {
    match value {
        Value::Null => Cell::Missing,
        Value::Bool(value) => Cell::Flag(*value),
        Value::Number(number) => Cell::Number(number.as_i64().unwrap_or_else(|| panic!("{number} is not whole"))),
        Value::String(text) => Cell::Text(text.clone()),
        other => panic!("a value has parts: {other}"),
    }
}

/// Rows of CSV with a line of names.
pub(super) fn of_csv(text: &str) -> Vec<Row> {
    let mut records = records(text).into_iter();
    let names = records.next().unwrap_or_default();
    records
        .map(|record| {
            assert_eq!(record.len(), names.len(), "{record:?}");
            names.iter().cloned().zip(record.into_iter().map(Cell::Text)).collect()
        })
        .collect()
}

/// RFC 4180: fields with commas, in quotes where they must be.
fn records(text: &str) -> Vec<Vec<String>> {
    let (mut records, mut record, mut field) = (Vec::new(), Vec::new(), String::new());
    let mut letters = text.chars().peekable();
    let mut quoted = false;
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => field.push(letters.next().unwrap()),
            '"' => quoted = !quoted,
            ',' if !quoted => record.push(std::mem::take(&mut field)),
            '\r' if !quoted => {}
            '\n' if !quoted => {
                record.push(std::mem::take(&mut field));
                records.push(std::mem::take(&mut record));
            }
            letter => field.push(letter),
        }
    }
    records
}
