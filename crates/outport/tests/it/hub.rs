//! The hub of a real server: sessions as a browser has them, and the pages.

use std::{fs, path::PathBuf};

use serde_json::{Value, json};

use crate::{
    place::{Place, ran},
    served::{Served, serve, token},
    shop::open_shop,
};

const PASSWORD: &str = "correct horse battery";

/// A home with `shop`, of which `ann` may read all but pears.
fn home() -> Place {
    let place = open_shop();
    let mut set = place.command(&["user", "set", "ann", "--group", "analysts", "--password-stdin"]);
    ran(set.write_stdin(PASSWORD)).succeeded();
    place.write(
        "analysts.cedar",
        r#"permit(principal in Group::"analysts", action in [Action::"read", Action::"discover"], resource);
        forbid(principal, action == Action::"readRow", resource is shop::sales) when { resource.item == "pear" };"#,
    );
    place.run(&["access", "policy", "set", "analysts.cedar"]).succeeded();
    place
}

/// A browser, with the cookies that it keeps.
struct Browser<'a> {
    served: &'a Served,
    cookies: PathBuf,
}

impl<'a> Browser<'a> {
    fn new(served: &'a Served, place: &Place) -> Self {
        Self { served, cookies: place.path("cookies.txt") }
    }

    /// What a page of the server fetches.
    #[track_caller]
    fn fetch(&self, method: &str, path: &str, body: &Value) -> (u16, String) {
        let (cookies, body) = (self.cookies.to_str().unwrap(), body.to_string());
        let mut more = vec!["--cookie", cookies, "--cookie-jar", cookies, "--request", method];
        more.extend(["--header", "Sec-Fetch-Site: same-origin"]);
        if method != "GET" {
            more.extend(["--header", "Content-Type: application/json", "--data", &body]);
        }
        self.served.curl(path, None, &more)
    }

    #[track_caller]
    fn sign_in(&self, user: &str, password: &str) -> (u16, String) {
        self.fetch("POST", "/v1/session", &json!({ "user": user, "password": password }))
    }

    /// Signs in, who has the right password.
    #[track_caller]
    fn signed_in(&self) {
        let (status, body) = self.sign_in("ann", PASSWORD);
        assert_eq!(status, 201, "{body}");
    }

    #[track_caller]
    fn session(&self) -> u16 {
        self.fetch("GET", "/v1/session", &json!(null)).0
    }

    /// The value of the cookie.
    fn secret(&self) -> String {
        let kept = fs::read_to_string(&self.cookies).unwrap();
        let line = kept.lines().find(|line| line.contains("\toutport_session\t")).expect(&kept);
        line.rsplit('\t').next().unwrap().to_owned()
    }
}

/// What a server says to whoever shows this cookie.
#[track_caller]
fn show(served: &Served, secret: &str) -> u16 {
    let cookie = format!("outport_session={secret}");
    served.curl("/v1/session", None, &["--cookie", &cookie, "--header", "Sec-Fetch-Site: same-origin"]).0
}

#[test]
fn a_session_from_signing_in_to_signing_out() {
    let place = home();
    let served = Served::open(&place);
    let browser = Browser::new(&served, &place);
    assert_eq!(browser.session(), 401);
    let (status, body) = browser.sign_in("ann", "incorrect horse battery");
    assert_eq!(status, 401, "{body}");
    assert!(body.contains("check the name and the password"), "{body}");
    browser.signed_in();
    let (_, body) = browser.fetch("GET", "/v1/session", &json!(null));
    let session: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((&session["principal"], &session["administrator"]), (&json!("ann"), &json!(false)));
    let (status, body) = browser.fetch("POST", "/v1/sql?format=json", &json!({ "sql": "SELECT item FROM shop.sales" }));
    assert_eq!((status, body.contains("apple"), body.contains("pear")), (200, true, false), "{body}");
    let secret = browser.secret();
    assert!(secret.starts_with("outport_"));
    for path in ["/v1/session", "/v1/products", "/v1/download/shop/sales.csv"] {
        assert_eq!(served.curl(path, Some(&secret), &[]).0, 401, "{path}");
        let basic = format!("ann:{secret}");
        assert_eq!(served.curl(path, None, &["--user", &basic]).0, 401, "{path}");
    }
    assert_eq!(show(&served, &secret), 200);
    assert_eq!(browser.fetch("DELETE", "/v1/session", &json!(null)).0, 204);
    assert_eq!(browser.session(), 401, "the browser has forgotten it");
    assert_eq!(show(&served, &secret), 401, "and so has the server");
    let records = place.run(&["audit", "list", "--user", "ann", "--output", "json"]).succeeded().json();
    let of_the_hub = records.as_array().unwrap().iter().filter(|record| record["door"] == "hub");
    let asked: Vec<_> = of_the_hub.map(|record| record["request"].as_str().unwrap()).collect();
    for request in ["sign in", "GET /v1/session", "SELECT item FROM shop.sales", "sign out"] {
        assert!(asked.contains(&request), "{request}: {asked:?}");
    }
}

#[test]
fn a_session_ends_with_the_user_the_password_and_the_time() {
    let place = home();
    let served = Served::open(&place);
    let browser = Browser::new(&served, &place);
    browser.signed_in();
    assert_eq!(browser.session(), 200);
    place.run(&["user", "disable", "ann"]).succeeded();
    assert_eq!(browser.session(), 401);
    place.run(&["user", "enable", "ann"]).succeeded();
    browser.signed_in();
    ran(place.command(&["user", "password", "ann", "--password-stdin"]).write_stdin("another horse battery"))
        .succeeded();
    assert_eq!(browser.session(), 401);
    assert_eq!(browser.sign_in("ann", "another horse battery").0, 201);
    place.run(&["user", "remove", "ann"]).succeeded();
    assert_eq!(browser.session(), 401);
    assert_eq!(browser.sign_in("ann", "another horse battery").0, 401);
}

#[test]
fn only_a_session_that_has_not_ended_is_one() {
    let place = home();
    let served = Served::open(&place);
    let create = |more: &[&str]| {
        let made = place.run(&[&["token", "create", "--user", "ann", "--output", "json"], more].concat());
        made.succeeded().json()["secret"].as_str().unwrap().to_owned()
    };
    assert_eq!(show(&served, &create(&["--door", "hub"])), 200, "made for someone by an administrator");
    assert_eq!(show(&served, &create(&["--door", "sql"])), 401);
    assert_eq!(show(&served, &create(&["--door", "hub", "--door", "sql"])), 401);
    assert_eq!(show(&served, &token(&place, "ann")), 401, "good for everything");
    assert_eq!(show(&served, "outport_nobody_nothing"), 401);
    let short = create(&["--door", "hub", "--expires", "1s"]);
    std::thread::sleep(std::time::Duration::from_millis(1_200));
    assert_eq!(show(&served, &short), 401);
}

#[test]
fn guessing_is_slowed_down() {
    let place = home();
    let served = Served::open(&place);
    let browser = Browser::new(&served, &place);
    let answers: Vec<u16> = (0..7).map(|number| browser.sign_in("ann", &format!("guess number {number}")).0).collect();
    assert_eq!(answers[..5], [401; 5]);
    assert!(answers[5..].contains(&429), "{answers:?}");
    let records = place.run(&["audit", "list", "--output", "json"]).succeeded().json();
    let refused = |record: &Value| record["door"] == "hub" && record["result"]["kind"] == "refused";
    assert!(records.as_array().unwrap().iter().any(refused), "{records}");
}

#[test]
fn the_server_has_pages() {
    let place = home();
    let served = Served::open(&place);
    let (status, answer) = served.curl("/hub/products/shop", None, &["--include"]);
    assert_eq!(status, 200);
    let answer = answer.to_lowercase();
    assert!(answer.contains("content-security-policy: default-src 'none'; script-src 'self';"), "{answer}");
    assert!(answer.contains("content-type: text/html; charset=utf-8"), "{answer}");
    assert!(answer.contains("<!doctype html>"), "the hub or, where it was not built, how to build it: {answer}");
    let (status, answer) = served.curl("/", None, &["--include"]);
    assert_eq!((status, answer.contains("location: /hub/")), (307, true), "{answer}");
    let (status, _) = served.curl("/hub/../../etc/passwd", None, &["--path-as-is"]);
    assert_eq!(status, 200, "a path of the hub, which says that there is no such page");
}

#[test]
fn the_hub_can_be_left_out() {
    let place = home();
    place.write("home/outport.toml", "[serve]\nhub = false\n");
    let mut command = serve(&place);
    command.args(["--http", "127.0.0.1:0"]);
    let served = Served::start(&mut command);
    assert_eq!(served.hub(), None);
    for path in ["/", "/hub/", "/v1/session/options"] {
        assert_eq!(served.curl(path, None, &[]).0, 404, "{path}");
    }
    assert_eq!(Browser::new(&served, &place).sign_in("ann", PASSWORD).0, 404);
    drop(served);
    place.write("home/outport.toml", "[serve]\n");
    let mut command = serve(&place);
    command.args(["--http", "127.0.0.1:0"]);
    let served = Served::start(&mut command);
    assert_eq!(served.hub().unwrap(), format!("{}/hub/", served.http()));
}
