//! `outport feedback`, on a home and on a server.

use assert_cmd::Command;
use regex::Regex;
use serde_json::Value;

use crate::{
    place::{Place, Ran, ran},
    served::{Served, token},
    shop::shop,
};

const POLICIES: &str = r#"
permit(principal, action == Action::"discover", resource);
permit(principal in Group::"owners", action == Action::"operate", resource in Product::"shop");
"#;

/// The shop, released; everyone knows of it, and olga operates it.
fn known_shop() -> Place {
    let place = shop();
    place.run(&["apply", "shop", "--yes"]).succeeded();
    place.write("policies.cedar", POLICIES);
    place.run(&["access", "policy", "set", "policies.cedar"]).succeeded();
    place.run(&["user", "set", "ann"]).succeeded();
    place.run(&["user", "set", "olga", "--group", "owners"]).succeeded();
    place
}

/// Says something as someone.
trait Says {
    fn says(&self, who: &str, arguments: &[&str]) -> Ran;

    /// The id of what was said last.
    #[track_caller]
    fn newest(&self) -> String {
        let listed = self.says("olga", &["list", "--output", "json", "--limit", "1"]).succeeded().json();
        listed[0]["id"].as_str().unwrap().to_owned()
    }
}

impl Says for Place {
    fn says(&self, who: &str, arguments: &[&str]) -> Ran {
        self.run(&[&["feedback", "--as", who][..], arguments].concat())
    }
}

/// A place whose commands work on the server of its home.
struct Remote {
    place: Place,
    served: Served,
    tokens: [(&'static str, String); 2],
}

impl Remote {
    fn new(place: Place) -> Self {
        let tokens = ["ann", "olga"].map(|name| (name, token(&place, name)));
        let served = Served::open(&place);
        Self { place, served, tokens }
    }

    fn command(&self, who: &str, arguments: &[&str]) -> Command {
        let (_, token) = self.tokens.iter().find(|(name, _)| *name == who).unwrap();
        let mut command = self.place.command(&[&["feedback"][..], arguments].concat());
        command.env("OUTPORT_HOME", self.place.path("elsewhere"));
        command.env("OUTPORT_SERVER", self.served.http()).env("OUTPORT_TOKEN", token);
        command
    }
}

impl Says for Remote {
    fn says(&self, who: &str, arguments: &[&str]) -> Ran {
        ran(&mut self.command(who, arguments))
    }
}

/// What was left behind, without ids and moments.
fn plain(ran: &Ran) -> String {
    let id = r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}";
    let moment = r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?Z?";
    let text = Regex::new(id).unwrap().replace_all(&ran.text(), "[ID]").into_owned();
    let text = Regex::new(moment).unwrap().replace_all(&text, "[MOMENT]").into_owned();
    // Columns are as wide as what is in them.
    Regex::new("[┌└╞][─═┬┴┐┘╡┼╪]+").unwrap().replace_all(&text, "[RULE]").into_owned()
}

/// A question from the first word to the last, and everything that goes wrong on the way.
fn told(place: &impl Says) -> Vec<(String, String)> {
    let mut told = Vec::new();
    let mut say = |who: &str, arguments: &[&str]| {
        let ran = place.says(who, arguments);
        told.push((format!("{who}: {}", arguments.join(" ")), plain(&ran)));
    };
    say("ann", &["list"]);
    say("ann", &["ask", "shop.sales.amount", "Gross or net?", "--text", "With taxes,\nor without?"]);
    let question = place.newest();
    say("ann", &["ask", "shop", "Add the colour", "--kind", "request", "--output", "json"]);
    let request = place.newest();
    for wrong in ["nosuch", "shop.nosuch", "shop.sales.nosuch", "Shop", "shop..amount"] {
        say("ann", &["ask", wrong, "Why?"]);
    }
    say("ann", &["ask", "shop", " "]);
    say("ann", &["ask", "shop", "a\u{1b}[2Jb"]);
    say("ann", &["ask", "shop", "Why?", "--kind", "rant"]);
    say("olga", &["list"]);
    say("olga", &["list", "--kind", "request", "--output", "yaml"]);
    say("olga", &["list", "--state", "done"]);
    say("olga", &["vote", &request]);
    say("olga", &["vote", &request, "--undo", "--output", "json"]);
    say("ann", &["vote", "01930000-0000-7000-8000-000000000001"]);
    say("ann", &["close", &question]);
    say("olga", &["reply", &question, "Net."]);
    say("olga", &["edit", &request, "--state", "planned", "--assignee", "olga"]);
    say("olga", &["edit", &request, "--title", "Mine"]);
    say("ann", &["edit", &request, "--title", "Add the size"]);
    say("olga", &["close", &request, "--declined", "--comment", "There is none."]);
    say("olga", &["edit", &request, "--nobody"]);
    say("ann", &["edit", &question, "--state", "withdrawn"]);
    say("ann", &["reply", &question, "Thanks."]);
    say("ann", &["show", &question]);
    say("olga", &["list", "--author", "ann", "--output", "json"]);
    say("ann", &["rate", "shop"]);
    say("ann", &["rate", "shop", "--csat", "4", "--nps", "10", "--text", "Always there."]);
    say("olga", &["rate", "shop", "--csat", "2", "--nps", "3"]);
    say("olga", &["rate", "shop"]);
    say("ann", &["rate", "shop", "--output", "json"]);
    say("ann", &["rate", "shop", "--csat", "6"]);
    say("ann", &["rate", "shop", "--nps", "3"]);
    say("ann", &["rate", "nosuch", "--csat", "3"]);
    told
}

#[test]
fn a_server_hears_what_a_home_hears() {
    let here = told(&known_shop());
    let there = Remote::new(known_shop());
    let asked = told(&there);
    for ((said, one), (_, two)) in here.iter().zip(&asked) {
        // A home says no more than that the argument is wrong before it is opened, and a server is not asked then.
        assert_eq!(one, two, "{said}\n--- here\n{one}\n--- there\n{two}");
    }
    assert_eq!(here.iter().filter(|(_, text)| text.starts_with("exit 0")).count(), 21);
    let other = ran(&mut there.command("ann", &["list", "--as", "olga"]));
    assert!(other.stderr.contains("nobody `--as` another"), "{}", other.text());
    assert!(!there.place.path("elsewhere").exists(), "no home was made");
}

#[test]
fn what_is_said_is_shown() {
    let place = known_shop();
    let told = told(&place);
    let of = |said: &str| {
        let found = told.iter().find(|(name, _)| name.starts_with(said));
        found.unwrap_or_else(|| panic!("nobody says `{said}`")).1.clone()
    };
    insta::assert_snapshot!(of("ann: ask shop.sales.amount"), @"
    exit 0
    --- stdout
    question [ID]
      about shop.sales.amount
      by ann at [MOMENT] UTC
      open
      0 votes

    Gross or net?
      With taxes,
      or without?
    ");
    insta::assert_snapshot!(of("olga: list"), @"
    exit 0
    --- stdout
    [RULE]
    │ id                                     kind       about               title            state   by    for   votes   replies   at (UTC)            │
    [RULE]
    │ [ID]   request    shop                Add the colour   open    ann         0       0         [MOMENT] │
    │ [ID]   question   shop.sales.amount   Gross or net?    open    ann         0       0         [MOMENT] │
    [RULE]
    ");
    insta::assert_snapshot!(of("olga: reply"), @"
    exit 0
    --- stdout
    question [ID]
      about shop.sales.amount
      by ann at [MOMENT] UTC
      answered, by olga at [MOMENT] UTC
      0 votes

    Gross or net?
      With taxes,
      or without?

    olga, who operates the product, at [MOMENT] UTC
      Net.
    ");
    insta::assert_snapshot!(of("ann: close"), @"
    exit 1
    --- stderr
    error: `ann` may not set the state of feedback [ID]
    help: ask an administrator, or see why: `outport access explain`
    ");
    insta::assert_snapshot!(of("ann: ask shop.sales.nosuch"), @"
    exit 1
    --- stderr
    error: there is no column `shop.sales.nosuch`
    help: check the name; it may also be hidden from you
    ");
    insta::assert_snapshot!(of("ann: rate shop --csat 4"), @"
    exit 0
    --- stdout
    product `shop`
      content: 4.00 of 5, 1 rating
      would recommend it: +100 points, 1 rating
      you: 4 of 5, 10 of 10
    ");
    insta::assert_snapshot!(of("olga: rate shop --csat 2"), @"
    exit 0
    --- stdout
    product `shop`
      content: 3.00 of 5, 2 ratings
      would recommend it: +0 points, 2 ratings
      you: 2 of 5, 3 of 10

    ann at [MOMENT] UTC, 4 of 5
      Always there.
    ");
}

/// What is said goes on record, and through every door of the hub as it was said.
#[test]
fn the_server_says_it_as_it_was_said() {
    let there = Remote::new(known_shop());
    let title = "<img src=x onerror=alert(1)> & 'quotes' \"too\"";
    there.says("ann", &["ask", "shop", title]).succeeded();
    let id = there.newest();
    let ann = there.tokens[0].1.as_str();
    let (status, body) = there.served.curl(&format!("/v1/feedback/{id}"), Some(ann), &["-D", "-"]);
    assert_eq!(status, 200, "{body}");
    assert!(body.contains("content-type: application/json"), "{body}");
    let thread: Value = serde_json::from_str(body.lines().last().unwrap()).unwrap();
    assert_eq!(thread["feedback"]["title"], title);
    let records = there.place.run(&["audit", "list", "--user", "ann", "--output", "json"]).succeeded().json();
    let said: Vec<_> = records.as_array().unwrap().iter().map(|record| record["request"].as_str().unwrap()).collect();
    assert!(said.contains(&"give feedback, a question, about shop"), "{said:?}");
    assert!(!said.iter().any(|request| request.contains("onerror")), "{said:?}");
}

#[test]
fn lists_come_in_pages() {
    let there = Remote::new(known_shop());
    for number in 0..7 {
        there.says("ann", &["ask", "shop", &format!("question {number}")]).succeeded();
    }
    let ann = there.tokens[0].1.as_str();
    let (mut path, mut titles) = ("/v1/feedback?limit=3&author=ann".to_owned(), Vec::new());
    let mut pages = 0;
    loop {
        let (status, answer) = there.served.curl(&path, Some(ann), &["-D", "-"]);
        assert_eq!(status, 200, "{answer}");
        let found: Value = serde_json::from_str(answer.lines().last().unwrap()).unwrap();
        titles.extend(found.as_array().unwrap().iter().map(|one| one["title"].as_str().unwrap().to_owned()));
        pages += 1;
        let link = answer.lines().find_map(|line| line.strip_prefix("link: <"));
        let Some((next, _)) = link.and_then(|link| link.split_once('>')) else { break };
        assert!(next.contains("author=ann"), "{next}");
        next.strip_prefix(there.served.http()).unwrap_or(next).clone_into(&mut path);
    }
    let expect: Vec<_> = (0..7).rev().map(|number| format!("question {number}")).collect();
    assert_eq!((pages, titles), (3, expect));
}
