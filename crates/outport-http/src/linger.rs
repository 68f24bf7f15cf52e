//! Ends connections so that clients get all that was sent to them.
//!
//! Whoever closes a socket to which the other end still sends takes back what that has not read: the machine answers with a
//! reset. Clients of HTTP/2 send while they read (how much more they can take), and would lose the end of an answer with
//! which the server stops. So it is said that nothing more comes, and the client closes (RFC 9112, section 9.6).

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Sleep,
};

/// How long a client may take to close.
const LONGEST: Duration = Duration::from_secs(5);

/// A connection whose end waits for that of the client.
#[derive(Debug)]
pub(crate) struct Lingering<S> {
    stream: S,
    longest: Duration,
    /// Set once nothing more is sent.
    end: Option<Pin<Box<Sleep>>>,
}

impl<S> Lingering<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self::within(stream, LONGEST)
    }

    fn within(stream: S, longest: Duration) -> Self {
        Self { stream, longest, end: None }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Lingering<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Lingering<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { stream, longest, end } = &mut *self;
        if end.is_none() {
            ready!(Pin::new(&mut *stream).poll_shutdown(cx))?;
        }
        let end = end.get_or_insert_with(|| Box::pin(tokio::time::sleep(*longest)));
        let mut unread = [0; 1_024];
        loop {
            if end.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Ok(()));
            }
            let mut buffer = ReadBuf::new(&mut unread);
            match ready!(Pin::new(&mut *stream).poll_read(cx, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => {}
                // It has closed, or gone.
                Ok(()) | Err(_) => return Poll::Ready(Ok(())),
            }
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn the_end_is_that_of_the_client() {
        let (mut client, server) = tokio::io::duplex(64);
        let mut server = Lingering::new(server);
        let ending = tokio::spawn(async move {
            server.write_all(b"the end").await.unwrap();
            server.shutdown().await.unwrap();
        });
        let mut said = [0; 7];
        client.read_exact(&mut said).await.unwrap();
        assert_eq!(&said, b"the end");
        assert_eq!(client.read(&mut said).await.unwrap(), 0, "nothing more comes");
        // More than what lies between the two, so that it is read.
        client.write_all(&[0; 1_000]).await.unwrap();
        assert!(!ending.is_finished());
        drop(client);
        ending.await.unwrap();
    }

    #[tokio::test]
    async fn a_client_that_does_not_close_is_not_waited_for() {
        let (_client, server) = tokio::io::duplex(64);
        Lingering::within(server, Duration::from_millis(5)).shutdown().await.unwrap();
    }
}
