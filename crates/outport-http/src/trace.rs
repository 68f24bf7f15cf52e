//! A span for each request, within which everything that is done for it is traced: from its head to the last byte of
//! the answer.
//!
//! It says the route as it is written here, and nothing that a client wrote: paths name rows by their keys.

use std::time::Duration;

use axum::{
    body::Body,
    extract::{MatchedPath, Request},
};
use http::{HeaderMap, Response};
use tower_http::trace::{HttpMakeClassifier, MakeSpan, OnResponse, TraceLayer};
use tracing::{Span, debug_span, field};

/// Makes the span of a request a part of the trace that its headers name, where they name one.
pub type JoinTrace = fn(&Span, &HeaderMap);

/// What whoever watches the server asks every few seconds, and the files of pages: nobody looks for traces of these.
const UNTRACED: [&str; 4] = ["/health", "/hub/{*path}", "/metrics", "/ready"];

/// Makes the span of a request, and says in it how the request was answered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Traced {
    join: JoinTrace,
}

/// The layer that traces requests.
pub(crate) fn layer(join: JoinTrace) -> TraceLayer<HttpMakeClassifier, Traced, (), Traced, (), (), ()> {
    let traced = Traced { join };
    TraceLayer::new_for_http()
        .make_span_with(traced)
        .on_request(())
        .on_response(traced)
        .on_body_chunk(())
        .on_eos(())
        .on_failure(())
}

impl MakeSpan<Body> for Traced {
    fn make_span(&mut self, request: &Request) -> Span {
        let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
        if route.is_some_and(|route| UNTRACED.contains(&route)) {
            return Span::none();
        }
        let span = debug_span!("http", method = request.method().as_str(), route, status = field::Empty);
        if !span.is_disabled() {
            (self.join)(&span, request.headers());
        }
        span
    }
}

impl<B> OnResponse<B> for Traced {
    fn on_response(self, response: &Response<B>, _: Duration, span: &Span) {
        span.record("status", response.status().as_u16());
    }
}
