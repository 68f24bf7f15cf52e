//! Why the gate gave no answer.

use chrono::{DateTime, Utc};
use outport_model::{
    agreement::{AgreementId, AgreementState, PortVersion},
    diagnostic::Diagnostic,
    name::{ProductName, TableName},
    release::ReleaseNumber,
};

use super::limit::Limit;
use crate::{
    audit::AuditError, engine::EngineError, error::UseCaseError, identity::AuthenticationError, store::StoreError,
};

/// What kind of error it is, as a door says it in its own protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// Nobody was recognised.
    Unauthenticated,
    /// Too many wrong credentials came from there.
    TooManyAttempts,
    /// The caller may not do this.
    Forbidden,
    /// The port may be known of, and not be read.
    NoAgreement,
    /// The agreement has run out.
    AgreementExpired,
    /// The agreement is for another purpose.
    OtherPurpose,
    /// This is only read for a purpose.
    PurposeMissing,
    /// Only groups of rows may be read.
    Ungrouped,
    /// There is no such thing, or none that the caller may know of.
    NotFound,
    /// There is no such release, or none that the caller may know of.
    NoSuchRelease,
    /// The query cannot be answered.
    Query,
    /// What is asked for cannot be agreed upon.
    Terms,
    /// Policies that were to be put on record have errors.
    WrongPolicies,
    /// Someone else was first.
    AgreementMoved,
    /// What is on record is not what the caller has seen.
    Changed,
    /// The policies cannot be used, so that nothing may be read.
    Policies,
    /// More was asked for than is given.
    Limit,
    /// It took longer than is allowed.
    TimeLimit,
    /// The caller has too much under way.
    Busy,
    /// Everyone together has too much under way.
    Overloaded,
    /// It was asked to stop.
    Stopped,
    /// Something inside failed, of which only the record tells: doors show the id of the request and nothing else.
    Internal,
}

impl ErrorKind {
    /// Its name, which stays: programs tell errors apart by it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unauthenticated => "unauthenticated",
            Self::TooManyAttempts => "too-many-attempts",
            Self::Forbidden => "forbidden",
            Self::NoAgreement => "no-agreement",
            Self::AgreementExpired => "agreement-expired",
            Self::OtherPurpose => "other-purpose",
            Self::PurposeMissing => "purpose-missing",
            Self::Ungrouped => "ungrouped",
            Self::NotFound => "not-found",
            Self::NoSuchRelease => "no-such-release",
            Self::Query => "query",
            Self::Terms => "terms",
            Self::WrongPolicies => "wrong-policies",
            Self::AgreementMoved => "agreement-moved",
            Self::Changed => "changed",
            Self::Policies => "policies",
            Self::Limit => "limit",
            Self::TimeLimit => "time-limit",
            Self::Busy => "busy",
            Self::Overloaded => "overloaded",
            Self::Stopped => "stopped",
            Self::Internal => "internal",
        }
    }
}

/// Why the gate gave no answer. What is shown of it to the caller is safe to show, but for those of
/// [`ErrorKind::Internal`], of which a door shows only the id of the request.
#[derive(Debug, thiserror::Error)]
pub enum GateError {
    /// Nobody was recognised. Doors say no more than that.
    #[error("the credential is not accepted")]
    Unauthenticated {
        /// Why, for the record alone.
        reason: String,
    },
    /// Too many wrong credentials came from there.
    #[error("too many credentials were refused; try again in {seconds} s")]
    TooMany {
        /// Until the next one is looked at.
        seconds: u64,
    },
    /// The caller may not do this.
    #[error("`{principal}` may not {action}")]
    Forbidden {
        /// Who.
        principal: String,
        /// What, as the end of a sentence.
        action: String,
    },
    /// The caller knows of the port and may not read it.
    #[error("`{port}` may not be read without an agreement")]
    NoAgreement {
        /// The port.
        port: PortVersion,
    },
    /// The caller's agreement has run out.
    #[error("agreement {agreement} about `{port}` expired at {at}")]
    AgreementExpired {
        /// The agreement.
        agreement: AgreementId,
        /// What it was about.
        port: PortVersion,
        /// When it ended.
        at: DateTime<Utc>,
    },
    /// The caller's agreement is for another purpose.
    #[error("agreement {agreement} about `{port}` is for the purpose \"{purpose}\"")]
    OtherPurpose {
        /// The agreement.
        agreement: AgreementId,
        /// What it is about.
        port: PortVersion,
        /// What it is for.
        purpose: String,
    },
    /// What is asked for cannot be agreed upon.
    #[error("{reason}")]
    Terms {
        /// Why.
        reason: String,
    },
    /// Someone else was first.
    #[error("agreement {agreement} is {} by now", state.as_str())]
    AgreementMoved {
        /// The agreement.
        agreement: AgreementId,
        /// What it is.
        state: AgreementState,
    },
    /// An agreement waits for no decision any more.
    #[error("agreement {agreement} waits for no decision: {outcome}")]
    Decided {
        /// The agreement.
        agreement: AgreementId,
        /// What became of it, as the end of a sentence.
        outcome: String,
    },
    /// What is on record is not what the caller has seen.
    #[error("{what} `{name}` has changed meanwhile")]
    Changed {
        /// What it is.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// What may be read of a table is not what it was when the answer began.
    #[error("what you may read of `{product}.{table}` has changed since the query began")]
    Overtaken {
        /// The product.
        product: ProductName,
        /// The table.
        table: TableName,
    },
    /// This door wants a purpose.
    #[error("say what the data is read for")]
    PurposeMissing,
    /// There is no such product or port, or none that the caller may know of.
    #[error("there is no {what} `{name}`")]
    NotFound {
        /// What was looked for.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// There is no such release, or none that the caller may know of.
    #[error("product `{product}` has no release {number}")]
    NoSuchRelease {
        /// The product.
        product: ProductName,
        /// The release.
        number: ReleaseNumber,
    },
    /// A limit was reached.
    #[error("the limit `{limit}` of {} is reached", limit.shown(*value))]
    Limited {
        /// Which one.
        limit: Limit,
        /// What it is set to.
        value: u64,
    },
    /// The query cannot be answered.
    #[error(transparent)]
    Engine(EngineError),
    /// Policies of the workspace cannot be used, so that nobody is let through.
    #[error("the policies cannot be used, so that nothing may be read")]
    Policies {
        /// The problems.
        problems: Vec<String>,
    },
    /// Policies that were to be put on record have errors.
    #[error("the policies have {} {}", .0.iter().filter(|d| d.is_error()).count(), crate::error::plural(.0))]
    WrongPolicies(Vec<Diagnostic>),
    /// Something inside failed.
    #[error("something inside failed")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl GateError {
    /// What kind of error it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Unauthenticated { .. } => ErrorKind::Unauthenticated,
            Self::TooMany { .. } => ErrorKind::TooManyAttempts,
            Self::Forbidden { .. } => ErrorKind::Forbidden,
            Self::NoAgreement { .. } => ErrorKind::NoAgreement,
            Self::AgreementExpired { .. } => ErrorKind::AgreementExpired,
            Self::OtherPurpose { .. } => ErrorKind::OtherPurpose,
            Self::Terms { .. } => ErrorKind::Terms,
            Self::AgreementMoved { .. } | Self::Decided { .. } => ErrorKind::AgreementMoved,
            Self::Changed { .. } | Self::Overtaken { .. } => ErrorKind::Changed,
            Self::PurposeMissing => ErrorKind::PurposeMissing,
            Self::NotFound { .. } => ErrorKind::NotFound,
            Self::NoSuchRelease { .. } => ErrorKind::NoSuchRelease,
            Self::Limited { limit, .. } => limit.kind(),
            Self::Engine(error) => kind_of_engine(error),
            Self::Policies { .. } => ErrorKind::Policies,
            Self::WrongPolicies(_) => ErrorKind::WrongPolicies,
            Self::Internal(_) => ErrorKind::Internal,
        }
    }

    /// The limit that was reached, where it is that.
    pub fn limit(&self) -> Option<Limit> {
        match self {
            Self::Limited { limit, .. } | Self::Engine(EngineError::Memory { limit, .. }) => Some(*limit),
            _ => None,
        }
    }

    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::Unauthenticated { .. } => "sign in, or send an API token: `outport token create`".to_owned(),
            Self::TooMany { .. } => "wait, and check the credential".to_owned(),
            Self::Forbidden { .. } => "ask an administrator, or see why: `outport access explain`".to_owned(),
            Self::NoAgreement { port } => {
                format!("ask for access: `outport access request {} --purpose …`", dotted(port))
            }
            Self::AgreementExpired { agreement, .. } => format!("renew it: `outport access renew {agreement}`"),
            Self::OtherPurpose { purpose, .. } => {
                format!("ask for that purpose (\"{purpose}\"), or request an agreement for yours")
            }
            Self::Terms { .. } => "correct the request".to_owned(),
            Self::AgreementMoved { .. } | Self::Decided { .. } => "look at it again: `outport access list`".to_owned(),
            Self::Changed { .. } => "look at it again, and change what is on record now".to_owned(),
            Self::Overtaken { .. } => "ask the query again".to_owned(),
            Self::PurposeMissing => "name the purpose, in one line".to_owned(),
            Self::NotFound { .. } | Self::NoSuchRelease { .. } => {
                "check the name; it may also be hidden from you".to_owned()
            }
            Self::Limited { limit: Limit::FeedbackPerDay | Limit::RepliesPerDay, .. } => "go on tomorrow".to_owned(),
            Self::Limited { limit: Limit::RepliesEach, .. } => "begin another one".to_owned(),
            Self::Limited { limit: Limit::QuestionsEach, .. } => "remove one that you need no more".to_owned(),
            Self::Limited { limit, .. } => match limit.kind() {
                ErrorKind::Busy | ErrorKind::Overloaded => {
                    "try again once other queries have ended, or ask an administrator to raise the limit".to_owned()
                }
                _ => "ask for less, or ask an administrator to raise the limit".to_owned(),
            },
            Self::Engine(error) => return error.help(),
            Self::Policies { .. } => "an administrator sees what is wrong: `outport access check`".to_owned(),
            Self::WrongPolicies(_) => "correct them; those on record stay as they are".to_owned(),
            Self::Internal(_) => return None,
        })
    }

    /// Why, in full, for the record.
    pub(super) fn full(&self) -> String {
        match self {
            Self::Unauthenticated { reason } | Self::Engine(EngineError::Sealed { reason, .. }) => {
                format!("{self}: {reason}")
            }
            Self::Policies { problems } => format!("{self}: {}", problems.join("; ")),
            other => {
                let mut text = other.to_string();
                let mut source = std::error::Error::source(other);
                while let Some(cause) = source {
                    text = format!("{text}: {cause}");
                    source = cause.source();
                }
                text
            }
        }
    }
}

fn kind_of_engine(error: &EngineError) -> ErrorKind {
    match error {
        EngineError::Query { .. } => ErrorKind::Query,
        EngineError::Withheld { .. } => ErrorKind::NotFound,
        EngineError::Ungrouped { .. } => ErrorKind::Ungrouped,
        EngineError::Memory { limit, .. } => limit.kind(),
        EngineError::Cancelled => ErrorKind::Stopped,
        // These are about the machine's own files, or about rows that must stay hidden.
        EngineError::SourceMissing { .. }
        | EngineError::SourceUnreadable { .. }
        | EngineError::SourceSchema { .. }
        | EngineError::SourceChanged { .. }
        | EngineError::Model { .. }
        | EngineError::Sealed { .. }
        | EngineError::Warehouse { .. }
        | EngineError::DiskFull { .. } => ErrorKind::Internal,
    }
}

fn dotted(port: &PortVersion) -> String {
    format!("{}.{}", port.product, port.port)
}

impl From<EngineError> for GateError {
    fn from(error: EngineError) -> Self {
        match error {
            // Whoever asks beside the gate learns no more than that there is nothing for them.
            EngineError::Withheld { product, table } => {
                Self::NotFound { what: "table", name: format!("{product}.{table}") }
            }
            EngineError::Memory { limit, bytes, .. } => Self::Limited { limit, value: bytes },
            error => Self::Engine(error),
        }
    }
}

impl From<StoreError> for GateError {
    fn from(error: StoreError) -> Self {
        Self::Internal(Box::new(error))
    }
}

impl From<AuditError> for GateError {
    fn from(error: AuditError) -> Self {
        Self::Internal(Box::new(error))
    }
}

impl From<UseCaseError> for GateError {
    fn from(error: UseCaseError) -> Self {
        match error {
            UseCaseError::Engine(error) => error.into(),
            error => Self::Internal(Box::new(error)),
        }
    }
}

impl From<AuthenticationError> for GateError {
    fn from(error: AuthenticationError) -> Self {
        match error {
            AuthenticationError::Refused(reason) => Self::Unauthenticated { reason: reason.to_owned() },
            AuthenticationError::TooMany { seconds } => Self::TooMany { seconds },
            AuthenticationError::Unavailable(cause) => Self::Internal(cause),
            AuthenticationError::Store(error) => Self::Internal(Box::new(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_the_machine_only_the_record_tells() {
        let text = || "/srv/secret".to_owned();
        let errors = [
            EngineError::SourceMissing { location: text(), written: text() },
            EngineError::SourceUnreadable { location: text(), reason: text(), help: text() },
            EngineError::SourceSchema { location: text(), missing: Vec::new(), found: Vec::new() },
            EngineError::SourceChanged { location: text() },
            EngineError::Model { model: text(), file: text(), reason: text() },
            EngineError::Sealed { table: text(), reason: text() },
            EngineError::Warehouse { location: text(), action: "read", reason: text() },
            EngineError::DiskFull { location: text() },
        ];
        for error in errors {
            let said = format!("{error:?}");
            assert_eq!(GateError::from(error).kind(), ErrorKind::Internal, "{said}");
        }
        assert_eq!(GateError::Internal(text().into()).kind(), ErrorKind::Internal);
    }

    #[test]
    fn a_table_that_is_withheld_is_not_there_for_whoever_asks_beside_the_gate() {
        let (product, table) = ("vault".parse().unwrap(), "daily".parse().unwrap());
        let error = GateError::from(EngineError::Withheld { product, table });
        assert_eq!(
            (error.kind(), error.to_string().as_str()),
            (ErrorKind::NotFound, "there is no table `vault.daily`")
        );
    }

    #[test]
    fn limits_that_others_share_are_told_apart() {
        let kind = |limit| GateError::Limited { limit, value: 1 }.kind();
        assert_eq!(kind(Limit::Rows), ErrorKind::Limit);
        assert_eq!(kind(Limit::Memory), ErrorKind::Limit);
        assert_eq!(kind(Limit::Seconds), ErrorKind::TimeLimit);
        assert_eq!(kind(Limit::Concurrent), ErrorKind::Busy);
        assert_eq!(kind(Limit::PrincipalMemory), ErrorKind::Busy);
        assert_eq!(kind(Limit::TotalConcurrent), ErrorKind::Overloaded);
        assert_eq!(kind(Limit::MemoryLimit), ErrorKind::Overloaded);
    }
}
