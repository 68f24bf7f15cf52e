//! What a product offers, as far as policies can speak of it.

use std::fmt;

use outport_model::{
    agreement::PortVersion,
    contract::{Column, DataType},
    name::{PortName, ProductName, TableName},
    product::{Alignment, OutputPort, OutputTable, Product},
};

/// Words that Cedar does not take for a name.
const RESERVED: [&str; 10] = ["true", "false", "if", "then", "else", "in", "is", "like", "has", "__cedar"];

/// The most digits of a number whose columns are usable in rules: what 64 bits hold.
const DIGITS: u8 = 18;

/// The most digits after the point of Cedar's `decimal`.
const FRACTION: i8 = 4;

/// A product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Offer {
    pub(crate) name: ProductName,
    pub(crate) domain: Option<String>,
    pub(crate) alignment: Option<Alignment>,
    pub(crate) status: Option<String>,
    pub(crate) owner: Option<String>,
    pub(crate) ports: Vec<OfferedPort>,
}

/// One major version of an output port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OfferedPort {
    pub(crate) id: String,
    pub(crate) name: PortName,
    pub(crate) major: u64,
    pub(crate) tables: Vec<OfferedTable>,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OfferedTable {
    pub(crate) name: TableName,
    pub(crate) rows: RowType,
    pub(crate) columns: Vec<OfferedColumn>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OfferedColumn {
    pub(crate) name: String,
    /// What rules about rows take its values for; `None` where they cannot speak of it.
    pub(crate) kind: Option<Kind>,
    pub(crate) nullable: bool,
    pub(crate) classification: Option<String>,
    pub(crate) tags: Vec<String>,
}

/// What rules about rows take a column's values for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Boolean,
    Integer,
    Decimal,
    Date,
    Moment { zoned: bool },
    Texts,
}

impl Kind {
    fn of(data_type: &DataType) -> Option<Self> {
        match data_type {
            DataType::String => Some(Self::Text),
            DataType::Boolean => Some(Self::Boolean),
            DataType::Integer { bits: 64, signed: false } => None,
            DataType::Integer { .. } => Some(Self::Integer),
            DataType::Decimal { precision, scale } if *precision <= DIGITS && *scale <= FRACTION => Some(Self::Decimal),
            DataType::Date => Some(Self::Date),
            DataType::Timestamp { zoned } => Some(Self::Moment { zoned: *zoned }),
            DataType::List(item) if **item == DataType::String => Some(Self::Texts),
            _ => None,
        }
    }
}

/// The type of the rows of a table, `<product>::<table>`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RowType {
    pub(crate) namespace: String,
    pub(crate) name: String,
}

impl RowType {
    fn new(product: &ProductName, table: &TableName) -> Self {
        Self { namespace: identifier(product.sql()), name: identifier(table.sql()) }
    }

    /// The type with this name, if it is one that rows can have.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let (namespace, name) = name.split_once("::").filter(|(_, name)| !name.contains("::"))?;
        Some(Self { namespace: namespace.to_owned(), name: name.to_owned() })
    }
}

impl fmt::Display for RowType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}::{}", self.namespace, self.name)
    }
}

fn identifier(mut name: String) -> String {
    if RESERVED.contains(&name.as_str()) {
        name.push('_');
    }
    name
}

impl Offer {
    /// What of a product policies can speak of.
    pub(crate) fn new(product: &Product) -> Self {
        Self {
            name: product.name.clone(),
            domain: product.domain.clone(),
            alignment: product.alignment,
            status: product.status.clone(),
            owner: product.owner.clone(),
            ports: product.outputs.iter().map(|port| OfferedPort::new(&product.name, port)).collect(),
        }
    }

    pub(crate) fn port(&self, port: &PortVersion) -> Option<&OfferedPort> {
        self.ports.iter().find(|offered| offered.name == port.port && offered.major == port.major)
    }

    pub(crate) fn tables(&self) -> impl Iterator<Item = (&OfferedPort, &OfferedTable)> {
        self.ports.iter().flat_map(|port| port.tables.iter().map(move |table| (port, table)))
    }

    /// Whether it has the port with this id, or the column.
    pub(crate) fn has(&self, id: &str) -> bool {
        self.ports.iter().any(|port| port.id == id)
            || self
                .tables()
                .any(|(port, table)| table.columns.iter().any(|column| column_id(port, table, column) == id))
    }
}

/// The id of a column's entity.
pub(crate) fn column_id(port: &OfferedPort, table: &OfferedTable, column: &OfferedColumn) -> String {
    format!("{}/{}/{}", port.id, table.name, column.name)
}

impl OfferedPort {
    fn new(product: &ProductName, port: &OutputPort) -> Self {
        let major = port.version.major();
        Self {
            id: format!("{product}/{}@{major}", port.name),
            name: port.name.clone(),
            major,
            tables: port.tables.iter().filter_map(|table| OfferedTable::new(product, port, table)).collect(),
        }
    }

    pub(crate) fn table(&self, name: &TableName) -> Option<&OfferedTable> {
        self.tables.iter().find(|table| table.name == *name)
    }
}

impl OfferedTable {
    fn new(product: &ProductName, port: &OutputPort, table: &OutputTable) -> Option<Self> {
        let schema = port.contract.table(&table.object)?;
        Some(Self {
            name: table.name.clone(),
            rows: RowType::new(product, &table.name),
            columns: schema.columns.iter().map(OfferedColumn::new).collect(),
        })
    }

    pub(crate) fn column(&self, name: &str) -> Option<&OfferedColumn> {
        self.columns.iter().find(|column| column.name == name)
    }
}

impl OfferedColumn {
    fn new(column: &Column) -> Self {
        Self {
            name: column.name.clone(),
            kind: Kind::of(&column.data_type),
            nullable: column.nullable,
            classification: column.classification.clone(),
            tags: column.tags.clone(),
        }
    }
}
