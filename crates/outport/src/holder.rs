//! This process as a holder of leases.
//!
//! Every process holds an operating-system lock on a file of its own below the home. When a process dies, however it
//! dies, its lock goes, so that the next one need not wait for the lease to lapse.

use std::{
    fs::{File, OpenOptions, TryLockError},
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
        let lock = File::create(folder.join(&id))?;
        lock.lock()?;
        let holder = Self { id, folder, _lock: lock };
        holder.clean();
        Ok(holder)
    }

    fn clean(&self) {
        let Ok(entries) = std::fs::read_dir(&self.folder) else { return };
        for entry in entries.flatten() {
            let name = entry.file_name();
            if name.to_str().is_some_and(|name| name != self.id) && is_unlocked(&entry.path()) {
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
        let file = self.folder.join(holder);
        !file.exists() || is_unlocked(&file)
    }
}

impl Drop for FileHolder {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(self.folder.join(&self.id));
    }
}

fn is_unlocked(path: &Path) -> bool {
    match OpenOptions::new().write(true).open(path) {
        Ok(file) => !matches!(file.try_lock(), Err(TryLockError::WouldBlock)),
        Err(error) => error.kind() == io::ErrorKind::NotFound,
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
}
