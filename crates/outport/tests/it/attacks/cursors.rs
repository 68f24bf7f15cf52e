//! Cursors, pages and positions that were opened under one right and are gone on with under another: after a policy has
//! changed, and after an agreement has ended.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use outport_app::clock::Clock as _;
use outport_model::agreement::{Agreement, AgreementState, Consumer, PortVersion};
use outport_test::fixture;
use reqwest::Method;
use serde_json::{Value, json};

use super::{POLICIES, shows, twins::Single};
use crate::through::{Answer, Asker, Cell, Row};

/// What happens between two steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    ColumnHidden,
    ColumnMasked,
    RowsHidden,
    Shut,
    AgreementExpired,
    AgreementRevoked,
    /// Another agreement takes the place of the one there was, which is about fewer columns.
    AgreementNarrowed,
}

use Event::{AgreementExpired, AgreementNarrowed, AgreementRevoked, ColumnHidden, ColumnMasked, RowsHidden, Shut};

/// What is open, and what happens to it.
pub(super) const CASES: [(&str, Event); 44] = [
    ("declared: a column is hidden", ColumnHidden),
    ("declared: a column is masked", ColumnMasked),
    ("declared: rows are hidden", RowsHidden),
    ("declared: nothing may be read", Shut),
    ("declared: the agreement expires", AgreementExpired),
    ("declared: the agreement is revoked", AgreementRevoked),
    ("declared: the agreement is about fewer columns", AgreementNarrowed),
    ("declared with hold: a column is hidden", ColumnHidden),
    ("declared with hold: rows are hidden", RowsHidden),
    ("declared with hold: nothing may be read", Shut),
    ("declared with hold: the agreement expires", AgreementExpired),
    ("declared with hold: the agreement is revoked", AgreementRevoked),
    ("declared and not fetched: a column is masked", ColumnMasked),
    ("declared and not fetched: the agreement expires", AgreementExpired),
    ("portal: a column is hidden", ColumnHidden),
    ("portal: a column is masked", ColumnMasked),
    ("portal: rows are hidden", RowsHidden),
    ("portal: nothing may be read", Shut),
    ("portal: the agreement expires", AgreementExpired),
    ("portal: the agreement is revoked", AgreementRevoked),
    ("portal: the agreement is about fewer columns", AgreementNarrowed),
    ("rest: a column is masked", ColumnMasked),
    ("rest: nothing may be read", Shut),
    ("rest: the agreement expires", AgreementExpired),
    ("rest: the agreement is revoked", AgreementRevoked),
    ("rest: the agreement is about fewer columns", AgreementNarrowed),
    ("rest by a column: it is hidden", ColumnHidden),
    ("rest by a column: rows are hidden", RowsHidden),
    ("rest by a column: the agreement is about fewer columns", AgreementNarrowed),
    ("graphql: a column is masked", ColumnMasked),
    ("graphql: nothing may be read", Shut),
    ("graphql: the agreement expires", AgreementExpired),
    ("graphql by a column: it is hidden", ColumnHidden),
    ("graphql by a column: the agreement is about fewer columns", AgreementNarrowed),
    ("shared tables: nothing may be read", Shut),
    ("shared tables: the agreement expires", AgreementExpired),
    ("shared tables: the agreement is revoked", AgreementRevoked),
    ("changes: a column is hidden", ColumnHidden),
    ("changes: a column is masked", ColumnMasked),
    ("changes: rows are hidden", RowsHidden),
    ("changes: the agreement expires", AgreementExpired),
    ("changes: the agreement is about fewer columns", AgreementNarrowed),
    ("events: nothing may be read", Shut),
    ("events: the agreement expires", AgreementExpired),
];

const SQL: &str = "SELECT id, salary FROM vault.people ORDER BY id";

/// What lets staff read beside every agreement.
const STAFF: &str =
    "permit(principal in Group::\"staff\", action in Action::\"read\", resource in Product::\"vault\");\n";

/// One home before and after something happens.
struct Stage<'a> {
    single: &'a Single,
    event: Event,
    /// The number of the case.
    number: u64,
    agreement: Agreement,
}

impl<'a> Stage<'a> {
    /// The attacker may read everything that they are to see, by a policy or, where one is to end, by an agreement.
    async fn set(single: &'a Single, event: Event, number: u64) -> Self {
        let home = &single.home;
        let base = if is_of_agreement(event) { POLICIES.replace(STAFF, "") } else { POLICIES.to_owned() };
        home.policies("governance", &base).await;
        let agreement = Agreement {
            port: PortVersion { port: "people".parse().unwrap(), ..fixture::daily_of("vault") },
            consumer: Consumer::Principal("mallory".parse().unwrap()),
            purpose: "care".parse().unwrap(),
            state: AgreementState::Approved,
            expires_at: Some(home.clock.now() + TimeDelta::hours(1)),
            ..fixture::agreement(number, "vault")
        };
        if is_of_agreement(event) {
            home.add_agreement(&agreement).await;
        }
        Self { single, event, number, agreement }
    }

    /// It happens.
    async fn happens(&self) {
        let home = &self.single.home;
        let rule = match self.event {
            AgreementExpired => {
                home.clock.advance(TimeDelta::hours(1));
                return;
            }
            AgreementRevoked => return self.revoke().await,
            AgreementNarrowed => {
                self.revoke().await;
                let narrow = Agreement {
                    id: fixture::agreement_id(1_000 + self.number),
                    columns: Some(["id".to_owned(), "region".to_owned()].into()),
                    ..self.agreement.clone()
                };
                return home.add_agreement(&narrow).await;
            }
            ColumnHidden => {
                "forbid(principal, action in [Action::\"readColumn\", Action::\"readMasked\"], resource) \
                 when { resource.name == \"salary\" };"
            }
            ColumnMasked => {
                "@mask(\"null\") forbid(principal, action == Action::\"readColumn\", resource) \
                 when { resource.name == \"salary\" };"
            }
            RowsHidden => {
                "forbid(principal, action == Action::\"readRow\", resource) when { resource has id && resource.id > 1 };"
            }
            Shut => "forbid(principal, action in Action::\"read\", resource);",
        };
        home.policies("governance", &format!("{POLICIES}{rule}")).await;
    }

    async fn revoke(&self) {
        let revoked = Agreement { state: AgreementState::Revoked, ..self.agreement.clone() };
        self.single.home.change_agreement(&revoked, AgreementState::Approved).await;
    }

    /// Whether an answer has nothing but what may be seen after that.
    fn obeys(&self, answer: &Answer) -> bool {
        let Ok(rows) = answer else { return true };
        shows(&format!("{rows:?}"), "").is_none()
            && match self.event {
                ColumnHidden | AgreementNarrowed => rows.iter().all(|row| !row.contains_key("salary")),
                ColumnMasked => rows.iter().all(|row| row.get("salary").is_none_or(|cell| *cell == Cell::Missing)),
                RowsHidden => rows.iter().all(|row| row["id"] == Cell::Number(1)),
                Shut | AgreementExpired | AgreementRevoked => rows.is_empty(),
            }
    }

    /// What a refusal has to say.
    fn reason(&self) -> String {
        match self.event {
            ColumnHidden | ColumnMasked | RowsHidden | AgreementNarrowed => {
                "what you may read of `vault.people` has changed since the query began".to_owned()
            }
            AgreementExpired => format!("agreement {} about `vault.people@1` expired at", self.agreement.id),
            Shut | AgreementRevoked => "`vault.people@1` may not be read without an agreement".to_owned(),
        }
    }
}

fn is_of_agreement(event: Event) -> bool {
    matches!(event, AgreementExpired | AgreementRevoked | AgreementNarrowed)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_taken_in_steps_obeys_the_right_of_each_step() {
    let single = Single::open().await;
    let mut wrong = Vec::new();
    for ((name, event), number) in CASES.into_iter().zip(1..) {
        let stage = Stage::set(&single, event, number).await;
        let open = name.split(':').next().unwrap();
        let answer = Box::pin(go_on(&stage, open)).await;
        // A statement that was begun is not gone on with; everything else is asked anew.
        let ends = open.starts_with("declared") || open == "portal";
        let told = ends.then(|| answer.as_ref().is_err_and(|error| error.contains(&stage.reason())));
        if !stage.obeys(&answer) || told == Some(false) {
            wrong.push(format!("{name}: {answer:?}"));
        }
        end_agreements(&single).await;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Ends what is in force, for the next case.
async fn end_agreements(single: &Single) {
    let caller = outport_app::gate::Caller::local();
    for (agreement, _) in single.home.gate.agreements(&caller).await.unwrap() {
        if agreement.state == AgreementState::Approved {
            single.home.gate.revoke_agreement(&caller, agreement.id, None).await.unwrap();
        }
    }
}

/// Takes a first step, lets it happen, and takes the next one.
async fn go_on(stage: &Stage<'_>, open: &str) -> Answer {
    let asker = stage.single.asker();
    match open {
        "declared" | "declared with hold" | "declared and not fetched" => {
            let connection = asker.postgres().await.unwrap();
            let hold = if open == "declared with hold" { "WITH HOLD " } else { "" };
            if hold.is_empty() {
                connection.text("BEGIN").await.unwrap();
            }
            connection.text(&format!("DECLARE c CURSOR {hold}FOR {SQL}")).await.unwrap();
            if open != "declared and not fetched" {
                assert_eq!(connection.text("FETCH 1 FROM c").await.unwrap().len(), 1);
            }
            stage.happens().await;
            connection.text("FETCH ALL FROM c").await
        }
        "portal" => {
            let mut connection = asker.postgres().await.unwrap();
            let transaction = connection.0.transaction().await.unwrap();
            let portal = transaction.bind(SQL, &[]).await.unwrap();
            assert_eq!(transaction.query_portal(&portal, 1).await.unwrap().len(), 1);
            stage.happens().await;
            let rows = transaction.query_portal(&portal, 10).await;
            let rows = rows.map_err(|error| crate::through::said_by_postgres(&error))?;
            Ok(rows.iter().map(|row| Row::from([("id".to_owned(), Cell::Number(row.get(0)))])).collect())
        }
        "rest" | "rest by a column" => {
            let order = if open == "rest" { "" } else { "&order=salary" };
            let first = asker.get(&format!("/v1/data/vault/people?limit=1{order}")).await.json();
            let next = first["next"].as_str().unwrap().to_owned();
            stage.happens().await;
            asker.rest(next.strip_prefix(&stage.single.home.http).unwrap_or(&next), &[], true).await
        }
        "graphql" | "graphql by a column" => {
            let order = if open == "graphql" { "" } else { ", orderBy: [salary_ASC]" };
            let page = |after: &str| {
                format!(
                    "{{ vault_people(first: 1{order}{after}) {{ nodes {{ id salary }} pageInfo {{ endCursor }} }} }}"
                )
            };
            let first = asker.graphql(&page(""), &json!({})).await.unwrap();
            let cursor = first["vault_people"]["pageInfo"]["endCursor"].as_str().unwrap().to_owned();
            stage.happens().await;
            let second = asker.graphql(&page(&format!(", after: \"{cursor}\"")), &json!({})).await?;
            Ok(Asker::nodes(&second["vault_people"]))
        }
        "shared tables" => {
            let path = "/delta-sharing/shares/vault/all-tables";
            let first = asker.get(&format!("{path}?maxResults=0")).await.json();
            let token = first["nextPageToken"].as_str().unwrap().to_owned();
            let page = asker.get(&format!("{path}?pageToken={token}")).await.json();
            assert_eq!(page["items"][0]["name"], "people", "the token leads to what may be seen: {page}");
            stage.happens().await;
            let reply = asker.get(&format!("{path}?pageToken={token}")).await;
            if reply.status != 200 {
                return Err(reply.text());
            }
            Ok(reply.json()["items"].as_array().unwrap().iter().map(row).collect())
        }
        "changes" => {
            let position = first_event(&asker, "/v1/changes/vault/people?since=0").await;
            let path = format!("/v1/changes/vault/people?since={position}&format=ndjson");
            let before = asker.get(&path).await;
            assert_eq!(before.text().lines().count(), 3, "the position is behind the first row: {}", before.text());
            stage.happens().await;
            let reply = asker.get(&path).await;
            if reply.status != 200 {
                return Err(reply.text());
            }
            Ok(reply.text().lines().map(|line| row(&serde_json::from_str(line).unwrap())).collect())
        }
        "events" => {
            let asked = asker.request(Method::GET, "/v1/changes/vault/people?since=1");
            let mut stream = asked.header("accept", "text/event-stream").send().await.unwrap();
            assert_eq!(stream.status(), 200);
            stage.happens().await;
            let mut said = String::new();
            while let Some(piece) = stream.chunk().await.unwrap() {
                said += std::str::from_utf8(&piece).unwrap();
            }
            assert!(said.contains("event: end") || said.contains("event:end"), "{said}");
            assert!(said.contains(&stage.reason()) || said.contains("there is no table"), "{said}");
            assert!(!said.contains("salary"), "{said}");
            Ok(Vec::new())
        }
        other => panic!("{other} is not tried"),
    }
}

/// The id of the first event of a stream.
async fn first_event(asker: &Asker<'_>, path: &str) -> String {
    let asked = asker.request(Method::GET, path).header("accept", "text/event-stream");
    let mut stream = asked.send().await.unwrap();
    let mut said = String::new();
    while !said.contains("\n\n") {
        said += std::str::from_utf8(&stream.chunk().await.unwrap().expect("the stream goes on")).unwrap();
    }
    said.lines().find_map(|line| line.strip_prefix("id:")).unwrap().trim().to_owned()
}

fn row(value: &Value) -> Row {
    let cell = |value: &Value| match value {
        Value::Null => Cell::Missing,
        Value::Number(number) => Cell::Number(number.as_i64().unwrap()),
        other => Cell::Text(other.to_string()),
    };
    value.as_object().unwrap().iter().map(|(name, value)| (name.clone(), cell(value))).collect::<BTreeMap<_, _>>()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_none_of_their_business_leaves_cursors_open() {
    let single = Single::open().await;
    let asker = single.asker();
    let mut connection = asker.postgres().await.unwrap();
    let holding = asker.postgres().await.unwrap();
    holding.text(&format!("DECLARE c CURSOR WITH HOLD FOR {SQL}")).await.unwrap();
    assert_eq!(holding.text("FETCH 1 FROM c").await.unwrap().len(), 1);
    let transaction = connection.0.transaction().await.unwrap();
    let portal = transaction.bind(SQL, &[]).await.unwrap();
    assert_eq!(transaction.query_portal(&portal, 1).await.unwrap().len(), 1);
    let other = "forbid(principal, action in Action::\"read\", resource in Product::\"sealed\");";
    single.home.policies("other", other).await;
    single.home.user(&crate::opened::someone("bob", &["staff"])).await;
    assert_eq!(transaction.query_portal(&portal, 10).await.unwrap().len(), 3);
    assert_eq!(holding.text("FETCH ALL FROM c").await.unwrap().len(), 3);
}
