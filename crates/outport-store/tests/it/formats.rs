//! What earlier versions wrote is still read: one fixture for each stored format.

use outport_app::{
    feedback::{FeedbackEntry, FeedbackFilter, Quota, WriteOutcome},
    identity::{Changes, Token, TokenScope, User},
    question::QuestionFilter,
    store::{HistoryKind, LeaseOutcome},
};
use outport_model::{
    agreement::{Agreement, AgreementDecision, AgreementState, Consumer},
    check::Outcome,
    feedback::{Feedback, FeedbackKind, FeedbackState, Rating, Subject},
    principal::{Door, Principal, PrincipalKind},
    question::{QuestionContent, SavedQuestion},
    release::ReleaseNumber,
    run::RunState,
};
use outport_store::SqliteStore;
use outport_test::fixture::{
    agreement, agreement_id, feedback, feedback_id, fingerprint, moment, principal_id, product, purpose, question,
    rating, reply, run_id, table, table_version, token, user, workspace_policies,
};
use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use tempfile::TempDir;

use crate::conformance::{Stores, prod};

/// A store that these scripts made, opened by this version.
async fn upgraded(scripts: &[&'static str]) -> (TempDir, Stores) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("outport.db");
    let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    for script in scripts {
        sqlx::raw_sql(*script).execute(&mut connection).await.unwrap();
    }
    connection.close().await.unwrap();
    let stores = Stores::of(&SqliteStore::open(&path).await.unwrap());
    (folder, stores)
}

const FORMAT_1: [&str; 2] =
    [include_str!("../../migrations/sqlite/0001_record.sql"), include_str!("fixtures/sqlite/0001.sql")];
const FORMAT_2: [&str; 2] =
    [include_str!("../../migrations/sqlite/0002_access.sql"), include_str!("fixtures/sqlite/0002.sql")];
const FORMAT_3: [&str; 2] =
    [include_str!("../../migrations/sqlite/0003_feedback.sql"), include_str!("fixtures/sqlite/0003.sql")];
const FORMAT_4: [&str; 2] =
    [include_str!("../../migrations/sqlite/0004_questions.sql"), include_str!("fixtures/sqlite/0004.sql")];

#[tokio::test]
async fn format_1_is_read() {
    let (_folder, stores) = upgraded(&FORMAT_1).await;
    intents_are_as_written(&stores).await;
    runs_are_as_written(&stores).await;
    releases_are_as_written(&stores).await;
}

/// What came with format 2 is there and empty, and counts what happens to products that came before.
#[tokio::test]
async fn format_1_is_upgraded() {
    let (folder, stores) = upgraded(&FORMAT_1).await;
    assert_eq!(stores.users.users().await.unwrap(), []);
    assert_eq!(stores.tokens.tokens(None).await.unwrap(), []);
    assert_eq!(stores.policies.policies(&prod()).await.unwrap(), []);
    assert_eq!(stores.agreements.agreements(&prod()).await.unwrap(), []);

    let before = stores.policies.changes().await.unwrap();
    stores.remove("flights", 1).await.unwrap();
    let after = stores.policies.changes().await.unwrap();
    assert!(after.decisions > before.decisions);
    assert!(stores.users.put_first_user(&user("ada")).await.unwrap());
    stores.tokens.add_token(&token("a1", "ada")).await.unwrap();
    stores.agreements.add_agreement(&prod(), &agreement(1, "flights")).await.unwrap();

    let again = Stores::of(&SqliteStore::open(&folder.path().join("outport.db")).await.unwrap());
    assert_eq!(again.users.users().await.unwrap(), [user("ada")]);
    let expected = Changes { people: after.people + 2, decisions: after.decisions + 1 };
    assert_eq!(again.policies.changes().await.unwrap(), expected);
}

#[tokio::test]
async fn format_2_is_read() {
    let (_folder, stores) = upgraded(&[FORMAT_1, FORMAT_2].concat()).await;
    intents_are_as_written(&stores).await;
    runs_are_as_written(&stores).await;
    releases_are_as_written(&stores).await;
    people_are_as_written(&stores).await;
    agreements_are_as_written(&stores).await;
    assert_eq!(stores.policies.changes().await.unwrap(), Changes { people: 0, decisions: 9 });
}

/// What came with format 3 is there and empty.
#[tokio::test]
async fn format_2_is_upgraded() {
    let (folder, stores) = upgraded(&[FORMAT_1, FORMAT_2].concat()).await;
    let (everything, ada) = (FeedbackFilter::default(), principal_id("ada"));
    assert_eq!(stores.feedback.list_feedback(&prod(), &everything, &ada, None, 9).await.unwrap(), []);
    assert!(stores.ratings.rating_summaries(&prod()).await.unwrap().is_empty());
    let quota = Quota { since: moment(0), most: 1 };
    let written = stores.feedback.add_feedback(&prod(), &feedback(1, "flights"), quota).await.unwrap();
    assert_eq!(written, WriteOutcome::Written);
    let again = Stores::of(&SqliteStore::open(&folder.path().join("outport.db")).await.unwrap());
    assert!(again.feedback.feedback(&prod(), feedback_id(1), &ada).await.unwrap().is_some());
}

#[tokio::test]
async fn format_3_is_read() {
    let (_folder, stores) = upgraded(&[FORMAT_1, FORMAT_2, FORMAT_3].concat()).await;
    people_are_as_written(&stores).await;
    agreements_are_as_written(&stores).await;
    feedback_is_as_written(&stores).await;
}

/// What came with format 4 is there and empty.
#[tokio::test]
async fn format_3_is_upgraded() {
    let (folder, stores) = upgraded(&[FORMAT_1, FORMAT_2, FORMAT_3].concat()).await;
    let everything = QuestionFilter::Shared(principal_id("ada"));
    assert_eq!(stores.questions.questions(&prod(), &everything, None, 9).await.unwrap(), []);
    assert!(stores.questions.add_question(&prod(), &question(1, "ada"), 1).await.unwrap());
    let again = Stores::of(&SqliteStore::open(&folder.path().join("outport.db")).await.unwrap());
    assert_eq!(again.questions.questions(&prod(), &everything, None, 9).await.unwrap(), [question(1, "ada")]);
}

#[tokio::test]
async fn format_4_is_read() {
    let (_folder, stores) = upgraded(&[FORMAT_1, FORMAT_2, FORMAT_3, FORMAT_4].concat()).await;
    people_are_as_written(&stores).await;
    agreements_are_as_written(&stores).await;
    feedback_is_as_written(&stores).await;
    questions_are_as_written(&stores).await;
}

async fn questions_are_as_written(stores: &Stores) {
    let saved = question(1, "ada");
    let chart = r#"{"form":"line","along":"day","values":["n"],"split":"region"}"#;
    let audience = r#"{"kind":"named","who":[{"kind":"principal","name":"bob"},{"kind":"group","name":"staff"}]}"#;
    let content = QuestionContent {
        description: Some("Only\nopen ones.".parse().unwrap()),
        purpose: Some(purpose("planning")),
        chart: Some(serde_json::from_str(chart).unwrap()),
        audience: serde_json::from_str(audience).unwrap(),
        ..saved.content
    };
    let full = SavedQuestion { changed_at: moment(9), content, ..saved };
    let (ada, bob) = (principal_id("ada"), principal_id("bob"));
    let all = stores.questions.questions(&prod(), &QuestionFilter::Shared(bob), None, 9).await.unwrap();
    assert_eq!(all, [question(2, "bob"), full.clone()]);
    let own = stores.questions.questions(&prod(), &QuestionFilter::Of(ada), None, 9).await.unwrap();
    assert_eq!(own, [full]);
}

async fn feedback_is_as_written(stores: &Stores) {
    let (everything, bob) = (FeedbackFilter::default(), principal_id("bob"));
    let about_a_column =
        Subject { product: product("flights"), table: Some(table("daily")), column: Some("delay".to_owned()) };
    let planned = Feedback {
        subject: about_a_column,
        kind: FeedbackKind::Problem,
        edited_at: Some(moment(2)),
        state: FeedbackState::Planned,
        state_changed_by: Some(principal_id("owner")),
        state_changed_at: Some(moment(3)),
        assignee: Some(bob.clone()),
        ..feedback(1, "flights")
    };
    let open = FeedbackEntry { feedback: feedback(2, "flights"), votes: 0, voted: false, replies: 0 };
    let planned = FeedbackEntry { feedback: planned, votes: 1, voted: true, replies: 2 };
    assert_eq!(stores.feedback.list_feedback(&prod(), &everything, &bob, None, 9).await.unwrap(), [open, planned]);
    let replies = stores.feedback.replies(&prod(), feedback_id(1)).await.unwrap();
    assert_eq!(replies, [reply(1, "owner"), reply(2, "ada")]);
    let good = Rating { text: Some("good\nenough".parse().unwrap()), ..rating("ada", 4, Some(9)) };
    let ratings = stores.ratings.ratings(&prod(), &product("flights")).await.unwrap();
    assert_eq!(ratings, [good, rating("bob", 2, None)]);
}

async fn people_are_as_written(stores: &Stores) {
    let mut ada = user("ada");
    ada.principal.department = Some("sales".to_owned());
    ada.principal.region = Some("EU".to_owned());
    ada.principal.clearance = Some(2);
    ada.principal.labels.insert("team".to_owned(), "growth".to_owned());
    let robot = User {
        principal: Principal::new(principal_id("robot"), PrincipalKind::Service),
        password_hash: None,
        disabled: true,
        created_at: moment(5),
    };
    assert_eq!(stores.users.users().await.unwrap(), [ada, robot]);
    let scope =
        TokenScope { doors: Some([Door::Sql, Door::Flight].into()), products: Some([product("flights")].into()) };
    let used = Token { scope, last_used_at: Some(moment(60)), ..token("a2", "ada") };
    let revoked = Token { revoked_at: Some(moment(9)), ..token("a1", "ada") };
    assert_eq!(stores.tokens.tokens(None).await.unwrap(), [used, revoked]);
    let policies = workspace_policies("base", "permit (principal, action, resource);");
    assert_eq!(stores.policies.policies(&prod()).await.unwrap(), [policies]);
}

async fn agreements_are_as_written(stores: &Stores) {
    let asked = Agreement {
        columns: Some(["day".to_owned()].into()),
        consumer: Consumer::Group("analysts".parse().unwrap()),
        renews: Some(agreement_id(7)),
        ..agreement(1, "flights")
    };
    let decision =
        AgreementDecision { by: Some(principal_id("owner")), at: moment(6), comment: Some("well".to_owned()) };
    let approved = Agreement {
        state: AgreementState::Approved,
        expires_at: Some(moment(3606)),
        decision: Some(decision),
        ..asked.clone()
    };
    assert_eq!(stores.agreements.agreements(&prod()).await.unwrap(), std::slice::from_ref(&approved));
    assert_eq!(stores.agreements.agreement_history(&prod(), agreement_id(1)).await.unwrap(), [asked, approved]);
}

async fn intents_are_as_written(stores: &Stores) {
    let intents = stores.intents.intents(&prod()).await.unwrap();
    assert_eq!(intents.keys().collect::<Vec<_>>(), [&product("flights")]);
    let intent = &intents[&product("flights")];
    assert_eq!((intent.generation, intent.applied_at), (1, moment(1)));
    assert_eq!(intent.compiled.product.model("daily").unwrap().sql, "SELECT 1");
    assert_eq!(intent.compiled.product.outputs[0].contract.tables[0].checks[0].id, "daily.rows");

    let mut kinds = Vec::new();
    for name in ["flights", "gone"] {
        let history = stores.intents.history(&prod(), &product(name), 9).await.unwrap();
        kinds.extend(history.into_iter().map(|entry| entry.kind));
    }
    let expected = [
        HistoryKind::RolledBack { from: ReleaseNumber(2), to: ReleaseNumber(1) },
        HistoryKind::Applied { generation: 1, summary: vec!["is new".to_owned()] },
        HistoryKind::Removed { forced_over: vec![product("flights")] },
        HistoryKind::Forced { what: "gone.daily@1".to_owned(), over: vec![product("flights")] },
    ];
    assert_eq!(kinds, expected);
}

async fn runs_are_as_written(stores: &Stores) {
    let runs = stores.runs.runs(&prod(), &product("flights"), 9).await.unwrap();
    let states: Vec<_> = runs.iter().map(|run| (run.id, run.state, run.error.as_deref())).collect();
    let expected = [
        (run_id(4), RunState::Running, None),
        (run_id(3), RunState::Failed, Some("no rows")),
        (run_id(2), RunState::Published, None),
        (run_id(1), RunState::Published, None),
    ];
    assert_eq!(states, expected);
    assert_eq!(runs[0].inputs.len(), 1);
    assert_eq!(runs[3].ended_at, Some(moment(2)));
    let results = stores.runs.check_results(run_id(1)).await.unwrap();
    assert_eq!((results[0].outcome, results[0].rows), (Outcome::Pass, Some(3)));
    let (name, now) = (product("flights"), moment(999));
    let lease = stores.leases.acquire_lease(&prod(), &name, "two", now, now, None).await.unwrap();
    assert!(matches!(lease, LeaseOutcome::Held(lease) if lease.holder == "one" && lease.fence == 1));
}

async fn releases_are_as_written(stores: &Stores) {
    assert_eq!(stores.current("flights").await, Some(ReleaseNumber(1)));
    assert_eq!(stores.numbers("flights").await, [2, 1]);
    let needed = stores.releases.needed_tables().await.unwrap();
    assert_eq!(needed.into_iter().collect::<Vec<_>>(), ["flights/a", "flights/b"]);
    let table = table_version("flights/a");
    let found = stores.runs.find_build(&table.fingerprint, &fingerprint("inputs")).await.unwrap();
    assert_eq!(found, Some(table));
}
