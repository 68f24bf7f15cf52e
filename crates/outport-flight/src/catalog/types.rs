//! The types of columns, as JDBC and ODBC know them.

use arrow_flight::{
    error::FlightError,
    sql::{
        Nullable, Searchable, XdbcDataType, XdbcDatetimeSubcode,
        metadata::{XdbcTypeInfo, XdbcTypeInfoData, XdbcTypeInfoDataBuilder},
    },
};

/// Every type that a contract can give to a plain column.
pub(super) fn all() -> Result<XdbcTypeInfoData, FlightError> {
    let mut types = XdbcTypeInfoDataBuilder::new();
    let numbers = [
        ("TINYINT", XdbcDataType::XdbcTinyint, 3),
        ("SMALLINT", XdbcDataType::XdbcSmallint, 5),
        ("INTEGER", XdbcDataType::XdbcInteger, 10),
        ("BIGINT", XdbcDataType::XdbcBigint, 19),
    ];
    for (name, data_type, digits) in numbers {
        types.append(number(name, data_type, digits, 10));
    }
    types.append(number("REAL", XdbcDataType::XdbcReal, 24, 2));
    types.append(number("DOUBLE", XdbcDataType::XdbcDouble, 53, 2));
    types.append(XdbcTypeInfo {
        create_params: Some(vec!["precision".to_owned(), "scale".to_owned()]),
        minimum_scale: Some(0),
        maximum_scale: Some(38),
        ..number("DECIMAL", XdbcDataType::XdbcDecimal, 38, 10)
    });
    types.append(plain("BOOLEAN", XdbcDataType::XdbcBit, 1));
    types.append(XdbcTypeInfo {
        case_sensitive: true,
        searchable: Searchable::Full,
        ..quoted("VARCHAR", XdbcDataType::XdbcVarchar, i32::MAX)
    });
    types.append(XdbcTypeInfo {
        literal_prefix: Some("X'".to_owned()),
        ..quoted("VARBINARY", XdbcDataType::XdbcVarbinary, i32::MAX)
    });
    types.append(moment("DATE", XdbcDataType::XdbcDate, None, 10));
    types.append(moment("TIMESTAMP", XdbcDataType::XdbcTimestamp, Some(XdbcDatetimeSubcode::XdbcSubcodeTimestamp), 26));
    types.build()
}

fn plain(name: &str, data_type: XdbcDataType, size: i32) -> XdbcTypeInfo {
    XdbcTypeInfo {
        type_name: name.to_owned(),
        data_type,
        sql_data_type: data_type,
        column_size: Some(size),
        nullable: Nullable::NullabilityNullable,
        searchable: Searchable::Basic,
        local_type_name: Some(name.to_owned()),
        ..XdbcTypeInfo::default()
    }
}

fn number(name: &str, data_type: XdbcDataType, digits: i32, radix: i32) -> XdbcTypeInfo {
    XdbcTypeInfo {
        unsigned_attribute: Some(false),
        auto_increment: Some(false),
        num_prec_radix: Some(radix),
        ..plain(name, data_type, digits)
    }
}

fn quoted(name: &str, data_type: XdbcDataType, size: i32) -> XdbcTypeInfo {
    let quote = Some("'".to_owned());
    XdbcTypeInfo { literal_prefix: quote.clone(), literal_suffix: quote, ..plain(name, data_type, size) }
}

/// ODBC files all types of days and moments under one, and tells them apart by a second number.
fn moment(name: &str, data_type: XdbcDataType, subcode: Option<XdbcDatetimeSubcode>, size: i32) -> XdbcTypeInfo {
    XdbcTypeInfo {
        literal_prefix: Some(format!("{name} '")),
        sql_data_type: XdbcDataType::XdbcDatetime,
        // The subcode of a day is that of a year.
        datetime_subcode: Some(subcode.unwrap_or(XdbcDatetimeSubcode::XdbcSubcodeYear)),
        ..quoted(name, data_type, size)
    }
}
