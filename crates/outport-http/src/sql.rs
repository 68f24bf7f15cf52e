//! SQL over HTTP: `POST /v1/sql`.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json, Router,
    extract::{Query, State},
    response::{IntoResponse, Response},
    routing::{delete, post},
};
use http::{HeaderMap, StatusCode};
use outport_app::{
    engine::{Argument, Arguments, Question},
    gate::GateError,
};
use outport_model::{
    audit::RequestId,
    principal::{Door, Purpose},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    body::{self, Whole},
    identify::Visitor,
    problem::Problem,
    rows::Format,
    state::Doors,
    unread::Path,
};

/// The paths of this door.
pub(crate) fn routes() -> Router<Arc<Doors>> {
    Router::new().route("/v1/sql", post(ask).get(underway)).route("/v1/sql/{request}", delete(stop))
}

/// What is asked.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    sql: String,
    #[serde(default)]
    parameters: Option<Parameters>,
    #[serde(default)]
    purpose: Option<Purpose>,
}

/// Values for `$1`, `$2`… or for `$name`…
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Parameters {
    Positional(Vec<Value>),
    Named(BTreeMap<String, Value>),
}

/// What a query says in its address.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    format: Option<String>,
}

async fn ask(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    wanted: Result<Query<Wanted>, axum::extract::rejection::QueryRejection>,
    headers: HeaderMap,
    Whole(body): Whole,
) -> Result<Response, Problem> {
    let mut caller = visitor.enter_to_ask(&doors.gate, Door::Sql).await?;
    let (format, purpose, question) = doors.understood(&caller, "POST /v1/sql", understood(wanted, &headers, &body))?;
    caller.purpose = purpose.or(caller.purpose);
    let begun = doors.inquire(caller, question.sql.clone()).ask(question).await?;
    begun.respond(format, doors.options.stall_time)
}

/// The form of the answer, what it is for where the body says so, and what is asked.
fn understood(
    wanted: Result<Query<Wanted>, axum::extract::rejection::QueryRejection>,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<(Format, Option<Purpose>, Question), Problem> {
    let Query(wanted) = wanted.map_err(|_| {
        Problem::bad_request("the address has a parameter that is not known here").with_help("the only one is `format`")
    })?;
    let format = Format::wanted(wanted.format.as_deref(), headers)?;
    let asked = asked(headers, body)?;
    let arguments = arguments(asked.parameters)?;
    Ok((format, asked.purpose, Question { sql: asked.sql, arguments, ..Question::default() }))
}

fn asked(headers: &HeaderMap, body: &[u8]) -> Result<Asked, Problem> {
    let asked = match body::media_type(headers).as_deref() {
        Some("application/json") => body::json(body)?,
        Some("text/plain" | "application/sql") | None => {
            let sql = std::str::from_utf8(body).map_err(|_| Problem::bad_request("the query is not UTF-8"))?;
            Asked { sql: sql.to_owned(), parameters: None, purpose: None }
        }
        Some(other) => {
            return Err(Problem::unsupported_media_type(format!("`{other}` is not read here"))
                .with_help("send `application/json` with `sql` and `parameters`, or the query as `text/plain`"));
        }
    };
    if asked.sql.trim().is_empty() {
        return Err(Problem::bad_request("there is no query"));
    }
    Ok(asked)
}

fn arguments(parameters: Option<Parameters>) -> Result<Arguments, Problem> {
    Ok(match parameters {
        None => Arguments::default(),
        Some(Parameters::Positional(values)) => {
            let numbered = values.into_iter().zip(1..).map(|(value, number)| argument(value, &number.to_string()));
            Arguments::Positional(numbered.collect::<Result<_, _>>()?)
        }
        Some(Parameters::Named(values)) => {
            let named = values.into_iter().map(|(name, value)| Ok((name.clone(), argument(value, &name)?)));
            Arguments::Named(named.collect::<Result<_, Problem>>()?)
        }
    })
}

fn argument(value: Value, name: &str) -> Result<Argument, Problem> {
    Ok(match value {
        Value::Null => Argument::Null,
        Value::Bool(value) => Argument::Boolean(value),
        Value::String(text) => Argument::Text(text),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Argument::Integer(whole),
            (None, Some(float)) if !number.is_u64() => Argument::Float(float),
            _ => Argument::Text(number.to_string()),
        },
        Value::Array(_) | Value::Object(_) => {
            return Err(Problem::bad_request(format!("the value of `${name}` has parts"))
                .with_help("a parameter is a text, a number, true, false or null"));
        }
    })
}

/// The caller's queries under way.
async fn underway(State(doors): State<Arc<Doors>>, visitor: Visitor) -> Result<Response, Problem> {
    let caller = visitor.enter(&doors.gate, Door::Sql).await?;
    let own = doors.running.of(&caller.principal.id);
    let own: Vec<_> = own.iter().map(|(id, underway)| json!({ "request": id, "since": underway.since })).collect();
    doors.inquire(caller, "GET /v1/sql".to_owned()).answered();
    Ok(Json(json!({ "queries": own })).into_response())
}

/// Stops a query of the same caller.
async fn stop(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let caller = visitor.enter(&doors.gate, Door::Sql).await?;
    let principal = caller.principal.id.clone();
    let inquiry = doors.inquire(caller, format!("DELETE /v1/sql/{id}"));
    if id.parse().map(RequestId::new).is_ok_and(|id| doors.running.stop(id, &principal)) {
        inquiry.answered();
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(inquiry.refuse(GateError::NotFound { what: "query of yours under way", name: id }))
}
