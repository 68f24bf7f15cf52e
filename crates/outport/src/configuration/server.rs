//! Settings of what is served: limits, identity providers, addresses.

use std::{
    net::SocketAddr,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    time::Duration,
};

use outport_app::gate::Limits;
use outport_identity::{KeySource, Provider, SignIn};
use serde::Deserialize;
use url::Url;

use super::{ConfigurationError, bytes};

/// `[limits]`: what one query, one principal, and all of them may take at most.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLimits {
    rows: Option<u64>,
    bytes: Option<String>,
    seconds: Option<u64>,
    concurrent: Option<NonZeroUsize>,
    total_concurrent: Option<NonZeroUsize>,
    wait_seconds: Option<u64>,
    memory: Option<String>,
    principal_memory: Option<String>,
}

impl RawLimits {
    /// The limits of a process that may take `memory_limit` bytes of memory: where nothing else is said, one query may have
    /// a half of it and one principal three quarters, so that there is some left for the others.
    pub(super) fn limits(self, memory_limit: usize) -> Result<Limits, ConfigurationError> {
        let default = Limits::default();
        let size =
            |text: Option<String>, default: u64| text.map_or(Ok(default), |text| bytes(&text).map(|size| size as u64));
        let all = memory_limit as u64;
        Ok(Limits {
            rows: self.rows.unwrap_or(default.rows),
            bytes: size(self.bytes, default.bytes)?,
            time: self.seconds.map_or(default.time, Duration::from_secs),
            concurrent: self.concurrent.map_or(default.concurrent, NonZeroUsize::get),
            total_concurrent: self.total_concurrent.map_or(default.total_concurrent, NonZeroUsize::get),
            wait: self.wait_seconds.map_or(default.wait, Duration::from_secs),
            memory: size(self.memory, all / 2)?,
            principal_memory: size(self.principal_memory, all / 4 * 3)?,
        })
    }
}

/// `[serve]`: where `outport serve` listens.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Serve {
    /// SQL, REST, GraphQL, Delta Sharing, MCP and everything else over HTTP.
    pub(crate) http: Option<SocketAddr>,
    /// The PostgreSQL wire protocol.
    pub(crate) postgres: Option<SocketAddr>,
    /// Arrow Flight SQL.
    pub(crate) flight: Option<SocketAddr>,
    /// The certificate chain in PEM; with it every door is TLS.
    pub(crate) certificate: Option<PathBuf>,
    /// Its private key in PEM.
    pub(crate) key: Option<PathBuf>,
    /// The address that clients use, where it is not the one that is listened on.
    pub(crate) public_url: Option<Url>,
    /// Web pages that may call, by their origin.
    #[serde(default)]
    pub(crate) cors_origins: Vec<String>,
    /// Whether there are pages of the hub, and sessions; where nothing is said there are.
    pub(crate) hub: Option<bool>,
    /// Whether `/metrics` needs no credential.
    #[serde(default)]
    pub(crate) open_metrics: bool,
    /// Whether a proxy in front ends TLS, so that doors without a certificate may be open to other machines.
    #[serde(default)]
    pub(crate) behind_tls_proxy: bool,
    /// How long requests under way have to end when the server is stopped.
    pub(crate) drain_seconds: Option<u64>,
    /// Memory for the rows of tables that are asked for again and again, beside what `memory_limit` is about; `0` for none.
    pub(crate) cache: Option<String>,
}

/// Half a minute for requests under way, when the server is stopped.
const DEFAULT_DRAIN: Duration = Duration::from_secs(30);

/// 1 GiB of rows that are asked for again and again.
const DEFAULT_CACHE: usize = 1 << 30;

impl Serve {
    /// Bytes of memory for the rows of tables that are asked for again and again.
    pub(super) fn cache(&self) -> Result<usize, ConfigurationError> {
        match self.cache.as_deref() {
            None => Ok(DEFAULT_CACHE),
            Some("0") => Ok(0),
            Some(text) => bytes(text),
        }
    }

    /// Whether the hub is served.
    pub(crate) fn has_hub(&self) -> bool {
        self.hub.unwrap_or(true)
    }

    /// How long requests under way have to end when the server is stopped.
    pub(crate) fn drain(&self) -> Duration {
        self.drain_seconds.map_or(DEFAULT_DRAIN, Duration::from_secs)
    }

    /// Paths start from the home.
    pub(super) fn below(self, home: &Path) -> Self {
        let below = |path: Option<PathBuf>| path.map(|path| home.join(path));
        Self { certificate: below(self.certificate), key: below(self.key), ..self }
    }
}

/// A provider whose files, where it has some, start from the home.
pub(super) fn below(provider: Provider, home: &Path) -> Provider {
    let jwks = match provider.jwks {
        KeySource::File(path) => KeySource::File(home.join(path)),
        url @ KeySource::Url(_) => url,
    };
    let sign_in = provider.sign_in.map(|sign_in| {
        let client_secret_file = sign_in.client_secret_file.map(|path| home.join(path));
        SignIn { client_secret_file, ..sign_in }
    });
    Provider { jwks, sign_in, ..provider }
}
