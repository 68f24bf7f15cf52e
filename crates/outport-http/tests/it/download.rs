//! `GET /v1/download/{product}/{file}`.

use outport_model::principal::Door;

use crate::support::{Home, get, rows, send};

#[tokio::test]
async fn a_file_has_what_is_seen_and_a_name() {
    let home = Home::new().await;
    home.answer(vec![rows(&[(1, Some("a"), Some(100))]), rows(&[(2, None, None)])]);
    let router = home.router();
    let reply = send(&router, get("/v1/download/shop/daily.csv")).await;
    assert_eq!(reply.text(), "id,name,price\n1,a,1.00\n2,,\n");
    assert_eq!(reply.header("content-disposition"), "attachment; filename=\"shop-daily.csv\"");
    assert_eq!(home.questions()[0].sql, r#"SELECT "id", "name", "price" FROM "shop"."daily""#);
    assert_eq!(home.records()[0].door, Door::Download);
    let parquet = send(&router, get("/v1/download/shop/daily@1.parquet")).await;
    assert!(parquet.body.starts_with(b"PAR1") && parquet.body.ends_with(b"PAR1"));
    let arrow = send(&router, get("/v1/download/shop/daily.arrow")).await;
    assert_eq!(arrow.header("content-type"), "application/vnd.apache.arrow.stream");
    for file in ["daily", "daily.xml", "nosuch.csv", ".csv"] {
        let reply = send(&router, get(&format!("/v1/download/shop/{file}"))).await;
        assert_eq!(reply.problem()["status"], 404, "{file}");
    }
}
