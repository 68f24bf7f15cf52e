//! Does what one statement is for.

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, StringArray},
    datatypes::{DataType, Field, Schema, SchemaRef},
    record_batch::RecordBatch,
};
use datafusion::sql::sqlparser::ast::Ident;
use outport_app::{
    engine::{Arguments, Question},
    gate::GateError,
};
use pgwire::messages::response::TransactionStatus;

use super::{
    KEPT, Session, Trouble,
    portal::{Begun, Portal, State},
};
use crate::{
    binding::{self, Edit},
    copy::CopyFormat,
    encode::{self, Column},
    failure::Failure,
    parameter::Value,
    rows::{self, Rows, Stop},
    split::{Piece, Places},
    statement::{Command, Reading},
};

/// What a statement gives.
#[derive(Debug)]
pub(super) enum Outcome {
    /// Rows.
    Rows(Begun),
    /// Rows of a cursor.
    Fetch { cursor: String, count: Option<u32> },
    /// Rows as a file.
    Copy(Rows, CopyFormat),
    /// It is done; what the client is told.
    Done(String),
}

impl Session {
    /// Puts a statement that is not even begun on record, and gives the failure back.
    pub(super) fn refuse(&self, piece: Option<&Piece>, failure: Failure) -> Failure {
        let sql = piece.map_or(self.place.0.as_str(), |piece| piece.sql.as_str());
        rows::fail(self.server.gate.begin(&self.caller(), sql), failure)
    }

    /// Does one statement.
    pub(super) async fn perform(
        &mut self,
        piece: &Piece,
        command: &Command,
        values: Vec<Value>,
        stop: &Stop,
    ) -> Result<Outcome, Trouble> {
        let ends = matches!(command, Command::End { .. } | Command::BackToSavepoint);
        if self.transaction == TransactionStatus::Error && !ends {
            return Err(Failure::TransactionFailed.into());
        }
        Ok(match command {
            Command::Read(reading) => Outcome::Rows(self.read(piece, reading, values, stop).await?),
            Command::Catalog => Outcome::Rows(self.ask_catalog(piece, values, stop).await?),
            Command::CopyOut { query, format } => {
                Outcome::Copy(self.rows(query, values, stop).await?.rows, format.clone())
            }
            Command::Declare { name, hold, query } => {
                self.declare(name, *hold, query, values, stop).await?;
                Outcome::Done("DECLARE CURSOR".to_owned())
            }
            Command::Fetch { cursor, count } => Outcome::Fetch { cursor: cursor.clone(), count: *count },
            Command::Show(name) => {
                let request = self.server.gate.begin(&self.caller(), piece.sql.as_str());
                match self.shown(name.as_deref()) {
                    Ok(batch) => {
                        request.answered();
                        Outcome::Rows(Rows::of_batch(batch).into())
                    }
                    Err(failure) => return Err(rows::fail(request, failure).into()),
                }
            }
            Command::Write(verb) => {
                let principal = self.caller.principal.id.to_string();
                let error =
                    GateError::Forbidden { principal, action: format!("use `{verb}` here: this door only reads") };
                return Err(self.refuse(Some(piece), Failure::gate(error)).into());
            }
            control => Outcome::Done(self.control(control)?),
        })
    }

    /// The rows of a query.
    async fn rows(&mut self, query: &Piece, values: Vec<Value>, stop: &Stop) -> Result<Begun, Trouble> {
        if self.place.0.chars().skip(query.before).take(query.sql.chars().count()).eq(query.sql.chars()) {
            self.place.1 = query.before;
        }
        match Command::of(query).map_err(|failure| self.refuse(Some(query), failure))? {
            Command::Read(reading) => Ok(self.read(query, &reading, values, stop).await?),
            Command::Catalog => Ok(self.ask_catalog(query, values, stop).await?),
            _ => {
                let what = "anything but a query here".to_owned();
                Err(self.refuse(Some(query), Failure::Unsupported { what, help: None }).into())
            }
        }
    }

    /// Asks the gate.
    async fn read(
        &mut self,
        piece: &Piece,
        reading: &Reading,
        values: Vec<Value>,
        stop: &Stop,
    ) -> Result<Begun, Failure> {
        let (edits, arguments) = binding::bound(piece, values);
        let mut question = self.question(piece, reading, edits).await?;
        question.arguments = Arguments::Positional(arguments);
        let (gate, caller) = (Arc::clone(&self.server.gate), self.caller());
        let answered = stop.or(gate.ask(&caller, question)).await?.map_err(Failure::gate)?;
        let right = Some(answered.right.clone());
        Ok(Begun { rows: Rows::of_gate(answered), right })
    }

    /// The statement as the gate is asked: with the edits that its parameters need, and tables found as the settings say.
    pub(super) async fn question(
        &mut self,
        piece: &Piece,
        reading: &Reading,
        mut edits: Vec<Edit>,
    ) -> Result<Question, Failure> {
        let places = Places::new(&piece.sql);
        let path = self.settings().search_path();
        for name in &reading.tables {
            match name.as_slice() {
                // The database is the workspace, which the gate does not ask for. Places stay what they are.
                [database, schema, _] if self.is_workspace(database) => {
                    let range = places.byte(database.span.start)..places.byte(schema.span.start);
                    let blank = " ".repeat(range.len());
                    edits.push((range, blank));
                }
                [table] if !path.is_empty() => {
                    if let Some(schema) = self.find(&path, table).await? {
                        let start = places.byte(table.span.start);
                        edits.push((start..start, format!("\"{}\".", schema.replace('"', "\"\""))));
                    }
                }
                _ => {}
            }
        }
        Ok(Question::new(binding::edited(&piece.sql, edits)))
    }

    fn is_workspace(&self, name: &Ident) -> bool {
        let workspace = self.server.gate.app().workspace.as_str();
        name.value == workspace || (name.quote_style.is_none() && name.value.eq_ignore_ascii_case(workspace))
    }

    /// The first schema of a path that has a table of this name.
    async fn find(&mut self, path: &[String], table: &Ident) -> Result<Option<String>, Failure> {
        let view = self.server.gate.view(&self.caller()).await.map_err(Failure::gate)?;
        let has = |schema: &String| {
            let product = view.products.iter().find(|(name, _)| name.sql() == schema.replace('-', "_").to_lowercase());
            product.is_some_and(|(_, product)| {
                product.tables.keys().any(|name| name.sql().eq_ignore_ascii_case(&table.value))
            })
        };
        Ok(path.iter().find(|schema| has(schema)).cloned())
    }

    /// Asks the catalog. The answer is on record when its last row has gone.
    async fn ask_catalog(&mut self, piece: &Piece, values: Vec<Value>, stop: &Stop) -> Result<Begun, Failure> {
        let (gate, caller) = (Arc::clone(&self.server.gate), self.caller());
        let request = gate.begin(&caller, piece.sql.as_str());
        let (edits, arguments) = binding::bound(piece, values);
        let sql = binding::edited(&piece.sql, edits);
        let run = async {
            let planned = self.catalog.plan(&gate, &caller, &sql).await?;
            planned.run(&arguments).await
        };
        match stop.or(run).await.and_then(|ran| ran) {
            Ok((schema, stream)) => Ok(Rows::of_catalog(schema, stream, request, gate.limits()).into()),
            Err(failure) => Err(rows::fail(request, failure)),
        }
    }

    async fn declare(
        &mut self,
        name: &str,
        hold: bool,
        query: &Piece,
        values: Vec<Value>,
        stop: &Stop,
    ) -> Result<(), Trouble> {
        if !hold && self.transaction != TransactionStatus::Transaction {
            return Err(Failure::CursorOutsideTransaction.into());
        }
        if self.portals.contains_key(name) {
            return Err(Failure::PortalExists(name.to_owned()).into());
        }
        self.may_keep_portal(0)?;
        let begun = self.rows(query, values, stop).await?;
        let columns = Some(encode::columns(&begun.rows.schema));
        self.portals.insert(name.to_owned(), Portal { hold, size: 0, columns, state: State::Under(begun) });
        Ok(())
    }

    /// Refuses to keep one more prepared statement of this many bytes, where that is more than is sensible.
    pub(super) fn may_keep_statement(&self, size: usize) -> Result<(), Failure> {
        let kept = self.statements.values().map(|prepared| prepared.text.len());
        self.may_keep("the number of prepared statements", self.statements.len(), kept.sum::<usize>() + size)
    }

    /// Refuses to keep one more portal whose values have this many bytes, where that is more than is sensible.
    pub(super) fn may_keep_portal(&self, size: usize) -> Result<(), Failure> {
        let kept = self.portals.values().map(|portal| portal.size);
        self.may_keep("the number of portals and cursors", self.portals.len(), kept.sum::<usize>() + size)
    }

    fn may_keep(&self, what: &'static str, count: usize, size: usize) -> Result<(), Failure> {
        let most = self.server.options.message.saturating_mul(4);
        if count >= KEPT {
            Err(Failure::TooManyKept { what, most: KEPT })
        } else if size > most {
            Err(Failure::TooManyKept { what: "what a connection keeps, in bytes,", most })
        } else {
            Ok(())
        }
    }

    /// The columns of a cursor, as text.
    pub(super) fn cursor_columns(&self, cursor: &str) -> Result<Option<Vec<Column>>, Failure> {
        let portal = self.portals.get(cursor).ok_or_else(|| Failure::NoPortal(cursor.to_owned()))?;
        Ok(portal.columns.clone())
    }

    /// Sends rows of a cursor.
    pub(super) async fn fetch(
        &mut self,
        cursor: &str,
        columns: &[Column],
        count: Option<u32>,
        stop: &Stop,
    ) -> Result<u64, Trouble> {
        let portal = self.portals.get_mut(cursor).ok_or_else(|| Failure::NoPortal(cursor.to_owned()))?;
        let State::Under(mut begun) = std::mem::replace(&mut portal.state, State::Done) else { return Ok(0) };
        begun = self.confirmed(begun).await?;
        let sent = self.send(&mut begun.rows, columns, count.map(u64::from), stop).await?;
        if sent.more
            && let Some(portal) = self.portals.get_mut(cursor)
        {
            portal.state = State::Under(begun);
        }
        Ok(sent.rows)
    }

    /// Rows that are gone on with, if the user may still see what they are of. Otherwise they end here.
    pub(super) async fn confirmed(&mut self, begun: Begun) -> Result<Begun, Failure> {
        let Some(right) = begun.right.clone() else { return Ok(begun) };
        let (gate, caller) = (Arc::clone(&self.server.gate), self.caller());
        match gate.confirm(&caller, &right).await {
            Ok(()) => Ok(begun),
            Err(error) => {
                drop(begun);
                Err(self.refuse(None, Failure::gate(error)))
            }
        }
    }

    /// Does what only concerns the connection. Gives what the client is told.
    fn control(&mut self, command: &Command) -> Result<String, Trouble> {
        let tag = match command {
            Command::Set { name, value, local } => {
                let tag = if value.is_none() && !local { "RESET" } else { "SET" };
                // Outside a transaction there is nothing that it could be local to.
                if !local || self.transaction == TransactionStatus::Transaction {
                    let reported = self.settings().set(name, value.clone(), *local)?;
                    self.report(reported)?;
                }
                tag
            }
            Command::ResetAll => {
                let settings = self.settings().reset();
                self.report(settings)?;
                "RESET"
            }
            Command::Begin { tag } => {
                self.transaction = TransactionStatus::Transaction;
                *tag
            }
            Command::End { good } => {
                let failed = self.transaction == TransactionStatus::Error;
                self.end_transaction()?;
                if *good && !failed { "COMMIT" } else { "ROLLBACK" }
            }
            Command::BackToSavepoint => {
                if self.transaction == TransactionStatus::Error {
                    self.transaction = TransactionStatus::Transaction;
                }
                "ROLLBACK"
            }
            Command::DiscardAll => {
                self.statements.clear();
                self.portals.clear();
                let settings = self.settings().reset();
                self.report(settings)?;
                "DISCARD ALL"
            }
            Command::Deallocate(None) => {
                self.statements.clear();
                "DEALLOCATE ALL"
            }
            Command::Deallocate(Some(name)) => {
                self.statements.remove(name).ok_or_else(|| Failure::NoStatement(name.clone()))?;
                "DEALLOCATE"
            }
            Command::Close(None) => {
                self.portals.clear();
                "CLOSE CURSOR ALL"
            }
            Command::Close(Some(name)) => {
                self.portals.remove(name).ok_or_else(|| Failure::NoPortal(name.clone()))?;
                "CLOSE CURSOR"
            }
            Command::Nothing { tag } => *tag,
            other => return Err(Failure::Inside(format!("{other:?} is not done here")).into()),
        };
        Ok(tag.to_owned())
    }

    /// A setting as a row, or all of them.
    fn shown(&self, name: Option<&str>) -> Result<RecordBatch, Failure> {
        let (names, rows) = match name {
            Some(name) => {
                let (name, value) = self.settings().show(name)?;
                (vec![name], vec![vec![value]])
            }
            None => {
                let all = self.settings().all().into_iter().map(|(name, value)| vec![name, value, String::new()]);
                (["name", "setting", "description"].map(str::to_owned).to_vec(), all.collect())
            }
        };
        let schema = text_schema(&names);
        let columns = (0..names.len()).map(|place| {
            let cells = rows.iter().map(|row| row.get(place).map_or("", String::as_str));
            Arc::new(StringArray::from_iter_values(cells)) as ArrayRef
        });
        RecordBatch::try_new(schema, columns.collect()).map_err(|error| Failure::Inside(error.to_string()))
    }

    /// The columns that [`Self::shown`] gives.
    pub(super) fn shown_columns(&self, name: Option<&str>) -> Result<Vec<Column>, Failure> {
        Ok(encode::columns(&self.shown(name)?.schema()))
    }
}

fn text_schema(names: &[String]) -> SchemaRef {
    Arc::new(Schema::new(names.iter().map(|name| Field::new(name, DataType::Utf8, false)).collect::<Vec<_>>()))
}
