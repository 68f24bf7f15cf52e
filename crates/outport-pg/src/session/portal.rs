//! Prepared statements, and portals: statements with their values, whose rows may be under way.

use outport_app::gate::Right;

use crate::{
    encode::Column,
    parameter::{Parameter, Value},
    rows::Rows,
    split::Piece,
    statement::Command,
};

/// A statement that was prepared.
#[derive(Debug)]
pub(super) struct Prepared {
    /// What the client sent.
    pub(super) text: String,
    /// The statement and what it is for; `None` where it is empty.
    pub(super) statement: Option<(Piece, Command)>,
    /// Its parameters.
    pub(super) parameters: Vec<Parameter>,
    /// The columns of its rows; `None` where it gives none.
    pub(super) columns: Option<Vec<Column>>,
}

/// A statement with values for its parameters, or a cursor.
#[derive(Debug)]
pub(super) struct Portal {
    /// Whether it outlives its transaction.
    pub(super) hold: bool,
    /// Bytes of its values.
    pub(super) size: usize,
    /// The columns of its rows; `None` where it gives none.
    pub(super) columns: Option<Vec<Column>>,
    /// How far it is.
    pub(super) state: State,
}

/// Rows on their way, and what the gate let them through for.
#[derive(Debug)]
pub(super) struct Begun {
    /// The rows.
    pub(super) rows: Rows,
    /// What the user might see when they began; `None` where they are of no released table.
    pub(super) right: Option<Right>,
}

impl From<Rows> for Begun {
    fn from(rows: Rows) -> Self {
        Self { rows, right: None }
    }
}

/// How far a portal is.
#[derive(Debug)]
pub(super) enum State {
    /// Not begun.
    Fresh {
        /// The statement.
        prepared: std::sync::Arc<Prepared>,
        /// The values.
        values: Vec<Value>,
    },
    /// The statement was begun: some rows have gone, or none is wanted yet.
    Under(Begun),
    /// All rows have gone, or there was never one.
    Done,
}
