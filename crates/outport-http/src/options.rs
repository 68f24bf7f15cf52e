//! What can be set of the HTTP doors.

use std::{fmt, sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;
use url::Url;

use crate::{
    control::Metrics,
    hub::Hub,
    manage::{BundleLoader, Documents, Installation},
    trace::JoinTrace,
};

/// What can be set of the HTTP doors.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where clients reach the server: the address in what it says of itself. Never taken from a request.
    pub public_url: Option<Url>,
    /// Issuers of the tokens that are accepted here, to the letter, as agents are told them (RFC 9728).
    pub authorization_servers: Vec<String>,
    /// Whether connections are encrypted. [`serve`](crate::serve) sets it.
    pub encrypted: bool,
    /// Origins whose pages may call the server from a browser, as `https://example.org`; none of them by default.
    pub cors_origins: Vec<String>,
    /// Bytes of a request's body at most.
    pub body_limit: usize,
    /// Bytes at most of a body that has bundles; only of administrators is one read.
    pub bundle_limit: usize,
    /// How long the head of a request may take to arrive, and how long a body may pause.
    pub receive_time: Duration,
    /// How long a connection is kept on which nothing is under way.
    pub idle_time: Duration,
    /// How long a client may take to accept the next piece of an answer; then the query is stopped.
    pub stall_time: Duration,
    /// How long answers under way have to end when the server is stopped.
    pub drain_time: Duration,
    /// Connections at once.
    pub connections: usize,
    /// What is measured; shared with the [`Metered`](crate::Metered) record of requests, where the figures come from.
    pub metrics: Arc<Metrics>,
    /// Whether everyone may read the metrics, and not only administrators. They have names of products and tables.
    pub open_metrics: bool,
    /// Makes products of the bundles that clients send; without it none are taken.
    pub bundles: Option<Arc<dyn BundleLoader>>,
    /// Reads and writes documents that clients exchange; without it none are taken.
    pub documents: Option<Arc<dyn Documents>>,
    /// What the server stands on, as administrators are told; without it they are told of no settings and no depots.
    pub installation: Option<Arc<dyn Installation>>,
    /// The hub; without it there are no pages and no sessions.
    pub hub: Option<Arc<Hub>>,
    /// Where clients reach the doors, as they are told.
    pub addresses: Addresses,
    /// How a request becomes a part of the trace that its sender says it belongs to. By default none does.
    pub join_trace: JoinTrace,
    /// Stops what goes on behind answers that were given: applies and runs. [`serve`](crate::serve) sets it.
    pub stopping: CancellationToken,
}

/// Where clients reach the doors, those that are open.
#[derive(Debug, Clone, Default)]
pub struct Addresses {
    /// HTTP, where the options have no public URL.
    pub http: Option<Endpoint>,
    /// The PostgreSQL wire protocol.
    pub postgres: Option<Endpoint>,
    /// Arrow Flight SQL.
    pub flight: Option<Endpoint>,
}

/// A host and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// A name, or an address of the internet protocol without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}

impl Options {
    /// Whether clients reach the server by an encrypted connection: here, or at the proxy in front.
    pub(crate) fn is_secure(&self) -> bool {
        self.encrypted || self.public_url.as_ref().is_some_and(|url| url.scheme() == "https")
    }

    /// The address of the server, without a slash at the end, where it is known at all.
    pub(crate) fn http(&self) -> Option<String> {
        let public = self.public_url.as_ref().map(|url| url.as_str().trim_end_matches('/').to_owned());
        let scheme = if self.encrypted { "https" } else { "http" };
        public.or_else(|| self.addresses.http.as_ref().map(|at| format!("{scheme}://{at}")))
    }
}

impl Default for Options {
    /// Bodies of 1 MiB and bundles of 32 MiB, 10 s to receive, 60 s to accept, 2 min without requests, 30 s to end, 1,024
    /// connections, metrics for administrators.
    fn default() -> Self {
        Self {
            public_url: None,
            authorization_servers: Vec::new(),
            encrypted: false,
            cors_origins: Vec::new(),
            body_limit: 1 << 20,
            bundle_limit: 32 << 20,
            receive_time: Duration::from_secs(10),
            idle_time: Duration::from_mins(2),
            stall_time: Duration::from_mins(1),
            drain_time: Duration::from_secs(30),
            connections: 1024,
            metrics: Arc::default(),
            open_metrics: false,
            bundles: None,
            documents: None,
            installation: None,
            hub: None,
            addresses: Addresses::default(),
            join_trace: |_, _| {},
            stopping: CancellationToken::new(),
        }
    }
}
