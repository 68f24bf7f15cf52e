//! One process at a time works on a product.

use std::future::pending;

use chrono::Duration;
use outport_app::{RunFailure, UseCaseError, store::StoreError};
use outport_model::run::RunState;
use outport_test::fixture::product_of_files;

use crate::bench::{Bench, Nobody, failure, state};

#[tokio::test]
async fn a_second_process_is_told_who_works() {
    let bench = Bench::released().await;
    bench.engine.new_data();
    let other = bench.beside("two");
    let (tell, told) = tokio::sync::oneshot::channel();
    bench.engine.interrupt("audit a", async move {
        tell.send(other.run_one().await).unwrap();
    });
    assert_eq!(state(&bench.run_one().await), RunState::Published);
    let second = told.await.unwrap();
    assert!(second.run.is_none());
    let RunFailure::UseCase(error @ UseCaseError::Busy { holder, .. }) = failure(&second) else {
        panic!("{:?}", second.failure)
    };
    assert_eq!(holder, "one");
    assert!(error.to_string().starts_with("another process (`one`) works on `a`, until "), "{error}");
    assert_eq!(error.help().unwrap(), "wait until it is done, and try again");
    assert_eq!(bench.numbers("a").await, [2, 1]);
}

#[tokio::test]
async fn a_lease_is_given_back_also_after_a_failure() {
    let bench = Bench::released().await;
    bench.engine.new_data();
    bench.engine.fail("audit a");
    assert_eq!(state(&bench.run_one().await), RunState::Failed);
    bench.engine.mend();
    assert_eq!(state(&bench.beside("two").run_one().await), RunState::Published);
}

/// Lets a process begin a run and never go on.
async fn stuck(bench: &Bench) {
    let (tell, told) = tokio::sync::oneshot::channel();
    bench.engine.interrupt("audit a", async move {
        tell.send(()).unwrap();
        pending::<()>().await;
    });
    let process = bench.clone();
    let work = tokio::spawn(async move { process.run_one().await });
    told.await.unwrap();
    work.abort();
    assert!(work.await.unwrap_err().is_cancelled());
}

#[tokio::test]
async fn the_lease_of_the_dead_is_taken_over_at_once() {
    let bench = Bench::released().await;
    bench.engine.new_data();
    stuck(&bench).await;
    let other = bench.beside("two");
    assert!(matches!(failure(&other.run_one().await), RunFailure::UseCase(UseCaseError::Busy { .. })));
    bench.holder.die("one");
    assert_eq!(state(&other.run_one().await), RunState::Published);
    let runs = bench.app.stores.runs.runs(&bench.app.workspace, &"a".parse().unwrap(), 9).await.unwrap();
    let states: Vec<_> = runs.iter().map(|run| run.state).collect();
    assert_eq!(states, [RunState::Published, RunState::Failed, RunState::Published]);
}

#[tokio::test]
async fn a_lease_that_nobody_knows_to_be_dead_lapses() {
    let bench = Bench::released().await;
    bench.engine.new_data();
    stuck(&bench).await;
    let other = bench.beside("two");
    bench.clock.advance(Duration::seconds(29));
    assert!(other.run_one().await.run.is_none());
    bench.clock.advance(Duration::seconds(1));
    assert_eq!(state(&other.run_one().await), RunState::Published);
}

#[tokio::test]
async fn who_comes_too_late_publishes_nothing() {
    for call in ["build a.daily", "audit a", "verify a", "commit a.daily"] {
        let bench = Bench::released().await;
        bench.engine.new_data();
        let other = bench.beside("two");
        bench.engine.interrupt(call, async move {
            other.clock.advance(Duration::seconds(31));
            assert_eq!(state(&other.run_one().await), RunState::Published);
        });
        let late = bench.run_one().await;
        let lost = failure(&late);
        assert!(matches!(lost, RunFailure::UseCase(UseCaseError::Store(StoreError::LeaseLost { .. }))), "{lost}");
        assert_eq!(bench.numbers("a").await, [2, 1], "{call}");
        assert_eq!(bench.current("a").await.unwrap().run, bench.last_run("a").await.id, "{call}");
    }
}

#[tokio::test]
async fn two_processes_that_apply_the_same_plan_change_it_once() {
    let bench = Bench::new();
    let other = bench.beside("two");
    let desired = || outport_app::Desired { products: vec![product_of_files("a", &["daily"])], remove: Vec::new() };
    let planned = other.app.plan(desired()).await.unwrap();
    bench.apply(desired().products).await.unwrap();
    let applied = other
        .app
        .apply(planned, outport_app::Consent::Plan, std::sync::Arc::new(Nobody), other.cancel.clone())
        .await
        .unwrap_err();
    assert_eq!(applied.to_string(), "product `a` was changed by someone else since the plan was made");
    assert_eq!(applied.help().unwrap(), "look at the plan again: `outport plan`");
    assert_eq!(bench.numbers("a").await, [1]);
}
