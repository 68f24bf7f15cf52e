//! `outport contract`

use std::{collections::BTreeMap, path::PathBuf, process::ExitCode, sync::Arc};

use clap::{Args, Subcommand, ValueEnum};
use outport_app::{
    UseCaseError,
    clock::{Clock, SystemClock},
    engine::Engine,
};
use outport_model::source::{FileSource, Source};
use outport_spec::alone;

use super::Setting;
use crate::{bundles::environment, failure::Failure, render, terminal::OutputFormat, wiring};

/// Work with one data contract
#[derive(Debug, Args)]
pub(crate) struct Contract {
    #[command(subcommand)]
    verb: ContractVerb,
}

#[derive(Debug, Subcommand)]
enum ContractVerb {
    Test(Test),
}

/// Measure data against a contract, without bundle and workspace
#[derive(Debug, Args)]
struct Test {
    /// The contract (`*.odcs.yaml`)
    file: PathBuf,
    /// The server, of type `local`, whose data is measured [default: the only one]
    #[arg(long, value_name = "NAME")]
    server: Option<String>,
    /// How the results are written [default: as `--output`]
    #[arg(long, short, value_enum)]
    format: Option<ResultFormat>,
}

/// How results of checks are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ResultFormat {
    /// For people
    Table,
    /// JSON, as Outport keeps them
    Json,
    /// `JUnit` XML, for continuous integration
    Junit,
    /// Bitol OORS v0.8.1 (draft)
    Oors,
}

impl Contract {
    pub(super) async fn execute(self, setting: &Setting) -> Result<ExitCode, Failure> {
        match self.verb {
            ContractVerb::Test(test) => test.execute(setting).await,
        }
    }
}

impl Test {
    async fn execute(self, setting: &Setting) -> Result<ExitCode, Failure> {
        let files = alone::read(&self.file).map_err(stopped)?;
        let loaded = alone::load(&files, self.server.as_deref(), &environment);
        let (Some(contract), Some(source)) = (loaded.contract, loaded.source) else {
            return Err(Failure::Diagnostics { diagnostics: loaded.diagnostics, sources: Box::new(loaded.sources) });
        };
        render::diagnostic::show(&loaded.diagnostics, &loaded.sources);
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let engine = wiring::engine(&setting.configuration, &std::env::temp_dir(), Arc::clone(&clock))?;
        let sources: BTreeMap<String, Source> = contract
            .tables
            .iter()
            .map(|table| (table.name.clone(), Source::Files(for_table(&source, &table.name))))
            .collect();
        let began = clock.now();
        let results = engine.test_contract(&contract, &sources).await.map_err(UseCaseError::from)?;
        let terminal = setting.terminal;
        match self.format.unwrap_or(default_format(terminal.format)) {
            ResultFormat::Table => terminal.out(&render::checks::text(&contract, &results)),
            ResultFormat::Json => {
                let _ = crate::terminal::Terminal { format: OutputFormat::Json, ..terminal }
                    .machine(&render::checks::machine(&contract, &results));
            }
            ResultFormat::Junit => terminal.out(&render::junit::text(&contract, &results)),
            ResultFormat::Oors => terminal
                .out(&format!("{:#}", render::oors::document(&contract, &results, self.server.as_deref(), began))),
        }
        let failed = results.iter().filter(|result| result.outcome.blocks()).count();
        if failed == 0 {
            Ok(ExitCode::SUCCESS)
        } else if self.format.is_none() && terminal.format == OutputFormat::Table {
            Err(Failure::Checks { failed, total: results.len() })
        } else {
            Ok(ExitCode::FAILURE)
        }
    }
}

/// A location may name the table: `data/{model}.csv`.
fn for_table(source: &FileSource, table: &str) -> FileSource {
    let filled = |text: &str| text.replace("{model}", table).replace("{table}", table);
    FileSource { location: filled(&source.location), written: filled(&source.written), format: source.format.clone() }
}

fn default_format(format: OutputFormat) -> ResultFormat {
    if format == OutputFormat::Table { ResultFormat::Table } else { ResultFormat::Json }
}

fn stopped(diagnostics: Vec<outport_model::diagnostic::Diagnostic>) -> Failure {
    Failure::Diagnostics { diagnostics, sources: Box::default() }
}
