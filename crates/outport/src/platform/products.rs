//! Products: what is on record of them, what would change, runs and rollbacks.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use outport_app::{
    App, ApplyReport, Consent, Described, Desired, Listed, Past, RunReport, UseCaseError, event::Observer,
};
use outport_model::{
    name::{ProductName, WorkspaceName},
    release::ReleaseNumber,
};
use outport_spec::bundle::SourceTexts;
use tokio_util::sync::CancellationToken;

use super::{Home, Planned, Platform, Way};
use crate::{
    bundles::Bundles,
    failure::Failure,
    remote::{Change, Server, change},
};

impl Platform {
    /// The workspace.
    pub(crate) async fn workspace(&self) -> Result<WorkspaceName, Failure> {
        match self {
            Self::Home(home) => Ok(home.app().workspace.clone()),
            Self::Server(server) => server.workspace().await,
        }
    }

    /// Every product.
    pub(crate) async fn list(&self) -> Result<BTreeMap<ProductName, Listed>, Failure> {
        match self {
            Self::Home(home) => Ok(home.app().list().await?),
            Self::Server(server) => server.list().await,
        }
    }

    /// One product in full.
    pub(crate) async fn describe(&self, product: &ProductName) -> Result<Described, Failure> {
        match self {
            Self::Home(home) => Ok(home.app().describe(product).await?),
            Self::Server(server) => server.describe(product).await,
        }
    }

    /// What happened to a product.
    pub(crate) async fn past(&self, product: &ProductName) -> Result<Past, Failure> {
        match self {
            Self::Home(home) => Ok(home.app().past(product).await?),
            Self::Server(server) => server.past(product).await,
        }
    }

    /// What the bundles below a path would change.
    pub(crate) async fn plan(&self, path: &Path) -> Result<Planned, Failure> {
        match self {
            Self::Home(home) => home.plan(path).await,
            Self::Server(server) => {
                let (change, sources) = change(path)?;
                plan_there(server, change, sources).await
            }
        }
    }

    /// What removing products would change.
    pub(crate) async fn plan_removal(&self, products: Vec<ProductName>) -> Result<Planned, Failure> {
        match self {
            Self::Home(home) => {
                let planned = home.app().plan(Desired { products: Vec::new(), remove: products }).await?;
                Ok(Planned::here(planned, SourceTexts::default()))
            }
            Self::Server(server) => plan_there(server, Change::removal(products), SourceTexts::default()).await,
        }
    }

    /// Changes what a plan says.
    pub(crate) async fn apply(
        &self,
        planned: Planned,
        consent: Consent,
        observer: Arc<dyn Observer>,
        cancel: CancellationToken,
    ) -> Result<ApplyReport, Failure> {
        match (self, planned.way) {
            (Self::Home(home), Way::Home(planned)) => {
                Ok(home.app().apply(*planned, consent, observer, cancel).await?.into())
            }
            (Self::Server(server), Way::Server { change, fingerprint }) => {
                server.apply(&change, &fingerprint, consent, observer, cancel).await
            }
            // A plan is applied where it was made.
            (Self::Home(_), Way::Server { .. }) | (Self::Server(_), Way::Home(_)) => {
                Err(UseCaseError::NotConfirmed.into())
            }
        }
    }

    /// Runs products; all of the workspace where none is named.
    pub(crate) async fn run(
        &self,
        products: &[ProductName],
        observer: Arc<dyn Observer>,
        cancel: CancellationToken,
    ) -> Result<Vec<RunReport>, Failure> {
        match self {
            Self::Home(home) => {
                let runs = home.app().run(products, observer, cancel).await?;
                Ok(runs.iter().map(RunReport::from).collect())
            }
            Self::Server(server) => server.run(products, observer, cancel).await,
        }
    }

    /// Makes an earlier release current again; gives the one that was, and the one that is.
    pub(crate) async fn rollback(
        &self,
        product: &ProductName,
        to: Option<ReleaseNumber>,
    ) -> Result<(ReleaseNumber, ReleaseNumber), Failure> {
        match self {
            Self::Home(home) => Ok(home.app().rollback(product, to).await?),
            Self::Server(server) => server.rollback(product, to).await,
        }
    }
}

impl Home {
    fn app(&self) -> &App {
        self.gate.app()
    }

    async fn plan(&self, path: &Path) -> Result<Planned, Failure> {
        let mut bundles = Bundles::load(path, &self.configuration, self.app()).await?;
        if bundles.has_errors() {
            return Err(bundles.failure());
        }
        let desired = Desired { products: bundles.products.clone(), remove: Vec::new() };
        match self.app().plan(desired).await {
            Ok(mut planned) => {
                bundles.add_compiled(std::mem::take(&mut planned.warnings));
                planned.warnings = std::mem::take(&mut bundles.diagnostics);
                Ok(Planned::here(planned, bundles.sources))
            }
            Err(UseCaseError::Invalid(found)) => {
                bundles.add_compiled(found);
                Err(bundles.failure())
            }
            Err(error) => Err(error.into()),
        }
    }
}

impl Planned {
    fn here(mut planned: outport_app::Planned, sources: SourceTexts) -> Self {
        let (plan, warnings) = (planned.plan.clone(), std::mem::take(&mut planned.warnings));
        Self { plan, warnings, sources, way: Way::Home(Box::new(planned)) }
    }
}

async fn plan_there(server: &Server, change: Change, sources: SourceTexts) -> Result<Planned, Failure> {
    match server.plan(&change).await {
        Ok(planned) => Ok(Planned {
            plan: planned.plan,
            warnings: planned.warnings,
            sources,
            way: Way::Server { change, fingerprint: planned.fingerprint },
        }),
        Err(Failure::Diagnostics { diagnostics, .. }) => {
            Err(Failure::Diagnostics { diagnostics, sources: Box::new(sources) })
        }
        Err(failure) => Err(failure),
    }
}
