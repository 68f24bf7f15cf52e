//! JSON as slices of its text: nothing is copied, and numbers keep every digit.

use std::borrow::Cow;

/// Deeper nesting is refused, so that no document exhausts the stack.
const DEEPEST: usize = 128;

/// Where a text stops being JSON, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Malformed {
    /// The byte, from 0.
    pub(super) at: usize,
    /// Why.
    pub(super) reason: &'static str,
}

/// A place in a JSON text.
#[derive(Debug)]
pub(super) struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// The byte that comes next.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// The text's only value, without the blanks round it.
    pub(super) fn only_value(&mut self) -> Result<&'a str, Malformed> {
        let value = self.value(0)?;
        self.blanks();
        if self.at < self.text.len() { Err(self.fault("there is more after the value")) } else { Ok(value) }
    }

    /// Visits the names (raw, with their quotes) and values of an object.
    pub(super) fn object(&mut self, mut visit: impl FnMut(&'a str, &'a str)) -> Result<(), Malformed> {
        self.members(0, &mut visit)
    }

    /// Visits the items of an array.
    pub(super) fn array(&mut self, mut visit: impl FnMut(&'a str)) -> Result<(), Malformed> {
        self.items(0, &mut visit)
    }

    /// Moves to the next byte that is no blank, and names it.
    pub(super) fn blanks(&mut self) -> Option<u8> {
        let rest = &self.text.as_bytes()[self.at..];
        let skipped = rest.iter().position(|b| !matches!(b, b' ' | b'\t' | b'\n' | b'\r')).unwrap_or(rest.len());
        self.at += skipped;
        rest.get(skipped).copied()
    }

    /// Passes one byte.
    pub(super) fn pass(&mut self) {
        self.at += 1;
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn fault(&self, reason: &'static str) -> Malformed {
        Malformed { at: self.at, reason }
    }

    fn expect(&mut self, byte: u8, reason: &'static str) -> Result<(), Malformed> {
        if self.blanks() == Some(byte) {
            self.at += 1;
            return Ok(());
        }
        Err(self.fault(reason))
    }

    fn value(&mut self, depth: usize) -> Result<&'a str, Malformed> {
        if depth > DEEPEST {
            return Err(self.fault("it is nested too deeply"));
        }
        let first = self.blanks();
        let from = self.at;
        match first {
            Some(b'{') => self.members(depth, &mut |_, _| ())?,
            Some(b'[') => self.items(depth, &mut |_| ())?,
            Some(b'"') => self.quoted()?,
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b't') => self.word("true")?,
            Some(b'f') => self.word("false")?,
            Some(b'n') => self.word("null")?,
            Some(_) => return Err(self.fault("a value must begin here")),
            None => return Err(self.fault("it ends where a value must begin")),
        }
        Ok(&self.text[from..self.at])
    }

    fn members(&mut self, depth: usize, visit: &mut dyn FnMut(&'a str, &'a str)) -> Result<(), Malformed> {
        self.expect(b'{', "an object must begin here")?;
        if self.blanks() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        loop {
            if self.blanks() != Some(b'"') {
                return Err(self.fault("a field's name in double quotes must be here"));
            }
            let from = self.at;
            self.quoted()?;
            let name = &self.text[from..self.at];
            self.expect(b':', "a `:` must follow the field's name")?;
            visit(name, self.value(depth + 1)?);
            match self.blanks() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return Err(self.fault("a `,` or `}` must be here")),
            }
        }
    }

    fn items(&mut self, depth: usize, visit: &mut dyn FnMut(&'a str)) -> Result<(), Malformed> {
        self.expect(b'[', "an array must begin here")?;
        if self.blanks() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            visit(self.value(depth + 1)?);
            match self.blanks() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return Err(self.fault("a `,` or `]` must be here")),
            }
        }
    }

    fn quoted(&mut self) -> Result<(), Malformed> {
        self.at += 1;
        loop {
            match self.peek() {
                None => return Err(self.fault("a text has no closing quote")),
                Some(b'"') => break self.at += 1,
                Some(b'\\') => self.escape()?,
                Some(0..=0x1f) => return Err(self.fault("a text has a control character")),
                Some(_) => self.at += 1,
            }
        }
        Ok(())
    }

    fn escape(&mut self) -> Result<(), Malformed> {
        let rest = &self.text.as_bytes()[self.at + 1..];
        let length = match rest {
            [b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => 2,
            [b'u', a, b, c, d, ..] if [a, b, c, d].iter().all(|h| h.is_ascii_hexdigit()) => 6,
            _ => return Err(self.fault("a text has an unknown escape")),
        };
        self.at += length;
        Ok(())
    }

    fn word(&mut self, word: &str) -> Result<(), Malformed> {
        if !self.text[self.at..].starts_with(word) {
            return Err(self.fault("a value must begin here"));
        }
        self.at += word.len();
        Ok(())
    }

    fn number(&mut self) -> Result<(), Malformed> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), Malformed> {
        let from = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == from { Err(self.fault("a digit must be here")) } else { Ok(()) }
    }
}

/// The text of a JSON string; none for other values, and for halves of surrogate pairs.
pub(super) fn string(raw: &str) -> Option<Cow<'_, str>> {
    let inside = raw.strip_prefix('"')?.strip_suffix('"')?;
    if inside.contains('\\') { serde_json::from_str(raw).ok().map(Cow::Owned) } else { Some(Cow::Borrowed(inside)) }
}

/// Whether a raw name is this name.
pub(super) fn is_name(raw: &str, name: &str) -> bool {
    raw.len() >= 2 && raw[1..raw.len() - 1] == *name || raw.contains('\\') && string(raw).as_deref() == Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_serde_json_accepts_is_accepted() {
        let texts = [
            "{}",
            "[]",
            "[1,2]",
            "[1,]",
            "[,1]",
            "{\"a\":1}",
            "{\"a\":1,}",
            "{\"a\"}",
            "{a:1}",
            "\"a\\u00e9\"",
            "\"\\x\"",
            "\"a",
            "-0.5e+3",
            "01",
            "1.",
            ".5",
            "-",
            "1e",
            "true",
            "tru",
            "nul",
            "null",
            " [ { } , null ] ",
            "[1] 2",
            "",
            "\"a\tb\"",
            "{\"a\":{\"b\":[{}]}}",
            "NaN",
            "'a'",
        ];
        for text in texts {
            let accepted = Cursor::new(text).only_value().is_ok();
            assert_eq!(accepted, serde_json::from_str::<serde_json::Value>(text).is_ok(), "`{text}`");
        }
    }

    #[test]
    fn deep_nesting_is_refused() {
        let text = "[".repeat(100_000);
        assert_eq!(Cursor::new(&text).only_value().unwrap_err().reason, "it is nested too deeply");
    }
}
