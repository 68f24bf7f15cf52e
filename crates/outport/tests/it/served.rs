//! A home with `outport serve` in front of it.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::place::Place;

/// A server that is stopped when the test ends.
pub(crate) struct Served {
    child: Child,
    /// Where it listens: `http`, `hub`, `postgres`, `flight`.
    addresses: Value,
}

impl Served {
    /// Opens every door of a home on free ports.
    #[track_caller]
    pub(crate) fn open(place: &Place) -> Self {
        Self::open_with(place, &[])
    }

    /// The same, with more arguments.
    #[track_caller]
    pub(crate) fn open_with(place: &Place, more: &[&str]) -> Self {
        let free = "127.0.0.1:0";
        let mut command = serve(place);
        command.args(["--http", free, "--postgres", free, "--flight", free]).args(more);
        Self::start(&mut command)
    }

    /// A server by this command, once its doors are open.
    #[track_caller]
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let addresses = serde_json::from_str(&line).unwrap_or_else(|error| panic!("`{line}`: {error}"));
        Self { child, addresses }
    }

    /// Sends a signal: `INT`, `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }

    /// Waits until it has ended, and gives its exit code.
    #[track_caller]
    pub(crate) fn ended(&mut self) -> Option<i32> {
        let end = Instant::now() + Duration::from_mins(1);
        while Instant::now() < end {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("the server does not end");
    }

    /// The address of HTTP, with its scheme.
    pub(crate) fn http(&self) -> &str {
        self.addresses["http"].as_str().unwrap()
    }

    /// The address of the hub, where there is one.
    pub(crate) fn hub(&self) -> Option<&str> {
        self.addresses["hub"].as_str()
    }

    /// Host and port of another door.
    pub(crate) fn address(&self, door: &str) -> (&str, &str) {
        self.addresses[door].as_str().unwrap().rsplit_once(':').unwrap()
    }

    /// The answer to a request by `curl`: status and body.
    #[track_caller]
    pub(crate) fn curl(&self, path: &str, token: Option<&str>, more: &[&str]) -> (u16, String) {
        let mut command = Command::new("curl");
        command.args(["--silent", "--show-error", "--max-time", "60", "--write-out", "\n%{http_code}"]);
        if token.is_some() {
            // By standard input, so that it is in no list of processes.
            command.args(["--config", "-"]);
            command.stdin(Stdio::piped());
        }
        command.args(more).arg(format!("{}{path}", self.http()));
        let mut child = command.stdout(Stdio::piped()).spawn().expect("`curl` is installed");
        if let Some(token) = token {
            let mut input = child.stdin.take().unwrap();
            writeln!(input, "header = \"Authorization: Bearer {token}\"").unwrap();
        }
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "curl {path}: {:?}", output.status);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let (body, status) = text.rsplit_once('\n').unwrap();
        (status.parse().unwrap(), body.to_owned())
    }

    /// The rows of a query over HTTP.
    #[track_caller]
    pub(crate) fn sql(&self, token: &str, sql: &str) -> Value {
        let (status, body) = self.post_sql(token, sql);
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).unwrap_or_else(|error| panic!("{body}: {error}"))
    }

    /// A query over HTTP, whatever comes of it.
    #[track_caller]
    pub(crate) fn post_sql(&self, token: &str, sql: &str) -> (u16, String) {
        let body = serde_json::json!({"sql": sql}).to_string();
        self.curl("/v1/sql", Some(token), &["--header", "Content-Type: application/json", "--data", &body])
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(Some(_))) {
            return;
        }
        let _ = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
        let _ = self.child.wait();
    }
}

/// The command that serves a home.
pub(crate) fn serve(place: &Place) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_outport"));
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("OUTPORT_HOME", place.path("home")).env("OUTPORT_THREADS", "2").current_dir(place.path(""));
    command.args(["serve", "--output", "json"]).stderr(Stdio::inherit());
    command
}

/// A new API token of a user.
#[track_caller]
pub(crate) fn token(place: &Place, user: &str) -> String {
    let made = place.run(&["token", "create", "--user", user, "--output", "json"]).succeeded().json();
    made["secret"].as_str().unwrap().to_owned()
}
