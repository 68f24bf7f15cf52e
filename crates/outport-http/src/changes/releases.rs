//! The releases of a product as events.
//!
//! The id of an event is the number of the release. Who has never been there is told of the current release first.

use std::{collections::VecDeque, convert::Infallible, sync::Arc};

use axum::{
    extract::{Path, State},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use chrono::{DateTime, Utc};
use futures::Stream;
use http::HeaderMap;
use outport_app::gate::{Caller, GateError, Request};
use outport_model::{
    name::{ProductName, TableName},
    principal::Door,
    release::{ReleaseNumber, TableRole},
};
use serde_json::json;

use super::{LAST, PAUSE};
use crate::{identify::Visitor, problem::Problem, state::Doors};

pub(super) async fn changes(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    Path(product): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let caller = visitor.enter(&doors.gate, Door::Changes).await?;
    let last = last(&headers)?;
    let request = doors.gate.begin(&caller, format!("GET /v1/changes/{product}"));
    let id = request.id();
    let found = match doors.gate.view(&caller).await {
        Ok(view) => {
            let is_named = |name: &&ProductName| name.as_str() == product || name.sql() == product;
            let found = view.products.keys().find(is_named).cloned();
            found.ok_or_else(|| GateError::NotFound { what: "product", name: product.clone() })
        }
        Err(error) => Err(error),
    };
    let product = match found {
        Ok(product) => product,
        Err(error) => return Err(Problem::from(request.fail(error)).with_request(id)),
    };
    let watch = Watch { doors, caller, product, last, waiting: VecDeque::new(), request: Some(request) };
    Ok(Sse::new(watch.events()).keep_alive(KeepAlive::default()).into_response())
}

fn last(headers: &HeaderMap) -> Result<Option<ReleaseNumber>, Problem> {
    let Some(value) = headers.get(LAST) else { return Ok(None) };
    let number = value.to_str().ok().and_then(|text| text.trim().parse().ok());
    number.map(|number| Some(ReleaseNumber(number))).ok_or_else(|| {
        Problem::bad_request("`Last-Event-ID` is not the number of a release")
            .with_help("leave it out to begin with now")
    })
}

/// One client that watches one product.
struct Watch {
    doors: Arc<Doors>,
    caller: Caller,
    product: ProductName,
    /// The last release that the client has been told of.
    last: Option<ReleaseNumber>,
    /// What the client is to be told next.
    waiting: VecDeque<Told>,
    /// Gone once it is on record.
    request: Option<Request>,
}

/// What a client is told.
enum Told {
    Release {
        number: ReleaseNumber,
        published_at: Option<DateTime<Utc>>,
        /// Whether an earlier release was made current again.
        back: bool,
        tables: Vec<TableName>,
    },
    /// Nothing more comes.
    End(Problem),
}

impl Watch {
    fn events(self) -> impl Stream<Item = Result<Event, Infallible>> + Send {
        futures::stream::unfold(self, |mut watch| async move {
            let told = watch.next().await?;
            let event = watch.event(told);
            Some((Ok(event), watch))
        })
    }

    /// What the client is told next, as soon as there is something; nothing after the end.
    async fn next(&mut self) -> Option<Told> {
        loop {
            self.request.as_ref()?;
            if let Some(told) = self.waiting.pop_front() {
                return Some(told);
            }
            match self.look().await {
                Ok(()) if self.waiting.is_empty() => tokio::select! {
                    biased;
                    () = self.doors.options.stopping.cancelled() => {
                        self.request.take()?.answered();
                        return Some(Told::End(Problem::unavailable()));
                    }
                    () = tokio::time::sleep(PAUSE) => {}
                },
                Ok(()) => {}
                Err(error) => {
                    let request = self.request.take()?;
                    let id = request.id();
                    return Some(Told::End(Problem::from(request.fail(error)).with_request(id)));
                }
            }
        }
    }

    async fn look(&mut self) -> Result<(), GateError> {
        let gate = &self.doors.gate;
        let view = gate.view(&self.caller).await?;
        let missing = || GateError::NotFound { what: "product", name: self.product.to_string() };
        let visible = view.products.get(&self.product).ok_or_else(missing)?;
        let current = visible.release;
        if self.last == Some(current) {
            return Ok(());
        }
        let kept = gate.releases(&self.caller, &self.product).await?;
        let outputs = visible.tables.iter().filter(|(_, table)| table.released.role == TableRole::Output);
        let tables: Vec<TableName> = outputs.map(|(name, _)| name.clone()).collect();
        let at = |number| kept.iter().find(|(kept, _)| *kept == number).map(|(_, at)| *at);
        let release = |number, back| Told::Release { number, published_at: at(number), back, tables: tables.clone() };
        match self.last {
            Some(last) if last < current => {
                let missed =
                    kept.iter().map(|(number, _)| *number).filter(|number| last < *number && *number < current);
                self.waiting.extend(missed.map(|number| release(number, false)));
                self.waiting.push_back(release(current, false));
            }
            Some(_) => self.waiting.push_back(release(current, true)),
            None => self.waiting.push_back(release(current, false)),
        }
        self.last = Some(current);
        Ok(())
    }

    fn event(&self, told: Told) -> Event {
        match told {
            Told::Release { number, published_at, back, tables } => {
                let data = json!({
                    "product": self.product,
                    "release": number,
                    "publishedAt": published_at,
                    "tables": tables,
                });
                let name = if back { "rollback" } else { "release" };
                Event::default().event(name).id(number.to_string()).data(data.to_string())
            }
            Told::End(problem) => Event::default().event("end").data(problem.document().to_string()),
        }
    }
}
