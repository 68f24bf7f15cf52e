//! `--server`: the verbs on a running server, as they are on a home.

mod documents;

use std::{
    path::Path,
    process::{Command as Process, Stdio},
    time::{Duration, Instant},
};

use assert_cmd::Command;
use regex::Regex;
use serde_json::{Value, json};

use crate::{
    place::{Place, Ran, ran},
    served::{Served, serve, token},
    shop::shop,
};

/// The bundle `shop`, which reads its data from the depot `landing`; with the administrator `root`.
fn depot_shop() -> Place {
    let place = shop();
    place.write("shop/outport.yaml", "apiVersion: outport/v1\ninputs:\n  sales: {depot: landing, path: sales.csv}\n");
    let contract = std::fs::read_to_string(place.path("shop/contracts/input.odcs.yaml")).unwrap();
    let without: Vec<_> = contract.lines().filter(|line| !line.contains("server")).collect();
    place.write("shop/contracts/input.odcs.yaml", format!("{}\n", without.join("\n")));
    place.write("home/outport.toml", "[depots.landing]\nlocation = \"../data\"\n");
    let mut init = place.command(&["init", "--administrator", "root", "--password-stdin"]);
    assert_eq!(ran(init.write_stdin("correct horse battery\n")).code, 0);
    place
}

/// A place whose commands work on the server of its home. They have no home of their own.
struct Remote {
    place: Place,
    served: Served,
    token: String,
}

impl Remote {
    #[track_caller]
    fn new(place: Place) -> Self {
        let token = token(&place, "root");
        let served = Served::open(&place);
        Self { place, served, token }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        self.command_of(&self.token, arguments)
    }

    fn command_of(&self, token: &str, arguments: &[&str]) -> Command {
        let mut command = self.place.command(arguments);
        command.env("OUTPORT_HOME", self.place.path("elsewhere"));
        command.env("OUTPORT_SERVER", self.served.http()).env("OUTPORT_TOKEN", token);
        command
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        ran(&mut self.command(arguments))
    }

    /// As someone else.
    fn run_as(&self, token: &str, arguments: &[&str]) -> Ran {
        ran(&mut self.command_of(token, arguments))
    }

    #[track_caller]
    fn get(&self, path: &str) -> Value {
        let (status, body) = self.served.curl(path, Some(&self.token), &[]);
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).unwrap()
    }
}

/// What a command left behind, without what differs from run to run.
fn plain(place: &Place, ran: &Ran) -> String {
    let mut filters = place.filters();
    filters.push((r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}".to_owned(), "[ID]"));
    filters.push((r#""milliseconds": ?\d+"#.to_owned(), "\"milliseconds\": [TIME]"));
    filters.push((r#""bytes": ?\d+"#.to_owned(), "\"bytes\": [BYTES]"));
    // Whoever works on a home is nobody on record.
    filters.push(("home:local".to_owned(), "root"));
    let text = ran.text();
    filters.iter().fold(text, |text, (from, to)| Regex::new(from).unwrap().replace_all(&text, *to).into_owned())
}

/// One step: something is written, or a command is run.
enum Step {
    Write(&'static str, &'static str),
    Run(&'static [&'static str]),
}

use Step::{Run, Write};

/// A week in the life of a product.
const SCRIPT: &[Step] = &[
    Run(&["get"]),
    Run(&["get", "--output", "json"]),
    Run(&["plan", "shop"]),
    Run(&["plan", "shop", "--output", "json"]),
    Run(&["plan", "shop", "--detailed-exitcode", "--output", "yaml"]),
    Run(&["plan", "nosuch"]),
    Run(&["plan", "shop/outport.yaml"]),
    Run(&["apply", "shop"]),
    Run(&["apply", "shop", "--yes"]),
    Run(&["apply", "shop", "--yes"]),
    Run(&["apply", "shop", "--yes", "--output", "json"]),
    Run(&["plan", "shop", "--detailed-exitcode"]),
    Run(&["get"]),
    Run(&["get", "--output", "json"]),
    Run(&["get", "shop"]),
    Run(&["get", "shop", "--output", "json"]),
    Run(&["get", "nosuch"]),
    Run(&["get", "nosuch", "--output", "json"]),
    Run(&["history", "shop"]),
    Run(&["history", "shop", "--output", "json"]),
    Run(&["query", "SELECT id, item, amount FROM shop.sales ORDER BY id"]),
    Run(&["query", "SELECT id, item, amount FROM shop.sales ORDER BY id", "--format", "csv"]),
    Run(&["query", "SELECT count(*) AS n FROM shop.sales WHERE id > 9", "--output", "json"]),
    Run(&["query", "SELECT id FROM shop.sales WHERE id > 9"]),
    Run(&["query", "SELECT nosuch FROM shop.sales"]),
    Run(&["query", "SELECT 1 FROM shop.nosuch", "--output", "json"]),
    Run(&["run"]),
    Run(&["run", "shop", "--output", "json"]),
    Run(&["run", "nosuch"]),
    Write("data/sales.csv", "id,item,amount\n1,apple,3\n2,pear,4\n3,plum,5\n"),
    Run(&["run", "shop", "--quiet"]),
    Run(&["run", "shop", "--output", "json"]),
    Run(&["rollback", "shop"]),
    Run(&["rollback", "shop", "--to", "1", "--output", "json"]),
    Run(&["rollback", "shop", "--to", "9"]),
    Run(&["run"]),
    Run(&["rollback", "shop", "--to", "2"]),
    Write("data/sales.csv", "id,item,amount\n1,apple,-3\n"),
    Run(&["run", "shop"]),
    Run(&["run", "shop", "--output", "json"]),
    Run(&["get", "shop"]),
    Write("data/sales.csv", "id,item\n1,apple\n"),
    Run(&["run", "shop"]),
    Write("data/sales.csv", "id,item,amount\n1,apple,3\n2,pear,4\n"),
    Write("shop/models/sales.sql", "SELECT id, item, amonut\nFROM input.sales\n"),
    Run(&["plan", "shop"]),
    Run(&["apply", "shop", "--yes"]),
    Run(&["apply", "shop", "--yes", "--output", "json"]),
    Write("shop/models/sales.sql", "SELECT id, upper(item) AS item, amount\nFROM input.sales\n"),
    Write("shop/docs/usage.md", "What was sold.\n"),
    Write("shop/docs/odd.bin", "\u{0}\u{1}"),
    Run(&["plan", "shop"]),
    Run(&["apply", "shop", "--yes"]),
    Write("shop/contracts/sales.odcs.yaml", BROKEN),
    Write("shop/models/sales.sql", "SELECT id, item\nFROM input.sales\n"),
    Run(&["plan", "shop"]),
    Run(&["apply", "shop", "--yes"]),
    Run(&["apply", "shop", "--yes", "--force", "--output", "json"]),
    Run(&["delete", "nosuch", "--yes"]),
    Run(&["delete", "shop"]),
    Run(&["delete", "shop", "--yes"]),
    Run(&["get"]),
    Run(&["history", "shop"]),
    Run(&["delete", "shop", "--yes", "--output", "json"]),
];

/// A column less, and the same version.
const BROKEN: &str = "\
apiVersion: v3.1.0
kind: DataContract
id: shop.sales
version: 1.0.0
status: active
schema:
  - name: sales
    properties:
      - {name: id, logicalType: integer, required: true, primaryKey: true}
      - {name: item, logicalType: string, required: true}
";

#[test]
fn a_server_does_what_a_home_does() {
    let here = depot_shop();
    let there = Remote::new(depot_shop());
    let succeeded = follow(SCRIPT, &here, &there);
    assert!(succeeded > 30, "the script does something: {succeeded}");
    assert!(!there.place.path("elsewhere").exists(), "no home was made");
}

/// Does every step on a home and on a server, and compares what it leaves behind. Gives how many commands succeed.
#[track_caller]
fn follow(script: &[Step], here: &Place, there: &Remote) -> usize {
    let mut succeeded = 0;
    for (number, step) in script.iter().enumerate() {
        match step {
            Write(file, text) => [here, &there.place].iter().for_each(|place| place.write(file, text)),
            Run(arguments) => {
                let (one, two) = (here.run(arguments), there.run(arguments));
                succeeded += usize::from(one.code == 0);
                let (one, two) = (plain(here, &one), plain(&there.place, &two));
                assert_eq!(one, two, "step {number}: {arguments:?}\n--- here\n{one}\n--- there\n{two}");
            }
        }
    }
    succeeded
}

#[test]
fn rows_come_in_every_format_as_from_a_home() {
    let here = depot_shop();
    here.run(&["apply", "shop", "--yes"]).succeeded();
    let there = Remote::new(depot_shop());
    there.run(&["apply", "shop", "--yes"]).succeeded();
    let sql = "SELECT id, item, CAST(amount AS DECIMAL(10, 2)) AS amount, DATE '2026-01-02' AS day, [id, 2] AS list \
               FROM shop.sales UNION ALL SELECT NULL, NULL, NULL, NULL, NULL ORDER BY id NULLS LAST";
    for format in ["table", "json", "ndjson", "parquet", "arrow"] {
        let arguments = ["query", sql, "--format", format];
        let outputs = [here.command(&arguments).output().unwrap(), there.command(&arguments).output().unwrap()];
        assert!(outputs[0].status.success() && !outputs[0].stdout.is_empty(), "{format}");
        assert_eq!(outputs[0].stdout, outputs[1].stdout, "{format}");
    }
    // More than one piece of an answer.
    let many =
        "SELECT a.value * 1000 + b.value AS n FROM generate_series(0, 299) a, generate_series(0, 999) b ORDER BY n";
    let arguments = ["query", many, "--format", "csv"];
    assert_eq!(here.run(&arguments).succeeded().stdout, there.run(&arguments).succeeded().stdout);
    let purpose = ["query", "SELECT 1 AS one", "--purpose", "counting", "--format", "csv"];
    assert_eq!(there.run(&purpose).succeeded().stdout, "one\n1\n");
    let records = there.place.run(&["audit", "list", "--output", "json"]).succeeded().json();
    assert_eq!(records.as_array().unwrap().last().unwrap()["purpose"], "counting");
}

/// People and what they may see.
const GOVERNANCE: &[Step] = &[
    Run(&["user", "set", "ann", "--group", "analysts", "--region", "EUROPE", "--label", "floor=3"]),
    Run(&["user", "set", "bob", "--service", "--output", "json"]),
    Run(&["user", "list"]),
    Run(&["user", "list", "--output", "json"]),
    Run(&["user", "disable", "bob"]),
    Run(&["user", "enable", "bob"]),
    Run(&["user", "disable", "nosuch"]),
    Run(&["user", "set", "a:b"]),
    Run(&["user", "remove", "bob"]),
    Run(&["user", "remove", "bob"]),
    Run(&["token", "list", "--user", "ann"]),
    Run(&["token", "create", "--user", "nosuch"]),
    Run(&["token", "revoke", "nosuch"]),
    Run(&["access", "policy", "list"]),
    Write(
        "catalog.cedar",
        "@id(\"catalog\")\npermit(principal, action in [Action::\"discover\", Action::\"request\"], resource);\n",
    ),
    Write("wrong.cedar", "permit(principal, action == Action::\"raed\", resource);\n"),
    Run(&["access", "policy", "set", "catalog.cedar"]),
    Run(&["access", "policy", "set", "wrong.cedar"]),
    Run(&["access", "policy", "set", "wrong.cedar", "--output", "json"]),
    Run(&["access", "policy", "set", "catalog.cedar", "--output", "json"]),
    Run(&["access", "check"]),
    Run(&["access", "request", "shop.nosuch", "--purpose", "counting"]),
    Run(&["access", "request", "shop.sales", "--purpose", "counting", "--group", "analysts", "--column", "nosuch"]),
    Run(&["access", "list"]),
    Run(&["access", "explain", "shop.sales", "--user", "ann"]),
    Run(&["access", "explain", "shop.sales", "--user", "ann", "--output", "json"]),
    Run(&["access", "explain", "shop.nosuch", "--user", "ann"]),
    Run(&["access", "policy", "remove", "catalog"]),
    Run(&["access", "policy", "remove", "catalog"]),
    Run(&["access", "check", "--output", "json"]),
];

#[test]
fn people_and_policies_are_managed_as_on_a_home() {
    let here = depot_shop();
    here.run(&["apply", "shop", "--yes"]).succeeded();
    let place = depot_shop();
    place.run(&["apply", "shop", "--yes"]).succeeded();
    let there = Remote::new(place);
    follow(GOVERNANCE, &here, &there);
    // What is made with an id of its own.
    let made =
        there.run(&["token", "create", "--user", "ann", "--label", "laptop", "--output", "json"]).succeeded().json();
    let (secret, id) = (made["secret"].as_str().unwrap(), made["token"]["id"].as_str().unwrap());
    assert_eq!(there.run_as(secret, &["query", "SELECT 1 AS one", "--format", "csv"]).succeeded().stdout, "one\n1\n");
    assert!(there.run(&["token", "list"]).succeeded().stdout.contains("laptop"));
    let own = there.run_as(secret, &["token", "create", "--user", "ann"]);
    assert!(own.code == 1 && own.stderr.contains("`ann` may not make tokens of others"), "{}", own.text());
    for verb in [&["user", "list"][..], &["access", "policy", "list"], &["audit", "list"], &["audit", "verify"]] {
        let ran = there.run_as(secret, verb);
        assert!(ran.code == 1 && ran.stderr.contains("`ann` may not"), "{verb:?}: {}", ran.text());
    }
    there.run(&["token", "revoke", id]).succeeded();
    let revoked = there.run_as(secret, &["query", "SELECT 1 AS one"]);
    assert!(revoked.code == 1 && revoked.stderr.contains("does not accept the token"), "{}", revoked.text());
    let records = there.run(&["audit", "list", "--user", "ann", "--output", "json"]).succeeded().json();
    let records = records.as_array().unwrap();
    assert!(!records.is_empty() && records.iter().all(|record| record["principal"] == "ann"), "{records:?}");
    assert_eq!(
        there.run(&["audit", "list", "--limit", "2", "--output", "json"]).succeeded().json().as_array().unwrap().len(),
        2
    );
    assert!(there.run(&["audit", "verify"]).succeeded().stdout.contains("as it was written"));
}

#[test]
fn a_server_tells_administrators_how_it_is_set_and_no_secret() {
    let place = depot_shop();
    place.run(&["apply", "shop", "--yes"]).succeeded();
    let text = "workspace = \"dev\"\n[limits]\nrows = 1000\n\
                [depots.landing]\nlocation = \"../data\"\n[depots.gone]\nlocation = \"../nosuch\"\n\
                [depots.odd]\nlocation = \"s3://key:s3cret@bucket/x\"\n\
                [telemetry.headers]\nauthorization = {env = \"TOKEN_OF_S3CRET\"}\n";
    place.write("home/outport.toml", text);
    let root = token(&place, "root");
    let served = Served::open(&place);
    let get = |path: &str| {
        let (status, body) = served.curl(path, Some(&root), &[]);
        assert_eq!(status, 200, "{body}");
        assert!(!body.to_ascii_lowercase().contains("s3cret"), "{body}");
        serde_json::from_str::<Value>(&body).unwrap()
    };
    let told = get("/v1/settings");
    let setting = |name: &str| {
        let all = told["settings"].as_array().unwrap();
        let found = all.iter().find(|setting| setting["name"] == name).unwrap();
        (found["value"].clone(), found["source"].clone(), found["from"].clone())
    };
    assert_eq!(setting("limits.rows"), (json!(1000), json!("file"), Value::Null));
    assert_eq!(setting("serve.http"), (json!("127.0.0.1:0"), json!("flag"), json!("--http")));
    assert_eq!(setting("threads"), (json!(2), json!("environment"), json!("OUTPORT_THREADS")));
    assert_eq!(setting("limits.concurrent"), (json!(16), json!("default"), Value::Null));
    assert_eq!(setting("telemetry.headers.authorization"), (json!("set"), json!("file"), Value::Null));
    assert_eq!((&told["limits"]["rows"], told["doors"].as_array().unwrap().len()), (&json!(1000), 3));
    assert_eq!(told["doors"][0], json!({ "door": "http", "address": served.http(), "tls": false }));
    let depots = get("/v1/depots");
    let states: Vec<_> = depots
        .as_array()
        .unwrap()
        .iter()
        .map(|depot| json!([depot["name"], depot["state"], depot["usedBy"]]))
        .collect();
    let used = json!([{ "product": "shop", "port": "sales" }]);
    assert_eq!(json!(states), json!([["gone", "missing", []], ["landing", "readable", used], ["odd", "missing", []]]));
}

#[test]
fn an_agreement_goes_its_way_over_a_server() {
    let place = depot_shop();
    place.run(&["apply", "shop", "--yes"]).succeeded();
    place.write(
        "catalog.cedar",
        "permit(principal, action in [Action::\"discover\", Action::\"request\"], resource);\n",
    );
    place.run(&["access", "policy", "set", "catalog.cedar"]).succeeded();
    place.run(&["user", "set", "ann"]).succeeded();
    let ann = token(&place, "ann");
    let remote = Remote::new(place);
    let ask = ["access", "request", "shop.sales", "--purpose", "counting", "--expires", "30d", "--output", "json"];
    let asked = remote.run_as(&ann, &ask).succeeded().json();
    assert_eq!(
        (&asked["state"], &asked["requestedBy"], &asked["seconds"]),
        (&json!("requested"), &json!("ann"), &json!(30 * 86_400))
    );
    let id = asked["id"].as_str().unwrap();
    let own = remote.run_as(&ann, &["access", "approve", id]);
    assert!(own.code == 1 && own.stderr.contains("`ann` may not decide"), "{}", own.text());
    remote.run(&["access", "approve", id, "--comment", "for a month"]).succeeded();
    let twice = remote.run(&["access", "approve", id]);
    assert!(twice.code == 1 && twice.stderr.contains("is approved by now"), "{}", twice.text());
    let count = ["query", "SELECT count(*) AS n FROM shop.sales", "--format", "csv"];
    assert_eq!(remote.run_as(&ann, &count).succeeded().stdout, "n\n2\n");
    let listed = remote.run_as(&ann, &["access", "list", "--output", "json"]).succeeded().json();
    assert_eq!(
        (&listed[0]["standing"], &listed[0]["agreement"]["decision"]["comment"]),
        (&json!("active"), &json!("for a month"))
    );
    let renewed = remote.run_as(&ann, &["access", "renew", id, "--output", "json"]).succeeded().json();
    assert_eq!(renewed["renews"], asked["id"]);
    remote.run_as(&ann, &["access", "withdraw", renewed["id"].as_str().unwrap()]).succeeded();
    remote.run(&["access", "revoke", id]).succeeded();
    let over = remote.run_as(&ann, &count);
    assert!(over.code == 1 && over.stderr.contains("may not be read without an agreement"), "{}", over.text());
    let other = remote.run(&["access", "list", "--as", "ann"]);
    assert!(other.code == 1 && other.stderr.contains("nobody `--as` another"), "{}", other.text());
}

#[test]
fn readers_read_and_operators_run() {
    let place = depot_shop();
    place.write(
        "governance.cedar",
        "@id(\"readers\")\npermit(principal in Group::\"readers\", action in [Action::\"discover\", Action::\"read\", Action::\"readColumn\", Action::\"readRow\"], resource);\n\
         @id(\"operators\")\npermit(principal in Group::\"operators\", action == Action::\"operate\", resource);\n",
    );
    place.run(&["access", "policy", "set", "governance.cedar"]).succeeded();
    place.run(&["user", "set", "rita", "--group", "readers"]).succeeded();
    place.run(&["user", "set", "olga", "--group", "operators"]).succeeded();
    let (rita, olga) = (token(&place, "rita"), token(&place, "olga"));
    let scoped = place.run(&["token", "create", "--user", "root", "--door", "sql", "--output", "json"]).succeeded();
    let scoped = scoped.json()["secret"].as_str().unwrap().to_owned();
    let remote = Remote::new(place);
    remote.run(&["apply", "shop", "--yes"]).succeeded();
    let before = remote.get("/v1/intents/shop");
    let refused = |token: &str, arguments: &[&str], message: &str| {
        let ran = remote.run_as(token, arguments);
        assert_eq!(ran.code, 1, "{arguments:?}: {}", ran.text());
        assert!(ran.stderr.contains(message), "{arguments:?}: {}", ran.text());
    };
    remote.place.write("shop/models/sales.sql", "SELECT id, item, amount FROM input.sales WHERE id > 1\n");
    refused(&rita, &["plan", "shop"], "`rita` may not plan changes of products");
    refused(&rita, &["apply", "shop", "--yes"], "`rita` may not plan changes of products");
    refused(&rita, &["delete", "shop", "--yes"], "`rita` may not plan changes of products");
    refused(&rita, &["run", "shop"], "`rita` may not operate `shop`");
    refused(&rita, &["run"], "`rita` may not run every product of the workspace");
    refused(&rita, &["rollback", "shop"], "`rita` may not operate `shop`");
    refused(&rita, &["get", "shop"], "`rita` may not operate `shop`");
    refused(&rita, &["history", "shop"], "`rita` may not operate `shop`");
    assert_eq!(remote.run_as(&rita, &["get", "--output", "json"]).succeeded().json(), json!([]));
    let rows = remote.run_as(&rita, &["query", "SELECT id FROM shop.sales ORDER BY id", "--format", "csv"]);
    assert_eq!(rows.succeeded().stdout, "id\n1\n2\n");
    // Operators know nothing of the rows, and change nothing but which release is current.
    refused(&olga, &["query", "SELECT id FROM shop.sales"], "there is no table");
    refused(&olga, &["apply", "shop", "--yes"], "`olga` may not plan changes of products");
    assert!(remote.run_as(&olga, &["run", "shop"]).succeeded().stdout.contains("nothing new"));
    assert!(remote.run_as(&olga, &["get", "shop"]).succeeded().stdout.contains("release   1"));
    refused("outport_x_y", &["get"], "the server does not accept the token");
    refused(&scoped, &["get"], "the server does not accept the token");
    let after = remote.get("/v1/intents/shop");
    for part in ["intent", "release", "history"] {
        assert_eq!(before[part], after[part], "{part}");
    }
}

#[test]
fn bundles_that_are_sent_see_nothing_of_the_machine() {
    let place = depot_shop();
    place.write("secret.csv", "id,item,amount\n1,secret,1\n");
    let secret = place.path("secret.csv").canonicalize().unwrap().display().to_string();
    let remote = Remote::new(place);
    remote.place.write("shop/outport.yaml", "apiVersion: outport/v1\ninputs:\n  sales: {server: files}\n");
    let contract = std::fs::read_to_string(remote.place.path("shop/contracts/input.odcs.yaml")).unwrap();
    for path in [secret.as_str(), &format!("file://{secret}"), "../secret.csv", "../data/../secret.csv", "/**/*.csv"] {
        let servers = format!("servers:\n  - {{server: files, type: local, path: \"{path}\", format: csv}}\nschema:");
        remote.place.write("shop/contracts/input.odcs.yaml", contract.replace("schema:", &servers));
        let ran = remote.run(&["apply", "shop", "--yes"]);
        assert_eq!(ran.code, 1, "{path}: {}", ran.text());
        assert!(ran.stderr.contains("OP0402") && !ran.stderr.contains("1,secret"), "{path}: {}", ran.text());
    }
    remote.place.write("shop/contracts/input.odcs.yaml", &contract);
    remote.place.write(
        "shop/outport.yaml",
        "apiVersion: outport/v1\ninputs:\n  sales: {depot: landing, path: ../secret.csv}\n",
    );
    assert!(remote.run(&["apply", "shop", "--yes"]).stderr.contains("is not below the depot"));
    // The server's own environment is nobody's: it has this variable, and whoever sends the bundle has not.
    remote
        .place
        .write("shop/outport.yaml", "apiVersion: outport/v1\ninputs:\n  sales: {depot: landing, path: sales.csv}\n");
    remote.place.edit("shop/product.odps.yaml", "What was sold.", "\"${OUTPORT_THREADS:-unset} ${PLANET:-unset}\"");
    let mut apply = remote.command(&["apply", "shop", "--yes", "--quiet"]);
    assert_eq!(ran(apply.env_remove("OUTPORT_THREADS").env("PLANET", "Mars")).code, 0);
    assert_eq!(remote.get("/v1/intents/shop")["intent"]["compiled"]["product"]["purpose"], "unset Mars");
}

#[test]
fn where_a_server_makes_no_sense_it_is_refused() {
    let place = Place::new();
    for verb in [&["init"][..], &["serve"], &["mcp"]] {
        let ran = ran(place.command(verb).env("OUTPORT_SERVER", "https://data.example.org"));
        assert_eq!(ran.code, 1);
        assert!(ran.stderr.contains(&format!("`{}` works on the home, not on a server", verb[0])), "{}", ran.text());
    }
    for (server, message) in [
        ("http://data.example.org", "would show everyone between the token"),
        ("data.example.org", "is no address of a server"),
        ("https://data.example.org", "there is no token"),
    ] {
        let ran = place.run(&["get", "--server", server]);
        assert_eq!(ran.code, 1);
        assert!(ran.stderr.contains(message), "{}", ran.text());
    }
    place.write("token", "outport_a_b\n");
    let nobody = ["get", "--server", "http://127.0.0.1:1", "--token-file", "token"];
    let ran = place.run(&nobody);
    assert!(ran.code == 1 && ran.stderr.contains("cannot be reached"), "{}", ran.text());
    assert!(!ran.stderr.contains("outport_a_b"), "{}", ran.text());
    // `contract test` has a `--server` of its own, and completions need neither.
    place.run(&["completions", "bash"]).succeeded();
    assert!(!place.path("home").exists(), "no home was made");
}

#[test]
fn the_certificate_of_a_server_is_checked() {
    let place = depot_shop();
    let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/../outport-http/tests/it/fixtures");
    for file in ["localhost.crt", "localhost.key"] {
        place.write(&format!("home/tls/{file}"), std::fs::read(format!("{fixtures}/{file}")).unwrap());
    }
    place.write(
        "home/outport.toml",
        "[serve]\ncertificate = \"tls/localhost.crt\"\nkey = \"tls/localhost.key\"\n[depots.landing]\nlocation = \"../data\"\n",
    );
    let token = token(&place, "root");
    let served = Served::open(&place);
    let get = |server: &str, more: &[&str]| {
        let arguments: Vec<_> = ["get", "--server", server].iter().chain(more).copied().collect();
        ran(place.command(&arguments).env("OUTPORT_TOKEN", &token))
    };
    let (by_name, by_number) = (served.http().replace("127.0.0.1", "localhost"), served.http());
    assert!(by_name.starts_with("https://localhost:"), "{by_name}");
    let trusted = ["--ca-file", "home/tls/localhost.crt"];
    assert!(get(&by_name, &trusted).succeeded().stdout.contains("has no products yet"));
    for (server, more, message) in [
        (by_name.as_str(), &[][..], "cannot be reached"),
        (by_number, &trusted[..], "cannot be reached"),
        (&by_name, &["--ca-file", "home/tls/localhost.key"], "it has no certificate"),
        (&by_name, &["--ca-file", "nosuch"], "`nosuch`"),
    ] {
        let ran = get(server, more);
        assert_eq!(ran.code, 1, "{server} {more:?}: {}", ran.text());
        assert!(ran.stderr.contains(message) && !ran.text().contains(&token), "{server} {more:?}: {}", ran.text());
    }
}

#[test]
fn the_workspace_is_that_of_the_server() {
    let remote = Remote::new(depot_shop());
    remote.run(&["get", "--workspace", "dev"]).succeeded();
    let other = remote.run(&["get", "--workspace", "prod"]);
    assert!(
        other.code == 1 && other.stderr.contains("the server serves workspace `dev`, not `prod`"),
        "{}",
        other.text()
    );
}

/// Waits until a file is there.
#[track_caller]
fn appears(file: &Path) {
    let end = Instant::now() + Duration::from_mins(1);
    while !file.exists() {
        assert!(Instant::now() < end, "{} does not appear", file.display());
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A server that goes no further than a point until a file is there.
fn held(place: &Place, point: &str) -> Served {
    let mut command = serve(place);
    command.args(["--http", "127.0.0.1:0"]);
    Served::start(command.env("OUTPORT_FAILPOINT", format!("{point}@{}", place.path("go-on").display())))
}

/// A command that is under way.
fn begin(remote: &Remote, arguments: &[&str]) -> std::process::Child {
    let mut command = Process::new(env!("CARGO_BIN_EXE_outport"));
    command.env_clear().env("OUTPORT_SERVER", remote.served.http()).env("OUTPORT_TOKEN", &remote.token);
    command.current_dir(remote.place.path("")).args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

#[test]
fn an_apply_goes_on_without_whoever_began_it() {
    let place = depot_shop();
    let token = token(&place, "root");
    let served = held(&place, "recorded");
    let remote = Remote { place, served, token };
    let mut client = begin(&remote, &["apply", "shop", "--yes"]);
    appears(&remote.place.path("go-on.reached"));
    client.kill().unwrap();
    client.wait().unwrap();
    let task = remote.get("/v1/tasks")[0]["id"].as_str().unwrap().to_owned();
    remote.place.write("go-on", "");
    let (_, events) = remote.served.curl(&format!("/v1/tasks/{task}/events"), Some(&remote.token), &["--no-buffer"]);
    assert!(events.contains("\"state\":\"published\""), "{events}");
    assert_eq!(remote.get("/v1/intents/shop")["release"]["number"], 1);
    assert!(remote.run(&["apply", "shop", "--yes"]).succeeded().stdout.contains("nothing to change"));
}

#[test]
fn a_server_that_is_killed_while_it_applies_leaves_the_old_or_the_new() {
    let place = depot_shop();
    let token = token(&place, "root");
    let served = held(&place, "recorded");
    let mut remote = Remote { place, served, token };
    let client = begin(&remote, &["apply", "shop", "--yes"]);
    appears(&remote.place.path("go-on.reached"));
    remote.served.signal("KILL");
    let output = client.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("cannot be reached, or went away"), "{said}");
    remote.served = Served::open(&remote.place);
    let described = remote.get("/v1/intents/shop");
    assert_eq!((&described["pending"], &described["release"]), (&json!(true), &Value::Null));
    remote.run(&["apply", "shop", "--yes"]).succeeded();
    assert_eq!(remote.get("/v1/intents/shop")["release"]["number"], 1);
}

#[test]
fn ctrl_c_stops_what_the_server_does() {
    let place = depot_shop();
    let token = token(&place, "root");
    let served = held(&place, "recorded");
    let remote = Remote { place, served, token };
    let client = begin(&remote, &["apply", "shop", "--yes"]);
    appears(&remote.place.path("go-on.reached"));
    let interrupt = Process::new("kill").args(["-INT", &client.id().to_string()]).status().unwrap();
    assert!(interrupt.success());
    // The server is told, and only then goes on.
    let end = Instant::now() + Duration::from_mins(1);
    let told =
        || remote.place.run(&["audit", "list", "--output", "json"]).succeeded().stdout.contains("DELETE /v1/tasks");
    while !told() {
        assert!(Instant::now() < end, "the server was not told");
    }
    remote.place.write("go-on", "");
    let output = client.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("shop: it was not begun, as everything was stopped before"), "{output:?}");
    assert_eq!(remote.get("/v1/intents/shop")["release"], Value::Null);
}

/// The schema with every member that it does not name forbidden, so that a document with one does not fit.
fn strict(mut value: Value) -> Value {
    match &mut value {
        Value::Object(members) => {
            for member in members.values_mut() {
                *member = strict(member.take());
            }
            if members.contains_key("properties") && !members.contains_key("additionalProperties") {
                members.insert("additionalProperties".to_owned(), json!(false));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| *item = strict(item.take())),
        _ => {}
    }
    value
}

#[test]
fn documents_are_as_the_description_says() {
    let remote = Remote::new(depot_shop());
    remote.run(&["apply", "shop", "--yes"]).succeeded();
    remote.place.write("data/sales.csv", "id,item,amount\n1,apple,3\n2,pear,4\n3,plum,5\n");
    remote.run(&["run", "shop"]).succeeded();
    remote.run(&["rollback", "shop"]).succeeded();
    remote.place.write("data/sales.csv", "id,item,amount\n1,apple,-3\n");
    assert_eq!(remote.run(&["run", "shop"]).code, 1);
    remote.place.write("catalog.cedar", "permit(principal in Group::\"analysts\", action in Action::\"read\", resource);\npermit(principal, action in [Action::\"discover\", Action::\"request\"], resource);\n");
    let components = strict(remote.get("/v1/openapi.json")["components"].take());
    let check = |schema: &Value, document: &Value| {
        let mut whole = schema.clone();
        whole["components"] = components.clone();
        whole["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
        let validator = jsonschema::validator_for(&whole).unwrap();
        let wrong: Vec<_> =
            validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(wrong.is_empty(), "{schema}: {wrong:#?}\n{document:#}");
    };
    let to = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
    let list = |name: &str| json!({"type": "array", "items": to(name), "minItems": 1});
    check(&to("Workspace"), &remote.get("/v1/workspace"));
    check(&list("Listed"), &remote.get("/v1/intents"));
    check(&to("Described"), &remote.get("/v1/intents/shop"));
    check(&to("Past"), &remote.get("/v1/intents/shop/history"));
    check(&list("Task"), &remote.get("/v1/tasks"));
    for task in remote.get("/v1/tasks").as_array().unwrap() {
        let path = format!("/v1/tasks/{}/events", task["id"].as_str().unwrap());
        let (_, events) = remote.served.curl(&path, Some(&remote.token), &[]);
        let mut steps = 0;
        for event in events.split("\n\n").filter(|event| event.contains("data:")) {
            let data = event.lines().find_map(|line| line.strip_prefix("data: ")).unwrap();
            let progress = event.contains("event: progress");
            check(&to(if progress { "Event" } else { "Task" }), &serde_json::from_str(data).unwrap());
            steps += 1;
        }
        assert!(steps > 1, "{events}");
    }
    // Changes with refusals, and what is wrong.
    remote.place.write("shop/contracts/sales.odcs.yaml", BROKEN);
    remote.place.write("shop/models/sales.sql", "SELECT id, item\nFROM input.sales\n");
    let file = |name: &str| std::fs::read_to_string(remote.place.path(&format!("shop/{name}"))).unwrap();
    let names = [
        "product.odps.yaml",
        "outport.yaml",
        "contracts/input.odcs.yaml",
        "contracts/sales.odcs.yaml",
        "models/sales.sql",
    ];
    let files: serde_json::Map<String, Value> =
        names.iter().map(|name| ((*name).to_owned(), json!(file(name)))).collect();
    let mut change = json!({"bundles": [{"root": "shop", "files": files}]});
    check(&to("Change"), &change);
    let post = |path: &str, body: &Value| {
        let body = body.to_string();
        let more = ["--header", "Content-Type: application/json", "--data", body.as_str()];
        let (status, text) = remote.served.curl(path, Some(&remote.token), &more);
        (status, serde_json::from_str::<Value>(&text).unwrap())
    };
    let (status, planned) = post("/v1/plans", &change);
    assert_eq!(status, 200, "{planned}");
    assert_eq!(planned["plan"]["products"][0]["refusals"][0]["reason"], "versionSaysLess");
    check(&to("PlanDocument"), &planned);
    let order = json!({"change": change, "fingerprint": planned["fingerprint"], "force": true});
    check(&to("ApplyOrder"), &order);
    let (status, refused) = post("/v1/applies", &order);
    assert_eq!((status, &refused["type"]), (409, &json!("urn:outport:problem:refused")));
    check(&to("Problem"), &refused);
    change["bundles"][0]["files"]["models/sales.sql"] = json!("SELECT nosuch FROM input.sales");
    let (status, invalid) = post("/v1/plans", &change);
    assert_eq!(status, 422, "{invalid}");
    check(&to("Problem"), &invalid);
    remote.place.run(&["user", "set", "ann", "--group", "analysts"]).succeeded();
    remote.run(&["access", "policy", "set", "catalog.cedar"]).succeeded();
    remote.run(&["access", "request", "shop.sales", "--purpose", "counting"]).succeeded();
    check(&list("User"), &remote.get("/v1/users"));
    check(&list("Token"), &remote.get("/v1/tokens"));
    check(&list("Policies"), &remote.get("/v1/policies"));
    check(&to("Warnings"), &remote.get("/v1/policy-check"));
    let agreements = remote.get("/v1/agreements");
    check(&list("ListedAgreement"), &agreements);
    // What administrators ask for is approved at once, and needs no preview.
    let ann = token(&remote.place, "ann");
    let asked = remote.run_as(&ann, &["access", "request", "shop.sales", "--purpose", "counting", "--output", "json"]);
    let asked = asked.succeeded().json()["id"].as_str().unwrap().to_owned();
    check(&to("AgreementPreview"), &remote.get(&format!("/v1/agreements/{asked}/preview")));
    check(&to("Explanation"), &remote.get("/v1/explanations/shop/sales?user=ann"));
    check(&list("RequestRecord"), &remote.get("/v1/audit?limit=200"));
    check(&to("Verification"), &remote.get("/v1/audit/verification"));
    let (status, made) = post("/v1/tokens", &json!({"owner": "ann", "seconds": 60, "scope": {"doors": ["sql"]}}));
    assert_eq!(status, 201, "{made}");
    check(&to("NewToken"), &made);
    let (status, rolled) = post("/v1/rollbacks", &json!({"product": "shop", "to": 2}));
    assert_eq!(status, 200, "{rolled}");
    check(&to("RolledBack"), &rolled);
}
