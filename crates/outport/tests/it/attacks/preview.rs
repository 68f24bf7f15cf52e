//! What a request would show to whom it is for: told to whoever decides on it and to nobody else, with no value that they could
//! not read without it; and it is what is seen once the request is approved.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use outport_app::gate::{Caller, Decision};
use outport_model::agreement::{Agreement, AgreementState, Consumer};
use outport_test::fixture;
use serde_json::{Value, json};

use super::twins::{Single, Twins, Verdict, comparable};
use crate::{
    opened::{Opened, someone},
    through::Asker,
};

/// Who decides, and what policies make of those who ask.
const REVIEWS: &str = r#"
permit(principal in Group::"deciders", action == Action::"approve", resource in Product::"vault");
permit(principal in Group::"readers", action in Action::"read", resource in Product::"vault");
@mask("hash")
forbid(principal in Group::"coded", action == Action::"readColumn", resource) when { resource.name == "region" };
@mask("null")
forbid(principal in Group::"blank", action == Action::"readColumn", resource) when { resource.name == "salary" };
@mask("number(1500)")
forbid(principal in Group::"rounded", action == Action::"readColumn", resource) when { resource.name == "salary" };
forbid(principal in Group::"noted", action == Action::"readRow", resource)
unless { resource has note && resource.note like "hid-n*" };
forbid(principal in Group::"mailed", action == Action::"readRow", resource)
unless { resource has email && resource.email like "hid-m*" };
forbid(principal in Group::"rich", action == Action::"readRow", resource)
unless { resource has salary && resource.salary > 2000 };
@minimum_group("3")
permit(principal in Group::"counters", action in Action::"read", resource in Product::"vault");
"#;

/// Who asks: their name, their groups, and where they are.
const READERS: [(&str, &[&str], &str); 11] = [
    ("carl", &[], "EU"),
    ("dora", &[], "US"),
    ("nora", &["noted"], "EU"),
    ("mary", &["mailed"], "EU"),
    ("rick", &["rich"], "EU"),
    ("cody", &["coded"], "EU"),
    ("bill", &["blank"], "EU"),
    ("rona", &["rounded", "rich"], "EU"),
    ("rosa", &["readers"], "EU"),
    ("gina", &["counters"], "EU"),
    ("adam", &["administrators"], "EU"),
];

/// Attempts: name, who looks, and at whose request. `sealed` is about the product that is hidden, `gone` and `wrong` are none.
pub(super) const CASES: [(&str, &str, &str); 34] = [
    ("preview: of the same region", "mallory", "carl"),
    ("preview: of another region", "mallory", "dora"),
    ("preview: rows by a hidden column", "mallory", "nora"),
    ("preview: rows by a masked column", "mallory", "mary"),
    ("preview: rows by a column in clear", "mallory", "rick"),
    ("preview: a hash of what is seen in clear", "mallory", "cody"),
    ("preview: nothing of what is seen in clear", "mallory", "bill"),
    ("preview: a number rounded", "mallory", "rona"),
    ("preview: of who reads already", "mallory", "rosa"),
    ("preview: of who counts", "mallory", "gina"),
    ("preview: of an administrator", "mallory", "adam"),
    ("preview: for a group", "mallory", "group"),
    ("preview: of nobody on record", "mallory", "stranger"),
    ("preview: one's own", "mallory", "mallory"),
    ("preview: of the hidden product", "mallory", "sealed"),
    ("preview: of nothing", "mallory", "gone"),
    ("preview: no id", "mallory", "wrong"),
    ("blind: of the same region", "rita", "carl"),
    ("blind: of another region", "rita", "dora"),
    ("blind: rows by a hidden column", "rita", "nora"),
    ("blind: rows by a masked column", "rita", "mary"),
    ("blind: a hash", "rita", "cody"),
    ("blind: of who reads already", "rita", "rosa"),
    ("blind: of who counts", "rita", "gina"),
    ("blind: of an administrator", "rita", "adam"),
    ("blind: for a group", "rita", "group"),
    ("blind: of the hidden product", "rita", "sealed"),
    ("outside: of the same region", "otto", "carl"),
    ("outside: rows by a hidden column", "otto", "nora"),
    ("outside: of an administrator", "otto", "adam"),
    ("outside: for a group", "otto", "group"),
    ("outside: of the hidden product", "otto", "sealed"),
    ("outside: of nothing", "otto", "gone"),
    ("outside: whoever asked", "carl", "carl"),
];

/// A request that waits: the id is that of its number.
fn waiting(number: u64, port: (&str, &str), consumer: Consumer, by: &str) -> Agreement {
    let mut agreement = fixture::agreement(number, port.0);
    agreement.port.port = port.1.parse().unwrap();
    Agreement { consumer, requested_by: by.parse().unwrap(), seconds: 86_400, ..agreement }
}

fn of(number: u64, name: &str) -> Agreement {
    waiting(number, ("vault", "people"), Consumer::Principal(name.parse().unwrap()), name)
}

/// The requests of everyone, each with the name that cases have for it.
fn requests() -> Vec<(&'static str, Agreement)> {
    let mut all: Vec<_> = (1..).zip(READERS).map(|(number, (name, ..))| (name, of(number, name))).collect();
    let group = Consumer::Group("coded".parse().unwrap());
    all.push(("group", waiting(101, ("vault", "people"), group, "adam")));
    all.push(("stranger", of(102, "corporate:stranger")));
    all.push(("mallory", of(103, "mallory")));
    all.push(("sealed", waiting(104, ("sealed", "secrets"), Consumer::Principal("carl".parse().unwrap()), "carl")));
    all
}

/// Everyone who asks and decides, and what they asked for.
async fn fill(home: &Opened) {
    home.policies("reviews", REVIEWS).await;
    let others: [(&str, &[&str], &str); 4] = [
        ("mallory", &["staff", "deciders"], "EU"),
        ("rita", &["deciders"], "EU"),
        ("otto", &["staff"], "EU"),
        ("root", &["administrators"], "EU"),
    ];
    for (name, groups, region) in READERS.into_iter().chain(others) {
        let mut principal = someone(name, groups);
        principal.region = Some(region.to_owned());
        home.user(&principal).await;
    }
    for (_, agreement) in requests() {
        home.add_agreement(&agreement).await;
    }
}

fn id_of(name: &str) -> String {
    let known = requests().into_iter().find(|(known, _)| *known == name).map(|(_, agreement)| agreement.id.to_string());
    known.unwrap_or_else(|| if name == "gone" { fixture::agreement_id(999).to_string() } else { name.to_owned() })
}

fn path_of(name: &str) -> String {
    format!("/v1/agreements/{}/preview", id_of(name))
}

async fn look(asker: &Asker<'_>, name: &str) -> Result<String, String> {
    let reply = asker.get(&path_of(name)).await;
    let text = reply.text();
    if reply.status == 200 { Ok(text) } else { Err(format!("{} {text}", reply.status)) }
}

async fn asker<'a>(home: &'a Opened, name: &str) -> Asker<'a> {
    Asker::new(home, name, home.token(name).await)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn previews_tell_nothing_of_what_is_hidden_from_whoever_decides() {
    let twins = Twins::open().await;
    fill(&twins.one).await;
    fill(&twins.other).await;
    let mut verdict = Verdict::default();
    for (name, who, whose) in CASES {
        let (one, other) = (asker(&twins.one, who).await, asker(&twins.other, who).await);
        verdict.compare(name, &format!("{who}: {whose}"), &[look(&one, whose).await, look(&other, whose).await]);
    }
    verdict.is_clean(CASES.len(), 22);

    // What both see is shown: otherwise there was nothing to leak.
    let mallory = asker(&twins.one, "mallory").await;
    let shown = preview(&mallory, "carl").await;
    let rows = shown["tables"][0]["sample"]["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 4, "{shown}");
    assert_eq!(rows[0], json!({"id": 1, "region": "EU", "email": "*************test", "salary": 1000}), "{shown}");
    let admin = preview(&mallory, "adam").await;
    assert_eq!(admin["tables"][0]["sample"]["withheld"], json!(["email", "note"]), "{admin}");
    assert_eq!(admin["tables"][0]["sample"]["rows"].as_array().unwrap().len(), 4, "{admin}");
    let coded = preview(&mallory, "cody").await;
    assert_eq!(coded["tables"][0]["sample"]["withheld"], json!(["region"]), "{coded}");
    for hidden in ["nora", "mary"] {
        let shown = preview(&mallory, hidden).await;
        assert_eq!(shown["tables"][0]["sample"]["rows"], json!([]), "{hidden}: {shown}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_decide_is_told_what_they_are_told_of_no_request() {
    let single = Single::open().await;
    fill(&single.home).await;
    for (who, whose) in [("otto", "carl"), ("carl", "carl"), ("rita", "sealed"), ("mallory", "mallory")] {
        let asker = asker(&single.home, who).await;
        let told = comparable(&look(&asker, whose).await.unwrap_err());
        assert_eq!(told, comparable(&look(&asker, "gone").await.unwrap_err()), "{who}: {whose}");
        assert!(told.starts_with("404 "), "{told}");
    }
    // A token for another product decides on nothing of this one.
    let scope = outport_app::identity::TokenScope {
        products: Some(BTreeSet::from(["sealed".parse().unwrap()])),
        ..Default::default()
    };
    for who in ["mallory", "root"] {
        let token = single.home.scoped_token(who, scope.clone()).await;
        let elsewhere = Asker::new(&single.home, who, token);
        assert!(look(&elsewhere, "carl").await.unwrap_err().starts_with("404 "), "{who}");
        let path = path_of("carl").replace("preview", "decision");
        let decided = elsewhere.post(&path, &json!({"decision": "approve"})).await;
        assert_eq!(decided.status, 404, "{who}");
    }
}

/// What someone is told who may decide.
async fn preview(asker: &Asker<'_>, name: &str) -> Value {
    let reply = asker.get(&path_of(name)).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()
}

/// The rows that someone sees for the purpose that they asked for; `None` where they see none of the table.
async fn seen(asker: &Asker<'_>) -> Option<Vec<Value>> {
    let asked = json!({"sql": "SELECT * FROM vault.people ORDER BY id", "purpose": "churn analysis"});
    let reply = asker.post("/v1/sql", &asked).await;
    (reply.status == 200).then(|| reply.json()["rows"].as_array().unwrap().clone())
}

fn columns(table: &Value, when: &str) -> BTreeSet<String> {
    let columns = table["columns"].as_array().unwrap().iter();
    let visible = columns.filter(|column| column[when]["access"] != "none");
    visible.map(|column| column["name"].as_str().unwrap().to_owned()).collect()
}

fn keys(row: &Value) -> BTreeSet<String> {
    row.as_object().unwrap().keys().cloned().collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_preview_is_what_is_seen_once_it_is_approved() {
    let single = Single::open().await;
    let home = &single.home;
    fill(home).await;
    let root = asker(home, "root").await;
    let mut some = 0;
    for (name, groups, _) in READERS {
        let reader = asker(home, name).await;
        let before = seen(&reader).await;
        let shown = preview(&root, name).await;
        // Looking changed nothing.
        assert_eq!(seen(&reader).await, before, "{name}");
        let table = &shown["tables"][0];
        let readable = |when: &str| table[when]["readable"] == true;
        let counts = groups.contains(&"counters");
        assert_eq!(readable("today"), before.is_some() || counts, "{name}: {shown}");
        assert_eq!(table["today"]["rows"] == "groups", counts, "{name}: {shown}");
        if let Some(row) = before.as_ref().and_then(|rows| rows.first()) {
            assert_eq!(columns(table, "today"), keys(row), "{name}: {shown}");
        }

        let id = id_of(name).parse().unwrap();
        home.gate.decide_agreement(&Caller::local(), id, Decision::Approve, None).await.unwrap();
        let after = seen(&reader).await;
        let after = after.unwrap_or_else(|| panic!("{name} reads nothing: {shown}"));
        let sample = table["sample"]["rows"].as_array().unwrap();
        assert_eq!((sample.len(), &table["sample"]["withheld"]), (after.len().min(5), &json!([])), "{name}: {shown}");
        for row in sample {
            assert!(after.contains(row), "{name}: {row} is none of {after:?}");
            assert_eq!(columns(table, "after"), keys(row), "{name}: {shown}");
        }
        some += sample.len();
        for column in table["columns"].as_array().unwrap() {
            let changes = column["after"] != column["today"];
            assert_eq!(column["changes"], changes, "{name}: {column}");
        }
    }
    assert!(some > 25, "{some}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn columns_that_were_not_asked_for_stay_hidden_and_the_rule_is_in_words() {
    let single = Single::open().await;
    let home = &single.home;
    fill(home).await;
    let columns = Some(BTreeSet::from(["id".to_owned(), "email".to_owned()]));
    home.add_agreement(&Agreement { id: fixture::agreement_id(500), columns, ..of(500, "carl") }).await;
    let root = asker(home, "root").await;
    let path = format!("/v1/agreements/{}/preview", fixture::agreement_id(500));
    let shown = root.get(&path).await.json();
    let table = &shown["tables"][0];
    let words = |name: &str| {
        let columns = table["columns"].as_array().unwrap();
        let column = columns.iter().find(|column| column["name"] == name).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (column["requested"].as_bool().unwrap(), text(&column["today"]["words"]), text(&column["after"]["words"]))
    };
    let said = |requested, today: &str, after: &str| (requested, today.to_owned(), after.to_owned());
    assert_eq!(words("id"), said(true, "hidden", "as it is"));
    assert_eq!(words("email"), said(true, "hidden", "the last 4 characters"));
    assert_eq!(words("salary"), said(false, "hidden", "hidden"));
    assert_eq!(table["today"], json!({"readable": false, "rows": "none", "words": "It may not be read."}));
    assert_eq!(table["after"]["rows"], "some");
    let rule = table["after"]["words"].as_str().unwrap();
    assert!(rule.contains("`region`") && rule.contains("“EU”"), "{rule}");

    // It is on record as a request of whoever looked, with what they were shown.
    let record = root.get("/v1/audit?limit=1").await.json();
    let record = &record[0];
    assert_eq!((&record["request"], &record["principal"]), (&json!(format!("GET {path}")), &json!("root")));
    assert_eq!(record["rows"], 4, "{record}");
    assert_eq!(record["reads"]["vault"]["people"]["columns"], json!(["email", "id"]), "{record}");
    assert_eq!(record["reads"]["vault"]["people"]["agreement"], Value::Null, "{record}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_for_no_decision_has_no_preview() {
    let single = Single::open().await;
    let home = &single.home;
    fill(home).await;
    let (root, otto) = (asker(home, "root").await, asker(home, "otto").await);
    let now = home.gate.app().clock.now();
    let states = [
        (AgreementState::Approved, Some(now + TimeDelta::days(1)), "it was approved, and is in force until"),
        (AgreementState::Approved, Some(now - TimeDelta::days(1)), "it expired on"),
        (AgreementState::Rejected, None, "it was rejected"),
        (AgreementState::Withdrawn, None, "it was withdrawn"),
        (AgreementState::Revoked, Some(now + TimeDelta::days(1)), "it was revoked"),
    ];
    for (number, (state, expires_at, said)) in (600..).zip(states) {
        let id = fixture::agreement_id(number);
        home.add_agreement(&Agreement { id, state, expires_at, ..of(number, "carl") }).await;
        let reply = root.get(&format!("/v1/agreements/{id}/preview")).await;
        let problem = reply.json();
        assert_eq!((reply.status, &problem["type"]), (409, &json!("urn:outport:problem:agreement-moved")), "{problem}");
        assert!(problem["detail"].as_str().unwrap().contains(said), "{problem}");
        // Whoever may not decide is told no more than of any other.
        assert_eq!(otto.get(&format!("/v1/agreements/{id}/preview")).await.status, 404);
    }
}
