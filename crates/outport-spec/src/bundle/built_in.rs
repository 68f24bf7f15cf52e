//! A product that comes with Outport: its descriptor and contracts are as those of a bundle, but no model builds its
//! tables.

use std::collections::BTreeMap;

use outport_model::{
    contract::Contract,
    diagnostic::Diagnostic,
    fingerprint::Fingerprint,
    product::{OutputPort, OutputTable, Product},
};

use super::{descriptor, files::DESCRIPTOR};
use crate::{codes, config::Layers, contract, document::Document, node::Node};

/// Reads the product whose files these are: the descriptor `product.odps.yaml`, and beside it contracts. They are not held
/// against the schemas of their standards once more each time; tests do that.
///
/// # Errors
/// What is wrong with them.
pub fn load(files: &[(&str, &str)]) -> Result<Product, Vec<Diagnostic>> {
    let mut diagnostics = Vec::new();
    let (mut header, mut contracts) = (None, Vec::new());
    let mut descriptor = None;
    for (file, text) in files {
        let document = Document::parse(*file, *text)?;
        if *file == DESCRIPTOR {
            descriptor = Some(document);
            continue;
        }
        let (contract, problems) = contract::compile(&document, document.value(), file);
        diagnostics.extend(problems);
        contracts.extend(contract);
    }
    let mut outputs = Vec::new();
    if let Some(document) = &descriptor {
        let root = Node::root(document, document.value());
        header = Some(descriptor::header(&root, &Layers::default(), &mut diagnostics));
        outputs = root.list("outputPorts").iter().filter_map(|port| output(port, &contracts)).collect();
    }
    // What comes with Outport is what such names are reserved for.
    diagnostics.retain(|problem| problem.is_error() && problem.code != codes::RESERVED_NAME);
    let parts = descriptor::Parts {
        inputs: Vec::new(),
        outputs,
        models: Vec::new(),
        policies: Vec::new(),
        documents: Vec::new(),
    };
    let hashed = files.iter().map(|(file, text)| {
        let print = Fingerprint::from_hash(blake3::hash(text.as_bytes()));
        ((*file).to_owned(), print)
    });
    let product = header.and_then(|header| header.product(parts, hashed.collect::<BTreeMap<_, _>>()));
    match product.filter(|_| diagnostics.is_empty()) {
        Some(product) => Ok(product),
        None => Err(diagnostics),
    }
}

/// A port whose contract has one table, which has the port's name.
fn output(port: &Node<'_>, contracts: &[Contract]) -> Option<OutputPort> {
    let name = port.text("name")?;
    let id = port.text("contractId")?;
    let contract = contracts.iter().find(|contract| contract.id.as_str() == id)?.clone();
    let tables = contract.tables.iter().map(|table| {
        let own = name.parse().ok()?;
        Some(OutputTable { name: own, object: table.name.clone(), model: name.parse().ok()? })
    });
    let tables = tables.collect::<Option<Vec<_>>>()?;
    Some(OutputPort { name: name.parse().ok()?, version: contract.version.clone(), contract, tables })
}
