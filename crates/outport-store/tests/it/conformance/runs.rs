//! Runs and what they built.

use std::error::Error;

use outport_app::store::{Build, Lease, StoreError};
use outport_model::run::{Run, RunState};
use outport_test::fixture::{
    check_result, compiled, fingerprint, moment, product, released, run, run_id, table_version, workspace,
};

use super::{Home, Stores, build, ended, prod};

async fn runs(stores: &Stores, name: &str) -> Vec<Run> {
    stores.runs.runs(&prod(), &product(name), 100).await.unwrap()
}

fn is_lost<T: std::fmt::Debug>(result: &Result<T, StoreError>) {
    assert!(matches!(result, Err(StoreError::LeaseLost { .. })), "{result:?}");
}

pub(crate) async fn a_run_is_on_record_from_its_begin(home: &impl Home) {
    let stores = home.open().await;
    let lease = stores.lease("flights", "one").await;
    stores.runs.begin_run(&lease, &run("flights", 1)).await.unwrap();
    assert_eq!(runs(&home.open().await, "flights").await, [run("flights", 1)]);
}

pub(crate) async fn an_ended_run_keeps_its_results(home: &impl Home) {
    let stores = home.open().await;
    let lease = stores.lease("flights", "one").await;
    let mut end = ended(&run("flights", 1), RunState::Failed);
    end.run.error = Some("check `daily.rows` failed".to_owned());
    end.run.inputs.clear();
    end.results = vec![check_result(0), check_result(5)];
    stores.runs.begin_run(&lease, &run("flights", 1)).await.unwrap();
    assert_eq!(stores.runs.check_results(run_id(1)).await.unwrap(), []);
    stores.runs.end_run(&lease, &end).await.unwrap();
    assert_eq!(runs(&stores, "flights").await, [end.run]);
    assert_eq!(stores.runs.check_results(run_id(1)).await.unwrap(), end.results);
    assert_eq!(stores.current("flights").await, None);
}

pub(crate) async fn a_run_ends_once(home: &impl Home) {
    let stores = home.open().await;
    stores.put(compiled("flights", "SELECT 1"), None).await.unwrap();
    let lease = stores.lease("flights", "one").await;
    let end = ended(&run("flights", 1), RunState::Cancelled);
    assert!(stores.runs.end_run(&lease, &end).await.is_err(), "it never began");
    stores.runs.begin_run(&lease, &run("flights", 1)).await.unwrap();
    stores.runs.end_run(&lease, &end).await.unwrap();
    let error = stores.runs.end_run(&lease, &ended(&run("flights", 1), RunState::Failed)).await.unwrap_err();
    assert_eq!(error.source().unwrap().to_string(), format!("run `{}` is not under way", run_id(1)));
    assert!(stores.publish(&lease, &run("flights", 1), "flights/a").await.is_err());
    assert_eq!(runs(&stores, "flights").await, [end.run]);
    assert_eq!(stores.current("flights").await, None);
}

pub(crate) async fn runs_of_a_dead_holder_fail(home: &impl Home) {
    let stores = home.open().await;
    let first = stores.lease("flights", "one").await;
    let other = stores.lease("other", "one").await;
    let dev = stores.lease_in(&workspace("dev"), "flights", "one").await;
    stores.runs.begin_run(&first, &run("flights", 1)).await.unwrap();
    stores.runs.begin_run(&other, &run("other", 2)).await.unwrap();
    stores.runs.begin_run(&dev, &run("flights", 3)).await.unwrap();

    let second = stores.take_over("flights", "two").await;
    stores.runs.begin_run(&second, &run("flights", 4)).await.unwrap();
    let found = runs(&stores, "flights").await;
    assert_eq!(found[0], run("flights", 4));
    assert_eq!((found[1].id, found[1].state), (run_id(1), RunState::Failed));
    assert_eq!(found[1].error.as_deref(), Some("its process ended"));
    assert_eq!(found[1].ended_at, Some(moment(4)));
    assert_eq!(runs(&stores, "other").await[0].state, RunState::Running);
    let dev = stores.runs.runs(&workspace("dev"), &product("flights"), 1).await.unwrap();
    assert_eq!(dev[0].state, RunState::Running);
}

pub(crate) async fn runs_under_the_same_lease_go_on(home: &impl Home) {
    let stores = home.open().await;
    let lease = stores.lease("flights", "one").await;
    stores.runs.begin_run(&lease, &run("flights", 1)).await.unwrap();
    stores.runs.begin_run(&lease, &run("flights", 2)).await.unwrap();
    assert!(runs(&stores, "flights").await.iter().all(|run| run.state == RunState::Running));
}

pub(crate) async fn a_stale_fence_writes_nothing(home: &impl Home) {
    let (one, two) = (home.open().await, home.open().await);
    one.put(compiled("flights", "SELECT 1"), None).await.unwrap();
    let stale = one.lease("flights", "one").await;
    one.release(&stale, 1, "flights/a").await.unwrap();
    one.release(&stale, 2, "flights/b").await.unwrap();
    one.runs.begin_run(&stale, &run("flights", 3)).await.unwrap();
    let fresh = two.take_over("flights", "two").await;

    is_lost(&one.publish(&stale, &run("flights", 3), "flights/c").await);
    is_lost(&one.runs.end_run(&stale, &ended(&run("flights", 3), RunState::Failed)).await);
    is_lost(&one.runs.begin_run(&stale, &run("flights", 4)).await);
    is_lost(&one.releases.make_current(&stale, outport_model::release::ReleaseNumber(1), moment(9)).await);
    // Holder and fence must both be right.
    for lease in [
        Lease { holder: "one".to_owned(), ..fresh.clone() },
        Lease { fence: stale.fence, ..fresh.clone() },
        Lease { fence: fresh.fence + 1, ..fresh.clone() },
    ] {
        is_lost(&one.runs.begin_run(&lease, &run("flights", 4)).await);
    }

    assert_eq!(one.numbers("flights").await, [2, 1]);
    assert_eq!(one.current("flights").await.map(|number| number.0), Some(2));
    assert_eq!(runs(&one, "flights").await[0], run("flights", 3));
    assert_eq!(one.runs.check_results(run_id(3)).await.unwrap(), []);
    assert_eq!(one.runs.find_build(&build("flights/c").table.fingerprint, &fingerprint("inputs")).await.unwrap(), None);
    assert_eq!(one.intents.history(&prod(), &product("flights"), 9).await.unwrap(), []);
    assert_eq!(two.release(&fresh, 5, "flights/d").await.unwrap().number.0, 3);
    two.leases.release_lease(&fresh).await.unwrap();
    is_lost(&two.runs.begin_run(&fresh, &run("flights", 6)).await);
}

pub(crate) async fn the_lease_of_another_product_is_no_lease(home: &impl Home) {
    let stores = home.open().await;
    stores.put(compiled("flights", "SELECT 1"), None).await.unwrap();
    let other = stores.lease("other", "one").await;
    is_lost(&stores.runs.begin_run(&other, &run("flights", 1)).await);
    let lease = stores.lease("flights", "one").await;
    stores.runs.begin_run(&lease, &run("flights", 1)).await.unwrap();
    is_lost(&stores.publish(&other, &run("flights", 1), "flights/a").await);
    is_lost(&stores.runs.end_run(&other, &ended(&run("flights", 1), RunState::Failed)).await);
}

pub(crate) async fn runs_are_newest_first(home: &impl Home) {
    let stores = home.open().await;
    let lease = stores.lease("flights", "one").await;
    // The clock went back between the second and the third.
    for number in [3, 4, 1] {
        stores.runs.begin_run(&lease, &run("flights", number)).await.unwrap();
    }
    let ids: Vec<_> = runs(&stores, "flights").await.iter().map(|run| run.id).collect();
    assert_eq!(ids, [run_id(1), run_id(4), run_id(3)]);
    assert_eq!(stores.runs.runs(&prod(), &product("flights"), 2).await.unwrap().len(), 2);
    assert_eq!(stores.runs.runs(&workspace("dev"), &product("flights"), 2).await.unwrap(), []);
}

pub(crate) async fn the_newest_runs_are_of_every_product(home: &impl Home) {
    let stores = home.open().await;
    let (flights, other) = (stores.lease("flights", "one").await, stores.lease("other", "one").await);
    stores.runs.begin_run(&flights, &run("flights", 1)).await.unwrap();
    stores.runs.begin_run(&other, &run("other", 2)).await.unwrap();
    stores.runs.end_run(&flights, &ended(&run("flights", 1), RunState::Failed)).await.unwrap();
    let (first, second) =
        ((run_id(1), product("flights"), RunState::Failed), (run_id(2), product("other"), RunState::Running));
    assert_eq!(stores.runs.newest_runs(&prod(), 9).await.unwrap(), [second.clone(), first]);
    assert_eq!(stores.runs.newest_runs(&prod(), 1).await.unwrap(), [second]);
    assert_eq!(stores.runs.newest_runs(&workspace("dev"), 9).await.unwrap(), []);
}

pub(crate) async fn the_last_run_is_not_under_way(home: &impl Home) {
    let stores = home.open().await;
    let flights = stores.lease("flights", "one").await;
    for (number, state) in [(1, RunState::Failed), (2, RunState::Unchanged)] {
        stores.runs.begin_run(&flights, &run("flights", number)).await.unwrap();
        stores.runs.end_run(&flights, &ended(&run("flights", number), state)).await.unwrap();
    }
    stores.runs.begin_run(&flights, &run("flights", 3)).await.unwrap();
    let other = stores.lease("other", "one").await;
    stores.runs.begin_run(&other, &run("other", 4)).await.unwrap();
    let last = stores.runs.last_runs(&prod()).await.unwrap();
    let expected = ended(&run("flights", 2), RunState::Unchanged).run;
    assert_eq!(last.into_iter().collect::<Vec<_>>(), [(product("flights"), expected)]);
    assert!(stores.runs.last_runs(&workspace("dev")).await.unwrap().is_empty());
}

pub(crate) async fn builds_are_found_by_code_and_inputs(home: &impl Home) {
    let stores = home.open().await;
    stores.put(compiled("flights", "SELECT 1"), None).await.unwrap();
    let lease = stores.lease("flights", "one").await;
    let table = build("flights/a").table;
    let find = |code, inputs| {
        let runs = stores.runs.clone();
        async move { runs.find_build(&code, &fingerprint(inputs)).await.unwrap() }
    };
    let code = table.fingerprint.clone();
    assert_eq!(find(code.clone(), "inputs").await, None);
    stores.release(&lease, 1, "flights/a").await.unwrap();
    assert_eq!(find(code.clone(), "inputs").await, Some(table));
    assert_eq!(find(code, "other inputs").await, None);
    assert_eq!(find(fingerprint("other code"), "inputs").await, None);
}

pub(crate) async fn a_later_build_takes_the_place(home: &impl Home) {
    let stores = home.open().await;
    stores.put(compiled("flights", "SELECT 1"), None).await.unwrap();
    let lease = stores.lease("flights", "one").await;
    stores.release(&lease, 1, "flights/a").await.unwrap();
    let mut later = table_version("flights/a");
    later.version = 7;
    let builds = [Build { inputs: fingerprint("inputs"), table: later.clone() }];
    stores.runs.begin_run(&lease, &run("flights", 2)).await.unwrap();
    let end = ended(&run("flights", 2), RunState::Running);
    stores.runs.publish(&lease, &end, &released("flights/a"), &builds).await.unwrap();
    let found = stores.runs.find_build(&later.fingerprint, &fingerprint("inputs")).await.unwrap();
    assert_eq!(found, Some(later));
}
