//! Who keeps which questions, and who sees them.

use std::{collections::BTreeSet, sync::Arc};

use arrow::datatypes::{DataType as ArrowType, Field, Schema};
use chrono::TimeDelta;
use outport_app::{
    engine::{Answer, EngineError, Question, Reads, View},
    gate::{Caller, Gate, GateError, Limit, Limits, QUESTIONS_EACH, SeenQuestion},
    identity::{TokenScope, User},
    policy::{
        Asking, CompiledPolicies, Policies, PolicyCompiler, PolicyText, PortAction, RowVerdict, TableVerdict, Verdict,
    },
};
use outport_model::{
    access::TableAccess,
    agreement::PortVersion,
    diagnostic::Diagnostic,
    name::TableName,
    plan::Estate,
    principal::Door,
    question::{QuestionContent, QuestionId},
};
use outport_test::{
    audit::MemoryAudit,
    fixture::{principal, principal_id, product, question_id, table, user},
    identity::{ScriptedAuthenticator, wardens},
    policy::verdict,
    store::PutUser,
};
use serde_json::{Value, json};

use crate::bench::{Bench, with_secret};

/// Readers may read of each table the column `id` alone; guests know of `a` and no more; wardens administer and know of
/// nothing; all others read everything.
#[derive(Debug)]
struct ByGroup;

impl PolicyCompiler for ByGroup {
    fn compile(&self, _: &[PolicyText], _: &Estate) -> Result<CompiledPolicies, Vec<Diagnostic>> {
        Ok(CompiledPolicies { policies: Arc::new(Self), warnings: Vec::new() })
    }
}

fn is_in(asking: &Asking<'_>, name: &str) -> bool {
    asking.principal.groups.iter().any(|group| group.as_str() == name)
}

impl Policies for ByGroup {
    fn port(&self, asking: &Asking<'_>, action: PortAction, port: &PortVersion) -> Verdict {
        let (guest, warden) = (is_in(asking, "guests"), is_in(asking, "wardens"));
        verdict(match action {
            PortAction::Discover => !warden && (!guest || port.product == product("a")),
            PortAction::Read => !warden && !guest,
            _ => false,
        })
    }

    fn table(&self, asking: &Asking<'_>, _: &PortVersion, _: &TableName) -> TableVerdict {
        let columns: &[&str] = match () {
            () if is_in(asking, "guests") || is_in(asking, "wardens") => {
                return TableVerdict { read: verdict(false), access: None, columns: Vec::new(), rows: None };
            }
            () if is_in(asking, "readers") => &["id"],
            () => &["id", "secret"],
        };
        TableVerdict {
            read: verdict(true),
            access: Some(TableAccess::unrestricted(columns.iter().copied())),
            columns: Vec::new(),
            rows: Some(RowVerdict { permits: Vec::new(), forbids: Vec::new() }),
        }
    }

    fn administer(&self, asking: &Asking<'_>) -> Verdict {
        verdict(is_in(asking, "wardens"))
    }
}

struct Guarded {
    bench: Bench,
    gate: Gate,
    audit: Arc<MemoryAudit>,
}

impl Guarded {
    /// With the products `a` and `b`, each with a table `daily` of the columns `id` and `secret`.
    async fn new() -> Self {
        let mut bench = Bench::new();
        bench.apply(vec![with_secret("a"), with_secret("b")]).await.unwrap();
        bench.app.policies = Arc::new(ByGroup);
        bench.engine.answer(planned);
        let audit = Arc::new(MemoryAudit::default());
        let wardens = wardens(&bench.store, Arc::new(ScriptedAuthenticator::default()), audit.clone());
        let gate = Gate::new(bench.app.clone(), wardens, Limits::default());
        Self { bench, gate, audit }
    }

    async fn user(&self, name: &str, groups: &[&str]) -> Caller {
        let principal = principal(name, groups);
        self.bench.store.put_user(&User { principal: principal.clone(), ..user(name) }).await.unwrap();
        Caller { principal, local_user: true, door: Door::Management, ..Caller::local() }
    }

    async fn saves(&self, caller: &Caller, sql: &str, audience: Value) -> QuestionId {
        self.gate.save_question(caller, content(sql, audience)).await.unwrap().id
    }

    async fn listed(&self, caller: &Caller) -> Vec<QuestionId> {
        ids(&self.gate.questions(caller, None, None, 100).await.unwrap().0)
    }

    async fn listed_of(&self, caller: &Caller, owner: &str) -> Vec<QuestionId> {
        ids(&self.gate.questions(caller, Some(&principal_id(owner)), None, 100).await.unwrap().0)
    }
}

fn ids(found: &[SeenQuestion]) -> Vec<QuestionId> {
    found.iter().map(|question| question.id).collect()
}

#[expect(clippy::needless_pass_by_value, reason = "whoever calls makes it for this")]
fn content(sql: &str, audience: Value) -> QuestionContent {
    serde_json::from_value(json!({ "title": "mine", "sql": sql, "audience": audience })).unwrap()
}

fn everyone() -> Value {
    json!({ "kind": "everyone" })
}

fn nobody() -> Value {
    json!({ "kind": "owner" })
}

/// Plans `SELECT <columns> FROM <product>.<table>`, and nothing else.
fn planned(question: &Question, view: &View) -> Result<Answer, EngineError> {
    let wrong = || EngineError::Query { reason: "it does not plan".to_owned(), position: None, help: None };
    let (columns, from) =
        question.sql.strip_prefix("SELECT ").and_then(|rest| rest.split_once(" FROM ")).ok_or_else(wrong)?;
    let (of, named) = from.split_once('.').ok_or_else(wrong)?;
    let tables = &view.products.get(&product(of)).ok_or_else(wrong)?.tables;
    let known: BTreeSet<&str> =
        tables.get(&table(named)).ok_or_else(wrong)?.columns.iter().map(|column| column.name.as_str()).collect();
    let columns: Vec<&str> =
        if columns == "*" { known.iter().copied().collect() } else { columns.split(", ").collect() };
    if !columns.iter().all(|column| known.contains(column)) {
        return Err(wrong());
    }
    let fields: Vec<_> = columns.iter().map(|name| Field::new(*name, ArrowType::Utf8, true)).collect();
    let batches = Box::pin(futures::stream::empty());
    Ok(Answer { schema: Arc::new(Schema::new(fields)), reads: Reads::new(), batches })
}

#[tokio::test]
async fn what_is_kept_for_oneself_nobody_else_sees() {
    let guarded = Guarded::new().await;
    let (ann, bob) = (guarded.user("ann", &[]).await, guarded.user("bob", &[]).await);
    // Whether it can be asked does not matter.
    let id = guarded.saves(&ann, "SELECT nonsense", nobody()).await;
    let seen = guarded.gate.question(&ann, id).await.unwrap();
    assert_eq!(
        (seen.owner.as_str(), seen.title.as_str(), seen.may_change, seen.may_remove),
        ("ann", "mine", true, true)
    );
    assert_eq!((guarded.listed(&ann).await, guarded.listed(&bob).await), (vec![id], Vec::new()));
    assert_eq!(guarded.listed_of(&bob, "ann").await, []);
    let refusals = [
        guarded.gate.question(&bob, id).await.unwrap_err(),
        guarded.gate.change_question(&bob, id, content("SELECT 1", everyone()), |_| true).await.unwrap_err(),
        guarded.gate.remove_question(&bob, id).await.unwrap_err(),
    ];
    // The same as of what is not there.
    let missing = guarded.gate.question(&bob, question_id(7)).await.unwrap_err();
    for error in refusals.iter().chain([&missing]) {
        assert!(matches!(error, GateError::NotFound { what: "question", .. }), "{error}");
    }
}

#[tokio::test]
async fn what_is_shared_is_seen_as_far_as_everything_that_it_names_exists() {
    let guarded = Guarded::new().await;
    let ann = guarded.user("ann", &[]).await;
    let (bob, rob) = (guarded.user("bob", &[]).await, guarded.user("rob", &["readers"]).await);
    let guest = guarded.user("gil", &["guests"]).await;
    let plain = guarded.saves(&ann, "SELECT id FROM a.daily", everyone()).await;
    let secret = guarded.saves(&ann, "SELECT secret FROM a.daily", everyone()).await;
    let all = guarded.saves(&ann, "SELECT * FROM a.daily", everyone()).await;
    let of_b = guarded.saves(&ann, "SELECT id FROM b.daily", everyone()).await;
    let broken = guarded.saves(&ann, "SELECT id FROM a.nothing", everyone()).await;
    for (caller, sees) in [
        (&ann, vec![broken, of_b, all, secret, plain]),
        (&bob, vec![of_b, all, secret, plain]),
        // The column is not there for them.
        (&rob, vec![of_b, all, plain]),
        // They may not read it, and know what its contract promises.
        (&guest, vec![all, secret, plain]),
    ] {
        let who = &caller.principal.id;
        assert_eq!(guarded.listed(caller).await, sees, "{who}");
        assert_eq!(guarded.listed_of(caller, "ann").await, sees, "{who}");
        for id in [plain, secret, all, of_b, broken] {
            let found = guarded.gate.question(caller, id).await;
            assert_eq!(found.is_ok(), sees.contains(&id), "{who}");
            if let Ok(found) = found {
                assert_eq!(
                    (found.may_change, found.audience.is_some()),
                    (*who == ann.principal.id, *who == ann.principal.id)
                );
            }
        }
    }
}

#[tokio::test]
async fn people_and_groups_see_what_is_for_them_by_name() {
    let guarded = Guarded::new().await;
    let ann = guarded.user("ann", &[]).await;
    let (bob, rob) = (guarded.user("bob", &[]).await, guarded.user("rob", &["readers"]).await);
    let eve = guarded.user("eve", &[]).await;
    let who = json!([{ "kind": "principal", "name": "bob" }, { "kind": "group", "name": "readers" }]);
    let named = json!({ "kind": "named", "who": who });
    let plain = guarded.saves(&ann, "SELECT id FROM a.daily", named.clone()).await;
    let secret = guarded.saves(&ann, "SELECT secret FROM a.daily", named).await;
    assert_eq!(guarded.listed(&bob).await, [secret, plain]);
    assert_eq!(guarded.listed(&rob).await, [plain], "it is for them, and would tell of what is hidden");
    assert_eq!(guarded.listed(&eve).await, []);
    assert!(matches!(guarded.gate.question(&eve, plain).await, Err(GateError::NotFound { .. })));
}

#[tokio::test]
async fn what_became_hidden_is_seen_no_more() {
    let guarded = Guarded::new().await;
    let (ann, bob) = (guarded.user("ann", &[]).await, guarded.user("bob", &[]).await);
    let id = guarded.saves(&ann, "SELECT secret FROM a.daily", everyone()).await;
    assert_eq!(guarded.listed(&bob).await, [id]);
    guarded.user("bob", &["readers"]).await;
    assert_eq!(guarded.listed(&bob).await, []);
    guarded.user("bob", &[]).await;
    assert_eq!(guarded.listed(&bob).await, [id]);
}

#[tokio::test]
async fn a_chart_is_shown_to_who_has_its_columns() {
    let guarded = Guarded::new().await;
    let (ann, rob) = (guarded.user("ann", &[]).await, guarded.user("rob", &["readers"]).await);
    let drawn = json!({
        "title": "drawn", "sql": "SELECT * FROM a.daily", "audience": everyone(),
        "chart": { "form": "bars", "along": "id", "values": ["secret"], "split": null },
    });
    let id = guarded.gate.save_question(&ann, serde_json::from_value(drawn).unwrap()).await.unwrap().id;
    let chart = async |caller: &Caller| guarded.gate.question(caller, id).await.unwrap().chart;
    assert!(chart(&ann).await.is_some());
    assert_eq!(chart(&rob).await, None);
}

#[tokio::test]
async fn only_its_owner_changes_a_question_and_only_as_it_was_seen() {
    let guarded = Guarded::new().await;
    let (ann, bob) = (guarded.user("ann", &[]).await, guarded.user("bob", &[]).await);
    let id = guarded.saves(&ann, "SELECT id FROM a.daily", everyone()).await;
    let newer = || content("SELECT id FROM b.daily", nobody());
    let gate = &guarded.gate;
    for error in [
        gate.change_question(&bob, id, newer(), |_| true).await.unwrap_err(),
        gate.remove_question(&bob, id).await.unwrap_err(),
    ] {
        assert!(matches!(error, GateError::Forbidden { .. }), "{error}");
    }
    let error = gate.change_question(&ann, id, newer(), |_| false).await.unwrap_err();
    assert_eq!(error.to_string(), format!("question `{id}` has changed meanwhile"));
    guarded.bench.clock.advance(TimeDelta::seconds(5));
    let before = gate.question(&bob, id).await.unwrap();
    let changed = gate.change_question(&ann, id, newer(), |seen| seen.id == id).await.unwrap();
    assert_eq!(
        (changed.created_at, changed.changed_at),
        (before.created_at, before.created_at + TimeDelta::seconds(5))
    );
    assert_eq!(gate.question(&ann, id).await.unwrap(), changed);
    assert_eq!(guarded.listed(&bob).await, [], "it is shared no more");
    gate.remove_question(&ann, id).await.unwrap();
    assert!(matches!(gate.remove_question(&ann, id).await, Err(GateError::NotFound { .. })));
    assert_eq!(guarded.listed(&ann).await, []);
}

#[tokio::test]
async fn administrators_remove_what_they_may_know_of() {
    let guarded = Guarded::new().await;
    let ann = guarded.user("ann", &[]).await;
    let (root, warden) = (guarded.user("root", &["administrators"]).await, guarded.user("wanda", &["wardens"]).await);
    let kept = guarded.saves(&ann, "SELECT id FROM a.daily", nobody()).await;
    let broken = guarded.saves(&ann, "what was I about to ask", nobody()).await;
    assert_eq!(guarded.listed(&root).await, [], "it is not for them");
    assert_eq!(guarded.listed_of(&root, "ann").await, [broken, kept]);
    // Whoever administers by a policy alone is told of no product that is hidden from them.
    assert_eq!(guarded.listed_of(&warden, "ann").await, []);
    assert!(matches!(guarded.gate.remove_question(&warden, kept).await, Err(GateError::NotFound { .. })));
    let seen = guarded.gate.question(&root, broken).await.unwrap();
    assert_eq!((seen.may_change, seen.may_remove), (false, true));
    let change = guarded.gate.change_question(&root, kept, content("SELECT 1", nobody()), |_| true).await;
    assert!(matches!(change, Err(GateError::Forbidden { .. })));
    guarded.gate.remove_question(&root, broken).await.unwrap();
    assert_eq!(guarded.listed(&ann).await, [kept]);
    // A credential that is good for some products alone does not administer.
    let scope = TokenScope { products: Some([product("a")].into()), ..TokenScope::default() };
    let narrow = Caller { scope, ..root };
    assert!(matches!(guarded.gate.remove_question(&narrow, kept).await, Err(GateError::NotFound { .. })));
}

#[tokio::test]
async fn a_credential_for_some_products_tells_of_these_alone() {
    let guarded = Guarded::new().await;
    let ann = guarded.user("ann", &[]).await;
    let of_a = guarded.saves(&ann, "SELECT id FROM a.daily", nobody()).await;
    let of_b = guarded.saves(&ann, "SELECT id FROM b.daily", nobody()).await;
    let scope = TokenScope { products: Some([product("a")].into()), ..TokenScope::default() };
    let narrow = Caller { scope, ..ann.clone() };
    assert_eq!((guarded.listed(&narrow).await, guarded.listed(&ann).await), (vec![of_a], vec![of_b, of_a]));
    assert!(matches!(guarded.gate.question(&narrow, of_b).await, Err(GateError::NotFound { .. })));
}

#[tokio::test]
async fn an_owner_keeps_so_many() {
    let guarded = Guarded::new().await;
    let ann = guarded.user("ann", &[]).await;
    let mut last = None;
    for _ in 0..QUESTIONS_EACH {
        last = Some(guarded.saves(&ann, "SELECT 1", nobody()).await);
    }
    let error = guarded.gate.save_question(&ann, content("SELECT 1", nobody())).await.unwrap_err();
    assert!(matches!(error, GateError::Limited { limit: Limit::QuestionsEach, .. }), "{error}");
    assert_eq!(error.to_string(), "the limit `questions_each` of 200 is reached");
    assert_eq!(error.help().as_deref(), Some("remove one that you need no more"));
    guarded.gate.remove_question(&ann, last.unwrap()).await.unwrap();
    guarded.saves(&ann, "SELECT 1", nobody()).await;
}

#[tokio::test]
async fn pages_go_on_behind_what_is_hidden() {
    let guarded = Guarded::new().await;
    let (ann, rob) = (guarded.user("ann", &[]).await, guarded.user("rob", &["readers"]).await);
    let mut plain = Vec::new();
    for _ in 0..5 {
        plain.push(guarded.saves(&ann, "SELECT id FROM a.daily", everyone()).await);
        guarded.saves(&ann, "SELECT secret FROM a.daily", everyone()).await;
    }
    plain.reverse();
    let page = async |before, limit| {
        let (found, more) = guarded.gate.questions(&rob, None, before, limit).await.unwrap();
        (ids(&found), more)
    };
    assert_eq!(page(None, 2).await, (plain[..2].to_vec(), true));
    assert_eq!(page(Some(plain[1]), 2).await, (plain[2..4].to_vec(), true));
    assert_eq!(page(Some(plain[3]), 2).await, (plain[4..].to_vec(), false));
}

#[tokio::test]
async fn a_text_is_planned_once_for_whoever_asks_again() {
    let guarded = Guarded::new().await;
    let (ann, bob) = (guarded.user("ann", &[]).await, guarded.user("bob", &[]).await);
    for _ in 0..3 {
        guarded.saves(&ann, "SELECT id FROM a.daily", everyone()).await;
    }
    guarded.bench.engine.calls();
    assert_eq!(guarded.listed(&ann).await.len(), 3);
    assert_eq!(guarded.bench.engine.calls(), [""; 0], "what is one's own is not looked at");
    for _ in 0..2 {
        assert_eq!(guarded.listed(&bob).await.len(), 3);
    }
    assert_eq!(guarded.bench.engine.calls(), ["promised"]);
    // Of what a text does not name, nothing is shown to the engine.
    let views = guarded.bench.engine.views();
    let seen: Vec<_> = views.iter().flat_map(|view| view.products.keys()).collect();
    assert_eq!(seen, [&product("a")]);
}

#[tokio::test]
async fn changes_are_on_record_without_their_text() {
    let guarded = Guarded::new().await;
    let ann = guarded.user("ann", &[]).await;
    let id = guarded.saves(&ann, "SELECT id FROM a.daily", nobody()).await;
    guarded.gate.change_question(&ann, id, content("SELECT 1", nobody()), |_| true).await.unwrap();
    guarded.gate.remove_question(&ann, id).await.unwrap();
    let said: Vec<_> = guarded.audit.records().into_iter().map(|record| record.request).collect();
    assert_eq!(said, ["save a question".to_owned(), format!("change question {id}"), format!("remove question {id}")]);
}
