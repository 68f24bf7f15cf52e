//! How runs go.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use outport_app::{
    RunFailure,
    event::{Event, Observer},
};
use outport_model::run::RunState;
use outport_test::fixture::{product, product_of, product_of_files};
use tokio_util::sync::CancellationToken;

use crate::bench::{Bench, Nobody, failure, state};

#[tokio::test]
async fn a_product_runs_after_those_that_it_reads() {
    let bench = Bench::new();
    let products = vec![product_of("a", "b"), product_of("b", "c"), product_of_files("c", &["daily"])];
    bench.apply(products).await.unwrap();
    let audits: Vec<_> = bench.engine.calls().into_iter().filter(|call| call.starts_with("audit")).collect();
    assert_eq!(audits, ["audit c", "audit b", "audit a"]);
}

#[tokio::test]
async fn a_run_checks_builds_audits_and_only_then_commits() {
    let bench = Bench::new();
    bench.apply(vec![product_of_files("a", &["daily", "weekly"])]).await.unwrap();
    let mut calls = bench.engine.calls();
    calls[2..4].sort();
    let expected = [
        "pin",
        "check a.raw",
        "build a.daily",
        "build a.weekly",
        "audit a",
        "verify a",
        "commit a.daily",
        "commit a.weekly",
    ];
    assert_eq!(calls, expected);
    assert_eq!(bench.engine.staged(), [].into());
}

#[tokio::test]
async fn what_reads_a_failed_product_is_skipped() {
    let bench = Bench::new();
    let products = vec![
        product_of_files("a", &["daily"]),
        product_of("b", "a"),
        product_of("c", "b"),
        product_of_files("d", &["daily"]),
    ];
    bench.engine.fail("audit a");
    let runs = bench.apply(products).await.unwrap().runs;
    let told: Vec<_> = runs
        .iter()
        .map(|run| match run.failure.as_deref() {
            None => format!("{}: done", run.product),
            Some(RunFailure::Skipped { because_of }) => format!("{}: skipped because of {because_of}", run.product),
            Some(other) => format!("{}: {other}", run.product),
        })
        .collect();
    let expected = [
        "a: the audit failed, so nothing was published: `daily.rows`",
        "d: done",
        "b: skipped because of a",
        "c: skipped because of b",
    ];
    assert_eq!(told, expected);
    assert_eq!((bench.current("d").await.is_some(), bench.current("b").await), (true, None));
}

#[tokio::test]
async fn a_failed_audit_publishes_nothing_and_keeps_its_results() {
    let bench = Bench::released().await;
    let before = bench.current("a").await;
    bench.engine.new_data();
    bench.engine.fail("audit a");
    let run = bench.run_one().await;
    assert!(matches!(failure(&run), RunFailure::Audit { .. }));
    assert_eq!(bench.current("a").await, before);
    assert_eq!(bench.engine.calls(), ["pin", "check a.raw", "build a.daily", "audit a", "discard a"]);
    assert_eq!(bench.engine.staged(), [].into());
    let recorded = bench.last_run("a").await;
    assert_eq!((recorded.state, recorded.release), (RunState::Failed, None));
    assert_eq!(bench.app.check_results(&recorded).await.unwrap().len(), 1);

    bench.engine.mend();
    assert_eq!(state(&bench.run_one().await), RunState::Published);
    assert_eq!(bench.numbers("a").await, [2, 1]);
}

#[tokio::test]
async fn whatever_fails_what_was_staged_is_discarded() {
    for call in ["check a.raw", "build a.daily", "build a.weekly", "verify a", "commit a.daily", "commit a.weekly"] {
        let bench = Bench::new();
        bench.apply(vec![product_of_files("a", &["daily", "weekly"])]).await.unwrap();
        let before = bench.current("a").await;
        bench.engine.new_data();
        bench.engine.fail(call);
        let run = bench.run_one().await;
        assert_eq!(state(&run), RunState::Failed, "{call}");
        assert!(failure(&run).to_string().contains("was to fail"), "{call}: {}", failure(&run));
        assert_eq!(bench.current("a").await, before, "{call}");
        assert_eq!(bench.engine.calls().last().unwrap(), "discard a", "{call}");
        assert_eq!(bench.engine.staged(), [].into(), "{call}");
        bench.engine.mend();
        assert_eq!(state(&bench.run_one().await), RunState::Published, "{call}");
    }
}

#[tokio::test]
async fn a_failed_model_waits_for_those_at_work() {
    let bench = Bench::new();
    let ended = Arc::new(AtomicBool::new(false));
    let at_work = Arc::clone(&ended);
    bench.engine.interrupt("build a.slow", async move {
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        at_work.store(true, Ordering::Relaxed);
    });
    bench.engine.fail("build a.bad");
    let runs = bench.apply(vec![product_of_files("a", &["bad", "slow", "third"])]).await.unwrap().runs;
    assert_eq!(state(&runs[0]), RunState::Failed);
    assert!(ended.load(Ordering::Relaxed), "it was torn off");
    let calls = bench.engine.calls();
    assert!(!calls.contains(&"build a.third".to_owned()), "{calls:?}");
}

#[tokio::test]
async fn cancelled_anywhere_the_release_from_before_stays() {
    for call in ["pin", "check a.raw", "build a.daily", "audit a", "verify a", "commit a.daily"] {
        let bench = Bench::new();
        bench.apply(vec![product_of_files("a", &["daily"]), product_of_files("b", &["daily"])]).await.unwrap();
        let (before, other) = (bench.current("a").await, bench.last_run("b").await);
        bench.engine.new_data();
        let cancel = bench.cancel.clone();
        bench.engine.interrupt(call, async move { cancel.cancel() });
        let runs = bench.run().await;
        assert!(matches!(failure(&runs[0]), RunFailure::Cancelled), "{call}: {}", failure(&runs[0]));
        assert!(matches!(failure(&runs[1]), RunFailure::NotBegun), "{call}: {}", failure(&runs[1]));
        assert_eq!(bench.last_run("b").await.id, other.id, "{call}: nothing else is begun");
        assert_eq!(bench.last_run("a").await.state, RunState::Cancelled, "{call}");
        assert_eq!(bench.current("a").await, before, "{call}");
        assert_eq!(bench.engine.staged(), [].into(), "{call}");
        assert_eq!(state(&bench.beside("two").run().await[0]), RunState::Published, "{call}");
    }
}

/// Says stop when a run has ended, and keeps what else it was told of ends.
#[derive(Debug)]
struct StopsAfter {
    cancel: CancellationToken,
    ends: Mutex<Vec<String>>,
}

impl Observer for StopsAfter {
    fn event(&self, event: &Event) {
        let end = match event {
            Event::RunEnded { product, state, .. } => {
                self.cancel.cancel();
                format!("{product}: {state}")
            }
            Event::NotBegun { product } => format!("{product}: not begun"),
            _ => return,
        };
        self.ends.lock().unwrap().push(end);
    }
}

#[tokio::test]
async fn a_stop_between_two_products_says_what_was_left_and_one_after_the_last_changes_nothing() {
    let bench = Bench::new();
    let products = vec![product_of_files("a", &["daily"]), product_of("b", "a"), product_of_files("c", &["daily"])];
    bench.apply(products).await.unwrap();
    bench.engine.new_data();
    let told = async |products: &[&str]| {
        let names: Vec<_> = products.iter().map(|name| product(name)).collect();
        let cancel = CancellationToken::new();
        let observer = Arc::new(StopsAfter { cancel: cancel.clone(), ends: Mutex::default() });
        let runs = bench.app.run(&names, observer.clone(), cancel).await.unwrap();
        assert_eq!(runs.len(), products.len());
        let ends = observer.ends.lock().unwrap().clone();
        (ends, runs.iter().filter(|run| run.failure.is_some()).count())
    };
    let (ends, failed) = told(&["a", "b", "c"]).await;
    assert_eq!((ends.join(", ").as_str(), failed), ("a: published, c: not begun, b: not begun", 2));
    let (ends, failed) = told(&["c"]).await;
    assert_eq!((ends.join(", ").as_str(), failed), ("c: published", 0));
}

#[tokio::test]
async fn nothing_new_is_not_released_again() {
    let bench = Bench::released().await;
    let run = bench.run_one().await;
    assert_eq!(state(&run), RunState::Unchanged);
    assert_eq!(run.run.unwrap().release, bench.current("a").await.map(|release| release.number));
    assert_eq!(bench.engine.calls(), ["pin"]);
    bench.engine.new_data();
    assert_eq!(state(&bench.run_one().await), RunState::Published);
    assert_eq!(bench.numbers("a").await, [2, 1]);
}

#[tokio::test]
async fn a_rollback_holds_until_someone_names_the_product_or_changes_it() {
    let bench = Bench::released().await;
    bench.engine.new_data();
    bench.run_one().await;
    bench.app.rollback(&product("a"), None).await.unwrap();
    bench.engine.new_data();
    let run = bench.run_one().await;
    assert_eq!((run.held.map(|release| release.0), run.run), (Some(1), None));
    assert_eq!(bench.current("a").await.unwrap().number.0, 1);

    let named = bench.app.run(&[product("a")], Arc::new(Nobody), bench.cancel.clone()).await.unwrap();
    assert_eq!(state(&named[0]), RunState::Published);
    assert_eq!(bench.current("a").await.unwrap().number.0, 3);

    bench.app.rollback(&product("a"), None).await.unwrap();
    bench.app.rollback(&product("a"), Some(outport_model::release::ReleaseNumber(3))).await.unwrap();
    assert_eq!(state(&bench.run_one().await), RunState::Unchanged, "the newest release is current, so nothing is held");
}

#[tokio::test]
async fn models_of_equal_text_are_one_stored_table() {
    let bench = Bench::new();
    let mut a = product_of_files("a", &["daily", "same"]);
    a.models[1].sql = a.models[0].sql.clone();
    bench.apply(vec![a]).await.unwrap();
    assert_eq!(state(&bench.run_one().await), RunState::Unchanged);
    let tables = bench.current("a").await.unwrap().tables;
    let versions: Vec<_> = tables.values().map(|table| &table.version).collect();
    assert_eq!(versions.len(), 2);
    assert_eq!(versions[0], versions[1]);
}

#[tokio::test]
async fn only_what_changed_is_built() {
    let bench = Bench::new();
    let mut a = product_of_files("a", &["daily", "weekly"]);
    bench.apply(vec![a.clone()]).await.unwrap();
    bench.engine.calls();
    a.models[1].sql = "SELECT 2".to_owned();
    a.files.insert("models/weekly.sql".to_owned(), outport_test::fixture::fingerprint("2"));
    bench.apply(vec![a.clone()]).await.unwrap();
    let built: Vec<_> = bench.engine.calls().into_iter().filter(|call| call.starts_with("build")).collect();
    assert_eq!(built, ["build a.weekly"]);

    // Another workspace has it for nothing.
    let prod = bench.of("prod");
    prod.apply(vec![a]).await.unwrap();
    assert_eq!(bench.engine.calls(), ["pin", "audit a", "verify a"]);
    assert_eq!(prod.current("a").await.unwrap().tables, bench.current("a").await.unwrap().tables);
}

#[tokio::test]
async fn an_intent_that_changes_before_its_turn_is_run_as_it_is_then() {
    let bench = Bench::new();
    let mut b = product_of("b", "a");
    bench.apply(vec![product_of_files("a", &["daily"]), b.clone()]).await.unwrap();
    bench.engine.new_data();
    b.models[0].sql = "SELECT 2".to_owned();
    b.files.insert("models/daily.sql".to_owned(), outport_test::fixture::fingerprint("2"));
    let (other, newer) = (bench.beside("two"), b.clone());
    bench.engine.interrupt("audit a", async move {
        other.apply(vec![newer]).await.unwrap();
    });
    let runs = bench.run().await;
    assert_eq!(runs[1].run.as_ref().unwrap().generation, 2);
    let released = bench.current("b").await.unwrap();
    let expected = outport_test::fixture::fingerprint("SELECT 2");
    assert!(released.tables.values().all(|table| table.version.fingerprint == expected), "{released:?}");
}

#[tokio::test]
async fn a_product_that_is_removed_meanwhile_is_not_released() {
    let bench = Bench::released().await;
    bench.engine.new_data();
    let other = bench.beside("two");
    bench.engine.interrupt("verify a", async move {
        other.remove("a").await.unwrap();
    });
    let run = bench.run_one().await;
    assert_eq!(failure(&run).to_string(), "product `a` was changed by someone else since the plan was made");
    assert_eq!(bench.current("a").await, None);
    let known = bench.app.run(&[product("a")], Arc::new(Nobody), bench.cancel.clone()).await;
    assert!(known.is_err());
}
