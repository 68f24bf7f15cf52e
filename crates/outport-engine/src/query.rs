//! Queries over released tables. Each product is a schema; a query sees one release of each.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use async_trait::async_trait;
use datafusion::{
    catalog::{CatalogProvider, SchemaProvider, TableProvider},
    common::{Diagnostic, SchemaError},
    error::DataFusionError,
    execution::context::SQLOptions,
    prelude::SessionContext,
    sql::sqlparser::parser::ParserError,
};
use futures::StreamExt;
use outport_app::engine::{Answer, EngineError};
use outport_model::{
    name::{ProductName, TableName},
    release::Release,
};

use crate::{compile::nearest, source::cause, warehouse::Warehouse};

/// Runs one query.
pub(crate) async fn query(
    context: SessionContext,
    warehouse: Warehouse,
    sql: &str,
    releases: &BTreeMap<ProductName, Release>,
) -> Result<Answer, EngineError> {
    let catalog = ReleasedCatalog::new(&context, &warehouse, releases);
    let names = catalog.names();
    context.register_catalog("outport", Arc::new(catalog));
    let only_queries = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    let failed = |error: DataFusionError| failed(&error, sql, &names);
    let frame = context.sql_with_options(sql, only_queries).await.map_err(failed)?;
    let stream = frame.execute_stream().await.map_err(failed)?;
    let schema = stream.schema();
    let batches = stream.map(|batch| {
        batch.map_err(|error| {
            cause(&error, "the query").unwrap_or_else(|| EngineError::Query {
                reason: plain(&error),
                position: None,
                help: None,
            })
        })
    });
    Ok(Answer { schema, batches: Box::pin(batches) })
}

/// The products as schemas. A schema is found by the product's name as it is and with `-` written `_`, alone and with
/// `@major`.
#[derive(Debug)]
struct ReleasedCatalog {
    schemas: BTreeMap<String, Arc<ReleasedSchema>>,
}

impl ReleasedCatalog {
    fn new(context: &SessionContext, warehouse: &Warehouse, releases: &BTreeMap<ProductName, Release>) -> Self {
        let mut schemas = BTreeMap::new();
        for (product, release) in releases {
            let majors: BTreeSet<u64> = release.tables.values().filter_map(|t| t.major).collect();
            for major in std::iter::once(None).chain(majors.into_iter().map(Some)) {
                let schema = Arc::new(ReleasedSchema {
                    context: context.clone(),
                    warehouse: warehouse.clone(),
                    release: release.clone(),
                    major,
                });
                let name = major.map_or(product.sql(), |major| format!("{}@{major}", product.sql()));
                schemas.insert(name, schema);
            }
        }
        Self { schemas }
    }

    /// Every table as `product.table`, for advice.
    fn names(&self) -> Vec<String> {
        let tables = self.schemas.iter().filter(|(_, schema)| schema.major.is_none());
        tables.flat_map(|(name, schema)| schema.table_names().into_iter().map(move |t| format!("{name}.{t}"))).collect()
    }
}

impl CatalogProvider for ReleasedCatalog {
    fn schema_names(&self) -> Vec<String> {
        self.schemas.keys().cloned().collect()
    }

    fn schema(&self, name: &str) -> Option<Arc<dyn SchemaProvider>> {
        let found = self.schemas.get(&name.to_ascii_lowercase().replace('-', "_"));
        found.map(|schema| Arc::clone(schema) as Arc<dyn SchemaProvider>)
    }
}

/// The tables of one release, opened when they are asked for.
struct ReleasedSchema {
    context: SessionContext,
    warehouse: Warehouse,
    release: Release,
    major: Option<u64>,
}

impl std::fmt::Debug for ReleasedSchema {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReleasedSchema").field("release", &self.release).finish_non_exhaustive()
    }
}

impl ReleasedSchema {
    fn find(&self, name: &str) -> Option<&outport_model::release::ReleasedTable> {
        let wanted = name.to_ascii_lowercase().replace('-', "_");
        let mut tables = self.release.tables.iter().filter(|(table, released)| {
            table.sql() == wanted && (self.major.is_none() || released.major == self.major)
        });
        tables.next().map(|(_, table)| table)
    }
}

#[async_trait]
impl SchemaProvider for ReleasedSchema {
    fn table_names(&self) -> Vec<String> {
        self.release.tables.keys().filter(|t| self.find(t.as_str()).is_some()).map(TableName::sql).collect()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>, DataFusionError> {
        match self.find(name) {
            None => Ok(None),
            Some(table) => {
                let opened = Box::pin(self.warehouse.table(&self.context, &table.version)).await;
                opened.map(Some).map_err(|error| DataFusionError::External(Box::new(error)))
            }
        }
    }

    fn table_exist(&self, name: &str) -> bool {
        self.find(name).is_some()
    }
}

fn failed(error: &DataFusionError, sql: &str, names: &[String]) -> EngineError {
    if let Some(found) = cause(error, "the query") {
        return found;
    }
    let reason = plain(error);
    let position = position(error).or_else(|| named_position(&reason, sql));
    let help = help(error, &reason, names);
    EngineError::Query { reason, position, help }
}

/// What an error says, without the words that only developers of the engine need.
pub(crate) fn plain(error: &DataFusionError) -> String {
    let root = error.find_root();
    let text = root.strip_backtrace();
    let prefixes = [
        "Error during planning: ",
        "Execution error: ",
        "Schema error: ",
        "SQL error: ",
        "Arrow error: ",
        "Parser error: ",
        "Cast error: ",
        "Compute error: ",
        "This feature is not implemented: ",
        "External error: ",
        "Divide by zero error",
        "Optimizer rule",
    ];
    let mut text = text.as_str();
    while let Some(rest) = prefixes.iter().filter(|p| p.ends_with(": ")).find_map(|p| text.strip_prefix(p)) {
        text = rest;
    }
    let text = text.strip_prefix("ParserError(\"").and_then(|t| t.strip_suffix("\")")).unwrap_or(text);
    let first = text.lines().next().unwrap_or(text).trim_end_matches('.');
    let mut letters = first.chars();
    match (letters.next(), letters.next()) {
        (Some(a), Some(b)) if a.is_uppercase() && b.is_lowercase() => {
            format!("{}{}", a.to_lowercase(), &first[a.len_utf8()..])
        }
        _ => first.to_owned(),
    }
}

fn position(error: &DataFusionError) -> Option<(usize, usize)> {
    let span = error.diagnostic().and_then(|d: &Diagnostic| d.span);
    if let Some(span) = span {
        return Some((usize::try_from(span.start.line).ok()?, usize::try_from(span.start.column).ok()?));
    }
    let DataFusionError::SQL(parser, _) = error.find_root() else { return None };
    let (ParserError::TokenizerError(text) | ParserError::ParserError(text)) = parser.as_ref() else { return None };
    let (_, place) = text.rsplit_once("at Line: ")?;
    let (line, column) = place.split_once(", Column: ")?;
    Some((line.trim().parse().ok()?, column.trim().trim_end_matches(|c: char| !c.is_ascii_digit()).parse().ok()?))
}

/// Where the name that an error quotes stands in the query.
fn named_position(reason: &str, sql: &str) -> Option<(usize, usize)> {
    let name = reason.split('\'').nth(1)?;
    let name = name.strip_prefix("outport.").unwrap_or(name);
    let start = sql.to_ascii_lowercase().find(&name.to_ascii_lowercase())?;
    let before = &sql[..start];
    let column = before.rsplit('\n').next().unwrap_or(before).chars().count() + 1;
    Some((before.matches('\n').count() + 1, column))
}

fn help(error: &DataFusionError, reason: &str, names: &[String]) -> Option<String> {
    if let DataFusionError::SchemaError(schema, _) = error.find_root()
        && let SchemaError::FieldNotFound { field, valid_fields } = schema.as_ref()
    {
        let fields: Vec<&str> = valid_fields.iter().map(|c| c.name.as_str()).collect();
        let near = nearest::to(&field.name, fields.iter().copied())
            .map(|n| format!("did you mean `{n}`? "))
            .unwrap_or_default();
        return Some(format!("{near}there are: {}", nearest::list(&fields)));
    }
    if !reason.contains("not found") || !reason.starts_with("table") {
        return None;
    }
    if names.is_empty() {
        return Some("nothing is released yet: `outport apply PATH`".to_owned());
    }
    let wanted = reason.split('\'').nth(1).unwrap_or_default();
    let wanted = wanted.strip_prefix("outport.").unwrap_or(wanted);
    let near = nearest::to(wanted, names.iter().map(String::as_str))
        .map(|n| format!("did you mean `{n}`? "))
        .unwrap_or_default();
    Some(format!("{near}released tables: {}", nearest::list(names)))
}

/// An error while a session is set up.
pub(crate) fn session_failed(error: &DataFusionError) -> EngineError {
    EngineError::Query { reason: plain(error), position: None, help: None }
}
