//! Why a client gets an error, and which one: SQLSTATE, message, hint and place.

use std::time::Duration;

use outport_app::{
    engine::EngineError,
    gate::{ErrorKind, GateError},
};
use outport_model::audit::RequestId;
use pgwire::messages::{PgWireBackendMessage, response::ErrorResponse};

/// The longest message or hint that is sent.
const LONGEST: usize = 4_000;

/// Why a client gets an error.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The gate gave no answer. The id is that of the request, where it is known.
    #[error("{error}")]
    Gate { error: GateError, request: Option<RequestId> },
    /// The statement is not in the grammar.
    #[error("{message}")]
    Syntax { message: String, position: Option<(usize, usize)> },
    /// A question about the catalog, or without a table, cannot be answered.
    #[error("{message}")]
    Catalog { message: String, state: &'static str },
    /// This door does not do that.
    #[error("{what} is not supported here")]
    Unsupported { what: String, help: Option<&'static str> },
    /// The catalog and released tables in one statement.
    #[error("one statement cannot read both released tables and the catalog")]
    Mixed,
    /// Everything but the end of the transaction is refused after an error in it.
    #[error("the transaction has failed; statements are ignored until it ends")]
    TransactionFailed,
    /// There is no such prepared statement.
    #[error("there is no prepared statement `{0}`")]
    NoStatement(String),
    /// There is one of that name already.
    #[error("there is a prepared statement `{0}` already")]
    StatementExists(String),
    /// There is no such portal or cursor.
    #[error("there is no portal or cursor `{0}`")]
    NoPortal(String),
    /// There is one of that name already.
    #[error("there is a cursor `{0}` already")]
    PortalExists(String),
    /// It would take too much to take it apart.
    #[error("the statement has more than {0} operators")]
    TooComplex(usize),
    /// Too many statements or portals are kept.
    #[error("{what} is limited to {most}")]
    TooManyKept { what: &'static str, most: usize },
    /// A cursor lives in a transaction.
    #[error("a cursor without `WITH HOLD` lives in a transaction")]
    CursorOutsideTransaction,
    /// More than one statement where only one may be.
    #[error("a prepared statement is one statement")]
    ManyStatements,
    /// The message does not fit the statement.
    #[error("{0}")]
    Mismatch(String),
    /// A value is not written as its type is.
    #[error("parameter ${number} is not a value of type {type_name}")]
    Value { number: usize, type_name: String },
    /// A value of the result cannot be sent as its type.
    #[error("a value of column `{column}` is out of the range of type {type_name}")]
    OutOfRange { column: String, type_name: String },
    /// What a prepared statement returns is not what was described.
    #[error("cached plan must not change result type")]
    PlanChanged,
    /// There is no such setting.
    #[error("there is no setting `{0}`")]
    NoSetting(String),
    /// The setting has no such value, or cannot be set.
    #[error("`{name}` cannot be set to `{value}`: {reason}")]
    Setting { name: String, value: String, reason: String },
    /// The client asked to stop it.
    #[error("the statement was stopped at the client's request")]
    Cancelled,
    /// It took longer than the client wanted.
    #[error("the statement was stopped: it took longer than `statement_timeout`")]
    TimedOut,
    /// Nobody signed in for that long.
    #[error("the sign-in was stopped: it took longer than {} s", .0.as_secs_f64())]
    Late(Duration),
    /// The server stops.
    #[error("the server is stopping")]
    Stopping,
    /// There are too many connections.
    #[error("there are {0} connections already")]
    TooManyConnections(usize),
    /// The user has too many connections.
    #[error("you have {0} connections already")]
    TooManyOfUser(usize),
    /// It is not a message of the protocol.
    #[error("this is no message of the PostgreSQL protocol, version 3")]
    Malformed,
    /// A message is too long.
    #[error("the message is longer than {0} bytes")]
    TooLong(usize),
    /// It was not expected now.
    #[error("the message was not expected now")]
    Unexpected,
    /// The password would go unprotected.
    #[error("the connection is not encrypted")]
    Plain,
    /// There is no user.
    #[error("there is no user name")]
    NoUser,
    /// The database is not the workspace.
    #[error("there is no database `{asked}`")]
    NoDatabase { asked: String, workspace: String },
    /// Something is not as it must be.
    #[error("something inside failed")]
    Inside(String),
}

impl Failure {
    /// An error of the gate about a request whose id is not known.
    pub(crate) fn gate(error: GateError) -> Self {
        Self::Gate { error, request: None }
    }

    /// Whether the connection ends with it.
    pub(crate) fn is_fatal(&self) -> bool {
        match self {
            // Who is not recognised any more cannot ask anything.
            Self::Gate { error, .. } => {
                matches!(error.kind(), ErrorKind::Unauthenticated | ErrorKind::TooManyAttempts)
            }
            Self::Late(_)
            | Self::Stopping
            | Self::TooManyConnections(_)
            | Self::TooManyOfUser(_)
            | Self::Malformed
            | Self::TooLong(_)
            | Self::Unexpected
            | Self::Plain
            | Self::NoUser
            | Self::NoDatabase { .. } => true,
            Self::Syntax { .. }
            | Self::Catalog { .. }
            | Self::Unsupported { .. }
            | Self::Mixed
            | Self::TransactionFailed
            | Self::NoStatement(_)
            | Self::StatementExists(_)
            | Self::NoPortal(_)
            | Self::PortalExists(_)
            | Self::TooComplex(_)
            | Self::TooManyKept { .. }
            | Self::CursorOutsideTransaction
            | Self::ManyStatements
            | Self::Mismatch(_)
            | Self::Value { .. }
            | Self::OutOfRange { .. }
            | Self::PlanChanged
            | Self::NoSetting(_)
            | Self::Setting { .. }
            | Self::Cancelled
            | Self::TimedOut
            | Self::Inside(_) => false,
        }
    }

    /// The SQLSTATE.
    pub(crate) fn state(&self) -> &'static str {
        match self {
            Self::Gate { error, .. } => gate_state(error),
            Self::Syntax { .. } | Self::ManyStatements => "42601",
            Self::Catalog { state, .. } => state,
            Self::Unsupported { .. } | Self::Mixed | Self::PlanChanged => "0A000",
            Self::TransactionFailed => "25P02",
            Self::NoStatement(_) => "26000",
            Self::StatementExists(_) => "42P05",
            Self::NoPortal(_) => "34000",
            Self::PortalExists(_) => "42P03",
            Self::TooComplex(_) => "54001",
            Self::TooManyKept { .. } => "53400",
            Self::CursorOutsideTransaction => "25P01",
            Self::Mismatch(_) | Self::Malformed | Self::TooLong(_) | Self::Unexpected => "08P01",
            Self::Value { .. } => "22P02",
            Self::OutOfRange { .. } => "22003",
            Self::NoSetting(_) => "42704",
            Self::Setting { .. } => "22023",
            Self::Cancelled | Self::TimedOut | Self::Late(_) => "57014",
            Self::Stopping => "57P01",
            Self::TooManyConnections(_) | Self::TooManyOfUser(_) => "53300",
            Self::Plain | Self::NoUser => "28000",
            Self::NoDatabase { .. } => "3D000",
            Self::Inside(_) => "XX000",
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Gate { error: GateError::PurposeMissing, .. } => {
                Some("say it: `SET outport.purpose = 'what the data is read for'`".to_owned())
            }
            Self::Gate { error, request } if error.kind() == ErrorKind::Internal => {
                request.map(|id| format!("an administrator finds the cause under request {id}"))
            }
            Self::Gate { error, .. } => error.help(),
            Self::Unsupported { help, .. } => help.map(str::to_owned),
            Self::Mixed => Some("ask them one after the other".to_owned()),
            Self::TransactionFailed => Some("end it with `ROLLBACK`".to_owned()),
            Self::PlanChanged => Some("prepare the statement again: what you may see of it has changed".to_owned()),
            Self::NoSetting(_) => Some("see `SHOW ALL`".to_owned()),
            Self::Late(_) => Some("connect again, with the password or token at hand".to_owned()),
            Self::Plain => Some("connect with `sslmode=require`".to_owned()),
            Self::NoDatabase { workspace, .. } => {
                Some(format!("the database is the workspace: connect with `dbname={workspace}`"))
            }
            _ => None,
        }
    }

    fn position(&self) -> Option<(usize, usize)> {
        match self {
            Self::Gate { error: GateError::Engine(EngineError::Query { position, .. }), .. }
            | Self::Syntax { position, .. } => *position,
            _ => None,
        }
    }

    fn message(&self) -> String {
        match self {
            Self::Gate { error, .. } if error.kind() == ErrorKind::Internal => "something inside failed".to_owned(),
            // What those who guess are told is what PostgreSQL tells them.
            Self::Gate { error: GateError::Unauthenticated { .. }, .. } => "password authentication failed".to_owned(),
            other => other.to_string(),
        }
    }

    /// The error as it goes to the client. `text` is what the client sent, and `before` how many characters of it stand
    /// before the statement that failed.
    pub(crate) fn response(&self, text: &str, before: usize) -> PgWireBackendMessage {
        self.as_severe(if self.is_fatal() { "FATAL" } else { "ERROR" }, text, before)
    }

    /// The error as it goes to a client that is not let in.
    pub(crate) fn fatal_response(&self) -> PgWireBackendMessage {
        self.as_severe("FATAL", "", 0)
    }

    fn as_severe(&self, severity: &str, text: &str, before: usize) -> PgWireBackendMessage {
        let mut fields = vec![
            (b'S', severity.to_owned()),
            (b'V', severity.to_owned()),
            (b'C', self.state().to_owned()),
            (b'M', shown(&self.message())),
        ];
        fields.extend(self.hint().map(|hint| (b'H', shown(&hint))));
        let place = self.position().and_then(|(line, column)| place(text, before, line, column));
        fields.extend(place.map(|place| (b'P', place.to_string())));
        PgWireBackendMessage::ErrorResponse(ErrorResponse::new(fields))
    }
}

/// Text as it may be sent: of limited length and without zero bytes, which would end it.
fn shown(text: &str) -> String {
    text.chars().filter(|c| *c != '\0').take(LONGEST).collect()
}

/// The character of a whole text, from 1, that a line and column of its part after `before` characters mean.
fn place(text: &str, before: usize, line: usize, column: usize) -> Option<usize> {
    let statement: Vec<char> = text.chars().skip(before).collect();
    let start = match line.checked_sub(2) {
        None => 0,
        Some(breaks) => statement.iter().enumerate().filter(|(_, c)| **c == '\n').nth(breaks)?.0 + 1,
    };
    let place = start + column.checked_sub(1)?;
    (place <= statement.len()).then_some(before + place + 1)
}

/// The SQLSTATE of an error of the gate.
fn gate_state(error: &GateError) -> &'static str {
    match error.kind() {
        ErrorKind::Unauthenticated => "28P01",
        ErrorKind::TooManyAttempts => "28000",
        ErrorKind::Forbidden
        | ErrorKind::NoAgreement
        | ErrorKind::AgreementExpired
        | ErrorKind::OtherPurpose
        | ErrorKind::PurposeMissing
        | ErrorKind::Ungrouped
        | ErrorKind::Policies => "42501",
        ErrorKind::NotFound | ErrorKind::NoSuchRelease => "42P01",
        ErrorKind::Query => query_state(&error.to_string()),
        ErrorKind::Limit | ErrorKind::Busy => "53400",
        ErrorKind::Overloaded => "53000",
        ErrorKind::TimeLimit | ErrorKind::Stopped => "57014",
        ErrorKind::Terms | ErrorKind::WrongPolicies => "22023",
        ErrorKind::AgreementMoved | ErrorKind::Changed => "55000",
        ErrorKind::Internal => "XX000",
    }
}

/// Clients tell by the SQLSTATE whether a table or a column is missing; the engine tells it in words.
pub(crate) fn query_state(reason: &str) -> &'static str {
    let reason = reason.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| reason.contains(word));
    if says(&["there is no table", "there is no product"]) || reason.starts_with("table '") {
        "42P01"
    } else if says(&["there is no column", "no field named"]) {
        "42703"
    } else if says(&["invalid function", "no function matches"]) {
        "42883"
    } else if says(&["divide by zero"]) {
        "22012"
    } else if says(&["cannot cast", "cast error", "error parsing"]) {
        "22P02"
    } else if says(&["overflow"]) {
        "22003"
    } else if says(&["not allowed here", "not supported"]) {
        "0A000"
    } else if says(&["expected:", "unterminated"]) {
        "42601"
    } else {
        "42000"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(failure: &Failure, text: &str, before: usize) -> Vec<(char, String)> {
        match failure.response(text, before) {
            PgWireBackendMessage::ErrorResponse(error) => {
                error.fields.into_iter().map(|(key, value)| (char::from(key), value)).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_place_counts_characters_of_the_whole_text() {
        let text = "SELECT 'ä';\n SELECT\n  wrong";
        let failure = Failure::Syntax { message: "no".to_owned(), position: Some((2, 3)) };
        // The statement begins after the twelfth character and its second line after the twentieth.
        let found = fields(&failure, text, 13);
        let place = found.iter().find(|(key, _)| *key == 'P').map(|(_, place)| place.parse::<usize>().unwrap());
        assert_eq!(place, Some(23));
        assert_eq!(text.chars().nth(22), Some('w'));
    }

    #[test]
    fn what_happens_inside_is_not_told() {
        let error = GateError::Internal("password of the store".into());
        let shown = fields(&Failure::gate(error), "", 0);
        assert_eq!(shown[2].1, "XX000");
        assert!(shown.iter().all(|(_, value)| !value.contains("store")), "{shown:?}");
        let error = EngineError::Sealed { table: "t".to_owned(), reason: "a hidden row".to_owned() };
        let shown = fields(&Failure::gate(error.into()), "", 0);
        assert!(shown.iter().all(|(_, value)| !value.contains("hidden")), "{shown:?}");
    }

    #[test]
    fn zero_bytes_do_not_end_a_message() {
        let shown = fields(&Failure::NoPortal("a\0b".to_owned()), "", 0);
        assert_eq!(shown[3], ('M', "there is no portal or cursor `ab`".to_owned()));
    }

    #[test]
    fn clients_learn_by_code_what_is_missing() {
        assert_eq!(query_state("there is no table `a.b`"), "42P01");
        assert_eq!(query_state("there is no column `a`"), "42703");
        assert_eq!(query_state("something else"), "42000");
    }
}
