//! The record of requests, for administrators: `/v1/audit`.

use std::{cmp::Reverse, sync::Arc};

use axum::{
    extract::{Query, State, rejection::QueryRejection},
    response::Response,
};
use chrono::{DateTime, SecondsFormat, Utc};
use outport_app::{
    audit::{Place, RequestFilter},
    gate::GateError,
    live::During,
};
use outport_model::{
    agreement::AgreementId,
    audit::{Outcome, RequestId},
    name::{PortName, ProductName},
    principal::{Door, PrincipalId, Purpose},
};
use serde::Deserialize;

use super::{enter, page::Page, settle, unknown_parameter};
use crate::{identify::Visitor, problem::Problem, state::Doors, unread::Path};

/// Requests of a list where nothing is said, and at most.
const SHOWN: usize = 50;
const MOST: usize = 10_000;

/// What an address can say.
const KNOWN: &str = "there are `user`, `purpose`, `door`, `result`, `product`, `port`, `agreement`, `from` and `to` \
                     (moments as `2026-06-15T12:00:00Z`), `limit` and `cursor`";

/// Which requests are wanted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    user: Option<PrincipalId>,
    purpose: Option<Purpose>,
    door: Option<Door>,
    result: Option<Outcome>,
    product: Option<ProductName>,
    port: Option<PortName>,
    agreement: Option<AgreementId>,
    from: Option<DateTime<Utc>>,
    to: Option<DateTime<Utc>>,
    limit: Option<usize>,
    cursor: Option<String>,
}

/// The newest requests, oldest first; behind a cursor, the newest of those before.
pub(super) async fn list(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, Problem> {
    let (caller, inquiry) = enter(&doors, visitor, "GET /v1/audit".to_owned()).await?;
    let Ok(Query(wanted)) = wanted else {
        return Err(inquiry.reject(unknown_parameter(KNOWN)));
    };
    let limit = wanted.limit.unwrap_or(SHOWN).min(MOST);
    let page: Page<Reverse<Place>> = match Page::new(limit, wanted.cursor.as_deref()) {
        Ok(page) => page,
        Err(problem) => return Err(inquiry.reject(problem)),
    };
    let filter = wanted.filter();
    let before = page.after().map(|Reverse(place)| *place);
    // One more than is shown says whether there are more.
    match doors.gate.requests(&caller, &filter, before, page.limit() + 1).await {
        Ok(found) => {
            let (mut shown, last) = page.cut(found, |record| Reverse((record.at, record.id)));
            shown.reverse();
            let narrowed = narrowed(&filter);
            let narrowed: Vec<_> = narrowed.iter().map(|(name, value)| (*name, value.as_deref())).collect();
            Ok(page.settle(&doors, inquiry, ("/v1/audit", &narrowed), (&shown, last.as_ref())))
        }
        Err(error) => Err(inquiry.refuse(error)),
    }
}

/// One request.
pub(super) async fn one(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let (caller, inquiry) = enter(&doors, visitor, format!("GET /v1/audit/{id}")).await?;
    let found = match id.parse().map(RequestId::new) {
        Ok(id) => doors.gate.request_on_record(&caller, id).await,
        // Whoever administers nothing is told that, whatever they ask for.
        Err(_) => {
            let administers = doors.gate.administrator(&caller, "see the record of requests").await;
            administers.and(Err(GateError::NotFound { what: "request", name: id }))
        }
    };
    settle(inquiry, found)
}

/// Whether the record is as it was written.
pub(super) async fn verify(State(doors): State<Arc<Doors>>, visitor: Visitor) -> Result<Response, Problem> {
    let (caller, inquiry) = enter(&doors, visitor, "GET /v1/audit/verification".to_owned()).await?;
    let found = async {
        doors.gate.administrator(&caller, "check the record of requests").await?;
        Ok::<_, GateError>(doors.gate.wardens().audit.verify().await?)
    };
    let found = found.await;
    settle(inquiry, found)
}

impl Wanted {
    fn filter(self) -> RequestFilter {
        RequestFilter {
            id: None,
            principal: self.user,
            purpose: self.purpose,
            door: self.door,
            outcome: self.result,
            product: self.product,
            port: self.port,
            agreement: self.agreement,
            during: During { from: self.from, until: self.to },
        }
    }
}

/// What an address says of which requests are wanted.
fn narrowed(filter: &RequestFilter) -> [(&'static str, Option<String>); 9] {
    fn text(value: Option<&impl ToString>) -> Option<String> {
        value.map(ToString::to_string)
    }
    let moment = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    [
        ("user", text(filter.principal.as_ref())),
        ("purpose", text(filter.purpose.as_ref())),
        ("door", filter.door.map(|door| door.as_str().to_owned())),
        ("result", filter.outcome.map(|outcome| outcome.as_str().to_owned())),
        ("product", text(filter.product.as_ref())),
        ("port", text(filter.port.as_ref())),
        ("agreement", text(filter.agreement.as_ref())),
        ("from", filter.during.from.map(moment)),
        ("to", filter.during.until.map(moment)),
    ]
}
