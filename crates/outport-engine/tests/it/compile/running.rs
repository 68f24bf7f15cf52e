//! The plan for running is made as the plan for compiling.

use std::{collections::BTreeMap, sync::Arc};

use datafusion::{
    arrow::util::pretty::pretty_format_batches,
    catalog::MemorySchemaProvider,
    error::DataFusionError,
    prelude::{SessionConfig, SessionContext},
};
use insta::assert_snapshot;
use outport_engine::compile::plan_model;
use serde_json::{Value, json};

async fn context() -> SessionContext {
    let context = SessionContext::new_with_config(SessionConfig::new().with_information_schema(true));
    let catalog = context.catalog("datafusion").unwrap();
    catalog.register_schema("input", Arc::new(MemorySchemaProvider::new())).unwrap();
    for sql in [
        "CREATE TABLE input.orders AS VALUES (1, 'a'), (2, 'b'), (3, 'it''s')",
        "CREATE TABLE daily AS VALUES (1.5), (2.5)",
    ] {
        context.sql(sql).await.unwrap().collect().await.unwrap();
    }
    context
}

async fn run(sql: &str, parameters: Value) -> Result<String, DataFusionError> {
    let context = context().await;
    let parameters: BTreeMap<String, Value> = serde_json::from_value(parameters).unwrap();
    let plan = plan_model(&context, sql, &parameters).await?;
    let batches = context.execute_logical_plan(plan).await?.collect().await?;
    Ok(pretty_format_batches(&batches)?.to_string())
}

#[tokio::test]
async fn parameters_are_bound_and_never_written_into_the_text() {
    let sql = "SELECT column1 AS id, abs($factor) * sum(column1) AS x, $text AS t FROM input.orders WHERE column2 = $text GROUP BY column1";
    assert_snapshot!(run(sql, json!({"text": "it's", "factor": -2, "zero": null})).await.unwrap(), @"
    +----+---+------+
    | id | x | t    |
    +----+---+------+
    | 3  | 6 | it's |
    +----+---+------+
    ");
    let quote = run("SELECT column1 AS id FROM input.orders WHERE column2 = $text", json!({"text": "' OR 1 = 1 --"}));
    assert_snapshot!(quote.await.unwrap(), @"
    ++
    ++
    ");
    let all = run(
        "SELECT count(*) AS n FROM daily WHERE $yes AND column1 < $most LIMIT $limit",
        json!({"yes": true, "most": 2.0, "limit": 1}),
    );
    assert_snapshot!(all.await.unwrap(), @"
    +---+
    | n |
    +---+
    | 1 |
    +---+
    ");
    let none = run("SELECT count(*) AS n FROM daily WHERE column1 > coalesce($least, 0)", json!({"least": null}));
    assert_snapshot!(none.await.unwrap(), @"
    +---+
    | n |
    +---+
    | 2 |
    +---+
    ");
}

#[tokio::test]
async fn nothing_else_can_be_read() {
    for sql in [
        "SELECT table_name FROM information_schema.tables",
        "SELECT * FROM datafusion.input.orders",
        "SELECT * FROM nowhere",
        "CREATE TABLE x AS SELECT 1",
        "SELECT $unknown",
        "SELECT 1; SELECT 2",
    ] {
        assert!(run(sql, json!({})).await.is_err(), "{sql}");
    }
}
