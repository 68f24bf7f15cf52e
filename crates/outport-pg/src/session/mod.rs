//! One connection after its user is known: takes messages, and keeps what lives between them.
//!
//! - this file: the loop, transactions, errors;
//! - `perform`: does what one statement is for;
//! - `send`: sends rows;
//! - `simple` and `extended`: the two ways in which statements come.

mod extended;
mod perform;
mod portal;
mod send;
mod simple;

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use outport_app::gate::Caller;
use pgwire::messages::{
    PgWireBackendMessage as Reply,
    response::{ReadyForQuery, TransactionStatus},
    startup::ParameterStatus,
};
use tokio::sync::OwnedSemaphorePermit;

use self::portal::{Portal, Prepared};
use crate::{
    cancel::Cancellable,
    catalog::Catalog,
    failure::Failure,
    frontend::Message,
    rows::Stop,
    seat::Seat,
    server::Server,
    settings::Settings,
    wire::{Received, Wire},
};

/// Prepared statements, and portals, of one connection at most: a client that forgets to close them would keep on
/// taking memory.
const KEPT: usize = 1_000;

/// Why a message was not done.
#[derive(Debug)]
enum Trouble {
    /// The connection broke.
    Broken(io::Error),
    /// The client is told.
    Told(Failure),
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Broken(error)
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Told(failure)
    }
}

/// One connection.
#[derive(Debug)]
pub(crate) struct Session {
    server: Arc<Server>,
    wire: Wire,
    caller: Caller,
    settings: Arc<Mutex<Settings>>,
    catalog: Catalog,
    cancellable: Cancellable,
    transaction: TransactionStatus,
    statements: BTreeMap<String, Arc<Prepared>>,
    portals: BTreeMap<String, Portal>,
    /// After an error in the extended protocol: everything is skipped up to the next `Sync`.
    skipping: bool,
    /// Between the first message of a group of the extended protocol and its `Sync`.
    begun: bool,
    /// What the client sent, and how many characters of it stand before the statement under way: where errors are.
    place: (String, usize),
    _place: Place,
}

/// A place among all connections, and among those of one user.
pub(crate) type Place = (OwnedSemaphorePermit, Seat);

impl Session {
    /// A session of someone who is known.
    pub(crate) fn new(
        server: Arc<Server>,
        wire: Wire,
        caller: Caller,
        settings: Arc<Mutex<Settings>>,
        cancellable: Cancellable,
        place: Place,
    ) -> Self {
        let foundation = Arc::clone(&server.foundation);
        let catalog = Catalog::new(foundation, Arc::clone(&settings), cancellable.process);
        Self {
            server,
            wire,
            caller,
            settings,
            catalog,
            cancellable,
            transaction: TransactionStatus::Idle,
            statements: BTreeMap::new(),
            portals: BTreeMap::new(),
            skipping: false,
            begun: false,
            place: (String::new(), 0),
            _place: place,
        }
    }

    /// Takes messages until the client goes or the server ends.
    pub(crate) async fn run(mut self) -> io::Result<()> {
        loop {
            // What was begun with `Parse` or `Execute` is done when `Sync` has been answered.
            let stop = if self.begun { &self.server.stopped } else { &self.server.stopping };
            let received = tokio::select! {
                biased;
                () = stop.cancelled() => return self.end(&Failure::Stopping).await,
                received = self.wire.message() => received?,
            };
            let message = match received {
                Received::Message(Message::Terminate) | Received::Closed => return Ok(()),
                Received::Message(message) => message,
                Received::Malformed => return self.end(&Failure::Malformed).await,
                Received::TooLong(longest) => return self.end(&Failure::TooLong(longest)).await,
            };
            if self.skipping && message != Message::Sync {
                continue;
            }
            let extended = message.is_extended();
            self.begun = extended;
            match Box::pin(self.handle(message)).await {
                Ok(()) => {}
                Err(Trouble::Broken(error)) => return Err(error),
                Err(Trouble::Told(failure)) if failure.is_fatal() => return self.end(&failure).await,
                Err(Trouble::Told(failure)) => self.tell(&failure, extended).await?,
            }
        }
    }

    async fn handle(&mut self, message: Message) -> Result<(), Trouble> {
        match message {
            Message::Query(text) => self.query(text).await,
            Message::Parse { name, sql, types } => self.parse(name, sql, &types).await,
            Message::Bind(bind) => self.bind(bind),
            Message::Describe(target, name) => self.describe(target, &name),
            Message::Execute { portal, limit } => self.execute(&portal, limit).await,
            Message::Close(target, name) => self.close(target, &name),
            Message::Sync => self.sync().await,
            Message::Flush => Ok(self.wire.flush().await?),
            // Rows of a `COPY` that was refused, which the client has sent already.
            Message::Copy => Ok(()),
            Message::Password(_) | Message::Terminate => Err(Failure::Unexpected.into()),
        }
    }

    /// The end of a group of messages: outside a transaction, of its portals too.
    async fn sync(&mut self) -> Result<(), Trouble> {
        self.skipping = false;
        if self.transaction == TransactionStatus::Idle {
            self.portals.retain(|_, portal| portal.hold);
        }
        self.ready().await
    }

    async fn ready(&mut self) -> Result<(), Trouble> {
        self.wire.put(&Reply::ReadyForQuery(ReadyForQuery::new(self.transaction)))?;
        Ok(self.wire.flush().await?)
    }

    /// Tells the client what went wrong; the connection goes on.
    async fn tell(&mut self, failure: &Failure, extended: bool) -> io::Result<()> {
        let (text, before) = &self.place;
        self.wire.put(&failure.response(text, *before))?;
        if self.transaction == TransactionStatus::Transaction {
            self.transaction = TransactionStatus::Error;
        }
        if extended {
            self.skipping = true;
            return self.wire.flush().await;
        }
        self.portals.remove("");
        self.wire.put(&Reply::ReadyForQuery(ReadyForQuery::new(self.transaction)))?;
        self.wire.flush().await
    }

    /// Tells the client what went wrong, and ends the connection.
    async fn end(&mut self, failure: &Failure) -> io::Result<()> {
        // What is under way ends, and is on record, before the client is told.
        self.portals.clear();
        let (text, before) = &self.place;
        self.wire.put(&failure.response(text, *before))?;
        self.wire.close().await
    }

    fn settings(&self) -> MutexGuard<'_, Settings> {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who asks, for what they say that they ask for.
    fn caller(&self) -> Caller {
        let mut caller = self.caller.clone();
        let settings = self.settings();
        caller.purpose = settings.purpose();
        let client = settings.show("application_name").ok().map(|(_, name)| name);
        caller.client = client.filter(|name| !name.is_empty());
        caller
    }

    /// What stops the statement that begins now.
    fn stop(&self) -> Stop {
        let timeout = self.settings().statement_timeout();
        let limits = self.server.gate.limits();
        Stop::new(self.cancellable.begin(), self.server.stopped.clone(), timeout, limits)
    }

    fn report(&mut self, settings: impl IntoIterator<Item = (&'static str, String)>) -> io::Result<()> {
        for (name, value) in settings {
            self.wire.put(&Reply::ParameterStatus(ParameterStatus::new(name.to_owned(), value.replace('\0', ""))))?;
        }
        Ok(())
    }

    /// Ends a transaction: its cursors, and what was set for it alone.
    fn end_transaction(&mut self) -> io::Result<()> {
        self.transaction = TransactionStatus::Idle;
        self.portals.retain(|_, portal| portal.hold);
        let settings = self.settings().end_transaction();
        self.report(settings)
    }
}
