//! Saved questions: `/v1/questions`. What changes something the gate puts on record itself.

use std::sync::Arc;

use axum::{
    extract::{Query, State, rejection::QueryRejection},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode};
use outport_app::gate::{GateError, SeenQuestion};
use outport_model::{
    principal::{Door, PrincipalId},
    question::{QuestionContent, QuestionId},
};
use serde::Deserialize;

use super::{
    condition::{Condition, Tag},
    document, done, enter, ordered,
    page::Page,
    settle, unknown_parameter,
};
use crate::{body::Whole, identify::Visitor, problem::Problem, state::Doors, unread::Path};

/// Questions of a list where nothing is said, and at most.
const SHOWN: usize = 50;
const MOST: usize = 200;

/// What an address says of a list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    owner: Option<PrincipalId>,
    limit: Option<usize>,
    cursor: Option<String>,
}

/// Questions that exist for the caller, newest first.
pub(super) async fn list(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, Problem> {
    let (caller, inquiry) = enter(&doors, visitor, "GET /v1/questions".to_owned()).await?;
    let Ok(Query(Wanted { owner, limit, cursor })) = wanted else {
        return Err(inquiry.reject(unknown_parameter("there are `owner`, a name, `limit` and `cursor`")));
    };
    let limit = limit.unwrap_or(SHOWN).clamp(1, MOST);
    let page: Page<QuestionId> = match Page::new(limit, cursor.as_deref()) {
        Ok(page) => page,
        Err(problem) => return Err(inquiry.reject(problem)),
    };
    let (found, more) = match doors.gate.questions(&caller, owner.as_ref(), page.after().copied(), limit).await {
        Ok(found) => found,
        Err(error) => return Err(inquiry.refuse(error)),
    };
    let last = found.last().filter(|_| more).map(|last| last.id);
    let narrowed = [("owner", owner.as_ref().map(PrincipalId::as_str))];
    Ok(page.settle(&doors, inquiry, ("/v1/questions", &narrowed), (&found, last.as_ref())))
}

/// Saves a question.
pub(super) async fn save(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    headers: HeaderMap,
    Whole(bytes): Whole,
) -> Result<Response, Problem> {
    let (caller, content): (_, QuestionContent) = ordered(&doors, visitor, &headers, &bytes).await?;
    let saved = doors.gate.save_question(&caller, content).await?;
    tagged(StatusCode::CREATED, saved)
}

/// One question, with the mark of what is on record of it.
pub(super) async fn one(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let (caller, inquiry) = enter(&doors, visitor, format!("GET /v1/questions/{id}")).await?;
    let found = match known(&id) {
        Ok(id) => doors.gate.question(&caller, id).await,
        Err(error) => Err(error),
    };
    let tag = found.as_ref().ok().map(Tag::of_question);
    Ok((tag.map(|tag| tag.header()), settle(inquiry, found)?).into_response())
}

/// Makes a question of the caller's what is said here. Where the client says what it has seen of it, only if that is what
/// is on record.
pub(super) async fn change(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    Path(id): Path<String>,
    headers: HeaderMap,
    Whole(bytes): Whole,
) -> Result<Response, Problem> {
    let (caller, content): (_, QuestionContent) = ordered(&doors, visitor, &headers, &bytes).await?;
    let said = format!("change question {id}");
    let condition = doors.understood(&caller, &*said, Condition::of(&headers))?;
    let id = doors.understood(&caller, &*said, known(&id))?;
    let is_seen = |found: &SeenQuestion| condition.is_met(Some(&Tag::of_question(found)));
    let changed = doors.gate.change_question(&caller, id, content, is_seen).await?;
    tagged(StatusCode::OK, changed)
}

/// Removes a question.
pub(super) async fn remove(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let caller = visitor.enter(&doors.gate, Door::Management).await?;
    let id = doors.understood(&caller, format!("remove question {id}"), known(&id))?;
    done(doors.gate.remove_question(&caller, id).await)
}

fn tagged(status: StatusCode, question: SeenQuestion) -> Result<Response, Problem> {
    Ok((Tag::of_question(&question).header(), document(status, Ok(question))?).into_response())
}

fn known(id: &str) -> Result<QuestionId, GateError> {
    id.parse().map_err(|_| GateError::NotFound { what: "question", name: id.to_owned() })
}
