//! Whether a document follows its standard: the JSON Schemas of ODCS, ODPS and OAAS, with messages for people.
//!
//! The schemas decide; [`explain`](self) only says it better. Validators are compiled once, when first needed, and
//! never read from the network.

mod explain;
mod keys;
mod message;
mod release;

use outport_model::diagnostic::Diagnostic;
use serde_json::Value;

pub use self::release::Release;
use crate::{codes, document::Document, suggest};

/// Which standard a document follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// ODCS, `kind: DataContract`.
    DataContract,
    /// ODPS, `kind: DataProduct`.
    DataProduct,
    /// OAAS, `kind: AccessAgreement`.
    AccessAgreement,
}

impl Kind {
    /// What documents write behind `kind`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DataContract => "DataContract",
            Self::DataProduct => "DataProduct",
            Self::AccessAgreement => "AccessAgreement",
        }
    }

    /// The standard's short name.
    pub const fn standard(self) -> &'static str {
        match self {
            Self::DataContract => "ODCS",
            Self::DataProduct => "ODPS",
            Self::AccessAgreement => "OAAS",
        }
    }

    /// The kind that a document says it is; `None` where it says nothing that is known.
    pub fn of(document: &Document) -> Option<Self> {
        let written = document.value().get("kind")?.as_str()?;
        [Self::DataContract, Self::DataProduct, Self::AccessAgreement].into_iter().find(|kind| kind.as_str() == written)
    }
}

/// Every way in which a document breaks the standard that its `kind` names.
pub fn validate(document: &Document) -> Vec<Diagnostic> {
    if !document.value().is_object() {
        return vec![not_an_object(document)];
    }
    match Kind::of(document) {
        Some(kind) => validate_as(document, kind),
        None => vec![unknown_kind(document)],
    }
}

/// Every way in which a document breaks the standard that it is expected to follow. `${…}` counts as the text that
/// it is.
pub fn validate_as(document: &Document, kind: Kind) -> Vec<Diagnostic> {
    if !document.value().is_object() {
        return vec![not_an_object(document)];
    }
    if document.value().get("kind").is_some_and(Value::is_string) && Kind::of(document) != Some(kind) {
        return vec![wrong_kind(document, kind)];
    }
    match Release::of(document, kind) {
        Ok(release) => explain::problems(document, release),
        Err(problem) => vec![*problem],
    }
}

/// Every way in which a document breaks the form of `outport.yaml`.
pub fn validate_settings(document: &Document) -> Vec<Diagnostic> {
    if !document.value().is_object() {
        return vec![not_an_object(document)];
    }
    explain::problems(document, Release::Settings1)
}

/// Every way in which a document breaks the form of test cases of policies.
pub fn validate_access_tests(document: &Document) -> Vec<Diagnostic> {
    if !document.value().is_object() {
        return vec![not_an_object(document)];
    }
    explain::problems(document, Release::AccessTests1)
}

fn not_an_object(document: &Document) -> Diagnostic {
    let found = message::found(document.value());
    document
        .error_at_key(codes::WRONG_TYPE, "", format!("the document must have keys and values, but is {found}"))
        .help("a document begins with `apiVersion: …` and `kind: …`")
}

fn unknown_kind(document: &Document) -> Diagnostic {
    let advice = "`kind` is `DataContract` for a data contract or `DataProduct` for a data product";
    let Some(kind) = document.value().get("kind") else {
        return document.error_at_key(codes::KIND, "", "the document has no `kind`").help(advice);
    };
    let message = format!("{} is not a kind of document", message::quoted(kind));
    let near = kind.as_str().and_then(|kind| suggest::nearest(kind, ["DataContract", "DataProduct"]));
    let help = near.map_or_else(|| advice.to_owned(), |near| format!("did you mean `{near}`?"));
    document.error_at(codes::KIND, "/kind", message).help(help)
}

fn wrong_kind(document: &Document, expected: Kind) -> Diagnostic {
    match Kind::of(document) {
        Some(kind) => {
            let message = format!("a `{}` stands where a `{}` is expected", kind.as_str(), expected.as_str());
            document.error_at(codes::KIND, "/kind", message).help(format!(
                "files `*.odcs.yaml` are data contracts, `*.odps.yaml` data products; this one must follow {}",
                expected.standard()
            ))
        }
        None => unknown_kind(document),
    }
}
