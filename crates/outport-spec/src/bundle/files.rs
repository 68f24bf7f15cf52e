//! The files of a bundle in memory. Reading them is the only input or output of this crate.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Component, Path, PathBuf},
};

use outport_model::{diagnostic::Diagnostic, fingerprint::Fingerprint};

use crate::codes;

/// Folders deeper than this are a mistake, or a link that leads back.
const MAX_DEPTH: usize = 16;

/// The descriptor, which makes a folder a bundle.
pub const DESCRIPTOR: &str = "product.odps.yaml";

/// Outport's own settings of a bundle.
pub const SETTINGS: &str = "outport.yaml";

/// All files of a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundleFiles {
    /// The bundle's folder as the user wrote it, for messages.
    shown: PathBuf,
    /// The bundle's folder, which relative paths start from.
    base: PathBuf,
    /// Bytes by path relative to the bundle, with `/` between names.
    files: BTreeMap<String, Vec<u8>>,
}

impl BundleFiles {
    /// A bundle that is in memory already. Relative paths in it start from `root`.
    pub fn new(root: impl Into<PathBuf>, files: BTreeMap<String, Vec<u8>>) -> Self {
        let root = root.into();
        Self { shown: root.clone(), base: root, files }
    }

    /// Bytes by path relative to the bundle.
    pub fn files(&self) -> &BTreeMap<String, Vec<u8>> {
        &self.files
    }

    /// The bundle's folder as the user wrote it.
    pub fn root(&self) -> &Path {
        &self.shown
    }

    /// A file's name as the user would write it.
    pub fn shown(&self, relative: &str) -> String {
        if self.shown.as_os_str().is_empty() || self.shown == Path::new(".") {
            return relative.to_owned();
        }
        self.shown.join(relative).display().to_string()
    }

    /// The absolute path of `path`, which may be relative to the bundle.
    pub(crate) fn absolute(&self, path: &str) -> String {
        let path = path.strip_prefix("file://").unwrap_or(path);
        clean(&self.base.join(path))
    }

    /// The fingerprint of every file.
    pub(crate) fn fingerprints(&self) -> BTreeMap<String, Fingerprint> {
        let hash = |bytes: &Vec<u8>| Fingerprint::from_hash(blake3::hash(bytes));
        self.files.iter().map(|(path, bytes)| (path.clone(), hash(bytes))).collect()
    }
}

/// A path without `.` and `..`; links are not followed, so that globs stay as they are.
pub(crate) fn clean(path: &Path) -> String {
    let mut cleaned = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                cleaned.pop();
            }
            other => cleaned.push(other),
        }
    }
    cleaned.display().to_string()
}

/// Reads all files of a bundle, except those whose name, or whose folder's name, begins with a dot.
///
/// # Errors
/// One diagnostic for each file or folder that cannot be read.
pub fn read(path: &Path) -> Result<BundleFiles, Vec<Diagnostic>> {
    let mut reader = Reader { root: path.to_owned(), files: BTreeMap::new(), diagnostics: Vec::new() };
    reader.folder(path, "", 0);
    match std::path::absolute(path) {
        Ok(base) if reader.diagnostics.is_empty() => {
            Ok(BundleFiles { shown: path.to_owned(), base, files: reader.files })
        }
        Ok(_) => Err(reader.diagnostics),
        Err(error) => Err(vec![unreadable(path, &error)]),
    }
}

/// Reads one file as the only one. Relative paths in it start from its bundle, where it is a contract of one, or from
/// its folder.
///
/// # Errors
/// A diagnostic where it cannot be read.
pub(crate) fn read_one(path: &Path) -> Result<BundleFiles, Vec<Diagnostic>> {
    let fail = |error: &io::Error| vec![unreadable(path, error)];
    let bytes = fs::read(path).map_err(|error| fail(&error))?;
    let shown = path.parent().unwrap_or(Path::new("")).to_owned();
    let base = std::path::absolute(path).map_err(|error| fail(&error))?;
    let folder = base.parent().unwrap_or(Path::new("/"));
    let bundle = folder.ancestors().take(MAX_DEPTH).find(|folder| folder.join(DESCRIPTOR).is_file());
    let base = bundle.filter(|bundle| base.starts_with(bundle.join("contracts"))).unwrap_or(folder).to_owned();
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(BundleFiles { shown, base, files: BTreeMap::from([(name, bytes)]) })
}

struct Reader {
    root: PathBuf,
    files: BTreeMap<String, Vec<u8>>,
    diagnostics: Vec<Diagnostic>,
}

impl Reader {
    fn folder(&mut self, folder: &Path, prefix: &str, depth: usize) {
        match entries(folder) {
            Ok(entries) => entries.iter().for_each(|path| self.entry(path, prefix, depth)),
            Err(error) => self.diagnostics.push(unreadable(folder, &error)),
        }
    }

    fn entry(&mut self, path: &Path, prefix: &str, depth: usize) {
        let name = format!("{prefix}{}", path.file_name().unwrap_or_default().to_string_lossy());
        if !path.is_dir() {
            match fs::read(path) {
                Ok(bytes) => drop(self.files.insert(name, bytes)),
                Err(error) => self.diagnostics.push(unreadable(path, &error)),
            }
        } else if depth < MAX_DEPTH {
            self.folder(path, &format!("{name}/"), depth + 1);
        } else {
            let message = format!("`{}` has folders more than {MAX_DEPTH} levels deep", self.root.display());
            self.diagnostics.push(Diagnostic::error(codes::UNREADABLE, path.display().to_string(), message));
        }
    }
}

/// What a folder holds, in order of name, without hidden entries.
pub(crate) fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let hidden = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
    let paths: io::Result<Vec<_>> = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect();
    let mut paths: Vec<_> = paths?.into_iter().filter(|path| !hidden(path)).collect();
    paths.sort();
    Ok(paths)
}

/// The text of a file; a diagnostic where it is not UTF-8.
pub(super) fn utf8<'a>(shown: &str, bytes: &'a [u8], diagnostics: &mut Vec<Diagnostic>) -> Option<&'a str> {
    let text = std::str::from_utf8(bytes);
    if text.is_err() {
        diagnostics.push(
            Diagnostic::error(codes::NOT_UTF8, shown, "the file is not UTF-8 text").help("save the file as UTF-8"),
        );
    }
    text.ok()
}

pub(crate) fn unreadable(path: &Path, error: &io::Error) -> Diagnostic {
    let message = match error.kind() {
        io::ErrorKind::NotFound => format!("`{}` does not exist", path.display()),
        io::ErrorKind::PermissionDenied => format!("`{}` may not be read", path.display()),
        _ => format!("`{}` cannot be read: {error}", path.display()),
    };
    Diagnostic::error(codes::UNREADABLE, path.display().to_string(), message).help("check the path and its permissions")
}
