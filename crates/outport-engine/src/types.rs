//! Contract types as Arrow types and back.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType as ArrowType, Field as ArrowField, Fields, Schema, SchemaRef, TimeUnit};
use outport_model::contract::{Column, DataType, Field, TableSchema};

/// The zone in which points in time are stored.
pub const UTC: &str = "UTC";

/// The Arrow type that holds values of a contract type. Delta Lake can store every one of them.
pub fn to_arrow(data_type: &DataType) -> ArrowType {
    match data_type {
        DataType::String | DataType::Time => ArrowType::Utf8,
        DataType::Boolean => ArrowType::Boolean,
        DataType::Integer { bits, signed } => integer(*bits, *signed),
        DataType::Float { bits: 32 } => ArrowType::Float32,
        DataType::Float { .. } => ArrowType::Float64,
        DataType::Decimal { precision, scale } => ArrowType::Decimal128(*precision, *scale),
        DataType::Date => ArrowType::Date32,
        DataType::Timestamp { zoned } => ArrowType::Timestamp(TimeUnit::Microsecond, zoned.then(|| UTC.into())),
        DataType::Binary => ArrowType::Binary,
        DataType::List(item) => ArrowType::List(Arc::new(ArrowField::new("element", to_arrow(item), true))),
        DataType::Struct(fields) => ArrowType::Struct(fields.iter().map(to_field).collect::<Fields>()),
        DataType::Map(key, value) => ArrowType::Map(
            Arc::new(ArrowField::new(
                "key_value",
                ArrowType::Struct(Fields::from(vec![
                    ArrowField::new("key", to_arrow(key), false),
                    ArrowField::new("value", to_arrow(value), true),
                ])),
                false,
            )),
            false,
        ),
    }
}

/// Delta Lake has signed integers only, so an unsigned one takes the next wider signed type.
fn integer(bits: u8, signed: bool) -> ArrowType {
    match (bits, signed) {
        (8, true) => ArrowType::Int8,
        (16, true) | (8, false) => ArrowType::Int16,
        (32, true) | (16, false) => ArrowType::Int32,
        (64, true) | (32, false) => ArrowType::Int64,
        _ => ArrowType::Decimal128(20, 0),
    }
}

fn to_field(field: &Field) -> ArrowField {
    ArrowField::new(&field.name, to_arrow(&field.data_type), field.nullable)
}

/// The Arrow schema of a contract's table.
pub fn to_schema(table: &TableSchema) -> SchemaRef {
    columns_schema(&table.columns)
}

/// The Arrow schema of columns of a contract.
pub(crate) fn columns_schema(columns: &[Column]) -> SchemaRef {
    let field = |c: &Column| ArrowField::new(&c.name, to_arrow(&c.data_type), c.nullable);
    Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()))
}

/// The same schema with every column nullable: what can be said of rows that were not checked yet.
pub fn to_nullable_schema(table: &TableSchema) -> SchemaRef {
    let field = |c: &Column| ArrowField::new(&c.name, to_arrow(&c.data_type), true);
    Arc::new(Schema::new(table.columns.iter().map(field).collect::<Vec<_>>()))
}

/// Whether values of an Arrow type fit a contract type as they are or by a cast that loses nothing.
pub fn fits(found: &ArrowType, wanted: &DataType) -> bool {
    let wanted_arrow = to_arrow(wanted);
    if *found == wanted_arrow {
        return true;
    }
    match (found, &wanted_arrow) {
        (ArrowType::Null, _)
        | (ArrowType::Utf8View | ArrowType::LargeUtf8, ArrowType::Utf8)
        | (ArrowType::BinaryView | ArrowType::LargeBinary | ArrowType::FixedSizeBinary(_), ArrowType::Binary)
        | (ArrowType::Date64, ArrowType::Date32)
        | (ArrowType::Float32 | ArrowType::Float16, ArrowType::Float64)
        | (ArrowType::Float16, ArrowType::Float32) => true,
        (ArrowType::Dictionary(_, value), _) => fits(value, wanted),
        (ArrowType::Timestamp(_, a), ArrowType::Timestamp(_, b)) => a.is_some() == b.is_some(),
        (ArrowType::Decimal128(p, s), ArrowType::Decimal128(q, t)) => {
            i16::from(*p) - i16::from(*s) <= i16::from(*q) - i16::from(*t) && s <= t
        }
        (a, ArrowType::Decimal128(p, s)) if a.is_integer() => i16::from(*p) - i16::from(*s) >= decimal_digits(a),
        (a, b) if a.is_integer() && b.is_integer() => integer_fits(a, b),
        (a, ArrowType::Float64) if a.is_integer() => a.primitive_width().is_some_and(|w| w <= 4),
        (
            ArrowType::List(item)
            | ArrowType::LargeList(item)
            | ArrowType::ListView(item)
            | ArrowType::FixedSizeList(item, _),
            ArrowType::List(_),
        ) => matches!(wanted, DataType::List(inner) if fits(item.data_type(), inner)),
        (ArrowType::Struct(found), ArrowType::Struct(_)) => struct_fits(found, wanted),
        (ArrowType::Map(found, _), ArrowType::Map(_, _)) => map_fits(found.data_type(), wanted),
        _ => false,
    }
}

fn decimal_digits(integer: &ArrowType) -> i16 {
    match integer.primitive_width() {
        Some(1) => 3,
        Some(2) => 5,
        Some(4) => 10,
        _ => 20,
    }
}

fn integer_fits(found: &ArrowType, wanted: &ArrowType) -> bool {
    let (Some(from), Some(to)) = (found.primitive_width(), wanted.primitive_width()) else { return false };
    match (found.is_unsigned_integer(), wanted.is_unsigned_integer()) {
        (true, false) => from < to,
        (false, true) => false,
        _ => from <= to,
    }
}

fn struct_fits(found: &Fields, wanted: &DataType) -> bool {
    let DataType::Struct(fields) = wanted else { return false };
    fields.len() == found.len()
        && fields.iter().zip(found).all(|(w, f)| w.name == *f.name() && fits(f.data_type(), &w.data_type))
}

fn map_fits(entries: &ArrowType, wanted: &DataType) -> bool {
    match (entries, wanted) {
        (ArrowType::Struct(fields), DataType::Map(key, value)) if fields.len() == 2 => {
            fits(fields[0].data_type(), key) && fits(fields[1].data_type(), value)
        }
        _ => false,
    }
}

/// An Arrow type in the words of contracts, for messages.
pub fn describe(arrow: &ArrowType) -> String {
    match arrow {
        ArrowType::Utf8 | ArrowType::Utf8View | ArrowType::LargeUtf8 => "string".to_owned(),
        ArrowType::Boolean => "boolean".to_owned(),
        a if a.is_integer() => {
            let sign = if a.is_unsigned_integer() { 'u' } else { 'i' };
            format!("integer ({sign}{})", a.primitive_width().unwrap_or(8) * 8)
        }
        ArrowType::Float16 => "number (f16)".to_owned(),
        ArrowType::Float32 => "number (f32)".to_owned(),
        ArrowType::Float64 => "number (f64)".to_owned(),
        ArrowType::Decimal128(p, s) | ArrowType::Decimal256(p, s) => format!("number (decimal({p},{s}))"),
        ArrowType::Date32 | ArrowType::Date64 => "date".to_owned(),
        ArrowType::Time32(_) | ArrowType::Time64(_) => "time".to_owned(),
        ArrowType::Timestamp(_, Some(_)) => "timestamp".to_owned(),
        ArrowType::Timestamp(_, None) => "timestamp without time zone".to_owned(),
        ArrowType::Interval(_) | ArrowType::Duration(_) => "interval".to_owned(),
        ArrowType::Binary | ArrowType::BinaryView | ArrowType::LargeBinary => "binary".to_owned(),
        ArrowType::List(item) | ArrowType::LargeList(item) => format!("array of {}", describe(item.data_type())),
        ArrowType::Struct(fields) => format!("object of {} fields", fields.len()),
        ArrowType::Map(_, _) => "map".to_owned(),
        ArrowType::Dictionary(_, value) => describe(value),
        ArrowType::Null => "null".to_owned(),
        other => other.to_string(),
    }
}
