//! Which tables there are, by which names, and what is on record of reading them.

use outport_app::engine::Reads;

use super::*;

async fn shop() -> Home {
    let mut home = european_home().await;
    let ids: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
    let all = home.store("shop", "order-lines", &[batch(vec![("id", ids)])]).await;
    home.show("shop", "order-lines", all.clone(), Sight::Part(TableAccess::unrestricted(["id"])));
    home.view.withheld.insert(("shop".parse().unwrap(), "payments_v2".parse().unwrap()));
    home.view.withheld.insert(("bank".parse().unwrap(), "accounts".parse().unwrap()));
    home
}

#[tokio::test]
async fn withheld_tables_are_known_and_not_read() {
    let home = shop().await;
    for (sql, product, table) in [
        ("SELECT * FROM shop.payments_v2", "shop", "payments_v2"),
        ("SELECT * FROM \"shop@2\".payments", "shop", "payments_v2"),
        ("SELECT * FROM outport.bank.accounts", "bank", "accounts"),
        ("SELECT 1 WHERE EXISTS (SELECT 1 FROM \"BANK\".\"Accounts\")", "bank", "accounts"),
        ("DESCRIBE bank.accounts", "bank", "accounts"),
    ] {
        let error = home.failure(sql).await;
        let EngineError::Withheld { product: p, table: t } = &error else { panic!("{sql}: {error:?}") };
        assert_eq!((p.as_str(), t.as_str()), (product, table), "{sql}");
    }
    assert_eq!(home.ask("WITH accounts AS (SELECT 1 AS n) SELECT n FROM accounts").await, ["1"]);
}

#[tokio::test]
async fn unknown_tables_are_unknown_whether_or_not_they_exist() {
    let home = shop().await;
    let _hidden = home.store("hidden", "plans", &staff()).await;
    for sql in [
        "SELECT * FROM hidden.plans",
        "SELECT * FROM shop.plans",
        "SELECT * FROM \"shop@2\".staff",
        "DESCRIBE hidden.plans",
    ] {
        let told = home.told(sql).await;
        assert!(told.starts_with("there is no table `"), "{sql}: {told}");
        assert!(!told.contains("payments") && !told.contains("accounts"), "{told}");
    }
    let told = home.told("SELECT * FROM shop.stafff").await;
    assert_eq!(
        told,
        "there is no table `shop.stafff`\ndid you mean `shop.staff`? released tables: `shop.order_lines`, `shop.staff`"
    );
}

#[tokio::test]
async fn what_lists_tables_lists_the_view() {
    let home = shop().await;
    let own = "table_schema <> 'information_schema'";
    let tables =
        format!("SELECT table_schema, table_name, table_type FROM information_schema.tables WHERE {own} ORDER BY 1, 2");
    assert_eq!(
        home.ask(&tables).await,
        [
            "shop|order_lines|BASE TABLE",
            "shop|staff|BASE TABLE",
            "shop@1|order_lines|BASE TABLE",
            "shop@1|staff|BASE TABLE",
        ]
    );
    let columns = "SELECT column_name FROM information_schema.columns WHERE table_schema = 'shop' AND table_name = 'staff' \
                   ORDER BY ordinal_position";
    assert_eq!(home.ask(columns).await, ["id", "region", "salary", "email", "note", "born"]);
    assert_eq!(home.ask("SELECT schema_name FROM information_schema.schemata ORDER BY 1").await, ["shop", "shop@1"]);
    assert_eq!(home.ask("SELECT count(*) FROM information_schema.views WHERE definition IS NOT NULL").await, ["0"]);
    for sql in [
        "SHOW TABLES",
        "SHOW COLUMNS FROM shop.staff",
        "DESCRIBE shop.staff",
        "SELECT * FROM information_schema.columns",
    ] {
        let listed = home.ask(sql).await.join("\n");
        assert!(listed.contains("staff") || listed.contains("region"), "{sql}: {listed}");
        for hidden in ["Secret", "payments", "accounts", "stored"] {
            assert!(!listed.contains(hidden), "{sql}: {listed}");
        }
    }
}

#[tokio::test]
async fn names_are_found_as_before() {
    let home = shop().await;
    for name in ["shop.order_lines", "shop.\"order-lines\"", "\"Shop\".\"Order-Lines\"", "\"shop@1\".order_lines"] {
        assert_eq!(home.ask(&format!("SELECT count(*) FROM {name}")).await, ["2"], "{name}");
    }
}

fn columns(reads: &Reads) -> Vec<String> {
    let tables = reads.iter().flat_map(|(product, tables)| {
        tables.iter().map(move |(table, columns)| {
            format!("{product}.{table}: {}", columns.iter().cloned().collect::<Vec<_>>().join(" "))
        })
    });
    tables.collect()
}

#[tokio::test]
async fn reads_are_what_the_query_uses() {
    let home = shop().await;
    for (sql, expected) in [
        ("SELECT 1", vec![]),
        ("SELECT * FROM shop.staff", vec!["shop.staff: born email id note region salary"]),
        ("SELECT count(*) FROM shop.staff", vec!["shop.staff: "]),
        ("SELECT id FROM shop.staff WHERE salary > 1 ORDER BY born", vec!["shop.staff: born id salary"]),
        ("SELECT id FROM (SELECT * FROM shop.staff) WHERE false", vec!["shop.staff: id"]),
        (
            "SELECT s.note FROM \"shop@1\".staff s JOIN shop.\"order-lines\" o ON s.id = o.id",
            vec!["shop.order-lines: id", "shop.staff: id note"],
        ),
        ("SELECT 1 WHERE EXISTS (SELECT 1 FROM shop.staff WHERE email = 'x')", vec!["shop.staff: email"]),
        ("SELECT max(salary) FROM shop.staff GROUP BY region", vec!["shop.staff: region salary"]),
        ("SELECT * FROM information_schema.tables", vec![]),
        (
            "WITH RECURSIVE staff AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM staff WHERE n < 3) SELECT n FROM staff",
            vec![],
        ),
    ] {
        let question = Question::new(sql);
        let answer = home.answer(question.clone()).await.unwrap();
        assert_eq!(columns(&answer.reads), expected, "{sql}");
        let prospect = home.engine.prospect(&question, &Arc::new(home.view.clone())).await.unwrap();
        assert_eq!(columns(&prospect.reads), expected, "{sql}");
        assert_eq!(prospect.schema.fields().len(), answer.schema.fields().len(), "{sql}");
    }
}
