//! The rows of the catalog's own tables, made of what someone sees.

use arrow::datatypes::DataType;
use datafusion_pg_catalog::pg_catalog::PG_CATALOG_TABLES;
use pgwire::api::Type;

use super::{
    definition,
    shape::{ColumnShape, Shape, TableShape, hash},
    sheet::{Cell, Row},
};
use crate::encode::kind;

/// Whom everything belongs to: whoever asks, since nobody else is seen.
pub(super) const OWNER: i32 = 10;
pub(super) const PG_CATALOG: i32 = 11;
pub(super) const INFORMATION_SCHEMA: i32 = 13_000;
pub(super) const PUBLIC: i32 = 2_200;
const PG_CLASS: i32 = 1_259;
const PG_NAMESPACE: i32 = 2_615;
const DEFAULT_COLLATION: i32 = 100;
const DEFAULT_TABLESPACE: i32 = 1_663;
/// Access methods of tables and of indexes.
const HEAP: i32 = 2;
const BTREE: i32 = 403;

macro_rules! row {
    ($($name:literal: $value:expr),* $(,)?) => { Row::from([$(($name, Cell::from($value))),*]) };
}

/// What the rows are made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) workspace: &'a str,
    pub(super) user: &'a str,
    pub(super) shape: &'a Shape,
}

/// The tables of `pg_catalog`, and of `information_schema`, that may have rows. The others that are made are empty.
const TOLD: &[&str] = &[
    "pg_attribute",
    "pg_authid",
    "pg_class",
    "pg_constraint",
    "pg_database",
    "pg_description",
    "pg_index",
    "pg_indexes",
    "pg_namespace",
    "pg_roles",
    "pg_tables",
    "pg_user",
];
const INFORMATION_TOLD: &[&str] = &[
    "columns",
    "constraint_column_usage",
    "constraint_table_usage",
    "enabled_roles",
    "information_schema_catalog_name",
    "key_column_usage",
    "role_table_grants",
    "schemata",
    "table_constraints",
    "table_privileges",
    "tables",
];

/// The tables that are made and never have a row, those of `information_schema` with its name.
pub(super) fn empty() -> impl Iterator<Item = String> {
    let made = definition::PG_CATALOG.iter().filter(|(name, _)| !TOLD.contains(name));
    let information = definition::INFORMATION.iter().filter(|(name, _)| !INFORMATION_TOLD.contains(name));
    let information = information.map(|(name, _)| format!("information_schema.{name}"));
    made.map(|(name, _)| (*name).to_owned()).chain(information)
}

/// The names of all tables of `pg_catalog`.
pub(super) fn own_names() -> impl Iterator<Item = &'static str> {
    let library = PG_CATALOG_TABLES.iter().copied();
    let more = definition::PG_CATALOG.iter().map(|(name, _)| *name);
    library.chain(more.filter(|name| !PG_CATALOG_TABLES.contains(name)))
}

impl Source<'_> {
    /// The rows of a table of `pg_catalog` that is made here.
    pub(super) fn rows(&self, table: &str) -> Vec<Row> {
        match table {
            "pg_attribute" => self.attributes(),
            "pg_authid" | "pg_roles" => vec![row! {
                "oid": OWNER, "rolname": self.user, "rolinherit": true, "rolcanlogin": true, "rolconnlimit": -1,
            }],
            "pg_user" => vec![row! { "usename": self.user, "usesysid": OWNER }],
            "pg_class" => self.classes(),
            "pg_constraint" => self.constraints(),
            "pg_database" => self.databases(),
            "pg_description" => self.descriptions(),
            "pg_index" => self.indexes(),
            "pg_indexes" => self
                .keyed()
                .map(|(schema, _, table, shape)| {
                    row! {
                        "schemaname": schema, "tablename": table, "indexname": index_name(table).as_str(),
                        "indexdef": index_definition(schema, table, shape).as_str(),
                    }
                })
                .collect(),
            "pg_namespace" => self.namespaces(),
            "pg_tables" => self
                .shape
                .tables()
                .map(|(schema, _, table, shape)| {
                    row! {
                        "schemaname": schema, "tablename": table, "tableowner": self.user,
                        "hasindexes": !primary_key(shape).is_empty(),
                    }
                })
                .collect(),
            _ => Vec::new(),
        }
    }

    /// What whoever asks may do with a thing, as PostgreSQL writes it.
    fn rights(&self, letters: &str) -> Cell {
        Cell::Texts(vec![format!("{0}={letters}/{0}", quoted(self.user))])
    }

    /// The tables that have a primary key.
    fn keyed(&self) -> impl Iterator<Item = (&str, &super::shape::SchemaShape, &str, &TableShape)> {
        self.shape.tables().filter(|(_, _, _, table)| !primary_key(table).is_empty())
    }

    fn namespaces(&self) -> Vec<Row> {
        let own = [("pg_catalog", PG_CATALOG), ("information_schema", INFORMATION_SCHEMA), ("public", PUBLIC)];
        let own = own.into_iter().map(|(name, id)| row! { "oid": id, "nspname": name, "nspowner": OWNER });
        let products = self.shape.schemas.iter().map(|(name, schema)| {
            row! {
                "oid": schema.id, "nspname": name.as_str(), "nspowner": OWNER, "nspacl": self.rights("U"),
            }
        });
        own.chain(products).collect()
    }

    fn classes(&self) -> Vec<Row> {
        let class = |id: i32, name: &str, schema: i32, kind: &str, columns: usize, indexed: bool| {
            row! {
                "oid": id, "relname": name, "relnamespace": schema, "relowner": OWNER, "relfilenode": id, "reltuples": -1,
                "relpersistence": "p", "relkind": kind, "relnatts": i64::try_from(columns).unwrap_or(i64::MAX),
                "relispopulated": true, "relreplident": "n", "relhasindex": indexed,
                "relam": match kind { "i" => BTREE, _ => HEAP },
                "relacl": if kind == "i" { Cell::Null } else { self.rights("r") },
            }
        };
        let own = own_names().map(|name| class(own_id(name), name, PG_CATALOG, "r", 0, false));
        let tables = self.shape.tables().flat_map(|(_, schema, name, shape)| {
            let indexed = !primary_key(shape).is_empty();
            let index = indexed
                .then(|| class(index_id(shape), &index_name(name), schema.id, "i", primary_key(shape).len(), false));
            std::iter::once(class(shape.id, name, schema.id, "r", shape.columns.len(), indexed)).chain(index)
        });
        own.chain(tables).collect()
    }

    /// The columns of tables, and those of their primary keys as the indexes have them.
    fn attributes(&self) -> Vec<Row> {
        let columns = self.shape.tables().flat_map(|(_, _, _, table)| {
            let own = (1_i64..).zip(&table.columns).map(|(number, column)| attribute(table.id, number, column));
            let index = index_id(table);
            let keys = (1_i64..).zip(key_columns(table)).map(move |(number, column)| attribute(index, number, column));
            own.chain(keys)
        });
        columns.collect()
    }

    fn constraints(&self) -> Vec<Row> {
        self.keyed().map(|(_, schema, name, table)| row! {
            "oid": index_id(table), "conname": index_name(name).as_str(), "connamespace": schema.id, "contype": "p",
            "convalidated": true, "conrelid": table.id, "conindid": index_id(table), "conislocal": true,
            "connoinherit": true, "conkey": Cell::Numbers(primary_key(table)),
        }).collect()
    }

    fn indexes(&self) -> Vec<Row> {
        self.keyed()
            .map(|(_, _, _, table)| {
                let keys = primary_key(table);
                let count = i64::try_from(keys.len()).unwrap_or(0);
                let zeros = Cell::Numbers(vec![0; keys.len()]);
                row! {
                    "indexrelid": index_id(table), "indrelid": table.id, "indnatts": count, "indnkeyatts": count,
                    "indisunique": true, "indisprimary": true, "indimmediate": true, "indisvalid": true,
                    "indisready": true, "indislive": true, "indkey": Cell::Numbers(keys),
                    "indcollation": zeros.clone(), "indclass": zeros.clone(), "indoption": zeros,
                }
            })
            .collect()
    }

    fn databases(&self) -> Vec<Row> {
        vec![row! {
            "oid": i64::from(hash(self.workspace)), "datname": self.workspace, "datdba": OWNER, "encoding": 6,
            "datlocprovider": "c", "datcollate": "C.UTF-8", "datctype": "C.UTF-8", "datallowconn": true,
            "datconnlimit": -1, "dattablespace": DEFAULT_TABLESPACE, "datacl": self.rights("c"),
        }]
    }

    fn descriptions(&self) -> Vec<Row> {
        let described = |id: i32, class: i32, number: i64, text: Option<&str>| {
            text.map(|text| {
                row! {
                    "objoid": id, "classoid": class, "objsubid": number, "description": text,
                }
            })
        };
        let schemas = self.shape.schemas.values();
        let schemas = schemas.filter_map(|schema| described(schema.id, PG_NAMESPACE, 0, schema.description.as_deref()));
        let tables = self.shape.tables().flat_map(|(_, _, _, table)| {
            let columns = (1_i64..)
                .zip(&table.columns)
                .filter_map(|(number, column)| described(table.id, PG_CLASS, number, column.description.as_deref()));
            let whole = described(table.id, PG_CLASS, 0, table.description.as_deref());
            whole.into_iter().chain(columns).collect::<Vec<_>>()
        });
        schemas.chain(tables).collect()
    }

    /// The rows of a table of `information_schema`.
    pub(super) fn information(&self, table: &str) -> Vec<Row> {
        match table {
            "schemata" => {
                let own = ["information_schema", "pg_catalog", "public"].into_iter();
                let names = own.chain(self.shape.schemas.keys().map(String::as_str));
                names
                    .map(|name| {
                        row! {
                            "catalog_name": self.workspace, "schema_name": name, "schema_owner": self.user,
                        }
                    })
                    .collect()
            }
            "tables" => self
                .shape
                .tables()
                .map(|(schema, _, table, _)| {
                    row! {
                        "table_catalog": self.workspace, "table_schema": schema, "table_name": table,
                        "table_type": "BASE TABLE", "is_insertable_into": "NO", "is_typed": "NO",
                    }
                })
                .collect(),
            "columns" => self
                .shape
                .tables()
                .flat_map(|(schema, _, table, shape)| {
                    (1_i64..)
                        .zip(&shape.columns)
                        .map(move |(number, column)| self.column(schema, table, number, column))
                })
                .collect(),
            "table_constraints" => {
                let more = |mut row: Row| {
                    let told = [
                        ("constraint_type", "PRIMARY KEY"),
                        ("is_deferrable", "NO"),
                        ("initially_deferred", "NO"),
                        ("enforced", "YES"),
                    ];
                    row.extend(told.map(|(name, value)| (name, Cell::from(value))));
                    row
                };
                self.keyed().map(|(schema, _, table, _)| more(self.constraint(schema, table))).collect()
            }
            "constraint_table_usage" => {
                self.keyed().map(|(schema, _, table, _)| self.constraint(schema, table)).collect()
            }
            "key_column_usage" | "constraint_column_usage" => self
                .keyed()
                .flat_map(|(schema, _, table, shape)| {
                    let keys = (1_i64..).zip(primary_key(shape));
                    keys.filter_map(move |(place, number)| {
                        let column = shape.columns.get(usize::try_from(number).ok()?.checked_sub(1)?)?;
                        let mut row = self.constraint(schema, table);
                        row.insert("column_name", Cell::from(column.name.as_str()));
                        row.insert("ordinal_position", Cell::Number(place));
                        Some(row)
                    })
                })
                .collect(),
            "table_privileges" | "role_table_grants" => self
                .shape
                .tables()
                .map(|(schema, _, table, _)| {
                    row! {
                        "grantor": self.user, "grantee": self.user, "table_catalog": self.workspace,
                        "table_schema": schema, "table_name": table, "privilege_type": "SELECT", "is_grantable": "NO",
                        "with_hierarchy": "NO",
                    }
                })
                .collect(),
            "enabled_roles" => vec![row! { "role_name": self.user }],
            "information_schema_catalog_name" => vec![row! { "catalog_name": self.workspace }],
            _ => Vec::new(),
        }
    }

    /// The primary key of a table, as `information_schema` names it.
    fn constraint(&self, schema: &str, table: &str) -> Row {
        row! {
            "constraint_catalog": self.workspace, "constraint_schema": schema,
            "constraint_name": index_name(table).as_str(), "table_catalog": self.workspace,
            "table_schema": schema, "table_name": table,
        }
    }

    fn column(&self, schema: &str, table: &str, number: i64, column: &ColumnShape) -> Row {
        let kind = kind::of(&column.data_type);
        let mut row = row! {
            "table_catalog": self.workspace, "table_schema": schema, "table_name": table,
            "column_name": column.name.as_str(), "ordinal_position": number,
            "is_nullable": if column.nullable { "YES" } else { "NO" }, "data_type": sql_name(&kind),
            "udt_catalog": self.workspace, "udt_schema": "pg_catalog", "udt_name": kind.name(),
            "dtd_identifier": number.to_string().as_str(), "is_self_referencing": "NO", "is_identity": "NO",
            "identity_cycle": "NO", "is_generated": "NEVER", "is_updatable": "NO",
        };
        let mut number = |name: &'static str, value: i64| row.insert(name, Cell::Number(value));
        match (&column.data_type, bits(&kind)) {
            (DataType::Decimal128(precision, scale), _) => {
                number("numeric_precision", i64::from(*precision));
                number("numeric_precision_radix", 10);
                number("numeric_scale", i64::from(*scale));
            }
            (_, Some(bits)) => {
                number("numeric_precision", bits);
                number("numeric_precision_radix", 2);
                if [Type::INT2, Type::INT4, Type::INT8].contains(&kind) {
                    number("numeric_scale", 0);
                }
            }
            (DataType::Date32, _) => {
                number("datetime_precision", 0);
            }
            (DataType::Timestamp(..), _) => {
                number("datetime_precision", 6);
            }
            _ => {}
        }
        row
    }
}

fn attribute(table: i32, number: i64, column: &ColumnShape) -> Row {
    let kind = kind::of(&column.data_type);
    let size = kind::size(&kind);
    let textual = [Type::TEXT, Type::TEXT_ARRAY].contains(&kind);
    row! {
        "attrelid": table, "attname": column.name.as_str(), "atttypid": i64::from(kind.oid()),
        "attstattarget": -1, "attlen": i64::from(size), "attnum": number,
        "attndims": i64::from(sql_name(&kind) == "ARRAY"), "attcacheoff": -1,
        "atttypmod": kind::modifier(&column.data_type), "attbyval": (1..=8).contains(&size),
        "attalign": if size == 8 { "d" } else { "i" }, "attstorage": if size < 0 { "x" } else { "p" },
        "attnotnull": !column.nullable, "attislocal": true, "attcollation": if textual { DEFAULT_COLLATION } else { 0 },
    }
}

/// The numbers of the columns that make the primary key, in its order.
pub(super) fn primary_key(table: &TableShape) -> Vec<i16> {
    let mut keys: Vec<(u32, i16)> =
        (1_i16..).zip(&table.columns).filter_map(|(number, column)| Some((column.primary_key?, number))).collect();
    keys.sort_unstable();
    keys.into_iter().map(|(_, number)| number).collect()
}

pub(super) fn index_name(table: &str) -> String {
    format!("{table}_pkey")
}

/// How the primary key of a table would be made as an index.
pub(super) fn index_definition(schema: &str, table: &str, shape: &TableShape) -> String {
    let (index, columns) = (
        quoted(&index_name(table)),
        key_columns(shape).map(|column| quoted(&column.name)).collect::<Vec<_>>().join(", "),
    );
    format!("CREATE UNIQUE INDEX {index} ON {}.{} USING btree ({columns})", quoted(schema), quoted(table))
}

/// The columns of a table's primary key, in its order.
pub(super) fn key_columns(table: &TableShape) -> impl Iterator<Item = &ColumnShape> {
    let numbers = primary_key(table).into_iter().filter_map(|number| usize::try_from(number).ok());
    numbers.filter_map(|number| table.columns.get(number - 1))
}

/// A name as SQL needs it: in quotes where it would be read as something else.
pub(super) fn quoted(name: &str) -> String {
    let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
    if name.chars().all(plain) && !name.starts_with(|letter: char| letter.is_ascii_digit()) && !name.is_empty() {
        return name.to_owned();
    }
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The id of a table's primary key.
pub(super) fn index_id(table: &TableShape) -> i32 {
    i32::try_from(hash(&format!("{} key", table.id))).unwrap_or(i32::MAX)
}

/// The ids of PostgreSQL's own tables: those that clients know by heart, and others.
pub(super) fn own_id(name: &str) -> i32 {
    match name {
        "pg_class" => PG_CLASS,
        "pg_namespace" => PG_NAMESPACE,
        "pg_type" => 1_247,
        "pg_attribute" => 1_249,
        "pg_proc" => 1_255,
        "pg_database" => 1_262,
        "pg_authid" => 1_260,
        "pg_tablespace" => 1_213,
        "pg_attrdef" => 2_604,
        "pg_constraint" => 2_606,
        "pg_extension" => 3_079,
        "pg_index" => 2_610,
        "pg_description" => 2_609,
        name => 12_000 + i32::try_from(hash(name) % 4_000).unwrap_or(0),
    }
}

/// A type as the SQL standard calls it.
fn sql_name(kind: &Type) -> &'static str {
    match *kind {
        Type::BOOL => "boolean",
        Type::INT2 => "smallint",
        Type::INT4 => "integer",
        Type::INT8 => "bigint",
        Type::FLOAT4 => "real",
        Type::FLOAT8 => "double precision",
        Type::NUMERIC => "numeric",
        Type::BYTEA => "bytea",
        Type::DATE => "date",
        Type::TIME => "time without time zone",
        Type::TIMESTAMP => "timestamp without time zone",
        Type::TIMESTAMPTZ => "timestamp with time zone",
        Type::INTERVAL => "interval",
        Type::JSON => "json",
        Type::TEXT => "text",
        _ => "ARRAY",
    }
}

/// The binary digits of a number.
fn bits(kind: &Type) -> Option<i64> {
    Some(match *kind {
        Type::INT2 => 16,
        Type::INT4 => 32,
        Type::INT8 => 64,
        Type::FLOAT4 => 24,
        Type::FLOAT8 => 53,
        _ => return None,
    })
}
