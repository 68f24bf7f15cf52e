//! The files of the repository: those that are in version control or are about to be.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::Command,
};

use anyhow::{Context as _, Result, ensure};

/// Every file with its path from the root.
#[derive(Debug, Default)]
pub(super) struct Tree {
    /// Files that are text, with their text.
    texts: BTreeMap<String, String>,
    /// Files that are not.
    others: BTreeSet<String>,
}

impl Tree {
    /// Reads what `git` lists. Files that are ignored are left out.
    pub(super) fn read(root: &Path) -> Result<Self> {
        let list = Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(root)
            .output()
            .context("`git` cannot be run")?;
        ensure!(list.status.success(), "`git ls-files` failed: {}", String::from_utf8_lossy(&list.stderr));
        let mut tree = Self::default();
        for path in String::from_utf8(list.stdout)?.split_terminator('\0') {
            // A file that was removed is listed until the removal is committed.
            let Ok(bytes) = std::fs::read(root.join(path)) else { continue };
            match String::from_utf8(bytes) {
                Ok(text) => drop(tree.texts.insert(path.to_owned(), text)),
                Err(_) => drop(tree.others.insert(path.to_owned())),
            }
        }
        Ok(tree)
    }

    #[cfg(test)]
    pub(super) fn of(files: &[(&str, &str)]) -> Self {
        let texts = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        Self { texts, others: BTreeSet::new() }
    }

    pub(super) fn text(&self, path: &str) -> Option<&str> {
        self.texts.get(path).map(String::as_str)
    }

    /// Every text with its path.
    pub(super) fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// Whether there is a file, or a folder that has one.
    pub(super) fn has(&self, path: &str) -> bool {
        let folder = format!("{path}/");
        let mut all = self.texts.keys().chain(&self.others);
        path.is_empty() || all.any(|file| file == path || file.starts_with(&folder))
    }

    /// The names of the crates under `crates/`.
    pub(super) fn crates(&self) -> impl Iterator<Item = &str> {
        self.texts.keys().filter_map(|path| path.strip_prefix("crates/")?.strip_suffix("/Cargo.toml"))
    }
}
