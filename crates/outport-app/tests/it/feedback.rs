//! Who may say what about products, and who sees it.

use std::sync::Arc;

use chrono::TimeDelta;
use outport_app::{
    feedback::FeedbackFilter,
    gate::{
        Caller, FEEDBACK_PER_DAY, FeedbackEdit, FeedbackOrder, FeedbackThread, Gate, GateError, Limit, Limits,
        RatingOrder,
    },
    identity::User,
    policy::{
        Asking, CompiledPolicies, Policies, PolicyCompiler, PolicyText, PortAction, RowVerdict, TableVerdict, Verdict,
    },
};
use outport_model::{
    access::TableAccess,
    agreement::PortVersion,
    audit::RequestResult,
    diagnostic::Diagnostic,
    feedback::{Csat, FeedbackId, FeedbackKind, FeedbackState, Nps, Subject, Writing},
    name::TableName,
    plan::Estate,
    principal::Door,
};
use outport_test::{
    audit::MemoryAudit,
    fixture::{feedback_id, principal, principal_id, product, table, user},
    identity::{ScriptedAuthenticator, wardens},
    policy::verdict,
    store::PutUser,
};

use crate::bench::{Bench, with_secret};

/// Readers may read of each table the column `id` alone; those who only know of a port see its contract; owners may do
/// everything with `a`, strangers nothing.
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
        let owns = is_in(asking, "owners") && port.product == product("a");
        let knows = !is_in(asking, "strangers");
        verdict(match action {
            PortAction::Discover => knows,
            PortAction::Read => owns || is_in(asking, "readers"),
            PortAction::Operate => owns,
            PortAction::Request | PortAction::Approve | PortAction::AutoApprove => false,
        })
    }

    fn table(&self, asking: &Asking<'_>, port: &PortVersion, _: &TableName) -> TableVerdict {
        let columns: &[&str] = match () {
            () if is_in(asking, "owners") && port.product == product("a") => &["id", "secret"],
            () if is_in(asking, "readers") => &["id"],
            () => return TableVerdict { read: verdict(false), access: None, columns: Vec::new(), rows: None },
        };
        TableVerdict {
            read: verdict(true),
            access: Some(TableAccess::unrestricted(columns.iter().copied())),
            columns: Vec::new(),
            rows: Some(RowVerdict { permits: Vec::new(), forbids: Vec::new() }),
        }
    }

    fn administer(&self, _: &Asking<'_>) -> Verdict {
        verdict(false)
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

    async fn asks(&self, caller: &Caller, about: Subject) -> Result<FeedbackId, GateError> {
        let thread = self.gate.give_feedback(caller, question(about)).await?;
        Ok(thread.feedback.feedback.id)
    }

    async fn listed(&self, caller: &Caller) -> Vec<FeedbackId> {
        let found = self.gate.list_feedback(caller, &FeedbackFilter::default(), None, 100).await.unwrap();
        found.0.into_iter().map(|seen| seen.feedback.id).collect()
    }

    async fn sets(&self, caller: &Caller, id: FeedbackId, state: FeedbackState) -> Result<FeedbackThread, GateError> {
        let edit = FeedbackEdit { state: Some(state), ..FeedbackEdit::default() };
        self.gate.change_feedback(caller, id, edit).await
    }
}

fn about(name: &str) -> Subject {
    Subject::product(product(name))
}

fn column(name: &str, column: &str) -> Subject {
    Subject { table: Some(table("daily")), column: Some(column.to_owned()), ..about(name) }
}

fn question(subject: Subject) -> FeedbackOrder {
    let (title, text) = ("which zone?".parse().unwrap(), "Of the day.".parse().unwrap());
    FeedbackOrder { subject, kind: FeedbackKind::Question, title, text }
}

fn text(said: &str) -> Writing {
    said.parse().unwrap()
}

fn forbidden<T: std::fmt::Debug>(outcome: Result<T, GateError>) -> String {
    match outcome.unwrap_err() {
        GateError::Forbidden { action, .. } => action.split(" of feedback").next().unwrap_or_default().to_owned(),
        error => format!("not forbidden: {error}"),
    }
}

#[tokio::test]
async fn a_question_is_answered_by_who_operates_the_product() {
    let guarded = Guarded::new().await;
    let (ann, bob) = (guarded.user("ann", &[]).await, guarded.user("bob", &[]).await);
    let owner = guarded.user("owner", &["owners"]).await;
    let id = guarded.asks(&ann, about("a")).await.unwrap();

    let guess = guarded.gate.reply_to_feedback(&bob, id, text("UTC?")).await.unwrap();
    assert_eq!((guess.feedback.feedback.state, guess.replies[0].operator), (FeedbackState::Open, false));
    let answer = guarded.gate.reply_to_feedback(&owner, id, text("UTC.")).await.unwrap();
    let feedback = &answer.feedback.feedback;
    assert_eq!(
        (feedback.state, feedback.state_changed_by.as_ref()),
        (FeedbackState::Answered, Some(&owner.principal.id))
    );
    assert_eq!((answer.feedback.may_manage, answer.feedback.may_edit), (true, false));
    assert!(answer.replies[1].operator);

    let seen = guarded.gate.feedback(&ann, id).await.unwrap();
    assert_eq!(seen.replies.iter().map(|reply| reply.text.as_str()).collect::<Vec<_>>(), ["UTC?", "UTC."]);
    assert_eq!((seen.feedback.may_edit, seen.feedback.may_manage, seen.feedback.reply_count), (true, false, 2));
}

#[tokio::test]
async fn who_operates_says_how_far_it_has_come_and_the_author_what_it_says() {
    let guarded = Guarded::new().await;
    let (ann, bob) = (guarded.user("ann", &[]).await, guarded.user("bob", &[]).await);
    let owner = guarded.user("owner", &["owners"]).await;
    let id = guarded.asks(&ann, about("a")).await.unwrap();
    let assign = FeedbackEdit { assignee: Some(Some(principal_id("zoe"))), ..FeedbackEdit::default() };
    let rewrite = FeedbackEdit { text: Some(text("newer")), ..FeedbackEdit::default() };

    let gate = &guarded.gate;
    assert_eq!(forbidden(guarded.sets(&bob, id, FeedbackState::Done).await), "set the state");
    assert_eq!(forbidden(guarded.sets(&ann, id, FeedbackState::Done).await), "set the state");
    assert_eq!(forbidden(gate.change_feedback(&ann, id, assign.clone()).await), "set the assignee");
    assert_eq!(forbidden(gate.change_feedback(&owner, id, rewrite.clone()).await), "correct the text");
    assert_eq!(forbidden(guarded.sets(&owner, id, FeedbackState::Withdrawn).await), "withdraw the text");

    guarded.sets(&owner, id, FeedbackState::Declined).await.unwrap();
    guarded.bench.clock.advance(TimeDelta::seconds(5));
    gate.change_feedback(&owner, id, assign).await.unwrap();
    guarded.sets(&ann, id, FeedbackState::Open).await.unwrap();
    let now = gate.change_feedback(&ann, id, rewrite).await.unwrap().feedback.feedback;
    assert_eq!((now.state, now.text.as_str(), now.assignee), (FeedbackState::Open, "newer", Some(principal_id("zoe"))));
    assert_eq!(now.edited_at, Some(now.created_at + TimeDelta::seconds(5)));
    // The other product has another owner.
    let of_b = guarded.asks(&ann, about("b")).await.unwrap();
    assert_eq!(forbidden(guarded.sets(&owner, of_b, FeedbackState::Done).await), "set the state");
}

#[tokio::test]
async fn what_was_withdrawn_only_its_author_and_who_operates_see() {
    let guarded = Guarded::new().await;
    let (ann, bob) = (guarded.user("ann", &[]).await, guarded.user("bob", &[]).await);
    let owner = guarded.user("owner", &["owners"]).await;
    let id = guarded.asks(&ann, about("a")).await.unwrap();
    guarded.sets(&ann, id, FeedbackState::Withdrawn).await.unwrap();
    for (caller, sees) in [(&ann, true), (&bob, false), (&owner, true)] {
        assert_eq!(guarded.listed(caller).await == [id], sees, "{}", caller.principal.id);
        assert_eq!(guarded.gate.feedback(caller, id).await.is_ok(), sees);
        assert_eq!(guarded.gate.vote_for_feedback(caller, id, true).await.is_ok(), sees);
    }
    assert_eq!(forbidden(guarded.sets(&owner, id, FeedbackState::Open).await), "set the state");
    let error = guarded.gate.reply_to_feedback(&owner, id, text("why?")).await.unwrap_err();
    assert!(matches!(error, GateError::Terms { .. }), "{error}");
    guarded.sets(&ann, id, FeedbackState::Open).await.unwrap();
    assert_eq!(guarded.listed(&bob).await, [id]);
}

#[tokio::test]
async fn who_may_not_know_of_a_product_learns_nothing_of_what_is_said() {
    let guarded = Guarded::new().await;
    let (ann, eve) = (guarded.user("ann", &[]).await, guarded.user("eve", &["strangers"]).await);
    let id = guarded.asks(&ann, about("a")).await.unwrap();
    let gate = &guarded.gate;
    let (nps, edit) = (Nps::try_from(9).ok(), FeedbackEdit::default());
    let order = RatingOrder { csat: Csat::try_from(1).unwrap(), nps, text: None };
    assert_eq!(guarded.listed(&eve).await, []);
    let refusals = [
        guarded.asks(&eve, about("a")).await.unwrap_err(),
        gate.feedback(&eve, id).await.unwrap_err(),
        gate.reply_to_feedback(&eve, id, text("x")).await.unwrap_err(),
        gate.change_feedback(&eve, id, edit).await.unwrap_err(),
        gate.vote_for_feedback(&eve, id, true).await.unwrap_err(),
        gate.rate(&eve, &product("a"), order).await.unwrap_err(),
        gate.product_ratings(&eve, &product("a")).await.unwrap_err(),
    ];
    // The same as of what is not there.
    let missing = [
        guarded.asks(&eve, about("nowhere")).await.unwrap_err(),
        gate.feedback(&eve, feedback_id(7)).await.unwrap_err(),
    ];
    for error in refusals.iter().chain(&missing) {
        assert!(matches!(error, GateError::NotFound { what: "product" | "feedback", .. }), "{error}");
    }
    let seen = gate.feedback(&ann, id).await.unwrap();
    assert_eq!((seen.feedback.votes, seen.replies.len()), (0, 0));
    assert_eq!(gate.product_ratings(&ann, &product("a")).await.unwrap().csat.count, 0);
}

#[tokio::test]
async fn what_is_said_of_a_column_is_seen_where_the_column_is() {
    let guarded = Guarded::new().await;
    let (ann, rob) = (guarded.user("ann", &[]).await, guarded.user("rob", &["readers"]).await);
    let owner = guarded.user("owner", &["owners"]).await;
    // Ann knows the contract alone, and rob reads without the secret.
    let secret = guarded.asks(&ann, column("a", "secret")).await.unwrap();
    let plain = guarded.asks(&rob, column("a", "id")).await.unwrap();
    assert_eq!(guarded.listed(&rob).await, [plain]);
    assert_eq!(guarded.listed(&owner).await, [plain, secret]);
    assert!(matches!(guarded.gate.feedback(&rob, secret).await, Err(GateError::NotFound { what: "feedback", .. })));
    for (what, subject) in [
        ("column", column("a", "secret")),
        ("column", column("a", "nothing")),
        ("table", Subject { table: Some(table("nothing")), ..about("a") }),
    ] {
        let error = guarded.asks(&rob, subject.clone()).await.unwrap_err();
        assert!(matches!(error, GateError::NotFound { what: found, .. } if found == what), "{subject}: {error}");
    }
    let nameless = Subject { table: None, ..column("a", "id") };
    assert!(matches!(guarded.asks(&ann, nameless).await, Err(GateError::Terms { .. })));
}

#[tokio::test]
async fn what_is_about_something_that_is_gone_only_who_operates_sees() {
    let guarded = Guarded::new().await;
    let (ann, owner) = (guarded.user("ann", &[]).await, guarded.user("owner", &["owners"]).await);
    let id = guarded.asks(&ann, column("a", "secret")).await.unwrap();
    let mut without = with_secret("a");
    without.outputs[0].contract.tables[0].columns.truncate(1);
    without.outputs[0].contract.version = "2.0.0".parse().unwrap();
    without.outputs[0].version = "2.0.0".parse().unwrap();
    guarded.bench.apply(vec![without, with_secret("b")]).await.unwrap();
    assert_eq!(guarded.listed(&ann).await, []);
    assert_eq!(guarded.listed(&owner).await, [id]);
}

#[tokio::test]
async fn an_author_says_so_much_a_day() {
    let guarded = Guarded::new().await;
    let ann = guarded.user("ann", &[]).await;
    for _ in 0..FEEDBACK_PER_DAY {
        guarded.asks(&ann, about("a")).await.unwrap();
    }
    let error = guarded.asks(&ann, about("b")).await.unwrap_err();
    assert!(matches!(error, GateError::Limited { limit: Limit::FeedbackPerDay, .. }), "{error}");
    assert_eq!(error.to_string(), "the limit `feedback_per_day` of 50 is reached");
    assert_eq!(error.help().as_deref(), Some("go on tomorrow"));
    guarded.bench.clock.advance(TimeDelta::days(1) + TimeDelta::seconds(1));
    guarded.asks(&ann, about("b")).await.unwrap();
}

#[tokio::test]
async fn pages_go_on_behind_what_is_hidden() {
    let guarded = Guarded::new().await;
    let (ann, rob) = (guarded.user("ann", &[]).await, guarded.user("rob", &["readers"]).await);
    let mut plain = Vec::new();
    for _ in 0..5 {
        plain.push(guarded.asks(&rob, about("a")).await.unwrap());
        guarded.asks(&ann, column("a", "secret")).await.unwrap();
    }
    plain.reverse();
    let page = async |before, limit| {
        let found = guarded.gate.list_feedback(&rob, &FeedbackFilter::default(), before, limit).await.unwrap();
        (found.0.into_iter().map(|seen| seen.feedback.id).collect::<Vec<_>>(), found.1)
    };
    assert_eq!(page(None, 2).await, (plain[..2].to_vec(), true));
    assert_eq!(page(Some(plain[1]), 2).await, (plain[2..4].to_vec(), true));
    assert_eq!(page(Some(plain[3]), 2).await, (plain[4..].to_vec(), false));
}

#[tokio::test]
async fn ratings_are_everyones_and_comments_for_who_operates() {
    let guarded = Guarded::new().await;
    let (ann, bob) = (guarded.user("ann", &[]).await, guarded.user("bob", &[]).await);
    let owner = guarded.user("owner", &["owners"]).await;
    let rate = async |caller: &Caller, csat, nps, said: Option<&str>| {
        let (csat, nps) = (Csat::try_from(csat).unwrap(), Nps::try_from(nps).ok());
        let order = RatingOrder { csat, nps, text: said.map(text) };
        guarded.gate.rate(caller, &product("a"), order).await.unwrap()
    };
    rate(&ann, 1, 0, None).await;
    let again = rate(&ann, 5, 10, Some("better now")).await;
    assert_eq!((again.csat.mean, again.csat.count, again.nps.score), (Some(5.0), 1, Some(100.0)));
    assert!(again.comments.is_empty());
    let rated = rate(&bob, 2, 3, None).await;
    assert_eq!((rated.csat.mean, rated.nps.score, rated.nps.detractors), (Some(3.5), Some(0.0), 1));
    assert_eq!(rated.mine.unwrap().author, bob.principal.id);
    let told = guarded.gate.product_ratings(&owner, &product("a")).await.unwrap();
    assert_eq!(told.mine, None);
    assert_eq!(told.comments.iter().map(|comment| comment.author.as_str()).collect::<Vec<_>>(), ["ann"]);
    assert_eq!(guarded.gate.product_ratings(&ann, &product("b")).await.unwrap().csat.mean, None);
    let cards = guarded.gate.cards(&bob).await.unwrap();
    let shown: Vec<_> = cards.iter().map(|card| card.rating.map(|rating| (rating.csat, rating.count))).collect();
    assert_eq!(shown, [Some((3.5, 2)), None]);
}

#[tokio::test]
async fn what_is_said_is_on_record_without_its_text() {
    let guarded = Guarded::new().await;
    let (ann, eve) = (guarded.user("ann", &[]).await, guarded.user("eve", &["strangers"]).await);
    let id = guarded.asks(&ann, about("a")).await.unwrap();
    guarded.gate.vote_for_feedback(&ann, id, true).await.unwrap();
    guarded.asks(&eve, about("a")).await.unwrap_err();
    let records = guarded.audit.records();
    let said: Vec<_> = records.iter().map(|record| record.request.as_str()).collect();
    let voted = format!("vote for feedback {id}");
    let asked = "give feedback, a question, about a";
    assert_eq!(said, [asked, voted.as_str(), asked]);
    assert_eq!(records[0].result, RequestResult::Answered);
    assert!(matches!(records[2].result, RequestResult::Failed { .. }));
}
