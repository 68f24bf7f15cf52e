//! Saved questions: in one home of a hidden product and a hidden column too, shared with everyone. Whoever may not know of
//! what they name is told of none of them, reaches none by its id, and finds out nothing by saving some of their own.

use outport_app::gate::Caller;
use outport_model::question::QuestionId;
use serde_json::{Value, json};

use super::twins::{Twins, Verdict};
use crate::{opened::Opened, through::Asker};

/// What is tried: name, method, path and body; `{}` is the id of the question that names the hidden product, `<>` of the one
/// that names the hidden column.
pub(super) const CASES: [(&str, &str, &str, &str); 22] = [
    ("list", "GET", "/v1/questions", ""),
    ("list: one", "GET", "/v1/questions?limit=1", ""),
    ("list: more than there are", "GET", "/v1/questions?limit=100000", ""),
    ("list: of someone", "GET", "/v1/questions?owner=home%3Alocal", ""),
    ("list: of oneself", "GET", "/v1/questions?owner=mallory", ""),
    ("list: of nobody", "GET", "/v1/questions?owner=nothere", ""),
    ("list: behind no cursor", "GET", "/v1/questions?cursor=x", ""),
    ("read: what names a hidden product", "GET", "/v1/questions/{}", ""),
    ("read: what names a hidden column", "GET", "/v1/questions/<>", ""),
    ("read: no id", "GET", "/v1/questions/sealed", ""),
    ("read: a path", "GET", "/v1/questions/..%2Faudit", ""),
    ("remove what names a hidden product", "DELETE", "/v1/questions/{}", ""),
    ("remove what names a hidden column", "DELETE", "/v1/questions/<>", ""),
    ("take over what names a hidden product", "PUT", "/v1/questions/{}", r#"{"title": "t", "sql": "SELECT 1"}"#),
    ("take over what names a hidden column", "PUT", "/v1/questions/<>", r#"{"title": "t", "sql": "SELECT 1"}"#),
    (
        "save what names the hidden product",
        "POST",
        "/v1/questions",
        r#"{"title": "t", "sql": "SELECT * FROM sealed.secrets"}"#,
    ),
    (
        "save what names the hidden column",
        "POST",
        "/v1/questions",
        r#"{"title": "t", "sql": "SELECT note FROM vault.people"}"#,
    ),
    ("save what names nothing", "POST", "/v1/questions", r#"{"title": "t", "sql": "SELECT * FROM nothere.nothing"}"#),
    (
        "share what names the hidden product",
        "POST",
        "/v1/questions",
        r#"{"title": "t", "sql": "SELECT * FROM sealed.secrets", "audience": {"kind": "everyone"}}"#,
    ),
    (
        "share what names the hidden column",
        "POST",
        "/v1/questions",
        r#"{"title": "t", "sql": "SELECT note FROM vault.people", "audience": {"kind": "everyone"}}"#,
    ),
    ("be someone else", "POST", "/v1/questions", r#"{"title": "t", "sql": "SELECT 1", "owner": "root"}"#),
    ("list: with what was saved", "GET", "/v1/questions", ""),
];

/// What others see of what the attacker shares: name and SQL. They are two who know of no more than the attacker does.
pub(super) const SHARED: [(&str, &str); 8] = [
    ("the hidden product", "SELECT * FROM sealed.secrets"),
    ("nothing", "SELECT * FROM nothere.nothing"),
    ("the hidden column", "SELECT note FROM vault.people"),
    ("no column", "SELECT nothere FROM vault.people"),
    ("the hidden product in what is not used", "WITH x AS (SELECT 1 FROM sealed.secrets) SELECT 1"),
    ("the hidden column in what is left out", "SELECT * EXCEPT (note) FROM vault.people"),
    ("the hidden product in words", "SELECT 'sealed.secrets' AS sealed FROM vault.people -- sealed"),
    ("all columns", "SELECT * FROM vault.people"),
];

async fn saved(home: &Opened, title: &str, sql: &str, chart: Value) -> QuestionId {
    let content = json!({ "title": title, "sql": sql, "chart": chart, "audience": { "kind": "everyone" } });
    home.gate.save_question(&Caller::local(), serde_json::from_value(content).unwrap()).await.unwrap().id
}

async fn ask(asker: &Asker<'_>, method: &str, path: &str, body: &str) -> Result<String, String> {
    let request = asker.request(method.parse().unwrap(), path);
    let request = match body {
        "" => request,
        body => request.header("content-type", "application/json").body(body.to_owned()),
    };
    let reply = asker.send(request).await;
    let text = reply.text();
    if (200..300).contains(&reply.status) { Ok(text) } else { Err(format!("{} {text}", reply.status)) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn questions_that_name_what_is_hidden_are_hidden() {
    let twins = Twins::open().await;
    let hidden = [
        saved(&twins.one, "hid-secret", "SELECT id FROM sealed.secrets", Value::Null).await,
        saved(&twins.one, "hid-note", "SELECT note FROM vault.people", Value::Null).await,
    ];
    // In both there is one that is no secret; in one of them its chart has the hidden column.
    let drawn = json!({ "form": "bars", "along": "id", "values": ["note"], "split": null });
    for (home, chart) in [(&twins.one, drawn), (&twins.other, Value::Null)] {
        saved(home, "everything", "SELECT * FROM vault.people", chart).await;
    }
    let [one, other] = twins.askers();
    let mut verdict = Verdict::default();
    for (name, method, path, body) in CASES {
        // The other home has none of them, by these ids or others.
        let path = path.replace("{}", &hidden[0].to_string()).replace("<>", &hidden[1].to_string());
        let answers = [ask(&one, method, &path, body).await, ask(&other, method, &path, body).await];
        if name == "list" {
            assert!(answers[0].as_ref().unwrap().contains("everything"), "{answers:?}");
        }
        verdict.compare(name, &format!("{method} {path} {body}"), &answers);
    }
    verdict.is_clean(CASES.len(), 11);
    // Nothing of it was changed.
    for (id, title) in hidden.into_iter().zip(["hid-secret", "hid-note"]) {
        assert_eq!(twins.one.gate.question(&Caller::local(), id).await.unwrap().title.as_str(), title);
    }
}

/// Whether a question reaches someone tells nothing of what is hidden from both of them: one home has the product that it names,
/// the other has not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whether_a_question_is_seen_tells_nothing_of_what_is_hidden() {
    let places = [super::home(&super::ONE), super::home(&super::OTHER)];
    // The other home has no such product at all.
    places[1].run(&["delete", "sealed", "--yes"]).succeeded();
    for place in &places {
        place.run(&["user", "set", "trudy", "--group", "staff", "--region", "EU"]).succeeded();
    }
    let twins = Twins::of(places).await;
    let [one, other] = twins.askers();
    let seen = [(&twins.one, &one), (&twins.other, &other)];
    let mut verdict = Verdict::default();
    for (name, sql) in SHARED {
        let body = json!({ "title": name, "sql": sql, "audience": { "kind": "everyone" } }).to_string();
        let mut answers = Vec::new();
        for (home, mallory) in seen {
            ask(mallory, "POST", "/v1/questions", &body).await.unwrap();
            let trudy = Asker::new(home, "trudy", home.token("trudy").await);
            answers.push(ask(&trudy, "GET", "/v1/questions?owner=mallory", "").await);
        }
        let answers: [_; 2] = answers.try_into().unwrap();
        verdict.compare(name, sql, &answers);
    }
    verdict.is_clean(SHARED.len(), SHARED.len());
}
