//! What is on record at one moment, read some at a time.

use std::{
    collections::HashMap,
    fs::File,
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Take},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, Utc};
use futures::{Stream, TryStreamExt, stream};
use outport_app::{
    audit::{Added, AddedStream, AuditError, Extent, Piece, PieceStream, RecordStream, Recorded},
    live::During,
};
use outport_model::audit::RequestRecord;
use serde::Deserialize;

use super::{
    cannot_read,
    folder::files,
    line::{self, Key},
};

/// Bytes of lines that are read at once.
const PIECE: usize = 256 << 10;

/// How far each file went at one moment. Files are only ever added to, so that this says what was on record.
#[derive(Debug)]
pub(super) struct Pages {
    folder: PathBuf,
    /// Name and length, oldest first.
    files: Vec<(String, u64)>,
    spans: Arc<Spans>,
}

impl Pages {
    /// The files as they are now.
    pub(super) fn now(folder: &Path, spans: Arc<Spans>) -> Result<Self, AuditError> {
        let mut lengths = Vec::new();
        for name in files(folder).map_err(|error| cannot_read(folder, error))? {
            let path = folder.join(&name);
            match path.metadata() {
                Ok(found) => lengths.push((name, found.len())),
                // A first record that could not be written takes its file with it.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(cannot_read(&path, error)),
            }
        }
        Ok(Self { folder: folder.to_owned(), files: lengths, spans })
    }

    /// The files that may have records of a time, the last one first.
    fn of(&self, during: During) -> Vec<(String, u64)> {
        let spans = self.spans.lock();
        let may_have =
            |(name, length): &&(String, u64)| spans.get(name).is_none_or(|span| span.may_have(*length, during));
        self.files.iter().filter(may_have).rev().cloned().collect()
    }

    /// The same by how new their records are, the newest last: those of which that is not known, then by their last record.
    fn of_newest(&self, during: During) -> Vec<(String, u64)> {
        let mut files = self.of(during);
        let spans = self.spans.lock();
        files.reverse();
        files.sort_by_key(|(name, length)| {
            let last = spans.get(name).and_then(|span| span.last(*length));
            (last.is_none(), last)
        });
        files
    }

    fn reader(&self, files: Vec<(String, u64)>, during: During, by_file: bool) -> Reader {
        let (folder, spans) = (self.folder.clone(), Arc::clone(&self.spans));
        Reader { folder, files, open: None, during, by_file, spans, extent: Extent::new() }
    }
}

impl Recorded for Pages {
    fn read(&self, during: During) -> RecordStream {
        let pieces = in_pieces(self.reader(self.of(during), during, false));
        Box::pin(pieces.map_ok(|(piece, _)| piece.records))
    }

    fn read_back(&self, during: During) -> PieceStream {
        Box::pin(in_pieces(self.reader(self.of_newest(during), during, true)).map_ok(|(piece, _)| piece))
    }

    fn read_since(&self, extent: Extent) -> AddedStream {
        let grown = |(name, length): &&(String, u64)| extent.get(name).is_none_or(|read| read < length);
        let files = self.files.iter().filter(grown).rev().cloned().collect();
        let reader = Reader { extent, ..self.reader(files, During::default(), false) };
        Box::pin(in_pieces(reader).map_ok(|(Piece { records, .. }, extent)| Added { records, extent }))
    }
}

/// One piece after the other, as they are asked for, and how far was read with it: whoever reads slowly keeps no thread
/// waiting.
fn in_pieces(reader: Reader) -> impl Stream<Item = Result<(Piece, Extent), AuditError>> + Send {
    stream::try_unfold(reader, |mut reader| async move {
        let folder = reader.folder.clone();
        let read = tokio::task::spawn_blocking(move || {
            let piece = reader.piece();
            piece.map(|records| {
                let read = |records| ((Piece { records, rest: reader.rest() }, reader.extent.clone()), reader);
                records.map(read)
            })
        });
        read.await.map_err(|stopped| cannot_read(&folder, io::Error::other(stopped)))?
    })
}

/// When the requests came that files have records of, as far as files were read from their beginning to their end. Not what
/// the disk says of a file, nor what a clock says of an order: only what was read is relied upon.
#[derive(Debug, Default)]
pub(super) struct Spans(Mutex<HashMap<String, Span>>);

impl Spans {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Span>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// When the requests came that the first bytes of a file have records of.
#[derive(Debug, Clone, Copy)]
struct Span {
    length: u64,
    /// The earliest and the latest; `None` where there is no record.
    moments: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

impl Span {
    const fn nothing() -> Self {
        Self { length: 0, moments: None }
    }

    fn add(&mut self, at: DateTime<Utc>) {
        self.moments = Some(self.moments.map_or((at, at), |(first, last)| (first.min(at), last.max(at))));
    }

    /// The last moment, if the file is this long and has records.
    fn last(&self, length: u64) -> Option<DateTime<Utc>> {
        self.moments.filter(|_| length == self.length).map(|(_, last)| last)
    }

    /// Whether the file may have records of a time, if it is this long.
    fn may_have(&self, length: u64, during: During) -> bool {
        length != self.length || self.moments.is_some_and(|(first, last)| during.overlaps(first, last))
    }
}

/// A file that is being read, up to its length at the moment.
#[derive(Debug)]
struct Open {
    name: String,
    length: u64,
    lines: BufReader<Take<File>>,
    /// Where the next line begins.
    position: u64,
    /// When the requests came of all its records; `None` where the file is not read from its beginning.
    span: Option<Span>,
}

/// Reads files one after the other.
#[derive(Debug)]
struct Reader {
    folder: PathBuf,
    /// Those still to come, the next one last.
    files: Vec<(String, u64)>,
    open: Option<Open>,
    during: During,
    /// Whether a piece ends where its file does.
    by_file: bool,
    spans: Arc<Spans>,
    /// Where files are to be read from, as far as they were read.
    extent: Extent,
}

impl Reader {
    /// When the last of the records came that are still to be read, if they are in order and that is known.
    fn rest(&self) -> Option<DateTime<Utc>> {
        let (name, length) = self.files.last().filter(|_| self.by_file && self.open.is_none())?;
        self.spans.lock().get(name)?.last(*length)
    }

    /// The next records; `None` at the end.
    fn piece(&mut self) -> Result<Option<Vec<RequestRecord>>, AuditError> {
        let (mut records, mut read) = (Vec::new(), 0);
        while read < PIECE {
            let Some(mut open) = self.open.take() else {
                if self.begin()? {
                    continue;
                }
                return Ok(Some(records).filter(|records| !records.is_empty()));
            };
            match open.line().map_err(|error| cannot_read(&self.folder.join(&open.name), error))? {
                Some(text) => {
                    read += text.len();
                    records.extend(open.record(&text, self.during));
                    self.open = Some(open);
                }
                None => {
                    self.extent.insert(open.name.clone(), open.position);
                    if let Some(span) = open.span {
                        self.spans.lock().insert(open.name, Span { length: open.length, ..span });
                    }
                    if self.by_file {
                        return Ok(Some(records));
                    }
                }
            }
        }
        if let Some(open) = &self.open {
            self.extent.insert(open.name.clone(), open.position);
        }
        Ok(Some(records))
    }

    /// Opens the next file; `false` after the last.
    fn begin(&mut self) -> Result<bool, AuditError> {
        let Some((name, length)) = self.files.pop() else { return Ok(false) };
        let path = self.folder.join(&name);
        let position = self.extent.get(&name).copied().unwrap_or_default();
        let from = |mut file: File| file.seek(SeekFrom::Start(position)).map(|_| file);
        match File::open(&path).and_then(from) {
            Ok(file) => {
                let lines = BufReader::new(file.take(length.saturating_sub(position)));
                let span = (position == 0).then(Span::nothing);
                self.open = Some(Open { name, length, lines, position, span });
            }
            // A first record that could not be written takes its file with it; any other that is gone is missed by `verify`.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                tracing::warn!(file = name, "a file of the record of requests is gone");
            }
            Err(error) => return Err(cannot_read(&path, error)),
        }
        Ok(true)
    }
}

impl Open {
    /// The next line without its break; what was not written to its end was never kept.
    fn line(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut text = Vec::new();
        let length = self.lines.read_until(b'\n', &mut text)?;
        if text.pop() != Some(b'\n') {
            return Ok(None);
        }
        self.position += length as u64;
        Ok(Some(text))
    }

    /// The record that a line holds, if it is one of the time. A line that cannot be read is left out; what is wrong with it
    /// is for the verification to say.
    fn record(&mut self, text: &[u8], during: During) -> Option<RequestRecord> {
        /// As much of a record as says whether it is wanted.
        #[derive(Deserialize)]
        struct Came {
            at: DateTime<Utc>,
        }

        let line = line::parse(text);
        if line.as_ref().is_some_and(|line| line.key == Key::Header) {
            return None;
        }
        let body = line.map(|line| line.body);
        if !during.is_always()
            && let Some(Came { at }) = body.and_then(|body| serde_json::from_slice(body).ok())
            && !during.contains(at)
        {
            self.came(at);
            return None;
        }
        let record: Option<RequestRecord> = body.and_then(|body| serde_json::from_slice(body).ok());
        match &record {
            Some(record) => self.came(record.at),
            None => tracing::warn!(file = self.name, end = self.position, "a record of a request cannot be read"),
        }
        record
    }

    fn came(&mut self, at: DateTime<Utc>) {
        if let Some(span) = &mut self.span {
            span.add(at);
        }
    }
}

/// Reads a file line by line, each with its line break.
pub(super) fn each_line(path: &Path, mut read: impl FnMut(&[u8])) -> Result<(), AuditError> {
    let failed = |error| cannot_read(path, error);
    let mut lines = BufReader::new(File::open(path).map_err(failed)?);
    let mut text = Vec::new();
    while lines.read_until(b'\n', &mut text).map_err(failed)? > 0 {
        read(&text);
        text.clear();
    }
    Ok(())
}
