//! `/health`, `/ready`, `/metrics`.

use axum::body::Body;
use http::Request;
use outport_app::engine::EngineError;
use outport_model::audit::{RequestResult, TableRead};
use outport_test::fixture;
use serde_json::json;

use crate::support::{Home, ROOT, get, post, request, rows, send};

fn anonymous(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

#[tokio::test]
async fn health_and_readiness_need_no_credential() {
    let home = Home::new().await;
    let router = home.router();
    assert_eq!(send(&router, anonymous("/health")).await.json(), json!({ "status": "alive" }));
    assert_eq!(send(&router, anonymous("/ready")).await.json(), json!({ "status": "ready" }));
}

#[tokio::test]
async fn metrics_add_up_what_is_on_record() {
    let home = Home::new().await;
    let router = home.router();
    home.answer(vec![rows(&[(1, None, None), (2, None, None)])]);
    send(&router, post(&json!({ "sql": "SELECT 1" }))).await;
    send(&router, get("/v1/data/shop/daily")).await;
    home.fail(|| EngineError::Query { reason: "no".to_owned(), position: None, help: None });
    send(&router, post(&json!({ "sql": "SELECT x" }))).await;
    let reply = send(&router, request(ROOT, "GET", "/metrics", "")).await;
    assert_eq!(reply.header("content-type"), "application/openmetrics-text; version=1.0.0; charset=utf-8");
    let lines: Vec<&str> =
        reply.text().lines().filter(|line| !line.contains("_bucket") && !line.contains("bytes_total")).collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    # TYPE outport_requests counter
    # HELP outport_requests Requests by how they ended.
    outport_requests_total{door="sql",result="failed"} 1
    outport_requests_total{product="shop",port="daily",door="sql",result="answered"} 1
    outport_requests_total{product="shop",port="daily",door="rest",result="answered"} 1
    # TYPE outport_rows counter
    # HELP outport_rows Rows that left.
    outport_rows_total{door="sql"} 0
    outport_rows_total{product="shop",port="daily",door="sql"} 2
    outport_rows_total{product="shop",port="daily",door="rest"} 2
    # TYPE outport_bytes counter
    # UNIT outport_bytes bytes
    # HELP outport_bytes Bytes that left, as Arrow counts them.
    # TYPE outport_request_seconds histogram
    # UNIT outport_request_seconds seconds
    # HELP outport_request_seconds From the request to its last row.
    outport_request_seconds_sum{door="sql"} 0.0
    outport_request_seconds_count{door="sql"} 1
    outport_request_seconds_sum{product="shop",port="daily",door="sql"} 0.0
    outport_request_seconds_count{product="shop",port="daily",door="sql"} 1
    outport_request_seconds_sum{product="shop",port="daily",door="rest"} 0.0
    outport_request_seconds_count{product="shop",port="daily",door="rest"} 1
    # TYPE outport_release_age_seconds gauge
    # UNIT outport_release_age_seconds seconds
    # HELP outport_release_age_seconds Seconds since the current release was published.
    outport_release_age_seconds{product="dark"} 99
    outport_release_age_seconds{product="shop"} 99
    outport_release_age_seconds{product="vault"} 99
    # EOF
    "#);
    let buckets: Vec<&str> =
        reply.text().lines().filter(|line| line.contains("_bucket") && line.contains("rest")).collect();
    assert_eq!(buckets.len(), 13);
    assert!(
        reply.text().contains(r#"outport_request_seconds_bucket{product="shop",port="daily",door="sql",le="+Inf"} 1"#)
    );
}

#[tokio::test]
async fn a_request_counts_once_for_each_port_that_it_reads() {
    let home = Home::new().await;
    let router = home.router();
    home.answer(vec![rows(&[(1, None, None), (2, None, None)])]);
    send(&router, post(&json!({ "sql": "SELECT 1" }))).await;
    let [mut record] = home.records().try_into().unwrap();
    let tables = record.reads.get_mut(&fixture::product("shop")).unwrap();
    let read = tables[&fixture::table("daily")].clone();
    tables.insert(fixture::table("hourly"), read.clone());
    let gold = TableRead { port: Some("gold".parse().unwrap()), ..read };
    record.reads.insert(fixture::product("vault"), [(fixture::table("bars"), gold)].into());
    home.metrics.count(&record);
    let reply = send(&router, request(ROOT, "GET", "/metrics", "")).await;
    let counted: Vec<&str> =
        reply.text().lines().filter(|line| line.contains("s_total{product") && !line.contains("bytes")).collect();
    insta::assert_snapshot!(counted.join("\n"), @r#"
    outport_requests_total{product="shop",port="daily",door="sql",result="answered"} 2
    outport_requests_total{product="vault",port="gold",door="sql",result="answered"} 1
    outport_rows_total{product="shop",port="daily",door="sql"} 4
    outport_rows_total{product="vault",port="gold",door="sql"} 2
    "#);
}

#[tokio::test]
async fn metrics_are_on_record_where_someone_is_known() {
    let home = Home::new().await;
    let router = home.router();
    send(&router, request(ROOT, "GET", "/metrics", "")).await;
    send(&router, get("/metrics")).await;
    let records: Vec<_> = home.records().into_iter().map(|record| (record.request, record.result)).collect();
    let [(first, answered), (second, refused)] = records.try_into().unwrap();
    assert_eq!((first.as_str(), answered), ("GET /metrics", RequestResult::Answered));
    assert_eq!(second, "GET /metrics");
    assert!(matches!(refused, RequestResult::Refused { .. }), "{refused:?}");
}

#[tokio::test]
async fn metrics_are_for_administrators_unless_they_are_open() {
    let home = Home::new().await;
    let router = home.router();
    assert_eq!(send(&router, anonymous("/metrics")).await.problem()["status"], 401);
    assert_eq!(send(&router, get("/metrics")).await.problem()["status"], 403);
    let open = home.router_with(|options| options.open_metrics = true);
    assert!(send(&open, anonymous("/metrics")).await.text().ends_with("# EOF\n"));
}
