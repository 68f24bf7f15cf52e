//! What administrators look at and try.

use std::sync::Arc;

use async_trait::async_trait;
use outport_app::{
    audit::RequestFilter,
    case::Difference,
    engine::{EngineError, Sieve},
    gate::{Caller, ColumnLook, Gate, GateError, Glance, Limits, PolicyTrial, RowGlance},
    identity::{Token, TokenScope, TokenStore, User},
    live::During,
    policy::{CompiledPolicies, PolicyCompiler, PolicyText},
};
use outport_model::{
    access::{PortAction, RowAccess},
    audit::{Outcome, RequestRecord, RequestResult},
    case::{Case, Expected, Subject},
    contract::TableSchema,
    diagnostic::Diagnostic,
    name::GroupName,
    plan::Estate,
    principal::{Door, Principal},
};
use outport_test::{
    audit::MemoryAudit,
    fixture::{
        agreement, daily_of, moment, principal, principal_id, product, product_of_files, request_record, table, token,
        token_id, user,
    },
    identity::{ScriptedAuthenticator, wardens},
    policy::{ClosedPolicies, OpenPolicies},
    store::PutUser,
};
use serde_json::{Map, Value};

use crate::bench::{Bench, with_secret};

/// A gate before one released product `a`.
struct Guarded {
    bench: Bench,
    gate: Gate,
    audit: Arc<MemoryAudit>,
}

/// Every row exists.
#[derive(Debug)]
struct All;

#[async_trait]
impl Sieve for All {
    async fn exist(
        &self,
        _: &TableSchema,
        rows: &[Map<String, Value>],
        _: &RowAccess,
    ) -> Result<Vec<bool>, EngineError> {
        Ok(vec![true; rows.len()])
    }
}

/// Nobody may do anything, unless a text says `open`; a text names the groups that it has as words behind `@`.
#[derive(Debug)]
struct Worded;

impl PolicyCompiler for Worded {
    fn compile(&self, texts: &[PolicyText], products: &Estate) -> Result<CompiledPolicies, Vec<Diagnostic>> {
        if texts.iter().any(|text| text.text.contains("open")) {
            return OpenPolicies.compile(texts, products);
        }
        ClosedPolicies.compile(texts, products)
    }

    fn groups(&self, text: &PolicyText) -> std::collections::BTreeSet<GroupName> {
        text.text.split(' ').filter_map(|word| word.strip_prefix('@')?.parse().ok()).collect()
    }
}

impl Guarded {
    async fn new() -> Self {
        let mut bench = Bench::new();
        bench.apply(vec![with_secret("a")]).await.unwrap();
        bench.app.policies = Arc::new(Worded);
        let audit = Arc::new(MemoryAudit::default());
        let wardens = wardens(&bench.store, Arc::new(ScriptedAuthenticator::default()), audit.clone());
        let gate = Gate::new(bench.app.clone(), wardens, Limits::default()).with_sieve(Arc::new(All));
        Self { bench, gate, audit }
    }

    async fn user(&self, name: &str, groups: &[&str]) -> Caller {
        let someone = principal(name, groups);
        self.bench.store.put_user(&User { principal: someone.clone(), ..user(name) }).await.unwrap();
        caller(someone)
    }

    async fn policies(&self, name: &str, text: &str) {
        let root = Caller::local();
        self.gate.put_policies(&root, name.parse().unwrap(), text.to_owned(), |_| true).await.unwrap();
    }
}

fn caller(principal: Principal) -> Caller {
    Caller { principal, local_user: true, door: Door::Sql, ..Caller::local() }
}

/// Records of requests that differ in everything that can be asked for.
fn record(number: u64, change: impl FnOnce(&mut RequestRecord)) -> RequestRecord {
    let mut record = request_record(number, &format!("SELECT {number}"));
    change(&mut record);
    record
}

#[tokio::test]
async fn requests_are_found_by_what_is_on_record_of_them() {
    let guarded = Guarded::new().await;
    let audit = &guarded.gate.wardens().audit;
    for record in [
        record(1, |_| ()),
        record(2, |record| record.principal = Some(principal_id("bob"))),
        record(3, |record| record.door = Door::Postgres),
        record(4, |record| record.result = RequestResult::Refused { reason: "no".to_owned() }),
        record(5, |record| record.purpose = None),
        record(6, |record| record.reads.clear()),
        record(7, |record| {
            let reads = record.reads.remove(&product("flights")).unwrap();
            record.reads.insert(product("hotels"), reads);
        }),
        record(8, |record| {
            let reads = record.reads.get_mut(&product("flights")).unwrap();
            reads.get_mut(&table("daily")).unwrap().agreement = None;
        }),
    ] {
        audit.append(&record).unwrap();
    }
    let (gate, root) = (&guarded.gate, Caller::local());
    let found = async |change: &dyn Fn(&mut RequestFilter), most: usize| {
        let mut filter = RequestFilter::default();
        change(&mut filter);
        let found = gate.requests(&root, &filter, None, most).await.unwrap();
        found
            .iter()
            .map(|record| record.request.strip_prefix("SELECT ").unwrap().parse().unwrap())
            .collect::<Vec<u64>>()
    };
    let one = request_record(1, "");
    let agreement = one.reads[&product("flights")][&table("daily")].agreement;
    assert_eq!(found(&|_| (), 99).await, [1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(found(&|_| (), 3).await, [6, 7, 8], "the newest ones, oldest first");
    assert_eq!(found(&|filter| filter.principal = Some(principal_id("bob")), 99).await, [2]);
    assert_eq!(found(&|filter| filter.door = Some(Door::Postgres), 99).await, [3]);
    assert_eq!(found(&|filter| filter.outcome = Some(Outcome::Refused), 99).await, [4]);
    assert_eq!(found(&|filter| filter.purpose.clone_from(&one.purpose), 99).await, [1, 2, 3, 4, 6, 7, 8]);
    assert_eq!(found(&|filter| filter.product = Some(product("hotels")), 99).await, [7]);
    assert_eq!(found(&|filter| filter.port = Some("daily".parse().unwrap()), 99).await, [1, 2, 3, 4, 5, 7, 8]);
    let under = |filter: &mut RequestFilter| {
        filter.product = Some(product("flights"));
        filter.agreement = agreement;
    };
    assert_eq!(found(&under, 99).await, [1, 2, 3, 4, 5], "one table that was read is all that is said");
    let during = During { from: Some(moment(3)), until: Some(moment(5)) };
    assert_eq!(found(&|filter| filter.during = during, 99).await, [3, 4, 5]);
    assert_eq!(found(&|filter| filter.during = during, 2).await, [4, 5]);
    let before = gate.requests(&root, &RequestFilter::default(), Some((moment(4), record(4, |_| ()).id)), 2).await;
    assert_eq!(before.unwrap().iter().map(|record| record.at).collect::<Vec<_>>(), [moment(2), moment(3)]);

    let third = record(3, |_| ());
    assert_eq!(gate.request_on_record(&root, third.id).await.unwrap().at, third.at);
    let missing = gate.request_on_record(&root, record(99, |_| ()).id).await;
    assert!(matches!(missing, Err(GateError::NotFound { what: "request", .. })), "{missing:?}");
}

#[tokio::test]
async fn groups_are_those_of_users_policies_and_agreements() {
    let guarded = Guarded::new().await;
    guarded.user("bob", &["analysts"]).await;
    guarded.user("ann", &["analysts", "auditors"]).await;
    guarded.policies("governance", "closed @auditors @visitors").await;
    let mut own = product_of_files("b", &["daily"]);
    own.policies = vec![outport_model::product::PolicyFile {
        file: "policies/own.cedar".to_owned(),
        text: "@analysts".to_owned(),
    }];
    guarded.bench.apply(vec![own]).await.unwrap();
    let store = &guarded.gate.wardens().agreements;
    for (number, days) in [(1, 1), (2, -1)] {
        let mut agreement = agreement(number, "a");
        agreement.consumer = outport_model::agreement::Consumer::Group("partners".parse().unwrap());
        agreement.state = outport_model::agreement::AgreementState::Approved;
        agreement.expires_at = Some(guarded.bench.app.clock.now() + chrono::TimeDelta::days(days));
        store.add_agreement(&guarded.bench.app.workspace, &agreement).await.unwrap();
    }
    let groups = guarded.gate.groups(&Caller::local()).await.unwrap();
    let told: Vec<_> = groups
        .iter()
        .map(|group| {
            let members: Vec<_> = group.members.iter().map(|member| member.id.as_str()).collect();
            let file = |file: &outport_app::gate::GroupPolicies| match &file.product {
                Some(product) => format!("{product}:{}", file.file),
                None => file.file.clone(),
            };
            let policies: Vec<_> = group.policies.iter().map(file).collect();
            format!("{} [{}] [{}] {}", group.name, members.join(" "), policies.join(" "), group.agreements)
        })
        .collect();
    assert_eq!(
        told,
        [
            "analysts [ann bob] [b:policies/own.cedar] 0",
            "auditors [ann] [governance.cedar] 0",
            "partners [] [] 1",
            "visitors [] [governance.cedar] 0",
        ]
    );
}

fn case(allowed: bool) -> Case {
    Case {
        name: "a case".to_owned(),
        file: "a.access.yaml".to_owned(),
        line: 3,
        principal: principal("eve", &[]),
        purpose: None,
        door: Door::Sql,
        agreement: None,
        at: None,
        subject: Subject::Port { port: daily_of("a"), action: PortAction::Read },
        expected: Expected { allowed, ..Expected::default() },
    }
}

fn glance(subject: Caller) -> Glance {
    Glance { subject, product: "a".to_owned(), table: "daily".to_owned(), agreement: None, at: None }
}

#[tokio::test]
async fn policies_are_tried_and_none_is_put_on_record() {
    let guarded = Guarded::new().await;
    let (gate, root) = (&guarded.gate, Caller::local());
    let eve = Caller { local_user: false, ..caller(principal("eve", &[])) };
    let closed = PolicyTrial { cases: vec![case(true)], glance: Some(glance(eve.clone())), ..PolicyTrial::default() };
    let tried = gate.test_policies(&root, closed).await.unwrap();
    let [tried_case] = tried.cases.as_slice() else { panic!("{tried:?}") };
    assert!(!tried.passed && !tried_case.passed);
    let [Difference { expected, found, .. }] = tried_case.differences.as_slice() else { panic!("{tried_case:?}") };
    assert_eq!((expected.as_str(), found.as_str()), ("allowed", "denied"));
    let sight = tried.sight.unwrap();
    assert!(!sight.readable && !sight.columns.is_empty());
    assert!(sight.columns.iter().all(|column| column.sight == ColumnLook::Hidden));
    assert_eq!(sight.rows, RowGlance::None);

    let open = PolicyTrial {
        policies: vec![("trial".parse().unwrap(), "open".to_owned())],
        products: vec![product_of_files("new", &["daily"])],
        cases: vec![Case { subject: Subject::Port { port: daily_of("new"), action: PortAction::Read }, ..case(true) }],
        glance: Some(glance(eve.clone())),
    };
    let tried = gate.test_policies(&root, open).await.unwrap();
    assert!(tried.passed, "{:?}", tried.cases);
    let sight = tried.sight.unwrap();
    assert!(sight.readable && sight.columns.iter().all(|column| column.sight == ColumnLook::Clear));
    assert_eq!((sight.rows, sight.words), (RowGlance::All, None));

    assert!(gate.policies(&root).await.unwrap().is_empty(), "nothing was put on record");
    let again = PolicyTrial { glance: Some(glance(eve)), ..PolicyTrial::default() };
    assert!(!gate.test_policies(&root, again).await.unwrap().sight.unwrap().readable);
    let nowhere = Glance { table: "nosuch".to_owned(), ..glance(Caller::local()) };
    let missing = gate.test_policies(&root, PolicyTrial { glance: Some(nowhere), ..PolicyTrial::default() }).await;
    assert!(matches!(missing, Err(GateError::NotFound { what: "table", .. })), "{missing:?}");
}

#[tokio::test]
async fn who_administers_nothing_is_told_nothing() {
    let guarded = Guarded::new().await;
    guarded.policies("all", "closed").await;
    let ann = guarded.user("ann", &["analysts"]).await;
    let gate = &guarded.gate;
    let filter = RequestFilter { principal: Some(principal_id("ann")), ..RequestFilter::default() };
    let trial = PolicyTrial { glance: Some(glance(ann.clone())), ..PolicyTrial::default() };
    let refused = [
        gate.requests(&ann, &filter, None, 10).await.err(),
        gate.request_on_record(&ann, request_record(1, "").id).await.err(),
        gate.groups(&ann).await.err(),
        gate.file_inputs(&ann).await.err(),
        gate.products_for_tests(&ann).await.err(),
        gate.test_policies(&ann, trial).await.err(),
        gate.product_policies(&ann, &product("a")).await.err(),
        gate.product_policies(&ann, &product("nosuch")).await.err(),
        gate.check_policy_file(&ann, &"x".parse().unwrap(), "open".to_owned()).await.err(),
    ];
    for (number, error) in refused.iter().enumerate() {
        assert!(matches!(error, Some(GateError::Forbidden { .. })), "{number}: {error:?}");
    }
    // A token for some products does not administer, whoever's it is.
    let scope = TokenScope { products: Some([product("a")].into()), ..TokenScope::default() };
    let narrow = Caller { scope, ..Caller::local() };
    assert!(matches!(gate.groups(&narrow).await, Err(GateError::Forbidden { .. })));
    // What does not change anything is put on record by the door.
    assert_eq!(guarded.audit.records().len(), 1);
}

#[tokio::test]
async fn what_can_be_imported_about_is_what_is_known() {
    let guarded = Guarded::new().await;
    let ann = guarded.user("ann", &[]).await;
    let names = async |caller: &Caller| {
        let products = guarded.gate.products_for_import(caller).await.unwrap();
        products.into_iter().map(|product| product.name.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(names(&ann).await, [""; 0], "nothing may be known of");
    assert_eq!(names(&Caller::local()).await, ["a"]);
    guarded.policies("all", "open").await;
    assert_eq!(names(&ann).await, ["a"]);
    let scope = TokenScope { products: Some([product("b")].into()), ..TokenScope::default() };
    assert_eq!(names(&Caller { scope, ..ann }).await, [""; 0], "the token is for another product");
}

#[tokio::test]
async fn people_see_and_end_their_own_tokens_in_the_hub_and_make_none() {
    let guarded = Guarded::new().await;
    let ann = guarded.user("ann", &[]).await;
    guarded.user("bob", &[]).await;
    let store = &guarded.bench.store;
    for (id, owner) in [("t1", "ann"), ("t2", "bob")] {
        store.add_token(&token(id, owner)).await.unwrap();
    }
    let session = Token { scope: TokenScope::session(), ..token("s1", "ann") };
    store.add_token(&session).await.unwrap();
    let gate = &guarded.gate;
    let in_hub = Caller { scope: TokenScope::session(), token: Some(token_id("s1")), door: Door::Hub, ..ann.clone() };
    let own = gate.tokens(&in_hub, Some(&principal_id("ann"))).await.unwrap();
    assert!(own.iter().any(|token| token.id == token_id("t1")), "{own:?}");
    for owner in [Some(principal_id("bob")), None] {
        let others = gate.tokens(&in_hub, owner.as_ref()).await;
        assert!(matches!(others, Err(GateError::Forbidden { .. })), "{others:?}");
    }
    let ann_id = principal_id("ann");
    let made = gate.create_token(&in_hub, &ann_id, "", TokenScope::default(), chrono::TimeDelta::days(1));
    assert!(matches!(made.await, Err(GateError::Forbidden { .. })));
    let other = gate.revoke_token(&in_hub, &token_id("t2")).await;
    assert!(matches!(other, Err(GateError::NotFound { .. })), "{other:?}");
    gate.revoke_token(&in_hub, &token_id("t1")).await.unwrap();
    // A token that is no session ends no other.
    let by_token = Caller { token: Some(token_id("s1")), ..ann };
    let refused = gate.revoke_token(&by_token, &token_id("s1")).await;
    assert!(matches!(refused, Err(GateError::NotFound { .. })), "{refused:?}");
}
