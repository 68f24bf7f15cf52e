//! A home with released products, and the door to it.

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    sync::{Arc, Mutex, atomic::AtomicUsize},
    time::Duration,
};

use arrow::{
    array::{
        ArrayRef, Date32Array, Decimal128Array, Int64Array, ListBuilder, StringArray, StringBuilder,
        TimestampMicrosecondArray,
    },
    record_batch::RecordBatch,
};
use outport_app::{
    App, Consent, Desired, Stores,
    event::{Event, Observer},
    gate::{Gate, Limits},
    identity::{User, WorkspacePolicies},
    policy::{
        Asking, ColumnVerdict, CompiledPolicies, Policies, PolicyCompiler, PolicyText, PortAction, RowVerdict,
        TableVerdict, Verdict,
    },
};
use outport_model::{
    access::{ColumnAccess, TableAccess},
    agreement::PortVersion,
    audit::{RequestRecord, RequestResult},
    contract::{Column, DataType},
    diagnostic::Diagnostic,
    name::TableName,
    plan::Estate,
};
use outport_pg::{Options, serve};
use outport_test::{
    audit::MemoryAudit,
    clock::ManualClock,
    engine::{ScriptedCompiler, ScriptedEngine},
    fixture::{moment, principal, principal_id, product_of_files, user, workspace},
    holder::NamedHolder,
    identity::{ScriptedAuthenticator, wardens},
    policy::verdict,
    store::{MemoryStore, PutPolicies, PutUser},
};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_postgres::{Client, Config, NoTls};
use tokio_util::sync::CancellationToken;

use crate::engine::{Data, SqlEngine};

/// A home, its gate, and the server in front of it.
pub(crate) struct Home {
    pub(crate) address: SocketAddr,
    pub(crate) audit: Arc<MemoryAudit>,
    pub(crate) authenticator: Arc<ScriptedAuthenticator>,
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) engine: SqlEngine,
    /// Batches of the endless table that were read.
    pub(crate) batches: Arc<AtomicUsize>,
    curtain: Arc<Curtain>,
    shutdown: CancellationToken,
    server: JoinHandle<std::io::Result<()>>,
}

/// Everyone may read everything, but for columns and tables behind the curtain.
#[derive(Debug, Default)]
pub(crate) struct Curtain(Mutex<BTreeSet<String>>);

#[derive(Debug)]
struct Drawn {
    hidden: BTreeSet<String>,
    estate: Estate,
}

#[derive(Debug)]
struct Nobody;

impl Observer for Nobody {
    fn event(&self, _: &Event) {}
}

#[derive(Debug)]
struct Compiler(Arc<Curtain>);

impl PolicyCompiler for Compiler {
    fn compile(&self, _: &[PolicyText], estate: &Estate) -> Result<CompiledPolicies, Vec<Diagnostic>> {
        let hidden = self.0.0.lock().unwrap().clone();
        let policies = Arc::new(Drawn { hidden, estate: estate.clone() });
        Ok(CompiledPolicies { policies, warnings: Vec::new() })
    }
}

impl Policies for Drawn {
    fn port(&self, _: &Asking<'_>, _: PortAction, port: &PortVersion) -> Verdict {
        verdict(!self.hidden.contains(port.product.as_str()))
    }

    fn table(&self, _: &Asking<'_>, port: &PortVersion, table: &TableName) -> TableVerdict {
        if self.hidden.contains(port.product.as_str()) {
            return TableVerdict { read: verdict(false), access: None, columns: Vec::new(), rows: None };
        }
        let product = &self.estate[&port.product].product;
        let (port, offered) = product.tables().find(|(_, offered)| offered.name == *table).unwrap();
        let columns = port.contract.table(&offered.object).unwrap().columns.iter().map(|column| column.name.clone());
        let columns: Vec<String> = columns.filter(|column| !self.hidden.contains(column)).collect();
        let seen = |column: String| ColumnVerdict {
            column,
            access: Some(ColumnAccess::Clear),
            clear: verdict(true),
            masked: None,
        };
        TableVerdict {
            read: verdict(true),
            access: Some(TableAccess::unrestricted(columns.iter().map(String::as_str))),
            columns: columns.into_iter().map(seen).collect(),
            rows: Some(RowVerdict { permits: Vec::new(), forbids: Vec::new() }),
        }
    }

    fn administer(&self, _: &Asking<'_>) -> Verdict {
        verdict(false)
    }
}

/// What a test may have otherwise.
#[derive(Default)]
pub(crate) struct Setting {
    pub(crate) options: Options,
    pub(crate) limits: Limits,
    pub(crate) tls: Option<Arc<rustls::ServerConfig>>,
}

impl Home {
    pub(crate) async fn new() -> Self {
        Self::with(Setting::default()).await
    }

    pub(crate) async fn with(setting: Setting) -> Self {
        let (store, scripted) = (Arc::new(MemoryStore::default()), ScriptedEngine::default());
        let (clock, curtain) = (Arc::new(ManualClock::default()), Arc::new(Curtain::default()));
        let mut app = App {
            workspace: workspace("dev"),
            stores: Stores {
                intents: store.clone(),
                leases: store.clone(),
                runs: store.clone(),
                releases: store.clone(),
                policies: store.clone(),
            },
            policies: Arc::new(Compiler(Arc::clone(&curtain))),
            compiler: Arc::new(ScriptedCompiler),
            engine: Arc::new(scripted.clone()),
            clock,
            holder: Arc::new(NamedHolder::new("one")),
            parallelism: 2,
        };
        release(&app).await;
        let engine = SqlEngine::new(scripted);
        let batches = Arc::<AtomicUsize>::default();
        engine.put("sales.orders", Data::Batch(orders()));
        engine.put("big.numbers", Data::Endless(Arc::clone(&batches)));
        app.engine = Arc::new(engine.clone());
        let (audit, authenticator) = (Arc::new(MemoryAudit::default()), Arc::new(ScriptedAuthenticator::default()));
        for name in ["ann", "bob"] {
            let someone = principal(name, &["analysts"]);
            store.put_user(&User { principal: someone.clone(), ..user(name) }).await.unwrap();
            authenticator.accept_password(name, &format!("{name}'s secret"), someone);
        }
        let wardens = wardens(&store, authenticator.clone(), audit.clone());
        let gate = Arc::new(Gate::new(app, wardens, setting.limits));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = CancellationToken::new();
        let server = tokio::spawn(serve(listener, setting.tls, gate, setting.options, shutdown.clone()));
        Self { address, audit, authenticator, store, engine, batches, curtain, shutdown, server }
    }

    /// How ann connects.
    pub(crate) fn config(&self) -> Config {
        let mut config = Config::new();
        let password = "ann's secret";
        config.host("127.0.0.1").port(self.address.port()).user("ann").password(password).dbname("dev");
        config
    }

    /// Ann's connection.
    pub(crate) async fn connect(&self) -> Client {
        self.connect_as(&self.config()).await.unwrap()
    }

    pub(crate) async fn connect_as(&self, config: &Config) -> Result<Client, tokio_postgres::Error> {
        let (client, connection) = config.connect(NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }

    /// Hides a product or a column from everyone, or shows what was hidden.
    pub(crate) async fn hide(&self, what: &str, hidden: bool) {
        if hidden {
            self.curtain.0.lock().unwrap().insert(what.to_owned());
        } else {
            self.curtain.0.lock().unwrap().remove(what);
        }
        let policies = WorkspacePolicies {
            name: "curtain".parse().unwrap(),
            text: format!("// {what} {hidden}"),
            changed_at: moment(0),
            changed_by: principal_id("ann"),
        };
        self.store.put_policies(&workspace("dev"), &policies).await.unwrap();
    }

    /// Everything on record once there are this many records: what a client does not wait for may be recorded later.
    pub(crate) async fn records(&self, count: usize) -> Vec<RequestRecord> {
        let enough = async {
            while self.audit.records().len() < count {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), enough).await.unwrap_or_else(|_| {
            panic!("{count} records were expected: {:#?}", self.audit.records());
        });
        self.audit.records()
    }

    /// What is on record, each as its request and how it ended.
    pub(crate) async fn recorded(&self, count: usize) -> Vec<(String, &'static str)> {
        let records = self.records(count).await;
        records.into_iter().map(|record| (record.request, ended(&record.result))).collect()
    }

    pub(crate) fn begin_to_stop(&self) {
        self.shutdown.cancel();
    }

    /// Ends the server.
    pub(crate) async fn stop(self) {
        self.shutdown.cancel();
        tokio::time::timeout(Duration::from_secs(20), self.server).await.unwrap().unwrap().unwrap();
    }
}

pub(crate) fn ended(result: &RequestResult) -> &'static str {
    match result {
        RequestResult::Answered => "answered",
        RequestResult::Refused { .. } => "refused",
        RequestResult::Limited { .. } => "limited",
        RequestResult::Failed { .. } => "failed",
        RequestResult::Cancelled => "cancelled",
    }
}

/// Releases `sales.orders`, described by its contract, and `big.numbers`, of which the contract says nothing.
async fn release(app: &App) {
    let mut sales = product_of_files("sales", &["orders"]);
    sales.purpose = Some("what was sold".to_owned());
    let (mut big, mut products) = (product_of_files("big", &["numbers"]), Vec::new());
    for (product, table) in [(&mut sales, "orders"), (&mut big, "numbers")] {
        product.outputs[0].tables[0].name = table.parse().unwrap();
    }
    let contract = &mut sales.outputs[0].contract.tables[0];
    contract.description = Some("one row for each order".to_owned());
    contract.columns = vec![
        Column {
            primary_key: Some(1),
            nullable: false,
            description: Some("its number".to_owned()),
            ..column("id", DataType::Integer { bits: 64, signed: true })
        },
        column("customer", DataType::String),
        column("amount", DataType::Decimal { precision: 10, scale: 2 }),
        column("day", DataType::Date),
        column("at", DataType::Timestamp { zoned: true }),
        column("tags", DataType::List(Box::new(DataType::String))),
    ];
    big.outputs[0].contract.tables[0].columns = vec![column("n", DataType::Integer { bits: 64, signed: true })];
    products.extend([sales, big]);
    let planned = app.plan(Desired { products, remove: Vec::new() }).await.unwrap();
    app.apply(planned, Consent::Force, Arc::new(Nobody), CancellationToken::new()).await.unwrap();
}

fn column(name: &str, data_type: DataType) -> Column {
    Column {
        name: name.to_owned(),
        data_type,
        nullable: true,
        primary_key: None,
        unique: false,
        description: None,
        classification: None,
        tags: Vec::new(),
        deprecated: false,
    }
}

fn orders() -> RecordBatch {
    let mut tags = ListBuilder::new(StringBuilder::new());
    tags.append_value([Some("new"), None]);
    tags.append_value(Vec::<Option<&str>>::new());
    tags.append_null();
    let amount = Decimal128Array::from(vec![Some(1250), Some(-5), None]).with_precision_and_scale(10, 2).unwrap();
    let at = TimestampMicrosecondArray::from(vec![Some(1_700_000_000_123_456), Some(0), None]).with_timezone("UTC");
    let columns: [(&str, ArrayRef); 6] = [
        ("id", Arc::new(Int64Array::from(vec![1, 2, 3]))),
        ("customer", Arc::new(StringArray::from(vec![Some("Ånn"), Some("Bob, \"the\" second"), None]))),
        ("amount", Arc::new(amount)),
        ("day", Arc::new(Date32Array::from(vec![Some(19_675), Some(0), None]))),
        ("at", Arc::new(at)),
        ("tags", Arc::new(tags.finish())),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, array)| (name, array, name != "id"))).unwrap()
}

/// The SQLSTATE of an error.
pub(crate) fn state(error: &tokio_postgres::Error) -> &str {
    error.code().map_or("none", |code| code.code())
}
