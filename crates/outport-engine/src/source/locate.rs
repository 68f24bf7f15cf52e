//! Which files a location means: a file, a folder or a glob.

use std::{
    fs,
    path::{Path, PathBuf},
};

use outport_app::engine::EngineError;
use outport_model::source::{FileFormat, FileSource};
use regex::Regex;

use super::fault;

/// How deep folders are searched; a link that leads back to its own folder ends here.
const DEEPEST: usize = 32;

/// One file of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DataFile {
    /// Where it is.
    pub(super) path: PathBuf,
    /// Its place below the location's fixed part, with `/`.
    pub(super) name: String,
    /// Its length in bytes.
    pub(super) length: u64,
}

impl DataFile {
    /// The path for messages.
    pub(super) fn location(&self) -> String {
        self.path.display().to_string()
    }
}

/// The files of a source, in the order of their names. Hidden files (`.name`, `_name`) are left out unless they are named.
pub(super) fn files(source: &FileSource) -> Result<Vec<DataFile>, EngineError> {
    let path = Path::new(&source.location);
    let mut found = match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => folder(path, &source.format)?,
        Ok(metadata) => vec![single(path, metadata.len())],
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => glob(&source.location)?,
        Err(error) => return Err(fault::io(&source.location, &error)),
    };
    if found.is_empty() {
        return Err(EngineError::SourceMissing { location: source.location.clone(), written: source.written.clone() });
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

fn single(path: &Path, length: u64) -> DataFile {
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    DataFile { path: path.to_owned(), name, length }
}

fn folder(path: &Path, format: &FileFormat) -> Result<Vec<DataFile>, EngineError> {
    if path.join("_delta_log").is_dir() {
        return Err(EngineError::SourceUnreadable {
            location: path.display().to_string(),
            reason: "it is a Delta Lake table, not a folder of plain files".to_owned(),
            help: "set its format to `delta`".to_owned(),
        });
    }
    let mut found = Vec::new();
    let wanted = |name: &str| has_ending(name, format);
    walk(path, "", DEEPEST, &|name| is_hidden(name), &wanted, &mut found)?;
    Ok(found)
}

fn is_hidden(name: &str) -> bool {
    name.starts_with(['.', '_'])
}

fn has_ending(name: &str, format: &FileFormat) -> bool {
    let name = name.to_ascii_lowercase();
    let plain = [".gz", ".zst", ".bz2", ".xz"].iter().find_map(|e| name.strip_suffix(e)).unwrap_or(&name);
    let endings: &[&str] = match format {
        FileFormat::Csv(_) => &[".csv", ".tsv", ".txt", ".psv", ".tbl"],
        FileFormat::Json(_) => &[".json"],
        FileFormat::Ndjson(_) => &[".ndjson", ".jsonl", ".json"],
        FileFormat::Parquet => &[".parquet", ".parq", ".pq"],
        FileFormat::Delta => &[],
    };
    endings.iter().any(|e| plain.ends_with(e))
}

fn glob(location: &str) -> Result<Vec<DataFile>, EngineError> {
    let Some((base, pattern)) = fixed_part(location) else { return Ok(Vec::new()) };
    if !base.is_dir() {
        return Ok(Vec::new());
    }
    let matcher = Regex::new(&expression(pattern)).map_err(|_| EngineError::SourceUnreadable {
        location: location.to_owned(),
        reason: "the glob cannot be understood".to_owned(),
        help: "use `*`, `?`, `[…]` and `**`; write `[[]` for a bracket that is part of a name".to_owned(),
    })?;
    let depth = if pattern.contains("**") { DEEPEST } else { pattern.split('/').count() };
    let named: Vec<char> = pattern.split('/').filter_map(|p| p.chars().next()).filter(|c| "._".contains(*c)).collect();
    let mut found = Vec::new();
    let skip = |name: &str| name.chars().next().is_some_and(|c| "._".contains(c) && !named.contains(&c));
    walk(&base, "", depth, &skip, &|name| matcher.is_match(name), &mut found)?;
    Ok(found)
}

/// Divides a glob into the folder that has no wildcard and the rest.
fn fixed_part(location: &str) -> Option<(PathBuf, &str)> {
    let wildcard = location.find(['*', '?', '['])?;
    let slash = location[..wildcard].rfind('/')?;
    Some((PathBuf::from(&location[..=slash]), &location[slash + 1..]))
}

fn expression(pattern: &str) -> String {
    let mut expression = String::from("^");
    let parts: Vec<&str> = pattern.split('/').collect();
    for (i, part) in parts.iter().enumerate() {
        let last = i + 1 == parts.len();
        if *part == "**" {
            expression.push_str(if last { ".*" } else { "(?:.*/)?" });
            continue;
        }
        component(part, &mut expression);
        if !last {
            expression.push('/');
        }
    }
    expression.push('$');
    expression
}

fn component(part: &str, expression: &mut String) {
    let mut rest = part;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '*' => expression.push_str("[^/]*"),
            '?' => expression.push_str("[^/]"),
            '[' => match rest.get(1..).and_then(|r| r.find(']')) {
                Some(end) => {
                    class(&rest[..=end], expression);
                    rest = &rest[end + 2..];
                }
                None => expression.push_str("\\["),
            },
            other => expression.push_str(&regex::escape(other.encode_utf8(&mut [0; 4]))),
        }
    }
}

fn class(inside: &str, expression: &mut String) {
    let (negated, members) = inside.strip_prefix(['!', '^']).map_or((false, inside), |m| (true, m));
    expression.push_str(if negated { "[^/" } else { "[" });
    for c in members.chars() {
        if c != '-' {
            expression.push_str(&regex::escape(c.encode_utf8(&mut [0; 4])));
        } else {
            expression.push('-');
        }
    }
    expression.push(']');
}

/// Collects the files below `folder` whose name (relative to where the walk began) is wanted.
fn walk(
    folder: &Path,
    prefix: &str,
    depth: usize,
    skip: &dyn Fn(&str) -> bool,
    wanted: &dyn Fn(&str) -> bool,
    found: &mut Vec<DataFile>,
) -> Result<(), EngineError> {
    let fail = |error: &std::io::Error| fault::io(&folder.display().to_string(), error);
    for entry in fs::read_dir(folder).map_err(|e| fail(&e))? {
        let entry = entry.map_err(|e| fail(&e))?;
        let file_name = entry.file_name().to_string_lossy().into_owned();
        if skip(&file_name) {
            continue;
        }
        let path = entry.path();
        let name = format!("{prefix}{file_name}");
        let metadata = fs::metadata(&path).map_err(|e| fault::io(&path.display().to_string(), &e))?;
        if metadata.is_dir() {
            if depth > 1 {
                walk(&path, &format!("{name}/"), depth - 1, skip, wanted, found)?;
            }
        } else if wanted(&name) {
            found.push(DataFile { path, name, length: metadata.len() });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match_as_shells_do() {
        let cases = [
            ("*.csv", "a.csv", true),
            ("*.csv", "b/a.csv", false),
            ("**/*.csv", "a.csv", true),
            ("**/*.csv", "b/c/a.csv", true),
            ("b/**", "b/c/a.csv", true),
            ("part-[0-9].csv", "part-7.csv", true),
            ("part-[!0-9].csv", "part-7.csv", false),
            ("a?.csv", "ab.csv", true),
            ("a.csv", "axcsv", false),
            ("[[]a].csv", "[a].csv", true),
        ];
        for (pattern, name, expect) in cases {
            let found = Regex::new(&expression(pattern)).unwrap().is_match(name);
            assert_eq!(found, expect, "`{pattern}` on `{name}`");
        }
    }
}
