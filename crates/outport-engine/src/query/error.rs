//! What goes wrong with a query, in words for people.

use datafusion::{
    common::{Diagnostic, SchemaError},
    error::DataFusionError,
    sql::sqlparser::parser::ParserError,
};
use outport_app::engine::EngineError;

use crate::{compile::nearest, source::cause};

/// How a query is called where no name of it is known.
const QUERY: &str = "the query";

/// What an error says of a query over tables of these names. Who is `restricted` is not told of what is inside.
pub(super) fn failed(error: &DataFusionError, sql: &str, names: &[String], restricted: bool) -> EngineError {
    if let Some(found) = cause(error, QUERY) {
        return hushed(found, restricted);
    }
    if restricted && is_inside(error) {
        return sealed(error.strip_backtrace());
    }
    let raw = plain(error);
    if let Some((reason, help)) = no_query(&raw, sql) {
        return EngineError::Query { reason, position: None, help: Some(help.to_owned()) };
    }
    let position = position(error).or_else(|| named_position(&raw, sql));
    let help = help(error, &raw, names);
    let reason = in_our_words(error, &raw).unwrap_or(raw);
    EngineError::Query { reason, position, help }
}

/// Why a text is not one query.
fn no_query(raw: &str, sql: &str) -> Option<(String, &'static str)> {
    const ONE: &str = "ask one query at a time, such as `SELECT * FROM product.table`";
    let refused = ["DDL not supported", "DML not supported", "statement not supported"];
    if refused.iter().any(|text| raw.starts_with(text)) {
        let verb = sql.split_whitespace().next().unwrap_or_default().to_uppercase();
        let help = "queries only read; tables are changed by `outport apply` and `outport run`";
        return Some((format!("`{verb}` is not allowed here"), help));
    }
    if raw.contains("a single SQL statement") {
        return Some(("there is more than one statement".to_owned(), ONE));
    }
    raw.contains("no SQL statements").then(|| ("there is no query".to_owned(), ONE))
}

/// The commonest mistakes, without the engine's own names.
fn in_our_words(error: &DataFusionError, raw: &str) -> Option<String> {
    if let DataFusionError::SchemaError(schema, _) = error.find_root()
        && let SchemaError::FieldNotFound { field, .. } = schema.as_ref()
    {
        return Some(format!("there is no column `{}`", field.name));
    }
    if raw.starts_with("table '") && raw.ends_with("not found") {
        return raw.split('\'').nth(1).map(|name| format!("there is no table `{}`", short(name)));
    }
    raw.split_once(" at Line: ").map(|(reason, _)| reason.to_owned())
}

/// A table as the query names it: without the catalog, and without the schema where it names none.
fn short(name: &str) -> &str {
    let name = name.strip_prefix("outport.").unwrap_or(name);
    name.strip_prefix("main.").unwrap_or(name)
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
    let name = short(name);
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
    let wanted = short(wanted);
    let same = names.iter().find(|name| name.rsplit('.').next() == Some(wanted)).map(String::as_str);
    let near = same
        .or_else(|| nearest::to(wanted, names.iter().map(String::as_str)))
        .map(|n| format!("did you mean `{n}`? "))
        .unwrap_or_default();
    Some(format!("{near}released tables: {}", nearest::list(names)))
}

/// What an error in the midst of the rows says.
pub(super) fn broken_off(error: &DataFusionError, restricted: bool) -> EngineError {
    match cause(error, QUERY) {
        Some(found) => hushed(found, restricted),
        None if restricted && is_inside(error) => sealed(error.strip_backtrace()),
        None => session_failed(error),
    }
}

/// The same error, or what is told of it who must not know of the machine and of what is stored.
fn hushed(error: EngineError, restricted: bool) -> EngineError {
    use EngineError as E;
    match error {
        E::Query { .. }
        | E::Withheld { .. }
        | E::Sealed { .. }
        | E::Ungrouped { .. }
        | E::Memory { .. }
        | E::Cancelled => error,
        inside if restricted => sealed(inside.to_string()),
        inside => inside,
    }
}

fn sealed(reason: String) -> EngineError {
    EngineError::Sealed { table: QUERY.to_owned(), reason }
}

/// Whether an error is of the machine or of what is stored, and not of the query.
fn is_inside(error: &DataFusionError) -> bool {
    use DataFusionError as D;
    matches!(
        error.find_root(),
        D::ParquetError(_) | D::ObjectStore(_) | D::IoError(_) | D::External(_) | D::Internal(_) | D::ExecutionJoin(_)
    )
}

/// A query that is refused.
pub(super) fn refused(reason: impl Into<String>, help: impl Into<String>) -> EngineError {
    EngineError::Query { reason: reason.into(), position: None, help: Some(help.into()) }
}

/// An error while a session is set up.
pub(crate) fn session_failed(error: &DataFusionError) -> EngineError {
    EngineError::Query { reason: plain(error), position: None, help: None }
}
