//! Why the gate gave no answer.

use chrono::{DateTime, Utc};
use outport_model::{
    agreement::{AgreementId, AgreementState, PortVersion},
    diagnostic::Diagnostic,
    name::ProductName,
    release::ReleaseNumber,
};

use crate::{
    audit::AuditError, engine::EngineError, error::UseCaseError, identity::AuthenticationError, store::StoreError,
};

/// Why the gate gave no answer. What is shown of it to the caller is safe to show, but for [`GateError::Internal`] and
/// [`EngineError::Sealed`], of which a door shows only the id of the request.
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
    #[error("the limit `{limit}` of {value} is reached")]
    Limited {
        /// The limit's name in the settings.
        limit: &'static str,
        /// What it is set to.
        value: String,
    },
    /// The query cannot be answered.
    #[error(transparent)]
    Engine(#[from] EngineError),
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
    pub(super) fn limited(limit: &'static str, value: impl Into<String>) -> Self {
        Self::Limited { limit, value: value.into() }
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
            Self::AgreementMoved { .. } => "look at it again: `outport access list`".to_owned(),
            Self::PurposeMissing => "name the purpose, in one line".to_owned(),
            Self::NotFound { .. } | Self::NoSuchRelease { .. } => {
                "check the name; it may also be hidden from you".to_owned()
            }
            Self::Limited { .. } => "ask for less, or ask an administrator to raise the limit".to_owned(),
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

fn dotted(port: &PortVersion) -> String {
    format!("{}.{}", port.product, port.port)
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
            UseCaseError::Engine(error) => Self::Engine(error),
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
