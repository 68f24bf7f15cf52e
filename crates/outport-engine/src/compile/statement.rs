//! From text to one query: what a model may be, what it reads, and where its columns are named.

use std::ops::ControlFlow;

use datafusion::{
    common::{Column, TableReference},
    error::DataFusionError,
    sql::{
        parser::{DFParserBuilder, Statement as DfStatement},
        planner::object_name_to_table_reference,
        sqlparser::{
            ast::{
                Expr, Ident, ObjectName, Query, Select, SelectItem, SetExpr, Spanned, Statement, TableFactor, Visit,
                Visitor,
            },
            dialect::GenericDialect,
            tokenizer::Token,
        },
    },
};
use outport_model::diagnostic::{Diagnostic, Span};
use outport_spec::codes;

use super::{report, text::Text};

/// How deep queries and expressions may nest.
const NESTING: usize = 50;

/// The functions that give tables without reading anything.
pub(super) const TABLE_FUNCTIONS: [&str; 3] = ["generate_series", "range", "unnest"];

const ONE_QUERY: &str = "a model is one `SELECT` or `WITH … SELECT`; it cannot change anything";

/// One query.
#[derive(Debug)]
pub(super) struct Parsed {
    /// The query as a statement.
    pub(super) statement: Statement,
    /// The tables that it reads; names of its own `WITH` clauses are not among them.
    pub(super) references: Vec<Reference>,
    /// Where its columns get their names.
    pub(super) items: Items,
}

/// One mention of a table.
#[derive(Debug)]
pub(super) struct Reference {
    /// The name as the planner looks it up.
    pub(super) name: TableReference,
    /// Where it is mentioned.
    pub(super) span: Span,
    /// Whether it is called with arguments.
    pub(super) function: bool,
}

/// Where the columns of a query's result get their names.
#[derive(Debug, Default)]
pub(super) struct Items {
    /// The `SELECT` that names them.
    pub(super) select: Option<Span>,
    /// Columns with a name of their own.
    pub(super) named: Vec<(String, Span)>,
    /// `*`.
    pub(super) wildcard: Option<Span>,
    /// Expressions without a name.
    pub(super) unnamed: Vec<Span>,
}

impl Items {
    /// Where the column of this name comes from.
    pub(super) fn place(&self, name: &str, text: &Text<'_>) -> Span {
        let named = self.named.iter().find(|(item, _)| item == name).map(|(_, span)| *span);
        named.or(self.wildcard).or(self.select).unwrap_or_else(|| text.start())
    }
}

/// Reads a model. All problems at once.
pub(super) fn parse(text: &Text<'_>, file: &str) -> Result<Parsed, Vec<Diagnostic>> {
    let statement = single(text, file).map_err(|problem| vec![*problem])?;
    let mut reader = Reader { text, file, scope: Vec::new(), references: Vec::new(), problems: Vec::new() };
    let _: ControlFlow<()> = statement.visit(&mut reader);
    let Reader { mut references, problems, .. } = reader;
    if !problems.is_empty() {
        return Err(problems);
    }
    references.sort_by_key(|reference| reference.span.start);
    references.dedup_by_key(|reference| reference.span.start);
    let items = match &statement {
        Statement::Query(query) => items(&query.body, text),
        _ => Items::default(),
    };
    Ok(Parsed { statement, references, items })
}

/// The only statement, if it is a query.
fn single(text: &Text<'_>, file: &str) -> Result<Statement, Box<Diagnostic>> {
    let syntax = |error: &DataFusionError| Box::new(report::syntax(error, text, file));
    let refuse = |message: String, span| {
        Box::new(Diagnostic::error(codes::NOT_ONE_QUERY, file, message).at(Some(span)).help(ONE_QUERY))
    };
    if text.pieces.is_empty() && text.broken.is_none() {
        return Err(refuse("the model is empty".to_owned(), text.start()));
    }
    let mut statements = DFParserBuilder::new(text.sql)
        .with_dialect(&GenericDialect {})
        .with_recursion_limit(NESTING)
        .build()
        .and_then(|mut parser| parser.parse_statements())
        .map_err(|error| syntax(&error))?;
    let statement = statements.pop_front();
    if !statements.is_empty() {
        return Err(refuse("the model has a second statement".to_owned(), second(text)));
    }
    match statement {
        Some(DfStatement::Statement(statement)) if matches!(*statement, Statement::Query(_)) => Ok(*statement),
        Some(_) => {
            let word = text.slice(text.start()).to_uppercase();
            Err(refuse(format!("`{word}` is not a query"), text.start()))
        }
        None => Err(refuse("the model is empty".to_owned(), text.start())),
    }
}

/// The first token behind the first semicolon.
fn second(text: &Text<'_>) -> Span {
    let mut rest = text.pieces.iter().skip_while(|piece| piece.token != Token::SemiColon);
    rest.find(|piece| piece.token != Token::SemiColon).map_or_else(|| text.end(), |piece| piece.span)
}

/// Walks a query: collects the tables that it reads and everything that a model may not do.
struct Reader<'a> {
    text: &'a Text<'a>,
    file: &'a str,
    scope: Vec<String>,
    references: Vec<Reference>,
    problems: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn refuse(&mut self, message: &str, span: Option<Span>) {
        let span = span.unwrap_or_else(|| self.text.start());
        self.problems.push(Diagnostic::error(codes::NOT_ONE_QUERY, self.file, message).at(Some(span)).help(ONE_QUERY));
    }

    fn unsupported(&mut self, what: &str, span: Option<Span>) {
        let message = format!("{what} is not supported");
        let span = span.unwrap_or_else(|| self.text.start());
        self.problems.push(Diagnostic::error(codes::PLANNING, self.file, message).at(Some(span)));
    }

    fn refer(&mut self, name: &ObjectName, function: bool) {
        let Ok(reference) = object_name_to_table_reference(name.clone(), true) else { return };
        let hidden = matches!(&reference, TableReference::Bare { table } if self.scope.iter().any(|c| **c == **table));
        if hidden && !function {
            return;
        }
        let span = self.text.parser_span(name.span()).unwrap_or_else(|| self.text.start());
        self.references.push(Reference { name: reference, span, function });
    }

    fn refuse_changes(&mut self, body: &SetExpr) {
        match body {
            SetExpr::Insert(change) | SetExpr::Update(change) | SetExpr::Delete(change) | SetExpr::Merge(change) => {
                let span = self.text.parser_span(change.span());
                self.refuse("a query cannot change tables", span);
            }
            SetExpr::SetOperation { left, right, .. } => {
                self.refuse_changes(left);
                self.refuse_changes(right);
            }
            SetExpr::Table(_) => self.unsupported("`TABLE`", None),
            SetExpr::Select(_) | SetExpr::Query(_) | SetExpr::Values(_) => {}
        }
    }
}

impl Visitor for Reader<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        self.refuse_changes(&query.body);
        if !query.locks.is_empty() {
            self.unsupported("`FOR UPDATE`", None);
        }
        for cte in query.with.iter().flat_map(|with| &with.cte_tables) {
            // A name is not in scope in its own query unless the clause is recursive. The query is visited once more
            // with everything in scope, which finds nothing new.
            if !query.with.as_ref().is_some_and(|with| with.recursive) {
                let _: ControlFlow<()> = cte.visit(self);
            }
            self.scope.push(normal(&cte.alias.name));
        }
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let names = query.with.as_ref().map_or(0, |with| with.cte_tables.len());
        self.scope.truncate(self.scope.len().saturating_sub(names));
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        if let Some(into) = &select.into {
            let span = self.text.parser_span(into.name.span());
            self.refuse("`INTO` writes a table", span);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        match factor {
            TableFactor::Table { name, args, sample, version, .. } => {
                let span = self.text.parser_span(name.span());
                if sample.is_some() {
                    self.unsupported("`TABLESAMPLE`", span);
                }
                if version.is_some() {
                    self.unsupported("reading a table as of another time", span);
                }
                self.refer(name, args.is_some());
            }
            TableFactor::Function { name, .. } => self.refer(name, true),
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

/// An identifier as SQL compares it: lower case unless quoted.
fn normal(ident: &Ident) -> String {
    if ident.quote_style.is_some() { ident.value.clone() } else { ident.value.to_lowercase() }
}

/// The left-most `SELECT` of a body names its columns.
fn items(body: &SetExpr, text: &Text<'_>) -> Items {
    match body {
        SetExpr::Select(select) => select_items(select, text),
        SetExpr::Query(query) => items(&query.body, text),
        SetExpr::SetOperation { left, .. } => items(left, text),
        _ => Items::default(),
    }
}

fn select_items(select: &Select, text: &Text<'_>) -> Items {
    let mut items = Items { select: text.parser_span(select.select_token.0.span), ..Items::default() };
    for item in &select.projection {
        let span = text.parser_span(item.span()).or(items.select);
        match item {
            SelectItem::ExprWithAlias { alias, .. } => name(&mut items, alias, text),
            SelectItem::UnnamedExpr(expr) => match named_by(expr) {
                Some(ident) => name(&mut items, ident, text),
                None => items.unnamed.extend(span),
            },
            SelectItem::ExprWithAliases { .. } => items.unnamed.extend(span),
            SelectItem::Wildcard(options) | SelectItem::QualifiedWildcard(_, options) => {
                items.wildcard = text.parser_span(options.wildcard_token.0.span).or(span);
            }
        }
    }
    items
}

fn name(items: &mut Items, ident: &Ident, text: &Text<'_>) {
    if let Some(span) = text.parser_span(ident.span) {
        items.named.push((normal(ident), span));
    }
}

/// The identifier that names an expression's column, where it is a column itself.
fn named_by(expr: &Expr) -> Option<&Ident> {
    match expr {
        Expr::Identifier(ident) => Some(ident),
        Expr::CompoundIdentifier(idents) => idents.last(),
        Expr::Nested(inner) => named_by(inner),
        _ => None,
    }
}

/// A column as it must be written in SQL.
pub(super) fn written(column: &Column) -> String {
    match &column.relation {
        Some(relation) => format!("{}.{}", relation.table(), quoted(&column.name)),
        None => quoted(&column.name),
    }
}

/// A name as it must be written in SQL: in quotes unless it is lower case throughout.
pub(super) fn quoted(name: &str) -> String {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let bare = name.chars().all(plain) && !name.starts_with(|c: char| c.is_ascii_digit()) && !name.is_empty();
    if bare { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}
