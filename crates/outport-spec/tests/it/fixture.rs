//! A bundle in memory that is good until a test spoils it.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use outport_model::{contract::Contract, product::Product};
use outport_spec::{
    Document,
    bundle::{self, BundleFiles, Context, Loaded, Offer},
    contract,
};

use crate::render::render;

pub(crate) const DESCRIPTOR: &str = "product.odps.yaml";
pub(crate) const SETTINGS: &str = "outport.yaml";
pub(crate) const INPUT: &str = "contracts/raw.odcs.yaml";
pub(crate) const OUTPUT: &str = "contracts/trips.odcs.yaml";
pub(crate) const MODEL: &str = "models/trips.sql";

const FILES: [(&str, &str); 5] = [
    (
        DESCRIPTOR,
        "\
apiVersion: v1.1.0
kind: DataProduct
id: fleet
name: The fleet
version: v1.2.0
status: active
type: sourceAligned
domain: logistics
description: {purpose: Who drove where}
inputPorts:
  - {name: raw, version: 1.0.0, contractId: raw-trips}
outputPorts:
  - {name: trips, version: 2.0.0, contractId: trips}
team: {name: fleet-team, members: [{username: eva, role: Product Owner}]}
",
    ),
    (
        SETTINGS,
        "\
apiVersion: outport/v1
inputs:
  raw: {onViolation: quarantine}
parameters: {least: 1}
workspaces:
  prod: {parameters: {least: 100}}
",
    ),
    (
        INPUT,
        "\
apiVersion: v3.2.0
kind: DataContract
id: raw-trips
version: 1.0.0
status: active
servers:
  - server: files
    type: local
    path: data/trips-*.csv.gz
    format: csv
    customProperties:
      - {property: nullValues, value: [NA], vendor: outport}
      - {property: quote, value: \"'\"}
      - {property: quote, value: x, vendor: other}
schema:
  - name: rows
    properties:
      - {name: id, logicalType: integer, primaryKey: true}
      - {name: fuel, logicalType: number}
",
    ),
    (
        OUTPUT,
        "\
apiVersion: v3.2.0
kind: DataContract
id: trips
version: 2.0.0
status: active
description: {purpose: One row a trip}
schema:
  - name: rows
    properties:
      - {name: id, logicalType: integer, primaryKey: true}
      - {name: fuel, logicalType: number, logicalTypeOptions: {minimum: 0}}
",
    ),
    (MODEL, "SELECT id, fuel FROM input.raw WHERE fuel > $least\n"),
];

/// A bundle to spoil.
#[derive(Clone)]
pub(crate) struct Fixture {
    root: PathBuf,
    files: BTreeMap<String, Vec<u8>>,
    offers: Option<Vec<Offer>>,
    workspace: &'static str,
}

/// A bundle without a fault.
pub(crate) fn good() -> Fixture {
    let files = FILES.map(|(path, text)| (path.to_owned(), text.into()));
    Fixture { root: "/bundles/fleet".into(), files: files.into(), offers: None, workspace: "dev" }
}

impl Fixture {
    /// The same in another folder.
    pub(crate) fn at(self, root: &str) -> Self {
        Self { root: root.into(), ..self }
    }

    /// The same with a file more, or other than before.
    pub(crate) fn file(mut self, path: &str, text: impl AsRef<[u8]>) -> Self {
        self.files.insert(path.to_owned(), text.as_ref().to_vec());
        self
    }

    /// The same without a file.
    pub(crate) fn without(mut self, path: &str) -> Self {
        self.files.remove(path).unwrap();
        self
    }

    /// The same with other text in a file.
    pub(crate) fn edit(self, path: &str, from: &str, to: &str) -> Self {
        let text = String::from_utf8(self.files[path].clone()).unwrap();
        assert!(text.contains(from), "`{from}` is not in {path}");
        let text = text.replace(from, to);
        self.file(path, text)
    }

    /// The same with more text at the end of a file.
    pub(crate) fn add(self, path: &str, text: &str) -> Self {
        let before = String::from_utf8(self.files[path].clone()).unwrap();
        self.file(path, before + text)
    }

    /// The same in a workspace of which something is known.
    pub(crate) fn offers(self, addresses: &[(&str, &str)]) -> Self {
        let offer = |(address, contract): &(&str, &str)| Offer {
            address: address.parse().unwrap(),
            contract: Some(outport_model::contract::ContractId::new(*contract)),
            objects: vec!["rows".to_owned()],
        };
        Self { offers: Some(addresses.iter().map(offer).collect()), ..self }
    }

    /// The same in another workspace.
    pub(crate) fn workspace(self, workspace: &'static str) -> Self {
        Self { workspace, ..self }
    }

    pub(crate) fn files(&self) -> BundleFiles {
        BundleFiles::new(&self.root, self.files.clone())
    }

    pub(crate) fn load(&self) -> Loaded {
        with_context(self.workspace, self.offers.as_deref(), |context| bundle::load(&self.files(), context))
    }

    /// The problems, with file names relative to the bundle.
    pub(crate) fn problems(&self) -> String {
        let loaded = self.load();
        let has_error = loaded.diagnostics.iter().any(outport_model::diagnostic::Diagnostic::is_error);
        assert_eq!(loaded.product.is_none(), has_error, "a product is there exactly where there is no error");
        render(&loaded.diagnostics).replace(&format!("{}/", self.root.display()), "")
    }

    pub(crate) fn product(&self) -> Product {
        self.load().product.unwrap_or_else(|| panic!("the bundle is good:\n{}", self.problems()))
    }
}

/// What several bundles say of each other.
pub(crate) fn problems_together(bundles: &[Fixture], offers: Option<&[Offer]>) -> String {
    let files: Vec<_> = bundles.iter().map(Fixture::files).collect();
    let loaded = with_context("dev", offers, |context| bundle::load_all(&files, context));
    let all: Vec<_> = loaded.into_iter().flat_map(|loaded| loaded.diagnostics).collect();
    render(&all).replace("/bundles/", "")
}

/// Calls with a context of one depot and one variable.
pub(crate) fn with_context<T>(workspace: &str, offers: Option<&[Offer]>, call: impl FnOnce(&Context<'_>) -> T) -> T {
    let workspace = workspace.parse().unwrap();
    let depots = BTreeMap::from([("landing".parse().unwrap(), Path::new("/landing").to_owned())]);
    let environment = |name: &str| (name == "REGION").then(|| "north".to_owned());
    call(&Context { workspace: &workspace, depots: &depots, offers, environment: &environment })
}

/// Compiles a contract whose `schema`, and whatever follows it, is `text`.
pub(crate) fn compile(text: &str) -> (Contract, String) {
    let head = "apiVersion: v3.2.0\nkind: DataContract\nid: c\nversion: 1.0.0\nstatus: active\n";
    let document = Document::parse("c.odcs.yaml", format!("{head}{text}")).unwrap();
    let (contract, diagnostics) = contract::compile(&document, document.value(), "c.odcs.yaml");
    (contract.unwrap(), render(&diagnostics))
}
