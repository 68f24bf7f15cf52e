//! What spans and their fields are called outside: as OpenTelemetry's semantic conventions have it where they have a
//! name for it, else with `outport.` before the name that they have here.

use opentelemetry::{
    Array, Key, KeyValue, SpanId, StringValue, Value,
    trace::{SpanKind, Status},
};
use opentelemetry_sdk::trace::SpanData;

/// What is said of a method that is none of those that are known: clients may write anything.
const OTHER: &str = "_OTHER";

/// The methods of HTTP.
const METHODS: [&str; 9] = ["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"];

/// The service of the calls over gRPC.
const FLIGHT: &str = "arrow.flight.protocol.FlightService";

/// The codes of gRPC, by number.
const CODES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

/// Those of them that are the server's fault.
const FAULTS: [&str; 6] = ["DATA_LOSS", "DEADLINE_EXCEEDED", "INTERNAL", "UNAVAILABLE", "UNIMPLEMENTED", "UNKNOWN"];

/// A span as it is called outside.
pub(super) fn conventional(mut span: SpanData) -> SpanData {
    let said = Said(std::mem::take(&mut span.attributes));
    match &*span.name {
        "http" => http(&mut span, &said),
        "call" => call(&mut span, &said),
        "request" => request(&mut span, said),
        _ => {
            if said.text("state") == Some("failed") {
                span.status = Status::error("");
            }
            span.attributes = said.0.into_iter().map(own).collect();
        }
    }
    span
}

/// The fields of a span.
struct Said(Vec<KeyValue>);

impl Said {
    fn text(&self, field: &str) -> Option<&str> {
        match &self.0.iter().find(|said| said.key.as_str() == field)?.value {
            Value::String(text) => Some(text.as_str()),
            _ => None,
        }
    }

    fn number(&self, field: &str) -> Option<i64> {
        self.0.iter().find(|said| said.key.as_str() == field).and_then(|said| number(&said.value))
    }
}

/// A number, which a field has as text where it has no sign.
fn number(value: &Value) -> Option<i64> {
    match value {
        Value::I64(number) => Some(*number),
        Value::String(text) => text.as_str().parse().ok(),
        _ => None,
    }
}

fn http(span: &mut SpanData, said: &Said) {
    let method = said.text("method").and_then(|said| METHODS.into_iter().find(|method| *method == said));
    let (method, route) = (method.unwrap_or(OTHER), said.text("route"));
    // A method that is none has no place in a name either.
    let verb = if method == OTHER { "HTTP" } else { method };
    span.name = route.map_or_else(|| verb.into(), |route| format!("{verb} {route}").into());
    span.span_kind = SpanKind::Server;
    span.attributes.push(KeyValue::new("http.request.method", method));
    span.attributes.extend(route.map(|route| KeyValue::new("http.route", route.to_owned())));
    if let Some(status) = said.number("status") {
        span.attributes.push(KeyValue::new("http.response.status_code", status));
        if status >= 500 {
            span.attributes.push(KeyValue::new("error.type", status.to_string()));
            span.status = Status::error("");
        }
    }
}

fn call(span: &mut SpanData, said: &Said) {
    let method = said.text("method").map_or_else(|| OTHER.to_owned(), |method| format!("{FLIGHT}/{method}"));
    span.name = method.clone().into();
    span.span_kind = SpanKind::Server;
    span.attributes.push(KeyValue::new("rpc.system.name", "grpc"));
    span.attributes.push(KeyValue::new("rpc.method", method));
    let code = said.number("status").and_then(|status| CODES.get(usize::try_from(status).ok()?));
    if let Some(code) = code {
        span.attributes.push(KeyValue::new("rpc.response.status_code", *code));
        if FAULTS.contains(code) {
            span.attributes.push(KeyValue::new("error.type", *code));
            span.status = Status::error("");
        }
    }
}

fn request(span: &mut SpanData, said: Said) {
    if span.parent_span_id == SpanId::INVALID {
        // A door that traces nothing itself.
        span.span_kind = SpanKind::Server;
    }
    if said.text("error") == Some("internal") {
        span.status = Status::error("");
    }
    span.attributes.push(KeyValue::new("db.system.name", "outport"));
    span.attributes.extend(said.0.into_iter().filter_map(|said| match said.key.as_str() {
        // The span has its own times.
        "microseconds" => None,
        "rows" => Some(counted("db.response.returned_rows", said)),
        "bytes" => Some(counted("outport.bytes", said)),
        "error" => Some(KeyValue::new("error.type", said.value)),
        "principal" => Some(KeyValue::new("outport.principal.kind", said.value)),
        "products" => Some(KeyValue::new("outport.products", listed(&said.value))),
        _ => Some(own(said)),
    }));
}

fn own(said: KeyValue) -> KeyValue {
    KeyValue::new(Key::new(format!("outport.{}", said.key)), said.value)
}

fn counted(key: &'static str, said: KeyValue) -> KeyValue {
    KeyValue::new(key, number(&said.value).map_or(said.value, Value::I64))
}

fn listed(value: &Value) -> Value {
    let text = value.as_str();
    let names = text.split(',').filter(|name| !name.is_empty());
    Value::Array(Array::String(names.map(|name| StringValue::from(name.to_owned())).collect()))
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use opentelemetry::{
        InstrumentationScope,
        trace::{SpanContext, TraceFlags, TraceId, TraceState},
    };

    use opentelemetry_sdk::trace::{SpanEvents, SpanLinks};

    use super::*;

    fn span(name: &'static str, parent: u8, fields: &[(&'static str, &'static str)]) -> SpanData {
        let id = SpanId::from_bytes([1; 8]);
        let trace = TraceId::from_bytes([2; 16]);
        SpanData {
            span_context: SpanContext::new(trace, id, TraceFlags::SAMPLED, false, TraceState::default()),
            parent_span_id: SpanId::from_bytes([parent; 8]),
            parent_span_is_remote: false,
            span_kind: SpanKind::Internal,
            name: name.into(),
            start_time: SystemTime::UNIX_EPOCH,
            end_time: SystemTime::UNIX_EPOCH,
            attributes: fields.iter().map(|(key, value)| KeyValue::new(*key, *value)).collect(),
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            status: Status::Unset,
            instrumentation_scope: InstrumentationScope::default(),
        }
    }

    /// The name, whether it failed, and the fields, in the order of their names.
    fn check(span: SpanData, name: &str, failed: bool, fields: &[&str]) {
        let span = conventional(span);
        let mut found: Vec<_> = span.attributes.iter().map(|said| format!("{}={}", said.key, said.value)).collect();
        found.sort();
        assert_eq!((&*span.name, span.status != Status::Unset), (name, failed));
        assert_eq!(found, fields);
    }

    #[test]
    fn requests_over_http() {
        let fields = [("method", "POST"), ("route", "/v1/sql"), ("status", "200")];
        let names = ["http.request.method=POST", "http.response.status_code=200", "http.route=/v1/sql"];
        check(span("http", 0, &fields), "POST /v1/sql", false, &names);
        let fields = [("method", "SECRET"), ("status", "503")];
        let names = ["error.type=503", "http.request.method=_OTHER", "http.response.status_code=503"];
        check(span("http", 0, &fields), "HTTP", true, &names);
        assert_eq!(conventional(span("http", 7, &[])).span_kind, SpanKind::Server);
    }

    #[test]
    fn calls_of_flight() {
        let method = "arrow.flight.protocol.FlightService/DoGet";
        let said = format!("rpc.method={method}");
        let names = [said.as_str(), "rpc.response.status_code=NOT_FOUND", "rpc.system.name=grpc"];
        check(span("call", 0, &[("method", "DoGet"), ("status", "5")]), method, false, &names);
        let names =
            ["error.type=INTERNAL", "rpc.method=_OTHER", "rpc.response.status_code=INTERNAL", "rpc.system.name=grpc"];
        check(span("call", 0, &[("status", "13")]), "_OTHER", true, &names);
    }

    #[test]
    fn requests_at_the_gate() {
        let fields = [
            ("door", "sql"),
            ("principal", "user"),
            ("request", "1"),
            ("products", "a,b"),
            ("rows", "3"),
            ("bytes", "24"),
            ("microseconds", "9"),
            ("result", "failed"),
            ("error", "internal"),
        ];
        let names = [
            "db.response.returned_rows=3",
            "db.system.name=outport",
            "error.type=internal",
            "outport.bytes=24",
            "outport.door=sql",
            "outport.principal.kind=user",
            "outport.products=[\"a\",\"b\"]",
            "outport.request=1",
            "outport.result=failed",
        ];
        check(span("request", 7, &fields), "request", true, &names);
        let kind = |parent| conventional(span("request", parent, &[])).span_kind;
        assert_eq!((kind(0), kind(7)), (SpanKind::Server, SpanKind::Internal));
        let rows = conventional(span("request", 7, &[("rows", "3")]));
        assert!(rows.attributes.contains(&KeyValue::new("db.response.returned_rows", 3)));
    }

    #[test]
    fn runs_and_their_parts() {
        check(span("build", 7, &[("model", "sales")]), "build", false, &["outport.model=sales"]);
        check(span("run", 7, &[("state", "published")]), "run", false, &["outport.state=published"]);
        check(span("run", 7, &[("state", "failed")]), "run", true, &["outport.state=failed"]);
    }
}
