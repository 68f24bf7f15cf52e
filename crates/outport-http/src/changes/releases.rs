//! The releases of a product as events.
//!
//! The id of an event is the number of the release. Who has never been there is told of the current release first.

use std::sync::Arc;

use axum::{
    extract::State,
    response::{Response, sse::Event},
};
use http::HeaderMap;
use outport_app::gate::{Caller, GateError};
use outport_model::{
    name::{ProductName, TableName},
    principal::Door,
    release::{ReleaseNumber, TableRole},
};
use serde_json::json;

use super::{
    LAST,
    watch::{self, End, Teller, Watched},
};
use crate::{identify::Visitor, problem::Problem, state::Doors, unread::Path};

pub(super) async fn changes(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    Path(product): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let caller = visitor.enter(&doors.gate, Door::Changes).await?;
    let said = format!("GET /v1/changes/{product}");
    let last = doors.understood(&caller, &*said, last(&headers))?;
    let request = doors.gate.begin(&caller, said);
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
    let releases = Releases { doors: Arc::clone(&doors), caller, product, last };
    Ok(watch::begin(&doors, request, releases))
}

fn last(headers: &HeaderMap) -> Result<Option<ReleaseNumber>, Problem> {
    let Some(value) = headers.get(LAST) else { return Ok(None) };
    let number = value.to_str().ok().and_then(|text| text.trim().parse().ok());
    number.map(|number| Some(ReleaseNumber(number))).ok_or_else(|| {
        Problem::bad_request("`Last-Event-ID` is not the number of a release")
            .with_help("leave it out to begin with now")
    })
}

/// The releases of one product, as one client is told of them.
struct Releases {
    doors: Arc<Doors>,
    caller: Caller,
    product: ProductName,
    /// The last release that the client has been told of.
    last: Option<ReleaseNumber>,
}

impl Watched for Releases {
    async fn look(&mut self, teller: &Teller) -> Result<(), End> {
        for event in self.news().await.map_err(End::Over)? {
            teller.tell(event).await?;
        }
        Ok(())
    }
}

impl Releases {
    /// What the client has not been told of.
    async fn news(&mut self) -> Result<Vec<Event>, GateError> {
        let gate = &self.doors.gate;
        let view = gate.view(&self.caller).await?;
        let missing = || GateError::NotFound { what: "product", name: self.product.to_string() };
        let visible = view.products.get(&self.product).ok_or_else(missing)?;
        let current = visible.release;
        if self.last == Some(current) {
            return Ok(Vec::new());
        }
        let kept = gate.releases(&self.caller, &self.product).await?;
        let outputs = visible.tables.iter().filter(|(_, table)| table.released.role == TableRole::Output);
        let tables: Vec<&TableName> = outputs.map(|(name, _)| name).collect();
        let event = |name: &str, number: ReleaseNumber| {
            let published_at = kept.iter().find(|(kept, _)| *kept == number).map(|(_, at)| *at);
            let data = json!({
                "product": self.product,
                "release": number,
                "publishedAt": published_at,
                "tables": tables,
            });
            Event::default().event(name).id(number.to_string()).data(data.to_string())
        };
        let news = match self.last {
            // An earlier release was made current again.
            Some(last) if current < last => vec![event("rollback", current)],
            last => {
                let missed = kept.iter().map(|(number, _)| *number);
                let missed = missed.filter(|number| last.is_some_and(|last| last < *number) && *number < current);
                missed.chain([current]).map(|number| event("release", number)).collect()
            }
        };
        self.last = Some(current);
        Ok(news)
    }
}
