//! The examples that come with Outport compile, and there is nothing to say about them.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use outport_engine::compile::compile;
use outport_model::{
    contract::TableSchema,
    name::PortName,
    product::{InputPort, Product},
    source::Source,
};
use outport_spec::bundle::{Context, Discovered, discover, load_all, read};

/// The schema that guards an input: the consumer's own, or the producer's.
fn schema(port: &InputPort, products: &[Product]) -> TableSchema {
    if let Some(contract) = &port.contract {
        return contract.tables[0].clone();
    }
    let Source::Port(address) = &port.source else { panic!("`{}` has no contract", port.name) };
    let producer = products.iter().find(|product| product.name == address.product).unwrap();
    producer.output(address.port.as_str(), address.major).unwrap().contract.tables[0].clone()
}

fn products(folder: &str) -> Vec<Product> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(folder);
    let bundles = match discover(&root).unwrap() {
        Discovered::Bundles(bundles) => bundles,
        Discovered::Bundle(bundle) => vec![bundle],
        Discovered::Document(_) => Vec::new(),
    };
    let files: Vec<_> = bundles.iter().map(|bundle| read(bundle).unwrap()).collect();
    let landing = BTreeMap::from([("landing".parse().unwrap(), PathBuf::from("/landing"))]);
    let context =
        Context { workspace: &"local".parse().unwrap(), depots: &landing, offers: None, environment: &|_| None };
    let loaded = load_all(&files, &context).into_iter();
    loaded.map(|loaded| loaded.product.unwrap_or_else(|| panic!("{:?}", loaded.diagnostics))).collect()
}

fn check(folder: &str) {
    let products = products(folder);
    assert!(!products.is_empty());
    for product in &products {
        let inputs: BTreeMap<PortName, TableSchema> =
            product.inputs.iter().map(|port| (port.name.clone(), schema(port, &products))).collect();
        let (compiled, problems) = compile(product, &inputs);
        assert!(problems.is_empty(), "{}: {problems:#?}", product.name);
        assert_eq!(compiled.unwrap().models.len(), product.models.len());
    }
}

#[test]
fn flights() {
    check("flights");
}

#[test]
fn retail() {
    check("retail");
}
