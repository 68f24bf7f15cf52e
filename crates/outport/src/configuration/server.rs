//! Settings of what is served: limits, identity providers, addresses.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use outport_app::gate::Limits;
use outport_identity::{KeySource, Provider};
use serde::Deserialize;
use url::Url;

use super::{ConfigurationError, bytes};

/// `[limits]`: what one query, and one principal, may take at most.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLimits {
    rows: Option<u64>,
    bytes: Option<String>,
    seconds: Option<u64>,
    concurrent: Option<usize>,
}

impl RawLimits {
    pub(super) fn limits(self) -> Result<Limits, ConfigurationError> {
        let default = Limits::default();
        let size = self.bytes.map(|text| bytes(&text)).transpose()?;
        Ok(Limits {
            rows: self.rows.unwrap_or(default.rows),
            bytes: size.map_or(default.bytes, |size| size as u64),
            time: self.seconds.map_or(default.time, Duration::from_secs),
            concurrent: self.concurrent.unwrap_or(default.concurrent),
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
    /// Whether `/metrics` needs no credential.
    #[serde(default)]
    pub(crate) open_metrics: bool,
    /// Whether PostgreSQL and Flight SQL take credentials in the clear from other machines; HTTP does not look.
    #[serde(default)]
    pub(crate) allow_plain: bool,
}

impl Serve {
    /// Paths start from the home.
    pub(super) fn below(self, home: &Path) -> Self {
        let below = |path: Option<PathBuf>| path.map(|path| home.join(path));
        Self { certificate: below(self.certificate), key: below(self.key), ..self }
    }
}

/// A provider whose file of keys, where it has one, starts from the home.
pub(super) fn below(provider: Provider, home: &Path) -> Provider {
    let jwks = match provider.jwks {
        KeySource::File(path) => KeySource::File(home.join(path)),
        url @ KeySource::Url(_) => url,
    };
    Provider { jwks, ..provider }
}
