//! Connections: accepted, with or without TLS, and known by where they come from.

use std::{
    io::{self, IoSlice},
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures::{Stream, stream};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{Semaphore, mpsc},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_util::{either::Either, sync::CancellationToken};
use tonic::{Request, Status, transport::server::Connected};

/// Connections that wait to be served.
const WAITING: usize = 64;

/// TLS handshakes under way at once; whoever comes on top of that is turned away.
const HANDSHAKES: usize = 256;

/// How long a TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// How long to wait where the machine has nothing left for another connection.
const EXHAUSTED: Duration = Duration::from_millis(100);

/// Where a call comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer {
    /// The machine.
    pub(crate) address: IpAddr,
    /// Whether nobody can listen in.
    pub(crate) encrypted: bool,
}

impl Peer {
    /// Whether it may show credentials here. Another machine's would be readable on the way.
    fn may_call(self, allow_plain: bool) -> bool {
        self.encrypted || allow_plain || self.address.to_canonical().is_loopback()
    }
}

/// Turns calls away that come unencrypted from another machine.
pub(crate) fn check(call: Request<()>, allow_plain: bool) -> Result<Request<()>, Status> {
    match call.extensions().get::<Peer>() {
        Some(peer) if peer.may_call(allow_plain) => Ok(call),
        _ => Err(Status::failed_precondition(
            "from another machine this door is entered with TLS: connect to `grpc+tls://…`",
        )),
    }
}

/// Accepts connections until `shutdown`.
pub(crate) fn accept(
    listener: TcpListener,
    tls: Option<Arc<rustls::ServerConfig>>,
    shutdown: CancellationToken,
) -> impl Stream<Item = io::Result<Connection>> {
    let (sender, receiver) = mpsc::channel(WAITING);
    tokio::spawn(accept_all(listener, tls.map(acceptor), sender, shutdown));
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
    sender: mpsc::Sender<Connection>,
    shutdown: CancellationToken,
) {
    let handshakes = Arc::new(Semaphore::new(HANDSHAKES));
    loop {
        let accepted = tokio::select! {
            () = shutdown.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let (socket, from) = match accepted {
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
        let Some(tls) = &tls else {
            let peer = Peer { address: from.ip(), encrypted: false };
            if sender.send(Connection { socket: Either::Left(socket), peer }).await.is_err() {
                return;
            }
            continue;
        };
        if let Ok(permit) = Arc::clone(&handshakes).try_acquire_owned() {
            let (tls, sender) = (tls.clone(), sender.clone());
            tokio::spawn(async move {
                handshake(tls, socket, from, sender).await;
                drop(permit);
            });
        }
    }
}

async fn handshake(tls: TlsAcceptor, socket: TcpStream, from: SocketAddr, sender: mpsc::Sender<Connection>) {
    match tokio::time::timeout(HANDSHAKE, tls.accept(socket)).await {
        Ok(Ok(socket)) => {
            let peer = Peer { address: from.ip(), encrypted: true };
            // Nobody takes it once the server stops.
            let _ = sender.send(Connection { socket: Either::Right(Box::new(socket)), peer }).await;
        }
        Ok(Err(error)) => tracing::debug!(%error, %from, "a TLS handshake failed"),
        Err(_) => tracing::debug!(%from, "a TLS handshake took too long"),
    }
}

/// One connection.
#[derive(Debug)]
pub(crate) struct Connection {
    socket: Either<TcpStream, Box<TlsStream<TcpStream>>>,
    peer: Peer,
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

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
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
    use super::*;

    #[test]
    fn other_machines_need_tls() {
        let peer = |address: &str, encrypted| Peer { address: address.parse().unwrap(), encrypted };
        for here in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"] {
            assert!(peer(here, false).may_call(false), "{here}");
        }
        for elsewhere in ["192.0.2.1", "0.0.0.0", "::ffff:192.0.2.1", "2001:db8::1"] {
            assert!(!peer(elsewhere, false).may_call(false), "{elsewhere}");
            assert!(peer(elsewhere, true).may_call(false), "{elsewhere}");
            assert!(peer(elsewhere, false).may_call(true), "{elsewhere}");
        }
    }

    #[test]
    fn a_call_from_nowhere_is_turned_away() {
        assert!(check(Request::new(()), true).is_err());
    }
}
