//! Takes connections.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use outport_app::gate::Gate;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tokio_rustls::TlsAcceptor;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    cancel::Cancellations,
    catalog::Foundation,
    open::{self, ALPN},
    seat::Seats,
};

/// How the server behaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Connections at once.
    pub connections: usize,
    /// Connections at once of one user.
    pub connections_each: usize,
    /// From the first byte until the user is known.
    pub opening: Duration,
    /// Bytes of the longest message of a client.
    pub message: usize,
    /// How long statements may go on when the server is to end.
    pub ending: Duration,
}

impl Default for Options {
    /// 200 connections, half of them for one user, 10 s to sign in, messages of 16 MiB, 10 s to end.
    fn default() -> Self {
        Self {
            connections: 200,
            connections_each: 100,
            opening: Duration::from_secs(10),
            message: 16 << 20,
            ending: Duration::from_secs(10),
        }
    }
}

/// What all connections share.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) gate: Arc<Gate>,
    pub(crate) options: Options,
    pub(crate) tls: Option<Tls>,
    pub(crate) cancellations: Arc<Cancellations>,
    pub(crate) foundation: Arc<Foundation>,
    /// Connections that may still begin.
    pub(crate) free: Arc<Semaphore>,
    /// Those that each user has.
    pub(crate) seats: Arc<Seats>,
    /// No more statements.
    pub(crate) stopping: CancellationToken,
    /// Not even those under way.
    pub(crate) stopped: CancellationToken,
}

/// Makes encrypted connections.
#[derive(Clone)]
pub(crate) struct Tls(pub(crate) TlsAcceptor);

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tls")
    }
}

impl Tls {
    /// Clients of PostgreSQL name its protocol when they encrypt, and the configuration may be that of another door.
    fn new(config: &rustls::ServerConfig) -> Self {
        let mut config = config.clone();
        config.alpn_protocols = vec![ALPN.to_vec()];
        Self(TlsAcceptor::from(Arc::new(config)))
    }
}

/// Serves what a gate lets through until `shutdown` is cancelled; then idle connections end at once, and statements
/// under way have [`Options::ending`] to end.
///
/// With `tls`, connections from other machines must be encrypted: clients of this protocol choose. Without it nothing is,
/// so that whoever binds `listener` sees to it that nobody listens in.
pub async fn serve(
    listener: TcpListener,
    tls: Option<Arc<rustls::ServerConfig>>,
    gate: Arc<Gate>,
    options: Options,
    shutdown: CancellationToken,
) -> io::Result<()> {
    let server = Arc::new(Server {
        gate,
        tls: tls.as_deref().map(Tls::new),
        cancellations: Arc::default(),
        foundation: Arc::default(),
        free: Arc::new(Semaphore::new(options.connections)),
        seats: Arc::default(),
        stopping: shutdown,
        stopped: CancellationToken::new(),
        options,
    });
    // Those that have not signed in are limited too, but do not take the places of those that have.
    let unknown = Arc::new(Semaphore::new(server.options.connections + 16));
    let tasks = TaskTracker::new();
    loop {
        let (stream, from) = tokio::select! {
            biased;
            () = server.stopping.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Such as too many open files: it may be better in a moment, and connections there are go on.
                    tracing::warn!(%error, "a connection could not be taken");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
        };
        let Ok(place) = Arc::clone(&unknown).try_acquire_owned() else { continue };
        let server = Arc::clone(&server);
        tasks.spawn(async move {
            if let Err(error) = attend(&server, stream, from, place).await {
                tracing::debug!(%error, %from, "a connection broke");
            }
        });
    }
    drop(listener);
    tasks.close();
    if tokio::time::timeout(server.options.ending, tasks.wait()).await.is_err() {
        server.stopped.cancel();
        // What is stuck in sending to a client that takes nothing is not waited for.
        let _ = tokio::time::timeout(Duration::from_secs(2), tasks.wait()).await;
    }
    Ok(())
}

/// One connection from its first byte to its last.
async fn attend(
    server: &Arc<Server>,
    stream: TcpStream,
    from: SocketAddr,
    place: tokio::sync::OwnedSemaphorePermit,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let opened = tokio::select! {
        () = server.stopping.cancelled() => return Ok(()),
        opened = open::open(server, stream, from) => opened?,
    };
    drop(place);
    match opened {
        Some(session) => Box::pin(session.run()).await,
        None => Ok(()),
    }
}
