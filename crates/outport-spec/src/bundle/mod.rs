//! From a folder of files to a [`Product`].
//!
//! [`read`] takes the files into memory; everything after it is pure. [`load`] makes a product of one bundle,
//! [`load_all`] of several that read each other, [`built_in`] of what comes with Outport.

pub mod built_in;
mod descriptor;
mod discover;
mod documents;
mod files;
pub(crate) mod format;
mod guide;
mod inputs;
mod models;
mod outputs;
mod policies;
mod ports;
mod source;
mod together;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use outport_model::{
    address::Address,
    case::Case,
    contract::ContractId,
    diagnostic::{Code, Diagnostic},
    name::{DepotName, ProductName, WorkspaceName},
    product::Product,
};

pub use self::{
    discover::{Discovered, discover},
    files::{BundleFiles, DESCRIPTOR, SETTINGS, read},
    together::load_all,
};
pub(crate) use self::{
    documents::{Documents, Parsed},
    files::read_one,
};
use crate::{cases, codes, config::Layers};

/// Gives the value of a variable of the environment.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What a bundle is loaded for.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The workspace, whose settings are laid over the common ones.
    pub workspace: &'a WorkspaceName,
    /// The workspace's depots and their roots.
    pub depots: &'a BTreeMap<DepotName, PathBuf>,
    /// Every output port that the workspace has; `None` where nothing is known of it.
    pub offers: Option<&'a [Offer]>,
    /// The value of a variable of the environment.
    pub environment: Environment<'a>,
}

/// An output port that others can read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Its address with its major version (which is unknown only where the descriptor is wrong).
    pub address: Address,
    /// The contract that guards it.
    pub contract: Option<ContractId>,
    /// The schema objects of its contract.
    pub objects: Vec<String>,
}

impl Offer {
    /// The output ports of a product.
    pub fn of(product: &Product) -> impl Iterator<Item = Self> {
        product.outputs.iter().map(|port| Self {
            address: Address {
                workspace: None,
                product: product.name.clone(),
                port: port.name.clone(),
                major: Some(port.version.major()),
            },
            contract: Some(port.contract.id.clone()),
            objects: port.contract.tables.iter().map(|table| table.name.clone()).collect(),
        })
    }
}

/// The texts of files, to show excerpts of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceTexts(BTreeMap<String, String>);

impl SourceTexts {
    /// The text of a file, by the name that diagnostics use.
    pub fn get(&self, file: &str) -> Option<&str> {
        self.0.get(file).map(String::as_str)
    }

    /// All files and their texts.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(file, text)| (file.as_str(), text.as_str()))
    }

    /// Adds a file.
    pub fn insert(&mut self, file: &str, text: &str) {
        self.0.insert(file.to_owned(), text.to_owned());
    }

    /// Adds all files of others.
    pub fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }
}

/// What loading a bundle gave.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The bundle's folder as the user wrote it.
    pub root: PathBuf,
    /// The product; none where a diagnostic is an error.
    pub product: Option<Product>,
    /// Its test cases of policies; none where a diagnostic is an error.
    pub cases: Vec<Case>,
    /// Every problem that was found.
    pub diagnostics: Vec<Diagnostic>,
    /// The texts that the diagnostics point into.
    pub sources: SourceTexts,
}

/// Makes a product of one bundle. What it reads of others is not looked up, except by contract in
/// [`Context::offers`].
pub fn load(files: &BundleFiles, context: &Context<'_>) -> Loaded {
    let documents = Documents::read(files, context);
    let offers = context.offers.unwrap_or_default();
    Assembly::new(files, &documents, context, offers).finish(files.root())
}

const UNUSED: [Code; 4] = [codes::UNUSED_CONTRACT, codes::UNUSED_MODEL, codes::UNUSED_PARAMETER, codes::UNUSED_INPUT];

/// A reading of another product's port, and where the user asks for it.
struct Reading {
    address: Address,
    /// The table that the contract of the input port is about.
    table: Option<String>,
    /// A diagnostic at the place, still without a message.
    place: Diagnostic,
}

/// A product in the making.
struct Assembly {
    product: Option<Product>,
    cases: Vec<Case>,
    diagnostics: Vec<Diagnostic>,
    sources: SourceTexts,
    name: Option<ProductName>,
    /// A diagnostic at the product's id, still without a message.
    place: Option<Diagnostic>,
    readings: Vec<Reading>,
}

impl Assembly {
    fn new(files: &BundleFiles, documents: &Documents, context: &Context<'_>, offers: &[Offer]) -> Self {
        let mut assembly = Self {
            product: None,
            cases: Vec::new(),
            diagnostics: documents.diagnostics.clone(),
            sources: documents.sources.clone(),
            name: None,
            place: None,
            readings: Vec::new(),
        };
        let Some(descriptor) = &documents.descriptor else {
            assembly.report_missing_descriptor(files);
            return assembly;
        };
        let root = descriptor.root();
        let settings_root = documents.settings.as_ref().map(documents::Parsed::root);
        let settings = settings_root.map(|root| Layers::new(&root, context.workspace.as_str())).unwrap_or_default();
        let diagnostics = &mut assembly.diagnostics;
        let header = descriptor::header(&root, &settings, diagnostics);
        assembly.place = root.get("id").map(|id| id.error(codes::DUPLICATE_PRODUCT, ""));
        assembly.name.clone_from(&header.name);

        let mut contracts = ports::Contracts::new(&documents.contracts, diagnostics);
        let scope = inputs::Scope { files, context, offers, product: header.name.as_ref(), settings: &settings };
        let (inputs, readings) = inputs::inputs(&root, &scope, &mut contracts, diagnostics);
        assembly.readings = readings;
        let models = models::models(files, &settings, &mut assembly.sources, diagnostics);
        let outputs = outputs::outputs(&root, &settings, &models, &mut contracts, diagnostics);
        contracts.report_unused(diagnostics);
        models::report(&models, &inputs, &outputs, &settings, diagnostics);
        inputs::report_unread(&root, &inputs, &models, diagnostics);
        let policies = policies::policies(files, &mut assembly.sources, diagnostics);
        let models = models::values(models);
        let guides = guide::documents(files);
        let parts = descriptor::Parts { inputs, outputs, models, policies, documents: guides };
        assembly.product = header.product(parts, files.fingerprints());
        assembly.add_cases(documents);
        assembly
    }

    /// Looks up what the test cases name, where what they name is there as it should be.
    fn add_cases(&mut self, documents: &Documents) {
        let Some(product) = self.product.as_ref().filter(|_| !self.diagnostics.iter().any(Diagnostic::is_error)) else {
            return;
        };
        for parsed in &documents.cases {
            self.cases.extend(cases::of_document(parsed, cases::Scope::Product(product), &mut self.diagnostics));
        }
    }

    fn report_missing_descriptor(&mut self, files: &BundleFiles) {
        if !files.files().contains_key(DESCRIPTOR) {
            let message = format!("the folder has no `{DESCRIPTOR}`");
            let file = files.root().display().to_string();
            self.diagnostics.push(
                Diagnostic::error(codes::NO_BUNDLE, file, message)
                    .help(format!("a bundle is a folder with a `{DESCRIPTOR}`")),
            );
        }
    }

    fn finish(mut self, root: &Path) -> Loaded {
        let correct = !self.diagnostics.iter().any(Diagnostic::is_error);
        if !correct {
            // What seems to be without use may only be so because of an error.
            self.diagnostics.retain(|diagnostic| !UNUSED.contains(&diagnostic.code));
        }
        Documents::tidy(&mut self.diagnostics);
        Loaded {
            root: root.to_owned(),
            product: self.product.filter(|_| correct),
            cases: if correct { self.cases } else { Vec::new() },
            diagnostics: self.diagnostics,
            sources: self.sources,
        }
    }
}
