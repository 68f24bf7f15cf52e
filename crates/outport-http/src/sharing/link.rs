//! Signed addresses of files: whoever has one gets the file, for a while.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;

/// How long an address holds.
const GOOD_FOR: TimeDelta = TimeDelta::minutes(10);

/// Signs addresses. The key lives as long as the process, as the files do.
pub(super) struct Signer([u8; 32]);

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer").finish_non_exhaustive()
    }
}

/// What an address says behind the `?`. Readers of Delta tables fetch a file over HTTP only where its address looks like
/// one that a known store has signed; hence the name of the signature.
#[derive(Debug, Deserialize)]
pub(super) struct Signed {
    until: i64,
    #[serde(rename = "X-Amz-Signature")]
    signature: String,
}

impl Signer {
    pub(super) fn new() -> Self {
        Self(rand::random())
    }

    /// What stands behind the path of a file, and until when that holds.
    pub(super) fn sign(&self, file: &str, now: DateTime<Utc>) -> (String, DateTime<Utc>) {
        let until = now + GOOD_FOR;
        let seconds = until.timestamp();
        (format!("until={seconds}&X-Amz-Signature={}", self.signature(file, seconds).to_hex()), until)
    }

    /// Whether an address is one that was signed for this file, and still holds.
    pub(super) fn accepts(&self, file: &str, signed: &Signed, now: DateTime<Utc>) -> bool {
        let Ok(given) = blake3::Hash::from_hex(signed.signature.as_bytes()) else { return false };
        // Comparing two hashes takes the same time wherever they differ.
        self.signature(file, signed.until) == given && now.timestamp() <= signed.until
    }

    fn signature(&self, file: &str, until: i64) -> blake3::Hash {
        blake3::keyed_hash(&self.0, format!("{file}\n{until}").as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Signed {
        let (until, signature) = query.split_once("&X-Amz-Signature=").unwrap();
        Signed { until: until.trim_start_matches("until=").parse().unwrap(), signature: signature.to_owned() }
    }

    #[test]
    fn an_address_holds_for_one_file_and_a_while() {
        let signer = Signer::new();
        let now = DateTime::<Utc>::UNIX_EPOCH;
        let (query, until) = signer.sign("a", now);
        let signed = read(&query);
        assert!(signer.accepts("a", &signed, now));
        assert!(signer.accepts("a", &signed, until));
        assert!(!signer.accepts("a", &signed, until + TimeDelta::seconds(1)));
        assert!(!signer.accepts("b", &signed, now));
        assert!(!Signer::new().accepts("a", &signed, now));
        assert!(!signer.accepts("a", &Signed { until: signed.until + 1, ..read(&query) }, now));
        assert!(!signer.accepts("a", &Signed { signature: "00".to_owned(), ..signed }, now));
    }
}
