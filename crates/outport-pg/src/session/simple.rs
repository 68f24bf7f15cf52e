//! The simple protocol: a text of several statements, each answered as text.

use pgwire::messages::{PgWireBackendMessage as Reply, response::EmptyQueryResponse};

use super::{Session, Trouble, perform::Outcome, portal::Begun};
use crate::{encode, split::split, statement::Command};

impl Session {
    /// Does the statements of a text one after the other; the first that fails is the last.
    pub(super) async fn query(&mut self, text: String) -> Result<(), Trouble> {
        self.place = (text, 0);
        // The unnamed portal and statement do not outlive a simple query.
        self.portals.remove("");
        self.statements.remove("");
        let pieces = split(&self.place.0).map_err(|failure| self.refuse(None, failure))?;
        if pieces.is_empty() {
            self.wire.put(&Reply::EmptyQueryResponse(EmptyQueryResponse::new()))?;
        }
        for piece in pieces {
            self.place.1 = piece.before;
            let command = Command::of(&piece).map_err(|failure| self.refuse(Some(&piece), failure))?;
            let stop = self.stop();
            match self.perform(&piece, &command, Vec::new(), &stop).await? {
                Outcome::Rows(Begun { mut rows, .. }) => {
                    let columns = encode::columns(&rows.schema);
                    self.wire.put(&Reply::RowDescription(encode::description(&columns)))?;
                    let sent = self.send(&mut rows, &columns, None, &stop).await?;
                    self.complete(format!("{} {}", verb(&command), sent.rows))?;
                }
                Outcome::Fetch { cursor, count } => {
                    if let Some(columns) = self.cursor_columns(&cursor)? {
                        self.wire.put(&Reply::RowDescription(encode::description(&columns)))?;
                        let sent = self.fetch(&cursor, &columns, count, &stop).await?;
                        self.complete(format!("FETCH {sent}"))?;
                    }
                }
                Outcome::Copy(mut rows, format) => {
                    let sent = self.send_copy(&mut rows, &format, &stop).await?;
                    self.complete(format!("COPY {sent}"))?;
                }
                Outcome::Done(tag) => self.complete(tag)?,
            }
        }
        if self.transaction == pgwire::messages::response::TransactionStatus::Idle {
            self.portals.retain(|_, portal| portal.hold);
        }
        self.ready().await
    }
}

/// What the rows of a statement are called when they have gone.
pub(super) fn verb(command: &Command) -> &'static str {
    match command {
        Command::Show(_) => "SHOW",
        _ => "SELECT",
    }
}
