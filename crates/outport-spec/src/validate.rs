//! `outport validate`: every problem of a bundle, a folder of bundles, or one document.

use std::path::Path;

use outport_model::diagnostic::{Diagnostic, Severity};

use crate::bundle::{self, BundleFiles, Context, Discovered, Documents, SETTINGS, SourceTexts};

/// Every problem that was found.
#[derive(Debug, Clone)]
pub struct Report {
    /// The problems, bundle by bundle, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// The texts that the diagnostics point into.
    pub sources: SourceTexts,
}

impl Report {
    /// Whether nothing is an error.
    pub fn is_valid(&self) -> bool {
        !self.diagnostics.iter().any(Diagnostic::is_error)
    }

    fn of(diagnostics: Vec<Diagnostic>) -> Self {
        Self { diagnostics, sources: SourceTexts::default() }
    }
}

/// Reads and checks whatever is at a path.
pub fn validate(path: &Path, context: &Context<'_>) -> Report {
    match bundle::discover(path) {
        Ok(Discovered::Bundle(root)) => bundles(&[root], context),
        Ok(Discovered::Bundles(roots)) => bundles(&roots, context),
        Ok(Discovered::Document(path)) => match bundle::read_one(&path) {
            Ok(files) => document(&files, context),
            Err(diagnostics) => Report::of(diagnostics),
        },
        Err(diagnostics) => Report::of(diagnostics),
    }
}

fn bundles(roots: &[impl AsRef<Path>], context: &Context<'_>) -> Report {
    let mut report = Report::of(Vec::new());
    let mut readable = Vec::new();
    for root in roots {
        match bundle::read(root.as_ref()) {
            Ok(files) => readable.push(files),
            Err(diagnostics) => report.diagnostics.extend(diagnostics),
        }
    }
    for loaded in bundle::load_all(&readable, context) {
        report.diagnostics.extend(loaded.diagnostics);
        report.sources.extend(loaded.sources);
    }
    report
}

/// Checks the only file of `files` by itself: what it says of other files is not looked up.
pub fn document(files: &BundleFiles, context: &Context<'_>) -> Report {
    let mut documents = Documents::default();
    for relative in files.files().keys() {
        let Some(parsed) = documents.open(files, relative, context.environment) else { continue };
        let is_contract = parsed.resolved().get("kind").and_then(serde_json::Value::as_str) == Some("DataContract");
        let unresolved: Vec<_> = parsed.unresolved().map(|d| of_document(d, relative)).collect();
        documents.diagnostics.extend(unresolved);
        if is_contract {
            documents.add_contract(parsed, false);
        }
    }
    Documents::tidy(&mut documents.diagnostics);
    Report { diagnostics: documents.diagnostics, sources: documents.sources }
}

/// Servers, and the settings of workspaces, may be meant for another environment than this one.
fn of_document(unresolved: &Diagnostic, relative: &str) -> Diagnostic {
    let at = unresolved.pointer.as_deref().unwrap_or_default();
    let elsewhere = at.starts_with("/servers/") || (relative.ends_with(SETTINGS) && at.starts_with("/workspaces/"));
    Diagnostic { severity: if elsewhere { Severity::Warning } else { unresolved.severity }, ..unresolved.clone() }
}
