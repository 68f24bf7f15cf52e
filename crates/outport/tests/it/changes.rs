//! The changes from release to release, as rows, as events and as Delta Sharing serves them.

use std::{
    collections::BTreeMap,
    fmt::Write,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

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
  - {name: places, version: 1.0.0, type: tables, contractId: clinic.places}
team: {name: clinic, members: [{username: owner@example.com, role: owner}]}
";

const VISITS: &str = "
schema:
  - name: visits
    properties:
      - {name: id, logicalType: integer, required: true, primaryKey: true}
      - {name: region, logicalType: string}
      - {name: cost, logicalType: integer}
";

/// Without a key: a row can be there several times.
const PLACES: &str = "
schema:
  - name: places
    properties:
      - {name: region, logicalType: string}
      - {name: cost, logicalType: integer}
";

const POLICIES: &str = r#"
permit(principal in Group::"staff", action in [Action::"read", Action::"discover"], resource);

@id("own-region")
forbid(principal in Group::"staff", action == Action::"readRow", resource)
when { principal has region && !(resource has region && resource.region == principal.region) };
"#;

/// A visit: id, region, cost.
type Visit = (i64, Option<&'static str>, Option<i64>);

fn clinic(rows: &[Visit]) -> Place {
    let place = Place::new();
    place.write("clinic/product.odps.yaml", DESCRIPTOR);
    place.write("clinic/outport.yaml", "apiVersion: outport/v1\ninputs:\n  visits: {server: files}\n");
    let head = |id: &str| format!("apiVersion: v3.1.0\nkind: DataContract\nid: {id}\nversion: 1.0.0\nstatus: active\n");
    let server = "servers:\n  - {server: files, type: local, path: ../data/visits.csv, format: csv}";
    place.write("clinic/contracts/input.odcs.yaml", format!("{}{server}{VISITS}", head("clinic.input.visits")));
    place.write("clinic/contracts/visits.odcs.yaml", format!("{}{VISITS}", head("clinic.visits")));
    place.write("clinic/contracts/places.odcs.yaml", format!("{}{PLACES}", head("clinic.places")));
    place.write("clinic/models/visits.sql", "SELECT id, region, cost FROM input.visits\n");
    place.write("clinic/models/places.sql", "SELECT region, cost FROM input.visits\n");
    put(&place, rows);
    place.run(&["apply", "clinic", "--yes"]).succeeded();
    place.write("governance.cedar", POLICIES);
    place.run(&["access", "policy", "set", "governance.cedar"]).succeeded();
    place.run(&["user", "set", "ann", "--group", "staff", "--region", "EU"]).succeeded();
    place.run(&["user", "set", "pia", "--group", "staff"]).succeeded();
    place
}

fn put(place: &Place, rows: &[Visit]) {
    let mut text = "id,region,cost\n".to_owned();
    for (id, region, cost) in rows {
        let cost = cost.map(|cost| cost.to_string()).unwrap_or_default();
        writeln!(text, "{id},{},{cost}", region.unwrap_or_default()).unwrap();
    }
    place.write("data/visits.csv", text);
}

const FIRST: [Visit; 5] = [
    (1, Some("EU"), Some(10)),
    (2, Some("US"), Some(20)),
    (3, Some("EU"), None),
    (4, None, Some(7)),
    (5, Some("EU"), Some(10)),
];

/// 1 costs more, 2 moves to the EU, 3 goes, 4 stays, 5 costs nothing known, 6 is new.
const SECOND: [Visit; 5] = [
    (1, Some("EU"), Some(11)),
    (2, Some("EU"), Some(20)),
    (4, None, Some(7)),
    (5, Some("EU"), None),
    (6, Some("EU"), Some(1)),
];

/// The changes of rows with a key, by looking at each.
fn expected(before: &[Visit], after: &[Visit], region: Option<&str>) -> Vec<Value> {
    let seen = |rows: &[Visit]| -> BTreeMap<i64, Visit> {
        rows.iter().filter(|row| region.is_none() || row.1 == region).map(|row| (row.0, *row)).collect()
    };
    let (before, after) = (seen(before), seen(after));
    let mut ids: Vec<i64> = before.keys().chain(after.keys()).copied().collect();
    ids.sort_unstable();
    ids.dedup();
    let row = |change: &str, row: &Visit| json!({"_change_type": change, "id": row.0, "region": row.1, "cost": row.2});
    let mut changes = Vec::new();
    for id in ids {
        match (before.get(&id), after.get(&id)) {
            (Some(old), Some(new)) if old == new => {}
            (Some(old), Some(new)) => changes.extend([row("update_preimage", old), row("update_postimage", new)]),
            (Some(old), None) => changes.push(row("delete", old)),
            (None, Some(new)) => changes.push(row("insert", new)),
            (None, None) => unreachable!("the id is of one of them"),
        }
    }
    changes
}

#[track_caller]
fn changes(served: &Served, token: &str, path: &str) -> Vec<Value> {
    let (status, body) = served.curl(&format!("/v1/changes/clinic/{path}&format=ndjson"), Some(token), &[]);
    assert_eq!(status, 200, "{body}");
    body.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A client that listens.
struct Listening {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Listening {
    fn to(served: &Served, token: &str, last: Option<&str>) -> Self {
        let mut command = Command::new("curl");
        command.args(["--silent", "--no-buffer", "--max-time", "60", "--header", "Accept: text/event-stream"]);
        command.args(["--header", &format!("Authorization: Bearer {token}")]);
        if let Some(last) = last {
            command.args(["--header", &format!("Last-Event-ID: {last}")]);
        }
        command.arg(format!("{}/v1/changes/clinic/visits", served.http())).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// The name, the id and the data of the next event.
    fn next(&mut self) -> (String, String, Value) {
        let (mut name, mut id, mut data) = (String::new(), String::new(), String::new());
        for line in self.lines.by_ref() {
            let line = line.unwrap();
            match line.split_once(": ").or_else(|| line.split_once(':')) {
                Some(("event", value)) => value.clone_into(&mut name),
                Some(("id", value)) => value.clone_into(&mut id),
                Some(("data", value)) => value.clone_into(&mut data),
                _ if line.is_empty() && !name.is_empty() => break,
                _ => {}
            }
        }
        (name, id, serde_json::from_str(&data).unwrap_or_else(|error| panic!("`{data}`: {error}")))
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn changes_are_the_rows_that_differ_for_the_asker() {
    let place = clinic(&FIRST);
    put(&place, &SECOND);
    place.run(&["run", "clinic"]).succeeded();
    let served = Served::open(&place);
    for (user, region) in [("ann", Some("EU")), ("pia", None)] {
        let token = token(&place, user);
        assert_eq!(changes(&served, &token, "visits?since=1"), expected(&FIRST, &SECOND, region), "{user}");
        assert_eq!(changes(&served, &token, "visits?since=0"), expected(&[], &SECOND, region), "{user}");
        assert_eq!(changes(&served, &token, "visits?since=0&until=1"), expected(&[], &FIRST, region), "{user}");
        assert_eq!(changes(&served, &token, "visits?since=2&until=1"), expected(&SECOND, &FIRST, region), "{user}");
        assert_eq!(changes(&served, &token, "visits?since=2"), Vec::<Value>::new(), "{user}");
        let all = expected(&FIRST, &SECOND, region);
        assert_eq!(changes(&served, &token, "visits?since=1-2.3"), all[3..], "{user}");
    }
    let (status, body) = served.curl("/v1/changes/clinic/visits?since=7", Some(&token(&place, "pia")), &[]);
    assert_eq!(status, 404, "{body}");
    let (status, body) = served.curl("/v1/changes/clinic/visits?since=x", Some(&token(&place, "pia")), &[]);
    assert_eq!(status, 400, "{body}");
}

#[test]
fn rows_without_a_key_are_counted() {
    let place = clinic(&[(1, Some("EU"), Some(1)), (2, Some("EU"), Some(1)), (3, None, None), (4, None, None)]);
    put(&place, &[(1, Some("EU"), Some(1)), (3, None, None), (4, None, None), (5, None, None), (6, None, None)]);
    place.run(&["run", "clinic"]).succeeded();
    let served = Served::open(&place);
    let seen = changes(&served, &token(&place, "pia"), "places?since=1");
    assert_eq!(
        seen,
        [
            json!({"_change_type": "delete", "region": "EU", "cost": 1}),
            json!({"_change_type": "insert", "region": null, "cost": null}),
            json!({"_change_type": "insert", "region": null, "cost": null}),
        ]
    );
}

#[test]
fn who_listens_is_told_of_every_row_and_goes_on_where_they_were() {
    let place = clinic(&FIRST);
    let served = Served::open(&place);
    let token = token(&place, "ann");
    let mut listening = Listening::to(&served, &token, None);
    let (name, id, data) = listening.next();
    assert_eq!((name.as_str(), id.as_str(), &data["release"]), ("release", "1", &json!(1)));
    put(&place, &SECOND);
    place.run(&["run", "clinic"]).succeeded();
    let all = expected(&FIRST, &SECOND, Some("EU"));
    let mut told = Vec::new();
    let end = loop {
        let (name, id, mut data) = listening.next();
        if name == "release" {
            break id;
        }
        told.push(id);
        data["_change_type"] = json!(name);
        assert_eq!(data, all[told.len() - 1]);
    };
    assert_eq!((told.len(), end.as_str()), (all.len(), "2"));
    // Away after the second change: the third one comes next, and none twice.
    let mut again = Listening::to(&served, &token, Some(&told[1]));
    let (name, id, mut data) = again.next();
    data["_change_type"] = json!(name);
    assert_eq!((id.as_str(), &data), (told[2].as_str(), &all[2]));
    // Back to the first release: its changes are told as well.
    place.run(&["rollback", "clinic", "--to", "1"]).succeeded();
    let back = expected(&SECOND, &FIRST, Some("EU"));
    let (name, _, mut data) = listening.next();
    data["_change_type"] = json!(name);
    assert_eq!(data, back[0]);
}

#[test]
fn delta_sharing_has_the_change_data_feed() {
    let place = clinic(&FIRST);
    put(&place, &SECOND);
    place.run(&["run", "clinic"]).succeeded();
    let served = Served::open(&place);
    for (user, region) in [("ann", Some("EU")), ("pia", None)] {
        let token = token(&place, user);
        let profile = json!({"shareCredentialsVersion": 1, "endpoint": format!("{}/delta-sharing", served.http()), "bearerToken": token});
        place.write("profile.share", profile.to_string());
        let script = "\
import json, sys, delta_sharing
frame = delta_sharing.load_table_changes_as_pandas(sys.argv[1] + '#clinic.ports.visits', starting_version=1)
print(frame.convert_dtypes().sort_values(['_commit_version', 'id', '_change_type'], ascending=[True, True, False]).to_json(orient='records'))
";
        let output =
            Command::new(clients_python()).args(["-c", script]).arg(place.path("profile.share")).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let seen: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
        let mut wanted = Vec::new();
        for (version, rows) in [(1, expected(&[], &FIRST, region)), (2, expected(&FIRST, &SECOND, region))] {
            wanted.extend(rows.into_iter().map(|mut row| {
                row["_commit_version"] = json!(version);
                row
            }));
        }
        let seen: Vec<Value> = seen
            .into_iter()
            .map(|mut row| {
                row.as_object_mut().unwrap().remove("_commit_timestamp");
                row
            })
            .collect();
        assert_eq!(seen.len(), wanted.len(), "{user}: {seen:?}");
        for row in &wanted {
            assert!(seen.contains(row), "{user}: {row} is not in {seen:?}");
        }
    }
}
