//! What the planner says, in the words and places of the model.

use std::{collections::BTreeSet, sync::LazyLock};

use datafusion::{
    common::{Column, Diagnostic as PlanDiagnostic, SchemaError},
    error::DataFusionError,
    sql::sqlparser::parser::ParserError,
};
use outport_model::diagnostic::{Diagnostic, Span};
use outport_spec::codes;
use regex::{Captures, Regex};

use super::{
    nearest,
    statement::{Items, quoted, written},
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
        (None, Some(ParserError::RecursionLimitExceeded)) => {
            let message = "the query nests too deeply".to_owned();
            return Diagnostic::error(codes::SQL_SYNTAX, file, message).at(Some(text.start()));
        }
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

/// "Expected: x, found: y at Line: …" in our style.
fn expected(message: &str) -> String {
    let bare = POSITION.as_ref().map_or_else(|| message.into(), |position| position.replace_all(message, ""));
    let bare = bare.trim_start_matches("sql parser error: ");
    if let Some((wanted, found)) = bare.strip_prefix("Expected: ").and_then(|rest| rest.split_once(", found: ")) {
        let found = if found == "EOF" { "the end of the file".to_owned() } else { format!("`{found}`") };
        let symbol = !wanted.is_empty() && !wanted.contains(char::is_alphanumeric);
        let wanted = if symbol { format!("`{wanted}`") } else { wanted.to_owned() };
        return format!("expected {wanted}, found {found}");
    }
    tidy(bare)
}

/// What is at hand to explain an error of the planner.
pub(super) struct Report<'a> {
    /// The text.
    pub(super) text: &'a Text<'a>,
    /// The file.
    pub(super) file: &'a str,
    /// Where the columns of the result are named.
    pub(super) items: &'a Items,
    /// The columns of a table by the name that the query gives it.
    pub(super) columns: &'a dyn Fn(&str) -> Option<Vec<String>>,
}

impl Report<'_> {
    /// Why a query cannot be planned: one diagnostic for each thing that the planner found.
    pub(super) fn planning(&self, error: &DataFusionError) -> Vec<Diagnostic> {
        self.explain(error, None)
    }

    fn explain(&self, error: &DataFusionError, hint: Option<&PlanDiagnostic>) -> Vec<Diagnostic> {
        match error {
            DataFusionError::Collection(errors) => errors.iter().flat_map(|error| self.explain(error, hint)).collect(),
            DataFusionError::Diagnostic(hint, inner) => self.explain(inner, Some(hint)),
            DataFusionError::Context(_, inner) => self.explain(inner, hint),
            DataFusionError::Shared(inner) => self.explain(inner, hint),
            DataFusionError::SchemaError(inner, _) => vec![self.schema(inner, hint)],
            other => vec![self.other(&other.strip_backtrace(), hint)],
        }
    }

    fn schema(&self, error: &SchemaError, hint: Option<&PlanDiagnostic>) -> Diagnostic {
        match error {
            SchemaError::FieldNotFound { field, valid_fields } => self.not_found(field, valid_fields, hint),
            SchemaError::AmbiguousReference { field } => self.ambiguous(field, hint),
            SchemaError::DuplicateQualifiedField { name, .. } | SchemaError::DuplicateUnqualifiedField { name } => {
                twice(name, self.text, self.items, self.file)
            }
        }
    }

    fn ambiguous(&self, field: &Column, hint: Option<&PlanDiagnostic>) -> Diagnostic {
        let span = self.hinted(hint).or_else(|| self.text.word(&field.name));
        let notes = hint.iter().flat_map(|hint| &hint.notes);
        let names = notes.filter_map(|note| note.message.strip_prefix("possible column "));
        let names: BTreeSet<&str> = names.filter(|name| name.ends_with(&format!(".{}", field.name))).collect();
        let help = if names.is_empty() {
            "write the table's name before it".to_owned()
        } else {
            format!("write one of {}", nearest::list(names))
        };
        self.problem(format!("column `{}` is in several tables", field.name), span).help(help)
    }

    fn not_found(&self, field: &Column, valid: &[Column], hint: Option<&PlanDiagnostic>) -> Diagnostic {
        let own = field.spans().first().and_then(|span| self.text.plan_span(span));
        let span = own.or_else(|| self.hinted(hint)).or_else(|| self.text.word(&field.name));
        // The planner knows names only after it made them lower case.
        let name = span.and_then(|span| self.text.slice(span).rsplit('.').next());
        let name = name.filter(|name| name.eq_ignore_ascii_case(&field.name)).unwrap_or(&field.name);
        let (message, help) = self.absence(field, name, valid);
        Diagnostic { code: codes::UNKNOWN_COLUMN, ..self.problem(message, span) }.help(help)
    }

    fn absence(&self, field: &Column, name: &str, valid: &[Column]) -> (String, String) {
        let tables: BTreeSet<String> =
            valid.iter().filter_map(|c| c.relation.as_ref()).map(ToString::to_string).collect();
        let Some(relation) = &field.relation else {
            let message = match tables.len() {
                0 => {
                    let help = "read a table with `FROM`, or put text in single quotes".to_owned();
                    return (format!("column `{name}` is unknown: the query reads no table"), help);
                }
                1 => format!("column `{name}` is not in {}", nearest::list(&tables)),
                _ => format!("column `{name}` is in none of {}", nearest::list(&tables)),
            };
            let names: Vec<&str> = valid.iter().map(|column| column.name.as_str()).collect();
            return (message, advice(name, &names));
        };
        let own: Vec<&str> =
            valid.iter().filter(|c| c.relation.as_ref() == Some(relation)).map(|c| c.name.as_str()).collect();
        // In a subquery the planner forgets the tables outside.
        let outside = if own.is_empty() { (self.columns)(relation.table()) } else { None };
        let own = outside.as_ref().map_or(own, |columns| columns.iter().map(String::as_str).collect());
        if own.is_empty() {
            let message = format!("`{relation}` is no table of this query, so `{}` is unknown", written(field));
            return (message, format!("the query has {}", nearest::list(tables)));
        }
        (format!("column `{name}` is not in `{relation}`"), advice(name, &own))
    }

    fn other(&self, said: &str, hint: Option<&PlanDiagnostic>) -> Diagnostic {
        let span = self.hinted(hint);
        if said.contains("have the same name")
            && let Some(name) = between(said, "the expression \"", "\"")
        {
            let name = name.rsplit('.').next().unwrap_or(name);
            return twice(name, self.text, self.items, self.file);
        }
        let (message, help) = plain(said).unwrap_or_else(|| {
            let help = hint.and_then(|hint| hint.helps.first()).map(|help| tidy(&help.message));
            (tidy(said), help.or_else(|| sides(hint)))
        });
        let problem = self.problem(message, span.or_else(|| mentioned(said, self.text)));
        Diagnostic { help, ..problem }
    }

    fn problem(&self, message: String, span: Option<Span>) -> Diagnostic {
        Diagnostic::error(codes::PLANNING, self.file, message).at(Some(span.unwrap_or_else(|| self.text.start())))
    }

    fn hinted(&self, hint: Option<&PlanDiagnostic>) -> Option<Span> {
        hint.and_then(|hint| hint.span).and_then(|span| self.text.plan_span(span))
    }
}

/// Two columns of one name.
pub(super) fn twice(name: &str, text: &Text<'_>, items: &Items, file: &str) -> Diagnostic {
    let span = items.second(name).unwrap_or_else(|| items.place(name, text));
    Diagnostic::error(codes::PLANNING, file, format!("two columns are called `{name}`"))
        .at(Some(span))
        .help("give one of them another name with `AS`")
}

/// What the planner says often, said plainly.
fn plain(said: &str) -> Option<(String, Option<String>)> {
    if let Some(name) = between(said, "Invalid function '", "'") {
        let help = between(said, "Did you mean '", "'").map(|near| format!("did you mean `{near}`?"));
        return Some((format!("function `{name}` is unknown"), help));
    }
    if let Some(call) = between(said, "name and argument types '", "'") {
        let help = "cast the arguments, or use another function".to_owned();
        return Some((format!("there is no function {}", marked(&format!("'{call}'"))), Some(help)));
    }
    if said.contains("failed to match any signature") {
        let name = between(said, "unction '", "'")?;
        return Some((format!("function `{name}` does not take these arguments"), None));
    }
    if said.contains("must appear in the GROUP BY clause") {
        let column = between(said, "column \"", "\"")?;
        let name = column.rsplit('.').next().unwrap_or(column);
        let help = format!("add it to `GROUP BY`, or write an aggregate such as `max({name})`");
        return Some((format!("`{name}` is neither in `GROUP BY` nor in an aggregate"), Some(help)));
    }
    if said.contains("Too many columns") {
        let help = "select only one column in the subquery".to_owned();
        return Some(("a subquery returns several columns where one is needed".to_owned(), Some(help)));
    }
    None
}

/// How many columns each side of a set operation has.
fn sides(hint: Option<&PlanDiagnostic>) -> Option<String> {
    let counts: Vec<&str> =
        hint?.notes.iter().filter_map(|n| between(&n.message, "this side has ", " fields")).collect();
    match counts.as_slice() {
        [left, right] => Some(format!("the first query returns {left}, the second {right}")),
        _ => None,
    }
}

fn advice(name: &str, columns: &[&str]) -> String {
    match nearest::to(name, columns.iter().copied()) {
        Some(near) if near.eq_ignore_ascii_case(name) => {
            format!("write `{}`: names with capital letters need double quotes", quoted(near))
        }
        Some(near) => format!("did you mean `{}`?", quoted(near)),
        None => format!("there are {}", nearest::list(columns.iter().map(|column| quoted(column)))),
    }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(name, _)| name)
}

/// The first word of a message that is a name in the model.
fn mentioned(message: &str, text: &Text<'_>) -> Option<Span> {
    let found = WORDS.as_ref()?.find_iter(message);
    // A word before a dot is the name of a table; the column stands behind it.
    let words = found.filter(|found| !message[found.end()..].starts_with('.')).map(|found| found.as_str());
    let mut names = words.filter(|word| word.len() > 2 && !ORDINARY.contains(&word.to_lowercase().as_str()));
    names.find_map(|word| text.word(word))
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
