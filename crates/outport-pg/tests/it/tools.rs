//! What tools ask for when they connect: every statement is answered, and with the rows of this home.

use crate::{
    home::Home,
    simple::{one, rows},
};

const STATEMENTS: &str = include_str!("tools.sql");

/// A statement of a tool.
struct Asked {
    name: &'static str,
    expected: Vec<&'static str>,
    sql: String,
}

fn asked(ids: &[(&str, String)]) -> Vec<Asked> {
    let blocks = STATEMENTS.split("\n\n").skip(1);
    blocks
        .map(|block| {
            let (name, rest) = block.trim().split_once('\n').unwrap();
            let (rows, sql): (Vec<_>, Vec<_>) = rest.lines().partition(|line| line.starts_with("=>"));
            let sql = ids.iter().fold(sql.join("\n"), |sql, (name, id)| sql.replace(name, id));
            let expected = rows.into_iter().map(|row| row.strip_prefix("=>").unwrap().trim()).collect();
            Asked { name: name.strip_prefix("-- ").unwrap(), expected, sql }
        })
        .collect()
}

#[tokio::test]
async fn tools_are_answered_when_they_connect() {
    let home = Home::new().await;
    let client = home.connect().await;
    let id = async |sql: &str| one(&client, sql).await;
    let ids = [
        ("{sales}", id("SELECT oid FROM pg_namespace WHERE nspname = 'sales'").await),
        ("{orders}", id("SELECT oid FROM pg_class WHERE relname = 'orders'").await),
    ];
    let mut wrong = Vec::new();
    let asked = asked(&ids);
    assert!(asked.len() >= 70, "{}", asked.len());
    for Asked { name, expected, sql } in asked {
        match rows(&client, &sql).await {
            Err(error) => wrong.push(format!("{name}: {error:?}")),
            Ok(found) => {
                let found: Vec<String> = found.iter().map(|row| row.join("|")).collect();
                let fits = match expected.as_slice() {
                    ["*"] => !found.is_empty(),
                    [count] if count.ends_with(" rows") => *count == format!("{} rows", found.len()),
                    expected => expected == found,
                };
                if !fits {
                    wrong.push(format!(
                        "{name}: {expected:?} was expected, and {:?} came",
                        &found[..found.len().min(9)]
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
}
