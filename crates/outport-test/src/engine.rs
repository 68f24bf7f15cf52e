//! An engine that computes nothing: it keeps account of what it is asked, and fails where a test says so.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use arrow::{
    datatypes::{Schema, SchemaRef},
    record_batch::RecordBatch,
};
use async_trait::async_trait;
use outport_app::{
    engine::{
        Answer, Compiler, Engine, EngineError, InputReport, Job, Prospect, Question, Reads, Reservation, Sight, Staged,
        View, VisibleTable, Workshop,
    },
    memory::Allowance,
};
use outport_model::{
    check::{CheckResult, Outcome},
    contract::{Contract, TableSchema},
    diagnostic::Diagnostic,
    name::{PortName, TableName},
    plan::CompiledProduct,
    product::Product,
    release::TableVersion,
    run::InputVersion,
    source::Source,
};

use crate::fixture::{check_result, compiled_of, fingerprint};

/// What a test does while the engine is asked something.
pub type Interruption = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What a test has queries answered with.
pub type Script = dyn Fn(&Question, &View) -> Result<Answer, EngineError> + Send + Sync;

/// The engine's account, shared by all its workshops.
#[derive(Clone, Default)]
pub struct ScriptedEngine(Arc<Account>);

#[derive(Default)]
struct Account {
    calls: Mutex<Vec<String>>,
    failing: Mutex<BTreeSet<String>>,
    data: Mutex<u64>,
    interruptions: Mutex<BTreeMap<String, Interruption>>,
    staged: Mutex<BTreeSet<String>>,
    versions: Mutex<BTreeMap<String, u64>>,
    claimed: Mutex<Vec<String>>,
    answer: Mutex<Option<Arc<Script>>>,
    views: Mutex<Vec<Arc<View>>>,
}

impl fmt::Debug for ScriptedEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScriptedEngine").field("calls", &self.calls()).finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ScriptedEngine {
    /// What was asked since the last time, in order: `pin`, `check <product>.<port>`, `build <product>.<model>`,
    /// `audit <product>`, `verify <product>`, `commit <product>.<table>`, `discard <product>`, `remove <path>`, `query`, `prospect`,
    /// `promised`.
    pub fn calls(&self) -> Vec<String> {
        std::mem::take(&mut *lock(&self.0.calls))
    }

    /// Makes a call fail from now on: an audit by its outcome, everything else by an error.
    pub fn fail(&self, call: &str) {
        lock(&self.0.failing).insert(call.to_owned());
    }

    /// Ends all failing.
    pub fn mend(&self) {
        lock(&self.0.failing).clear();
    }

    /// Does something once, in the middle of a call.
    pub fn interrupt(&self, call: &str, interruption: impl Future<Output = ()> + Send + 'static) {
        lock(&self.0.interruptions).insert(call.to_owned(), Box::pin(interruption));
    }

    /// Changes the content of all sources.
    pub fn new_data(&self) {
        *lock(&self.0.data) += 1;
    }

    /// Paths of what is staged and neither committed nor discarded.
    pub fn staged(&self) -> BTreeSet<String> {
        lock(&self.0.staged).clone()
    }

    /// How many versions each stored table has.
    pub fn versions(&self) -> BTreeMap<String, u64> {
        lock(&self.0.versions).clone()
    }

    /// Has queries answered like this from now on; before, they fail.
    pub fn answer(&self, script: impl Fn(&Question, &View) -> Result<Answer, EngineError> + Send + Sync + 'static) {
        *lock(&self.0.answer) = Some(Arc::new(script));
    }

    /// What queries were asked over since the last time, in order.
    pub fn views(&self) -> Vec<Arc<View>> {
        std::mem::take(&mut *lock(&self.0.views))
    }

    async fn ask(&self, call: &str, question: &Question, view: &Arc<View>) -> Result<Answer, EngineError> {
        lock(&self.0.views).push(Arc::clone(view));
        let fails = self.call(call.to_owned()).await;
        let script = lock(&self.0.answer).clone().filter(|_| !fails);
        script.ok_or_else(|| failure(call)).and_then(|script| script(question, view))
    }

    async fn call(&self, call: String) -> bool {
        let fails = lock(&self.0.failing).contains(&call);
        let interruption = lock(&self.0.interruptions).remove(&call);
        lock(&self.0.calls).push(call);
        if let Some(interruption) = interruption {
            interruption.await;
        }
        fails
    }
}

#[async_trait]
impl Engine for ScriptedEngine {
    async fn pin(&self, _: &Source) -> Result<InputVersion, EngineError> {
        if self.call("pin".to_owned()).await {
            return Err(failure("pin"));
        }
        let data = lock(&self.0.data).to_string();
        Ok(InputVersion::Content { fingerprint: fingerprint(&data), files: 1, bytes: 1 })
    }

    async fn open(&self, job: Job) -> Result<Arc<dyn Workshop>, EngineError> {
        let paths = job.compiled.stored_tables();
        let paths: Vec<_> = paths.iter().map(|(table, print)| job.compiled.path(table, print)).collect();
        lock(&self.0.claimed).extend(paths.iter().cloned());
        Ok(Arc::new(ScriptedWorkshop { engine: self.clone(), job, claims: paths }))
    }

    async fn query(&self, question: &Question, view: &Arc<View>, _: &Allowance) -> Result<Answer, EngineError> {
        self.ask("query", question, view).await
    }

    async fn prospect(&self, question: &Question, view: &Arc<View>) -> Result<Prospect, EngineError> {
        let answer = self.ask("prospect", question, view).await?;
        Ok(Prospect { schema: answer.schema, parameters: BTreeMap::new(), reads: answer.reads })
    }

    async fn promised(&self, sql: &str, view: &Arc<View>) -> Option<Vec<String>> {
        let answer = self.ask("promised", &Question::new(sql), view).await.ok()?;
        Some(answer.schema.fields().iter().map(|field| field.name().clone()).collect())
    }

    async fn test_contract(&self, _: &Contract, _: &BTreeMap<String, Source>) -> Result<Vec<CheckResult>, EngineError> {
        Ok(Vec::new())
    }

    async fn stored_tables(&self) -> Result<BTreeSet<String>, EngineError> {
        Ok(lock(&self.0.versions).keys().cloned().collect())
    }

    async fn reserve_tables(&self, paths: &BTreeSet<String>) -> Result<Box<dyn Reservation>, EngineError> {
        let claimed: BTreeSet<String> = lock(&self.0.claimed).iter().cloned().collect();
        let paths = paths.difference(&claimed).cloned().collect();
        Ok(Box::new(ScriptedReservation { engine: self.clone(), paths }))
    }
}

#[derive(Debug)]
struct ScriptedReservation {
    engine: ScriptedEngine,
    paths: BTreeSet<String>,
}

#[async_trait]
impl Reservation for ScriptedReservation {
    fn paths(&self) -> &BTreeSet<String> {
        &self.paths
    }

    async fn remove(&self, paths: &BTreeSet<String>) -> Result<(), EngineError> {
        for path in paths {
            self.engine.call(format!("remove {path}")).await;
            lock(&self.engine.0.versions).remove(path);
        }
        Ok(())
    }
}

#[derive(Debug)]
struct ScriptedWorkshop {
    engine: ScriptedEngine,
    job: Job,
    claims: Vec<String>,
}

impl ScriptedWorkshop {
    fn named(&self, verb: &str, what: &str) -> String {
        format!("{verb} {}.{what}", self.job.compiled.product.name)
    }

    async fn ask(&self, call: String) -> Result<(), EngineError> {
        let fails = self.engine.call(call.clone()).await;
        if self.job.cancel.is_cancelled() {
            return Err(EngineError::Cancelled);
        }
        if fails { Err(failure(&call)) } else { Ok(()) }
    }

    fn path(&self, table: &TableName) -> Option<String> {
        let fingerprint = self.job.compiled.stored_tables().remove(table)?;
        Some(self.job.compiled.path(table, &fingerprint))
    }
}

impl Drop for ScriptedWorkshop {
    fn drop(&mut self) {
        let mut claimed = lock(&self.engine.0.claimed);
        for path in &self.claims {
            if let Some(index) = claimed.iter().position(|claim| claim == path) {
                claimed.remove(index);
            }
        }
    }
}

#[async_trait]
impl Workshop for ScriptedWorkshop {
    async fn check_input(&self, port: &PortName) -> Result<InputReport, EngineError> {
        self.ask(self.named("check", port.as_str())).await?;
        Ok(InputReport { rows: 3, quarantined: 0, results: Vec::new() })
    }

    async fn build(&self, model: &TableName) -> Result<Staged, EngineError> {
        self.ask(self.named("build", model.as_str())).await?;
        lock(&self.engine.0.staged).extend(self.path(model));
        Ok(Staged { rows: 3, bytes: 300 })
    }

    async fn audit(&self, _: &Contract, _: &BTreeMap<String, TableName>) -> Result<Vec<CheckResult>, EngineError> {
        let fails = self.engine.call(format!("audit {}", self.job.compiled.product.name)).await;
        let result = check_result(if fails { 0 } else { 3 });
        Ok(vec![CheckResult { outcome: if fails { Outcome::Fail } else { Outcome::Pass }, ..result }])
    }

    async fn commit(&self, table: &TableName) -> Result<TableVersion, EngineError> {
        self.ask(self.named("commit", table.as_str())).await?;
        let path = self.path(table).ok_or(EngineError::Cancelled)?;
        lock(&self.engine.0.staged).remove(&path);
        let mut versions = lock(&self.engine.0.versions);
        let version = versions.entry(path.clone()).and_modify(|version| *version += 1).or_insert(1);
        let fingerprint = self.job.compiled.stored_tables().remove(table).ok_or(EngineError::Cancelled)?;
        Ok(TableVersion { fingerprint, path, version: *version, rows: 3, bytes: 300 })
    }

    async fn verify_inputs(&self) -> Result<(), EngineError> {
        self.ask(format!("verify {}", self.job.compiled.product.name)).await
    }

    async fn discard(&self) {
        self.engine.call(format!("discard {}", self.job.compiled.product.name)).await;
        let own: BTreeSet<String> =
            self.job.compiled.stored_tables().keys().filter_map(|table| self.path(table)).collect();
        lock(&self.engine.0.staged).retain(|path| !own.contains(path));
    }
}

fn failure(call: &str) -> EngineError {
    EngineError::Warehouse { location: "nowhere".to_owned(), action: "obey", reason: format!("`{call}` was to fail") }
}

/// These rows as the answer to a query that reads every column of every table that the asker sees.
pub fn answer_of(batches: Vec<RecordBatch>, view: &View) -> Answer {
    let schema = batches.first().map_or_else(|| SchemaRef::new(Schema::empty()), RecordBatch::schema);
    let reads = view.products.iter().map(|(product, visible)| {
        let tables = visible.tables.iter().map(|(name, table)| (name.clone(), columns(table)));
        (product.clone(), tables.collect())
    });
    let reads: Reads = reads.collect();
    Answer { schema, reads, batches: Box::pin(futures::stream::iter(batches.into_iter().map(Ok))) }
}

fn columns(table: &VisibleTable) -> BTreeSet<String> {
    match &table.sight {
        Sight::Whole => table.columns.iter().map(|column| column.name.clone()).collect(),
        Sight::Part(access) => access.columns.keys().cloned().collect(),
    }
}

/// Compiles every product without a question: a model's fingerprint is that of its text.
#[derive(Debug, Clone, Copy, Default)]
pub struct ScriptedCompiler;

#[async_trait]
impl Compiler for ScriptedCompiler {
    async fn compile(
        &self,
        product: &Product,
        _: &BTreeMap<PortName, TableSchema>,
    ) -> (Option<CompiledProduct>, Vec<Diagnostic>) {
        (Some(compiled_of(product.clone())), Vec::new())
    }
}
