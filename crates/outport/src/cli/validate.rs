//! `outport validate`

use std::{collections::BTreeMap, path::PathBuf, process::ExitCode};

use clap::Args;
use outport_app::UNKNOWN_UPSTREAM;
use outport_engine::LocalCompiler;
use outport_model::diagnostic::{Diagnostic, Severity};
use outport_spec::bundle::{Discovered, discover};
use serde_json::json;

use super::Setting;
use crate::{bundles::Bundles, failure::Failure, render, wiring};

/// Check a bundle, a folder of bundles or one document, without touching data
#[derive(Debug, Args)]
pub(crate) struct Validate {
    /// Bundle, folder of bundles, or document (`*.odcs.yaml`, `*.odps.yaml`, `outport.yaml`)
    #[arg(default_value = ".")]
    path: PathBuf,
}

impl Validate {
    pub(super) async fn execute(self, setting: &Setting) -> Result<ExitCode, Failure> {
        let mut found = match discover(&self.path) {
            Ok(Discovered::Document(_)) | Err(_) => Bundles::document(&self.path, &setting.configuration),
            Ok(Discovered::Bundle(_) | Discovered::Bundles(_)) => self.bundles(setting).await?,
        };
        found.diagnostics.sort_by(|a, b| (&a.file, a.span).cmp(&(&b.file, b.span)));
        let valid = !found.has_errors();
        let terminal = setting.terminal;
        let list: Vec<_> = found.diagnostics.iter().map(render::diagnostic::machine).collect();
        if !terminal.machine(&json!({"valid": valid, "diagnostics": list})) {
            render::diagnostic::show(&found.diagnostics, &found.sources);
            terminal.out(&summary(&self.path, &found.diagnostics));
        }
        Ok(if valid { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// Bundles with what compiling them finds. What they read of products elsewhere is looked up where there is a home.
    async fn bundles(&self, setting: &Setting) -> Result<Bundles, Failure> {
        let configuration = &setting.configuration;
        if !configuration.home.join("outport.db").exists() {
            let mut bundles = Bundles::alone(&self.path, configuration);
            if !bundles.has_errors() {
                let products = std::mem::take(&mut bundles.products);
                let (_, found) =
                    outport_app::compile(products, &BTreeMap::new(), &LocalCompiler, configuration.threads).await;
                bundles.add_compiled(found.into_iter().map(unless_elsewhere).collect());
            }
            return Ok(bundles);
        }
        let app = wiring::app(configuration).await?;
        let mut bundles = Bundles::load(&self.path, configuration, &app).await?;
        if !bundles.has_errors() {
            let (_, found) = app.compile(std::mem::take(&mut bundles.products)).await?;
            bundles.add_compiled(found);
        }
        Ok(bundles)
    }
}

/// A product that is not below the path may be in a workspace; without a home nobody can tell.
fn unless_elsewhere(mut diagnostic: Diagnostic) -> Diagnostic {
    if diagnostic.code == UNKNOWN_UPSTREAM {
        diagnostic.severity = Severity::Warning;
        diagnostic.help = Some("validate a folder that holds both, to have the models planned too".to_owned());
    }
    diagnostic
}

fn summary(path: &std::path::Path, diagnostics: &[Diagnostic]) -> String {
    let errors = diagnostics.iter().filter(|d| d.is_error()).count();
    let warnings = diagnostics.len() - errors;
    let path = path.display();
    match (errors, warnings) {
        (0, 0) => format!("`{path}` is valid"),
        (0, _) => format!("`{path}` is valid, with {}", render::count(warnings, "warning")),
        _ => {
            format!("`{path}` is not valid: {}, {}", render::count(errors, "error"), render::count(warnings, "warning"))
        }
    }
}
