//! The hub: pages, sessions, and what pages are told.

use std::{collections::BTreeSet, time::Duration};

use axum::{Router, body::Body};
use http::{Request, StatusCode};
use outport_app::{
    gate::{Caller, UserChange},
    identity::{Authenticated, Token, TokenScope},
};
use outport_model::{
    audit::RequestResult,
    principal::{Door, Principal},
};
use outport_test::{fixture, store::PutUser};
use serde_json::{Value, json};

use crate::{
    changes::Events,
    support::{ADA, Home, OLGA, ROOT, Reply, hub, release, request, rows, send, with},
};

/// The value of the cookie of a session that a test has begun.
const SESSION: &str = "session-of-ada";

const PASSWORD: &str = "correct horse battery";

/// A server with a hub, and `ada`, who has a password.
async fn open(home: &Home) -> Router {
    let_ada_in(home).await;
    home.router_with(|options| options.hub = Some(hub()))
}

async fn let_ada_in(home: &Home) {
    home.gate.wardens().users.put_user(&fixture::user("ada")).await.unwrap();
    home.authenticator.accept_password("ada", PASSWORD, ada());
}

fn ada() -> Principal {
    fixture::principal("ada", &["analysts"])
}

/// Puts a session on record, and lets the authenticator know of it.
async fn begin_session(home: &Home) {
    let token = Token { scope: TokenScope::session(), ..fixture::token("s1", "ada") };
    home.gate.wardens().tokens.add_token(&token).await.unwrap();
    let authenticated = Authenticated {
        principal: ada(),
        scope: token.scope,
        until: Some(token.expires_at),
        token: Some(token.id),
        local_user: true,
    };
    home.authenticator.accept_as(SESSION, authenticated);
}

/// A request that says where it comes from, as a browser does.
fn from(site: Option<&str>, method: &str, path: &str, body: impl Into<Body>) -> Request<Body> {
    let asked = Request::builder().method(method).uri(path).header("content-type", "application/json");
    let asked = asked.body(body.into()).unwrap();
    match site {
        Some(site) => with(asked, "sec-fetch-site", site),
        None => asked,
    }
}

/// A request of a page of the server.
fn page(method: &str, path: &str, body: impl Into<Body>) -> Request<Body> {
    from(Some("same-origin"), method, path, body)
}

/// The same, in a session.
fn in_session(request: Request<Body>) -> Request<Body> {
    with(request, "cookie", &format!("theme=dark; outport_session={SESSION}"))
}

fn credentials(password: &str) -> String {
    json!({ "user": "ada", "password": password }).to_string()
}

async fn fetch(router: &Router, path: &str) -> Reply {
    send(router, Request::get(path).body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn signing_in_gives_a_session_that_only_the_browser_has() {
    let home = Home::new().await;
    let router = open(&home).await;
    let reply = send(&router, page("POST", "/v1/session", credentials(PASSWORD))).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text());
    assert_eq!(reply.header("set-cookie"), "outport_session=secret1; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict");
    let until = fixture::moment(100) + chrono::TimeDelta::hours(12);
    assert_eq!(
        reply.json(),
        json!({
            "principal": "ada",
            "kind": "user",
            "groups": ["analysts"],
            "attributes": { "department": null, "region": null, "clearance": null, "labels": {} },
            "administrator": false,
            "workspace": "prod",
            "version": env!("CARGO_PKG_VERSION"),
            "expiresAt": until,
        })
    );
    assert!(!reply.text().contains("secret1"));
    let [token] = home.gate.wardens().tokens.tokens(None).await.unwrap().try_into().unwrap();
    assert_eq!((token.owner.as_str(), token.expires_at), ("ada", until));
    assert_eq!(token.scope, TokenScope { doors: Some([Door::Hub].into()), products: None });
    let [record] = home.records().try_into().unwrap();
    assert_eq!((record.door, record.request.as_str(), record.result), (Door::Hub, "sign in", RequestResult::Answered));
}

#[tokio::test]
async fn a_session_is_only_sent_where_nobody_listens() {
    let home = Home::new().await;
    let_ada_in(&home).await;
    let secure = home.router_with(|options| {
        options.hub = Some(hub());
        options.public_url = Some("https://data.example.org".parse().unwrap());
    });
    let reply = send(&secure, page("POST", "/v1/session", credentials(PASSWORD))).await;
    assert_eq!(
        reply.header("set-cookie"),
        "__Host-outport_session=secret1; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict; Secure"
    );
    begin_session(&home).await;
    let of_another_host = send(&secure, in_session(page("GET", "/v1/session", ""))).await;
    assert_eq!(of_another_host.problem()["status"], 401);
    let named = with(page("GET", "/v1/session", ""), "cookie", &format!("__Host-outport_session={SESSION}"));
    assert_eq!(send(&secure, named).await.status, 200);
    let encrypted = home.router_with(|options| {
        options.hub = Some(hub());
        options.encrypted = true;
    });
    let reply = send(&encrypted, page("POST", "/v1/session", credentials(PASSWORD))).await;
    assert!(reply.header("set-cookie").ends_with("; SameSite=Strict; Secure"), "{}", reply.header("set-cookie"));
}

#[tokio::test]
async fn a_wrong_password_is_refused_and_no_browser_asks_for_another() {
    let home = Home::new().await;
    let router = open(&home).await;
    let reply = send(&router, page("POST", "/v1/session", credentials("wrong"))).await;
    assert_eq!(
        reply.problem(),
        json!({ "type": "urn:outport:problem:unauthenticated", "title": "the credential is not accepted", "status": 401, "help": "check the name and the password" })
    );
    let challenges: Vec<_> = reply.headers.get_all("www-authenticate").iter().collect();
    assert_eq!(challenges, ["Bearer realm=\"outport\""]);
    assert!(!reply.headers.contains_key("set-cookie"));
    let [record] = home.records().try_into().unwrap();
    assert_eq!((record.door, record.principal), (Door::Hub, None));
    assert!(matches!(record.result, RequestResult::Refused { .. }));
}

#[tokio::test]
async fn a_session_begins_with_a_password_and_not_with_a_token() {
    let home = Home::new().await;
    let router = open(&home).await;
    // As the authenticator has it where the password is a token.
    let token = Authenticated {
        principal: fixture::principal("root", &["administrators"]),
        scope: TokenScope { doors: None, products: Some([fixture::product("shop")].into()) },
        until: None,
        token: Some(fixture::token_id("x")),
        local_user: true,
    };
    home.authenticator.accept_password_as("ada", "outport_x_y", token);
    let reply = send(&router, page("POST", "/v1/session", credentials("outport_x_y"))).await;
    assert_eq!(reply.problem()["status"], 401);
    assert_eq!(home.gate.wardens().tokens.tokens(None).await.unwrap(), []);
}

#[tokio::test]
async fn only_a_page_of_the_server_signs_someone_in() {
    let home = Home::new().await;
    let router = open(&home).await;
    for site in [None, Some("none"), Some("same-site"), Some("cross-site")] {
        let reply = send(&router, from(site, "POST", "/v1/session", credentials(PASSWORD))).await;
        assert_eq!(reply.problem()["status"], 403, "{site:?}");
        assert!(!reply.headers.contains_key("set-cookie"));
    }
    let asked = with(from(None, "POST", "/v1/session", credentials(PASSWORD)), "host", "localhost:7411");
    let reply = send(&router, with(asked, "origin", "http://localhost:8080")).await;
    assert_eq!(reply.problem()["status"], 403);
    assert!(home.authenticator.attempts().is_empty(), "no password was looked at");
    let asked = with(from(None, "POST", "/v1/session", credentials(PASSWORD)), "host", "localhost:7411");
    assert_eq!(send(&router, with(asked, "origin", "http://localhost:7411")).await.status, 201);
    // A form can send text without being asked whether it may.
    let form = with(page("POST", "/v1/session", credentials(PASSWORD)), "content-type", "text/plain");
    assert_eq!(send(&router, form).await.problem()["status"], 415);
    let more = json!({ "user": "ada", "password": PASSWORD, "scope": {} }).to_string();
    assert_eq!(send(&router, page("POST", "/v1/session", more)).await.problem()["status"], 400);
}

#[tokio::test]
async fn whoever_is_signed_in_comes_through_the_door_of_the_hub() {
    let home = Home::new().await;
    let router = open(&home).await;
    begin_session(&home).await;
    home.answer(vec![rows(&[(1, None, None)])]);
    let reply = send(&router, in_session(page("GET", "/v1/session", ""))).await;
    assert_eq!((reply.status, &reply.json()["principal"]), (StatusCode::OK, &json!("ada")), "{}", reply.text());
    assert!(!reply.header("outport-request").is_empty());
    let sql = json!({ "sql": "SELECT 1" }).to_string();
    assert_eq!(send(&router, in_session(page("POST", "/v1/sql", sql.clone()))).await.status, 200);
    assert_eq!(send(&router, in_session(page("GET", "/v1/products", ""))).await.status, 200);
    assert_eq!(send(&router, in_session(page("GET", "/v1/download/shop/daily.csv", ""))).await.status, 200);
    let records = home.records();
    assert_eq!(records.len(), 4);
    for record in records {
        assert_eq!((record.door, record.principal.unwrap().as_str()), (Door::Hub, "ada"), "{}", record.request);
    }
}

#[tokio::test]
async fn another_page_does_nothing_in_a_session() {
    let home = Home::new().await;
    let router = open(&home).await;
    begin_session(&home).await;
    let sql = json!({ "sql": "SELECT 1" }).to_string();
    // What changes something, or could, comes of a page of the server.
    for site in [None, Some("none"), Some("same-site"), Some("cross-site")] {
        for (method, path) in [("POST", "/v1/sql"), ("DELETE", "/v1/session"), ("POST", "/v1/runs")] {
            let reply = send(&router, in_session(from(site, method, path, sql.clone()))).await;
            assert_eq!(reply.problem()["status"], 403, "{site:?} {method} {path}");
        }
    }
    // What someone opens by its address may be read.
    for site in [None, Some("none")] {
        assert_eq!(send(&router, in_session(from(site, "GET", "/v1/products", ""))).await.status, 200, "{site:?}");
    }
    for site in ["same-site", "cross-site"] {
        let reply = send(&router, in_session(from(Some(site), "GET", "/v1/products", ""))).await;
        assert_eq!(reply.problem()["status"], 403, "{site}");
    }
    assert!(home.gate.wardens().tokens.tokens(None).await.unwrap()[0].revoked_at.is_none());
    let refused = home.records().into_iter().filter(|record| record.principal.is_none());
    assert!(refused.into_iter().all(|record| record.door == Door::Hub));
}

#[tokio::test]
async fn no_other_credential_is_a_session() {
    let home = Home::new().await;
    let router = open(&home).await;
    let scoped = |doors: Option<Door>| Authenticated {
        principal: ada(),
        scope: TokenScope { doors: doors.map(|door| [door].into()), products: None },
        until: None,
        token: Some(fixture::token_id("x")),
        local_user: true,
    };
    home.authenticator.accept_as("for-sql", scoped(Some(Door::Sql)));
    home.authenticator.accept_as("for-all", scoped(None));
    let both = format!("{SESSION}; outport_session={SESSION}");
    begin_session(&home).await;
    for (value, forgotten) in
        [("for-sql", true), ("for-all", true), (ADA, true), ("nobodys", true), (both.as_str(), false)]
    {
        let asked = with(page("GET", "/v1/session", ""), "cookie", &format!("outport_session={value}"));
        let reply = send(&router, asked).await;
        assert_eq!(reply.problem()["status"], 401, "{value}");
        let cookie = reply.header("set-cookie");
        assert_eq!(cookie.starts_with("outport_session=; Path=/; Max-Age=0;"), forgotten, "{value}: {cookie}");
    }
}

#[tokio::test]
async fn a_session_is_no_other_credential() {
    let home = Home::new().await;
    let router = open(&home).await;
    begin_session(&home).await;
    for path in ["/v1/session", "/v1/products", "/v1/sql", "/v1/tasks", "/v1/download/shop/daily.csv", "/v1/events"] {
        let reply = send(&router, request(SESSION, "GET", path, "")).await;
        assert_eq!(reply.problem()["status"], 401, "{path}");
    }
    // Whoever shows another credential means that.
    let both = with(in_session(page("GET", "/v1/session", "")), "authorization", &format!("Bearer {OLGA}"));
    assert_eq!(send(&router, both).await.json()["principal"], "olga");
    assert_eq!(home.records().last().unwrap().door, Door::Management);
}

#[tokio::test]
async fn signing_out_ends_the_session() {
    let home = Home::new().await;
    let router = open(&home).await;
    begin_session(&home).await;
    let reply = send(&router, in_session(page("DELETE", "/v1/session", ""))).await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT);
    assert!(reply.header("set-cookie").starts_with("outport_session=; Path=/; Max-Age=0;"));
    let [token] = home.gate.wardens().tokens.tokens(None).await.unwrap().try_into().unwrap();
    assert_eq!(token.revoked_at, Some(fixture::moment(100)));
    let record = home.records().pop().unwrap();
    assert_eq!((record.door, record.request.as_str(), record.result), (Door::Hub, "sign out", RequestResult::Answered));
    let other = send(&router, request(ADA, "DELETE", "/v1/session", "")).await;
    assert_eq!(other.problem()["detail"], "there is no session");
}

#[tokio::test]
async fn another_password_ends_all_sessions() {
    let home = Home::new().await;
    let_ada_in(&home).await;
    begin_session(&home).await;
    let tokens = &home.gate.wardens().tokens;
    tokens.add_token(&fixture::token("a1", "ada")).await.unwrap();
    let put = async |password: Option<&str>| {
        let change = UserChange { principal: ada(), password: password.map(str::to_owned), disabled: None };
        home.gate.put_user(&Caller::local(), change, |_| true).await.unwrap();
    };
    put(None).await;
    assert!(tokens.tokens(None).await.unwrap().iter().all(|token| token.revoked_at.is_none()));
    put(Some("another horse battery")).await;
    let revoked = |token: &Token| (token.id.to_string(), token.revoked_at.is_some());
    let revoked: Vec<_> = tokens.tokens(None).await.unwrap().iter().map(revoked).collect();
    assert_eq!(revoked, [("a1".to_owned(), false), ("s1".to_owned(), true)], "tokens of programs stay");
}

#[tokio::test]
async fn old_sessions_are_forgotten() {
    let home = Home::new().await;
    let router = open(&home).await;
    let sign_in = || page("POST", "/v1/session", credentials(PASSWORD));
    assert_eq!(send(&router, sign_in()).await.status, 201);
    home.clock.advance(chrono::TimeDelta::days(30));
    assert_eq!(send(&router, sign_in()).await.status, 201);
    assert_eq!(home.gate.wardens().tokens.tokens(None).await.unwrap().len(), 2, "it ended less than 30 days ago");
    home.clock.advance(chrono::TimeDelta::days(1));
    assert_eq!(send(&router, sign_in()).await.status, 201);
    assert_eq!(home.gate.wardens().tokens.tokens(None).await.unwrap().len(), 2);
}

#[tokio::test]
async fn every_path_of_the_hub_is_its_page() {
    let home = Home::new().await;
    let router = open(&home).await;
    for path in ["/", "/hub"] {
        let reply = fetch(&router, path).await;
        assert_eq!((reply.status, reply.header("location")), (StatusCode::TEMPORARY_REDIRECT, "/hub/"), "{path}");
    }
    for path in ["/hub/", "/hub/products/customers", "/hub/products/customers.customers?tab=use", "/hub/index.html"] {
        let reply = fetch(&router, path).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}");
        assert_eq!(reply.text(), "<!doctype html><title>hub</title>");
        assert_eq!(reply.header("content-type"), "text/html; charset=utf-8");
        assert_eq!(reply.header("cache-control"), "no-cache");
        assert_eq!(
            reply.header("content-security-policy"),
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
        );
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
        assert_eq!(reply.header("referrer-policy"), "no-referrer");
        assert_eq!(reply.header("cross-origin-opener-policy"), "same-origin");
    }
    let tag = fetch(&router, "/hub/").await.header("etag").to_owned();
    let known = Request::get("/hub/estate").header("if-none-match", &tag).body(Body::empty()).unwrap();
    let reply = send(&router, known).await;
    assert_eq!((reply.status, reply.body.len()), (StatusCode::NOT_MODIFIED, 0));
    let head = Request::head("/hub/").body(Body::empty()).unwrap();
    let reply = send(&router, head).await;
    assert_eq!((reply.status, reply.header("content-length"), reply.body.len()), (StatusCode::OK, "33", 0));
    assert!(home.records().is_empty(), "pages hold nothing that anyone asks the gate for");
}

#[tokio::test]
async fn a_file_comes_as_the_browser_reads_it() {
    let home = Home::new().await;
    let router = open(&home).await;
    let mut tags = Vec::new();
    for (accepted, coding, body) in
        [("gzip, deflate, br", "br", "brotli"), ("gzip", "gzip", "gzip"), ("identity", "", "plain"), ("", "", "plain")]
    {
        let asked = Request::get("/hub/assets/main-Ab12.js").header("accept-encoding", accepted);
        let reply = send(&router, asked.body(Body::empty()).unwrap()).await;
        assert_eq!((reply.header("content-encoding"), reply.text()), (coding, body), "{accepted}");
        assert_eq!(reply.header("content-type"), "text/javascript; charset=utf-8");
        assert_eq!(reply.header("cache-control"), "public, max-age=31536000, immutable");
        assert_eq!(reply.header("vary"), "accept-encoding");
        tags.push(reply.header("etag").to_owned());
    }
    tags.dedup();
    assert_eq!(tags.len(), 3, "each form has its own tag: {tags:?}");
    let picture = fetch(&router, "/hub/mark.svg").await;
    assert_eq!((picture.header("content-type"), picture.header("cache-control")), ("image/svg+xml", "no-cache"));
}

#[tokio::test]
async fn no_path_leads_out_of_the_hub() {
    let home = Home::new().await;
    let router = open(&home).await;
    for path in [
        "/hub/../Cargo.toml",
        "/hub/..%2f..%2fCargo.toml",
        "/hub/%2e%2e/%2e%2e/etc/passwd",
        "/hub//etc/passwd",
        "/hub/%2fetc%2fpasswd",
        "/hub/C:%5cwindows",
        "/hub/mark.svg%00.html",
        "/hub/.vite/manifest.json",
    ] {
        let reply = fetch(&router, path).await;
        assert_eq!((reply.status, reply.text()), (StatusCode::OK, "<!doctype html><title>hub</title>"), "{path}");
    }
    for path in ["/hub/assets/old-Zz99.js", "/hub/assets/../../Cargo.toml", "/hub/assets/..%2f..%2fetc%2fpasswd"] {
        let reply = fetch(&router, path).await;
        assert_eq!(reply.problem()["type"], "urn:outport:problem:no-such-path", "{path}");
    }
    assert_eq!(send(&router, page("POST", "/hub/", "")).await.problem()["status"], 405);
}

#[tokio::test]
async fn without_a_hub_there_are_no_sessions() {
    let home = Home::new().await;
    let_ada_in(&home).await;
    begin_session(&home).await;
    let router = home.router();
    for path in ["/", "/hub/", "/v1/session", "/v1/session/options", "/v1/events"] {
        assert_eq!(send(&router, in_session(page("GET", path, ""))).await.problem()["status"], 404, "{path}");
    }
    let reply = send(&router, in_session(page("GET", "/v1/products", ""))).await;
    assert_eq!(reply.problem()["status"], 401);
}

#[tokio::test]
async fn everyone_may_know_how_to_sign_in() {
    let home = Home::new().await;
    let router = open(&home).await;
    let reply = fetch(&router, "/v1/session/options").await;
    assert_eq!(reply.json(), json!({ "password": true, "providers": [] }));
}

/// The kind and the data of the next event.
async fn next(events: &mut Events) -> (String, Value) {
    let event = tokio::time::timeout(Duration::from_secs(20), events.next()).await.expect("an event in time");
    let (kind, _, data) = event.expect("one more event");
    (kind, data)
}

#[tokio::test]
async fn a_page_is_told_what_happens_of_what_it_may_know() {
    let home = Home::new().await;
    let router = open(&home).await;
    begin_session(&home).await;
    let mut analyst = Events::asked(&router, in_session(page("GET", "/v1/events", ""))).await;
    let mut operator = Events::asked(&router, request(OLGA, "GET", "/v1/events", "")).await;
    release(&home, "dark", 2).await;
    release(&home, "vault", 3).await;
    let (kind, data) = next(&mut analyst).await;
    assert_eq!((kind.as_str(), data), ("release", json!({ "kind": "release", "product": "vault", "id": "2" })));
    release(&home, "shop", 4).await;
    let (kind, data) = next(&mut analyst).await;
    assert_eq!((kind.as_str(), &data["product"]), ("release", &json!("shop")), "nothing of `dark`, and of no run");
    // A run is told when it begins and when it ends, unless both happen between two looks.
    let mut told = BTreeSet::new();
    while told.len() < 3 {
        let (kind, data) = next(&mut operator).await;
        told.insert((kind, data["product"].as_str().unwrap().to_owned()));
    }
    let expected = [("release", "shop"), ("release", "vault"), ("run", "shop")];
    assert_eq!(told, expected.map(|(kind, product)| (kind.to_owned(), product.to_owned())).into());
}

#[tokio::test]
async fn whom_an_agreement_concerns_is_told_of_it() {
    let home = Home::new().await;
    let router = open(&home).await;
    let mut asker = Events::asked(&router, request(ADA, "GET", "/v1/events", "")).await;
    let mut other = Events::asked(&router, request("bob-token", "GET", "/v1/events", "")).await;
    let order = json!({ "product": "vault", "port": "daily", "purpose": "churn", "seconds": 60 }).to_string();
    let asked = with(request(ADA, "POST", "/v1/agreements", order), "content-type", "application/json");
    let reply = send(&router, asked).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text());
    let id = reply.json()["id"].clone();
    let (kind, data) = next(&mut asker).await;
    assert_eq!((kind.as_str(), data), ("agreement", json!({ "kind": "agreement", "product": "vault", "id": id })));
    release(&home, "shop", 2).await;
    assert_eq!(next(&mut other).await.0, "release", "of the agreement nothing was told");
}

#[tokio::test]
async fn whoever_saw_or_sees_a_question_is_told_of_it() {
    let home = Home::new().await;
    home.answer(vec![rows(&[])]);
    let router = open(&home).await;
    let mut reader = Events::asked(&router, request("bob-token", "GET", "/v1/events", "")).await;
    let order = |audience: Value| {
        json!({ "title": "By day", "sql": "SELECT id FROM shop.daily", "audience": audience }).to_string()
    };
    let (owner, everyone) = (json!({ "kind": "owner" }), json!({ "kind": "everyone" }));
    let write = |method: &str, path: &str, audience: &Value| {
        with(request(ADA, method, path, order(audience.clone())), "content-type", "application/json")
    };
    let save = async |audience: &Value| {
        let saved = send(&router, write("POST", "/v1/questions", audience)).await;
        assert_eq!(saved.status, StatusCode::CREATED, "{}", saved.text());
        saved.json()["id"].as_str().unwrap().to_owned()
    };
    let put = async |id: &str, audience: &Value| {
        let changed = send(&router, write("PUT", &format!("/v1/questions/{id}"), audience)).await;
        assert_eq!(changed.status, StatusCode::OK, "{}", changed.text());
    };
    let told = |id: &str| ("question".to_owned(), json!({ "kind": "question", "id": id }));

    let hidden = save(&owner).await;
    let shared = save(&everyone).await;
    assert_eq!(next(&mut reader).await, told(&shared), "of `{hidden}` nothing is told");
    // Whoever saw it is told once more when it is no longer for them.
    put(&shared, &owner).await;
    assert_eq!(next(&mut reader).await, told(&shared));
    put(&shared, &owner).await;
    put(&hidden, &everyone).await;
    assert_eq!(next(&mut reader).await, told(&hidden), "of `{shared}` nothing more is told");
    let removed = send(&router, request(ADA, "DELETE", &format!("/v1/questions/{hidden}"), "")).await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT);
    assert_eq!(next(&mut reader).await, told(&hidden));
}

#[tokio::test]
async fn what_is_said_of_a_product_is_told_to_whoever_may_know_of_it() {
    let home = Home::new().await;
    let router = open(&home).await;
    begin_session(&home).await;
    let mut events = Events::asked(&router, in_session(page("GET", "/v1/events", ""))).await;
    let said = |product: &str, token: &str| {
        let order = json!({ "product": product, "kind": "question", "title": "Why?", "text": "Why is it so?" });
        with(request(token, "POST", "/v1/feedback", order.to_string()), "content-type", "application/json")
    };
    for (product, token) in [("dark", ROOT), ("shop", OLGA)] {
        let reply = send(&router, said(product, token)).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text());
    }
    let (kind, data) = next(&mut events).await;
    assert_eq!((kind.as_str(), &data["product"]), ("feedback", &json!("shop")), "nothing of `dark`");
    let path = format!("/v1/feedback/{}", data["id"].as_str().unwrap());
    assert_eq!(send(&router, in_session(page("GET", &path, ""))).await.status, 200);
}

#[tokio::test]
async fn a_stream_ends_with_the_session() {
    let home = Home::new().await;
    let router = open(&home).await;
    begin_session(&home).await;
    let mut events = Events::asked(&router, in_session(page("GET", "/v1/events", ""))).await;
    assert_eq!(send(&router, in_session(page("DELETE", "/v1/session", ""))).await.status, 204);
    release(&home, "shop", 2).await;
    let (kind, data) = next(&mut events).await;
    assert_eq!((kind.as_str(), &data["status"]), ("end", &json!(401)));
    assert!(events.next().await.is_none());
}

#[tokio::test]
async fn one_person_has_so_many_streams() {
    let home = Home::new().await;
    let router = open(&home).await;
    let mut streams = Vec::new();
    for _ in 0..16 {
        streams.push(Events::asked(&router, request(ADA, "GET", "/v1/events", "")).await);
    }
    let reply = send(&router, request(ADA, "GET", "/v1/events", "")).await;
    assert_eq!(reply.problem()["type"], "urn:outport:problem:busy");
    Events::asked(&router, request("bob-token", "GET", "/v1/events", "")).await;
}
