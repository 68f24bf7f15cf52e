//! How guessing is slowed down, and whom it must not keep out.

use futures::future::join_all;
use outport_app::identity::UserStore as _;

use crate::home::{HERE, Home, Outcome, PASSWORD, id};

const WRONG: Outcome = Outcome::Refused("the password is wrong");
const ELSEWHERE: &str = "198.51.100.7";

#[tokio::test]
async fn after_five_wrong_ones_the_wait_doubles() {
    let home = Home::new().await;
    for _ in 0..5 {
        assert_eq!(home.password("ada", "a guess").await, WRONG);
    }
    for wait in [1, 2, 4, 8, 16, 32, 60, 60] {
        // Not even the right one is looked at.
        assert_eq!(home.password("ada", PASSWORD).await, Outcome::Wait(wait));
        home.later(i64::try_from(wait).unwrap() - 1);
        assert_eq!(home.password("ada", PASSWORD).await, Outcome::Wait(1));
        home.later(1);
        assert_eq!(home.password("ada", "a guess").await, WRONG);
    }
}

#[tokio::test]
async fn the_right_one_starts_anew() {
    let home = Home::new().await;
    for _ in 0..3 {
        for _ in 0..5 {
            assert_eq!(home.password("ada", "a guess").await, WRONG);
        }
        home.later(1);
        assert_eq!(home.password("ada", PASSWORD).await.name(), "ada");
    }
}

#[tokio::test]
async fn slow_mistakes_cost_nothing() {
    let home = Home::new().await;
    for _ in 0..20 {
        assert_eq!(home.password("ada", "a guess").await, WRONG);
        home.later(20);
    }
    assert_eq!(home.password("ada", PASSWORD).await.name(), "ada");
}

#[tokio::test]
async fn a_name_that_is_guessed_is_not_locked() {
    let home = Home::new().await;
    for attempt in 0..200 {
        let from = format!("198.51.100.{attempt}");
        assert_eq!(home.password_from("ada", "a guess", &from).await, WRONG);
        home.later(6);
    }
    home.password_from("ada", "a guess", ELSEWHERE).await;
    assert_eq!(home.password("ada", PASSWORD).await, Outcome::Wait(5));
    home.later(5);
    assert_eq!(home.password("ada", PASSWORD).await.name(), "ada");
}

#[tokio::test]
async fn an_address_that_guesses_many_names_waits() {
    let home = Home::new().await;
    for name in 0..5 {
        let guessed = home.password_from(&format!("user{name}"), "a guess", ELSEWHERE).await;
        assert_eq!(guessed, Outcome::Refused("there is no such user"));
    }
    assert_eq!(home.password_from("ada", PASSWORD, ELSEWHERE).await, Outcome::Wait(1));
    assert_eq!(home.password_from("ada", PASSWORD, &format!("{ELSEWHERE}:999")).await, Outcome::Wait(1));
    assert_eq!(home.password_from("ada", PASSWORD, HERE).await.name(), "ada");
}

#[tokio::test]
async fn an_account_of_ones_own_is_no_way_round() {
    let home = Home::new().await;
    for name in 0..5 {
        home.password_from(&format!("user{name}"), "a guess", ELSEWHERE).await;
        if name < 4 {
            assert_eq!(home.password_from("bob", PASSWORD, ELSEWHERE).await.name(), "bob");
        }
    }
    assert_eq!(home.password_from("bob", PASSWORD, ELSEWHERE).await, Outcome::Wait(1));
}

async fn guesses(home: &Home) -> Vec<Outcome> {
    join_all((0..50).map(|_| home.password("ada", "a guess"))).await
}

#[tokio::test]
async fn guessing_many_at_once_gains_nothing() {
    let home = Home::new().await;
    let outcomes = guesses(&home).await;
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == WRONG).count(), 5);
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Outcome::Wait(1)).count(), 45);

    home.later(1);
    let outcomes = guesses(&home).await;
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == WRONG).count(), 1);
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Outcome::Wait(2)).count(), 49);
}

#[tokio::test]
async fn a_pool_of_connections_gets_through() {
    let home = Home::new().await;
    for _ in 0..4 {
        home.password("ada", "a guess").await;
    }
    let outcomes = join_all((0..50).map(|_| home.password("ada", PASSWORD))).await;
    assert!(outcomes.iter().all(|outcome| outcome.name() == "ada"));
}

#[tokio::test]
async fn whoever_goes_away_leaves_no_trace() {
    let home = Home::new().await;
    let held = home.memory.held.lock().await;
    for _ in 0..50 {
        let mut attempt = Box::pin(home.password("ada", "a guess"));
        assert!(futures::poll!(&mut attempt).is_pending());
    }
    drop(held);
    assert_eq!(home.password("ada", PASSWORD).await.name(), "ada");
}

#[tokio::test]
async fn wrong_tokens_wait_and_right_ones_never() {
    let home = Home::new().await;
    let (_, text) = home.token_of("ada").await;
    for _ in 0..5 {
        assert_eq!(home.bearer("outport_aaaaaaaaaaaa_secret").await, Outcome::Refused("there is no such token"));
    }
    assert_eq!(home.bearer("outport_aaaaaaaaaaaa_secret").await, Outcome::Wait(1));
    assert_eq!(home.bearer("a.b.c").await, Outcome::Wait(1));
    assert_eq!(home.bearer(&text).await.name(), "ada");
    assert_eq!(home.password("ada", PASSWORD).await.name(), "ada");
}

#[tokio::test]
async fn a_token_that_was_right_once_is_no_guess() {
    let home = Home::new().await;
    let (_, text) = home.token_of("ada").await;
    home.memory.remove_user(&id("ada"), outport_test::fixture::moment(0)).await.unwrap();
    for _ in 0..20 {
        assert_eq!(home.bearer(&text).await, Outcome::Refused("the owner of the token was removed"));
    }
    assert_eq!(home.bearer("nonsense").await, Outcome::Refused("the credential is neither a token nor a JWT"));
}
