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

use std::{borrow::Cow, sync::Arc};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{FromRequest, Request, State},
    response::{IntoResponse, Response},
    routing::{any, get},
};
use http::{HeaderValue, StatusCode, header};
use outport_app::gate::{Caller, Gate};
use outport_model::principal::Door;
use rmcp::{
    ErrorData, RoleServer, Service, ServiceExt,
    model::{ClientNotification, ClientRequest, ErrorCode, ProtocolVersion, ServerConfig, ServerResult},
    service::{NotificationContext, RequestContext},
    transport::{
        io::stdio,
        streamable_http_server::{
            StreamableHttpServerConfig, session::never::NeverSessionManager, tower::StreamableHttpService,
        },
    },
};

use serde_json::{Value, json};

use crate::{body::Whole, identify::Visitor, query::REQUEST, state::Doors};
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
    let server = OneByOne(Server::new(gate, caller));
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
    let said = format!("{} {}", parts.method, parts.uri.path());
    // Read here, so that a body that is too large or comes too late is told as at every other door.
    let whole = Whole::from_request(Request::from_parts(parts.clone(), body), &()).await;
    let Whole(body) = match doors.understood(&caller, &*said, whole) {
        Ok(whole) => whole,
        Err(problem) => return problem.into_response(),
    };
    // The caller is part of the server that answers this one request, so that no request is answered without one.
    let server = Server::new(Arc::clone(&doors.gate), caller);
    let (answering, sessions) = (server.clone(), Arc::<NeverSessionManager>::default());
    let service = StreamableHttpService::new(move || Ok(answering.clone()), sessions, settings(&doors));
    let response = service.handle(Request::from_parts(parts, Body::from(body))).await.map(Body::new);
    if server.has_begun() { response } else { greeted(&server, said, response).await }
}

/// Puts on record what the transport answered by itself.
async fn greeted(server: &Server, said: String, response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    // A stream goes on, and has begun with an answer.
    let streams = parts.headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes() == b"text/event-stream");
    let (fault, body) = if streams {
        (None, body)
    } else {
        match to_bytes(body, usize::MAX).await {
            Ok(bytes) => (fault(parts.status, &bytes), Body::from(bytes)),
            Err(error) => (Some(error.to_string()), Body::empty()),
        }
    };
    if let Ok(id) = HeaderValue::from_str(&server.greeted(said, fault).to_string()) {
        parts.headers.insert(REQUEST, id);
    }
    Response::from_parts(parts, body)
}

/// Why there is no result in an answer of JSON-RPC, or of the transport; `None` where there is one.
fn fault(status: StatusCode, body: &[u8]) -> Option<String> {
    let error = serde_json::from_slice::<Value>(body).ok().and_then(|answer| answer.get("error").cloned());
    match error {
        Some(error) if error["code"] == json!(ErrorCode::METHOD_NOT_FOUND.0) => {
            Some(format!("there is no method {}", error["message"]))
        }
        Some(error) => Some(error["message"].as_str().unwrap_or_default().to_owned()),
        None if status.is_success() => None,
        None => Some(String::from_utf8_lossy(body).into_owned()),
    }
}

/// Answers the requests of a connection, each on record.
struct OneByOne(Server);

impl Service<RoleServer> for OneByOne {
    async fn handle_request(
        &self,
        request: ClientRequest,
        context: RequestContext<RoleServer>,
    ) -> Result<ServerResult, ErrorData> {
        let (server, said) = (self.0.alone(), request.method().to_owned());
        let outcome = server.handle_request(request, context).await;
        if !server.has_begun() {
            server.greeted(said, outcome.as_ref().err().map(|error| error.message.to_string()));
        }
        outcome
    }

    async fn handle_notification(
        &self,
        notification: ClientNotification,
        context: NotificationContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.0.handle_notification(notification, context).await
    }

    fn get_info(&self) -> ServerConfig {
        Service::get_info(&self.0)
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        Service::supported_protocol_versions(&self.0)
    }
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
