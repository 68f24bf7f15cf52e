//! Records and fields of CSV (RFC 4180 and its dialects) as slices of a text.

use std::borrow::Cow;

use outport_app::engine::EngineError;
use outport_model::source::CsvDialect;

use super::fault;

/// The bytes that mean something.
#[derive(Debug, Clone)]
pub(super) struct Syntax {
    delimiter: u8,
    quote: u8,
    escape: Option<u8>,
    comment: Option<u8>,
}

impl Syntax {
    /// The syntax of a dialect; its characters must be ASCII, and no line break.
    pub(super) fn of(dialect: &CsvDialect, location: &str) -> Result<Self, EngineError> {
        let byte = |what: &str, c: char| match u8::try_from(c) {
            Ok(b) if b.is_ascii() && !matches!(b, b'\n' | b'\r' | 0) => Ok(b),
            _ => Err(fault::unreadable(
                location,
                format!("its {what} `{}` is no single ASCII character", c.escape_default()),
                format!("give another `{what}`"),
            )),
        };
        Ok(Self {
            delimiter: byte("delimiter", dialect.delimiter)?,
            quote: byte("quote", dialect.quote)?,
            escape: dialect.escape.map(|c| byte("escape", c)).transpose()?.filter(|e| char::from(*e) != dialect.quote),
            comment: dialect.comment.map(|c| byte("comment", c)).transpose()?,
        })
    }

    /// The end of the last record that surely ends within the bytes.
    pub(super) fn last_end(&self, bytes: &[u8]) -> Option<usize> {
        if !bytes.contains(&self.quote) {
            let line = bytes.iter().rposition(|b| *b == b'\n');
            let before_last = &bytes[..bytes.len().saturating_sub(1)];
            return line.or_else(|| before_last.iter().rposition(|b| *b == b'\r')).map(|at| at + 1);
        }
        let mut records = Records::new(self, bytes, 1);
        let mut end = None;
        loop {
            match records.next() {
                Ok(Some(_)) if records.at < bytes.len() || bytes.ends_with(b"\n") && records.terminated => {
                    end = Some(records.at);
                }
                Ok(_) => return end,
                Err(fault) if fault.unclosed => return end,
                Err(_) => return bytes.iter().rposition(|b| *b == b'\n').map(|at| at + 1),
            }
        }
    }
}

/// A field: its place in the text, without its quotes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    start: usize,
    end: usize,
    escaped: bool,
}

impl Field {
    /// The field's text.
    pub(super) fn text<'a>(&self, text: &'a str, syntax: &Syntax) -> Cow<'a, str> {
        let raw = text.get(self.start..self.end).unwrap_or_default();
        if self.escaped { Cow::Owned(unescaped(raw, syntax)) } else { Cow::Borrowed(raw) }
    }
}

fn unescaped(raw: &str, syntax: &Syntax) -> String {
    let (quote, escape) = (char::from(syntax.quote), syntax.escape.map(char::from));
    let mut text = String::with_capacity(raw.len());
    let mut chars = raw.chars();
    while let Some(c) = chars.next() {
        let literal = if c == quote || Some(c) == escape { chars.next().unwrap_or(c) } else { c };
        text.push(literal);
    }
    text
}

/// Why a record cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Malformed {
    /// The line, from 1.
    pub(super) line: u64,
    /// Why.
    pub(super) reason: &'static str,
    /// Whether more text might mend it.
    pub(super) unclosed: bool,
}

/// The records of a text, one after the other. Blank lines and comments are passed over.
#[derive(Debug)]
pub(super) struct Records<'a> {
    syntax: &'a Syntax,
    bytes: &'a [u8],
    at: usize,
    line: u64,
    terminated: bool,
    fields: Vec<Field>,
}

impl<'a> Records<'a> {
    pub(super) fn new(syntax: &'a Syntax, bytes: &'a [u8], line: u64) -> Self {
        Self { syntax, bytes, at: 0, line, terminated: false, fields: Vec::new() }
    }

    /// The fields of the record that was read last.
    pub(super) fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The byte that comes next.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Whether the record that was read last ended with a line break.
    pub(super) fn is_terminated(&self) -> bool {
        self.terminated
    }

    /// Reads one record; gives the line where it begins.
    pub(super) fn next(&mut self) -> Result<Option<u64>, Malformed> {
        self.fields.clear();
        self.terminated = false;
        self.pass_over();
        if self.at >= self.bytes.len() {
            return Ok(None);
        }
        let line = self.line;
        loop {
            let quoted = self.bytes.get(self.at) == Some(&self.syntax.quote);
            let field = if quoted { self.quoted()? } else { self.unquoted() };
            self.fields.push(field);
            match self.bytes.get(self.at) {
                Some(b) if *b == self.syntax.delimiter => self.at += 1,
                Some(_) => {
                    self.line_break();
                    self.terminated = true;
                    return Ok(Some(line));
                }
                None => return Ok(Some(line)),
            }
        }
    }

    fn pass_over(&mut self) {
        while let Some(byte) = self.bytes.get(self.at) {
            if matches!(byte, b'\n' | b'\r') {
                self.line_break();
            } else if Some(*byte) == self.syntax.comment {
                let rest = &self.bytes[self.at..];
                self.at += rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
            } else {
                return;
            }
        }
    }

    fn line_break(&mut self) {
        let pair = self.bytes[self.at..].starts_with(b"\r\n");
        self.at += if pair { 2 } else { 1 };
        self.line += 1;
    }

    fn unquoted(&mut self) -> Field {
        let rest = &self.bytes[self.at..];
        let delimiter = self.syntax.delimiter;
        let length = rest.iter().position(|b| *b == delimiter || *b == b'\n' || *b == b'\r').unwrap_or(rest.len());
        let start = self.at;
        self.at += length;
        Field { start, end: self.at, escaped: false }
    }

    fn quoted(&mut self) -> Result<Field, Malformed> {
        let opened = self.line;
        let start = self.at + 1;
        let mut escaped = false;
        let mut at = start;
        loop {
            let Some(byte) = self.bytes.get(at) else {
                return Err(Malformed { line: opened, reason: "has a quote that is never closed", unclosed: true });
            };
            if Some(*byte) == self.syntax.escape {
                escaped = true;
                self.line += u64::from(self.bytes.get(at + 1) == Some(&b'\n'));
                at += 2;
            } else if *byte == self.syntax.quote {
                if self.bytes.get(at + 1) != Some(&self.syntax.quote) {
                    break;
                }
                escaped = true;
                at += 2;
            } else {
                self.line += u64::from(*byte == b'\n');
                at += 1;
            }
        }
        self.at = at + 1;
        self.after_quote()?;
        Ok(Field { start, end: at, escaped })
    }

    /// Blanks may stand between a closing quote and what ends the field.
    fn after_quote(&mut self) -> Result<(), Malformed> {
        loop {
            match self.bytes.get(self.at) {
                None | Some(b'\n' | b'\r') => return Ok(()),
                Some(b) if *b == self.syntax.delimiter => return Ok(()),
                Some(b' ' | b'\t') => self.at += 1,
                Some(_) => {
                    let reason = "has text between a closing quote and the next delimiter";
                    return Err(Malformed { line: self.line, reason, unclosed: false });
                }
            }
        }
    }
}

/// Where a file keeps each column of the contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mapping {
    /// For each column of the contract, the place of its field.
    pub(super) places: Vec<usize>,
    /// How many fields each record must have.
    pub(super) width: usize,
    /// What set the width, for messages.
    pub(super) set_by: &'static str,
}

impl Mapping {
    /// Finds each column by its name in the header: as it is written, else in any case.
    pub(super) fn by_name(header: &[String], wanted: &[String], location: &str) -> Result<Self, EngineError> {
        let place = |name: &String| {
            let exact = header.iter().position(|h| h == name);
            exact.or_else(|| header.iter().position(|h| h.trim().to_lowercase() == name.to_lowercase()))
        };
        let missing: Vec<_> = wanted.iter().filter(|n| place(n).is_none()).cloned().collect();
        if !missing.is_empty() {
            return Err(EngineError::SourceSchema { location: location.to_owned(), missing, found: header.to_vec() });
        }
        Ok(Self { places: wanted.iter().filter_map(place).collect(), width: header.len(), set_by: "the header" })
    }

    /// Takes the columns in the contract's order.
    pub(super) fn by_place(width: usize, wanted: &[String], location: &str) -> Result<Self, EngineError> {
        if width < wanted.len() {
            let found = (1..=width).map(|n| format!("column {n}")).collect();
            return Err(EngineError::SourceSchema {
                location: location.to_owned(),
                missing: wanted[width..].to_vec(),
                found,
            });
        }
        Ok(Self { places: (0..wanted.len()).collect(), width, set_by: "the first line" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(dialect: &CsvDialect, text: &str) -> Vec<(u64, Vec<String>)> {
        let syntax = Syntax::of(dialect, "x").unwrap();
        let mut records = Records::new(&syntax, text.as_bytes(), 1);
        let mut all = Vec::new();
        while let Some(line) = records.next().unwrap() {
            all.push((line, records.fields().iter().map(|f| f.text(text, &syntax).into_owned()).collect()));
        }
        all
    }

    fn rows(rows: &[(u64, &[&str])]) -> Vec<(u64, Vec<String>)> {
        rows.iter().map(|(line, fields)| (*line, fields.iter().map(|f| (*f).to_owned()).collect())).collect()
    }

    #[test]
    fn quotes_line_breaks_and_blank_lines_are_understood() {
        let text = "a,\"b\"\"c\",\"d\r\ne\"\r\n\r\n5\" pipe,\"\" ,\n,x";
        let expect: &[(u64, &[&str])] = &[(1, &["a", "b\"c", "d\r\ne"]), (4, &["5\" pipe", "", ""]), (5, &["", "x"])];
        assert_eq!(read(&CsvDialect::default(), text), rows(expect));
    }

    #[test]
    fn dialects_escape_and_comment() {
        let dialect =
            CsvDialect { delimiter: ';', quote: '\'', escape: Some('\\'), comment: Some('#'), ..CsvDialect::default() };
        let text = "# a 'comment\n'it\\'s';'\\\\'\n#end";
        assert_eq!(read(&dialect, text), rows(&[(2, &["it's", "\\"])]));
    }

    #[test]
    fn a_record_ends_only_where_it_surely_ends() {
        let syntax = Syntax::of(&CsvDialect::default(), "x").unwrap();
        let cases: &[(&str, Option<usize>)] = &[
            ("a,b\nc", Some(4)),
            ("a,b", None),
            ("a,\"b\nc", None),
            ("x\na,\"b\nc", Some(2)),
            ("a,\"b\nc\"\n", Some(8)),
            ("a,\"b\"", None),
            ("a\rb\rc", Some(4)),
        ];
        for (text, expect) in cases {
            assert_eq!(syntax.last_end(text.as_bytes()), *expect, "`{}`", text.escape_debug());
        }
    }
}
