//! The record of requests, for administrators: `/v1/audit`.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    extract::{Query, State, rejection::QueryRejection},
    response::Response,
};
use futures::TryStreamExt;
use outport_app::{
    audit::{AuditError, AuditLog},
    gate::GateError,
    live::During,
};
use outport_model::{audit::RequestRecord, principal::PrincipalId};
use serde::Deserialize;

use super::{enter, settle, unknown_parameter};
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
}

/// The newest requests, oldest first.
pub(super) async fn list(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, Problem> {
    let (caller, inquiry) = enter(&doors, visitor, "GET /v1/audit".to_owned()).await?;
    let Ok(Query(wanted)) = wanted else {
        return Err(inquiry.reject(unknown_parameter("there are `user` and `limit`")));
    };
    let found = async {
        doors.gate.administrator(&caller, "see the record of requests").await?;
        let limit = wanted.limit.unwrap_or(SHOWN).min(MOST);
        Ok::<_, GateError>(newest(&*doors.gate.wardens().audit, wanted.user.as_ref(), limit).await?)
    };
    let found = found.await;
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

/// The newest records; no more of them than are wanted are in memory at once.
async fn newest(
    audit: &dyn AuditLog,
    user: Option<&PrincipalId>,
    limit: usize,
) -> Result<Vec<RequestRecord>, AuditError> {
    let mut newest = BTreeMap::new();
    let mut pieces = audit.recorded().await?.read(During::default());
    while let Some(records) = pieces.try_next().await? {
        for record in
            records.into_iter().filter(|record| user.is_none_or(|user| record.principal.as_ref() == Some(user)))
        {
            newest.insert((record.at, record.id), record);
            if newest.len() > limit {
                newest.pop_first();
            }
        }
    }
    Ok(newest.into_values().collect())
}
