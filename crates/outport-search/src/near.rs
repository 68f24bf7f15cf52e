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
/// with `beginning`, to the beginning of another; `None` where these are more than `most`.
pub(crate) fn distance(word: &str, other: &str, most: usize, beginning: bool) -> Option<usize> {
    let word: Vec<char> = word.chars().collect();
    let longest = word.len().saturating_add(most);
    // Of a longer word only its beginning matters; without `beginning` one letter more says that it is too long.
    let other: Vec<char> = other.chars().take(longest.saturating_add(usize::from(!beginning))).collect();
    if other.len() > longest || other.len().saturating_add(most) < word.len() {
        return None;
    }
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
        // It never becomes less from here on: what comes next builds on this row, or on the one before and one letter more.
        if last.iter().all(|distance| *distance > most) {
            return None;
        }
    }
    let found = if beginning { last.into_iter().min() } else { last.last().copied() };
    found.filter(|distance| *distance <= most)
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
            for most in 0..5 {
                let found = [false, true].map(|beginning| distance(word, other, most, beginning));
                let expected = [whole, beginning].map(|distance| (distance <= most).then_some(distance));
                assert_eq!(found, expected, "{word} {other} {most}");
            }
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
            let of = |from: &str, to: &str, beginning| distance(from, to, usize::MAX, beginning).unwrap();
            let whole = of(&one, &other, false);
            prop_assert_eq!(whole, of(&other, &one, false));
            prop_assert_eq!(whole == 0, one == other);
            prop_assert!(whole <= one.len().max(other.len()));
            prop_assert!(of(&one, &other, true) <= whole);
            let longer = format!("{one}{other}");
            prop_assert_eq!(of(&one, &longer, true), 0);
            // Whoever gives up early misses nothing.
            for (beginning, exact) in [(false, whole), (true, of(&one, &other, true))] {
                for most in 0..4 {
                    prop_assert_eq!(distance(&one, &other, most, beginning), (exact <= most).then_some(exact));
                }
            }
        }
    }
}
