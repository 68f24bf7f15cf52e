//! How far one word is from another.

/// Whether a word may have a mistake, and how many: none in short words, which are near to too many others.
pub(crate) fn allowed(word: &str) -> u8 {
    match word.chars().count() {
        0..=3 => 0,
        4..=7 => 1,
        _ => 2,
    }
}

/// Whether the mistakes of a word may also be in the beginning of a longer one.
pub(crate) fn may_be_beginning(word: &str) -> bool {
    word.chars().count() >= 5
}

/// How many letters are to be added, left out, replaced, or swapped with the next one, to come from a word to another or,
/// with `beginning`, to the beginning of another.
pub(crate) fn distance(word: &str, other: &str, beginning: bool) -> usize {
    let (word, other): (Vec<char>, Vec<char>) = (word.chars().collect(), other.chars().collect());
    // Rows of the table of distances between beginnings: the one before the last, the last, and this one.
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (i, from) in word.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, to) in other.iter().enumerate() {
            let replaced = last[j] + usize::from(from != to);
            let mut least = replaced.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *from == other[j - 1] && word[i - 1] == *to {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    let whole = last.last().copied().unwrap_or_default();
    if beginning { last.into_iter().min().unwrap_or(whole) } else { whole }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn distances() {
        for (word, other, whole, beginning) in [
            ("custmer", "customer", 1, 1),
            ("custmer", "customers", 2, 1),
            ("oders", "orders", 1, 1),
            ("ordres", "orders", 1, 1),
            ("", "abc", 3, 0),
            ("abc", "", 3, 3),
            ("größe", "grösse", 2, 2),
        ] {
            assert_eq!(
                (distance(word, other, false), distance(word, other, true)),
                (whole, beginning),
                "{word} {other}"
            );
        }
    }

    #[test]
    fn short_words_have_no_mistakes() {
        let words = ["tax", "rate", "regions", "shipment"];
        assert_eq!(words.map(allowed), [0, 1, 1, 2]);
        assert_eq!(words.map(may_be_beginning), [false, false, true, true]);
    }

    proptest! {
        #[test]
        fn a_distance_is_one(one in "[a-c]{0,6}", other in "[a-c]{0,6}") {
            let whole = distance(&one, &other, false);
            prop_assert_eq!(whole, distance(&other, &one, false));
            prop_assert_eq!(whole == 0, one == other);
            prop_assert!(whole <= one.len().max(other.len()));
            prop_assert!(distance(&one, &other, true) <= whole);
            let longer = format!("{one}{other}");
            prop_assert_eq!(distance(&one, &longer, true), 0);
        }
    }
}
