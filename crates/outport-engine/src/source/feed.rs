//! Text files as pieces of whole records: opened, decompressed and cut by threads that may block.

use std::{
    fs::File,
    io::{Cursor, Read},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use datafusion::datasource::file_format::file_compression_type::FileCompressionType;
use outport_app::engine::EngineError;
use outport_model::source::Compression;

use super::{
    csv::{Mapping, Records, Syntax},
    fault,
    locate::DataFile,
    queue::Queue,
};

/// How much is read at once, and about how large a piece is.
const BLOCK: usize = 1 << 20;

/// A record that is longer than this is taken for a mistake, so that memory stays bounded.
const LONGEST_RECORD: usize = 64 << 20;

/// A kind of text file.
#[derive(Debug, Clone)]
pub(super) enum TextFormat {
    /// Comma-separated values.
    Csv {
        /// What its bytes mean.
        syntax: Syntax,
        /// Whether the first record names the columns.
        header: bool,
        /// Texts that stand for no value.
        nulls: Vec<String>,
    },
    /// One array of objects.
    Json,
    /// One object a line.
    Ndjson,
}

/// The text files of one source.
#[derive(Debug)]
pub(super) struct TextFiles {
    /// The files, in order.
    pub(super) files: Vec<DataFile>,
    /// Their kind.
    pub(super) format: TextFormat,
    /// How they are compressed, unless their first bytes say otherwise.
    pub(super) compression: Compression,
    /// The names of the contract's columns.
    pub(super) columns: Vec<String>,
}

/// Whole records of one file.
#[derive(Debug)]
pub(super) struct Piece {
    /// The records.
    pub(super) bytes: Vec<u8>,
    /// The line where they begin, from 1.
    pub(super) line: u64,
    /// The file.
    pub(super) origin: Arc<Origin>,
}

/// What the parser must know of a file.
#[derive(Debug)]
pub(super) struct Origin {
    /// Where it is.
    pub(super) location: String,
    /// Where its columns are (CSV).
    pub(super) mapping: Option<Mapping>,
}

impl TextFiles {
    /// Makes sure that every file can be read from its beginning and has the contract's columns.
    pub(super) fn inspect(&self) -> Result<(), EngineError> {
        self.files.iter().try_for_each(|file| self.begin(file).map(|_| ()))
    }

    /// Cuts the files that nobody has taken yet, until all are done or nobody wants more.
    pub(super) fn feed(&self, next: &AtomicUsize, queue: &Queue<Result<Piece, EngineError>>) {
        struct Leave<'a>(&'a Queue<Result<Piece, EngineError>>);
        impl Drop for Leave<'_> {
            fn drop(&mut self) {
                self.0.leave();
            }
        }
        let _leave = Leave(queue);
        while let Some(file) = self.files.get(next.fetch_add(1, Ordering::Relaxed)) {
            match self.cut(file, &mut |piece| queue.push(Ok(piece))) {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    queue.push(Err(error));
                    return;
                }
            }
        }
    }

    /// Opens a file and reads what stands before its records.
    fn begin(&self, file: &DataFile) -> Result<(Blocks, Arc<Origin>), EngineError> {
        let mut blocks = Blocks::open(file, self.compression)?;
        let location = file.location();
        let mapping = match &self.format {
            TextFormat::Csv { syntax, header, .. } => self.map(&mut blocks, syntax, *header, &location)?,
            TextFormat::Json => {
                blocks.open_array()?;
                None
            }
            TextFormat::Ndjson => None,
        };
        Ok((blocks, Arc::new(Origin { location, mapping })))
    }

    fn map(
        &self,
        blocks: &mut Blocks,
        syntax: &Syntax,
        header: bool,
        location: &str,
    ) -> Result<Option<Mapping>, EngineError> {
        let Some((names, end)) = blocks.first_record(syntax)? else {
            if header {
                let help = "put the column names into its first line, or set `header: false`";
                return Err(fault::unreadable(location, "it is empty, where a header was expected", help));
            }
            return Ok(None);
        };
        if !header {
            return Mapping::by_place(names.len(), &self.columns, location).map(Some);
        }
        let mapping = Mapping::by_name(&names, &self.columns, location)?;
        blocks.pass(end);
        Ok(Some(mapping))
    }

    /// Gives a file's records piece by piece; false once they are not wanted any more.
    fn cut(&self, file: &DataFile, give: &mut dyn FnMut(Piece) -> bool) -> Result<bool, EngineError> {
        let (mut blocks, origin) = self.begin(file)?;
        let mut array = Array::default();
        loop {
            let end = match &self.format {
                TextFormat::Json => array.last_end(&blocks)?,
                _ if blocks.ended => Some(blocks.buffer.len()),
                TextFormat::Csv { syntax, .. } => syntax.last_end(&blocks.buffer),
                TextFormat::Ndjson => blocks.buffer.iter().rposition(|b| *b == b'\n').map(|at| at + 1),
            };
            if let Some(end) = end.filter(|end| *end > 0) {
                let piece = blocks.take(end, &origin);
                array.taken(end);
                if !give(piece) {
                    return Ok(false);
                }
            } else if !blocks.ended && blocks.buffer.len() > LONGEST_RECORD {
                return Err(blocks.too_long());
            }
            if blocks.ended {
                if matches!(self.format, TextFormat::Json) {
                    array.finish(&blocks)?;
                }
                return Ok(true);
            }
            blocks.fill()?;
        }
    }
}

/// A file as it is read: the bytes that are not cut yet.
struct Blocks {
    reader: Box<dyn Read + Send>,
    location: String,
    buffer: Vec<u8>,
    line: u64,
    ended: bool,
}

impl Blocks {
    fn open(file: &DataFile, declared: Compression) -> Result<Self, EngineError> {
        let location = file.location();
        let fail = |error: &std::io::Error| fault::io(&location, error);
        let mut opened = File::open(&file.path).map_err(|e| fail(&e))?;
        let mut first = Vec::with_capacity(16);
        opened.by_ref().take(16).read_to_end(&mut first).map_err(|e| fail(&e))?;
        let compression = actual(declared, &first, &location)?;
        let whole = Cursor::new(first).chain(opened);
        let reader = reader(compression).convert_read(whole).map_err(|e| {
            fault::unreadable(&location, e.strip_backtrace(), "check `compression`, or fetch the file again")
        })?;
        let mut blocks = Self { reader, location, buffer: Vec::new(), line: 1, ended: false };
        blocks.fill()?;
        blocks.byte_order_mark()?;
        Ok(blocks)
    }

    fn byte_order_mark(&mut self) -> Result<(), EngineError> {
        if self.buffer.starts_with(&[0xef, 0xbb, 0xbf]) {
            self.buffer.drain(..3);
        }
        if self.buffer.starts_with(&[0xff, 0xfe]) || self.buffer.starts_with(&[0xfe, 0xff]) {
            return Err(fault::encoding(&self.location, "it is UTF-16 text", "UTF-16"));
        }
        Ok(())
    }

    fn fill(&mut self) -> Result<(), EngineError> {
        let room = BLOCK.max(self.buffer.len());
        let read = self.reader.by_ref().take(room as u64).read_to_end(&mut self.buffer);
        let read = read.map_err(|e| fault::io(&self.location, &e))?;
        self.ended = read < room;
        Ok(())
    }

    /// Cuts the first bytes off.
    fn take(&mut self, end: usize, origin: &Arc<Origin>) -> Piece {
        let rest = self.buffer.split_off(end);
        let bytes = std::mem::replace(&mut self.buffer, rest);
        let line = self.line;
        self.line += line_breaks(&bytes);
        Piece { bytes, line, origin: Arc::clone(origin) }
    }

    fn pass(&mut self, end: usize) {
        self.line += line_breaks(&self.buffer[..end]);
        self.buffer.drain(..end);
    }

    fn line_of(&self, at: usize) -> u64 {
        self.line + line_breaks(&self.buffer[..at.min(self.buffer.len())])
    }

    /// The first record's fields and where it ends.
    fn first_record(&mut self, syntax: &Syntax) -> Result<Option<(Vec<String>, usize)>, EngineError> {
        loop {
            let mut records = Records::new(syntax, &self.buffer, self.line);
            match records.next() {
                Ok(found) if self.ended || records.is_terminated() => {
                    let Some(line) = found else { return Ok(None) };
                    let Ok(text) = std::str::from_utf8(&self.buffer[..records.at()]) else {
                        return Err(fault::encoding(
                            &self.location,
                            &format!("line {line} is not UTF-8 text"),
                            "ISO-8859-1",
                        ));
                    };
                    let names = records.fields().iter().map(|f| f.text(text, syntax).into_owned()).collect();
                    return Ok(Some((names, records.at())));
                }
                Err(malformed) if self.ended || !malformed.unclosed => {
                    return Err(fault::line(&self.location, malformed.line, malformed.reason, fault::QUOTES));
                }
                _ if self.buffer.len() > LONGEST_RECORD => return Err(self.too_long()),
                _ => self.fill()?,
            }
        }
    }

    /// Passes the `[` that opens a JSON array.
    fn open_array(&mut self) -> Result<(), EngineError> {
        let first = loop {
            match self.buffer.iter().position(|b| !b.is_ascii_whitespace()) {
                Some(at) => break at,
                None if self.ended => {
                    let help = "an empty table is `[]`";
                    return Err(fault::unreadable(
                        &self.location,
                        "it is empty, where a JSON array was expected",
                        help,
                    ));
                }
                None => {
                    self.pass(self.buffer.len());
                    self.fill()?;
                }
            }
        };
        if self.buffer[first] != b'[' {
            let help = "if it has one object a line, its format is `ndjson`";
            return Err(fault::line(&self.location, self.line_of(first), "does not begin a JSON array", help));
        }
        self.pass(first + 1);
        Ok(())
    }

    fn too_long(&self) -> EngineError {
        let reason = format!("begins a record of more than {} MiB", LONGEST_RECORD >> 20);
        fault::line(&self.location, self.line, &reason, "check the quotes and the format of the file")
    }
}

fn line_breaks(bytes: &[u8]) -> u64 {
    let count = |wanted: u8| bytes.iter().map(|b| u64::from(*b == wanted)).sum();
    match count(b'\n') {
        0 => count(b'\r'),
        some => some,
    }
}

fn reader(compression: Compression) -> FileCompressionType {
    match compression {
        Compression::None => FileCompressionType::UNCOMPRESSED,
        Compression::Gzip => FileCompressionType::GZIP,
        Compression::Zstd => FileCompressionType::ZSTD,
        Compression::Bzip2 => FileCompressionType::BZIP2,
        Compression::Xz => FileCompressionType::XZ,
    }
}

/// No text begins with the first bytes of a compressed file, so these are believed where nothing was declared.
fn actual(declared: Compression, first: &[u8], location: &str) -> Result<Compression, EngineError> {
    let seen = match first {
        [0x1f, 0x8b, ..] => Compression::Gzip,
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Compression::Zstd,
        [b'B', b'Z', b'h', b'0'..=b'9', 0x31 | 0x17, ..] => Compression::Bzip2,
        [0xfd, b'7', b'z', b'X', b'Z', ..] => Compression::Xz,
        _ => Compression::None,
    };
    if seen == declared || declared == Compression::None {
        return Ok(seen);
    }
    if first.is_empty() {
        return Ok(Compression::None);
    }
    let name = |compression| match compression {
        Compression::None => "not compressed",
        Compression::Gzip => "compressed with gzip",
        Compression::Zstd => "compressed with zstd",
        Compression::Bzip2 => "compressed with bzip2",
        Compression::Xz => "compressed with xz",
    };
    let reason = format!("it is {}, where it was declared {}", name(seen), name(declared));
    Err(fault::unreadable(location, reason, "correct `compression`, or leave it out"))
}

/// Where the items of a JSON array end.
#[derive(Debug, Default)]
struct Array {
    scanned: usize,
    depth: usize,
    place: Place,
    in_text: bool,
    escaped: bool,
    closed: bool,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Place {
    #[default]
    First,
    Value,
    InValue,
}

impl Array {
    /// The end of the last item that is complete.
    fn last_end(&mut self, blocks: &Blocks) -> Result<Option<usize>, EngineError> {
        let mut end = None;
        while let Some(byte) = blocks.buffer.get(self.scanned) {
            if self.closed && !byte.is_ascii_whitespace() {
                return Err(self.fault(blocks, "has text after the end of the array"));
            }
            if self.in_text {
                self.in_text = *byte != b'"' || self.escaped;
                self.escaped = *byte == b'\\' && !self.escaped;
            } else if self.depth > 0 {
                self.inside(*byte);
            } else if self.between(*byte, blocks)? {
                end = Some(self.scanned + usize::from(!self.closed));
            }
            self.scanned += 1;
        }
        Ok(end)
    }

    fn inside(&mut self, byte: u8) {
        match byte {
            b'"' => self.in_text = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => self.depth -= 1,
            _ => {}
        }
    }

    /// Takes a byte that is in no nested value; true where an item has ended.
    fn between(&mut self, byte: u8, blocks: &Blocks) -> Result<bool, EngineError> {
        match (byte, self.place) {
            (b',', Place::InValue) => {
                self.place = Place::Value;
                return Ok(true);
            }
            (b']', Place::InValue | Place::First) => {
                self.closed = true;
                return Ok(true);
            }
            (b',' | b']', _) => return Err(self.fault(blocks, "lacks a value between the commas of the array")),
            (b, _) if b.is_ascii_whitespace() => return Ok(false),
            (b'{' | b'[', Place::InValue) => {
                return Err(self.fault(blocks, "lacks a comma between the items of the array"));
            }
            _ => {}
        }
        self.place = Place::InValue;
        self.inside(byte);
        Ok(false)
    }

    fn taken(&mut self, end: usize) {
        self.scanned = self.scanned.saturating_sub(end);
    }

    fn finish(&mut self, blocks: &Blocks) -> Result<(), EngineError> {
        if self.closed { Ok(()) } else { Err(self.fault(blocks, "ends before the array is closed")) }
    }

    fn fault(&self, blocks: &Blocks, reason: &str) -> EngineError {
        let help = "it must be one JSON array of objects; fetch the file again if it was cut off";
        fault::line(&blocks.location, blocks.line_of(self.scanned), reason, help)
    }
}
