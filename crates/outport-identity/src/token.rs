//! API tokens: `outport_<id>_<secret>`. The id finds the token on record; the record has a digest of the whole text.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};
use outport_app::identity::{Authenticated, Token, TokenId, TokenStore, UserStore};
use rand::{
    RngExt as _,
    distr::{Alphanumeric, SampleString as _},
};

use crate::rejected::Rejected;

/// How every token begins, so that programs that look for leaked secrets find it.
pub(crate) const PREFIX: &str = "outport_";
/// What ids are made of: no letters that are taken for digits.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// The length of an id.
const ID: usize = 12;
/// The length of a secret: 43 letters of 62 have 256 bits.
const SECRET: usize = 43;
/// How often it is remembered that a token was used.
const USED: TimeDelta = TimeDelta::minutes(1);
/// Of how many tokens it is known when they were used, until old ones are forgotten.
const REMEMBERED: usize = 10_000;

/// A new token: its id, its text, and the digest of the text.
pub(crate) fn new() -> (TokenId, String, [u8; 32]) {
    let mut random = rand::rng();
    loop {
        let id: String = (0..ID).map(|_| char::from(LETTERS[random.random_range(0..LETTERS.len())])).collect();
        // Every such text is an id; the type cannot know.
        if let Some(id) = TokenId::new(&id) {
            let secret = Alphanumeric.sample_string(&mut random, SECRET);
            let text = format!("{PREFIX}{id}_{secret}");
            let digest = blake3::hash(text.as_bytes());
            return (id, text, digest.into());
        }
    }
}

/// Checks tokens against what is on record.
pub(crate) struct Tokens {
    users: Arc<dyn UserStore>,
    tokens: Arc<dyn TokenStore>,
    used: Mutex<HashMap<TokenId, DateTime<Utc>>>,
}

impl Tokens {
    pub(crate) fn new(users: Arc<dyn UserStore>, tokens: Arc<dyn TokenStore>) -> Self {
        Self { users, tokens, used: Mutex::default() }
    }

    /// Whose token this is. Where a user is named, it is to be theirs.
    pub(crate) async fn check(
        &self,
        text: &str,
        user: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Authenticated, Rejected> {
        let id = id_of(text).ok_or(Rejected::Forged("the token is not written as one"))?;
        let token = self.tokens.token(&id).await?.ok_or(Rejected::Forged("there is no such token"))?;
        // Hashes compare in constant time.
        if blake3::hash(text.as_bytes()) != blake3::Hash::from_bytes(token.digest) {
            return Err(Rejected::Forged("the secret of the token is wrong"));
        }
        live(&token, now)?;
        if user.is_some_and(|user| user.trim() != token.owner.as_str()) {
            return Err(Rejected::Lapsed("the token is of another user"));
        }
        let owner = self.users.user(&token.owner).await?;
        let owner = owner.ok_or(Rejected::Lapsed("the owner of the token was removed"))?;
        if owner.disabled {
            return Err(Rejected::Lapsed("the owner of the token is disabled"));
        }
        self.remember(&token, now);
        Ok(Authenticated {
            principal: owner.principal,
            scope: token.scope,
            until: Some(token.expires_at),
            token: Some(token.id),
            local_user: true,
        })
    }

    /// Puts on record that a token was used, without anyone waiting for it.
    fn remember(&self, token: &Token, now: DateTime<Utc>) {
        if !self.is_news(token, now) {
            return;
        }
        let (tokens, id) = (Arc::clone(&self.tokens), token.id.clone());
        tokio::spawn(async move {
            if let Err(error) = tokens.token_used(&id, now).await {
                tracing::warn!(token = %id, %error, "it could not be remembered that a token was used");
            }
        });
    }

    /// Whether the use a minute ago, of which this process or the record knows, is long enough ago.
    fn is_news(&self, token: &Token, now: DateTime<Utc>) -> bool {
        let recent = |at: DateTime<Utc>| now - at < USED;
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if used.get(&token.id).copied().or(token.last_used_at).is_some_and(recent) {
            return false;
        }
        if used.len() >= REMEMBERED {
            used.retain(|_, at| recent(*at));
        }
        used.insert(token.id.clone(), now);
        true
    }
}

fn id_of(text: &str) -> Option<TokenId> {
    let (id, secret) = text.strip_prefix(PREFIX)?.split_once('_')?;
    (!secret.is_empty()).then(|| TokenId::new(id)).flatten()
}

fn live(token: &Token, now: DateTime<Utc>) -> Result<(), Rejected> {
    if token.revoked_at.is_some() {
        return Err(Rejected::Lapsed("the token is revoked"));
    }
    if token.expires_at <= now {
        return Err(Rejected::Lapsed("the token has expired"));
    }
    Ok(())
}
