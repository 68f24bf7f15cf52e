//! `outport access test`

use std::{collections::BTreeMap, path::PathBuf, process::ExitCode, sync::Arc};

use clap::{Args, ValueEnum};
use outport_app::{
    UseCaseError,
    case::{TriedCase, try_cases},
    clock::{Clock, SystemClock},
    gate::{Caller, Gate},
    identity::WorkspacePolicies,
    policy::{CompiledPolicies, PolicyCompiler},
    policy_texts,
};
use outport_model::{
    plan::{CompiledProduct, Estate},
    principal::PrincipalId,
    product::Product,
};
use outport_policy::CedarPolicies;
use outport_spec::{bundle::SourceTexts, cases};

use super::{Setting, read_policies};
use crate::{
    bundles::{Bundles, environment},
    configuration::Configuration,
    failure::Failure,
    remote::{PolicyTrial, Server, change, documents},
    render,
    terminal::{OutputFormat, Terminal},
    wiring,
};

/// Run test cases of policies, without data
#[derive(Debug, Args)]
pub(super) struct Test {
    /// Bundles, folders of bundles, and files of cases (`*.access.yaml`)
    #[arg(default_value = ".", value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Policies of the workspace to test with, in the place of those on record with the same name
    #[arg(long = "policies", value_name = "FILE")]
    policies: Vec<PathBuf>,
    /// How the results are written [default: as `--output`]
    #[arg(long, short, value_enum)]
    format: Option<CaseFormat>,
}

/// How results of cases are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum CaseFormat {
    /// For people
    Table,
    /// JSON, with everything that was decided
    Json,
    /// `JUnit` XML, for continuous integration
    Junit,
}

/// What is on record where there is a home.
#[derive(Default)]
struct Record {
    gate: Option<Gate>,
    policies: Vec<WorkspacePolicies>,
    products: Estate,
}

impl Record {
    async fn read(configuration: &Configuration) -> Result<Self, Failure> {
        if !configuration.home.join("outport.db").exists() {
            return Ok(Self::default());
        }
        let gate = wiring::gate(configuration).await?;
        let policies = gate.policies(&Caller::local()).await?;
        let products =
            gate.app().list().await?.into_iter().map(|(name, listed)| (name, listed.intent.compiled)).collect();
        Ok(Self { gate: Some(gate), policies, products })
    }
}

impl Test {
    pub(super) async fn execute(self, setting: &Setting) -> Result<ExitCode, Failure> {
        let configuration = &setting.configuration;
        let mut record = Record::read(configuration).await?;
        let mut bundles = self.bundles(configuration, record.gate.as_ref()).await?;
        if bundles.has_errors() {
            return Err(bundles.failure());
        }
        let own = crate::record::product()?;
        let products = std::mem::take(&mut bundles.products).into_iter().chain([own]);
        record.products.extend(products.map(|product| (product.name.clone(), planned(product))));
        self.add_files(&record.products, &mut bundles);
        if bundles.has_errors() {
            return Err(bundles.failure());
        }
        if bundles.cases.is_empty() {
            return Err(self.nothing());
        }
        let Record { policies, products, .. } = record;
        let compiled = self.compile(policies, &products, &mut bundles)?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let engine = wiring::engine(configuration, &std::env::temp_dir(), Arc::clone(&clock))?;
        let cases = std::mem::take(&mut bundles.cases);
        let tried = try_cases(cases, compiled.policies.as_ref(), &products, &engine, clock.now());
        let results = Box::pin(tried).await.map_err(UseCaseError::from)?;
        let results: Vec<_> = results.into_iter().map(TriedCase::from).collect();
        self.show(setting.terminal, &results)
    }

    /// The same with what is on record of a server, for its administrators.
    pub(super) async fn there(self, server: &Server, terminal: Terminal) -> Result<ExitCode, Failure> {
        let (mut trial, mut sources) = (PolicyTrial::default(), SourceTexts::default());
        for path in self.paths.iter().filter(|path| !path.is_file()) {
            let (sent, texts) = change(path)?;
            trial.bundles.extend(sent);
            sources.extend(texts);
        }
        let mut files = Vec::new();
        for path in self.paths.iter().filter(|path| path.is_file()) {
            files.push(
                cases::read(path)
                    .map_err(|diagnostics| Failure::Diagnostics { diagnostics, sources: Box::default() })?,
            );
        }
        let (sent, texts) = documents(&files);
        trial.cases = sent;
        sources.extend(texts);
        for file in &self.policies {
            let (name, text) = read_policies(file)?;
            sources.insert(&format!("{name}.cedar"), &text);
            trial.policies.push((name, text));
        }
        match server.test_policies(trial).await {
            Ok((results, _)) if results.is_empty() => Err(self.nothing()),
            Ok((results, warnings)) => {
                render::diagnostic::show(&warnings, &sources);
                self.show(terminal, &results)
            }
            Err(Failure::Diagnostics { diagnostics, .. }) => {
                Err(Failure::Diagnostics { diagnostics, sources: Box::new(sources) })
            }
            Err(failure) => Err(failure),
        }
    }

    /// The bundles below the paths.
    async fn bundles(&self, configuration: &Configuration, gate: Option<&Gate>) -> Result<Bundles, Failure> {
        let mut all = Bundles::default();
        for path in self.paths.iter().filter(|path| !path.is_file()) {
            all.extend(match gate {
                Some(gate) => Bundles::load(path, configuration, gate.app()).await?,
                None => Bundles::alone(path, configuration),
            });
        }
        Ok(all)
    }

    /// The cases in files of their own.
    fn add_files(&self, products: &Estate, all: &mut Bundles) {
        let products: Vec<&Product> = products.values().map(|compiled| &compiled.product).collect();
        for path in self.paths.iter().filter(|path| path.is_file()) {
            match cases::read(path) {
                Ok(files) => {
                    let loaded = cases::load(&files, &products, &environment);
                    all.cases.extend(loaded.cases);
                    all.diagnostics.extend(loaded.diagnostics);
                    all.sources.extend(loaded.sources);
                }
                Err(diagnostics) => all.diagnostics.extend(diagnostics),
            }
        }
    }

    /// The policies of the workspace and of the products, together as they are in force.
    fn compile(
        &self,
        mut workspace: Vec<WorkspacePolicies>,
        products: &Estate,
        bundles: &mut Bundles,
    ) -> Result<CompiledPolicies, Failure> {
        for file in &self.policies {
            let (name, text) = read_policies(file)?;
            workspace.retain(|policies| policies.name != name);
            let (changed_at, changed_by) = (SystemClock.now(), PrincipalId::home());
            workspace.push(WorkspacePolicies { name, text, changed_at, changed_by });
        }
        for policies in &workspace {
            bundles.sources.insert(&format!("{}.cedar", policies.name), &policies.text);
        }
        bundles.diagnostics.clear();
        match CedarPolicies.compile(&policy_texts(workspace, products), products) {
            Ok(compiled) => {
                bundles.add_compiled(compiled.warnings.clone());
                render::diagnostic::show(&bundles.diagnostics, &bundles.sources);
                Ok(compiled)
            }
            Err(problems) => {
                bundles.add_compiled(problems);
                Err(bundles.failure())
            }
        }
    }

    fn nothing(&self) -> Failure {
        let paths: Vec<_> = self.paths.iter().map(|path| format!("`{}`", path.display())).collect();
        Failure::Argument {
            message: format!("there are no test cases in {}", paths.join(", ")),
            help: "write them in `policies/tests/*.yaml` of a bundle, or name a file of cases".to_owned(),
        }
    }

    fn show(&self, terminal: Terminal, results: &[TriedCase]) -> Result<ExitCode, Failure> {
        let by_output = if terminal.format == OutputFormat::Table { CaseFormat::Table } else { CaseFormat::Json };
        match self.format.unwrap_or(by_output) {
            CaseFormat::Table => terminal.out(&render::cases::text(results)),
            CaseFormat::Junit => terminal.out(&render::cases::junit(results)),
            CaseFormat::Json => {
                let format = if terminal.is_for_people() { OutputFormat::Json } else { terminal.format };
                let _ = Terminal { format, ..terminal }.machine(&render::cases::machine(results));
            }
        }
        let failed = results.iter().filter(|result| !result.passed).count();
        if failed == 0 {
            Ok(ExitCode::SUCCESS)
        } else if self.format.is_none() && terminal.is_for_people() {
            Err(Failure::Cases { failed, total: results.len() })
        } else {
            Ok(ExitCode::FAILURE)
        }
    }
}

/// A product as policies see it: they need its contracts, not its models.
fn planned(product: Product) -> CompiledProduct {
    CompiledProduct { product, models: BTreeMap::new(), inputs: BTreeMap::new() }
}
