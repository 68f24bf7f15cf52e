//! A product whose tables must always agree, and the processes that work on it.

use std::{
    collections::BTreeSet,
    fmt::Write,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

const DESCRIPTOR: &str = "\
apiVersion: v1.1.0
kind: DataProduct
id: NAME
name: The NAME
version: 1.0.0
status: active
inputPorts:
  - {name: entries, version: 1.0.0, contractId: NAME.entries}
outputPorts:
  - {name: debits, version: 1.0.0, contractId: NAME.debits}
  - {name: credits, version: 1.0.0, contractId: NAME.credits}
  - {name: totals, version: 1.0.0, contractId: NAME.totals}
team: {name: ledger-team}
";

const INPUT: &str = "\
apiVersion: v3.2.0
kind: DataContract
id: NAME.entries
version: 1.0.0
status: active
servers:
  - {server: files, type: local, path: data/entries.csv, format: csv}
schema:
  - name: rows
    properties:
      - {name: id, logicalType: integer, required: true}
      - {name: generation, logicalType: integer, required: true}
      - {name: amount, logicalType: integer, required: true, logicalTypeOptions: {minimum: 0}}
";

const OUTPUT: &str = "\
apiVersion: v3.2.0
kind: DataContract
id: NAME.TABLE
version: 1.0.0
status: active
schema:
  - name: TABLE
    properties:
      - {name: id, logicalType: integer, required: true, unique: true}
      - {name: generation, logicalType: integer, required: true}
      - {name: revision, logicalType: integer, required: true}
      - {name: amount, logicalType: integer, required: true, logicalTypeOptions: {minimum: 0}}
";

const ROWS: &str = "SELECT id, generation, CAST($revision AS BIGINT) AS revision, amount FROM input.entries";
const TOTALS: &str = "SELECT count(*) AS id, max(d.generation) AS generation, max(c.revision) AS revision, \
    sum(d.amount) AS amount FROM debits d JOIN credits c ON d.id = c.id";

/// What a release was made of: every table carries both numbers in every row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct State {
    /// Of the data.
    pub(crate) generation: u64,
    /// Of the models.
    pub(crate) revision: u64,
}

impl State {
    fn rows(self) -> u64 {
        90 + self.generation % 7
    }

    fn held_back(self) -> u64 {
        3 + self.generation % 3
    }
}

/// A bundle, its data and a home.
pub(crate) struct Ledger {
    folder: TempDir,
    pub(crate) name: &'static str,
    pub(crate) workspace: &'static str,
}

impl Ledger {
    /// Nothing is applied yet.
    pub(crate) fn new() -> Self {
        let ledger = Self { folder: tempfile::tempdir().unwrap(), name: "ledger", workspace: "dev" };
        ledger.bundle("ledger");
        ledger.put(State { generation: 1, revision: 1 });
        ledger
    }

    /// One release.
    pub(crate) fn applied() -> (Self, State) {
        let ledger = Self::new();
        succeeded(&ledger.output(&["apply", "--yes", "ledger"]));
        let state = ledger.look();
        assert_eq!(state, State { generation: 1, revision: 1 });
        (ledger, state)
    }

    /// Writes a bundle without data.
    pub(crate) fn bundle(&self, name: &str) {
        self.write(&format!("{name}/product.odps.yaml"), &DESCRIPTOR.replace("NAME", name));
        self.write(&format!("{name}/contracts/entries.odcs.yaml"), &INPUT.replace("NAME", name));
        for (table, model) in [("debits", ROWS), ("credits", ROWS), ("totals", TOTALS)] {
            let contract = OUTPUT.replace("NAME", name).replace("TABLE", table);
            self.write(&format!("{name}/contracts/{table}.odcs.yaml"), &contract);
            self.write(&format!("{name}/models/{table}.sql"), model);
        }
    }

    /// Makes data and models what this state's release is made of.
    pub(crate) fn put(&self, state: State) {
        self.put_into("ledger", state);
    }

    pub(crate) fn put_into(&self, name: &str, state: State) {
        let mut rows = "id,generation,amount\n".to_owned();
        for id in 0..state.rows() + state.held_back() {
            let amount = if id < state.held_back() { "-1".to_owned() } else { id.to_string() };
            writeln!(rows, "{id},{},{amount}", state.generation).unwrap();
        }
        self.write(&format!("{name}/data/entries.csv"), &rows);
        let settings = format!(
            "apiVersion: outport/v1\ninputs: {{entries: {{onViolation: quarantine}}}}\nparameters: {{revision: {}}}\n",
            state.revision
        );
        self.write(&format!("{name}/outport.yaml"), &settings);
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// The same home in another workspace.
    pub(crate) fn command_in(&self, workspace: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_outport"));
        command.current_dir(self.folder.path()).args(["--home", "home", "--workspace", workspace]).args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.env_remove("OUTPORT_FAILPOINT").env("OUTPORT_LOG", "off");
        command
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        self.command_in(self.workspace, arguments)
    }

    pub(crate) fn output(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// What a command wrote for machines.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let output = self.output(&[arguments, &["--output", "json"]].concat());
        succeeded(&output);
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// What another process sees; panics where the tables do not agree.
    pub(crate) fn look(&self) -> State {
        self.look_in(self.workspace)
    }

    pub(crate) fn look_in(&self, workspace: &str) -> State {
        let each = ["debits", "credits", "totals"].map(|table| {
            format!(
                "SELECT '{table}' AS name, count(*) AS n, min(generation) AS g, max(generation) AS h, \
                min(revision) AS r, max(revision) AS s, max(id) AS id FROM {}.{table}",
                self.name
            )
        });
        let held_back = format!(
            "SELECT 'quarantine' AS name, count(*) AS n, min(generation) AS g, max(generation) AS h, \
            NULL AS r, NULL AS s, max(id) AS id FROM {}.entries_quarantine",
            self.name
        );
        let query = format!("{} UNION ALL {held_back}", each.join(" UNION ALL "));
        let output = self.command_in(workspace, &["query", "--format", "json", &query]).output().unwrap();
        succeeded(&output);
        let rows: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
        agreed(&rows)
    }

    /// The runs on record, newest first: what `get` shows.
    pub(crate) fn runs(&self) -> Vec<Value> {
        self.json(&["get", self.name])["runs"].as_array().unwrap().clone()
    }

    /// Files of the warehouse that no version of a table has.
    pub(crate) fn leftovers(&self) -> BTreeSet<PathBuf> {
        let files = files(&self.path("home/warehouse"));
        let is_log = |file: &&PathBuf| file.extension().is_some_and(|end| end == "json");
        let mut known = BTreeSet::new();
        for log in files.iter().filter(is_log) {
            let table = log.parent().unwrap().parent().unwrap();
            for line in std::fs::read_to_string(log).unwrap().lines() {
                let action: Value = serde_json::from_str(line).unwrap();
                known.extend(action["add"]["path"].as_str().map(|path| table.join(path)));
            }
        }
        let is_expected = |file: &PathBuf| {
            let name = file.file_name().unwrap().to_str().unwrap();
            let of_the_log = file.parent().unwrap().ends_with("_delta_log");
            let is_lock = file.components().any(|part| part.as_os_str() == ".locks");
            is_lock
                || known.contains(file)
                || (of_the_log && !name.contains('#') && file.extension().is_none_or(|end| end != "tmp"))
        };
        files.into_iter().filter(|file| !is_expected(file)).collect()
    }

    /// Paths of the stored tables, relative to the warehouse.
    pub(crate) fn stored_tables(&self) -> BTreeSet<String> {
        let warehouse = self.path("home/warehouse");
        let logs = files(&warehouse).into_iter().filter(|file| file.parent().unwrap().ends_with("_delta_log"));
        let table = |log: PathBuf| log.parent()?.parent()?.strip_prefix(&warehouse).ok()?.to_str().map(str::to_owned);
        logs.filter_map(table).collect()
    }

    /// Starts a command that is held at a point.
    pub(crate) fn hold(&self, workspace: &str, point: &str, arguments: &[&str]) -> Held {
        let go_on = self.path(&format!("{workspace}-{point}"));
        let asked = format!("{point}@{}", go_on.display());
        let mut child = self.command_in(workspace, arguments).env("OUTPORT_FAILPOINT", asked).spawn().unwrap();
        let reached = PathBuf::from(format!("{}.reached", go_on.display()));
        wait_for(|| reached.exists() || child.try_wait().unwrap().is_some());
        let ended = child.try_wait().unwrap();
        assert!(ended.is_none(), "ended before `{point}`: {}", said(&child.wait_with_output().unwrap()));
        Held { child, go_on }
    }
}

/// A process that waits at a point.
pub(crate) struct Held {
    child: Child,
    go_on: PathBuf,
}

impl Held {
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Lets it go on to its end.
    pub(crate) fn finish(self) -> Output {
        std::fs::write(&self.go_on, "").unwrap();
        self.child.wait_with_output().unwrap()
    }

    /// Lets it go on once it has said something on standard error.
    pub(crate) fn finish_once_it_says(mut self, text: &str) -> Output {
        let mut errors = BufReader::new(self.child.stderr.take().unwrap());
        let mut before = String::new();
        while !before.contains(text) {
            assert!(errors.read_line(&mut before).unwrap() > 0, "it never said `{text}`: {before}");
        }
        std::fs::write(&self.go_on, "").unwrap();
        errors.read_to_string(&mut before).unwrap();
        let output = self.child.wait_with_output().unwrap();
        Output { stderr: before.into_bytes(), ..output }
    }

    /// Lets it go on, without waiting for it.
    pub(crate) fn go_on(&self) {
        std::fs::write(&self.go_on, "").unwrap();
    }

    /// Whether it ends by itself in this time.
    pub(crate) fn ends_within(&mut self, time: Duration) -> bool {
        let begin = Instant::now();
        while begin.elapsed() < time {
            if self.child.try_wait().unwrap().is_some() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        false
    }

    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Ends a process as Ctrl-C does.
pub(crate) fn interrupt(process: u32) {
    let status = Command::new("sh").args(["-c", &format!("kill -INT {process}")]).status().unwrap();
    assert!(status.success());
}

/// Waits until something that another process does has happened.
pub(crate) fn wait_for(mut happened: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !happened() {
        assert!(begin.elapsed() < Duration::from_mins(1), "it never happened");
        std::thread::sleep(Duration::from_millis(1));
    }
}

pub(crate) fn succeeded(output: &Output) {
    assert!(output.status.success(), "{}", said(output));
}

/// Everything that a process said.
pub(crate) fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

pub(crate) fn was_killed(status: ExitStatus) -> bool {
    std::os::unix::process::ExitStatusExt::signal(&status).is_some()
}

fn agreed(rows: &[Value]) -> State {
    let row = |name: &str| rows.iter().find(|row| row["name"] == name).unwrap();
    let number = |name: &str, column: &str| row(name)[column].as_u64().unwrap_or_else(|| panic!("{rows:?}"));
    let state = State { generation: number("debits", "g"), revision: number("debits", "r") };
    for table in ["debits", "credits", "totals"] {
        let found = ["g", "h", "r", "s"].map(|column| number(table, column));
        assert_eq!(found, [state.generation, state.generation, state.revision, state.revision], "{rows:?}");
    }
    assert_eq!([number("quarantine", "g"), number("quarantine", "h")], [state.generation; 2], "{rows:?}");
    let counts = [number("debits", "n"), number("credits", "n"), number("totals", "id"), number("quarantine", "n")];
    assert_eq!(counts, [state.rows(), state.rows(), state.rows(), state.held_back()], "{rows:?}");
    state
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut found = Vec::new();
    for entry in entries.map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found
}
