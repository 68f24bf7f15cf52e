//! `GET /v1/data/{product}/{table}`.

use http::StatusCode;
use outport_app::engine::{Argument, Arguments, EngineError};
use outport_model::{audit::RequestResult, principal::Door};
use serde_json::json;

use crate::support::{Home, ROOT, get, request, rows, send, with};

#[tokio::test]
async fn a_page_has_an_address_of_the_next_one() {
    let home = Home::new().await;
    let router = home.router();
    home.answer(vec![rows(&[(1, Some("a"), Some(100)), (2, None, None), (3, None, None)])]);
    let first = send(&router, get("/v1/data/shop/daily?limit=2&price=gte.0.5&order=price.desc")).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.text());
    let document = first.json();
    assert_eq!(document["rows"].as_array().unwrap().len(), 2);
    let next = document["next"].as_str().unwrap().to_owned();
    assert_eq!(first.header("link"), format!("<{next}>; rel=\"next\""));
    assert_eq!(first.header("outport-releases"), "shop=1");
    home.answer(vec![rows(&[(3, None, None)])]);
    let second = send(&router, get(&next)).await;
    assert_eq!(second.json()["next"], serde_json::Value::Null);
    assert_eq!(second.header("link"), "");
    let questions = home.questions();
    insta::assert_snapshot!(questions[0].sql, @r#"SELECT "id", "name", "price" FROM "shop"."daily" WHERE "price" >= $1 ORDER BY "price" DESC NULLS LAST, "id" ASC NULLS LAST LIMIT 3"#);
    insta::assert_snapshot!(questions[1].sql, @r#"SELECT "id", "name", "price" FROM "shop"."daily" WHERE ("price" >= $1 AND ("price" IS NULL AND ("id" > $2 OR "id" IS NULL OR "id" = $3))) ORDER BY "price" DESC NULLS LAST, "id" ASC NULLS LAST LIMIT 3 OFFSET 1"#);
    let text = |text: &str| Argument::Text(text.to_owned());
    assert_eq!(
        questions[1].arguments,
        Arguments::Positional(vec![text("0.5"), Argument::Integer(2), Argument::Integer(2)])
    );
    let records = home.records();
    assert_eq!(records.len(), 2);
    assert_eq!(records[0].door, Door::Rest);
    assert_eq!(records[0].request, "GET /v1/data/shop/daily?limit=2&price=gte.0.5&order=price.desc");
    assert_eq!(records[0].result, RequestResult::Answered);
}

#[tokio::test]
async fn columns_of_the_order_alone_are_not_shown() {
    let home = Home::new().await;
    let by_name = rows(&[(1, Some("a"), None)]).project(&[1, 0]).unwrap();
    home.answer(vec![by_name]);
    let reply = send(&home.router(), get("/v1/data/shop/daily?select=name&format=csv")).await;
    assert_eq!(reply.text(), "name\na\n");
    assert!(home.questions()[0].sql.starts_with(r#"SELECT "name", "id" FROM"#));
}

#[tokio::test]
async fn what_is_hidden_is_not_there() {
    let home = Home::new().await;
    home.answer(vec![rows(&[])]);
    let router = home.router();
    for path in ["?secret=x", "?select=secret", "?order=secret"] {
        let hidden = send(&router, get(&format!("/v1/data/shop/daily{path}"))).await.problem().to_string();
        let missing = send(&router, get(&format!("/v1/data/shop/daily{}", path.replace("secret", "nosuch")))).await;
        assert_eq!(hidden.replace("secret", "nosuch"), missing.problem().to_string());
    }
    assert_eq!(
        send(&router, get("/v1/data/shop/daily?secret=x")).await.problem(),
        json!({ "type": "urn:outport:problem:query", "title": "the query cannot be answered", "status": 400, "detail": "`shop.daily` has no column `secret`", "help": "its columns are `id`, `name`, `price`" })
    );
    for path in [
        "/v1/data/dark/daily",
        "/v1/data/nosuch/daily",
        "/v1/data/shop/nosuch",
        "/v1/data/shop/raw_quarantine",
        "/v1/data/shop/daily@2",
        "/v1/data/shop/daily@x",
    ] {
        assert_eq!(send(&router, get(path)).await.problem()["type"], "urn:outport:problem:not-found", "{path}");
    }
    assert!(home.questions().is_empty());
    assert_eq!(send(&router, get("/v1/data/shop/daily@1")).await.status, StatusCode::OK);
    let all = send(&router, request(ROOT, "GET", "/v1/data/shop/daily?select=id,name,price&secret=x", "")).await;
    assert_eq!(all.status, StatusCode::OK);
    assert!(home.questions()[1].sql.contains(r#""secret" = $1"#));
}

#[tokio::test]
async fn a_table_that_is_withheld_says_why() {
    let home = Home::new().await;
    home.fail(|| EngineError::Withheld { product: "vault".parse().unwrap(), table: "daily".parse().unwrap() });
    let reply = send(&home.router(), get("/v1/data/vault/daily")).await;
    assert_eq!(
        reply.problem(),
        json!({ "type": "urn:outport:problem:no-agreement", "title": "there is no agreement", "status": 403, "detail": "`vault.daily@1` may not be read without an agreement", "help": "ask for access: `outport access request vault.daily --purpose …`" })
    );
    assert!(matches!(home.records()[0].result, RequestResult::Refused { .. }));
    assert_eq!(home.records().len(), 1);
}

#[tokio::test]
async fn a_table_without_contract_is_read_as_it_is_planned() {
    let home = Home::new().await;
    home.answer(vec![rows(&[(1, Some("a"), Some(1))])]);
    let reply = send(&home.router(), request(ROOT, "GET", "/v1/data/shop/raw_quarantine?price=lt.2", "")).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    let questions = home.questions();
    assert_eq!(questions[0].sql, r#"SELECT * FROM "shop"."raw_quarantine""#);
    insta::assert_snapshot!(questions[1].sql, @r#"SELECT "id", "name", "price" FROM "shop"."raw_quarantine" WHERE "price" < $1 ORDER BY "id" ASC NULLS LAST, "name" ASC NULLS LAST, "price" ASC NULLS LAST LIMIT 101"#);
}

#[tokio::test]
async fn a_row_is_found_by_its_key() {
    let home = Home::new().await;
    home.answer(vec![rows(&[(7, Some("a"), Some(100))])]);
    let router = home.router();
    let reply = send(&router, get("/v1/data/shop/daily/7")).await;
    assert_eq!(reply.text(), "{\"id\":7,\"name\":\"a\",\"price\":\"1.00\"}\n");
    let question = home.questions().remove(0);
    assert_eq!(question.sql, r#"SELECT "id", "name", "price" FROM "shop"."daily" WHERE "id" = $1 LIMIT 1"#);
    assert_eq!(question.arguments, Arguments::Positional(vec![Argument::Integer(7)]));
    assert_eq!(send(&router, get("/v1/data/shop/daily/7?format=csv")).await.text(), "id,name,price\n7,a,1.00\n");
    home.answer(vec![rows(&[])]);
    assert_eq!(
        send(&router, get("/v1/data/shop/daily/8")).await.problem(),
        json!({ "type": "urn:outport:problem:not-found", "title": "there is no such thing", "status": 404, "detail": "`shop.daily` has no row with this key" })
    );
    for (path, status) in
        [("/7/8", 404), ("/x", 400), ("/7%2F8", 400), ("/7%", 404), ("/7?name=a", 400), ("/7?limit=2", 404)]
    {
        let reply = send(&router, get(&format!("/v1/data/shop/daily{path}"))).await;
        assert_eq!(reply.problem()["status"], status, "{path}");
    }
    let no_key = send(&router, request(ROOT, "GET", "/v1/data/shop/raw_quarantine/7", "")).await;
    assert_eq!(no_key.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn rows_of_a_page_come_in_every_format() {
    let home = Home::new().await;
    home.answer(vec![rows(&[(1, None, None), (2, None, None)])]);
    let router = home.router();
    let next = |reply: &crate::support::Reply| reply.header("link").to_owned();
    let document = send(&router, get("/v1/data/shop/daily?limit=1")).await;
    for accept in
        ["text/csv", "application/x-ndjson", "application/vnd.apache.arrow.stream", "application/vnd.apache.parquet"]
    {
        let reply = send(&router, with(get("/v1/data/shop/daily?limit=1"), "accept", accept)).await;
        assert!(reply.header("content-type").starts_with(accept));
        assert_eq!(next(&reply), next(&document), "{accept}");
    }
    let refused = send(&router, with(get("/v1/data/shop/daily"), "accept", "image/png")).await;
    assert_eq!(refused.problem()["status"], 406);
    let last = home.records().pop().unwrap();
    assert!(matches!(last.result, RequestResult::Failed { .. }), "{last:?}");
}

#[tokio::test]
async fn links_have_the_public_address_and_never_the_hosts() {
    let home = Home::new().await;
    home.answer(vec![rows(&[(1, None, None), (2, None, None)])]);
    let router = home.router_with(|options| options.public_url = Some("https://data.example/".parse().unwrap()));
    let reply = send(&router, with(get("/v1/data/shop/daily?limit=1"), "host", "evil.example")).await;
    let next = reply.json()["next"].as_str().unwrap().to_owned();
    assert!(next.starts_with("https://data.example/v1/data/shop/daily?limit=1&cursor="), "{next}");
    assert_eq!(reply.header("strict-transport-security"), "max-age=31536000");
}

#[tokio::test]
async fn a_page_that_has_no_address_of_the_next_is_refused() {
    let home = Home::new().await;
    let long = "x".repeat(10_000);
    home.answer(vec![rows(&[(1, Some(&long), None), (2, None, None)])]);
    let router = home.router();
    let reply = send(&router, get("/v1/data/shop/daily?limit=1&order=name")).await;
    assert_eq!(
        reply.problem(),
        json!({ "type": "urn:outport:problem:limit", "title": "a limit is reached", "status": 422, "detail": "the values that the next page begins after are too long for an address", "help": "order by shorter columns, download the table, or ask in SQL" })
    );
    assert_eq!(send(&router, get("/v1/data/shop/daily?limit=1")).await.status, StatusCode::OK);
}
