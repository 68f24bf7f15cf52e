//! Documents that clients send and are sent, beside bundles, and who reads and writes them.

use std::{collections::BTreeMap, fmt, sync::Arc};

use chrono::{DateTime, Utc};
use outport_model::{
    agreement::{Agreement, WrittenAgreement},
    case::Case,
    diagnostic::Diagnostic,
    product::Product,
};
use serde::Deserialize;
use serde_json::Value;

use super::bundles::is_shown;
use crate::{problem::Problem, state::Doors};

/// A document as it was sent.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SentDocument {
    /// The file as whoever sends it names it; only shown, never opened.
    pub file: String,
    /// What it says.
    pub text: String,
}

/// Documents as they were sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SentDocuments {
    /// The documents.
    pub documents: Vec<SentDocument>,
    /// Values for the variables in them: those of whoever sends them, and no others.
    pub variables: BTreeMap<String, String>,
}

/// What documents gave.
#[derive(Debug, Clone)]
pub struct Loaded<T> {
    /// What they say; nothing where a diagnostic is an error.
    pub found: Vec<T>,
    /// Every problem that was found.
    pub diagnostics: Vec<Diagnostic>,
}

/// What documents of agreements are read for.
#[derive(Debug, Clone)]
pub struct AgreementContext {
    /// The products that they can be about.
    pub products: Vec<Product>,
    /// The moment at which they are read.
    pub now: DateTime<Utc>,
    /// Whether an agreement without an end is given one.
    pub open_end: bool,
}

/// Reads and writes documents. Nothing of it may depend on files of the server.
pub trait Documents: Send + Sync + fmt::Debug {
    /// Makes test cases of policies of documents; they can be about these products.
    fn cases(&self, sent: SentDocuments, products: &[Product]) -> Loaded<Case>;

    /// Makes agreements of documents.
    fn agreements(&self, sent: SentDocuments, context: &AgreementContext) -> Loaded<WrittenAgreement>;

    /// The document of an agreement about a port of this product, where the product is known.
    fn agreement(&self, agreement: &Agreement, product: Option<&Product>) -> Value;
}

/// Documents with the values of variables, if they can be shown.
pub(super) fn sent(
    documents: Vec<SentDocument>,
    variables: BTreeMap<String, String>,
) -> Result<SentDocuments, Problem> {
    if documents.iter().all(|document| is_shown(&document.file)) {
        return Ok(SentDocuments { documents, variables });
    }
    Err(Problem::bad_request("the `file` of a document is too long, or has control characters"))
}

/// Reads documents where nothing waits for it: that is work for a processor, and may be much of it.
pub(super) async fn read<T: Send + 'static>(
    doors: &Doors,
    read: impl FnOnce(&dyn Documents) -> Loaded<T> + Send + 'static,
) -> Result<Loaded<T>, Problem> {
    let documents = of(doors)?;
    tokio::task::spawn_blocking(move || read(documents.as_ref())).await.map_err(|error| {
        tracing::error!(%error, "documents could not be read");
        Problem::internal()
    })
}

/// Who reads and writes documents here.
pub(super) fn of(doors: &Doors) -> Result<Arc<dyn Documents>, Problem> {
    let documents = doors.options.documents.clone();
    documents.ok_or_else(|| Problem::unavailable().with_detail("no documents are taken here"))
}
