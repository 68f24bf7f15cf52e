//! Identity providers, as they are configured.

pub(crate) mod claims;
pub(crate) mod keys;
pub(crate) mod sign_in;
mod source;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::PathBuf,
    str::FromStr,
};

use jsonwebtoken::Algorithm;
use outport_model::name::GroupName;
use serde::Deserialize;

pub use self::sign_in::SignIn;

/// The name of an identity provider: lower case letters, digits, `-` and `_`. Whoever it vouches for is called
/// `<name>:<subject>`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct ProviderName(String);

impl ProviderName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProviderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ProviderName {
    type Err = ConfigurationError;
    fn from_str(text: &str) -> Result<Self, ConfigurationError> {
        let letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
        // `home` is the first part of whoever works on the home itself.
        if text != "home" && (1..=63).contains(&text.len()) && text.chars().all(letter) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ConfigurationError::Name(text.to_owned()))
        }
    }
}

impl TryFrom<String> for ProviderName {
    type Error = ConfigurationError;
    fn try_from(text: String) -> Result<Self, ConfigurationError> {
        text.parse()
    }
}

/// How JWTs may be signed. Only with keys of which the public part is known: a shared secret cannot be named here, and
/// neither can no signature at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[expect(missing_docs, reason = "the names are those of RFC 7518 and RFC 8037, and say it all")]
pub enum SigningAlgorithm {
    RS256,
    RS384,
    RS512,
    PS256,
    PS384,
    PS512,
    ES256,
    ES384,
    #[serde(rename = "EdDSA")]
    EdDsa,
}

impl SigningAlgorithm {
    /// What a JWT says; `None` for whatever cannot be allowed.
    pub(crate) fn of(algorithm: Algorithm) -> Option<Self> {
        Some(match algorithm {
            Algorithm::RS256 => Self::RS256,
            Algorithm::RS384 => Self::RS384,
            Algorithm::RS512 => Self::RS512,
            Algorithm::PS256 => Self::PS256,
            Algorithm::PS384 => Self::PS384,
            Algorithm::PS512 => Self::PS512,
            Algorithm::ES256 => Self::ES256,
            Algorithm::ES384 => Self::ES384,
            Algorithm::EdDSA => Self::EdDsa,
            _ => return None,
        })
    }
}

/// Where a provider's public keys are, as JSON Web Key Set. A text with `://` in it is a URL, any other a path.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub enum KeySource {
    /// `https`, or `http` on the machine itself.
    Url(String),
    /// A file.
    File(PathBuf),
}

impl From<String> for KeySource {
    fn from(text: String) -> Self {
        if text.contains("://") { Self::Url(text) } else { Self::File(text.into()) }
    }
}

/// In which claims a provider says what. `a.b` is also the claim `b` in the object `a`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClaimNames {
    /// Who. It must never go to someone else: addresses of mail do.
    pub subject: String,
    /// Their groups: a list of texts, or one text.
    pub groups: String,
    /// Their department.
    pub department: Option<String>,
    /// Their region.
    pub region: Option<String>,
    /// Their clearance: a whole number.
    pub clearance: Option<String>,
    /// Labels, each with its claim.
    pub labels: BTreeMap<String, String>,
}

impl Default for ClaimNames {
    fn default() -> Self {
        Self {
            subject: "sub".to_owned(),
            groups: "groups".to_owned(),
            department: None,
            region: None,
            clearance: None,
            labels: BTreeMap::new(),
        }
    }
}

/// An identity provider whose JWTs are accepted.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// Its name here.
    pub name: ProviderName,
    /// What its JWTs have as `iss`, to the letter.
    pub issuer: String,
    /// What its JWTs must have in `aud`, to the letter.
    pub audience: String,
    /// How its JWTs may be signed.
    #[serde(default = "usual_algorithms")]
    pub algorithms: BTreeSet<SigningAlgorithm>,
    /// Its keys.
    pub jwks: KeySource,
    /// Which claims are read.
    #[serde(default)]
    pub claims: ClaimNames,
    /// What its groups are called here, where they have another name.
    #[serde(default)]
    pub group_names: BTreeMap<String, GroupName>,
    /// Its group whose members are administrators here. Without it nobody is whom it vouches for, whatever it says.
    #[serde(default)]
    pub administrators: Option<String>,
    /// How people sign in with it to the hub; without it they do not.
    #[serde(default)]
    pub sign_in: Option<SignIn>,
}

impl Provider {
    /// A provider with the usual algorithms and claims.
    pub fn new(name: ProviderName, issuer: impl Into<String>, audience: impl Into<String>, jwks: KeySource) -> Self {
        Self {
            name,
            issuer: issuer.into(),
            audience: audience.into(),
            algorithms: usual_algorithms(),
            jwks,
            claims: ClaimNames::default(),
            group_names: BTreeMap::new(),
            administrators: None,
            sign_in: None,
        }
    }
}

fn usual_algorithms() -> BTreeSet<SigningAlgorithm> {
    [SigningAlgorithm::RS256, SigningAlgorithm::ES256].into()
}

/// Why identity providers cannot be used as they are configured.
#[derive(Debug, thiserror::Error)]
pub enum ConfigurationError {
    /// It has no usable name.
    #[error("`{0}` is not the name of an identity provider")]
    Name(String),
    /// Two have the same name.
    #[error("two identity providers have the name `{0}`")]
    SameName(ProviderName),
    /// Two have the same issuer, so that nothing says whose a JWT is.
    #[error("the identity providers `{0}` and `{1}` have the same issuer")]
    SameIssuer(ProviderName, ProviderName),
    /// Something must not be empty.
    #[error("the identity provider `{provider}` has no {what}")]
    Empty {
        /// Which provider.
        provider: ProviderName,
        /// What is empty.
        what: &'static str,
    },
    /// Its keys are at no URL.
    #[error("the keys of the identity provider `{provider}` are at `{url}`, which is not a URL with a host")]
    Url {
        /// Which provider.
        provider: ProviderName,
        /// The text.
        url: String,
    },
    /// Its keys would come over the network as anyone on the way likes.
    #[error("the keys of the identity provider `{provider}` are at `{url}`, which is not `https`")]
    Insecure {
        /// Which provider.
        provider: ProviderName,
        /// The URL.
        url: String,
    },
    /// People could only sign in with it as anyone on the way likes.
    #[error(
        "nobody can sign in with the identity provider `{provider}`: its issuer `{issuer}` is not an `https` address"
    )]
    Issuer {
        /// Which provider.
        provider: ProviderName,
        /// The issuer.
        issuer: String,
    },
    /// Nobody chose how TLS is done.
    #[error("keys cannot be fetched: this process has no TLS provider")]
    NoTls,
    /// There can be no client.
    #[error("the keys of the identity provider `{provider}` cannot be fetched")]
    Client {
        /// Which provider.
        provider: ProviderName,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl ConfigurationError {
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::Name(_) => "names have lower case letters, digits, `-` and `_`, and are not `home`".to_owned(),
            Self::SameName(_) => "give each a name of its own".to_owned(),
            Self::SameIssuer(first, _) => format!("keep one, such as `{first}`"),
            Self::Empty { what, .. } => format!("say its `{what}`"),
            Self::Url { .. } => "write it as `https://HOST/PATH`, without a user and password".to_owned(),
            Self::Insecure { .. } => {
                "use `https`; `http` is only for this machine, such as `http://127.0.0.1`".to_owned()
            }
            Self::Issuer { .. } => {
                "say the issuer as the provider does, or leave out `sign_in`; `http` is only for this machine"
                    .to_owned()
            }
            Self::NoTls => "install one first: `rustls::crypto::ring::default_provider().install_default()`".to_owned(),
            Self::Client { .. } => "check that the machine has root certificates".to_owned(),
        })
    }
}

/// Whether these can be told apart, and each says what it must.
pub(crate) fn check(providers: &[Provider]) -> Result<(), ConfigurationError> {
    for (position, provider) in providers.iter().enumerate() {
        let empty = [
            ("issuer", provider.issuer.is_empty()),
            ("audience", provider.audience.is_empty()),
            ("algorithms", provider.algorithms.is_empty()),
        ];
        if let Some((what, _)) = empty.into_iter().find(|(_, empty)| *empty) {
            return Err(ConfigurationError::Empty { provider: provider.name.clone(), what });
        }
        for earlier in &providers[..position] {
            if earlier.name == provider.name {
                return Err(ConfigurationError::SameName(provider.name.clone()));
            }
            if earlier.issuer == provider.issuer {
                return Err(ConfigurationError::SameIssuer(earlier.name.clone(), provider.name.clone()));
            }
        }
    }
    Ok(())
}
