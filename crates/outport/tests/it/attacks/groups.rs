//! A table that may only be read in groups of three: questions whose answers, or the difference of two, would tell of
//! fewer.

use super::{POLICIES, twins::Single};
use crate::through::{Answer, Asker, Cell, run};

/// Whoever counts may not see rows.
const COUNTERS: &str = r#"
@minimum_group("3")
permit(principal in Group::"counters", action in Action::"read", resource in Product::"vault");
"#;

/// What must not be told: name, statement, and the numbers that would tell of one or two people. Their salaries are
/// 1,000, 2,000, 3,000 and 4,000.
pub(super) const STATEMENTS: [(&str, &str, &[i64]); 30] = [
    ("groups: rows", "SELECT id, salary FROM vault.people", &[1, 1000]),
    ("groups: one row", "SELECT salary FROM vault.people WHERE id = 1", &[1000]),
    ("groups: a group for each", "SELECT id, sum(salary) FROM vault.people GROUP BY id", &[1000, 2000]),
    ("groups: a group of one by a filter", "SELECT sum(salary) FROM vault.people WHERE id = 1", &[1000]),
    ("groups: all but one", "SELECT sum(salary) FROM vault.people WHERE id <> 1", &[9000]),
    ("groups: all but two", "SELECT sum(salary) FROM vault.people WHERE id > 2", &[7000]),
    ("groups: how many but one", "SELECT count(*) FROM vault.people WHERE id <> 1", &[3]),
    (
        "groups: all but one, by an aggregate's filter",
        "SELECT sum(salary) FILTER (WHERE id <> 1) FROM vault.people",
        &[9000],
    ),
    ("groups: one, by a case", "SELECT sum(CASE WHEN id = 1 THEN salary ELSE 0 END) FROM vault.people", &[1000]),
    ("groups: one, by arithmetic", "SELECT sum(salary * (1 - abs(sign(id - 1)))) FROM vault.people", &[1000]),
    ("groups: the greatest", "SELECT max(salary) FROM vault.people", &[4000]),
    ("groups: the least", "SELECT min(salary) FROM vault.people", &[1000]),
    ("groups: the middle", "SELECT median(salary) FROM vault.people", &[2500]),
    (
        "groups: a percentile",
        "SELECT approx_percentile_cont(0.99) WITHIN GROUP (ORDER BY salary) FROM vault.people",
        &[4000, 3970, 3985],
    ),
    ("groups: the first", "SELECT first_value(salary ORDER BY salary DESC) FROM vault.people", &[4000]),
    ("groups: all in a list", "SELECT array_agg(salary) FROM vault.people", &[1000]),
    ("groups: all in a text", "SELECT string_agg(CAST(salary AS VARCHAR), ',') FROM vault.people", &[1000]),
    ("groups: a window", "SELECT sum(salary) OVER (PARTITION BY id) FROM vault.people", &[1000]),
    ("groups: a running sum", "SELECT sum(salary) OVER (ORDER BY id) FROM vault.people", &[1000, 3000, 6000]),
    (
        "groups: a limit before",
        "SELECT sum(salary) FROM (SELECT salary FROM vault.people ORDER BY salary LIMIT 1)",
        &[1000],
    ),
    (
        "groups: an offset before",
        "SELECT sum(salary) FROM (SELECT salary FROM vault.people ORDER BY salary OFFSET 1)",
        &[9000],
    ),
    (
        "groups: distinct before",
        "SELECT sum(salary) FROM (SELECT DISTINCT salary FROM vault.people WHERE id < 3)",
        &[3000],
    ),
    (
        "groups: a join with one",
        "SELECT sum(p.salary) FROM vault.people p JOIN (VALUES (1)) AS v(x) ON p.id = v.x",
        &[1000],
    ),
    ("groups: one of a list of ids", "SELECT sum(salary) FROM vault.people WHERE id IN (SELECT 1)", &[1000]),
    ("groups: one that exists", "SELECT 1 WHERE EXISTS (SELECT 1 FROM vault.people WHERE salary = 1000)", &[1]),
    (
        "groups: a union of groups",
        "SELECT sum(salary) FROM (SELECT salary FROM vault.people WHERE id = 1 UNION ALL SELECT 0)",
        &[1000],
    ),
    ("groups: an intersection", "SELECT salary FROM vault.people INTERSECT SELECT 1000", &[1000]),
    ("groups: grouping sets", "SELECT id, count(*) FROM vault.people GROUP BY GROUPING SETS ((id), ())", &[1]),
    ("groups: having one", "SELECT region FROM vault.people GROUP BY region, id HAVING sum(salary) = 1000", &[]),
    ("groups: every column", "SELECT * FROM vault.people", &[1000]),
];

async fn counters() -> Single {
    let single = Single::open().await;
    single.moved(&["counters"], "EU").await;
    single.home.policies("governance", &format!("{POLICIES}{COUNTERS}")).await;
    single
}

fn tells(answer: &Answer, secrets: &[i64]) -> bool {
    let Ok(rows) = answer else { return false };
    let secret = |cell: &Cell| match cell {
        Cell::Number(number) => secrets.contains(number),
        Cell::Text(text) => {
            text == "EU" && secrets.is_empty()
                || secrets
                    .iter()
                    .any(|number| text.split(['[', ',', ']', ' ', '.']).any(|word| word == number.to_string()))
        }
        Cell::Flag(_) | Cell::Missing => false,
    };
    rows.iter().any(|row| row.values().any(secret))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_door_tells_of_less_than_a_group() {
    let single = counters().await;
    let asker = single.asker();
    let connection = asker.postgres().await.unwrap();
    let mut flight = asker.flight().await;
    // A group that is large enough is told of, or the rest would say nothing.
    let whole = "SELECT count(*) AS people, sum(salary) AS salaries FROM vault.people";
    for answer in [
        asker.sql(whole, "ndjson").await,
        connection.bytes(whole).await,
        run(&mut flight, whole).await,
        asker.mcp_query(whole, "p").await,
    ] {
        let row = answer.unwrap().remove(0);
        assert_eq!((&row["people"], &row["salaries"]), (&Cell::Number(4), &Cell::Number(10_000)));
    }
    let mut told = Vec::new();
    for (name, sql, secrets) in STATEMENTS {
        let answers = [
            ("sql", asker.sql(sql, "csv").await),
            ("postgres", connection.text(sql).await),
            ("flight", run(&mut flight, sql).await),
            ("mcp", as_text(&asker, sql).await),
        ];
        for (door, answer) in answers {
            if tells(&answer, secrets) {
                told.push(format!("{name}, {door}: {sql}\n  {answer:?}"));
            }
        }
    }
    assert!(told.is_empty(), "{}", told.join("\n"));
}

/// What an agent is told, as text: lists are no values that a row can have here.
async fn as_text(asker: &Asker<'_>, sql: &str) -> Answer {
    let said = asker.tool("query", &serde_json::json!({ "sql": sql, "purpose": "p" })).await?;
    let cell = |value: &serde_json::Value| Cell::Text(value.to_string().replace('"', ""));
    let row = |row: &serde_json::Value| {
        row.as_object().unwrap().iter().map(|(name, value)| (name.clone(), cell(value))).collect()
    };
    Ok(said["rows"].as_array().unwrap().iter().map(row).collect())
}

/// Doors that only have rows.
pub(super) const ROWS: [&str; 6] = [
    "groups: a page of rows",
    "groups: one row by its key",
    "groups: a row of GraphQL",
    "groups: a download",
    "groups: a share",
    "groups: a copy",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn doors_that_only_have_rows_give_none() {
    let single = counters().await;
    let asker = single.asker();
    for name in ROWS {
        let refused = match name {
            "groups: a page of rows" => asker.get("/v1/data/vault/people").await.status >= 400,
            "groups: one row by its key" => asker.get("/v1/data/vault/people/1").await.status >= 400,
            "groups: a row of GraphQL" => {
                let document = "{ vault_people(first: 1) { nodes { id salary } } }";
                asker.graphql(document, &serde_json::json!({})).await.is_err()
            }
            "groups: a download" => asker.download("vault", "people", "csv").await.is_err(),
            "groups: a share" => asker.sharing("vault", "people").await.is_err(),
            "groups: a copy" => {
                let connection = asker.postgres().await.unwrap();
                connection.0.copy_out("COPY vault.people TO STDOUT").await.is_err()
            }
            other => panic!("{other} is not tried"),
        };
        assert!(refused, "{name}");
    }
}
