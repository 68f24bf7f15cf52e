//! Columns that grow value by value.

use std::sync::Arc;

use datafusion::arrow::{
    array::{
        ArrayRef, BinaryBuilder, BooleanBuilder, Date32Builder, Decimal128Builder, Float32Builder, Float64Builder,
        Int8Builder, Int16Builder, Int32Builder, Int64Builder, ListArray, MapArray, NullBufferBuilder, StringBuilder,
        StructArray, TimestampMicrosecondBuilder,
    },
    buffer::OffsetBuffer,
    datatypes::{DataType as ArrowType, Field as ArrowField, Fields},
    error::ArrowError,
};
use outport_model::contract::DataType;

use super::cell::Cell;
use crate::types;

/// A column of one contract type.
#[derive(Debug)]
pub(super) struct Column {
    arrow: ArrowType,
    values: Values,
}

#[derive(Debug)]
enum Values {
    Boolean(BooleanBuilder),
    Int8(Int8Builder),
    Int16(Int16Builder),
    Int32(Int32Builder),
    Int64(Int64Builder),
    Float32(Float32Builder),
    Float64(Float64Builder),
    Decimal(Decimal128Builder),
    Date(Date32Builder),
    Timestamp(TimestampMicrosecondBuilder),
    Text(StringBuilder),
    Bytes(BinaryBuilder),
    List(Lengths, Box<Column>),
    Struct(NullBufferBuilder, usize, Vec<Column>),
    Map(Lengths, Box<Column>, Box<Column>),
}

/// How many items each row has, and which rows have a value at all.
#[derive(Debug)]
struct Lengths {
    lengths: Vec<usize>,
    present: NullBufferBuilder,
}

impl Lengths {
    fn new(rows: usize) -> Self {
        Self { lengths: Vec::with_capacity(rows), present: NullBufferBuilder::new(rows) }
    }

    fn push(&mut self, length: Option<usize>) {
        self.lengths.push(length.unwrap_or(0));
        self.present.append(length.is_some());
    }
}

impl Column {
    /// An empty column with room for some rows.
    pub(super) fn new(data_type: &DataType, rows: usize) -> Self {
        let arrow = types::to_arrow(data_type);
        let values = match data_type {
            DataType::List(item) => Values::List(Lengths::new(rows), Box::new(Self::new(item, rows))),
            DataType::Struct(fields) => Values::Struct(
                NullBufferBuilder::new(rows),
                0,
                fields.iter().map(|f| Self::new(&f.data_type, rows)).collect(),
            ),
            DataType::Map(key, value) => {
                Values::Map(Lengths::new(rows), Box::new(Self::new(key, rows)), Box::new(Self::new(value, rows)))
            }
            _ => scalar(&arrow, rows),
        };
        Self { arrow, values }
    }

    /// Adds one value. A value of another type than the column's counts as none.
    pub(super) fn push(&mut self, cell: Cell<'_>) {
        match (&mut self.values, cell) {
            (Values::Boolean(b), cell) => b.append_option(if let Cell::Boolean(v) = cell { Some(v) } else { None }),
            (Values::Int8(b), cell) => b.append_option(whole(&cell)),
            (Values::Int16(b), cell) => b.append_option(whole(&cell)),
            (Values::Int32(b), cell) => b.append_option(whole(&cell)),
            (Values::Int64(b), cell) => b.append_option(whole(&cell)),
            (Values::Decimal(b), cell) => b.append_option(whole(&cell)),
            (Values::Date(b), cell) => b.append_option(whole(&cell)),
            (Values::Timestamp(b), cell) => b.append_option(whole(&cell)),
            #[expect(clippy::cast_possible_truncation, reason = "the text was read with 32 bits")]
            (Values::Float32(b), cell) => b.append_option(float(&cell).map(|v| v as f32)),
            (Values::Float64(b), cell) => b.append_option(float(&cell)),
            (Values::Text(b), cell) => b.append_option(if let Cell::Text(v) = &cell { Some(v) } else { None }),
            (Values::Bytes(b), cell) => {
                b.append_option(if let Cell::Text(v) = &cell { Some(v.as_bytes()) } else { None });
            }
            (Values::List(lengths, items), cell) => {
                let found = if let Cell::List(found) = cell { Some(found) } else { None };
                lengths.push(found.as_ref().map(Vec::len));
                found.into_iter().flatten().for_each(|item| items.push(item));
            }
            (Values::Struct(present, rows, columns), cell) => {
                *rows += 1;
                let found = if let Cell::Struct(found) = cell { Some(found) } else { None };
                present.append(found.is_some());
                let mut found = found.into_iter().flatten();
                columns.iter_mut().for_each(|c| c.push(found.next().unwrap_or(Cell::Null)));
            }
            (Values::Map(lengths, keys, values), cell) => {
                let found = if let Cell::Map(found) = cell { Some(found) } else { None };
                lengths.push(found.as_ref().map(Vec::len));
                for (key, value) in found.into_iter().flatten() {
                    keys.push(key);
                    values.push(value);
                }
            }
        }
    }

    /// The column as an array; the builder is empty again.
    pub(super) fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        Ok(match &mut self.values {
            Values::Boolean(b) => Arc::new(b.finish()),
            Values::Int8(b) => Arc::new(b.finish()),
            Values::Int16(b) => Arc::new(b.finish()),
            Values::Int32(b) => Arc::new(b.finish()),
            Values::Int64(b) => Arc::new(b.finish()),
            Values::Float32(b) => Arc::new(b.finish()),
            Values::Float64(b) => Arc::new(b.finish()),
            Values::Decimal(b) => Arc::new(b.finish().with_data_type(self.arrow.clone())),
            Values::Date(b) => Arc::new(b.finish()),
            Values::Timestamp(b) => Arc::new(b.finish().with_data_type(self.arrow.clone())),
            Values::Text(b) => Arc::new(b.finish()),
            Values::Bytes(b) => Arc::new(b.finish()),
            Values::List(lengths, items) => finish_list(lengths, items, &self.arrow)?,
            Values::Struct(present, rows, columns) => finish_struct(present, rows, columns, &self.arrow)?,
            Values::Map(lengths, keys, values) => finish_map(lengths, keys, values, &self.arrow)?,
        })
    }
}

fn scalar(arrow: &ArrowType, rows: usize) -> Values {
    match arrow {
        ArrowType::Boolean => Values::Boolean(BooleanBuilder::with_capacity(rows)),
        ArrowType::Int8 => Values::Int8(Int8Builder::with_capacity(rows)),
        ArrowType::Int16 => Values::Int16(Int16Builder::with_capacity(rows)),
        ArrowType::Int32 => Values::Int32(Int32Builder::with_capacity(rows)),
        ArrowType::Int64 => Values::Int64(Int64Builder::with_capacity(rows)),
        ArrowType::Float32 => Values::Float32(Float32Builder::with_capacity(rows)),
        ArrowType::Float64 => Values::Float64(Float64Builder::with_capacity(rows)),
        ArrowType::Decimal128(_, _) => Values::Decimal(Decimal128Builder::with_capacity(rows)),
        ArrowType::Date32 => Values::Date(Date32Builder::with_capacity(rows)),
        ArrowType::Timestamp(_, _) => Values::Timestamp(TimestampMicrosecondBuilder::with_capacity(rows)),
        ArrowType::Binary => Values::Bytes(BinaryBuilder::with_capacity(rows, rows * 16)),
        _ => Values::Text(StringBuilder::with_capacity(rows, rows * 16)),
    }
}

fn whole<T: TryFrom<i128>>(cell: &Cell<'_>) -> Option<T> {
    if let Cell::Whole(value) = cell { T::try_from(*value).ok() } else { None }
}

fn float(cell: &Cell<'_>) -> Option<f64> {
    if let Cell::Float(value) = cell { Some(*value) } else { None }
}

fn finish_list(lengths: &mut Lengths, items: &mut Column, arrow: &ArrowType) -> Result<ArrayRef, ArrowError> {
    let ArrowType::List(field) = arrow else { return Err(ArrowError::SchemaError(format!("{arrow} is no list"))) };
    let offsets = OffsetBuffer::from_lengths(std::mem::take(&mut lengths.lengths));
    let present = lengths.present.finish();
    Ok(Arc::new(ListArray::try_new(Arc::clone(field), offsets, items.finish()?, present)?))
}

fn finish_struct(
    present: &mut NullBufferBuilder,
    rows: &mut usize,
    columns: &mut [Column],
    arrow: &ArrowType,
) -> Result<ArrayRef, ArrowError> {
    let ArrowType::Struct(fields) = arrow else { return Err(ArrowError::SchemaError(format!("{arrow} is no object"))) };
    let (present, rows) = (present.finish(), std::mem::take(rows));
    let arrays = columns.iter_mut().map(Column::finish).collect::<Result<Vec<_>, _>>()?;
    Ok(Arc::new(StructArray::try_new_with_length(fields.clone(), arrays, present, rows)?))
}

fn finish_map(
    lengths: &mut Lengths,
    keys: &mut Column,
    values: &mut Column,
    arrow: &ArrowType,
) -> Result<ArrayRef, ArrowError> {
    let ArrowType::Map(field, sorted) = arrow else {
        return Err(ArrowError::SchemaError(format!("{arrow} is no map")));
    };
    let entries = Fields::from(vec![
        ArrowField::new("key", keys.arrow.clone(), false),
        ArrowField::new("value", values.arrow.clone(), true),
    ]);
    let entries = StructArray::try_new(entries, vec![keys.finish()?, values.finish()?], None)?;
    let offsets = OffsetBuffer::from_lengths(std::mem::take(&mut lengths.lengths));
    Ok(Arc::new(MapArray::try_new(Arc::clone(field), offsets, entries, lengths.present.finish(), *sorted)?))
}
