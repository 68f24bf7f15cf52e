//! The rows of a table that change from release to release.
//!
//! Whoever wants events (`Accept: text/event-stream`) is told of each row as soon as a release is published, for as long
//! as they listen; everybody else gets the changes since a release as rows, in any format that rows have, and with them
//! the position to ask from the next time.

use std::{fmt, ops::Range, str::FromStr, sync::Arc};

use axum::{
    extract::{Query, State, rejection::QueryRejection},
    response::{Response, sse::Event},
};
use http::{HeaderMap, HeaderName, HeaderValue, Uri, header};
use outport_app::gate::{Caller, GateError};
use outport_model::{principal::Door, release::ReleaseNumber};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    LAST,
    difference::{self, CHANGE, Comparison, Located},
    watch::{self, End, Teller, Watched},
};
use crate::{
    identify::Visitor,
    problem::Problem,
    query::Inquiry,
    rest,
    rows::{self, Format},
    state::Doors,
    unread::Path,
};

/// The header with the position to ask from the next time.
pub(crate) const POSITION: HeaderName = HeaderName::from_static("outport-position");

/// What is asked.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Asked {
    since: Option<String>,
    until: Option<u64>,
    format: Option<String>,
}

/// Up to where a client has the changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Position {
    /// All up to this release; zero is before the first one.
    At(ReleaseNumber),
    /// So many of those from one release to another.
    Within { from: ReleaseNumber, to: ReleaseNumber, done: usize },
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(release) => write!(f, "{release}"),
            Self::Within { from, to, done } => write!(f, "{from}-{to}.{done}"),
        }
    }
}

impl FromStr for Position {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let read = || {
            let Some((from, rest)) = text.split_once('-') else { return Some(Self::At(number(text)?)) };
            let (to, done) = rest.split_once('.')?;
            Some(Self::Within { from: number(from)?, to: number(to)?, done: done.parse().ok()? })
        };
        read().ok_or_else(|| {
            Problem::bad_request(format!("`{text}` is not a position in the changes"))
                .with_help("give the number of a release, 0 for all rows, or the id of the last event that you have")
        })
    }
}

fn number(text: &str) -> Option<ReleaseNumber> {
    text.parse().ok().map(ReleaseNumber)
}

pub(super) async fn changes(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    Path((product, table)): Path<(String, String)>,
    asked: Result<Query<Asked>, QueryRejection>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let caller = visitor.enter(&doors.gate, Door::Changes).await?;
    let said = format!("GET {uri}");
    let asked = asked
        .map_err(|error| Problem::bad_request(error.body_text()).with_help("there are `since`, `until` and `format`"));
    let Query(asked) = doors.understood(&caller, &*said, asked)?;
    // What a client has seen goes before where it began.
    let last = headers.get(LAST).map(|value| value.to_str().unwrap_or_default().trim());
    let position = last.or(asked.since.as_deref()).map(Position::from_str).transpose();
    let position = doors.understood(&caller, &*said, position)?;
    let inquiry = doors.inquire(caller.clone(), said);
    if asked.format.is_none() && wants_events(&headers) {
        if asked.until.is_some() {
            let problem = Problem::bad_request("events have no end");
            return Err(inquiry.reject(problem.with_help("leave out `until`, or ask for a format")));
        }
        let (inquiry, _) = located(inquiry, &product, &table).await?;
        let changes = Changes { doors: Arc::clone(&doors), caller, product, table, position };
        return Ok(watch::begin(&doors, inquiry.into_request(), changes));
    }
    let Some(position) = position else {
        return Err(inquiry.reject(Problem::bad_request("it is not said since when").with_help(
            "ask with `?since=<release>`; 0 gives all rows, and `Accept: text/event-stream` what comes from now on",
        )));
    };
    let (inquiry, located) = located(inquiry, &product, &table).await?;
    let format = match Format::wanted(asked.format.as_deref(), &headers) {
        Ok(format) => format,
        Err(problem) => return Err(inquiry.reject(problem)),
    };
    let (from, to, done) = match (position, asked.until) {
        (Position::At(from), None) => (from, located.current, 0),
        (Position::At(from), Some(until)) => (from, ReleaseNumber(until), 0),
        (Position::Within { from, to, done }, _) => (from, to, done),
    };
    let question = match Comparison::new(&doors.gate, &caller, &located).question(from..to, done).await {
        Ok(question) => question,
        Err(error) => return Err(inquiry.refuse(error)),
    };
    let mut response = inquiry.ask(question).await?.respond(format, doors.options.stall_time)?;
    response.headers_mut().insert(POSITION, HeaderValue::from(to.0));
    Ok(response)
}

/// Whether a client would rather have events than rows.
fn wants_events(headers: &HeaderMap) -> bool {
    let texts = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    texts.flat_map(|text| text.split(',')).any(|range| range.trim_start().starts_with("text/event-stream"))
}

/// The table that a caller named. One without a column that they see has no changes.
async fn located<'a>(inquiry: Inquiry<'a>, product: &str, table: &str) -> Result<(Inquiry<'a>, Located), Problem> {
    let (inquiry, shape) = rest::table(inquiry, product, table).await?;
    let (inquiry, view) = inquiry.view().await?;
    match view.products.get(&shape.product) {
        Some(visible) if !shape.columns.is_empty() => {
            let current = visible.release;
            Ok((inquiry, Located { shape, current }))
        }
        _ => Err(inquiry.refuse(GateError::NotFound { what: "table", name: format!("{product}.{table}") })),
    }
}

/// The changes of one table, as one client is told of them. Each look that reads rows is a request of its own.
struct Changes {
    doors: Arc<Doors>,
    caller: Caller,
    product: String,
    table: String,
    /// Up to where the client has been told; before the first look, where it wants to begin.
    position: Option<Position>,
}

impl Watched for Changes {
    async fn look(&mut self, teller: &Teller) -> Result<(), End> {
        let view = self.doors.gate.view(&self.caller).await.map_err(End::Over)?;
        let current = match rest::shape::find(&view, &self.product, &self.table) {
            rest::shape::Named::Visible(product, ..) => view.products.get(product).map(|visible| visible.release),
            _ => None,
        };
        let Some(current) = current else {
            let name = format!("{}.{}", self.product, self.table);
            return Err(End::Over(GateError::NotFound { what: "table", name }));
        };
        match self.position {
            None => self.settle(teller, current).await,
            Some(Position::At(release)) if release == current => Ok(()),
            Some(Position::At(release)) => self.tell(teller, release..current, 0).await,
            Some(Position::Within { from, to, done }) => self.tell(teller, from..to, done).await,
        }
    }
}

impl Changes {
    /// Tells of the changes from one release to another, and then that these were all.
    async fn tell(&mut self, teller: &Teller, releases: Range<ReleaseNumber>, done: usize) -> Result<(), End> {
        let Range { start: from, end: to } = releases;
        let said = format!("changes of {}.{} from {from} to {to}", self.product, self.table);
        let doors = Arc::clone(&self.doors);
        let (inquiry, located) = located(doors.inquire(self.caller.clone(), said), &self.product, &self.table).await?;
        let question = match Comparison::new(&doors.gate, &self.caller, &located).question(from..to, done).await {
            Ok(question) => question,
            Err(error) => return Err(inquiry.refuse(error).into()),
        };
        let mut begun = inquiry.ask(question).await?;
        let mut place = done;
        while let Some(batch) = begun.next().await? {
            let mut encoder = rows::encoder(Format::Ndjson, begun.schema())?;
            let body = rows::whole(encoder.as_mut(), &[batch])?;
            for line in body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                place += 1;
                let position = if difference::is_ordered(&located.shape) {
                    Position::Within { from, to, done: place }
                } else {
                    // The next time the order can be another one: then all of it is told again.
                    Position::At(from)
                };
                teller.tell(event(line, position)).await?;
            }
        }
        self.settle(teller, to).await
    }

    /// The client has everything up to a release.
    async fn settle(&mut self, teller: &Teller, release: ReleaseNumber) -> Result<(), End> {
        let position = Position::At(release);
        self.position = Some(position);
        let data = json!({ "product": self.product, "table": self.table, "release": release });
        teller.tell(Event::default().event("release").id(position.to_string()).data(data.to_string())).await
    }
}

/// A row as an event, named after what became of it.
fn event(line: &[u8], position: Position) -> Event {
    let mut row: Value = serde_json::from_slice(line).unwrap_or_default();
    let change = row.as_object_mut().and_then(|row| row.shift_remove(CHANGE));
    let change = change.as_ref().and_then(Value::as_str).unwrap_or("insert").to_owned();
    Event::default().event(change).id(position.to_string()).data(row.to_string())
}
