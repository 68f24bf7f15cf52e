//! What the gate lets through, and what it puts on record.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::{Duration, TimeDelta};
use futures::StreamExt;
use outport_app::{
    engine::{Answer, EngineError, Question, Sight, View},
    gate::{Caller, Decision, ErrorKind, Gate, GateError, ImportChange, LONGEST, Limit, Limits, Terms},
    identity::{Authenticated, Credential, TokenScope, User, UserStore},
    policy::{
        Asking, ColumnVerdict, CompiledPolicies, Policies, PolicyCompiler, PolicyText, PortAction, RowVerdict,
        TableVerdict, Verdict,
    },
};
use outport_model::{
    access::{ColumnAccess, TableAccess},
    agreement::{AgreementState, Consumer, PortVersion, Standing, WrittenAgreement},
    audit::RequestResult,
    diagnostic::Diagnostic,
    name::TableName,
    plan::Estate,
    principal::{Door, Principal},
};
use outport_test::{
    audit::MemoryAudit,
    fixture::{agreement, daily_of, principal, principal_id, product, purpose, user},
    identity::{ScriptedAuthenticator, wardens},
    policy::verdict,
    store::{MemoryStore, PutUser},
};

use crate::bench::Bench;

/// Everyone may discover and request; whoever has an agreement may read the columns that it covers; reviewers approve.
#[derive(Debug)]
struct ByAgreement;

impl PolicyCompiler for ByAgreement {
    fn compile(&self, _: &[PolicyText], _: &Estate) -> Result<CompiledPolicies, Vec<Diagnostic>> {
        Ok(CompiledPolicies { policies: Arc::new(Self), warnings: Vec::new() })
    }
}

impl Policies for ByAgreement {
    fn port(&self, asking: &Asking<'_>, action: PortAction, _: &PortVersion) -> Verdict {
        let in_group = |name: &str| asking.principal.groups.iter().any(|group| group.as_str() == name);
        verdict(match action {
            PortAction::Discover => !in_group("strangers"),
            PortAction::Request => true,
            PortAction::Read => asking.agreement.is_some(),
            PortAction::Approve => in_group("reviewers"),
            PortAction::AutoApprove => in_group("trusted"),
            PortAction::Operate => false,
        })
    }

    fn table(&self, asking: &Asking<'_>, _: &PortVersion, _: &TableName) -> TableVerdict {
        let Some(agreement) = asking.agreement else {
            return TableVerdict { read: verdict(false), access: None, columns: Vec::new(), rows: None };
        };
        let access = TableAccess { agreement: Some(agreement.id), ..TableAccess::unrestricted(["id"]) };
        let clear = verdict(true);
        let column = ColumnVerdict { column: "id".to_owned(), access: Some(ColumnAccess::Clear), clear, masked: None };
        TableVerdict {
            read: verdict(true),
            access: Some(access),
            columns: vec![column],
            rows: Some(RowVerdict { permits: Vec::new(), forbids: Vec::new() }),
        }
    }

    fn administer(&self, _: &Asking<'_>) -> Verdict {
        verdict(false)
    }
}

/// A gate before one released product `a`, and what a test can look into.
struct Guarded {
    bench: Bench,
    gate: Gate,
    store: Arc<MemoryStore>,
    audit: Arc<MemoryAudit>,
    authenticator: Arc<ScriptedAuthenticator>,
}

impl Guarded {
    async fn new() -> Self {
        Self::with(Limits::default()).await
    }

    async fn with(limits: Limits) -> Self {
        let mut bench = Bench::released().await;
        bench.app.policies = Arc::new(ByAgreement);
        bench.engine.answer(|_, view| answer(view));
        let (store, audit) = (Arc::clone(&bench.store), Arc::new(MemoryAudit::default()));
        let authenticator = Arc::new(ScriptedAuthenticator::default());
        let wardens = wardens(&store, authenticator.clone(), audit.clone());
        let gate = Gate::new(bench.app.clone(), wardens, limits);
        Self { bench, gate, store, audit, authenticator }
    }

    /// A user on record, at a door.
    async fn user(&self, name: &str, groups: &[&str]) -> Caller {
        let someone = principal(name, groups);
        self.store.put_user(&User { principal: someone.clone(), ..user(name) }).await.unwrap();
        caller(someone)
    }

    /// The agreement that a caller asks for.
    #[expect(clippy::unused_self, reason = "it is of this home")]
    fn terms(&self) -> Terms {
        Terms {
            product: product("a"),
            port: "daily".parse().unwrap(),
            major: None,
            columns: None,
            consumer: None,
            purpose: purpose("churn"),
            justification: None,
            duration: TimeDelta::days(30),
        }
    }

    async fn reads(&self, caller: &Caller) -> Result<u64, GateError> {
        let answered = self.gate.ask(caller, Question::new("SELECT * FROM a.daily")).await?;
        let mut batches = answered.batches;
        let mut rows = 0;
        while let Some(batch) = batches.next().await {
            rows += batch?.num_rows() as u64;
        }
        Ok(rows)
    }

    fn results(&self) -> Vec<&'static str> {
        let name = |result: &RequestResult| match result {
            RequestResult::Answered => "answered",
            RequestResult::Refused { .. } => "refused",
            RequestResult::Limited { .. } => "limited",
            RequestResult::Failed { .. } => "failed",
            RequestResult::Cancelled => "cancelled",
        };
        self.audit.records().iter().map(|record| name(&record.result)).collect()
    }
}

/// No rows of the one table that there is, where the asker sees it.
fn answer(view: &View) -> Result<Answer, EngineError> {
    let (a, daily) = (product("a"), outport_test::fixture::table("daily"));
    if view.products.get(&a).is_some_and(|visible| visible.tables.contains_key(&daily)) {
        let schema = Arc::new(arrow::datatypes::Schema::empty());
        let reads = BTreeMap::from([(a, BTreeMap::from([(daily, BTreeSet::new())]))]);
        return Ok(Answer { schema, reads, batches: Box::pin(futures::stream::empty()) });
    }
    Err(EngineError::Withheld { product: a, table: daily })
}

fn caller(principal: Principal) -> Caller {
    Caller { principal, local_user: true, door: Door::Sql, ..Caller::local() }
}

#[tokio::test]
async fn without_an_agreement_nothing_is_read_and_the_refusal_says_what_to_do() {
    let guarded = Guarded::new().await;
    let ann = guarded.user("ann", &[]).await;
    let view = guarded.gate.view(&ann).await.unwrap();
    assert!(view.products.is_empty());
    assert_eq!(view.withheld.len(), 1);
    let error = guarded.reads(&ann).await.unwrap_err();
    assert!(matches!(error, GateError::NoAgreement { .. }), "{error}");
    assert!(error.help().unwrap().contains("outport access request a.daily"), "{:?}", error.help());
    assert_eq!(guarded.results(), ["refused"]);
}

#[tokio::test]
async fn who_may_not_know_of_a_product_is_not_told_of_it() {
    let guarded = Guarded::new().await;
    let eve = guarded.user("eve", &["strangers"]).await;
    let view = guarded.gate.view(&eve).await.unwrap();
    assert!(view.products.is_empty() && view.withheld.is_empty());
    assert!(guarded.gate.catalog(&eve).await.unwrap().is_empty());
    let error = guarded.gate.request_agreement(&eve, guarded.terms()).await.unwrap_err();
    assert!(matches!(error, GateError::NotFound { what: "port", .. }), "{error}");
}

#[tokio::test]
async fn an_agreement_holds_from_its_approval_to_its_very_end() {
    let guarded = Guarded::new().await;
    let (ann, bob) = (guarded.user("ann", &[]).await, guarded.user("bob", &["reviewers"]).await);
    let asked = guarded.gate.request_agreement(&ann, guarded.terms()).await.unwrap();
    assert_eq!(asked.state, AgreementState::Requested);
    assert!(guarded.reads(&ann).await.is_err(), "asking is not having");

    let own = guarded.gate.decide_agreement(&ann, asked.id, Decision::Approve, None).await;
    assert!(matches!(own, Err(GateError::Forbidden { .. })), "{own:?}");
    let approved = guarded.gate.decide_agreement(&bob, asked.id, Decision::Approve, None).await.unwrap();
    assert_eq!(guarded.reads(&ann).await.unwrap(), 0);
    let view = guarded.gate.view(&ann).await.unwrap();
    let table = view.products[&product("a")].tables.values().next().unwrap();
    assert!(matches!(&table.sight, Sight::Part(access) if access.agreement == Some(asked.id)));

    guarded.bench.clock.advance(Duration::days(30) - Duration::seconds(1));
    assert!(guarded.reads(&ann).await.is_ok());
    guarded.bench.clock.advance(Duration::seconds(1));
    let error = guarded.reads(&ann).await.unwrap_err();
    let GateError::AgreementExpired { agreement, at, .. } = error else { panic!("{error}") };
    assert_eq!((agreement, Some(at)), (asked.id, approved.expires_at));
    let (_, standing) = guarded.gate.agreements(&ann).await.unwrap().remove(0);
    assert_eq!(standing, Standing::Expired);
}

#[tokio::test]
async fn an_agreement_is_for_its_purpose() {
    let guarded = Guarded::new().await;
    let ann = guarded.user("ann", &["trusted"]).await;
    let agreed = guarded.gate.request_agreement(&ann, guarded.terms()).await.unwrap();
    assert_eq!((agreed.state, agreed.decision.unwrap().by), (AgreementState::Approved, None), "approved by a policy");
    let same = Caller { purpose: Some(purpose("churn")), ..ann.clone() };
    assert!(guarded.reads(&same).await.is_ok());
    let other = Caller { purpose: Some(purpose("marketing")), ..ann.clone() };
    let error = guarded.reads(&other).await.unwrap_err();
    assert!(matches!(error, GateError::OtherPurpose { .. }), "{error}");
    let record = guarded.audit.records().pop().unwrap();
    assert_eq!(record.purpose, Some(purpose("marketing")));
}

#[tokio::test]
async fn a_revoked_agreement_is_over_at_once() {
    let guarded = Guarded::new().await;
    let ann = guarded.user("ann", &["trusted"]).await;
    let agreed = guarded.gate.request_agreement(&ann, guarded.terms()).await.unwrap();
    assert!(guarded.reads(&ann).await.is_ok());
    guarded.gate.revoke_agreement(&ann, agreed.id, None).await.unwrap();
    assert!(matches!(guarded.reads(&ann).await, Err(GateError::NoAgreement { .. })));
    let again = guarded.gate.revoke_agreement(&ann, agreed.id, None).await;
    assert!(matches!(again, Err(GateError::AgreementMoved { state: AgreementState::Revoked, .. })), "{again:?}");
}

#[tokio::test]
async fn an_answer_that_is_taken_in_steps_does_not_outlive_the_right_to_it() {
    let guarded = Guarded::new().await;
    let ann = guarded.user("ann", &["trusted"]).await;
    let agreed = guarded.gate.request_agreement(&ann, guarded.terms()).await.unwrap();
    let answered = guarded.gate.ask(&ann, Question::new("SELECT * FROM a.daily")).await.unwrap();
    guarded.gate.confirm(&ann, &answered.right).await.unwrap();
    // Something changes that is none of this answer's business.
    guarded.user("bob", &["reviewers"]).await;
    guarded.gate.confirm(&ann, &answered.right).await.unwrap();
    guarded.gate.revoke_agreement(&ann, agreed.id, None).await.unwrap();
    let over = guarded.gate.confirm(&ann, &answered.right).await.unwrap_err();
    assert!(matches!(over, GateError::NoAgreement { .. }), "{over}");
    // They may read again, and under another agreement.
    guarded.gate.request_agreement(&ann, guarded.terms()).await.unwrap();
    let other = guarded.gate.confirm(&ann, &answered.right).await.unwrap_err();
    assert_eq!(other.to_string(), "what you may read of `a.daily` has changed since the query began");
    guarded.bench.clock.advance(Duration::days(31));
    let expired = guarded.gate.confirm(&ann, &answered.right).await.unwrap_err();
    assert!(matches!(expired, GateError::AgreementExpired { .. }), "{expired}");
}

#[tokio::test]
async fn two_reviewers_decide_once() {
    let guarded = Guarded::new().await;
    let ann = guarded.user("ann", &[]).await;
    let (bob, cem) = (guarded.user("bob", &["reviewers"]).await, guarded.user("cem", &["reviewers"]).await);
    let asked = guarded.gate.request_agreement(&ann, guarded.terms()).await.unwrap();
    let (approved, rejected) = tokio::join!(
        guarded.gate.decide_agreement(&bob, asked.id, Decision::Approve, None),
        guarded.gate.decide_agreement(&cem, asked.id, Decision::Reject, None),
    );
    assert_eq!(u8::from(approved.is_ok()) + u8::from(rejected.is_ok()), 1);
}

#[tokio::test]
async fn what_is_on_record_of_a_user_holds_and_not_what_it_was_when_they_came() {
    let guarded = Guarded::new().await;
    let ann = guarded.user("ann", &["trusted"]).await;
    guarded.gate.request_agreement(&ann, guarded.terms()).await.unwrap();
    assert!(guarded.reads(&ann).await.is_ok());
    let kept_out = User { disabled: true, principal: ann.principal.clone(), ..user("ann") };
    guarded.store.put_user(&kept_out).await.unwrap();
    assert!(matches!(guarded.reads(&ann).await, Err(GateError::Unauthenticated { .. })));
    guarded.store.remove_user(&principal_id("ann"), guarded.bench.app.clock.now()).await.unwrap();
    assert!(matches!(guarded.reads(&ann).await, Err(GateError::Unauthenticated { .. })));
}

#[tokio::test]
async fn a_token_is_good_for_what_it_was_made_for() {
    let guarded = Guarded::new().await;
    let ann = guarded.user("ann", &["trusted"]).await;
    guarded.gate.request_agreement(&ann, guarded.terms()).await.unwrap();
    let scope = TokenScope { products: Some(BTreeSet::from([product("b")])), doors: None };
    let elsewhere = Caller { scope, ..ann.clone() };
    assert!(guarded.gate.view(&elsewhere).await.unwrap().products.is_empty());

    let scope = TokenScope { doors: Some(BTreeSet::from([Door::Postgres])), products: None };
    let known = Authenticated { principal: ann.principal.clone(), scope, until: None, token: None, local_user: true };
    guarded.authenticator.accept_as("t", known);
    let credential = Credential::Bearer("t".to_owned());
    let refused = guarded.gate.authenticate(&credential, "here", Door::Sql, None).await;
    assert!(matches!(refused, Err(GateError::Unauthenticated { .. })), "{refused:?}");
    assert!(guarded.gate.authenticate(&credential, "here", Door::Postgres, None).await.is_ok());
}

#[tokio::test]
async fn every_request_is_on_record_once_also_where_the_asker_goes_away() {
    let guarded = Guarded::new().await;
    let ann = guarded.user("ann", &["trusted"]).await;
    guarded.gate.request_agreement(&ann, guarded.terms()).await.unwrap();
    guarded.reads(&ann).await.unwrap();
    drop(guarded.gate.ask(&ann, Question::new("SELECT * FROM a.daily")).await.unwrap());
    let wrong = Credential::Bearer("nobody".to_owned());
    guarded.gate.authenticate(&wrong, "there", Door::Flight, None).await.unwrap_err();
    assert_eq!(guarded.results(), ["answered", "answered", "cancelled", "refused"]);
}

#[tokio::test]
async fn one_principal_has_only_so_many_queries_at_once() {
    let limits = Limits { concurrent: 1, wait: std::time::Duration::ZERO, ..Limits::default() };
    let guarded = Guarded::with(limits).await;
    let ann = guarded.user("ann", &["trusted"]).await;
    guarded.gate.request_agreement(&ann, guarded.terms()).await.unwrap();
    let first = guarded.gate.ask(&ann, Question::new("SELECT * FROM a.daily")).await.unwrap();
    let error = guarded.reads(&ann).await.unwrap_err();
    assert!(matches!(error, GateError::Limited { limit: Limit::Concurrent, value: 1 }), "{error}");
    drop(first);
    assert!(guarded.reads(&ann).await.is_ok());
}

#[tokio::test]
async fn a_query_waits_for_its_turn() {
    let guarded = Guarded::with(Limits { concurrent: 1, ..Limits::default() }).await;
    let ann = guarded.user("ann", &["trusted"]).await;
    guarded.gate.request_agreement(&ann, guarded.terms()).await.unwrap();
    let first = guarded.gate.ask(&ann, Question::new("SELECT * FROM a.daily")).await.unwrap();
    let end = async {
        tokio::task::yield_now().await;
        drop(first);
    };
    let (second, ()) = tokio::join!(guarded.reads(&ann), end);
    second.unwrap();
    assert_eq!(guarded.results(), ["answered", "cancelled", "answered"]);
}

#[tokio::test]
async fn memory_that_is_not_given_is_a_limit_and_on_record_by_its_name() {
    let guarded = Guarded::new().await;
    let ann = guarded.user("ann", &["trusted"]).await;
    guarded.gate.request_agreement(&ann, guarded.terms()).await.unwrap();
    guarded.bench.engine.answer(|_, _| {
        Err(EngineError::Memory { what: "the query".to_owned(), limit: Limit::Memory, bytes: 64 << 20 })
    });
    let error = guarded.reads(&ann).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit);
    assert_eq!(error.to_string(), "the limit `memory` of 64MiB is reached");
    let record = guarded.audit.records().pop().unwrap();
    assert_eq!(record.result, RequestResult::Limited { limit: "memory".to_owned() });
}

#[tokio::test]
async fn planning_counts_among_the_queries_and_ends_with_its_time() {
    let guarded = Guarded::with(Limits { concurrent: 1, wait: std::time::Duration::ZERO, ..Limits::default() }).await;
    let caller = Caller::local();
    let question = Question::new("SELECT 1");
    let answered = guarded.gate.ask(&caller, question.clone()).await.unwrap();
    let refused = guarded.gate.prospect(&caller, &question).await.unwrap_err();
    assert_eq!(refused.to_string(), "the limit `concurrent` of 1 is reached");
    let refused = guarded.gate.admit(&caller).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Busy);
    drop(answered);
    guarded.gate.prospect(&caller, &question).await.unwrap();
    // What was planned has given its place back.
    let permit = guarded.gate.admit(&caller).await.unwrap();
    assert!(guarded.gate.ask(&caller, question).await.is_err());
    drop(permit);

    let hurried = Guarded::with(Limits { time: std::time::Duration::ZERO, ..Limits::default() }).await;
    hurried.bench.engine.interrupt("prospect", std::future::pending());
    let late = hurried.gate.prospect(&caller, &Question::new("SELECT 1")).await.unwrap_err();
    assert_eq!(late.kind(), ErrorKind::TimeLimit, "{late}");
}

#[tokio::test]
async fn a_user_is_changed_only_as_the_caller_has_seen_them() {
    let guarded = Guarded::new().await;
    let admin = Caller::local();
    guarded.user("ann", &["analysts"]).await;
    let change = |groups: &[&str]| outport_app::gate::UserChange {
        principal: principal("ann", groups),
        password: None,
        disabled: None,
    };
    let seen = guarded.gate.user(&admin, &principal_id("ann")).await.unwrap();
    let is_seen = |known: Option<&User>| known == Some(&seen);
    guarded.gate.put_user(&admin, change(&["auditors"]), is_seen).await.unwrap();
    let refused = guarded.gate.put_user(&admin, change(&["strangers"]), is_seen).await.unwrap_err();
    assert_eq!(refused.to_string(), "user `ann` has changed meanwhile");
    let found = guarded.gate.user(&admin, &principal_id("ann")).await.unwrap();
    assert_eq!(found.principal, principal("ann", &["auditors"]));
    let record = guarded.audit.records().pop().unwrap();
    assert_eq!((record.request.as_str(), record.error.as_deref()), ("put user ann", Some("changed")));
    assert!(matches!(record.result, RequestResult::Failed { .. }));
}

#[tokio::test]
async fn local_names_cannot_be_those_of_a_provider() {
    let guarded = Guarded::new().await;
    let admin = Caller::local();
    let change =
        outport_app::gate::UserChange { principal: principal("corporate:ann", &[]), password: None, disabled: None };
    let refused = guarded.gate.put_user(&admin, change, |_| true).await;
    assert!(matches!(refused, Err(GateError::Terms { .. })), "{refused:?}");
    let ann = guarded.user("ann", &[]).await;
    assert!(matches!(guarded.gate.users(&ann).await, Err(GateError::Forbidden { .. })));
}

fn written(number: u64, name: &str, state: AgreementState) -> WrittenAgreement {
    let agreement = agreement(number, "a");
    WrittenAgreement {
        id: agreement.id,
        port: agreement.port,
        columns: None,
        consumer: Consumer::Principal(principal_id(name)),
        purpose: purpose("churn"),
        justification: None,
        state,
        requested_by: None,
        requested_at: None,
        begins_at: None,
        expires_at: None,
        seconds: None,
        renews: None,
        document: serde_json::json!({"name": "of elsewhere"}),
    }
}

impl Guarded {
    async fn import(&self, caller: &Caller, all: &[WrittenAgreement]) -> Result<Vec<ImportChange>, GateError> {
        let imported = self.gate.import_agreements(caller, all.to_vec(), Some(TimeDelta::days(30))).await?;
        Ok(imported.into_iter().map(|imported| imported.change).collect())
    }

    async fn agreements(&self) -> usize {
        self.gate.agreements(&Caller::local()).await.unwrap().len()
    }
}

#[tokio::test]
async fn an_imported_agreement_holds_and_importing_again_changes_nothing() {
    let guarded = Guarded::new().await;
    let ann = guarded.user("ann", &[]).await;
    let bob = guarded.user("bob", &["reviewers"]).await;
    let all = [written(1, "ann", AgreementState::Approved), written(2, "cem", AgreementState::Requested)];
    assert_eq!(guarded.import(&bob, &all).await.unwrap(), [ImportChange::Added; 2]);
    assert!(guarded.reads(&ann).await.is_ok());
    guarded.bench.clock.advance(Duration::days(1));
    assert_eq!(guarded.import(&bob, &all).await.unwrap(), [ImportChange::Unchanged; 2]);
    let (imported, _) = guarded.gate.agreements(&ann).await.unwrap().remove(0);
    assert_eq!(imported.expires_at, Some(guarded.bench.app.clock.now() + TimeDelta::days(29)));
    assert_eq!(imported.decision.unwrap().by, Some(principal_id("bob")), "it holds by the word of who imported it");
    assert_eq!(imported.document, Some(serde_json::json!({"name": "of elsewhere"})));

    let on = [written(1, "ann", AgreementState::Revoked), written(2, "cem", AgreementState::Approved)];
    assert_eq!(guarded.import(&bob, &on).await.unwrap(), [ImportChange::Moved; 2]);
    assert!(matches!(guarded.reads(&ann).await, Err(GateError::NoAgreement { .. })));
    let requests: Vec<_> = guarded.audit.records().into_iter().map(|record| record.request).collect();
    assert_eq!(requests.iter().filter(|request| request.starts_with("import 0192")).count(), 3, "{requests:?}");
}

#[tokio::test]
async fn what_is_imported_comes_on_record_wholly_or_not_at_all() {
    let guarded = Guarded::new().await;
    let bob = guarded.user("bob", &["reviewers"]).await;
    let good = written(1, "ann", AgreementState::Approved);
    let elsewhere = WrittenAgreement { port: daily_of("b"), ..written(2, "ann", AgreementState::Approved) };
    let refused = guarded.import(&bob, &[good.clone(), elsewhere]).await;
    assert!(matches!(refused, Err(GateError::NotFound { what: "port", .. })), "{refused:?}");
    let columns = WrittenAgreement {
        columns: Some(BTreeSet::from(["nowhere".to_owned()])),
        ..written(2, "ann", AgreementState::Approved)
    };
    let refused = guarded.import(&bob, &[good.clone(), columns]).await;
    assert!(matches!(refused, Err(GateError::Terms { .. })), "{refused:?}");
    let late = guarded.bench.app.clock.now() + LONGEST + TimeDelta::days(1);
    let endless = WrittenAgreement { expires_at: Some(late), ..written(2, "ann", AgreementState::Approved) };
    let refused = guarded.import(&bob, &[good.clone(), endless]).await;
    assert!(matches!(refused, Err(GateError::Terms { .. })), "{refused:?}");
    assert_eq!(guarded.agreements().await, 0);

    guarded.import(&bob, std::slice::from_ref(&good)).await.unwrap();
    for changed in [
        WrittenAgreement { consumer: Consumer::Principal(principal_id("eve")), ..good.clone() },
        WrittenAgreement { purpose: purpose("marketing"), ..good.clone() },
        WrittenAgreement { state: AgreementState::Requested, ..good.clone() },
        WrittenAgreement { expires_at: Some(guarded.bench.app.clock.now() + TimeDelta::days(2)), ..good.clone() },
    ] {
        let refused = guarded.import(&bob, &[written(3, "cem", AgreementState::Approved), changed]).await;
        assert!(matches!(refused, Err(GateError::Terms { .. })), "{refused:?}");
    }
    assert_eq!(guarded.agreements().await, 1);
}

#[tokio::test]
async fn only_who_may_decide_imports_and_nobody_for_themselves() {
    let guarded = Guarded::new().await;
    let ann = guarded.user("ann", &[]).await;
    let bob = guarded.user("bob", &["reviewers"]).await;
    for (caller, name) in [(&ann, "ann"), (&ann, "cem"), (&bob, "bob")] {
        let refused = guarded.import(caller, &[written(1, name, AgreementState::Approved)]).await;
        assert!(matches!(refused, Err(GateError::Forbidden { .. })), "{name}: {refused:?}");
    }
    let own = WrittenAgreement {
        consumer: Consumer::Group("reviewers".parse().unwrap()),
        requested_by: Some(principal_id("cem")),
        ..written(1, "bob", AgreementState::Approved)
    };
    let refused = guarded.import(&bob, &[own]).await;
    assert!(matches!(refused, Err(GateError::Forbidden { .. })), "{refused:?}");
    let scope = TokenScope { products: Some(BTreeSet::from([product("b")])), doors: None };
    let elsewhere = Caller { scope, ..bob.clone() };
    let refused = guarded.import(&elsewhere, &[written(1, "cem", AgreementState::Approved)]).await;
    assert!(matches!(refused, Err(GateError::Forbidden { .. })), "{refused:?}");
    assert!(guarded.import(&Caller::local(), &[written(1, "cem", AgreementState::Approved)]).await.is_ok());
    assert_eq!(guarded.agreements().await, 1);
    assert_eq!(guarded.results(), ["refused", "refused", "refused", "refused", "refused", "answered"]);
}
