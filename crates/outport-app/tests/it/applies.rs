//! Applying: once is enough, half is gone on with, and garbage is nobody's.

use std::collections::BTreeSet;

use outport_app::{Applied, Consent, Desired, Planned};
use outport_model::{plan::Action, product::Product};
use outport_test::fixture::product_of_files;

use crate::bench::{Bench, Nobody};

async fn plan(bench: &Bench, products: Vec<Product>) -> Planned {
    bench.app.plan(Desired { products, remove: Vec::new() }).await.unwrap()
}

async fn apply(bench: &Bench, planned: Planned) -> Applied {
    let observer = std::sync::Arc::new(Nobody);
    bench.app.apply(planned, Consent::Plan, observer, bench.cancel.clone()).await.unwrap()
}

#[tokio::test]
async fn applying_twice_is_applying_once() {
    let bench = Bench::released().await;
    let planned = plan(&bench, vec![product_of_files("a", &["daily"])]).await;
    assert!(planned.plan.is_empty(), "{:?}", planned.plan);
    assert_eq!(apply(&bench, planned).await.runs.len(), 0);
    assert_eq!(bench.engine.calls(), [""; 0]);
}

#[tokio::test]
async fn what_was_recorded_and_not_built_is_pending_until_it_is() {
    let bench = Bench::new();
    let desired = || vec![product_of_files("a", &["daily"])];
    bench.engine.fail("audit a");
    bench.apply(desired()).await.unwrap();
    bench.engine.mend();
    let planned = plan(&bench, desired()).await;
    let product = &planned.plan.products[0];
    assert_eq!((product.action, product.pending, planned.plan.is_empty()), (Action::Unchanged, true, false));
    assert_eq!(apply(&bench, planned).await.runs.len(), 1);
    assert_eq!(bench.numbers("a").await, [1]);
    assert!(plan(&bench, desired()).await.plan.is_empty());
}

#[tokio::test]
async fn what_was_never_built_can_be_removed() {
    let bench = Bench::new();
    bench.engine.fail("audit a");
    bench.apply(vec![product_of_files("a", &["daily"])]).await.unwrap();
    let applied = bench.remove("a").await.unwrap();
    assert_eq!((applied.plan.products[0].pending, applied.runs.len()), (false, 0));
    assert!(bench.app.list().await.unwrap().is_empty());
}

fn removed(bench: &Bench) -> BTreeSet<String> {
    let calls = bench.engine.calls();
    calls.iter().filter_map(|call| call.strip_prefix("remove ")).map(str::to_owned).collect()
}

/// `a` is removed, so that its table is garbage of the plan for `b`.
async fn with_garbage() -> (Bench, Planned, BTreeSet<String>) {
    let bench = Bench::released().await;
    let tables: BTreeSet<String> = bench.engine.versions().into_keys().collect();
    bench.remove("a").await.unwrap();
    bench.engine.calls();
    let planned = plan(&bench, vec![product_of_files("b", &["daily"])]).await;
    assert_eq!(planned.plan.garbage.iter().cloned().collect::<BTreeSet<_>>(), tables);
    (bench, planned, tables)
}

#[tokio::test]
async fn garbage_is_removed_with_the_next_plan() {
    let (bench, planned, tables) = with_garbage().await;
    assert_eq!(apply(&bench, planned).await.collected, 1);
    assert_eq!(removed(&bench), tables);
}

#[tokio::test]
async fn what_another_workspace_has_come_to_need_is_not_removed() {
    let (bench, planned, tables) = with_garbage().await;
    let prod = bench.of("prod");
    // On record, and not released: only the intent says that it is needed.
    bench.engine.fail("audit a");
    prod.apply(vec![product_of_files("a", &["daily"])]).await.unwrap();
    assert_eq!(apply(&bench, planned).await.collected, 0);
    assert_eq!(removed(&bench), [].into());
    bench.engine.mend();
    prod.run().await;
    let released = prod.current("a").await.unwrap();
    assert_eq!(released.tables.values().map(|table| table.version.path.clone()).collect::<BTreeSet<_>>(), tables);
    assert!(bench.engine.versions().keys().any(|path| tables.contains(path)));
}

#[tokio::test]
async fn what_is_being_built_is_not_removed() {
    let (bench, planned, _) = with_garbage().await;
    let (prod, dev) = (bench.of("prod"), bench.clone());
    // The product is removed again while its run is under way: no intent needs the table, and yet it is in use.
    let remover = prod.beside("two");
    bench.engine.interrupt("verify a", async move {
        remover.remove("a").await.unwrap();
        assert_eq!(apply(&dev, planned).await.collected, 0);
    });
    bench.engine.new_data();
    prod.apply(vec![product_of_files("a", &["daily"])]).await.unwrap();
    assert_eq!(removed(&bench), [].into());
}
