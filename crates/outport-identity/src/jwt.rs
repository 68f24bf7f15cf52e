//! JWTs of identity providers.

use std::{collections::HashSet, sync::Arc};

use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, Header, Validation, dangerous};
use outport_app::identity::{Authenticated, TokenScope, UserStore};
use serde::Deserialize;

use crate::{
    provider::{
        self, ConfigurationError, Provider, ProviderName, SigningAlgorithm,
        claims::{self, Claims},
        keys::Keys,
    },
    rejected::Rejected,
};

/// Checks JWTs of the configured providers.
pub(crate) struct Jwts {
    users: Arc<dyn UserStore>,
    providers: Vec<(Provider, Arc<Keys>)>,
}

/// What is read before anything is verified: it only says with which key to verify.
#[derive(Deserialize)]
struct Peek {
    iss: String,
}

impl Jwts {
    pub(crate) fn new(users: Arc<dyn UserStore>, providers: Vec<Provider>) -> Result<Self, ConfigurationError> {
        provider::check(&providers)?;
        let with_keys = |provider: Provider| Keys::new(&provider).map(|keys| (provider, Arc::new(keys)));
        Ok(Self { users, providers: providers.into_iter().map(with_keys).collect::<Result<_, _>>()? })
    }

    /// The names of the providers.
    pub(crate) fn providers(&self) -> Vec<&ProviderName> {
        self.providers.iter().map(|(provider, _)| &provider.name).collect()
    }

    /// Whom a provider vouches for with this JWT.
    pub(crate) async fn check(&self, text: &str, now: DateTime<Utc>) -> Result<Authenticated, Rejected> {
        let header = jsonwebtoken::decode_header(text)
            .map_err(|_| Rejected::Forged("the header of the JWT is not understood"))?;
        let peek: Peek = dangerous::insecure_decode_claims(text)
            .map_err(|_| Rejected::Forged("the claims of the JWT are not understood"))?;
        let (provider, keys) = self
            .providers
            .iter()
            .find(|(provider, _)| provider.issuer == peek.iss)
            .ok_or(Rejected::Forged("the JWT is of an issuer that is not configured"))?;
        let (algorithm, key) = signature(&header, provider)?;
        let key = keys.find(key, algorithm, now).await?;
        let verified = jsonwebtoken::decode::<Claims>(text, &key, &only_signature(algorithm))
            .map_err(|_| Rejected::Forged("the signature of the JWT is wrong"))?;
        let end = claims::check(&verified.claims, provider, now).map_err(Rejected::Lapsed)?;
        let principal = claims::principal(&verified.claims, provider).map_err(Rejected::Lapsed)?;
        if self.users.user(&principal.id).await?.is_some_and(|user| user.disabled) {
            return Err(Rejected::Lapsed("the user is disabled"));
        }
        Ok(Authenticated { principal, scope: TokenScope::default(), until: Some(end), token: None, local_user: false })
    }
}

/// With which algorithm and which key it says that it is signed.
fn signature<'a>(header: &'a Header, provider: &Provider) -> Result<(Algorithm, &'a str), Rejected> {
    // RFC 7515: whoever does not understand what is named there must not accept it.
    if header.crit.is_some() {
        return Err(Rejected::Forged("the JWT has critical extensions"));
    }
    if !SigningAlgorithm::of(header.alg).is_some_and(|algorithm| provider.algorithms.contains(&algorithm)) {
        return Err(Rejected::Forged("the JWT is signed with an algorithm that is not allowed"));
    }
    let key = header.kid.as_deref().ok_or(Rejected::Forged("the JWT does not name its key"))?;
    Ok((header.alg, key))
}

/// Claims are checked apart, with the clock that is passed in.
fn only_signature(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims = HashSet::new();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation
}
