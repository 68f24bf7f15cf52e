//! The notation of masks in `@mask("…")`, and which of several masks is used.

use std::cmp::Reverse;

use outport_model::access::{DateUnit, Mask};

/// How masks are written.
pub(crate) const NOTATION: &str = "masks are `null`, `redact`, `hash`, `last(4)`, `first(2)`, `number(100)`, \
                                   `date(day|week|month|quarter|year)` and `regex(PATTERN => REPLACEMENT)`";

/// The mask that a text stands for, or what is wrong with it.
pub(crate) fn parse(text: &str) -> Result<Mask, String> {
    let text = text.trim();
    let (name, argument) = match text.split_once('(') {
        None => (text, None),
        Some((name, rest)) => {
            let argument = rest.strip_suffix(')').ok_or_else(|| format!("`{text}` does not end with `)`"))?;
            (name.trim_end(), Some(argument))
        }
    };
    match (name, argument) {
        ("null", None) => Ok(Mask::Null),
        ("redact", None) => Ok(Mask::Redact),
        ("hash", None) => Ok(Mask::Hash),
        ("last", Some(count)) => Ok(Mask::Last { characters: positive(count)? }),
        ("first", Some(count)) => Ok(Mask::First { characters: positive(count)? }),
        ("number", Some(width)) => Ok(Mask::NumberBucket { width: positive(width)? }),
        ("date", Some(unit)) => unit_of(unit).map(|unit| Mask::DateBucket { unit }),
        ("regex", Some(rule)) => regex(rule),
        ("null" | "redact" | "hash", Some(_)) => Err(format!("`{name}` takes nothing in brackets")),
        ("last" | "first" | "number" | "date" | "regex", None) => {
            Err(format!("`{name}` lacks what belongs in brackets"))
        }
        _ => Err(format!("`{name}` is not a mask")),
    }
}

/// A whole number from 1.
fn positive<N: std::str::FromStr + Default + PartialEq>(text: &str) -> Result<N, String> {
    let number = text.trim().parse::<N>().ok().filter(|number| *number != N::default());
    number.ok_or_else(|| format!("`{}` is not a whole number from 1", text.trim()))
}

fn unit_of(text: &str) -> Result<DateUnit, String> {
    let units = [DateUnit::Day, DateUnit::Week, DateUnit::Month, DateUnit::Quarter, DateUnit::Year];
    let unit = units.into_iter().find(|unit| unit.as_str() == text.trim());
    unit.ok_or_else(|| format!("`{}` is not a period", text.trim()))
}

fn regex(rule: &str) -> Result<Mask, String> {
    let (pattern, replacement) = rule.split_once("=>").ok_or_else(|| "`regex` lacks `=>`".to_owned())?;
    let (pattern, replacement) = (pattern.trim(), replacement.trim());
    if pattern.is_empty() {
        return Err("`regex` lacks a pattern".to_owned());
    }
    if regex::Regex::new(pattern).is_err() {
        return Err(format!("`{pattern}` is not a regular expression"));
    }
    Ok(Mask::Regex { pattern: pattern.to_owned(), replacement: replacement.to_owned() })
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
