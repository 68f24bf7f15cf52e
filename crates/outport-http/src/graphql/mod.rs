//! GraphQL: `POST /graphql`, over what a caller may read.
//!
//! Every caller has a schema of their own, made of their view: what they may not see is in no type, also not in
//! introspection. A root field is one page of one table and one SQL query; a relation is one more query for all rows
//! together. Only the columns that are selected are read.
//!
//! - `tables`: the tables as types, with the relations that contracts promise; `names`: what they are called;
//! - `schema`: the types; `cache`: keeps them as long as the view;
//! - `filter`: arguments as conditions; `read`: root fields and relations; `order`: what comes first in an answer;
//! - `limits`: how large a document may be.

mod cache;
mod filter;
mod limits;
mod names;
mod order;
mod read;
mod schema;
mod tables;

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_graphql::{Error, ErrorExtensions, Variables, dynamic::Schema, parser::types::Selection};
use axum::{
    Extension, Json, Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::post,
};
use http::HeaderMap;
use outport_app::{
    engine::{EngineError, View},
    gate::{Caller, GateError},
};
use outport_model::{
    name::{ProductName, TableName},
    principal::Door,
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    body::{self, Whole},
    identify::Visitor,
    problem::Problem,
    state::Doors,
};
pub(crate) use names::plain;

use cache::Cache;
use order::Order;
use tables::Tables;

/// The paths of this door.
pub(crate) fn routes() -> Router<Arc<Doors>> {
    Router::new().route("/graphql", post(answer)).layer(Extension(Arc::new(Cache::default())))
}

/// What is asked.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    query: String,
    #[serde(default)]
    operation_name: Option<String>,
    #[serde(default)]
    variables: Option<Value>,
}

/// What resolvers need of the request.
#[derive(Debug)]
struct Session {
    doors: Arc<Doors>,
    caller: Caller,
    /// How many queries were asked, each of which is on record.
    asked: AtomicUsize,
}

async fn answer(
    State(doors): State<Arc<Doors>>,
    Extension(cache): Extension<Arc<Cache>>,
    visitor: Visitor,
    headers: HeaderMap,
    Whole(body): Whole,
) -> Result<Response, Problem> {
    let caller = visitor.enter(&doors.gate, Door::Graphql).await?;
    let asked = doors.understood(&caller, "POST /graphql", understood(&headers, &body))?;
    let (schema, view) = match schema(&doors, &cache, &caller).await {
        Ok(found) => found,
        Err(error) => return Err(doors.inquire(caller, said(&asked)).refuse(error)),
    };
    let session = Arc::new(Session { doors: Arc::clone(&doors), caller: caller.clone(), asked: AtomicUsize::new(0) });
    let mut response = execute(&schema, &asked, &session).await;
    if session.asked.load(Ordering::Relaxed) == 0 {
        // Nothing of it was a query: introspection, or a document that cannot be answered.
        let inquiry = doors.inquire(caller, said(&asked));
        match response.errors.first() {
            None => {
                inquiry.answered();
            }
            Some(fault) => match withheld(&view, &asked.query) {
                // Its type has no such field. Why is not for the schema to say.
                Some((product, table)) => {
                    let place = fault.locations.first().copied().unwrap_or_default();
                    let problem = inquiry.withhold(product, table).await;
                    response = async_graphql::Response::from_errors(vec![error(&problem).into_server_error(place)]);
                }
                None => {
                    let reason = fault.message.clone();
                    inquiry.refuse(EngineError::Query { reason, position: None, help: None });
                }
            },
        }
    }
    Ok(Json(response).into_response())
}

/// What is asked.
fn understood(headers: &HeaderMap, body: &[u8]) -> Result<Asked, Problem> {
    match body::media_type(headers).as_deref() {
        Some("application/json") | None => body::json(body),
        Some(other) => Err(Problem::unsupported_media_type(format!("`{other}` is not read here"))
            .with_help("send `application/json` with `query` and `variables`")),
    }
}

fn said(asked: &Asked) -> String {
    format!("graphql {}", asked.query)
}

/// The table that a document asks for at its root, where the caller may know of it and not read it.
fn withheld<'a>(view: &'a View, query: &str) -> Option<&'a (ProductName, TableName)> {
    let document = limits::check(query).ok()??;
    let roots: BTreeSet<&str> = document
        .operations
        .iter()
        .flat_map(|(_, operation)| &operation.node.selection_set.node.items)
        .filter_map(|selection| match &selection.node {
            Selection::Field(field) => Some(field.node.name.node.as_str()),
            Selection::FragmentSpread(_) | Selection::InlineFragment(_) => None,
        })
        .collect();
    view.withheld.iter().find(|(product, table)| roots.contains(tables::root(product, table).as_str()))
}

/// The schema of a caller, and what it is made of.
async fn schema(doors: &Doors, cache: &Cache, caller: &Caller) -> Result<(Schema, Arc<View>), GateError> {
    let view = doors.gate.view(caller).await?;
    if let Some(schema) = cache.get(&view) {
        return Ok((schema, view));
    }
    let catalog = doors.gate.catalog(caller).await?;
    let tables = Tables::of(&view, &catalog);
    let workspace = doors.gate.app().workspace.to_string();
    let schema = schema::build(&Arc::new(tables), workspace).map_err(|error| GateError::Internal(Box::new(error)))?;
    cache.put(Arc::clone(&view), schema.clone());
    Ok((schema, view))
}

async fn execute(schema: &Schema, asked: &Asked, session: &Arc<Session>) -> async_graphql::Response {
    let document = match limits::check(&asked.query) {
        Ok(document) => document,
        Err(reason) => {
            return async_graphql::Response::from_errors(vec![async_graphql::ServerError::new(reason, None)]);
        }
    };
    let variables = asked.variables.clone().unwrap_or_else(|| json!({}));
    let mut request =
        async_graphql::Request::new(&asked.query).variables(Variables::from_json(variables)).data(Arc::clone(session));
    if let Some(name) = &asked.operation_name {
        request = request.operation_name(name);
    }
    // What cannot be parsed is refused with its place.
    let Some(document) = document else { return schema.execute(request).await };
    let order = Order::of(&document, asked.operation_name.as_deref());
    request.set_parsed_query(document);
    let mut response = schema.execute(request).await;
    order.put(&mut response.data);
    response
}

/// A problem as GraphQL has errors: what other doors say of it is in `extensions`.
fn error(problem: &Problem) -> Error {
    let document = problem.document();
    Error::new(problem.to_string()).extend_with(|_, extensions| {
        for (name, value) in document.as_object().into_iter().flatten() {
            if let Ok(value) = async_graphql::Value::from_json(value.clone()) {
                extensions.set(name.as_str(), value);
            }
        }
    })
}
