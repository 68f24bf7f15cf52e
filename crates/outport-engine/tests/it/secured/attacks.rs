//! What is hidden stays hidden, whatever a query does.

use super::*;

#[tokio::test]
async fn only_visible_rows_and_columns_come() {
    let home = european_home().await;
    let expected = ["1|EU|4000|***|11|1970-01-01", "3|EU|6000|***|33|1971-02-05", "5|EU|null|null|null|null"];
    assert_eq!(home.ask("SELECT * FROM shop.staff ORDER BY id").await, expected);
    assert_eq!(home.ask("SELECT s.* FROM \"SHOP\".\"Staff\" AS s ORDER BY s.id").await, expected);
    assert_eq!(home.ask("WITH s AS (SELECT * FROM outport.shop.staff) SELECT * FROM s ORDER BY id").await, expected);
    assert_eq!(home.ask("SELECT * FROM \"shop@1\".staff ORDER BY id").await, expected);
}

#[tokio::test]
async fn errors_do_not_tell_of_hidden_rows() {
    let home = european_home().await;
    for (sql, expected) in [
        ("SELECT id FROM shop.staff WHERE 1 / (salary - 5000) > -5 ORDER BY id", vec!["1", "3"]),
        ("SELECT id FROM shop.staff WHERE CAST(note AS BIGINT) > 0 ORDER BY id", vec!["1", "3"]),
        ("SELECT id, CAST(note AS BIGINT) FROM shop.staff WHERE id < 4 ORDER BY 1", vec!["1|11", "3|33"]),
        ("SELECT sum(10 / (salary - 7000)) FROM shop.staff", vec!["0"]),
        ("SELECT id FROM shop.staff ORDER BY 1 / (salary - 5000), id LIMIT 9", vec!["1", "3", "5"]),
        ("SELECT count(*) FROM shop.staff GROUP BY 1 / (salary - 5000) ORDER BY 1", vec!["1", "2"]),
        (
            "SELECT s.id FROM shop.staff s JOIN shop.staff t ON 1 / (s.salary - 5000) = t.id - s.id ORDER BY 1",
            vec!["1", "3"],
        ),
        ("SELECT id FROM shop.staff WHERE salary + 9223372036854775800 IS NULL", vec!["5"]),
        ("SELECT id FROM (SELECT * FROM shop.staff LIMIT 9) WHERE 1 / (salary - 5000) > 1", vec![]),
        ("SELECT id FROM shop.staff WHERE CASE WHEN salary = 5000 THEN 1 / 0 > 1 ELSE id = 1 END", vec!["1"]),
        ("SELECT id FROM shop.staff WHERE id = 1 AND salary <> 5000 AND 1 / (salary - 5000) > -5", vec!["1"]),
    ] {
        assert_eq!(home.ask(sql).await, expected, "{sql}");
    }
}

#[tokio::test]
async fn statistics_do_not_tell_of_hidden_rows() {
    let home = european_home().await;
    for (sql, expected) in [
        ("SELECT count(*) FROM shop.staff", "3"),
        ("SELECT count(1), count(salary), count(email) FROM shop.staff", "3|2|2"),
        ("SELECT max(salary), min(salary), min(region), max(region) FROM shop.staff", "6000|4000|EU|EU"),
        ("SELECT max(born), min(born) FROM shop.staff", "1971-02-05|1970-01-01"),
        ("SELECT max(email), min(email) FROM shop.staff", "***|***"),
        ("SELECT count(*) FROM shop.staff WHERE region = 'US' OR salary = 7000", "0"),
        ("SELECT count(*) FROM shop.staff WHERE salary IS NOT NULL", "2"),
        ("SELECT approx_distinct(region), count(DISTINCT salary) FROM shop.staff", "1|2"),
    ] {
        assert_eq!(home.ask(sql).await, [expected], "{sql}");
    }
}

#[tokio::test]
async fn limits_count_visible_rows() {
    let home = european_home().await;
    for (sql, expected) in [
        ("SELECT id FROM shop.staff LIMIT 2", 2),
        ("SELECT id FROM shop.staff LIMIT 5", 3),
        ("SELECT id FROM shop.staff WHERE salary > 1 LIMIT 2", 2),
        ("SELECT id FROM shop.staff WHERE salary >= 6000 LIMIT 1", 1),
        ("SELECT id FROM shop.staff WHERE length(region) = 2 LIMIT 3", 3),
        ("SELECT id FROM shop.staff WHERE length(note) = 2 AND id > 1 LIMIT 2", 1),
        ("SELECT id FROM shop.staff OFFSET 2", 1),
        ("SELECT id FROM (SELECT id FROM shop.staff LIMIT 1) WHERE id > 0", 1),
    ] {
        assert_eq!(home.ask(sql).await.len(), expected, "{sql}");
    }
}

#[tokio::test]
async fn masks_hold_wherever_a_column_is_used() {
    let home = european_home().await;
    for (sql, expected) in [
        ("SELECT id FROM shop.staff WHERE email = 'a@x.org'", vec![]),
        ("SELECT id FROM shop.staff WHERE email LIKE 'a%'", vec![]),
        ("SELECT id FROM shop.staff WHERE email = '***' ORDER BY id", vec!["1", "3"]),
        ("SELECT id FROM shop.staff WHERE email IN ('a@x.org', 'c@x.org')", vec![]),
        ("SELECT id FROM shop.staff WHERE email IS NULL", vec!["5"]),
        ("SELECT email, count(*) FROM shop.staff GROUP BY email ORDER BY email", vec!["***|2", "null|1"]),
        ("SELECT DISTINCT email FROM shop.staff ORDER BY 1", vec!["***", "null"]),
        ("SELECT id FROM shop.staff ORDER BY email DESC NULLS LAST, id DESC", vec!["3", "1", "5"]),
        ("SELECT a.id, b.id FROM shop.staff a JOIN shop.staff b ON a.email = b.email WHERE a.id < b.id", vec!["1|3"]),
        ("SELECT id, rank() OVER (ORDER BY email NULLS LAST) FROM shop.staff ORDER BY id", vec!["1|1", "3|1", "5|3"]),
        ("SELECT id FROM shop.staff s WHERE EXISTS (SELECT 1 FROM shop.staff t WHERE t.email = 'c@x.org')", vec![]),
        ("SELECT id FROM shop.staff WHERE email = (SELECT 'a@x.org')", vec![]),
        ("SELECT email FROM shop.staff WHERE id = 1 UNION SELECT 'a@x.org' ORDER BY 1", vec!["***", "a@x.org"]),
        ("WITH m AS (SELECT email AS e FROM shop.staff) SELECT max(e) FROM m WHERE e > '!'", vec!["***"]),
        ("SELECT v FROM (VALUES ('a@x.org')) AS t(v) JOIN shop.staff ON v = email", vec![]),
        ("SELECT concat(email, '!') FROM shop.staff WHERE id = 3", vec!["***!"]),
        (
            "WITH RECURSIVE r AS (SELECT 1 AS n, email FROM shop.staff WHERE id = 1 UNION ALL \
             SELECT n + 1, s.email FROM r JOIN shop.staff s ON s.email = r.email AND s.id = 3 WHERE n < 3) \
             SELECT n, email FROM r ORDER BY n",
            vec!["1|***", "2|***", "3|***"],
        ),
    ] {
        assert_eq!(home.ask(sql).await, expected, "{sql}");
    }
}

#[tokio::test]
async fn hidden_columns_do_not_exist() {
    let home = european_home().await;
    for sql in [
        "SELECT secret FROM shop.staff",
        "SELECT \"Secret\" FROM shop.staff",
        "SELECT SECRET FROM shop.staff",
        "SELECT staff.\"Secret\" FROM shop.staff",
        "SELECT shop.staff.\"Secret\" FROM shop.staff",
        "SELECT s.\"Secret\" FROM shop.staff AS s",
        "SELECT stored.\"Secret\" FROM shop.staff",
        "SELECT id FROM shop.staff WHERE \"Secret\" = 200",
        "SELECT id FROM shop.staff ORDER BY \"Secret\"",
        "SELECT count(*) FROM shop.staff GROUP BY \"Secret\"",
        "SELECT sum(\"Secret\") FROM shop.staff",
        "SELECT a.id FROM shop.staff a JOIN shop.staff b USING (\"Secret\")",
        "SELECT t.id FROM shop.staff t WHERE EXISTS (SELECT 1 WHERE t.\"Secret\" = 100)",
    ] {
        let told = home.told(sql).await;
        assert!(told.contains("there is no column") || told.contains("nvalid qualifier"), "{sql}: {told}");
        assert!(!told.contains("200") && !told.contains("stored.id"), "{sql}: {told}");
    }
    let told = home.told("SELECT x FROM shop.staff").await;
    assert_eq!(told, "there is no column `x`\nthere are: `id`, `region`, `salary`, `email`, `note`, `born`");
    let answer = home.answer(Question::new("SELECT * FROM shop.staff NATURAL JOIN shop.staff AS t")).await.unwrap();
    assert!(answer.schema.fields().iter().all(|field| field.name() != "Secret"));
}

#[tokio::test]
async fn plans_and_settings_are_not_shown() {
    let home = european_home().await;
    for sql in [
        "EXPLAIN SELECT * FROM shop.staff",
        "EXPLAIN ANALYZE SELECT * FROM shop.staff",
        "EXPLAIN VERBOSE SELECT id FROM shop.staff WHERE salary = 5000",
        "EXPLAIN FORMAT TREE SELECT 1",
        "SELECT * FROM information_schema.df_settings",
        "SELECT name FROM information_schema.\"DF_SETTINGS\"",
        "SELECT 1 WHERE EXISTS (SELECT * FROM outport.information_schema.df_settings)",
        "SHOW ALL",
        "SHOW datafusion.execution.batch_size",
    ] {
        let told = home.told(sql).await;
        assert!(told.starts_with("this would tell how tables are stored"), "{sql}: {told}");
        let question = Question::new(sql);
        let prospect = home.engine.prospect(&question, &Arc::new(home.view.clone())).await;
        assert!(prospect.is_err(), "{sql}");
    }
}

#[tokio::test]
async fn whoever_sees_everything_sees_plans() {
    let mut home = Home::new();
    let staff = home.store("shop", "staff", &staff()).await;
    home.show("shop", "staff", staff, Sight::Whole);
    let plan = home.ask("EXPLAIN SELECT \"Secret\" FROM shop.staff").await.join("\n");
    assert!(plan.contains("TableScan"), "{plan}");
    assert_eq!(home.ask("SELECT count(*) FROM shop.staff").await, ["6"]);
}

#[tokio::test]
async fn queries_only_read_what_is_released() {
    let home = european_home().await;
    for sql in [
        "DROP TABLE shop.staff",
        "CREATE TABLE t AS SELECT * FROM shop.staff",
        "CREATE VIEW v AS SELECT 1",
        "CREATE EXTERNAL TABLE t STORED AS CSV LOCATION '/etc/passwd'",
        "CREATE FUNCTION f(DOUBLE) RETURNS DOUBLE RETURN $1",
        "INSERT INTO shop.staff SELECT * FROM shop.staff",
        "UPDATE shop.staff SET id = 1",
        "DELETE FROM shop.staff",
        "COPY (SELECT * FROM shop.staff) TO '/tmp/staff.csv'",
        "COPY shop.staff TO '/tmp/staff.csv'",
        "EXPLAIN INSERT INTO shop.staff SELECT * FROM shop.staff",
        "SET datafusion.execution.batch_size = 1",
        "PREPARE p AS SELECT 1",
        "EXECUTE p",
        "DEALLOCATE p",
        "BEGIN",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM parquet_metadata('/etc/passwd')",
        "SELECT 1; SELECT 2",
        "SELECT 1 WHERE 1 IN (SELECT)",
        "",
    ] {
        assert!(matches!(home.failure(sql).await, EngineError::Query { .. }), "{sql}");
    }
    assert_eq!(home.ask("SELECT * FROM generate_series(1, 2)").await, ["1", "2"]);
}

#[tokio::test]
async fn joins_and_top_rows_are_of_visible_rows() {
    let mut home = european_home().await;
    let ids: ArrayRef = Arc::new(Int64Array::from(vec![2, 3, 4]));
    let small = home.store("shop", "picked", &[batch(vec![("id", ids)])]).await;
    home.show("shop", "picked", small, Sight::Whole);
    for (sql, expected) in [
        ("SELECT s.id FROM shop.picked p JOIN shop.staff s ON p.id = s.id", vec!["3"]),
        (
            "SELECT p.id, s.salary FROM shop.picked p LEFT JOIN shop.staff s USING (id) ORDER BY 1",
            vec!["2|null", "3|6000", "4|null"],
        ),
        ("SELECT id FROM shop.picked WHERE id NOT IN (SELECT id FROM shop.staff) ORDER BY id", vec!["2", "4"]),
        ("SELECT id FROM shop.staff WHERE id IN (SELECT id FROM shop.picked)", vec!["3"]),
        ("SELECT id FROM shop.staff ORDER BY salary DESC NULLS LAST LIMIT 1", vec!["3"]),
        ("SELECT id FROM shop.staff ORDER BY salary LIMIT 1", vec!["1"]),
        ("SELECT salary FROM shop.staff ORDER BY born DESC NULLS LAST LIMIT 1", vec!["6000"]),
    ] {
        assert_eq!(home.ask(sql).await, expected, "{sql}");
    }
}

#[tokio::test]
async fn what_fails_inside_is_not_told() {
    let home = european_home().await;
    for entry in std::fs::read_dir(home.path("shop", "staff")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "parquet") {
            std::fs::write(path, "damaged").unwrap();
        }
    }
    let error = home.failure("SELECT salary FROM shop.staff WHERE salary > 1").await;
    assert!(matches!(&error, EngineError::Sealed { table, .. } if table == "shop.staff"), "{error:?}");
    assert_eq!(error.to_string(), "reading `shop.staff` failed");
    std::fs::remove_dir_all(home.path("shop", "staff")).unwrap();
    let error = home.failure("SELECT id FROM shop.staff").await;
    assert_eq!(error.to_string(), "reading `shop.staff` failed");
    assert_eq!(error.help(), None);
}

#[tokio::test]
async fn rules_that_do_not_fit_show_nothing() {
    let integer = |column: &str| Condition::Compare {
        column: column.to_owned(),
        comparison: Comparison::Equal,
        value: Value::Integer(1),
    };
    let pieces = vec!["a".to_owned(), String::new()];
    for condition in [
        integer("region"),
        integer("gone"),
        Condition::Flag { column: "id".to_owned() },
        Condition::Like { column: "id".to_owned(), pieces },
        Condition::Contains { column: "region".to_owned(), value: Value::Text("E".to_owned()) },
        Condition::CompareColumns { left: "id".to_owned(), comparison: Comparison::Less, right: "region".to_owned() },
        Condition::Not {
            condition: Box::new(Condition::Any { conditions: vec![equals("region", "EU"), integer("born")] }),
        },
    ] {
        let home = home_with(TableAccess { rows: only(condition.clone()), ..european() }).await;
        let error = home.failure("SELECT id FROM shop.staff").await;
        assert!(
            matches!(&error, EngineError::Sealed { table, .. } if table == "shop.staff"),
            "{condition:?}: {error:?}"
        );
        assert_eq!(error.to_string(), "reading `shop.staff` failed");
    }
    let home = home_with(TableAccess { rows: RowAccess::Where(RowRule::nothing()), ..european() }).await;
    assert_eq!(home.ask("SELECT count(*), max(salary) FROM shop.staff").await, ["0|null"]);
}

#[tokio::test]
async fn rules_use_columns_that_do_not_exist_for_the_asker() {
    let mut access = european();
    access.columns.remove("region");
    access.columns.remove("salary");
    let home = home_with(access).await;
    assert_eq!(home.ask("SELECT id FROM shop.staff ORDER BY id").await, ["1", "3", "5"]);
    let told = home.told("SELECT region FROM shop.staff").await;
    assert!(told.starts_with("there is no column `region`"), "{told}");
    let masked = ColumnAccess::Masked(Mask::Null);
    let mut access = european();
    access.columns.insert("region".to_owned(), masked);
    let home = home_with(access).await;
    assert_eq!(home.ask("SELECT id, region FROM shop.staff WHERE region IS NULL ORDER BY id").await.len(), 3);
}
