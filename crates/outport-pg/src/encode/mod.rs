//! Rows of Arrow batches as rows of the protocol.
//!
//! - [`kind`]: which PostgreSQL type an Arrow type is;
//! - [`value`]: one value of an array, whatever its Arrow type;
//! - [`text`] and [`binary`]: such a value in the two formats of the protocol.

pub(crate) mod binary;
mod json;
pub(crate) mod kind;
pub(crate) mod numeric;
pub(crate) mod text;
pub(crate) mod value;

use std::sync::Arc;

use arrow::{array::Array, datatypes::Schema, record_batch::RecordBatch};
use bytes::{BufMut, BytesMut};
use pgwire::{
    api::Type,
    messages::data::{FORMAT_CODE_BINARY, FORMAT_CODE_TEXT, FieldDescription, RowDescription},
};

use self::value::Value;
use crate::failure::Failure;

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// As text.
    Text,
    /// As PostgreSQL has it in memory, big end first.
    Binary,
}

impl Format {
    /// The code of the protocol.
    pub(crate) const fn code(self) -> i16 {
        match self {
            Self::Text => FORMAT_CODE_TEXT,
            Self::Binary => FORMAT_CODE_BINARY,
        }
    }

    /// The format of each of `count` values: none said is text, one said is for all.
    pub(crate) fn of_each(codes: &[i16], count: usize) -> Result<Vec<Self>, Failure> {
        let format = |code: &i16| match *code {
            FORMAT_CODE_TEXT => Ok(Self::Text),
            FORMAT_CODE_BINARY => Ok(Self::Binary),
            other => Err(Failure::Mismatch(format!("there is no format {other}"))),
        };
        match codes {
            [] => Ok(vec![Self::Text; count]),
            [code] => Ok(vec![format(code)?; count]),
            codes if codes.len() == count => codes.iter().map(format).collect(),
            codes => Err(Failure::Mismatch(format!("there are {} formats for {count} values", codes.len()))),
        }
    }
}

/// A column of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    /// Its name.
    pub(crate) name: String,
    /// Its type.
    pub(crate) kind: Type,
    /// What is special about the type, such as precision and scale; -1 for nothing.
    pub(crate) modifier: i32,
    /// How its values are written.
    pub(crate) format: Format,
}

/// The columns of a schema, all as text.
pub(crate) fn columns(schema: &Schema) -> Vec<Column> {
    let column = |field: &Arc<arrow::datatypes::Field>| Column {
        name: field.name().clone(),
        kind: kind::of_field(field),
        modifier: kind::modifier(field.data_type()),
        format: Format::Text,
    };
    schema.fields().iter().map(column).collect()
}

/// The same columns in the formats that the client wants.
pub(crate) fn with_formats(mut columns: Vec<Column>, codes: &[i16]) -> Result<Vec<Column>, Failure> {
    let formats = Format::of_each(codes, columns.len())?;
    for (column, format) in columns.iter_mut().zip(formats) {
        column.format = format;
    }
    Ok(columns)
}

/// The description of columns.
pub(crate) fn description(columns: &[Column]) -> RowDescription {
    let field = |column: &Column| {
        let name = column.name.replace('\0', "");
        FieldDescription::new(
            name,
            0,
            0,
            column.kind.oid(),
            kind::size(&column.kind),
            column.modifier,
            column.format.code(),
        )
    };
    RowDescription::new(columns.iter().map(field).collect())
}

/// Writes one row: the count of its values, and each with its length.
pub(crate) fn row(batch: &RecordBatch, row: usize, columns: &[Column], out: &mut BytesMut) -> Result<(), Failure> {
    let count = i16::try_from(columns.len())
        .map_err(|_| Failure::Mismatch(format!("a row cannot have {} columns", columns.len())))?;
    out.put_i16(count);
    for (column, array) in columns.iter().zip(batch.columns()) {
        field(array, row, column, out)?;
    }
    Ok(())
}

/// Writes one value with its length.
pub(crate) fn field(array: &dyn Array, row: usize, column: &Column, out: &mut BytesMut) -> Result<(), Failure> {
    let value = value::of(array, row);
    with_length(out, |out| match (&value, column.format) {
        (Value::Null, _) => Ok(false),
        (value, Format::Text) => text::write(value, out).map(|()| true),
        (value, Format::Binary) => binary::write(value, &column.kind, out).map(|()| true),
    })
    .map_err(|value::OutOfRange| Failure::OutOfRange {
        column: column.name.clone(),
        type_name: column.kind.name().to_owned(),
    })
}

/// Writes what `write` writes, with its length before it; -1 where it writes nothing.
fn with_length<E>(out: &mut BytesMut, write: impl FnOnce(&mut BytesMut) -> Result<bool, E>) -> Result<(), E> {
    let start = out.len();
    out.put_i32(-1);
    if write(out)? {
        // A value of two gigabytes is beyond what the gate lets through.
        let length = i32::try_from(out.len() - start - 4).unwrap_or(i32::MAX);
        out[start..start + 4].copy_from_slice(&length.to_be_bytes());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_for_all_or_for_each() {
        assert_eq!(Format::of_each(&[], 2).unwrap(), [Format::Text, Format::Text]);
        assert_eq!(Format::of_each(&[1], 2).unwrap(), [Format::Binary, Format::Binary]);
        assert_eq!(Format::of_each(&[0, 1], 2).unwrap(), [Format::Text, Format::Binary]);
        assert!(Format::of_each(&[0, 1], 3).is_err());
        assert!(Format::of_each(&[2], 1).is_err());
    }
}
