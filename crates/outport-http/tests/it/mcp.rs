//! `POST /mcp`.

use axum::{Router, body::Body};
use http::{Request, StatusCode};
use outport_app::engine::EngineError;
use outport_model::{audit::RequestResult, principal::Door};
use serde_json::{Value, json};

use crate::support::{ADA, Home, ROOT, Reply, request, rows, send, with};

const NEWEST: &str = "2026-07-28";

/// A request of the newest revision.
fn message(token: &str, method: &str, mut params: Value) -> Request<Body> {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": NEWEST,
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let name = params.get("name").or(params.get("uri")).and_then(Value::as_str).map(str::to_owned);
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let message = with(plain(token, &body), "mcp-protocol-version", NEWEST);
    let message = with(message, "mcp-method", method);
    match name {
        Some(name) => with(message, "mcp-name", &name),
        None => message,
    }
}

fn plain(token: &str, body: &Value) -> Request<Body> {
    let message = with(request(token, "POST", "/mcp", body.to_string()), "content-type", "application/json");
    let message = with(message, "accept", "application/json, text/event-stream");
    with(message, "host", "localhost:7411")
}

async fn ask(router: &Router, token: &str, method: &str, params: Value) -> Value {
    let reply = send(router, message(token, method, params)).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    reply.json()["result"].clone()
}

async fn tool(router: &Router, token: &str, name: &str, arguments: Value) -> Value {
    ask(router, token, "tools/call", json!({ "name": name, "arguments": arguments })).await
}

/// What a tool gives, without the id of the request, which is another one each time.
async fn given(router: &Router, name: &str, arguments: Value) -> Value {
    let result = tool(router, ADA, name, arguments).await;
    assert_eq!(result["isError"], false, "{result}");
    let mut given = result["structuredContent"].clone();
    assert!(given.as_object_mut().unwrap().shift_remove("request").is_some(), "{given}");
    given
}

fn unauthenticated(path: &str) -> Request<Body> {
    Request::get(path).header("host", "evil.example").body(Body::empty()).unwrap()
}

#[tokio::test]
async fn nobody_is_answered_without_a_token() {
    let home = Home::new().await;
    let public = home.router_with(|options| {
        options.public_url = Some("https://data.example/".parse().unwrap());
        options.authorization_servers = vec!["https://login.example/".parse().unwrap()];
    });
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    let stranger = with(plain("nobody", &list), "host", "evil.example");
    let reply = send(&public, stranger).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    assert_eq!(
        reply.header("www-authenticate"),
        "Bearer realm=\"outport\", resource_metadata=\"https://data.example/.well-known/oauth-protected-resource/mcp\""
    );
    for path in ["/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"] {
        let document = send(&public, unauthenticated(path)).await.json();
        assert_eq!(document["resource"], "https://data.example/mcp");
        assert_eq!(document["authorization_servers"], json!(["https://login.example/"]));
    }
    // A server that does not know its address says nothing of it.
    let unknown = home.router();
    assert_eq!(send(&unknown, unauthenticated("/.well-known/oauth-protected-resource")).await.status, 404);
    let reply = send(&unknown, plain("nobody", &list)).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    assert!(!reply.header("www-authenticate").contains("resource_metadata"));
}

#[tokio::test]
async fn other_hosts_and_pages_are_refused() {
    let home = Home::new().await;
    let public = home.router_with(|options| {
        options.public_url = Some("https://data.example/".parse().unwrap());
        options.cors_origins = vec!["https://app.example".to_owned()];
    });
    let list = || message(ADA, "tools/list", json!({}));
    let at = |name: &'static str, value: &'static str| with(list(), name, value);
    for (router, request, expect) in [
        (home.router(), list(), 200),
        (home.router(), at("host", "evil.example"), 403),
        (home.router(), at("host", "data.example"), 403),
        (home.router(), at("origin", "http://localhost:6274"), 200),
        (home.router(), at("origin", "https://evil.example"), 403),
        (public.clone(), at("host", "data.example"), 200),
        (public.clone(), at("host", "evil.example"), 403),
        (public.clone(), at("origin", "https://app.example"), 200),
        (public.clone(), at("origin", "https://app.example:8443"), 403),
        (public, at("origin", "http://localhost:6274"), 403),
    ] {
        let said = format!("{request:?}");
        assert_eq!(send(&router, request).await.status, expect, "{said}");
    }
}

#[tokio::test]
async fn clients_of_the_revision_before_are_answered() {
    let home = Home::new().await;
    let router = home.router();
    let hello = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "test", "version": "1" },
    } });
    let reply = send(&router, plain(ADA, &hello)).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    let result = &reply.json()["result"];
    assert_eq!(result["protocolVersion"], "2025-11-25");
    assert_eq!(result["serverInfo"]["name"], "outport");
    assert_eq!(reply.header("mcp-session-id"), "");
    let ready = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    assert_eq!(send(&router, plain(ADA, &ready)).await.status, StatusCode::ACCEPTED);
    let list = json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/list" });
    let reply = send(&router, with(plain(ADA, &list), "mcp-protocol-version", "2025-11-25")).await;
    assert_eq!(reply.json()["result"]["tools"].as_array().unwrap().len(), 4);
    // There is no stream of the server's own.
    let stream = with(request(ADA, "GET", "/mcp", ""), "host", "localhost");
    assert_eq!(send(&router, stream).await.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn tools_are_as_they_are_documented() {
    let home = Home::new().await;
    let router = home.router();
    let tools = ask(&router, ADA, "tools/list", json!({})).await;
    insta::assert_json_snapshot!("tools", tools);
    let discovered = ask(&router, ADA, "server/discover", json!({})).await;
    assert!(discovered["supportedVersions"].as_array().unwrap().contains(&json!(NEWEST)), "{discovered}");
}

#[tokio::test]
async fn searches_find_what_may_be_known() {
    let home = Home::new().await;
    let router = home.router();
    let names = |found: &Value| {
        found["products"]
            .as_array()
            .unwrap()
            .iter()
            .map(|hit| hit["product"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    for (query, expect) in [
        ("", vec!["shop", "vault"]),
        ("VAULT sells", vec!["vault"]),
        // The contract of `vault` is no secret; of `shop` the column does not exist.
        ("secret", vec!["vault"]),
        ("shop secret", vec![]),
        ("dark", vec![]),
    ] {
        let found = given(&router, "search_products", json!({ "query": query })).await;
        assert_eq!(names(&found), expect, "{query}");
    }
    let found = given(&router, "search_products", json!({ "query": "daily", "limit": 1 })).await;
    insta::assert_json_snapshot!("search", found);
    let all = tool(&router, ROOT, "search_products", json!({ "query": "dark" })).await;
    assert_eq!(names(&all["structuredContent"]), ["dark"]);
    let last = home.records().pop().unwrap();
    assert_eq!((last.door, last.request.as_str()), (Door::Mcp, "search dark"));
    assert_eq!(last.result, RequestResult::Answered);
}

#[tokio::test]
async fn products_are_described_as_they_are_seen() {
    let home = Home::new().await;
    let router = home.router();
    let shop = given(&router, "describe_product", json!({ "product": "shop" })).await;
    assert!(!shop.to_string().contains("secret"));
    insta::assert_json_snapshot!("shop", shop);
    let vault = given(&router, "describe_product", json!({ "product": "vault" })).await;
    assert_eq!(vault["ports"][0]["readable"], false);
    assert!(vault["ports"][0]["access"]["how"].as_str().unwrap().contains("request_access"));
    for product in ["dark", "nosuch"] {
        let refused = tool(&router, ADA, "describe_product", json!({ "product": product })).await;
        assert_eq!(refused["isError"], true);
        assert_eq!(refused["structuredContent"]["detail"], format!("there is no product `{product}`"));
    }
}

#[tokio::test]
async fn answers_say_where_they_come_from() {
    let home = Home::new().await;
    let router = home.router();
    home.answer(vec![rows(&[(1, Some("***"), Some(100)), (2, None, None)])]);
    let asked = json!({ "sql": "SELECT * FROM shop.daily", "purpose": "churn analysis" });
    let answer = given(&router, "query", asked).await;
    insta::assert_json_snapshot!("query", answer);
    let [record] = home.records().try_into().unwrap();
    assert_eq!(record.purpose.unwrap().as_str(), "churn analysis");
    assert_eq!((record.door, record.rows), (Door::Mcp, 2));
    assert_eq!(record.request, "SELECT * FROM shop.daily");
    assert_eq!(record.result, RequestResult::Answered);
}

#[tokio::test]
async fn rows_beyond_the_limit_are_left_out_and_said() {
    let home = Home::new().await;
    let router = home.router();
    home.answer(vec![rows(&[(1, None, None), (2, None, None)]), rows(&[(3, None, None)])]);
    for (limit, expect) in [(1, true), (2, true), (3, false), (4, false)] {
        let asked = json!({ "sql": "SELECT 1", "purpose": "p", "limit": limit });
        let answer = given(&router, "query", asked).await;
        assert_eq!(answer["moreRows"], expect, "{limit}");
        assert_eq!(answer["rowCount"], limit.min(3), "{limit}");
        assert_eq!(home.records().pop().unwrap().result, RequestResult::Answered);
    }
    for limit in [0, 1001] {
        let asked = json!({ "sql": "SELECT 1", "purpose": "p", "limit": limit });
        let refused = tool(&router, ADA, "query", asked).await;
        assert_eq!(refused["isError"], true);
        assert!(matches!(home.records().pop().unwrap().result, RequestResult::Failed { .. }));
    }
    assert_eq!(home.records().len(), 6);
}

#[tokio::test]
async fn errors_of_tools_say_what_to_do() {
    let home = Home::new().await;
    let router = home.router();
    home.fail(|| EngineError::Query {
        reason: "there is no column `nmae`".to_owned(),
        position: Some((1, 8)),
        help: Some("did you mean `name`?".to_owned()),
    });
    let refused = tool(&router, ADA, "query", json!({ "sql": "SELECT nmae", "purpose": "p" })).await;
    assert_eq!(refused["isError"], true);
    assert_eq!(refused["content"][0]["text"], "there is no column `nmae`; did you mean `name`?");
    assert_eq!(refused["structuredContent"]["column"], 8);
    assert_eq!(refused["structuredContent"]["request"], home.records()[0].id.to_string());
    home.fail(|| EngineError::Sealed { table: "shop.daily".to_owned(), reason: "hidden".to_owned() });
    let sealed = tool(&router, ADA, "query", json!({ "sql": "SELECT 1", "purpose": "p" })).await;
    assert!(!sealed.to_string().contains("hidden"), "{sealed}");
    for wrong in [
        json!({ "sql": "SELECT 1" }),
        json!({ "sql": "SELECT 1", "purpose": " " }),
        json!({ "sql": 1, "purpose": "p" }),
    ] {
        let refused = tool(&router, ADA, "query", wrong.clone()).await;
        assert_eq!(refused["isError"], true, "{wrong}");
    }
    let unknown: Reply =
        send(&router, message(ADA, "tools/call", json!({ "name": "drop_table", "arguments": {} }))).await;
    assert_eq!(unknown.json()["error"]["code"], -32602);
}

#[tokio::test]
async fn access_is_only_asked_for() {
    let home = Home::new().await;
    let router = home.router();
    let wanted =
        |product: &str| json!({ "product": product, "port": "daily", "purpose": "churn analysis", "days": 30 });
    let made = tool(&router, ADA, "request_access", wanted("vault")).await;
    assert_eq!(made["isError"], false, "{made}");
    assert_eq!(made["structuredContent"]["state"], "requested");
    assert!(made["content"][0]["text"].as_str().unwrap().contains("a person decides"));
    let described = given(&router, "describe_product", json!({ "product": "vault" })).await;
    assert_eq!(described["ports"][0]["readable"], false);
    let refused = tool(&router, ADA, "request_access", wanted("dark")).await;
    assert_eq!(refused["isError"], true);
    assert_eq!(refused["structuredContent"]["type"], "urn:outport:problem:not-found");
}

#[tokio::test]
async fn contracts_are_resources() {
    let home = Home::new().await;
    let router = home.router();
    let listed = ask(&router, ADA, "resources/list", json!({})).await;
    let addresses: Vec<&str> =
        listed["resources"].as_array().unwrap().iter().map(|resource| resource["uri"].as_str().unwrap()).collect();
    assert_eq!(addresses, ["outport://prod/shop/daily", "outport://prod/vault/daily"]);
    assert_eq!(listed["cacheScope"], "private");
    let read = ask(&router, ADA, "resources/read", json!({ "uri": "outport://prod/shop/daily" })).await;
    let text = read["contents"][0]["text"].as_str().unwrap();
    assert!(text.contains("shop.daily") && !text.contains("secret"), "{text}");
    let missing = send(&router, message(ADA, "resources/read", json!({ "uri": "outport://prod/dark/daily" }))).await;
    assert_eq!(missing.json()["error"]["message"], "there is no resource `outport://prod/dark/daily`");
}
