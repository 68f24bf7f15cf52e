//! `COPY … TO STDOUT`: rows as a file, in PostgreSQL's text, CSV and binary formats.

use arrow::record_batch::RecordBatch;
use bytes::{BufMut, BytesMut};
use datafusion::sql::sqlparser::tokenizer::Token;

use crate::{
    encode::{self, Column, text, value, value::Value},
    failure::Failure,
    split::{Piece, Word, split},
    statement::{Command, misplaced},
};

/// How rows are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CopyFormat {
    /// One line for each row, with backslashes.
    Text { delimiter: u8, null: String, header: bool },
    /// One line for each row, with quotes.
    Csv { delimiter: u8, null: String, header: bool, quote: u8, escape: u8 },
    /// As PostgreSQL has values in memory.
    Binary,
}

/// Reads a `COPY` statement.
pub(crate) fn command(piece: &Piece) -> Result<Command, Failure> {
    let words = &piece.words;
    let to = end_of_source(words).ok_or_else(|| misplaced(piece, words.last()))?;
    match words.get(to) {
        Some(word) if word.is("to") => {}
        Some(word) if word.is("from") => return Ok(Command::Write("COPY FROM".to_owned())),
        other => return Err(misplaced(piece, other)),
    }
    match words.get(to + 1) {
        Some(word) if word.is("stdout") => {}
        Some(_) => {
            let help = Some("use `COPY … TO STDOUT`, or `\\copy` in psql");
            return Err(Failure::Unsupported { what: "`COPY` to a file of the server".to_owned(), help });
        }
        None => return Err(misplaced(piece, None)),
    }
    Ok(Command::CopyOut { query: Box::new(source(piece, to)?), format: format(piece, &words[to + 2..])? })
}

/// The word after what is copied: a query in parentheses, or a table and perhaps its columns.
fn end_of_source(words: &[Word]) -> Option<usize> {
    let mut depth = 0_usize;
    for (place, word) in words.iter().enumerate().skip(1) {
        match word.token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.checked_sub(1)?,
            _ if depth == 0 && (word.is("to") || word.is("from")) => return Some(place),
            _ => {}
        }
    }
    None
}

fn source(piece: &Piece, end: usize) -> Result<Piece, Failure> {
    let words = &piece.words;
    if words.get(1).is_some_and(|word| word.token == Token::LParen) {
        return piece.part(2..end - 1).ok_or_else(|| misplaced(piece, words.get(2)));
    }
    let parenthesis = words[..end].iter().position(|word| word.token == Token::LParen).unwrap_or(end);
    let text = |words: std::ops::Range<usize>| piece.part(words).map(|part| part.sql);
    let table = text(1..parenthesis).ok_or_else(|| misplaced(piece, words.get(1)))?;
    let columns = if parenthesis < end { text(parenthesis + 1..end - 1) } else { None };
    let sql = format!("SELECT {} FROM {table}", columns.as_deref().unwrap_or("*"));
    split(&sql)?.into_iter().next().ok_or_else(|| misplaced(piece, words.get(1)))
}

/// What the options say; in parentheses or, as of old, one after the other.
#[derive(Default)]
struct Said {
    format: Option<String>,
    delimiter: Option<String>,
    null: Option<String>,
    quote: Option<String>,
    escape: Option<String>,
    header: bool,
}

fn format(piece: &Piece, words: &[Word]) -> Result<CopyFormat, Failure> {
    let mut said = Said::default();
    let is_filler = |word: &&Word| {
        word.is("with") || word.is("as") || matches!(word.token, Token::LParen | Token::RParen | Token::Comma)
    };
    let words: Vec<&Word> = words.iter().filter(|word| !is_filler(word)).collect();
    let mut at = 0;
    while let Some(word) = words.get(at).copied() {
        let next = words.get(at + 1).copied();
        let text = next.and_then(|word| word.text().map(str::to_owned));
        at += match word.name().unwrap_or_default().as_str() {
            "format" => {
                said.format = next.and_then(|word| word.name().or_else(|| word.text().map(str::to_lowercase)));
                2
            }
            name @ ("csv" | "binary" | "text") => {
                said.format = Some(name.to_owned());
                1
            }
            "header" => {
                let off = next.is_some_and(|word| word.is("false") || word.is("off"));
                let takes = off || next.is_some_and(|word| word.is("true") || word.is("on"));
                said.header = !off;
                if takes { 2 } else { 1 }
            }
            "delimiter" => {
                said.delimiter = text;
                2
            }
            "null" => {
                said.null = text;
                2
            }
            "quote" => {
                said.quote = text;
                2
            }
            "escape" => {
                said.escape = text;
                2
            }
            "encoding" => 2,
            _ => return Err(misplaced(piece, Some(word))),
        };
    }
    said.format()
}

impl Said {
    fn format(self) -> Result<CopyFormat, Failure> {
        let header = self.header;
        match self.format.as_deref().unwrap_or("text") {
            "text" => Ok(CopyFormat::Text {
                delimiter: byte(self.delimiter.as_deref(), b'\t')?,
                null: self.null.unwrap_or_else(|| "\\N".to_owned()),
                header,
            }),
            "csv" => {
                let quote = byte(self.quote.as_deref(), b'"')?;
                Ok(CopyFormat::Csv {
                    delimiter: byte(self.delimiter.as_deref(), b',')?,
                    null: self.null.unwrap_or_default(),
                    header,
                    quote,
                    escape: byte(self.escape.as_deref(), quote)?,
                })
            }
            "binary" => Ok(CopyFormat::Binary),
            other => Err(Failure::Unsupported { what: format!("`COPY` in format `{other}`"), help: None }),
        }
    }
}

fn byte(text: Option<&str>, otherwise: u8) -> Result<u8, Failure> {
    match text.map(str::as_bytes) {
        None => Ok(otherwise),
        Some(&[byte]) => Ok(byte),
        Some(_) => Err(Failure::Unsupported { what: "a delimiter of more than one byte".to_owned(), help: None }),
    }
}

impl CopyFormat {
    /// Whether values are written in the binary format.
    pub(crate) fn is_binary(&self) -> bool {
        matches!(self, Self::Binary)
    }

    /// What stands before the rows.
    pub(crate) fn begin(&self, columns: &[Column], out: &mut BytesMut) {
        let names = |delimiter: u8, out: &mut BytesMut, write: &dyn Fn(&[u8], &mut BytesMut)| {
            for (place, column) in columns.iter().enumerate() {
                if place > 0 {
                    out.put_u8(delimiter);
                }
                write(column.name.as_bytes(), out);
            }
            out.put_u8(b'\n');
        };
        match self {
            Self::Text { delimiter, header: true, .. } => {
                names(*delimiter, out, &|name, out| escaped(name, *delimiter, out));
            }
            Self::Csv { delimiter, header: true, .. } => names(*delimiter, out, &|name, out| self.quoted(name, out)),
            Self::Text { .. } | Self::Csv { .. } => {}
            Self::Binary => out.put_slice(b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0"),
        }
    }

    /// Writes one row.
    pub(crate) fn row(
        &self,
        batch: &RecordBatch,
        row: usize,
        columns: &[Column],
        out: &mut BytesMut,
    ) -> Result<(), Failure> {
        let (delimiter, null) = match self {
            Self::Text { delimiter, null, .. } | Self::Csv { delimiter, null, .. } => (*delimiter, null),
            Self::Binary => return encode::row(batch, row, columns, out),
        };
        let mut cell = BytesMut::new();
        for (place, (column, array)) in columns.iter().zip(batch.columns()).enumerate() {
            if place > 0 {
                out.put_u8(delimiter);
            }
            match value::of(array, row) {
                Value::Null => out.put_slice(null.as_bytes()),
                value => {
                    cell.clear();
                    text::write(&value, &mut cell).map_err(|value::OutOfRange| Failure::OutOfRange {
                        column: column.name.clone(),
                        type_name: column.kind.name().to_owned(),
                    })?;
                    match self {
                        Self::Csv { .. } => self.quoted(&cell, out),
                        _ => escaped(&cell, delimiter, out),
                    }
                }
            }
        }
        out.put_u8(b'\n');
        Ok(())
    }

    /// A value of a CSV file: in quotes where it could be read as something else.
    fn quoted(&self, cell: &[u8], out: &mut BytesMut) {
        let Self::Csv { delimiter, null, quote, escape, .. } = self else { return };
        let special = |byte: &u8| [*delimiter, *quote, b'\n', b'\r'].contains(byte);
        if cell != null.as_bytes() && cell != b"\\." && !cell.iter().any(special) {
            out.put_slice(cell);
            return;
        }
        out.put_u8(*quote);
        for byte in cell {
            if byte == quote || byte == escape {
                out.put_u8(*escape);
            }
            out.put_u8(*byte);
        }
        out.put_u8(*quote);
    }
}

/// A value of a text file: what would end it or its line stands behind a backslash.
fn escaped(cell: &[u8], delimiter: u8, out: &mut BytesMut) {
    for byte in cell {
        match byte {
            b'\n' => out.put_slice(b"\\n"),
            b'\r' => out.put_slice(b"\\r"),
            b'\t' => out.put_slice(b"\\t"),
            byte if *byte == b'\\' || *byte == delimiter => out.put_slice(&[b'\\', *byte]),
            byte => out.put_u8(*byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, StringArray};

    use super::*;

    fn copied(sql: &str) -> (String, CopyFormat) {
        match command(&split(sql).unwrap().remove(0)).unwrap() {
            Command::CopyOut { query, format } => (query.sql, format),
            other => panic!("{other:?}"),
        }
    }

    fn written(format: &CopyFormat, cells: Vec<Option<&str>>) -> String {
        let arrays = cells.into_iter().enumerate().map(|(place, cell)| {
            let array: ArrayRef = Arc::new(StringArray::from(vec![cell]));
            (format!("c{place}"), array)
        });
        let batch = RecordBatch::try_from_iter_with_nullable(arrays.map(|(n, a)| (n, a, true))).unwrap();
        let columns = encode::columns(&batch.schema());
        let mut out = BytesMut::new();
        format.begin(&columns, &mut out);
        format.row(&batch, 0, &columns, &mut out).unwrap();
        String::from_utf8(out.to_vec()).unwrap()
    }

    #[test]
    fn queries_and_tables_are_copied() {
        assert_eq!(copied("COPY (SELECT (1) AS a) TO STDOUT").0, "SELECT (1) AS a");
        assert_eq!(copied("COPY sales.orders TO STDOUT").0, "SELECT * FROM sales.orders");
        assert_eq!(copied("COPY sales.orders (id, \"To\") TO STDOUT CSV").0, "SELECT id, \"To\" FROM sales.orders");
        let binary = copied("COPY (SELECT 1) TO STDOUT (FORMAT binary)").1;
        assert!(binary.is_binary());
    }

    #[test]
    fn what_is_not_a_copy_out_is_told_apart() {
        let of = |sql: &str| command(&split(sql).unwrap().remove(0));
        assert_eq!(of("COPY a FROM STDIN").unwrap(), Command::Write("COPY FROM".to_owned()));
        assert_eq!(of("COPY a TO '/etc/passwd'").unwrap_err().state(), "0A000");
        assert_eq!(of("COPY a TO PROGRAM 'x'").unwrap_err().state(), "0A000");
        assert_eq!(of("COPY a").unwrap_err().state(), "42601");
        assert_eq!(of("COPY a TO STDOUT (WRONG 1)").unwrap_err().state(), "42601");
    }

    #[test]
    fn values_are_quoted_where_they_must_be() {
        let csv = copied("COPY a TO STDOUT WITH (FORMAT csv, HEADER)").1;
        assert_eq!(written(&csv, vec![Some("a"), Some("b\"c"), Some(""), None]), "c0,c1,c2,c3\na,\"b\"\"c\",\"\",\n");
        let text = copied("COPY a TO STDOUT (DELIMITER '|', NULL 'none', HEADER false)").1;
        assert_eq!(written(&text, vec![Some("a|b"), Some("\\\n"), None]), "a\\|b|\\\\\\n|none\n");
    }
}
