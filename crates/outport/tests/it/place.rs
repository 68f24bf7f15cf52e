//! A folder with a home, in which the binary is run.

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::Value;

/// A temporary folder. Commands run in it; the home is `home` below it.
pub(crate) struct Place {
    folder: tempfile::TempDir,
}

/// What a command left behind.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// Everything, as a snapshot shows it.
    pub(crate) fn text(&self) -> String {
        let part = |name: &str, text: &str| match text.trim_end() {
            "" => String::new(),
            text => format!("--- {name}\n{text}\n"),
        };
        format!("exit {}\n{}{}", self.code, part("stdout", &self.stdout), part("stderr", &self.stderr))
    }

    /// The same, where the command was to succeed.
    #[track_caller]
    pub(crate) fn succeeded(self) -> Self {
        assert_eq!(self.code, 0, "{}", self.text());
        self
    }

    /// The last JSON value of standard output; events stand before it, each on a line.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        let values: Result<Vec<Value>, _> = serde_json::Deserializer::from_str(&self.stdout).into_iter().collect();
        values.expect(&self.stdout).pop().unwrap_or_else(|| panic!("no JSON in {}", self.text()))
    }

    /// All JSON values of standard output.
    #[track_caller]
    pub(crate) fn events(&self) -> Vec<Value> {
        let values: Result<Vec<Value>, _> = serde_json::Deserializer::from_str(&self.stdout).into_iter().collect();
        values.expect(&self.stdout)
    }
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// With a copy of `examples/<name>` as `<name>`.
    pub(crate) fn with_example(name: &str) -> Self {
        let place = Self::new();
        copy(&examples().join(name), &place.path(name));
        place
    }

    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    pub(crate) fn write(&self, file: &str, text: impl AsRef<[u8]>) {
        let file = self.path(file);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }

    /// Replaces a part of a file that must be there.
    #[track_caller]
    pub(crate) fn edit(&self, file: &str, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.path(file)).unwrap();
        assert!(text.contains(from), "`{from}` is not in {file}:\n{text}");
        self.write(file, text.replace(from, to));
    }

    /// The command with nothing of the surrounding environment but what a process needs.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_outport"));
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("OUTPORT_HOME", self.path("home")).env("OUTPORT_THREADS", "2").env("NO_COLOR", "1");
        command.current_dir(self.folder.path()).args(arguments);
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        ran(&mut self.command(arguments))
    }

    /// The rows of a query.
    #[track_caller]
    pub(crate) fn query(&self, sql: &str) -> Value {
        self.run(&["query", sql, "--format", "json"]).succeeded().json()
    }

    /// The only value of a query.
    #[track_caller]
    pub(crate) fn scalar(&self, sql: &str) -> Value {
        let rows = self.query(sql);
        rows[0].as_object().and_then(|row| row.values().next()).cloned().unwrap_or_default()
    }

    /// Hides what differs from run to run.
    pub(crate) fn filters(&self) -> Vec<(String, &'static str)> {
        let folder = self.folder.path().canonicalize().unwrap();
        let folder = folder.to_str().unwrap().replace('.', "\\.");
        vec![
            (folder, "[FOLDER]"),
            (r"-[0-9a-f]{16}\b".to_owned(), "-[FINGERPRINT]"),
            (r"\b\d+(\.\d)? (ms|s)\b".to_owned(), "[TIME]"),
            (r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?( UTC|Z)?".to_owned(), "[MOMENT]"),
            (r"[┌└╞][─═┬┴┐┘╡┼╪]+".to_owned(), "[RULE]"),
        ]
    }
}

/// Runs a command to its end.
pub(crate) fn ran(command: &mut Command) -> Ran {
    let output = command.output().unwrap();
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Compares what a command left behind with an inline snapshot.
macro_rules! snapshot {
    ($place:expr, $ran:expr, @$expected:literal) => {
        let filters = $place.filters();
        let filters: Vec<_> = filters.iter().map(|(from, to)| (from.as_str(), *to)).collect();
        insta::with_settings!({ filters => filters }, { insta::assert_snapshot!($ran.text(), @$expected); });
    };
}
pub(crate) use snapshot;

pub(crate) fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").canonicalize().unwrap()
}

/// Files that are shared beside the repository and not part of it.
pub(crate) fn test_data(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/testdata").join(name);
    folder.canonicalize().unwrap_or_else(|error| {
        panic!("the test data `{}` is missing ({error}): it lies beside the repository", folder.display())
    })
}

/// Python with `duckdb`, as `scripts/python-env` makes it.
pub(crate) fn python() -> std::process::Command {
    std::process::Command::new(environment("pyenv", "scripts/python-env"))
}

/// Python with the clients of the doors, as `scripts/python-env clients` makes it.
pub(crate) fn clients_python() -> PathBuf {
    environment("pyenv-clients", "scripts/python-env clients")
}

fn environment(name: &str, command: &str) -> PathBuf {
    let cache = std::env::var_os("OUTPORT_CACHE").map_or_else(
        || PathBuf::from(std::env::var_os("HOME").expect("`HOME` is set")).join(".cache/outport"),
        PathBuf::from,
    );
    let python = cache.join(name).join("bin/python");
    assert!(python.exists(), "`{}` is missing: run `{command}`", python.display());
    python
}

/// Runs a Python program to its end and gives what it printed.
#[track_caller]
pub(crate) fn ask_python(program: &str, arguments: &[&Path]) -> String {
    let output = python().arg("-c").arg(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
