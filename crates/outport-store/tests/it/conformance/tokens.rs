//! API tokens.

use outport_app::{
    identity::{Token, TokenScope},
    store::StoreError,
};
use outport_model::principal::Door;
use outport_test::{
    fixture::{moment, principal_id, product, token, token_id, user},
    store::PutUser,
};

use super::{Home, Stores};

async fn ids(stores: &Stores, owner: Option<&str>) -> Vec<String> {
    let owner = owner.map(principal_id);
    stores.tokens.tokens(owner.as_ref()).await.unwrap().iter().map(|token| token.id.to_string()).collect()
}

async fn with_users(home: &impl Home) -> Stores {
    let stores = home.open().await;
    for name in ["ada", "bob"] {
        stores.users.put_user(&user(name)).await.unwrap();
    }
    stores
}

pub(crate) async fn what_is_added_is_found(home: &impl Home) {
    let stores = with_users(home).await;
    let scope =
        TokenScope { doors: Some([Door::Flight, Door::Postgres].into()), products: Some([product("flights")].into()) };
    let narrow = Token { scope, ..token("a1", "ada") };
    stores.tokens.add_token(&narrow).await.unwrap();
    stores.tokens.add_token(&token("a2", "ada")).await.unwrap();
    let other = home.open().await;
    assert_eq!(other.tokens.token(&token_id("a1")).await.unwrap(), Some(narrow));
    assert_eq!(other.tokens.token(&token_id("a2")).await.unwrap(), Some(token("a2", "ada")));
    assert_eq!(other.tokens.token(&token_id("a3")).await.unwrap(), None);
}

pub(crate) async fn tokens_are_newest_first(home: &impl Home) {
    let stores = with_users(home).await;
    assert_eq!(ids(&stores, None).await, [""; 0]);
    // Their order is that in which they came, also where the clock went back.
    for (id, owner, at) in [("x", "ada", 20), ("m", "bob", 10), ("a", "ada", 15)] {
        stores.tokens.add_token(&Token { created_at: moment(at), ..token(id, owner) }).await.unwrap();
    }
    assert_eq!(ids(&stores, None).await, ["a", "m", "x"]);
    assert_eq!(ids(&stores, Some("ada")).await, ["a", "x"]);
    assert_eq!(ids(&stores, Some("carl")).await, [""; 0]);
}

pub(crate) async fn a_token_needs_an_owner_and_an_id_of_its_own(home: &impl Home) {
    let stores = with_users(home).await;
    let error = stores.tokens.add_token(&token("c1", "carl")).await.unwrap_err();
    assert!(matches!(error, StoreError::Database { action: "put a token on record", .. }), "{error:?}");
    stores.tokens.add_token(&token("a1", "ada")).await.unwrap();
    let error = stores.tokens.add_token(&token("a1", "bob")).await.unwrap_err();
    assert!(matches!(error, StoreError::Database { action: "put a token on record", .. }), "{error:?}");
    assert_eq!(stores.tokens.tokens(None).await.unwrap(), [token("a1", "ada")]);
}

pub(crate) async fn a_token_is_revoked_once(home: &impl Home) {
    let stores = with_users(home).await;
    for id in ["a1", "a2"] {
        stores.tokens.add_token(&token(id, "ada")).await.unwrap();
    }
    assert!(stores.tokens.revoke_token(&token_id("a1"), moment(5)).await.unwrap());
    assert!(!home.open().await.tokens.revoke_token(&token_id("a1"), moment(6)).await.unwrap());
    assert!(!stores.tokens.revoke_token(&token_id("a9"), moment(6)).await.unwrap());
    let tokens = stores.tokens.tokens(None).await.unwrap();
    assert_eq!(tokens, [token("a2", "ada"), Token { revoked_at: Some(moment(5)), ..token("a1", "ada") }]);
}

pub(crate) async fn the_last_use_is_known_to_the_minute(home: &impl Home) {
    let stores = with_users(home).await;
    for id in ["a1", "a2"] {
        stores.tokens.add_token(&token(id, "ada")).await.unwrap();
    }
    let mut seen = Vec::new();
    for at in [61, 119, 200, 130] {
        stores.tokens.token_used(&token_id("a1"), moment(at)).await.unwrap();
        seen.push(home.open().await.tokens.token(&token_id("a1")).await.unwrap().unwrap().last_used_at);
    }
    assert_eq!(seen, [60, 60, 180, 180].map(|at| Some(moment(at))));
    stores.tokens.token_used(&token_id("a9"), moment(1)).await.unwrap();
    assert_eq!(stores.tokens.token(&token_id("a2")).await.unwrap(), Some(token("a2", "ada")));
}

pub(crate) async fn tokens_that_ended_are_forgotten(home: &impl Home) {
    let stores = with_users(home).await;
    let session = |id: &str, owner: &str, until: i64| Token {
        scope: TokenScope::session(),
        expires_at: moment(until),
        ..token(id, owner)
    };
    for token in
        [session("a1", "ada", 10), session("a2", "ada", 90), session("a3", "ada", 50), session("b1", "bob", 10)]
    {
        stores.tokens.add_token(&token).await.unwrap();
    }
    stores.tokens.add_token(&Token { expires_at: moment(10), ..token("a4", "ada") }).await.unwrap();
    stores.tokens.revoke_token(&token_id("a2"), moment(20)).await.unwrap();
    stores.tokens.forget_tokens(&principal_id("ada"), &TokenScope::session(), moment(50)).await.unwrap();
    assert_eq!(ids(&stores, None).await, ["a4", "b1", "a3"], "of another scope, of another owner, not ended before");
}
