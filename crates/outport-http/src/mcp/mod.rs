//! The Model Context Protocol: `POST /mcp`, for agents.
//!
//! Requests are answered one by one, without sessions, in every revision of the protocol. An agent gets the same as any
//! other program of its caller: four tools over the gate, and the contracts as resources.
//!
//! - `server`: what the protocol asks of a server;
//! - `tools`: what the tools are called and take;
//! - `known`: what the caller may know of, as the tools say it;
//! - `search`, `query`, `access`: what the tools do;
//! - `origin`: which hosts and pages requests may name;
//! - `metadata`: where tokens come from (RFC 9728).
//!
//! **Invariant**: SQL that a model writes is only ever a [`Question`](outport_app::engine::Question).

mod access;
mod known;
mod metadata;
mod origin;
mod query;
mod search;
mod server;
mod tools;

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    response::{IntoResponse, Response},
    routing::{any, get},
};
use http::{StatusCode, header};
use outport_app::gate::{Caller, Gate};
use outport_model::principal::Door;
use rmcp::{
    ServiceExt,
    transport::{
        io::stdio,
        streamable_http_server::{
            StreamableHttpServerConfig, session::never::NeverSessionManager, tower::StreamableHttpService,
        },
    },
};

use crate::{identify::Visitor, state::Doors};
use server::Server;

/// The paths of this door.
pub(crate) fn routes() -> Router<Arc<Doors>> {
    let document = get(|State(doors): State<Arc<Doors>>| async move { metadata::document(&doors) });
    Router::new()
        .route("/mcp", any(answer))
        .route("/.well-known/oauth-protected-resource", document.clone())
        .route("/.well-known/oauth-protected-resource/mcp", document)
}

/// Serves one caller over the standard input and output of this process, until the input ends.
pub async fn mcp_stdio(gate: Arc<Gate>, caller: Caller) -> std::io::Result<()> {
    let caller = Caller { door: Door::Mcp, ..caller };
    let server = Server::new(gate, caller);
    let running = server.serve(stdio()).await.map_err(std::io::Error::other)?;
    running.waiting().await.map_err(std::io::Error::other)?;
    Ok(())
}

async fn answer(State(doors): State<Arc<Doors>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let caller = match Visitor::of(&parts).enter(&doors.gate, Door::Mcp).await {
        Ok(caller) => caller,
        Err(problem) => return challenged(&doors, problem.into_response()),
    };
    // The caller is part of the server that answers this one request, so that no request is answered without one.
    let server = Server::new(Arc::clone(&doors.gate), caller);
    let sessions = Arc::<NeverSessionManager>::default();
    let service = StreamableHttpService::new(move || Ok(server.clone()), sessions, settings(&doors));
    service.handle(Request::from_parts(parts, body)).await.map(Body::new)
}

fn settings(doors: &Doors) -> StreamableHttpServerConfig {
    StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_allowed_hosts(origin::hosts(&doors.options))
        .with_allowed_origins(origin::origins(&doors.options))
        .enforce_origin_validation()
        .with_max_request_body_bytes(doors.options.body_limit)
}

/// Says where tokens come from, where nobody was recognised.
fn challenged(doors: &Doors, mut response: Response) -> Response {
    if response.status() == StatusCode::UNAUTHORIZED
        && let Some(challenge) = metadata::challenge(&doors.options)
    {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}
