//! Saved questions.

use axum::{Router, body::Body};
use http::{Request, StatusCode};
use outport_model::{audit::RequestResult, principal::Door};
use serde_json::{Value, json};

use crate::support::{ADA, Home, ROOT, Reply, request, rows, send, with};

const BOB: &str = "bob-token";

async fn ask(router: &Router, token: &str, path: &str) -> Reply {
    send(router, request(token, "GET", path, Body::empty())).await
}

fn write(token: &str, method: &str, path: &str, body: &Value) -> Request<Body> {
    with(request(token, method, path, body.to_string()), "content-type", "application/json")
}

fn order(audience: &Value) -> Value {
    json!({ "title": "By day", "sql": "SELECT id\nFROM shop.daily", "audience": audience })
}

async fn save(router: &Router, token: &str, order: &Value) -> (String, String) {
    let saved = send(router, write(token, "POST", "/v1/questions", order)).await;
    assert_eq!(saved.status, StatusCode::CREATED, "{}", saved.text());
    (format!("/v1/questions/{}", saved.json()["id"].as_str().unwrap()), saved.header("etag").to_owned())
}

#[tokio::test]
async fn a_question_is_saved_shared_changed_and_removed() {
    let home = Home::new().await;
    // What the engine answers is what a text would give, too.
    home.answer(vec![rows(&[(1, None, None)])]);
    let router = home.router();
    let full = json!({
        "title": " By day ", "description": "One line\r\neach.", "sql": "SELECT id\nFROM shop.daily", "purpose": "planning",
        "chart": { "form": "bars", "along": "id", "values": ["price"], "split": null },
        "audience": { "kind": "owner" },
    });
    let (path, tag) = save(&router, ADA, &full).await;
    let found = ask(&router, ADA, &path).await;
    assert_eq!(found.header("etag"), tag);
    let mut document = found.json();
    for moment in ["id", "createdAt", "changedAt"] {
        assert!(document[moment].take().is_string());
    }
    let expected = json!({
        "id": null, "title": "By day", "description": "One line\neach.", "sql": "SELECT id\nFROM shop.daily",
        "purpose": "planning", "chart": full["chart"], "owner": "ada", "audience": { "kind": "owner" },
        "createdAt": null, "changedAt": null, "mayChange": true, "mayRemove": true,
    });
    assert_eq!(document, expected);
    assert_eq!(ask(&router, BOB, &path).await.problem()["status"], 404);
    assert_eq!(ask(&router, BOB, "/v1/questions").await.json(), json!([]));

    let shared = order(&json!({ "kind": "named", "who": [{ "kind": "principal", "name": "bob" }] }));
    let changed = send(&router, with(write(ADA, "PUT", &path, &shared), "if-match", &tag)).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.text());
    assert_ne!(changed.header("etag"), tag);
    let late = send(&router, with(write(ADA, "PUT", &path, &full), "if-match", &tag)).await.problem();
    assert_eq!((&late["status"], &late["type"]), (&json!(412), &json!("urn:outport:problem:changed")));

    let seen = ask(&router, BOB, &path).await.json();
    assert_eq!(
        (&seen["chart"], &seen["audience"], &seen["mayChange"], &seen["mayRemove"]),
        (&json!(null), &json!(null), &json!(false), &json!(false))
    );
    let listed = ask(&router, BOB, "/v1/questions?owner=ada").await.json();
    assert_eq!(listed, json!([seen]));
    for method in ["PUT", "DELETE"] {
        assert_eq!(send(&router, write(BOB, method, &path, &shared)).await.problem()["status"], 403, "{method}");
    }
    assert_eq!(send(&router, write(ROOT, "DELETE", &path, &json!(null))).await.status, StatusCode::NO_CONTENT);
    assert_eq!(ask(&router, ADA, &path).await.problem()["detail"], format!("there is no question `{}`", &path[14..]));
}

#[tokio::test]
async fn what_does_not_plan_for_someone_is_not_there() {
    let home = Home::new().await;
    // Nothing is answered, so nothing plans.
    let router = home.router();
    let (path, _) = save(&router, ADA, &order(&json!({ "kind": "everyone" }))).await;
    let (questions, id) = path.split_at(14);
    let missing = format!("{questions}{}", id.replace(|c: char| c.is_ascii_digit(), "0"));
    let problem = async |path: &str| ask(&router, BOB, path).await.problem().to_string().replace(path, "");
    assert_eq!(problem(&path).await.replace(&path[14..], ""), problem(&missing).await.replace(&missing[14..], ""));
    assert_eq!(ask(&router, BOB, "/v1/questions").await.json(), json!([]));
    assert_eq!(ask(&router, ADA, &path).await.status, StatusCode::OK);
    assert_eq!(ask(&router, ROOT, &path).await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_cannot_be_kept_is_refused() {
    let home = Home::new().await;
    let router = home.router();
    let with_member = |name: &str, value: Value| {
        let mut order = order(&json!({ "kind": "owner" }));
        order[name] = value;
        order
    };
    for wrong in [
        with_member("title", json!("")),
        with_member("title", json!("two\nlines")),
        with_member("title", json!("x".repeat(201))),
        with_member("sql", json!("x".repeat(20_001))),
        with_member("sql", json!("SELECT 'safe\u{202e}exe'")),
        with_member("purpose", json!("x".repeat(201))),
        with_member("chart", json!({ "form": "pie", "along": "id", "values": ["n"], "split": null })),
        with_member("chart", json!({ "form": "bars", "along": "id", "values": [], "split": null })),
        with_member("audience", json!({ "kind": "named", "who": [] })),
        with_member("audience", json!({ "kind": "all" })),
        with_member("rows", json!([1, 2])),
        with_member("owner", json!("root")),
    ] {
        let refused = send(&router, write(ADA, "POST", "/v1/questions", &wrong)).await;
        let status = refused.problem()["status"].clone();
        assert!(status == 400 || status == 422, "{wrong}: {}", refused.text());
    }
    for path in ["/v1/questions?limit=x", "/v1/questions?who=ada", "/v1/questions?cursor=x"] {
        assert_eq!(ask(&router, ADA, path).await.problem()["status"], 400, "{path}");
    }
    assert_eq!(ask(&router, ADA, "/v1/questions/nothing").await.problem()["status"], 404);
    assert_eq!(ask(&router, ADA, "/v1/questions").await.json(), json!([]));
}

#[tokio::test]
async fn pages_follow_their_links() {
    let home = Home::new().await;
    let router = home.router();
    for _ in 0..5 {
        save(&router, ADA, &order(&json!({ "kind": "owner" }))).await;
    }
    let (mut path, mut sizes, mut seen) = ("/v1/questions?owner=ada&limit=2".to_owned(), Vec::new(), Vec::new());
    loop {
        let page = ask(&router, ADA, &path).await;
        let found = page.json().as_array().unwrap().clone();
        sizes.push(found.len());
        seen.extend(found.iter().map(|question| question["id"].as_str().unwrap().to_owned()));
        let Some(link) = page.headers.get("link") else { break };
        let link = link.to_str().unwrap();
        path = link[link.find("/v1").unwrap()..link.find('>').unwrap()].to_owned();
        assert!(path.contains("owner=ada"), "{path}");
    }
    let mut newest = seen.clone();
    newest.sort_unstable();
    newest.dedup();
    newest.reverse();
    assert_eq!((sizes, &seen), (vec![2, 2, 1], &newest));
}

#[tokio::test]
async fn every_request_is_on_record_once() {
    let home = Home::new().await;
    let router = home.router();
    let (path, _) = save(&router, ADA, &order(&json!({ "kind": "owner" }))).await;
    ask(&router, ADA, &path).await;
    ask(&router, BOB, &path).await;
    ask(&router, ADA, "/v1/questions").await;
    let id = &path[14..];
    let records = home.records();
    let said: Vec<_> = records.iter().map(|record| record.request.clone()).collect();
    let (get, list) = (format!("GET /v1/questions/{id}"), "GET /v1/questions".to_owned());
    assert_eq!(said, ["save a question".to_owned(), get.clone(), get, list]);
    assert!(records.iter().all(|record| record.door == Door::Management));
    assert_eq!(records[1].result, RequestResult::Answered);
    assert!(matches!(records[2].result, RequestResult::Failed { .. }));
}
