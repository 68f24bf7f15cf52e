//! What holds for every response, whichever door gives it.

use std::{any::Any, sync::Arc};

use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, Request},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, Method, header};
use outport_model::principal::Door;
use tower_http::{
    catch_panic::CatchPanicLayer,
    cors::{AllowOrigin, CorsLayer},
    limit::RequestBodyLimitLayer,
    timeout::RequestBodyTimeoutLayer,
};

use crate::{Options, changes, hub, identify, problem::Problem, query, state::Doors, trace, unread};

/// Headers that every response has, unless the door said something else.
const HEADERS: [(HeaderName, &str); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (header::REFERRER_POLICY, "no-referrer"),
    // What someone sees is theirs alone, and may be another thing at the next moment.
    (header::CACHE_CONTROL, "no-store"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
];

/// Headers that pages of the configured origins may send, beside those of every page. Agents in a browser, and clients of
/// Delta Sharing, need those of their protocols.
const SENT: [HeaderName; 14] = [
    header::AUTHORIZATION,
    header::ACCEPT,
    header::CONTENT_TYPE,
    header::IF_MATCH,
    header::IF_NONE_MATCH,
    identify::PURPOSE,
    HeaderName::from_static("last-event-id"),
    HeaderName::from_static("mcp-protocol-version"),
    HeaderName::from_static("mcp-session-id"),
    HeaderName::from_static("mcp-method"),
    HeaderName::from_static("mcp-name"),
    HeaderName::from_static("delta-sharing-capabilities"),
    HeaderName::from_static("traceparent"),
    HeaderName::from_static("tracestate"),
];

/// Headers of responses that these pages may read.
const READ: [HeaderName; 8] = [
    query::REQUEST,
    query::RELEASES,
    changes::POSITION,
    header::ETAG,
    header::LINK,
    header::RETRY_AFTER,
    header::WWW_AUTHENTICATE,
    HeaderName::from_static("delta-table-version"),
];

/// Puts around the routes of a door a limit for bodies, in bytes, and what puts on record what the routes do not see.
pub(crate) fn at(door: Door, routes: Router<Arc<Doors>>, limit: usize, doors: &Arc<Doors>) -> Router<Arc<Doors>> {
    let doors = Arc::clone(doors);
    let record = move |request: Request, next: Next| unread::on_record(Arc::clone(&doors), door, limit, request, next);
    routes.layer(RequestBodyLimitLayer::new(limit)).layer(middleware::from_fn(record))
}

/// Puts around all routes what holds for every response.
pub(crate) fn around(routes: Router<Arc<Doors>>, doors: &Arc<Doors>) -> Router<Arc<Doors>> {
    let options = &doors.options;
    let secure = options.is_secure();
    let routes = routes
        .fallback(|| async { Problem::of_status(http::StatusCode::NOT_FOUND) })
        .method_not_allowed_fallback(|| async { Problem::of_status(http::StatusCode::METHOD_NOT_ALLOWED) })
        .layer(DefaultBodyLimit::disable())
        .layer(RequestBodyTimeoutLayer::new(options.receive_time))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn(move |request: Request, next: Next| finish(request, next, secure)));
    let routes = match &options.hub {
        Some(_) => routes.layer(middleware::from_fn_with_state(Arc::clone(doors), hub::guard)),
        None => routes,
    };
    let routes = match cors(options) {
        Some(cors) => routes.layer(cors),
        None => routes,
    };
    routes.layer(trace::layer(options.join_trace))
}

/// Adds the headers, and makes a problem document of an error that is none yet.
async fn finish(request: Request, next: Next, secure: bool) -> Response {
    let mut response = documented(next.run(request).await);
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if secure {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    response
}

/// An error that has no document, or only a line of text, gets one; what else its head says stays.
fn documented(response: Response) -> Response {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let media_type = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if media_type.is_some_and(|media_type| !media_type.starts_with("text/")) {
        return response;
    }
    let (mut parts, _) = response.into_parts();
    let (problem, body) = Problem::of_status(status).into_response().into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.extend(problem.headers);
    Response::from_parts(parts, body)
}

/// Says nothing of it outside.
fn panicked(cause: Box<dyn Any + Send + 'static>) -> Response<Body> {
    let said = cause.downcast::<String>().map(|text| *text);
    let said = said.or_else(|cause| cause.downcast::<&'static str>().map(|text| (*text).to_owned()));
    tracing::error!(cause = said.as_deref().unwrap_or("unknown"), "a request panicked");
    Problem::internal().into_response()
}

/// Lets pages of the configured origins call; without any there is nothing.
fn cors(options: &Options) -> Option<CorsLayer> {
    let origins: Vec<HeaderValue> = options.cors_origins.iter().filter_map(|origin| origin.parse().ok()).collect();
    if origins.is_empty() {
        return None;
    }
    Some(
        CorsLayer::new()
            .allow_origin(AllowOrigin::list(origins))
            .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
            .allow_headers(SENT)
            .expose_headers(READ),
    )
}
