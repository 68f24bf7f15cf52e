//! From a path to products, with everything that is wrong with them.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use outport_app::App;
use outport_model::{diagnostic::Diagnostic, name::ProductName, product::Product};
use outport_spec::bundle::{self, Context, Discovered, Offer, SourceTexts};

use crate::{configuration::Configuration, failure::Failure};

/// The products below a path.
#[derive(Debug, Default)]
pub(crate) struct Bundles {
    pub(crate) products: Vec<Product>,
    pub(crate) diagnostics: Vec<Diagnostic>,
    pub(crate) sources: SourceTexts,
    roots: BTreeMap<ProductName, PathBuf>,
}

/// The value of a variable of this process's environment.
pub(crate) fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// What documents are read for; `None` for the offers where nothing is known of a workspace.
fn context<'a>(configuration: &'a Configuration, offers: Option<&'a [Offer]>) -> Context<'a> {
    Context { workspace: &configuration.workspace, depots: &configuration.depots, offers, environment: &environment }
}

impl Bundles {
    /// Loads a bundle or a folder of bundles. Problems are in the result.
    pub(crate) async fn load(path: &Path, configuration: &Configuration, app: &App) -> Result<Self, Failure> {
        let listed = app.list().await?;
        let offers: Vec<Offer> = listed.values().flat_map(|l| Offer::of(&l.intent.compiled.product)).collect();
        Ok(Self::read(path, &context(configuration, Some(&offers))))
    }

    /// Loads without a workspace: what the bundles read of products that are not below the path is not looked up.
    pub(crate) fn alone(path: &Path, configuration: &Configuration) -> Self {
        Self::read(path, &context(configuration, None))
    }

    /// Checks one document by itself.
    pub(crate) fn document(path: &Path, configuration: &Configuration) -> Self {
        let report = outport_spec::validate::validate(path, &context(configuration, None));
        Self { diagnostics: report.diagnostics, sources: report.sources, ..Self::default() }
    }

    fn read(path: &Path, context: &Context<'_>) -> Self {
        let mut bundles = Self::default();
        let roots = match bundle::discover(path) {
            Ok(Discovered::Bundle(root)) => vec![root],
            Ok(Discovered::Bundles(roots)) => roots,
            Ok(Discovered::Document(document)) => {
                bundles.diagnostics.push(one_document(&document));
                Vec::new()
            }
            Err(diagnostics) => {
                bundles.diagnostics = diagnostics;
                Vec::new()
            }
        };
        let mut readable = Vec::new();
        for root in roots {
            match bundle::read(&root) {
                Ok(files) => readable.push(files),
                Err(diagnostics) => bundles.diagnostics.extend(diagnostics),
            }
        }
        for loaded in bundle::load_all(&readable, context) {
            bundles.diagnostics.extend(loaded.diagnostics);
            bundles.sources.extend(loaded.sources);
            if let Some(product) = loaded.product {
                bundles.roots.insert(product.name.clone(), loaded.root);
                bundles.products.push(product);
            }
        }
        bundles
    }

    pub(crate) fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }

    /// Adds what compiling found; its files are named by product, and people name them by path.
    pub(crate) fn add_compiled(&mut self, found: Vec<Diagnostic>) {
        for mut diagnostic in found {
            let place = diagnostic.file.split_once('/').and_then(|(product, file)| {
                let root = self.roots.get(&product.parse::<ProductName>().ok()?)?;
                Some(root.join(file).display().to_string())
            });
            if let Some(file) = place {
                diagnostic.file = file;
            }
            self.diagnostics.push(diagnostic);
        }
    }

    /// The problems as what stops a command.
    pub(crate) fn failure(&mut self) -> Failure {
        Failure::Diagnostics {
            diagnostics: std::mem::take(&mut self.diagnostics),
            sources: Box::new(std::mem::take(&mut self.sources)),
        }
    }
}

fn one_document(path: &Path) -> Diagnostic {
    Diagnostic::error(
        outport_spec::codes::NO_BUNDLE,
        path.display().to_string(),
        format!("`{}` is one document, and this takes a bundle or a folder of bundles", path.display()),
    )
    .help("name the folder that has `product.odps.yaml`; one document is checked by `outport validate`")
}
