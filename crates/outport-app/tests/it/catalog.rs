//! What callers are told of products, and what they are not.
//!
//! `orders` may be read by everyone, without the column `margin`, with `buyer` masked and without some rows. `ledger` reads it
//! and is hidden from all but insiders; `report` reads `ledger`, and may only be known of. `olga` operates `orders`.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use outport_app::{
    App, Stores,
    audit::AuditLog,
    gate::{
        Caller, Gate, GateError, Limits,
        catalog::{Access, Direction, EdgeKind, EstateEdge, EstateNode},
    },
    policy::{
        Asking, CompiledPolicies, Policies, PolicyCompiler, PolicyText, PortAction, RowVerdict, TableVerdict, Verdict,
    },
    store::{HistoryEntry, HistoryKind, IntentChange, IntentStore, LeaseOutcome, LeaseStore, RunEnd, RunStore},
};
use outport_model::{
    access::{ColumnAccess, Mask, RowAccess, RowRule, TableAccess},
    agreement::{AgreementDecision, AgreementState, PortVersion},
    audit::{RequestRecord, RequestResult, TableRead},
    check::{Check, CheckKind, CheckResult, Outcome},
    contract::{Column, DataType, ServiceLevel, Version},
    diagnostic::Diagnostic,
    lineage::{ColumnLineage, Direct, Indirect, ModelLineage, SourceColumn},
    name::{ProductName, TableName},
    plan::{CompiledProduct, Estate},
    principal::{Door, Principal},
    release::ReleaseNumber,
    run::{InputVersion, RunState},
};
use outport_test::{
    audit::MemoryAudit,
    clock::ManualClock,
    engine::{ScriptedCompiler, ScriptedEngine},
    fixture::{self, moment, product},
    holder::NamedHolder,
    identity::{ScriptedAuthenticator, wardens},
    policy::verdict,
    store::MemoryStore,
};
use serde::Serialize;
use serde_json::Value;

#[derive(Debug)]
struct Layered;

impl PolicyCompiler for Layered {
    fn compile(&self, _: &[PolicyText], _: &Estate) -> Result<CompiledPolicies, Vec<Diagnostic>> {
        Ok(CompiledPolicies { policies: Arc::new(Self), warnings: Vec::new() })
    }
}

fn is_in(principal: &Principal, group: &str) -> bool {
    principal.groups.iter().any(|known| known.as_str() == group)
}

impl Policies for Layered {
    fn port(&self, asking: &Asking<'_>, action: PortAction, port: &PortVersion) -> Verdict {
        let insider = is_in(asking.principal, "insiders");
        verdict(match (port.product.as_str(), action) {
            ("orders", PortAction::Read | PortAction::Discover)
            | ("report", PortAction::Discover | PortAction::Request) => true,
            ("orders", PortAction::Operate) => asking.principal.id.as_str() == "olga",
            ("ledger", PortAction::Discover) => insider,
            ("report", PortAction::Read) => asking.agreement.is_some(),
            _ => false,
        })
    }

    fn table(&self, asking: &Asking<'_>, port: &PortVersion, _: &TableName) -> TableVerdict {
        let readable = self.port(asking, PortAction::Read, port).allowed;
        let access = TableAccess {
            columns: BTreeMap::from([
                ("id".to_owned(), ColumnAccess::Clear),
                ("buyer".to_owned(), ColumnAccess::Masked(Mask::Last { characters: 2 })),
                ("day".to_owned(), ColumnAccess::Clear),
            ]),
            rows: if is_in(asking.principal, "regional") {
                RowAccess::Where(RowRule::nothing())
            } else {
                RowAccess::All
            },
            minimum_group: None,
            agreement: asking.agreement.map(|agreement| agreement.id),
        };
        TableVerdict {
            read: verdict(readable),
            access: readable.then_some(access),
            columns: Vec::new(),
            rows: readable.then(|| RowVerdict { permits: Vec::new(), forbids: Vec::new() }),
        }
    }

    fn administer(&self, _: &Asking<'_>) -> Verdict {
        verdict(false)
    }
}

struct Home {
    gate: Gate,
    store: Arc<MemoryStore>,
    audit: Arc<MemoryAudit>,
    clock: Arc<ManualClock>,
}

impl Home {
    async fn new() -> Self {
        let (store, audit) = (Arc::new(MemoryStore::default()), Arc::new(MemoryAudit::default()));
        let clock = Arc::new(ManualClock::at(moment(1_000)));
        let app = App {
            workspace: fixture::workspace("prod"),
            stores: Stores {
                intents: store.clone(),
                leases: store.clone(),
                runs: store.clone(),
                releases: store.clone(),
                policies: store.clone(),
            },
            policies: Arc::new(Layered),
            compiler: Arc::new(ScriptedCompiler),
            engine: Arc::new(ScriptedEngine::default()),
            clock: clock.clone(),
            holder: Arc::new(NamedHolder::new("test")),
            parallelism: 1,
        };
        let wardens = wardens(&store, Arc::new(ScriptedAuthenticator::default()), audit.clone());
        let home = Self { gate: Gate::new(app, wardens, Limits::default()), store, audit, clock };
        home.put(compiled("orders", None), None).await;
        home.put(compiled("ledger", Some("orders")), None).await;
        home.put(compiled("report", Some("ledger")), None).await;
        for (name, number) in [("orders", 1), ("ledger", 2), ("report", 3)] {
            home.publish(name, number).await;
        }
        home
    }

    async fn put(&self, compiled: CompiledProduct, expected: Option<u64>) {
        let name = compiled.product.name.clone();
        let put = IntentChange::Put { expected, compiled: Box::new(compiled) };
        let generation = expected.unwrap_or(0) + 1;
        let kind = HistoryKind::Applied { generation, summary: vec!["column `margin` added".to_owned()] };
        let entry = HistoryEntry { at: moment(5), product: name, kind };
        self.store.change_intents(&fixture::workspace("prod"), &[put], &[entry], moment(5)).await.unwrap();
    }

    async fn remove(&self, name: &str, expected: u64) {
        let remove = IntentChange::Remove { product: product(name), expected };
        self.store.change_intents(&fixture::workspace("prod"), &[remove], &[], moment(5)).await.unwrap();
    }

    /// Puts a run on record that read this and found everything as it is.
    async fn run(&self, name: &str, number: u64, input: InputVersion) {
        let (workspace, name) = (fixture::workspace("prod"), product(name));
        let lease = self.store.acquire_lease(&workspace, &name, "test", moment(0), moment(9), None).await;
        let (LeaseOutcome::Acquired(lease) | LeaseOutcome::Held(lease)) = lease.unwrap();
        let mut run = fixture::run(name.as_str(), number);
        self.store.begin_run(&lease, &run).await.unwrap();
        run.state = RunState::Unchanged;
        run.ended_at = Some(moment(6));
        run.inputs = BTreeMap::from([("raw".parse().unwrap(), input)]);
        self.store.end_run(&lease, &RunEnd { run, results: Vec::new() }).await.unwrap();
        self.store.release_lease(&lease).await.unwrap();
    }

    async fn publish(&self, name: &str, number: u64) {
        let (workspace, name) = (fixture::workspace("prod"), product(name));
        let lease = self.store.acquire_lease(&workspace, &name, "test", moment(0), moment(9), None).await;
        let (LeaseOutcome::Acquired(lease) | LeaseOutcome::Held(lease)) = lease.unwrap();
        let run = fixture::run(name.as_str(), number);
        self.store.begin_run(&lease, &run).await.unwrap();
        let checks = compiled(name.as_str(), None).product.outputs[0].contract.tables[0].checks.clone();
        let results = checks.into_iter().map(|check| CheckResult {
            outcome: if check.id == "margin.range" { Outcome::Warn } else { Outcome::Pass },
            sample_query: Some("SELECT 1".to_owned()),
            message: Some("seen 4711".to_owned()),
            check,
            ..fixture::check_result(4_711)
        });
        let of_input = CheckResult { port: Some("input.raw".to_owned()), ..fixture::check_result(7) };
        let results = results.chain([of_input]).collect();
        let tables = fixture::released(&format!("{name}/daily"));
        self.store.publish(&lease, &RunEnd { run, results }, &tables, &[]).await.unwrap();
        self.store.release_lease(&lease).await.unwrap();
    }

    /// Puts on record that someone read columns of `orders`.
    fn read(&self, number: u64, who: &str, columns: &[&str]) {
        let read = TableRead {
            port: Some("daily".parse().unwrap()),
            major: Some(1),
            release: ReleaseNumber(1),
            columns: columns.iter().map(|name| (*name).to_owned()).collect(),
            agreement: None,
        };
        let record = RequestRecord {
            principal: Some(fixture::principal_id(who)),
            reads: BTreeMap::from([(product("orders"), BTreeMap::from([(fixture::table("daily"), read)]))]),
            ..fixture::request_record(number, "SELECT 1")
        };
        self.audit.append(&record).unwrap();
    }
}

fn caller(name: &str, groups: &[&str]) -> Caller {
    Caller { principal: fixture::principal(name, groups), door: Door::Management, ..Caller::local() }
}

fn column(name: &str, primary_key: Option<u32>) -> Column {
    Column {
        name: name.to_owned(),
        data_type: DataType::String,
        nullable: primary_key.is_none(),
        primary_key,
        unique: false,
        description: None,
        classification: None,
        tags: Vec::new(),
        deprecated: false,
    }
}

fn check(id: &str, column: Option<&str>, kind: CheckKind) -> Check {
    Check { id: id.to_owned(), column: column.map(str::to_owned), kind, ..fixture::row_count() }
}

fn source(relation: &str, column: &str) -> SourceColumn {
    SourceColumn { relation: relation.to_owned(), column: column.to_owned() }
}

/// A product of four columns, whose values come from columns of the same names of what it reads.
fn compiled(name: &str, upstream: Option<&str>) -> CompiledProduct {
    let made = match upstream {
        Some(upstream) => fixture::product_of(name, upstream),
        None => fixture::product_of_files(name, &["daily"]),
    };
    let mut compiled = fixture::compiled_of(made);
    let names = ["id", "buyer", "day", "margin"];
    let contract = &mut compiled.product.outputs[0].contract;
    contract.terms.service_levels = ["daily.day", "daily.margin"].map(level).to_vec();
    let table = &mut contract.tables[0];
    table.columns = names.map(|name| column(name, (name == "id").then_some(1))).to_vec();
    table.checks = vec![
        check("rows", None, CheckKind::RowCount),
        check("id.missing", Some("id"), CheckKind::Missing { missing: Vec::new() }),
        check("buyer.missing", Some("buyer"), CheckKind::Missing { missing: Vec::new() }),
        check("margin.range", Some("margin"), CheckKind::Range { minimum: None, maximum: None }),
        check("together", None, CheckKind::Duplicate { columns: vec!["day".to_owned(), "margin".to_owned()] }),
        check("queried", None, CheckKind::Sql { query: "SELECT max(margin) FROM daily".to_owned() }),
    ];
    let lineage = |name: &str| ColumnLineage {
        column: name.to_owned(),
        sources: BTreeSet::from([(source("input.raw", name), Direct::Identity)]),
    };
    let daily = compiled.models.get_mut(&fixture::table("daily")).unwrap();
    daily.lineage = ModelLineage {
        columns: names.iter().map(|name| lineage(name)).collect(),
        indirect: BTreeSet::from([(source("input.raw", "margin"), Indirect::Filter)]),
        relations: BTreeSet::from(["input.raw".to_owned()]),
    };
    compiled
}

fn level(element: &str) -> ServiceLevel {
    ServiceLevel {
        property: "latency".to_owned(),
        value: Value::from(1),
        unit: Some("d".to_owned()),
        element: Some(element.to_owned()),
        description: None,
    }
}

fn shown(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap()
}

/// Every answer about a product, as one text.
async fn everything(home: &Home, caller: &Caller, name: &ProductName) -> Result<String, GateError> {
    let gate = &home.gate;
    let parts = [
        shown(&gate.product_page(caller, name).await?),
        shown(&gate.product_quality(caller, name).await?),
        shown(&gate.product_lineage(caller, name, Direction::Both, 9).await?),
        shown(&gate.product_consumers(caller, name, 30).await?),
        shown(&gate.product_changes(caller, name).await?),
        shown(&gate.product_access(caller, name).await?),
    ];
    Ok(parts.concat() + &shown(&gate.cards(caller).await?) + &shown(&gate.estate(caller).await?))
}

#[tokio::test]
async fn what_is_hidden_is_in_no_answer() {
    let home = Home::new().await;
    home.read(1, "mallory", &["id", "margin"]);
    let ann = caller("ann", &[]);
    for name in ["orders", "report"] {
        let told = everything(&home, &ann, &product(name)).await.unwrap();
        for hidden in ["ledger", "mallory", "input.raw"] {
            assert!(!told.contains(hidden), "{hidden} of {name}: {told}");
        }
    }
    let orders = everything(&home, &ann, &product("orders")).await.unwrap();
    for hidden in ["margin", "together", "queried", "raw.parquet"] {
        assert!(!orders.contains(hidden), "{hidden}: {orders}");
    }
    let root = everything(&home, &Caller::local(), &product("orders")).await.unwrap();
    for hidden in ["margin", "ledger", "mallory", "together", "queried", "input.raw"] {
        assert!(root.contains(hidden), "{hidden}: {root}");
    }
}

#[tokio::test]
async fn there_is_no_other_answer_for_what_is_hidden_than_for_what_is_not_there() {
    let home = Home::new().await;
    let ann = caller("ann", &[]);
    let error = async |name| everything(&home, &ann, &product(name)).await.unwrap_err().to_string();
    assert_eq!(error("ledger").await.replace("ledger", "nothing"), error("nothing").await);
    let names = home.gate.cards(&ann).await.unwrap().into_iter().map(|card| card.name.to_string());
    assert_eq!(names.collect::<Vec<_>>(), ["orders", "report"]);
    assert!(everything(&home, &caller("ida", &["insiders"]), &product("ledger")).await.is_ok());
}

#[tokio::test]
async fn a_card_says_whether_one_may_read_and_what_checks_came_to() {
    let home = Home::new().await;
    let cards = home.gate.cards(&caller("ann", &[])).await.unwrap();
    let [orders, report] = cards.as_slice() else { panic!("{cards:?}") };
    assert_eq!((orders.access, report.access), (Access::Open, Access::Requestable));
    // Of the checks, two are about the hidden column and one may be.
    assert_eq!((orders.trust.all.passed, orders.trust.all.warned), (3, 0));
    // The contract of what may only be known of is no secret.
    assert_eq!((report.trust.all.passed, report.trust.all.warned), (5, 1));
    let root = home.gate.cards(&Caller::local()).await.unwrap();
    assert_eq!(root.iter().map(|card| card.trust.all.passed).collect::<Vec<_>>(), [5, 5, 5]);
}

#[tokio::test]
async fn the_estate_has_what_one_may_know_of_and_who_of_it_reads_whom() {
    let home = Home::new().await;
    home.read(1, "mallory", &["id"]);
    let told = async |caller: &Caller| {
        let estate = home.gate.estate(caller).await.unwrap();
        let product = |node: &EstateNode| (node.name.to_string(), node.trust.all.passed, node.usage.requests);
        let edge = |edge: &EstateEdge| format!("{} {} {:?}", edge.from, edge.to, edge.ports);
        (estate.products.iter().map(product).collect::<Vec<_>>(), estate.edges.iter().map(edge).collect::<Vec<_>>())
    };
    let of = |name: &str, passed, requests| (name.to_owned(), passed, requests);
    // What stands between the two is hidden, and so is that it reads the one and is read by the other.
    let (products, edges) = told(&caller("ann", &[])).await;
    assert_eq!((products, edges), (vec![of("orders", 3, 1), of("report", 5, 0)], Vec::new()));
    let (products, edges) = told(&Caller::local()).await;
    assert_eq!(products, [of("ledger", 5, 0), of("orders", 5, 1), of("report", 5, 0)]);
    assert_eq!(edges.len(), 2, "{edges:?}");
}

#[tokio::test]
async fn cards_come_in_pages() {
    let home = Home::new().await;
    let root = Caller::local();
    let (first, more) = home.gate.cards_after(&root, None, 2).await.unwrap();
    let names =
        |cards: &[outport_app::gate::catalog::Card]| cards.iter().map(|c| c.name.to_string()).collect::<Vec<_>>();
    assert_eq!((names(&first), more), (vec!["ledger".to_owned(), "orders".to_owned()], true));
    let (rest, more) = home.gate.cards_after(&root, Some(&product("orders")), 2).await.unwrap();
    assert_eq!((names(&rest), more), (vec!["report".to_owned()], false));
}

#[tokio::test]
async fn figures_are_told_to_whoever_could_count_them() {
    let home = Home::new().await;
    let quality = async |caller: &Caller| {
        let quality = home.gate.product_quality(caller, &product("orders")).await.unwrap();
        let checks = quality.releases.into_iter().next().unwrap().checks;
        checks
            .into_iter()
            .map(|result| (result.check.id, result.rows, result.sample_query.is_some()))
            .collect::<Vec<_>>()
    };
    let told = |id: &str, figures: bool| (id.to_owned(), figures.then_some(4_711), figures);
    let ann = quality(&caller("ann", &[])).await;
    assert_eq!(ann, [told("rows", true), told("id.missing", true), told("buyer.missing", false)]);
    // Whoever does not see all rows could count none of it.
    let rob = quality(&caller("rob", &["regional"])).await;
    assert_eq!(rob, [told("rows", false), told("id.missing", false), told("buyer.missing", false)]);
    let olga = quality(&caller("olga", &[])).await;
    assert_eq!(olga.len(), 7, "those of the input are among them: {olga:?}");
}

#[tokio::test]
async fn lineage_ends_at_what_is_hidden() {
    let home = Home::new().await;
    let names = async |caller: &Caller, name: &str, direction, depth| {
        let lineage = home.gate.product_lineage(caller, &product(name), direction, depth).await.unwrap();
        lineage.nodes.into_iter().map(|node| node.product.to_string()).collect::<Vec<_>>()
    };
    let (ann, ida) = (caller("ann", &[]), caller("ida", &["insiders"]));
    assert_eq!(names(&ann, "report", Direction::Up, 9).await, ["report"]);
    assert_eq!(names(&ann, "orders", Direction::Both, 9).await, ["orders"]);
    assert_eq!(names(&ida, "report", Direction::Up, 9).await, ["ledger", "orders", "report"]);
    assert_eq!(names(&ida, "report", Direction::Up, 1).await, ["ledger", "report"]);
    assert_eq!(names(&ida, "report", Direction::Down, 9).await, ["report"]);
    assert_eq!(names(&ida, "orders", Direction::Down, 1).await, ["ledger", "orders"]);

    let lineage = home.gate.product_lineage(&ida, &product("ledger"), Direction::Up, 1).await.unwrap();
    let direct = lineage.columns.iter().filter(|edge| edge.kind == EdgeKind::Direct);
    let direct: Vec<_> = direct.map(|edge| (edge.from.column.as_str(), edge.to.column.as_str())).collect();
    assert_eq!(direct, [("buyer", "buyer"), ("day", "day"), ("id", "id")], "`margin` of `orders` is hidden");
    let root = home.gate.product_lineage(&Caller::local(), &product("ledger"), Direction::Up, 1).await.unwrap();
    let indirect = root.columns.iter().filter(|edge| edge.kind == EdgeKind::Indirect);
    assert!(indirect.clone().count() > 0 && indirect.clone().all(|edge| edge.from.column == "margin"));
}

#[tokio::test]
async fn readers_are_named_to_who_operates_the_product() {
    let home = Home::new().await;
    for (number, who) in [(1, "ann"), (2, "bob"), (3, "bob")] {
        home.read(number, who, &["id", "margin"]);
    }
    home.audit
        .append(&RequestRecord { result: RequestResult::Cancelled, ..fixture::request_record(9, "SELECT 1") })
        .unwrap();
    let orders = product("orders");
    let ann = home.gate.product_consumers(&caller("ann", &[]), &orders, 30).await.unwrap();
    assert!(!ann.complete);
    let named = |consumers: &[outport_app::gate::catalog::Consumer]| {
        consumers.iter().map(|consumer| (consumer.principal.to_string(), consumer.requests)).collect::<Vec<_>>()
    };
    assert_eq!(named(&ann.consumers), [("ann".to_owned(), 1)]);
    assert_eq!(ann.consumers[0].columns[0].columns, ["id"], "the hidden column is not named");
    let today = ann.trend.last().unwrap();
    assert_eq!((ann.trend.len(), today.requests, today.readers, today.rows), (30, 3, 2, None));

    let olga = home.gate.product_consumers(&caller("olga", &[]), &orders, 1).await.unwrap();
    assert_eq!(named(&olga.consumers), [("bob".to_owned(), 2), ("ann".to_owned(), 1)]);
    assert_eq!((olga.trend.len(), olga.trend[0].rows), (1, Some(9)));
    assert_eq!(olga.downstream, [], "`ledger` is hidden from her too");
    let root = home.gate.product_consumers(&Caller::local(), &orders, 1).await.unwrap();
    assert_eq!(root.downstream.iter().map(|down| down.product.to_string()).collect::<Vec<_>>(), ["ledger"]);
}

#[tokio::test]
async fn what_was_read_counts_for_as_many_days_as_are_asked_for() {
    let home = Home::new().await;
    home.read(1, "ann", &["id"]);
    let used = async || {
        let cards = home.gate.cards(&caller("ann", &[])).await.unwrap();
        (cards[0].usage.readers, cards[0].usage.requests)
    };
    assert_eq!(used().await, (1, 1));
    home.clock.advance(chrono::Duration::days(29));
    assert_eq!(used().await, (1, 1));
    home.clock.advance(chrono::Duration::days(1));
    assert_eq!(used().await, (0, 0));
    let olga = home.gate.product_consumers(&caller("olga", &[]), &product("orders"), 31).await.unwrap();
    assert_eq!((olga.trend[0].requests, olga.consumers.len()), (1, 1));
}

#[tokio::test]
async fn changes_of_hidden_columns_are_not_told() {
    let home = Home::new().await;
    let mut changed = compiled("orders", None);
    let output = &mut changed.product.outputs[0];
    output.version = Version::new(1, 1, 0);
    output.contract.version = Version::new(1, 1, 0);
    output.contract.tables[0].columns[1].description = Some("Who buys.".to_owned());
    output.contract.tables[0].columns[3].description = Some("What is earned.".to_owned());
    home.put(changed, Some(1)).await;

    let told = async |caller: &Caller| {
        let changes = home.gate.product_changes(caller, &product("orders")).await.unwrap();
        let newest = &changes.contracts[0];
        assert_eq!(newest.from, Some(Version::new(1, 0, 0)));
        let texts = newest.changes.iter().map(|change| change.text.clone()).collect::<Vec<_>>();
        (texts, changes.runs.len(), changes.history.iter().all(|entry| entry.summary.is_empty()))
    };
    let buyer = "description of `daily.buyer` changed".to_owned();
    assert_eq!(told(&caller("ann", &[])).await, (vec![buyer.clone()], 0, true));
    let margin = "description of `daily.margin` changed".to_owned();
    assert_eq!(told(&caller("olga", &[])).await, (vec![buyer, margin], 1, false));
}

#[tokio::test]
async fn rights_are_told_in_sentences() {
    let home = Home::new().await;
    let ann = caller("ann", &[]);
    let words = async |caller: &Caller, name: &str| {
        let access = home.gate.product_access(caller, &product(name)).await.unwrap();
        access.tables.into_iter().next().unwrap().words
    };
    assert_eq!(
        words(&ann, "orders").await,
        ["Policies let you read it.", "You see all rows.", "One of its columns is masked for you."]
    );
    assert_eq!(
        words(&caller("rob", &["regional"]), "orders").await[1],
        "You see the rows that policies let you see; there may be others."
    );
    let report = words(&ann, "report").await;
    assert_eq!(report, ["You may not read it without an agreement.", "You may ask for one."]);

    let ada = caller("ada", &[]);
    let approved = outport_model::agreement::Agreement {
        state: AgreementState::Approved,
        expires_at: Some(moment(2_000)),
        decision: Some(AgreementDecision { by: None, at: moment(10), comment: None }),
        ..fixture::agreement(1, "report")
    };
    home.gate.wardens().agreements.add_agreement(&fixture::workspace("prod"), &approved).await.unwrap();
    let first = words(&ada, "report").await.remove(0);
    assert_eq!(first, "You may read it under your agreement for “churn analysis”, which ends on 1 November 2026.");
    let access = home.gate.product_access(&ada, &product("report")).await.unwrap();
    assert_eq!(access.agreements[0].words, "In force until 1 November 2026.");
    home.clock.advance(chrono::Duration::seconds(2_000));
    let first = words(&ada, "report").await.remove(0);
    assert_eq!(first, "Your agreement ended on 1 November 2026.");
}

#[tokio::test]
async fn service_levels_of_hidden_columns_are_not_told() {
    let home = Home::new().await;
    let levels = async |caller: &Caller, name: &str| {
        let page = home.gate.product_page(caller, &product(name)).await.unwrap();
        page.outputs[0].contract.sla.len()
    };
    assert_eq!(levels(&caller("ann", &[]), "orders").await, 1);
    assert_eq!(levels(&caller("ann", &[]), "report").await, 2);
    assert_eq!(levels(&Caller::local(), "orders").await, 2);
}

#[tokio::test]
async fn whoever_operates_a_product_is_told_how_it_is_and_of_which_rows_it_was_made() {
    let home = Home::new().await;
    let told = async |caller: &Caller, after: Option<&str>, most: usize| {
        let after = after.map(product);
        let (shown, more) = home.gate.operated_after(caller, after.as_ref(), most).await.unwrap();
        (shown.iter().map(|operated| operated.name.to_string()).collect::<Vec<_>>(), more)
    };
    assert_eq!(told(&caller("ann", &[]), None, 9).await, (Vec::new(), false));
    assert_eq!(told(&caller("olga", &[]), None, 1).await, (vec!["orders".to_owned()], false));
    let root = Caller::local();
    assert_eq!(told(&root, None, 2).await, (vec!["ledger".to_owned(), "orders".to_owned()], true));
    assert_eq!(told(&root, Some("orders"), 2).await, (vec!["report".to_owned()], false));

    let (shown, _) = home.gate.operated_after(&caller("olga", &[]), None, 1).await.unwrap();
    let [orders] = shown.as_slice() else { panic!("{shown:?}") };
    // One check more than of its ports: that of an input.
    assert_eq!((orders.checks.passed, orders.checks.warned, orders.checks.failed), (6, 1, 0));
    assert_eq!(orders.release.map(|release| release.number), Some(ReleaseNumber(1)));
    assert!(orders.behind.is_empty(), "it reads no product");
    assert!(!orders.pending);

    // A run of `report` read rows of `ledger` that another release has replaced since; applied anew, `orders` waits for a run.
    let read = |path: &str| InputVersion::Release {
        product: product("ledger"),
        number: ReleaseNumber(1),
        table: fixture::table_version(path),
    };
    home.run("report", 4, read("ledger/daily")).await;
    let report = async || home.gate.operated_after(&root, Some(&product("orders")), 1).await.unwrap().0.remove(0);
    assert!(report().await.behind.is_empty());
    home.run("report", 5, read("ledger/before")).await;
    assert_eq!(report().await.behind, BTreeSet::from([product("ledger")]));
    home.put(compiled("orders", None), Some(1)).await;
    let (shown, _) = home.gate.operated_after(&caller("olga", &[]), None, 1).await.unwrap();
    assert!(shown[0].pending);
}

#[tokio::test]
async fn whoever_operates_a_product_is_told_which_of_its_inputs_are_gone() {
    let home = Home::new().await;
    let root = Caller::local();
    let missing = async |after: Option<&str>| {
        let after = after.map(product);
        let operated = home.gate.operated_after(&root, after.as_ref(), 1).await.unwrap().0.remove(0);
        operated.missing.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(missing(None).await, [""; 0], "`ledger` reads a port of `orders`");
    assert_eq!(missing(Some("ledger")).await, [""; 0], "`orders` reads files");
    assert_eq!(missing(Some("orders")).await, [""; 0], "`report` reads a port of `ledger`");

    // Another major version is another port.
    let mut next = compiled("ledger", Some("orders"));
    next.product.outputs[0].version = Version::new(2, 0, 0);
    home.put(next, Some(1)).await;
    assert_eq!(missing(Some("orders")).await, ["outport:///ledger/daily@1"]);
    home.put(compiled("ledger", Some("orders")), Some(2)).await;
    assert_eq!(missing(Some("orders")).await, [""; 0]);

    home.remove("ledger", 3).await;
    assert_eq!(missing(Some("orders")).await, ["outport:///ledger/daily@1"]);
}
