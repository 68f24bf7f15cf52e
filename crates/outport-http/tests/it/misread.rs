//! Requests that are not understood: nothing is done, and each is on record once.

use serde_json::json;

use crate::support::{Home, ROOT, request, send, with};

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

#[tokio::test]
async fn what_is_not_understood_is_on_record_once() {
    let home = Home::new().await;
    let router = home.router_with(|options| options.public_url = Some("http://data.example:7411/".parse().unwrap()));
    let mut faults = Vec::new();
    for (method, path, body, header) in [bodies(), names(), parameters(), headers()].concat() {
        let before = home.records().len();
        let asked = with(request(ROOT, method, &path, body.clone()), "content-type", "application/json");
        let asked = match &header {
            Some((name, value)) => with(asked, name, value),
            None => asked,
        };
        let reply = send(&router, asked).await;
        let records = home.records();
        let by: Vec<_> = records[before..].iter().map(|record| record.principal.is_some()).collect();
        if !reply.status.is_client_error() || by != [true] {
            faults.push(format!("{method} {path} {body} {header:?}: {}, on record {by:?}", reply.status));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
