//! A span for each call, within which everything that is done for it is traced: from its headers to the last of its
//! rows.

use std::time::Duration;

use http::{HeaderMap, Request, Response};
use tonic::body::Body;
use tower_http::trace::{GrpcMakeClassifier, MakeSpan, OnEos, OnResponse, TraceLayer};
use tracing::{Span, debug_span, field};

/// Makes the span of a call a part of the trace that its headers name, where they name one.
pub type JoinTrace = fn(&Span, &HeaderMap);

/// Before the name of each method.
const SERVICE: &str = "/arrow.flight.protocol.FlightService/";

/// The methods that there are. What else clients ask for is not written down.
const METHODS: [&str; 10] = [
    "DoAction",
    "DoExchange",
    "DoGet",
    "DoPut",
    "GetFlightInfo",
    "GetSchema",
    "Handshake",
    "ListActions",
    "ListFlights",
    "PollFlightInfo",
];

/// Makes the span of a call, and says in it how the call ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Traced {
    join: JoinTrace,
}

/// The layer that traces calls.
pub(crate) fn layer(join: JoinTrace) -> TraceLayer<GrpcMakeClassifier, Traced, (), Traced, (), Traced, ()> {
    let traced = Traced { join };
    TraceLayer::new_for_grpc()
        .make_span_with(traced)
        .on_request(())
        .on_response(traced)
        .on_body_chunk(())
        .on_eos(traced)
        .on_failure(())
}

impl MakeSpan<Body> for Traced {
    fn make_span(&mut self, request: &Request<Body>) -> Span {
        let asked = request.uri().path().strip_prefix(SERVICE);
        let method = METHODS.into_iter().find(|method| asked == Some(*method));
        let span = debug_span!("call", method, status = field::Empty);
        if !span.is_disabled() {
            (self.join)(&span, request.headers());
        }
        span
    }
}

impl<B> OnResponse<B> for Traced {
    fn on_response(self, response: &Response<B>, _: Duration, span: &Span) {
        record(span, response.headers());
    }
}

impl OnEos for Traced {
    fn on_eos(self, trailers: Option<&HeaderMap>, _: Duration, span: &Span) {
        if let Some(trailers) = trailers {
            record(span, trailers);
        }
    }
}

/// A call that fails at once says so in its headers, every other one in its trailers.
fn record(span: &Span, headers: &HeaderMap) {
    let status = headers.get(tonic::Status::GRPC_STATUS).and_then(|status| status.to_str().ok());
    if let Some(status) = status.and_then(|status| status.parse::<u16>().ok()) {
        span.record("status", status);
    }
}
