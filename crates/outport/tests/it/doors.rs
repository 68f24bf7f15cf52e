//! Every door, with its real clients: the same person gets the same rows through each of them.

use std::{fmt::Write, process::Command};

use serde_json::{Value, json};

use crate::{
    place::{Place, clients_python},
    served::{Served, token},
};

const DESCRIPTOR: &str = "\
apiVersion: v1.0.0
kind: DataProduct
id: clinic
name: Clinic
version: 1.0.0
status: active
domain: care
description: {purpose: Who was seen where., limitations: Small., usage: For tests.}
inputPorts:
  - {name: visits, version: 1.0.0, contractId: clinic.input.visits}
outputPorts:
  - {name: visits, version: 1.0.0, type: tables, contractId: clinic.visits}
team: {name: clinic, members: [{username: owner@example.com, role: owner}]}
";

const COLUMNS: &str = "
    properties:
      - {name: id, logicalType: integer, required: true, primaryKey: true}
      - {name: region, logicalType: string}
      - {name: email, logicalType: string, classification: pii}
      - {name: cost, logicalType: integer}
      - {name: note, logicalType: string, classification: secret}
";

/// A visit: id, region, email, cost, note.
type Visit = (i64, Option<&'static str>, Option<&'static str>, Option<i64>, &'static str);

const ROWS: [Visit; 7] = [
    (1, Some("EU"), Some("ann@example.com"), Some(40), "a"),
    (2, Some("US"), Some("bob@example.com"), Some(50), "b"),
    (3, Some("EU"), None, None, "c"),
    (4, None, Some("dan@example.com"), Some(70), "d"),
    (5, Some("EU"), Some("eve@example.com"), Some(-3), "e"),
    (6, Some("US"), Some("é🦀@example.com"), Some(0), "f"),
    (7, Some("EU"), Some("x"), Some(2_000_000_000), "g"),
];

const POLICIES: &str = r#"
@id("catalog")
permit(principal, action in [Action::"discover", Action::"request"], resource);

@id("staff")
permit(principal in Group::"staff", action in Action::"read", resource);

@id("pii-masked")
@mask("last(4)")
forbid(principal, action == Action::"readColumn", resource)
when { resource has classification && resource.classification == "pii" }
unless { principal in Group::"privacy" };

@id("secret-hidden")
forbid(principal, action in [Action::"readColumn", Action::"readMasked"], resource)
when { resource has classification && resource.classification == "secret" };

@id("own-region")
forbid(principal, action == Action::"readRow", resource)
when { principal has region && !(resource has region && resource.region == principal.region) };
"#;

/// A home with the product `clinic`, and the users `ann` (staff, EU), `pia` (staff, privacy) and `out` (nothing).
fn clinic() -> Place {
    let place = Place::new();
    place.write("clinic/product.odps.yaml", DESCRIPTOR);
    place.write("clinic/outport.yaml", "apiVersion: outport/v1\ninputs:\n  visits: {server: files}\n");
    let head = |id: &str| format!("apiVersion: v3.1.0\nkind: DataContract\nid: {id}\nversion: 1.0.0\nstatus: active\n");
    let server = "servers:\n  - {server: files, type: local, path: ../data/visits.csv, format: csv}\n";
    let schema = format!("schema:\n  - name: visits{COLUMNS}");
    place.write("clinic/contracts/input.odcs.yaml", format!("{}{server}{schema}", head("clinic.input.visits")));
    place.write("clinic/contracts/visits.odcs.yaml", format!("{}{schema}", head("clinic.visits")));
    place.write("clinic/models/visits.sql", "SELECT id, region, email, cost, note FROM input.visits\n");
    let mut rows = "id,region,email,cost,note\n".to_owned();
    for (id, region, email, cost, note) in ROWS {
        let cost = cost.map(|cost| cost.to_string()).unwrap_or_default();
        let (region, email) = (region.unwrap_or_default(), email.unwrap_or_default());
        writeln!(rows, "{id},{region},{email},{cost},{note}").unwrap();
    }
    place.write("data/visits.csv", rows);
    place.run(&["apply", "clinic", "--yes"]).succeeded();
    place.write("governance.cedar", POLICIES);
    place.run(&["access", "policy", "set", "governance.cedar"]).succeeded();
    place.run(&["user", "set", "ann", "--group", "staff", "--region", "EU"]).succeeded();
    place.run(&["user", "set", "pia", "--group", "staff", "--group", "privacy"]).succeeded();
    place.run(&["user", "set", "out"]).succeeded();
    place
}

/// What someone is to see, by looking at every row.
fn expected(region: Option<&str>, in_clear: bool) -> Vec<Value> {
    let mask = |email: &str| {
        let letters: Vec<char> = email.chars().collect();
        let hidden = if letters.len() > 4 { letters.len() - 4 } else { letters.len() };
        let shown = letters.iter().enumerate().map(|(at, letter)| if at < hidden { '*' } else { *letter });
        shown.collect::<String>()
    };
    let seen = ROWS.iter().filter(|row| region.is_none() || row.1 == region);
    let rows = seen.map(|(id, region, email, cost, _)| {
        let email = email.map(|email| if in_clear { email.to_owned() } else { mask(email) });
        json!({"id": id, "region": region, "email": email, "cost": cost})
    });
    rows.collect()
}

/// What every door answers to someone.
#[track_caller]
fn ask(served: &Served, user: &str, token: &str, table: &str, queries: &[&str]) -> Value {
    let (postgres, flight) = (served.address("postgres"), served.address("flight"));
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/clients/doors.py");
    let mut command = Command::new(clients_python());
    command.env("OUTPORT_HTTP", served.http());
    command.env("OUTPORT_POSTGRES", format!("{}:{}", postgres.0, postgres.1));
    command.env("OUTPORT_FLIGHT", format!("{}:{}", flight.0, flight.1));
    command.env("OUTPORT_USER", user).env("OUTPORT_TOKEN", token);
    let output = command.arg(root).arg(table).args(queries).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Rows as a set: what order they come in is another question.
fn sorted(rows: &[Value]) -> Vec<Value> {
    let mut rows = rows.to_vec();
    rows.sort_by_key(|row| {
        let mut keys: Vec<_> = row.as_object().unwrap().iter().map(|(k, v)| format!("{k}={v}")).collect();
        keys.sort();
        keys
    });
    rows
}

/// CSV has no types and no missing values: numbers as text, nothing as the empty text.
fn as_csv(rows: &[Value]) -> Vec<Value> {
    let text = |value: &Value| match value {
        Value::Null => json!(""),
        Value::String(text) => json!(text),
        other => json!(other.to_string()),
    };
    rows.iter().map(|row| row.as_object().unwrap().iter().map(|(k, v)| (k.clone(), text(v))).collect()).collect()
}

#[test]
fn the_same_rows_come_through_every_door() {
    let place = clinic();
    let (ann, pia) = (token(&place, "ann"), token(&place, "pia"));
    let served = Served::open(&place);
    let queries = [
        "SELECT * FROM clinic.visits",
        "SELECT region, count(*) AS visits, sum(cost) AS cost FROM clinic.visits GROUP BY region",
        "SELECT id FROM clinic.visits WHERE email LIKE '%.com' AND cost > 0",
        "SELECT a.id, b.id AS other FROM clinic.visits AS a JOIN clinic.visits AS b ON a.email = b.email WHERE a.id < b.id",
    ];
    for (user, token, region, in_clear) in [("ann", &ann, Some("EU"), false), ("pia", &pia, None, true)] {
        let rows = expected(region, in_clear);
        let found = ask(&served, user, token, "clinic.visits", &queries);
        for (door, answer) in found["table"].as_object().unwrap() {
            let answer = answer.as_array().unwrap_or_else(|| panic!("{user}, {door}: {answer}"));
            let wanted = if door.ends_with("csv") { as_csv(&rows) } else { rows.clone() };
            assert_eq!(sorted(answer), sorted(&wanted), "{user}, {door}");
        }
        for (sql, doors) in queries.iter().zip(found["queries"].as_array().unwrap()) {
            let first = doors.as_object().unwrap().values().next().unwrap();
            for (door, answer) in doors.as_object().unwrap() {
                assert!(answer.is_array(), "{user}, {door}, {sql}: {answer}");
                assert_eq!(answer, first, "{user}, {door}, {sql}");
            }
        }
        let all = found["queries"][0]["sql json"].as_array().unwrap();
        assert_eq!(sorted(all), sorted(&rows), "{user}");
    }
}

#[test]
fn a_generated_client_uses_the_data_api_by_its_description() {
    let place = clinic();
    let (ann, pia) = (token(&place, "ann"), token(&place, "pia"));
    let served = Served::open(&place);
    for (token, region, in_clear) in [(ann, Some("EU"), false), (pia, None, true)] {
        let script = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/clients/generated.py");
        let mut command = Command::new(clients_python());
        command.arg(script).args(["clinic", "visits", "region=EU", "5"]);
        let output = command.env("OUTPORT_URL", served.http()).env("OUTPORT_TOKEN", token).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let found: Value = serde_json::from_slice(&output.stdout).unwrap();
        let rows = expected(region, in_clear);
        let those = |is_wanted: &dyn Fn(&Value) -> bool| -> Value {
            rows.iter().filter(|row| is_wanted(row)).cloned().collect()
        };
        assert_eq!(found["all"], those(&|_| true));
        assert_eq!(found["ordered"], rows.iter().rev().cloned().collect::<Value>());
        assert_eq!(found["selected"], rows.iter().map(|row| json!({ "id": row["id"] })).collect::<Value>());
        assert_eq!(found["filtered"], those(&|row| row["region"] == "EU"));
        assert_eq!(found["row"], json!({ "status": 200, "parsed": those(&|row| row["id"] == 5)[0] }));
        for (what, status) in [("no row", 404), ("no column", 400), ("no one", 401)] {
            let (answer, parsed) = (&found[what], &found[what]["parsed"]);
            assert_eq!((&answer["status"], &parsed["status"]), (&json!(status), &json!(status)), "{what}: {answer}");
            assert!(parsed["title"].is_string() && parsed["type"].is_string(), "{what}: {answer}");
        }
    }
}

#[test]
fn a_generated_client_uses_the_management_api_by_its_description() {
    let place = clinic();
    place.run(&["user", "set", "adm", "--group", "administrators"]).succeeded();
    let adm = token(&place, "adm");
    let served = Served::open(&place);
    let script = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/clients/generated.py");
    let mut command = Command::new(clients_python());
    command.arg(script).env("OUTPORT_URL", served.http()).env("OUTPORT_TOKEN", adm);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(found["described"].as_u64().unwrap() > 50, "{found}");
    assert_eq!(found["generated"], found["described"]);
    assert_eq!(found["workspace"]["parsed"]["workspace"], "dev");
    assert_eq!(found["user"]["parsed"]["principal"]["groups"], json!(["staff"]));
    for (what, status) in [("no user", 404), ("no one", 401)] {
        let (answer, parsed) = (&found[what], &found[what]["parsed"]);
        assert_eq!((&answer["status"], &parsed["status"]), (&json!(status), &json!(status)), "{what}: {answer}");
    }
}

#[test]
fn who_may_not_read_gets_nothing_through_any_door() {
    let place = clinic();
    let out = token(&place, "out");
    let served = Served::open(&place);
    let queries =
        ["SELECT * FROM clinic.visits", "SELECT count(*) FROM clinic.visits", "SELECT note FROM clinic.visits"];
    for token in [out.as_str(), "outport_nobody_nothing"] {
        let found = ask(&served, "out", token, "clinic.visits", &queries);
        let doors = found["queries"].as_array().unwrap().iter().chain([&found["table"]]);
        for (door, answer) in doors.flat_map(|doors| doors.as_object().unwrap()) {
            let error = answer["error"].as_str().unwrap_or_else(|| panic!("{door}: {answer}"));
            for hidden in ["example.com", "2000000000"] {
                assert!(!error.contains(hidden), "{door}: {error}");
            }
        }
    }
}

#[test]
fn a_hidden_column_does_not_exist_at_any_door() {
    let place = clinic();
    let pia = token(&place, "pia");
    let served = Served::open(&place);
    let queries = ["SELECT note FROM clinic.visits", "SELECT id FROM clinic.visits WHERE \"note\" = 'a'"];
    let found = ask(&served, "pia", &pia, "clinic.visits", &queries);
    for doors in found["queries"].as_array().unwrap() {
        for (door, answer) in doors.as_object().unwrap() {
            let error = answer["error"].as_str().unwrap_or_else(|| panic!("{door}: {answer}"));
            assert!(error.contains("note"), "{door}: {error}");
        }
    }
    for (door, answer) in found["table"].as_object().unwrap() {
        let rows = answer.as_array().unwrap_or_else(|| panic!("{door}: {answer}"));
        assert!(rows.iter().all(|row| row.get("note").is_none()), "{door}");
    }
}

#[test]
fn n_requests_give_n_records_and_the_record_verifies() {
    let place = clinic();
    let ann = token(&place, "ann");
    let before = records(&place);
    let served = Served::open(&place);
    for number in 0..20 {
        served.sql(&ann, &format!("SELECT id FROM clinic.visits WHERE id > {number}"));
    }
    let (status, _) = served.post_sql(&ann, "SELECT nothing FROM clinic.visits");
    assert_eq!(status, 400);
    let after = records(&place);
    assert_eq!(after - before, 21);
    let verified = place.run(&["audit", "verify", "--output", "json"]).succeeded().json();
    assert_eq!((&verified["faults"], verified["records"].as_u64()), (&json!([]), Some(after)));
}

fn records(place: &Place) -> u64 {
    let list = place.run(&["audit", "list", "--limit", "100000", "--output", "json"]).succeeded().json();
    list.as_array().unwrap().len() as u64
}

#[test]
fn a_revoked_token_and_an_expired_agreement_are_refused_by_a_running_server() {
    let place = clinic();
    let (ann, out) = (token(&place, "ann"), token(&place, "out"));
    let served = Served::open(&place);
    served.sql(&ann, "SELECT 1 FROM clinic.visits");
    let id = ann.split('_').nth(1).unwrap();
    place.run(&["token", "revoke", id]).succeeded();
    assert_eq!(served.post_sql(&ann, "SELECT 1 FROM clinic.visits").0, 401);

    let request = ["access", "request", "clinic.visits", "--purpose", "care", "--expires", "1s", "--as", "out"];
    let asked = place.run(&[&request[..], &["--output", "json"]].concat()).succeeded().json();
    let agreement = asked["id"].as_str().unwrap();
    assert_eq!(served.post_sql(&out, "SELECT 1 FROM clinic.visits").0, 403);
    place.run(&["access", "approve", agreement]).succeeded();
    // How long this takes is of no matter: it is over after a second, and before that the answer is 200.
    let mut answers = std::iter::repeat_with(|| served.post_sql(&out, "SELECT 1 FROM clinic.visits"));
    let (status, body) = answers.find(|(status, _)| *status != 200).unwrap();
    assert_eq!(status, 403, "{body}");
    assert!(body.contains(agreement) && body.contains("expired"), "{body}");
}
