//! What people say about products: `/v1/feedback`. What changes something the gate puts on record itself.

use std::sync::Arc;

use axum::{
    extract::{Query, State, rejection::QueryRejection},
    response::Response,
};
use http::{HeaderMap, StatusCode};
use outport_app::{
    feedback::FeedbackFilter,
    gate::{Caller, FeedbackEdit, FeedbackOrder, GateError, RatingOrder},
};
use outport_model::{
    feedback::{Csat, FeedbackId, FeedbackKind, FeedbackState, Nps, Subject, Title, Writing},
    name::{ProductName, TableName},
    principal::{Door, PrincipalId},
};
use serde::{Deserialize, Deserializer};

use super::{document, enter, ordered, page::Page, settle, unknown_parameter};
use crate::{body::Whole, identify::Visitor, problem::Problem, state::Doors, unread::Path};

/// Entries of a list where nothing is said, and at most.
const SHOWN: usize = 50;
const MOST: usize = 200;

/// What an address says of a list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    product: Option<ProductName>,
    kind: Option<FeedbackKind>,
    state: Option<FeedbackState>,
    assignee: Option<PrincipalId>,
    author: Option<PrincipalId>,
    limit: Option<usize>,
    cursor: Option<String>,
}

/// What someone says.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Order {
    product: ProductName,
    #[serde(default)]
    table: Option<TableName>,
    #[serde(default)]
    column: Option<String>,
    kind: FeedbackKind,
    title: Title,
    text: Writing,
}

/// What is to become of it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Edit {
    #[serde(default)]
    title: Option<Title>,
    #[serde(default)]
    text: Option<Writing>,
    #[serde(default)]
    state: Option<FeedbackState>,
    /// Left out, it stays; null is nobody.
    #[serde(default, deserialize_with = "said")]
    #[expect(clippy::option_option, reason = "left out, null and a name are three things")]
    assignee: Option<Option<PrincipalId>>,
}

/// What someone says to it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReplyOrder {
    text: Writing,
}

/// What someone thinks of a product.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Opinion {
    csat: Csat,
    #[serde(default)]
    nps: Option<Nps>,
    #[serde(default)]
    text: Option<Writing>,
}

/// A member that is there, whatever it says.
#[expect(clippy::option_option, reason = "left out, null and a name are three things")]
fn said<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<PrincipalId>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// What is said about what the caller may know of, newest first.
pub(super) async fn list(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, Problem> {
    let (caller, inquiry) = enter(&doors, visitor, "GET /v1/feedback".to_owned()).await?;
    let Ok(Query(wanted)) = wanted else {
        let known = "there are `product`, `kind`, `state`, `assignee`, `author`, `limit` and `cursor`";
        return Err(inquiry.reject(unknown_parameter(known)));
    };
    let limit = wanted.limit.unwrap_or(SHOWN).clamp(1, MOST);
    let page: Page<FeedbackId> = match Page::new(limit, wanted.cursor.as_deref()) {
        Ok(page) => page,
        Err(problem) => return Err(inquiry.reject(problem)),
    };
    let filter = FeedbackFilter {
        product: wanted.product,
        kind: wanted.kind,
        state: wanted.state,
        assignee: wanted.assignee,
        author: wanted.author,
    };
    let (found, more) = match doors.gate.list_feedback(&caller, &filter, page.after().copied(), limit).await {
        Ok(found) => found,
        Err(error) => return Err(inquiry.refuse(error)),
    };
    let last = found.last().filter(|_| more).map(|last| last.feedback.id);
    let narrowed = [
        ("product", filter.product.as_ref().map(ProductName::as_str)),
        ("kind", filter.kind.map(FeedbackKind::as_str)),
        ("state", filter.state.map(FeedbackState::as_str)),
        ("assignee", filter.assignee.as_ref().map(PrincipalId::as_str)),
        ("author", filter.author.as_ref().map(PrincipalId::as_str)),
    ];
    Ok(page.settle(&doors, inquiry, ("/v1/feedback", &narrowed), (&found, last.as_ref())))
}

/// Puts a question, a problem or a request on record.
pub(super) async fn give(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    headers: HeaderMap,
    Whole(bytes): Whole,
) -> Result<Response, Problem> {
    let (caller, order): (_, Order) = ordered(&doors, visitor, &headers, &bytes).await?;
    let Order { product, table, column, kind, title, text } = order;
    let order = FeedbackOrder { subject: Subject { product, table, column }, kind, title, text };
    document(StatusCode::CREATED, doors.gate.give_feedback(&caller, order).await)
}

/// One with everything that was said to it.
pub(super) async fn thread(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let (caller, inquiry) = enter(&doors, visitor, format!("GET /v1/feedback/{id}")).await?;
    match known(&id) {
        Ok(id) => settle(inquiry, doors.gate.feedback(&caller, id).await),
        Err(error) => Err(inquiry.refuse(error)),
    }
}

/// Corrects what was written, or says how far it has come and whom it is for.
pub(super) async fn change(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    Path(id): Path<String>,
    headers: HeaderMap,
    Whole(bytes): Whole,
) -> Result<Response, Problem> {
    let (caller, edit): (_, Edit) = ordered(&doors, visitor, &headers, &bytes).await?;
    let Edit { title, text, state, assignee } = edit;
    let edit = FeedbackEdit { title, text, state, assignee };
    let id = doors.understood(&caller, format!("change feedback {id}"), known(&id))?;
    document(StatusCode::OK, doors.gate.change_feedback(&caller, id, edit).await)
}

/// Says something to it.
pub(super) async fn answer(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    Path(id): Path<String>,
    headers: HeaderMap,
    Whole(bytes): Whole,
) -> Result<Response, Problem> {
    let (caller, ReplyOrder { text }) = ordered(&doors, visitor, &headers, &bytes).await?;
    let id = doors.understood(&caller, format!("reply to feedback {id}"), known(&id))?;
    document(StatusCode::CREATED, doors.gate.reply_to_feedback(&caller, id, text).await)
}

/// Says that it matters to the caller too.
pub(super) async fn vote(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let (caller, id) = voter(&doors, visitor, &id).await?;
    document(StatusCode::OK, doors.gate.vote_for_feedback(&caller, id, true).await)
}

/// Takes the vote back.
pub(super) async fn unvote(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let (caller, id) = voter(&doors, visitor, &id).await?;
    document(StatusCode::OK, doors.gate.vote_for_feedback(&caller, id, false).await)
}

/// How a product is rated.
pub(super) async fn ratings(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    Path(product): Path<String>,
) -> Result<Response, Problem> {
    let (caller, inquiry) = enter(&doors, visitor, format!("GET /v1/feedback/ratings/{product}")).await?;
    match named(product) {
        Ok(product) => settle(inquiry, doors.gate.product_ratings(&caller, &product).await),
        Err(error) => Err(inquiry.refuse(error)),
    }
}

/// Rates a product, in the place of what the caller said of it before.
pub(super) async fn rate(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    Path(product): Path<String>,
    headers: HeaderMap,
    Whole(bytes): Whole,
) -> Result<Response, Problem> {
    let (caller, Opinion { csat, nps, text }) = ordered(&doors, visitor, &headers, &bytes).await?;
    let product = doors.understood(&caller, format!("rate {product}"), named(product))?;
    let rated = doors.gate.rate(&caller, &product, RatingOrder { csat, nps, text }).await;
    document(StatusCode::OK, rated)
}

async fn voter(doors: &Doors, visitor: Visitor, id: &str) -> Result<(Caller, FeedbackId), Problem> {
    let caller = visitor.enter(&doors.gate, Door::Management).await?;
    let known = doors.understood(&caller, format!("vote for feedback {id}"), known(id))?;
    Ok((caller, known))
}

fn known(id: &str) -> Result<FeedbackId, GateError> {
    id.parse().map_err(|_| GateError::NotFound { what: "feedback", name: id.to_owned() })
}

fn named(product: String) -> Result<ProductName, GateError> {
    product.parse().map_err(|_| GateError::NotFound { what: "product", name: product })
}
