//! `outport access agreement`

use std::{collections::BTreeSet, path::PathBuf};

use chrono::TimeDelta;
use clap::{Args, Subcommand};
use outport_app::gate::{Gate, GateError, Imported};
use outport_model::agreement::{Agreement, AgreementId, Standing};
use outport_spec::{
    bundle::BundleFiles,
    oaas::{self, AccessAgreement},
};

use super::{As, as_user, nobody_else};
use crate::{
    bundles::environment,
    failure::Failure,
    remote::{Server, documents},
    render,
    terminal::Terminal,
};

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

    /// The same on a server.
    pub(super) async fn there(self, server: &Server, terminal: Terminal) -> Result<(), Failure> {
        match self.verb {
            DocumentVerb::Export(export) => export.there(server, terminal).await,
            DocumentVerb::Import(import) => import.there(server, terminal).await,
        }
    }
}

impl Export {
    async fn execute(self, gate: &Gate, terminal: Terminal) -> Result<(), Failure> {
        let caller = as_user(gate, self.who.user.as_ref()).await?;
        let mut documents = Vec::new();
        for id in self.chosen(gate.agreements(&caller).await?)? {
            let (agreement, product) = gate.agreement_for_export(&caller, id).await?;
            documents.push((id, oaas::document(&agreement, product.as_ref())));
        }
        self.write(&documents, terminal)
    }

    async fn there(self, server: &Server, terminal: Terminal) -> Result<(), Failure> {
        nobody_else(self.who.user.is_some())?;
        let mut documents = Vec::new();
        for id in self.chosen(server.agreements().await?)? {
            documents.push((id, server.agreement_document(id).await?));
        }
        self.write(&documents, terminal)
    }

    /// Of the agreements that concern whoever asks all of them, or those that were named.
    fn chosen(&self, known: Vec<(Agreement, Standing)>) -> Result<Vec<AgreementId>, Failure> {
        let known: Vec<_> = known.into_iter().map(|(agreement, _)| agreement.id).collect();
        if self.ids.is_empty() {
            return Ok(known);
        }
        let wanted: BTreeSet<_> = self.ids.iter().collect();
        if let Some(id) = wanted.iter().find(|id| !known.contains(id)) {
            return Err(GateError::NotFound { what: "agreement", name: id.to_string() }.into());
        }
        Ok(known.into_iter().filter(|id| wanted.contains(id)).collect())
    }

    fn write(self, documents: &[(AgreementId, AccessAgreement)], terminal: Terminal) -> Result<(), Failure> {
        let Some(folder) = self.output_dir else {
            let documents: Vec<_> = documents.iter().map(|(_, document)| document).collect();
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
        for (id, document) in documents {
            let file = folder.join(format!("{id}.oaas.yaml"));
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
}

impl Import {
    async fn execute(self, gate: &Gate, terminal: Terminal) -> Result<(), Failure> {
        let caller = as_user(gate, self.who.user.as_ref()).await?;
        let files = self.read()?;
        let products = gate.products_for_import(&caller).await?;
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
        show(&gate.import_agreements(&caller, loaded.agreements, self.expires).await?, terminal);
        Ok(())
    }

    async fn there(self, server: &Server, terminal: Terminal) -> Result<(), Failure> {
        nobody_else(self.who.user.is_some())?;
        let (sent, sources) = documents(&self.read()?);
        match server.import_agreements(sent, self.expires).await {
            Ok((imported, warnings)) => {
                render::diagnostic::show(&warnings, &sources);
                show(&imported, terminal);
                Ok(())
            }
            Err(Failure::Diagnostics { diagnostics, .. }) => {
                Err(Failure::Diagnostics { diagnostics, sources: Box::new(sources) })
            }
            Err(failure) => Err(failure),
        }
    }

    /// The documents, or why they cannot be read.
    fn read(&self) -> Result<Vec<BundleFiles>, Failure> {
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
        Ok(files)
    }
}

fn show(imported: &[Imported], terminal: Terminal) {
    if !terminal.machine(&imported) {
        terminal.out(&render::access::imported(imported));
    }
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
