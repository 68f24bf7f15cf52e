//! The documents of a bundle: parsed, held against their schemas, variables filled in. Nothing is said yet of what
//! they mean together.

use outport_model::{
    contract::{Contract, Version},
    diagnostic::{Diagnostic, Severity},
};
use serde_json::Value;

use super::{
    Context, Environment, SourceTexts,
    files::{BundleFiles, DESCRIPTOR, SETTINGS},
};
use crate::{cases, check, codes, contract, document::Document, node::Node, schema, variables};

/// A document of a bundle.
pub(crate) struct Parsed {
    /// Its path relative to the bundle.
    pub(crate) relative: String,
    document: Document,
    resolved: Value,
    /// Variables without a value. Whether they are needed is not known before the document is used.
    unresolved: Vec<Diagnostic>,
}

impl Parsed {
    /// The root of the document.
    pub(crate) fn root(&self) -> Node<'_> {
        Node::root(&self.document, &self.resolved)
    }

    pub(crate) fn resolved(&self) -> &Value {
        &self.resolved
    }

    /// The variables without a value.
    pub(crate) fn unresolved(&self) -> impl Iterator<Item = &Diagnostic> {
        self.unresolved.iter()
    }

    /// The variables without a value at or below a pointer.
    pub(crate) fn unresolved_below<'s>(&'s self, pointer: &'s str) -> impl Iterator<Item = &'s Diagnostic> {
        let below = format!("{pointer}/");
        let is_below = move |at: &str| at == pointer || at.starts_with(&below);
        self.unresolved.iter().filter(move |d| d.pointer.as_deref().is_some_and(&is_below))
    }
}

/// A contract of a bundle.
pub(crate) struct ContractFile {
    pub(crate) parsed: Parsed,
    /// What it promises; none where it is too wrong to tell.
    pub(crate) contract: Option<Contract>,
}

impl ContractFile {
    pub(crate) fn id(&self) -> Option<&str> {
        self.parsed.resolved.get("id")?.as_str()
    }

    pub(crate) fn version(&self) -> Option<&Version> {
        self.contract.as_ref().map(|contract| &contract.version)
    }
}

/// All documents of a bundle, and what is wrong with each by itself.
#[derive(Default)]
pub(crate) struct Documents {
    pub(crate) descriptor: Option<Parsed>,
    pub(crate) settings: Option<Parsed>,
    pub(crate) contracts: Vec<ContractFile>,
    /// Test cases of policies.
    pub(crate) cases: Vec<Parsed>,
    pub(crate) diagnostics: Vec<Diagnostic>,
    pub(crate) sources: SourceTexts,
}

impl Documents {
    pub(crate) fn read(files: &BundleFiles, context: &Context<'_>) -> Self {
        let mut documents = Self::default();
        documents.descriptor = documents.open(files, DESCRIPTOR, context.environment);
        documents.settings = documents.open(files, SETTINGS, context.environment);
        for relative in files.files().keys().filter(|path| is_contract(path)) {
            if let Some(parsed) = documents.open(files, relative, context.environment) {
                documents.add_contract(parsed, true);
            }
        }
        for relative in files.files().keys().filter(|path| cases::is_cases(path)) {
            let parsed = documents.open(files, relative, context.environment);
            documents.cases.extend(parsed);
        }
        documents.report_variables(context);
        documents
    }

    /// Parses one file and holds it against the schema that its name asks for; `None` where it is missing or no YAML.
    pub(crate) fn open(&mut self, files: &BundleFiles, relative: &str, environment: Environment<'_>) -> Option<Parsed> {
        self.open_as(files, relative, environment, |document| schema_problems(relative, document))
    }

    /// The same with what says whether it has the form that it should have.
    pub(crate) fn open_as(
        &mut self,
        files: &BundleFiles,
        relative: &str,
        environment: Environment<'_>,
        problems: impl FnOnce(&Document) -> Vec<Diagnostic>,
    ) -> Option<Parsed> {
        let bytes = files.files().get(relative)?;
        let shown = files.shown(relative);
        self.sources.insert(&shown, &String::from_utf8_lossy(bytes));
        let document = match Document::from_bytes(shown, bytes.clone()) {
            Ok(document) => document,
            Err(diagnostics) => {
                self.diagnostics.extend(diagnostics);
                return None;
            }
        };
        self.diagnostics.extend(document.warnings().iter().cloned());
        let resolution = variables::resolve(&document, environment);
        let (unresolved, wrong) = resolution.diagnostics.into_iter().partition(|d| d.code == codes::VARIABLE_UNSET);
        self.diagnostics.extend(wrong);
        self.diagnostics.extend(problems(&document));
        check::secret::check(&document, &mut self.diagnostics);
        Some(Parsed { relative: relative.to_owned(), document, resolved: resolution.value, unresolved })
    }

    /// Adds a contract; `strict` where it guards a port.
    pub(crate) fn add_contract(&mut self, parsed: Parsed, strict: bool) {
        let (contract, mut diagnostics) = contract::compile(&parsed.document, &parsed.resolved, &parsed.relative);
        for diagnostic in diagnostics.iter_mut().filter(|d| strict && contract::STRICT.contains(&d.code)) {
            diagnostic.severity = Severity::Error;
        }
        self.diagnostics.extend(diagnostics);
        self.contracts.push(ContractFile { parsed, contract });
    }

    /// Variables of servers and of other workspaces are needed only where those are used.
    fn report_variables(&mut self, context: &Context<'_>) {
        let own = format!("/workspaces/{}/", context.workspace);
        let needed = |pointer: &str| {
            let elsewhere = pointer.starts_with("/workspaces/") && !pointer.starts_with(&own);
            !pointer.starts_with("/servers/") && !elsewhere
        };
        let contracts = self.contracts.iter().map(|file| &file.parsed);
        let known = self.descriptor.iter().chain(&self.settings).chain(&self.cases).chain(contracts);
        let all = known.flat_map(|parsed| &parsed.unresolved);
        let found: Vec<_> = all.filter(|d| d.pointer.as_deref().is_none_or(needed)).cloned().collect();
        self.diagnostics.extend(found);
    }

    /// The diagnostics, those of one place that say the same told once.
    pub(crate) fn tidy(diagnostics: &mut Vec<Diagnostic>) {
        let mut seen = std::collections::HashSet::new();
        diagnostics.retain(|d| seen.insert((d.code.clone(), d.file.clone(), d.span, d.message.clone())));
        diagnostics.sort_by(|a, b| {
            let key = |d: &Diagnostic| (d.file.clone(), d.span.map(|span| span.start), d.severity == Severity::Warning);
            key(a).cmp(&key(b))
        });
    }
}

/// Holds a document against the schema that its name asks for.
fn schema_problems(relative: &str, document: &Document) -> Vec<Diagnostic> {
    let is =
        |ending: &str| relative.ends_with(&format!("{ending}.yaml")) || relative.ends_with(&format!("{ending}.yml"));
    if relative.ends_with(SETTINGS) {
        schema::validate_settings(document)
    } else if is(".odcs") {
        schema::validate_as(document, schema::Kind::DataContract)
    } else if is(".odps") {
        schema::validate_as(document, schema::Kind::DataProduct)
    } else if is(".oaas") {
        schema::validate_as(document, schema::Kind::AccessAgreement)
    } else if cases::is_cases(relative) {
        schema::validate_access_tests(document)
    } else {
        schema::validate(document)
    }
}

/// Whether a path relative to a bundle is that of a contract.
pub(crate) fn is_contract(path: &str) -> bool {
    path.starts_with("contracts/") && (path.ends_with(".odcs.yaml") || path.ends_with(".odcs.yml"))
}
