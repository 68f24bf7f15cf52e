//! The catalog, as psql and drivers ask for it.

use crate::{
    home::Home,
    psql::Psql,
    simple::{one, rows},
};

#[tokio::test]
async fn psql_lists_and_describes() {
    let home = Home::new().await;
    let shown = Psql::new(&home).run("\\dt *.orders").await;
    assert_eq!(shown.out, "sales|orders|table|ann\n", "{}", shown.error);
    let shown = Psql::new(&home).run("\\dn").await;
    assert_eq!(shown.out, "big|ann\npublic|ann\nsales|ann\n", "{}", shown.error);
    let shown = Psql::new(&home).run("\\l").await;
    assert!(shown.out.starts_with("dev|ann|UTF"), "{} {}", shown.out, shown.error);
    let shown = Psql::new(&home).run("\\d").await;
    assert_eq!(shown.out, "big|numbers|table|ann\nsales|orders|table|ann\n", "{}", shown.error);
}

#[tokio::test]
async fn psql_describes_a_table() {
    let home = Home::new().await;
    let shown = Psql::new(&home).run("\\d sales.orders").await;
    let expected = "id|bigint||not null|\n\
        customer|text|||\n\
        amount|numeric(10,2)|||\n\
        day|date|||\n\
        at|timestamp with time zone|||\n\
        tags|text[]|||\n";
    assert!(shown.out.starts_with(expected), "{} {}", shown.out, shown.error);
    assert_eq!(shown.error, "");
}

#[tokio::test]
async fn psql_shows_errors_with_their_hint() {
    let home = Home::new().await;
    let shown = Psql::new(&home).run("SELECT wrong FROM sales.orders").await;
    assert!(shown.error.contains("wrong") && shown.error.contains("HINT:"), "{}", shown.error);
    let shown = Psql::new(&home).run_all(&["BEGIN", "SELECT 1", "COMMIT"]).await;
    assert_eq!(shown.out, "BEGIN\n1\nCOMMIT\n", "{}", shown.error);
}

#[tokio::test]
async fn the_standard_catalog_speaks_of_sql_types() {
    let home = Home::new().await;
    let client = home.connect().await;
    let sql = "SELECT column_name, data_type, is_nullable, numeric_scale FROM information_schema.columns \
        WHERE table_schema = 'sales' ORDER BY ordinal_position";
    let found = rows(&client, sql).await.unwrap();
    assert_eq!(found[0], ["id", "bigint", "NO", "0"]);
    assert_eq!(found[2], ["amount", "numeric", "YES", "2"]);
    assert_eq!(found[5][1], "ARRAY");
    let sql = "SELECT table_schema, table_name, table_type FROM information_schema.tables ORDER BY 1";
    assert_eq!(
        rows(&client, sql).await.unwrap(),
        [["big", "numbers", "BASE TABLE"], ["sales", "orders", "BASE TABLE"]]
    );
    let sql = "SELECT column_name FROM information_schema.key_column_usage WHERE table_name = 'orders'";
    assert_eq!(rows(&client, sql).await.unwrap(), [["id"]]);
}

#[tokio::test]
async fn drivers_find_what_they_look_for_at_the_beginning() {
    let home = Home::new().await;
    let client = home.connect().await;
    assert!(one(&client, "SELECT pg_catalog.version()").await.starts_with("PostgreSQL 16.6 (Outport "));
    assert_eq!(one(&client, "SELECT current_schema()").await, "public");
    assert_eq!(one(&client, "SELECT current_user").await, "ann");
    assert_eq!(one(&client, "SELECT pg_is_in_recovery()").await, "f");
    assert_eq!(one(&client, "SELECT t.oid FROM pg_type t WHERE t.typname = 'int8'").await, "20");
    let described = "SELECT obj_description(oid, 'pg_class') FROM pg_class WHERE relname = 'orders'";
    assert_eq!(one(&client, described).await, "one row for each order");
    let sqlalchemy = "SELECT pg_catalog.pg_class.relname FROM pg_catalog.pg_class \
        JOIN pg_catalog.pg_namespace ON pg_catalog.pg_namespace.oid = pg_catalog.pg_class.relnamespace \
        WHERE pg_catalog.pg_class.relkind = ANY (ARRAY['r', 'p']) AND pg_catalog.pg_namespace.nspname = 'sales'";
    assert_eq!(rows(&client, sqlalchemy).await.unwrap(), [["orders"]]);
}

#[tokio::test]
async fn columns_are_named_as_postgres_names_them() {
    let home = Home::new().await;
    let client = home.connect().await;
    let names = async |sql: &str| {
        let statement = client.prepare(sql).await.unwrap();
        statement.columns().iter().map(|column| column.name().to_owned()).collect::<Vec<_>>()
    };
    let found =
        names("SELECT count(*), 1, NULL, 'a'::varchar, current_schema(), CASE WHEN true THEN 1 END FROM pg_class")
            .await;
    assert_eq!(found, ["count", "?column?", "?column?", "varchar", "current_schema", "case"]);
    let found = names("SELECT n.oid, n.*, n.oid FROM pg_namespace n").await;
    assert_eq!(found, ["oid", "oid", "nspname", "nspowner", "nspacl", "oid"]);
}

#[tokio::test]
async fn names_are_found_along_the_search_path() {
    let home = Home::new().await;
    let client = home.connect().await;
    assert_eq!(one(&client, "SELECT 'sales.orders'::regclass").await, "sales.orders");
    client.batch_execute("SET search_path = sales, public").await.unwrap();
    assert_eq!(one(&client, "SELECT 'orders'::regclass").await, "orders");
    assert_eq!(one(&client, "SELECT current_schema()").await, "sales");
    assert_eq!(one(&client, "SELECT current_schemas(true)").await, "{pg_catalog,sales,public}");
    assert_eq!(one(&client, "SELECT count(*) FROM orders").await, "3");
    assert_eq!(one(&client, "SELECT to_regclass('nothing') IS NULL").await, "t");
    assert_eq!(one(&client, "SELECT setting FROM pg_settings WHERE name = 'search_path'").await, "sales, public");
    home.hide("sales", true).await;
    assert_eq!(one(&client, "SELECT to_regclass('sales.orders') IS NULL").await, "t");
    assert_eq!(one(&client, "SELECT to_regnamespace('sales') IS NULL").await, "t");
}

#[tokio::test]
async fn ids_of_tables_are_the_same_in_every_connection() {
    let home = Home::new().await;
    let sql = "SELECT oid FROM pg_class WHERE relname = 'orders'";
    let first = one(&home.connect().await, sql).await;
    home.hide("big", true).await;
    assert_eq!(one(&home.connect().await, sql).await, first);
}

#[tokio::test]
async fn questions_to_the_catalog_are_on_record() {
    let home = Home::new().await;
    let client = home.connect().await;
    client.simple_query("SELECT relname FROM pg_class WHERE relname = 'orders'").await.unwrap();
    assert!(client.simple_query("SELECT wrong FROM pg_class").await.is_err());
    client.simple_query("SHOW server_version").await.unwrap();
    let records = home.records(3).await;
    let shown: Vec<_> = records.iter().map(|record| (crate::home::ended(&record.result), record.rows)).collect();
    assert_eq!(shown[..2], [("answered", 1), ("failed", 0)]);
    assert_eq!(shown[2].0, "answered");
}
