//! Credentials that a test hands out.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use async_trait::async_trait;
use outport_app::{
    audit::AuditLog,
    gate::Wardens,
    identity::{Authenticated, AuthenticationError, Authenticator, Credential, TokenId, TokenScope},
};
use outport_model::principal::Principal;

use crate::store::MemoryStore;

/// What a gate asks for, where one store in memory has all that is kept.
pub fn wardens(store: &Arc<MemoryStore>, authenticator: Arc<dyn Authenticator>, audit: Arc<dyn AuditLog>) -> Wardens {
    Wardens {
        users: store.clone(),
        tokens: store.clone(),
        agreements: store.clone(),
        feedback: store.clone(),
        ratings: store.clone(),
        questions: store.clone(),
        authenticator,
        audit,
    }
}

/// Knows the credentials that it was told, and refuses every other.
#[derive(Debug, Default)]
pub struct ScriptedAuthenticator {
    known: Mutex<BTreeMap<String, Authenticated>>,
    attempts: Mutex<Vec<String>>,
    tokens: AtomicU64,
}

impl ScriptedAuthenticator {
    /// Accepts a name and a password from now on, for a user of the home.
    pub fn accept_password(&self, user: &str, password: &str, principal: Principal) {
        self.accept(key(user, password), Authenticated { local_user: true, ..vouched(principal) });
    }

    /// Accepts a name and a password from now on, as it is said here.
    pub fn accept_password_as(&self, user: &str, password: &str, authenticated: Authenticated) {
        self.accept(key(user, password), authenticated);
    }

    /// Accepts a bearer token from now on, for someone whom an identity provider vouches for.
    pub fn accept_bearer(&self, text: &str, principal: Principal) {
        self.accept(bearer(text), vouched(principal));
    }

    /// Accepts a bearer token from now on, as it is said here.
    pub fn accept_as(&self, text: &str, authenticated: Authenticated) {
        self.accept(bearer(text), authenticated);
    }

    /// Where attempts came from since the last time, in order.
    pub fn attempts(&self) -> Vec<String> {
        std::mem::take(&mut *lock(&self.attempts))
    }

    fn accept(&self, key: String, authenticated: Authenticated) {
        lock(&self.known).insert(key, authenticated);
    }
}

fn vouched(principal: Principal) -> Authenticated {
    Authenticated { principal, scope: TokenScope::default(), until: None, token: None, local_user: false }
}

fn key(user: &str, password: &str) -> String {
    format!("{user}\n{password}")
}

fn bearer(text: &str) -> String {
    format!("\n{text}")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl Authenticator for ScriptedAuthenticator {
    async fn authenticate(&self, credential: &Credential, from: &str) -> Result<Authenticated, AuthenticationError> {
        lock(&self.attempts).push(from.to_owned());
        let key = match credential {
            Credential::Password { user, password } => key(user, password),
            Credential::Bearer(text) => bearer(text),
            Credential::Code(code) => bearer(&code.code),
        };
        lock(&self.known).get(&key).cloned().ok_or(AuthenticationError::Refused("nobody was told of it"))
    }

    async fn hash_password(&self, password: &str) -> Result<String, AuthenticationError> {
        Ok(format!("hash of {password}"))
    }

    fn new_token(&self) -> (TokenId, String, [u8; 32]) {
        let number = self.tokens.fetch_add(1, Ordering::SeqCst) + 1;
        let mut digest = [0; 32];
        digest[..8].copy_from_slice(&number.to_be_bytes());
        (crate::fixture::token_id(&format!("t{number}")), format!("secret{number}"), digest)
    }
}
