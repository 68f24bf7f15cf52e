//! One line: how it is written and taken apart. There is one way to write a line, and nothing else is taken for one, so that
//! no byte of it can change unseen.

use blake3::{Hash, Hasher, OUT_LEN};
use serde::de::IgnoredAny;

/// What stands for the hash before the first line.
pub(super) const ORIGIN: Hash = Hash::from_bytes([0; OUT_LEN]);

const HEXADECIMAL: usize = 2 * OUT_LEN;

/// What a line holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Header,
    Record,
}

impl Key {
    /// What the line with this number holds.
    pub(super) const fn of(sequence: u64) -> Self {
        if sequence == 0 { Self::Header } else { Self::Record }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Record => "record",
        }
    }
}

/// A line, taken apart; whether it is as it was written is for [`Line::is_true`] to say.
#[derive(Debug)]
pub(super) struct Line<'a> {
    pub(super) key: Key,
    pub(super) sequence: u64,
    pub(super) previous: Hash,
    pub(super) body: &'a [u8],
    pub(super) hash: Hash,
}

impl Line<'_> {
    /// Whether its hash is that of what it holds.
    pub(super) fn is_true(&self) -> bool {
        digest(&self.previous, self.body) == self.hash
    }
}

/// The text of a line with its end, and its hash.
pub(super) fn write(sequence: u64, previous: &Hash, body: &str) -> (String, Hash) {
    let hash = digest(previous, body.as_bytes());
    (format!("{}{body},\"hash\":\"{}\"}}\n", opening(sequence, previous), hash.to_hex()), hash)
}

/// A line of its text, without the line break.
pub(super) fn parse(text: &[u8]) -> Option<Line<'_>> {
    let rest = text.strip_prefix(b"{\"sequence\":")?;
    let (number, rest) = rest.split_at(rest.iter().position(|byte| *byte == b',')?);
    let sequence: u64 = std::str::from_utf8(number).ok()?.parse().ok()?;
    let (previous, _) = rest.strip_prefix(b",\"previous\":\"")?.split_at_checked(HEXADECIMAL)?;
    let previous = hash(previous)?;
    let opened = |key| Some((key, text.strip_prefix(start(key, sequence, &previous).as_bytes())?));
    let (key, rest) = opened(Key::Record).or_else(|| opened(Key::Header))?;
    let rest = rest.strip_suffix(b"\"}")?;
    let (rest, own) = rest.split_at_checked(rest.len().checked_sub(HEXADECIMAL)?)?;
    Some(Line { key, sequence, previous, body: rest.strip_suffix(b",\"hash\":\"")?, hash: hash(own)? })
}

/// Whether a text without line break is what stays of a line that was not written to its end. `None` where it is not known
/// what is before it.
pub(super) fn is_begun(text: &[u8], sequence: u64, previous: Option<&Hash>) -> bool {
    let Some(previous) = previous else { return true };
    // What a header names ends as a line does, so that a cut header may look like a whole line that is not true.
    let is_due = |line: &Line<'_>| {
        line.sequence == sequence && line.key == Key::of(sequence) && line.previous == *previous && line.is_true()
    };
    if parse(text).is_some_and(|line| is_due(&line)) {
        return true;
    }
    let opening = opening(sequence, previous);
    if text.len() <= opening.len() {
        return opening.as_bytes().starts_with(text);
    }
    let ends_early = || serde_json::from_slice::<IgnoredAny>(text).is_err_and(|error| error.is_eof());
    text.starts_with(opening.as_bytes()) && ends_early()
}

fn opening(sequence: u64, previous: &Hash) -> String {
    start(Key::of(sequence), sequence, previous)
}

fn start(key: Key, sequence: u64, previous: &Hash) -> String {
    format!("{{\"sequence\":{sequence},\"previous\":\"{}\",\"{}\":", previous.to_hex(), key.as_str())
}

fn digest(previous: &Hash, body: &[u8]) -> Hash {
    Hasher::new().update(previous.as_bytes()).update(body).finalize()
}

/// A hash of its text in lower case: there is no second way to write it.
fn hash(text: &[u8]) -> Option<Hash> {
    let lower = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if text.iter().all(lower) { Hash::from_hex(text).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn body() -> impl Strategy<Value = String> {
        let text = prop_oneof![any::<String>(), Just("\",\"hash\":\"".to_owned())];
        text.prop_map(|text| serde_json::json!({ "request": text, "rows": 3, "at": null }).to_string())
    }

    proptest! {
        #[test]
        fn a_line_is_taken_apart_as_it_was_written(sequence: u64, previous: [u8; 32], body in body()) {
            let previous = Hash::from_bytes(previous);
            let (text, hash) = write(sequence, &previous, &body);
            let text = text.strip_suffix('\n').unwrap();
            prop_assert!(!text.contains('\n'));
            let line = parse(text.as_bytes()).unwrap();
            prop_assert!(line.is_true());
            prop_assert_eq!((line.key, line.sequence), (Key::of(sequence), sequence));
            prop_assert_eq!((line.previous, line.hash, line.body), (previous, hash, body.as_bytes()));
        }

        #[test]
        fn only_the_beginning_of_a_line_is_begun(
            sequence in 0..3_u64,
            body in body(),
            cut: proptest::sample::Index,
            byte: u8,
        ) {
            let (text, _) = write(sequence, &ORIGIN, &body);
            let whole = text.trim_end().as_bytes();
            let begun = &whole[..cut.index(whole.len() + 1)];
            prop_assert!(is_begun(begun, sequence, Some(&ORIGIN)));
            prop_assert!(is_begun(begun, sequence, None));
            // A line with something in the place of its break was written to its end.
            let longer = [whole, &[byte]].concat();
            prop_assert!(!is_begun(&longer, sequence, Some(&ORIGIN)));
            if begun.len() > "{\"sequence\":0,\"previous\":\"".len() {
                prop_assert!(!is_begun(begun, sequence + 1, Some(&ORIGIN)));
                prop_assert!(!is_begun(begun, sequence, Some(&Hash::from_bytes([0x11; 32]))));
            }
        }
    }
}
