//! Delta Sharing: paths, addresses that were tampered with, versions of the past.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

use super::twins::{Single, Twins, Verdict};
use crate::{
    opened::someone,
    through::{Asker, Reply},
};

/// Paths below `/delta-sharing`, by `GET`.
pub(super) const PATHS: [(&str, &str); 40] = [
    ("list: shares", "/shares"),
    ("list: shares, in pages", "/shares?maxResults=1"),
    ("list: a page that was made up", "/shares?pageToken=c2VhbGVk"),
    ("list: fewer than none", "/shares?maxResults=-1"),
    ("list: the visible share", "/shares/vault"),
    ("list: the hidden share", "/shares/sealed"),
    ("list: a share that is not there", "/shares/nothere"),
    ("list: the hidden share in capitals", "/shares/SEALED"),
    ("list: schemas", "/shares/vault/schemas"),
    ("list: schemas of the hidden share", "/shares/sealed/schemas"),
    ("list: tables", "/shares/vault/schemas/ports/tables"),
    ("list: tables of another schema", "/shares/vault/schemas/internal/tables"),
    ("list: tables of the hidden share", "/shares/sealed/schemas/ports/tables"),
    ("list: all tables", "/shares/vault/all-tables"),
    ("list: all tables of the hidden share", "/shares/sealed/all-tables"),
    ("path: to the hidden share", "/shares/vault/..%2Fsealed/all-tables"),
    ("path: to the hidden share, as it is", "/shares/vault/../sealed/all-tables"),
    ("path: twice encoded", "/shares/vault%252F..%252Fsealed/all-tables"),
    ("path: to the record", "/shares/..%2F..%2Foutport.db"),
    ("path: with a zero", "/shares/vault%00sealed/all-tables"),
    ("path: with SQL", "/shares/vault'%20OR%201=1/all-tables"),
    ("path: with a backslash", "/shares/vault%5C..%5Csealed/all-tables"),
    ("path: with what looks alike", "/shares/v%D0%B0ult/all-tables"),
    ("table: its version", "/shares/vault/schemas/ports/tables/people/version"),
    (
        "table: its version at a time",
        "/shares/vault/schemas/ports/tables/people/version?startingTimestamp=1970-01-01T00:00:00Z",
    ),
    ("table: its version at no time", "/shares/vault/schemas/ports/tables/people/version?startingTimestamp=never"),
    ("table: what it is", "/shares/vault/schemas/ports/tables/people/metadata"),
    ("table: the version of a hidden one", "/shares/sealed/schemas/ports/tables/secrets/version"),
    ("table: what a hidden one is", "/shares/sealed/schemas/ports/tables/secrets/metadata"),
    ("table: rows that were held back", "/shares/vault/schemas/ports/tables/people_quarantine/metadata"),
    ("table: of another schema", "/shares/vault/schemas/main/tables/people/metadata"),
    ("table: with SQL", "/shares/vault/schemas/ports/tables/people%22;--/metadata"),
    ("changes: from the beginning", "/shares/vault/schemas/ports/tables/people/changes?startingVersion=0"),
    ("changes: of a hidden table", "/shares/sealed/schemas/ports/tables/secrets/changes?startingVersion=0"),
    (
        "changes: between times",
        "/shares/vault/schemas/ports/tables/people/changes?startingTimestamp=1970-01-01T00:00:00Z",
    ),
    ("file: one that was made up", "/files/00000000000000000000000000000000.parquet"),
    ("file: without a name", "/files/"),
    ("file: a path", "/files/..%2F..%2F..%2Fetc%2Fpasswd"),
    ("file: a path to the warehouse", "/files/..%2F..%2Fhome%2Fwarehouse"),
    (
        "file: with a signature that was made up",
        "/files/x.parquet?until=9999999999&X-Amz-Signature=0000000000000000000000000000000000000000000000000000000000000000",
    ),
];

/// What is asked of the files of a table: table and body.
pub(super) const QUERIES: [(&str, &str, &str); 18] = [
    ("query: everything", "vault/schemas/ports/tables/people", "{}"),
    ("query: a hidden table", "sealed/schemas/ports/tables/secrets", "{}"),
    ("query: a table that is not there", "nothere/schemas/ports/tables/secrets", "{}"),
    ("query: the first row", "vault/schemas/ports/tables/people", r#"{"limitHint": 1}"#),
    ("query: fewer rows than none", "vault/schemas/ports/tables/people", r#"{"limitHint": -1}"#),
    ("query: SQL for a limit", "vault/schemas/ports/tables/people", r#"{"limitHint": "1; SELECT 1"}"#),
    (
        "query: a predicate over a hidden column",
        "vault/schemas/ports/tables/people",
        r#"{"predicateHints": ["note = 'hid-note-1'"]}"#,
    ),
    (
        "query: a predicate with SQL",
        "vault/schemas/ports/tables/people",
        r#"{"predicateHints": ["1=1) UNION SELECT * FROM sealed.secrets --"]}"#,
    ),
    ("query: a predicate that is no JSON", "vault/schemas/ports/tables/people", r#"{"jsonPredicateHints": "{"}"#),
    ("version: the first", "vault/schemas/ports/tables/people", r#"{"version": 1}"#),
    ("version: before the first", "vault/schemas/ports/tables/people", r#"{"version": 0}"#),
    ("version: one that is to come", "vault/schemas/ports/tables/people", r#"{"version": 99}"#),
    ("version: below zero", "vault/schemas/ports/tables/people", r#"{"version": -1}"#),
    ("version: of a hidden table", "sealed/schemas/ports/tables/secrets", r#"{"version": 1}"#),
    ("version: one that is to come, of a hidden table", "sealed/schemas/ports/tables/secrets", r#"{"version": 99}"#),
    ("version: at a time", "vault/schemas/ports/tables/people", r#"{"timestamp": "2999-01-01T00:00:00Z"}"#),
    ("version: before there was any", "vault/schemas/ports/tables/people", r#"{"timestamp": "1970-01-01T00:00:00Z"}"#),
    ("changes: by a query", "vault/schemas/ports/tables/people", r#"{"startingVersion": 0, "endingVersion": 1}"#),
];

fn outcome(reply: &Reply) -> Result<String, String> {
    if reply.status == 200 { Ok(reply.text()) } else { Err(format!("{} {}", reply.status, reply.text())) }
}

/// What a path gives.
async fn listed(asker: &Asker<'_>, path: &str) -> Result<String, String> {
    outcome(&asker.get(&format!("/delta-sharing{path}")).await)
}

async fn queried(asker: &Asker<'_>, table: &str, body: &str) -> Result<String, String> {
    let body: Value = serde_json::from_str(body).unwrap();
    outcome(&asker.post(&format!("/delta-sharing/shares/{table}/query"), &body).await)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shares_and_versions_tell_nothing_of_what_is_hidden() {
    let twins = Twins::open().await;
    let [one, other] = twins.askers();
    let mut verdict = Verdict::default();
    for (name, path) in PATHS {
        let answers = [listed(&one, path).await, listed(&other, path).await];
        verdict.compare(name, path, &answers);
    }
    for (name, table, body) in QUERIES {
        let answers = [queried(&one, table, body).await, queried(&other, table, body).await];
        verdict.compare(name, &format!("{table} {body}"), &answers);
    }
    let rows = [one.sharing("vault", "people").await, other.sharing("vault", "people").await];
    verdict.compare("rows: of the files", "", &rows);
    let rows = [one.download("vault", "people", "parquet").await, other.download("vault", "people", "parquet").await];
    verdict.compare("rows: of the download", "", &rows);
    let told = [one.first_change("vault").await, other.first_change("vault").await];
    verdict.compare("changes: the first event", "", &told);
    let told = [one.first_change("sealed").await, other.first_change("sealed").await];
    verdict.compare("changes: the first event of a hidden product", "", &told);
    verdict.is_clean(60, 20);
}

/// What is done to an address that is good.
pub(super) const TAMPERED: [&str; 16] = [
    "address: without a signature",
    "address: without an end",
    "address: without anything",
    "address: with a later end",
    "address: with an end that is a text",
    "address: with a digit of the signature turned",
    "address: with half a signature",
    "address: with the signature in capitals and more",
    "address: with the signature of another file",
    "address: of another file with its own end",
    "address: with a path before the file",
    "address: with another ending",
    "address: with two signatures",
    "address: after its end",
    "address: after the token was revoked",
    "address: after the policy changed",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn addresses_that_were_tampered_with_are_refused() {
    let single = Single::open().await;
    let asker = single.asker();
    let fetch = async |url: &str| asker.send(single.home.web.get(url)).await;
    let address = async |asker: &Asker<'_>, asked: Value| {
        let lines = asker.shared("vault", "people", &asked).await.unwrap();
        lines.iter().find_map(|line| line["file"]["url"].as_str().map(str::to_owned)).unwrap()
    };
    let good = address(&asker, json!({})).await;
    let other = address(&asker, json!({ "limitHint": 1 })).await;
    assert_eq!(fetch(&good).await.status, 200);
    let (file, query) = good.split_once('?').unwrap();
    let (until, signature) = query.split_once("&X-Amz-Signature=").unwrap();
    let (_, other_query) = other.split_once('?').unwrap();
    let seconds: i64 = until.trim_start_matches("until=").parse().unwrap();
    let turned = if signature.starts_with('0') { "1" } else { "0" };
    let kept = single.home.token("mallory").await;
    for name in TAMPERED {
        let url = match name {
            "address: without a signature" => format!("{file}?{until}"),
            "address: without an end" => format!("{file}?X-Amz-Signature={signature}"),
            "address: without anything" => file.to_owned(),
            "address: with a later end" => format!("{file}?until={}&X-Amz-Signature={signature}", seconds + 3600),
            "address: with an end that is a text" => format!("{file}?until=always&X-Amz-Signature={signature}"),
            "address: with a digit of the signature turned" => {
                format!("{file}?{until}&X-Amz-Signature={turned}{}", &signature[1..])
            }
            "address: with half a signature" => format!("{file}?{until}&X-Amz-Signature={}", &signature[..32]),
            "address: with the signature in capitals and more" => {
                format!("{file}?{until}&X-Amz-Signature={}00", signature.to_uppercase())
            }
            "address: with the signature of another file" => format!("{file}?{other_query}"),
            "address: of another file with its own end" => {
                format!("{}?{query}", other.split_once('?').unwrap().0)
            }
            "address: with a path before the file" => good.replace("/files/", "/files/..%2Ffiles%2F"),
            "address: with another ending" => good.replace(".parquet", ".parquet.csv"),
            "address: with two signatures" => format!("{good}&X-Amz-Signature={signature}"),
            "address: after its end" => {
                single.home.clock.advance(TimeDelta::minutes(10) + TimeDelta::seconds(1));
                good.clone()
            }
            "address: after the token was revoked" => {
                let revoked = Asker::new(&single.home, "mallory", kept.clone());
                let url = address(&revoked, json!({})).await;
                assert_eq!(fetch(&url).await.status, 200, "{name}");
                let id = kept.split('_').nth(1).unwrap();
                single.place.run(&["token", "revoke", id]).succeeded();
                url
            }
            "address: after the policy changed" => {
                let url = address(&asker, json!({})).await;
                assert_eq!(fetch(&url).await.status, 200, "{name}");
                single.moved(&["staff"], "US").await;
                url
            }
            other => panic!("{other} is not tried"),
        };
        let reply = fetch(&url).await;
        assert!((400..500).contains(&reply.status), "{name}: {} {url}", reply.status);
        assert!(!reply.body.starts_with(b"PAR1"), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_gives_nothing_to_whoever_changes_the_method() {
    let single = Single::open().await;
    let asker = single.asker();
    single.home.user(&someone("root", &["administrators"])).await;
    let lines = asker.shared("vault", "people", &json!({})).await.unwrap();
    let url = lines.iter().find_map(|line| line["file"]["url"].as_str()).unwrap();
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
        let reply = asker.send(single.home.web.request(method.clone(), url)).await;
        assert_eq!(reply.status, 405, "{method}");
    }
}
