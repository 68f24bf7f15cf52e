//! Masks of texts.

/// Bytes of a hash that are shown.
const SHOWN: usize = 16;

/// Adds a hash as 32 hexadecimal digits.
pub(super) fn hash(value: &str, key: &[u8; 32], masked: &mut String) {
    let hash = blake3::keyed_hash(key, value.as_bytes());
    masked.push_str(&hash.to_hex()[..2 * SHOWN]);
}

/// Adds the last characters, the others as `*`.
pub(super) fn last(value: &str, characters: u32, masked: &mut String) {
    let (all, kept) = lengths(value, characters);
    stars(all - kept, masked);
    masked.push_str(&value[end_of(value, all - kept)..]);
}

/// Adds the first characters, the others as `*`.
pub(super) fn first(value: &str, characters: u32, masked: &mut String) {
    let (all, kept) = lengths(value, characters);
    masked.push_str(&value[..end_of(value, kept)]);
    stars(all - kept, masked);
}

fn stars(mut count: usize, masked: &mut String) {
    const STARS: &str = "********************************";
    while count > 0 {
        let some = count.min(STARS.len());
        masked.push_str(&STARS[..some]);
        count -= some;
    }
}

/// Where so many characters end.
fn end_of(value: &str, characters: usize) -> usize {
    if value.is_ascii() {
        return characters.min(value.len());
    }
    value.char_indices().nth(characters).map_or(value.len(), |(at, _)| at)
}

/// How many characters there are, and how many of them stay: none where none would be hidden.
fn lengths(value: &str, characters: u32) -> (usize, usize) {
    let all = value.chars().count();
    let kept = usize::try_from(characters).unwrap_or(usize::MAX);
    (all, if kept < all { kept } else { 0 })
}

#[cfg(test)]
mod tests {
    fn masked(mask: impl FnOnce(&mut String)) -> String {
        let mut masked = String::new();
        mask(&mut masked);
        masked
    }

    fn last(value: &str, characters: u32) -> String {
        masked(|masked| super::last(value, characters, masked))
    }

    fn first(value: &str, characters: u32) -> String {
        masked(|masked| super::first(value, characters, masked))
    }

    fn hash(value: &str, key: &[u8; 32]) -> String {
        masked(|masked| super::hash(value, key, masked))
    }

    #[test]
    fn ends_are_of_characters_and_never_the_whole() {
        assert_eq!(last("DE89 3704", 4), "*****3704");
        assert_eq!(last("日本é", 1), "**é");
        assert_eq!(first("日本é", 2), "日本*");
        assert_eq!(last("abc", 3), "***");
        assert_eq!(first("abc", 9), "***");
        assert_eq!(first("abc", 0), "***");
        assert_eq!(first(&"a".repeat(70), 1), format!("a{}", "*".repeat(69)));
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
