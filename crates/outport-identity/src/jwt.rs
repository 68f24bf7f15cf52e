//! JWTs of identity providers.

use std::{collections::HashSet, sync::Arc};

use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, Header, Validation, dangerous};
use outport_app::identity::{Authenticated, SignInCode, TokenScope, UserStore};
use serde::Deserialize;

use crate::{
    provider::{
        self, ConfigurationError, Provider, ProviderName, SigningAlgorithm,
        claims::{self, Claims},
        keys::Keys,
        sign_in::SignInFlow,
    },
    rejected::Rejected,
};

/// Checks JWTs of the configured providers.
pub(crate) struct Jwts {
    users: Arc<dyn UserStore>,
    providers: Vec<(Provider, Arc<Keys>)>,
    sign_ins: Vec<(ProviderName, SignInFlow)>,
}

/// What is read before anything is verified: it only says with which key to verify.
#[derive(Deserialize)]
struct Peek {
    iss: String,
}

impl Jwts {
    pub(crate) fn new(users: Arc<dyn UserStore>, providers: Vec<Provider>) -> Result<Self, ConfigurationError> {
        provider::check(&providers)?;
        let sign_in = |provider: &Provider| {
            let flow = SignInFlow::new(provider).transpose()?;
            Some(flow.map(|flow| (provider.name.clone(), flow)))
        };
        let sign_ins = providers.iter().filter_map(sign_in).collect::<Result<_, _>>()?;
        let with_keys = |provider: Provider| Keys::new(&provider).map(|keys| (provider, Arc::new(keys)));
        let providers = providers.into_iter().map(with_keys).collect::<Result<_, _>>()?;
        Ok(Self { users, providers, sign_ins })
    }

    /// The names of the providers.
    pub(crate) fn providers(&self) -> Vec<&ProviderName> {
        self.providers.iter().map(|(provider, _)| &provider.name).collect()
    }

    /// The providers with whom people can sign in.
    pub(crate) fn sign_ins(&self) -> impl Iterator<Item = (&ProviderName, &SignInFlow)> {
        self.sign_ins.iter().map(|(name, flow)| (name, flow))
    }

    /// Whom a provider vouches for with this JWT.
    pub(crate) async fn check(&self, text: &str, now: DateTime<Utc>) -> Result<Authenticated, Rejected> {
        let (claims, provider) = self.verified(text, now).await?;
        let end = claims::check(&claims, provider, &provider.audience, now).map_err(Rejected::Lapsed)?;
        self.vouched(&claims, provider, end).await
    }

    /// Whom a provider vouches for with what it gives for this code.
    pub(crate) async fn check_code(&self, code: &SignInCode, now: DateTime<Utc>) -> Result<Authenticated, Rejected> {
        let flow = self.sign_ins().find(|(name, _)| name.as_str() == code.provider);
        let (name, flow) =
            flow.ok_or(Rejected::Forged("the code is of an identity provider that is not configured"))?;
        let text = flow.jwt(code, now).await?;
        let (claims, provider) = self.verified(&text, now).await?;
        if provider.name != *name {
            return Err(Rejected::Forged("the JWT is of another identity provider than the code"));
        }
        let end = claims::check(&claims, provider, flow.client_id(), now).map_err(Rejected::Lapsed)?;
        claims::check_sign_in(&claims, flow.client_id(), &code.nonce).map_err(Rejected::Forged)?;
        self.vouched(&claims, provider, end).await
    }

    /// The claims of a JWT whose signature is right, and whose it is.
    async fn verified(&self, text: &str, now: DateTime<Utc>) -> Result<(Claims, &Provider), Rejected> {
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
        Ok((verified.claims, provider))
    }

    async fn vouched(
        &self,
        claims: &Claims,
        provider: &Provider,
        end: DateTime<Utc>,
    ) -> Result<Authenticated, Rejected> {
        let principal = claims::principal(claims, provider).map_err(Rejected::Lapsed)?;
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
