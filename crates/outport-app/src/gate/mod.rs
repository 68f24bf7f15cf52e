//! The one way to data. Every door passes it: authenticate → decide → plan → run → record.
//!
//! A door turns a request of its protocol into a [`Credential`] and a [`Question`], and an [`Answered`] or a
//! [`GateError`] into a response. It decides nothing.
//!
//! - [`Gate::authenticate`] makes a [`Caller`] of a credential;
//! - [`Gate::view`] and [`Gate::catalog`] say what a caller may read and know of, [`Gate::cards`], [`Gate::product_page`] and
//!   others what is on record of it;
//! - [`Gate::ask`] runs a query over exactly that, under limits, and puts it on record; [`Gate::confirm`] says whether an
//!   answer that is taken in steps may go on, and [`Gate::prospect`] plans without running;
//! - [`Gate::request_agreement`], [`Gate::decide_agreement`]… take an agreement from the request to its end, and
//!   [`Gate::preview_agreement`] shows what it would do;
//! - [`Gate::save_question`], [`Gate::questions`]… keep questions that are worth asking again;
//! - [`Gate::requests`], [`Gate::groups`], [`Gate::test_policies`]… are for whoever administers;
//! - [`Gate::sign_in`] and [`Gate::sign_out`] begin and end sessions of the hub;
//! - [`Gate::watch`] and [`Gate::happened`] say what happens, and [`Gate::may_know`] to whom;
//! - [`Gate::begin`] puts on record what is not a query.
//!
//! **Invariant**: an engine is only ever asked with a [`View`] that was made here, of policies, agreements and releases
//! that were read at one moment.
//!
//! **Invariant**: each request is on record exactly once, also where the caller goes away, a limit stops it or the
//! engine fails.

mod administer;
mod agreements;
mod answer;
pub mod catalog;
mod current;
mod error;
mod feedback;
mod governance;
mod happening;
mod import;
mod kept;
mod limit;
mod operate;
mod people;
mod preview;
mod questions;
mod refusals;
mod request;
mod session;
mod snapshot;

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, Utc};
use outport_model::{
    name::{GroupName, ProductName, TableName},
    principal::{Door, Principal, PrincipalId, PrincipalKind, Purpose},
    product::Product,
    release::{Release, ReleaseNumber},
};
use tokio::time::Instant;
use tracing::{Instrument, debug_span};

pub use self::{
    administer::{
        ColumnGlance, ColumnLook, FileInput, Glance, Group, GroupMember, GroupPolicies, PolicyTests, PolicyTrial,
        RowGlance, TableGlance,
    },
    agreements::{Decision, LONGEST, Terms},
    answer::{Answered, Right, RowStream},
    catalog::{DiscoveredPort, DiscoveredProduct},
    error::{ErrorKind, GateError},
    feedback::{
        CsatNumbers, FEEDBACK_PER_DAY, FeedbackEdit, FeedbackOrder, FeedbackThread, NpsNumbers, REPLIES_EACH,
        REPLIES_PER_DAY, RatingOrder, Ratings, SeenFeedback,
    },
    governance::Explanation,
    happening::{Happening, Watch},
    import::{ImportChange, Imported},
    limit::{Limit, Limits, Permit},
    operate::OperateError,
    people::{NewToken, UserChange},
    preview::{
        AgreementPreview, ColumnPreview, PreviewReader, PreviewSample, ReaderKind, RowSight, SampleRows, SeenColumn,
        TablePreview, TableSight,
    },
    questions::{QUESTIONS_EACH, SeenQuestion},
    request::Request,
    session::{NewSession, SESSION},
};
use self::{
    catalog::{Finder, Findings, Promises, UsageBook},
    current::Current,
    happening::Told,
    limit::Running,
    refusals::Refusals,
    snapshot::Snapshot,
};
use crate::{
    App,
    agreement::AgreementStore,
    audit::AuditLog,
    engine::{EngineError, LookUp, Prospect, Question, Sieve, View},
    feedback::{FeedbackStore, RatingStore},
    identity::{Authenticated, Authenticator, Credential, TokenId, TokenScope, TokenStore, UserStore},
    question::QuestionStore,
    record::RecordProduct,
    search::Indexer,
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
    /// What people say about products.
    pub feedback: Arc<dyn FeedbackStore>,
    /// How they rate them.
    pub ratings: Arc<dyn RatingStore>,
    /// Questions that they keep.
    pub questions: Arc<dyn QuestionStore>,
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
    record: Option<Arc<RecordProduct>>,
    sieve: Option<Arc<dyn Sieve>>,
    refusals: Arc<Refusals>,
    current: Current,
    running: Arc<Running>,
    usage: Arc<UsageBook>,
    findings: Findings,
    finder: Finder,
    promises: Promises,
    told: Told,
}

impl Gate {
    /// A gate to what an [`App`] has released.
    pub fn new(app: App, wardens: Wardens, limits: Limits) -> Self {
        let running = Arc::new(Running::new(limits.clone()));
        let refusals = Refusals::new(Arc::clone(&wardens.audit));
        Self {
            app,
            wardens,
            limits,
            record: None,
            sieve: None,
            refusals,
            current: Current::default(),
            running,
            usage: Arc::default(),
            findings: Findings::default(),
            finder: Finder::default(),
            promises: Promises::default(),
            told: Told::default(),
        }
    }

    /// The same gate, which offers the record of requests too, as this product.
    #[must_use]
    pub fn with_record(self, product: Product) -> Self {
        let (workspace, log) = (self.app.workspace.clone(), Arc::clone(&self.wardens.audit));
        let record = RecordProduct::new(product, workspace, log, self.app.clock.now());
        Self { record: Some(Arc::new(record)), ..self }
    }

    /// The same gate, which tries test cases of policies, by what hides rows from queries.
    #[must_use]
    pub fn with_sieve(self, sieve: Arc<dyn Sieve>) -> Self {
        Self { sieve: Some(sieve), ..self }
    }

    /// The same gate, which finds products by words in indexes that are made like this.
    #[must_use]
    pub fn with_search(self, indexer: Arc<dyn Indexer>) -> Self {
        Self { finder: Finder::new(indexer), ..self }
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

    /// Waits until no query is under way. Then all of them are on record, and so are refused credentials that were counted.
    pub async fn idle(&self) {
        self.refusals.end(None);
        self.running.idle().await;
    }

    /// Who shows this credential at a door. `from` tells apart where attempts come from. What is refused is on record.
    pub async fn authenticate(
        &self,
        credential: &Credential,
        from: &str,
        door: Door,
        client: Option<String>,
    ) -> Result<Caller, GateError> {
        let known = self.recognise(credential, from);
        self.entered(known, from, door, client).await
    }

    /// The same for a request whose next step asks the gate what holds now, as [`view`](Gate::view) and
    /// [`ask`](Gate::ask) do: there whoever is let through no more is refused. So a token that was shown a moment ago is
    /// known here without looking whether anything has changed. By this alone nothing may be told or done.
    pub async fn authenticate_to_ask(
        &self,
        credential: &Credential,
        from: &str,
        door: Door,
        client: Option<String>,
    ) -> Result<Caller, GateError> {
        let known = async {
            let last = self.current.last();
            match last.and_then(|last| last.recognised(credential, self.app.clock.now())) {
                Some(known) => Ok(known),
                None => self.recognise(credential, from).await,
            }
        };
        self.entered(known, from, door, client).await
    }

    /// The caller, where their credential is good for the door.
    async fn entered(
        &self,
        known: impl Future<Output = Result<Authenticated, GateError>>,
        from: &str,
        door: Door,
        client: Option<String>,
    ) -> Result<Caller, GateError> {
        let traced = debug_span!("authenticate", door = door.as_str());
        let known = match known.instrument(traced).await {
            Ok(known) => known,
            Err(error) => return Err(self.refused(from, door, client, error)),
        };
        if !known.scope.allows_door(door) {
            let reason = "the token is not for this door".to_owned();
            let request = self.request(Some(&known.principal), None, door, client, "authenticate".to_owned());
            return Err(request.fail(GateError::Unauthenticated { reason }));
        }
        let Authenticated { principal, scope, until, token, local_user } = known;
        Ok(Caller { principal, scope, purpose: None, door, client, until, token, local_user })
    }

    /// Whose credential it is. A token that was shown a moment ago is known, unless anything has changed since.
    async fn recognise(&self, credential: &Credential, from: &str) -> Result<Authenticated, GateError> {
        let (snapshot, now) = (self.snapshot().await?, self.app.clock.now());
        if let Some(known) = snapshot.recognised(credential, now) {
            return Ok(known);
        }
        let known = self.wardens.authenticator.authenticate(credential, from).await?;
        snapshot.remember(credential, &known, now);
        Ok(known)
    }

    /// Puts on record that someone showed no credential, or none that can be read.
    pub fn unrecognised(&self, from: &str, door: Door, client: Option<String>) {
        let reason = "no credential was shown".to_owned();
        let _told_by_the_door = self.refused(from, door, client, GateError::Unauthenticated { reason });
    }

    /// Puts on record that a credential was refused. Those that are alike are counted.
    fn refused(&self, from: &str, door: Door, client: Option<String>, error: GateError) -> GateError {
        let asked = request::Asked {
            workspace: self.app.workspace.clone(),
            principal: None,
            purpose: None,
            door,
            client,
            request: format!("authenticate from {from}"),
        };
        Request::new(Arc::clone(&self.refusals) as Arc<dyn AuditLog>, Arc::clone(&self.app.clock), asked).fail(error)
    }

    /// Puts a request on record that is not a query. The record is written when the [`Request`] ends.
    pub fn begin(&self, caller: &Caller, request: impl Into<String>) -> Request {
        let principal = Some(&caller.principal);
        self.request(principal, caller.purpose.clone(), caller.door, caller.client.clone(), request.into())
    }

    /// Does something that is on record, however it ends.
    async fn recorded<T>(
        &self,
        caller: &Caller,
        request: impl Into<String>,
        work: impl Future<Output = Result<T, GateError>>,
    ) -> Result<T, GateError> {
        self.begin(caller, request).run(work).await
    }

    /// What a caller may read now.
    pub async fn view(&self, caller: &Caller) -> Result<Arc<View>, GateError> {
        let (snapshot, principal, now) = self.now(caller).await?;
        snapshot.view(caller, &principal, now).await
    }

    /// The releases of a product that are kept, oldest first, each with the moment of its publication; for whoever may read
    /// something of the current one.
    pub async fn releases(
        &self,
        caller: &Caller,
        product: &ProductName,
    ) -> Result<Vec<(ReleaseNumber, DateTime<Utc>)>, GateError> {
        if !self.view(caller).await?.products.contains_key(product) {
            return Err(GateError::NotFound { what: "product", name: product.to_string() });
        }
        let kept = self.all_kept(product).await?;
        let mut kept: Vec<_> = kept.into_iter().map(|release| (release.number, release.published_at)).collect();
        kept.sort_unstable();
        Ok(kept)
    }

    /// Runs a query over what a caller may read, under the limits. The whole query sees one release of each product.
    pub async fn ask(&self, caller: &Caller, question: Question) -> Result<Answered, GateError> {
        let request = self.begin(caller, question.sql.clone());
        self.answer(request, caller, question).await
    }

    /// Runs a query as [`Gate::ask`] does, for a request that has begun: so a door knows its id also where it fails, and
    /// says in its own words what was asked.
    pub async fn answer(&self, request: Request, caller: &Caller, question: Question) -> Result<Answered, GateError> {
        match self.try_ask(caller, &question).instrument(request.span().clone()).await {
            Ok(parts) => Ok(Answered::new(request, parts, &self.limits)),
            Err(error) => Err(request.fail(error)),
        }
    }

    /// Looks up one row of what a caller may read, under the limits, for a request that has begun: what [`Gate::answer`] gives
    /// for [`LookUp::question`], and sooner where the engine has the table at hand. What is wanted is said in terms of what the
    /// caller may read.
    pub async fn look_up(
        &self,
        request: Request,
        caller: &Caller,
        wanted: impl FnOnce(&View) -> Result<LookUp, GateError> + Send,
    ) -> Result<Answered, GateError> {
        match self.try_look_up(caller, wanted).instrument(request.span().clone()).await {
            Ok(parts) => Ok(Answered::new(request, parts, &self.limits)),
            Err(error) => Err(request.fail(error)),
        }
    }

    /// Plans a query over what a caller may read, without running it, under the limits on time and on queries at once;
    /// nothing is put on record.
    pub async fn prospect(&self, caller: &Caller, question: &Question) -> Result<Prospect, GateError> {
        let deadline = self.limits.deadline();
        let _permit = self.admit(caller).await?;
        let view = self.view_for(caller, question).await?;
        self.in_time(caller, deadline, self.app.engine.prospect(question, &view)).await
    }

    /// Whether a caller may still see what an answer reads, and nothing else of it than when it began: an answer that is
    /// taken in steps does not outlive the right to it.
    pub async fn confirm(&self, caller: &Caller, right: &Right) -> Result<(), GateError> {
        let view = self.view(caller).await?;
        if Arc::ptr_eq(&view, &right.view) {
            return Ok(());
        }
        for (product, table) in &right.tables {
            let sight = |view: &View| Some(view.products.get(product)?.tables.get(table)?.sight.clone());
            let (product, table) = (product.clone(), table.clone());
            match sight(&view) {
                now @ Some(_) if now == sight(&right.view) => {}
                Some(_) => return Err(GateError::Overtaken { product, table }),
                None if view.withheld.contains(&(product.clone(), table.clone())) => {
                    return Err(self.explain(caller, EngineError::Withheld { product, table }).await);
                }
                None => return Err(GateError::NotFound { what: "table", name: format!("{product}.{table}") }),
            }
        }
        Ok(())
    }

    /// Lets a caller begin what a door works out by itself, such as an answer about the catalog, once it is its turn: it
    /// counts as a query for as long as the permit lives.
    pub async fn admit(&self, caller: &Caller) -> Result<Permit, GateError> {
        self.running.admit(&caller.principal.id).await
    }

    async fn try_ask(&self, caller: &Caller, question: &Question) -> Result<answer::Parts, GateError> {
        let deadline = self.limits.deadline();
        let permit = self.admit(caller).instrument(debug_span!("wait")).await?;
        let view = self.view_for(caller, question).instrument(debug_span!("decide")).await?;
        let planned = self.app.engine.query(question, &view, permit.allowance());
        let answer = self.in_time(caller, deadline, planned).await?;
        Ok(answer::Parts { permit, view, answer, deadline })
    }

    async fn try_look_up(
        &self,
        caller: &Caller,
        wanted: impl FnOnce(&View) -> Result<LookUp, GateError> + Send,
    ) -> Result<answer::Parts, GateError> {
        let deadline = self.limits.deadline();
        let permit = self.admit(caller).instrument(debug_span!("wait")).await?;
        let view = self.view(caller).instrument(debug_span!("decide")).await?;
        let wanted = match wanted(&view) {
            Ok(wanted) => wanted,
            Err(GateError::Engine(error)) => return Err(self.explain(caller, error).await),
            Err(error) => return Err(error),
        };
        let planned = self.app.engine.look_up(&wanted, &view, permit.allowance());
        let answer = self.in_time(caller, deadline, planned).await?;
        Ok(answer::Parts { permit, view, answer, deadline })
    }

    /// What the engine answers until the deadline.
    async fn in_time<T>(
        &self,
        caller: &Caller,
        deadline: Instant,
        planned: impl Future<Output = Result<T, EngineError>>,
    ) -> Result<T, GateError> {
        match tokio::time::timeout_at(deadline, planned.instrument(debug_span!("plan"))).await {
            Err(_) => Err(self.limits.out_of_time()),
            Ok(Err(error)) => Err(self.explain(caller, error).await),
            Ok(Ok(answer)) => Ok(answer),
        }
    }

    async fn view_for(&self, caller: &Caller, question: &Question) -> Result<Arc<View>, GateError> {
        let (snapshot, principal, now) = self.now(caller).await?;
        if question.releases.is_empty() && question.beside.is_empty() {
            return snapshot.view(caller, &principal, now).await;
        }
        let mut view = View::clone(&*snapshot.view(caller, &principal, now).await?);
        let of = |releases: BTreeMap<_, _>| snapshot.view_of(caller, &principal, &releases, now);
        for (product, number) in &question.releases {
            if snapshot.releases().contains_key(product) {
                let (seen, _) = of(self.kept(product, *number).await?)?;
                view.products.remove(product);
                view.withheld.retain(|(withheld, _)| withheld != product);
                view.products.extend(seen.products);
                view.withheld.extend(seen.withheld);
            }
        }
        for (product, number) in &question.beside {
            let (mut seen, _) = of(self.kept(product, *number).await?)?;
            view.beside.extend(seen.products.remove(product).map(|seen| ((product.clone(), *number), seen)));
        }
        // Whoever may read nothing of a product is not told whether it has such a release.
        let unseen = |(product, number): (&ProductName, &ReleaseNumber)| GateError::NoSuchRelease {
            product: product.clone(),
            number: *number,
        };
        if let Some(missing) = question.releases.iter().find(|(product, _)| !view.products.contains_key(product)) {
            return Err(unseen(missing));
        }
        match question.beside.iter().find(|beside| !view.beside.contains_key(beside)) {
            Some((product, number)) => Err(unseen((product, number))),
            None => Ok(Arc::new(view)),
        }
    }

    /// A release of a product by itself, if it is kept.
    async fn kept(
        &self,
        product: &ProductName,
        number: ReleaseNumber,
    ) -> Result<BTreeMap<ProductName, Release>, GateError> {
        let release = self.all_kept(product).await?.into_iter().find(|release| release.number == number);
        Ok(release.map(|release| (product.clone(), release)).into_iter().collect())
    }

    async fn all_kept(&self, product: &ProductName) -> Result<Vec<Release>, GateError> {
        match self.record.as_ref().filter(|record| record.name() == product) {
            Some(record) => Ok(vec![record.release().clone()]),
            None => Ok(self.app.stores.releases.releases(&self.app.workspace, product).await?),
        }
    }

    /// Why a table of a [`View`]'s `withheld` is not to be read: that an agreement is missing, or is over.
    pub async fn withheld(&self, caller: &Caller, product: &ProductName, table: &TableName) -> GateError {
        match self.now(caller).await {
            Ok((snapshot, principal, now)) => snapshot.withheld(caller, &principal, product, table, now),
            Err(error) => error,
        }
    }

    /// The error of the engine as the caller may know it.
    async fn explain(&self, caller: &Caller, error: EngineError) -> GateError {
        match error {
            EngineError::Withheld { product, table } => self.withheld(caller, &product, &table).await,
            error => error.into(),
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
        self.current.snapshot(&self.app, &self.wardens, self.record.as_ref()).await
    }

    fn request(
        &self,
        principal: Option<&Principal>,
        purpose: Option<Purpose>,
        door: Door,
        client: Option<String>,
        request: String,
    ) -> Request {
        let workspace = self.app.workspace.clone();
        Request::new(
            Arc::clone(&self.wardens.audit),
            Arc::clone(&self.app.clock),
            request::Asked { workspace, principal: principal.cloned(), purpose, door, client, request },
        )
    }
}
