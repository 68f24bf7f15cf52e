//! The one way to data. Every door passes it: authenticate → decide → plan → run → record.
//!
//! A door turns a request of its protocol into a [`Credential`] and a [`Question`], and an [`Answered`] or a
//! [`GateError`] into a response. It decides nothing.
//!
//! - [`Gate::authenticate`] makes a [`Caller`] of a credential;
//! - [`Gate::view`] and [`Gate::catalog`] say what a caller may read and know of;
//! - [`Gate::ask`] runs a query over exactly that, under limits, and puts it on record;
//! - [`Gate::request_agreement`], [`Gate::decide_agreement`]… take an agreement from the request to its end;
//! - [`Gate::begin`] puts on record what is not a query.
//!
//! **Invariant**: an engine is only ever asked with a [`View`] that was made here, of policies, agreements and releases
//! that were read at one moment.
//!
//! **Invariant**: each request is on record exactly once, also where the caller goes away, a limit stops it or the
//! engine fails.

mod agreements;
mod answer;
mod catalog;
mod error;
mod governance;
mod limit;
mod people;
mod request;
mod snapshot;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, Utc};
use outport_model::{
    name::GroupName,
    principal::{Door, Principal, PrincipalId, PrincipalKind, Purpose},
};

pub use self::{
    agreements::{Decision, LONGEST, Terms},
    answer::{Answered, RowStream},
    catalog::{DiscoveredPort, DiscoveredProduct},
    error::GateError,
    governance::Explanation,
    limit::Limits,
    people::{NewToken, UserChange},
    request::Request,
};
use self::{limit::Running, snapshot::Snapshot};
use crate::{
    App,
    agreement::AgreementStore,
    audit::AuditLog,
    engine::{EngineError, Prospect, Question, View},
    identity::{Authenticated, Authenticator, Credential, TokenId, TokenScope, TokenStore, UserStore},
};

/// What the gate asks for.
#[derive(Debug, Clone)]
pub struct Wardens {
    /// Who there is.
    pub users: Arc<dyn UserStore>,
    /// Their tokens.
    pub tokens: Arc<dyn TokenStore>,
    /// Agreements.
    pub agreements: Arc<dyn AgreementStore>,
    /// Checks credentials.
    pub authenticator: Arc<dyn Authenticator>,
    /// The record of requests.
    pub audit: Arc<dyn AuditLog>,
}

/// Who asks, through which door, and what for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Who.
    pub principal: Principal,
    /// What the credential is good for.
    pub scope: TokenScope,
    /// What for; `None` where nothing was said.
    pub purpose: Option<Purpose>,
    /// Through which door.
    pub door: Door,
    /// The program, as it calls itself.
    pub client: Option<String>,
    /// From when on the credential is not good any more, where that is known.
    pub until: Option<DateTime<Utc>>,
    /// The token that they showed; once it is revoked they are let through no more.
    pub token: Option<TokenId>,
    /// Whether they are a user of this home: then what is on record of them holds, and not what it was when they came.
    pub local_user: bool,
}

impl Caller {
    /// Whoever works on the home itself: they can read its files, so that nothing is to be hidden from them. What they
    /// ask is on record all the same.
    pub fn local() -> Self {
        let mut principal = Principal::new(PrincipalId::home(), PrincipalKind::User);
        principal.groups.insert(GroupName::administrators());
        Self {
            principal,
            scope: TokenScope::default(),
            purpose: None,
            door: Door::Cli,
            client: Some(concat!("outport/", env!("CARGO_PKG_VERSION")).to_owned()),
            until: None,
            token: None,
            local_user: false,
        }
    }
}

/// The gate of one workspace.
#[derive(Debug)]
pub struct Gate {
    app: App,
    wardens: Wardens,
    limits: Limits,
    snapshot: Mutex<Option<Arc<Snapshot>>>,
    running: Arc<Running>,
}

impl Gate {
    /// A gate to what an [`App`] has released.
    pub fn new(app: App, wardens: Wardens, limits: Limits) -> Self {
        Self { app, wardens, limits, snapshot: Mutex::new(None), running: Arc::default() }
    }

    /// The use cases behind the gate.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// What the gate asks for.
    pub fn wardens(&self) -> &Wardens {
        &self.wardens
    }

    /// The limits that hold for every caller.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Who shows this credential at a door. `from` tells apart where attempts come from. What is refused is on record.
    pub async fn authenticate(
        &self,
        credential: &Credential,
        from: &str,
        door: Door,
        client: Option<String>,
    ) -> Result<Caller, GateError> {
        let refused = |error: GateError| {
            let request = self.request(None, None, door, client.clone(), "authenticate".to_owned());
            request.fail(error)
        };
        let known = match self.wardens.authenticator.authenticate(credential, from).await {
            Ok(known) => known,
            Err(error) => return Err(refused(error.into())),
        };
        if !known.scope.allows_door(door) {
            return Err(refused(GateError::Unauthenticated { reason: "the token is not for this door".to_owned() }));
        }
        let Authenticated { principal, scope, until, token, local_user } = known;
        Ok(Caller { principal, scope, purpose: None, door, client, until, token, local_user })
    }

    /// Puts a request on record that is not a query. The record is written when the [`Request`] ends.
    pub fn begin(&self, caller: &Caller, request: impl Into<String>) -> Request {
        let principal = Some(caller.principal.id.clone());
        self.request(principal, caller.purpose.clone(), caller.door, caller.client.clone(), request.into())
    }

    /// What a caller may read now.
    pub async fn view(&self, caller: &Caller) -> Result<Arc<View>, GateError> {
        let (snapshot, principal, now) = self.now(caller).await?;
        snapshot.view(caller, principal, now)
    }

    /// Runs a query over what a caller may read, under the limits. The whole query sees one release of each product.
    pub async fn ask(&self, caller: &Caller, question: Question) -> Result<Answered, GateError> {
        let request = self.begin(caller, question.sql.clone());
        self.answer(request, caller, question).await
    }

    /// Runs a query as [`Gate::ask`] does, for a request that has begun: so a door knows its id also where it fails, and
    /// says in its own words what was asked.
    pub async fn answer(&self, request: Request, caller: &Caller, question: Question) -> Result<Answered, GateError> {
        match self.try_ask(caller, &question).await {
            Ok(parts) => Ok(Answered::new(request, parts, &self.limits)),
            Err(error) => Err(request.fail(error)),
        }
    }

    /// Plans a query over what a caller may read, without running it; nothing is put on record.
    pub async fn prospect(&self, caller: &Caller, question: &Question) -> Result<Prospect, GateError> {
        let view = self.view_for(caller, question).await?;
        match self.app.engine.prospect(question, &view).await {
            Ok(prospect) => Ok(prospect),
            Err(error) => Err(self.explain(caller, error).await),
        }
    }

    async fn try_ask(&self, caller: &Caller, question: &Question) -> Result<answer::Parts, GateError> {
        let permit = self.running.admit(&caller.principal.id, &self.limits)?;
        let view = self.view_for(caller, question).await?;
        let planned = tokio::time::timeout(self.limits.time, self.app.engine.query(question, &view)).await;
        match planned {
            Err(_) => Err(GateError::limited("time", format!("{} s", self.limits.time.as_secs()))),
            Ok(Err(error)) => Err(self.explain(caller, error).await),
            Ok(Ok(answer)) => Ok(answer::Parts { permit, view, answer }),
        }
    }

    async fn view_for(&self, caller: &Caller, question: &Question) -> Result<Arc<View>, GateError> {
        let (snapshot, principal, now) = self.now(caller).await?;
        if question.releases.is_empty() {
            return snapshot.view(caller, principal, now);
        }
        let mut chosen = BTreeMap::new();
        for (product, release) in snapshot.releases() {
            let Some(number) = question.releases.get(product) else {
                chosen.insert(product.clone(), release.clone());
                continue;
            };
            let kept = self.app.stores.releases.releases(&self.app.workspace, product).await?;
            chosen.extend(kept.into_iter().find(|release| release.number == *number).map(|r| (product.clone(), r)));
        }
        let (view, _) = snapshot.view_of(caller, &principal, &chosen, now)?;
        // Whoever may read nothing of a product is not told whether it has such a release.
        match question.releases.iter().find(|(product, _)| !view.products.contains_key(product)) {
            Some((product, number)) => Err(GateError::NoSuchRelease { product: product.clone(), number: *number }),
            None => Ok(Arc::new(view)),
        }
    }

    /// The error of the engine as the caller may know it.
    async fn explain(&self, caller: &Caller, error: EngineError) -> GateError {
        let EngineError::Withheld { product, table } = error else { return error.into() };
        match self.now(caller).await {
            Ok((snapshot, principal, now)) => snapshot.withheld(caller, &principal, &product, &table, now),
            Err(error) => error,
        }
    }

    /// What holds now: everything that decides, and the caller as they are on record.
    async fn now(&self, caller: &Caller) -> Result<(Arc<Snapshot>, Principal, DateTime<Utc>), GateError> {
        let snapshot = self.snapshot().await?;
        let now = self.app.clock.now();
        let principal = snapshot.refresh(caller, now)?;
        Ok((snapshot, principal, now))
    }

    /// Everything that decides what callers see, read at one moment; read anew when any of it has changed.
    async fn snapshot(&self) -> Result<Arc<Snapshot>, GateError> {
        let changes = self.app.stores.policies.changes().await?;
        let known = self.snapshot.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(known) = known.filter(|known| known.changes == changes) {
            return Ok(known);
        }
        // What changes while it is read has another number, so that the next request reads it.
        let fresh = Arc::new(Snapshot::read(&self.app, &self.wardens, changes).await?);
        *self.snapshot.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&fresh));
        Ok(fresh)
    }

    fn request(
        &self,
        principal: Option<PrincipalId>,
        purpose: Option<Purpose>,
        door: Door,
        client: Option<String>,
        request: String,
    ) -> Request {
        let workspace = self.app.workspace.clone();
        Request::new(
            Arc::clone(&self.wardens.audit),
            Arc::clone(&self.app.clock),
            request::Asked { workspace, principal, purpose, door, client, request },
        )
    }
}
