//! The use cases, wired to what a test can look into.

use std::sync::Arc;

use outport_app::{App, Applied, Consent, Desired, ProductRun, RunFailure, Stores, UseCaseError, event::Event};
use outport_model::{
    contract::{Column, DataType},
    product::Product,
    release::Release,
    run::{Run, RunState},
};
use outport_test::{
    clock::ManualClock,
    engine::{ScriptedCompiler, ScriptedEngine},
    fixture::{product, product_of_files, workspace},
    holder::NamedHolder,
    policy::OpenPolicies,
    store::MemoryStore,
};
use tokio_util::sync::CancellationToken;

/// One process in the workspace `dev`, and what it works with.
#[derive(Clone)]
pub(crate) struct Bench {
    pub(crate) app: App,
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) engine: ScriptedEngine,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) holder: NamedHolder,
    pub(crate) cancel: CancellationToken,
}

/// Watches nothing.
#[derive(Debug)]
pub(crate) struct Nobody;

impl outport_app::event::Observer for Nobody {
    fn event(&self, _: &Event) {}
}

impl Bench {
    pub(crate) fn new() -> Self {
        let (store, engine) = (Arc::new(MemoryStore::default()), ScriptedEngine::default());
        let (clock, holder) = (Arc::new(ManualClock::default()), NamedHolder::new("one"));
        let app = App {
            workspace: workspace("dev"),
            stores: Stores {
                intents: store.clone(),
                leases: store.clone(),
                runs: store.clone(),
                releases: store.clone(),
                policies: store.clone(),
            },
            policies: Arc::new(OpenPolicies),
            compiler: Arc::new(ScriptedCompiler),
            engine: Arc::new(engine.clone()),
            clock: clock.clone(),
            holder: Arc::new(holder.clone()),
            parallelism: 2,
        };
        Self { app, store, engine, clock, holder, cancel: CancellationToken::new() }
    }

    /// With one product `a` of one model, released once.
    pub(crate) async fn released() -> Self {
        let bench = Self::new();
        bench.apply(vec![product_of_files("a", &["daily"])]).await.unwrap();
        assert_eq!(bench.numbers("a").await, [1]);
        bench.engine.calls();
        bench
    }

    /// Another process on the same store.
    pub(crate) fn beside(&self, name: &str) -> Self {
        let holder = self.holder.beside(name);
        let app = App { holder: Arc::new(holder.clone()), ..self.app.clone() };
        Self { app, holder, cancel: CancellationToken::new(), ..self.clone() }
    }

    /// The same process in another workspace.
    pub(crate) fn of(&self, name: &str) -> Self {
        Self { app: App { workspace: workspace(name), ..self.app.clone() }, ..self.clone() }
    }

    pub(crate) async fn apply(&self, products: Vec<Product>) -> Result<Applied, UseCaseError> {
        self.change(Desired { products, remove: Vec::new() }).await
    }

    pub(crate) async fn remove(&self, name: &str) -> Result<Applied, UseCaseError> {
        self.change(Desired { products: Vec::new(), remove: vec![product(name)] }).await
    }

    async fn change(&self, desired: Desired) -> Result<Applied, UseCaseError> {
        let planned = self.app.plan(desired).await?;
        self.app.apply(planned, Consent::Force, Arc::new(Nobody), self.cancel.clone()).await
    }

    /// Runs everything.
    pub(crate) async fn run(&self) -> Vec<ProductRun> {
        self.app.run(&[], Arc::new(Nobody), self.cancel.clone()).await.unwrap()
    }

    /// Runs the one product that there is.
    pub(crate) async fn run_one(&self) -> ProductRun {
        self.run().await.remove(0)
    }

    pub(crate) async fn current(&self, name: &str) -> Option<Release> {
        self.app.stores.releases.current_releases(&self.app.workspace).await.unwrap().remove(&product(name))
    }

    /// The numbers of the releases, newest first.
    pub(crate) async fn numbers(&self, name: &str) -> Vec<u64> {
        let releases = self.app.stores.releases.releases(&self.app.workspace, &product(name)).await.unwrap();
        releases.iter().map(|release| release.number.0).collect()
    }

    /// The newest run on record.
    pub(crate) async fn last_run(&self, name: &str) -> Run {
        self.app.stores.runs.runs(&self.app.workspace, &product(name), 1).await.unwrap().remove(0)
    }
}

/// The state of a run that began.
pub(crate) fn state(run: &ProductRun) -> RunState {
    run.run.as_ref().unwrap().state
}

/// Why a run published nothing.
pub(crate) fn failure(run: &ProductRun) -> &RunFailure {
    run.failure.as_ref().unwrap()
}

/// A product of one table `daily` with the columns `id` and `secret`.
pub(crate) fn with_secret(name: &str) -> Product {
    let column = |name: &str| Column {
        name: name.to_owned(),
        data_type: DataType::String,
        nullable: true,
        primary_key: None,
        unique: false,
        description: None,
        classification: None,
        tags: Vec::new(),
        deprecated: false,
    };
    let mut product = product_of_files(name, &["daily"]);
    product.outputs[0].contract.tables[0].columns = vec![column("id"), column("secret")];
    product
}
