//! A home opened in this process, with every door on a free port: for tests that ask often, or that set the clock.

use std::{net::SocketAddr, sync::Arc};

use chrono::TimeDelta;
use outport_app::{
    App, Stores,
    agreement::AgreementOutcome,
    clock::{Clock as _, SystemClock},
    gate::{Caller, Gate, GateError, Limits, UserChange, Wardens},
    identity::TokenScope,
};
use outport_engine::{LocalCompiler, LocalEngine, session};
use outport_identity::{Hashing, LocalAuthenticator, Provider};
use outport_model::{
    agreement::{Agreement, AgreementState},
    diagnostic::Diagnostic,
    name::GroupName,
    principal::{Principal, PrincipalKind},
};
use outport_policy::RememberedPolicies;
use outport_search::Indexer;
use outport_store::{Journal, SqliteStore};
use outport_test::{clock::ManualClock, holder::NamedHolder};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::place::Place;

/// A home with its doors. They close when it is dropped.
pub(crate) struct Opened {
    pub(crate) gate: Arc<Gate>,
    /// Shows the present until it is moved on.
    pub(crate) clock: Arc<ManualClock>,
    /// The address of HTTP, with its scheme.
    pub(crate) http: String,
    pub(crate) postgres: SocketAddr,
    pub(crate) flight: SocketAddr,
    /// Asks over HTTP.
    pub(crate) web: reqwest::Client,
    shutdown: CancellationToken,
}

impl Opened {
    pub(crate) async fn home(place: &Place) -> Self {
        Self::home_with(place, Vec::new()).await
    }

    /// With identity providers.
    pub(crate) async fn home_with(place: &Place, providers: Vec<Provider>) -> Self {
        // The first test of a process does it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let clock = Arc::new(ManualClock::at(SystemClock.now()));
        let gate = Arc::new(gate(place, &clock, providers).await);
        let shutdown = CancellationToken::new();
        let (http, postgres, flight) = (listener().await, listener().await, listener().await);
        let addresses = [&http, &postgres, &flight].map(|listener| listener.local_addr().unwrap());
        let (one, two, three) = (Arc::clone(&gate), Arc::clone(&gate), Arc::clone(&gate));
        let (first, second, third) = (shutdown.clone(), shutdown.clone(), shutdown.clone());
        tokio::spawn(outport_http::serve(http, None, one, outport_http::Options::default(), first));
        tokio::spawn(outport_pg::serve(postgres, None, two, outport_pg::Options::default(), second));
        tokio::spawn(outport_flight::serve(flight, None, three, outport_flight::Options::default(), third));
        let [http, postgres, flight] = addresses;
        let web = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { gate, clock, http: format!("http://{http}"), postgres, flight, web, shutdown }
    }

    /// Puts a file of policies on record, or what is wrong with it.
    pub(crate) async fn try_policies(&self, name: &str, text: &str) -> Result<(), Vec<Diagnostic>> {
        match self.gate.put_policies(&Caller::local(), name.parse().unwrap(), text.to_owned(), |_| true).await {
            Ok(_) => Ok(()),
            Err(GateError::WrongPolicies(problems)) => Err(problems),
            Err(error) => panic!("{error:?}"),
        }
    }

    /// Puts a file of policies on record.
    pub(crate) async fn policies(&self, name: &str, text: &str) {
        self.try_policies(name, text).await.unwrap_or_else(|problems| panic!("{problems:#?}\n{text}"));
    }

    /// Puts a user on record, or changes what is on record of them.
    pub(crate) async fn user(&self, principal: &Principal) {
        let change = UserChange { principal: principal.clone(), password: None, disabled: None };
        self.gate.put_user(&Caller::local(), change, |_| true).await.unwrap();
    }

    /// Puts an agreement on record as it is, whatever led to it.
    pub(crate) async fn add_agreement(&self, agreement: &Agreement) {
        self.gate.wardens().agreements.add_agreement(&self.gate.app().workspace, agreement).await.unwrap();
    }

    /// Puts what became of an agreement on record.
    pub(crate) async fn change_agreement(&self, agreement: &Agreement, expected: AgreementState) {
        let (store, workspace) = (&self.gate.wardens().agreements, &self.gate.app().workspace);
        let outcome = store.change_agreement(workspace, agreement, expected).await.unwrap();
        assert_eq!(outcome, AgreementOutcome::Changed);
    }

    /// A new token of a user, for a month.
    pub(crate) async fn token(&self, user: &str) -> String {
        self.scoped_token(user, TokenScope::default()).await
    }

    /// A new token that is not good for everything.
    pub(crate) async fn scoped_token(&self, user: &str, scope: TokenScope) -> String {
        let (owner, month) = (user.parse().unwrap(), TimeDelta::days(30));
        self.gate.create_token(&Caller::local(), &owner, "a test", scope, month).await.unwrap().secret
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

/// Someone in some groups.
pub(crate) fn someone(name: &str, groups: &[&str]) -> Principal {
    let mut principal = Principal::new(name.parse().unwrap(), PrincipalKind::User);
    principal.groups = groups.iter().map(|group| group.parse::<GroupName>().unwrap()).collect();
    principal
}

/// The gate as the binary wires it, but for the clock and for passwords that are cheap to hash.
async fn gate(place: &Place, clock: &Arc<ManualClock>, providers: Vec<Provider>) -> Gate {
    let home = place.path("home");
    let store = SqliteStore::open(&home.join("outport.db")).await.unwrap();
    let key = std::fs::read(home.join("mask.key")).unwrap().try_into().unwrap();
    let limits = session::Limits { memory: 1 << 30, threads: 2, spill: std::env::temp_dir() };
    let engine = LocalEngine::new(home.join("warehouse"), &limits, clock.clone()).unwrap().with_mask_key(key);
    let app = App {
        workspace: "dev".parse().unwrap(),
        stores: Stores {
            intents: store.clone(),
            leases: store.clone(),
            runs: store.clone(),
            releases: store.clone(),
            policies: store.clone(),
        },
        policies: Arc::new(RememberedPolicies::default()),
        compiler: Arc::new(LocalCompiler),
        engine: Arc::new(engine),
        clock: clock.clone(),
        holder: Arc::new(NamedHolder::new("test")),
        parallelism: 2,
    };
    let authenticator = LocalAuthenticator::new(store.clone(), store.clone(), clock.clone(), providers).unwrap();
    let wardens = Wardens {
        users: store.clone(),
        tokens: store.clone(),
        agreements: store.clone(),
        feedback: store.clone(),
        ratings: store.clone(),
        questions: store,
        authenticator: Arc::new(authenticator.with_hashing(Hashing::new(64, 1, 4).unwrap())),
        audit: Arc::new(Journal::open(home.join("audit"))),
    };
    Gate::new(app, wardens, Limits::default()).with_search(Arc::new(Indexer::default()))
}

async fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}
