//! Files that a process left behind which died while it wrote a stored table.

use std::{collections::HashSet, io, path::Path};

use serde::Deserialize;

/// Where Delta Lake keeps a table's log.
const LOG: &str = "_delta_log";

/// Removes the files of a table that no version has. Nobody may be writing to it.
pub(crate) fn remove(table: &Path) {
    if let Err(error) = try_remove(table) {
        tracing::warn!(%error, table = %table.display(), "leftover files could not be removed");
    }
}

fn try_remove(table: &Path) -> io::Result<()> {
    let log = table.join(LOG);
    let Some(committed) = committed(&log)? else { return Ok(()) };
    for name in files(table)?.into_iter().filter(|name| !committed.contains(name)) {
        std::fs::remove_file(table.join(name))?;
    }
    for name in files(&log)?.into_iter().filter(|name| is_half_written(name)) {
        std::fs::remove_file(log.join(name))?;
    }
    Ok(())
}

/// The files of every version; `None` where the log is not all there, so that nothing can be said.
fn committed(log: &Path) -> io::Result<Option<HashSet<String>>> {
    let is_digits = |stem: &&str| stem.len() == 20 && stem.bytes().all(|byte| byte.is_ascii_digit());
    let entries = files(log)?;
    let mut versions: Vec<u64> =
        entries.iter().filter_map(|name| name.strip_suffix(".json").filter(is_digits)?.parse().ok()).collect();
    versions.sort_unstable();
    if versions.iter().zip(0..).any(|(version, expected)| *version != expected) {
        return Ok(None);
    }
    let mut files = HashSet::new();
    for version in versions {
        let text = std::fs::read_to_string(log.join(format!("{version:020}.json")))?;
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let action: Action = serde_json::from_str(line)?;
            files.extend(action.add.map(|file| file.path));
        }
    }
    Ok(Some(files))
}

/// What Delta Lake and the object store write before they give a file its name.
fn is_half_written(name: &str) -> bool {
    name.contains('#') || Path::new(name).extension().is_some_and(|ending| ending == "tmp")
}

#[derive(Deserialize)]
struct Action {
    add: Option<Added>,
}

#[derive(Deserialize)]
struct Added {
    path: String,
}

/// Names of the files in a folder; none where it does not exist.
fn files(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            names.extend(entry.file_name().into_string().ok());
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(LOG)).unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }

    fn left(folder: &tempfile::TempDir) -> Vec<String> {
        remove(folder.path());
        let mut all = files(folder.path()).unwrap();
        all.extend(files(&folder.path().join(LOG)).unwrap());
        all.sort();
        all
    }

    #[test]
    fn what_any_version_has_stays() {
        let folder = table(&[
            ("a.parquet", ""),
            ("b.parquet", ""),
            ("c.parquet", ""),
            ("c.parquet#1", ""),
            ("_delta_log/00000000000000000000.json", "{\"add\":{\"path\":\"a.parquet\"}}\n{\"protocol\":{}}\n"),
            (
                "_delta_log/00000000000000000001.json",
                "{\"remove\":{\"path\":\"a.parquet\"}}\n{\"add\":{\"path\":\"b.parquet\"}}\n",
            ),
            ("_delta_log/00000000000000000002.json#1", ""),
            ("_delta_log/_last_checkpoint", ""),
        ]);
        let expected =
            ["00000000000000000000.json", "00000000000000000001.json", "_last_checkpoint", "a.parquet", "b.parquet"];
        assert_eq!(left(&folder), expected);
    }

    #[test]
    fn a_table_without_a_version_has_no_files() {
        assert!(left(&table(&[("a.parquet", "")])).is_empty());
        remove(Path::new("/no/such/table"));
    }

    #[test]
    fn nothing_goes_where_the_log_has_a_gap_or_cannot_be_read() {
        let gap = table(&[("a.parquet", ""), ("_delta_log/00000000000000000001.json", "")]);
        assert_eq!(left(&gap).len(), 2);
        let broken = table(&[("a.parquet", ""), ("_delta_log/00000000000000000000.json", "{\"add\"")]);
        assert_eq!(left(&broken).len(), 2);
    }
}
