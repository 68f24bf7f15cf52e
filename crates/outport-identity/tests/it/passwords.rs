//! Passwords of local users.

use outport_app::identity::{AuthenticationError, Authenticator as _, TokenScope};
use outport_identity::Hashing;

use crate::home::{Home, Outcome, PASSWORD};

#[tokio::test]
async fn the_right_password_is_recognised() {
    let home = Home::new().await;
    let Outcome::Known(known) = home.password("ada", PASSWORD).await else { panic!("ada is not recognised") };
    assert_eq!(known.principal.id.as_str(), "ada");
    assert!(known.local_user);
    assert_eq!((known.token, known.until, known.scope), (None, None, TokenScope::default()));
    assert_eq!(home.password(" ada ", PASSWORD).await.name(), "ada");
}

#[tokio::test]
async fn what_is_wrong_is_refused_each_for_its_reason() {
    let home = Home::new().await;
    home.put("corp:ada", true, false).await;
    for (user, password, reason) in [
        ("ada", "correct horse batterx", "the password is wrong"),
        ("ada", "", "the password is wrong"),
        ("Ada", PASSWORD, "there is no such user"),
        ("", PASSWORD, "there is no such user"),
        ("a\nb", PASSWORD, "there is no such user"),
        ("eve", PASSWORD, "the user is disabled"),
        ("eve", "something else", "the password is wrong"),
        ("robot", "", "the user has no password"),
        ("corp:ada", PASSWORD, "there is no such user"),
    ] {
        // The reasons are looked at here, not how guessing is slowed down.
        home.later(3600);
        assert_eq!(home.password(user, password).await, Outcome::Refused(reason), "{user:?} {password:?}");
    }
}

#[tokio::test]
async fn a_hash_of_another_kind_is_no_password() {
    let home = Home::new().await;
    for hash in ["", "plain text!!", "$argon2d$v=19$m=64,t=1,p=1$c29tZXNhbHQ$x", "$argon2id$broken"] {
        home.later(3600);
        home.memory.change_user("ada", |user| user.password_hash = Some(hash.to_owned()));
        assert_eq!(home.password("ada", hash).await, Outcome::Refused("the password is wrong"), "{hash}");
    }
}

#[tokio::test]
async fn passwords_are_hashed_with_the_recommended_parameters() {
    let home = Home::hashing(Hashing::default(), Vec::new()).await;
    let hash = home.authenticator.hash_password(PASSWORD).await.unwrap();
    assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
    let again = home.authenticator.hash_password(PASSWORD).await.unwrap();
    assert_ne!(hash, again, "the salt is the same");
    assert_eq!(home.password("ada", PASSWORD).await.name(), "ada");
}

#[tokio::test]
async fn hashes_made_in_another_way_stay_good() {
    let home = Home::new().await;
    let hash = home.authenticator.hash_password(PASSWORD).await.unwrap();
    let home = Home::hashing(Hashing::new(128, 2, 1).unwrap(), Vec::new()).await;
    home.memory.change_user("ada", |user| user.password_hash = Some(hash));
    assert_eq!(home.password("ada", PASSWORD).await.name(), "ada");
}

#[tokio::test]
async fn new_passwords_are_long_and_no_tokens() {
    let home = Home::new().await;
    let refused = async |password: &str| match home.authenticator.hash_password(password).await {
        Err(AuthenticationError::Refused(reason)) => reason,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused("elf letters").await, "the password has less than 12 characters");
    assert_eq!(refused("ééééééééééé").await, "the password has less than 12 characters");
    assert_eq!(refused(&"é".repeat(513)).await, "the password has more than 1024 bytes");
    assert_eq!(refused("outport_is_great").await, "a password cannot begin with `outport_`");
    for good in ["twelve chars", "é".repeat(512).as_str()] {
        assert!(home.authenticator.hash_password(good).await.is_ok());
    }
}

/// Otherwise the time that an answer takes would tell who there is. Work is counted where a hash has been computed, and not
/// where one was asked for, so that no machine is too busy for this.
#[tokio::test]
async fn an_unknown_user_costs_as_much_as_a_wrong_password() {
    let home = Home::hashing(Hashing::new(512, 3, 4).unwrap(), Vec::new()).await;
    home.put("broken", true, false).await;
    home.memory.change_user("broken", |user| user.password_hash = Some("$argon2id$v=19$m=8$c29tZXNhbHQ".to_owned()));
    let cost = async |user: &str, password: &str| {
        home.later(3600);
        let before = home.authenticator.compared_kib();
        home.password(user, password).await;
        home.authenticator.compared_kib() - before
    };
    assert_eq!(cost("ada", PASSWORD).await, 512 * 3);
    for (user, password) in [
        ("ada", "something wrong"),
        ("nobody", PASSWORD),
        ("no\nname", PASSWORD),
        ("robot", PASSWORD),
        ("eve", PASSWORD),
        ("eve", "something wrong"),
        ("corp:ada", PASSWORD),
        ("broken", PASSWORD),
    ] {
        assert_eq!(cost(user, password).await, 512 * 3, "{user:?} {password:?}");
    }
}

#[tokio::test]
async fn a_broken_store_is_not_a_wrong_password() {
    let home = Home::new().await;
    *home.memory.broken.lock().unwrap() = true;
    for _ in 0..20 {
        assert_eq!(home.password("ada", PASSWORD).await, Outcome::Store);
    }
    *home.memory.broken.lock().unwrap() = false;
    assert_eq!(home.password("ada", PASSWORD).await.name(), "ada");
}

#[tokio::test]
async fn nothing_secret_is_shown() {
    let home = Home::new().await;
    let (_, text) = home.token_of("ada").await;
    home.bearer(&text).await;
    home.password("ada", PASSWORD).await;
    let shown = format!("{:?}", home.authenticator);
    assert!(!shown.contains("argon2id") && !shown.contains(&text) && !shown.contains("battery"), "{shown}");
}
