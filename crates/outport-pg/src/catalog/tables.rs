//! The rows of the catalog's own tables, made of what someone sees.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion_pg_catalog::pg_catalog::PG_CATALOG_TABLES;
use pgwire::api::Type;

use super::{
    shape::{ColumnShape, Shape, TableShape, hash},
    sheet::{Cell, Row},
};
use crate::encode::kind;

/// Whom everything belongs to: whoever asks, since nobody else is seen.
pub(super) const OWNER: i32 = 10;
const PG_CATALOG: i32 = 11;
const INFORMATION_SCHEMA: i32 = 13_000;
const PUBLIC: i32 = 2_200;
const PG_CLASS: i32 = 1_259;
const PG_NAMESPACE: i32 = 2_615;
const DEFAULT_COLLATION: i32 = 100;

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

/// The tables of `pg_catalog` whose rows are made here.
pub(super) const MADE: &[&str] = &[
    "pg_attribute",
    "pg_authid",
    "pg_class",
    "pg_constraint",
    "pg_database",
    "pg_description",
    "pg_index",
    "pg_namespace",
    "pg_roles",
    "pg_shdescription",
    "pg_tables",
    "pg_user",
];

impl Source<'_> {
    /// The rows of a table of `pg_catalog` among [`MADE`].
    pub(super) fn rows(&self, table: &str) -> Vec<Row> {
        match table {
            "pg_attribute" => self.attributes(),
            "pg_authid" | "pg_roles" => vec![row! {
                "oid": OWNER, "rolname": self.user, "rolinherit": true, "rolcanlogin": true, "rolconnlimit": -1,
            }],
            "pg_class" => self.classes(),
            "pg_constraint" => self.constraints(),
            "pg_database" => self.databases(),
            "pg_description" => self.descriptions(),
            "pg_index" => self.indexes(),
            "pg_namespace" => self.namespaces(),
            "pg_tables" => self
                .shape
                .tables()
                .map(|(schema, _, table, shape)| {
                    row! {
                        "schemaname": schema, "tablename": table, "tableowner": self.user,
                        "hasindex": !primary_key(shape).is_empty(),
                    }
                })
                .collect(),
            _ => Vec::new(),
        }
    }

    fn namespaces(&self) -> Vec<Row> {
        let own = [("pg_catalog", PG_CATALOG), ("information_schema", INFORMATION_SCHEMA), ("public", PUBLIC)];
        let own = own.into_iter().map(|(name, id)| row! { "oid": id, "nspname": name, "nspowner": OWNER });
        let products = self.shape.schemas.iter().map(|(name, schema)| {
            row! {
                "oid": schema.id, "nspname": name.as_str(), "nspowner": OWNER,
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
            }
        };
        let own = PG_CATALOG_TABLES.iter().map(|name| class(own_id(name), name, PG_CATALOG, "r", 0, false));
        let tables = self.shape.tables().flat_map(|(_, schema, name, shape)| {
            let indexed = !primary_key(shape).is_empty();
            let index = indexed.then(|| class(index_id(shape), &index_name(name), schema.id, "i", 0, false));
            std::iter::once(class(shape.id, name, schema.id, "r", shape.columns.len(), indexed)).chain(index)
        });
        own.chain(tables).collect()
    }

    fn attributes(&self) -> Vec<Row> {
        let columns = self.shape.tables().flat_map(|(_, _, _, table)| {
            (1_i64..).zip(&table.columns).map(|(number, column)| attribute(table, number, column))
        });
        columns.collect()
    }

    fn constraints(&self) -> Vec<Row> {
        let keyed = self.shape.tables().filter(|(_, _, _, table)| !primary_key(table).is_empty());
        keyed.map(|(_, schema, name, table)| row! {
            "oid": index_id(table), "conname": index_name(name).as_str(), "connamespace": schema.id, "contype": "p",
            "convalidated": true, "conrelid": table.id, "conindid": index_id(table), "conislocal": true,
            "connoinherit": true, "conkey": Cell::Numbers(primary_key(table)),
        }).collect()
    }

    fn indexes(&self) -> Vec<Row> {
        let keyed = self.shape.tables().filter(|(_, _, _, table)| !primary_key(table).is_empty());
        keyed
            .map(|(_, _, _, table)| {
                let keys = primary_key(table);
                let count = i64::try_from(keys.len()).unwrap_or(0);
                row! {
                    "indexrelid": index_id(table), "indrelid": table.id, "indnatts": count, "indnkeyatts": count,
                    "indisunique": true, "indisprimary": true, "indimmediate": true, "indisvalid": true,
                    "indisready": true, "indislive": true, "indkey": Cell::Numbers(keys),
                }
            })
            .collect()
    }

    fn databases(&self) -> Vec<Row> {
        vec![row! {
            "oid": i64::from(hash(self.workspace)), "datname": self.workspace, "datdba": OWNER, "encoding": 6,
            "datlocprovider": "c", "datcollate": "C.UTF-8", "datctype": "C.UTF-8", "datallowconn": true,
            "datconnlimit": -1,
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
                let keyed = self.shape.tables().filter(|(_, _, _, table)| !primary_key(table).is_empty());
                keyed
                    .map(|(schema, _, table, _)| {
                        row! {
                            "constraint_catalog": self.workspace, "constraint_schema": schema,
                            "constraint_name": index_name(table).as_str(), "table_catalog": self.workspace,
                            "table_schema": schema, "table_name": table, "constraint_type": "PRIMARY KEY",
                            "is_deferrable": "NO", "initially_deferred": "NO",
                        }
                    })
                    .collect()
            }
            "key_column_usage" => self
                .shape
                .tables()
                .flat_map(|(schema, _, table, shape)| {
                    let keys = (1_i64..).zip(primary_key(shape));
                    keys.filter_map(move |(place, number)| {
                        let column = shape.columns.get(usize::try_from(number).ok()?.checked_sub(1)?)?;
                        Some(row! {
                            "constraint_catalog": self.workspace, "constraint_schema": schema,
                            "constraint_name": index_name(table).as_str(), "table_catalog": self.workspace,
                            "table_schema": schema, "table_name": table, "column_name": column.name.as_str(),
                            "ordinal_position": place,
                        })
                    })
                })
                .collect(),
            _ => Vec::new(),
        }
    }

    fn column(&self, schema: &str, table: &str, number: i64, column: &ColumnShape) -> Row {
        let kind = kind::of(&column.data_type);
        let mut row = row! {
            "table_catalog": self.workspace, "table_schema": schema, "table_name": table,
            "column_name": column.name.as_str(), "ordinal_position": number,
            "is_nullable": if column.nullable { "YES" } else { "NO" }, "data_type": sql_name(&kind),
            "udt_catalog": self.workspace, "udt_schema": "pg_catalog", "udt_name": kind.name(),
            "is_identity": "NO", "is_generated": "NEVER", "is_updatable": "NO",
        };
        if let DataType::Decimal128(precision, scale) = &column.data_type {
            row.insert("numeric_precision", Cell::Number(i64::from(*precision)));
            row.insert("numeric_precision_radix", Cell::Number(10));
            row.insert("numeric_scale", Cell::Number(i64::from(*scale)));
        }
        row
    }
}

fn attribute(table: &TableShape, number: i64, column: &ColumnShape) -> Row {
    let kind = kind::of(&column.data_type);
    let size = kind::size(&kind);
    let textual = [Type::TEXT, Type::TEXT_ARRAY].contains(&kind);
    row! {
        "attrelid": table.id, "attname": column.name.as_str(), "atttypid": i64::from(kind.oid()),
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

/// The id of a table's primary key.
pub(super) fn index_id(table: &TableShape) -> i32 {
    i32::try_from(hash(&format!("{} key", table.id))).unwrap_or(i32::MAX)
}

/// The ids of PostgreSQL's own tables: those that clients know by heart, and others.
fn own_id(name: &str) -> i32 {
    match name {
        "pg_class" => PG_CLASS,
        "pg_namespace" => PG_NAMESPACE,
        "pg_type" => 1_247,
        "pg_attribute" => 1_249,
        "pg_proc" => 1_255,
        "pg_database" => 1_262,
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

/// The tables of `information_schema` with their columns.
#[expect(clippy::too_many_lines, reason = "a list of names")]
pub(super) fn information_tables() -> Vec<(&'static str, SchemaRef)> {
    let columns = |texts: &[&str], numbers: &[&str]| {
        let field = |kind: DataType| move |name: &&str| Field::new(*name, kind.clone(), true);
        let fields = texts.iter().map(field(DataType::Utf8)).chain(numbers.iter().map(field(DataType::Int32)));
        Arc::new(Schema::new(fields.collect::<Vec<_>>()))
    };
    let constraint =
        ["constraint_catalog", "constraint_schema", "constraint_name", "table_catalog", "table_schema", "table_name"];
    let with = |more: &[&'static str]| [&constraint[..], more].concat();
    vec![
        (
            "schemata",
            columns(
                &[
                    "catalog_name",
                    "schema_name",
                    "schema_owner",
                    "default_character_set_catalog",
                    "default_character_set_schema",
                    "default_character_set_name",
                    "sql_path",
                ],
                &[],
            ),
        ),
        (
            "tables",
            columns(
                &[
                    "table_catalog",
                    "table_schema",
                    "table_name",
                    "table_type",
                    "self_referencing_column_name",
                    "reference_generation",
                    "is_insertable_into",
                    "is_typed",
                    "commit_action",
                ],
                &[],
            ),
        ),
        (
            "views",
            columns(
                &["table_catalog", "table_schema", "table_name", "view_definition", "check_option", "is_updatable"],
                &[],
            ),
        ),
        (
            "columns",
            columns(
                &[
                    "table_catalog",
                    "table_schema",
                    "table_name",
                    "column_name",
                    "column_default",
                    "is_nullable",
                    "data_type",
                    "character_set_name",
                    "collation_name",
                    "domain_name",
                    "udt_catalog",
                    "udt_schema",
                    "udt_name",
                    "is_identity",
                    "identity_generation",
                    "is_generated",
                    "generation_expression",
                    "is_updatable",
                ],
                &[
                    "ordinal_position",
                    "character_maximum_length",
                    "character_octet_length",
                    "numeric_precision",
                    "numeric_precision_radix",
                    "numeric_scale",
                    "datetime_precision",
                ],
            ),
        ),
        ("table_constraints", columns(&with(&["constraint_type", "is_deferrable", "initially_deferred"]), &[])),
        ("key_column_usage", columns(&with(&["column_name"]), &["ordinal_position", "position_in_unique_constraint"])),
        (
            "referential_constraints",
            columns(
                &[
                    "constraint_catalog",
                    "constraint_schema",
                    "constraint_name",
                    "unique_constraint_catalog",
                    "unique_constraint_schema",
                    "unique_constraint_name",
                    "match_option",
                    "update_rule",
                    "delete_rule",
                ],
                &[],
            ),
        ),
        ("constraint_column_usage", columns(&with(&["column_name"]), &[])),
    ]
}
