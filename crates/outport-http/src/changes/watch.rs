//! Streams of events: whoever listens is told of what is new, for as long as they may know of it.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::response::{
    IntoResponse, Response,
    sse::{Event, KeepAlive, Sse},
};
use outport_app::gate::{GateError, Request};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{problem::Problem, state::Doors};

/// How long a stream waits before it looks again.
const PAUSE: Duration = Duration::from_secs(1);

/// Events that wait for the client.
const WAITING: usize = 64;

/// Why a client is told no more.
pub(crate) enum End {
    /// It has gone.
    Gone,
    /// They may not know of it any more.
    Over(GateError),
    /// A look failed, which is on record by itself.
    Failed(Problem),
}

impl From<Problem> for End {
    fn from(problem: Problem) -> Self {
        Self::Failed(problem)
    }
}

/// Tells one client.
pub(crate) struct Teller(mpsc::Sender<Event>);

impl Teller {
    /// Tells it something, once it has taken enough of what was told before.
    pub(crate) async fn tell(&self, event: Event) -> Result<(), End> {
        self.0.send(event).await.map_err(|_| End::Gone)
    }
}

/// What a client is told of.
pub(crate) trait Watched: Send + 'static {
    /// Looks once, and tells what is new.
    fn look(&mut self, teller: &Teller) -> impl Future<Output = Result<(), End>> + Send;
}

/// The answer that tells a client of something. `request` is that of the whole stream.
pub(crate) fn begin(doors: &Arc<Doors>, request: Request, watched: impl Watched) -> Response {
    let (sender, receiver) = mpsc::channel(WAITING);
    tokio::spawn(run(watched, Teller(sender), request, doors.options.stopping.clone()));
    let events = futures::stream::unfold(receiver, |mut receiver| async move {
        let event = receiver.recv().await?;
        Some((Ok::<_, Infallible>(event), receiver))
    });
    Sse::new(events).keep_alive(KeepAlive::default()).into_response()
}

async fn run(mut watched: impl Watched, teller: Teller, request: Request, stopping: CancellationToken) {
    let end = loop {
        if let Err(end) = watched.look(&teller).await {
            break end;
        }
        tokio::select! {
            biased;
            () = teller.0.closed() => break End::Gone,
            () = stopping.cancelled() => break End::Failed(Problem::unavailable()),
            () = tokio::time::sleep(PAUSE) => {}
        }
    };
    let problem = match end {
        End::Gone => return,
        End::Over(error) => {
            let id = request.id();
            Problem::from(request.fail(error)).with_request(id)
        }
        End::Failed(problem) => {
            request.answered();
            problem
        }
    };
    // Whoever has gone need not be told.
    let _ = teller.tell(Event::default().event("end").data(problem.document().to_string())).await;
}
