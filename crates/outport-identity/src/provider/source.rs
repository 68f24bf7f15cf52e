//! Reads a provider's keys, and what it says of itself, from where they are.

use std::{net::IpAddr, path::PathBuf, time::Duration};

use reqwest::{Client, Response, Url, redirect};
use rustls::crypto::CryptoProvider;
use tokio::io::AsyncReadExt as _;

use super::{ConfigurationError, KeySource, Provider};

/// How long it may take to fetch them.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many bytes they may be. Those of large providers are some ten thousand.
const LONGEST: usize = 256 * 1024;

/// Why something of a provider could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    #[error("the request failed")]
    Request(#[source] reqwest::Error),
    #[error("the answer has the status {0}")]
    Status(u16),
    #[error("it is more than {LONGEST} bytes")]
    TooLong,
    #[error("the file cannot be read")]
    File(#[from] std::io::Error),
    #[error("it is not the JSON that is wanted")]
    Json(#[from] serde_json::Error),
}

impl From<reqwest::Error> for ReadError {
    fn from(error: reqwest::Error) -> Self {
        Self::Request(error.without_url())
    }
}

/// Where keys are, ready to be read.
#[derive(Debug)]
pub(crate) enum Source {
    Url(Url, Client),
    File(PathBuf),
}

impl Source {
    pub(super) fn new(provider: &Provider) -> Result<Self, ConfigurationError> {
        match &provider.jwks {
            KeySource::File(path) => Ok(Self::File(path.clone())),
            KeySource::Url(text) => {
                let url = address(provider, text)?;
                let client = client(provider, &url)?;
                Ok(Self::Url(url, client))
            }
        }
    }

    pub(super) async fn read(&self) -> Result<Vec<u8>, ReadError> {
        match self {
            Self::Url(url, client) => fetch(client, url).await,
            Self::File(path) => {
                let mut bytes = Vec::new();
                let file = tokio::fs::File::open(path).await?;
                // One more than allowed shows that it is too long.
                file.take(LONGEST as u64 + 1).read_to_end(&mut bytes).await?;
                if bytes.len() > LONGEST { Err(ReadError::TooLong) } else { Ok(bytes) }
            }
        }
    }
}

fn address(provider: &Provider, text: &str) -> Result<Url, ConfigurationError> {
    let name = || provider.name.clone();
    let plain = |url: &Url| url.has_host() && url.username().is_empty() && url.password().is_none();
    let url = Url::parse(text).ok().filter(plain);
    let url = url.ok_or_else(|| ConfigurationError::Url { provider: name(), url: without_user(text) })?;
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        _ => Err(ConfigurationError::Insecure { provider: name(), url: text.to_owned() }),
    }
}

/// The text without what may be a password.
fn without_user(text: &str) -> String {
    match (text.split_once("://"), text.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, rest))) => format!("{scheme}://{rest}"),
        _ => text.to_owned(),
    }
}

pub(super) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

pub(super) fn client(provider: &Provider, url: &Url) -> Result<Client, ConfigurationError> {
    // `reqwest` is built without a TLS provider of its own and panics where the process has none.
    if CryptoProvider::get_default().is_none() {
        return Err(ConfigurationError::NoTls);
    }
    let secure = url.scheme() == "https";
    let mut builder = Client::builder()
        .timeout(PATIENCE)
        // Where the keys are is what the configuration says, and nobody else.
        .redirect(redirect::Policy::none())
        .https_only(secure)
        .tls_built_in_root_certs(secure);
    if !secure {
        builder = builder.no_proxy();
    }
    builder.build().map_err(|error| ConfigurationError::Client {
        provider: provider.name.clone(),
        source: Box::new(error.without_url()),
    })
}

pub(super) async fn fetch(client: &Client, url: &Url) -> Result<Vec<u8>, ReadError> {
    let response = client.get(url.clone()).send().await?;
    if response.status() != reqwest::StatusCode::OK {
        return Err(ReadError::Status(response.status().as_u16()));
    }
    read(response).await
}

/// The body of an answer.
pub(super) async fn read(mut response: Response) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if bytes.len() + chunk.len() > LONGEST {
            return Err(ReadError::TooLong);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addressed(text: &str) -> Result<Url, ConfigurationError> {
        let source = KeySource::from(text.to_owned());
        address(&Provider::new("corp".parse().unwrap(), "issuer", "outport", source), text)
    }

    #[test]
    fn keys_come_over_https_or_from_this_machine() {
        for text in ["https://id.example.com/keys", "http://127.0.0.1:80/keys", "http://[::1]/k", "http://localhost/k"]
        {
            assert!(addressed(text).is_ok(), "{text}");
        }
        for text in ["http://id.example.com/keys", "http://127.0.0.1.example.com/", "http://localhost.example.com/"] {
            assert!(matches!(addressed(text), Err(ConfigurationError::Insecure { .. })), "{text}");
        }
        assert!(matches!(addressed("file:///etc/keys"), Err(ConfigurationError::Url { .. })));
        assert!(matches!(addressed("https://"), Err(ConfigurationError::Url { .. })));
    }

    #[test]
    fn a_password_in_a_url_is_not_shown() {
        let error = addressed("https://user:hunter2@id.example.com/keys").unwrap_err();
        assert_eq!(
            error.to_string(),
            "the keys of the identity provider `corp` are at `https://id.example.com/keys`, which is not a URL with a host"
        );
        assert!(!format!("{error:?}").contains("hunter2"));
    }
}
