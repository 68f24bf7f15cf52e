//! PostgreSQL's own tables, which are the same for everyone: types, functions, operators and the like.
//!
//! They are those of `datafusion-pg-catalog`, which has them as text where PostgreSQL has lists and ids of functions;
//! here they become what clients join and unfold.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use arrow::{
    array::{ArrayRef, AsArray, Int32Array, ListBuilder, PrimitiveBuilder, StringBuilder},
    datatypes::{DataType, Field, Int16Type, Int32Type, Schema, SchemaRef},
    record_batch::RecordBatch,
};
use datafusion::{
    catalog::{CatalogProviderList, MemTable, MemoryCatalogProviderList, TableProvider},
    error::DataFusionError,
};
use datafusion_pg_catalog::pg_catalog::{
    PG_CATALOG_TABLES, PgCatalogSchemaProvider, PgCatalogStaticTables, PgCatalogTable, context::EmptyContextProvider,
};

use super::definition;
use crate::{encode::kind::OID, items};

/// Columns that are lists of texts, lists of small numbers, and lists of ids.
const TEXTS: &[&str] = &[
    "attfdwoptions",
    "conconfig",
    "defaclacl",
    "evttags",
    "extcondition",
    "fdwacl",
    "fdwoptions",
    "ftoptions",
    "initprivs",
    "lanacl",
    "lomacl",
    "paracl",
    "proacl",
    "proargmodes",
    "proargnames",
    "proconfig",
    "setconfig",
    "spcacl",
    "spcoptions",
    "srvacl",
    "srvoptions",
    "stxkind",
    "subpublications",
    "typacl",
    "umoptions",
];
const NUMBERS: &[&str] = &["partattrs", "prattrs", "stxkeys", "tgattr"];
const IDS: &[&str] =
    &["extconfig", "partclass", "partcollation", "polroles", "proallargtypes", "proargtypes", "protrftypes"];

/// What is known of PostgreSQL's own things.
pub(super) struct Own {
    /// The tables of `pg_catalog` that are the same for everyone.
    pub(super) tables: BTreeMap<String, Arc<dyn TableProvider>>,
    /// Those among them without a row.
    pub(super) empty: BTreeSet<String>,
    /// The columns that are true or false, of these tables and those that are made.
    pub(super) flags: BTreeSet<String>,
    /// The columns that are ids.
    pub(super) ids: BTreeSet<String>,
    /// Functions by name; the first where there are several.
    pub(super) functions: HashMap<String, i32>,
    /// Types by name, and the names of types as SQL has them by id.
    pub(super) types: HashMap<String, i32>,
}

/// Whether there is such a table in `pg_catalog`.
pub(crate) fn is_table(name: &str) -> bool {
    name == "pg_settings" || is_made(name) || PG_CATALOG_TABLES.contains(&name)
}

/// Whether the table's rows are made for each user.
pub(super) fn is_made(name: &str) -> bool {
    definition::PG_CATALOG.iter().any(|(made, _)| *made == name)
}

impl Own {
    pub(super) fn new() -> Result<Self, DataFusionError> {
        let nothing: Arc<dyn CatalogProviderList> = Arc::new(MemoryCatalogProviderList::new());
        let tables = Arc::new(PgCatalogStaticTables::try_new()?);
        let functions = ids(tables.pg_proc.data(), "proname");
        let types = ids(tables.pg_type.data(), "typname");
        let library = PgCatalogSchemaProvider::try_new(nothing, tables, EmptyContextProvider)?;
        let mut own = Self {
            tables: BTreeMap::new(),
            empty: BTreeSet::new(),
            flags: BTreeSet::new(),
            ids: BTreeSet::new(),
            functions,
            types,
        };
        for (_, columns) in definition::PG_CATALOG {
            own.note(&definition::schema(columns));
        }
        for name in PG_CATALOG_TABLES.iter().filter(|name| **name != "pg_settings" && !is_made(name)) {
            let provider = match library.build_table_by_name(name)? {
                None => continue,
                Some(PgCatalogTable::Static(table)) => {
                    let batches = table.data().iter().map(|batch| corrected(batch, &own.functions));
                    let batches = batches.collect::<Result<Vec<_>, _>>()?;
                    if batches.iter().all(|batch| batch.num_rows() == 0) {
                        own.empty.insert((*name).to_owned());
                    }
                    let schema = batches.first().map_or_else(|| corrected_schema(&table.schema()), RecordBatch::schema);
                    Arc::new(MemTable::try_new(schema, vec![batches])?) as Arc<dyn TableProvider>
                }
                Some(other) => {
                    if matches!(other, PgCatalogTable::Empty(_)) {
                        own.empty.insert((*name).to_owned());
                    }
                    other.try_into_table_provider()?
                }
            };
            own.note(&provider.schema());
            own.tables.insert((*name).to_owned(), provider);
        }
        Ok(own)
    }

    /// Notes what the columns of a table are.
    fn note(&mut self, schema: &SchemaRef) {
        for field in schema.fields() {
            if field.data_type() == &DataType::Boolean {
                self.flags.insert(field.name().clone());
            }
            if field.data_type() == &DataType::Int32 && field.metadata().contains_key(OID) {
                self.ids.insert(field.name().clone());
            }
        }
    }
}

/// The ids of things by their name.
fn ids(batches: &[RecordBatch], name: &str) -> HashMap<String, i32> {
    let mut found = HashMap::new();
    for batch in batches {
        let (Some(ids), Some(names)) = (batch.column_by_name("oid"), batch.column_by_name(name)) else { continue };
        let (Some(ids), Some(names)) = (ids.as_primitive_opt::<Int32Type>(), names.as_string_opt::<i32>()) else {
            continue;
        };
        for (id, name) in ids.iter().zip(names).filter_map(|(id, name)| id.zip(name)) {
            found.entry(name.to_owned()).or_insert(id);
        }
    }
    found
}

fn corrected_schema(schema: &SchemaRef) -> SchemaRef {
    Arc::new(Schema::new(schema.fields().iter().map(|field| corrected_field(field)).collect::<Vec<_>>()))
}

fn is_function(field: &Field) -> bool {
    field.data_type() == &DataType::Utf8 && field.metadata().get(OID).is_some_and(|kind| kind == "regproc")
}

fn corrected_field(field: &Field) -> Field {
    let list = |item| DataType::List(Arc::new(Field::new_list_field(item, true)));
    // PostgreSQL 17, of which the library has the tables, calls it otherwise than the version that is followed here.
    let name = match field.name().as_str() {
        "colllocale" => "colliculocale",
        name => name,
    };
    let data_type = match field.data_type() {
        DataType::Utf8 if TEXTS.contains(&name) => list(DataType::Utf8),
        DataType::Utf8 if NUMBERS.contains(&name) => list(DataType::Int16),
        DataType::Utf8 if IDS.contains(&name) => list(DataType::Int32),
        DataType::Utf8 if is_function(field) => DataType::Int32,
        _ => return field.clone().with_name(name),
    };
    Field::new(name, data_type, field.is_nullable()).with_metadata(field.metadata().clone())
}

fn corrected(batch: &RecordBatch, functions: &HashMap<String, i32>) -> Result<RecordBatch, DataFusionError> {
    let schema = corrected_schema(&batch.schema());
    let before = batch.schema();
    let columns = before.fields().iter().zip(schema.fields()).zip(batch.columns());
    let columns = columns.map(|((before, after), column)| match after.data_type() {
        DataType::List(item) if before.data_type() == &DataType::Utf8 => list(column, item.data_type()),
        DataType::Int32 if is_function(before) => {
            let id = |name: Option<&str>| name.map(|name| functions.get(name).copied().unwrap_or(0));
            Arc::new(column.as_string::<i32>().iter().map(id).collect::<Int32Array>())
        }
        _ => Arc::clone(column),
    });
    Ok(RecordBatch::try_new(Arc::clone(&schema), columns.collect())?)
}

/// Lists out of their texts: `{a,b}`, or `1 2` as PostgreSQL writes vectors.
fn list(column: &ArrayRef, item: &DataType) -> ArrayRef {
    let lists = column.as_string::<i32>().iter().map(|text| {
        let text = text?;
        let words = || text.split_whitespace().map(|word| Some(word.to_owned())).collect();
        Some(items::read(text).unwrap_or_else(words))
    });
    match item {
        DataType::Int16 => {
            let mut lists_of_numbers = ListBuilder::new(PrimitiveBuilder::<Int16Type>::new());
            for items in lists {
                lists_of_numbers.append_option(items.map(numbers));
            }
            Arc::new(lists_of_numbers.finish())
        }
        DataType::Int32 => {
            let mut lists_of_ids = ListBuilder::new(PrimitiveBuilder::<Int32Type>::new());
            for items in lists {
                lists_of_ids.append_option(items.map(numbers));
            }
            Arc::new(lists_of_ids.finish())
        }
        _ => {
            let mut lists_of_texts = ListBuilder::new(StringBuilder::new());
            for items in lists {
                lists_of_texts.append_option(items);
            }
            Arc::new(lists_of_texts.finish())
        }
    }
}

fn numbers<T: std::str::FromStr>(items: Vec<Option<String>>) -> Vec<Option<T>> {
    items.into_iter().map(|item| item.and_then(|item| item.parse().ok())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(own: &Own, table: &str) -> SchemaRef {
        own.tables[table].schema()
    }

    #[test]
    fn functions_are_told_by_their_ids_and_lists_are_lists() {
        let own = Own::new().unwrap();
        let types = schema(&own, "pg_type");
        assert_eq!(types.field_with_name("typinput").unwrap().data_type(), &DataType::Int32);
        assert!(matches!(types.field_with_name("typacl").unwrap().data_type(), DataType::List(_)));
        let functions = schema(&own, "pg_proc");
        assert!(matches!(functions.field_with_name("proargtypes").unwrap().data_type(), DataType::List(_)));
        assert_eq!((own.types["int8"], own.functions["array_recv"]), (20, 2400));
    }

    #[test]
    fn what_has_no_row_is_known() {
        let own = Own::new().unwrap();
        assert!(own.empty.contains("pg_trigger") && own.empty.contains("pg_views"));
        assert!(!own.empty.contains("pg_type"));
        assert!(is_table("pg_class") && is_table("pg_settings") && !is_table("pg_orders"));
    }
}
