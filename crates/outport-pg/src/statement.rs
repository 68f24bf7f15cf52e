//! What a statement is for: who answers it, and how.
//!
//! Statements that read released tables go to the gate as they were written; this door only has to know that they do.
//! What is told apart here is told apart by its first words, since clients write these statements all alike.

use std::{collections::BTreeSet, ops::ControlFlow};

use datafusion::sql::sqlparser::{
    ast::{self, ObjectName, Query, SetExpr, Statement, TableFactor, Visit, Visitor},
    dialect::PostgreSqlDialect,
    parser::{Parser, ParserError},
    tokenizer::Token,
};

use crate::{
    catalog::is_table,
    copy::{self, CopyFormat},
    failure::Failure,
    split::{Piece, Word, lower},
};

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Command {
    /// Read released tables: the gate answers.
    Read(Reading),
    /// Ask the catalog, or compute something without a table.
    Catalog,
    /// Set something; back to its beginning where there is no value.
    Set { name: String, value: Option<String>, local: bool },
    /// Set everything back.
    ResetAll,
    /// Show a setting; all where there is no name.
    Show(Option<String>),
    /// Begin a transaction.
    Begin { tag: &'static str },
    /// End it. `good` where it is not to be undone.
    End { good: bool },
    /// Go back to a savepoint.
    BackToSavepoint,
    /// Nothing, and say that it is done.
    Nothing { tag: &'static str },
    /// Forget everything of the session.
    DiscardAll,
    /// Forget a prepared statement, or all.
    Deallocate(Option<String>),
    /// Close a cursor, or all.
    Close(Option<String>),
    /// Make a cursor.
    Declare { name: String, hold: bool, query: Box<Piece> },
    /// Rows of a cursor; all where there is no count.
    Fetch { cursor: String, count: Option<u32> },
    /// Rows as a file.
    CopyOut { query: Box<Piece>, format: CopyFormat },
    /// Something that would change data.
    Write(String),
}

/// What a statement that reads released tables is made of, beside its text.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Reading {
    /// The tables, as the statement names them, with the words that make the names.
    pub(crate) tables: Vec<Vec<ast::Ident>>,
}

/// Begins statements that change data, tables or rights.
const WRITES: &[&str] = &[
    "alter", "analyze", "call", "cluster", "comment", "create", "delete", "do", "drop", "grant", "import", "insert",
    "lock", "merge", "reassign", "refresh", "reindex", "revoke", "security", "truncate", "update", "vacuum",
];

impl Command {
    /// What a statement is for.
    pub(crate) fn of(piece: &Piece) -> Result<Self, Failure> {
        let first = piece.words.first().and_then(Word::name).unwrap_or_default();
        let rest = piece.words.get(1..).unwrap_or_default();
        let is = |at: usize, keyword: &str| rest.get(at).is_some_and(|word| word.is(keyword));
        Ok(match first.as_str() {
            "" | "select" | "with" | "values" | "table" | "explain" => query(piece)?,
            "set" => set(rest, piece)?,
            "reset" if is(0, "all") => Self::ResetAll,
            "reset" => Self::Set { name: setting(rest), value: None, local: false },
            "show" if is(0, "all") => Self::Show(None),
            "show" => Self::Show(Some(setting(rest))),
            "begin" => Self::Begin { tag: "BEGIN" },
            "start" if is(0, "transaction") => Self::Begin { tag: "START TRANSACTION" },
            "commit" | "end" if !is(0, "prepared") => Self::End { good: true },
            "rollback" if is(0, "to") || is(1, "to") => Self::BackToSavepoint,
            "rollback" | "abort" if !is(0, "prepared") => Self::End { good: false },
            "savepoint" => Self::Nothing { tag: "SAVEPOINT" },
            "release" => Self::Nothing { tag: "RELEASE" },
            "listen" => Self::Nothing { tag: "LISTEN" },
            "unlisten" => Self::Nothing { tag: "UNLISTEN" },
            "discard" if is(0, "all") => Self::DiscardAll,
            "discard" if is(0, "plans") => Self::Nothing { tag: "DISCARD PLANS" },
            "discard" if is(0, "sequences") => Self::Nothing { tag: "DISCARD SEQUENCES" },
            "discard" => Self::Nothing { tag: "DISCARD TEMP" },
            "deallocate" if is(0, "prepare") && rest.len() > 1 => Self::Deallocate(named(rest.get(1), piece)?),
            "deallocate" => Self::Deallocate(named(rest.first(), piece)?),
            "close" => Self::Close(named(rest.first(), piece)?),
            "declare" => declare(piece)?,
            "fetch" => fetch(rest, piece)?,
            "copy" => copy::command(piece)?,
            verb if WRITES.contains(&verb) => Self::Write(verb.to_uppercase()),
            _ => return Err(parse(&piece.sql).err().unwrap_or_else(|| unsupported(&first))),
        })
    }
}

fn unsupported(verb: &str) -> Failure {
    Failure::Unsupported { what: format!("`{}`", verb.to_uppercase()), help: None }
}

/// What stands where something else must stand.
pub(crate) fn misplaced(piece: &Piece, word: Option<&Word>) -> Failure {
    let start = word.map_or(piece.sql.len(), |word| word.range.start);
    let found = word.map_or_else(|| "the end".to_owned(), |word| format!("`{}`", word.token));
    let before = piece.sql.get(..start).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    Failure::Syntax { message: format!("{found} was not expected here"), position: Some((line, column)) }
}

/// The statement that a text is.
pub(crate) fn parse(sql: &str) -> Result<Statement, Failure> {
    let failed = |error: ParserError| {
        let (ParserError::ParserError(text) | ParserError::TokenizerError(text)) = &error else {
            return Failure::Syntax { message: "it is nested too deeply".to_owned(), position: None };
        };
        let (message, place) = text.rsplit_once(" at Line: ").unwrap_or((text, ""));
        let place = place
            .split_once(", Column: ")
            .and_then(|(line, column)| Some((line.trim().parse().ok()?, column.trim().parse().ok()?)));
        Failure::Syntax { message: lower(message), position: place }
    };
    let statements = Parser::parse_sql(&PostgreSqlDialect {}, sql).map_err(failed)?;
    statements.into_iter().next().ok_or(Failure::ManyStatements)
}

/// Who answers a query. What cannot be parsed here is left to the engine, whose errors say more.
fn query(piece: &Piece) -> Result<Command, Failure> {
    let statement = match parse(&piece.sql) {
        Ok(statement) => statement,
        Err(_) if mentions_catalog(piece) => return Ok(Command::Catalog),
        Err(_) if reads(piece) => return Ok(Command::Read(Reading::default())),
        Err(failure) => return Err(failure),
    };
    let mut found = Relations::default();
    let _ = statement.visit(&mut found);
    let (catalog, tables): (Vec<_>, Vec<_>) = found.names().partition(|name| is_catalog(name));
    if tables.is_empty() && !found.whole_tables {
        return Ok(Command::Catalog);
    }
    if !catalog.is_empty() {
        return Err(Failure::Mixed);
    }
    Ok(Command::Read(Reading { tables }))
}

/// Whether a text that cannot be parsed names tables at all.
fn reads(piece: &Piece) -> bool {
    piece.words.iter().any(|word| word.is("from") || word.is("join"))
}

/// Whether a text that cannot be parsed names the catalog.
fn mentions_catalog(piece: &Piece) -> bool {
    let is_of_catalog = |name: String| name == "information_schema" || is_table(&name);
    piece.words.iter().filter_map(Word::name).any(is_of_catalog)
}

fn is_catalog(name: &[ast::Ident]) -> bool {
    let folded = |ident: &ast::Ident| match ident.quote_style {
        Some(_) => ident.value.clone(),
        None => ident.value.to_lowercase(),
    };
    match name {
        [table] => is_table(&folded(table)),
        [.., schema, _] => ["pg_catalog", "information_schema"].contains(&folded(schema).as_str()),
        [] => false,
    }
}

/// The tables that a statement names, without those that it makes itself and functions that give rows.
#[derive(Default)]
struct Relations {
    named: Vec<ObjectName>,
    made: BTreeSet<String>,
    /// Whether `TABLE name` stands somewhere, whose name is not told.
    whole_tables: bool,
    skip: bool,
}

impl Relations {
    fn names(&self) -> impl Iterator<Item = Vec<ast::Ident>> {
        let idents = |name: &ObjectName| name.0.iter().filter_map(|part| part.as_ident().cloned()).collect::<Vec<_>>();
        let made = |name: &[ast::Ident]| matches!(name, [one] if self.made.contains(&one.value.to_lowercase()));
        self.named.iter().map(idents).filter(move |name| !made(name)).collect::<Vec<_>>().into_iter()
    }
}

impl Visitor for Relations {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let made = query.with.iter().flat_map(|with| &with.cte_tables);
        self.made.extend(made.map(|cte| cte.alias.name.value.to_lowercase()));
        self.whole_tables |= has_whole_table(&query.body);
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        self.skip = matches!(factor, TableFactor::Table { args: Some(_), .. });
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<()> {
        if !std::mem::take(&mut self.skip) {
            self.named.push(relation.clone());
        }
        ControlFlow::Continue(())
    }
}

fn has_whole_table(body: &SetExpr) -> bool {
    match body {
        SetExpr::Table(_) => true,
        SetExpr::SetOperation { left, right, .. } => has_whole_table(left) || has_whole_table(right),
        _ => false,
    }
}

/// The name of a setting: what stands there, without white space.
fn setting(words: &[Word]) -> String {
    let is = |at: usize, keyword: &str| words.get(at).is_some_and(|word| word.is(keyword));
    if is(0, "time") && is(1, "zone") {
        return "timezone".to_owned();
    }
    if is(0, "session") && is(1, "authorization") {
        return "session_authorization".to_owned();
    }
    if is(0, "transaction") && is(1, "isolation") {
        return "transaction_isolation".to_owned();
    }
    words.iter().map(|word| word.name().unwrap_or_else(|| word.token.to_string())).collect()
}

fn set(words: &[Word], piece: &Piece) -> Result<Command, Failure> {
    let is = |at: usize, keyword: &str| words.get(at).is_some_and(|word| word.is(keyword));
    let local = is(0, "local");
    if is(0, "transaction") || (is(0, "session") && is(1, "characteristics")) {
        // Everything is read only and reads what is committed, whatever is asked for.
        return Ok(Command::Nothing { tag: "SET" });
    }
    if is(0, "role") || (is(0, "session") && is(1, "authorization")) {
        let help = Some("whoever signed in is who asks; connect as the other one");
        return Err(Failure::Unsupported { what: "becoming someone else".to_owned(), help });
    }
    let words = if local || is(0, "session") { &words[1..] } else { words };
    let is = |at: usize, keyword: &str| words.get(at).is_some_and(|word| word.is(keyword));
    if is(0, "time") && is(1, "zone") {
        return Ok(Command::Set { name: "timezone".to_owned(), value: set_value(&words[2..]), local });
    }
    if is(0, "names") {
        return Ok(Command::Set { name: "client_encoding".to_owned(), value: set_value(&words[1..]), local });
    }
    let sign = words.iter().position(|word| word.token == Token::Eq || word.is("to"));
    let Some(sign) = sign.filter(|sign| *sign > 0 && sign + 1 < words.len()) else {
        return Err(misplaced(piece, words.get(1)));
    };
    Ok(Command::Set { name: setting(&words[..sign]), value: set_value(&words[sign + 1..]), local })
}

/// The value that a setting gets; `None` for `DEFAULT`.
fn set_value(words: &[Word]) -> Option<String> {
    if let [word] = words
        && (word.is("default") || word.is("local"))
    {
        return None;
    }
    let text = |word: &Word| match &word.token {
        Token::Comma => ", ".to_owned(),
        token => word.text().map(str::to_owned).or_else(|| word.name()).unwrap_or_else(|| token.to_string()),
    };
    Some(words.iter().map(text).collect())
}

/// The name that stands there; `None` for `ALL`.
fn named(word: Option<&Word>, piece: &Piece) -> Result<Option<String>, Failure> {
    match word {
        Some(word) if word.is("all") => Ok(None),
        Some(word) => word.name().map(Some).ok_or_else(|| misplaced(piece, Some(word))),
        None => Err(misplaced(piece, None)),
    }
}

fn declare(piece: &Piece) -> Result<Command, Failure> {
    let words = &piece.words;
    let name = words.get(1).and_then(Word::name).ok_or_else(|| misplaced(piece, words.get(1)))?;
    let start = words.iter().position(|word| word.is("for"));
    let query = start.and_then(|start| piece.part(start + 1..words.len()));
    let (Some(start), Some(query)) = (start, query) else { return Err(misplaced(piece, None)) };
    let options = &words[2..start.max(2)];
    if options.iter().any(|word| word.is("binary")) {
        return Err(Failure::Unsupported { what: "`BINARY` cursor".to_owned(), help: None });
    }
    let hold = options.windows(2).any(|pair| pair[0].is("with") && pair[1].is("hold"));
    Ok(Command::Declare { name, hold, query: Box::new(query) })
}

fn fetch(words: &[Word], piece: &Piece) -> Result<Command, Failure> {
    let cursor = words.last().and_then(Word::name).ok_or_else(|| misplaced(piece, words.last()))?;
    let direction: Vec<&Word> =
        words[..words.len() - 1].iter().filter(|word| !word.is("from") && !word.is("in")).collect();
    let number = |word: &Word| match &word.token {
        Token::Number(digits, _) => digits.parse::<u32>().ok(),
        _ => None,
    };
    let count = match direction.as_slice() {
        [] => Some(1),
        [word] if word.is("next") || word.is("forward") => Some(1),
        [word] if word.is("all") => None,
        [forward, word] if forward.is("forward") && word.is("all") => None,
        [word] if number(word).is_some() => number(word),
        [forward, word] if forward.is("forward") && number(word).is_some() => number(word),
        _ => {
            let help = Some("a cursor goes forward: `FETCH FORWARD n FROM cursor`");
            return Err(Failure::Unsupported { what: "this direction of a cursor".to_owned(), help });
        }
    };
    Ok(Command::Fetch { cursor, count })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::split::split;

    fn command(sql: &str) -> Result<Command, Failure> {
        Command::of(&split(sql).unwrap().remove(0))
    }

    fn reads_tables(sql: &str) -> bool {
        matches!(command(sql).unwrap(), Command::Read(_))
    }

    #[test]
    fn released_tables_are_left_to_the_gate() {
        assert!(reads_tables("SELECT * FROM sales.orders"));
        assert!(reads_tables("WITH a AS (SELECT * FROM sales.orders) SELECT * FROM a"));
        assert!(reads_tables("SELECT 1 WHERE EXISTS (SELECT 1 FROM orders)"));
        assert!(reads_tables("EXPLAIN SELECT * FROM sales.orders"));
        assert!(reads_tables("(SELECT 1) UNION (SELECT id FROM orders)"));
        assert!(reads_tables("SELECT * FROM pg_orders"), "not of the catalog");
        assert!(reads_tables("SELECT * FROM FROM sales"), "the engine says what is wrong");
    }

    #[test]
    fn the_catalog_and_what_needs_no_table_are_answered_here() {
        for sql in [
            "SELECT 1",
            "SELECT version()",
            "SELECT * FROM pg_class",
            "SELECT * FROM pg_catalog.pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace",
            "SELECT * FROM information_schema.tables",
            "WITH a AS (SELECT 1) SELECT * FROM a",
            "SELECT * FROM generate_series(1, 3)",
            "VALUES (1), (2)",
        ] {
            assert!(matches!(command(sql).unwrap(), Command::Catalog), "{sql}");
        }
        assert_eq!(command("SELECT * FROM pg_class, sales.orders").unwrap_err().state(), "0A000");
    }

    #[test]
    fn settings_are_set_in_many_ways() {
        let set = |sql: &str| match command(sql).unwrap() {
            Command::Set { name, value, local } => (name, value.unwrap_or_default(), local),
            other => panic!("{other:?}"),
        };
        let expect = |name: &str, value: &str, local| (name.to_owned(), value.to_owned(), local);
        assert_eq!(set("SET outport.purpose = 'churn'"), expect("outport.purpose", "churn", false));
        assert_eq!(set("set local Statement_Timeout to 5000"), expect("statement_timeout", "5000", true));
        assert_eq!(set("SET SESSION search_path TO \"a\", B"), expect("search_path", "a, b", false));
        assert_eq!(set("SET TIME ZONE 'UTC'"), expect("timezone", "UTC", false));
        assert_eq!(set("SET jit TO DEFAULT"), expect("jit", "", false));
        assert_eq!(set("RESET outport.purpose"), expect("outport.purpose", "", false));
        assert_eq!(command("SET TRANSACTION READ ONLY").unwrap(), Command::Nothing { tag: "SET" });
        assert_eq!(command("SET ROLE admin").unwrap_err().state(), "0A000");
        assert_eq!(command("SET x").unwrap_err().state(), "42601");
    }

    #[test]
    fn cursors_are_declared_and_fetched() {
        let declared = command("DECLARE \"Mine\" CURSOR WITH HOLD FOR SELECT 1").unwrap();
        assert!(
            matches!(&declared, Command::Declare { name, hold: true, query } if name == "Mine" && query.sql == "SELECT 1")
        );
        let fetched = |sql: &str| match command(sql).unwrap() {
            Command::Fetch { cursor, count } => (cursor, count),
            other => panic!("{other:?}"),
        };
        assert_eq!(fetched("FETCH FORWARD 3 FROM c"), ("c".to_owned(), Some(3)));
        assert_eq!(fetched("FETCH ALL IN \"C\""), ("C".to_owned(), None));
        assert_eq!(fetched("FETCH c"), ("c".to_owned(), Some(1)));
        assert_eq!(command("FETCH BACKWARD 1 FROM c").unwrap_err().state(), "0A000");
    }

    #[test]
    fn what_changes_something_is_told_apart() {
        for sql in
            ["INSERT INTO a VALUES (1)", "drop table a", "CREATE EXTERNAL TABLE x", "GRANT ALL ON a TO b", "DO $$ $$"]
        {
            assert!(matches!(command(sql).unwrap(), Command::Write(_)), "{sql}");
        }
        assert_eq!(command("SELEC 1").unwrap_err().state(), "42601");
    }

    #[test]
    fn transactions_are_followed() {
        assert_eq!(command("BEGIN ISOLATION LEVEL SERIALIZABLE").unwrap(), Command::Begin { tag: "BEGIN" });
        assert_eq!(command("COMMIT").unwrap(), Command::End { good: true });
        assert_eq!(command("ROLLBACK TO SAVEPOINT a").unwrap(), Command::BackToSavepoint);
        assert_eq!(command("ABORT").unwrap(), Command::End { good: false });
    }
}
