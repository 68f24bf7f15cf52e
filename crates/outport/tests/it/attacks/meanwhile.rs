//! What was prepared, planned, paged or opened under one policy and is used under another.

use super::{POLICIES, shows, twins::Single};
use crate::through::{Answer, Cell, perform, prepare, run};

const HIDE_SALARY: &str = r#"
forbid(principal, action in [Action::"readColumn", Action::"readMasked"], resource) when { resource.name == "salary" };
"#;

const MASK_SALARY: &str = r#"
@mask("null")
forbid(principal, action == Action::"readColumn", resource) when { resource.name == "salary" };
"#;

const HIDE_ROWS: &str = r#"
forbid(principal, action == Action::"readRow", resource) when { resource has id && resource.id > 1 };
"#;

const SHUT: &str = r#"
forbid(principal, action in Action::"read", resource);
"#;

/// What is tried: what is under way, and what happens to it.
pub(super) const CASES: [(&str, &str); 20] = [
    ("postgres: prepared, and a column is hidden", HIDE_SALARY),
    ("postgres: prepared, and a column is masked", MASK_SALARY),
    ("postgres: prepared, and rows are hidden", HIDE_ROWS),
    ("postgres: prepared, and nothing may be read", SHUT),
    ("postgres: connected, and a column is hidden", HIDE_SALARY),
    ("postgres: connected, and nothing may be read", SHUT),
    ("flight: prepared, and a column is hidden", HIDE_SALARY),
    ("flight: prepared, and a column is masked", MASK_SALARY),
    ("flight: prepared, and rows are hidden", HIDE_ROWS),
    ("flight: prepared, and nothing may be read", SHUT),
    ("flight: planned, and a column is hidden", HIDE_SALARY),
    ("flight: planned, and rows are hidden", HIDE_ROWS),
    ("flight: planned, and nothing may be read", SHUT),
    ("rest: the next page, and rows are hidden", HIDE_ROWS),
    ("rest: the next page, and a column is hidden", HIDE_SALARY),
    ("graphql: the next page, and rows are hidden", HIDE_ROWS),
    ("graphql: the schema, and a column is hidden", HIDE_SALARY),
    ("mcp: described, and a column is hidden", HIDE_SALARY),
    ("sql: asked, and nothing may be read", SHUT),
    ("sharing: an address, and a column is hidden", HIDE_SALARY),
];

const SQL: &str = "SELECT id, salary FROM vault.people ORDER BY id";

/// Whether an answer has nothing but what the new policy lets through.
fn obeys(answer: &Answer, policy: &str) -> bool {
    let Ok(rows) = answer else { return true };
    let shown = format!("{rows:?}");
    if shows(&shown, "").is_some() {
        return false;
    }
    match policy {
        HIDE_SALARY => rows.iter().all(|row| !row.contains_key("salary")),
        MASK_SALARY => rows.iter().all(|row| row.get("salary").is_none_or(|cell| *cell == Cell::Missing)),
        HIDE_ROWS => rows.len() <= 1 && rows.iter().all(|row| row["id"] == Cell::Number(1)),
        _ => rows.is_empty(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_under_way_obeys_the_policy_of_its_own_moment() {
    let single = Single::open().await;
    let mut wrong = Vec::new();
    for (name, policy) in CASES {
        single.home.policies("governance", POLICIES).await;
        let answer = Box::pin(attempt(&single, name, policy)).await;
        if !obeys(&answer, policy) {
            wrong.push(format!("{name}: {answer:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

async fn attempt(single: &Single, name: &str, policy: &str) -> Answer {
    let asker = single.asker();
    let change = async || single.home.policies("governance", &format!("{POLICIES}{policy}")).await;
    let (door, what) = name.split_once(": ").unwrap();
    match (door, what.split(',').next().unwrap()) {
        ("postgres", "prepared") => {
            let connection = asker.postgres().await.unwrap();
            let statement = connection.0.prepare(SQL).await.unwrap();
            let before = connection.0.query(&statement, &[]).await.unwrap();
            assert_eq!(before.len(), 4, "{name}");
            change().await;
            let rows = connection.0.query(&statement, &[]).await.map_err(|error| error.to_string())?;
            let number = |row: &tokio_postgres::Row, at: usize| {
                row.get::<_, Option<i64>>(at).map_or(Cell::Missing, Cell::Number)
            };
            let row = |row: &tokio_postgres::Row| {
                row.columns()
                    .iter()
                    .enumerate()
                    .map(|(at, column)| (column.name().to_owned(), number(row, at)))
                    .collect()
            };
            Ok(rows.iter().map(row).collect())
        }
        ("postgres", _) => {
            let connection = asker.postgres().await.unwrap();
            assert_eq!(connection.text(SQL).await.unwrap().len(), 4, "{name}");
            change().await;
            connection.text(SQL).await
        }
        ("flight", "prepared") => {
            let mut client = asker.flight().await;
            let mut statement = prepare(&mut client, SQL).await.unwrap();
            assert_eq!(perform(&mut client, &mut statement).await.unwrap().len(), 4, "{name}");
            change().await;
            perform(&mut client, &mut statement).await
        }
        ("flight", _) => {
            let mut client = asker.flight().await;
            let info = client.execute(SQL.to_owned(), None).await.unwrap();
            change().await;
            crate::through::redeem(&mut client, info).await
        }
        ("rest", _) => {
            let first = asker.get("/v1/data/vault/people?limit=1").await.json();
            let next = first["next"].as_str().unwrap().to_owned();
            change().await;
            asker.rest(next.strip_prefix(&single.home.http).unwrap_or(&next), &[], true).await
        }
        ("graphql", "the next page") => {
            let page = |after: &str| {
                format!("{{ vault_people(first: 1{after}) {{ nodes {{ id salary }} pageInfo {{ endCursor }} }} }}")
            };
            let none = serde_json::json!({});
            let first = asker.graphql(&page(""), &none).await.unwrap();
            let cursor = first["vault_people"]["pageInfo"]["endCursor"].as_str().unwrap().to_owned();
            change().await;
            let second = asker.graphql(&page(&format!(", after: \"{cursor}\"")), &none).await?;
            Ok(crate::through::Asker::nodes(&second["vault_people"]))
        }
        ("graphql", _) => {
            let document = "{ vault_people(first: 10) { nodes { id salary } } }";
            let none = serde_json::json!({});
            assert!(asker.graphql(document, &none).await.is_ok());
            change().await;
            let answer = asker.graphql(document, &none).await?;
            Ok(crate::through::Asker::nodes(&answer["vault_people"]))
        }
        ("mcp", _) => {
            let product = serde_json::json!({ "product": "vault" });
            let before = asker.tool("describe_product", &product).await.unwrap().to_string();
            assert!(before.contains("salary"), "{before}");
            change().await;
            let after = asker.tool("describe_product", &product).await.unwrap().to_string();
            assert!(!after.contains("salary"), "{after}");
            asker.mcp_query(SQL, "p").await
        }
        ("sql", _) => {
            assert_eq!(asker.sql(SQL, "json").await.unwrap().len(), 4);
            change().await;
            asker.sql(SQL, "json").await
        }
        ("sharing", _) => {
            let lines = asker.shared("vault", "people", &serde_json::json!({})).await.unwrap();
            let url = lines.iter().find_map(|line| line["file"]["url"].as_str()).unwrap().to_owned();
            change().await;
            let reply = asker.send(single.home.web.get(&url)).await;
            assert!((400..500).contains(&reply.status), "{name}: {}", reply.status);
            asker.sharing("vault", "people").await
        }
        other => panic!("{other:?} is not tried"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_locked_out_is_out_at_once() {
    let single = Single::open().await;
    let asker = single.asker();
    let connection = asker.postgres().await.unwrap();
    let mut client = asker.flight().await;
    let planned = client.execute(SQL.to_owned(), None).await.unwrap();
    let path = "/v1/changes/vault";
    let mut stream = asker.request(reqwest::Method::GET, path).send().await.unwrap();
    assert!(stream.chunk().await.unwrap().is_some());
    single.place.run(&["token", "revoke", single.token.split('_').nth(1).unwrap()]).succeeded();
    assert!(connection.text(SQL).await.is_err());
    assert!(run(&mut client, SQL).await.is_err());
    assert!(crate::through::redeem(&mut client, planned).await.is_err());
    for format in ["json", "csv"] {
        assert!(asker.sql(SQL, format).await.is_err());
    }
    let mut rest = String::new();
    while let Ok(Some(piece)) = stream.chunk().await {
        rest += &String::from_utf8_lossy(&piece);
    }
    assert!(rest.contains("event:end") || rest.contains("event: end"), "{rest}");
}
