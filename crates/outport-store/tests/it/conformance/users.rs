//! Users.

use outport_app::identity::User;
use outport_model::principal::{Principal, PrincipalKind};
use outport_test::{
    fixture::{moment, principal_id, token, token_id, user},
    store::PutUser,
};

use super::{Home, Stores};

async fn names(stores: &Stores) -> Vec<String> {
    stores.users.users().await.unwrap().iter().map(|user| user.principal.id.to_string()).collect()
}

pub(crate) async fn who_is_put_is_read(home: &impl Home) {
    let stores = home.open().await;
    assert_eq!(stores.users.users().await.unwrap(), []);
    let mut ada = user("ada");
    ada.principal = Principal {
        kind: PrincipalKind::Service,
        department: Some("Vertrieb & Ärger".to_owned()),
        region: Some("EU".to_owned()),
        clearance: Some(-3),
        labels: [("team".to_owned(), "\"quoted\"".to_owned())].into(),
        ..ada.principal
    };
    stores.users.put_user(&ada).await.unwrap();
    let other = home.open().await;
    assert_eq!(other.users.user(&principal_id("ada")).await.unwrap(), Some(ada.clone()));
    assert_eq!(other.users.users().await.unwrap(), [ada]);
    assert_eq!(other.users.user(&principal_id("Ada")).await.unwrap(), None, "upper and lower case differ");
}

pub(crate) async fn users_are_listed_by_name(home: &impl Home) {
    let stores = home.open().await;
    for name in ["bob", "Zoe", "ada", "home:ada", "ärger"] {
        stores.users.put_user(&user(name)).await.unwrap();
    }
    assert_eq!(names(&stores).await, ["Zoe", "ada", "bob", "home:ada", "ärger"]);
}

pub(crate) async fn a_user_is_changed_and_stays_as_old(home: &impl Home) {
    let stores = home.open().await;
    stores.users.put_user(&user("ada")).await.unwrap();
    let mut changed = User { password_hash: None, disabled: true, created_at: moment(50), ..user("ada") };
    changed.principal.groups.clear();
    stores.users.put_user(&changed).await.unwrap();
    let found = home.open().await.users.user(&principal_id("ada")).await.unwrap();
    assert_eq!(found, Some(User { created_at: moment(0), ..changed }));
}

pub(crate) async fn a_user_is_replaced_only_as_they_are_known(home: &impl Home) {
    let stores = home.open().await;
    let (ada, disabled) = (user("ada"), User { disabled: true, ..user("ada") });
    assert!(!stores.users.replace_user(Some(&ada), &disabled).await.unwrap(), "there is no such user yet");
    assert!(stores.users.replace_user(None, &ada).await.unwrap());
    assert!(!stores.users.replace_user(None, &disabled).await.unwrap(), "there is one by now");
    let known = stores.users.user(&principal_id("ada")).await.unwrap();
    assert!(home.open().await.users.replace_user(known.as_ref(), &disabled).await.unwrap());
    let late = User { password_hash: None, ..user("ada") };
    assert!(!stores.users.replace_user(known.as_ref(), &late).await.unwrap(), "another process was faster");
    assert_eq!(stores.users.users().await.unwrap(), [disabled]);
}

pub(crate) async fn of_many_changes_at_once_to_one_user_one_is_made(home: &impl Home) {
    home.open().await.users.put_user(&user("ada")).await.unwrap();
    let mut tasks = Vec::new();
    for number in 0..8 {
        let stores = home.open().await;
        let (known, mut changed) = (user("ada"), user("ada"));
        changed.principal.clearance = Some(number);
        tasks.push(tokio::spawn(async move { stores.users.replace_user(Some(&known), &changed).await.unwrap() }));
    }
    let mut made = 0;
    for task in tasks {
        made += usize::from(task.await.unwrap());
    }
    assert_eq!(made, 1);
}

pub(crate) async fn there_is_one_first_user(home: &impl Home) {
    let stores = home.open().await;
    assert!(stores.users.put_first_user(&user("ada")).await.unwrap());
    assert!(!stores.users.put_first_user(&user("bob")).await.unwrap());
    let again = User { disabled: true, ..user("ada") };
    assert!(!stores.users.put_first_user(&again).await.unwrap());
    assert_eq!(stores.users.users().await.unwrap(), [user("ada")]);
}

pub(crate) async fn of_many_first_users_at_once_one_wins(home: &impl Home) {
    let mut won = Vec::new();
    for (name, task) in all_first(home).await {
        if task.await.unwrap() {
            won.push(name);
        }
    }
    assert_eq!(won.len(), 1);
    assert_eq!(names(&home.open().await).await, won);
}

/// Lets many be the first, each in a process of their own.
async fn all_first(home: &impl Home) -> Vec<(String, tokio::task::JoinHandle<bool>)> {
    let mut tasks = Vec::new();
    for number in 0..8 {
        let (stores, name) = (home.open().await, format!("user{number}"));
        let first = user(&name);
        tasks.push((name, tokio::spawn(async move { stores.users.put_first_user(&first).await.unwrap() })));
    }
    tasks
}

pub(crate) async fn whoever_is_removed_is_gone_and_their_tokens_revoked(home: &impl Home) {
    let stores = home.open().await;
    for name in ["ada", "bob"] {
        stores.users.put_user(&user(name)).await.unwrap();
    }
    for (id, owner) in [("a1", "ada"), ("a2", "ada"), ("b1", "bob")] {
        stores.tokens.add_token(&token(id, owner)).await.unwrap();
    }
    assert!(stores.tokens.revoke_token(&token_id("a1"), moment(5)).await.unwrap());
    assert!(stores.users.remove_user(&principal_id("ada"), moment(9)).await.unwrap());
    assert!(!stores.users.remove_user(&principal_id("ada"), moment(10)).await.unwrap());
    assert_eq!(names(&stores).await, ["bob"]);

    // Whoever gets the name later gets none of the rights.
    stores.users.put_user(&user("ada")).await.unwrap();
    let tokens = home.open().await.tokens.tokens(None).await.unwrap();
    let revoked: Vec<_> = tokens.iter().map(|token| (token.id.as_str(), token.revoked_at)).collect();
    assert_eq!(revoked, [("b1", None), ("a2", Some(moment(9))), ("a1", Some(moment(5)))]);
}
