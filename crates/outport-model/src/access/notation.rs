//! How masks are written: in `@mask("…")` of policies, in test cases, and where people are shown one.

use std::{fmt, str::FromStr};

use super::{DateUnit, Mask};

/// Why a text is not a mask.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MaskError {
    /// There is no such mask.
    #[error("`{0}` is not a mask")]
    Unknown(String),
    /// A bracket stays open.
    #[error("`{0}` does not end with `)`")]
    Open(String),
    /// The mask takes no argument.
    #[error("`{0}` takes nothing in brackets")]
    Argument(String),
    /// The mask needs an argument.
    #[error("`{0}` lacks what belongs in brackets")]
    NoArgument(String),
    /// A number of characters, or the width of a bucket, is none.
    #[error("`{0}` is not a whole number from 1")]
    Number(String),
    /// The period of a bucket is none.
    #[error("`{0}` is not a period")]
    Period(String),
    /// A regular expression has nothing that it is replaced by.
    #[error("`regex` lacks `=>`")]
    NoReplacement,
    /// Nothing stands before the `=>`.
    #[error("`regex` lacks a pattern")]
    NoPattern,
}

impl Mask {
    /// How masks are written, as advice.
    pub const NOTATION: &'static str = "masks are `null`, `redact`, `hash`, `last(4)`, `first(2)`, `number(100)`, \
                                        `date(day|week|month|quarter|year)` and `regex(PATTERN => REPLACEMENT)`";
}

impl FromStr for Mask {
    type Err = MaskError;

    /// The mask that a text stands for. Whether the pattern of `regex` is a regular expression is not looked at.
    fn from_str(text: &str) -> Result<Self, MaskError> {
        let text = text.trim();
        let (name, argument) = match text.split_once('(') {
            None => (text, None),
            Some((name, rest)) => {
                let argument = rest.strip_suffix(')').ok_or_else(|| MaskError::Open(text.to_owned()))?;
                (name.trim_end(), Some(argument))
            }
        };
        match (name, argument) {
            ("null", None) => Ok(Self::Null),
            ("redact", None) => Ok(Self::Redact),
            ("hash", None) => Ok(Self::Hash),
            ("last", Some(count)) => Ok(Self::Last { characters: positive(count)? }),
            ("first", Some(count)) => Ok(Self::First { characters: positive(count)? }),
            ("number", Some(width)) => Ok(Self::NumberBucket { width: positive(width)? }),
            ("date", Some(unit)) => unit_of(unit).map(|unit| Self::DateBucket { unit }),
            ("regex", Some(rule)) => regex(rule),
            ("null" | "redact" | "hash", Some(_)) => Err(MaskError::Argument(name.to_owned())),
            ("last" | "first" | "number" | "date" | "regex", None) => Err(MaskError::NoArgument(name.to_owned())),
            _ => Err(MaskError::Unknown(name.to_owned())),
        }
    }
}

impl fmt::Display for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Redact => f.write_str("redact"),
            Self::Hash => f.write_str("hash"),
            Self::Last { characters } => write!(f, "last({characters})"),
            Self::First { characters } => write!(f, "first({characters})"),
            Self::NumberBucket { width } => write!(f, "number({width})"),
            Self::DateBucket { unit } => write!(f, "date({})", unit.as_str()),
            Self::Regex { pattern, replacement } => write!(f, "regex({pattern} => {replacement})"),
        }
    }
}

/// A whole number from 1.
fn positive<N: FromStr + Default + PartialEq>(text: &str) -> Result<N, MaskError> {
    let number = text.trim().parse::<N>().ok().filter(|number| *number != N::default());
    number.ok_or_else(|| MaskError::Number(text.trim().to_owned()))
}

fn unit_of(text: &str) -> Result<DateUnit, MaskError> {
    let units = [DateUnit::Day, DateUnit::Week, DateUnit::Month, DateUnit::Quarter, DateUnit::Year];
    let unit = units.into_iter().find(|unit| unit.as_str() == text.trim());
    unit.ok_or_else(|| MaskError::Period(text.trim().to_owned()))
}

fn regex(rule: &str) -> Result<Mask, MaskError> {
    let (pattern, replacement) = rule.split_once("=>").ok_or(MaskError::NoReplacement)?;
    let (pattern, replacement) = (pattern.trim().to_owned(), replacement.trim().to_owned());
    if pattern.is_empty() { Err(MaskError::NoPattern) } else { Ok(Mask::Regex { pattern, replacement }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_are_written_as_they_are_read() {
        let notations =
            ["null", "redact", "hash", "last(4)", "first(2)", "number(100)", "date(month)", r"regex(\d+ => #)"];
        for text in notations {
            assert_eq!(text.parse::<Mask>().unwrap().to_string(), text);
        }
        assert_eq!(" last ( 4 )".parse::<Mask>().unwrap(), Mask::Last { characters: 4 });
    }

    #[test]
    fn what_is_no_mask_says_why() {
        for (text, expect) in [
            ("blur", "`blur` is not a mask"),
            ("last(0)", "`0` is not a whole number from 1"),
            ("last", "`last` lacks what belongs in brackets"),
            ("hash(1)", "`hash` takes nothing in brackets"),
            ("last(4", "`last(4` does not end with `)`"),
            ("date(minute)", "`minute` is not a period"),
            ("regex(a)", "`regex` lacks `=>`"),
            ("regex( => a)", "`regex` lacks a pattern"),
        ] {
            assert_eq!(text.parse::<Mask>().unwrap_err().to_string(), expect);
        }
    }
}
