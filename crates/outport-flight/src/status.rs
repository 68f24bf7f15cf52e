//! What a client is told of an error.

use outport_app::{
    engine::EngineError,
    gate::{ErrorKind, GateError, Request},
};
use outport_model::audit::RequestId;
use tonic::{
    Code, Status,
    metadata::{MetadataMap, MetadataValue},
};

/// The header of an answer that has the id under which the request is on record.
pub(crate) const REQUEST: &str = "outport-request-id";

/// What is said of an error whose cause is nobody's business outside.
const INSIDE: &str = "something inside failed";

/// The error as gRPC says it: what is wrong, what to do, and under which id it is on record.
pub(crate) fn status(error: &GateError, id: Option<RequestId>) -> Status {
    let code = code(error.kind());
    let text = if code == Code::Internal { INSIDE.to_owned() } else { shown(error) };
    match id {
        Some(id) => with_request(code, &text, id),
        None => Status::new(code, text),
    }
}

fn with_request(code: Code, text: &str, id: RequestId) -> Status {
    let mut headers = MetadataMap::new();
    if let Ok(id) = MetadataValue::try_from(id.to_string()) {
        headers.insert(REQUEST, id);
    }
    Status::with_metadata(code, format!("{text} (request {id})"), headers)
}

fn shown(error: &GateError) -> String {
    let place = match error {
        GateError::Engine(EngineError::Query { position: Some((line, column)), .. }) => {
            format!(" (line {line}, column {column})")
        }
        _ => String::new(),
    };
    let help = error.help().map(|help| format!("; {help}")).unwrap_or_default();
    format!("{error}{place}{help}")
}

fn code(kind: ErrorKind) -> Code {
    match kind {
        ErrorKind::Unauthenticated => Code::Unauthenticated,
        ErrorKind::Forbidden
        | ErrorKind::NoAgreement
        | ErrorKind::AgreementExpired
        | ErrorKind::OtherPurpose
        | ErrorKind::Ungrouped => Code::PermissionDenied,
        ErrorKind::Query | ErrorKind::PurposeMissing | ErrorKind::Terms | ErrorKind::WrongPolicies => {
            Code::InvalidArgument
        }
        ErrorKind::AgreementMoved | ErrorKind::Changed => Code::Aborted,
        ErrorKind::NotFound | ErrorKind::NoSuchRelease => Code::NotFound,
        ErrorKind::TimeLimit => Code::DeadlineExceeded,
        ErrorKind::TooManyAttempts | ErrorKind::Limit | ErrorKind::Busy | ErrorKind::Overloaded => {
            Code::ResourceExhausted
        }
        ErrorKind::Policies => Code::FailedPrecondition,
        ErrorKind::Stopped => Code::Cancelled,
        ErrorKind::Internal => Code::Internal,
    }
}

/// Puts on record that a request was not understood, and says under which id.
pub(crate) fn misread(request: Request, told: &Status) -> Status {
    let id = request.id();
    request.misread(told.message());
    with_request(told.code(), told.message(), id)
}

/// What is said to whoever wants to write.
pub(crate) fn read_only(what: &str) -> Status {
    Status::unimplemented(format!("{what} cannot be done here; released tables are only read"))
}

#[cfg(test)]
mod tests {
    use outport_app::gate::Limit;

    use super::*;

    fn id() -> RequestId {
        RequestId::new(uuid::Uuid::from_u128(7))
    }

    #[test]
    fn an_error_says_what_to_do_and_where_it_is_on_record() {
        let error = GateError::Engine(EngineError::Query {
            reason: "there is no column `salse`".to_owned(),
            position: Some((1, 8)),
            help: Some("did you mean `sales`?".to_owned()),
        });
        let status = status(&error, Some(id()));
        assert_eq!(status.code(), Code::InvalidArgument);
        assert_eq!(
            status.message(),
            format!("there is no column `salse` (line 1, column 8); did you mean `sales`? (request {})", id())
        );
        assert_eq!(status.metadata().get(REQUEST).unwrap().to_str().unwrap(), id().to_string());
    }

    #[test]
    fn what_is_inside_stays_inside() {
        let secret = || "row 17 is `4711`".to_owned();
        let errors = [
            GateError::Internal(secret().into()),
            EngineError::Sealed { table: "a.b".to_owned(), reason: secret() }.into(),
            EngineError::Warehouse { location: secret(), action: "read", reason: secret() }.into(),
            EngineError::Model { model: "m".to_owned(), file: "m.sql".to_owned(), reason: secret() }.into(),
        ];
        for error in errors {
            let status = status(&error, Some(id()));
            assert_eq!(status.code(), Code::Internal);
            assert_eq!(status.message(), format!("{INSIDE} (request {})", id()));
        }
    }

    #[test]
    fn who_may_not_is_told_apart_from_who_is_not_known() {
        let forbidden = GateError::Forbidden { principal: "ada".to_owned(), action: "read".to_owned() };
        assert_eq!(status(&forbidden, None).code(), Code::PermissionDenied);
        let unknown = GateError::Unauthenticated { reason: "the password is wrong".to_owned() };
        let told = status(&unknown, None);
        assert_eq!(told.code(), Code::Unauthenticated);
        assert!(!told.message().contains("wrong"), "{}", told.message());
    }

    #[test]
    fn limits_are_told_apart() {
        let limited = |limit| GateError::Limited { limit, value: 5 };
        assert_eq!(status(&limited(Limit::Seconds), None).code(), Code::DeadlineExceeded);
        assert_eq!(status(&limited(Limit::Rows), None).code(), Code::ResourceExhausted);
        let memory = EngineError::Memory { what: "the query".to_owned(), limit: Limit::Memory, bytes: 1 << 30 };
        let told = status(&memory.into(), None);
        assert_eq!(told.code(), Code::ResourceExhausted);
        assert!(told.message().starts_with("the limit `memory` of 1GiB is reached"), "{}", told.message());
    }
}
