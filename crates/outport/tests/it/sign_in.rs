//! Signing in to the hub with an identity provider, which is an HTTP server of the test.

use std::{
    collections::BTreeMap,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, jwk::Jwk};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use url::Url;

use crate::{
    place::Place,
    served::{Served, serve},
    shop::open_shop,
};

const RIGHT: &[u8] = include_bytes!("../../../outport-identity/tests/it/keys/rsa-one.pem");
const WRONG: &[u8] = include_bytes!("../../../outport-identity/tests/it/keys/rsa-two.pem");

/// Where people are told that they were not signed in.
const REFUSED: &str = "/hub/sign-in?refused=true";

type Parameters = BTreeMap<String, String>;

/// What the provider knows, and how it answers.
struct State {
    /// What it was asked with, by the code that it gave for it.
    codes: BTreeMap<String, Parameters>,
    given: usize,
    key: &'static [u8],
    /// Changes the claims of a JWT before it is signed.
    change: fn(&mut Value),
}

/// An identity provider.
struct Provider {
    address: String,
    state: Arc<Mutex<State>>,
}

impl Provider {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let state = State { codes: BTreeMap::new(), given: 0, key: RIGHT, change: |_| () };
        let provider = Self { address, state: Arc::new(Mutex::new(state)) };
        let (address, state) = (provider.address.clone(), Arc::clone(&provider.state));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                answer(stream.unwrap(), &address, &state);
            }
        });
        provider
    }

    /// Someone signs in at an address of it: the code and the state with which it sends them back.
    fn sign_in(&self, address: &str) -> (String, String) {
        let address = Url::parse(address).unwrap();
        assert!(address.as_str().starts_with(&format!("{}/authorize?", self.address)), "{address}");
        let asked: Parameters = address.query_pairs().into_owned().collect();
        for (name, value) in [
            ("response_type", "code"),
            ("client_id", "hub"),
            ("scope", "openid groups"),
            ("code_challenge_method", "S256"),
        ] {
            assert_eq!(asked[name], value);
        }
        let state = asked["state"].clone();
        let mut known = self.state.lock().unwrap();
        known.given += 1;
        let code = format!("code-{}", known.given);
        known.codes.insert(code.clone(), asked);
        (code, state)
    }

    fn changes(&self, change: fn(&mut Value)) {
        self.state.lock().unwrap().change = change;
    }
}

/// Reads one request, and answers it.
fn answer(mut stream: TcpStream, address: &str, state: &Mutex<State>) {
    let mut request = Vec::new();
    let mut piece = [0; 4096];
    let (head, body) = loop {
        let read = stream.read(&mut piece).unwrap();
        if read == 0 {
            return;
        }
        request.extend_from_slice(&piece[..read]);
        let text = String::from_utf8_lossy(&request).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        if body.len() >= length.unwrap_or(0_usize) {
            break (head.to_owned(), body.to_owned());
        }
    };
    let (status, document) = match head.split(' ').nth(1).unwrap() {
        "/.well-known/openid-configuration" => (
            200,
            json!({
                "issuer": address,
                "authorization_endpoint": format!("{address}/authorize"),
                "token_endpoint": format!("{address}/token"),
            }),
        ),
        "/keys" => {
            let mut key = Jwk::from_encoding_key(&EncodingKey::from_rsa_pem(RIGHT).unwrap(), Algorithm::RS256).unwrap();
            key.common.key_id = Some("one".to_owned());
            key.common.key_algorithm = None;
            (200, json!({ "keys": [key] }))
        }
        "/token" => give(address, state, &body),
        _ => (404, json!({})),
    };
    let body = document.to_string();
    let head = format!("HTTP/1.1 {status} .\r\ncontent-type: application/json\r\nconnection: close\r\n");
    write!(stream, "{head}content-length: {}\r\n\r\n{body}", body.len()).unwrap();
}

/// A JWT for a code, which is good once, and for whoever asked for it.
fn give(address: &str, state: &Mutex<State>, body: &str) -> (u16, Value) {
    let sent: Parameters = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    let mut state = state.lock().unwrap();
    let Some(asked) = state.codes.remove(&sent["code"]) else { return (400, json!({ "error": "invalid_grant" })) };
    let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(sent["code_verifier"].as_bytes()));
    let right = challenge == asked["code_challenge"]
        && sent["redirect_uri"] == asked["redirect_uri"]
        && sent["client_id"] == "hub"
        && sent["grant_type"] == "authorization_code";
    if !right {
        return (400, json!({ "error": "invalid_grant" }));
    }
    let mut claims = json!({
        "iss": address,
        "sub": "ada",
        "aud": "hub",
        "exp": chrono::Utc::now().timestamp() + 60,
        "nonce": asked["nonce"],
        "groups": ["analysts"],
    });
    (state.change)(&mut claims);
    let header = Header { kid: Some("one".to_owned()), ..Header::new(Algorithm::RS256) };
    let jwt = jsonwebtoken::encode(&header, &claims, &EncodingKey::from_rsa_pem(state.key).unwrap()).unwrap();
    (200, json!({ "id_token": jwt, "access_token": "x", "token_type": "Bearer" }))
}

/// A server whose people sign in with a provider.
fn open(place: &Place, provider: &Provider) -> Served {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let issuer = &provider.address;
    place.write(
        "home/outport.toml",
        format!(
            "[serve]\nhttp = \"127.0.0.1:{port}\"\npublic_url = \"http://127.0.0.1:{port}\"\n
            [[providers]]\nname = \"corp\"\nissuer = \"{issuer}\"\naudience = \"outport\"\njwks = \"{issuer}/keys\"\n
            [providers.sign_in]\nclient_id = \"hub\"\ntitle = \"Corporate account\"\nscopes = [\"groups\"]\n"
        ),
    );
    Served::start(&mut serve(place))
}

/// A browser, with its cookies in a file of this name.
struct Browser<'a> {
    served: &'a Served,
    cookies: String,
}

impl<'a> Browser<'a> {
    fn new(served: &'a Served, place: &Place, name: &str) -> Self {
        Self { served, cookies: place.path(name).to_str().unwrap().to_owned() }
    }

    /// Opens an address, without going where it leads: the status, where it leads, and the whole answer.
    #[track_caller]
    fn open(&self, path: &str) -> (u16, String, String) {
        let cookies = self.cookies.as_str();
        let more =
            ["--include", "--cookie", cookies, "--cookie-jar", cookies, "--header", "Sec-Fetch-Site: cross-site"];
        let (status, answer) = self.served.curl(path, None, &more);
        let place = answer.lines().find_map(|line| line.strip_prefix("location: ")).unwrap_or_default().to_owned();
        (status, place, answer)
    }

    /// Sets out to sign in: where the provider is.
    #[track_caller]
    fn set_out(&self, back: &str) -> String {
        let (status, place, answer) = self.open(&format!("/v1/session/oidc/corp?return={back}"));
        assert_eq!(status, 303, "{answer}");
        assert!(answer.contains("; Path=/v1/session; Max-Age=600; HttpOnly; SameSite=Lax"), "{answer}");
        place
    }

    /// Comes back: where the hub is then.
    #[track_caller]
    fn come_back(&self, code: &str, state: &str, more: &str) -> String {
        let (status, place, answer) = self.open(&format!("/v1/session/callback?code={code}&state={state}{more}"));
        assert_eq!(status, 303, "{answer}");
        let signed_in = answer.contains("set-cookie: outport_session=outport_");
        assert_eq!(signed_in, place != REFUSED, "{answer}");
        place
    }

    /// Who is signed in, as a page of the hub asks.
    #[track_caller]
    fn session(&self) -> (u16, Value) {
        let more = ["--cookie", &self.cookies, "--header", "Sec-Fetch-Site: same-origin"];
        let (status, body) = self.served.curl("/v1/session", None, &more);
        (status, serde_json::from_str(&body).unwrap())
    }
}

#[test]
fn someone_signs_in_with_an_identity_provider() {
    let (place, provider) = (open_shop(), Provider::start());
    let served = open(&place, &provider);
    let (_, options) = served.curl("/v1/session/options", None, &[]);
    assert_eq!(
        serde_json::from_str::<Value>(&options).unwrap(),
        json!({ "password": true, "providers": [{ "name": "corp", "title": "Corporate account", "href": "/v1/session/oidc/corp" }] })
    );
    let browser = Browser::new(&served, &place, "cookies.txt");
    let (code, state) = provider.sign_in(&browser.set_out("/hub/products/shop"));
    assert_eq!(browser.come_back(&code, &state, ""), "/hub/products/shop");
    let (status, session) = browser.session();
    assert_eq!((status, &session["principal"], &session["groups"]), (200, &json!("corp:ada"), &json!(["analysts"])));
    // What the provider says then, holds from then on.
    provider.changes(|claims| claims["groups"] = json!(["analysts", "administrators", "buyers"]));
    let issuer = format!("&iss={}", provider.address.replace(':', "%3A").replace('/', "%2F"));
    let (code, state) = provider.sign_in(&browser.set_out("/hub/"));
    assert_eq!(browser.come_back(&code, &state, &issuer), "/hub/");
    assert_eq!(browser.session().1["groups"], json!(["analysts", "buyers"]), "no provider makes administrators");
    let users = place.run(&["user", "list", "--output", "json"]).succeeded().json();
    assert_eq!(users[0]["principal"]["id"], "corp:ada");
    place.run(&["user", "disable", "corp:ada"]).succeeded();
    assert_eq!(browser.session().0, 401);
    let (code, state) = provider.sign_in(&browser.set_out("/hub/"));
    assert_eq!(browser.come_back(&code, &state, ""), REFUSED);
    place.run(&["user", "enable", "corp:ada"]).succeeded();
    let (code, state) = provider.sign_in(&browser.set_out("/hub/"));
    assert_eq!(browser.come_back(&code, &state, ""), "/hub/");
    place.run(&["user", "remove", "corp:ada"]).succeeded();
    assert_eq!(browser.session().0, 401);
}

#[test]
fn nobody_is_sent_elsewhere_afterwards() {
    let (place, provider) = (open_shop(), Provider::start());
    let served = open(&place, &provider);
    let browser = Browser::new(&served, &place, "cookies.txt");
    for back in ["https://example.org/", "//example.org/hub/", "/hub/%5C%5Cexample.org", "/v1/products", ""] {
        let (code, state) = provider.sign_in(&browser.set_out(back));
        assert_eq!(browser.come_back(&code, &state, ""), "/hub/", "{back}");
    }
}

#[test]
fn only_who_was_sent_there_comes_back() {
    let (place, provider) = (open_shop(), Provider::start());
    let served = open(&place, &provider);
    let browser = Browser::new(&served, &place, "cookies.txt");
    let other = Browser::new(&served, &place, "others.txt");
    let (code, state) = provider.sign_in(&browser.set_out("/hub/"));
    assert_eq!(other.come_back(&code, &state, ""), REFUSED, "they were sent from another browser");
    other.set_out("/hub/");
    assert_eq!(other.come_back(&code, &state, ""), REFUSED, "they were sent for another reason");
    assert_eq!(browser.come_back(&code, "state", ""), REFUSED);
    for more in ["&iss=https%3A%2F%2Fexample.org", "&code=other"] {
        let (code, state) = provider.sign_in(&browser.set_out("/hub/"));
        assert_eq!(browser.come_back(&code, &state, more), REFUSED, "{more}");
    }
    browser.set_out("/hub/");
    let (status, place_of_error, _) = browser.open("/v1/session/callback?error=access_denied");
    assert_eq!((status, place_of_error.as_str()), (303, REFUSED));
    let (code, state) = provider.sign_in(&browser.set_out("/hub/"));
    assert_eq!(browser.come_back(&code, &state, ""), "/hub/");
    assert_eq!(browser.come_back(&code, &state, ""), REFUSED, "a flow ends once");
    let (_, later) = provider.sign_in(&browser.set_out("/hub/"));
    assert_eq!(browser.come_back(&code, &later, ""), REFUSED, "a code is good once");
}

#[test]
fn only_a_jwt_for_this_sign_in_is_one() {
    let (place, provider) = (open_shop(), Provider::start());
    let served = open(&place, &provider);
    let refused = |change: fn(&mut Value)| {
        // Each attempt is of a server that has not seen so many that it waits.
        provider.changes(change);
        let browser = Browser::new(&served, &place, "cookies.txt");
        let (code, state) = provider.sign_in(&browser.set_out("/hub/"));
        browser.come_back(&code, &state, "") == REFUSED && browser.session().0 == 401
    };
    assert!(refused(|claims| claims["nonce"] = json!("other")));
    assert!(refused(|claims| drop(claims.as_object_mut().unwrap().remove("nonce"))));
    assert!(refused(|claims| claims["aud"] = json!("outport")), "a JWT for the API");
    assert!(refused(|claims| claims["aud"] = json!(["hub", "other"])), "for another client as well");
    assert!(refused(|claims| claims["exp"] = json!(1)));
    provider.state.lock().unwrap().key = WRONG;
    assert!(refused(|_| ()));
}

#[test]
fn a_provider_that_cannot_be_asked_signs_nobody_in() {
    let (place, provider) = (open_shop(), Provider::start());
    let served = open(&place, &provider);
    let (status, body) = served.curl("/v1/session/oidc/other", None, &[]);
    assert_eq!((status, body.contains("nobody can sign in here with `other`")), (404, true), "{body}");
    place.edit("home/outport.toml", &provider.address, "http://127.0.0.1:9");
    drop(served);
    let served = Served::start(&mut serve(&place));
    let (status, body) = served.curl("/v1/session/oidc/corp", None, &[]);
    assert_eq!((status, body.contains("the identity provider cannot be asked now")), (503, true), "{body}");
    place.edit("home/outport.toml", "http://127.0.0.1:9", "http://login.example.org");
    let ran = place.run(&["get"]);
    assert!(ran.stderr.contains("is not an `https` address"), "{}", ran.text());
}
