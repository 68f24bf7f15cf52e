//! What exactly a source holds now.

use std::{
    collections::HashMap,
    fs::{self, File},
    io::Read,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::{LazyLock, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use outport_app::engine::EngineError;
use outport_model::{
    fingerprint::Fingerprint,
    run::InputVersion,
    source::{FileFormat, FileSource, Source, TpchSource},
};

use super::{delta, fault, locate};

/// Decides what exactly would be read from files or a generator.
///
/// Files are fingerprinted over their names, lengths and contents. A Delta Lake table is fingerprinted over its id and
/// version, which name its rows exactly, so that none of its files is read.
pub(super) async fn pin(source: &Source) -> Result<InputVersion, EngineError> {
    match source {
        Source::Files(files) if files.format == FileFormat::Delta => delta::pin(files).await,
        Source::Files(files) => {
            let files = files.clone();
            fault::blocking(move || content(&files)).await
        }
        Source::Tpch(tpch) => Ok(InputVersion::Generated { recipe: recipe(tpch) }),
        Source::Port(address) => Err(fault::port(address)),
    }
}

fn recipe(tpch: &TpchSource) -> String {
    format!("tpch/{}@{}", tpch.table, tpch.scale)
}

fn content(source: &FileSource) -> Result<InputVersion, EngineError> {
    let files = locate::files(source)?;
    let mut fingerprint = Fingerprint::of("files");
    let mut bytes = 0;
    for file in &files {
        let (length, hash) = hash(&file.path).map_err(|e| fault::io(&file.location(), &e))?;
        bytes += length;
        fingerprint =
            fingerprint.part("name", &file.name).part("length", length.to_le_bytes()).part("content", hash.as_bytes());
    }
    Ok(InputVersion::Content { fingerprint: fingerprint.finish(), files: files.len() as u64, bytes })
}

/// What tells one state of a file from the next without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    length: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    fn of(metadata: &fs::Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            length: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    /// Whether the file has been left alone long enough for its times to tell the next write from this one.
    fn is_settled(&self) -> bool {
        let changed = Duration::from_secs(self.changed.0.unsigned_abs());
        SystemTime::UNIX_EPOCH
            .checked_add(changed + Duration::from_secs(2))
            .is_some_and(|settled| settled < SystemTime::now())
    }
}

static HASHES: LazyLock<Mutex<HashMap<PathBuf, (Stamp, blake3::Hash)>>> = LazyLock::new(Mutex::default);

/// The length and hash of a file. Hashes of files that did not change since are remembered by the process.
fn hash(path: &Path) -> std::io::Result<(u64, blake3::Hash)> {
    let mut file = File::open(path)?;
    let before = Stamp::of(&file.metadata()?);
    let remembered = HASHES.lock().unwrap_or_else(PoisonError::into_inner).get(path).copied();
    if let Some((stamp, hash)) = remembered
        && stamp == before
    {
        return Ok((stamp.length, hash));
    }
    let settled = before.is_settled();
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; 1 << 20];
    let mut length = 0;
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        length += read as u64;
        hasher.update(&buffer[..read]);
    }
    let hash = hasher.finalize();
    if settled && Stamp::of(&file.metadata()?) == before {
        HASHES.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned(), (before, hash));
    }
    Ok((length, hash))
}
