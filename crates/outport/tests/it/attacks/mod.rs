//! Attempts to see what policies hide, each with a name.
//!
//! How a leak is found: there are two homes. Everything that the attacker may see is the same in both; everything that is
//! hidden differs: rows, masked values, columns, a whole product. Whatever the attacker asks, both homes must answer to the
//! letter alike. An answer that differs tells the homes apart, so it tells something of what is hidden.
//!
//! The tests in this file ask a server as it is started by people, in SQL and over HTTP. Every other door has a file of
//! its own, which asks homes that are opened in this process ([`twins`]); what is refused whatever is asked is in
//! `credentials` and `groups`, what happens when a policy changes meanwhile in `meanwhile`, and to what is taken in steps in
//! `cursors`.

mod catalog;
mod credentials;
mod cursors;
mod expiry;
mod feedback;
mod flight;
mod graphql;
mod groups;
mod manage;
mod mcp;
mod meanwhile;
mod postgres;
mod preview;
mod questions;
mod search;
mod sharing;
mod twins;

use std::fmt::Write;

use crate::{
    place::Place,
    served::{Served, token},
};

const STATEMENTS: &str = include_str!("statements.sql");

const POLICIES: &str = r#"
permit(principal, action in [Action::"discover", Action::"request"], resource in Product::"vault");
permit(principal in Group::"staff", action in Action::"read", resource in Product::"vault");
@mask("last(4)")
forbid(principal, action == Action::"readColumn", resource) when { resource.name == "email" };
forbid(principal, action in [Action::"readColumn", Action::"readMasked"], resource) when { resource.name == "note" };
forbid(principal, action == Action::"readRow", resource)
unless { resource has region && principal has region && resource.region == principal.region };
"#;

/// One home, with what is hidden in it.
struct Hidden {
    /// Rows of other regions.
    others: &'static str,
    /// The first letters of addresses.
    mail: &'static str,
    /// What is in the hidden column.
    note: &'static str,
    /// The rows of the product that the attacker may not know of.
    secrets: &'static str,
}

const ONE: Hidden = Hidden {
    others: "9001,US,hid-us-1@x.test,880011,hid-us\n9002,US,hid-us-2@x.test,880012,hid-us\n9003,,hid-none@x.test,880013,hid-us\n",
    mail: "hid-mail",
    note: "hid-note",
    secrets: "id,secret\n1,hid-secret\n2,hid-other\n",
};

const OTHER: Hidden =
    Hidden { others: "", mail: "hex-male", note: "another", secrets: "id,secret\n7,nothing of interest\n" };

fn product(place: &Place, name: &str, table: &str, columns: &str, select: &str) {
    let descriptor = format!(
        "apiVersion: v1.0.0\nkind: DataProduct\nid: {name}\nname: {name}\nversion: 1.0.0\nstatus: active\n\
         description: {{purpose: For tests., limitations: Small., usage: For tests.}}\n\
         inputPorts:\n  - {{name: {table}, version: 1.0.0, contractId: {name}.input}}\n\
         outputPorts:\n  - {{name: {table}, version: 1.0.0, type: tables, contractId: {name}.output}}\n\
         team: {{name: {name}, members: [{{username: owner@example.com, role: owner}}]}}\n"
    );
    let head =
        |id: &str| format!("apiVersion: v3.1.0\nkind: DataContract\nid: {name}.{id}\nversion: 1.0.0\nstatus: active\n");
    let server = format!("servers:\n  - {{server: files, type: local, path: ../data/{table}.csv, format: csv}}\n");
    let schema = format!("schema:\n  - name: {table}\n    properties:\n{columns}");
    place.write(&format!("{name}/product.odps.yaml"), descriptor);
    place.write(
        &format!("{name}/outport.yaml"),
        format!("apiVersion: outport/v1\ninputs:\n  {table}: {{server: files}}\n"),
    );
    place.write(&format!("{name}/contracts/input.odcs.yaml"), format!("{}{server}{schema}", head("input")));
    place.write(&format!("{name}/contracts/output.odcs.yaml"), format!("{}{schema}", head("output")));
    place.write(&format!("{name}/models/{table}.sql"), select);
}

fn home(hidden: &Hidden) -> Place {
    let place = Place::new();
    let columns = "      - {name: id, logicalType: integer, required: true, primaryKey: true}\n\
                   \x20     - {name: region, logicalType: string}\n\
                   \x20     - {name: email, logicalType: string, classification: pii}\n\
                   \x20     - {name: salary, logicalType: integer}\n\
                   \x20     - {name: note, logicalType: string}\n";
    product(&place, "vault", "people", columns, "SELECT id, region, email, salary, note FROM input.people\n");
    let mut rows = "id,region,email,salary,note\n".to_owned();
    for id in 1..=4 {
        let (mail, note) = (hidden.mail, hidden.note);
        writeln!(rows, "{id},EU,{mail}-{id}@x.test,{},{note}-{id}", 1_000 * id).unwrap();
    }
    place.write("data/people.csv", rows + hidden.others);
    let columns = "      - {name: id, logicalType: integer, required: true, primaryKey: true}\n\
                   \x20     - {name: secret, logicalType: string}\n";
    product(&place, "sealed", "secrets", columns, "SELECT id, secret FROM input.secrets\n");
    place.write("data/secrets.csv", hidden.secrets);
    place.run(&["apply", ".", "--yes"]).succeeded();
    place.write("governance.cedar", POLICIES);
    place.run(&["access", "policy", "set", "governance.cedar"]).succeeded();
    place.run(&["user", "set", "mallory", "--group", "staff", "--region", "EU"]).succeeded();
    place
}

/// What only the hidden parts of one of the homes have.
const HIDDEN: [&str; 5] = ["hid-mail-1@", "hid-note", "hid-us", "hid-secret", "88001"];

/// Whether an answer shows something hidden that whoever asked did not say themselves.
fn shows(answer: &str, asked: &str) -> Option<&'static str> {
    HIDDEN.into_iter().find(|hidden| answer.contains(hidden) && !asked.contains(hidden))
}

/// The attempts: name and statement.
fn statements() -> Vec<(&'static str, &'static str)> {
    let attempts = STATEMENTS.trim().split("\n\n").map(|attempt| attempt.split_once('\n').unwrap());
    attempts.map(|(name, sql)| (name.strip_prefix("-- ").unwrap(), sql)).collect()
}

/// An answer without what is different every time: the id of the request.
fn comparable((status, body): (u16, String)) -> String {
    let words = body.split('"').map(|word| {
        let is_id = word.len() == 36 && word.matches('-').count() == 4;
        if is_id { "[ID]" } else { word }
    });
    let text = words.collect::<Vec<_>>().join("\"");
    // Ids also stand in sentences.
    let mut shown = format!("{status} ");
    for word in text.split_inclusive(' ') {
        let bare = word.trim_matches(|c: char| !c.is_ascii_alphanumeric() && c != '-');
        shown += &if bare.len() == 36 && bare.matches('-').count() == 4 {
            word.replace(bare, "[ID]")
        } else {
            word.to_owned()
        };
    }
    shown
}

#[test]
fn statements_tell_nothing_of_what_is_hidden() {
    let (one, other) = (home(&ONE), home(&OTHER));
    let (first, second) = (token(&one, "mallory"), token(&other, "mallory"));
    let (one, other) = (Served::open(&one), Served::open(&other));
    let attempts = statements();
    assert!(attempts.len() >= 150, "{}", attempts.len());
    let mut answered = 0;
    let mut leaks = Vec::new();
    for (name, sql) in attempts {
        let answer = comparable(one.post_sql(&first, sql));
        let same = comparable(other.post_sql(&second, sql));
        answered += usize::from(answer.starts_with("200"));
        // What the attacker wrote may come back in an error.
        if answer != same || shows(&answer, sql).is_some() {
            leaks.push(format!("{name}: {sql}\n  {answer}\n  {same}"));
        }
    }
    assert!(leaks.is_empty(), "{} leaks:\n{}", leaks.len(), leaks.join("\n"));
    // Otherwise nothing was asked.
    assert!(answered > 70, "only {answered} were answered");
}

#[test]
fn requests_over_http_tell_nothing_of_what_is_hidden() {
    let (one, other) = (home(&ONE), home(&OTHER));
    let (first, second) = (token(&one, "mallory"), token(&other, "mallory"));
    let (one, other) = (Served::open(&one), Served::open(&other));
    let paths = [
        "/v1/products",
        "/v1/products/vault",
        "/v1/products/sealed",
        "/v1/products/nothere",
        "/v1/data/vault/people",
        "/v1/data/vault/people?select=note",
        "/v1/data/vault/people?note=hid-note-1",
        "/v1/data/vault/people?order=note",
        "/v1/data/vault/people?email=hid-mail-1@x.test",
        "/v1/data/vault/people?email=like.hid*",
        "/v1/data/vault/people?region=US",
        "/v1/data/vault/people?salary=gt.880000",
        "/v1/data/vault/people?order=salary.desc&limit=1",
        "/v1/data/vault/people?limit=1",
        "/v1/data/vault/people/1",
        "/v1/data/vault/people/9001",
        "/v1/data/vault/people/9999",
        "/v1/data/vault/people_quarantine",
        "/v1/data/vault/people%27%3B--",
        "/v1/data/vault/..%2F..%2Foutport.db",
        "/v1/data/vault/openapi.json",
        "/v1/data/sealed/secrets",
        "/v1/data/sealed/secrets/1",
        "/v1/data/sealed/openapi.json",
        "/v1/data/nothere/openapi.json",
        "/v1/download/vault/people.csv",
        "/v1/download/vault/people.parquet",
        "/v1/download/sealed/secrets.csv",
        "/v1/download/vault/..%2Fsealed%2Fsecrets.csv",
        "/metrics",
        "/health",
        "/ready",
        "/openapi.json",
    ];
    for path in paths {
        let answer = comparable(one.curl(path, Some(&first), &["--path-as-is"]));
        let same = comparable(other.curl(path, Some(&second), &["--path-as-is"]));
        let place = |served: &Served, text: &str| text.replace(served.http(), "[HTTP]");
        let moments = |text: String| mask_moments(&text);
        assert_eq!(moments(place(&one, &answer)), moments(place(&other, &same)), "{path}");
        assert!(!answer.contains("hid-note") && !answer.contains("hid-us") && !answer.contains("hid-secret"), "{path}");
    }
}

/// A text without the moments in it, which differ from home to home.
fn mask_moments(text: &str) -> String {
    let mut shown = String::new();
    for word in text.split_inclusive(['"', ' ', ',']) {
        let is_moment = word.len() > 19 && word.as_bytes()[4] == b'-' && word.contains('T') && word.contains(':');
        shown += if is_moment { "[MOMENT]" } else { word };
    }
    shown
}

#[test]
fn the_attempts_are_many_differ_and_are_at_every_door() {
    let names = |cases: &[(&'static str, &'static str)]| cases.iter().map(|(name, _)| *name).collect::<Vec<_>>();
    let of: [(&str, Vec<&str>, usize); 16] = [
        ("sql", names(&statements()), 150),
        ("postgres", [names(&postgres::CATALOG), names(&postgres::SESSION), names(&postgres::COPIES)].concat(), 80),
        ("flight", [flight::LISTINGS.map(|(name, _)| name).to_vec(), flight::CALLS.to_vec()].concat(), 30),
        ("graphql", [names(&graphql::DOCUMENTS), graphql::FORMS.to_vec()].concat(), 50),
        (
            "mcp",
            [mcp::CALLS.map(|(name, _, _)| name).to_vec(), mcp::PAGES.map(|(name, _, _)| name).to_vec()].concat(),
            50,
        ),
        (
            "sharing",
            [names(&sharing::PATHS), sharing::QUERIES.map(|(name, _, _)| name).to_vec(), sharing::TAMPERED.to_vec()]
                .concat(),
            70,
        ),
        ("groups", [groups::STATEMENTS.map(|(name, _, _)| name).to_vec(), groups::ROWS.to_vec()].concat(), 30),
        ("meanwhile", names(&meanwhile::CASES), 20),
        ("catalog", names(&catalog::CASES), 60),
        ("search", names(&search::CASES), 40),
        ("feedback", feedback::CASES.map(|(name, ..)| name).to_vec(), 30),
        ("preview", preview::CASES.map(|(name, ..)| name).to_vec(), 30),
        ("questions", [questions::CASES.map(|(name, ..)| name).to_vec(), names(&questions::SHARED)].concat(), 30),
        ("cursors", cursors::CASES.map(|(name, _)| name).to_vec(), 40),
        ("manage", manage::REQUESTS.map(|(name, ..)| name).to_vec(), 40),
        ("hidden or missing", names(&manage::HIDDEN_OR_MISSING), 25),
    ];
    let mut all = 0;
    for (door, mut names, least) in of {
        let many = names.len();
        assert!(many >= least, "{door}: {many}");
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), many, "{door}: two attempts have one name");
        all += many;
    }
    // Statements are tried at five doors, and credentials at nine.
    let tried = all + 4 * statements().len() + credentials::ATTEMPTS + postgres::STARTS.len();
    assert!(all >= 550 && tried >= 1_500, "{all} attempts, {tried} with the doors");
}
