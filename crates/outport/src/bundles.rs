//! From a path, or from what a client of a server sends, to products, with everything that is wrong with them.

use std::{
    collections::BTreeMap,
    path::{Component, Path, PathBuf},
};

use outport_app::{App, named_by_root};
use outport_http::{
    AgreementContext, BundleLoader, Documents, Loaded, LoadedBundles, SentBundles, SentDocument, SentDocuments,
};
use outport_model::{
    agreement::{Agreement, WrittenAgreement},
    case::Case,
    diagnostic::Diagnostic,
    name::{PortName, ProductName},
    product::Product,
    source::Source,
};
use outport_spec::{
    bundle::{self, BundleFiles, Context, Discovered, Environment, Offer, SourceTexts},
    cases, codes, oaas,
};

use crate::{configuration::Configuration, failure::Failure};

/// The products below a path.
#[derive(Debug, Default)]
pub(crate) struct Bundles {
    pub(crate) products: Vec<Product>,
    pub(crate) cases: Vec<Case>,
    pub(crate) diagnostics: Vec<Diagnostic>,
    pub(crate) sources: SourceTexts,
    roots: BTreeMap<ProductName, PathBuf>,
}

/// The value of a variable of this process's environment.
pub(crate) fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// What documents are read for; `None` for the offers where nothing is known of a workspace.
fn context<'a>(
    configuration: &'a Configuration,
    offers: Option<&'a [Offer]>,
    environment: Environment<'a>,
) -> Context<'a> {
    Context { workspace: &configuration.workspace, depots: &configuration.depots, offers, environment }
}

impl Bundles {
    /// Loads a bundle or a folder of bundles. Problems are in the result.
    pub(crate) async fn load(path: &Path, configuration: &Configuration, app: &App) -> Result<Self, Failure> {
        let listed = app.list().await?;
        let offers: Vec<Offer> = listed.values().flat_map(|l| Offer::of(&l.intent.compiled.product)).collect();
        Ok(Self::read(path, &context(configuration, Some(&offers), &environment)))
    }

    /// Loads without a workspace: what the bundles read of products that are not below the path is not looked up.
    pub(crate) fn alone(path: &Path, configuration: &Configuration) -> Self {
        Self::read(path, &context(configuration, None, &environment))
    }

    /// Checks one document by itself.
    pub(crate) fn document(path: &Path, configuration: &Configuration) -> Self {
        let report = outport_spec::validate::validate(path, &context(configuration, None, &environment));
        Self { diagnostics: report.diagnostics, sources: report.sources, ..Self::default() }
    }

    /// The files of the bundles below a path, and why there are none.
    pub(crate) fn find(path: &Path) -> (Vec<BundleFiles>, Vec<Diagnostic>) {
        let roots = match bundle::discover(path) {
            Ok(Discovered::Bundle(root)) => vec![root],
            Ok(Discovered::Bundles(roots)) => roots,
            Ok(Discovered::Document(document)) => return (Vec::new(), vec![one_document(&document)]),
            Err(diagnostics) => return (Vec::new(), diagnostics),
        };
        let (mut readable, mut diagnostics) = (Vec::new(), Vec::new());
        for root in roots {
            match bundle::read(&root) {
                Ok(files) => readable.push(files),
                Err(found) => diagnostics.extend(found),
            }
        }
        (readable, diagnostics)
    }

    fn read(path: &Path, context: &Context<'_>) -> Self {
        let (readable, diagnostics) = Self::find(path);
        let mut bundles = Self { diagnostics, ..Self::default() };
        bundles.add(&readable, context);
        bundles
    }

    fn add(&mut self, readable: &[BundleFiles], context: &Context<'_>) {
        for loaded in bundle::load_all(readable, context) {
            self.diagnostics.extend(loaded.diagnostics);
            self.sources.extend(loaded.sources);
            self.cases.extend(loaded.cases);
            if let Some(product) = loaded.product {
                self.roots.insert(product.name.clone(), loaded.root);
                self.products.push(product);
            }
        }
    }

    /// Adds everything of others.
    pub(crate) fn extend(&mut self, others: Self) {
        self.products.extend(others.products);
        self.cases.extend(others.cases);
        self.diagnostics.extend(others.diagnostics);
        self.sources.extend(others.sources);
        self.roots.extend(others.roots);
    }

    pub(crate) fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }

    /// Adds what compiling found; its files are named by product, and people name them by path.
    pub(crate) fn add_compiled(&mut self, found: Vec<Diagnostic>) {
        self.diagnostics.extend(named_by_root(found, &self.roots));
    }

    /// The problems as what stops a command.
    pub(crate) fn failure(&mut self) -> Failure {
        Failure::Diagnostics {
            diagnostics: std::mem::take(&mut self.diagnostics),
            sources: Box::new(std::mem::take(&mut self.sources)),
        }
    }
}

/// Makes products of the bundles that clients of a server send. They see nothing of the machine but its depots:
/// variables have the values that were sent with them.
#[derive(Debug)]
pub(crate) struct Sent {
    configuration: Configuration,
}

impl Sent {
    pub(crate) fn new(configuration: Configuration) -> Self {
        Self { configuration }
    }

    /// What is wrong with where the inputs of a product come from.
    fn outside_depots(&self, product: &Product, root: &Path) -> Vec<Diagnostic> {
        let depots = &self.configuration.depots;
        let outside = product.inputs.iter().filter_map(|input| match &input.source {
            Source::Files(files) if !depots.values().any(|depot| is_below(&files.location, depot)) => {
                Some((&input.name, &files.written))
            }
            Source::Files(_) | Source::Port(_) | Source::Tpch(_) => None,
        });
        let problem = |(port, written): (&PortName, &String)| {
            let file = root.join(bundle::SETTINGS).display().to_string();
            let message = format!("input port `{port}` reads `{written}`, which is in no depot of the server");
            Diagnostic::error(codes::OUTSIDE_DEPOTS, file, message).help(format!(
                "write `inputs: {{{port}: {{depot: NAME, path: …}}}}`; the depots of a server are in its `outport.toml`"
            ))
        };
        outside.map(problem).collect()
    }
}

impl BundleLoader for Sent {
    fn load(&self, sent: SentBundles, recorded: &[Product]) -> LoadedBundles {
        let SentBundles { bundles, variables } = sent;
        let offers: Vec<Offer> = recorded.iter().flat_map(Offer::of).collect();
        let sent_along = |name: &str| variables.get(name).cloned();
        let readable: Vec<_> = bundles.into_iter().map(|bundle| BundleFiles::new(bundle.root, bundle.files)).collect();
        let mut found = Bundles::default();
        found.add(&readable, &context(&self.configuration, Some(&offers), &sent_along));
        for product in &found.products {
            let root = found.roots.get(&product.name).map_or(Path::new(""), PathBuf::as_path);
            found.diagnostics.extend(self.outside_depots(product, root));
        }
        let Bundles { products, roots, cases, diagnostics, .. } = found;
        LoadedBundles { products, roots, cases, diagnostics }
    }
}

impl Documents for Sent {
    fn cases(&self, sent: SentDocuments, products: &[Product]) -> Loaded<Case> {
        let SentDocuments { documents, variables } = sent;
        let sent_along = |name: &str| variables.get(name).cloned();
        let products: Vec<&Product> = products.iter().collect();
        let mut loaded = Loaded { found: Vec::new(), diagnostics: Vec::new() };
        for document in documents {
            let of_document = cases::load(&alone(document), &products, &sent_along);
            loaded.found.extend(of_document.cases);
            loaded.diagnostics.extend(of_document.diagnostics);
        }
        loaded
    }

    fn agreements(&self, sent: SentDocuments, context: &AgreementContext) -> Loaded<WrittenAgreement> {
        let SentDocuments { documents, variables } = sent;
        let sent_along = |name: &str| variables.get(name).cloned();
        let files: Vec<_> = documents.into_iter().map(alone).collect();
        let context = oaas::Context {
            products: &context.products.iter().collect::<Vec<_>>(),
            now: context.now,
            open_end: context.open_end,
            environment: &sent_along,
        };
        let loaded = oaas::load(&files, &context);
        Loaded { found: loaded.agreements, diagnostics: loaded.diagnostics }
    }

    fn agreement(&self, agreement: &Agreement, product: Option<&Product>) -> serde_json::Value {
        // Only a map whose keys are no text cannot be written, and there is none.
        serde_json::to_value(oaas::document(agreement, product)).unwrap_or_default()
    }
}

/// A document that is in no bundle, by the name under which it was sent.
fn alone(document: SentDocument) -> BundleFiles {
    BundleFiles::new("", BTreeMap::from([(document.file, document.text.into_bytes())]))
}

/// Whether a path, which has no `.` and no `..`, is below a folder.
fn is_below(location: &str, folder: &Path) -> bool {
    let plain = plain(folder);
    plain.is_absolute() && Path::new(location).starts_with(plain)
}

/// A path without `.` and `..`.
pub(crate) fn plain(folder: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in folder.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}

fn one_document(path: &Path) -> Diagnostic {
    Diagnostic::error(
        codes::NO_BUNDLE,
        path.display().to_string(),
        format!("`{}` is one document, and this takes a bundle or a folder of bundles", path.display()),
    )
    .help("name the folder that has `product.odps.yaml`; one document is checked by `outport validate`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_is_below_a_depot_or_not() {
        for (location, depot, expected) in [
            ("/data/landing/a.csv", "/data/landing", true),
            ("/data/landing/**/*.csv", "/other/../data/landing/", true),
            ("/data/landing", "/data/landing", true),
            ("/data/landing-2/a.csv", "/data/landing", false),
            ("/data/a.csv", "/data/landing", false),
            ("landing/a.csv", "landing", false),
            ("/etc/passwd", "", false),
        ] {
            assert_eq!(is_below(location, Path::new(depot)), expected, "{location} below {depot}");
        }
    }
}
