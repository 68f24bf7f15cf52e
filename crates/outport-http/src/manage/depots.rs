//! `GET /v1/depots`: the places that files of inputs are read from, for administrators.

use std::{sync::Arc, time::Duration};

use axum::{extract::State, response::Response};
use chrono::{DateTime, Utc};
use futures::future::join_all;
use outport_app::gate::{FileInput, GateError};
use outport_model::name::{DepotName, PortName, ProductName};
use serde::Serialize;

use super::{
    enter,
    settings::{DepotFound, DepotSetting, Installation},
    settle,
};
use crate::{identify::Visitor, problem::Problem, state::Doors};

/// How long a depot has to answer: one on another machine may hang.
const PATIENCE: Duration = Duration::from_secs(5);

/// A depot as it was found.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Depot {
    name: DepotName,
    kind: &'static str,
    location: String,
    state: &'static str,
    /// Why it cannot be read.
    problem: Option<String>,
    looked_at: DateTime<Utc>,
    used_by: Vec<DepotUse>,
}

/// An input port that reads files of a depot.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct DepotUse {
    product: ProductName,
    port: PortName,
}

/// Every depot, by name.
pub(super) async fn list(State(doors): State<Arc<Doors>>, visitor: Visitor) -> Result<Response, Problem> {
    let (caller, inquiry) = enter(&doors, visitor, "GET /v1/depots".to_owned()).await?;
    let found = async {
        let inputs = doors.gate.file_inputs(&caller).await?;
        let Some(installation) = &doors.options.installation else { return Ok(Vec::new()) };
        let depots = installation.depots().into_iter().map(|depot| look(&doors, installation, depot, &inputs));
        Ok::<_, GateError>(join_all(depots).await)
    };
    let found = found.await;
    settle(inquiry, found)
}

/// A depot as it is found now.
async fn look(doors: &Doors, installation: &Arc<dyn Installation>, depot: DepotSetting, inputs: &[FileInput]) -> Depot {
    let (looker, looked) = (Arc::clone(installation), depot.clone());
    let looking = tokio::task::spawn_blocking(move || looker.look_at(&looked));
    let (state, problem) = match tokio::time::timeout(PATIENCE, looking).await {
        Ok(Ok(DepotFound::Readable)) => ("readable", None),
        Ok(Ok(DepotFound::Missing)) => ("missing", None),
        Ok(Ok(DepotFound::Unreadable { reason })) => ("unreadable", Some(reason)),
        Ok(Err(_)) => ("unreadable", Some("it could not be looked at".to_owned())),
        Err(_) => ("unreadable", Some(format!("it did not answer within {} s", PATIENCE.as_secs()))),
    };
    let reads = |input: &&FileInput| std::path::Path::new(&input.location).starts_with(&depot.folder);
    let uses = inputs.iter().filter(reads);
    let used_by = uses.map(|input| DepotUse { product: input.product.clone(), port: input.port.clone() }).collect();
    let DepotSetting { name, location, .. } = depot;
    Depot { name, kind: "folder", location, state, problem, looked_at: doors.gate.app().clock.now(), used_by }
}
