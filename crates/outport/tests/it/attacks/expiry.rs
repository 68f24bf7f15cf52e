//! An agreement that has just ended, at every door.

use chrono::TimeDelta;
use outport_app::clock::Clock as _;
use outport_model::agreement::{Agreement, AgreementState, Consumer, PortVersion};
use outport_test::fixture;
use serde_json::json;

use super::twins::Single;
use crate::through::{Asker, Flight, Postgres, perform, prepare, run, said_by_postgres};

const SQL: &str = "SELECT id, region FROM vault.people ORDER BY id";

/// Ways to read the table: all of them anew, but for what was connected or prepared while the agreement was in force.
const WAYS: [&str; 20] = [
    "sql: json",
    "sql: ndjson",
    "sql: csv",
    "sql: arrow",
    "sql: parquet",
    "rest: a page",
    "rest: a row",
    "download: csv",
    "download: arrow",
    "download: parquet",
    "graphql",
    "delta sharing",
    "mcp",
    "changes",
    "postgres: a new connection",
    "postgres: the same connection",
    "postgres: a prepared statement",
    "flight: a new connection",
    "flight: the same connection",
    "flight: a prepared statement",
];

/// What was connected or prepared before.
struct Before {
    postgres: Postgres,
    statement: tokio_postgres::Statement,
    flight: Flight,
    prepared: arrow_flight::sql::client::PreparedStatement<tonic::transport::Channel>,
}

impl Before {
    async fn of(asker: &Asker<'_>) -> Self {
        let postgres = asker.postgres().await.unwrap();
        let statement = postgres.0.prepare(SQL).await.unwrap();
        let mut flight = asker.flight().await;
        let prepared = prepare(&mut flight, SQL).await.unwrap();
        Self { postgres, statement, flight, prepared }
    }
}

/// How many rows there are on this way, or what was said.
async fn rows(asker: &Asker<'_>, before: &mut Before, way: &str) -> Result<usize, String> {
    let (door, how) = way.split_once(": ").unwrap_or((way, ""));
    let answer = match (door, how) {
        ("sql", format) => asker.sql(SQL, format).await,
        ("rest", "a page") => asker.rest("/v1/data/vault/people", &[], true).await,
        ("rest", _) => {
            let reply = asker.get("/v1/data/vault/people/1").await;
            return if reply.status == 200 { Ok(1) } else { Err(reply.text()) };
        }
        ("download", format) => asker.download("vault", "people", format).await,
        ("graphql", _) => {
            let read = asker.graphql("{ vault_people { nodes { id } } }", &json!({})).await;
            read.map(|data| Asker::nodes(&data["vault_people"]))
        }
        ("delta sharing", _) => asker.sharing("vault", "people").await,
        ("mcp", _) => asker.mcp_query(SQL, "care").await,
        ("changes", _) => {
            let reply = asker.get("/v1/changes/vault/people?since=0&format=ndjson").await;
            return if reply.status == 200 { Ok(reply.text().lines().count()) } else { Err(reply.text()) };
        }
        ("postgres", "a new connection") => match asker.postgres().await {
            Ok(connection) => connection.text(SQL).await,
            Err(said) => Err(said),
        },
        ("postgres", "the same connection") => before.postgres.text(SQL).await,
        ("postgres", _) => {
            let read = before.postgres.0.query(&before.statement, &[]).await;
            return read.map(|rows| rows.len()).map_err(|error| said_by_postgres(&error));
        }
        ("flight", "a new connection") => run(&mut asker.flight().await, SQL).await,
        ("flight", "the same connection") => run(&mut before.flight, SQL).await,
        ("flight", _) => perform(&mut before.flight, &mut before.prepared).await,
        _ => panic!("{way} is not tried"),
    };
    answer.map(|rows| rows.len())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_second_after_its_end_every_door_refuses_and_names_the_agreement() {
    let single = Single::open().await;
    let home = &single.home;
    // Nothing but the agreement lets anyone read.
    home.policies("governance", "permit(principal, action == Action::\"discover\", resource);").await;
    let asker = single.asker();
    let end = home.clock.now() + TimeDelta::hours(1);
    let agreement = Agreement {
        port: PortVersion { port: "people".parse().unwrap(), ..fixture::daily_of("vault") },
        consumer: Consumer::Principal("mallory".parse().unwrap()),
        purpose: "care".parse().unwrap(),
        state: AgreementState::Approved,
        expires_at: Some(end),
        ..fixture::agreement(1, "vault")
    };
    home.add_agreement(&agreement).await;
    let mut before = Before::of(&asker).await;
    let mut wrong = Vec::new();
    for seconds in [TimeDelta::seconds(-1), TimeDelta::seconds(1)] {
        let now = home.clock.now();
        home.clock.advance(end + seconds - now);
        for way in WAYS {
            let said = rows(&asker, &mut before, way).await;
            let named = format!("agreement {} about `vault.people@1` expired at", agreement.id);
            let is_right = match &said {
                Ok(count) => seconds < TimeDelta::zero() && *count > 0,
                Err(said) => seconds > TimeDelta::zero() && said.contains(&named),
            };
            if !is_right {
                wrong.push(format!("{way}, {seconds}: {said:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), 2 * WAYS.len(), wrong.join("\n"));
}
