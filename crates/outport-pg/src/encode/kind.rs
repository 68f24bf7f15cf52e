//! Which PostgreSQL type an Arrow type is.

use arrow::datatypes::{DataType, Field};
use pgwire::api::Type;

/// Says of a column of 32 bits that it is an id of the catalog. Those of named things (`regclass`…) are shown as
/// numbers, so that they are told as numbers too.
pub(crate) const OID: &str = "pg.oid_alias";
/// Says of a column of text that it is one letter.
pub(crate) const LETTER: &str = "pg.char";

/// The type of a column.
pub(crate) fn of_field(field: &Field) -> Type {
    if field.data_type() == &DataType::Int32 && field.metadata().contains_key(OID) {
        return Type::OID;
    }
    if field.metadata().contains_key(LETTER) {
        return Type::CHAR;
    }
    of(field.data_type())
}

/// The PostgreSQL type of an Arrow type.
///
/// Unsigned numbers take the next wider type. What has no counterpart (structs, maps, lists of lists) is JSON.
pub(crate) fn of(data_type: &DataType) -> Type {
    match data_type {
        DataType::Boolean => Type::BOOL,
        DataType::Int8 | DataType::Int16 | DataType::UInt8 => Type::INT2,
        DataType::Int32 | DataType::UInt16 => Type::INT4,
        DataType::Int64 | DataType::UInt32 => Type::INT8,
        DataType::UInt64
        | DataType::Decimal32(..)
        | DataType::Decimal64(..)
        | DataType::Decimal128(..)
        | DataType::Decimal256(..) => Type::NUMERIC,
        DataType::Float16 | DataType::Float32 => Type::FLOAT4,
        DataType::Float64 => Type::FLOAT8,
        DataType::Timestamp(_, Some(_)) => Type::TIMESTAMPTZ,
        DataType::Timestamp(_, None) => Type::TIMESTAMP,
        DataType::Date32 | DataType::Date64 => Type::DATE,
        DataType::Time32(_) | DataType::Time64(_) => Type::TIME,
        DataType::Interval(_) | DataType::Duration(_) => Type::INTERVAL,
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => Type::BYTEA,
        DataType::Dictionary(_, values) => of(values),
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::FixedSizeList(item, _) => list_of(&of_field(item)),
        DataType::Struct(_) | DataType::Map(..) => Type::JSON,
        DataType::Null
        | DataType::Utf8
        | DataType::LargeUtf8
        | DataType::Utf8View
        | DataType::Union(..)
        | DataType::RunEndEncoded(..) => Type::TEXT,
    }
}

/// Types whose lists are known.
const ITEMS: &[Type] = &[
    Type::BOOL,
    Type::INT2,
    Type::INT4,
    Type::INT8,
    Type::OID,
    Type::FLOAT4,
    Type::FLOAT8,
    Type::NUMERIC,
    Type::TEXT,
    Type::VARCHAR,
    Type::BPCHAR,
    Type::NAME,
    Type::UUID,
    Type::BYTEA,
    Type::DATE,
    Type::TIME,
    Type::TIMESTAMP,
    Type::TIMESTAMPTZ,
];

/// The type of the items of a list; `None` where it is none.
pub(crate) fn item_of(list: &Type) -> Option<Type> {
    ITEMS.iter().find(|item| list_of(item) == *list).cloned()
}

/// The type of a list of items.
pub(crate) fn list_of(item: &Type) -> Type {
    match *item {
        Type::BOOL => Type::BOOL_ARRAY,
        Type::INT2 => Type::INT2_ARRAY,
        Type::INT4 => Type::INT4_ARRAY,
        Type::INT8 => Type::INT8_ARRAY,
        Type::OID => Type::OID_ARRAY,
        Type::FLOAT4 => Type::FLOAT4_ARRAY,
        Type::FLOAT8 => Type::FLOAT8_ARRAY,
        Type::NUMERIC => Type::NUMERIC_ARRAY,
        Type::TEXT => Type::TEXT_ARRAY,
        Type::VARCHAR => Type::VARCHAR_ARRAY,
        Type::BPCHAR => Type::BPCHAR_ARRAY,
        Type::NAME => Type::NAME_ARRAY,
        Type::UUID => Type::UUID_ARRAY,
        Type::CHAR => Type::CHAR_ARRAY,
        Type::BYTEA => Type::BYTEA_ARRAY,
        Type::DATE => Type::DATE_ARRAY,
        Type::TIME => Type::TIME_ARRAY,
        Type::TIMESTAMP => Type::TIMESTAMP_ARRAY,
        Type::TIMESTAMPTZ => Type::TIMESTAMPTZ_ARRAY,
        Type::INTERVAL => Type::INTERVAL_ARRAY,
        _ => Type::JSON,
    }
}

/// Bytes of a value; -1 where it differs.
pub(crate) fn size(kind: &Type) -> i16 {
    match *kind {
        Type::BOOL | Type::CHAR => 1,
        Type::INT2 => 2,
        Type::INT4 | Type::FLOAT4 | Type::OID | Type::DATE => 4,
        Type::INT8 | Type::FLOAT8 | Type::TIME | Type::TIMESTAMP | Type::TIMESTAMPTZ => 8,
        Type::INTERVAL => 16,
        _ => -1,
    }
}

/// Precision and scale as PostgreSQL packs them; -1 for other types.
pub(crate) fn modifier(data_type: &DataType) -> i32 {
    match data_type {
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale)
        | DataType::Decimal256(precision, scale) => match u8::try_from(*scale) {
            Ok(scale) => ((i32::from(*precision) << 16) | i32::from(scale)) + 4,
            Err(_) => -1,
        },
        DataType::Dictionary(_, values) => modifier(values),
        _ => -1,
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::HashMap, sync::Arc};

    use super::*;

    #[test]
    fn decimals_say_their_precision_and_scale() {
        assert_eq!(modifier(&DataType::Decimal128(10, 2)), (10 << 16 | 2) + 4);
        assert_eq!(modifier(&DataType::Utf8), -1);
    }

    #[test]
    fn lists_of_what_has_no_list_are_json() {
        let list = |item| DataType::List(Arc::new(Field::new("item", item, true)));
        assert_eq!(of(&list(DataType::Utf8)), Type::TEXT_ARRAY);
        assert_eq!(of(&list(list(DataType::Int32))), Type::JSON);
        assert_eq!(of(&list(DataType::Struct(vec![Field::new("a", DataType::Int8, true)].into()))), Type::JSON);
    }

    #[test]
    fn ids_of_the_catalog_are_told_as_such() {
        let field = |kind: &str| {
            let metadata = HashMap::from([(OID.to_owned(), kind.to_owned())]);
            Field::new("oid", DataType::Int32, false).with_metadata(metadata)
        };
        assert_eq!(of_field(&field("oid")), Type::OID);
        assert_eq!(of_field(&Field::new("n", DataType::Int32, false)), Type::INT4);
    }
}
