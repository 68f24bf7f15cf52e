//! The record of requests: as a product, and of those whom nobody knows.

use std::{collections::BTreeSet, sync::Arc};

use arrow::{
    array::{Array, AsArray},
    datatypes::{Int64Type, TimestampMicrosecondType},
    record_batch::RecordBatch,
};
use chrono::TimeDelta;
use futures::TryStreamExt;
use outport_app::{
    audit::AuditLog,
    engine::Question,
    gate::{Caller, Gate, GateError, Limits},
    identity::{Credential, User},
    live::During,
    policy::PolicyCompiler,
    record::{RecordProduct, WithRecord},
};
use outport_model::{
    audit::{RequestRecord, RequestResult},
    name::{PortName, ProductName, TableName},
    plan::Estate,
    principal::Door,
    product::Product,
    release::ReleaseNumber,
};
use outport_test::{
    audit::MemoryAudit,
    engine::answer_of,
    fixture::{moment, principal, product_of_files, request_record, table, user, workspace},
    identity::{ScriptedAuthenticator, wardens},
    policy::{ClosedPolicies, OpenPolicies},
    store::PutUser,
};

use crate::bench::Bench;

/// A product with the name of the record: what its contract says is of no matter here.
fn record_product() -> Product {
    let mut product = product_of_files("outport", &["requests"]);
    product.outputs[0].tables[0].name = table("requests");
    product.models.clear();
    product
}

struct Guarded {
    bench: Bench,
    audit: Arc<MemoryAudit>,
}

impl Guarded {
    async fn new(policies: impl PolicyCompiler + 'static) -> (Self, Gate) {
        let mut bench = Bench::released().await;
        bench.app.policies = Arc::new(WithRecord::new(Arc::new(policies), record_product()));
        bench.engine.answer(|_, view| Ok(answer_of(Vec::new(), view)));
        let audit = Arc::new(MemoryAudit::default());
        let wardens = wardens(&bench.store, Arc::new(ScriptedAuthenticator::default()), audit.clone());
        let gate = Gate::new(bench.app.clone(), wardens, Limits::default()).with_record(record_product());
        (Self { bench, audit }, gate)
    }

    async fn user(&self, name: &str) -> Caller {
        let someone = principal(name, &[]);
        self.bench.store.put_user(&User { principal: someone.clone(), ..user(name) }).await.unwrap();
        Caller { principal: someone, local_user: true, door: Door::Sql, ..Caller::local() }
    }
}

fn visible(view: &outport_app::engine::View) -> Vec<String> {
    let tables = view.products.iter().flat_map(|(product, seen)| {
        seen.tables.iter().map(move |(name, table)| format!("{product}.{name} live={}", table.live.is_some()))
    });
    tables.collect()
}

#[tokio::test]
async fn the_record_is_a_product_beside_the_others() {
    let (guarded, gate) = Guarded::new(OpenPolicies).await;
    let ann = guarded.user("ann").await;
    assert_eq!(visible(&gate.view(&ann).await.unwrap()), ["a.daily live=false", "outport.requests live=true"]);
    let catalog = gate.catalog(&ann).await.unwrap();
    let names: Vec<_> = catalog.iter().map(|product| product.name.as_str()).collect();
    assert_eq!(names, ["a", "outport"]);

    let record = ProductName::record();
    let releases = gate.releases(&ann, &record).await.unwrap();
    assert_eq!(releases, [(ReleaseNumber(1), moment(0))]);
    let ask = |number| {
        let releases = [(record.clone(), ReleaseNumber(number))].into();
        gate.ask(&ann, Question { releases, ..Question::new("SELECT 1") })
    };
    assert!(ask(1).await.is_ok());
    assert!(matches!(ask(2).await, Err(GateError::NoSuchRelease { .. })));
}

#[tokio::test]
async fn nobody_but_administrators_reads_the_record_by_default() {
    let (guarded, gate) = Guarded::new(ClosedPolicies).await;
    let ann = guarded.user("ann").await;
    assert_eq!(visible(&gate.view(&ann).await.unwrap()), Vec::<String>::new());
    assert!(gate.catalog(&ann).await.unwrap().is_empty());
    let view = gate.view(&Caller::local()).await.unwrap();
    assert_eq!(visible(&view), ["a.daily live=false", "outport.requests live=true"]);
}

#[tokio::test]
async fn a_query_of_the_record_is_on_record_once() {
    let (guarded, gate) = Guarded::new(OpenPolicies).await;
    let ann = guarded.user("ann").await;
    let answered = gate.ask(&ann, Question::new("SELECT count(*) FROM outport.requests")).await.unwrap();
    let rows: Vec<RecordBatch> = answered.batches.try_collect().await.unwrap();
    assert!(rows.is_empty());
    let [record] = guarded.audit.records().try_into().unwrap();
    let read = &record.reads[&ProductName::record()][&table("requests")];
    assert_eq!((read.release, read.major), (ReleaseNumber(1), Some(1)));
    assert_eq!(read.port.as_ref().map(PortName::as_str), Some("daily"));
    assert_eq!((record.error, record.times), (None, 1));
    assert_eq!(record.principal_kind, Some(outport_model::principal::PrincipalKind::User));
}

/// Policies that say which products they were compiled over.
#[derive(Debug, Default, Clone)]
struct Noted(Arc<std::sync::Mutex<Vec<String>>>);

impl PolicyCompiler for Noted {
    fn compile(
        &self,
        texts: &[outport_app::policy::PolicyText],
        products: &Estate,
    ) -> Result<outport_app::policy::CompiledPolicies, Vec<outport_model::diagnostic::Diagnostic>> {
        self.0.lock().unwrap().extend(products.keys().map(ToString::to_string));
        OpenPolicies.compile(texts, products)
    }
}

#[tokio::test]
async fn policies_can_always_speak_of_the_record() {
    let noted = Noted::default();
    let policies = WithRecord::new(Arc::new(noted.clone()), record_product());
    policies.compile(&[], &Estate::new()).unwrap();
    assert_eq!(*noted.0.lock().unwrap(), ["outport"]);
}

/// The rows of a table of the record of `prod`, where these are on record.
async fn rows(records: &[RequestRecord], name: &str, columns: &[&str], during: During) -> RecordBatch {
    let log = Arc::new(MemoryAudit::default());
    for record in records {
        log.append(record).unwrap();
    }
    let record = RecordProduct::new(record_product(), workspace("prod"), log, moment(0));
    let tables = record.tables().now().await.unwrap();
    let live = &tables[&name.parse::<TableName>().unwrap()];
    let places: Vec<_> = columns.iter().map(|column| live.schema().index_of(column).unwrap()).collect();
    let schema = Arc::new(live.schema().project(&places).unwrap());
    let batches: Vec<RecordBatch> = live.rows(&places, during).try_collect().await.unwrap();
    arrow::compute::concat_batches(&schema, &batches).unwrap()
}

fn texts(rows: &RecordBatch, column: &str) -> Vec<Option<String>> {
    rows.column_by_name(column).unwrap().as_string::<i32>().iter().map(|text| text.map(str::to_owned)).collect()
}

fn some(texts: &[&str]) -> Vec<Option<String>> {
    texts.iter().map(|text| Some((*text).to_owned())).collect()
}

#[tokio::test]
async fn a_request_is_a_row() {
    let mut joined = request_record(2, "SELECT 2");
    let other = joined.reads[&outport_test::fixture::product("flights")].clone();
    joined.reads.insert(outport_test::fixture::product("other"), other);
    joined.result = RequestResult::Limited { limit: "rows".to_owned() };
    joined.error = Some("limit".to_owned());
    let stranger = RequestRecord {
        principal: None,
        principal_kind: None,
        reads: [].into(),
        result: RequestResult::Refused { reason: "why".to_owned() },
        times: 12,
        ..request_record(3, "authenticate")
    };
    let elsewhere = RequestRecord { workspace: workspace("dev"), ..request_record(4, "SELECT 4") };
    let all = [request_record(1, "SELECT 1"), joined, stranger, elsewhere];
    let columns = [
        "at",
        "principal",
        "principal_kind",
        "product",
        "statement",
        "result",
        "error",
        "reason",
        "microseconds",
        "times",
    ];
    let found = rows(&all, "requests", &columns, During::default()).await;
    let at = found.column(0).as_primitive::<TimestampMicrosecondType>();
    assert_eq!(at.values(), &[1, 2, 3].map(|second| moment(second).timestamp_micros()));
    assert_eq!(texts(&found, "principal"), [Some("ada".to_owned()), Some("ada".to_owned()), None]);
    assert_eq!(texts(&found, "principal_kind"), [Some("user".to_owned()), Some("user".to_owned()), None]);
    assert_eq!(texts(&found, "product"), [Some("flights".to_owned()), None, None], "only where it is one");
    assert_eq!(texts(&found, "statement"), some(&["SELECT 1", "SELECT 2", "authenticate"]));
    assert_eq!(texts(&found, "result"), some(&["answered", "limited", "refused"]));
    assert_eq!(texts(&found, "error"), [None, Some("limit".to_owned()), None]);
    assert_eq!(texts(&found, "reason"), [None, Some("rows".to_owned()), Some("why".to_owned())]);
    assert_eq!(found.column(8).as_primitive::<Int64Type>().values(), &[1500; 3]);
    assert_eq!(found.column(9).as_primitive::<Int64Type>().values(), &[1, 1, 12]);

    let later = During { from: Some(moment(2)), until: None };
    let found = rows(&all, "requests", &["statement"], later).await;
    assert_eq!(texts(&found, "statement"), some(&["SELECT 2", "authenticate"]));
    let counted = rows(&all, "requests", &[], During { from: None, until: Some(moment(2)) }).await;
    assert_eq!((counted.num_rows(), counted.num_columns()), (2, 0));
}

#[tokio::test]
async fn every_column_that_was_read_is_a_row() {
    let mut record = request_record(1, "SELECT 1");
    let tables = record.reads.get_mut(&outport_test::fixture::product("flights")).unwrap();
    let daily = tables[&table("daily")].clone();
    let mut counted = daily.clone();
    counted.columns.clear();
    (counted.agreement, counted.port, counted.major) = (None, None, None);
    tables.get_mut(&table("daily")).unwrap().columns = BTreeSet::from(["day".to_owned(), "delay".to_owned()]);
    tables.insert(table("raw_quarantine"), counted);
    let nothing = RequestRecord { reads: [].into(), ..request_record(2, "SELECT 2") };
    let columns = ["request", "number", "product", "port", "major", "table_name", "column_name", "agreement"];
    let found = rows(&[record.clone(), nothing], "reads", &columns, During::default()).await;
    assert_eq!(texts(&found, "request"), vec![Some(record.id.to_string()); 3]);
    assert_eq!(found.column(1).as_primitive::<Int64Type>().values(), &[1, 2, 3]);
    assert_eq!(texts(&found, "product"), some(&["flights"; 3]));
    assert_eq!(texts(&found, "port"), [Some("daily".to_owned()), Some("daily".to_owned()), None]);
    assert_eq!(found.column(4).null_count(), 1);
    assert_eq!(texts(&found, "table_name"), some(&["daily", "daily", "raw_quarantine"]));
    assert_eq!(texts(&found, "column_name"), [Some("day".to_owned()), Some("delay".to_owned()), None]);
    let agreement = daily.agreement.unwrap().to_string();
    assert_eq!(texts(&found, "agreement"), [Some(agreement.clone()), Some(agreement), None]);
}

#[tokio::test]
async fn a_table_is_as_it_was_at_its_moment() {
    let log = Arc::new(MemoryAudit::default());
    log.append(&request_record(1, "SELECT 1")).unwrap();
    let record = RecordProduct::new(record_product(), workspace("prod"), log.clone(), moment(0));
    let tables = record.tables().now().await.unwrap();
    log.append(&request_record(2, "SELECT 2")).unwrap();
    for name in ["requests", "reads"] {
        let rows: Vec<RecordBatch> = tables[&table(name)].rows(&[], During::default()).try_collect().await.unwrap();
        assert_eq!(rows.iter().map(RecordBatch::num_rows).sum::<usize>(), 1, "{name}");
    }
}

async fn wrong(gate: &Gate, from: &str, door: Door) {
    let wrong = Credential::Bearer("nobody".to_owned());
    gate.authenticate(&wrong, from, door, Some("a guesser".repeat(100))).await.unwrap_err();
}

#[tokio::test]
async fn refused_credentials_that_are_alike_are_counted() {
    let (guarded, gate) = Guarded::new(OpenPolicies).await;
    for _ in 0..5 {
        wrong(&gate, "10.0.0.1", Door::Sql).await;
        guarded.bench.clock.advance(TimeDelta::seconds(1));
    }
    wrong(&gate, "10.0.0.2", Door::Sql).await;
    gate.unrecognised("10.0.0.2", Door::Sql, None);
    gate.unrecognised("10.0.0.2", Door::Rest, None);
    let seen = |records: Vec<RequestRecord>| -> Vec<(String, Door, u64)> {
        records.into_iter().map(|record| (record.request, record.door, record.times)).collect()
    };
    let from = |place: &str, door, times| (format!("authenticate from {place}"), door, times);
    let first = [
        from("10.0.0.1", Door::Sql, 1),
        from("10.0.0.2", Door::Sql, 1),
        from("10.0.0.2", Door::Sql, 1),
        from("10.0.0.2", Door::Rest, 1),
    ];
    assert_eq!(seen(guarded.audit.records()), first, "the first of each kind is on record at once");
    for record in guarded.audit.records() {
        assert!(matches!(record.result, RequestResult::Refused { .. }) && record.principal.is_none());
        assert!(record.client.is_none_or(|client| client.chars().count() == 200));
    }
    drop(gate);
    let all = guarded.audit.records();
    assert_eq!(all.iter().map(|record| record.times).sum::<u64>(), 8);
    let counted = &all[4..];
    assert_eq!(seen(counted.to_vec()), [from("10.0.0.1", Door::Sql, 4)]);
    assert_eq!(counted[0].at, moment(1), "when the first of those that were counted came");
}

#[tokio::test]
async fn a_flood_from_everywhere_is_a_few_records() {
    let (guarded, gate) = Guarded::new(OpenPolicies).await;
    for number in 0..2_000 {
        wrong(&gate, &format!("10.0.{}.{}", number / 250, number % 250), Door::Sql).await;
    }
    drop(gate);
    let all = guarded.audit.records();
    assert_eq!(all.iter().map(|record| record.times).sum::<u64>(), 2_000, "none is forgotten");
    assert!(all.len() <= 18, "{}", all.len());
    let rest = all.iter().filter(|record| record.request == "authenticate from several places");
    assert_eq!(rest.map(|record| record.times).collect::<Vec<_>>(), [1, 1_983]);
}

#[tokio::test]
async fn many_at_once_are_each_on_record() {
    let (guarded, gate) = Guarded::new(OpenPolicies).await;
    let callers = [guarded.user("ann").await, guarded.user("bob").await];
    let gate = Arc::new(gate);
    let mut asking = tokio::task::JoinSet::new();
    for number in 0..100_usize {
        let (gate, caller) = (Arc::clone(&gate), callers[number % 2].clone());
        asking.spawn(async move {
            // Of those that come together some may be too many: they are on record too.
            let answered = gate.ask(&caller, Question::new(format!("SELECT {number}"))).await;
            if let Ok(answered) = answered {
                let _ = answered.batches.try_collect::<Vec<_>>().await;
            }
        });
    }
    asking.join_all().await;
    let found: BTreeSet<_> = guarded.audit.records().into_iter().map(|record| record.request).collect();
    assert_eq!((found.len(), guarded.audit.records().len()), (100, 100));
}
