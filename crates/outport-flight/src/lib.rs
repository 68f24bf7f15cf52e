//! The Arrow Flight SQL door: queries over gRPC, answered in Arrow record batches.
//!
//! A client authenticates ([`serve`] says how), asks for a plan (`GetFlightInfo`), and fetches the rows with the ticket
//! that the plan has (`DoGet`). Nothing of a query is kept between the two: the ticket says all of it, under a seal. It
//! gives no right: whoever comes with it is decided on anew, by the one gate.
//!
//! Where to start:
//! - [`serve`]: the server, from a listening socket to its end;
//! - `service`: the calls of the protocol, each in a few lines; `asked`: what a call asks for;
//! - `caller`, `session`: who calls;
//! - `statement`, `seal`, `argument`: queries, their tickets and handles, and values for their parameters;
//! - `catalog`: what there is, for tools: products, tables, keys, types, abilities;
//! - `shape`: the columns as every client takes them;
//! - `flow`: rows on their way out, and how to stop them;
//! - `status`: what a client is told of an error;
//! - `trace`: the span within which a call is traced.
//!
//! **Invariant**: a plan and its rows have the same columns, of the same types and all of them nullable.
//!
//! **Invariant**: this door keeps sessions and nothing else; with its process they and every ticket end.

mod argument;
mod asked;
mod caller;
mod catalog;
mod connection;
mod flow;
mod seal;
mod service;
mod session;
mod shape;
mod statement;
mod status;
mod trace;

use std::{io, sync::Arc, time::Duration};

use arrow_flight::flight_service_server::FlightServiceServer;
use chrono::TimeDelta;
use outport_app::gate::Gate;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::transport::Server;

use self::service::Service;
pub use self::trace::JoinTrace;

/// How long an idle connection stays unasked whether it is still there, and how long it has to answer.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// Bytes of the headers of a call at most.
const HEAD: u32 = 32 * 1024;

/// Calls of one connection at once.
const CALLS: u32 = 256;

/// How long connections have to end once nothing flows any more.
const LAST: Duration = Duration::from_secs(1);

/// How the door behaves.
#[derive(Debug, Clone)]
pub struct Options {
    /// Connections at once.
    pub connections: usize,
    /// The longest message that is taken, and about the longest that is sent, in bytes. Longer answers are divided.
    pub message_bytes: usize,
    /// How long a session lasts that began with a password.
    pub session: TimeDelta,
    /// How long a plan can be fetched.
    pub ticket: TimeDelta,
    /// How long a client may take to accept the next rows; then its query is stopped.
    pub stall: Duration,
    /// How long rows may flow on once the server is to stop.
    pub drain: Duration,
    /// How a call becomes a part of the trace that its sender says it belongs to. By default none does.
    pub join_trace: JoinTrace,
}

impl Default for Options {
    /// 1,024 connections, messages of 2 MiB, sessions of eight hours, ten minutes to fetch a plan, one minute to accept rows,
    /// ten seconds to end.
    fn default() -> Self {
        Self {
            connections: 1_024,
            message_bytes: 2 << 20,
            session: TimeDelta::hours(8),
            ticket: TimeDelta::minutes(10),
            stall: Duration::from_mins(1),
            drain: Duration::from_secs(10),
            join_trace: |_, _| {},
        }
    }
}

/// Serves Flight SQL on a socket until `shutdown`; then what flows may flow on for [`Options::drain`].
///
/// With `tls` every connection is encrypted. Without it none is, so that whoever binds `listener` sees to it that nobody
/// listens in.
///
/// A client shows who it is with every call: `authorization: Bearer …` with an API token, a JWT or what the handshake
/// gave, or `authorization: Basic …` with a name and a password or token. The handshake takes the latter and gives a
/// bearer. The header `outport-purpose` says what the data is read for.
pub async fn serve(
    listener: TcpListener,
    tls: Option<Arc<rustls::ServerConfig>>,
    gate: Arc<Gate>,
    options: Options,
    shutdown: CancellationToken,
) -> io::Result<()> {
    let stop = CancellationToken::new();
    let connections = connection::accept(listener, tls, options.connections, shutdown.clone());
    let (drain, messages, join_trace) = (options.drain, options.message_bytes, options.join_trace);
    let service =
        FlightServiceServer::new(Service::new(gate, options, stop.clone())).max_decoding_message_size(messages);
    let server = Server::builder()
        .max_concurrent_streams(CALLS)
        .http2_keepalive_interval(Some(KEEPALIVE))
        .http2_keepalive_timeout(Some(KEEPALIVE))
        .http2_max_header_list_size(HEAD)
        .layer(trace::layer(join_trace))
        .add_service(service)
        .serve_with_incoming_shutdown(connections, shutdown.clone().cancelled_owned());
    let drained = async {
        shutdown.cancelled().await;
        tokio::time::sleep(drain).await;
        stop.cancel();
        tokio::time::sleep(LAST).await;
    };
    tokio::select! {
        ended = Box::pin(server) => ended.map_err(io::Error::other),
        () = drained => Ok(()),
    }
}
