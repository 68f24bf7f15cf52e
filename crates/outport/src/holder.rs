//! This process as a holder of leases.
//!
//! Every process holds an operating-system lock on a file of its own below the home. When a process dies, however it
//! dies, its lock goes, so that the next one need not wait for the lease to lapse.

use std::{
    fs::{File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use outport_app::lease::Holder;

/// This process.
#[derive(Debug)]
pub(crate) struct FileHolder {
    id: String,
    folder: PathBuf,
    /// Held for as long as the process lives.
    _lock: File,
}

impl FileHolder {
    /// Makes the lock file and removes those of processes that are gone.
    pub(crate) fn new(folder: PathBuf) -> io::Result<Self> {
        std::fs::create_dir_all(&folder)?;
        let id = format!("{}-{}", std::process::id(), uuid::Uuid::now_v7().simple());
        let file = folder.join(&id);
        let mut lock = File::create(&file)?;
        lock.lock()?;
        // Between making and locking the file another process may have taken it for that of a dead one and removed it.
        while !file.exists() {
            lock = File::create(&file)?;
            lock.lock()?;
        }
        let holder = Self { id, folder, _lock: lock };
        holder.clean();
        Ok(holder)
    }

    fn clean(&self) {
        let Ok(entries) = std::fs::read_dir(&self.folder) else { return };
        for entry in entries.flatten() {
            let name = entry.file_name();
            if name.to_str().is_none_or(|name| name == self.id) {
                continue;
            }
            // Removed under the lock, so that its maker cannot lock it in between.
            if let Ok(Some(_probe)) = probe(&entry.path()) {
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }
}

impl Holder for FileHolder {
    fn id(&self) -> &str {
        &self.id
    }

    fn is_gone(&self, holder: &str) -> bool {
        match probe(&self.folder.join(holder)) {
            Ok(lock) => lock.is_some(),
            Err(error) => error.kind() == io::ErrorKind::NotFound,
        }
    }
}

impl Drop for FileHolder {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(self.folder.join(&self.id));
    }
}

/// Locks the file of a holder that is gone; `None` where it lives. The lock is shared: whoever else asks at the same
/// moment must not take it for the holder's own.
fn probe(path: &Path) -> io::Result<Option<File>> {
    let file = File::open(path)?;
    match file.try_lock_shared() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_holder_is_gone_when_its_lock_is() {
        let folder = tempfile::tempdir().unwrap();
        let first = FileHolder::new(folder.path().to_owned()).unwrap();
        let second = FileHolder::new(folder.path().to_owned()).unwrap();
        assert!(!second.is_gone(first.id()));
        let id = first.id().to_owned();
        drop(first);
        assert!(second.is_gone(&id));
    }

    #[test]
    fn a_holder_is_gone_for_all_who_ask_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let holder = FileHolder::new(folder.path().to_owned()).unwrap();
        let dead = folder.path().join("dead");
        File::create(&dead).unwrap();
        let _asking = probe(&dead).unwrap().unwrap();
        assert!(holder.is_gone("dead"));
    }

    #[test]
    fn a_holder_that_begins_is_not_taken_for_a_dead_one() {
        let folder = tempfile::tempdir().unwrap();
        let begin = || {
            for _ in 0..200 {
                let holder = FileHolder::new(folder.path().to_owned()).unwrap();
                assert!(folder.path().join(holder.id()).exists());
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(begin);
            }
        });
    }
}
