//! Requests that are not understood: nothing is done, and each is on record once.

use axum::body::Body;
use http::Request;
use outport_model::audit::RequestResult;
use serde_json::json;

use crate::support::{Home, ROOT, Reply, request, send, with};

const TABLE: &str = "/delta-sharing/shares/shop/schemas/ports/tables/daily";

/// A method, a path, a body, and a header where one is what is wrong.
type Wrong = (&'static str, String, String, Option<(&'static str, String)>);

fn user() -> String {
    json!({ "kind": "user" }).to_string()
}

fn policies() -> String {
    json!({ "text": "permit(principal, action, resource);" }).to_string()
}

fn question() -> String {
    json!({ "title": "t", "sql": "SELECT 1" }).to_string()
}

/// Bodies that are no JSON, or not what is wanted.
fn bodies() -> Vec<Wrong> {
    let mut all: Vec<Wrong> = Vec::new();
    let mut add = |method, path: &str, body: String| all.push((method, path.to_owned(), body, None));
    for path in [
        "/v1/sql",
        "/graphql",
        "/v1/tokens",
        "/v1/plans",
        "/v1/applies",
        "/v1/policy-tests",
        "/v1/policy-check",
        "/v1/runs",
        "/v1/rollbacks",
        "/v1/agreements",
        "/v1/agreement-imports",
        "/v1/agreements/x/decision",
        "/v1/agreements/x/renewal",
        "/v1/feedback",
        "/v1/feedback/x/replies",
        "/v1/questions",
    ] {
        add("POST", path, "{".to_owned());
        add("POST", path, json!({ "nope": 1 }).to_string());
    }
    add("POST", &format!("{TABLE}/query"), "{".to_owned());
    for path in ["/v1/users/bob", "/v1/policies/more", "/v1/questions/x", "/v1/feedback/ratings/shop"] {
        add("PUT", path, "{".to_owned());
    }
    all
}

/// Names and ids that are none.
fn names() -> Vec<Wrong> {
    let mut all: Vec<Wrong> = Vec::new();
    let mut add = |method, path: &str, body: String| all.push((method, path.to_owned(), body, None));
    add("PUT", "/v1/users/a%00b", user());
    add("DELETE", "/v1/users/a%00b", String::new());
    add("PUT", "/v1/policies/a%20b%21", policies());
    add("DELETE", "/v1/policies/a%20b%21", String::new());
    add("DELETE", "/v1/tokens/%21", String::new());
    add("POST", "/v1/agreements/x/decision", json!({ "decision": "approve" }).to_string());
    add("POST", "/v1/agreements/x/renewal", "{}".to_owned());
    add("PATCH", "/v1/feedback/x", "{}".to_owned());
    add("POST", "/v1/feedback/x/replies", json!({ "text": "so" }).to_string());
    add("PUT", "/v1/feedback/x/vote", String::new());
    add("DELETE", "/v1/feedback/x/vote", String::new());
    add("PUT", "/v1/feedback/ratings/a%20b%21", json!({ "csat": 3 }).to_string());
    add("PUT", "/v1/questions/x", question());
    add("DELETE", "/v1/questions/x", String::new());
    for path in [
        "/v1/tasks/x",
        "/v1/tasks/x/events",
        "/v1/audit/x",
        "/v1/agreements/x/preview",
        "/v1/feedback/x",
        "/v1/questions/x",
        "/v1/intents/a%20b%21",
        "/v1/catalog/products/a%20b%21",
        "/v1/data/shop/nope",
        "/v1/download/shop/daily.exe",
        "/v1/changes/nope",
    ] {
        add("GET", path, String::new());
    }
    // Bytes that are no text.
    for path in [
        "/v1/products/%ff",
        "/v1/data/shop/%ff",
        "/v1/data/shop/daily/%ff",
        "/v1/download/shop/%ff",
        "/v1/changes/%ff",
        "/v1/changes/shop/%ff",
        "/v1/catalog/products/%ff",
        "/v1/users/%ff",
        "/v1/policies/%ff",
        "/v1/explanations/shop/%ff",
        "/v1/feedback/%ff",
        "/v1/questions/%ff",
        "/v1/intents/%ff",
        "/v1/audit/%ff",
        "/v1/tasks/%ff",
        "/delta-sharing/shares/%ff",
        "/delta-sharing/shares/shop/schemas/ports/tables/%ff/metadata",
    ] {
        add("GET", path, String::new());
    }
    for path in ["/v1/sql/%ff", "/v1/tokens/%ff", "/v1/tasks/%ff"] {
        add("DELETE", path, String::new());
    }
    all
}

/// Parameters that mean nothing.
fn parameters() -> Vec<Wrong> {
    let mut all: Vec<Wrong> = Vec::new();
    let mut add = |method, path: &str, body: String| all.push((method, path.to_owned(), body, None));
    for path in [
        "/v1/sql",
        "/v1/data/shop/daily",
        "/v1/changes/shop/daily",
        "/v1/users",
        "/v1/groups",
        "/v1/tokens",
        "/v1/agreements",
        "/v1/feedback",
        "/v1/questions",
        "/v1/audit",
        "/v1/intents",
        "/v1/catalog/search",
    ] {
        let method = if path == "/v1/sql" { "POST" } else { "GET" };
        add(method, &format!("{path}?nope=1"), json!({ "sql": "SELECT 1" }).to_string());
    }
    for path in [
        "/v1/changes/shop/daily?format=csv",
        "/v1/changes/shop/daily?since=x",
        "/v1/data/shop/daily?limit=x",
        "/v1/catalog/products?cursor=x",
    ] {
        add("GET", path, String::new());
    }
    all
}

/// Headers that mean nothing.
fn headers() -> Vec<Wrong> {
    let mut all: Vec<Wrong> = Vec::new();
    let mut heads = |method, path: &str, body: &str, (name, value): (&'static str, &str)| {
        all.push((method, path.to_owned(), body.to_owned(), Some((name, value.to_owned()))));
    };
    heads("PUT", "/v1/users/bob", &user(), ("if-match", "nope"));
    heads("PUT", "/v1/policies/more", &policies(), ("if-match", "nope"));
    heads("PUT", "/v1/questions/x", &question(), ("if-match", "nope"));
    heads("GET", "/v1/changes/shop", "", ("last-event-id", "x"));
    for (method, path) in [("GET", "metadata"), ("POST", "query"), ("GET", "changes?startingVersion=0")] {
        heads(method, &format!("{TABLE}/{path}"), "", ("fileidhash", "nope"));
    }
    for path in ["/v1/products", "/v1/users", "/v1/data/shop/daily/1", "/v1/catalog/products"] {
        heads("GET", path, "", ("outport-purpose", &"x".repeat(1_000)));
    }
    all
}

/// Messages of MCP that are none, or that ask for what is not there. All are posted, some without what the transport wants.
fn messages() -> Vec<Wrong> {
    let accept = || Some(("accept", "application/json, text/event-stream".to_owned()));
    let call = |method: &str, params: serde_json::Value| {
        json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string()
    };
    let bodies = [
        "{".to_owned(),
        json!({ "jsonrpc": "2.0" }).to_string(),
        json!({ "jsonrpc": "2.0", "id": 1, "result": {} }).to_string(),
        call("nope", json!({})),
        call("prompts/list", json!({})),
        call("prompts/get", json!({ "name": "x" })),
        call("resources/subscribe", json!({ "uri": "outport://x" })),
        call("completion/complete", json!({})),
        call("resources/list", json!({ "cursor": "x" })),
        call("resources/read", json!({ "uri": "outport://nowhere" })),
        call("tools/call", json!({ "name": "nope" })),
        call("tools/call", json!({ "name": "query", "arguments": { "sql": 1 } })),
        call(
            "tools/call",
            json!({ "name": "request_access", "arguments":
            { "product": "shop-sales", "port": "daily", "purpose": "p", "days": i64::MAX } }),
        ),
    ];
    let mut all: Vec<Wrong> = bodies.map(|body| ("POST", "/mcp".to_owned(), body, accept())).into();
    all.push(("POST", "/mcp".to_owned(), call("tools/list", json!({})), Some(("accept", "text/html".to_owned()))));
    all.push(("POST", "/mcp".to_owned(), call("tools/list", json!({})), Some(("host", "evil.example".to_owned()))));
    all.push(("GET", "/mcp".to_owned(), String::new(), accept()));
    all.push(("DELETE", "/mcp".to_owned(), String::new(), None));
    all
}

/// How a door answers what it does not understand: the status, or an error of a protocol within an answer.
fn is_refused(reply: &Reply) -> bool {
    let within = |answer: serde_json::Value| answer.get("error").is_some() || answer["result"]["isError"] == true;
    reply.status.is_client_error() || serde_json::from_slice(&reply.body).is_ok_and(within)
}

#[tokio::test]
async fn what_is_not_understood_is_on_record_once() {
    let home = Home::new().await;
    let router = home.router_with(|options| options.public_url = Some("http://data.example:7411/".parse().unwrap()));
    let mut faults = Vec::new();
    for (method, path, body, header) in [bodies(), names(), parameters(), headers(), messages()].concat() {
        let before = home.records().len();
        let asked = with(request(ROOT, method, &path, body.clone()), "content-type", "application/json");
        let asked = match &header {
            Some((name, value)) => with(asked, name, value),
            None => asked,
        };
        let reply = send(&router, asked).await;
        let records = home.records();
        let by: Vec<_> = records[before..].iter().map(|record| record.principal.is_some()).collect();
        if !is_refused(&reply) || by != [true] {
            faults.push(format!("{method} {path} {body} {header:?}: {}, on record {by:?}", reply.status));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// A body of two pieces, whose length is said or not.
fn sent(path: &str, length: Option<usize>) -> Request<Body> {
    let pieces = futures::stream::iter([Ok::<_, std::io::Error>("x".repeat(10)), Ok("x".repeat(10))]);
    let sent = with(request(ROOT, "POST", path, Body::from_stream(pieces)), "content-type", "application/json");
    let sent = with(sent, "accept", "application/json, text/event-stream");
    match length {
        Some(length) => with(sent, "content-length", &length.to_string()),
        None => sent,
    }
}

#[tokio::test]
async fn what_is_too_large_or_comes_too_late_is_on_record_once() {
    let home = Home::new().await;
    let router = home.router_with(|options| {
        (options.body_limit, options.bundle_limit) = (16, 16);
        options.receive_time = std::time::Duration::from_millis(20);
    });
    let query = format!("{TABLE}/query");
    for path in ["/v1/sql", "/graphql", "/mcp", "/v1/feedback", "/v1/plans", "/v1/policy-tests", &query] {
        for (length, status) in [(None, 413), (Some(20), 413), (Some(usize::MAX), 413)] {
            let before = home.records().len();
            let reply = send(&router, sent(path, length)).await;
            let records = home.records();
            let [record] = &records[before..] else { panic!("{path} {length:?}: {records:?}") };
            assert_eq!(reply.status, status, "{path} {length:?}");
            assert_eq!(reply.header("outport-request"), record.id.to_string(), "{path} {length:?}");
            assert!(matches!(record.result, RequestResult::Failed { .. }), "{record:?}");
        }
        let before = home.records().len();
        let pending = Body::from_stream(futures::stream::pending::<Result<String, std::io::Error>>());
        let late = with(request(ROOT, "POST", path, pending), "content-type", "application/json");
        let late = with(late, "accept", "application/json, text/event-stream");
        let reply = send(&router, late).await;
        assert!(reply.status.is_client_error() || reply.status.is_server_error(), "{path}: {}", reply.status);
        assert_eq!(home.records().len() - before, 1, "{path}");
    }
}

#[tokio::test]
async fn whoever_is_not_known_is_on_record_for_what_is_not_read() {
    let home = Home::new().await;
    let router = home.router_with(|options| options.body_limit = 16);
    let stranger = with(sent("/v1/sql", None), "authorization", "Bearer nobody");
    assert_eq!(send(&router, stranger).await.status, 413);
    let [record] = home.records().try_into().unwrap();
    assert_eq!((record.principal, record.request.as_str()), (None, "authenticate from unknown"));
}
