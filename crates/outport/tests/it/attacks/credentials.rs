//! Credentials that are none, at every door: each is refused, and all are refused in the same words.

use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use jsonwebtoken::{Algorithm, EncodingKey, Header, jwk::Jwk};
use outport_app::{clock::Clock as _, identity::TokenScope};
use outport_identity::{KeySource, Provider};
use outport_model::principal::Door;
use serde_json::{Value, json};

use super::{
    ONE, home,
    twins::{Single, comparable},
};
use crate::{opened::Opened, place::Place, through::Asker};

const RIGHT: &[u8] = include_bytes!("../../../../outport-identity/tests/it/keys/rsa-one.pem");
const WRONG: &[u8] = include_bytes!("../../../../outport-identity/tests/it/keys/rsa-two.pem");

/// What is shown at every door.
pub(super) const CREDENTIALS: [&str; 46] = [
    "jwt: no algorithm",
    "jwt: no algorithm, written otherwise",
    "jwt: an empty algorithm",
    "jwt: the right algorithm without a signature",
    "jwt: the public key as a secret",
    "jwt: the key set as a secret",
    "jwt: an empty secret",
    "jwt: signed with another key",
    "jwt: signed with a key that it brings along",
    "jwt: a key at an address of one's own",
    "jwt: another algorithm of the same key",
    "jwt: an unknown key",
    "jwt: no key named",
    "jwt: a key that is a path",
    "jwt: a key with SQL in it",
    "jwt: another audience",
    "jwt: no audience",
    "jwt: an empty list of audiences",
    "jwt: another issuer",
    "jwt: an issuer that begins alike",
    "jwt: no issuer",
    "jwt: expired",
    "jwt: no end",
    "jwt: an end that is a text",
    "jwt: not valid yet",
    "jwt: made in the future",
    "jwt: no subject",
    "jwt: an empty subject",
    "jwt: claims that were changed",
    "jwt: a header that was changed",
    "jwt: critical extensions",
    "jwt: two parts",
    "jwt: five parts",
    "jwt: no JSON",
    "jwt: longer than is looked at",
    "token: revoked",
    "token: of someone who was removed",
    "token: an id that is not there",
    "token: the right id with another secret",
    "token: a letter less",
    "token: a letter more",
    "token: in capitals",
    "token: nothing but its beginning",
    "token: longer than is looked at",
    "other: a text",
    "other: SQL",
];

/// The doors, by what they are asked.
const DOORS: [&str; 9] = ["sql", "rest", "graphql", "mcp", "sharing", "download", "changes", "flight", "postgres"];

/// How many attempts there are: every credential at every door.
pub(super) const ATTEMPTS: usize = CREDENTIALS.len() * DOORS.len();

/// What makes credentials.
struct Forge {
    claims: Value,
    right: EncodingKey,
    wrong: EncodingKey,
    /// The public part of the right key.
    public: Value,
    revoked: String,
    removed: String,
    good: String,
}

fn header() -> Header {
    Header { kid: Some("one".to_owned()), ..Header::new(Algorithm::RS256) }
}

fn sign(header: &Header, claims: &Value, key: &EncodingKey) -> String {
    jsonwebtoken::encode(header, claims, key).unwrap()
}

impl Forge {
    /// With a claim that is another one, or is not there.
    fn claim(&self, name: &str, value: Value) -> String {
        let mut claims = self.claims.clone();
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        } else {
            claims[name] = value;
        }
        sign(&header(), &claims, &self.right)
    }

    fn key(&self, id: Option<&str>) -> String {
        let head = Header { kid: id.map(str::to_owned), ..header() };
        sign(&head, &self.claims, &self.right)
    }

    fn secret(&self, secret: &[u8]) -> String {
        let head = Header { alg: Algorithm::HS256, ..header() };
        sign(&head, &self.claims, &EncodingKey::from_secret(secret))
    }

    /// A header of one's own, and the signature of another JWT.
    fn with_header(&self, header: &Value, signature: &str) -> String {
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.{signature}", part(header), part(&self.claims))
    }

    fn credential(&self, name: &str) -> String {
        let signed = sign(&header(), &self.claims, &self.right);
        let parts: Vec<&str> = signed.split('.').collect();
        let signature = parts[2];
        let seconds = self.claims["exp"].as_i64().unwrap();
        let later = seconds + 400 * 86_400;
        match name {
            "jwt: no algorithm" => self.with_header(&json!({ "alg": "none", "kid": "one" }), ""),
            "jwt: no algorithm, written otherwise" => self.with_header(&json!({ "alg": "nOnE", "kid": "one" }), ""),
            "jwt: an empty algorithm" => self.with_header(&json!({ "alg": "", "kid": "one" }), ""),
            "jwt: the right algorithm without a signature" => {
                self.with_header(&json!({ "alg": "RS256", "kid": "one" }), "")
            }
            "jwt: the public key as a secret" => self.secret(self.public["n"].as_str().unwrap().as_bytes()),
            "jwt: the key set as a secret" => self.secret(json!({ "keys": [self.public] }).to_string().as_bytes()),
            "jwt: an empty secret" => self.secret(b""),
            "jwt: signed with another key" => sign(&header(), &self.claims, &self.wrong),
            "jwt: signed with a key that it brings along" => {
                let own = Jwk::from_encoding_key(&self.wrong, Algorithm::RS256).unwrap();
                let head = Header { jwk: Some(own), ..header() };
                sign(&head, &self.claims, &self.wrong)
            }
            "jwt: a key at an address of one's own" => {
                let head = Header { jku: Some("http://127.0.0.1:9/keys".to_owned()), ..header() };
                sign(&head, &self.claims, &self.wrong)
            }
            "jwt: another algorithm of the same key" => {
                let head = Header { alg: Algorithm::RS384, ..header() };
                sign(&head, &self.claims, &self.right)
            }
            "jwt: an unknown key" => self.key(Some("unknown")),
            "jwt: no key named" => sign(&Header { kid: None, ..header() }, &self.claims, &self.wrong),
            "jwt: a key that is a path" => self.key(Some("../../keys.json")),
            "jwt: a key with SQL in it" => self.key(Some("one' OR '1'='1")),
            "jwt: another audience" => self.claim("aud", json!("another")),
            "jwt: no audience" => self.claim("aud", Value::Null),
            "jwt: an empty list of audiences" => self.claim("aud", json!([])),
            "jwt: another issuer" => self.claim("iss", json!("https://evil.example")),
            "jwt: an issuer that begins alike" => self.claim("iss", json!("https://corp.example.com.evil.example")),
            "jwt: no issuer" => self.claim("iss", Value::Null),
            "jwt: expired" => self.claim("exp", json!(seconds - 40 * 86_400)),
            "jwt: no end" => self.claim("exp", Value::Null),
            "jwt: an end that is a text" => self.claim("exp", json!("never")),
            "jwt: not valid yet" => self.claim("nbf", json!(later)),
            "jwt: made in the future" => self.claim("iat", json!(later)),
            "jwt: no subject" => self.claim("sub", Value::Null),
            "jwt: an empty subject" => self.claim("sub", json!("")),
            "jwt: claims that were changed" => {
                let mut claims = self.claims.clone();
                claims["groups"] = json!(["administrators"]);
                format!("{}.{}.{signature}", parts[0], BASE64_URL_SAFE_NO_PAD.encode(claims.to_string()))
            }
            "jwt: a header that was changed" => {
                self.with_header(&json!({ "alg": "RS256", "kid": "one", "typ": "at+jwt" }), signature)
            }
            "jwt: critical extensions" => {
                self.with_header(&json!({ "alg": "RS256", "kid": "one", "crit": ["b64"], "b64": false }), signature)
            }
            "jwt: two parts" => format!("{}.{}", parts[0], parts[1]),
            "jwt: five parts" => format!("{signed}.{signature}.{signature}"),
            "jwt: no JSON" => "bm8.bm8.bm8".to_owned(),
            "jwt: longer than is looked at" => self.claim("more", json!("x".repeat(20_000))),
            "token: revoked" => self.revoked.clone(),
            "token: of someone who was removed" => self.removed.clone(),
            "token: an id that is not there" => {
                let secret = self.good.rsplit('_').next().unwrap();
                format!("outport_aaaaaaaaaaaa_{secret}")
            }
            "token: the right id with another secret" => {
                let turned = if self.good.ends_with('a') { 'b' } else { 'a' };
                format!("{}{turned}", &self.good[..self.good.len() - 1])
            }
            "token: a letter less" => self.good[..self.good.len() - 1].to_owned(),
            "token: a letter more" => format!("{}a", self.good),
            "token: in capitals" => self.good.to_uppercase(),
            "token: nothing but its beginning" => "outport_".to_owned(),
            "token: longer than is looked at" => format!("{}{}", self.good, "a".repeat(20_000)),
            "other: a text" => "letmein".to_owned(),
            "other: SQL" => "'OR'1'='1".to_owned(),
            other => panic!("{other} is not tried"),
        }
    }
}

/// Whether a door lets someone in, or what it says.
async fn enter(asker: &Asker<'_>, door: &str) -> Result<String, String> {
    let reply = match door {
        "sql" => asker.post("/v1/sql", &json!({ "sql": "SELECT 1" })).await,
        "rest" => asker.get("/v1/data/vault/people").await,
        "graphql" => asker.post("/graphql", &json!({ "query": "{ workspace }" })).await,
        "mcp" => asker.mcp("tools/list", json!({})).await,
        "sharing" => asker.get("/delta-sharing/shares").await,
        "download" => asker.get("/v1/download/vault/people.csv").await,
        "changes" => return asker.first_change("vault").await.map(|told| format!("{told:?}")),
        "flight" => {
            let mut client = asker.flight().await;
            return crate::through::run(&mut client, "SELECT 1").await.map(|rows| format!("{rows:?}"));
        }
        "postgres" => return asker.postgres().await.map(|_| "signed in".to_owned()),
        other => panic!("{other} is no door"),
    };
    if reply.status == 200 { Ok(reply.text()) } else { Err(format!("{} {}", reply.status, reply.text())) }
}

/// What a door says to whoever is not recognised.
fn is_refusal(door: &str, said: &str) -> bool {
    match door {
        "flight" => said.starts_with("Unauthenticated"),
        "postgres" => said.starts_with("28P01") || said.starts_with("28000"),
        _ => said.starts_with("401"),
    }
}

async fn at_corp() -> (Single, Forge) {
    let place = home(&ONE);
    let right = EncodingKey::from_rsa_pem(RIGHT).unwrap();
    let mut public = Jwk::from_encoding_key(&right, Algorithm::RS256).unwrap();
    public.common.key_id = Some("one".to_owned());
    let public = serde_json::to_value(public).unwrap();
    place.write("keys.json", json!({ "keys": [public] }).to_string());
    let opened = Opened::home_with(&place, vec![corp(&place)]).await;
    opened.user(&crate::opened::someone("gone", &["staff"])).await;
    let (revoked, removed) = (opened.token("mallory").await, opened.token("gone").await);
    // They are known for a while as those that were right a moment ago.
    for (who, token) in [("mallory", &revoked), ("gone", &removed)] {
        let asker = Asker::new(&opened, who, token.clone());
        for door in DOORS {
            enter(&asker, door).await.unwrap_or_else(|said| panic!("{door}, {who}: {said}"));
        }
    }
    place.run(&["token", "revoke", revoked.split('_').nth(1).unwrap()]).succeeded();
    place.run(&["user", "remove", "gone"]).succeeded();
    let token = opened.token("mallory").await;
    let end = (opened.clock.now() + TimeDelta::days(30)).timestamp();
    let claims = json!({
        "iss": "https://corp.example.com", "aud": "outport", "sub": "ada", "exp": end,
        "groups": ["staff"], "region": "EU",
    });
    let wrong = EncodingKey::from_rsa_pem(WRONG).unwrap();
    let forge = Forge { claims, right, wrong, public, revoked, removed, good: token.clone() };
    (Single { home: opened, token, place }, forge)
}

fn corp(place: &Place) -> Provider {
    let keys = KeySource::File(place.path("keys.json"));
    let mut provider = Provider::new("corp".parse().unwrap(), "https://corp.example.com", "outport", keys);
    provider.claims.region = Some("region".to_owned());
    provider
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_credential_opens_no_door() {
    let (single, forge) = at_corp().await;
    // What is right opens the doors, or the rest would say nothing.
    for door in DOORS {
        enter(&single.asker(), door).await.unwrap_or_else(|said| panic!("{door}: {said}"));
    }
    let signed = sign(&header(), &forge.claims, &forge.right);
    let ada = Asker::new(&single.home, "corp:ada", signed);
    for door in DOORS.into_iter().filter(|door| *door != "postgres") {
        enter(&ada, door).await.unwrap_or_else(|said| panic!("{door}, with a JWT: {said}"));
    }
    let mut words: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut wrong = Vec::new();
    for name in CREDENTIALS {
        for door in DOORS {
            let shown = Asker::new(&single.home, "mallory", forge.credential(name));
            // How guessing is slowed down is another matter.
            single.home.clock.advance(TimeDelta::seconds(61));
            match enter(&shown, door).await {
                Err(said) if is_refusal(door, &said) => {
                    words.entry(door).or_default().insert(comparable(&said));
                }
                // PostgreSQL's protocol has a limit of its own for what comes before someone is known.
                Err(said) if name.ends_with("longer than is looked at") && said.starts_with("08P01") => {}
                other => wrong.push(format!("{name}, {door}: {other:?}")),
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {ATTEMPTS}:\n{}", wrong.len(), wrong.join("\n"));
    for (door, words) in words {
        assert_eq!(words.len(), 1, "{door} tells credentials apart: {words:#?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guessing_is_slowed_down_and_keeps_out_nobody_who_is_right() {
    let single = Single::open().await;
    for door in DOORS {
        single.home.clock.advance(TimeDelta::seconds(600));
        let mut said = String::new();
        for guess in 0..40 {
            let token = format!("outport_aaaaaaaaaaaa_{guess:043}");
            let asker = Asker::new(&single.home, "mallory", token);
            said = enter(&asker, door).await.expect_err("a guess is right");
            if !is_refusal(door, &said) || said.contains("too many") {
                break;
            }
        }
        let slow = said.starts_with("429") || said.starts_with("ResourceExhausted") || said.contains("too many");
        assert!(slow, "{door}: forty guesses, and then: {said}");
        enter(&single.asker(), door).await.unwrap_or_else(|said| panic!("{door}, with a good token: {said}"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_for_one_door_opens_no_other() {
    let single = Single::open().await;
    let doors = [
        Door::Sql,
        Door::Rest,
        Door::Graphql,
        Door::Mcp,
        Door::Sharing,
        Door::Download,
        Door::Changes,
        Door::Flight,
        Door::Postgres,
    ];
    for own in doors {
        let scope = TokenScope { doors: Some([own].into()), products: None };
        let token = single.home.scoped_token("mallory", scope).await;
        let asker = Asker::new(&single.home, "mallory", token);
        for door in DOORS {
            single.home.clock.advance(TimeDelta::seconds(61));
            let outcome = enter(&asker, door).await;
            if door == own.as_str() {
                outcome.unwrap_or_else(|said| panic!("{door}: {said}"));
            } else {
                let said = outcome.expect_err(door);
                assert!(is_refusal(door, &said), "{door}, with a token for {}: {said}", own.as_str());
            }
        }
    }
    // A token for another product shows nothing of this one.
    let scope = TokenScope { doors: None, products: Some(["sealed".parse().unwrap()].into()) };
    let asker = Asker::new(&single.home, "mallory", single.home.scoped_token("mallory", scope).await);
    for sql in ["SELECT count(*) FROM vault.people", "SELECT * FROM sealed.secrets"] {
        assert!(asker.sql(sql, "json").await.is_err(), "{sql}");
    }
}
