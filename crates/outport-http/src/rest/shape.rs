//! A table as a caller sees it: its columns and its key.

use arrow::datatypes::{DataType as ArrowType, Schema};
use outport_app::engine::{Sight, View, VisibleTable};
use outport_model::{
    access::{ColumnAccess, TableAccess},
    contract::{Column, DataType},
    name::{ProductName, TableName},
    release::TableRole,
};

use super::fault::{Fault, nearest};

/// A table as a caller sees it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Shape {
    /// The product.
    pub(crate) product: ProductName,
    /// The table, as the release names it.
    pub(crate) table: TableName,
    /// What it is about.
    pub(crate) description: Option<String>,
    /// The columns that exist for the caller, in the contract's order.
    pub(crate) columns: Vec<Seen>,
    /// The key's columns, in its order; empty where the table has none, or where not all of it is seen in clear.
    pub(crate) key: Vec<String>,
}

/// A column that exists for a caller.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Seen {
    /// Its name.
    pub(crate) name: String,
    /// What it holds.
    pub(crate) data_type: DataType,
    /// Whether a row may have no value for the caller.
    pub(crate) nullable: bool,
    /// Whether the caller sees what a mask makes of its values.
    pub(crate) masked: bool,
    /// What it is about.
    pub(crate) description: Option<String>,
    /// Whether it will go.
    pub(crate) deprecated: bool,
}

impl Shape {
    /// What a view has of a table; `None` where no contract says what its columns are.
    pub(crate) fn of(product: &ProductName, table: &TableName, visible: &VisibleTable) -> Option<Self> {
        if visible.columns.is_empty() {
            return None;
        }
        let seen = |column: &Column| {
            let masked = match &visible.sight {
                Sight::Whole => false,
                Sight::Part(TableAccess { columns, .. }) => match columns.get(&column.name)? {
                    ColumnAccess::Clear => false,
                    ColumnAccess::Masked(_) => true,
                },
            };
            Some(Seen {
                name: column.name.clone(),
                data_type: column.data_type.clone(),
                nullable: column.nullable || masked,
                masked,
                description: column.description.clone(),
                deprecated: column.deprecated,
            })
        };
        let columns: Vec<Seen> = visible.columns.iter().filter_map(seen).collect();
        let mut key: Vec<&Column> = visible.columns.iter().filter(|column| column.primary_key.is_some()).collect();
        key.sort_by_key(|column| column.primary_key);
        let whole = key.iter().all(|part| {
            let seen = columns.iter().find(|column| column.name == part.name);
            seen.is_some_and(|column| !column.masked && column.is_comparable())
        });
        let key = if whole { key.iter().map(|column| column.name.clone()).collect() } else { Vec::new() };
        let description = visible.description.clone();
        Some(Self { product: product.clone(), table: table.clone(), description, columns, key })
    }

    /// What a plan says of a table that no contract describes.
    pub(crate) fn of_schema(product: &ProductName, table: &TableName, schema: &Schema) -> Self {
        let columns = schema.fields().iter().map(|field| Seen {
            name: field.name().clone(),
            data_type: data_type(field.data_type()),
            nullable: field.is_nullable(),
            masked: false,
            description: None,
            deprecated: false,
        });
        let columns = columns.collect();
        Self { product: product.clone(), table: table.clone(), description: None, columns, key: Vec::new() }
    }

    /// The column of this name, or what is to be said where there is none.
    pub(crate) fn column(&self, name: &str) -> Result<&Seen, Fault> {
        self.columns.iter().find(|column| column.name == name).ok_or_else(|| {
            let fault = Fault::new(format!("`{}.{}` has no column `{name}`", self.product, self.table));
            match nearest(name, self.columns.iter().map(|column| column.name.as_str())) {
                Some(near) => fault.help(format!("did you mean `{near}`?")),
                None => fault.help(format!("its columns are {}", quoted(&self.columns))),
            }
        })
    }
}

fn quoted(columns: &[Seen]) -> String {
    columns.iter().map(|column| format!("`{}`", column.name)).collect::<Vec<_>>().join(", ")
}

impl Seen {
    /// Whether its values can be compared and put in order.
    pub(crate) fn is_comparable(&self) -> bool {
        !matches!(self.data_type, DataType::Binary | DataType::List(_) | DataType::Struct(_) | DataType::Map(..))
    }
}

/// A table that a caller named.
#[derive(Debug)]
pub(crate) enum Named<'a> {
    /// They may read it.
    Visible(&'a ProductName, &'a TableName, &'a VisibleTable),
    /// They may know of it and not read it.
    Withheld(&'a ProductName, &'a TableName),
    /// It does not exist for them.
    Missing,
}

/// The table that a caller means by a product and a table, with or without `@<major>`. A `-` in a name may be written `_`.
pub(crate) fn find<'a>(view: &'a View, product: &str, table: &str) -> Named<'a> {
    let (table, major) = match table.split_once('@') {
        None => (table, None),
        Some((table, major)) => match major.parse::<u64>() {
            Ok(major) => (table, Some(major)),
            Err(_) => return Named::Missing,
        },
    };
    let product_is = |name: &ProductName| name.as_str() == product || name.sql() == product;
    let exactly = view.products.keys().find(|name| name.as_str() == product);
    if let Some(name) = exactly.or_else(|| view.products.keys().find(|name| product_is(name)))
        && let Some(visible) = view.products.get(name)
    {
        let tables = visible.tables.iter();
        let found = match major {
            None => tables.into_iter().find(|(name, _)| name.as_str() == table),
            Some(major) => tables.into_iter().find(|(name, visible)| {
                visible.released.role == TableRole::Output
                    && visible.released.major == Some(major)
                    && (name.as_str() == table || name.within_major(major) == table)
            }),
        };
        if let Some((table, visible)) = found {
            return Named::Visible(name, table, visible);
        }
    }
    let withheld = view.withheld.iter().find(|(name, other)| {
        product_is(name) && (other.as_str() == table || major.is_some_and(|major| other.within_major(major) == table))
    });
    withheld.map_or(Named::Missing, |(product, table)| Named::Withheld(product, table))
}

/// What a column of a plan holds.
fn data_type(from: &ArrowType) -> DataType {
    let integer = |bits, signed| DataType::Integer { bits, signed };
    match from {
        ArrowType::Boolean => DataType::Boolean,
        ArrowType::Int8 => integer(8, true),
        ArrowType::Int16 => integer(16, true),
        ArrowType::Int32 => integer(32, true),
        ArrowType::Int64 => integer(64, true),
        ArrowType::UInt8 => integer(8, false),
        ArrowType::UInt16 => integer(16, false),
        ArrowType::UInt32 => integer(32, false),
        ArrowType::UInt64 => integer(64, false),
        ArrowType::Float16 | ArrowType::Float32 => DataType::Float { bits: 32 },
        ArrowType::Float64 => DataType::Float { bits: 64 },
        ArrowType::Decimal32(precision, scale)
        | ArrowType::Decimal64(precision, scale)
        | ArrowType::Decimal128(precision, scale)
        | ArrowType::Decimal256(precision, scale) => DataType::Decimal { precision: *precision, scale: *scale },
        ArrowType::Date32 | ArrowType::Date64 => DataType::Date,
        ArrowType::Timestamp(_, zone) => DataType::Timestamp { zoned: zone.is_some() },
        ArrowType::Binary | ArrowType::LargeBinary | ArrowType::BinaryView | ArrowType::FixedSizeBinary(_) => {
            DataType::Binary
        }
        ArrowType::List(item) | ArrowType::LargeList(item) | ArrowType::FixedSizeList(item, _) => {
            DataType::List(Box::new(data_type(item.data_type())))
        }
        ArrowType::Struct(_) => DataType::Struct(Vec::new()),
        ArrowType::Map(..) => DataType::Map(Box::new(DataType::String), Box::new(DataType::String)),
        ArrowType::Dictionary(_, values) => data_type(values),
        _ => DataType::String,
    }
}
