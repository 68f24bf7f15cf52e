//! Applies and runs on a server, followed to their end.
//!
//! The server goes on with them whatever becomes of whoever follows: a connection that breaks is made again, and goes
//! on after the last event. Ctrl-C tells the server to stop.

use std::{sync::Arc, time::Duration};

use outport_app::{ApplyReport, Consent, RunReport, event::Observer};
use outport_model::{diagnostic::Diagnostic, fingerprint::Fingerprint, name::ProductName, plan::Plan};
use reqwest::{Method, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{Change, Server, problem};
use crate::failure::Failure;

/// How often a connection that breaks is made again before anything new is heard.
const ATTEMPTS: u32 = 5;

/// How long to wait before that, the first time; the next times longer.
const PAUSE: Duration = Duration::from_millis(500);

/// A server that says nothing for so long has gone: it sends something every few seconds.
const SILENCE: Duration = Duration::from_mins(1);

/// What would change on a server.
#[derive(Debug, Deserialize)]
pub(crate) struct PlanDocument {
    pub(crate) plan: Plan,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) warnings: Vec<Diagnostic>,
}

#[derive(Debug, Deserialize)]
struct Task {
    id: String,
    result: Option<Value>,
    problem: Option<problem::Problem>,
}

#[derive(Debug, Deserialize)]
struct RunsReport {
    runs: Vec<RunReport>,
}

impl Server {
    /// What would change.
    pub(crate) async fn plan(&self, change: &Change) -> Result<PlanDocument, Failure> {
        self.post(&["plans"], &json!(change)).await
    }

    /// Changes what the plan said, and nothing else.
    pub(crate) async fn apply(
        &self,
        change: &Change,
        fingerprint: &Fingerprint,
        consent: Consent,
        observer: Arc<dyn Observer>,
        cancel: CancellationToken,
    ) -> Result<ApplyReport, Failure> {
        let force = consent == Consent::Force;
        let order = json!({"change": change, "fingerprint": fingerprint, "force": force});
        let task = self.post(&["applies"], &order).await?;
        let result = self.follow(task, observer.as_ref(), &cancel).await?;
        serde_json::from_value(result).map_err(|error| self.strange(&error))
    }

    /// Runs products; all of the workspace where none is named.
    pub(crate) async fn run(
        &self,
        products: &[ProductName],
        observer: Arc<dyn Observer>,
        cancel: CancellationToken,
    ) -> Result<Vec<RunReport>, Failure> {
        let task = self.post(&["runs"], &json!({"products": products})).await?;
        let result = self.follow(task, observer.as_ref(), &cancel).await?;
        let report: RunsReport = serde_json::from_value(result).map_err(|error| self.strange(&error))?;
        Ok(report.runs)
    }

    /// Tells of a task until it has ended; gives what it gave.
    async fn follow(&self, task: Task, observer: &dyn Observer, cancel: &CancellationToken) -> Result<Value, Failure> {
        let mut following = Following { server: self, id: task.id, heard: 0, told_to_stop: false };
        let mut attempts = 0;
        loop {
            let before = following.heard;
            let failure = match following.listen(observer, cancel).await {
                Ok(Task { problem: Some(problem), .. }) => return Err(problem::failure(problem)),
                Ok(Task { result, .. }) => return Ok(result.unwrap_or_default()),
                Err(failure @ Failure::Unreachable { .. }) => failure,
                Err(failure) => return Err(failure),
            };
            attempts = if following.heard > before { 1 } else { attempts + 1 };
            if attempts > ATTEMPTS {
                return Err(failure);
            }
            tokio::time::sleep(PAUSE * attempts).await;
        }
    }
}

/// A task that is followed.
struct Following<'a> {
    server: &'a Server,
    id: String,
    /// The number of the last event.
    heard: u64,
    told_to_stop: bool,
}

impl Following<'_> {
    /// Tells of events until the task ends or the connection breaks.
    async fn listen(&mut self, observer: &dyn Observer, cancel: &CancellationToken) -> Result<Task, Failure> {
        let request = self.server.request(Method::GET, &["tasks", &self.id, "events"]);
        let mut response = self.server.send(request.header("Last-Event-ID", self.heard)).await?;
        let mut events = Events::default();
        loop {
            let piece = tokio::select! {
                piece = next(&mut response) => piece,
                () = cancel.cancelled(), if !self.told_to_stop => {
                    self.told_to_stop = true;
                    self.server.send(self.server.request(Method::DELETE, &["tasks", &self.id])).await?;
                    continue;
                }
            };
            let piece = match piece {
                Ok(Some(piece)) => piece,
                Ok(None) => return Err(self.cut_off(None)),
                Err(error) => return Err(self.cut_off(error)),
            };
            for event in events.push(&piece) {
                if event.name == "end" {
                    return serde_json::from_str(&event.data).map_err(|error| self.server.strange(&error));
                }
                let step = serde_json::from_str(&event.data).map_err(|error| self.server.strange(&error))?;
                observer.event(&step);
                self.heard = event.id;
            }
        }
    }

    fn cut_off(&self, error: Option<reqwest::Error>) -> Failure {
        match error {
            Some(error) => self.server.broken(error),
            None => Failure::Unreachable {
                server: format!("task {}", self.id),
                source: "the connection ended before the task did".into(),
            },
        }
    }
}

/// The next piece of an answer; an error without a cause where none comes.
async fn next(response: &mut Response) -> Result<Option<Vec<u8>>, Option<reqwest::Error>> {
    match tokio::time::timeout(SILENCE, response.chunk()).await {
        Ok(Ok(piece)) => Ok(piece.map(|piece| piece.to_vec())),
        Ok(Err(error)) => Err(Some(error)),
        Err(_) => Err(None),
    }
}

/// A server-sent event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Sent {
    name: String,
    id: u64,
    data: String,
}

/// Makes events of the pieces of a stream of them.
#[derive(Debug, Default)]
struct Events {
    bytes: Vec<u8>,
    event: Sent,
}

impl Events {
    /// The events that this piece ends.
    fn push(&mut self, piece: &[u8]) -> Vec<Sent> {
        self.bytes.extend_from_slice(piece);
        let mut ended = Vec::new();
        while let Some(end) = self.bytes.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.bytes.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            match line.trim_end_matches(['\n', '\r']).split_once(':') {
                // A comment keeps the connection alive.
                Some(("", _)) => {}
                Some((field, value)) => self.field(field, value.strip_prefix(' ').unwrap_or(value)),
                None if self.event.data.is_empty() => self.event = Sent::default(),
                None => ended.push(std::mem::take(&mut self.event)),
            }
        }
        ended
    }

    fn field(&mut self, name: &str, value: &str) {
        match name {
            "event" => value.clone_into(&mut self.event.name),
            "data" => self.event.data.push_str(value),
            "id" => self.event.id = value.parse().unwrap_or_default(),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_in_whatever_pieces() {
        let stream =
            b": alive\n\nevent: progress\nid: 1\ndata: {\"a\":\"\xc3\xa9\"}\n\nevent: end\r\nid: 2\r\ndata: {}\r\n\r\n";
        let expected = [
            Sent { name: "progress".to_owned(), id: 1, data: "{\"a\":\"é\"}".to_owned() },
            Sent { name: "end".to_owned(), id: 2, data: "{}".to_owned() },
        ];
        for size in 1..=stream.len() {
            let mut events = Events::default();
            let found: Vec<_> = stream.chunks(size).flat_map(|piece| events.push(piece)).collect();
            assert_eq!(found, expected, "in pieces of {size}");
        }
    }
}
