//! `outport mcp`: agents on the same machine, over standard input and output.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdout, Command, Stdio},
};

use serde_json::{Value, json};

use crate::{
    place::{Place, snapshot},
    served::token,
    shop::open_shop,
};

const POLICIES: &str = r#"
@id("staff")
permit(principal in Group::"staff", action, resource);

@id("no-amounts")
forbid(principal, action in [Action::"readColumn", Action::"readMasked"], resource)
when { resource.name == "amount" };
"#;

/// A home with `shop`, which `ann` may read but for the amounts, and `out` may not.
fn home() -> Place {
    let place = open_shop();
    place.write("staff.cedar", POLICIES);
    place.run(&["access", "policy", "set", "staff.cedar"]).succeeded();
    place.run(&["user", "set", "ann", "--group", "staff"]).succeeded();
    place.run(&["user", "set", "out"]).succeeded();
    place
}

/// An agent, and the process that answers it.
struct Agent {
    child: Child,
    answers: BufReader<ChildStdout>,
    asked: u64,
}

impl Agent {
    #[track_caller]
    fn begin(place: &Place, arguments: &[&str], token: Option<&str>) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_outport"));
        command.env_clear().env("OUTPORT_HOME", place.path("home")).env("OUTPORT_THREADS", "2");
        command.envs(token.map(|token| ("OUTPORT_TOKEN", token)));
        command.arg("mcp").args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = command.spawn().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        let mut agent = Self { child, answers, asked: 0 };
        let client = json!({"name": "a test", "version": "1"});
        let hello = json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client});
        let greeted = agent.ask("initialize", &hello);
        assert_eq!(greeted["serverInfo"]["name"], "outport", "{greeted}");
        agent.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        agent
    }

    fn send(&mut self, message: &Value) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{message}").unwrap();
    }

    /// The result of a request. Every line of standard output is a message of the protocol.
    #[track_caller]
    fn ask(&mut self, method: &str, parameters: &Value) -> Value {
        self.asked += 1;
        let id = self.asked;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": parameters}));
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        let answer: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("`{line}`: {error}"));
        assert_eq!((&answer["jsonrpc"], &answer["id"]), (&json!("2.0"), &json!(id)), "{answer}");
        answer["result"].clone()
    }

    #[track_caller]
    fn query(&mut self, sql: &str) -> Value {
        let arguments = json!({"sql": sql, "purpose": "a test"});
        self.ask("tools/call", &json!({"name": "query", "arguments": arguments}))
    }

    /// The input ends, and so does the process.
    #[track_caller]
    fn end(mut self) {
        drop(self.child.stdin.take());
        assert!(self.child.wait().unwrap().success());
    }
}

#[test]
fn an_agent_has_the_rights_of_the_token() {
    let place = home();
    let (ann, out) = (token(&place, "ann"), token(&place, "out"));
    let mut agent = Agent::begin(&place, &[], Some(&ann));
    let tools = agent.ask("tools/list", &json!({}));
    let names: Vec<&str> = tools["tools"].as_array().unwrap().iter().filter_map(|tool| tool["name"].as_str()).collect();
    assert_eq!(names, ["search_products", "describe_product", "query", "request_access"]);
    let answer = agent.query("SELECT * FROM shop.sales ORDER BY id");
    let rows = json!([{"id": 1, "item": "apple"}, {"id": 2, "item": "pear"}]);
    assert_eq!((&answer["isError"], &answer["structuredContent"]["rows"]), (&json!(false), &rows), "{answer}");
    let hidden = agent.query("SELECT amount FROM shop.sales");
    assert_eq!(hidden["isError"], true, "{hidden}");
    // A token that is revoked is good for nothing, also where it was shown before.
    place.run(&["token", "revoke", ann.split('_').nth(1).unwrap()]).succeeded();
    assert_eq!(agent.query("SELECT id FROM shop.sales")["isError"], true);
    agent.end();

    let mut agent = Agent::begin(&place, &["--token", &out], None);
    let refused = agent.query("SELECT id FROM shop.sales");
    assert_eq!(refused["isError"], true, "{refused}");
    agent.end();

    let records = place.run(&["audit", "list", "--output", "json"]).succeeded().json();
    let of_agents = records.as_array().unwrap().iter().filter(|record| record["door"] == "mcp");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let asked: Vec<_> = of_agents
        .map(|record| (text(&record["principal"]), text(&record["purpose"]), text(&record["result"]["kind"])))
        .collect();
    let ended = |who: &str, end: &str| {
        asked.iter().filter(|(asker, purpose, kind)| asker == who && purpose == "a test" && kind == end).count()
    };
    assert_eq!((ended("ann", "answered"), ended("out", "answered")), (1, 0), "{asked:?}");
}

#[test]
fn an_agent_may_be_a_user_of_the_home() {
    let place = home();
    let mut agent = Agent::begin(&place, &["--as", "ann"], None);
    assert_eq!(agent.query("SELECT count(*) AS n FROM shop.sales")["structuredContent"]["rows"], json!([{"n": 2}]));
    agent.ask("tools/list", &json!({}));
    agent.ask("nope", &json!({}));
    agent.ask("resources/list", &json!({ "cursor": "x" }));
    agent.end();

    let records = place.run(&["audit", "list", "--output", "json"]).succeeded().json();
    let of_agents = records.as_array().unwrap().iter().filter(|record| record["door"] == "mcp");
    let asked: Vec<_> = of_agents.map(|record| (&record["request"], &record["result"]["kind"])).collect();
    let expected = [
        ("initialize", "answered"),
        ("SELECT count(*) AS n FROM shop.sales", "answered"),
        ("tools/list", "answered"),
        ("nope", "failed"),
        ("resources/list", "failed"),
    ];
    assert_eq!(json!(asked), json!(expected));
}

#[test]
fn an_agent_without_rights_is_not_answered() {
    let place = home();
    snapshot!(place, place.run(&["mcp"]), @"
    exit 1
    --- stderr
    error: it is not said whose rights the agent has
    help: set `OUTPORT_TOKEN` to an API token (`outport token create --door mcp`), or say `--as USER`
    ");
    snapshot!(place, place.run(&["mcp", "--token", "outport_nobody_nothing"]), @"
    exit 1
    --- stderr
    error: the credential is not accepted
    help: sign in, or send an API token: `outport token create`
    ");
    let scoped =
        place.run(&["token", "create", "--user", "ann", "--door", "sql", "--output", "json"]).succeeded().json();
    let ran = place.run(&["mcp", "--token", scoped["secret"].as_str().unwrap()]);
    assert_eq!(ran.code, 1, "{}", ran.text());
    assert!(ran.stderr.contains("the credential is not accepted") && ran.stdout.is_empty(), "{}", ran.text());
}
