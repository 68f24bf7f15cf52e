//! Who may touch a stored table.
//!
//! Stored tables are shared: two workspaces whose model is the same build in the same one. Whoever stages rows holds a
//! *claim*, whoever removes files a *reservation*; claims exclude reservations and not each other. Both are
//! operating-system locks on a file beside the tables, so they end with their process, however it ends.
//!
//! The file lists the claims under which rows may have been staged and neither committed nor removed. Who finds the
//! table unclaimed and the list not empty knows that a process died, and removes what no version has.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read, Write},
    path::Path,
};

/// The right to stage rows in a table.
#[derive(Debug)]
pub(crate) struct Claim {
    file: File,
    entry: String,
    settled: bool,
}

/// The right to remove a table.
#[derive(Debug)]
pub(crate) struct Reserved {
    _file: File,
}

impl Claim {
    /// Takes a claim, once nobody has the table reserved. `clean` is called first where a process has died at work and
    /// nobody else is at work.
    pub(crate) fn take(path: &Path, run: &str, mut clean: impl FnMut()) -> io::Result<Self> {
        let entry = format!("{run}\n");
        loop {
            let mut file = open(path)?;
            if is_locked(&file)? {
                let mut open_claims = String::new();
                file.read_to_string(&mut open_claims)?;
                if !open_claims.is_empty() && !is_unlinked(&file)? {
                    clean();
                    file.set_len(0)?;
                }
            }
            file.lock_shared()?;
            if !is_unlinked(&file)? {
                file.write_all(entry.as_bytes())?;
                return Ok(Self { file, entry, settled: false });
            }
        }
    }

    /// Says that nothing is staged any more.
    pub(crate) fn settle(&mut self) {
        self.settled = true;
    }
}

impl Drop for Claim {
    /// Strikes the claim off the list where it is the only one; the lock goes with the file.
    fn drop(&mut self) {
        if !self.settled || !is_locked(&self.file).unwrap_or(false) {
            return;
        }
        let mut open_claims = String::new();
        let read = io::Seek::rewind(&mut self.file).and_then(|()| self.file.read_to_string(&mut open_claims));
        if read.is_ok() && open_claims == self.entry {
            let _ = self.file.set_len(0);
        }
    }
}

impl Reserved {
    /// Reserves a table; `None` where someone has a claim on it or has it reserved.
    pub(crate) fn take(path: &Path) -> io::Result<Option<Self>> {
        let file = open(path)?;
        Ok((is_locked(&file)? && !is_unlinked(&file)?).then_some(Self { _file: file }))
    }
}

fn open(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    OpenOptions::new().read(true).append(true).create(true).open(path)
}

/// Takes the lock that excludes all others, if nobody has one.
fn is_locked(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Whether the file was removed between being opened and being locked.
#[cfg(unix)]
fn is_unlinked(file: &File) -> io::Result<bool> {
    Ok(std::os::unix::fs::MetadataExt::nlink(&file.metadata()?) == 0)
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the same signature as on Unix")]
fn is_unlinked(_: &File) -> io::Result<bool> {
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(path: &Path, run: &str) -> (Claim, bool) {
        let mut cleaned = false;
        let claim = Claim::take(path, run, || cleaned = true).unwrap();
        (claim, cleaned)
    }

    #[test]
    fn claims_exclude_reservations_and_not_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p/t");
        let (one, _) = claim(&path, "one");
        let (two, _) = claim(&path, "two");
        assert!(Reserved::take(&path).unwrap().is_none());
        drop(one);
        assert!(Reserved::take(&path).unwrap().is_none());
        drop(two);
        assert!(Reserved::take(&path).unwrap().is_some());
    }

    #[test]
    fn cleaning_waits_until_nobody_is_at_work() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t");
        let (dies, cleaned) = claim(&path, "dies");
        assert!(!cleaned);
        let (mut works, cleaned) = claim(&path, "works");
        assert!(!cleaned);
        drop(dies);
        let (mut also, cleaned) = claim(&path, "also");
        assert!(!cleaned, "another is at work");
        works.settle();
        drop(works);
        also.settle();
        drop(also);
        assert!(claim(&path, "next").1, "one died at work");
    }

    #[test]
    fn who_has_settled_leaves_nothing_to_clean() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t");
        for run in ["one", "two"] {
            let (mut one, cleaned) = claim(&path, run);
            assert!(!cleaned);
            one.settle();
        }
    }

    #[test]
    fn a_claim_on_a_removed_table_is_on_its_successor() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t");
        let reserved = Reserved::take(&path).unwrap().unwrap();
        let waiting = std::thread::spawn({
            let path = path.clone();
            move || Claim::take(&path, "late", || {}).unwrap()
        });
        std::fs::remove_file(&path).unwrap();
        drop(reserved);
        let _late = waiting.join().unwrap();
        assert!(path.exists());
        assert!(Reserved::take(&path).unwrap().is_none());
    }
}
