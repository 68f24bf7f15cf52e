//! A connection as messages: what comes is cut into frames of a limited length, what goes is gathered and sent in pieces.

use std::{io, time::Duration};

use bytes::{Buf, BufMut, Bytes, BytesMut};
use pgwire::messages::PgWireBackendMessage;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::frontend::{Message, Opening};

/// A stream of bytes in both directions.
pub(crate) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// From how many bytes on what goes is to be sent.
const GATHERED: usize = 64 * 1024;

/// The longest message of someone who is not known yet; PostgreSQL has the same limit.
const OPENING: usize = 10_000;

/// How long a client may take to close once it was told everything.
const LINGERING: Duration = Duration::from_secs(1);

/// What came.
#[derive(Debug)]
pub(crate) enum Received<T> {
    /// A message.
    Message(T),
    /// Bytes that are no message; what follows them cannot be read either.
    Malformed,
    /// A message that is longer than is allowed.
    TooLong(usize),
    /// The end.
    Closed,
}

/// A connection.
pub(crate) struct Wire {
    stream: Box<dyn Duplex>,
    input: BytesMut,
    output: BytesMut,
    longest: usize,
}

impl std::fmt::Debug for Wire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wire").field("longest", &self.longest).finish_non_exhaustive()
    }
}

impl Wire {
    /// A connection with someone who is not known yet.
    pub(crate) fn new(stream: Box<dyn Duplex>) -> Self {
        Self { stream, input: BytesMut::new(), output: BytesMut::new(), longest: OPENING }
    }

    /// The stream, where nothing that came is left over: what was sent before a handshake must not count as sent after.
    pub(crate) fn into_stream(self) -> Option<Box<dyn Duplex>> {
        self.input.is_empty().then_some(self.stream)
    }

    /// Lets messages be as long as this.
    pub(crate) fn allow(&mut self, longest: usize) {
        self.longest = longest;
    }

    /// The first message. Dropping the future loses nothing.
    pub(crate) async fn opening(&mut self) -> io::Result<Received<Opening>> {
        let body = match self.frame(0).await? {
            Received::Message((_, body)) => body,
            other => return Ok(other.without_message()),
        };
        Ok(Opening::read(body).map_or(Received::Malformed, Received::Message))
    }

    /// The next message. Dropping the future loses nothing.
    pub(crate) async fn message(&mut self) -> io::Result<Received<Message>> {
        let (kind, body) = match self.frame(1).await? {
            Received::Message(frame) => frame,
            other => return Ok(other.without_message()),
        };
        Ok(Message::read(kind, body).map_or(Received::Malformed, Received::Message))
    }

    /// One frame: `kind` bytes of kind, four of length, and the body.
    async fn frame(&mut self, kind: usize) -> io::Result<Received<(u8, Bytes)>> {
        loop {
            if let Some(head) = self.input.get(..kind + 4) {
                let mut length = &head[kind..];
                let length = length.get_u32() as usize;
                if length < 4 {
                    return Ok(Received::Malformed);
                }
                if length > self.longest {
                    return Ok(Received::TooLong(self.longest));
                }
                if self.input.len() >= kind + length {
                    let mut frame = self.input.split_to(kind + length).freeze();
                    let letter = if kind == 0 { 0 } else { frame[0] };
                    frame.advance(kind + 4);
                    return Ok(Received::Message((letter, frame)));
                }
            }
            if self.stream.read_buf(&mut self.input).await? == 0 {
                return Ok(Received::Closed);
            }
        }
    }

    /// Adds a message to what goes.
    pub(crate) fn put(&mut self, message: &PgWireBackendMessage) -> io::Result<()> {
        message.encode(&mut self.output).map_err(io::Error::other)
    }

    /// Adds a message whose body `write` makes. Without a copy: this is how rows go.
    pub(crate) fn put_with<E>(
        &mut self,
        kind: u8,
        write: impl FnOnce(&mut BytesMut) -> Result<(), E>,
    ) -> Result<(), E> {
        let start = self.output.len();
        self.output.put_u8(kind);
        self.output.put_u32(0);
        if let Err(error) = write(&mut self.output) {
            self.output.truncate(start);
            return Err(error);
        }
        let length = u32::try_from(self.output.len() - start - 1).unwrap_or(u32::MAX);
        self.output[start + 1..start + 5].copy_from_slice(&length.to_be_bytes());
        Ok(())
    }

    /// Whether there is much to be sent.
    pub(crate) fn is_full(&self) -> bool {
        self.output.len() >= GATHERED
    }

    /// Sends everything.
    pub(crate) async fn flush(&mut self) -> io::Result<()> {
        self.stream.write_all_buf(&mut self.output).await?;
        self.stream.flush().await
    }

    /// Sends everything, says that no more will come, and waits for the client to close: a socket that is closed while a
    /// client still sends would take back what it has not read yet, such as why it is closed.
    pub(crate) async fn close(&mut self) -> io::Result<()> {
        self.flush().await?;
        self.stream.shutdown().await?;
        let gone = async {
            let mut unread = [0; 1_024];
            while self.stream.read(&mut unread).await.is_ok_and(|count| count > 0) {}
        };
        // Whoever does not close is not waited for.
        let _ = tokio::time::timeout(LINGERING, gone).await;
        Ok(())
    }
}

impl<T> Received<T> {
    fn without_message<U>(self) -> Received<U> {
        match self {
            Self::Message(_) | Self::Malformed => Received::Malformed,
            Self::TooLong(longest) => Received::TooLong(longest),
            Self::Closed => Received::Closed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn frames_are_cut_wherever_the_bytes_break() {
        let (mut client, server) = tokio::io::duplex(3);
        let mut wire = Wire::new(Box::new(server));
        let sent = tokio::spawn(async move { client.write_all(b"Q\0\0\0\x0bSELECT\0S\0\0\0\x04").await });
        assert!(matches!(wire.message().await.unwrap(), Received::Message(Message::Query(sql)) if sql == "SELECT"));
        assert!(matches!(wire.message().await.unwrap(), Received::Message(Message::Sync)));
        assert!(matches!(wire.message().await.unwrap(), Received::Closed));
        sent.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_long_message_is_refused_before_it_is_taken_in() {
        let (mut client, server) = tokio::io::duplex(64);
        let mut wire = Wire::new(Box::new(server));
        client.write_all(b"Q\x3f\xff\xff\xff").await.unwrap();
        assert!(matches!(wire.message().await.unwrap(), Received::TooLong(OPENING)));
        let mut wire = Wire::new(Box::new(tokio::io::duplex(8).1));
        wire.input.put_slice(b"Q\0\0\0\x03");
        assert!(matches!(wire.message().await.unwrap(), Received::Malformed));
    }

    #[tokio::test]
    async fn the_end_is_that_of_the_client() {
        let (mut client, server) = tokio::io::duplex(64);
        let mut wire = Wire::new(Box::new(server));
        wire.output.put_slice(b"the end");
        let ending = tokio::spawn(async move { wire.close().await });
        let mut said = Vec::new();
        client.read_to_end(&mut said).await.unwrap();
        assert_eq!(said, b"the end");
        // More than what lies between the two, so that it is read.
        client.write_all(&[0; 1_000]).await.unwrap();
        drop(client);
        ending.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_message_that_cannot_be_written_leaves_nothing_behind() {
        let (_client, server) = tokio::io::duplex(64);
        let mut wire = Wire::new(Box::new(server));
        wire.put_with(b'D', |out| {
            out.put_u8(1);
            Ok::<_, ()>(())
        })
        .unwrap();
        wire.put_with(b'D', |out| {
            out.put_u8(2);
            Err(())
        })
        .unwrap_err();
        assert_eq!(wire.output.as_ref(), b"D\0\0\0\x05\x01");
    }
}
