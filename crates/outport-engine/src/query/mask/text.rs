//! Masks of texts.

use std::iter::repeat_n;

/// Bytes of a hash that are shown.
const SHOWN: usize = 16;

/// A hash as 32 hexadecimal digits.
pub(super) fn hash(value: &str, key: &[u8; 32]) -> String {
    let hash = blake3::keyed_hash(key, value.as_bytes());
    let mut digits = hash.to_hex().to_string();
    digits.truncate(2 * SHOWN);
    digits
}

/// The last characters, the others as `*`.
pub(super) fn last(value: &str, characters: u32) -> String {
    let (all, kept) = lengths(value, characters);
    repeat_n('*', all - kept).chain(value.chars().skip(all - kept)).collect()
}

/// The first characters, the others as `*`.
pub(super) fn first(value: &str, characters: u32) -> String {
    let (all, kept) = lengths(value, characters);
    value.chars().take(kept).chain(repeat_n('*', all - kept)).collect()
}

/// How many characters there are, and how many of them stay: none where none would be hidden.
fn lengths(value: &str, characters: u32) -> (usize, usize) {
    let all = value.chars().count();
    let kept = usize::try_from(characters).unwrap_or(usize::MAX);
    (all, if kept < all { kept } else { 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_of_characters_and_never_the_whole() {
        assert_eq!(last("DE89 3704", 4), "*****3704");
        assert_eq!(last("日本é", 1), "**é");
        assert_eq!(first("日本é", 2), "日本*");
        assert_eq!(last("abc", 3), "***");
        assert_eq!(first("abc", 9), "***");
        assert_eq!(first("abc", 0), "***");
        assert_eq!(last("", 2), "");
    }

    #[test]
    fn hashes_depend_on_the_key() {
        let one = hash("a@x", &[1; 32]);
        assert_eq!(one.len(), 32);
        assert_eq!(one, hash("a@x", &[1; 32]));
        assert_ne!(one, hash("a@x", &[2; 32]));
        assert_ne!(one, hash("b@x", &[1; 32]));
    }
}
