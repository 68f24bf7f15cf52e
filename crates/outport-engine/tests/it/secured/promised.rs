//! Whether a text names anything but what contracts promise of a view.

use outport_model::{
    contract::{Column, DataType},
    name::{ProductName, TableName},
};

use super::*;

fn column(name: &str, data_type: DataType) -> Column {
    Column {
        name: name.to_owned(),
        data_type,
        nullable: true,
        primary_key: None,
        unique: false,
        description: None,
        classification: None,
        tags: Vec::new(),
        deprecated: false,
    }
}

/// `shop.staff` is stored, and promised without `Secret`; of `bank.accounts` nothing is stored.
async fn promised() -> Home {
    let mut home = european_home().await;
    let integer = || DataType::Integer { bits: 64, signed: true };
    let released = home.view.products.values().next().unwrap().tables.values().next().unwrap().released.clone();
    home.show("bank", "accounts-2024", released, Sight::Whole);
    for (product, table) in [("shop", "staff"), ("bank", "accounts-2024")] {
        let (product, table) = (product.parse().unwrap(), table.parse().unwrap());
        let tables = &mut home.view.products.get_mut::<ProductName>(&product).unwrap().tables;
        tables.get_mut::<TableName>(&table).unwrap().columns =
            vec![column("id", integer()), column("region", DataType::String)];
    }
    home
}

async fn columns(home: &Home, sql: &str) -> Option<Vec<String>> {
    home.engine.promised(sql, &Arc::new(home.view.clone())).await
}

#[tokio::test]
async fn what_names_promised_columns_alone_plans() {
    let home = promised().await;
    for (sql, expected) in [
        ("SELECT * FROM shop.staff", vec!["id", "region"]),
        ("SELECT id AS salary FROM shop.staff s -- salary", vec!["salary"]),
        ("SELECT count(*) AS n FROM \"bank@1\".accounts_2024 a JOIN shop.staff USING (id)", vec!["n"]),
        ("WITH t AS (SELECT region FROM bank.\"accounts-2024\") SELECT region, 1 AS one FROM t", vec!["region", "one"]),
        // Types need not agree: a mask may make others of them.
        ("SELECT id FROM shop.staff WHERE region > 5", vec!["id"]),
        ("SELECT 1 AS one", vec!["one"]),
        ("SELECT id FROM shop.staff WHERE id = $1", vec!["id"]),
    ] {
        let found = columns(&home, sql).await.unwrap_or_else(|| panic!("{sql}"));
        assert_eq!(found, expected, "{sql}");
    }
}

#[tokio::test]
async fn what_names_anything_else_does_not() {
    let home = promised().await;
    for sql in [
        // They are stored, and not promised.
        "SELECT salary FROM shop.staff",
        "SELECT \"Secret\" FROM shop.staff",
        "SELECT id FROM shop.staff WHERE salary > 1",
        "SELECT id FROM shop.staff ORDER BY salary",
        "SELECT count(*) FROM shop.staff GROUP BY salary",
        "SELECT id FROM shop.staff WHERE false AND salary > 1",
        "SELECT CASE WHEN true THEN 1 ELSE salary END FROM shop.staff",
        "SELECT 1 WHERE EXISTS (SELECT salary FROM shop.staff)",
        "WITH unused AS (SELECT salary FROM shop.staff) SELECT 1",
        "SELECT * EXCEPT (salary) FROM shop.staff",
        "SELECT * EXCLUDE (salary) FROM shop.staff",
        "SELECT a.id FROM shop.staff a JOIN bank.accounts_2024 b USING (salary)",
        "SELECT sum(id) OVER (PARTITION BY salary) FROM shop.staff",
        "SELECT sum(id) FILTER (WHERE salary > 1) FROM shop.staff",
        "SELECT id FROM shop.staff UNION ALL SELECT salary FROM shop.staff",
        "EXPLAIN SELECT salary FROM shop.staff",
        "SELECT shop.staff.salary FROM shop.staff",
        // Nothing of the kind is there.
        "SELECT * FROM shop.payments",
        "SELECT * FROM hidden.plans",
        "DESCRIBE hidden.plans",
        "WITH unused AS (SELECT 1 FROM hidden.plans) SELECT 1",
        // It is no query.
        "",
        "what was I about to ask",
        "SELECT 1 IN (SELECT)",
        "SELECT 1; SELECT 2",
        "DROP TABLE shop.staff",
        "SET datafusion.execution.batch_size = 1",
    ] {
        assert_eq!(columns(&home, sql).await, None, "{sql}");
    }
}

#[tokio::test]
async fn no_table_is_opened() {
    let home = promised().await;
    std::fs::remove_dir_all(home.path("shop", "staff")).unwrap();
    assert!(columns(&home, "SELECT id FROM shop.staff").await.is_some());
}
