//! The files of the hub.

use std::{collections::BTreeMap, fmt};

/// The folder of the files whose names say what is in them: a name never comes to mean something else.
const HASHED: &str = "assets/";

/// A file of the hub.
#[derive(Debug, Clone, Copy)]
pub struct Asset {
    /// Where it is, below `/hub/`.
    pub path: &'static str,
    /// Its media type, with the character set of text.
    pub media_type: &'static str,
    /// What is in it.
    pub plain: &'static [u8],
    /// The same, compressed by gzip.
    pub gzip: Option<&'static [u8]>,
    /// The same, compressed by Brotli.
    pub brotli: Option<&'static [u8]>,
}

/// The hub: its files, and the page that all others are parts of.
pub struct Hub {
    index: File,
    files: BTreeMap<&'static str, File>,
}

/// A file, and what tells it from every other.
#[derive(Debug, Clone)]
pub(super) struct File {
    pub(super) asset: Asset,
    pub(super) tag: String,
}

impl From<Asset> for File {
    fn from(asset: Asset) -> Self {
        let hash = blake3::hash(asset.plain).to_hex();
        Self { asset, tag: hash[..32].to_owned() }
    }
}

impl File {
    /// Whether its name says what is in it.
    pub(super) fn is_hashed(&self) -> bool {
        self.asset.path.starts_with(HASHED)
    }
}

impl Hub {
    /// A hub of a page and the files that it loads.
    pub fn new(index: Asset, files: impl IntoIterator<Item = Asset>) -> Self {
        let files = files.into_iter().map(|asset| (asset.path, File::from(asset)));
        Self { index: index.into(), files: files.collect() }
    }

    /// The page.
    pub(super) fn index(&self) -> &File {
        &self.index
    }

    /// What is at a path below `/hub/`: a file or, where there is none, the page, which knows its own paths. Files of
    /// other builds than this are gone.
    pub(super) fn at(&self, path: &str) -> Option<&File> {
        match self.files.get(path) {
            Some(file) => Some(file),
            None if path.starts_with(HASHED) => None,
            None => Some(&self.index),
        }
    }
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub").field("files", &self.files.keys()).finish_non_exhaustive()
    }
}
