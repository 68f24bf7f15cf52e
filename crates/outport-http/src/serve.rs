//! Takes connections: HTTP/1.1 and HTTP/2, with or without TLS.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, body::Body};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{
        conn::auto::Builder,
        graceful::{GracefulShutdown, Watcher},
    },
};
use outport_app::gate::Gate;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tower::Service;

use crate::{Options, activity::Activity, identify::Peer, linger::Lingering, router};

/// Bytes of a request's head at most.
const HEAD: u16 = 32 * 1024;

/// Requests of one HTTP/2 connection at once.
const STREAMS: u32 = 100;

/// How often the other end of a silent HTTP/2 connection is asked whether it is still there.
const PING: Duration = Duration::from_secs(20);

/// How long to wait after a connection could not be taken (too many open files).
const PAUSE: Duration = Duration::from_millis(100);

/// Serves every HTTP door until `shutdown`; then takes no more connections and waits until the answers under way have
/// ended, for as long as the options say. What is left then is broken off.
pub async fn serve(
    listener: TcpListener,
    tls: Option<Arc<rustls::ServerConfig>>,
    gate: Arc<Gate>,
    options: Options,
    shutdown: CancellationToken,
) -> io::Result<()> {
    let drain = options.drain_time;
    let connections = Arc::new(Semaphore::new(options.connections));
    let host = Host {
        tls: tls.map(|tls| acceptor(&tls)),
        patience: options.receive_time,
        idle: options.idle_time,
        broken: CancellationToken::new(),
    };
    let broken = host.broken.clone();
    let router = router(gate, Options { encrypted: host.tls.is_some(), stopping: shutdown.clone(), ..options });
    let host = Arc::new(host);
    let graceful = GracefulShutdown::new();
    loop {
        let next = accept(&listener, &connections);
        let (stream, peer, permit) = tokio::select! {
            biased;
            () = shutdown.cancelled() => break,
            next = next => match next {
                Ok(next) => next,
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be taken");
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            },
        };
        let (host, router, watcher) = (Arc::clone(&host), router.clone(), graceful.watcher());
        tokio::spawn(async move {
            host.connection(stream, peer, router, watcher).await;
            drop(permit);
        });
    }
    drop(listener);
    if tokio::time::timeout(drain, graceful.shutdown()).await.is_err() {
        tracing::warn!(seconds = drain.as_secs(), "answers under way are broken off");
    }
    broken.cancel();
    Ok(())
}

/// The next connection, once there is room for one more.
async fn accept(
    listener: &TcpListener,
    connections: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let permit = Arc::clone(connections).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    Ok((stream, peer, permit))
}

fn acceptor(tls: &Arc<rustls::ServerConfig>) -> TlsAcceptor {
    if !tls.alpn_protocols.is_empty() {
        return TlsAcceptor::from(Arc::clone(tls));
    }
    let mut tls = rustls::ServerConfig::clone(tls);
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    TlsAcceptor::from(Arc::new(tls))
}

/// What connections have in common.
struct Host {
    tls: Option<TlsAcceptor>,
    /// How long the head of a request may take.
    patience: Duration,
    /// How long nothing may be under way.
    idle: Duration,
    /// Breaks off every connection.
    broken: CancellationToken,
}

impl Host {
    async fn connection(&self, stream: TcpStream, peer: SocketAddr, router: Router, watcher: Watcher) {
        // What is asked is short, and so is much of what is answered.
        let _ = stream.set_nodelay(true);
        match &self.tls {
            None => self.requests(stream, peer, router, watcher).await,
            Some(tls) => match tokio::time::timeout(self.patience, tls.accept(stream)).await {
                Ok(Ok(stream)) => self.requests(stream, peer, router, watcher).await,
                Ok(Err(error)) => tracing::debug!(%error, %peer, "no TLS"),
                Err(_) => tracing::debug!(%peer, "no TLS in time"),
            },
        }
    }

    async fn requests<S>(&self, stream: S, peer: SocketAddr, router: Router, watcher: Watcher)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let activity = Activity::default();
        let service = {
            let activity = activity.clone();
            service_fn(move |request: hyper::Request<Incoming>| {
                let underway = activity.begin();
                let mut request = request.map(Body::new);
                request.extensions_mut().insert(Peer(peer));
                let answer = router.clone().call(request);
                async move { answer.await.map(|response| response.map(|body| underway.until_sent(body))) }
            })
        };
        let builder = self.builder();
        let connection = builder.serve_connection(TokioIo::new(Lingering::new(stream)), service);
        tokio::select! {
            ended = watcher.watch(connection) => {
                if let Err(error) = ended {
                    tracing::debug!(%error, %peer, "a connection ended early");
                }
            }
            () = activity.lull(self.patience, self.idle) => tracing::debug!(%peer, "no request in time"),
            () = self.broken.cancelled() => {}
        }
    }

    fn builder(&self) -> Builder<TokioExecutor> {
        let mut builder = Builder::new(TokioExecutor::new());
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(self.patience)
            .max_buf_size(usize::from(HEAD))
            .http2()
            .timer(TokioTimer::new())
            .max_header_list_size(u32::from(HEAD))
            .max_concurrent_streams(STREAMS)
            .keep_alive_interval(PING);
        builder
    }
}
