//! API tokens, from the first to the last day.

use std::collections::HashSet;

use outport_app::{
    clock::Clock as _,
    identity::{Authenticator as _, TokenStore as _, UserStore as _},
};

use crate::home::{Home, Outcome, PASSWORD, id};

#[tokio::test]
async fn a_new_token_says_what_it_is() {
    let home = Home::new().await;
    let mut seen = HashSet::new();
    for _ in 0..100 {
        let (token, text, digest) = home.authenticator.new_token();
        let (id, secret) = text.strip_prefix("outport_").unwrap().split_once('_').unwrap();
        assert_eq!(id, token.as_str());
        assert_eq!(id.len(), 12);
        assert_eq!(secret.len(), 43);
        assert!(secret.chars().all(|c| c.is_ascii_alphanumeric()));
        assert_eq!(digest, *blake3::hash(text.as_bytes()).as_bytes());
        assert!(seen.insert(id.to_owned()) && seen.insert(secret.to_owned()));
    }
}

#[tokio::test]
async fn a_token_has_the_rights_of_its_owner_and_its_own_limits() {
    let home = Home::new().await;
    let (token, text) = home.token_of("robot").await;
    let Outcome::Known(known) = home.bearer(&text).await else { panic!("the token is not recognised") };
    let on_record = home.memory.token(&token).await.unwrap().unwrap();
    assert_eq!(known.principal.id.as_str(), "robot");
    assert_eq!(known.scope, on_record.scope);
    assert_eq!(known.until, Some(on_record.expires_at));
    assert_eq!(known.token, Some(token));
    assert!(known.local_user);
}

#[tokio::test]
async fn a_token_ends() {
    let home = Home::new().await;
    let (_, text) = home.token_of("ada").await;
    home.later(3599);
    assert_eq!(home.bearer(&text).await.name(), "ada");
    home.later(1);
    assert_eq!(home.bearer(&text).await, Outcome::Refused("the token has expired"));

    let (token, text) = home.token_of("ada").await;
    home.memory.revoke_token(&token, home.clock.now()).await.unwrap();
    assert_eq!(home.bearer(&text).await, Outcome::Refused("the token is revoked"));

    let (_, text) = home.token_of("ada").await;
    home.memory.change_user("ada", |user| user.disabled = true);
    assert_eq!(home.bearer(&text).await, Outcome::Refused("the owner of the token is disabled"));
    home.memory.remove_user(&id("ada"), home.clock.now()).await.unwrap();
    assert_eq!(home.bearer(&text).await, Outcome::Refused("the owner of the token was removed"));
}

#[tokio::test]
async fn what_is_no_token_is_refused() {
    let home = Home::new().await;
    let (token, text) = home.token_of("ada").await;
    let mut altered = text.clone();
    altered.replace_range(text.len() - 1.., if text.ends_with('a') { "b" } else { "a" });
    for (wrong, reason) in [
        (altered.as_str(), "the secret of the token is wrong"),
        (&text[..text.len() - 1], "the secret of the token is wrong"),
        (&format!("{text} "), "the secret of the token is wrong"),
        (&format!("outport_{token}_x"), "the secret of the token is wrong"),
        (&format!("outport_{token}_"), "the token is not written as one"),
        (&format!("outport_{token}"), "the token is not written as one"),
        ("outport_aaaaaaaaaaaa_secret", "there is no such token"),
        ("outport_AAAA_secret", "the token is not written as one"),
        ("outport__secret", "the token is not written as one"),
        ("", "the credential is neither a token nor a JWT"),
        ("OUTPORT_a_b", "the credential is neither a token nor a JWT"),
        (&"x".repeat(20_000), "the credential is too long"),
    ] {
        home.later(3600);
        home.memory.change_token(&token, |token| token.expires_at = home.clock.now() + chrono::Duration::hours(1));
        assert_eq!(home.bearer(wrong).await, Outcome::Refused(reason), "{wrong}");
    }
    assert_eq!(home.bearer(&text).await.name(), "ada");
}

#[tokio::test]
async fn a_token_is_a_password_of_its_owner_only() {
    let home = Home::new().await;
    let (_, text) = home.token_of("ada").await;
    let Outcome::Known(known) = home.password("ada", &text).await else { panic!("the token is not recognised") };
    assert!(known.token.is_some() && known.scope.doors.is_some());
    for other in ["bob", "", "nobody", "ADA"] {
        assert_eq!(home.password(other, &text).await, Outcome::Refused("the token is of another user"));
    }
    assert_eq!(home.password("bob", "outport_x_y").await, Outcome::Refused("there is no such token"));
    assert_eq!(home.password("ada", PASSWORD).await.name(), "ada");
}

/// The store of these tests refuses to remember it, too: nobody is kept out by that.
#[tokio::test]
async fn use_is_remembered_once_a_minute() {
    let mut home = Home::new().await;
    let start = home.clock.now();
    let (token, text) = home.token_of("ada").await;
    for seconds in [0, 0, 30, 29, 1, 0] {
        home.later(seconds);
        assert_eq!(home.bearer(&text).await.name(), "ada");
    }
    for seconds in [0, 60] {
        let at = start + chrono::Duration::seconds(seconds);
        assert_eq!(home.used.recv().await, Some((token.clone(), at)));
    }

    // What another process remembered counts as well.
    let (other, other_text) = home.token_of("ada").await;
    home.memory.change_token(&other, |token| token.last_used_at = Some(home.clock.now()));
    assert_eq!(home.bearer(&other_text).await.name(), "ada");
    home.later(60);
    assert_eq!(home.bearer(&text).await.name(), "ada");
    assert_eq!(home.used.recv().await, Some((token, start + chrono::Duration::seconds(120))));
}

#[tokio::test]
async fn a_refused_token_is_not_remembered_as_used() {
    let mut home = Home::new().await;
    let (_, revoked) = home.token_of("eve").await;
    let (token, text) = home.token_of("ada").await;
    home.bearer(&revoked).await;
    home.password("bob", &text).await;
    assert_eq!(home.bearer(&text).await.name(), "ada");
    assert_eq!(home.used.recv().await.unwrap().0, token);
    assert!(home.used.try_recv().is_err());
}
