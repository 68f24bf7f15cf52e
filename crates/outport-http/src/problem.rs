//! What every error looks like outside: a problem document (RFC 9457).

use std::fmt;

use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use outport_app::{
    engine::EngineError,
    gate::{ErrorKind, GateError},
};
use outport_model::audit::RequestId;
use serde_json::{Map, Value, json};

/// The media type of a problem document.
pub(crate) const MEDIA_TYPE: &str = "application/problem+json";

/// Seconds after which it is worth to ask again where too much is under way.
const RETRY: u64 = 1;

/// An error as whoever asked may know it.
#[derive(Debug, Clone)]
pub(crate) struct Problem(Box<Content>);

#[derive(Debug, Clone)]
struct Content {
    status: StatusCode,
    /// The end of `type`, which programs tell problems apart by: a name that stays.
    code: &'static str,
    title: &'static str,
    detail: Option<String>,
    help: Option<String>,
    request: Option<RequestId>,
    /// Further members.
    more: Map<String, Value>,
    /// Headers that the status asks for.
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Problem {
    /// A problem that programs know by `code`, a name that stays.
    pub(crate) fn new(status: StatusCode, code: &'static str, title: &'static str) -> Self {
        Self(Box::new(Content {
            status,
            code,
            title,
            detail: None,
            help: None,
            request: None,
            more: Map::new(),
            headers: Vec::new(),
        }))
    }

    /// The request cannot be understood.
    pub(crate) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad-request", "the request cannot be understood").with_detail(detail)
    }

    /// Nobody was recognised.
    pub(crate) fn unauthenticated() -> Self {
        let mut problem = Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", "the credential is not accepted");
        problem.0.help = Some("send an API token: `Authorization: Bearer …`".to_owned());
        for scheme in ["Bearer realm=\"outport\"", "Basic realm=\"outport\", charset=\"UTF-8\""] {
            problem.0.headers.push((header::WWW_AUTHENTICATE, HeaderValue::from_static(scheme)));
        }
        problem
    }

    /// Only administrators may do this.
    pub(crate) fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", "this is not allowed").with_detail(detail)
    }

    /// There is no such thing, or none that the asker may know of.
    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "there is no such thing").with_detail(detail)
    }

    /// The answer cannot be had in the form that was asked for.
    pub(crate) fn not_acceptable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_ACCEPTABLE, "not-acceptable", "there is no answer of this form").with_detail(detail)
    }

    /// The body is of a type that is not read here.
    pub(crate) fn unsupported_media_type(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media-type", "a body of this type is not read here")
            .with_detail(detail)
    }

    /// The body did not arrive in time.
    pub(crate) fn too_slow() -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "too-slow", "the request did not arrive in time")
    }

    /// More was asked for than is given.
    pub(crate) fn limited(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "limit", "a limit is reached").with_detail(detail)
    }

    /// Too much of the asker's, or of everyone's, is under way.
    pub(crate) fn busy(title: &'static str) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "busy", title).retry_after(RETRY)
    }

    /// The server cannot answer now.
    pub(crate) fn unavailable() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "this cannot be answered now")
    }

    /// Something inside failed; nothing of it is shown.
    pub(crate) fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "something inside failed")
    }

    /// The problem of a status that something else than a door gave.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::new(status, "no-such-path", "there is nothing at this path"),
            StatusCode::METHOD_NOT_ALLOWED => {
                Self::new(status, "method-not-allowed", "this path is not called by this method")
            }
            StatusCode::PAYLOAD_TOO_LARGE => Self::new(status, "too-large", "the request is too large"),
            StatusCode::REQUEST_TIMEOUT => Self::too_slow(),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                Self::new(status, "media-type", "a body of this type is not read here")
            }
            StatusCode::SERVICE_UNAVAILABLE => Self::unavailable(),
            status if status.is_server_error() => Self::new(status, "internal", "something inside failed"),
            status => Self::new(status, "bad-request", "the request cannot be understood"),
        }
    }

    /// Says what exactly is wrong.
    pub(crate) fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    /// Says what to do about it.
    pub(crate) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    /// Says more, under a name of its own.
    pub(crate) fn with_member(mut self, name: &str, value: Value) -> Self {
        self.0.more.insert(name.to_owned(), value);
        self
    }

    /// Says when it is worth to ask again.
    fn retry_after(mut self, seconds: u64) -> Self {
        self.0.headers.push((header::RETRY_AFTER, HeaderValue::from(seconds)));
        self
    }

    /// Says something in a header too.
    pub(crate) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }

    /// Says under which id it is on record.
    pub(crate) fn with_request(mut self, request: RequestId) -> Self {
        self.0.request = Some(request);
        self
    }

    /// The document.
    pub(crate) fn document(&self) -> Value {
        let mut document = Map::new();
        document.insert("type".to_owned(), json!(format!("urn:outport:problem:{}", self.0.code)));
        document.insert("title".to_owned(), json!(self.0.title));
        document.insert("status".to_owned(), json!(self.0.status.as_u16()));
        let mut add = |name: &str, value: Option<Value>| value.map(|value| document.insert(name.to_owned(), value));
        add("detail", self.0.detail.as_ref().map(|text| json!(text)));
        add("help", self.0.help.as_ref().map(|text| json!(text)));
        add("request", self.0.request.map(|id| json!(id)));
        document.extend(self.0.more.clone());
        Value::Object(document)
    }

    /// The status.
    pub(crate) fn status(&self) -> StatusCode {
        self.0.status
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.detail.as_deref().unwrap_or(self.0.title))
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let media_type = HeaderValue::from_static(MEDIA_TYPE);
        let mut response = (self.0.status, self.document().to_string()).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, media_type);
        if let Some(id) = self.0.request.and_then(|id| HeaderValue::from_str(&id.to_string()).ok()) {
            response.headers_mut().insert(crate::query::REQUEST, id);
        }
        for (name, value) in self.0.headers {
            response.headers_mut().append(name, value);
        }
        response
    }
}

impl From<GateError> for Problem {
    fn from(error: GateError) -> Self {
        let kind = error.kind();
        let (status, title) = described(kind);
        let mut problem = match kind {
            ErrorKind::Unauthenticated => return Self::unauthenticated(),
            // Places and causes inside are for the record alone.
            ErrorKind::Internal => return Self::internal(),
            ErrorKind::Busy | ErrorKind::Overloaded => Self::new(status, kind.as_str(), title).retry_after(RETRY),
            _ => Self::new(status, kind.as_str(), title),
        };
        problem.0.detail = Some(error.to_string());
        problem.0.help = error.help();
        match error {
            GateError::TooMany { seconds } => problem.retry_after(seconds),
            GateError::PurposeMissing => problem.with_help("name the purpose, in one line: `Outport-Purpose: …`"),
            GateError::Engine(EngineError::Query { position: Some((line, column)), .. }) => {
                problem.with_member("line", json!(line)).with_member("column", json!(column))
            }
            _ => problem,
        }
    }
}

/// The status and the title of each kind of error.
fn described(kind: ErrorKind) -> (StatusCode, &'static str) {
    match kind {
        ErrorKind::Unauthenticated => (StatusCode::UNAUTHORIZED, "the credential is not accepted"),
        ErrorKind::TooManyAttempts => (StatusCode::TOO_MANY_REQUESTS, "too many wrong credentials"),
        ErrorKind::Forbidden => (StatusCode::FORBIDDEN, "this is not allowed"),
        ErrorKind::NoAgreement => (StatusCode::FORBIDDEN, "there is no agreement"),
        ErrorKind::AgreementExpired => (StatusCode::FORBIDDEN, "the agreement has expired"),
        ErrorKind::OtherPurpose => (StatusCode::FORBIDDEN, "the agreement is for another purpose"),
        ErrorKind::PurposeMissing => (StatusCode::FORBIDDEN, "there is no purpose"),
        ErrorKind::Ungrouped => (StatusCode::FORBIDDEN, "only groups of rows may be read"),
        ErrorKind::NotFound => (StatusCode::NOT_FOUND, "there is no such thing"),
        ErrorKind::NoSuchRelease => (StatusCode::NOT_FOUND, "there is no such release"),
        ErrorKind::Query => (StatusCode::BAD_REQUEST, "the query cannot be answered"),
        ErrorKind::Terms => (StatusCode::UNPROCESSABLE_ENTITY, "this cannot be agreed upon"),
        ErrorKind::WrongPolicies => (StatusCode::UNPROCESSABLE_ENTITY, "the policies have errors"),
        ErrorKind::AgreementMoved => (StatusCode::CONFLICT, "the agreement has changed meanwhile"),
        ErrorKind::Changed => (StatusCode::PRECONDITION_FAILED, "it has changed meanwhile"),
        ErrorKind::Policies => (StatusCode::SERVICE_UNAVAILABLE, "the policies cannot be used"),
        ErrorKind::Limit => (StatusCode::UNPROCESSABLE_ENTITY, "a limit is reached"),
        ErrorKind::TimeLimit => (StatusCode::UNPROCESSABLE_ENTITY, "it took too long"),
        ErrorKind::Busy => (StatusCode::TOO_MANY_REQUESTS, "too much of yours is under way"),
        ErrorKind::Overloaded => (StatusCode::SERVICE_UNAVAILABLE, "too much is under way"),
        ErrorKind::Stopped => (StatusCode::CONFLICT, "it was stopped"),
        ErrorKind::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "something inside failed"),
    }
}
