//! Output ports: contract, tables, and the models that build them.

use std::collections::BTreeMap;

use outport_model::{
    contract::Contract,
    diagnostic::Diagnostic,
    name::{PortName, TableName},
    product::{OutputPort, OutputTable},
};

use super::{
    documents::ContractFile,
    models::ModelFile,
    ports::{self, Contracts, Lookup},
};
use crate::{codes, config::Layers, node::Node, sql::folded, suggest};

/// A port whose contract is found.
struct Guarded<'a> {
    name: PortName,
    place: Node<'a>,
    file: &'a ContractFile,
    contract: &'a Contract,
}

impl Guarded<'_> {
    fn major(&self) -> u64 {
        self.contract.version.major()
    }
}

pub(super) fn outputs<'a>(
    descriptor: &Node<'a>,
    settings: &Layers<'_>,
    models: &[ModelFile],
    contracts: &mut Contracts<'a>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<OutputPort> {
    let nodes = descriptor.list("outputPorts");
    if nodes.is_empty() {
        diagnostics.push(
            descriptor
                .error_key(codes::NO_OUTPUT, "the product has no output port")
                .help("add `outputPorts` with a `name`, a `version` and a `contractId`"),
        );
    }
    let mut complete = true;
    let mut guarded: Vec<Guarded<'_>> = Vec::new();
    for node in nodes {
        match port(node, contracts, diagnostics) {
            Some(port) => demand_new(port, &mut guarded, diagnostics),
            None => complete = false,
        }
    }
    let mut builder = Builder { settings: settings.get("outputs"), models, taken: BTreeMap::new(), diagnostics };
    let ports = guarded.iter().map(|port| builder.port(port, is_newest(port, &guarded))).collect();
    if complete {
        builder.report_unknown();
    }
    ports
}

fn port<'a>(node: Node<'a>, contracts: &mut Contracts<'a>, diagnostics: &mut Vec<Diagnostic>) -> Option<Guarded<'a>> {
    let name = ports::name(&node, diagnostics);
    let lookup = contracts.of_port(&node, diagnostics);
    match lookup {
        Lookup::Found(file, contract) => Some(Guarded { name: name?, place: node, file, contract }),
        Lookup::Unknown => {
            let id = node.get("contractId")?;
            let text = id.as_text()?;
            diagnostics.push(
                id.error(codes::UNKNOWN_CONTRACT, format!("no document in `contracts/` has the id `{text}`"))
                    .help(contracts.suggest(text)),
            );
            None
        }
        Lookup::NotNamed => {
            let name = node.text("name").unwrap_or_default();
            diagnostics.push(
                node.error_key(codes::PORT_WITHOUT_CONTRACT, format!("the output port `{name}` has no contract"))
                    .help("add `contractId`, the `id` of a document in `contracts/`"),
            );
            None
        }
        Lookup::Wrong => None,
    }
}

/// Adds a port; of two with the same name and major version, an address could not tell which is meant.
fn demand_new<'a>(port: Guarded<'a>, ports: &mut Vec<Guarded<'a>>, diagnostics: &mut Vec<Diagnostic>) {
    let same = |other: &Guarded<'_>| {
        folded(other.name.as_str()) == folded(port.name.as_str()) && other.major() == port.major()
    };
    if ports.iter().any(same) {
        let message = format!("the output port `{}` is there twice with major version {}", port.name, port.major());
        diagnostics.push(
            port.place
                .error_key(codes::DUPLICATE_PORT, message)
                .help("a port has one entry for each major version; give this one another name or version"),
        );
    } else {
        ports.push(port);
    }
}

fn is_newest(port: &Guarded<'_>, ports: &[Guarded<'_>]) -> bool {
    !ports.iter().any(|other| folded(other.name.as_str()) == folded(port.name.as_str()) && other.major() > port.major())
}

struct Builder<'a, 'd> {
    /// `outputs` of `outport.yaml`.
    settings: Layers<'a>,
    models: &'a [ModelFile],
    /// Tables so far, by folded name, with the port that offers each.
    taken: BTreeMap<String, (TableName, PortName)>,
    diagnostics: &'d mut Vec<Diagnostic>,
}

impl Builder<'_, '_> {
    fn port(&mut self, port: &Guarded<'_>, newest: bool) -> OutputPort {
        ports::demand_columns(port.file, self.diagnostics);
        let tables = port.contract.tables.iter().filter_map(|table| self.table(port, &table.name, newest)).collect();
        OutputPort {
            name: port.name.clone(),
            version: port.contract.version.clone(),
            contract: port.contract.clone(),
            tables,
        }
    }

    fn table(&mut self, port: &Guarded<'_>, object: &str, newest: bool) -> Option<OutputTable> {
        let stem = if port.contract.tables.len() == 1 { port.name.as_str() } else { object };
        let name = if newest { stem.to_owned() } else { format!("{stem}_v{}", port.major()) };
        let name: TableName = match name.parse() {
            Ok(name) => name,
            Err(error) => {
                let place = object_place(port, object);
                self.diagnostics.push(
                    place
                        .error(codes::NAME, error.to_string())
                        .help("use letters, digits, `-` and `_` in the object's `name`"),
                );
                return None;
            }
        };
        self.demand_free(&name, port);
        let model = self.model(&name, port)?;
        Some(OutputTable { name, object: object.to_owned(), model })
    }

    fn demand_free(&mut self, name: &TableName, port: &Guarded<'_>) {
        let key = folded(name.as_str());
        if let Some((other, owner)) = self.taken.get(&key) {
            let message = format!("the table `{name}` has the same name as `{other}` of output port `{owner}`");
            self.diagnostics.push(
                port.place
                    .error_key(codes::TABLE_CLASH, message)
                    .help("rename the port, or the object in its contract; case and `-` or `_` make no difference"),
            );
        }
        self.taken.insert(key, (name.clone(), port.name.clone()));
    }

    fn model(&mut self, table: &TableName, port: &Guarded<'_>) -> Option<TableName> {
        let choice = self.settings.get(table.as_str()).value("model");
        let wanted = choice.as_ref().and_then(Node::as_text).unwrap_or(table.as_str());
        let found = self.models.iter().find(|file| folded(file.model.name.as_str()) == folded(wanted));
        if found.is_none() {
            let names: Vec<_> = self.models.iter().map(|file| file.model.name.to_string()).collect();
            self.diagnostics.push(match &choice {
                Some(node) => node
                    .error(codes::UNKNOWN_MODEL, format!("there is no model `{wanted}`"))
                    .help(suggest::or_list(wanted, &names, "add `models/<name>.sql`")),
                None => port
                    .place
                    .error_key(codes::OUTPUT_WITHOUT_MODEL, format!("no model builds the table `{table}`"))
                    .help(format!(
                        "add `models/{table}.sql`, or name a model in `outport.yaml`: `outputs: {{{table}: {{model: …}}}}`"
                    )),
            });
        }
        found.map(|file| file.model.name.clone())
    }

    fn report_unknown(&mut self) {
        let names: Vec<_> = self.taken.values().map(|(name, _)| name.to_string()).collect();
        for (key, node) in self.settings.entries() {
            if !names.iter().any(|name| name == key) {
                self.diagnostics.push(
                    node.error_key(codes::UNKNOWN_PORT, format!("no output port offers a table `{key}`"))
                        .help(suggest::or_list(key, &names, "`product.odps.yaml` has no `outputPorts`")),
                );
            }
        }
    }
}

fn object_place<'a>(port: &Guarded<'a>, object: &str) -> Node<'a> {
    let objects = port.file.parsed.root().list("schema");
    let found = objects.iter().find(|node| node.text("name") == Some(object)).and_then(|node| node.get("name"));
    found.unwrap_or_else(|| port.place.clone())
}
