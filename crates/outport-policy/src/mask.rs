//! Masks of policies: whether they can be used, and which of several is.

use std::cmp::Reverse;

use outport_model::access::{DateUnit, Mask};

/// The mask that a text stands for, or what is wrong with it.
pub(crate) fn parse(text: &str) -> Result<Mask, String> {
    let mask = text.parse::<Mask>().map_err(|error| error.to_string())?;
    match &mask {
        Mask::Regex { pattern, .. } if regex::Regex::new(pattern).is_err() => {
            Err(format!("`{pattern}` is not a regular expression"))
        }
        _ => Ok(mask),
    }
}

/// The one of several masks that shows least: no value before redacted text, before a hash, before the wider of two
/// buckets, before fewer characters, before what a regular expression leaves.
pub(crate) fn strictest<'a>(masks: impl IntoIterator<Item = &'a Mask>) -> Option<&'a Mask> {
    masks.into_iter().min_by_key(|&mask| strictness(mask))
}

/// Least for the mask that shows least. The text only makes the choice the same each time.
fn strictness(mask: &Mask) -> (u8, Reverse<u64>, u32, &str) {
    let none = Reverse(0);
    match mask {
        Mask::Null => (0, none, 0, ""),
        Mask::Redact => (1, none, 0, ""),
        Mask::Hash => (2, none, 0, ""),
        Mask::NumberBucket { width } => (3, Reverse(*width), 0, ""),
        Mask::DateBucket { unit } => (4, Reverse(days(*unit)), 0, ""),
        Mask::Last { characters } => (5, none, *characters, "last"),
        Mask::First { characters } => (5, none, *characters, "first"),
        Mask::Regex { pattern, .. } => (6, none, 0, pattern),
    }
}

const fn days(unit: DateUnit) -> u64 {
    match unit {
        DateUnit::Day => 1,
        DateUnit::Week => 7,
        DateUnit::Month => 30,
        DateUnit::Quarter => 91,
        DateUnit::Year => 365,
    }
}
