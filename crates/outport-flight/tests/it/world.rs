//! A server, everything behind it, and clients.

use std::{future::Future, net::SocketAddr, sync::Arc, time::Duration};

use arrow::array::RecordBatch;
use arrow_flight::{FlightInfo, Ticket, error::FlightError, sql::client::FlightSqlServiceClient};
use async_trait::async_trait;
use futures::TryStreamExt;
use outport_app::{
    App, Stores,
    gate::{Gate, Limits},
    identity::{Authenticated, AuthenticationError, Authenticator, Credential, TokenId, User},
    store::{IntentChange, IntentStore, LeaseOutcome, LeaseStore, RunEnd, RunStore},
};
use outport_flight::Options;
use outport_model::{audit::RequestRecord, principal::Principal};
use outport_test::{
    audit::MemoryAudit,
    clock::ManualClock,
    engine::ScriptedCompiler,
    fixture,
    holder::NamedHolder,
    identity::{ScriptedAuthenticator, wardens},
    store::{MemoryStore, PutUser},
};
use tokio::{net::TcpListener, sync::mpsc, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use tonic::{
    Status,
    transport::{Channel, Endpoint},
};

use crate::shop::{Rules, Shop, columns};

pub(crate) type Client = FlightSqlServiceClient<Channel>;

/// What every local user has for a password.
pub(crate) const PASSWORD: &str = "correct horse";

/// A server and everything behind it.
pub(crate) struct World {
    pub(crate) address: SocketAddr,
    pub(crate) audit: Arc<MemoryAudit>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) known: Arc<ScriptedAuthenticator>,
    pub(crate) store: Arc<MemoryStore>,
    /// Is told when a query that never ends is given up.
    pub(crate) given_up: mpsc::UnboundedReceiver<()>,
    pub(crate) shutdown: CancellationToken,
    pub(crate) server: JoinHandle<std::io::Result<()>>,
}

impl World {
    /// A server with `shop-sales` and `hidden` released, and `ada`, an analyst, among its users.
    pub(crate) async fn new() -> Self {
        Self::with(Options::default(), None, Limits::default()).await
    }

    pub(crate) async fn with(options: Options, tls: Option<Arc<rustls::ServerConfig>>, limits: Limits) -> Self {
        let (audit, clock, known) = (Arc::<MemoryAudit>::default(), Arc::<ManualClock>::default(), Arc::default());
        let store = Arc::new(MemoryStore::default());
        for product in ["hidden", "shop-sales"] {
            release(&store, product).await;
        }
        let (sender, given_up) = mpsc::unbounded_channel();
        let app = App {
            workspace: fixture::workspace("prod"),
            stores: Stores {
                intents: store.clone(),
                leases: store.clone(),
                runs: store.clone(),
                releases: store.clone(),
                policies: store.clone(),
            },
            policies: Arc::new(Rules),
            compiler: Arc::new(ScriptedCompiler),
            engine: Arc::new(Shop { given_up: sender }),
            clock: clock.clone(),
            holder: Arc::new(NamedHolder::new("flight")),
            parallelism: 1,
        };
        let wardens = wardens(&store, Arc::new(Doorman(Arc::clone(&known))), audit.clone());
        let gate = Arc::new(Gate::new(app, wardens, limits));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = CancellationToken::new();
        let server = tokio::spawn(outport_flight::serve(listener, tls, gate, options, shutdown.clone()));
        let world = Self { address, audit, clock, known, store, given_up, shutdown, server };
        world.user(fixture::principal("ada", &["analysts"])).await;
        world
    }

    /// Puts a user on record, or changes what is on record.
    pub(crate) async fn user(&self, principal: Principal) {
        self.known.accept_password(principal.id.as_str(), PASSWORD, principal.clone());
        let user = User { principal, ..fixture::user("someone") };
        self.store.put_user(&user).await.unwrap();
    }

    /// Someone with labels.
    pub(crate) async fn labelled(&self, name: &str, label: &str, columns: &str) {
        let mut principal = fixture::principal(name, &["analysts"]);
        principal.labels.insert(label.to_owned(), columns.to_owned());
        self.user(principal).await;
    }

    /// A client who has shown nothing yet.
    pub(crate) async fn stranger(&self) -> Client {
        let endpoint = Endpoint::from_shared(format!("http://{}", self.address)).unwrap();
        let endpoint = endpoint.user_agent("a test").unwrap();
        Client::new(endpoint.connect().await.unwrap())
    }

    /// A client after the handshake.
    pub(crate) async fn client(&self, name: &str) -> Client {
        let mut client = self.stranger().await;
        client.handshake(name, PASSWORD).await.unwrap();
        client
    }

    /// Everything on record.
    pub(crate) fn records(&self) -> Vec<RequestRecord> {
        self.audit.records()
    }

    /// The newest record.
    pub(crate) fn last_record(&self) -> RequestRecord {
        self.audit.records().pop().unwrap()
    }
}

/// Publishes a product with one table, `daily`.
async fn release(store: &MemoryStore, product: &str) {
    let (workspace, name) = (fixture::workspace("prod"), fixture::product(product));
    let mut compiled = fixture::compiled(product, "SELECT 1");
    compiled.product.outputs[0].contract.tables[0].columns = columns();
    let change = IntentChange::Put { expected: None, compiled: Box::new(compiled) };
    store.change_intents(&workspace, &[change], &[], fixture::moment(0)).await.unwrap();
    let (now, until) = (fixture::moment(0), fixture::moment(60));
    let lease = store.acquire_lease(&workspace, &name, "test", now, until, None).await.unwrap();
    let LeaseOutcome::Acquired(lease) = lease else { panic!("someone else has the lease") };
    let run = fixture::run(product, 1);
    store.begin_run(&lease, &run).await.unwrap();
    let end = RunEnd { run, results: Vec::new() };
    store.publish(&lease, &end, &fixture::released(&format!("{product}/daily")), &[]).await.unwrap();
}

/// Takes a token also as a password, as a real one does.
#[derive(Debug)]
struct Doorman(Arc<ScriptedAuthenticator>);

#[async_trait]
impl Authenticator for Doorman {
    async fn authenticate(&self, credential: &Credential, from: &str) -> Result<Authenticated, AuthenticationError> {
        match credential {
            Credential::Password { password, .. } if password.starts_with("token-") => {
                self.0.authenticate(&Credential::Bearer(password.clone()), from).await
            }
            other => self.0.authenticate(other, from).await,
        }
    }

    async fn hash_password(&self, password: &str) -> Result<String, AuthenticationError> {
        self.0.hash_password(password).await
    }

    fn new_token(&self) -> (TokenId, String, [u8; 32]) {
        self.0.new_token()
    }
}

/// The one ticket of a plan.
pub(crate) fn ticket(info: &FlightInfo) -> Ticket {
    let [endpoint] = info.endpoint.as_slice() else { panic!("one endpoint") };
    endpoint.ticket.clone().unwrap()
}

/// All rows for a plan. The columns are those of the plan.
pub(crate) async fn fetch(client: &mut Client, info: FlightInfo) -> Result<Vec<RecordBatch>, FlightError> {
    let mut rows = client.do_get(ticket(&info)).await?;
    let batches: Vec<RecordBatch> = (&mut rows).try_collect().await?;
    let planned = info.try_decode_schema().unwrap();
    assert_eq!(**rows.schema().unwrap(), planned, "the rows have the columns of the plan");
    assert!(batches.iter().all(|batch| *batch.schema() == planned));
    Ok(batches)
}

/// All rows of a query.
pub(crate) async fn query(client: &mut Client, sql: &str) -> Result<Vec<RecordBatch>, FlightError> {
    let info = client.execute(sql.to_owned(), None).await?;
    fetch(client, info).await
}

/// What the server said of an error.
pub(crate) fn status<T>(result: Result<T, FlightError>) -> Status {
    match result.map(|_| ()).unwrap_err() {
        FlightError::Tonic(status) => *status,
        other => panic!("{other}"),
    }
}

/// What comes in time; a test that waits for ever has failed.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), future).await.unwrap()
}
