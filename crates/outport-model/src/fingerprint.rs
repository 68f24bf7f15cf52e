//! Content hashes that name what was built.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A BLAKE3 hash, written as 64 hexadecimal digits.
///
/// A *model* fingerprint covers code, parameters, result schema and upstream fingerprints; a *content* fingerprint
/// covers bytes of an input.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Fingerprint(String);

impl Fingerprint {
    /// The first 16 digits: enough for a folder name that people read.
    pub fn short(&self) -> &str {
        &self.0[..16]
    }

    /// All 64 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Starts a fingerprint over several parts.
    pub fn of(kind: &str) -> FingerprintBuilder {
        FingerprintBuilder(blake3::Hasher::new()).part("kind", kind)
    }

    /// The fingerprint of a finished hash.
    pub fn from_hash(hash: blake3::Hash) -> Self {
        Self(hash.to_hex().to_string())
    }
}

/// Collects labelled parts; lengths are hashed too, so that no two different lists of parts collide.
#[derive(Debug)]
pub struct FingerprintBuilder(blake3::Hasher);

impl FingerprintBuilder {
    /// Adds one part.
    #[must_use]
    pub fn part(mut self, label: &str, bytes: impl AsRef<[u8]>) -> Self {
        for field in [label.as_bytes(), bytes.as_ref()] {
            self.0.update(&(field.len() as u64).to_le_bytes());
            self.0.update(field);
        }
        self
    }

    /// The fingerprint over all parts.
    pub fn finish(self) -> Fingerprint {
        Fingerprint::from_hash(self.0.finalize())
    }
}

/// The text is not 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a fingerprint of 64 hexadecimal digits")]
pub struct FingerprintError(String);

impl FromStr for Fingerprint {
    type Err = FingerprintError;
    fn from_str(text: &str) -> Result<Self, FingerprintError> {
        let digits = text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if text.len() == 64 && digits { Ok(Self(text.to_owned())) } else { Err(FingerprintError(text.to_owned())) }
    }
}

impl TryFrom<String> for Fingerprint {
    type Error = FingerprintError;
    fn try_from(text: String) -> Result<Self, FingerprintError> {
        text.parse()
    }
}

impl From<Fingerprint> for String {
    fn from(fingerprint: Fingerprint) -> String {
        fingerprint.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_together() {
        let one = Fingerprint::of("m").part("a", "xy").part("b", "").finish();
        let two = Fingerprint::of("m").part("a", "x").part("b", "y").finish();
        assert_ne!(one, two);
        assert_eq!(one.as_str().parse::<Fingerprint>().unwrap(), one);
    }
}
