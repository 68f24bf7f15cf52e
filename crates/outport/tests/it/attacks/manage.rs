//! The management API for someone who administers nothing, and what is hidden beside what is not there, at every door.

use reqwest::Method;
use serde_json::{Value, json};

use super::twins::{Single, Twins, Verdict, comparable};
use crate::{
    opened::someone,
    through::{Asker, run},
};

const REMOVE: &str = r#"{"remove": ["vault"], "force": true}"#;
const OUTSIDE: &str = r#"{"bundles": [{"root": "x", "files": {"../../outport.toml": {"text": "workspace = 1"}}}]}"#;
const DECIDE: &str = r#"{"decision": "approve"}"#;

const IMPORT_VISIBLE: &str = r#"{"documents": [{"file": "a", "text": "{apiVersion: v0.9.0, kind: AccessAgreement, id: a, status: approved, description: {purpose: p}, endTimestamp: 2035-12-31T00:00:00Z, provider: {teamId: x, dataProductId: vault, outputPortId: people}, consumer: {userId: mallory}}"}]}"#;
const IMPORT_HIDDEN: &str = r#"{"documents": [{"file": "a", "text": "{apiVersion: v0.9.0, kind: AccessAgreement, id: a, status: approved, description: {purpose: p}, endTimestamp: 2035-12-31T00:00:00Z, provider: {teamId: x, dataProductId: sealed, outputPortId: secrets}, consumer: {userId: mallory}}"}]}"#;
const IMPORT_COLUMNS: &str = r#"{"documents": [{"file": "a", "text": "{apiVersion: v0.9.0, kind: AccessAgreement, id: a, status: approved, description: {purpose: p}, endTimestamp: 2035-12-31T00:00:00Z, provider: {teamId: x, dataProductId: vault, outputPortId: people}, consumer: {userId: mallory}, customProperties: [{property: columns, vendor: outport, value: [note]}]}"}]}"#;
const IMPORT_FILE: &str = r#"{"documents": [{"file": "../../outport.db", "text": "${OUTPORT_HOME}"}]}"#;

/// Requests: name, method, path, body.
pub(super) const REQUESTS: [(&str, &str, &str, &str); 64] = [
    ("read: the workspace", "GET", "/v1/workspace", ""),
    ("read: what is on record", "GET", "/v1/intents", ""),
    ("read: the visible product", "GET", "/v1/intents/vault", ""),
    ("read: the hidden product", "GET", "/v1/intents/sealed", ""),
    ("read: the past of the visible product", "GET", "/v1/intents/vault/history", ""),
    ("read: the past of the hidden product", "GET", "/v1/intents/sealed/history", ""),
    ("read: users", "GET", "/v1/users", ""),
    ("read: tokens", "GET", "/v1/tokens", ""),
    ("read: tokens of someone else", "GET", "/v1/tokens?user=root", ""),
    ("read: policies", "GET", "/v1/policies", ""),
    ("read: what is wrong with policies", "GET", "/v1/policy-check", ""),
    ("read: why one sees a table", "GET", "/v1/explanations/vault/people", ""),
    ("read: why someone else sees a table", "GET", "/v1/explanations/vault/people?user=root", ""),
    ("read: why one sees the hidden table", "GET", "/v1/explanations/sealed/secrets", ""),
    ("read: agreements", "GET", "/v1/agreements", ""),
    ("read: the record", "GET", "/v1/audit", ""),
    ("read: the record of someone else", "GET", "/v1/audit?user=root", ""),
    ("read: whether the record is whole", "GET", "/v1/audit/verification", ""),
    ("read: the record of a product", "GET", "/v1/audit?product=sealed", ""),
    ("read: the record under an agreement", "GET", "/v1/audit?agreement=00000000-0000-7000-8000-000000000000", ""),
    ("read: one request on record", "GET", "/v1/audit/00000000-0000-7000-8000-000000000000", ""),
    ("read: settings", "GET", "/v1/settings", ""),
    ("read: depots", "GET", "/v1/depots", ""),
    ("read: groups", "GET", "/v1/groups", ""),
    ("read: policies of the visible product", "GET", "/v1/product-policies/vault", ""),
    ("read: policies of the hidden product", "GET", "/v1/product-policies/sealed", ""),
    (
        "read: a document of what is not there",
        "GET",
        "/v1/agreements/00000000-0000-7000-8000-000000000000/document",
        "",
    ),
    ("read: tasks", "GET", "/v1/tasks", ""),
    ("read: a task of someone else", "GET", "/v1/tasks/00000000-0000-7000-8000-000000000000", ""),
    ("read: events of a task of someone else", "GET", "/v1/tasks/00000000-0000-7000-8000-000000000000/events", ""),
    (
        "change: oneself into an administrator",
        "PUT",
        "/v1/users/mallory",
        r#"{"kind": "user", "groups": ["administrators"]}"#,
    ),
    (
        "change: one's own region",
        "PUT",
        "/v1/users/mallory",
        r#"{"kind": "user", "groups": ["staff"], "region": "US"}"#,
    ),
    (
        "change: the password of an administrator",
        "PUT",
        "/v1/users/root",
        r#"{"kind": "user", "password": "correct horse battery"}"#,
    ),
    ("change: a new user", "PUT", "/v1/users/eve", r#"{"kind": "user", "groups": ["administrators"]}"#),
    ("change: an administrator away", "DELETE", "/v1/users/root", ""),
    ("change: a token of someone else", "POST", "/v1/tokens", r#"{"owner": "root", "seconds": 60}"#),
    ("change: a token made with a token", "POST", "/v1/tokens", r#"{"owner": "mallory", "seconds": 999999}"#),
    ("change: a token that is not one's own away", "DELETE", "/v1/tokens/aaaaaaaaaaaa", ""),
    ("change: policies", "PUT", "/v1/policies/governance", r#"{"text": "permit(principal, action, resource);"}"#),
    (
        "change: a further file of policies",
        "PUT",
        "/v1/policies/mine",
        r#"{"text": "permit(principal, action, resource);"}"#,
    ),
    (
        "change: policies at a path",
        "PUT",
        "/v1/policies/..%2Fmine",
        r#"{"text": "permit(principal, action, resource);"}"#,
    ),
    ("change: policies that are only checked", "POST", "/v1/policy-check", r#"{"name": "mine", "text": "permit;"}"#),
    (
        "change: policies that are only tried",
        "POST",
        "/v1/policy-tests",
        r#"{"product": "sealed", "table": "secrets"}"#,
    ),
    (
        "change: policies that are only tried for oneself",
        "POST",
        "/v1/policy-tests",
        r#"{"product": "vault", "table": "people", "user": "mallory"}"#,
    ),
    (
        "change: cases about the hidden table",
        "POST",
        "/v1/policy-tests",
        r#"{"cases": [{"file": "x", "text": "kind: AccessTests"}]}"#,
    ),
    ("change: policies and a file outside", "POST", "/v1/policy-tests", OUTSIDE),
    ("change: an agreement about the visible port as a document", "POST", "/v1/agreement-imports", IMPORT_VISIBLE),
    ("change: an agreement about the hidden port as a document", "POST", "/v1/agreement-imports", IMPORT_HIDDEN),
    ("change: an agreement about hidden columns as a document", "POST", "/v1/agreement-imports", IMPORT_COLUMNS),
    ("change: an agreement in the server's file", "POST", "/v1/agreement-imports", IMPORT_FILE),
    ("change: policies away", "DELETE", "/v1/policies/governance", ""),
    (
        "change: an agreement about the hidden port",
        "POST",
        "/v1/agreements",
        r#"{"product": "sealed", "port": "secrets", "purpose": "p", "seconds": 60}"#,
    ),
    (
        "change: an agreement for a group",
        "POST",
        "/v1/agreements",
        r#"{"product": "sealed", "port": "secrets", "group": "staff", "purpose": "p", "seconds": 60}"#,
    ),
    (
        "change: approve what is not there",
        "POST",
        "/v1/agreements/00000000-0000-7000-8000-000000000000/decision",
        DECIDE,
    ),
    ("change: renew what is not there", "POST", "/v1/agreements/00000000-0000-7000-8000-000000000000/renewal", "{}"),
    ("operate: run the visible product", "POST", "/v1/runs", r#"{"product": "vault"}"#),
    ("operate: run the hidden product", "POST", "/v1/runs", r#"{"product": "sealed"}"#),
    ("operate: roll back", "POST", "/v1/rollbacks", r#"{"product": "vault", "release": 1}"#),
    ("operate: roll back the hidden product", "POST", "/v1/rollbacks", r#"{"product": "sealed", "release": 1}"#),
    ("operate: plan a removal", "POST", "/v1/plans", r#"{"remove": ["sealed"]}"#),
    ("operate: apply a removal", "POST", "/v1/applies", REMOVE),
    ("operate: plan a file outside of a bundle", "POST", "/v1/plans", OUTSIDE),
    ("operate: apply a file outside of a bundle", "POST", "/v1/applies", OUTSIDE),
    ("operate: stop a task of someone else", "DELETE", "/v1/tasks/00000000-0000-7000-8000-000000000000", ""),
];

async fn manage(asker: &Asker<'_>, method: &str, path: &str, body: &str) -> Result<String, String> {
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
async fn whoever_administers_nothing_manages_nothing() {
    let twins = Twins::open().await;
    for home in [&twins.one, &twins.other] {
        home.user(&someone("root", &["administrators"])).await;
    }
    let [one, other] = twins.askers();
    let mut verdict = Verdict::default();
    let mut done = Vec::new();
    for (name, method, path, body) in REQUESTS {
        let answers = [manage(&one, method, path, body).await, manage(&other, method, path, body).await];
        verdict.compare(name, &format!("{method} {path} {body}"), &answers);
        if !name.starts_with("read: ") && answers[0].is_ok() {
            done.push(format!("{name}: {answers:?}"));
        }
    }
    assert!(done.is_empty(), "{}", done.join("\n"));
    verdict.is_clean(REQUESTS.len(), 3);
    // Everything is as it was.
    assert_eq!(one.sql("SELECT id FROM vault.people", "json").await.unwrap().len(), 4);
    assert!(one.sql("SELECT * FROM sealed.secrets", "json").await.is_err());
}

/// Ways to ask for a product that is hidden, and in the same words for one that is not there: `{}` is its name.
pub(super) const HIDDEN_OR_MISSING: [(&str, &str); 33] = [
    ("rest: the product", "GET /v1/products/{}"),
    ("rest: a table", "GET /v1/data/{}/secrets"),
    ("rest: a row", "GET /v1/data/{}/secrets/1"),
    ("rest: a table of a major version", "GET /v1/data/{}/secrets@1"),
    ("rest: the description", "GET /v1/data/{}/openapi.json"),
    ("download: a table", "GET /v1/download/{}/secrets.csv"),
    ("download: in another form", "GET /v1/download/{}/secrets.parquet"),
    ("sharing: a share", "GET /delta-sharing/shares/{}"),
    ("sharing: its schemas", "GET /delta-sharing/shares/{}/schemas"),
    ("sharing: its tables", "GET /delta-sharing/shares/{}/all-tables"),
    ("sharing: a version", "GET /delta-sharing/shares/{}/schemas/ports/tables/secrets/version"),
    ("sharing: what a table is", "GET /delta-sharing/shares/{}/schemas/ports/tables/secrets/metadata"),
    ("sharing: changes", "GET /delta-sharing/shares/{}/schemas/ports/tables/secrets/changes?startingVersion=0"),
    ("changes: the stream", "GET /v1/changes/{}"),
    ("catalog: the product", "GET /v1/catalog/products/{}"),
    ("catalog: quality", "GET /v1/catalog/products/{}/quality"),
    ("catalog: lineage", "GET /v1/catalog/products/{}/lineage"),
    ("catalog: consumers", "GET /v1/catalog/products/{}/consumers"),
    ("catalog: changes", "GET /v1/catalog/products/{}/changes"),
    ("catalog: access", "GET /v1/catalog/products/{}/access"),
    ("manage: what is on record", "GET /v1/intents/{}"),
    ("manage: the past", "GET /v1/intents/{}/history"),
    ("manage: why", "GET /v1/explanations/{}/secrets"),
    ("manage: policies", "GET /v1/product-policies/{}"),
    ("sql: over HTTP", "SQL SELECT * FROM {}.secrets"),
    ("sql: a column over HTTP", "SQL SELECT {}.secrets.secret FROM {}.secrets"),
    ("sql: described over HTTP", "SQL DESCRIBE {}.secrets"),
    ("postgres: a table", "PG SELECT * FROM {}.secrets"),
    ("flight: a table", "FLIGHT SELECT * FROM {}.secrets"),
    ("graphql: a table", "GRAPHQL { {}_secrets { nodes { id } } }"),
    ("mcp: a query", r#"MCP query {"sql": "SELECT * FROM {}.secrets", "purpose": "p"}"#),
    ("mcp: what it means", r#"MCP describe_product {"product": "{}"}"#),
    ("mcp: a request", r#"MCP request_access {"product": "{}", "port": "secrets", "purpose": "p"}"#),
];

async fn ask(asker: &Asker<'_>, asked: &str) -> String {
    let (how, what) = asked.split_once(' ').unwrap();
    match how {
        "GET" => {
            let reply = asker.send(asker.request(Method::GET, what)).await;
            format!("{} {}", reply.status, reply.text())
        }
        "SQL" => {
            let reply = asker.post("/v1/sql", &json!({ "sql": what })).await;
            format!("{} {}", reply.status, reply.text())
        }
        "PG" => format!("{:?}", asker.postgres().await.unwrap().text(what).await),
        "FLIGHT" => format!("{:?}", run(&mut asker.flight().await, what).await),
        "GRAPHQL" => format!("{:?}", asker.graphql(what, &json!({})).await),
        "MCP" => {
            let (tool, arguments) = what.split_once(' ').unwrap();
            let arguments: Value = serde_json::from_str(arguments).unwrap();
            format!("{:?}", asker.tool(tool, &arguments).await)
        }
        other => panic!("{other} is no way to ask"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_hidden_is_answered_like_what_is_not_there() {
    let single = Single::open().await;
    let asker = single.asker();
    let mut told = Vec::new();
    for (name, asked) in HIDDEN_OR_MISSING {
        // As long as the other name, and as far from every name that is seen.
        let [hidden, missing] = ["sealed", "healed"].map(|product| (product, asked.replace("{}", product)));
        let hidden = comparable(&ask(&asker, &hidden.1).await).replace(hidden.0, "[NAME]");
        let missing = comparable(&ask(&asker, &missing.1).await).replace(missing.0, "[NAME]");
        if hidden != missing {
            told.push(format!("{name}: {asked}\n  {hidden}\n  {missing}"));
        }
    }
    assert!(told.is_empty(), "{} are told apart:\n{}", told.len(), told.join("\n"));
}
