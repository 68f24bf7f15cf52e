//! Passwords: argon2id, and only a few at a time.
//!
//! To hash a password takes tens of megabytes and tens of milliseconds, on purpose. Whoever guesses must not be able to
//! make that many at once, so all hashing waits for one of a few permits.

use std::sync::Arc;

use argon2::{Argon2, Params, PasswordHasher as _, PasswordVerifier as _};
use outport_app::identity::AuthenticationError;
use tokio::sync::Semaphore;

use crate::token;

/// The shortest password that can be chosen, in characters.
const SHORTEST: usize = 12;
/// The longest password that is looked at, in bytes.
const LONGEST: usize = 1024;
/// Which hashes are known.
const KNOWN: &str = "$argon2id$";
/// What is hashed with a password that belongs to nobody.
const NOBODY: &[u8; 16] = b"outport: nobody!";

/// How hard it is to guess passwords, and how many are hashed at once.
#[derive(Debug, Clone)]
pub struct Hashing {
    parameters: Params,
    at_once: usize,
}

impl Hashing {
    /// Memory in KiB, passes over it, and how many passwords are hashed at once; `None` where argon2 does not allow it.
    pub fn new(memory_kib: u32, passes: u32, at_once: usize) -> Option<Self> {
        let parameters = Params::new(memory_kib, passes, 1, None).ok()?;
        (at_once > 0).then_some(Self { parameters, at_once })
    }
}

impl Default for Hashing {
    /// What OWASP recommends for argon2id: 19 MiB and two passes. Four at once take 76 MiB.
    fn default() -> Self {
        Self { parameters: Params::DEFAULT, at_once: 4 }
    }
}

/// Why the machine could not hash a password.
#[derive(Debug, thiserror::Error)]
enum HashingError {
    #[error("the password could not be hashed: {0}")]
    Failed(argon2::password_hash::Error),
    #[error("hashing was stopped")]
    Stopped,
}

impl From<HashingError> for AuthenticationError {
    fn from(error: HashingError) -> Self {
        Self::Unavailable(Box::new(error))
    }
}

/// Hashes passwords and compares them with hashes.
#[derive(Debug)]
pub(crate) struct Passwords {
    parameters: Params,
    permits: Arc<Semaphore>,
}

impl Passwords {
    pub(crate) fn new(hashing: Hashing) -> Self {
        Self { parameters: hashing.parameters, permits: Arc::new(Semaphore::new(hashing.at_once)) }
    }

    /// The hash of a password that someone chose, as PHC string.
    pub(crate) async fn hash(&self, password: &str) -> Result<String, AuthenticationError> {
        acceptable(password).map_err(AuthenticationError::Refused)?;
        let password = password.to_owned();
        let hashed = self.run(move |argon2| argon2.hash_password(password.as_bytes()).map(|hash| hash.to_string()));
        Ok(hashed.await?.map_err(HashingError::Failed)?)
    }

    /// Whether this is the password of that hash. Where there is no hash the answer is no, and takes as long.
    pub(crate) async fn matches(&self, password: &str, hash: Option<String>) -> Result<bool, AuthenticationError> {
        // Longer ones are nobody's: that tells nothing about anyone.
        if password.len() > LONGEST {
            return Ok(false);
        }
        let password = password.to_owned();
        let same = self.run(move |argon2| match hash.as_deref().filter(|hash| hash.starts_with(KNOWN)) {
            Some(hash) => argon2.verify_password(password.as_bytes(), hash).is_ok(),
            None => {
                // The outcome does not matter, the time does.
                let _ = std::hint::black_box(argon2.hash_password_into(password.as_bytes(), NOBODY, &mut [0; 32]));
                false
            }
        });
        Ok(same.await?)
    }

    /// Works beside the tasks that must stay quick. The permit goes along: work goes on when nobody waits for it any
    /// more, and takes memory until it is done.
    async fn run<T, F>(&self, work: F) -> Result<T, HashingError>
    where
        T: Send + 'static,
        F: FnOnce(&Argon2<'static>) -> T + Send + 'static,
    {
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| HashingError::Stopped)?;
        let argon2 = Argon2::from(&self.parameters);
        let task = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work(&argon2)
        });
        task.await.map_err(|_| HashingError::Stopped)
    }
}

fn acceptable(password: &str) -> Result<(), &'static str> {
    if password.chars().count() < SHORTEST {
        return Err("the password has less than 12 characters");
    }
    if password.len() > LONGEST {
        return Err("the password has more than 1024 bytes");
    }
    // It would be taken for a token.
    if password.starts_with(token::PREFIX) {
        return Err("a password cannot begin with `outport_`");
    }
    Ok(())
}
