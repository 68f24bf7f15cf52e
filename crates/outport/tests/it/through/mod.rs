//! The same question through each door, by a client of its protocol, and every answer in one form.
//!
//! - `table`: rows in one form, and rows of Arrow, CSV and JSON in it;
//! - `http`, `postgres`, `flight`: the clients;
//! - [`Asker`]: someone at a home, with what a client needs of them.

mod flight;
mod http;
mod postgres;
mod table;

pub(crate) use self::{
    flight::{Flight, flight, perform, prepare, redeem, run, said as said_by_flight},
    http::{Reply, mcp_message},
    postgres::{Postgres, said as said_by_postgres},
    table::{Cell, Row},
};
use crate::opened::Opened;

/// What a door answered: rows, or that it refused and how.
pub(crate) type Answer = Result<Vec<Row>, String>;

/// Someone at a home.
pub(crate) struct Asker<'a> {
    pub(crate) home: &'a Opened,
    pub(crate) user: String,
    pub(crate) token: String,
    /// What they read for, where they say it.
    pub(crate) purpose: Option<String>,
}

impl<'a> Asker<'a> {
    pub(crate) fn new(home: &'a Opened, user: &str, token: String) -> Self {
        Self { home, user: user.to_owned(), token, purpose: None }
    }
}
