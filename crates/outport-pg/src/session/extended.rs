//! The extended protocol: statements that are prepared, bound to values, described and run in steps.

use std::{collections::BTreeSet, sync::Arc};

use pgwire::{
    api::Type,
    messages::{
        PgWireBackendMessage as Reply,
        data::{NoData, ParameterDescription},
        extendedquery::{BindComplete, CloseComplete, ParseComplete, PortalSuspended},
        response::{EmptyQueryResponse, TransactionStatus},
    },
};

use super::{
    Session, Trouble,
    perform::Outcome,
    portal::{Begun, Portal, Prepared, State},
    simple::verb,
};
use crate::{
    binding::{self, Edit},
    catalog,
    encode::{self, Column, Format, kind},
    failure::Failure,
    frontend::{Bind, Target},
    parameter::{self, Parameter, Value},
    rows::{Rows, Stop},
    split::{Piece, split},
    statement::Command,
};

/// What a statement takes and gives: its parameters, and the columns of its rows where it gives any.
type Description = (Vec<Parameter>, Option<Vec<Column>>);

impl Session {
    /// Prepares a statement.
    pub(super) async fn parse(&mut self, name: String, sql: String, types: &[u32]) -> Result<(), Trouble> {
        self.place = (sql, 0);
        if !name.is_empty() && self.statements.contains_key(&name) {
            return Err(Failure::StatementExists(name).into());
        }
        self.may_keep_statement(self.place.0.len())?;
        let pieces = split(&self.place.0).map_err(|failure| self.refuse(None, failure))?;
        let prepared = match <[Piece; 1]>::try_from(pieces) {
            Ok([piece]) => {
                self.place.1 = piece.before;
                self.prepare(piece, types).await?
            }
            Err(pieces) if pieces.is_empty() => {
                Prepared { text: self.place.0.clone(), statement: None, parameters: Vec::new(), columns: None }
            }
            Err(_) => return Err(self.refuse(None, Failure::ManyStatements).into()),
        };
        self.statements.insert(name, Arc::new(prepared));
        Ok(self.wire.put(&Reply::ParseComplete(ParseComplete::new()))?)
    }

    async fn prepare(&mut self, piece: Piece, types: &[u32]) -> Result<Prepared, Trouble> {
        let command = Command::of(&piece).map_err(|failure| self.refuse(Some(&piece), failure))?;
        let ends = matches!(command, Command::End { .. } | Command::BackToSavepoint);
        if self.transaction == TransactionStatus::Error && !ends {
            return Err(Failure::TransactionFailed.into());
        }
        let stop = self.stop();
        let given = types.iter().map(|id| {
            let id = (*id != 0 && *id != Type::UNKNOWN.oid()).then_some(*id);
            id.map(|id| Type::from_oid(id).unwrap_or(Type::UNKNOWN))
        });
        let (parameters, columns) = self.foresee(&piece, &command, given.collect(), &stop).await?;
        Ok(Prepared { text: self.place.0.clone(), statement: Some((piece, command)), parameters, columns })
    }

    /// What a statement would take and give, where the client gives some parameters their types. Nothing is run, so that
    /// nothing is put on record but what is refused.
    async fn foresee(
        &mut self,
        piece: &Piece,
        command: &Command,
        given: Vec<Option<Type>>,
        stop: &Stop,
    ) -> Result<Description, Trouble> {
        let columns = match command {
            Command::Read(_) | Command::Catalog => return self.foresee_query(piece, command, given, stop).await,
            Command::Declare { query, .. } | Command::CopyOut { query, .. } => {
                let command = Command::of(query).map_err(|failure| self.refuse(Some(query), failure))?;
                let (parameters, _) = self.foresee_query(query, &command, given, stop).await?;
                return Ok((parameters, None));
            }
            Command::Show(name) => Some(self.shown_columns(name.as_deref())?),
            Command::Fetch { cursor, .. } => self.cursor_columns(cursor)?,
            _ => None,
        };
        let parameter = |kind: Option<Type>| Parameter { kind: kind.unwrap_or(Type::TEXT), declared: false };
        Ok((given.into_iter().map(parameter).collect(), columns))
    }

    /// What a query would take and give. A parameter has the type that the client gives it, else the one that it is cast
    /// to, else the one that its place in the statement wants.
    async fn foresee_query(
        &mut self,
        piece: &Piece,
        command: &Command,
        given: Vec<Option<Type>>,
        stop: &Stop,
    ) -> Result<Description, Trouble> {
        let (casts, lists) = (binding::casts(piece), binding::lists(piece));
        let mut known = given;
        for (number, kind) in &casts {
            if known.len() < *number {
                known.resize(*number, None);
            }
            known[number - 1].get_or_insert_with(|| kind.clone());
        }
        let edits = binding::foreseen(piece, &known, &BTreeSet::new());
        let (inferred, mut columns) = Box::pin(self.prospect(piece, command, edits, stop)).await?;
        let parameter = |place: usize| {
            let (number, kind) = (place + 1, known.get(place).cloned().flatten());
            let wanted = inferred.get(place).cloned().flatten();
            let is_text = |kind: &Type| binding::sql_name(kind) == binding::sql_name(&Type::TEXT);
            let alone = wanted.is_none() && !casts.contains_key(&number) && !lists.contains(&number);
            let declared = alone && kind.as_ref().is_some_and(|kind| !is_text(kind));
            let wanted = wanted.map(|wanted| if lists.contains(&number) { kind::list_of(&wanted) } else { wanted });
            Parameter { kind: kind.or(wanted).unwrap_or(Type::TEXT), declared }
        };
        let parameters: Vec<Parameter> = (0..inferred.len().max(known.len())).map(parameter).collect();
        let declared: BTreeSet<usize> =
            (1..).zip(&parameters).filter(|(_, parameter)| parameter.declared).map(|(number, _)| number).collect();
        if !declared.is_empty() {
            let edits = binding::foreseen(piece, &known, &declared);
            (_, columns) = Box::pin(self.prospect(piece, command, edits, stop)).await?;
        }
        Ok((parameters, Some(columns)))
    }

    /// The types that the places of parameters want, and the columns of the rows.
    async fn prospect(
        &mut self,
        piece: &Piece,
        command: &Command,
        edits: Vec<Edit>,
        stop: &Stop,
    ) -> Result<(Vec<Option<Type>>, Vec<Column>), Trouble> {
        let (gate, caller) = (Arc::clone(&self.server.gate), self.caller());
        let foreseen = async {
            if let Command::Read(reading) = command {
                let question = self.question(piece, reading, edits).await?;
                let prospect = gate.prospect(&caller, &question).await.map_err(Failure::gate)?;
                let numbered = prospect.parameters.into_iter().map(|(name, kind)| {
                    let number = name.trim_start_matches('$').parse().ok().filter(|number: &usize| *number > 0);
                    let wrong = || Failure::Mismatch(format!("there is no parameter `{name}`"));
                    number.map(|number| (number, kind)).ok_or_else(wrong)
                });
                let types = catalog::in_order(numbered.collect::<Result<_, _>>()?)?;
                return Ok::<_, Failure>((types, prospect.schema));
            }
            let planned = self.catalog.plan(&gate, &caller, &binding::edited(&piece.sql, edits)).await?;
            Ok((planned.parameters()?, planned.schema()))
        };
        let foreseen = stop.or(foreseen).await.and_then(|foreseen| foreseen);
        let (types, schema) = foreseen.map_err(|failure| self.refuse(Some(piece), failure))?;
        let types = types.iter().map(|found| found.as_ref().map(kind::of)).collect();
        Ok((types, encode::columns(&schema)))
    }

    /// Gives a prepared statement its values.
    pub(super) fn bind(&mut self, bind: Bind) -> Result<(), Trouble> {
        let prepared = self.prepared(&bind.statement)?;
        self.place = (prepared.text.clone(), 0);
        if !bind.portal.is_empty() && self.portals.contains_key(&bind.portal) {
            return Err(Failure::PortalExists(bind.portal).into());
        }
        let size = bind.parameters.iter().flatten().map(bytes::Bytes::len).sum::<usize>();
        self.may_keep_portal(size)?;
        let (given, taken) = (bind.parameters.len(), prepared.parameters.len());
        if given != taken {
            return Err(Failure::Mismatch(format!("there are {given} values for {taken} parameters")).into());
        }
        let formats = Format::of_each(&bind.parameter_formats, given)?;
        let values = (1..).zip(&bind.parameters).zip(&formats).zip(&prepared.parameters);
        let values = values
            .map(|(((number, value), format), known)| parameter::read(number, value.as_ref(), *format, known))
            .collect::<Result<Vec<Value>, Failure>>()?;
        let columns = prepared.columns.clone().map(|columns| encode::with_formats(columns, &bind.result_formats));
        let portal =
            Portal { hold: false, size, columns: columns.transpose()?, state: State::Fresh { prepared, values } };
        self.portals.insert(bind.portal, portal);
        Ok(self.wire.put(&Reply::BindComplete(BindComplete::new()))?)
    }

    fn prepared(&self, name: &str) -> Result<Arc<Prepared>, Failure> {
        self.statements.get(name).cloned().ok_or_else(|| Failure::NoStatement(name.to_owned()))
    }

    /// Says what a prepared statement or portal takes and gives.
    pub(super) fn describe(&mut self, target: Target, name: &str) -> Result<(), Trouble> {
        let columns = match target {
            Target::Statement => {
                let prepared = self.prepared(name)?;
                let types = prepared.parameters.iter().map(|parameter| parameter.kind.oid()).collect();
                self.wire.put(&Reply::ParameterDescription(ParameterDescription::new(types)))?;
                prepared.columns.clone()
            }
            Target::Portal => self.cursor_columns(name)?,
        };
        let reply = match columns {
            Some(columns) => Reply::RowDescription(encode::description(&columns)),
            None => Reply::NoData(NoData::new()),
        };
        Ok(self.wire.put(&reply)?)
    }

    /// Runs a portal, or goes on with it.
    pub(super) async fn execute(&mut self, name: &str, limit: u32) -> Result<(), Trouble> {
        let columns = self.cursor_columns(name)?;
        let limit = (limit > 0).then_some(u64::from(limit));
        let stop = self.stop();
        match self.take(name) {
            State::Fresh { prepared, values } => {
                let Some((piece, command)) = &prepared.statement else {
                    self.put_back(name, State::Fresh { prepared: Arc::clone(&prepared), values });
                    return Ok(self.wire.put(&Reply::EmptyQueryResponse(EmptyQueryResponse::new()))?);
                };
                self.place = (prepared.text.clone(), piece.before);
                match self.perform(piece, command, values, &stop).await? {
                    Outcome::Rows(begun) => {
                        let edited = prepared.parameters.iter().any(Parameter::is_edited);
                        let columns = same(columns.unwrap_or_default(), &begun.rows, edited)?;
                        self.go_on(name, begun, &columns, limit, verb(command), &stop).await
                    }
                    Outcome::Fetch { cursor, count } => {
                        let sent = self.fetch(&cursor, &columns.unwrap_or_default(), count, &stop).await?;
                        self.complete(format!("FETCH {sent}"))
                    }
                    Outcome::Copy(mut rows, format) => {
                        let sent = self.send_copy(&mut rows, &format, &stop).await?;
                        self.complete(format!("COPY {sent}"))
                    }
                    Outcome::Done(tag) => self.complete(tag),
                }
            }
            State::Under(begun) => {
                let begun = self.confirmed(begun).await?;
                self.go_on(name, begun, &columns.unwrap_or_default(), limit, "SELECT", &stop).await
            }
            State::Done => self.complete("SELECT 0"),
        }
    }

    fn take(&mut self, name: &str) -> State {
        match self.portals.get_mut(name) {
            Some(portal) => std::mem::replace(&mut portal.state, State::Done),
            None => State::Done,
        }
    }

    /// Puts a portal's state back, unless the portal is gone by now.
    fn put_back(&mut self, name: &str, state: State) {
        if let Some(portal) = self.portals.get_mut(name) {
            portal.state = state;
        }
    }

    async fn go_on(
        &mut self,
        name: &str,
        mut begun: Begun,
        columns: &[Column],
        limit: Option<u64>,
        verb: &str,
        stop: &Stop,
    ) -> Result<(), Trouble> {
        let sent = self.send(&mut begun.rows, columns, limit, stop).await?;
        if sent.more {
            self.put_back(name, State::Under(begun));
            return Ok(self.wire.put(&Reply::PortalSuspended(PortalSuspended::new()))?);
        }
        self.complete(format!("{verb} {}", sent.rows))
    }

    /// Forgets a prepared statement or a portal; that there is none is no error.
    pub(super) fn close(&mut self, target: Target, name: &str) -> Result<(), Trouble> {
        match target {
            Target::Statement => drop(self.statements.remove(name)),
            Target::Portal => drop(self.portals.remove(name)),
        }
        Ok(self.wire.put(&Reply::CloseComplete(CloseComplete::new()))?)
    }
}

/// The columns as described, if the rows have them still. Those of a statement that its values change are named by the
/// values.
fn same(described: Vec<Column>, rows: &Rows, edited: bool) -> Result<Vec<Column>, Failure> {
    let found = encode::columns(&rows.schema);
    let alike = |a: &Column, b: &Column| (&a.kind, a.modifier) == (&b.kind, b.modifier) && (edited || a.name == b.name);
    if found.len() == described.len() && found.iter().zip(&described).all(|(a, b)| alike(a, b)) {
        Ok(described)
    } else {
        Err(Failure::PlanChanged)
    }
}
