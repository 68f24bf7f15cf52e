//! Tables that may only be read in groups.

use super::*;

/// Twelve people: seven in `a`, four in `b`, one in `c`.
async fn groups() -> Home {
    let teams = "aaaaaaabbbbc";
    let team: StringArray = teams.chars().map(|team| Some(team.to_string())).collect();
    let ids: Int64Array = (1..=12).map(Some).collect();
    let pay: Int64Array = (1..=12).map(|n| Some(n * 100)).collect();
    let rows = batch(vec![("id", Arc::new(ids)), ("team", Arc::new(team)), ("pay", Arc::new(pay))]);
    let mut home = Home::new();
    let table = home.store("shop", "pay", &[rows]).await;
    let mut access = TableAccess::unrestricted(["id", "team", "pay"]);
    access.minimum_group = Some(3);
    home.show("shop", "pay", table, Sight::Part(access));
    home
}

#[tokio::test]
async fn groups_that_are_too_small_are_left_out() {
    let home = groups().await;
    for (sql, expected) in [
        ("SELECT team, count(*) FROM shop.pay GROUP BY team ORDER BY team", vec!["a|7", "b|4"]),
        (
            "SELECT team, sum(pay), avg(pay) FROM shop.pay AS p GROUP BY team ORDER BY team DESC",
            vec!["b|3800|950.0", "a|2800|400.0"],
        ),
        ("SELECT count(*) AS n FROM shop.pay", vec!["12"]),
        ("SELECT avg(pay) FROM shop.pay WHERE pay < 800", vec!["400.0"]),
        ("SELECT id, count(*) FROM shop.pay GROUP BY id", vec![]),
        ("SELECT max(n) FROM (SELECT count(*) AS n FROM shop.pay GROUP BY team)", vec!["7"]),
        ("SELECT team FROM shop.pay GROUP BY team HAVING sum(pay) > 3000", vec!["b"]),
        (
            "SELECT team, count(*) FROM shop.pay GROUP BY team HAVING 1 / (ascii(team) - 99) > -9 ORDER BY 1",
            vec!["a|7", "b|4"],
        ),
        ("SELECT count(DISTINCT pay), round(corr(pay, id), 9) FROM shop.pay", vec!["12|1.0"]),
        (
            "SELECT a.team FROM (SELECT team, count(*) AS n FROM shop.pay GROUP BY team) a JOIN \
          (SELECT count(*) AS n FROM shop.pay WHERE team = 'b') b ON a.n = b.n",
            vec!["b"],
        ),
    ] {
        assert_eq!(home.ask(sql).await, expected, "{sql}");
    }
}

#[tokio::test]
async fn single_rows_are_refused() {
    let home = groups().await;
    for sql in [
        "SELECT * FROM shop.pay",
        "SELECT id FROM shop.pay LIMIT 1",
        "SELECT DISTINCT team FROM shop.pay",
        "SELECT max(pay) FROM shop.pay",
        "SELECT min(pay), count(*) FROM shop.pay GROUP BY team",
        "SELECT array_agg(pay) FROM shop.pay",
        "SELECT string_agg(team, ',') FROM shop.pay",
        "SELECT first_value(pay ORDER BY id) FROM shop.pay",
        "SELECT median(pay) FROM shop.pay",
        "SELECT approx_percentile_cont(pay, 0.5) FROM shop.pay",
        "SELECT sum(CASE WHEN id = 5 THEN pay ELSE 0 END) FROM shop.pay",
        "SELECT sum(pay) FILTER (WHERE id = 5) FROM shop.pay",
        "SELECT sum(DISTINCT pay) FROM shop.pay",
        "SELECT sum(pay / (id - 5)) FROM shop.pay",
        "SELECT sum(CAST(team AS BIGINT)) FROM shop.pay",
        "SELECT count(*) FROM shop.pay GROUP BY id = 5",
        "SELECT team, count(*) FROM shop.pay GROUP BY ROLLUP (team)",
        "SELECT count(*) FROM shop.pay WHERE pay / 100 > 5",
        "SELECT count(*) FROM shop.pay a JOIN shop.pay b USING (id)",
        "SELECT count(*) FROM (SELECT id FROM shop.pay UNION ALL SELECT 1)",
        "SELECT count(*) FROM (SELECT * FROM shop.pay LIMIT 5)",
        "SELECT sum(pay) OVER (ORDER BY id) FROM shop.pay",
        "SELECT 1 WHERE EXISTS (SELECT 1 FROM shop.pay WHERE pay = 500)",
        "SELECT (SELECT sum(pay) FROM shop.pay p WHERE p.id = o.n) FROM (SELECT 5 AS n) o",
        "SELECT count(*) FROM shop.pay UNION ALL SELECT pay FROM shop.pay",
    ] {
        let error = home.failure(sql).await;
        assert!(
            matches!(&error, EngineError::Ungrouped { table, minimum: 3, .. } if table == "shop.pay"),
            "{sql}: {error:?}"
        );
    }
}

#[tokio::test]
async fn conditions_that_leave_out_few_rows_are_refused() {
    let home = groups().await;
    for sql in [
        "SELECT sum(pay) FROM shop.pay WHERE id <> 5",
        "SELECT sum(pay) FROM shop.pay WHERE id > 2",
        "SELECT team, sum(pay) FROM shop.pay WHERE id NOT IN (1, 8, 12) GROUP BY team",
        "SELECT sum(pay) FROM shop.pay WHERE team <> 'c'",
    ] {
        let error = home.failure(sql).await;
        assert!(matches!(error, EngineError::Ungrouped { .. }), "{sql}: {error:?}");
    }
    assert_eq!(home.ask("SELECT sum(pay) FROM shop.pay WHERE id > 0").await, ["7800"]);
    assert_eq!(home.ask("SELECT sum(pay) FROM shop.pay WHERE id = 5").await, Vec::<String>::new());
}
