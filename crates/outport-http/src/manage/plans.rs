//! `POST /v1/plans`: what would change. `POST /v1/applies`: the change, if it is still what the plan said.

use std::sync::Arc;

use axum::{
    extract::{FromRequest, Request, State},
    response::Response,
};
use http::StatusCode;
use outport_app::{
    ApplyReport, Consent, Desired, Planned, UseCaseError,
    gate::{Caller, OperateError},
    named_by_root,
};
use outport_model::{diagnostic::Diagnostic, fingerprint::Fingerprint, plan::Plan, principal::Door, product::Product};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    bundles::{Change, LoadedBundles, SentBundles},
    failure, reply,
    tasks::{Kind, accepted},
};
use crate::{
    body::{self, Whole},
    identify::Visitor,
    problem::Problem,
    state::Doors,
};

/// What would change.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PlanDocument<'a> {
    plan: &'a Plan,
    /// Of the plan, of everything that it would put on record, and of what is on record now.
    fingerprint: Fingerprint,
    warnings: &'a [Diagnostic],
}

/// What is to be applied.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Order {
    change: Change,
    /// The plan that was agreed to.
    fingerprint: Fingerprint,
    /// Also to remove what others read.
    #[serde(default)]
    force: bool,
}

/// Says what would change.
pub(super) async fn plan(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    request: Request,
) -> Result<Response, Problem> {
    let caller = administrator(&doors, visitor, "plan changes of products", "POST /v1/plans").await?;
    let change: Change = match read(request).await {
        Ok(change) => change,
        Err(problem) => return Err(doors.inquire(caller, "POST /v1/plans".to_owned()).reject(problem)),
    };
    let said = format!("POST /v1/plans {}", change.said());
    if change.is_empty() {
        return Err(doors.inquire(caller, said).reject(nothing()));
    }
    let inquiry = doors.inquire(caller.clone(), said);
    match planned(&doors, &caller, change).await {
        Ok(planned) => {
            let (plan, warnings) = (&planned.plan, planned.warnings.as_slice());
            let document = PlanDocument { plan, fingerprint: planned.fingerprint(), warnings };
            Ok(reply(inquiry.answered(), StatusCode::OK, &document))
        }
        Err(Stopped::Sent(problem)) => Err(inquiry.reject(problem)),
        Err(Stopped::UseCase(error)) => Err(failure::refuse(inquiry, error)),
    }
}

/// Begins to apply what a plan said. The request is on record before anything changes.
pub(super) async fn apply(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    request: Request,
) -> Result<Response, Problem> {
    let caller = administrator(&doors, visitor, "change products", "POST /v1/applies").await?;
    let Order { change, fingerprint, force } = match read(request).await {
        Ok(order) => order,
        Err(problem) => return Err(doors.inquire(caller, "POST /v1/applies".to_owned()).reject(problem)),
    };
    let forced = if force { " by force" } else { "" };
    let said = format!("POST /v1/applies {}{forced}, plan {fingerprint}", change.said());
    let kind = Kind::Apply { fingerprint: fingerprint.clone(), force };
    // Whoever asks once more for what is under way, as the answer was lost, is told of that.
    if let Some(task) = doors.tasks.underway(&caller.principal.id, &kind) {
        let id = doors.inquire(caller, said).answered();
        return Ok(accepted(id, &task));
    }
    let inquiry = doors.inquire(caller.clone(), said);
    let planned = match planned(&doors, &caller, change).await {
        Ok(planned) if planned.fingerprint() == fingerprint => planned,
        Ok(_) => return Err(inquiry.reject(failure::outdated())),
        Err(Stopped::Sent(problem)) => return Err(inquiry.reject(problem)),
        Err(Stopped::UseCase(error)) => return Err(failure::refuse(inquiry, error)),
    };
    let consent = if force { Consent::Force } else { Consent::Plan };
    if let Some(error) = refused(&planned, consent) {
        return Err(failure::refuse(inquiry, error.into()));
    }
    let gate = Arc::clone(&doors.gate);
    doors.tasks.begin(&doors, inquiry, &caller.clone(), kind, move |observer, cancel| {
        Box::pin(async move {
            let applied = gate.apply(&caller, planned, consent, observer, cancel).await?;
            Ok::<_, OperateError>(serde_json::json!(ApplyReport::from(applied)))
        })
    })
}

/// What forbids a plan. The use case looks at it too; here it is known before there is a task.
fn refused(planned: &Planned, consent: Consent) -> Option<UseCaseError> {
    let refusals = planned.plan.refusals();
    let refusals = refusals.filter(|(_, refusal)| consent == Consent::Plan || !refusal.can_be_forced());
    let refusals: Vec<_> = refusals.map(|(product, refusal)| (product.clone(), refusal.clone())).collect();
    (!refusals.is_empty()).then_some(UseCaseError::Refused(refusals))
}

/// Why nothing came of what was sent.
pub(super) enum Stopped {
    /// What was sent cannot be used.
    Sent(Problem),
    /// The use case was not done.
    UseCase(OperateError),
}

impl From<Problem> for Stopped {
    fn from(problem: Problem) -> Self {
        Self::Sent(problem)
    }
}

impl From<OperateError> for Stopped {
    fn from(error: OperateError) -> Self {
        Self::UseCase(error)
    }
}

impl From<UseCaseError> for Stopped {
    fn from(error: UseCaseError) -> Self {
        Self::UseCase(error.into())
    }
}

async fn planned(doors: &Doors, caller: &Caller, change: Change) -> Result<Planned, Stopped> {
    let (sent, remove) = change.parts().map_err(Stopped::Sent)?;
    let mut loaded = load(doors, caller, sent).await?;
    if loaded.diagnostics.iter().any(Diagnostic::is_error) {
        return Err(UseCaseError::Invalid(loaded.diagnostics).into());
    }
    let desired = Desired { products: loaded.products, remove: remove.into_iter().collect() };
    match Box::pin(doors.gate.plan(caller, desired)).await {
        Ok(mut planned) => {
            loaded.diagnostics.extend(named_by_root(planned.warnings, &loaded.roots));
            planned.warnings = loaded.diagnostics;
            Ok(planned)
        }
        Err(OperateError::UseCase(UseCaseError::Invalid(found))) => {
            loaded.diagnostics.extend(named_by_root(found, &loaded.roots));
            Err(UseCaseError::Invalid(loaded.diagnostics).into())
        }
        Err(error) => Err(error.into()),
    }
}

/// Makes products of bundles.
pub(super) async fn load(doors: &Doors, caller: &Caller, sent: SentBundles) -> Result<LoadedBundles, Stopped> {
    if sent.bundles.is_empty() {
        return Ok(LoadedBundles::default());
    }
    let Some(loader) = doors.options.bundles.clone() else {
        return Err(Stopped::Sent(Problem::unavailable().with_detail("no bundles are taken here")));
    };
    let recorded = doors.gate.list(caller).await?;
    let recorded: Vec<Product> = recorded.into_values().map(|listed| listed.intent.compiled.product).collect();
    // Reading documents is work for a processor, and may be much of it.
    let loaded = tokio::task::spawn_blocking(move || loader.load(sent, &recorded)).await;
    loaded.map_err(|error| {
        tracing::error!(%error, "bundles could not be read");
        Stopped::Sent(Problem::internal())
    })
}

/// An administrator; only then is a body of this size read.
pub(super) async fn administrator(
    doors: &Doors,
    visitor: Visitor,
    action: &str,
    said: &str,
) -> Result<Caller, Problem> {
    let caller = visitor.enter(&doors.gate, Door::Management).await?;
    match doors.gate.administrator(&caller, action).await {
        Ok(()) => Ok(caller),
        Err(error) => Err(doors.inquire(caller, said.to_owned()).refuse(error)),
    }
}

/// What was sent: only JSON.
pub(super) async fn read<T: DeserializeOwned>(request: Request) -> Result<T, Problem> {
    let headers = request.headers().clone();
    let Whole(bytes) = Whole::from_request(request, &()).await?;
    body::said_json(&headers, &bytes)
}

fn nothing() -> Problem {
    Problem::bad_request("nothing is to change").with_help("send `bundles`, or products to `remove`")
}
