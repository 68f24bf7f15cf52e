//! The public keys of a provider, as they were when they were last read.
//!
//! They are read when a JWT names one that is not known, and when they are ten minutes old, so that keys that a provider
//! withdraws are not trusted for long. Between two attempts there is half a minute, whatever anyone sends. While the
//! provider cannot be reached the last keys hold, for a day.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse},
};
use outport_app::identity::AuthenticationError;
use serde::Deserialize;
use serde_json::Value;

use super::{
    ConfigurationError, Provider, ProviderName,
    source::{ReadError, Source},
};
use crate::rejected::Rejected;

/// The age at which keys are read again.
const RENEWED: TimeDelta = TimeDelta::minutes(10);
/// The age at which keys are trusted no more.
const TRUSTED: TimeDelta = TimeDelta::hours(24);
/// The time between two attempts to read them.
const APART: TimeDelta = TimeDelta::seconds(30);

/// There are no keys, or none that are young enough.
#[derive(Debug, thiserror::Error)]
#[error("the keys of the identity provider `{0}` could not be read")]
struct NoKeys(ProviderName);

/// The keys of one provider.
#[derive(Debug)]
pub(crate) struct Keys {
    provider: ProviderName,
    source: Source,
    current: Mutex<Option<Arc<KeySet>>>,
    attempted: tokio::sync::Mutex<Option<DateTime<Utc>>>,
}

impl Keys {
    pub(crate) fn new(provider: &Provider) -> Result<Self, ConfigurationError> {
        Ok(Self {
            provider: provider.name.clone(),
            source: Source::new(provider)?,
            current: Mutex::default(),
            attempted: tokio::sync::Mutex::default(),
        })
    }

    /// The key with this id, where it is one for that algorithm.
    pub(crate) async fn find(
        self: &Arc<Self>,
        id: &str,
        algorithm: Algorithm,
        now: DateTime<Utc>,
    ) -> Result<DecodingKey, Rejected> {
        match self.current() {
            Some(keys) if !keys.has(id) => self.read(now, Patience::Wait).await,
            Some(keys) if now - keys.read_at < RENEWED => {}
            Some(_) => self.read(now, Patience::GoOn).await,
            None => self.read(now, Patience::Wait).await,
        }
        let keys = self.current().filter(|keys| now - keys.read_at < TRUSTED);
        let keys = keys.ok_or_else(|| {
            Rejected::Unchecked(AuthenticationError::Unavailable(Box::new(NoKeys(self.provider.clone()))))
        })?;
        keys.find(id, algorithm)
    }

    fn current(&self) -> Option<Arc<KeySet>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads the keys, in a task of its own: whoever goes away must not take along the one attempt of this half minute.
    async fn read(self: &Arc<Self>, now: DateTime<Utc>, patience: Patience) {
        let keys = Arc::clone(self);
        let task = tokio::spawn(async move {
            let attempted = match patience {
                Patience::Wait => keys.attempted.lock().await,
                Patience::GoOn => match keys.attempted.try_lock() {
                    Ok(attempted) => attempted,
                    Err(_) => return,
                },
            };
            keys.read_now(attempted, now).await;
        });
        // It was stopped with everything else, or there is a defect that is logged: the keys stay what they are.
        let _ = task.await;
    }

    async fn read_now(&self, mut attempted: tokio::sync::MutexGuard<'_, Option<DateTime<Utc>>>, now: DateTime<Utc>) {
        if attempted.is_some_and(|at| (now - at).abs() < APART) {
            return;
        }
        *attempted = Some(now);
        let read = match self.source.read().await {
            Ok(bytes) => KeySet::parse(&bytes, now),
            Err(error) => Err(error),
        };
        match read {
            Ok(keys) => *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(keys)),
            Err(error) => {
                let source = std::error::Error::source(&error).map(ToString::to_string);
                tracing::warn!(provider = %self.provider, %error, source, "keys could not be read");
            }
        }
    }
}

/// What to do while another one reads the keys.
#[derive(Debug, Clone, Copy)]
enum Patience {
    Wait,
    GoOn,
}

/// Keys that were read together. What is not among them any more is not trusted any more.
#[derive(Debug)]
struct KeySet {
    read_at: DateTime<Utc>,
    keys: Vec<Jwk>,
}

#[derive(Deserialize)]
struct RawKeySet {
    keys: Vec<Value>,
}

impl KeySet {
    /// Keys that are not for signatures, or not understood, are left out: a set may have keys for others.
    fn parse(bytes: &[u8], read_at: DateTime<Utc>) -> Result<Self, ReadError> {
        let raw: RawKeySet = serde_json::from_slice(bytes)?;
        let keys = raw.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok());
        Ok(Self { read_at, keys: keys.filter(is_for_signatures).collect() })
    }

    fn has(&self, id: &str) -> bool {
        self.keys.iter().any(|key| key.common.key_id.as_deref() == Some(id))
    }

    fn find(&self, id: &str, algorithm: Algorithm) -> Result<DecodingKey, Rejected> {
        if !self.has(id) {
            return Err(Rejected::Forged("the key of the JWT is not known"));
        }
        let named = |key: &&Jwk| key.common.key_id.as_deref() == Some(id);
        let key = self.keys.iter().filter(named).find(|key| fits(key, algorithm));
        let key = key.ok_or(Rejected::Forged("the key of the JWT is for another algorithm"))?;
        DecodingKey::from_jwk(key).map_err(|_| Rejected::Forged("the key of the JWT cannot be used"))
    }
}

fn is_for_signatures(key: &Jwk) -> bool {
    let purpose = matches!(key.common.public_key_use, None | Some(PublicKeyUse::Signature));
    let operations = key.common.key_operations.as_ref();
    purpose
        && operations.is_none_or(|operations| operations.contains(&KeyOperations::Verify))
        && !matches!(key.algorithm, AlgorithmParameters::OctetKey(_) | AlgorithmParameters::Other(_))
}

/// Whether signatures of that algorithm are verified with keys of this type: a key is never used as what it is not.
fn fits(key: &Jwk, algorithm: Algorithm) -> bool {
    let by_type = match (&key.algorithm, algorithm) {
        (
            AlgorithmParameters::RSA(_),
            Algorithm::RS256
            | Algorithm::RS384
            | Algorithm::RS512
            | Algorithm::PS256
            | Algorithm::PS384
            | Algorithm::PS512,
        ) => true,
        (AlgorithmParameters::EllipticCurve(key), Algorithm::ES256) => key.curve == EllipticCurve::P256,
        (AlgorithmParameters::EllipticCurve(key), Algorithm::ES384) => key.curve == EllipticCurve::P384,
        (AlgorithmParameters::OctetKeyPair(key), Algorithm::EdDSA) => key.curve == EllipticCurve::Ed25519,
        _ => false,
    };
    by_type && key.common.key_algorithm.is_none_or(|own| own == KeyAlgorithm::from(algorithm))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn set(keys: &Value) -> KeySet {
        KeySet::parse(json!({ "keys": keys }).to_string().as_bytes(), DateTime::UNIX_EPOCH).unwrap()
    }

    #[test]
    fn keys_of_other_uses_are_left_out() {
        let rsa = json!({"kty": "RSA", "kid": "a", "n": "AQAB", "e": "AQAB"});
        let with = |name: &str, value: Value| {
            let mut key = rsa.clone();
            key[name] = value;
            key
        };
        assert!(set(&json!([rsa])).has("a"));
        assert!(set(&json!([with("use", json!("sig")), {"kty": "new"}, 7])).has("a"));
        assert!(set(&json!([with("key_ops", json!(["verify"]))])).has("a"));
        assert!(!set(&json!([with("use", json!("enc"))])).has("a"));
        assert!(!set(&json!([with("key_ops", json!(["encrypt"]))])).has("a"));
        assert!(!set(&json!([{"kty": "oct", "kid": "a", "k": "AQAB"}])).has("a"));
    }

    #[test]
    fn a_key_is_only_used_for_its_algorithms() {
        let keys = set(&json!([
            {"kty": "RSA", "kid": "rsa", "n": "AQAB", "e": "AQAB"},
            {"kty": "RSA", "kid": "rs256", "alg": "RS256", "n": "AQAB", "e": "AQAB"},
            {"kty": "EC", "kid": "p256", "crv": "P-256", "x": "AQAB", "y": "AQAB"},
            {"kty": "EC", "kid": "p384", "crv": "P-384", "x": "AQAB", "y": "AQAB"},
            {"kty": "OKP", "kid": "ed", "crv": "Ed25519", "x": "AQAB"},
        ]));
        let all = [
            Algorithm::HS256,
            Algorithm::HS384,
            Algorithm::HS512,
            Algorithm::RS256,
            Algorithm::RS512,
            Algorithm::PS256,
            Algorithm::ES256,
            Algorithm::ES384,
            Algorithm::EdDSA,
        ];
        let fitting =
            |id: &str| all.into_iter().filter(|algorithm| keys.find(id, *algorithm).is_ok()).collect::<Vec<_>>();
        assert_eq!(fitting("rsa"), [Algorithm::RS256, Algorithm::RS512, Algorithm::PS256]);
        assert_eq!(fitting("rs256"), [Algorithm::RS256]);
        assert_eq!(fitting("p256"), [Algorithm::ES256]);
        assert_eq!(fitting("p384"), [Algorithm::ES384]);
        assert_eq!(fitting("ed"), [Algorithm::EdDSA]);
        assert!(fitting("none").is_empty());
    }

    #[test]
    fn what_is_not_a_set_is_not_an_empty_one() {
        for text in ["", "{}", "[]", "<html>", r#"{"keys": {}}"#] {
            assert!(KeySet::parse(text.as_bytes(), DateTime::UNIX_EPOCH).is_err(), "{text}");
        }
    }
}
