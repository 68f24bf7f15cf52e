//! Passwords: argon2id, and only a few at a time.
//!
//! To hash a password takes tens of megabytes and tens of milliseconds, on purpose. Whoever guesses must not be able to
//! make that many at once, so all hashing waits for one of a few permits.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use argon2::{
    ARGON2ID_IDENT, Argon2, Params, PasswordHash, PasswordHasher as _, PasswordVerifier as _,
    password_hash::Error as PhcError,
};
use outport_app::identity::AuthenticationError;
use tokio::sync::Semaphore;

use crate::token;

/// The shortest password that can be chosen, in characters.
const SHORTEST: usize = 12;
/// The longest password that is looked at, in bytes.
const LONGEST: usize = 1024;
/// The salt and the output of the hash that a password is compared with that belongs to nobody. No password is known to
/// have this output, and one that had it would still belong to nobody.
const NOBODY: &str = "b3V0cG9ydDogbm9ib2R5IQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

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
    Failed(PhcError),
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
    /// How much was compared: KiB of memory that were filled, over all passes.
    compared: Arc<AtomicU64>,
}

impl Passwords {
    pub(crate) fn new(hashing: Hashing) -> Self {
        let permits = Arc::new(Semaphore::new(hashing.at_once));
        Self { parameters: hashing.parameters, permits, compared: Arc::default() }
    }

    /// How much was compared so far: KiB of memory that were filled, over all passes.
    pub(crate) fn compared_kib(&self) -> u64 {
        self.compared.load(Ordering::Relaxed)
    }

    /// The hash of a password that someone chose, as PHC string.
    pub(crate) async fn hash(&self, password: &str) -> Result<String, AuthenticationError> {
        acceptable(password).map_err(AuthenticationError::Refused)?;
        let password = password.to_owned();
        let hashed = self.run(move |argon2| argon2.hash_password(password.as_bytes()).map(|hash| hash.to_string()));
        Ok(hashed.await?.map_err(HashingError::Failed)?)
    }

    /// Whether this is the password of that hash. Where there is no hash, or one that cannot be used, the answer is no, and
    /// as much is computed for it.
    pub(crate) async fn matches(&self, password: &str, hash: Option<String>) -> Result<bool, AuthenticationError> {
        // Longer ones are nobody's: that tells nothing about anyone.
        if password.len() > LONGEST {
            return Ok(false);
        }
        let (password, compared) = (password.to_owned(), Arc::clone(&self.compared));
        let nobody = nobody(&self.parameters)?;
        let same = self.run(move |argon2| {
            let compare = |with: &PasswordHash| compare(argon2, &password, with, &compared);
            match hash.as_deref().and_then(usable).as_ref().and_then(compare) {
                Some(same) => same,
                // The outcome does not matter, the work does.
                None => {
                    std::hint::black_box(compare(&nobody));
                    false
                }
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

/// A hash that a password can be compared with.
fn usable(text: &str) -> Option<PasswordHash> {
    let whole = |hash: &PasswordHash| hash.algorithm == ARGON2ID_IDENT && hash.salt.is_some() && hash.hash.is_some();
    PasswordHash::new(text).ok().filter(whole)
}

/// The hash of nobody, as hard to compute as the hash of someone.
fn nobody(parameters: &Params) -> Result<PasswordHash, HashingError> {
    let (memory, passes, lanes) = (parameters.m_cost(), parameters.t_cost(), parameters.p_cost());
    let text = format!("$argon2id$v=19$m={memory},t={passes},p={lanes}${NOBODY}");
    PasswordHash::new(&text).map_err(|error| HashingError::Failed(error.into()))
}

/// Whether this is the password of that hash; `None` where nothing could be computed. What was computed is counted.
fn compare(argon2: &Argon2<'static>, password: &str, hash: &PasswordHash, compared: &AtomicU64) -> Option<bool> {
    let same = match argon2.verify_password(password.as_bytes(), hash) {
        Ok(()) => true,
        Err(PhcError::PasswordInvalid) => false,
        Err(_) => return None,
    };
    let parameters = Params::try_from(hash).ok()?;
    compared.fetch_add(u64::from(parameters.m_cost()) * u64::from(parameters.t_cost()), Ordering::Relaxed);
    Some(same)
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
