//! Who someone is: passwords and API tokens of local users, and JWTs of identity providers.
//!
//! Where to start:
//! - [`LocalAuthenticator`] implements [`Authenticator`] on what is on record, and on [`Provider`]s;
//! - `password` hashes with argon2id, a few at a time;
//! - `token` makes and checks API tokens;
//! - `provider::sign_in` sends people to a provider to sign in, and takes the code that they come back with;
//! - `jwt` verifies JWTs; `provider::keys` has the keys of providers, `provider::claims` what their claims mean here;
//! - `throttle` slows down guessing.
//!
//! **Invariant**: whoever shows a wrong credential learns nothing from it, neither by the answer nor by the time it takes.
//! Reasons are for the record.
//!
//! **Invariant**: an identity provider makes nobody an administrator unless the configuration names the group.
//!
//! Fetching keys takes TLS, and the process chooses who does it: `rustls::crypto::ring::default_provider()` is to be
//! installed before [`LocalAuthenticator::new`] is called with a provider whose keys are at a URL.

mod jwt;
mod password;
mod provider;
mod rejected;
mod throttle;
mod token;

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use outport_app::{
    clock::Clock,
    identity::{
        Authenticated, AuthenticationError, Authenticator, Credential, SignInCode, SignInProvider, SignInRequest,
        TokenId, TokenScope, TokenStore, User, UserStore,
    },
};
use outport_model::principal::PrincipalId;

use self::{
    jwt::Jwts, password::Passwords, provider::sign_in::SignInFlow, rejected::Rejected, throttle::Throttle,
    token::Tokens,
};
pub use self::{
    password::Hashing,
    provider::{ClaimNames, ConfigurationError, KeySource, Provider, ProviderName, SignIn, SigningAlgorithm},
};

/// The longest bearer credential that is looked at, in bytes.
const LONGEST: usize = 16 * 1024;

/// Checks credentials against the users and tokens on record, and JWTs with the keys of identity providers.
pub struct LocalAuthenticator {
    users: Arc<dyn UserStore>,
    tokens: Tokens,
    jwts: Jwts,
    passwords: Passwords,
    throttle: Throttle,
    clock: Arc<dyn Clock>,
}

impl LocalAuthenticator {
    /// An authenticator for the users and tokens of a home, and for these identity providers. No keys are read yet.
    pub fn new(
        users: Arc<dyn UserStore>,
        tokens: Arc<dyn TokenStore>,
        clock: Arc<dyn Clock>,
        providers: Vec<Provider>,
    ) -> Result<Self, ConfigurationError> {
        Ok(Self {
            tokens: Tokens::new(Arc::clone(&users), tokens),
            jwts: Jwts::new(Arc::clone(&users), providers)?,
            passwords: Passwords::new(Hashing::default()),
            throttle: Throttle::default(),
            users,
            clock,
        })
    }

    /// Hashes passwords in another way. Hashes on record say themselves how they were made and stay good.
    #[must_use]
    pub fn with_hashing(mut self, hashing: Hashing) -> Self {
        self.passwords = Passwords::new(hashing);
        self
    }

    /// What comparing passwords has cost so far: KiB of memory that were filled, over all passes. It grows by as much
    /// whether the user exists or not.
    pub fn compared_kib(&self) -> u64 {
        self.passwords.compared_kib()
    }

    async fn password(&self, name: &str, password: &str, from: &str) -> Result<Authenticated, AuthenticationError> {
        // One name for however it is written, or each way of writing it could be guessed anew.
        let name = name.trim();
        let attempt = self.throttle.attempt(from, name, || self.clock.now()).await;
        let attempt = attempt.map_err(|seconds| AuthenticationError::TooMany { seconds })?;
        match self.user_with(name, password).await? {
            Ok(user) => {
                attempt.succeeded(self.clock.now());
                Ok(Authenticated {
                    principal: user.principal,
                    scope: TokenScope::default(),
                    until: None,
                    token: None,
                    local_user: true,
                })
            }
            Err(reason) => {
                attempt.failed(self.clock.now());
                Err(AuthenticationError::Refused(reason))
            }
        }
    }

    /// The user with this name and password, or why there is none. As much is computed either way.
    async fn user_with(&self, name: &str, password: &str) -> Result<Result<User, &'static str>, AuthenticationError> {
        let user = match local(name) {
            Some(id) => self.users.user(&id).await?,
            None => None,
        };
        let hash = user.as_ref().and_then(|user| user.password_hash.clone());
        let has_password = hash.is_some();
        let right = self.passwords.matches(password, hash).await?;
        Ok(match user {
            None => Err("there is no such user"),
            Some(_) if !has_password => Err("the user has no password"),
            Some(_) if !right => Err("the password is wrong"),
            Some(user) if user.disabled => Err("the user is disabled"),
            Some(user) => Ok(user),
        })
    }

    /// Tokens cannot be guessed: a right one is accepted however many wrong ones came from there, so that nobody is kept
    /// out by what others at the same address do.
    async fn bearer(&self, text: &str, user: Option<&str>, from: &str) -> Result<Authenticated, AuthenticationError> {
        let now = self.clock.now();
        let checked = match text {
            _ if text.len() > LONGEST => Err(Rejected::Forged("the credential is too long")),
            _ if text.starts_with(token::PREFIX) => self.tokens.check(text, user, now).await,
            _ if text.split('.').count() == 3 => self.jwts.check(text, now).await,
            _ => Err(Rejected::Forged("the credential is neither a token nor a JWT")),
        };
        checked.map_err(|rejected| self.refused(rejected, from))
    }

    /// What an identity provider gave someone who has just signed in there.
    async fn code(&self, code: &SignInCode, from: &str) -> Result<Authenticated, AuthenticationError> {
        let checked = self.jwts.check_code(code, self.clock.now()).await;
        checked.map_err(|rejected| self.refused(rejected, from))
    }

    /// Counts what may be a guess.
    fn refused(&self, rejected: Rejected, from: &str) -> AuthenticationError {
        match rejected {
            Rejected::Forged(reason) => match self.throttle.refused(from, self.clock.now()) {
                Some(seconds) => AuthenticationError::TooMany { seconds },
                None => AuthenticationError::Refused(reason),
            },
            Rejected::Lapsed(reason) => AuthenticationError::Refused(reason),
            Rejected::Unchecked(error) => error,
        }
    }
}

impl fmt::Debug for LocalAuthenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalAuthenticator").field("providers", &self.jwts.providers()).finish_non_exhaustive()
    }
}

#[async_trait]
impl Authenticator for LocalAuthenticator {
    async fn authenticate(&self, credential: &Credential, from: &str) -> Result<Authenticated, AuthenticationError> {
        match credential {
            Credential::Bearer(text) => self.bearer(text, None, from).await,
            Credential::Password { user, password } if password.starts_with(token::PREFIX) => {
                self.bearer(password, Some(user), from).await
            }
            Credential::Password { user, password } => self.password(user, password, from).await,
            Credential::Code(code) => self.code(code, from).await,
        }
    }

    async fn hash_password(&self, password: &str) -> Result<String, AuthenticationError> {
        self.passwords.hash(password).await
    }

    fn new_token(&self) -> (TokenId, String, [u8; 32]) {
        token::new()
    }

    fn sign_in_providers(&self) -> Vec<SignInProvider> {
        let provider =
            |(name, flow): (&ProviderName, &SignInFlow)| SignInProvider { name: name.to_string(), title: flow.title() };
        self.jwts.sign_ins().map(provider).collect()
    }

    async fn sign_in_address(
        &self,
        provider: &str,
        request: &SignInRequest,
    ) -> Result<Option<String>, AuthenticationError> {
        match self.jwts.sign_ins().find(|(name, _)| name.as_str() == provider) {
            Some((_, flow)) => flow.address(request, self.clock.now()).await.map(Some),
            None => Ok(None),
        }
    }
}

/// The id of a local user: those with a `:` are of identity providers, which check their passwords themselves.
fn local(name: &str) -> Option<PrincipalId> {
    if name.contains(':') { None } else { name.parse().ok() }
}
