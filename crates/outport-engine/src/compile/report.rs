//! What the planner says, in the words and places of the model.

use std::{collections::BTreeSet, sync::LazyLock};

use datafusion::{
    common::{Column, Diagnostic as PlanDiagnostic, SchemaError},
    error::DataFusionError,
    sql::sqlparser::{parser::ParserError, tokenizer::Token},
};
use outport_model::diagnostic::{Diagnostic, Span};
use outport_spec::codes;
use regex::{Captures, Regex};

use super::{
    nearest,
    statement::{quoted, written},
    text::Text,
};

/// An expression that is written here and known to be right.
macro_rules! pattern {
    ($name:ident, $pattern:literal) => {
        static $name: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new($pattern).ok());
    };
}

pattern!(POSITION, r" at Line: (\d+), Column: (\d+)");
pattern!(QUOTES, r#"'([^']*)'|"([^"]*)""#);
pattern!(WORDS, r"[A-Za-z_][A-Za-z0-9_]*");
pattern!(
    ARROW,
    r"\b(Utf8View|LargeUtf8|Utf8|Boolean|U?Int(?:8|16|32|64)|Float(?:16|32|64)|Decimal128\(\d+, -?\d+\)|Date32|Date64|Timestamp\([^()]*(?:\([^()]*\))?[^()]*\)|BinaryView|Binary)\b?"
);
pattern!(
    PREFIX,
    r"^(?:Error during planning|Schema error|This feature is not implemented|Execution error|Arrow error|Optimizer rule '[^']*' failed|External error|SQL error|Internal error|Cast error|Invalid argument error|Context|Compute error): *"
);

/// Why a text is not SQL.
pub(super) fn syntax(error: &DataFusionError, text: &Text<'_>, file: &str) -> Diagnostic {
    let (message, place) = match (&text.broken, parser_error(error)) {
        (Some(broken), _) => (broken.message.clone(), Some((broken.location.line, broken.location.column))),
        (None, Some(ParserError::RecursionLimitExceeded)) => ("it nests too deeply".to_owned(), None),
        (None, Some(ParserError::TokenizerError(message) | ParserError::ParserError(message))) => {
            (message.clone(), position(message))
        }
        (None, None) => (error.strip_backtrace(), None),
    };
    let span = place.and_then(|(line, column)| text.token_at(line, column)).unwrap_or_else(|| text.end());
    Diagnostic::error(codes::SQL_SYNTAX, file, expected(&message)).at(Some(span))
}

fn parser_error(error: &DataFusionError) -> Option<&ParserError> {
    match error {
        DataFusionError::SQL(error, _) => Some(error),
        DataFusionError::Diagnostic(_, inner) | DataFusionError::Context(_, inner) => parser_error(inner),
        _ => None,
    }
}

fn position(message: &str) -> Option<(u64, u64)> {
    let found = POSITION.as_ref()?.captures(message)?;
    Some((found[1].parse().ok()?, found[2].parse().ok()?))
}

/// `Expected: x, found: y at Line: …` as `expected x, found `y``.
fn expected(message: &str) -> String {
    let bare = POSITION.as_ref().map_or_else(|| message.into(), |position| position.replace_all(message, ""));
    let bare = bare.trim_start_matches("sql parser error: ");
    if let Some((wanted, found)) = bare.strip_prefix("Expected: ").and_then(|rest| rest.split_once(", found: ")) {
        let found = if found == "EOF" { "the end of the file".to_owned() } else { format!("`{found}`") };
        return format!("expected {wanted}, found {found}");
    }
    tidy(bare)
}

/// Why a query cannot be planned: one diagnostic for each thing that the planner found.
pub(super) fn planning(error: &DataFusionError, text: &Text<'_>, file: &str) -> Vec<Diagnostic> {
    explain(error, None, text, file)
}

fn explain(error: &DataFusionError, hint: Option<&PlanDiagnostic>, text: &Text<'_>, file: &str) -> Vec<Diagnostic> {
    match error {
        DataFusionError::Collection(errors) => {
            errors.iter().flat_map(|error| explain(error, hint, text, file)).collect()
        }
        DataFusionError::Diagnostic(hint, inner) => explain(inner, Some(hint), text, file),
        DataFusionError::Context(_, inner) => explain(inner, hint, text, file),
        DataFusionError::Shared(inner) => explain(inner, hint, text, file),
        DataFusionError::SchemaError(inner, _) => vec![schema(inner, hint, text, file)],
        other => vec![other_planning(other, hint, text, file)],
    }
}

fn hinted(hint: Option<&PlanDiagnostic>, text: &Text<'_>) -> Option<Span> {
    hint.and_then(|hint| hint.span).and_then(|span| text.plan_span(span))
}

fn schema(error: &SchemaError, hint: Option<&PlanDiagnostic>, text: &Text<'_>, file: &str) -> Diagnostic {
    match error {
        SchemaError::FieldNotFound { field, valid_fields } => {
            let own = field.spans().first().and_then(|span| text.plan_span(span));
            let span = own.or_else(|| hinted(hint, text)).or_else(|| text.word(&field.name));
            let (message, help) = not_found(field, valid_fields);
            let problem = Diagnostic::error(codes::UNKNOWN_COLUMN, file, message);
            problem.at(Some(span.unwrap_or_else(|| text.start()))).help(help)
        }
        SchemaError::AmbiguousReference { field } => {
            let span = hinted(hint, text).or_else(|| text.word(&field.name)).unwrap_or_else(|| text.start());
            let candidates = hint.iter().flat_map(|hint| &hint.notes);
            let names = candidates.filter_map(|note| note.message.strip_prefix("possible column "));
            let names: BTreeSet<&str> = names.filter(|name| name.ends_with(&format!(".{}", field.name))).collect();
            let message = format!("column `{}` is in several tables", field.name);
            let help = if names.is_empty() {
                "write the table's name before it".to_owned()
            } else {
                format!("write one of {}", nearest::list(names))
            };
            Diagnostic::error(codes::PLANNING, file, message).at(Some(span)).help(help)
        }
        SchemaError::DuplicateQualifiedField { name, .. } | SchemaError::DuplicateUnqualifiedField { name } => {
            twice(name, text, file)
        }
    }
}

/// Two columns of one name.
pub(super) fn twice(name: &str, text: &Text<'_>, file: &str) -> Diagnostic {
    let last = text.pieces.iter().rev().find(|piece| match &piece.token {
        Token::Word(word) => word.value.eq_ignore_ascii_case(name),
        _ => false,
    });
    let span = last.map_or_else(|| text.start(), |piece| piece.span);
    Diagnostic::error(codes::PLANNING, file, format!("two columns are called `{name}`"))
        .at(Some(span))
        .help("give one of them another name with `AS`")
}

fn not_found(field: &Column, valid: &[Column]) -> (String, String) {
    let relation = field.relation.as_ref();
    let tables: BTreeSet<String> = valid.iter().filter_map(|c| c.relation.as_ref()).map(ToString::to_string).collect();
    let own: Vec<&Column> = valid.iter().filter(|c| relation.is_none() || c.relation.as_ref() == relation).collect();
    if let Some(relation) = relation.filter(|_| own.is_empty()) {
        let message = format!("`{relation}` is no table of this query, so `{}` is unknown", written(field));
        return (message, format!("the query has {}", nearest::list(tables)));
    }
    let message = match (relation, tables.len()) {
        (Some(relation), _) => format!("column `{}` is not in `{relation}`", field.name),
        (None, 0) => format!("column `{}` is unknown: the query reads no table", field.name),
        (None, 1) => format!("column `{}` is not in {}", field.name, nearest::list(&tables)),
        (None, _) => format!("column `{}` is in none of {}", field.name, nearest::list(&tables)),
    };
    (message, advice(&field.name, &own))
}

fn advice(name: &str, columns: &[&Column]) -> String {
    let names = columns.iter().map(|column| column.name.as_str());
    match nearest::to(name, names.clone()) {
        Some(near) if near.eq_ignore_ascii_case(name) => {
            format!("write `{}`: names with capital letters need double quotes", quoted(near))
        }
        Some(near) => format!("did you mean `{}`?", quoted(near)),
        None => format!("there are {}", nearest::list(names.map(quoted))),
    }
}

fn other_planning(error: &DataFusionError, hint: Option<&PlanDiagnostic>, text: &Text<'_>, file: &str) -> Diagnostic {
    let said = error.strip_backtrace();
    let mut problem = Diagnostic::error(codes::PLANNING, file, tidy(&said));
    problem.span = hinted(hint, text);
    if let Some(name) = between(&said, "Invalid function '", "'") {
        problem.message = format!("function `{name}` is unknown");
        problem.help = between(&said, "Did you mean '", "'").map(|near| format!("did you mean `{near}`?"));
        problem.span = problem.span.or_else(|| text.word(name));
    } else if said.contains("have the same name")
        && let Some(name) = between(&said, "the expression \"", "\"")
    {
        return twice(name.rsplit('.').next().unwrap_or(name), text, file);
    } else if let Some(help) = hint.and_then(|hint| hint.helps.first()) {
        problem.help = Some(marked(&help.message));
    }
    if let Some(hint) = hint
        && problem.help.is_none()
        && said.contains("GROUP BY")
    {
        problem.message = tidy(&hint.message);
    }
    let span = problem.span.or_else(|| mentioned(&said, text)).unwrap_or_else(|| text.start());
    problem.at(Some(span))
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(name, _)| name)
}

/// The first word of a message that is a name in the model.
fn mentioned(message: &str, text: &Text<'_>) -> Option<Span> {
    let words = WORDS.as_ref()?.find_iter(message).map(|found| found.as_str());
    let names = words.filter(|word| word.len() > 2 && !ORDINARY.contains(&word.to_lowercase().as_str()));
    names.filter_map(|word| text.word(word)).next()
}

/// Words of the planner's messages that are also words of SQL.
const ORDINARY: [&str; 24] = [
    "select",
    "from",
    "where",
    "group",
    "order",
    "having",
    "and",
    "not",
    "null",
    "the",
    "with",
    "type",
    "types",
    "for",
    "are",
    "has",
    "error",
    "column",
    "columns",
    "table",
    "value",
    "values",
    "date",
    "expression",
];

/// A message of the planner in our style: its first sentence, without prefix, in contract types, names in backticks.
fn tidy(message: &str) -> String {
    let mut rest = message.trim();
    while let Some(prefix) = PREFIX.as_ref().and_then(|prefix| prefix.find(rest)) {
        rest = rest[prefix.end()..].trim_start();
    }
    let line = rest.lines().next().unwrap_or(rest).trim().trim_end_matches('.');
    let line = marked(line);
    let mut letters = line.chars();
    match (letters.next(), letters.next()) {
        (Some(first), Some(second)) if first.is_uppercase() && !second.is_uppercase() => {
            format!("{}{}", first.to_lowercase(), &line[first.len_utf8()..])
        }
        _ => line,
    }
}

/// Names in backticks and types in the words of contracts.
fn marked(text: &str) -> String {
    let Some((quotes, arrow)) = QUOTES.as_ref().zip(ARROW.as_ref()) else { return text.to_owned() };
    let text = quotes.replace_all(text, |found: &Captures<'_>| {
        let inner = found.get(1).or_else(|| found.get(2)).map_or("", |inner| inner.as_str());
        format!("`{inner}`")
    });
    let words = arrow.replace_all(&text, |found: &Captures<'_>| contract_word(&found[0]));
    words.into_owned()
}

fn contract_word(arrow: &str) -> String {
    let digits = arrow.trim_start_matches(|c: char| c.is_alphabetic());
    match arrow {
        "Utf8View" | "LargeUtf8" | "Utf8" => "string".to_owned(),
        "Boolean" => "boolean".to_owned(),
        "Date32" | "Date64" => "date".to_owned(),
        "Binary" | "BinaryView" => "binary".to_owned(),
        _ if arrow.starts_with("UInt") => format!("integer (u{digits})"),
        _ if arrow.starts_with("Int") => format!("integer (i{digits})"),
        _ if arrow.starts_with("Float") => format!("number (f{digits})"),
        _ if arrow.starts_with("Decimal128") => {
            format!("number (decimal{})", arrow.trim_start_matches("Decimal128").replace(", ", ","))
        }
        _ => "timestamp".to_owned(),
    }
}
