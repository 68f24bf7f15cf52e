//! Users and tokens in memory, and an authenticator on them.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use chrono::{DateTime, Duration, Utc};
use outport_app::{
    clock::Clock as _,
    identity::{
        Authenticated, AuthenticationError, Authenticator as _, Credential, Token, TokenId, TokenScope, TokenStore,
        User, UserStore,
    },
    store::StoreError,
};
use outport_identity::{Hashing, LocalAuthenticator, Provider};
use outport_model::principal::{Principal, PrincipalId, PrincipalKind};
use outport_test::{clock::ManualClock, store::PutUser};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// The password of everyone who has one.
pub(crate) const PASSWORD: &str = "correct horse battery";
/// Where whoever is not guessing comes from.
pub(crate) const HERE: &str = "192.0.2.1";

#[derive(Debug)]
pub(crate) struct Memory {
    users: Mutex<BTreeMap<PrincipalId, User>>,
    tokens: Mutex<BTreeMap<TokenId, Token>>,
    used: UnboundedSender<(TokenId, DateTime<Utc>)>,
    pub(crate) broken: Mutex<bool>,
    /// Whoever looks for a user waits while this is held.
    pub(crate) held: tokio::sync::Mutex<()>,
}

impl Memory {
    fn broken(&self) -> Result<(), StoreError> {
        if *self.broken.lock().unwrap() {
            Err(StoreError::Database { action: "look", source: Box::from("the disk is full") })
        } else {
            Ok(())
        }
    }

    pub(crate) fn change_user(&self, name: &str, change: impl FnOnce(&mut User)) {
        change(self.users.lock().unwrap().get_mut(&id(name)).unwrap());
    }

    pub(crate) fn change_token(&self, id: &TokenId, change: impl FnOnce(&mut Token)) {
        change(self.tokens.lock().unwrap().get_mut(id).unwrap());
    }
}

#[async_trait]
impl UserStore for Memory {
    async fn users(&self) -> Result<Vec<User>, StoreError> {
        Ok(self.users.lock().unwrap().values().cloned().collect())
    }

    async fn user(&self, id: &PrincipalId) -> Result<Option<User>, StoreError> {
        let _ = self.held.lock().await;
        self.broken()?;
        Ok(self.users.lock().unwrap().get(id).cloned())
    }

    async fn replace_user(&self, known: Option<&User>, user: &User) -> Result<bool, StoreError> {
        let mut users = self.users.lock().unwrap();
        let is_known = users.get(&user.principal.id) == known;
        if is_known {
            users.insert(user.principal.id.clone(), user.clone());
        }
        Ok(is_known)
    }

    async fn put_first_user(&self, _: &User) -> Result<bool, StoreError> {
        Ok(false)
    }

    async fn remove_user(&self, id: &PrincipalId, _: DateTime<Utc>) -> Result<bool, StoreError> {
        Ok(self.users.lock().unwrap().remove(id).is_some())
    }
}

#[async_trait]
impl TokenStore for Memory {
    async fn add_token(&self, token: &Token) -> Result<(), StoreError> {
        self.tokens.lock().unwrap().insert(token.id.clone(), token.clone());
        Ok(())
    }

    async fn token(&self, id: &TokenId) -> Result<Option<Token>, StoreError> {
        Ok(self.tokens.lock().unwrap().get(id).cloned())
    }

    async fn tokens(&self, _: Option<&PrincipalId>) -> Result<Vec<Token>, StoreError> {
        Ok(self.tokens.lock().unwrap().values().cloned().collect())
    }

    async fn revoke_token(&self, id: &TokenId, at: DateTime<Utc>) -> Result<bool, StoreError> {
        self.change_token(id, |token| token.revoked_at = Some(at));
        Ok(true)
    }

    async fn forget_tokens(&self, _: &PrincipalId, _: &TokenScope, _: DateTime<Utc>) -> Result<(), StoreError> {
        Ok(())
    }

    async fn token_used(&self, id: &TokenId, at: DateTime<Utc>) -> Result<(), StoreError> {
        self.used.send((id.clone(), at)).unwrap();
        Err(StoreError::Database { action: "remember", source: Box::from("the disk is full") })
    }
}

/// A home with the users `ada`, `bob`, `eve` (disabled) and `robot` (no password).
pub(crate) struct Home {
    pub(crate) memory: Arc<Memory>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) authenticator: LocalAuthenticator,
    /// When which token was remembered as used.
    pub(crate) used: UnboundedReceiver<(TokenId, DateTime<Utc>)>,
}

impl Home {
    pub(crate) async fn new() -> Self {
        Self::with(Vec::new()).await
    }

    pub(crate) async fn with(providers: Vec<Provider>) -> Self {
        Self::hashing(Hashing::new(64, 1, 4).unwrap(), providers).await
    }

    pub(crate) async fn hashing(hashing: Hashing, providers: Vec<Provider>) -> Self {
        // The first test of a process does it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (sender, used) = unbounded_channel();
        let memory = Arc::new(Memory {
            users: Mutex::default(),
            tokens: Mutex::default(),
            used: sender,
            broken: Mutex::new(false),
            held: tokio::sync::Mutex::default(),
        });
        let clock = Arc::new(ManualClock::default());
        let authenticator = LocalAuthenticator::new(
            Arc::<Memory>::clone(&memory),
            Arc::<Memory>::clone(&memory),
            Arc::<ManualClock>::clone(&clock),
            providers,
        );
        let authenticator = authenticator.unwrap().with_hashing(hashing);
        let home = Self { memory, clock, authenticator, used };
        for (name, has_password, disabled) in
            [("ada", true, false), ("bob", true, false), ("eve", true, true), ("robot", false, false)]
        {
            home.put(name, has_password, disabled).await;
        }
        home
    }

    pub(crate) async fn put(&self, name: &str, has_password: bool, disabled: bool) {
        let hash = if has_password { Some(self.authenticator.hash_password(PASSWORD).await.unwrap()) } else { None };
        let user = User {
            principal: Principal::new(id(name), PrincipalKind::User),
            password_hash: hash,
            disabled,
            created_at: self.clock.now(),
        };
        self.memory.put_user(&user).await.unwrap();
    }

    /// A token of a user for an hour, with its text.
    pub(crate) async fn token_of(&self, owner: &str) -> (TokenId, String) {
        let (token, text, digest) = self.authenticator.new_token();
        let now = self.clock.now();
        self.memory
            .add_token(&Token {
                id: token.clone(),
                owner: id(owner),
                label: "a test".to_owned(),
                digest,
                scope: TokenScope { doors: Some([outport_model::principal::Door::Sql].into()), products: None },
                created_at: now,
                expires_at: now + Duration::hours(1),
                revoked_at: None,
                last_used_at: None,
            })
            .await
            .unwrap();
        (token, text)
    }

    pub(crate) async fn bearer(&self, text: &str) -> Outcome {
        outcome(self.authenticator.authenticate(&Credential::Bearer(text.to_owned()), HERE).await)
    }

    pub(crate) async fn password(&self, user: &str, password: &str) -> Outcome {
        self.password_from(user, password, HERE).await
    }

    pub(crate) async fn password_from(&self, user: &str, password: &str, from: &str) -> Outcome {
        let credential = Credential::Password { user: user.to_owned(), password: password.to_owned() };
        outcome(self.authenticator.authenticate(&credential, from).await)
    }

    pub(crate) fn later(&self, seconds: i64) {
        self.clock.advance(Duration::seconds(seconds));
    }
}

pub(crate) fn id(name: &str) -> PrincipalId {
    name.parse().unwrap()
}

/// What came of a credential, to be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Known(Box<Authenticated>),
    Refused(&'static str),
    Wait(u64),
    Unavailable(String),
    Store,
}

impl Outcome {
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Known(known) => known.principal.id.as_str(),
            other => panic!("nobody was recognised: {other:?}"),
        }
    }
}

fn outcome(result: Result<Authenticated, AuthenticationError>) -> Outcome {
    match result {
        Ok(known) => Outcome::Known(Box::new(known)),
        Err(AuthenticationError::Refused(reason)) => Outcome::Refused(reason),
        Err(AuthenticationError::TooMany { seconds }) => Outcome::Wait(seconds),
        Err(AuthenticationError::Unavailable(source)) => Outcome::Unavailable(source.to_string()),
        Err(AuthenticationError::Store(_)) => Outcome::Store,
    }
}
