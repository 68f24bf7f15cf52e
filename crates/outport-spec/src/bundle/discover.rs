//! What a path holds: a bundle, bundles, or one document.

use std::path::{Path, PathBuf};

use outport_model::diagnostic::Diagnostic;

use super::files::{DESCRIPTOR, SETTINGS, entries, unreadable};
use crate::codes;

/// Bundles are looked for this many folders down.
const MAX_DEPTH: usize = 3;

/// What a path holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Discovered {
    /// One bundle.
    Bundle(PathBuf),
    /// A folder of bundles, in the order of their paths.
    Bundles(Vec<PathBuf>),
    /// One document: a contract, a descriptor or the settings of a bundle.
    Document(PathBuf),
}

/// Looks at a path.
///
/// # Errors
/// A diagnostic where there is no bundle and no document.
pub fn discover(path: &Path) -> Result<Discovered, Vec<Diagnostic>> {
    let kind = std::fs::metadata(path).map_err(|error| vec![unreadable(path, &error)])?;
    if kind.is_file() {
        return if is_document(path) { Ok(Discovered::Document(path.to_owned())) } else { Err(vec![nothing(path)]) };
    }
    if is_bundle(path) {
        return Ok(Discovered::Bundle(path.to_owned()));
    }
    let mut bundles = Vec::new();
    collect(path, 1, &mut bundles)?;
    if bundles.is_empty() { Err(vec![nothing(path)]) } else { Ok(Discovered::Bundles(bundles)) }
}

fn collect(folder: &Path, depth: usize, bundles: &mut Vec<PathBuf>) -> Result<(), Vec<Diagnostic>> {
    for path in entries(folder).map_err(|error| vec![unreadable(folder, &error)])? {
        if is_bundle(&path) {
            bundles.push(path);
        } else if depth < MAX_DEPTH && path.is_dir() {
            collect(&path, depth + 1, bundles)?;
        }
    }
    Ok(())
}

fn is_bundle(path: &Path) -> bool {
    path.join(DESCRIPTOR).is_file()
}

fn is_document(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let kinds = [".odcs", ".odps", ".oaas", ".access"];
    let bare = name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".yml"));
    name == SETTINGS || bare.is_some_and(|bare| kinds.iter().any(|kind| bare.ends_with(kind)))
}

fn nothing(path: &Path) -> Diagnostic {
    let message = format!("`{}` is no bundle, no folder of bundles, and no document", path.display());
    Diagnostic::error(codes::NO_BUNDLE, path.display().to_string(), message).help(format!(
        "a bundle is a folder with `{DESCRIPTOR}`; documents are `*.odcs.yaml`, `*.odps.yaml` and `{SETTINGS}`"
    ))
}
