//! `outport validate`

use std::{path::PathBuf, process::ExitCode};

use clap::Args;
use outport_model::diagnostic::Diagnostic;
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

    async fn bundles(&self, setting: &Setting) -> Result<Bundles, Failure> {
        if !setting.configuration.home.join("outport.db").exists() {
            return Ok(Bundles::alone(&self.path, &setting.configuration));
        }
        let app = wiring::app(&setting.configuration).await?;
        let mut bundles = Bundles::load(&self.path, &setting.configuration, &app).await?;
        if !bundles.has_errors() {
            let (_, compiled) = app.compile(std::mem::take(&mut bundles.products)).await?;
            bundles.add_compiled(compiled);
        }
        Ok(bundles)
    }
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
