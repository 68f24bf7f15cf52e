//! The record of intent.

use outport_app::store::{HistoryEntry, HistoryKind, IntentChange, StoreError};
use outport_model::plan::Intent;
use outport_test::fixture::{compiled, moment, product, workspace};

use super::{Home, Stores, prod};

fn entry(name: &str, kind: HistoryKind) -> HistoryEntry {
    HistoryEntry { at: moment(7), product: product(name), kind }
}

fn applied(generation: u64) -> HistoryKind {
    HistoryKind::Applied { generation, summary: vec!["model `daily` is new".to_owned()] }
}

async fn generation(stores: &Stores, name: &str) -> Option<u64> {
    stores.intents.intents(&prod()).await.unwrap().get(&product(name)).map(|intent| intent.generation)
}

pub(crate) async fn what_is_put_is_read(home: &impl Home) {
    let stores = home.open().await;
    assert!(stores.intents.intents(&prod()).await.unwrap().is_empty());
    let flights = compiled("flights", "SELECT 1");
    stores.put(flights.clone(), None).await.unwrap();
    let intents = home.open().await.intents.intents(&prod()).await.unwrap();
    let expected = Intent { generation: 1, compiled: flights, applied_at: moment(1) };
    assert_eq!(intents.into_iter().collect::<Vec<_>>(), [(product("flights"), expected)]);
}

pub(crate) async fn a_change_counts_the_generation(home: &impl Home) {
    let stores = home.open().await;
    stores.put(compiled("flights", "SELECT 1"), None).await.unwrap();
    stores.put(compiled("flights", "SELECT 2"), Some(1)).await.unwrap();
    let intents = stores.intents.intents(&prod()).await.unwrap();
    assert_eq!(intents[&product("flights")].generation, 2);
    assert_eq!(intents[&product("flights")].compiled, compiled("flights", "SELECT 2"));
}

pub(crate) async fn a_product_that_comes_back_counts_on(home: &impl Home) {
    let stores = home.open().await;
    stores.put(compiled("flights", "SELECT 1"), None).await.unwrap();
    stores.remove("flights", 1).await.unwrap();
    assert_eq!(generation(&stores, "flights").await, None);
    stores.put(compiled("flights", "SELECT 3"), None).await.unwrap();
    assert_eq!(generation(&stores, "flights").await, Some(2));
}

pub(crate) async fn what_a_product_was_is_kept(home: &impl Home) {
    let stores = home.open().await;
    let known = async |limit| {
        let known = home.open().await.intents.generations(&prod(), &product("flights"), limit).await.unwrap();
        known.into_iter().map(|intent| (intent.generation, intent.compiled)).collect::<Vec<_>>()
    };
    assert_eq!(known(9).await, []);
    stores.put(compiled("flights", "SELECT 1"), None).await.unwrap();
    stores.put(compiled("flights", "SELECT 2"), Some(1)).await.unwrap();
    stores.put(compiled("others", "SELECT 9"), None).await.unwrap();
    let both = [(2, compiled("flights", "SELECT 2")), (1, compiled("flights", "SELECT 1"))];
    assert_eq!(known(9).await, both);
    assert_eq!(known(1).await, both[..1]);

    // What it was before it was removed is not what it has been since it came back.
    stores.remove("flights", 2).await.unwrap();
    assert_eq!(known(9).await, []);
    stores.put(compiled("flights", "SELECT 3"), None).await.unwrap();
    assert_eq!(known(9).await, [(3, compiled("flights", "SELECT 3"))]);
}

pub(crate) async fn only_the_expected_generation_is_changed(home: &impl Home) {
    let stores = home.open().await;
    let outdated = |result| match result {
        Err(StoreError::Outdated { product: name }) => assert_eq!(name, product("flights")),
        other => panic!("{other:?}"),
    };
    outdated(stores.put(compiled("flights", "SELECT 1"), Some(1)).await);
    outdated(stores.remove("flights", 1).await);
    stores.put(compiled("flights", "SELECT 1"), None).await.unwrap();
    outdated(stores.put(compiled("flights", "SELECT 2"), None).await);
    outdated(stores.put(compiled("flights", "SELECT 2"), Some(2)).await);
    outdated(stores.remove("flights", 2).await);
    assert_eq!(generation(&stores, "flights").await, Some(1));
}

pub(crate) async fn changes_happen_all_or_none(home: &impl Home) {
    let stores = home.open().await;
    stores.put(compiled("old", "SELECT 1"), None).await.unwrap();
    let changes = [
        IntentChange::Put { expected: None, compiled: Box::new(compiled("new", "SELECT 1")) },
        IntentChange::Remove { product: product("old"), expected: 1 },
        IntentChange::Put { expected: Some(5), compiled: Box::new(compiled("other", "SELECT 1")) },
    ];
    let entries = [entry("new", applied(1))];
    let result = stores.intents.change_intents(&prod(), &changes, &entries, moment(3)).await;
    assert!(matches!(result, Err(StoreError::Outdated { product: name }) if name == product("other")));
    assert_eq!((generation(&stores, "new").await, generation(&stores, "old").await), (None, Some(1)));
    assert_eq!(stores.intents.history(&prod(), &product("new"), 10).await.unwrap(), []);

    stores.intents.change_intents(&prod(), &changes[..2], &entries, moment(3)).await.unwrap();
    assert_eq!((generation(&stores, "new").await, generation(&stores, "old").await), (Some(1), None));
}

pub(crate) async fn of_two_changes_at_once_one_is_outdated(home: &impl Home) {
    let (one, two) = (home.open().await, home.open().await);
    one.put(compiled("flights", "SELECT 1"), None).await.unwrap();
    for round in 1..=20 {
        let results = tokio::join!(
            one.put(compiled("flights", "SELECT 2"), Some(round)),
            two.put(compiled("flights", "SELECT 3"), Some(round))
        );
        match results {
            (Ok(()), Err(StoreError::Outdated { .. })) | (Err(StoreError::Outdated { .. }), Ok(())) => {}
            other => panic!("{other:?}"),
        }
    }
}

pub(crate) async fn history_is_newest_first(home: &impl Home) {
    let stores = home.open().await;
    let kinds = [
        applied(1),
        HistoryKind::Forced { what: "flights.daily@1".to_owned(), over: vec![product("delays")] },
        HistoryKind::Removed { forced_over: vec![] },
    ];
    let put = [IntentChange::Put { expected: None, compiled: Box::new(compiled("flights", "SELECT 1")) }];
    let first = [entry("flights", kinds[0].clone()), entry("others", applied(9))];
    stores.intents.change_intents(&prod(), &put, &first, moment(1)).await.unwrap();
    let gone = [IntentChange::Remove { product: product("flights"), expected: 1 }];
    let last = [entry("flights", kinds[1].clone()), entry("flights", kinds[2].clone())];
    stores.intents.change_intents(&prod(), &gone, &last, moment(2)).await.unwrap();

    let history = |limit| async move { home.open().await.intents.history(&prod(), &product("flights"), limit).await };
    let newest_first: Vec<_> = kinds.iter().rev().map(|kind| entry("flights", kind.clone())).collect();
    assert_eq!(history(10).await.unwrap(), newest_first);
    assert_eq!(history(2).await.unwrap(), newest_first[..2]);
}

pub(crate) async fn an_applied_entry_has_the_new_generation(home: &impl Home) {
    let stores = home.open().await;
    stores.put(compiled("flights", "SELECT 1"), None).await.unwrap();
    stores.remove("flights", 1).await.unwrap();
    let put = [IntentChange::Put { expected: None, compiled: Box::new(compiled("flights", "SELECT 1")) }];
    stores.intents.change_intents(&prod(), &put, &[entry("flights", applied(1))], moment(3)).await.unwrap();
    let history = stores.intents.history(&prod(), &product("flights"), 1).await.unwrap();
    assert_eq!(history, [entry("flights", applied(2))]);
}

pub(crate) async fn workspaces_do_not_see_each_other(home: &impl Home) {
    let stores = home.open().await;
    assert_eq!(stores.intents.workspaces().await.unwrap(), []);
    stores.put(compiled("flights", "SELECT 1"), None).await.unwrap();
    let put = [IntentChange::Put { expected: None, compiled: Box::new(compiled("flights", "SELECT 9")) }];
    let dev = workspace("dev");
    stores.intents.change_intents(&dev, &put, &[], moment(1)).await.unwrap();
    stores.remove("flights", 1).await.unwrap();
    assert_eq!(stores.intents.workspaces().await.unwrap(), [dev.clone(), prod()]);
    let intents = stores.intents.intents(&dev).await.unwrap();
    assert_eq!(intents[&product("flights")].compiled, compiled("flights", "SELECT 9"));
}
