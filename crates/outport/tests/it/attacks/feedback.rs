//! What people say: in one home of a hidden product and a hidden column too. Whoever may not know of them is told nothing of
//! what was said, and reaches nothing of it by its id.

use outport_app::gate::{Caller, FeedbackOrder, RatingOrder};
use outport_model::feedback::{Csat, FeedbackId, FeedbackKind, Subject};

use super::twins::{Twins, Verdict};
use crate::{opened::Opened, through::Asker};

/// What is tried: name, method, path and body; `{}` is the id of what was said of the hidden product, `<>` of what was said of
/// the hidden column.
pub(super) const CASES: [(&str, &str, &str, &str); 34] = [
    ("list", "GET", "/v1/feedback", ""),
    ("list: of the visible product", "GET", "/v1/feedback?product=vault", ""),
    ("list: of the hidden product", "GET", "/v1/feedback?product=sealed", ""),
    ("list: of nothing", "GET", "/v1/feedback?product=nothere", ""),
    ("list: of a kind", "GET", "/v1/feedback?kind=problem", ""),
    ("list: in a state", "GET", "/v1/feedback?state=open", ""),
    ("list: of someone", "GET", "/v1/feedback?author=home%3Alocal", ""),
    ("list: for someone", "GET", "/v1/feedback?assignee=root", ""),
    ("list: one", "GET", "/v1/feedback?limit=1", ""),
    ("list: more than there are", "GET", "/v1/feedback?limit=100000", ""),
    ("list: behind no cursor", "GET", "/v1/feedback?cursor=x", ""),
    ("read: what is hidden", "GET", "/v1/feedback/{}", ""),
    ("read: what is about a hidden column", "GET", "/v1/feedback/<>", ""),
    ("read: no id", "GET", "/v1/feedback/sealed", ""),
    ("read: a path", "GET", "/v1/feedback/..%2Faudit", ""),
    ("reply to what is hidden", "POST", "/v1/feedback/{}/replies", r#"{"text": "hello"}"#),
    ("reply to what is about a hidden column", "POST", "/v1/feedback/<>/replies", r#"{"text": "hello"}"#),
    ("vote for what is hidden", "PUT", "/v1/feedback/{}/vote", ""),
    ("vote for what is about a hidden column", "PUT", "/v1/feedback/<>/vote", ""),
    ("unvote what is hidden", "DELETE", "/v1/feedback/{}/vote", ""),
    ("close what is hidden", "PATCH", "/v1/feedback/{}", r#"{"state": "done"}"#),
    ("assign what is about a hidden column", "PATCH", "/v1/feedback/<>", r#"{"assignee": "mallory"}"#),
    ("rewrite what is hidden", "PATCH", "/v1/feedback/{}", r#"{"text": "mine"}"#),
    (
        "ask about the hidden product",
        "POST",
        "/v1/feedback",
        r#"{"product": "sealed", "kind": "question", "title": "t", "text": "x"}"#,
    ),
    (
        "ask about its table",
        "POST",
        "/v1/feedback",
        r#"{"product": "sealed", "table": "secrets", "kind": "question", "title": "t", "text": "x"}"#,
    ),
    (
        "ask about the hidden column",
        "POST",
        "/v1/feedback",
        r#"{"product": "vault", "table": "people", "column": "note", "kind": "question", "title": "t", "text": "x"}"#,
    ),
    (
        "ask about a column without a table",
        "POST",
        "/v1/feedback",
        r#"{"product": "vault", "column": "note", "kind": "question", "title": "t", "text": "x"}"#,
    ),
    (
        "say what a terminal would obey",
        "POST",
        "/v1/feedback",
        "{\"product\": \"vault\", \"kind\": \"question\", \"title\": \"t\", \"text\": \"\\u001b[2J\"}",
    ),
    (
        "be someone else",
        "POST",
        "/v1/feedback",
        r#"{"product": "vault", "kind": "question", "title": "t", "text": "x", "author": "root"}"#,
    ),
    ("ratings of the visible product", "GET", "/v1/feedback/ratings/vault", ""),
    ("ratings of the hidden product", "GET", "/v1/feedback/ratings/sealed", ""),
    ("ratings of nothing", "GET", "/v1/feedback/ratings/nothere", ""),
    ("rate the hidden product", "PUT", "/v1/feedback/ratings/sealed", r#"{"csat": 1, "nps": 0}"#),
    ("rate beyond all", "PUT", "/v1/feedback/ratings/vault", r#"{"csat": 6}"#),
];

async fn said(home: &Opened, subject: Subject, title: &str) -> FeedbackId {
    let order = FeedbackOrder {
        subject,
        kind: FeedbackKind::Problem,
        title: title.parse().unwrap(),
        text: "hid-secret".parse().unwrap(),
    };
    home.gate.give_feedback(&Caller::local(), order).await.unwrap().feedback.feedback.id
}

fn note() -> Subject {
    Subject {
        table: Some("people".parse().unwrap()),
        column: Some("note".to_owned()),
        ..Subject::product("vault".parse().unwrap())
    }
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
async fn what_is_said_of_what_is_hidden_is_hidden() {
    let twins = Twins::open().await;
    let sealed = Subject::product("sealed".parse().unwrap());
    let hidden = [said(&twins.one, sealed.clone(), "hid-secret").await, said(&twins.one, note(), "hid-note").await];
    let order = RatingOrder { csat: Csat::try_from(1).unwrap(), nps: None, text: None };
    twins.one.gate.rate(&Caller::local(), &"sealed".parse().unwrap(), order).await.unwrap();
    let [one, other] = twins.askers();
    let mut verdict = Verdict::default();
    for (name, method, path, body) in CASES {
        // The other home has none of them, by these ids or others.
        let path = path.replace("{}", &hidden[0].to_string()).replace("<>", &hidden[1].to_string());
        let answers = [ask(&one, method, &path, body).await, ask(&other, method, &path, body).await];
        verdict.compare(name, &format!("{method} {path} {body}"), &answers);
    }
    verdict.is_clean(CASES.len(), 9);
    // Nothing of it was changed.
    for (id, title) in hidden.into_iter().zip(["hid-secret", "hid-note"]) {
        let thread = twins.one.gate.feedback(&Caller::local(), id).await.unwrap();
        assert_eq!(
            (thread.feedback.feedback.title.as_str(), thread.feedback.votes, thread.replies.len()),
            (title, 0, 0)
        );
    }
}
