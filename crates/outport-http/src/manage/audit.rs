//! The record of requests, for administrators: `/v1/audit`.

use std::{cmp::Reverse, collections::BTreeMap, sync::Arc};

use axum::{
    extract::{Query, State, rejection::QueryRejection},
    response::Response,
};
use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use outport_app::{
    audit::{AuditError, AuditLog},
    gate::GateError,
    live::During,
};
use outport_model::{
    audit::{RequestId, RequestRecord},
    principal::PrincipalId,
};
use serde::Deserialize;

use super::{enter, page::Page, settle, unknown_parameter};
use crate::{identify::Visitor, problem::Problem, state::Doors};

/// Requests of a list where nothing is said, and at most.
pub(super) const SHOWN: usize = 50;
pub(super) const MOST: usize = 10_000;

/// Which requests are wanted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    user: Option<PrincipalId>,
    limit: Option<usize>,
    cursor: Option<String>,
}

/// The place of a request on record.
type Place = (DateTime<Utc>, RequestId);

/// The newest requests, oldest first; behind a cursor, the newest of those before.
pub(super) async fn list(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, Problem> {
    let (caller, inquiry) = enter(&doors, visitor, "GET /v1/audit".to_owned()).await?;
    let Ok(Query(Wanted { user, limit, cursor })) = wanted else {
        return Err(inquiry.reject(unknown_parameter("there are `user`, `limit` and `cursor`")));
    };
    let page: Page<Reverse<Place>> = match Page::new(limit.unwrap_or(SHOWN).min(MOST), cursor.as_deref()) {
        Ok(page) => page,
        Err(problem) => return Err(inquiry.reject(problem)),
    };
    let found = async {
        doors.gate.administrator(&caller, "see the record of requests").await?;
        let before = page.after().map(|Reverse(place)| *place);
        // One more than is shown says whether there are more.
        let newest = newest(&*doors.gate.wardens().audit, user.as_ref(), before, page.limit() + 1).await?;
        Ok::<_, GateError>(newest)
    };
    match found.await {
        Ok(found) => {
            let (mut shown, last) = page.cut(found, |record| Reverse((record.at, record.id)));
            shown.reverse();
            let narrowed = [("user", user.as_ref().map(PrincipalId::as_str))];
            Ok(page.settle(&doors, inquiry, ("/v1/audit", &narrowed), (&shown, last.as_ref())))
        }
        Err(error) => Err(inquiry.refuse(error)),
    }
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

/// The newest records; no more of them than are wanted are in memory at once.
async fn newest(
    audit: &dyn AuditLog,
    user: Option<&PrincipalId>,
    before: Option<Place>,
    limit: usize,
) -> Result<Vec<RequestRecord>, AuditError> {
    let is_wanted = |record: &RequestRecord| {
        user.is_none_or(|user| record.principal.as_ref() == Some(user))
            && before.is_none_or(|before| (record.at, record.id) < before)
    };
    let mut newest = BTreeMap::new();
    let during = During { from: None, until: before.map(|(at, _)| at) };
    let mut pieces = audit.recorded().await?.read(during);
    while let Some(records) = pieces.try_next().await? {
        for record in records.into_iter().filter(is_wanted) {
            newest.insert((record.at, record.id), record);
            if newest.len() > limit {
                newest.pop_first();
            }
        }
    }
    Ok(newest.into_values().collect())
}
