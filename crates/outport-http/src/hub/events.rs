//! What happens, as it does: `GET /v1/events`.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    extract::State,
    response::{Response, sse::Event},
};
use outport_app::gate::{Caller, GateError, Happening, Watch};
use outport_model::{
    audit::RequestId,
    name::ProductName,
    principal::{Door, PrincipalId},
};
use serde::Serialize;

use crate::{
    changes::watch::{self, End, Teller, Watched},
    identify::Visitor,
    problem::Problem,
    state::Doors,
};

/// Streams of everyone at once.
const MOST: usize = 256;

/// Streams of one principal at once: pages that they have open.
const EACH: usize = 16;

/// The streams under way, by whose they are.
#[derive(Debug, Default)]
pub(crate) struct Streams(Mutex<BTreeMap<PrincipalId, usize>>);

impl Streams {
    /// A place for one more, where there is one.
    fn enter(self: &Arc<Self>, principal: &PrincipalId) -> Option<Place> {
        let mut underway = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if underway.values().sum::<usize>() >= MOST || underway.get(principal).is_some_and(|own| *own >= EACH) {
            return None;
        }
        *underway.entry(principal.clone()).or_default() += 1;
        Some(Place { streams: Arc::clone(self), principal: principal.clone() })
    }
}

/// The place of one stream, for as long as it lives.
#[derive(Debug)]
struct Place {
    streams: Arc<Streams>,
    principal: PrincipalId,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut underway = self.streams.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = underway.get_mut(&self.principal) {
            *own -= 1;
            if *own == 0 {
                underway.remove(&self.principal);
            }
        }
    }
}

/// Something that happened, as it is sent.
#[derive(Debug, Serialize)]
struct Told<'a> {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    product: Option<&'a ProductName>,
    id: String,
}

impl<'a> From<&'a Happening> for Told<'a> {
    fn from(happening: &'a Happening) -> Self {
        let (kind, product, id) = match happening {
            Happening::Release { product, release } => ("release", Some(product), release.to_string()),
            Happening::Run { product, run } => ("run", Some(product), run.to_string()),
            Happening::Agreement { product, agreement } => ("agreement", Some(product), agreement.to_string()),
            Happening::Feedback { product, feedback } => ("feedback", Some(product), feedback.to_string()),
            Happening::Question { question, .. } => ("question", None, question.to_string()),
        };
        Self { kind, product, id }
    }
}

/// Tells a caller what happens from now on, of what they may know.
pub(super) async fn events(State(doors): State<Arc<Doors>>, visitor: Visitor) -> Result<Response, Problem> {
    let caller = visitor.enter(&doors.gate, Door::Management).await?;
    let inquiry = doors.inquire(caller.clone(), "GET /v1/events".to_owned());
    let Some(place) = doors.streams.enter(&caller.principal.id) else {
        let problem = Problem::busy("too much of yours is under way");
        return Err(inquiry.reject(problem.with_help("close pages of the hub that you do not need")));
    };
    let watch = match doors.gate.watch().await {
        Ok(watch) => watch,
        Err(error) => return Err(inquiry.refuse(error)),
    };
    let tasks = doors.tasks.states();
    let looker = Looker { doors: Arc::clone(&doors), caller, watch, tasks, _place: place };
    Ok(watch::begin(&doors, inquiry.into_request(), looker))
}

/// Who looks on.
struct Looker {
    doors: Arc<Doors>,
    caller: Caller,
    watch: Watch,
    /// The tasks that there were, and whether they had ended.
    tasks: BTreeMap<RequestId, (PrincipalId, bool)>,
    _place: Place,
}

impl Watched for Looker {
    async fn look(&mut self, teller: &Teller) -> Result<(), End> {
        let gate = &self.doors.gate;
        // Also where nothing happens: a session that has ended is told nothing more, and not kept waiting for it.
        gate.still_known(&self.caller).await.map_err(End::Over)?;
        for happening in gate.happened(&mut self.watch).await.map_err(End::Over)? {
            if gate.may_know(&self.caller, &happening).await.map_err(End::Over)? {
                teller.tell(event(&Told::from(&happening))).await?;
            }
        }
        self.look_at_tasks(teller).await
    }
}

impl Looker {
    async fn look_at_tasks(&mut self, teller: &Teller) -> Result<(), End> {
        let now = self.doors.tasks.states();
        for (id, state) in now.iter().filter(|(id, state)| self.tasks.get(*id) != Some(*state)) {
            if state.0 == self.caller.principal.id || self.sees_everyones().await? {
                teller.tell(event(&Told { kind: "task", product: None, id: id.to_string() })).await?;
            }
        }
        self.tasks = now;
        Ok(())
    }

    async fn sees_everyones(&self) -> Result<bool, End> {
        match self.doors.gate.administrator(&self.caller, "see tasks of others").await {
            Ok(()) => Ok(true),
            Err(GateError::Forbidden { .. }) => Ok(false),
            Err(error) => Err(End::Over(error)),
        }
    }
}

fn event(told: &Told<'_>) -> Event {
    // It has nothing that cannot be written.
    Event::default().event(told.kind).data(serde_json::to_string(told).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_has_all_places() {
        let streams = Arc::new(Streams::default());
        let name = |number: usize| -> PrincipalId { format!("user{number}").parse().unwrap() };
        let own: Vec<_> = (0..EACH).map(|_| streams.enter(&name(0)).unwrap()).collect();
        assert!(streams.enter(&name(0)).is_none());
        let others: Vec<_> = (EACH..MOST).map(|number| streams.enter(&name(number)).unwrap()).collect();
        assert!(streams.enter(&name(1)).is_none());
        drop(own);
        assert!(streams.enter(&name(1)).is_some());
        drop(others);
        assert!(streams.0.lock().unwrap().is_empty(), "nothing is kept of whoever has gone");
    }
}
