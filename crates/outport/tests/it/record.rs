//! The record of requests as the product `outport`: who reads it, through which doors, and that nothing is missing.

use std::{path::Path, process::Command};

use serde_json::{Value, json};

use crate::{
    place::{Place, clients_python},
    served::{Served, token},
    shop::{open_shop, shop},
};

const POLICIES: &str = r#"
// Whoever writes this means the products of the workspace.
@id("everything")
permit(principal in Group::"staff", action, resource);

@id("auditors")
permit(principal in Group::"auditors", action in [Action::"discover", Action::"read"], resource in Product::"outport");

@id("owners")
permit(principal in Group::"owners", action in Action::"read", resource in Port::"outport/reads@1");

@id("of-the-shop")
forbid(principal in Group::"owners", action == Action::"readRow", resource is outport::reads)
unless { resource.product == "shop" };

@id("restricted")
@mask("null")
forbid(principal, action == Action::"readColumn", resource)
when { resource has classification && resource.classification == "restricted" }
unless { principal in Group::"auditors" };
"#;

/// The shop, with `ann` of its staff, `pia`, an auditor, and `olga`, an owner.
fn watched() -> Place {
    let place = open_shop();
    place.write("governance.cedar", POLICIES);
    place.run(&["access", "policy", "set", "governance.cedar"]).succeeded();
    for (user, group) in [("ann", "staff"), ("pia", "auditors"), ("olga", "owners")] {
        place.run(&["user", "set", user, "--group", group]).succeeded();
    }
    place
}

/// Runs a client with what it needs to know.
#[track_caller]
fn client(served: &Served, name: &str, user: &str, token: &str, page: &str, arguments: &[&str]) -> Value {
    let address = |door| {
        let (host, port) = served.address(door);
        format!("{host}:{port}")
    };
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/clients").join(name);
    let mut command = Command::new(clients_python());
    command.env("OUTPORT_HTTP", served.http()).env("OUTPORT_PAGE", page);
    command.env("OUTPORT_POSTGRES", address("postgres")).env("OUTPORT_FLIGHT", address("flight"));
    command.env("OUTPORT_USER", user).env("OUTPORT_TOKEN", token);
    let output = command.arg(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn each_of_many_requests_at_once_is_on_record_once() {
    let place = watched();
    let ann = token(&place, "ann");
    let served = Served::open(&place);
    let asked = client(&served, "many.py", "ann", &ann, "10", &["40", "SELECT id FROM shop.sales WHERE id <> -{}"]);
    assert_eq!(asked, json!({"sql": 40, "postgres": 40, "flight": 40}));

    let of_ann = "principal = 'ann' AND statement LIKE 'SELECT id FROM shop.sales WHERE id <> -%'";
    let sql = format!(
        "SELECT door, count(*) AS requests, count(DISTINCT statement) AS texts, sum(rows) AS answered, sum(times) AS times
         FROM outport.requests WHERE {of_ann} AND result = 'answered' GROUP BY door ORDER BY door"
    );
    let row = |door: &str| json!({"door": door, "requests": 40, "texts": 40, "answered": 80, "times": 40});
    let expected = json!([row("flight"), row("postgres"), row("sql")]);
    assert_eq!(place.query(&sql), expected, "read by another process, while the server runs");

    let read = place.query(
        "SELECT door, column_name, count(DISTINCT request) AS requests FROM outport.reads
         WHERE principal = 'ann' AND product = 'shop' AND port = 'sales' AND major = 1 AND table_name = 'sales'
         GROUP BY 1, 2 ORDER BY 1, 2",
    );
    let row = |door: &str| json!({"door": door, "column_name": "id", "requests": 40});
    assert_eq!(read, json!([row("flight"), row("postgres"), row("sql")]));

    drop(served);
    assert_eq!(place.query(&sql), expected, "and after it was stopped");
    let all = place.scalar("SELECT count(*) FROM outport.requests").as_u64().unwrap();
    let verified = place.run(&["audit", "verify", "--output", "json"]).succeeded().json();
    // The query that counted is on record too, and was not when it began.
    assert_eq!((&verified["faults"], verified["records"].as_u64()), (&json!([]), Some(all + 1)));
}

#[test]
fn the_record_is_read_through_every_door() {
    let place = watched();
    let pia = token(&place, "pia");
    let ask = |more: &[&str]| place.run(&[&["query", "SELECT count(*) FROM shop.sales", "--as", "ann"], more].concat());
    for _ in 0..3 {
        ask(&["--purpose", "churn"]).succeeded();
    }
    ask(&[]).succeeded();
    let served = Served::open(&place);
    let usage =
        "SELECT principal, purpose, count(*) AS requests FROM outport.requests WHERE product = 'shop' GROUP BY 1, 2";
    let columns = "SELECT product, table_name, column_name, count(*) AS n FROM outport.reads WHERE product = 'shop' GROUP BY 1, 2, 3";
    let found = client(&served, "doors.py", "pia", &pia, "200", &["outport.requests", usage, columns]);

    let expected = [
        json!([
            {"principal": "ann", "purpose": "churn", "requests": 3},
            {"principal": "ann", "purpose": null, "requests": 1},
        ]),
        json!([{"product": "shop", "table_name": "sales", "column_name": null, "n": 4}]),
    ];
    for (doors, expected) in found["queries"].as_array().unwrap().iter().zip(expected) {
        for (door, answer) in doors.as_object().unwrap() {
            assert_eq!(answer, &expected, "{door}");
        }
    }
    for (door, rows) in found["table"].as_object().unwrap() {
        let rows = rows.as_array().unwrap_or_else(|| panic!("{door}: {rows}"));
        let of_ann = rows.iter().filter(|row| row["statement"] == "SELECT count(*) FROM shop.sales");
        assert_eq!(of_ann.count(), 4, "{door}");
        assert!(rows.iter().all(|row| row["id"].is_string() && !row["at"].is_null()), "{door}");
    }
}

#[test]
fn who_is_not_named_for_it_does_not_even_know_of_it() {
    let place = watched();
    let (ann, olga) = (token(&place, "ann"), token(&place, "olga"));
    let served = Served::open(&place);
    for table in ["requests", "reads"] {
        let (status, body) = served.post_sql(&ann, &format!("SELECT * FROM outport.{table}"));
        assert!(status == 400 && body.contains("there is no table"), "{status} {body}");
    }
    let (status, catalog) = served.curl("/v1/products", Some(&ann), &[]);
    assert!(status == 200 && catalog.contains("shop") && !catalog.contains("outport.re"), "{catalog}");
    let schemas = served
        .sql(&ann, "SELECT DISTINCT table_schema FROM information_schema.tables WHERE table_schema LIKE 'outport%'");
    assert!(!schemas.to_string().contains("outport"), "{schemas}");

    // An owner sees who reads the shop, and nothing of anybody else.
    served.sql(&ann, "SELECT id FROM shop.sales");
    place.run(&["query", "SELECT count(*) FROM outport.requests"]).succeeded();
    let rows = served.sql(&olga, "SELECT DISTINCT product, principal FROM outport.reads");
    assert!(rows.to_string().contains("\"ann\"") && !rows.to_string().contains("\"outport\""), "{rows}");
    assert_eq!(served.post_sql(&olga, "SELECT * FROM outport.requests").0, 400);
    let explained = place.run(&["access", "explain", "outport.reads", "--user", "olga"]).succeeded().stdout;
    assert!(explained.contains("owners") && explained.contains("of-the-shop"), "{explained}");
}

#[test]
fn what_others_may_not_see_is_hidden_in_the_record_too() {
    let place = watched();
    place.write(
        "more.cedar",
        r#"permit(principal in Group::"staff", action in Action::"read", resource in Port::"outport/requests@1");"#,
    );
    place.run(&["access", "policy", "set", "more.cedar"]).succeeded();
    place.run(&["query", "SELECT 'secret' FROM shop.sales"]).succeeded();
    let read = |user: &str, sql: &str| place.run(&["query", sql, "--as", user, "--format", "json"]).succeeded().json();
    let count = |user: &str, condition: &str| {
        let rows = read(user, &format!("SELECT count(*) AS n FROM outport.requests WHERE {condition}"));
        rows[0]["n"].as_u64().unwrap()
    };
    assert_eq!(count("pia", "statement LIKE '%secret%' AND principal = 'home:local'"), 1);
    assert_eq!(count("ann", "statement IS NOT NULL"), 0);
    assert!(count("ann", "principal = 'home:local'") > 0);
}

#[test]
fn an_agreement_lets_someone_read_the_record() {
    let place = watched();
    let request = ["access", "request", "outport.requests", "--purpose", "review", "--expires", "1d", "--as", "pia"];
    let denied = place.run(&request);
    assert!(denied.code != 0 && denied.stderr.contains("may not"), "{}", denied.text());
    place.write(
        "more.cedar",
        r#"permit(principal == User::"ann", action in [Action::"discover", Action::"request"], resource in Product::"outport");"#,
    );
    place.run(&["access", "policy", "set", "more.cedar"]).succeeded();
    let request = [&request[..7], &["--as", "ann", "--output", "json"]].concat();
    let agreement = place.run(&request).succeeded().json()["id"].as_str().unwrap().to_owned();
    let query = ["query", "SELECT count(*) FROM outport.requests", "--as", "ann"];
    assert_ne!(place.run(&query).code, 0);
    place.run(&["access", "approve", &agreement]).succeeded();
    place.run(&query).succeeded();
    let sql = format!(
        "SELECT count(DISTINCT request) FROM outport.reads WHERE agreement = '{agreement}' AND product = 'outport'"
    );
    assert_eq!(place.scalar(&sql), 1);
}

#[test]
fn strangers_are_counted() {
    let place = open_shop();
    let served = Served::open(&place);
    for _ in 0..30 {
        // After some it takes longer until the next one is looked at.
        let status = served.post_sql("outport_nobody_nothing", "SELECT 1").0;
        assert!(matches!(status, 401 | 429), "{status}");
    }
    assert_eq!(served.curl("/v1/products", None, &[]).0, 401);
    let sql = "SELECT count(*) AS records, sum(times) AS times FROM outport.requests
               WHERE principal IS NULL AND result = 'refused' AND door IN ('sql', 'rest')";
    assert_eq!(place.query(sql)[0]["records"].as_u64().map(|records| records <= 12), Some(true));
    drop(served);
    let found = place.query(sql);
    assert_eq!(found[0]["times"], 31, "{found}");
    assert!(found[0]["records"].as_u64().unwrap() <= 12, "{found}");
    let listed = place.run(&["audit", "list"]).succeeded().stdout;
    assert!(listed.contains("refused ×") && listed.contains("authenticate from 127.0.0.1"), "{listed}");
}

#[test]
fn other_workspaces_have_records_of_their_own() {
    let place = open_shop();
    place.query("SELECT 1 AS here FROM shop.sales");
    let here = "SELECT count(*) FROM outport.requests WHERE statement LIKE '%AS here%'";
    assert_eq!(place.scalar(here), 1);
    let elsewhere = place.run(&["query", here, "--workspace", "other", "--format", "json"]).succeeded().json();
    assert_eq!(elsewhere[0].as_object().unwrap().values().next(), Some(&json!(0)));
}

#[test]
fn a_query_of_a_time_reads_that_time() {
    let place = open_shop();
    place.query("SELECT 1 FROM shop.sales");
    for (condition, some) in [
        ("at > now() - INTERVAL '1 hour'", true),
        ("at < now() - INTERVAL '1 hour'", false),
        ("at >= '2000-01-01T00:00:00Z' AND at < '2001-01-01T00:00:00Z'", false),
        ("at BETWEEN '2000-01-01T00:00:00Z' AND '2100-01-01T00:00:00Z'", true),
    ] {
        let found = place.scalar(&format!("SELECT count(*) FROM outport.requests WHERE {condition}"));
        assert_eq!(found.as_u64().unwrap() > 0, some, "{condition}");
    }
}

#[test]
fn the_name_is_taken() {
    let place = shop();
    place.edit("shop/product.odps.yaml", "id: shop\n", "id: outport\n");
    for command in [&["validate", "shop"][..], &["apply", "shop", "--yes"]] {
        let refused = place.run(command);
        assert_eq!(refused.code, 1, "{}", refused.text());
        let said = format!("{}{}", refused.stdout, refused.stderr);
        assert!(said.contains("OP0237") && said.contains("the record of requests"), "{said}");
    }
}
