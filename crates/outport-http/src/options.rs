//! What can be set of the HTTP doors.

use std::{sync::Arc, time::Duration};

use url::Url;

use crate::control::Metrics;

/// What can be set of the HTTP doors.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where clients reach the server: the address in what it says of itself. Never taken from a request.
    pub public_url: Option<Url>,
    /// Origins whose pages may call the server from a browser, as `https://example.org`; none of them by default.
    pub cors_origins: Vec<String>,
    /// Bytes of a request's body at most.
    pub body_limit: usize,
    /// How long the head of a request may take to arrive, and how long a body may pause.
    pub receive_time: Duration,
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
}

impl Default for Options {
    /// Bodies of 1 MiB, 10 s to receive, 60 s to accept, 30 s to end, 1,024 connections, metrics for administrators.
    fn default() -> Self {
        Self {
            public_url: None,
            cors_origins: Vec::new(),
            body_limit: 1 << 20,
            receive_time: Duration::from_secs(10),
            stall_time: Duration::from_mins(1),
            drain_time: Duration::from_secs(30),
            connections: 1024,
            metrics: Arc::default(),
            open_metrics: false,
        }
    }
}
