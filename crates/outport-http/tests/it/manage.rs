//! The management API.

use std::{collections::BTreeSet, path::PathBuf, sync::Arc};

use axum::{Router, body::Body};
use http::{Request, StatusCode};
use outport_http::{BundleLoader, LoadedBundles, SentBundles};
use outport_model::{
    audit::RequestResult,
    diagnostic::{Code, Diagnostic},
    principal::Door,
    product::Product,
};
use outport_test::{fixture, store::PutUser};
use serde_json::{Value, json};

use crate::support::{ADA, Home, OLGA, ROOT, Reply, hub, request, rows, send, with};

/// Makes a product of each bundle, named like its folder; one of the folder `broken` has an error.
#[derive(Debug)]
struct Folders;

impl BundleLoader for Folders {
    fn load(&self, sent: SentBundles, recorded: &[Product]) -> LoadedBundles {
        assert!(recorded.iter().any(|product| product.name.as_str() == "shop"), "what is on record is known");
        let mut loaded = LoadedBundles::default();
        for bundle in sent.bundles {
            if bundle.root == "broken" {
                let code = Code::new("OP9999");
                loaded.diagnostics.push(Diagnostic::error(code, "broken/outport.yaml", "it is broken"));
                continue;
            }
            let product = fixture::product_of_files(&bundle.root, &["daily"]);
            loaded.roots.insert(product.name.clone(), PathBuf::from(&bundle.root));
            loaded.products.push(product);
        }
        loaded
    }
}

fn open(home: &Home) -> Router {
    home.router_with(|options| {
        options.bundles = Some(Arc::new(Folders));
        options.hub = Some(hub());
    })
}

fn post(token: &str, path: &str, body: &Value) -> Request<Body> {
    with(request(token, "POST", path, body.to_string()), "content-type", "application/json")
}

fn change(root: &str) -> Value {
    json!({ "bundles": [{ "root": root, "files": { "outport.yaml": "" } }] })
}

async fn ask(router: &Router, token: &str, path: &str) -> Reply {
    send(router, request(token, "GET", path, Body::empty())).await
}

/// The plan of a change, and its fingerprint.
async fn plan(router: &Router, change: &Value) -> (Value, Value) {
    let reply = send(router, post(ROOT, "/v1/plans", change)).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    let mut document = reply.json();
    (document["plan"].take(), document["fingerprint"].take())
}

/// The events of a task, each with its number, to the end.
async fn events(router: &Router, token: &str, task: &Value, after: Option<&str>) -> Vec<(String, String, Value)> {
    let mut asked = request(token, "GET", &format!("/v1/tasks/{}/events", task.as_str().unwrap()), Body::empty());
    if let Some(after) = after {
        asked = with(asked, "last-event-id", after);
    }
    let reply = send(router, asked).await;
    assert_eq!(reply.header("content-type"), "text/event-stream", "{}", reply.text());
    let event = |text: &str| {
        let field =
            |name: &str| text.lines().find_map(|line| line.strip_prefix(&format!("{name}: "))).unwrap().to_owned();
        (field("event"), field("id"), serde_json::from_str(&field("data")).unwrap())
    };
    reply.text().split("\n\n").filter(|text| text.contains("data:")).map(event).collect()
}

#[tokio::test]
async fn the_document_describes_what_is_there() {
    let home = Home::new().await;
    let router = open(&home);
    let asked = Request::get("/v1/openapi.json").body(Body::empty()).unwrap();
    let document = send(&router, asked).await.json();
    for (path, operations) in document["paths"].as_object().unwrap() {
        let parts = path.split('/').map(|part| if part.starts_with('{') { "x" } else { part });
        let path = parts.collect::<Vec<_>>().join("/");
        for (method, operation) in operations.as_object().unwrap() {
            let asked = Request::builder().method(method.to_uppercase().as_str()).uri(path.as_str());
            let asked = asked.header("content-type", "application/json").body(Body::from("{}")).unwrap();
            let expected = match (operation["security"] == json!([]), method.as_str()) {
                (false, _) => 401,
                (true, "get") => 200,
                // Only a page signs someone in.
                (true, _) => 403,
            };
            assert_eq!(send(&router, asked).await.status.as_u16(), expected, "{method} {path}");
        }
    }
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/management.openapi.json");
    let expected = format!("{document:#}\n");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&file, &expected).unwrap();
    }
    let found = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(found == expected, "{} is not what is served; run this test with UPDATE_DOCS=1", file.display());
}

#[tokio::test]
async fn the_document_refers_to_what_it_has() {
    fn references<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str));
                members.values().for_each(|member| references(member, found));
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }
    let home = Home::new().await;
    let asked = Request::get("/v1/openapi.json").body(Body::empty()).unwrap();
    let document = send(&home.router(), asked).await.json();
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    for reference in &found {
        assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
    }
    let schemas = document["components"]["schemas"].as_object().unwrap().keys();
    // `Event` is in a stream, whose type says nothing of its parts.
    let unused: Vec<_> = schemas
        .filter(|name| *name != "Event" && !found.contains(format!("#/components/schemas/{name}").as_str()))
        .collect();
    assert!(unused.is_empty(), "{unused:?}");
}

#[tokio::test]
async fn readers_see_and_change_nothing_here() {
    let home = Home::new().await;
    let router = open(&home);
    assert_eq!(ask(&router, ADA, "/v1/intents").await.json(), json!([]));
    let fingerprint = fixture::fingerprint("x");
    for (asked, expected) in [
        (request(ADA, "GET", "/v1/intents/shop", ""), 403),
        (request(ADA, "GET", "/v1/intents/shop/history", ""), 403),
        // Of what they may not know of, they are told that there is none.
        (request(ADA, "GET", "/v1/intents/dark", ""), 404),
        (post(ADA, "/v1/runs", &json!({ "products": ["dark"] })), 404),
        (post(ADA, "/v1/runs", &json!({ "products": ["shop"] })), 403),
        (post(ADA, "/v1/runs", &json!({})), 403),
        (post(ADA, "/v1/rollbacks", &json!({ "product": "shop" })), 403),
        (post(ADA, "/v1/plans", &change("new")), 403),
        (post(ADA, "/v1/applies", &json!({ "change": change("new"), "fingerprint": fingerprint })), 403),
    ] {
        let said = format!("{} {}", asked.method(), asked.uri());
        let reply = send(&router, asked).await;
        assert_eq!(reply.problem()["status"], expected, "{said}");
        let record = home.records().pop().unwrap();
        assert_eq!((record.door, record.id.to_string().as_str()), (Door::Management, reply.header("outport-request")));
        let refused = matches!(record.result, RequestResult::Refused { .. });
        assert_eq!(refused, expected == 403, "{said}: {:?}", record.result);
    }
    let dark = ask(&router, ADA, "/v1/intents/dark").await.problem().to_string();
    let missing = ask(&router, ADA, "/v1/intents/nosuch").await.problem().to_string();
    assert_eq!(dark.replace("dark", "nosuch"), missing);
    assert_eq!(home.engine.calls(), [""; 0], "nothing was run");
}

#[tokio::test]
async fn operators_run_their_products_and_change_none() {
    let home = Home::new().await;
    let router = open(&home);
    let listed = ask(&router, OLGA, "/v1/intents").await.json();
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!(listed[0]["intent"]["compiled"]["product"]["name"], "shop");
    assert_eq!(ask(&router, OLGA, "/v1/intents/shop").await.status, StatusCode::OK);
    assert_eq!(send(&router, post(OLGA, "/v1/plans", &change("new"))).await.problem()["status"], 403);
    assert_eq!(send(&router, post(OLGA, "/v1/runs", &json!({}))).await.problem()["status"], 403);
    let begun = send(&router, post(OLGA, "/v1/runs", &json!({ "products": ["shop"] }))).await;
    assert_eq!(begun.status, StatusCode::ACCEPTED, "{}", begun.text());
    let task = begun.json()["id"].clone();
    assert_eq!(begun.header("location"), format!("/v1/tasks/{}", task.as_str().unwrap()));
    assert_eq!(begun.header("outport-request"), task.as_str().unwrap());
    let end = events(&router, OLGA, &task, None).await.pop().unwrap();
    assert_eq!((end.0.as_str(), &end.2["kind"], &end.2["state"]), ("end", &json!("run"), &json!("done")));
    assert_eq!(end.2["result"]["runs"][0]["product"], "shop");
}

#[tokio::test]
async fn the_workspace_at_a_glance_is_what_someone_operates_of_it() {
    let home = Home::new().await;
    let router = open(&home);
    assert_eq!(ask(&router, ADA, "/v1/overview").await.json(), json!([]));
    let begun = send(&router, post(OLGA, "/v1/runs", &json!({ "products": ["shop"] }))).await;
    events(&router, OLGA, &begun.json()["id"], None).await;
    let (seen, listed) = (ask(&router, OLGA, "/v1/overview").await, ask(&router, OLGA, "/v1/intents").await.json());
    assert_eq!(seen.header("link"), "", "there is one page");
    let [shop] = seen.json().as_array().unwrap().clone().try_into().unwrap();
    assert_eq!((&shop["name"], &shop["title"]), (&json!("shop"), &json!("The shop")));
    assert_eq!(shop["pending"], listed[0]["pending"]);
    assert_eq!(shop["release"]["number"], listed[0]["release"]["number"]);
    for member in ["id", "state", "startedAt", "endedAt", "release", "error"] {
        assert_eq!(shop["lastRun"][member], listed[0]["lastRun"][member], "{member}");
    }
    let names = |page: &Vec<Value>| page.iter().map(|product| product["name"].clone()).collect::<Vec<_>>();
    let everything: Vec<_> = pages(&router, "/v1/overview", 2).await.iter().map(names).collect();
    assert_eq!(everything, [vec![json!("dark"), json!("shop")], vec![json!("vault")]]);
    for wrong in ["cursor=!", "page=2", "limit=x"] {
        assert_eq!(ask(&router, ROOT, &format!("/v1/overview?{wrong}")).await.problem()["status"], 400, "{wrong}");
    }
}

#[tokio::test]
async fn pages_of_products_go_on_where_the_one_before_ended() {
    let home = Home::new().await;
    let router = open(&home);
    let name = |listed: &Value| listed["intent"]["compiled"]["product"]["name"].as_str().unwrap().to_owned();
    let (mut path, mut found) = ("/v1/intents?limit=2".to_owned(), Vec::new());
    loop {
        let page = ask(&router, ROOT, &path).await;
        found.extend(page.json().as_array().unwrap().iter().map(name));
        let Some(next) = page.header("link").strip_suffix(">; rel=\"next\"") else { break };
        next.trim_start_matches('<').clone_into(&mut path);
    }
    assert_eq!(found, ["dark", "shop", "vault"]);
    for wrong in ["cursor=!", "cursor=Li4", "page=2", "limit=x"] {
        assert_eq!(ask(&router, ROOT, &format!("/v1/intents?{wrong}")).await.problem()["status"], 400, "{wrong}");
    }
}

/// What every page of a list has, newest or first page first.
async fn pages(router: &Router, list: &str, limit: usize) -> Vec<Vec<Value>> {
    let sign = if list.contains('?') { '&' } else { '?' };
    let (mut path, mut found) = (format!("{list}{sign}limit={limit}"), Vec::new());
    loop {
        let page = ask(router, ROOT, &path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.text());
        found.push(page.json().as_array().unwrap().clone());
        let Some(next) = page.header("link").strip_suffix(">; rel=\"next\"") else { return found };
        next.trim_start_matches('<').clone_into(&mut path);
    }
}

#[tokio::test]
async fn every_list_comes_in_pages() {
    let home = Home::new().await;
    let router = open(&home);
    let wardens = home.gate.wardens();
    for (number, name) in ["eve", "ada", "dan", "bob", "cem"].into_iter().enumerate() {
        wardens.users.put_user(&fixture::user(name)).await.unwrap();
        let token = fixture::token(&format!("t{number}"), if number % 2 == 0 { "eve" } else { "ada" });
        wardens.tokens.add_token(&token).await.unwrap();
        let agreement = fixture::agreement(u64::try_from(number).unwrap() + 1, "vault");
        wardens.agreements.add_agreement(&fixture::workspace("prod"), &agreement).await.unwrap();
    }
    let names = |pages: Vec<Vec<Value>>, pointer: &str| -> Vec<Vec<Value>> {
        pages.iter().map(|page| page.iter().map(|item| item.pointer(pointer).unwrap().clone()).collect()).collect()
    };
    let users = names(pages(&router, "/v1/users", 2).await, "/principal/id");
    assert_eq!(json!(users), json!([["ada", "bob"], ["cem", "dan"], ["eve"]]));
    let agreements = pages(&router, "/v1/agreements", 2).await;
    assert_eq!(agreements.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 1]);
    let asked: Vec<_> = names(agreements, "/agreement/requestedAt").concat();
    assert!(asked.windows(2).all(|pair| pair[0].as_str() > pair[1].as_str()), "newest first: {asked:?}");
    let tokens = names(pages(&router, "/v1/tokens", 2).await, "/id").concat();
    let all = names(pages(&router, "/v1/tokens", 100).await, "/id").concat();
    assert_eq!((&tokens, tokens.len()), (&all, 5));
    let of_eve = names(pages(&router, "/v1/tokens?user=eve", 2).await, "/owner");
    assert_eq!(json!(of_eve), json!([["eve", "eve"], ["eve"]]), "the link keeps whose they are");

    // The newest requests are on the first page, oldest first on each. Each page is a request itself.
    let before = home.records().len();
    let requests = pages(&router, "/v1/audit", 4).await;
    let newest = names(requests.clone(), "/id");
    assert!(requests.len() > 2 && requests[..2].iter().all(|page| page.len() == 4), "{newest:?}");
    let listed: Vec<_> = newest.into_iter().rev().flatten().collect();
    let recorded: Vec<_> = home.records()[..before].iter().map(|record| json!(record.id)).collect();
    assert_eq!(listed, recorded);
    for list in ["users", "tokens", "agreements", "audit"] {
        for wrong in ["cursor=!", "cursor=Li4", "page=2", "limit=x"] {
            let refused = ask(&router, ROOT, &format!("/v1/{list}?{wrong}")).await;
            assert_eq!(refused.problem()["status"], 400, "{list} {wrong}");
        }
    }
}

#[tokio::test]
async fn a_request_is_previewed_by_who_decides_on_it() {
    let home = Home::new().await;
    let router = open(&home);
    home.answer(vec![rows(&[(1, Some("a"), Some(150)), (2, None, None)])]);
    home.gate.wardens().users.put_user(&fixture::user("ada")).await.unwrap();
    let agreements = &home.gate.wardens().agreements;
    for (number, product) in [(1, "shop"), (2, "vault")] {
        agreements.add_agreement(&fixture::workspace("prod"), &fixture::agreement(number, product)).await.unwrap();
    }
    let path = |number| format!("/v1/agreements/{}/preview", fixture::agreement_id(number));

    let reply = ask(&router, ROOT, &path(1)).await;
    let shown = reply.json();
    assert_eq!(reply.status, StatusCode::OK, "{shown}");
    assert_eq!(shown["reader"], json!({ "kind": "principal", "name": "ada", "known": true }));
    let table = &shown["tables"][0];
    let seen = |column: usize| (&table["columns"][column]["after"]["access"], &table["columns"][column]["changes"]);
    assert_eq!(seen(0), (&json!("plain"), &json!(false)), "policies let them read it today");
    assert_eq!((seen(1).0, seen(3).0), (&json!("masked"), &json!("none")));
    assert_eq!(table["sample"]["columns"][2], json!({ "name": "price", "type": "decimal(10,2)" }));
    let sample = json!([{ "id": 1, "name": "a", "price": "1.50" }, { "id": 2, "name": null, "price": null }]);
    assert_eq!(table["sample"]["rows"], sample);
    assert_eq!(home.questions().len(), 1);
    let record = home.records().pop().unwrap();
    assert_eq!(reply.header("outport-request"), record.id.to_string());
    assert_eq!((record.request.as_str(), record.rows), (format!("GET {}", path(1)).as_str(), 2));

    // Where the port may be known of alone today, nothing of it is read without the agreement.
    let vault = ask(&router, ROOT, &path(2)).await.json();
    assert_eq!(vault["tables"][0]["today"]["readable"], false);

    // Whoever asked, and whoever else may not decide, is told what they are told of what is not there.
    let without_id = |problem: Value| {
        let detail = problem["detail"].as_str().unwrap().split('`').next().unwrap().to_owned();
        (problem["status"].clone(), problem["type"].clone(), problem["help"].clone(), detail)
    };
    let missing = without_id(ask(&router, ADA, &path(9)).await.problem());
    assert_eq!(missing.0, 404);
    assert_eq!(without_id(ask(&router, ROOT, "/v1/agreements/none/preview").await.problem()), missing);
    for token in [ADA, "bob-token", OLGA] {
        assert_eq!(without_id(ask(&router, token, &path(1)).await.problem()), missing, "{token}");
    }
    assert_eq!(home.questions().len(), 0, "nothing is read for them");
}

#[tokio::test]
async fn nobody_overwrites_what_they_have_not_seen() {
    let home = Home::new().await;
    let router = open(&home);
    home.gate.wardens().users.put_user(&fixture::user("ada")).await.unwrap();
    let put = |path: &'static str, body: Value, headers: &[(&'static str, String)]| {
        let asked = with(request(ROOT, "PUT", path, body.to_string()), "content-type", "application/json");
        headers.iter().fold(asked, |asked, (name, value)| with(asked, name, value))
    };
    let user = |groups: &[&str]| json!({ "kind": "user", "groups": groups });

    let first = ask(&router, ROOT, "/v1/users/ada").await;
    let tag = first.header("etag").to_owned();
    assert!(tag.starts_with('"') && tag.len() == 34, "{tag}");
    let seen = [("if-match", tag.clone())];
    let changed = send(&router, put("/v1/users/ada", user(&["auditors"]), &seen)).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.text());
    let other = changed.header("etag").to_owned();
    assert_ne!(other, tag);
    assert_eq!(ask(&router, ROOT, "/v1/users/ada").await.header("etag"), other);
    let late = send(&router, put("/v1/users/ada", user(&[]), &seen)).await;
    let problem = late.problem();
    assert_eq!((&problem["type"], &problem["status"]), (&json!("urn:outport:problem:changed"), &json!(412)));
    assert_eq!(problem["detail"], "user `ada` has changed meanwhile");
    assert_eq!(ask(&router, ROOT, "/v1/users/ada").await.json()["principal"]["groups"], json!(["auditors"]));
    // A new password is a change too, also for whoever does not set one.
    let password = json!({ "kind": "user", "groups": ["auditors"], "password": "correct horse battery" });
    assert_eq!(send(&router, put("/v1/users/ada", password, &[])).await.status, StatusCode::OK);
    let late = send(&router, put("/v1/users/ada", user(&[]), &[("if-match", other)])).await;
    assert_eq!(late.status, StatusCode::PRECONDITION_FAILED);

    let new = [("if-none-match", "*".to_owned())];
    assert_eq!(send(&router, put("/v1/users/ada", user(&[]), &new)).await.status, StatusCode::PRECONDITION_FAILED);
    assert_eq!(send(&router, put("/v1/users/bob", user(&[]), &new)).await.status, StatusCode::OK);
    let some = [("if-match", "*".to_owned())];
    assert_eq!(send(&router, put("/v1/users/cem", user(&[]), &some)).await.status, StatusCode::PRECONDITION_FAILED);
    assert_eq!(ask(&router, ROOT, "/v1/users/cem").await.problem()["status"], 404);
    let wrong = [("if-none-match", "\"x\"".to_owned())];
    assert_eq!(send(&router, put("/v1/users/cem", user(&[]), &wrong)).await.problem()["status"], 400);
    assert_eq!(ask(&router, ADA, "/v1/users/ada").await.problem()["status"], 403);

    let text = |text: &str| json!({ "text": text });
    let made = send(&router, put("/v1/policies/base", text("// one"), &new)).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text());
    let tag = made.header("etag").to_owned();
    let found = ask(&router, ROOT, "/v1/policies/base").await;
    assert_eq!((found.header("etag"), &found.json()["text"]), (tag.as_str(), &json!("// one")));
    home.clock.advance(chrono::TimeDelta::seconds(1));
    let seen = [("if-match", tag)];
    assert_eq!(send(&router, put("/v1/policies/base", text("// two"), &seen)).await.status, StatusCode::OK);
    let late = send(&router, put("/v1/policies/base", text("// three"), &seen)).await;
    assert_eq!(late.problem()["detail"], "policy file `base` has changed meanwhile");
    assert_eq!(ask(&router, ROOT, "/v1/policies/base").await.json()["text"], "// two");
    assert_eq!(ask(&router, ROOT, "/v1/policies/none").await.problem()["status"], 404);
}

#[tokio::test]
async fn what_is_applied_is_what_the_plan_said() {
    let home = Home::new().await;
    let router = open(&home);
    let (planned, fingerprint) = plan(&router, &change("new")).await;
    assert_eq!(
        (&planned["products"][0]["product"], &planned["products"][0]["action"]),
        (&json!("new"), &json!("create"))
    );
    assert_eq!(plan(&router, &change("new")).await.1, fingerprint, "the same change of the same record");
    assert_ne!(plan(&router, &change("other")).await.1, fingerprint);
    let order = |fingerprint: &Value| json!({ "change": change("new"), "fingerprint": fingerprint });
    let other = send(&router, post(ROOT, "/v1/applies", &order(&json!(fixture::fingerprint("x"))))).await;
    assert_eq!(other.problem()["type"], "urn:outport:problem:outdated");
    assert_eq!(ask(&router, ROOT, "/v1/intents/new").await.problem()["status"], 404, "nothing has changed");
    let begun = send(&router, post(ROOT, "/v1/applies", &order(&fingerprint))).await;
    assert_eq!(begun.status, StatusCode::ACCEPTED, "{}", begun.text());
    let told = events(&router, ROOT, &begun.json()["id"], None).await;
    let numbers: Vec<_> = told.iter().map(|(_, id, _)| id.parse::<usize>().unwrap()).collect();
    assert_eq!(numbers, (1..=told.len()).collect::<Vec<_>>());
    let names: Vec<_> =
        told.iter().map(|(name, _, data)| (name.as_str(), data["event"].as_str().unwrap_or(""))).collect();
    assert_eq!((names[0], names[names.len() - 1]), (("progress", "runStarted"), ("end", "")));
    let result = &told.last().unwrap().2["result"];
    assert_eq!((&result["plan"], &result["runs"][0]["run"]["state"]), (&planned, &json!("published")));
    let described = ask(&router, ROOT, "/v1/intents/new").await.json();
    assert_eq!((&described["pending"], &described["release"]["number"]), (&json!(false), &json!(1)));
    // The answer was lost, and the client asks once more: the record has moved on.
    let again = send(&router, post(ROOT, "/v1/applies", &order(&fingerprint))).await;
    assert_eq!(again.problem()["type"], "urn:outport:problem:outdated");
    let records = home.records();
    let said: Vec<_> = records.iter().filter(|r| r.request.starts_with("POST /v1/applies new, plan")).collect();
    assert_eq!(said.len(), 3, "{records:?}");
}

#[tokio::test]
async fn an_apply_under_way_is_not_begun_twice_and_outlives_its_client() {
    let home = Home::new().await;
    let router = open(&home);
    let (_, fingerprint) = plan(&router, &change("new")).await;
    let (go_on, held) = tokio::sync::oneshot::channel::<()>();
    home.engine.interrupt("pin", async move {
        held.await.unwrap();
    });
    let order = post(ROOT, "/v1/applies", &json!({ "change": change("new"), "fingerprint": fingerprint }));
    let first = send(&router, order).await;
    let task = first.json()["id"].clone();
    let order = post(ROOT, "/v1/applies", &json!({ "change": change("new"), "fingerprint": fingerprint }));
    let second = send(&router, order).await;
    assert_eq!((second.status, &second.json()["id"]), (StatusCode::ACCEPTED, &task));
    assert_ne!(second.header("outport-request"), first.header("outport-request"), "each request is on record");
    // Others neither see it nor stop it.
    let path = format!("/v1/tasks/{}", task.as_str().unwrap());
    for method in ["GET", "DELETE"] {
        assert_eq!(send(&router, request(ADA, method, &path, "")).await.problem()["status"], 404);
    }
    assert_eq!(ask(&router, ADA, "/v1/tasks").await.json(), json!([]));
    assert_eq!(ask(&router, ROOT, &path).await.json()["state"], "running");
    go_on.send(()).unwrap();
    let all = events(&router, ROOT, &task, None).await;
    let rest = events(&router, ROOT, &task, Some("2")).await;
    assert_eq!(all[2..], rest, "whoever was cut off goes on where they were");
    assert_eq!(ask(&router, ROOT, "/v1/tasks").await.json()[0]["state"], "done");
}

#[tokio::test]
async fn a_task_that_is_stopped_publishes_nothing() {
    let home = Home::new().await;
    let router = open(&home);
    let bundle = |root: &str| json!({ "root": root, "files": { "outport.yaml": "" } });
    let change = json!({ "bundles": [bundle("new"), bundle("next")] });
    let (_, fingerprint) = plan(&router, &change).await;
    let (go_on, held) = tokio::sync::oneshot::channel::<()>();
    let (reach, reached) = tokio::sync::oneshot::channel::<()>();
    home.engine.interrupt("pin", async move {
        reach.send(()).unwrap();
        held.await.unwrap();
    });
    let order = post(ROOT, "/v1/applies", &json!({ "change": change, "fingerprint": fingerprint }));
    let task = send(&router, order).await.json()["id"].clone();
    reached.await.unwrap();
    let stop = request(ROOT, "DELETE", &format!("/v1/tasks/{}", task.as_str().unwrap()), "");
    assert_eq!(send(&router, stop).await.status, StatusCode::ACCEPTED);
    go_on.send(()).unwrap();
    let mut told = events(&router, ROOT, &task, None).await;
    let end = told.pop().unwrap().2;
    assert_eq!((&end["state"], &end["problem"]), (&json!("stopped"), &Value::Null), "{end}");
    assert_eq!(end["result"]["runs"][0]["run"]["state"], "cancelled", "{end}");
    assert_eq!(told.pop().unwrap().2, json!({ "event": "notBegun", "product": "next" }));
    let left = &end["result"]["runs"][1];
    assert_eq!((&left["product"], &left["run"]), (&json!("next"), &Value::Null), "{end}");
    let described = ask(&router, ROOT, "/v1/intents/new").await.json();
    assert_eq!((&described["pending"], &described["release"]), (&json!(true), &Value::Null));
}

#[tokio::test]
async fn a_stop_that_comes_too_late_changes_nothing() {
    let home = Home::new().await;
    let router = open(&home);
    let (_, fingerprint) = plan(&router, &change("new")).await;
    let order = post(ROOT, "/v1/applies", &json!({ "change": change("new"), "fingerprint": fingerprint }));
    let task = send(&router, order).await.json()["id"].clone();
    let end = events(&router, ROOT, &task, None).await.pop().unwrap().2;
    let stop = request(ROOT, "DELETE", &format!("/v1/tasks/{}", task.as_str().unwrap()), "");
    let stopped = send(&router, stop).await;
    assert_eq!((stopped.status, &stopped.json()), (StatusCode::ACCEPTED, &end));
    assert_eq!((&end["state"], &end["result"]["runs"][0]["run"]["state"]), (&json!("done"), &json!("published")));
}

#[tokio::test]
async fn what_is_wrong_with_bundles_is_said() {
    let home = Home::new().await;
    let router = open(&home);
    let problem = send(&router, post(ROOT, "/v1/plans", &change("broken"))).await.problem();
    assert_eq!((&problem["status"], &problem["type"]), (&json!(422), &json!("urn:outport:problem:invalid-bundles")));
    assert_eq!(problem["diagnostics"][0]["message"], "it is broken");
    let reply = send(&router, post(ROOT, "/v1/plans", &json!({ "remove": ["nosuch"] }))).await;
    assert_eq!(reply.problem()["detail"], "there is no product `nosuch` in workspace `prod`");
    for wrong in [
        json!({}),
        json!({ "bundels": [] }),
        json!({ "bundles": [{ "root": "new", "files": { "../outport.yaml": "" } }] }),
        json!({ "bundles": [{ "root": "new", "files": { "/etc/passwd": "" } }] }),
        json!({ "bundles": [{ "root": "new", "files": { "a": { "base64": "!" } } }] }),
        json!({ "bundles": [{ "root": "a\nb", "files": {} }] }),
    ] {
        let reply = send(&router, post(ROOT, "/v1/plans", &wrong)).await;
        assert_eq!(reply.problem()["status"], 400, "{wrong}");
    }
    let text = with(request(ROOT, "POST", "/v1/plans", "x"), "content-type", "text/plain");
    assert_eq!(send(&router, text).await.problem()["status"], 415);
    let none = home.router();
    assert_eq!(send(&none, post(ROOT, "/v1/plans", &change("new"))).await.problem()["status"], 503);
}

#[tokio::test]
async fn bundles_have_a_limit_of_their_own() {
    let home = Home::new().await;
    let router = home.router_with(|options| {
        options.bundles = Some(Arc::new(Folders));
        (options.body_limit, options.bundle_limit) = (64, 256);
    });
    let filled = |size: usize| json!({ "bundles": [{ "root": "new", "files": { "a": "x".repeat(size) } }] });
    assert_eq!(send(&router, post(ROOT, "/v1/plans", &filled(100))).await.status, StatusCode::OK);
    assert_eq!(send(&router, post(ROOT, "/v1/plans", &filled(300))).await.problem()["status"], 413);
    // Whoever may not send bundles is told that before.
    assert_eq!(send(&router, post(ADA, "/v1/plans", &filled(100))).await.problem()["status"], 403);
    let long = json!({ "products": ["x".repeat(63)] });
    assert_eq!(send(&router, post(ROOT, "/v1/runs", &long)).await.problem()["status"], 413);
}

#[tokio::test]
async fn a_rollback_is_done_once() {
    let home = Home::new().await;
    let router = open(&home);
    crate::support::release(&home, "shop", 2).await;
    for expected in [json!({ "product": "shop", "from": 2, "to": 1 }), json!({ "product": "shop", "from": 1, "to": 1 })]
    {
        let reply = send(&router, post(ROOT, "/v1/rollbacks", &json!({ "product": "shop", "to": 1 }))).await;
        assert_eq!(reply.json(), expected);
    }
    let none = send(&router, post(ROOT, "/v1/rollbacks", &json!({ "product": "shop" }))).await;
    assert_eq!(none.problem()["type"], "urn:outport:problem:no-such-release");
    let history = ask(&router, ROOT, "/v1/intents/shop/history").await.json();
    assert_eq!((&history["current"], history["releases"].as_array().unwrap().len()), (&json!(1), 2));
}
