//! Input ports: contract, source, and what happens to rows that break the contract.

use outport_model::{
    contract::{Contract, ContractId},
    diagnostic::Diagnostic,
    name::{PortName, ProductName},
    product::{InputPort, OnViolation},
    source::Source,
};

use super::{
    Context, Offer, Reading,
    documents::ContractFile,
    files::BundleFiles,
    models::ModelFile,
    ports::{self, Contracts, Lookup},
    source,
};
use crate::{codes, config::Layers, node::Node, sql::folded, suggest};

/// What the source of an input port may depend on.
pub(super) struct Scope<'a> {
    pub(super) files: &'a BundleFiles,
    pub(super) context: &'a Context<'a>,
    pub(super) offers: &'a [Offer],
    /// The product itself, which cannot read its own ports.
    pub(super) product: Option<&'a ProductName>,
    pub(super) settings: &'a Layers<'a>,
}

pub(super) fn inputs(
    descriptor: &Node<'_>,
    scope: &Scope<'_>,
    contracts: &mut Contracts<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> (Vec<InputPort>, Vec<Reading>) {
    let (mut inputs, mut readings): (Vec<InputPort>, Vec<Reading>) = Default::default();
    let settings = scope.settings.get("inputs");
    let nodes = descriptor.list("inputPorts");
    for port in &nodes {
        let Some(name) = ports::name(port, diagnostics) else { continue };
        if inputs.iter().any(|other| folded(other.name.as_str()) == folded(name.as_str())) {
            diagnostics.push(
                port.error_key(codes::DUPLICATE_PORT, format!("the input port `{name}` is there twice"))
                    .help("give each input port a name of its own"),
            );
            continue;
        }
        let settings = settings.get(name.as_str());
        if let Some((input, reading)) = input(port, name, &settings, scope, contracts, diagnostics) {
            inputs.push(input);
            readings.extend(reading);
        }
    }
    let names: Vec<_> = nodes.iter().filter_map(|port| port.string("name")).collect();
    report_unknown(&settings, &names, diagnostics);
    (inputs, readings)
}

fn report_unknown(settings: &Layers<'_>, names: &[String], diagnostics: &mut Vec<Diagnostic>) {
    for (key, node) in settings.entries() {
        if !names.iter().any(|name| name == key) {
            diagnostics.push(
                node.error_key(codes::UNKNOWN_PORT, format!("the product has no input port `{key}`"))
                    .help(suggest::or_list(key, names, "`product.odps.yaml` has no `inputPorts`")),
            );
        }
    }
}

/// Reports ports that no model reads.
pub(super) fn report_unread(
    descriptor: &Node<'_>,
    inputs: &[InputPort],
    models: &[ModelFile],
    diagnostics: &mut Vec<Diagnostic>,
) {
    for input in inputs.iter().filter(|input| !models.iter().any(|model| model.reads_input(input.name.as_str()))) {
        let ports = descriptor.list("inputPorts");
        let Some(port) = ports.iter().find(|port| port.text("name") == Some(input.name.as_str())) else { continue };
        diagnostics.push(
            port.warning_key(codes::UNUSED_INPUT, format!("no model reads the input port `{}`", input.name))
                .help(format!("read it in a model as `input.{}`, or remove the port", input.name)),
        );
    }
}

fn input(
    port: &Node<'_>,
    name: PortName,
    settings: &Layers<'_>,
    scope: &Scope<'_>,
    contracts: &mut Contracts<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<(InputPort, Option<Reading>)> {
    let lookup = contracts.of_port(port, diagnostics);
    let (file, contract) = match lookup {
        Lookup::Found(file, contract) => {
            demand_one_table(port, file, contract, diagnostics);
            report_retiring(port, file, diagnostics);
            (Some(file), Some(contract.clone()))
        }
        // Without its contract nothing sure can be said of the source.
        Lookup::Wrong => return None,
        Lookup::Unknown | Lookup::NotNamed => (None, None),
    };
    let origin = source::Origin { scope, settings, port, file };
    let (source, place) = origin.source(diagnostics)?;
    if contract.is_none() && !matches!(source, Source::Port(_)) {
        report_no_contract(port, contracts, diagnostics);
    }
    let reading = match &source {
        Source::Port(address) => {
            let table = contract.as_ref().and_then(|contract| contract.tables.first()).map(|table| table.name.clone());
            Some(Reading { address: address.clone(), table, place: place.error(codes::UNKNOWN_ADDRESS, "") })
        }
        _ => None,
    };
    let contract_id = port.text("contractId").map(ContractId::new);
    Some((InputPort { name, contract, contract_id, source, on_violation: on_violation(settings) }, reading))
}

fn report_no_contract(port: &Node<'_>, contracts: &Contracts<'_>, diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.push(match port.get("contractId") {
        Some(id) => {
            let text = id.as_text().unwrap_or_default();
            id.error(codes::UNKNOWN_CONTRACT, format!("no document in `contracts/` has the id `{text}`"))
                .help(contracts.suggest(text))
        }
        None => port
            .error_key(codes::PORT_WITHOUT_CONTRACT, "an input port that reads files needs a contract")
            .help("add `contractId` and `version` of a document in `contracts/`"),
    });
}

fn demand_one_table(port: &Node<'_>, file: &ContractFile, contract: &Contract, diagnostics: &mut Vec<Diagnostic>) {
    ports::demand_columns(file, diagnostics);
    if contract.tables.len() > 1 {
        let names: Vec<_> = contract.tables.iter().map(|table| format!("`{}`", table.name)).collect();
        let root = file.parsed.root();
        let place = root.get("schema").unwrap_or(root);
        let name = port.text("name").unwrap_or_default();
        diagnostics.push(
            place
                .error_key(
                    codes::INPUT_OBJECTS,
                    format!("the contract of input port `{name}` has {} tables", names.len()),
                )
                .label(names.join(", "))
                .help("split the contract: one input port for each table"),
        );
    }
}

fn report_retiring(port: &Node<'_>, file: &ContractFile, diagnostics: &mut Vec<Diagnostic>) {
    let root = file.parsed.root();
    let Some(status) = root.text("status").filter(|status| matches!(*status, "deprecated" | "retired")) else { return };
    let place = port.get("contractId").unwrap_or_else(|| port.clone());
    diagnostics.push(
        place
            .warning(codes::RETIRING, format!("the contract is {status}"))
            .help("ask its owner which version replaces it"),
    );
}

fn on_violation(settings: &Layers<'_>) -> OnViolation {
    match settings.text("onViolation") {
        Some("quarantine") => OnViolation::Quarantine,
        Some("warn") => OnViolation::Warn,
        _ => OnViolation::Fail,
    }
}
