//! Where the keys of providers come from, and how long they are trusted.

use std::sync::Arc;

use outport_app::identity::Authenticator as _;
use outport_identity::{ConfigurationError, KeySource, LocalAuthenticator, Provider, ProviderName};
use outport_test::clock::ManualClock;

use crate::{
    home::{Home, Outcome},
    issuer::{Answer, Issuer, Key, p256, rsa_one, rsa_two},
};

const DAY: i64 = 24 * 3600;
const UNKNOWN: Outcome = Outcome::Refused("the key of the JWT is not known");

fn unread() -> Outcome {
    Outcome::Unavailable("the keys of the identity provider `corp` could not be read".to_owned())
}

struct Setting {
    issuer: Issuer,
    home: Home,
}

impl Setting {
    async fn new(keys: &[Key]) -> Self {
        let issuer = Issuer::new("corp", keys).await;
        let home = Home::with(vec![issuer.provider.clone()]).await;
        Self { issuer, home }
    }

    /// What becomes of a JWT that is signed with this key and good for a year.
    async fn shown(&self, key: &Key) -> Outcome {
        self.home.bearer(&key.sign(&self.issuer.claims(365 * DAY))).await
    }
}

#[tokio::test]
async fn keys_are_replaced_together() {
    let setting = Setting::new(&[rsa_one()]).await;
    assert_eq!(setting.shown(&rsa_one()).await.name(), "corp:ada");
    setting.issuer.has(&[rsa_two()]);
    setting.home.later(30);
    assert_eq!(setting.shown(&rsa_one()).await.name(), "corp:ada");
    assert_eq!(setting.issuer.asked(), 1);
    // The new key is why the set is read again, and the old one goes with the old set.
    assert_eq!(setting.shown(&rsa_two()).await.name(), "corp:ada");
    assert_eq!(setting.issuer.asked(), 2);
    assert_eq!(setting.shown(&rsa_one()).await, UNKNOWN);
}

#[tokio::test]
async fn a_withdrawn_key_is_not_trusted_for_long() {
    let setting = Setting::new(&[rsa_one(), rsa_two()]).await;
    assert_eq!(setting.shown(&rsa_one()).await.name(), "corp:ada");
    setting.issuer.has(&[rsa_two()]);
    setting.home.later(599);
    assert_eq!(setting.shown(&rsa_one()).await.name(), "corp:ada");
    setting.home.later(1);
    assert_eq!(setting.shown(&rsa_one()).await, UNKNOWN);
    assert_eq!(setting.issuer.asked(), 2);
}

#[tokio::test]
async fn unknown_keys_are_asked_for_twice_a_minute() {
    let setting = Setting::new(&[rsa_one()]).await;
    assert_eq!(setting.shown(&rsa_one()).await.name(), "corp:ada");
    for (seconds, asked) in [(0, 1), (29, 1), (1, 2), (0, 2), (29, 2), (1, 3)] {
        setting.home.later(seconds);
        assert!(matches!(setting.shown(&p256()).await, Outcome::Refused(_) | Outcome::Wait(_)));
        assert_eq!(setting.issuer.asked(), asked);
    }
}

#[tokio::test]
async fn many_at_once_ask_once() {
    let setting = Setting::new(&[rsa_one()]).await;
    let key = rsa_one();
    let outcomes = futures::future::join_all((0..20).map(|_| setting.shown(&key))).await;
    assert!(outcomes.iter().all(|outcome| outcome.name() == "corp:ada"));
    assert_eq!(setting.issuer.asked(), 1);
}

/// Whoever goes away while keys are read must not spend the one attempt of half a minute.
#[tokio::test]
async fn keys_are_read_though_nobody_waits() {
    let setting = Setting::new(&[rsa_one()]).await;
    let key = rsa_one();
    let mut leaving = Box::pin(setting.shown(&key));
    assert!(futures::poll!(&mut leaving).is_pending());
    drop(leaving);
    assert_eq!(setting.shown(&rsa_one()).await.name(), "corp:ada");
    assert_eq!(setting.issuer.asked(), 1);
}

#[tokio::test]
async fn the_last_keys_hold_for_a_day_while_the_provider_is_down() {
    for down in [
        Answer::Nothing,
        Answer::Status(500, ""),
        Answer::Text("<html>".to_owned()),
        Answer::Text("{}".to_owned()),
        Answer::Text(format!("{{\"keys\": [{}]}}", " ".repeat(256 * 1024))),
        Answer::Endless,
    ] {
        let setting = Setting::new(&[rsa_one()]).await;
        assert_eq!(setting.shown(&rsa_one()).await.name(), "corp:ada");
        setting.issuer.answers(down);
        setting.home.later(DAY - 1);
        assert_eq!(setting.shown(&rsa_one()).await.name(), "corp:ada");
        assert_eq!(setting.issuer.asked(), 2);
        assert_eq!(setting.shown(&rsa_two()).await, UNKNOWN);
        setting.home.later(1);
        assert_eq!(setting.shown(&rsa_one()).await, unread());
        setting.issuer.has(&[rsa_one()]);
        setting.home.later(30);
        assert_eq!(setting.shown(&rsa_one()).await.name(), "corp:ada");
    }
}

#[tokio::test]
async fn without_keys_nothing_can_be_said() {
    let setting = Setting::new(&[rsa_one()]).await;
    setting.issuer.answers(Answer::Nothing);
    // It is nobody's fault, so nobody waits for it.
    for _ in 0..20 {
        assert_eq!(setting.shown(&rsa_one()).await, unread());
    }
    assert_eq!(setting.issuer.asked(), 1);
    setting.issuer.has(&[rsa_one()]);
    setting.home.later(30);
    assert_eq!(setting.shown(&rsa_one()).await.name(), "corp:ada");
}

#[tokio::test]
async fn keys_are_where_the_configuration_says() {
    let elsewhere = Issuer::new("elsewhere", &[rsa_one()]).await;
    let setting = Setting::new(&[rsa_one()]).await;
    let header = format!("location: {}\r\n", elsewhere.address).leak();
    setting.issuer.answers(Answer::Status(302, header));
    assert_eq!(setting.shown(&rsa_one()).await, unread());
    assert_eq!(elsewhere.asked(), 0);
}

#[tokio::test]
async fn keys_may_be_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys.json");
    let mut setting = Setting::new(&[rsa_one()]).await;
    let mut provider = setting.issuer.provider.clone();
    provider.jwks = KeySource::from(file.to_str().unwrap().to_owned());
    assert_eq!(provider.jwks, KeySource::File(file.clone()));
    setting.home = Home::with(vec![provider]).await;

    assert_eq!(setting.shown(&rsa_one()).await, unread());
    let write = |text: String| std::fs::write(&file, text).unwrap();
    write(serde_json::json!({"keys": [rsa_one().public()]}).to_string());
    setting.home.later(30);
    assert_eq!(setting.shown(&rsa_one()).await.name(), "corp:ada");
    write(serde_json::json!({"keys": [rsa_two().public()]}).to_string());
    setting.home.later(30);
    assert_eq!(setting.shown(&rsa_two()).await.name(), "corp:ada");
    write(serde_json::json!({"keys": [rsa_one().public()]}).to_string() + &" ".repeat(256 * 1024));
    setting.home.later(30);
    assert_eq!(setting.shown(&rsa_one()).await, UNKNOWN);
    assert_eq!(setting.issuer.asked(), 0);
}

#[tokio::test]
async fn settings_are_read_from_text_and_checked() {
    let setting = Setting::new(&[]).await;
    let provider: Provider = serde_json::from_value(serde_json::json!({
        "name": "corp",
        "issuer": "https://corp.example.com",
        "audience": "outport",
        "jwks": setting.issuer.address,
        "claims": {"groups": "roles", "labels": {"site": "site"}},
        "administrators": "platform",
    }))
    .unwrap();
    assert_eq!(provider.claims.subject, "sub");
    assert_eq!(provider.jwks, KeySource::Url(setting.issuer.address.clone()));
    for wrong in [
        r#"{"name": "Corp", "issuer": "i", "audience": "a", "jwks": "k"}"#,
        r#"{"name": "home", "issuer": "i", "audience": "a", "jwks": "k"}"#,
        r#"{"name": "a:b", "issuer": "i", "audience": "a", "jwks": "k"}"#,
        r#"{"name": "corp", "issuer": "i", "audience": "a", "jwks": "k", "algorithms": ["HS256"]}"#,
        r#"{"name": "corp", "issuer": "i", "audience": "a", "jwks": "k", "algorithms": ["none"]}"#,
        r#"{"name": "corp", "issuer": "i", "audience": "a", "jwks": "k", "admin": "x"}"#,
    ] {
        assert!(serde_json::from_str::<Provider>(wrong).is_err(), "{wrong}");
    }

    let made = |providers: Vec<Provider>| {
        let memory = Arc::clone(&setting.home.memory);
        let clock = Arc::new(ManualClock::default());
        LocalAuthenticator::new(Arc::<crate::home::Memory>::clone(&memory), memory, clock, providers)
    };
    let other = |change: &dyn Fn(&mut Provider)| {
        let mut other = provider.clone();
        other.name = "shop".parse::<ProviderName>().unwrap();
        change(&mut other);
        vec![provider.clone(), other]
    };
    let refused = |providers: Vec<Provider>| {
        let error: ConfigurationError = made(providers).unwrap_err();
        (error.to_string(), error.help().unwrap())
    };
    assert!(made(other(&|shop| "https://shop.example.com".clone_into(&mut shop.issuer))).is_ok());
    assert_eq!(refused(other(&|_| ())).0, "the identity providers `corp` and `shop` have the same issuer");
    assert_eq!(
        refused(other(&|shop| shop.name = "corp".parse().unwrap())).0,
        "two identity providers have the name `corp`"
    );
    assert_eq!(
        refused(other(&|shop| shop.audience.clear())),
        ("the identity provider `shop` has no audience".to_owned(), "say its `audience`".to_owned())
    );
    assert_eq!(refused(other(&|shop| shop.algorithms.clear())).0, "the identity provider `shop` has no algorithms");
    let insecure = refused(other(&|shop| {
        shop.issuer.push('x');
        shop.jwks = KeySource::Url("http://id.example.com/keys".to_owned());
    }));
    assert_eq!(
        insecure.0,
        "the keys of the identity provider `shop` are at `http://id.example.com/keys`, which is not `https`"
    );
    assert!(made(Vec::new()).unwrap().hash_password("a long password").await.is_ok());
}
