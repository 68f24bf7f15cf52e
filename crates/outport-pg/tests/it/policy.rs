//! What is hidden does not exist, and what changes holds at once.

use outport_app::identity::User;
use outport_test::{
    fixture::{principal, user},
    store::PutUser,
};

use crate::{
    home::{Home, state},
    simple::{one, rows},
};

#[tokio::test]
async fn a_hidden_column_is_in_no_answer_and_no_catalog() {
    let home = Home::new().await;
    let client = home.connect().await;
    home.hide("customer", true).await;
    assert_eq!(rows(&client, "SELECT * FROM sales.orders").await.unwrap()[0].len(), 5);
    assert_eq!(state(&client.simple_query("SELECT customer FROM sales.orders").await.unwrap_err()), "42703");
    let attributes = "SELECT attname FROM pg_attribute WHERE attrelid = (SELECT oid FROM pg_class WHERE relname = 'orders') ORDER BY attnum";
    let shown: Vec<String> = rows(&client, attributes).await.unwrap().concat();
    assert_eq!(shown, ["id", "amount", "day", "at", "tags"]);
    let columns =
        "SELECT column_name FROM information_schema.columns WHERE table_name = 'orders' AND column_name = 'customer'";
    assert!(rows(&client, columns).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_hidden_product_is_in_no_catalog() {
    let home = Home::new().await;
    let client = home.connect().await;
    let schemas = "SELECT nspname FROM pg_namespace WHERE nspname IN ('sales', 'big') ORDER BY 1";
    assert_eq!(rows(&client, schemas).await.unwrap(), [["big"], ["sales"]]);
    home.hide("sales", true).await;
    assert_eq!(rows(&client, schemas).await.unwrap(), [["big"]]);
    let counted = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'sales'";
    assert_eq!(one(&client, counted).await, "0");
    assert_eq!(one(&client, "SELECT count(*) FROM pg_description").await, "0");
    assert_eq!(one(&client, "SELECT count(*) FROM pg_tables WHERE schemaname = 'sales'").await, "0");
    assert_eq!(state(&client.simple_query("SELECT * FROM sales.orders").await.unwrap_err()), "42P01");
    home.hide("sales", false).await;
    assert_eq!(rows(&client, schemas).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_prepared_statement_follows_the_policies() {
    let home = Home::new().await;
    let client = home.connect().await;
    let everything = client.prepare("SELECT * FROM sales.orders").await.unwrap();
    let numbers = client.prepare("SELECT id FROM sales.orders").await.unwrap();
    assert_eq!(client.query(&everything, &[]).await.unwrap().len(), 3);
    home.hide("customer", true).await;
    let error = client.query(&everything, &[]).await.unwrap_err();
    let found = error.as_db_error().unwrap();
    assert_eq!((found.code().code(), found.message()), ("0A000", "cached plan must not change result type"));
    assert_eq!(client.query(&numbers, &[]).await.unwrap().len(), 3, "what it reads has not changed");
    home.hide("sales", true).await;
    assert_eq!(state(&client.query(&numbers, &[]).await.unwrap_err()), "42P01");
}

#[tokio::test]
async fn who_is_locked_out_is_let_through_no_more() {
    let home = Home::new().await;
    let client = home.connect().await;
    client.simple_query("SELECT 1").await.unwrap();
    let ann = User { principal: principal("ann", &["analysts"]), disabled: true, ..user("ann") };
    home.store.put_user(&ann).await.unwrap();
    let error = client.simple_query("SELECT * FROM sales.orders").await.unwrap_err();
    assert_eq!((state(&error), error.as_db_error().unwrap().severity()), ("28P01", "FATAL"));
    assert!(client.simple_query("SELECT 1").await.is_err(), "the connection has ended");
}
