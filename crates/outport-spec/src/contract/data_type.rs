//! The exact type of a property: `logicalType`, made exact by `logicalTypeOptions` and `physicalType`.

use outport_model::{
    contract::{DataType, Field},
    diagnostic::Diagnostic,
};

use crate::{codes, node::Node};

const INTEGER: DataType = DataType::Integer { bits: 64, signed: true };
const FLOAT: DataType = DataType::Float { bits: 64 };

/// The type of a property, of the items of a list, or of the key or value of a map.
pub(super) fn data_type(property: &Node<'_>, diagnostics: &mut Vec<Diagnostic>) -> DataType {
    let physical = property.text("physicalType").map(Physical::parse);
    let options = property.get("logicalTypeOptions");
    let format = options.as_ref().and_then(|o| o.text("format"));
    match property.text("logicalType") {
        Some("string") => exact(physical, &[DataType::Binary]).unwrap_or(DataType::String),
        Some("boolean") => DataType::Boolean,
        Some("integer") => integer(format),
        Some("number") => number(property, format, physical, diagnostics),
        Some("date") => date(physical.as_ref()),
        Some("time") => DataType::Time,
        Some("timestamp") => timestamp(options.as_ref(), physical.as_ref()),
        Some("array") => array(property, diagnostics),
        Some("object") => object(property, diagnostics),
        Some("map") => map(property, diagnostics),
        Some("vector") => vector(options.as_ref()),
        // The JSON Schema has reported any other name.
        Some(_) => DataType::String,
        None => from_physical(property, physical.as_ref(), diagnostics),
    }
}

fn exact(physical: Option<Physical>, allowed: &[DataType]) -> Option<DataType> {
    physical?.data_type().filter(|found| allowed.contains(found))
}

fn integer(format: Option<&str>) -> DataType {
    let Some((sign, bits)) = format.and_then(|f| f.split_at_checked(1)) else { return INTEGER };
    match (sign, bits.parse()) {
        ("i" | "u", Ok(128)) => DataType::Decimal { precision: 38, scale: 0 },
        ("i" | "u", Ok(bits @ (8 | 16 | 32 | 64))) => DataType::Integer { bits, signed: sign == "i" },
        _ => INTEGER,
    }
}

fn number(
    property: &Node<'_>,
    format: Option<&str>,
    physical: Option<Physical>,
    diagnostics: &mut Vec<Diagnostic>,
) -> DataType {
    if format == Some("f32") {
        return DataType::Float { bits: 32 };
    }
    let Some(physical) = physical else { return FLOAT };
    if let Some((precision, scale)) = physical.digits() {
        return decimal(property, precision, scale, diagnostics);
    }
    match physical.data_type() {
        Some(found @ DataType::Integer { .. }) => found,
        _ => FLOAT,
    }
}

fn decimal(property: &Node<'_>, precision: u32, scale: i32, diagnostics: &mut Vec<Diagnostic>) -> DataType {
    let fits = (1..=38).contains(&precision) && u32::try_from(scale).is_ok_and(|scale| scale <= precision);
    match (u8::try_from(precision), i8::try_from(scale)) {
        (Ok(precision), Ok(scale)) if fits => DataType::Decimal { precision, scale },
        _ => {
            let message =
                format!("a decimal number with {precision} digits, {scale} of them after the point, cannot be kept");
            let place = property.get("physicalType").unwrap_or_else(|| property.clone());
            diagnostics.push(
                place
                    .error(codes::UNSUPPORTED_TYPE, message)
                    .help("give 1 to 38 digits, and no more after the point than in all"),
            );
            FLOAT
        }
    }
}

fn date(physical: Option<&Physical>) -> DataType {
    match physical.and_then(Physical::data_type) {
        Some(found @ (DataType::Timestamp { .. } | DataType::Time)) => found,
        _ => DataType::Date,
    }
}

fn timestamp(options: Option<&Node<'_>>, physical: Option<&Physical>) -> DataType {
    let stated = options.and_then(|o| o.value().get("timezone")?.as_bool());
    let zoned = stated.unwrap_or_else(|| !physical.is_some_and(Physical::is_wall_clock));
    DataType::Timestamp { zoned }
}

/// A warning alone, an error in a bundle: see [`super::STRICT`].
fn array(property: &Node<'_>, diagnostics: &mut Vec<Diagnostic>) -> DataType {
    let item = property.get("items").map(|items| data_type(&items, diagnostics));
    DataType::List(Box::new(item.unwrap_or_else(|| {
        let message = format!("the array{} does not say what its items are", named(property));
        diagnostics.push(
            property
                .warning_key(codes::ARRAY_WITHOUT_ITEMS, message)
                .label("taken as text")
                .help("add `items`, for example `items: {logicalType: string}`"),
        );
        DataType::String
    })))
}

fn object(property: &Node<'_>, diagnostics: &mut Vec<Diagnostic>) -> DataType {
    let required = property.get("logicalTypeOptions").map(|o| o.texts("required")).unwrap_or_default();
    let fields: Vec<_> = property
        .list("properties")
        .iter()
        .filter_map(|field| {
            let name = field.string("name")?;
            let nullable = !field.flag("required") && !required.contains(&name);
            Some(Field { data_type: data_type(field, diagnostics), name, nullable })
        })
        .collect();
    if fields.is_empty() { DataType::String } else { DataType::Struct(fields) }
}

fn map(property: &Node<'_>, diagnostics: &mut Vec<Diagnostic>) -> DataType {
    let Some(map) = property.get("map") else { return DataType::String };
    let mut part = |key| map.get(key).map_or(DataType::String, |node| data_type(&node, diagnostics));
    DataType::Map(Box::new(part("key")), Box::new(part("value")))
}

fn vector(options: Option<&Node<'_>>) -> DataType {
    DataType::List(Box::new(match options.and_then(|o| o.text("elementType")) {
        Some("float64") => FLOAT,
        Some("int8") => DataType::Integer { bits: 8, signed: true },
        Some("uint8" | "binary") => DataType::Integer { bits: 8, signed: false },
        _ => DataType::Float { bits: 32 },
    }))
}

fn from_physical(property: &Node<'_>, physical: Option<&Physical>, diagnostics: &mut Vec<Diagnostic>) -> DataType {
    if let Some((precision, scale)) = physical.and_then(Physical::digits) {
        return decimal(property, precision, scale, diagnostics);
    }
    let found = physical.and_then(Physical::data_type);
    found.unwrap_or_else(|| {
        let place = property.get("physicalType").unwrap_or_else(|| property.clone());
        let message = match physical {
            Some(physical) => format!("the physical type `{}` has no type of its own here", physical.written),
            None => format!("nothing says what type{} has", named(property)),
        };
        diagnostics.push(place.warning(codes::UNKNOWN_TYPE, message).label("taken as text").help(
            "add a `logicalType`: string, integer, number, boolean, date, timestamp, time, array, object or map",
        ));
        DataType::String
    })
}

fn named(property: &Node<'_>) -> String {
    property.text("name").map(|name| format!(" `{name}`")).unwrap_or_default()
}

/// A `physicalType` as SQL engines write it: a name, perhaps with numbers in brackets.
struct Physical {
    written: String,
    name: String,
    arguments: Vec<i32>,
}

impl Physical {
    fn parse(text: &str) -> Self {
        let lower = text.trim().to_lowercase();
        let (name, rest) = lower.split_at(lower.find(['(', '[']).unwrap_or(lower.len()));
        let (inside, after) = rest.split_once([')', ']']).unwrap_or((rest, ""));
        let arguments =
            inside.trim_start_matches(['(', '[']).split(',').filter_map(|n| n.trim().parse().ok()).collect();
        let name = format!("{} {}", name.trim(), after.trim()).trim().to_owned();
        Self { written: text.to_owned(), name, arguments }
    }

    /// Digits in all and after the point, of an exact number that says them.
    fn digits(&self) -> Option<(u32, i32)> {
        let exact = matches!(self.name.as_str(), "decimal" | "numeric" | "number" | "dec" | "bignumeric");
        let precision = self.arguments.first().filter(|_| exact)?;
        Some((u32::try_from(*precision).ok()?, self.arguments.get(1).copied().unwrap_or(0)))
    }

    fn is_wall_clock(&self) -> bool {
        matches!(self.name.as_str(), "timestamp_ntz" | "timestampntz" | "timestamp without time zone" | "datetime2")
    }

    fn data_type(&self) -> Option<DataType> {
        Some(match self.name.as_str() {
            "string" | "text" | "varchar" | "varchar2" | "nvarchar" | "nvarchar2" | "char" | "nchar" | "bpchar"
            | "character" | "character varying" | "clob" | "ntext" | "tinytext" | "mediumtext" | "longtext"
            | "uuid" | "uniqueidentifier" | "name" | "citext" | "json" | "jsonb" | "xml" | "keyword" | "enum" => {
                DataType::String
            }
            "boolean" | "bool" | "bit" => DataType::Boolean,
            "tinyint" | "int1" | "byte" | "smallint" | "int2" | "smallserial" | "mediumint" | "int" | "int4"
            | "integer" | "serial" | "bigint" | "int8" | "bigserial" | "long" | "int64" | "int32" | "int16"
            | "hugeint" => INTEGER,
            "float" | "float4" | "float8" | "float32" | "float64" | "real" | "double" | "double precision"
            | "numeric" | "decimal" | "number" | "money" => FLOAT,
            "date" => DataType::Date,
            "time" | "time without time zone" | "time with time zone" | "timetz" => DataType::Time,
            "timestamp"
            | "timestamptz"
            | "timestamp_tz"
            | "timestamp_ltz"
            | "timestamp with time zone"
            | "timestamp with local time zone"
            | "datetime"
            | "datetimeoffset" => DataType::Timestamp { zoned: true },
            _ if self.is_wall_clock() => DataType::Timestamp { zoned: false },
            "bytea" | "binary" | "varbinary" | "blob" | "bytes" | "image" | "raw" => DataType::Binary,
            _ => return None,
        })
    }
}
