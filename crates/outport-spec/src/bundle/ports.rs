//! Ports and the contracts that guard them.

use std::collections::BTreeSet;

use outport_model::{
    contract::{Contract, Version},
    diagnostic::Diagnostic,
    name::PortName,
};

use super::documents::ContractFile;
use crate::{codes, contract, node::Node, suggest};

/// The contracts of a bundle, and which of them are in use.
pub(super) struct Contracts<'a> {
    files: &'a [ContractFile],
    used: BTreeSet<&'a str>,
}

/// What looking up the contract of a port gave.
pub(super) enum Lookup<'a> {
    Found(&'a ContractFile, &'a Contract),
    /// The bundle has no contract with this id.
    Unknown,
    /// The port names no contract.
    NotNamed,
    /// There is one, but it cannot be used; a diagnostic says why.
    Wrong,
}

impl<'a> Contracts<'a> {
    pub(super) fn new(files: &'a [ContractFile], diagnostics: &mut Vec<Diagnostic>) -> Self {
        for (index, file) in files.iter().enumerate() {
            let same = |other: &&ContractFile| other.id() == file.id() && other.version() == file.version();
            let known = file.id().is_some() && file.version().is_some();
            if let Some(first) = files[..index].iter().find(same).filter(|_| known) {
                let root = file.parsed.root();
                let place = root.get("id").unwrap_or(root);
                let message = format!("`{}` is the same version of the same contract", first.parsed.relative);
                diagnostics.push(
                    place
                        .error(codes::DUPLICATE_CONTRACT, message)
                        .help("remove one of the two, or give it another `version`"),
                );
            }
        }
        Self { files, used: BTreeSet::new() }
    }

    /// The contract that a port names by `contractId` and `version`.
    pub(super) fn of_port(&mut self, port: &Node<'_>, diagnostics: &mut Vec<Diagnostic>) -> Lookup<'a> {
        let version = port.get("version");
        let wanted = match &version {
            Some(node) => match contract::version(node, diagnostics) {
                Some(wanted) => Some(wanted),
                None => return self.wrong(port),
            },
            None => None,
        };
        let Some(id) = port.text("contractId") else { return Lookup::NotNamed };
        let same_id: Vec<_> = self.files.iter().filter(|file| file.id() == Some(id)).collect();
        if same_id.is_empty() {
            return Lookup::Unknown;
        }
        // A contract without a usable version has been reported where it stands.
        let matching = |file: &&&'a ContractFile| wanted.is_none() || file.version() == wanted.as_ref();
        let ambiguous = wanted.is_none() && same_id.len() > 1;
        if let Some(file) = same_id.iter().find(matching).filter(|_| !ambiguous) {
            return self.found(file);
        }
        report_version(port, id, wanted.as_ref(), &same_id, diagnostics);
        self.wrong(port)
    }

    fn found(&mut self, file: &'a ContractFile) -> Lookup<'a> {
        self.used.insert(&file.parsed.relative);
        file.contract.as_ref().map_or(Lookup::Wrong, |contract| Lookup::Found(file, contract))
    }

    /// All versions of the contract count as used, so that one mistake is told once.
    fn wrong(&mut self, port: &Node<'_>) -> Lookup<'a> {
        let id = port.text("contractId");
        let same_id = self.files.iter().filter(|file| id.is_some() && file.id() == id);
        self.used.extend(same_id.map(|file| file.parsed.relative.as_str()));
        Lookup::Wrong
    }

    /// "Did you mean" among the ids of all contracts.
    pub(super) fn suggest(&self, id: &str) -> String {
        let ids: Vec<_> = self.files.iter().filter_map(|file| file.id().map(str::to_owned)).collect();
        suggest::or_list(id, &ids, "add the contract to `contracts/`")
    }

    pub(super) fn report_unused(&self, diagnostics: &mut Vec<Diagnostic>) {
        for file in self.files.iter().filter(|file| !self.used.contains(file.parsed.relative.as_str())) {
            let root = file.parsed.root();
            let place = root.get("id").unwrap_or(root);
            diagnostics.push(
                place
                    .warning(codes::UNUSED_CONTRACT, "no port uses this contract")
                    .help("name its `id` and `version` at a port of `product.odps.yaml`, or remove the file"),
            );
        }
    }
}

fn report_version(
    port: &Node<'_>,
    id: &str,
    wanted: Option<&Version>,
    same_id: &[&ContractFile],
    diagnostics: &mut Vec<Diagnostic>,
) {
    let versions: Vec<_> = same_id.iter().filter_map(|file| Some(format!("`{}`", file.version()?))).collect();
    if versions.is_empty() {
        return;
    }
    let versions = versions.join(", ");
    diagnostics.push(match wanted {
        Some(wanted) => port
            .get("version")
            .unwrap_or_else(|| port.clone())
            .error(codes::PORT_VERSION, format!("there is no version `{wanted}` of the contract `{id}`"))
            .help(format!("the bundle has {versions}; the version of a port is that of its contract")),
        None => port
            .error_key(codes::PORT_VERSION, format!("the port does not say which version of `{id}` it has"))
            .help(format!("add `version`; the bundle has {versions}")),
    });
}

/// The name of a port, which has to be one in SQL.
pub(super) fn name(port: &Node<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<PortName> {
    let node = port.get("name")?;
    match node.as_text()?.parse() {
        Ok(name) => Some(name),
        Err(error) => {
            diagnostics.push(
                node.error(codes::NAME, error.to_string())
                    .help("use letters, digits, `-` and `_`, and begin with a letter or `_`"),
            );
            None
        }
    }
}

/// Columns are what a contract promises; a table without any promises nothing.
pub(super) fn demand_columns(file: &ContractFile, diagnostics: &mut Vec<Diagnostic>) {
    let root = file.parsed.root();
    let objects = root.list("schema");
    if objects.is_empty() {
        diagnostics.push(
            root.get("schema")
                .unwrap_or(root)
                .error_key(codes::NO_COLUMNS, "the contract of a port has no tables")
                .help("add `schema` with one object and its `properties`"),
        );
    }
    for object in objects.iter().filter(|object| object.list("properties").is_empty()) {
        let name = object.text("name").unwrap_or_default();
        diagnostics.push(
            object
                .error_key(codes::NO_COLUMNS, format!("the table `{name}` has no columns"))
                .help("add `properties`, one for each column"),
        );
    }
}
