//! The file that this process adds to.

use std::{
    collections::BTreeSet,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
    thread,
};

use blake3::Hash;

use super::{
    folder::{FORMAT, Head, Header, loose_ends},
    line::{self, ORIGIN},
};

/// A file with at least one record.
#[derive(Debug)]
pub(super) struct Chain {
    /// Held by this and, while it is at work, by the thread that has the disk keep what was written.
    file: Arc<File>,
    path: PathBuf,
    name: String,
    sequence: u64,
    hash: Hash,
    length: u64,
    /// How much of it the disk was asked to keep.
    synced: u64,
}

impl Chain {
    /// Begins a file with its first record. Its header names where other files end, and `ended`.
    pub(super) fn begin(folder: &Path, ended: &BTreeSet<Head>, body: &str) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let name = format!("{}.ndjson", uuid::Uuid::now_v7());
        let heads = loose_ends(folder)?.union(ended).cloned().collect();
        let header = serde_json::to_string(&Header { format: FORMAT, file: name.clone(), heads })?;
        let (header, hash) = line::write(0, &ORIGIN, &header);
        let (record, hash) = line::write(1, &hash, body);
        let text = header + &record;

        let path = folder.join(&name);
        let file = OpenOptions::new().append(true).create_new(true).open(&path)?;
        if let Err(error) = (&file).write_all(text.as_bytes()) {
            // A disk that is full for a while would else leave a file for each request.
            let _ = fs::remove_file(&path);
            return Err(error);
        }
        Ok(Self { file: Arc::new(file), path, name, sequence: 1, hash, length: text.len() as u64, synced: 0 })
    }

    /// Adds a record. Where it fails, [`Chain::restore`] says whether more can be added.
    pub(super) fn append(&mut self, body: &str) -> io::Result<()> {
        let (text, hash) = line::write(self.sequence + 1, &self.hash, body);
        (&*self.file).write_all(text.as_bytes())?;
        self.sequence += 1;
        self.hash = hash;
        self.length += text.len() as u64;
        Ok(())
    }

    /// Takes away what an append wrote that failed; `false` where that cannot be done.
    pub(super) fn restore(&self) -> bool {
        self.file.set_len(self.length).is_ok()
    }

    /// Whether the file is where it was and as long as what was written. If not, someone else was at it: then the next
    /// file's header, which names the end as it is known here, shows it.
    pub(super) fn is_whole(&self) -> bool {
        let whole = fs::metadata(&self.path).is_ok_and(|found| found.len() == self.length);
        if !whole {
            tracing::error!(file = %self.path.display(), "someone else changed the record of requests");
        }
        whole
    }

    /// Lets every later write fail, also that which restores the file.
    #[cfg(test)]
    pub(super) fn close(&mut self) {
        self.file = Arc::new(File::open(&self.path).unwrap());
    }

    /// Bytes of the file.
    pub(super) const fn length(&self) -> u64 {
        self.length
    }

    /// Where it ends.
    pub(super) fn head(&self) -> Head {
        Head { file: self.name.clone(), sequence: self.sequence, hash: self.hash.to_hex().to_string() }
    }

    /// Has the disk keep what was written, without waiting for it: whoever appends may be a task that must not block. A
    /// disk that is slower than they come is not asked twice at once.
    pub(super) fn sync(&mut self) {
        if self.synced == self.length || Arc::strong_count(&self.file) > 1 {
            return;
        }
        let file = Arc::clone(&self.file);
        match thread::Builder::new().name("audit".to_owned()).spawn(move || keep(&file)) {
            Ok(_) => self.synced = self.length,
            Err(error) => tracing::warn!(%error, "no thread for the record of requests"),
        }
    }

    /// Has the disk keep what was written, and waits for it.
    pub(super) fn finish(&mut self) {
        if self.synced < self.length {
            keep(&self.file);
            self.synced = self.length;
        }
    }
}

fn keep(file: &File) {
    if let Err(error) = file.sync_data() {
        tracing::error!(%error, "the disk may not have kept the record of requests");
    }
}
