//! Applies and runs: work that goes on when the request that began it has been answered.
//!
//! A task is known by the id of that request, to whoever began it and to administrators, until the server ends or a
//! hundred more have ended. What it did is on record all the same: in the history of the products.
//!
//! A client that goes away leaves a task as it is; whoever wants it stopped says so.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    extract::State,
    response::{
        IntoResponse, Response,
        sse::{self, KeepAlive, Sse},
    },
};
use chrono::{DateTime, Utc};
use futures::{Stream, future::BoxFuture};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use outport_app::{
    event::{Event, Observer},
    gate::{Caller, GateError, OperateError},
};
use outport_model::{audit::RequestId, fingerprint::Fingerprint, principal::PrincipalId, run::RunState};
use serde::Serialize;
use serde_json::Value;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::{enter, failure, reply};
use crate::{identify::Visitor, problem::Problem, query::Inquiry, state::Doors, unread::Path};

/// How many tasks that have ended are remembered.
const KEPT: usize = 100;

/// The header with the id of the last event that the client has.
const LAST: HeaderName = HeaderName::from_static("last-event-id");

/// What a task is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// Applies a plan.
    Apply {
        /// The plan.
        fingerprint: Fingerprint,
        /// Whether also what others read is removed.
        force: bool,
    },
    /// Runs products.
    Run,
}

impl Kind {
    const fn as_str(&self) -> &'static str {
        match self {
            Self::Apply { .. } => "apply",
            Self::Run => "run",
        }
    }
}

/// How far a task has come.
#[derive(Debug, Default)]
struct Progress {
    events: Vec<Event>,
    end: Option<End>,
}

/// How a task ended.
#[derive(Debug)]
struct End {
    at: DateTime<Utc>,
    /// Whether something was left undone because it was told to stop.
    stopped: bool,
    /// What it gave, or the document of the problem.
    outcome: Result<Value, Value>,
}

/// An apply or a run.
#[derive(Debug)]
pub(super) struct Task {
    id: RequestId,
    kind: Kind,
    by: PrincipalId,
    began: DateTime<Utc>,
    progress: watch::Sender<Progress>,
    cancel: CancellationToken,
}

/// A task as it is sent.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct TaskDocument {
    id: RequestId,
    kind: &'static str,
    state: &'static str,
    started_by: PrincipalId,
    started_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
    result: Option<Value>,
    problem: Option<Value>,
}

impl Observer for Task {
    fn event(&self, event: &Event) {
        self.progress.send_modify(|progress| progress.events.push(event.clone()));
    }
}

impl Task {
    fn has_ended(&self) -> bool {
        self.progress.borrow().end.is_some()
    }

    fn end(&self, at: DateTime<Utc>, outcome: Result<Value, Problem>) {
        let outcome = outcome.map_err(|problem| problem.document());
        self.progress.send_modify(|progress| {
            // A run is cancelled also where another process has taken its product over.
            let stopped = self.cancel.is_cancelled() && progress.events.iter().any(left_undone);
            progress.end = Some(End { at, stopped, outcome });
        });
    }

    fn document(&self) -> TaskDocument {
        self.document_at(&self.progress.borrow())
    }

    fn document_at(&self, progress: &Progress) -> TaskDocument {
        let (state, ended_at, result, problem) = match &progress.end {
            None => ("running", None, None, None),
            Some(End { at, stopped, outcome: Ok(result) }) => {
                (if *stopped { "stopped" } else { "done" }, Some(*at), Some(result.clone()), None)
            }
            Some(End { at, outcome: Err(problem), .. }) => ("failed", Some(*at), None, Some(problem.clone())),
        };
        TaskDocument {
            id: self.id,
            kind: self.kind.as_str(),
            state,
            started_by: self.by.clone(),
            started_at: self.began,
            ended_at,
            result,
            problem,
        }
    }
}

/// Whether something was left undone, which a stop that comes when everything has been published does not do.
fn left_undone(event: &Event) -> bool {
    matches!(event, Event::NotBegun { .. } | Event::RunEnded { state: RunState::Cancelled, .. })
}

/// The tasks that were begun here.
#[derive(Debug, Default)]
pub(crate) struct Tasks(Mutex<BTreeMap<RequestId, Arc<Task>>>);

/// The work of a task: what it tells of itself, and when it is to stop.
type Work = BoxFuture<'static, Result<Value, OperateError>>;

impl Tasks {
    /// What someone has begun of this kind and has not ended.
    pub(super) fn underway(&self, by: &PrincipalId, kind: &Kind) -> Option<Arc<Task>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.values().find(|task| task.by == *by && task.kind == *kind && !task.has_ended()).cloned()
    }

    /// Begins a task, and answers the request for it. The request is on record before the work begins.
    pub(super) fn begin(
        &self,
        doors: &Arc<Doors>,
        inquiry: Inquiry<'_>,
        caller: &Caller,
        kind: Kind,
        work: impl FnOnce(Arc<dyn Observer>, CancellationToken) -> Work,
    ) -> Result<Response, Problem> {
        let clock = Arc::clone(&doors.gate.app().clock);
        let task = Arc::new(Task {
            id: inquiry.id(),
            kind,
            by: caller.principal.id.clone(),
            began: clock.now(),
            progress: watch::Sender::default(),
            cancel: doors.options.stopping.child_token(),
        });
        if !self.add(&task, doors.gate.limits().concurrent) {
            let problem = Problem::busy("too much is under way");
            return Err(inquiry.reject(problem.with_help("wait until one of your tasks has ended, or stop it")));
        }
        let response = accepted(inquiry.answered(), &task);
        let traced = tracing::debug_span!("task", task = %task.id, kind = task.kind.as_str());
        // A task of its own, so that a panic ends the work and not what tells of its end.
        let working = tokio::spawn(work(task.clone(), task.cancel.clone()).instrument(traced));
        tokio::spawn(async move {
            let outcome = match working.await {
                Ok(outcome) => outcome.map_err(failure::of),
                Err(error) => {
                    tracing::error!(%error, task = %task.id, "a task ended early");
                    Err(Problem::internal())
                }
            };
            task.end(clock.now(), outcome);
        });
        Ok(response)
    }

    /// Adds a task, unless the same person has too many under way. The oldest that have ended are forgotten.
    fn add(&self, task: &Arc<Task>, most: usize) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.values().filter(|other| other.by == task.by && !other.has_ended()).count() >= most {
            return false;
        }
        let ended: Vec<_> = known.values().filter(|task| task.has_ended()).map(|task| task.id).collect();
        for id in ended.iter().take(ended.len().saturating_sub(KEPT - 1)) {
            known.remove(id);
        }
        known.insert(task.id, Arc::clone(task));
        true
    }

    /// Who began each of them, and whether it has ended.
    pub(crate) fn states(&self) -> BTreeMap<RequestId, (PrincipalId, bool)> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().map(|(id, task)| (*id, (task.by.clone(), task.has_ended()))).collect()
    }

    fn all(&self) -> Vec<Arc<Task>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).values().rev().cloned().collect()
    }
}

/// The answer to a request that began a task.
pub(super) fn accepted(id: RequestId, task: &Task) -> Response {
    let mut response = reply(id, StatusCode::ACCEPTED, &task.document());
    let place = HeaderValue::from_str(&format!("/v1/tasks/{}", task.id));
    response.headers_mut().extend(place.ok().map(|place| (header::LOCATION, place)));
    response
}

/// The tasks that the caller may see, newest first.
pub(super) async fn list(State(doors): State<Arc<Doors>>, visitor: Visitor) -> Result<Response, Problem> {
    let (caller, inquiry) = enter(&doors, visitor, "GET /v1/tasks".to_owned()).await?;
    let everyones = doors.gate.administrator(&caller, "see tasks of others").await.is_ok();
    let tasks = doors.tasks.all();
    let seen = tasks.iter().filter(|task| everyones || task.by == caller.principal.id);
    let documents: Vec<_> = seen.map(|task| task.document()).collect();
    Ok(reply(inquiry.answered(), StatusCode::OK, &documents))
}

/// One task.
pub(super) async fn one(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let (inquiry, task) = find(&doors, visitor, &id, "GET").await?;
    Ok(reply(inquiry.answered(), StatusCode::OK, &task.document()))
}

/// Tells a task to stop. What it has published stays; one that has published everything is done all the same.
pub(super) async fn stop(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let (inquiry, task) = find(&doors, visitor, &id, "DELETE").await?;
    task.cancel.cancel();
    Ok(reply(inquiry.answered(), StatusCode::ACCEPTED, &task.document()))
}

/// The events of a task from its beginning, or after the last that the client has; and its end.
pub(super) async fn events(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (inquiry, task) = find(&doors, visitor, &id, "GET events of").await?;
    let last = headers.get(LAST).map(|value| value.to_str().ok().and_then(|text| text.trim().parse().ok()));
    let Some(shown) = last.unwrap_or(Some(0)) else {
        let problem = Problem::bad_request("`Last-Event-ID` is not the number of an event");
        return Err(inquiry.reject(problem.with_help("leave it out to begin with the first")));
    };
    inquiry.answered();
    Ok(Sse::new(told(task, shown)).keep_alive(KeepAlive::default()).into_response())
}

fn told(task: Arc<Task>, shown: usize) -> impl Stream<Item = Result<sse::Event, Infallible>> + Send {
    let progress = task.progress.subscribe();
    futures::stream::unfold((task, progress, Some(shown)), |(task, mut progress, shown)| async move {
        let shown = shown?;
        loop {
            {
                let known = progress.borrow_and_update();
                let id = (shown + 1).to_string();
                if let Some(event) = known.events.get(shown) {
                    let data = serde_json::to_string(event).unwrap_or_default();
                    let event = sse::Event::default().event("progress").id(id).data(data);
                    drop(known);
                    return Some((Ok(event), (task, progress, Some(shown + 1))));
                }
                if known.end.is_some() {
                    let data = serde_json::to_string(&task.document_at(&known)).unwrap_or_default();
                    let event = sse::Event::default().event("end").id(id).data(data);
                    drop(known);
                    return Some((Ok(event), (task, progress, None)));
                }
            }
            // The task is held here, so that its end is not missed.
            progress.changed().await.ok()?;
        }
    })
}

/// A task that the caller may see.
async fn find<'a>(
    doors: &'a Doors,
    visitor: Visitor,
    id: &str,
    verb: &str,
) -> Result<(Inquiry<'a>, Arc<Task>), Problem> {
    let (caller, inquiry) = enter(doors, visitor, format!("{verb} /v1/tasks/{id}")).await?;
    let known = id.parse().map(RequestId::new).ok();
    let task = known.and_then(|id| doors.tasks.all().into_iter().find(|task| task.id == id));
    let own = task.as_ref().is_some_and(|task| task.by == caller.principal.id);
    match task {
        Some(task) if own || doors.gate.administrator(&caller, "see tasks of others").await.is_ok() => {
            Ok((inquiry, task))
        }
        _ => Err(inquiry.refuse(GateError::NotFound { what: "task", name: id.to_owned() })),
    }
}
