//! Every record.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
};

use outport_app::audit::AuditError;
use outport_model::audit::RequestRecord;

use super::{
    cannot_read,
    folder::files,
    line::{self, Key},
};

/// The records of all files, oldest first within each. A line that cannot be read is left out; what is wrong with it is
/// for the verification to say.
pub(super) fn records(folder: &Path) -> Result<Vec<RequestRecord>, AuditError> {
    let mut records = Vec::new();
    for name in files(folder).map_err(|error| cannot_read(folder, error))? {
        let path = folder.join(&name);
        let mut number = 0_u64;
        each_line(&path, |text| {
            number += 1;
            // What was not written to its end was never kept.
            let Some(text) = text.strip_suffix(b"\n") else { return };
            let line = line::parse(text);
            if line.as_ref().is_some_and(|line| line.key == Key::Header) {
                return;
            }
            match line.and_then(|line| serde_json::from_slice(line.body).ok()) {
                Some(record) => records.push(record),
                None => tracing::warn!(file = name, line = number, "a record of a request cannot be read"),
            }
        })?;
    }
    Ok(records)
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
