//! Every error is a problem document, whichever part of the server it comes from.

use axum::body::Body;
use http::Request;
use serde_json::json;

use crate::support::{ADA, Home, get, post, request, rows, send, with};

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
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
        ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
        ("strict-transport-security", ""),
        ("access-control-allow-origin", ""),
    ] {
        assert_eq!(reply.header(name), value, "{name}");
    }
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
        .header("access-control-request-headers", "authorization,outport-purpose")
        .body(Body::empty())
        .unwrap();
    let reply = send(&router, preflight).await;
    assert_eq!(reply.status, 200);
    assert!(reply.header("access-control-allow-headers").contains("outport-purpose"));
    let none = send(&home.router(), from("https://app.example")).await;
    assert_eq!(none.header("access-control-allow-origin"), "");
}
