//! Types as Delta Lake has them.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef, Fields, Schema, SchemaRef, TimeUnit};
use serde_json::{Value, json};

use super::capabilities::TIMESTAMP_NTZ;

/// The schema of a file that Delta Lake can have, into which rows of this schema are cast.
pub(super) fn storable(schema: &Schema) -> SchemaRef {
    Arc::new(Schema::new(schema.fields().iter().map(storable_field).collect::<Fields>()))
}

/// `schemaString`: a storable schema in the notation of Spark.
pub(super) fn spark(schema: &Schema) -> String {
    spark_struct(schema.fields()).to_string()
}

/// What a client must be able to read beyond the beginnings of the format.
pub(super) fn features(schema: &Schema) -> Vec<&'static str> {
    let needs = schema.fields().iter().any(|field| has_wall_clock(field.data_type()));
    if needs { vec![TIMESTAMP_NTZ] } else { Vec::new() }
}

fn has_wall_clock(data_type: &DataType) -> bool {
    match data_type {
        DataType::Timestamp(_, None) => true,
        DataType::List(item) | DataType::Map(item, _) => has_wall_clock(item.data_type()),
        DataType::Struct(fields) => fields.iter().any(|field| has_wall_clock(field.data_type())),
        _ => false,
    }
}

fn storable_field(field: &FieldRef) -> FieldRef {
    Arc::new(Field::new(field.name(), storable_type(field.data_type()), field.is_nullable()))
}

fn storable_type(data_type: &DataType) -> DataType {
    match data_type {
        DataType::UInt8 => DataType::Int16,
        DataType::UInt16 => DataType::Int32,
        DataType::UInt32 => DataType::Int64,
        DataType::UInt64 => DataType::Decimal128(20, 0),
        DataType::Float16 => DataType::Float32,
        DataType::Decimal32(precision, scale) | DataType::Decimal64(precision, scale) => {
            DataType::Decimal128(*precision, *scale)
        }
        DataType::Decimal256(precision, scale) if *precision <= 38 => DataType::Decimal128(*precision, *scale),
        DataType::Date64 => DataType::Date32,
        DataType::Timestamp(_, None) => DataType::Timestamp(TimeUnit::Microsecond, None),
        DataType::Timestamp(_, Some(_)) => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => DataType::Binary,
        DataType::Dictionary(_, values) => storable_type(values),
        DataType::RunEndEncoded(_, values) => storable_type(values.data_type()),
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::FixedSizeList(item, _) => DataType::List(storable_field(item)),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(storable_field).collect()),
        DataType::Map(entries, sorted) => DataType::Map(storable_field(entries), *sorted),
        DataType::Boolean
        | DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::Float32
        | DataType::Float64
        | DataType::Decimal128(..)
        | DataType::Date32
        | DataType::Binary => data_type.clone(),
        // Text, and what Delta Lake has no type for: times of day, intervals, no value at all.
        _ => DataType::Utf8,
    }
}

fn spark_struct(fields: &Fields) -> Value {
    let fields: Vec<Value> = fields
        .iter()
        .map(|field| {
            json!({
                "name": field.name(),
                "type": spark_type(field.data_type()),
                "nullable": field.is_nullable(),
                "metadata": {},
            })
        })
        .collect();
    json!({ "type": "struct", "fields": fields })
}

fn spark_type(data_type: &DataType) -> Value {
    let name = match data_type {
        DataType::Boolean => "boolean",
        DataType::Int8 => "byte",
        DataType::Int16 => "short",
        DataType::Int32 => "integer",
        DataType::Int64 => "long",
        DataType::Float32 => "float",
        DataType::Float64 => "double",
        DataType::Date32 => "date",
        DataType::Timestamp(_, None) => "timestamp_ntz",
        DataType::Timestamp(_, Some(_)) => "timestamp",
        DataType::Binary => "binary",
        DataType::Decimal128(precision, scale) => return json!(format!("decimal({precision},{scale})")),
        DataType::List(item) => {
            let (item, nullable) = (spark_type(item.data_type()), item.is_nullable());
            return json!({ "type": "array", "elementType": item, "containsNull": nullable });
        }
        DataType::Struct(fields) => return spark_struct(fields),
        DataType::Map(entries, _) => return spark_map(entries),
        _ => "string",
    };
    json!(name)
}

fn spark_map(entries: &Field) -> Value {
    let DataType::Struct(parts) = entries.data_type() else { return json!("string") };
    match parts.as_ref() {
        [key, value] => json!({
            "type": "map",
            "keyType": spark_type(key.data_type()),
            "valueType": spark_type(value.data_type()),
            "valueContainsNull": value.is_nullable(),
        }),
        _ => json!("string"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_one_that_delta_lake_has() {
        let zoned = DataType::Timestamp(TimeUnit::Nanosecond, Some("+02:00".into()));
        let words = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8View));
        for (from, expect) in [
            (DataType::UInt64, json!("decimal(20,0)")),
            (DataType::Utf8View, json!("string")),
            (words, json!("string")),
            (zoned, json!("timestamp")),
            (DataType::Timestamp(TimeUnit::Second, None), json!("timestamp_ntz")),
            (DataType::Time64(TimeUnit::Microsecond), json!("string")),
            (DataType::Decimal128(10, 2), json!("decimal(10,2)")),
            (
                DataType::new_list(DataType::LargeUtf8, true),
                json!({ "type": "array", "elementType": "string", "containsNull": true }),
            ),
        ] {
            assert_eq!(spark_type(&storable_type(&from)), expect, "{from}");
        }
    }

    #[test]
    fn storing_twice_changes_no_more() {
        let fields = [DataType::UInt32, DataType::Date64, DataType::new_large_list(DataType::BinaryView, false)];
        let fields: Fields =
            fields.iter().zip(["a", "b", "c"]).map(|(kind, name)| Field::new(name, kind.clone(), true)).collect();
        let once = storable(&Schema::new(fields));
        assert_eq!(storable(&once), once);
    }
}
