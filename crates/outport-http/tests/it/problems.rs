//! Every error is a problem document, whichever part of the server it comes from.

use std::time::Duration;

use axum::body::Body;
use futures::StreamExt;
use http::Request;
use outport_app::{
    engine::EngineError,
    gate::{Limit, Limits},
};
use outport_model::principal::Door;
use serde_json::json;

use crate::support::{ADA, Home, get, post, request, rows, schema, send, with};

#[tokio::test]
async fn paths_and_methods_that_are_not_there() {
    let home = Home::new().await;
    let router = home.router();
    assert_eq!(
        send(&router, get("/nosuch")).await.problem(),
        json!({ "type": "urn:outport:problem:no-such-path", "title": "there is nothing at this path", "status": 404 })
    );
    let reply = send(&router, request(ADA, "PUT", "/v1/sql", "")).await;
    assert_eq!(
        reply.problem(),
        json!({ "type": "urn:outport:problem:method-not-allowed", "title": "this path is not called by this method", "status": 405 })
    );
    assert!(reply.header("allow").contains("POST"), "{:?}", reply.headers);
    assert_eq!(send(&router, get("/v1/products/%ff")).await.problem()["status"], 400);
}

#[tokio::test]
async fn bodies_that_are_too_large() {
    let home = Home::new().await;
    home.answer(vec![rows(&[])]);
    let router = home.router_with(|options| options.body_limit = 16);
    let said = with(request(ADA, "POST", "/v1/sql", "x".repeat(17)), "content-length", "17");
    assert_eq!(
        send(&router, said).await.problem(),
        json!({ "type": "urn:outport:problem:too-large", "title": "the request is too large", "status": 413 })
    );
    let pieces = futures::stream::iter([Ok::<_, std::io::Error>("x".repeat(10)), Ok("x".repeat(10))]);
    let unsaid = request(ADA, "POST", "/v1/sql", Body::from_stream(pieces));
    assert_eq!(send(&router, unsaid).await.problem()["status"], 413);
    assert_eq!(send(&router, request(ADA, "POST", "/v1/sql", "x".repeat(16))).await.status, 200);
}

#[tokio::test]
async fn bodies_that_do_not_arrive() {
    let home = Home::new().await;
    let router = home.router_with(|options| options.receive_time = std::time::Duration::from_millis(20));
    let pending = Body::from_stream(futures::stream::pending::<Result<String, std::io::Error>>());
    assert_eq!(send(&router, request(ADA, "POST", "/v1/sql", pending)).await.problem()["status"], 408);
}

#[tokio::test]
async fn what_is_not_understood_is_on_record_too() {
    let home = Home::new().await;
    let router = home.router();
    let json = |path: &str| with(request(crate::support::ROOT, "POST", path, "{"), "content-type", "application/json");
    for (path, door) in [
        ("/v1/sql", Door::Sql),
        ("/graphql", Door::Graphql),
        ("/v1/tokens", Door::Management),
        ("/v1/plans", Door::Management),
        ("/v1/applies", Door::Management),
        ("/v1/policy-tests", Door::Management),
        ("/v1/agreement-imports", Door::Management),
    ] {
        let before = home.records().len();
        let reply = send(&router, json(path)).await;
        assert_eq!(reply.problem()["status"], 400, "{path}");
        let records = home.records();
        assert_eq!(records.len(), before + 1, "{path}");
        assert_eq!(
            (records[before].door, records[before].id.to_string().as_str()),
            (door, reply.header("outport-request"))
        );
    }
}

#[tokio::test]
async fn a_panic_shows_nothing() {
    let home = Home::new().await;
    home.answer_with(|_| panic!("secret 42"));
    let reply = send(&home.router(), post(&json!({ "sql": "SELECT 1" }))).await;
    assert_eq!(
        reply.problem(),
        json!({ "type": "urn:outport:problem:internal", "title": "something inside failed", "status": 500 })
    );
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
    assert_eq!(home.records().len(), 1);
}

#[tokio::test]
async fn every_response_is_guarded() {
    let home = Home::new().await;
    let reply = send(&home.router(), get("/v1/products")).await;
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("cross-origin-resource-policy", "same-origin"),
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
        ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
        ("strict-transport-security", ""),
        ("access-control-allow-origin", ""),
    ] {
        assert_eq!(reply.header(name), value, "{name}");
    }
    // Whoever comes encrypted, to the server or to a proxy in front of it, is to come encrypted again.
    let strict = "max-age=31536000";
    let encrypted = home.router_with(|options| options.encrypted = true);
    assert_eq!(send(&encrypted, get("/health")).await.header("strict-transport-security"), strict);
    let proxied = home.router_with(|options| options.public_url = Some("https://data.example/".parse().unwrap()));
    assert_eq!(send(&proxied, get("/health")).await.header("strict-transport-security"), strict);
}

#[tokio::test]
async fn pages_of_configured_origins_may_call() {
    let home = Home::new().await;
    let router = home.router_with(|options| options.cors_origins = vec!["https://app.example".to_owned()]);
    let from = |origin: &str| with(get("/v1/products"), "origin", origin);
    assert_eq!(
        send(&router, from("https://app.example")).await.header("access-control-allow-origin"),
        "https://app.example"
    );
    assert_eq!(send(&router, from("https://evil.example")).await.header("access-control-allow-origin"), "");
    let preflight = Request::options("/v1/sql")
        .header("origin", "https://app.example")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,outport-purpose,mcp-protocol-version")
        .body(Body::empty())
        .unwrap();
    let reply = send(&router, preflight).await;
    assert_eq!(reply.status, 200);
    let allowed: Vec<&str> = reply.header("access-control-allow-headers").split(',').map(str::trim).collect();
    for header in ["authorization", "outport-purpose", "mcp-protocol-version", "delta-sharing-capabilities", "if-match"]
    {
        assert!(allowed.contains(&header), "{header}: {allowed:?}");
    }
    assert!(!allowed.contains(&"*"));
    assert!(reply.header("access-control-allow-methods").contains("PATCH"), "{:?}", reply.headers);
    assert_eq!(
        reply.header("access-control-allow-credentials"),
        "",
        "a token is sent by the page, never by the browser"
    );
    let read = send(&router, from("https://app.example")).await;
    for header in ["www-authenticate", "etag", "outport-position"] {
        assert!(read.header("access-control-expose-headers").contains(header), "{header}: {:?}", read.headers);
    }
    let none = send(&home.router(), from("https://app.example")).await;
    assert_eq!(none.header("access-control-allow-origin"), "");
}

#[tokio::test]
async fn limits_say_whether_to_ask_again() {
    let home = Home::limited(Limits { concurrent: 1, wait: Duration::ZERO, ..Limits::default() }).await;
    home.answer_with(|_| Ok((schema(), futures::stream::pending().boxed())));
    let router = home.router();
    let first = tokio::spawn({
        let router = router.clone();
        async move { send(&router, post(&json!({ "sql": "SELECT 1" }))).await }
    });
    while home.questions().is_empty() {
        tokio::task::yield_now().await;
    }
    let reply = send(&router, post(&json!({ "sql": "SELECT 2" }))).await;
    assert_eq!(
        reply.problem(),
        json!({ "type": "urn:outport:problem:busy", "title": "too much of yours is under way", "status": 429, "detail": "the limit `concurrent` of 1 is reached", "help": "try again once other queries have ended, or ask an administrator to raise the limit" })
    );
    assert_eq!(reply.header("retry-after"), "1");
    first.abort();

    let home = Home::new().await;
    let router = home.router();
    for (limit, kind, status) in
        [(Limit::Memory, "limit", 422), (Limit::PrincipalMemory, "busy", 429), (Limit::MemoryLimit, "overloaded", 503)]
    {
        home.fail(move || EngineError::Memory { what: "the query".to_owned(), limit, bytes: 1 << 30 });
        let problem = send(&router, post(&json!({ "sql": "SELECT 1" }))).await.problem();
        assert_eq!(
            (&problem["type"], &problem["status"], &problem["detail"]),
            (
                &json!(format!("urn:outport:problem:{kind}")),
                &json!(status),
                &json!(format!("the limit `{limit}` of 1GiB is reached"))
            )
        );
    }
}
