//! Sends rows, no faster than the client takes them.

use bytes::{BufMut, BytesMut};
use pgwire::messages::{
    PgWireBackendMessage as Reply,
    copy::{CopyDone, CopyOutResponse},
    response::CommandComplete,
};

use super::{Session, Trouble};
use crate::{
    copy::CopyFormat,
    encode::{self, Column, Format},
    failure::Failure,
    rows::{Rows, Stop},
};

/// How many rows went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) rows: u64,
    /// Whether there may be more.
    pub(super) more: bool,
}

impl Session {
    /// Sends rows, at most `limit`.
    pub(super) async fn send(
        &mut self,
        rows: &mut Rows,
        columns: &[Column],
        limit: Option<u64>,
        stop: &Stop,
    ) -> Result<Sent, Trouble> {
        let mut sent = 0;
        while limit != Some(sent) {
            let Some((batch, mut row)) = rows.next(stop).await? else { return Ok(Sent { rows: sent, more: false }) };
            while row < batch.num_rows() && limit != Some(sent) {
                self.wire.put_with(b'D', |out| encode::row(&batch, row, columns, out))?;
                row += 1;
                sent += 1;
                if self.wire.is_full() {
                    stop.or(self.wire.flush()).await??;
                }
            }
            rows.keep(batch, row);
        }
        Ok(Sent { rows: sent, more: true })
    }

    /// Sends all rows as a file.
    pub(super) async fn send_copy(
        &mut self,
        rows: &mut Rows,
        format: &CopyFormat,
        stop: &Stop,
    ) -> Result<u64, Trouble> {
        let mut columns = encode::columns(&rows.schema);
        let (code, written) = if format.is_binary() { (1_i8, Format::Binary) } else { (0, Format::Text) };
        for column in &mut columns {
            column.format = written;
        }
        let count = i16::try_from(columns.len())
            .map_err(|_| Failure::Mismatch(format!("a row cannot have {} columns", columns.len())))?;
        let formats = vec![written.code(); columns.len()];
        self.wire.put(&Reply::CopyOutResponse(CopyOutResponse::new(code, count, formats)))?;
        // What begins a binary file comes in one message with its first row, as clients expect it; a line of names by itself.
        let mut head = BytesMut::new();
        format.begin(&columns, &mut head);
        if !format.is_binary() && !head.is_empty() {
            let line = head.split();
            self.wire.put_with(b'd', |out| {
                out.put_slice(&line);
                Ok::<_, Failure>(())
            })?;
        }
        let mut sent = 0;
        while let Some((batch, _)) = rows.next(stop).await? {
            for row in 0..batch.num_rows() {
                let before = head.split();
                self.wire.put_with(b'd', |out| {
                    out.put_slice(&before);
                    format.row(&batch, row, &columns, out)
                })?;
                sent += 1;
                if self.wire.is_full() {
                    stop.or(self.wire.flush()).await??;
                }
            }
        }
        if format.is_binary() {
            head.put_i16(-1);
            self.wire.put_with(b'd', |out| {
                out.put_slice(&head);
                Ok::<_, Failure>(())
            })?;
        }
        self.wire.put(&Reply::CopyDone(CopyDone::new()))?;
        Ok(sent)
    }

    /// Says that a statement is done.
    pub(super) fn complete(&mut self, tag: impl Into<String>) -> Result<(), Trouble> {
        Ok(self.wire.put(&Reply::CommandComplete(CommandComplete::new(tag.into())))?)
    }
}
