//! The PostgreSQL door with the clients that people have: each prints what it saw as JSON.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};

use crate::{
    place::{Place, clients_python},
    serve::{ENCRYPTED, certificate},
    served::{Served, token},
};

const DESCRIPTOR: &str = "\
apiVersion: v1.0.0
kind: DataProduct
id: shop
name: Shop
version: 1.0.0
status: active
domain: sales
description: {purpose: What was sold., limitations: Small., usage: For tests.}
inputPorts:
  - {name: orders, version: 1.0.0, contractId: shop.input}
outputPorts:
  - {name: orders, version: 1.0.0, type: tables, contractId: shop.orders}
team: {name: shop, members: [{username: owner@example.com, role: owner}]}
";

/// Everything about the columns but their `code`, which comes as text and is offered as bytes.
const COLUMNS: &str = "\
schema:
  - name: orders
    description: One row for each order.
    properties:
      - {name: id, logicalType: integer, required: true, primaryKey: true, description: Its number.}
      - {name: customer, logicalType: string}
      - {name: amount, logicalType: number, physicalType: 'decimal(10,2)'}
      - {name: weight, logicalType: number}
      - {name: paid, logicalType: boolean}
      - {name: day, logicalType: date}
      - {name: at, logicalType: timestamp, logicalTypeOptions: {timezone: true}}
      - {name: local, logicalType: timestamp, logicalTypeOptions: {timezone: false}}
      - {name: tags, logicalType: array, items: {logicalType: string}}
      - {name: code, logicalType: string}
      - {name: pieces, logicalType: integer, logicalTypeOptions: {format: i32}}
";

const ROWS: &str = r#"{"id":1,"customer":"Ånn","amount":12.50,"weight":0.5,"paid":true,"day":"2023-11-14","at":"2023-11-14T22:13:20.123456Z","local":"2023-11-14T22:13:20","tags":["new","vip"],"code":"ab","pieces":3}
{"id":2,"customer":"Bob, \"the\" second","amount":-0.05,"weight":1.25,"paid":false,"day":"1970-01-01","at":"1970-01-01T00:00:00Z","local":"1970-01-01T00:00:00","tags":[],"code":"","pieces":-1}
{"id":3}
"#;

const MODEL: &str = "SELECT id, customer, amount, weight, paid, day, at, local, tags, CAST(code AS BYTEA) AS code, pieces \
    FROM input.orders\n";

const NAMES: [&str; 11] =
    ["id", "customer", "amount", "weight", "paid", "day", "at", "local", "tags", "code", "pieces"];

/// The first row, as the clients write it but for the moments.
fn first(at: &str, local: &str) -> Value {
    json!(["1", "Ånn", "12.50", "0.5", "true", "2023-11-14", at, local, "new,vip", "6162", "3"])
}

/// A home with the product `shop`, and `ann`, who may read it.
fn shop() -> Place {
    let place = Place::new();
    let head = |id: &str| format!("apiVersion: v3.1.0\nkind: DataContract\nid: {id}\nversion: 1.0.0\nstatus: active\n");
    let server = "servers:\n  - {server: files, type: local, path: ../data/orders.ndjson, format: ndjson}\n";
    let offered =
        COLUMNS.replace("name: code, logicalType: string", "name: code, logicalType: string, physicalType: binary");
    place.write("shop/product.odps.yaml", DESCRIPTOR);
    place.write("shop/outport.yaml", "apiVersion: outport/v1\ninputs:\n  orders: {server: files}\n");
    place.write("shop/contracts/input.odcs.yaml", format!("{}{server}{COLUMNS}", head("shop.input")));
    place.write("shop/contracts/orders.odcs.yaml", format!("{}{offered}", head("shop.orders")));
    place.write("shop/models/orders.sql", MODEL);
    place.write("data/orders.ndjson", ROWS);
    place.run(&["apply", "shop", "--yes"]).succeeded();
    place.write("staff.cedar", "permit(principal in Group::\"staff\", action, resource);\n");
    place.run(&["access", "policy", "set", "staff.cedar"]).succeeded();
    place.run(&["user", "set", "ann", "--group", "staff"]).succeeded();
    place
}

fn client(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/clients/postgres").join(name)
}

/// What a client saw.
#[track_caller]
fn seen(command: Command) -> Value {
    let place = shop();
    let served = Served::open(&place);
    told(command, &place, served.address("postgres"))
}

/// What a client saw over TLS, for which it has the certificate of whoever vouches for the door.
#[track_caller]
fn seen_encrypted(mut command: Command) -> Value {
    let place = shop();
    certificate(&place);
    place.write("home/outport.toml", ENCRYPTED);
    let served = Served::open(&place);
    command.env("OUTPORT_CA", place.path("home/tls/localhost.crt"));
    told(command, &place, ("localhost", served.address("postgres").1))
}

#[track_caller]
fn told(mut command: Command, place: &Place, (host, port): (&str, &str)) -> Value {
    let token = token(place, "ann");
    command.env("PGHOST", host).env("PGPORT", port).env("PGUSER", "ann").env("PGPASSWORD", token);
    command.env("PGDATABASE", "dev").env("OUTPORT_TABLE", "shop.orders").env_remove("PGOPTIONS").env("TZ", "UTC");
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (out, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{error}\n{out}");
    serde_json::from_str(&out).unwrap_or_else(|wrong| panic!("{wrong}: {out}"))
}

/// Every parameter finds the rows that it should: one, but for these.
#[track_caller]
fn assert_parameters(found: &Value, others: &[(&str, i64)]) {
    for (name, count) in found.as_object().unwrap() {
        let expected = others.iter().find(|(other, _)| other == name).map_or(1, |(_, count)| *count);
        assert_eq!(count.to_string().trim_matches('"'), expected.to_string(), "{name}");
    }
}

/// What all of them see alike.
#[track_caller]
fn assert_common(seen: &Value) {
    let errors = json!({"column": "42703", "table": "42P01", "write": "42501"});
    assert_eq!((&seen["errors"], &seen["purpose"]), (&errors, &json!("a test of clients")));
    assert_eq!(seen["steps"], 9);
}

fn java(program: &str) -> Command {
    let mut java = Command::new("java");
    java.args(["-Dfile.encoding=UTF-8", "-Dstdout.encoding=UTF-8", "-XX:TieredStopAtLevel=1"]);
    java.args(["-cp", "/usr/share/java/postgresql.jar"]).arg(client(program));
    java
}

fn node(program: &str) -> Command {
    let cache = std::env::var_os("OUTPORT_CACHE")
        .map_or_else(|| PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache/outport"), PathBuf::from);
    let modules = cache.join("node");
    assert!(modules.join("node_modules/pg").exists(), "`{}` is missing: run `scripts/node-env`", modules.display());
    let mut node = Command::new("node");
    node.arg(client(program)).env("OUTPORT_MODULES", modules);
    node
}

#[test]
fn jdbc_verifies_the_certificate() {
    let seen = seen_encrypted(java("JdbcTls.java"));
    assert_eq!(seen["rows"], json!([1, 2, 3]));
    let [stranger, elsewhere] = ["stranger", "elsewhere"].map(|name| seen[name].as_str().unwrap().to_owned());
    assert!(stranger.contains("unable to find valid certification path"), "{stranger}");
    assert!(elsewhere.contains("127.0.0.1") && elsewhere.contains("could not be verified"), "{elsewhere}");
}

#[test]
fn node_postgres_verifies_the_certificate() {
    let seen = seen_encrypted(node("node_tls.mjs"));
    assert_eq!(seen["rows"], json!([1, 2, 3]));
    assert_eq!((&seen["encrypted"], &seen["authorized"]), (&json!(true), &json!(true)));
    assert_eq!(seen["stranger"], "DEPTH_ZERO_SELF_SIGNED_CERT");
    assert_eq!(seen["elsewhere"], "ERR_TLS_CERT_ALTNAME_INVALID");
}

#[test]
fn jdbc_reads_and_describes() {
    let seen = seen(java("JdbcClient.java"));
    assert_common(&seen);
    assert_eq!(seen["plain"], "08004", "without a certificate there is no encryption to be had");
    assert_eq!(seen["schemas"], json!(["information_schema", "pg_catalog", "public", "shop"]));
    assert_eq!(seen["catalogs"], json!(["dev"]));
    assert_eq!(seen["tables"], json!(["shop|orders|TABLE|One row for each order."]));
    let types =
        ["int8", "text", "numeric", "float8", "bool", "date", "timestamptz", "timestamp", "_text", "bytea", "int4"];
    let columns: Vec<String> = NAMES
        .iter()
        .zip(types)
        .map(|(name, kind)| format!("{name}|{kind}|{}", if *name == "id" { "NO" } else { "YES" }))
        .collect();
    assert_eq!(seen["columns"], json!(columns));
    assert_eq!(seen["keys"], json!(["id|1|orders_pkey"]));
    assert_eq!(seen["indexes"], json!(["orders_pkey|id|f"]));
    assert_eq!(seen["best"], json!(["id"]));
    assert_eq!(seen["rights"], json!(["ann|SELECT"]));
    assert_eq!((&seen["imported"], &seen["exported"], &seen["procedures"]), (&json!([]), &json!([]), &json!([])));
    assert_eq!((&seen["types"], &seen["valid"]), (&json!(true), &json!(true)));
    assert_eq!((&seen["schema"], &seen["unqualified"]), (&json!("shop"), &json!("3")));
    let row = first("2023-11-14T22:13:20.123456Z", "2023-11-14T22:13:20");
    assert_eq!((&seen["text"], &seen["binary"]), (&row, &row));
    assert_parameters(&seen["parameters"], &[("setNull", 3), ("setArray", 2), ("setArray, none", 3), ("limit", 2)]);
    assert_eq!(seen["described"], json!(["int8", "date"]));
    assert_eq!(seen["cancel"], "57014");
}

#[test]
fn node_postgres_reads() {
    let seen = seen(node("node_client.mjs"));
    assert_common(&seen);
    assert_eq!((&seen["tables"], &seen["columns"]), (&json!(["shop.orders"]), &json!(NAMES)));
    assert_eq!(seen["text"], first("2023-11-14T22:13:20.123Z", "2023-11-14 22:13:20"));
    assert_eq!(seen["binary"], json!(["1", "Ånn", "0.5", "true", "3"]));
    assert_parameters(&seen["parameters"], &[("list", 2), ("no list", 3), ("null", 3), ("limit", 2)]);
    assert_eq!((&seen["prepared"], &seen["pool"]), (&json!([1, 2]), &json!([1, 2, 3])));
    assert_eq!((&seen["timeout"], &seen["cancel"]), (&json!("57014"), &json!("57014")));
}

#[test]
fn psycopg_reads_and_copies() {
    let mut python = Command::new(clients_python());
    python.arg(client("psycopg_client.py"));
    let seen = seen(python);
    assert_common(&seen);
    assert_eq!((&seen["tables"], &seen["columns"]), (&json!(["shop.orders"]), &json!(NAMES)));
    let row = first("2023-11-14T22:13:20.123456+00:00", "2023-11-14T22:13:20");
    assert_eq!((&seen["text"], &seen["binary"], &seen["copy"]), (&row, &row, &row));
    assert_eq!(seen["copied"], 3);
    assert_parameters(
        &seen["parameters"],
        &[("list", 2), ("binary list", 2), ("no list", 3), ("null", 3), ("limit", 2)],
    );
    assert_eq!(seen["selected"], json!(["1", "7,8", "x"]));
    assert_eq!((&seen["prepared"], &seen["cancel"]), (&json!([1, 1, 0]), &json!("57014")));
}

#[test]
fn asyncpg_reads() {
    let mut python = Command::new(clients_python());
    python.arg(client("asyncpg_client.py"));
    let seen = seen(python);
    assert_common(&seen);
    assert_eq!((&seen["tables"], &seen["columns"]), (&json!(["shop.orders"]), &json!(NAMES)));
    assert_eq!(seen["binary"], first("2023-11-14T22:13:20.123456+00:00", "2023-11-14T22:13:20"));
    assert_parameters(
        &seen["parameters"],
        &[("list", 2), ("list that is cast", 2), ("no list", 3), ("null", 3), ("limit", 2)],
    );
    assert_eq!(seen["described"], json!(["int8", "date", "bytea", "int8[]"]));
    assert_eq!(
        (&seen["lists"], &seen["cancel"], &seen["pool"]),
        (&json!([3, null]), &json!("timeout"), &json!([1, 1]))
    );
}

#[test]
fn sqlalchemy_reflects() {
    for driver in ["psycopg2", "psycopg"] {
        let mut python = Command::new(clients_python());
        python.arg(client("sqlalchemy_client.py")).arg(driver);
        let seen = seen(python);
        assert_eq!(seen["default"], "public");
        assert_eq!(seen["schemas"], json!(["information_schema", "public", "shop"]));
        assert_eq!((&seen["tables"], &seen["views"]), (&json!(["orders"]), &json!([[], []])));
        assert_eq!(seen["enums"], json!([[], [], []]));
        let columns = seen["columns"].as_array().unwrap();
        assert_eq!(columns[0], json!(["id", "BIGINT", false, "Its number."]), "{driver}");
        assert_eq!(columns[2], json!(["amount", "NUMERIC(10, 2)", true, null]), "{driver}");
        assert_eq!(columns[8], json!(["tags", "ARRAY", true, null]), "{driver}");
        assert_eq!(seen["key"]["constrained_columns"], json!(["id"]), "{driver}: {}", seen["key"]);
        assert_eq!(seen["key"]["name"], "orders_pkey");
        assert_eq!((&seen["foreign"], &seen["indexes"], &seen["checks"]), (&json!([]), &json!([[], []]), &json!([])));
        assert_eq!((&seen["comment"], &seen["options"]), (&json!("One row for each order."), &json!({})));
        assert_eq!(seen["there"], json!([true, false, true]));
        assert_eq!((&seen["rows"], &seen["streamed"]), (&json!([1]), &json!(3)), "{driver}");
    }
}
