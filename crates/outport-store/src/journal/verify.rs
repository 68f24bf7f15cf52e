//! Whether everything is as it was written.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io,
    path::Path,
};

use blake3::Hash;
use outport_app::audit::{AuditError, ChainFault, Verification};

use super::{
    cannot_read,
    folder::{FORMAT, Header, files, header},
    line::{self, Key, Line, ORIGIN},
    read::each_line,
};

/// Follows every chain.
pub(super) fn verify(folder: &Path) -> Result<Verification, AuditError> {
    let names = || files(folder).map_err(|error| cannot_read(folder, error));
    let mut named = named(folder, &names()?)?;
    let mut found = Verification { records: 0, chains: 0, incomplete: Vec::new(), faults: Vec::new() };
    // Listed again: a header that was read just now may name a file that began after the first list.
    for name in names()? {
        let mut walk = Walk::new(&name, named.remove(&name).unwrap_or_default());
        each_line(&folder.join(&name), |text| walk.line(text))?;
        walk.end(&mut found);
    }
    for (file, ends) in named {
        let by: BTreeSet<&str> = ends.iter().map(|end| end.by.as_str()).collect();
        let message = format!("the file is gone; {} names it", quoted(&by));
        found.faults.push(ChainFault { file, line: 1, message });
    }
    Ok(found)
}

/// Where a file ended, in the words of another.
#[derive(Debug)]
struct Named {
    by: String,
    sequence: u64,
    hash: String,
}

/// Where files ended, in the words of all headers that are as they were written.
fn named(folder: &Path, names: &[String]) -> Result<BTreeMap<String, Vec<Named>>, AuditError> {
    let mut named: BTreeMap<String, Vec<Named>> = BTreeMap::new();
    for by in names {
        let path = folder.join(by);
        let read = match File::open(&path) {
            // A first record that could not be written takes its file with it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            opened => opened.and_then(|file| header(&file)).map_err(|error| cannot_read(&path, error))?,
        };
        for head in read.into_iter().flat_map(|header| header.heads) {
            let end = Named { by: by.clone(), sequence: head.sequence, hash: head.hash };
            named.entry(head.file).or_default().push(end);
        }
    }
    Ok(named)
}

fn quoted(names: &BTreeSet<&str>) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// One file, from its beginning.
struct Walk<'a> {
    name: &'a str,
    /// The number of the line under way, from 1.
    at: u64,
    /// The sequence that is due.
    due: u64,
    /// The hash of the line before; `None` where that could not be read.
    previous: Option<Hash>,
    named: Vec<Named>,
    records: u64,
    incomplete: bool,
    faults: Vec<ChainFault>,
}

impl<'a> Walk<'a> {
    fn new(name: &'a str, named: Vec<Named>) -> Self {
        let (previous, faults) = (Some(ORIGIN), Vec::new());
        Self { name, at: 0, due: 0, previous, named, records: 0, incomplete: false, faults }
    }

    fn line(&mut self, text: &[u8]) {
        self.at += 1;
        let Some(text) = text.strip_suffix(b"\n") else {
            if line::is_begun(text, self.due, self.previous.as_ref()) {
                self.incomplete = true;
            } else {
                self.fault(self.at, "the last line has no end, and is not the beginning of the one that is due");
            }
            return;
        };
        let Some(line) = line::parse(text) else {
            self.fault(self.at, "this is no line of the record");
            self.due += 1;
            self.previous = None;
            return;
        };
        if let Some(message) = self.problem(&line) {
            self.fault(self.at, message);
        }
        self.compare_with_named(&line);
        self.records += u64::from(line.key == Key::Record);
        self.due = line.sequence.saturating_add(1);
        self.previous = Some(line.hash);
    }

    fn problem(&self, line: &Line<'_>) -> Option<String> {
        if !line.is_true() {
            return Some("its hash is not that of what it holds".to_owned());
        }
        if line.sequence != self.due {
            let (found, due) = (line.sequence, self.due);
            return Some(format!("its number is {found} where {due} is due: lines were removed, added or moved"));
        }
        if self.previous.is_some_and(|previous| previous != line.previous) {
            return Some("it does not follow on the line before".to_owned());
        }
        if line.key != Key::of(line.sequence) {
            return Some("a header stands where a record is due, or a record where the header is".to_owned());
        }
        if line.key == Key::Header { self.header_problem(line.body) } else { None }
    }

    fn header_problem(&self, body: &[u8]) -> Option<String> {
        match serde_json::from_slice::<Header>(body) {
            Ok(header) if header.format != FORMAT => {
                Some(format!("the file has format {}, this Outport knows {FORMAT}", header.format))
            }
            Ok(header) if header.file != self.name => Some(format!("the file was `{}` when it began", header.file)),
            Ok(_) => None,
            Err(error) => Some(format!("the header cannot be read: {error}")),
        }
    }

    fn compare_with_named(&mut self, line: &Line<'_>) {
        let here = |named: &mut Named| named.sequence == line.sequence;
        for named in self.named.extract_if(.., here).collect::<Vec<_>>() {
            if *named.hash != *line.hash.to_hex() {
                self.fault(self.at, format!("`{}` names another record here", named.by));
            }
        }
    }

    fn fault(&mut self, line: u64, message: impl Into<String>) {
        self.faults.push(ChainFault { file: self.name.to_owned(), line, message: message.into() });
    }

    fn end(mut self, found: &mut Verification) {
        let gone: BTreeMap<u64, String> = self.named.drain(..).map(|named| (named.sequence, named.by)).collect();
        for (sequence, by) in gone {
            // The header is line 1 and has the number 0.
            let line = sequence.saturating_add(1);
            self.fault(line, format!("the record {sequence} is gone; `{by}` names it"));
        }
        found.chains += 1;
        found.records += self.records;
        if self.incomplete || self.at == 0 {
            found.incomplete.push(self.name.to_owned());
        }
        found.faults.append(&mut self.faults);
    }
}
