//! Signs people in with an identity provider: OpenID Connect, by a code, with PKCE.
//!
//! The provider says itself where it signs people in and where it takes codes; that it is who it says is checked as its
//! documents ask. Whom it vouches for is in a JWT, which is verified as every other.

use std::path::PathBuf;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use outport_app::identity::{AuthenticationError, SignInCode, SignInRequest};
use reqwest::{Client, StatusCode, Url};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::{
    ConfigurationError, Provider, ProviderName,
    source::{ReadError, client, fetch, is_loopback, read},
};
use crate::rejected::Rejected;

/// Where it describes itself, below its issuer.
const DESCRIPTION: &str = ".well-known/openid-configuration";

/// How long what it says of itself holds.
const HOLDS: TimeDelta = TimeDelta::hours(1);

/// How people sign in with a provider.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// What this server is called there; the JWTs for it have this in `aud`.
    pub client_id: String,
    /// The file with the secret that the provider gave this server, where it gave one.
    #[serde(default)]
    pub client_secret_file: Option<PathBuf>,
    /// What people call the provider; its name where nothing is said.
    #[serde(default)]
    pub title: Option<String>,
    /// What is asked for, beside `openid`, so that the claims are there that are read.
    #[serde(default)]
    pub scopes: Vec<String>,
}

impl SignIn {
    /// By this name of the server there, and without a secret.
    pub fn new(client_id: impl Into<String>) -> Self {
        Self { client_id: client_id.into(), client_secret_file: None, title: None, scopes: Vec::new() }
    }
}

/// What a provider says of itself.
#[derive(Debug, Clone, Deserialize)]
struct Description {
    issuer: String,
    authorization_endpoint: Url,
    token_endpoint: Url,
}

/// What it gives for a code.
#[derive(Deserialize)]
struct Given {
    id_token: String,
}

/// Why a provider could not be asked.
#[derive(Debug, thiserror::Error)]
enum AskError {
    #[error("what the identity provider `{0}` says of itself cannot be read")]
    Description(ProviderName, #[source] ReadError),
    #[error("the identity provider `{0}` says that it is another one")]
    Issuer(ProviderName),
    #[error("the identity provider `{0}` signs people in at an address that is not encrypted")]
    Insecure(ProviderName),
    #[error("the secret for the identity provider `{0}` cannot be read")]
    Secret(ProviderName, #[source] std::io::Error),
    #[error("the identity provider `{0}` does not say who signed in")]
    Code(ProviderName, #[source] ReadError),
}

impl From<AskError> for AuthenticationError {
    fn from(error: AskError) -> Self {
        Self::Unavailable(Box::new(error))
    }
}

/// One provider with whom people can sign in.
#[derive(Debug)]
pub(crate) struct SignInFlow {
    provider: ProviderName,
    issuer: Url,
    /// The issuer to the letter.
    named: String,
    settings: SignIn,
    client: Client,
    known: tokio::sync::Mutex<Option<(DateTime<Utc>, Description)>>,
}

impl SignInFlow {
    /// How people sign in with a provider, where that is configured. Nothing is asked yet.
    pub(crate) fn new(provider: &Provider) -> Result<Option<Self>, ConfigurationError> {
        let Some(settings) = provider.sign_in.clone() else { return Ok(None) };
        if settings.client_id.is_empty() {
            return Err(ConfigurationError::Empty { provider: provider.name.clone(), what: "client_id" });
        }
        let issuer = Url::parse(&provider.issuer).ok().filter(is_safe).ok_or_else(|| ConfigurationError::Issuer {
            provider: provider.name.clone(),
            issuer: provider.issuer.clone(),
        })?;
        let client = client(provider, &issuer)?;
        Ok(Some(Self {
            provider: provider.name.clone(),
            issuer,
            named: provider.issuer.clone(),
            settings,
            client,
            known: tokio::sync::Mutex::default(),
        }))
    }

    /// What people call the provider.
    pub(crate) fn title(&self) -> String {
        self.settings.title.clone().unwrap_or_else(|| self.provider.to_string())
    }

    /// What this server is called there.
    pub(crate) fn client_id(&self) -> &str {
        &self.settings.client_id
    }

    /// Where someone is sent to sign in.
    pub(crate) async fn address(
        &self,
        request: &SignInRequest,
        now: DateTime<Utc>,
    ) -> Result<String, AuthenticationError> {
        let mut address = self.description(now).await?.authorization_endpoint;
        let scopes = self.settings.scopes.iter().map(String::as_str).filter(|scope| *scope != "openid");
        let scopes = std::iter::once("openid").chain(scopes).collect::<Vec<_>>().join(" ");
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(request.verifier.as_bytes()));
        address.query_pairs_mut().extend_pairs([
            ("response_type", "code"),
            ("client_id", self.client_id()),
            ("redirect_uri", request.redirect.as_str()),
            ("scope", scopes.as_str()),
            ("state", request.state.as_str()),
            ("nonce", request.nonce.as_str()),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
        ]);
        Ok(address.into())
    }

    /// The JWT that the provider gives for a code. It is not verified.
    pub(crate) async fn jwt(&self, code: &SignInCode, now: DateTime<Utc>) -> Result<String, Rejected> {
        // RFC 9207: an answer of another provider is none, although someone was sent here for it.
        if code.issuer.as_ref().is_some_and(|issuer| *issuer != self.named) {
            return Err(Rejected::Forged("the code is of another identity provider"));
        }
        let address = self.description(now).await.map_err(Rejected::Unchecked)?.token_endpoint;
        let mut asked = self.client.post(address).header("accept", "application/json").form(&[
            ("grant_type", "authorization_code"),
            ("code", code.code.as_str()),
            ("redirect_uri", code.redirect.as_str()),
            ("client_id", self.client_id()),
            ("code_verifier", code.verifier.as_str()),
        ]);
        if let Some(secret) = self.secret().await? {
            asked = asked.basic_auth(encoded(self.client_id()), Some(encoded(&secret)));
        }
        let failed = |error: ReadError| Rejected::Unchecked(AskError::Code(self.provider.clone(), error).into());
        let answer = asked.send().await.map_err(|error| failed(error.into()))?;
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::BAD_REQUEST => return Err(Rejected::Forged("the identity provider does not know the code")),
            status => return Err(failed(ReadError::Status(status.as_u16()))),
        }
        let bytes = read(answer).await.map_err(failed)?;
        let given: Given = serde_json::from_slice(&bytes).map_err(|error| failed(error.into()))?;
        Ok(given.id_token)
    }

    async fn description(&self, now: DateTime<Utc>) -> Result<Description, AuthenticationError> {
        let mut known = self.known.lock().await;
        if let Some((at, description)) = known.as_ref()
            && (now - *at).abs() < HOLDS
        {
            return Ok(description.clone());
        }
        let failed = |error: ReadError| AskError::Description(self.provider.clone(), error);
        let mut address = self.issuer.clone();
        address.set_path(&format!("{}/{DESCRIPTION}", self.issuer.path().trim_end_matches('/')));
        let bytes = fetch(&self.client, &address).await.map_err(failed)?;
        let description: Description = serde_json::from_slice(&bytes).map_err(|error| failed(error.into()))?;
        if description.issuer != self.named {
            return Err(AskError::Issuer(self.provider.clone()).into());
        }
        if ![&description.authorization_endpoint, &description.token_endpoint].into_iter().all(is_safe) {
            return Err(AskError::Insecure(self.provider.clone()).into());
        }
        *known = Some((now, description.clone()));
        Ok(description)
    }

    async fn secret(&self) -> Result<Option<String>, Rejected> {
        let Some(path) = &self.settings.client_secret_file else { return Ok(None) };
        let read = tokio::fs::read_to_string(path).await;
        let text = read.map_err(|error| Rejected::Unchecked(AskError::Secret(self.provider.clone(), error).into()))?;
        Ok(Some(text.trim().to_owned()))
    }
}

/// Whether nobody on the way can read or change what is sent there.
fn is_safe(url: &Url) -> bool {
    match url.scheme() {
        "https" => url.has_host(),
        "http" => is_loopback(url),
        _ => false,
    }
}

/// RFC 6749, 2.3.1: as in a form, before it becomes a part of `Authorization`.
fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
