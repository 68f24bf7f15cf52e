//! OpenAPI documents.

use crate::support::{Home, ROOT, get, request, rows, send};

#[tokio::test]
async fn a_product_is_described_as_it_is_seen() {
    let home = Home::new().await;
    let router = home.router_with(|options| options.public_url = Some("https://data.example".parse().unwrap()));
    let seen = send(&router, get("/v1/data/shop/openapi.json")).await;
    assert!(!seen.text().contains("secret"));
    insta::assert_json_snapshot!("product", seen.json());
    // Rows that were held back are described by no contract, so that the engine is asked for their columns.
    home.answer(vec![rows(&[])]);
    let all = send(&router, request(ROOT, "GET", "/v1/data/shop/openapi.json", "")).await;
    assert!(all.text().contains("secret"), "{}", all.text());
    for product in ["vault", "dark", "nosuch"] {
        let reply = send(&router, get(&format!("/v1/data/{product}/openapi.json"))).await;
        assert_eq!(reply.problem()["status"], 404, "{product}");
    }
}

#[tokio::test]
async fn fixed_paths_are_described_to_everyone() {
    let home = Home::new().await;
    let request = http::Request::get("/openapi.json").body(axum::body::Body::empty()).unwrap();
    insta::assert_json_snapshot!("fixed", send(&home.router(), request).await.json());
}
