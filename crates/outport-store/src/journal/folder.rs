//! Which files there are, and where they end.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
    path::Path,
};

use serde::{Deserialize, Serialize};

use super::line::{self, Key};

/// The format that headers name.
pub(super) const FORMAT: u32 = 1;

/// What the first line of a file says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Header {
    pub(super) format: u32,
    /// The file's own name.
    pub(super) file: String,
    /// Where other files ended when this one began: all of them but those that a file named here, or one that it names and
    /// so on, has named where they end.
    pub(super) heads: Vec<Head>,
}

/// Where a file ends: its last record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Head {
    pub(super) file: String,
    pub(super) sequence: u64,
    pub(super) hash: String,
}

/// The names of the files, oldest first.
pub(super) fn files(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut names = Vec::new();
    for entry in entries {
        names.extend(entry?.file_name().into_string().ok().filter(|name| name.ends_with(".ndjson")));
    }
    names.sort_unstable();
    Ok(names)
}

/// Where files end, without those whose end a header names already. A file that cannot be read is left out: that others
/// cannot be bound must not keep a record from being written.
pub(super) fn loose_ends(folder: &Path) -> io::Result<BTreeSet<Head>> {
    let (mut ends, mut named) = (BTreeSet::new(), BTreeSet::new());
    for name in files(folder)? {
        match ends_of(folder, &name) {
            // Whoever has not one record may be gone tomorrow, and what they name with them.
            Ok(Some((_, head))) if head.sequence == 0 => {}
            Ok(Some((header, head))) => {
                ends.insert(head);
                named.extend(header.heads);
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(file = name, %error, "a file of the record of requests cannot be read"),
        }
    }
    Ok(ends.difference(&named).cloned().collect())
}

/// The header and the end of a file; `None` where there is nothing yet, or nothing that can be understood.
fn ends_of(folder: &Path, name: &str) -> io::Result<Option<(Header, Head)>> {
    let mut file = File::open(folder.join(name))?;
    let Some(header) = header(&file)? else { return Ok(None) };
    let last = last_line(&mut file)?;
    let head = line::parse(&last).map(|line| Head {
        file: name.to_owned(),
        sequence: line.sequence,
        hash: line.hash.to_hex().to_string(),
    });
    Ok(head.map(|head| (header, head)))
}

/// What the first line says, if it is as it was written.
pub(super) fn header(file: &File) -> io::Result<Option<Header>> {
    let mut text = Vec::new();
    BufReader::new(file).read_until(b'\n', &mut text)?;
    let line = text.strip_suffix(b"\n").and_then(line::parse);
    let line = line.filter(|line| line.key == Key::Header && line.sequence == 0 && line.is_true());
    Ok(line.and_then(|line| serde_json::from_slice(line.body).ok()))
}

/// The last line that has an end, without it.
fn last_line(file: &mut File) -> io::Result<Vec<u8>> {
    let length = file.seek(SeekFrom::End(0))?;
    let mut size = 16 << 10;
    loop {
        let begin = length.saturating_sub(size);
        file.seek(SeekFrom::Start(begin))?;
        let mut text = Vec::new();
        file.by_ref().take(length - begin).read_to_end(&mut text)?;
        let Some(end) = text.iter().rposition(|byte| *byte == b'\n') else {
            if begin == 0 {
                return Ok(Vec::new());
            }
            size *= 4;
            continue;
        };
        text.truncate(end);
        match text.iter().rposition(|byte| *byte == b'\n') {
            Some(before) => return Ok(text.split_off(before + 1)),
            None if begin == 0 => return Ok(text),
            None => size *= 4,
        }
    }
}
