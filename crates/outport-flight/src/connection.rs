//! Connections: accepted, with or without TLS, and known by where they come from.

use std::{
    io::{self, IoSlice},
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use futures::{Stream, stream};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    time::Sleep,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_util::{either::Either, sync::CancellationToken};
use tonic::transport::server::Connected;

/// Connections that wait to be served.
const WAITING: usize = 64;

/// How long a client may take to begin to speak; with TLS, until it has shaken hands.
const OPENING: Duration = Duration::from_secs(10);

/// How long a client may take to close once it was told everything.
const LINGERING: Duration = Duration::from_secs(5);

/// How long to wait where the machine has nothing left for another connection.
const EXHAUSTED: Duration = Duration::from_millis(100);

/// Where a call comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// Accepts connections until `shutdown`, so many at once at most.
pub(crate) fn accept(
    listener: TcpListener,
    tls: Option<Arc<rustls::ServerConfig>>,
    most: usize,
    shutdown: CancellationToken,
) -> impl Stream<Item = io::Result<Connection>> {
    let (sender, receiver) = mpsc::channel(WAITING);
    let places = Arc::new(Semaphore::new(most));
    tokio::spawn(accept_all(listener, tls.map(acceptor), places, sender, shutdown));
    stream::unfold(receiver, |mut receiver| async move { Some((Ok(receiver.recv().await?), receiver)) })
}

/// gRPC is HTTP/2, and clients insist on agreeing on that within TLS.
fn acceptor(config: Arc<rustls::ServerConfig>) -> TlsAcceptor {
    let mut config = Arc::unwrap_or_clone(config);
    config.alpn_protocols = vec![b"h2".to_vec()];
    TlsAcceptor::from(Arc::new(config))
}

async fn accept_all(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    places: Arc<Semaphore>,
    sender: mpsc::Sender<Connection>,
    shutdown: CancellationToken,
) {
    loop {
        let accepted = tokio::select! {
            () = shutdown.cancelled() => return,
            accepted = next(&listener, &places) => accepted,
        };
        let (socket, from, place) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(EXHAUSTED).await;
                continue;
            }
        };
        if let Err(error) = socket.set_nodelay(true) {
            tracing::debug!(%error, %from, "small messages may be sent late");
        }
        let (tls, sender) = (tls.clone(), sender.clone());
        tokio::spawn(async move {
            match tokio::time::timeout(OPENING, opened(tls, socket)).await {
                // Nobody takes it once the server stops.
                Ok(Ok(socket)) => {
                    let connection = Connection { socket, peer: Peer(from.ip()), end: None, _place: place };
                    drop(sender.send(connection).await);
                }
                Ok(Err(error)) => tracing::debug!(%error, %from, "a connection failed before its first call"),
                Err(_) => tracing::debug!(%from, "nothing came in time"),
            }
        });
    }
}

/// The next connection, once there is room for one more.
async fn next(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (socket, from) = listener.accept().await?;
    Ok((socket, from, place))
}

/// A connection whose client has begun to speak.
async fn opened(tls: Option<TlsAcceptor>, socket: TcpStream) -> io::Result<Socket> {
    match tls {
        Some(tls) => Ok(Either::Right(Box::new(tls.accept(socket).await?))),
        None => {
            socket.readable().await?;
            Ok(Either::Left(socket))
        }
    }
}

type Socket = Either<TcpStream, Box<TlsStream<TcpStream>>>;

/// One connection.
#[derive(Debug)]
pub(crate) struct Connection {
    socket: Socket,
    peer: Peer,
    /// Set once nothing more is sent.
    end: Option<Pin<Box<Sleep>>>,
    _place: OwnedSemaphorePermit,
}

impl Connected for Connection {
    type ConnectInfo = Peer;

    fn connect_info(&self) -> Peer {
        self.peer
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    /// Says that nothing more is sent, and waits for the client to close. Clients send while they read (how much more they
    /// can take): a socket that is closed before would take back what they have not read yet.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { socket, end, .. } = &mut *self;
        if end.is_none() {
            ready!(Pin::new(&mut *socket).poll_shutdown(cx))?;
        }
        let end = end.get_or_insert_with(|| Box::pin(tokio::time::sleep(LINGERING)));
        let mut unread = [0; 1_024];
        loop {
            if end.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Ok(()));
            }
            let mut buffer = ReadBuf::new(&mut unread);
            match ready!(Pin::new(&mut *socket).poll_read(cx, &mut buffer)) {
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
        Pin::new(&mut self.socket).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn the_end_is_that_of_the_client() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (socket, from, place) = next(&listener, &Arc::new(Semaphore::new(1))).await.unwrap();
        let mut connection =
            Connection { socket: Either::Left(socket), peer: Peer(from.ip()), end: None, _place: place };
        let ending = tokio::spawn(async move {
            connection.write_all(b"the end").await.unwrap();
            connection.shutdown().await.unwrap();
        });
        let mut said = Vec::new();
        client.read_to_end(&mut said).await.unwrap();
        assert_eq!(said, b"the end");
        client.write_all(b"how much more it can take").await.unwrap();
        assert!(!ending.is_finished());
        drop(client);
        ending.await.unwrap();
    }
}
