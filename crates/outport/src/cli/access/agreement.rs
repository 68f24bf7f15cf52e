//! `outport access agreement`

use std::{collections::BTreeSet, path::PathBuf};

use chrono::TimeDelta;
use clap::{Args, Subcommand};
use outport_app::gate::{Gate, GateError};
use outport_model::{
    agreement::{Agreement, AgreementId},
    product::Product,
};
use outport_spec::oaas;

use super::{As, as_user};
use crate::{bundles::environment, failure::Failure, render, terminal::Terminal};

/// Exchange agreements with other systems, as documents
#[derive(Debug, Args)]
pub(super) struct Documents {
    #[command(subcommand)]
    verb: DocumentVerb,
}

#[derive(Debug, Subcommand)]
enum DocumentVerb {
    Export(Export),
    Import(Import),
}

/// Write agreements as Bitol OAAS v0.9.0 (draft)
#[derive(Debug, Args)]
struct Export {
    /// Agreements [default: all that concern who asks]
    ids: Vec<AgreementId>,
    /// Folder for a file `<id>.oaas.yaml` each [default: one agreement to standard output]
    #[arg(long, value_name = "FOLDER")]
    output_dir: Option<PathBuf>,
    #[command(flatten)]
    who: As,
}

/// Put agreements of Bitol OAAS v0.9.0 (draft) on record
///
/// All of them come on record, or none. Importing again changes nothing.
#[derive(Debug, Args)]
struct Import {
    /// Documents
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// How long agreements last that name no end
    #[arg(long, value_name = "DURATION", value_parser = super::super::period)]
    expires: Option<TimeDelta>,
    #[command(flatten)]
    who: As,
}

impl Documents {
    pub(super) async fn execute(self, gate: &Gate, terminal: Terminal) -> Result<(), Failure> {
        match self.verb {
            DocumentVerb::Export(export) => export.execute(gate, terminal).await,
            DocumentVerb::Import(import) => import.execute(gate, terminal).await,
        }
    }
}

impl Export {
    async fn execute(self, gate: &Gate, terminal: Terminal) -> Result<(), Failure> {
        let agreements = self.chosen(gate).await?;
        let products = products(gate).await?;
        let documents: Vec<_> = agreements
            .iter()
            .map(|agreement| {
                let product = products.iter().find(|product| product.name == agreement.port.product);
                oaas::document(agreement, product)
            })
            .collect();
        let Some(folder) = self.output_dir else {
            if terminal.machine(&documents) {
                return Ok(());
            }
            let [document] = documents.as_slice() else { return Err(several(documents.len())) };
            terminal.out(&outport_spec::write::document(document).map_err(|error| unwritable("the document", error))?);
            return Ok(());
        };
        let shown = folder.display().to_string();
        std::fs::create_dir_all(&folder).map_err(|error| unwritable(&shown, error))?;
        let mut written = Vec::new();
        for (agreement, document) in agreements.iter().zip(&documents) {
            let file = folder.join(format!("{}.oaas.yaml", agreement.id));
            let shown = file.display().to_string();
            let text = outport_spec::write::document(document).map_err(|error| unwritable(&shown, error))?;
            std::fs::write(&file, text).map_err(|error| unwritable(&shown, error))?;
            written.push(shown);
        }
        if !terminal.machine(&written) {
            terminal.out(&written.join("\n"));
        }
        Ok(())
    }

    /// The agreements that concern whoever asks: all of them, or those that were named.
    async fn chosen(&self, gate: &Gate) -> Result<Vec<Agreement>, Failure> {
        let caller = as_user(gate, self.who.user.as_ref()).await?;
        let known: Vec<_> = gate.agreements(&caller).await?.into_iter().map(|(agreement, _)| agreement).collect();
        if self.ids.is_empty() {
            return Ok(known);
        }
        let wanted: BTreeSet<_> = self.ids.iter().collect();
        if let Some(id) = wanted.iter().find(|id| !known.iter().any(|agreement| agreement.id == ***id)) {
            return Err(GateError::NotFound { what: "agreement", name: id.to_string() }.into());
        }
        Ok(known.into_iter().filter(|agreement| wanted.contains(&agreement.id)).collect())
    }
}

impl Import {
    async fn execute(self, gate: &Gate, terminal: Terminal) -> Result<(), Failure> {
        let caller = as_user(gate, self.who.user.as_ref()).await?;
        let (mut files, mut unreadable) = (Vec::new(), Vec::new());
        for path in &self.files {
            match oaas::read(path) {
                Ok(read) => files.push(read),
                Err(diagnostics) => unreadable.extend(diagnostics),
            }
        }
        if !unreadable.is_empty() {
            return Err(Failure::Diagnostics { diagnostics: unreadable, sources: Box::default() });
        }
        let products = products(gate).await?;
        let context = oaas::Context {
            products: &products.iter().collect::<Vec<_>>(),
            now: gate.app().clock.now(),
            open_end: self.expires.is_some(),
            environment: &environment,
        };
        let loaded = oaas::load(&files, &context);
        if loaded.diagnostics.iter().any(outport_model::diagnostic::Diagnostic::is_error) {
            let sources = Box::new(loaded.sources);
            return Err(Failure::Diagnostics { diagnostics: loaded.diagnostics, sources });
        }
        render::diagnostic::show(&loaded.diagnostics, &loaded.sources);
        let imported = gate.import_agreements(&caller, loaded.agreements, self.expires).await?;
        if !terminal.machine(&imported) {
            terminal.out(&render::access::imported(&imported));
        }
        Ok(())
    }
}

/// The products on record.
async fn products(gate: &Gate) -> Result<Vec<Product>, Failure> {
    Ok(gate.app().list().await?.into_values().map(|listed| listed.intent.compiled.product).collect())
}

fn several(count: usize) -> Failure {
    Failure::Argument {
        message: format!("{} would be one after the other", render::count(count, "document")),
        help: "name one agreement, or a folder for a file each: `--output-dir FOLDER`".to_owned(),
    }
}

fn unwritable(what: &str, error: impl std::error::Error + Send + Sync + 'static) -> Failure {
    Failure::Write { what: what.to_owned(), source: Box::new(error) }
}
