//! `GET /v1/products`.

use serde_json::json;

use crate::support::{Home, ROOT, get, request, send};

#[tokio::test]
async fn products_are_those_that_may_be_known_of() {
    let home = Home::new().await;
    let router = home.router();
    let known = send(&router, get("/v1/products")).await.json();
    let published = outport_test::fixture::moment(1);
    let expect = |name: &str, readable: bool| {
        let mut table = json!({ "name": "daily", "description": "One row a day" });
        if readable {
            table["rows"] = json!(format!("/v1/data/{name}/daily"));
        }
        json!({
            "name": name,
            "title": format!("The {name}"),
            "purpose": format!("what the {name} sells"),
            "domain": null,
            "owner": "someone",
            "alignment": null,
            "status": "active",
            "release": { "number": 1, "publishedAt": published },
            "ports": [{
                "name": "daily",
                "major": 1,
                "version": "1.0.0",
                "description": null,
                "readable": readable,
                "agreement": null,
                "tables": [table],
            }],
            "openapi": format!("/v1/data/{name}/openapi.json"),
        })
    };
    assert_eq!(known, json!({ "products": [expect("shop", true), expect("vault", false)] }));
    let all = send(&router, request(ROOT, "GET", "/v1/products", "")).await.json();
    let names: Vec<_> = all["products"].as_array().unwrap().iter().map(|product| product["name"].clone()).collect();
    assert_eq!(names, ["dark", "shop", "vault"]);
    assert_eq!(home.records().len(), 2);
}

#[tokio::test]
async fn a_product_has_the_columns_that_are_seen() {
    let home = Home::new().await;
    let router = home.router();
    let shop = send(&router, get("/v1/products/shop")).await.json();
    let column = |name: &str, data_type: &str| {
        json!({
            "name": name,
            "type": data_type,
            "nullable": name != "id",
            "masked": name == "name",
            "key": name == "id",
            "description": (name == "name").then_some("What it is called."),
            "deprecated": name == "price",
        })
    };
    let columns = [column("id", "integer (i64)"), column("name", "string"), column("price", "number (decimal(10,2))")];
    assert_eq!(shop["ports"][0]["tables"][0]["columns"], json!(columns));
    let vault = send(&router, get("/v1/products/vault")).await.json();
    assert_eq!(vault["ports"][0]["readable"], false);
    assert_eq!(vault["ports"][0]["tables"][0]["rows"], serde_json::Value::Null);
    let dark = send(&router, get("/v1/products/dark")).await.problem().to_string();
    let missing = send(&router, get("/v1/products/nosuch")).await.problem().to_string();
    assert_eq!(dark.replace("dark", "nosuch"), missing);
}
