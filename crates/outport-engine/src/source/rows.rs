//! Pieces of text as record batches: every value as its contract's type, or as nothing.

use std::{borrow::Cow, sync::Arc};

use datafusion::arrow::{
    array::{ArrayRef, RecordBatch, RecordBatchOptions, StringBuilder},
    datatypes::SchemaRef,
    error::ArrowError,
};
use outport_app::engine::EngineError;
use outport_model::contract::DataType;

use super::{
    cell::{self, Cell},
    column::Column,
    csv::{Mapping, Records, Syntax},
    fault,
    feed::{Piece, TextFormat},
    json,
};

/// A column of the contract that a scan reads.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    /// Its place in the contract.
    pub(super) place: usize,
    /// Its name.
    pub(super) name: String,
    /// Its type.
    pub(super) data_type: DataType,
    /// Where its values go in the result.
    pub(super) value: Option<usize>,
    /// Where the texts that could not be read go in the result.
    pub(super) raw: Option<usize>,
}

/// What a scan reads.
#[derive(Debug)]
pub(super) struct Plan {
    /// The format.
    pub(super) format: TextFormat,
    /// The columns.
    pub(super) wanted: Vec<Wanted>,
    /// The schema of the result.
    pub(super) schema: SchemaRef,
    /// The most rows in a batch.
    pub(super) batch_rows: usize,
}

impl Plan {
    /// Parses a piece.
    pub(super) fn parse(&self, piece: Piece) -> Result<Vec<RecordBatch>, EngineError> {
        let Piece { bytes, line, origin } = piece;
        let location = &origin.location;
        let text = String::from_utf8(bytes).map_err(|e| not_utf8(location, line, &e))?;
        let mut rows = Rows::new(self);
        match (&self.format, &origin.mapping) {
            (TextFormat::Csv { syntax, nulls, .. }, Some(mapping)) => {
                csv(&mut rows, &text, line, location, syntax, mapping, nulls)?;
            }
            (TextFormat::Csv { .. }, None) => {}
            (TextFormat::Json, _) => items(&mut rows, &text, line, location)?,
            (TextFormat::Ndjson, _) => lines(&mut rows, &text, line, location)?,
        }
        rows.finish().map_err(|e| fault::unreadable(location, e.to_string(), "check the file and run again"))
    }
}

fn not_utf8(location: &str, line: u64, error: &std::string::FromUtf8Error) -> EngineError {
    let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
    let line = line + before.iter().map(|b| u64::from(*b == b'\n')).sum::<u64>();
    fault::encoding(location, &format!("line {line} is not UTF-8 text"), "ISO-8859-1")
}

fn csv(
    rows: &mut Rows<'_>,
    text: &str,
    line: u64,
    location: &str,
    syntax: &Syntax,
    mapping: &Mapping,
    nulls: &[String],
) -> Result<(), EngineError> {
    let mut records = Records::new(syntax, text.as_bytes(), line);
    loop {
        let record = records.next();
        let record = record.map_err(|m| fault::line(location, m.line, m.reason, fault::QUOTES))?;
        let Some(line) = record else { return Ok(()) };
        let fields = records.fields();
        if fields.len() != mapping.width {
            return Err(ragged(location, line, fields.len(), mapping));
        }
        rows.row(location, |wanted| {
            let text = mapping.places.get(wanted.place).and_then(|at| fields.get(*at))?.text(text, syntax);
            if text.is_empty() || nulls.iter().any(|n| *n == *text) { None } else { Some(text) }
        })?;
    }
}

fn ragged(location: &str, line: u64, found: usize, mapping: &Mapping) -> EngineError {
    let fields = |n: usize| if n == 1 { "1 field".to_owned() } else { format!("{n} fields") };
    let reason = format!("has {}, where {} has {}", fields(found), mapping.set_by, mapping.width);
    let help = "correct that line; a field that holds the delimiter or a line break must be in quotes";
    fault::line(location, line, &reason, help)
}

fn lines(rows: &mut Rows<'_>, text: &str, first: u64, location: &str) -> Result<(), EngineError> {
    for (number, line) in (first..).zip(text.split('\n')) {
        if line.bytes().all(|b| b.is_ascii_whitespace()) {
            continue;
        }
        let mut cursor = json::Cursor::new(line);
        rows.object(&mut cursor)
            .and_then(|()| match cursor.blanks() {
                None => Ok(()),
                Some(_) => Err(json::Malformed { at: cursor.at(), reason: "there is more after the object" }),
            })
            .map_err(|m| malformed(location, number, column(line, m.at), m.reason))?;
        rows.end_row(location)?;
    }
    Ok(())
}

fn items(rows: &mut Rows<'_>, text: &str, first: u64, location: &str) -> Result<(), EngineError> {
    let mut cursor = json::Cursor::new(text);
    while cursor.blanks().is_some() {
        rows.object(&mut cursor).map_err(|m| {
            let before = &text[..m.at];
            let line = first + before.bytes().map(|b| u64::from(b == b'\n')).sum::<u64>();
            let line_start = before.rfind('\n').map_or(0, |at| at + 1);
            malformed(location, line, column(&text[line_start..], m.at - line_start), m.reason)
        })?;
        rows.end_row(location)?;
        if cursor.blanks() == Some(b',') {
            cursor.pass();
        }
    }
    Ok(())
}

fn column(line: &str, at: usize) -> usize {
    line.get(..at).map_or(at, |before| before.chars().count()) + 1
}

fn malformed(location: &str, line: u64, column: usize, reason: &str) -> EngineError {
    let reason = format!("is not valid JSON at column {column}: {reason}");
    fault::line(location, line, &reason, "correct that line, or fetch the file again if it was cut off")
}

/// Rows under construction.
struct Rows<'p> {
    plan: &'p Plan,
    values: Vec<Option<Column>>,
    raws: Vec<Option<StringBuilder>>,
    rows: usize,
    done: Vec<RecordBatch>,
}

impl<'p> Rows<'p> {
    fn new(plan: &'p Plan) -> Self {
        let rows = plan.batch_rows;
        let value = |w: &Wanted| w.value.map(|_| Column::new(&w.data_type, rows));
        Self {
            plan,
            values: plan.wanted.iter().map(value).collect(),
            raws: plan.wanted.iter().map(|w| w.raw.map(|_| StringBuilder::new())).collect(),
            rows: 0,
            done: Vec::new(),
        }
    }

    /// Adds a row of texts.
    fn row<'t>(
        &mut self,
        location: &str,
        text_of: impl Fn(&Wanted) -> Option<Cow<'t, str>>,
    ) -> Result<(), EngineError> {
        for (at, wanted) in self.plan.wanted.iter().enumerate() {
            match text_of(wanted) {
                Some(text) => self.push(at, cell::of_text(&wanted.data_type, &text), &text),
                None => self.push(at, Some(Cell::Null), ""),
            }
        }
        self.end_row(location)
    }

    /// Adds the fields of a JSON object to a row.
    fn object(&mut self, cursor: &mut json::Cursor<'_>) -> Result<(), json::Malformed> {
        let plan = self.plan;
        let mut found = vec![None; plan.wanted.len()];
        let mut likely = 0;
        cursor.object(|name, value| {
            let wanted = &plan.wanted;
            let at = match wanted.get(likely) {
                Some(w) if json::is_name(name, &w.name) => Some(likely),
                _ => wanted.iter().position(|w| json::is_name(name, &w.name)),
            };
            if let Some(at) = at {
                found[at] = Some(value);
                likely = at + 1;
            }
        })?;
        for (at, (wanted, value)) in plan.wanted.iter().zip(found).enumerate() {
            match value {
                Some(raw) => self.push(at, cell::of_json(&wanted.data_type, raw), raw),
                None => self.push(at, Some(Cell::Null), ""),
            }
        }
        Ok(())
    }

    fn push(&mut self, at: usize, cell: Option<Cell<'_>>, raw: &str) {
        if let Some(raws) = &mut self.raws[at] {
            raws.append_option(cell.is_none().then_some(raw));
        }
        if let Some(values) = &mut self.values[at] {
            values.push(cell.unwrap_or(Cell::Null));
        }
    }

    fn end_row(&mut self, location: &str) -> Result<(), EngineError> {
        self.rows += 1;
        if self.rows < self.plan.batch_rows {
            return Ok(());
        }
        self.end_batch().map_err(|e| fault::unreadable(location, e.to_string(), "check the file and run again"))
    }

    fn end_batch(&mut self) -> Result<(), ArrowError> {
        let mut arrays: Vec<Option<ArrayRef>> = vec![None; self.plan.schema.fields().len()];
        for (at, wanted) in self.plan.wanted.iter().enumerate() {
            if let (Some(slot), Some(column)) = (wanted.value, &mut self.values[at]) {
                arrays[slot] = Some(column.finish()?);
            }
            if let (Some(slot), Some(raw)) = (wanted.raw, &mut self.raws[at]) {
                arrays[slot] = Some(Arc::new(raw.finish()));
            }
        }
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows));
        let arrays = arrays.into_iter().flatten().collect();
        self.done.push(RecordBatch::try_new_with_options(Arc::clone(&self.plan.schema), arrays, &options)?);
        self.rows = 0;
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<RecordBatch>, ArrowError> {
        if self.rows > 0 {
            self.end_batch()?;
        }
        Ok(self.done)
    }
}
