//! Delta Sharing.

use arrow::compute::concat_batches;
use axum::Router;
use chrono::TimeDelta;
use http::StatusCode;
use outport_app::{
    engine::EngineError,
    identity::{Authenticated, Token, TokenScope},
};
use outport_model::{audit::RequestResult, principal::Door};
use outport_test::{fixture, store::PutUser};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::{Value, json};

use crate::support::{ADA, Home, ROOT, Reply, get, release, request, rows, schema, send, with};

const TABLE: &str = "/delta-sharing/shares/shop/schemas/ports/tables/daily";

fn local(home: &Home) -> Router {
    home.router_with(|options| options.public_url = Some("http://data.example:7411/".parse().unwrap()))
}

async fn query(router: &Router, token: &str, body: &Value) -> Reply {
    send(router, request(token, "POST", &format!("{TABLE}/query"), body.to_string())).await
}

fn lines(reply: &Reply) -> Vec<Value> {
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    assert_eq!(reply.header("content-type"), "application/x-ndjson; charset=utf-8");
    reply.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The path of the file that an answer names, as the server takes it.
fn path(reply: &Reply) -> String {
    let url = lines(reply)[2]["file"]["url"].as_str().unwrap().to_owned();
    url.strip_prefix("http://data.example:7411").unwrap().to_owned()
}

async fn fetch(router: &Router, method: &str, path: &str) -> Reply {
    send(router, http::Request::builder().method(method).uri(path).body(axum::body::Body::empty()).unwrap()).await
}

fn names(reply: &Reply) -> Vec<String> {
    let items = reply.json()["items"].clone();
    items.as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn shares_are_products_that_may_be_read() {
    let home = Home::new().await;
    let router = home.router();
    let all = "/delta-sharing/shares";
    assert_eq!(names(&send(&router, get(all)).await), ["shop"]);
    let mut seen = Vec::new();
    let mut address = format!("{all}?maxResults=2");
    loop {
        let page = send(&router, request(ROOT, "GET", &address, "")).await;
        seen.extend(names(&page));
        let Some(token) = page.json().get("nextPageToken").and_then(Value::as_str).map(str::to_owned) else { break };
        address = format!("{all}?maxResults=2&pageToken={token}");
    }
    assert_eq!(seen, ["dark", "shop", "vault"]);
    let share = send(&router, get("/delta-sharing/shares/SHOP")).await;
    assert_eq!(share.json()["share"]["name"], "shop");
    assert_eq!(names(&send(&router, get("/delta-sharing/shares/shop/schemas")).await), ["ports"]);
    for path in ["schemas/ports/tables", "all-tables"] {
        let tables = send(&router, get(&format!("/delta-sharing/shares/shop/{path}"))).await;
        let items = tables.json()["items"].clone();
        assert_eq!(items[0]["name"], "daily", "{items}");
        assert_eq!((&items[0]["schema"], &items[0]["share"]), (&json!("ports"), &json!("shop")));
        assert_eq!(items.as_array().unwrap().len(), 1, "{items}");
    }
    for path in ["shares/vault", "shares/dark", "shares/shop/schemas/other/tables", "shares/vault/all-tables"] {
        let reply = send(&router, get(&format!("/delta-sharing/{path}"))).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(reply.json()["errorCode"], "RESOURCE_DOES_NOT_EXIST", "{path}");
    }
    let wrong = send(&router, get("/delta-sharing/shares?pageToken=no")).await;
    assert_eq!(wrong.json()["errorCode"], "INVALID_PARAMETER_VALUE");
    let stranger = send(&router, request("nobody", "GET", all, "")).await;
    assert_eq!(
        (stranger.status, stranger.json()["errorCode"].clone()),
        (StatusCode::UNAUTHORIZED, json!("UNAUTHENTICATED"))
    );
    assert!(home.records().iter().all(|record| record.door == Door::Sharing));
}

#[tokio::test]
async fn the_version_is_the_release() {
    let home = Home::new().await;
    let router = home.router();
    let asked = send(&router, get(&format!("{TABLE}/version"))).await;
    assert_eq!((asked.status, asked.header("delta-table-version")), (StatusCode::OK, "1"));
    let older = send(&router, request(ADA, "HEAD", TABLE, "")).await;
    assert_eq!(older.header("delta-table-version"), "1");
    let from = send(&router, get(&format!("{TABLE}/version?startingTimestamp=1970-01-01T00:00:00Z"))).await;
    assert_eq!(from.header("delta-table-version"), "1");
    let later = send(&router, get(&format!("{TABLE}/version?startingTimestamp=2100-01-01T00:00:00Z"))).await;
    assert_eq!(later.json()["errorCode"], "INVALID_PARAMETER_VALUE");
    let shares = "/delta-sharing/shares";
    let withheld = send(&router, get(&format!("{shares}/vault/schemas/ports/tables/daily/version"))).await;
    assert_eq!((withheld.status, &withheld.json()["errorCode"]), (StatusCode::FORBIDDEN, &json!("PERMISSION_DENIED")));
    let missing = send(&router, get(&format!("{shares}/nothing/schemas/ports/tables/daily/version"))).await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn metadata_has_the_columns_that_are_seen() {
    let home = Home::new().await;
    let router = home.router();
    home.answer(vec![rows(&[])]);
    let reply = send(&router, get(&format!("{TABLE}/metadata"))).await;
    assert_eq!(reply.header("delta-table-version"), "1");
    assert_eq!(reply.header("delta-sharing-capabilities"), "responseformat=parquet");
    insta::assert_json_snapshot!("parquet", lines(&reply));
    let capable = "responseformat=delta;readerfeatures=deletionvectors;includeendstreamaction=true";
    let reply = send(&router, with(get(&format!("{TABLE}/metadata")), "delta-sharing-capabilities", capable)).await;
    assert_eq!(reply.header("delta-sharing-capabilities"), "responseformat=delta;includeendstreamaction=true");
    insta::assert_json_snapshot!("delta", lines(&reply));
    let hashed = send(&router, with(get(&format!("{TABLE}/metadata")), "fileidhash", "sha1")).await;
    assert_eq!(hashed.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_file_has_the_rows_of_the_caller() {
    let home = Home::new().await;
    let router = local(&home);
    let batches = vec![rows(&[(1, Some("***"), Some(100))]), rows(&[(2, None, None)])];
    home.answer(batches.clone());
    let reply = query(&router, ADA, &json!({ "limitHint": 5, "jsonPredicateHints": "{}" })).await;
    assert_eq!(home.questions()[0].sql, "SELECT * FROM \"shop\".\"daily\" LIMIT 5");
    let said = lines(&reply);
    assert_eq!(said[2]["file"]["stats"], "{\"numRecords\":2}");
    let path = path(&reply);
    assert!(path.contains("X-Amz-Signature="), "{path}");
    let file = fetch(&router, "GET", &path).await;
    assert_eq!(file.status, StatusCode::OK, "{}", String::from_utf8_lossy(&file.body));
    assert_eq!(said[2]["file"]["size"], file.body.len());
    let read = ParquetRecordBatchReaderBuilder::try_new(file.body.clone()).unwrap().build().unwrap();
    let read: Vec<_> = read.map(Result::unwrap).collect();
    assert_eq!(concat_batches(&schema(), &read).unwrap(), concat_batches(&schema(), &batches).unwrap());
    let head = fetch(&router, "HEAD", &path).await;
    assert_eq!((head.status, head.header("content-length")), (StatusCode::OK, file.header("content-length")));
    assert_eq!(file.header("content-length"), file.body.len().to_string());
    let part = with(http::Request::get(&path).body(axum::body::Body::empty()).unwrap(), "range", "bytes=-8");
    let part = send(&router, part).await;
    assert_eq!(part.status, StatusCode::PARTIAL_CONTENT);
    assert_eq!(part.body, file.body.slice(file.body.len() - 8..));
    let beyond = with(http::Request::get(&path).body(axum::body::Body::empty()).unwrap(), "range", "bytes=999999-");
    assert_eq!(send(&router, beyond).await.status, StatusCode::RANGE_NOT_SATISFIABLE);
    let records = home.records();
    assert_eq!(records.len(), 5);
    assert!(records.iter().all(|record| record.result == RequestResult::Answered), "{records:?}");
    assert_eq!(records[0].rows, 2);
    assert_eq!(records[1].bytes, file.body.len() as u64);
}

#[tokio::test]
async fn the_delta_format_has_actions_and_an_end() {
    let home = Home::new().await;
    let router = local(&home);
    home.answer(vec![rows(&[(1, None, None)])]);
    let asked = request(ADA, "POST", &format!("{TABLE}/query"), "{}");
    let asked = with(asked, "delta-sharing-capabilities", "responseformat=delta;includeendstreamaction=true");
    let said = lines(&send(&router, asked).await);
    let add = &said[2]["file"]["deltaSingleAction"]["add"];
    assert!(add["path"].as_str().unwrap().starts_with("http://data.example:7411/delta-sharing/files/"), "{add}");
    assert_eq!(add["stats"], "{\"numRecords\":1}");
    assert_eq!(said[3]["endStreamAction"]["minUrlExpirationTimestamp"], said[2]["file"]["expirationTimestamp"]);
}

#[tokio::test]
async fn without_rows_there_is_no_file() {
    let home = Home::new().await;
    let router = local(&home);
    home.answer(vec![rows(&[])]);
    for format in ["parquet", "delta"] {
        let asked = request(ADA, "POST", &format!("{TABLE}/query"), "{}");
        let capabilities = format!("responseformat={format};includeendstreamaction=true");
        let said = lines(&send(&router, with(asked, "delta-sharing-capabilities", &capabilities)).await);
        assert_eq!(said.len(), 3, "{said:?}");
        assert_eq!(said[2], json!({ "endStreamAction": {} }));
    }
}

#[tokio::test]
async fn the_same_is_made_once() {
    let home = Home::new().await;
    let router = local(&home);
    home.answer(vec![rows(&[(1, None, None)])]);
    let id = |reply: &Reply| lines(reply)[2]["file"]["id"].clone();
    let first = query(&router, ADA, &json!({})).await;
    let again = query(&router, ADA, &json!({})).await;
    let other = query(&router, "bob-token", &json!({})).await;
    let part = query(&router, ADA, &json!({ "limitHint": 1 })).await;
    assert_eq!(id(&first), id(&again));
    assert_ne!(id(&first), id(&other));
    assert_ne!(id(&first), id(&part));
    assert_eq!(home.questions().len(), 3);
    let records = home.records();
    assert_eq!(records.len(), 4);
    assert_eq!(records[1].reads, records[0].reads);
    home.clock.advance(TimeDelta::hours(1));
    let later = query(&router, ADA, &json!({})).await;
    assert_ne!(id(&first), id(&later));
}

#[tokio::test]
async fn addresses_hold_for_one_file_and_a_while() {
    let home = Home::new().await;
    let router = local(&home);
    home.answer(vec![rows(&[(1, None, None)])]);
    let mine = path(&query(&router, ADA, &json!({})).await);
    let other = path(&query(&router, "bob-token", &json!({})).await);
    let (file, _) = mine.split_once('?').unwrap();
    let (_, signature) = other.split_once('?').unwrap();
    for wrong in [file.to_owned(), format!("{file}?{signature}"), format!("{mine}0"), mine.replace("until=", "until=9")]
    {
        let reply = fetch(&router, "GET", &wrong).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{wrong}");
        assert_eq!(reply.json()["errorCode"], "PERMISSION_DENIED");
    }
    assert_eq!(fetch(&router, "GET", &mine).await.status, StatusCode::OK);
    home.clock.advance(TimeDelta::seconds(601));
    assert_eq!(fetch(&router, "GET", &mine).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_revoked_token_ends_its_addresses() {
    let home = Home::new().await;
    let router = local(&home);
    home.answer(vec![rows(&[(1, None, None)])]);
    let id = fixture::token_id("t1");
    let owner = fixture::principal("ada", &["analysts"]);
    let authenticated = Authenticated {
        principal: owner.clone(),
        scope: TokenScope::default(),
        until: None,
        token: Some(id.clone()),
        local_user: false,
    };
    home.authenticator.accept_as("short-lived", authenticated);
    let tokens = &home.gate.wardens().tokens;
    let now = fixture::moment(100);
    let token = Token {
        id: id.clone(),
        owner: owner.id,
        label: "test".to_owned(),
        digest: [0; 32],
        scope: TokenScope::default(),
        created_at: now,
        expires_at: now + TimeDelta::days(1),
        revoked_at: None,
        last_used_at: None,
    };
    home.gate.wardens().users.put_user(&fixture::user("ada")).await.unwrap();
    tokens.add_token(&token).await.unwrap();
    let mine = path(&query(&router, "short-lived", &json!({})).await);
    assert_eq!(fetch(&router, "GET", &mine).await.status, StatusCode::OK);
    assert!(tokens.revoke_token(&id, now).await.unwrap());
    let refused = fetch(&router, "GET", &mine).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    assert!(matches!(home.records().pop().unwrap().result, RequestResult::Refused { .. }));
}

#[tokio::test]
async fn what_cannot_be_shared_is_refused() {
    let home = Home::new().await;
    let router = local(&home);
    home.fail(|| EngineError::Ungrouped {
        table: "shop.daily".to_owned(),
        minimum: 5,
        reason: "it lists rows".to_owned(),
    });
    let grouped = query(&router, ADA, &json!({})).await;
    assert_eq!(
        (grouped.status, grouped.json()["errorCode"].clone()),
        (StatusCode::FORBIDDEN, json!("PERMISSION_DENIED"))
    );
    assert!(grouped.json()["message"].as_str().unwrap().contains("groups of at least 5 rows"));
    home.answer(vec![rows(&[(1, None, None)])]);
    for (body, expect) in [
        (json!({ "startingVersion": 0 }), 400),
        (json!({ "version": 1, "timestamp": "2026-01-01T00:00:00Z" }), 400),
        (json!({ "timestamp": "yesterday" }), 400),
        (json!({ "version": 7 }), 404),
        (json!({ "version": "x" }), 400),
    ] {
        assert_eq!(query(&router, ADA, &body).await.status, expect, "{body}");
    }
    assert!(home.questions().len() == 1);
    let unknown =
        send(&home.router(), with(request(ADA, "POST", &format!("{TABLE}/query"), "{}"), "host", "evil.example")).await;
    assert_eq!(unknown.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn the_change_data_feed_has_a_file_for_every_release() {
    let home = Home::new().await;
    release(&home, "shop", 2).await;
    let router = local(&home);
    home.answer(vec![rows(&[(1, Some("a"), None)])]);
    let changes = |asked: &str| send(&router, get(&format!("{TABLE}/changes?{asked}")));
    let said = lines(&changes("startingVersion=1").await);
    assert_eq!(said.len(), 4, "{said:?}");
    assert_eq!((&said[2]["cdf"]["version"], &said[3]["cdf"]["version"]), (&json!(1), &json!(2)));
    // The others only say which columns there are: of the table as it is shared, and once of each release.
    let asked = || home.questions().into_iter().partition::<Vec<_>, _>(|question| question.sql.starts_with("WITH"));
    let (compared, planned) = asked();
    assert_eq!(planned.len(), 3, "{planned:?}");
    let [first, second] = compared.try_into().unwrap();
    insta::assert_snapshot!(first.sql, @r#"WITH "after" AS (SELECT "id", "name", "price" FROM "shop#1"."daily") SELECT 'insert' AS "_change_type", "id", "name", "price" FROM "after" ORDER BY "id", "_change_type" DESC OFFSET 0"#);
    insta::assert_snapshot!(second.sql, @r#"WITH "after" AS (SELECT "id", "name", "price" FROM "shop"."daily"), "before" AS (SELECT "id", "name", "price" FROM "shop#1"."daily") SELECT * FROM (SELECT CASE WHEN "after"."id" IS NULL THEN 'delete' ELSE 'update_preimage' END AS "_change_type", "before"."id", "before"."name", "before"."price" FROM "before" LEFT JOIN "after" ON "before"."id" = "after"."id" WHERE "after"."id" IS NULL OR ("before"."name" IS DISTINCT FROM "after"."name") OR ("before"."price" IS DISTINCT FROM "after"."price") UNION ALL SELECT CASE WHEN "before"."id" IS NULL THEN 'insert' ELSE 'update_postimage' END AS "_change_type", "after"."id", "after"."name", "after"."price" FROM "after" LEFT JOIN "before" ON "after"."id" = "before"."id" WHERE "before"."id" IS NULL OR ("after"."name" IS DISTINCT FROM "before"."name") OR ("after"."price" IS DISTINCT FROM "before"."price")) ORDER BY "id", "_change_type" DESC OFFSET 0"#);
    assert_eq!(second.beside.len(), 1);
    let one = lines(&changes("startingVersion=2&endingVersion=2").await);
    assert_eq!(one.len(), 3, "{one:?}");
    let (compared, planned) = asked();
    assert_eq!((compared.len(), planned.len()), (0, 1), "files are kept");
    for wrong in
        ["", "startingVersion=x", "startingVersion=9", "startingVersion=1&startingTimestamp=2026-01-01T00:00:00Z"]
    {
        assert_eq!(changes(wrong).await.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
}
