//! `POST /graphql`.

use std::sync::Arc;

use arrow::{
    array::{Int64Array, RecordBatch, StringArray},
    datatypes::{DataType as ArrowType, Field, Schema},
};
use axum::Router;
use futures::StreamExt;
use http::StatusCode;
use outport_app::engine::{Argument, Arguments, EngineError};
use outport_model::{
    audit::RequestResult,
    check::{Check, CheckKind},
    principal::Door,
};
use outport_test::fixture;
use serde_json::{Value, json};

use crate::support::{ADA, Home, ROOT, publish_changed, request, rows, send, with};

async fn ask_as(router: &Router, token: &str, query: &str, variables: Value) -> Value {
    let body = json!({ "query": query, "variables": variables });
    let asked = with(request(token, "POST", "/graphql", body.to_string()), "content-type", "application/json");
    let reply = send(router, asked).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    reply.json()
}

async fn ask(router: &Router, query: &str) -> Value {
    ask_as(router, ADA, query, json!({})).await
}

#[tokio::test]
async fn a_root_field_is_one_query_of_the_columns_that_are_selected() {
    let home = Home::new().await;
    let router = home.router();
    home.answer(vec![rows(&[(1, Some("a"), Some(1250)), (2, None, None), (3, None, None)])]);
    let query = r#"query($least: Decimal) {
        shop_daily(where: { price: { gte: $least, isNull: false }, id: { in: [1, 2] }, name: { like: "a%" } },
                   orderBy: [price_DESC], first: 2) {
            nodes { ...row  id @skip(if: true) }
            pageInfo { hasNextPage endCursor }
            release
        }
    } fragment row on shop_daily { price }"#;
    let answer = ask_as(&router, ADA, query, json!({ "least": "0.5" })).await;
    let [question] = home.questions().try_into().unwrap();
    assert_eq!(
        question.sql,
        "SELECT \"price\", \"id\" FROM \"shop\".\"daily\" WHERE (\"price\" >= $1 AND \"price\" IS NOT NULL AND \"id\" IN ($2, $3) \
         AND \"name\" LIKE $4) ORDER BY \"price\" DESC NULLS LAST, \"id\" ASC NULLS LAST LIMIT 3"
    );
    let text = |text: &str| Argument::Text(text.to_owned());
    let values = vec![text("0.5"), Argument::Integer(1), Argument::Integer(2), text("a%")];
    assert_eq!(question.arguments, Arguments::Positional(values));
    let page = &answer["data"]["shop_daily"];
    assert_eq!(page["release"], 1, "{answer}");
    assert_eq!(page["pageInfo"]["hasNextPage"], true);
    let [record] = home.records().try_into().unwrap();
    assert_eq!((record.door, record.result), (Door::Graphql, RequestResult::Answered));
}

#[tokio::test]
async fn rows_are_as_they_are_seen() {
    let home = Home::new().await;
    let router = home.router();
    home.answer(vec![rows(&[(9_007_199_254_740_993, Some("***"), Some(1250)), (2, None, None)])]);
    let answer = ask(&router, "{ shop_daily { nodes { id name price } pageInfo { hasNextPage endCursor } } }").await;
    let nodes = json!([
        { "id": 9_007_199_254_740_993_i64, "name": "***", "price": "12.50" },
        { "id": 2, "name": null, "price": null },
    ]);
    assert_eq!(answer["data"]["shop_daily"]["nodes"], nodes, "{answer}");
    assert_eq!(answer["data"]["shop_daily"]["pageInfo"], json!({ "hasNextPage": false, "endCursor": null }));
}

#[tokio::test]
async fn a_cursor_leads_to_the_next_page() {
    let home = Home::new().await;
    let router = home.router();
    home.answer(vec![rows(&[(1, None, None), (2, None, None)])]);
    let page = "query($after: String) { shop_daily(first: 1, after: $after) { nodes { id } pageInfo { endCursor } } }";
    let first = ask(&router, page).await;
    let cursor = &first["data"]["shop_daily"]["pageInfo"]["endCursor"];
    home.questions();
    ask_as(&router, ADA, page, json!({ "after": cursor })).await;
    let [question] = home.questions().try_into().unwrap();
    assert!(question.sql.contains("WHERE"), "{}", question.sql);
    let other = "query($after: String) { shop_daily(first: 1, after: $after, orderBy: [price_ASC]) { nodes { id } } }";
    let refused = ask_as(&router, ADA, other, json!({ "after": cursor })).await;
    assert!(refused["errors"][0]["message"].as_str().unwrap().contains("cursor"), "{refused}");
    assert!(home.questions().is_empty());
}

#[tokio::test]
async fn the_schema_has_only_what_is_seen() {
    let home = Home::new().await;
    let router = home.router();
    let query = "{ __schema { queryType { fields { name } } types { name fields { name } inputFields { name } enumValues { name } } } }";
    let seen = ask(&router, query).await;
    assert_eq!(
        seen["data"]["__schema"]["queryType"]["fields"],
        json!([{ "name": "workspace" }, { "name": "shop_daily" }])
    );
    for hidden in ["secret", "vault", "dark", "quarantine"] {
        assert!(!seen.to_string().contains(hidden), "{hidden}");
    }
    let all = ask_as(&router, ROOT, query, json!({})).await.to_string();
    assert!(all.contains("secret") && all.contains("dark_daily") && !all.contains("quarantine"));
    let refused = ask(&router, "{ shop_daily { nodes { secret } } }").await;
    assert!(refused["errors"][0]["message"].as_str().unwrap().starts_with("Unknown field \"secret\""), "{refused}");
    let refused = ask(&router, "{ shop_daily(where: { secret: { isNull: true } }) { nodes { id } } }").await;
    assert!(refused["data"].is_null() && !refused["errors"].as_array().unwrap().is_empty(), "{refused}");
    assert!(home.questions().is_empty());
    let results: Vec<_> = home.records().into_iter().map(|record| record.result).collect();
    assert_eq!(results.len(), 4);
    assert_eq!(results[..2], [RequestResult::Answered, RequestResult::Answered]);
    assert!(results[2..].iter().all(|result| matches!(result, RequestResult::Failed { .. })), "{results:?}");
}

#[tokio::test]
async fn tools_can_ask_for_the_schema() {
    let home = Home::new().await;
    let query = "{ __schema { types { name kind fields(includeDeprecated: true) { name isDeprecated type { name kind ofType \
                 { name kind ofType { name kind ofType { name kind ofType { name kind } } } } } args { name defaultValue } } } } }";
    let answer = ask(&home.router(), query).await;
    assert!(answer.get("errors").is_none(), "{answer}");
    let types = answer["data"]["__schema"]["types"].as_array().unwrap();
    let table = types.iter().find(|one| one["name"] == "shop_daily").unwrap();
    insta::assert_json_snapshot!("type", table);
}

#[tokio::test]
async fn large_documents_are_refused_before_they_are_run() {
    let home = Home::new().await;
    let router = home.router();
    let many: Vec<String> = (0..11).map(|n| format!("a{n}: shop_daily {{ nodes {{ id }} }} ")).collect();
    let refused = ask(&router, &format!("{{ {} }}", many.concat())).await;
    assert_eq!(refused["errors"][0]["message"], "the document has more than 10 fields at the root");
    let refused = ask(&router, "{ shop_daily(first: 1001) { nodes { id } } }").await;
    assert_eq!(refused["errors"][0]["message"], "`first` is not between 1 and 1000");
    assert!(home.questions().is_empty());
    assert_eq!(home.records().len(), 2);
}

#[tokio::test]
async fn errors_are_those_of_the_gate() {
    let home = Home::new().await;
    let router = home.router();
    home.fail(|| EngineError::Sealed { table: "shop.daily".to_owned(), reason: "hidden".to_owned() });
    let answer = ask(&router, "{ shop_daily { nodes { id } } }").await;
    assert_eq!(answer["errors"][0]["extensions"]["type"], "urn:outport:problem:internal", "{answer}");
    assert_eq!(answer["errors"][0]["extensions"]["request"], home.records()[0].id.to_string());
    assert!(!answer.to_string().contains("hidden"));
    let stranger = with(request("nobody", "POST", "/graphql", "{}"), "content-type", "application/json");
    assert_eq!(send(&router, stranger).await.problem()["status"], 401);
}

#[tokio::test]
async fn the_answer_is_in_the_order_of_the_document() {
    let home = Home::new().await;
    let router = home.router();
    // The first root has its rows long after the last one.
    home.answer_with(|question| {
        let waits = if question.sql.ends_with("LIMIT 2") { 50 } else { 0 };
        let batch = rows(&[(1, Some("a"), None)]);
        let schema = batch.schema();
        let batches = futures::stream::once(async move {
            for _ in 0..waits {
                tokio::task::yield_now().await;
            }
            Ok(batch)
        });
        Ok((schema, batches.boxed()))
    });
    let query = "{ slow: shop_daily(first: 1) { pageInfo { endCursor hasNextPage } nodes { name id } } workspace ...more } \
                 fragment more on Query { quick: shop_daily(first: 9) { release nodes { id } request } __typename }";
    let body = json!({ "query": query }).to_string();
    let reply = send(&router, with(request(ADA, "POST", "/graphql", body), "content-type", "application/json")).await;
    let answer = reply.json();
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let data = &answer["data"];
    assert_eq!(keys(data), ["slow", "workspace", "quick", "__typename"], "{}", reply.text());
    assert_eq!(keys(&data["slow"]), ["pageInfo", "nodes"]);
    assert_eq!(keys(&data["slow"]["pageInfo"]), ["endCursor", "hasNextPage"]);
    assert_eq!(keys(&data["slow"]["nodes"][0]), ["name", "id"]);
    assert_eq!(keys(&data["quick"]), ["release", "nodes", "request"]);
}

#[tokio::test]
async fn what_rows_name_is_read_by_one_query() {
    let home = Home::new().await;
    publish_changed(&home, "family", |compiled| {
        let table = &mut compiled.product.outputs[0].contract.tables[0];
        let object = table.name.clone();
        let kind = CheckKind::Reference {
            columns: vec!["name".to_owned()],
            to_table: object,
            to_columns: vec!["secret".to_owned()],
        };
        table.checks.push(Check { kind, ..fixture::row_count() });
    })
    .await;
    let router = home.router();
    home.answer_with(|question| {
        let names = question.sql.contains("WHERE");
        let batch = if names {
            pairs(&[("x", 10), ("y", 20)], "secret")
        } else {
            pairs(&[("x", 1), ("y", 2), ("x", 3), ("z", 4)], "name")
        };
        Ok((batch.schema(), futures::stream::iter(vec![Ok(batch)]).boxed()))
    });
    let types =
        ask_as(&router, ROOT, "{ __type(name: \"family_daily\") { fields { name type { name } } } }", json!({})).await;
    let fields = types["data"]["__type"]["fields"].as_array().unwrap();
    let relation =
        fields.iter().find(|field| field["type"]["name"] == "family_daily").unwrap()["name"].as_str().unwrap();
    let query = format!("{{ family_daily {{ nodes {{ id parent: {relation} {{ id }} }} }} }}");
    let answer = ask_as(&router, ROOT, &query, json!({})).await;
    let nodes = json!([
        { "id": 1, "parent": { "id": 10 } },
        { "id": 2, "parent": { "id": 20 } },
        { "id": 3, "parent": { "id": 10 } },
        { "id": 4, "parent": null },
    ]);
    assert_eq!(answer["data"]["family_daily"]["nodes"], nodes, "{answer}");
    let questions = home.questions();
    assert_eq!(questions.len(), 2);
    assert_eq!(
        questions[1].sql,
        "SELECT \"id\", \"secret\" FROM \"family\".\"daily\" WHERE \"secret\" IN ($1, $2, $3)"
    );
    let keys = ["x", "y", "z"].map(|key| Argument::Text(key.to_owned()));
    assert_eq!(questions[1].arguments, Arguments::Positional(keys.to_vec()));
}

/// Rows of `id` and another column.
fn pairs(rows: &[(&str, i64)], name: &str) -> RecordBatch {
    let schema = Schema::new(vec![Field::new("id", ArrowType::Int64, false), Field::new(name, ArrowType::Utf8, true)]);
    let ids: Int64Array = rows.iter().map(|row| Some(row.1)).collect();
    let texts: StringArray = rows.iter().map(|row| Some(row.0)).collect();
    RecordBatch::try_new(Arc::new(schema), vec![Arc::new(ids), Arc::new(texts)]).unwrap()
}
