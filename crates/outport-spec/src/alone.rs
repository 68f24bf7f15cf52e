//! One contract by itself, without bundle and workspace: what it promises, and the files of one of its servers.

use std::path::Path;

use outport_model::{contract::Contract, diagnostic::Diagnostic, source::FileSource};

use crate::{
    bundle::{self, BundleFiles, Documents, Environment, SourceTexts, format},
    codes,
    config::Layers,
    node::Node,
    suggest,
};

/// What a contract says by itself.
#[derive(Debug, Clone)]
pub struct Alone {
    /// What it promises; none where a diagnostic is an error.
    pub contract: Option<Contract>,
    /// The files of the server; none where a diagnostic is an error.
    pub source: Option<FileSource>,
    /// Every problem that was found.
    pub diagnostics: Vec<Diagnostic>,
    /// The text that the diagnostics point into.
    pub sources: SourceTexts,
}

/// Reads a contract's file. Relative paths in it start from the bundle that it is in, else from its own folder.
///
/// # Errors
/// A diagnostic where the file cannot be read.
pub fn read(path: &Path) -> Result<BundleFiles, Vec<Diagnostic>> {
    bundle::read_one(path)
}

/// Takes the only file of `files` as a contract, to be held against the files of `server`, or of its only server of
/// type `local`.
pub fn load(files: &BundleFiles, server: Option<&str>, environment: Environment<'_>) -> Alone {
    let mut documents = Documents::default();
    if let Some(relative) = files.files().keys().next()
        && let Some(parsed) = documents.open(files, relative, environment)
    {
        documents.add_contract(parsed, false);
    }
    let mut diagnostics = std::mem::take(&mut documents.diagnostics);
    let source = documents.contracts.first().and_then(|file| {
        diagnostics.extend(file.parsed.unresolved().filter(|d| !is_of_server(d)).cloned());
        let server = chosen(&file.parsed.root(), server, &mut diagnostics)?;
        let unresolved = diagnostics.len();
        diagnostics.extend(file.parsed.unresolved_below(server.pointer()).cloned());
        let resolved = diagnostics.len() == unresolved;
        let absolute = |path: &str| files.absolute(path);
        format::of_server(&server, &Layers::default(), absolute, &mut diagnostics).filter(|_| resolved)
    });
    Documents::tidy(&mut diagnostics);
    let correct = !diagnostics.iter().any(Diagnostic::is_error);
    let contract = documents.contracts.into_iter().next().and_then(|file| file.contract);
    Alone {
        contract: contract.filter(|_| correct),
        source: source.filter(|_| correct),
        diagnostics,
        sources: documents.sources,
    }
}

fn is_of_server(diagnostic: &Diagnostic) -> bool {
    diagnostic.pointer.as_deref().is_some_and(|pointer| pointer.starts_with("/servers/"))
}

fn chosen<'a>(root: &Node<'a>, name: Option<&str>, diagnostics: &mut Vec<Diagnostic>) -> Option<Node<'a>> {
    let servers = root.list("servers");
    let names: Vec<_> = servers.iter().filter_map(|server| server.string("server")).collect();
    let place = root.get("servers").unwrap_or_else(|| root.clone());
    let is_local = |server: &&Node<'_>| server.text("type") == Some("local");
    let Some(name) = name else {
        let local: Vec<_> = servers.iter().filter(is_local).collect();
        if let [server] = local.as_slice() {
            return Some((*server).clone());
        }
        let message = format!("the contract has {} servers of type `local`", local.len());
        let advice = if local.is_empty() {
            "add a server of type `local` with `path` and `format`"
        } else {
            "name one: `--server NAME`"
        };
        diagnostics.push(place.error_key(codes::NO_SOURCE, message).help(advice));
        return None;
    };
    let Some(server) = servers.iter().find(|server| server.text("server") == Some(name)) else {
        let message = format!("the contract has no server `{name}`");
        let help = suggest::or_list(name, &names, "the contract has no `servers`");
        diagnostics.push(place.error_key(codes::UNKNOWN_SERVER, message).help(help));
        return None;
    };
    if !is_local(&server) {
        let kind = server.text("type").unwrap_or_default();
        let message = format!("`{name}` is a server of type `{kind}`");
        diagnostics.push(server.error_key(codes::SERVER_TYPE, message).help("name a server of type `local`"));
        return None;
    }
    Some(server.clone())
}
