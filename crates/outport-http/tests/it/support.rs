//! A gate to three products: `shop` may be read, `vault` may be known of, `dark` does not exist for analysts.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use arrow::{
    array::{ArrayRef, Decimal128Array, Int64Array, RecordBatch, StringArray},
    datatypes::{DataType as ArrowType, Field, Schema, SchemaRef},
};
use axum::{
    Router,
    body::{Body, Bytes},
};
use futures::StreamExt;
use http::{HeaderMap, Request, StatusCode};
use outport_app::{
    App, Stores,
    engine::{Answer, EngineError, Question, Reads, View},
    gate::{Gate, Limits},
    policy::{
        Asking, ColumnVerdict, CompiledPolicies, Policies, PolicyCompiler, PolicyText, PortAction, RowVerdict,
        TableVerdict, Verdict,
    },
    store::{IntentChange, IntentStore, LeaseOutcome, LeaseStore, RunEnd, RunStore},
};
use outport_http::{Asset, Hub, Metered, Metrics, Options};
use outport_model::{
    access::{ColumnAccess, Mask, RowAccess, TableAccess},
    agreement::PortVersion,
    audit::RequestRecord,
    contract::{Column, DataType},
    diagnostic::Diagnostic,
    name::TableName,
    plan::{CompiledProduct, Estate},
    release::TableRole,
};
use outport_test::{
    audit::MemoryAudit,
    clock::ManualClock,
    engine::{ScriptedCompiler, ScriptedEngine},
    fixture,
    holder::NamedHolder,
    identity::{ScriptedAuthenticator, wardens},
    policy::verdict,
    store::MemoryStore,
};
use serde_json::Value;
use tower::Service;

/// The token of an analyst.
pub(crate) const ADA: &str = "ada-token";

/// The token of someone who operates `shop`.
pub(crate) const OLGA: &str = "olga-token";

/// The token of an administrator.
pub(crate) const ROOT: &str = "root-token";

/// Everything behind the doors.
pub(crate) struct Home {
    pub(crate) gate: Arc<Gate>,
    pub(crate) engine: ScriptedEngine,
    pub(crate) audit: Arc<MemoryAudit>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) authenticator: Arc<ScriptedAuthenticator>,
    pub(crate) clock: Arc<ManualClock>,
    questions: Arc<Mutex<Vec<Question>>>,
}

impl Home {
    pub(crate) async fn new() -> Self {
        Self::limited(Limits::default()).await
    }

    pub(crate) async fn limited(limits: Limits) -> Self {
        let store = Arc::new(MemoryStore::default());
        for name in ["shop", "vault", "dark"] {
            publish(&store, name).await;
        }
        let engine = ScriptedEngine::default();
        let audit = Arc::new(MemoryAudit::default());
        let metrics = Arc::new(Metrics::default());
        let authenticator = Arc::new(ScriptedAuthenticator::default());
        authenticator.accept_bearer(ADA, fixture::principal("ada", &["analysts"]));
        authenticator.accept_bearer("bob-token", fixture::principal("bob", &["analysts"]));
        authenticator.accept_bearer(OLGA, fixture::principal("olga", &["operators"]));
        authenticator.accept_bearer(ROOT, fixture::principal("root", &["administrators"]));
        let clock = Arc::new(ManualClock::at(fixture::moment(100)));
        let app = App {
            workspace: fixture::workspace("prod"),
            stores: Stores {
                intents: store.clone(),
                leases: store.clone(),
                runs: store.clone(),
                releases: store.clone(),
                policies: store.clone(),
            },
            policies: Arc::new(Tailored),
            compiler: Arc::new(ScriptedCompiler),
            engine: Arc::new(engine.clone()),
            clock: clock.clone(),
            holder: Arc::new(NamedHolder::new("test")),
            parallelism: 1,
        };
        let wardens = wardens(&store, authenticator.clone(), Arc::new(Metered::new(audit.clone(), metrics.clone())));
        let gate = Arc::new(Gate::new(app, wardens, limits));
        Self { gate, engine, audit, metrics, authenticator, clock, questions: Arc::default() }
    }

    pub(crate) fn router(&self) -> Router {
        self.router_with(|_| ())
    }

    pub(crate) fn router_with(&self, change: impl FnOnce(&mut Options)) -> Router {
        outport_http::router(Arc::clone(&self.gate), self.options(change))
    }

    pub(crate) fn options(&self, change: impl FnOnce(&mut Options)) -> Options {
        let mut options = Options { metrics: Arc::clone(&self.metrics), ..Options::default() };
        change(&mut options);
        options
    }

    /// Has every query answered with these rows.
    pub(crate) fn answer(&self, batches: Vec<RecordBatch>) {
        let schema = batches[0].schema();
        self.answer_with(move |_| Ok((Arc::clone(&schema), futures::stream::iter(batches.clone()).map(Ok).boxed())));
    }

    /// Has queries answered like this, as reads of `shop.daily`.
    pub(crate) fn answer_with(
        &self,
        script: impl Fn(&Question) -> Result<(SchemaRef, Rows), EngineError> + Send + Sync + 'static,
    ) {
        let questions = Arc::clone(&self.questions);
        self.engine.answer(move |question: &Question, _: &View| {
            questions.lock().unwrap().push(question.clone());
            let (schema, batches) = script(question)?;
            let columns = BTreeSet::from(["id".to_owned()]);
            let reads: Reads =
                BTreeMap::from([(fixture::product("shop"), BTreeMap::from([(fixture::table("daily"), columns)]))]);
            Ok(Answer { schema, reads, batches })
        });
    }

    /// Has every query fail.
    pub(crate) fn fail(&self, error: impl Fn() -> EngineError + Send + Sync + 'static) {
        self.answer_with(move |_| Err(error()));
    }

    /// What the engine was asked since the last time.
    pub(crate) fn questions(&self) -> Vec<Question> {
        std::mem::take(&mut self.questions.lock().unwrap())
    }

    pub(crate) fn records(&self) -> Vec<RequestRecord> {
        self.audit.records()
    }
}

pub(crate) type Rows = futures::stream::BoxStream<'static, Result<RecordBatch, EngineError>>;

async fn publish(store: &MemoryStore, name: &str) {
    put_intent(store, name, |_| ()).await;
    publish_release(store, store, name, 1).await;
}

/// Publishes one more product, which is another one than the others are.
pub(crate) async fn publish_changed(home: &Home, name: &str, change: impl FnOnce(&mut CompiledProduct)) {
    put_intent(home.gate.app().stores.intents.as_ref(), name, change).await;
    release(home, name, 1).await;
}

/// Publishes a release of a product.
pub(crate) async fn release(home: &Home, name: &str, number: u64) {
    let stores = &home.gate.app().stores;
    publish_release(stores.leases.as_ref(), stores.runs.as_ref(), name, number).await;
}

async fn put_intent(store: &dyn IntentStore, name: &str, change: impl FnOnce(&mut CompiledProduct)) {
    let mut compiled = fixture::compiled(name, "SELECT 1");
    compiled.product.purpose = Some(format!("what the {name} sells"));
    let table = &mut compiled.product.outputs[0].contract.tables[0];
    table.description = Some("One row a day".to_owned());
    table.columns = columns();
    change(&mut compiled);
    let put = IntentChange::Put { expected: None, compiled: Box::new(compiled) };
    store.change_intents(&fixture::workspace("prod"), &[put], &[], fixture::moment(0)).await.unwrap();
}

async fn publish_release(leases: &dyn LeaseStore, runs: &dyn RunStore, name: &str, number: u64) {
    let (workspace, product) = (fixture::workspace("prod"), fixture::product(name));
    let begin = i64::try_from(number).unwrap() * 10;
    let (from, until) = (fixture::moment(begin), fixture::moment(begin + 9));
    let lease = leases.acquire_lease(&workspace, &product, "test", from, until, None).await;
    let LeaseOutcome::Acquired(lease) = lease.unwrap() else { panic!("the lease is free") };
    let run = fixture::run(name, number);
    runs.begin_run(&lease, &run).await.unwrap();
    let mut tables = fixture::released(&format!("{name}/daily"));
    let mut held_back = tables[&fixture::table("daily")].clone();
    held_back.role = TableRole::Quarantine;
    held_back.major = None;
    tables.insert(fixture::table("raw_quarantine"), held_back);
    runs.publish(&lease, &RunEnd { run, results: Vec::new() }, &tables, &[]).await.unwrap();
}

fn columns() -> Vec<Column> {
    let column = |name: &str, data_type, key| Column {
        name: name.to_owned(),
        data_type,
        nullable: key == 0,
        primary_key: (key > 0).then_some(key),
        unique: false,
        description: (name == "name").then(|| "What it is called.".to_owned()),
        classification: None,
        tags: Vec::new(),
        deprecated: name == "price",
    };
    vec![
        column("id", DataType::Integer { bits: 64, signed: true }, 1),
        column("name", DataType::String, 0),
        column("price", DataType::Decimal { precision: 10, scale: 2 }, 0),
        column("secret", DataType::String, 0),
    ]
}

/// Rows of `id`, `name` and `price`.
pub(crate) fn rows(rows: &[(i64, Option<&str>, Option<i128>)]) -> RecordBatch {
    let price = rows.iter().map(|row| row.2).collect::<Decimal128Array>().with_precision_and_scale(10, 2).unwrap();
    let columns: Vec<ArrayRef> = vec![
        Arc::new(rows.iter().map(|row| row.0).collect::<Int64Array>()),
        Arc::new(rows.iter().map(|row| row.1).collect::<StringArray>()),
        Arc::new(price),
    ];
    RecordBatch::try_new(schema(), columns).unwrap()
}

pub(crate) fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("id", ArrowType::Int64, false),
        Field::new("name", ArrowType::Utf8, true),
        Field::new("price", ArrowType::Decimal128(10, 2), true),
    ]))
}

/// Analysts read `shop` without `secret` and with `name` masked, and know of `vault`; `olga` operates `shop`.
#[derive(Debug)]
struct Tailored;

impl PolicyCompiler for Tailored {
    fn compile(&self, _: &[PolicyText], _: &Estate) -> Result<CompiledPolicies, Vec<Diagnostic>> {
        Ok(CompiledPolicies { policies: Arc::new(Self), warnings: Vec::new() })
    }
}

impl Policies for Tailored {
    fn port(&self, asking: &Asking<'_>, action: PortAction, port: &PortVersion) -> Verdict {
        let olga = asking.principal.id.as_str() == "olga";
        verdict(match (port.product.as_str(), action) {
            ("shop", PortAction::Operate) => olga,
            ("shop", PortAction::Read | PortAction::Discover)
            | ("vault", PortAction::Discover | PortAction::Request) => true,
            _ => false,
        })
    }

    fn table(&self, _: &Asking<'_>, port: &PortVersion, _: &TableName) -> TableVerdict {
        let columns = BTreeMap::from([
            ("id".to_owned(), ColumnAccess::Clear),
            ("name".to_owned(), ColumnAccess::Masked(Mask::Hash)),
            ("price".to_owned(), ColumnAccess::Clear),
        ]);
        let access = TableAccess { columns, rows: RowAccess::All, minimum_group: None, agreement: None };
        let readable = port.product.as_str() == "shop";
        TableVerdict {
            read: verdict(readable),
            access: readable.then_some(access),
            columns: Vec::<ColumnVerdict>::new(),
            rows: readable.then(|| RowVerdict { permits: Vec::new(), forbids: Vec::new() }),
        }
    }

    fn administer(&self, _: &Asking<'_>) -> Verdict {
        verdict(false)
    }
}

/// A hub of one page, a script that is there in three forms, and a picture.
pub(crate) fn hub() -> Arc<Hub> {
    let asset = |path, media_type, plain| Asset { path, media_type, plain, gzip: None, brotli: None };
    let script = Asset {
        gzip: Some(b"gzip"),
        brotli: Some(b"brotli"),
        ..asset("assets/main-Ab12.js", "text/javascript; charset=utf-8", b"plain")
    };
    let index = asset("index.html", "text/html; charset=utf-8", b"<!doctype html><title>hub</title>");
    Arc::new(Hub::new(index, [index, script, asset("mark.svg", "image/svg+xml", b"<svg/>")]))
}

/// A response that was read to its end.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// Everything up to the end, or up to where the body broke off.
    pub(crate) body: Bytes,
    /// Whether the body broke off.
    pub(crate) broken: bool,
}

impl Reply {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The document of a problem, without the id of the request, which is another one each time.
    #[track_caller]
    pub(crate) fn problem(&self) -> Value {
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text());
        let mut document = self.json();
        assert_eq!(document["status"], self.status.as_u16());
        if let Some(request) = document.as_object_mut().unwrap().shift_remove("request") {
            assert_eq!(request, self.header("outport-request"));
        }
        document
    }
}

/// A request of a caller with a token.
pub(crate) fn request(token: &str, method: &str, path: &str, body: impl Into<Body>) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", format!("Bearer {token}"))
        .body(body.into())
        .unwrap()
}

pub(crate) fn get(path: &str) -> Request<Body> {
    request(ADA, "GET", path, Body::empty())
}

/// A query of `ada`, as JSON.
pub(crate) fn post(body: &Value) -> Request<Body> {
    let mut request = request(ADA, "POST", "/v1/sql", body.to_string());
    request.headers_mut().insert("content-type", "application/json".parse().unwrap());
    request
}

pub(crate) fn with(mut request: Request<Body>, name: &'static str, value: &str) -> Request<Body> {
    request.headers_mut().insert(name, value.parse().unwrap());
    request
}

/// Sends a request, and reads the response to its end.
pub(crate) async fn send(router: &Router, request: Request<Body>) -> Reply {
    let (parts, body) = router.clone().call(request).await.unwrap().into_parts();
    let mut stream = body.into_data_stream();
    let mut bytes = Vec::new();
    let mut broken = false;
    while let Some(piece) = stream.next().await {
        match piece {
            Ok(piece) => bytes.extend_from_slice(&piece),
            Err(_) => broken = true,
        }
    }
    Reply { status: parts.status, headers: parts.headers, body: bytes.into(), broken }
}
