//! Releases and the tables that they need.

use std::collections::BTreeSet;

use outport_app::store::{HistoryKind, StoreError};
use outport_model::{
    release::{Release, ReleaseNumber},
    run::{Run, RunState},
};
use outport_store::KEPT_RELEASES;
use outport_test::fixture::{
    check_result, compiled, fingerprint, moment, product, released, run, run_id, table, table_version, workspace,
};

use super::{Home, Stores, build, ended, prod};

async fn on_record(home: &impl Home, name: &str) -> Stores {
    let stores = home.open().await;
    stores.put(compiled(name, "SELECT 1"), None).await.unwrap();
    stores
}

fn paths<const N: usize>(paths: [&str; N]) -> BTreeSet<String> {
    paths.map(str::to_owned).into()
}

fn is_outdated<T: std::fmt::Debug>(result: &Result<T, StoreError>) {
    assert!(matches!(result, Err(StoreError::Outdated { .. })), "{result:?}");
}

pub(crate) async fn publishing_makes_a_release_current(home: &impl Home) {
    let stores = on_record(home, "flights").await;
    let lease = stores.lease("flights", "one").await;
    let release = stores.release(&lease, 1, "flights/a").await.unwrap();
    let expected = Release {
        product: product("flights"),
        number: ReleaseNumber(1),
        run: run_id(1),
        published_at: moment(2),
        tables: released("flights/a"),
    };
    assert_eq!(release, expected);

    let other = home.open().await;
    let current = other.releases.current_releases(&prod()).await.unwrap();
    assert_eq!(current.into_iter().collect::<Vec<_>>(), [(product("flights"), expected.clone())]);
    assert_eq!(other.releases.releases(&prod(), &product("flights")).await.unwrap(), [expected]);
    let ended = ended(&run("flights", 1), RunState::Published).run;
    let published = Run { release: Some(ReleaseNumber(1)), ..ended };
    assert_eq!(other.runs.runs(&prod(), &product("flights"), 9).await.unwrap(), [published]);
    assert_eq!(other.runs.check_results(run_id(1)).await.unwrap(), [check_result(3)]);
}

pub(crate) async fn releases_are_numbered_for_each_product(home: &impl Home) {
    let stores = on_record(home, "flights").await;
    stores.put(compiled("other", "SELECT 1"), None).await.unwrap();
    let (flights, other) = (stores.lease("flights", "one").await, stores.lease("other", "one").await);
    stores.release(&flights, 1, "flights/a").await.unwrap();
    stores.release(&other, 2, "other/a").await.unwrap();
    stores.release(&flights, 3, "flights/b").await.unwrap();
    assert_eq!(stores.numbers("flights").await, [2, 1]);
    assert_eq!(stores.numbers("other").await, [1]);
    assert_eq!(stores.current("flights").await, Some(ReleaseNumber(2)));
    assert!(stores.releases.current_releases(&workspace("dev")).await.unwrap().is_empty());
    let of = async |names: &[&str]| {
        let names = names.iter().map(|name| product(name)).collect();
        let current = stores.releases.current_releases_of(&prod(), &names).await.unwrap();
        current.into_iter().map(|(name, release)| (name.to_string(), release.number.0)).collect::<Vec<_>>()
    };
    assert_eq!(of(&["flights", "unknown"]).await, [("flights".to_owned(), 2)]);
    assert_eq!(of(&["other", "flights"]).await, [("flights".to_owned(), 2), ("other".to_owned(), 1)]);
    assert!(of(&[]).await.is_empty());
}

pub(crate) async fn a_product_not_on_record_publishes_nothing(home: &impl Home) {
    let stores = home.open().await;
    let lease = stores.lease("flights", "one").await;
    is_outdated(&stores.release(&lease, 1, "flights/a").await);
    assert!(stores.numbers("flights").await.is_empty());
}

pub(crate) async fn a_removed_product_has_no_current_release(home: &impl Home) {
    let stores = on_record(home, "flights").await;
    let lease = stores.lease("flights", "one").await;
    stores.release(&lease, 1, "flights/a").await.unwrap();
    stores.runs.begin_run(&lease, &run("flights", 2)).await.unwrap();
    stores.remove("flights", 1).await.unwrap();
    assert_eq!(stores.current("flights").await, None);
    assert_eq!(stores.numbers("flights").await, [1]);
    is_outdated(&stores.publish(&lease, &run("flights", 2), "flights/b").await);
    is_outdated(&stores.releases.make_current(&lease, ReleaseNumber(1), moment(9)).await);
    assert_eq!(stores.current("flights").await, None);
    assert_eq!(stores.runs.runs(&prod(), &product("flights"), 9).await.unwrap().len(), 2);
}

pub(crate) async fn a_run_from_before_the_removal_publishes_nothing(home: &impl Home) {
    let stores = on_record(home, "flights").await;
    let lease = stores.lease("flights", "one").await;
    stores.runs.begin_run(&lease, &run("flights", 1)).await.unwrap();
    stores.remove("flights", 1).await.unwrap();
    stores.put(compiled("flights", "SELECT 2"), None).await.unwrap();
    is_outdated(&stores.publish(&lease, &run("flights", 1), "flights/a").await);

    // A mere change does not stand in the way: the run of the new generation comes after.
    stores.put(compiled("flights", "SELECT 3"), Some(2)).await.unwrap();
    let second = Run { generation: 2, ..run("flights", 2) };
    stores.runs.begin_run(&lease, &second).await.unwrap();
    assert_eq!(stores.publish(&lease, &second, "flights/b").await.unwrap().number, ReleaseNumber(1));
}

pub(crate) async fn going_back_is_remembered(home: &impl Home) {
    let stores = on_record(home, "flights").await;
    let lease = stores.lease("flights", "one").await;
    stores.release(&lease, 1, "flights/a").await.unwrap();
    stores.release(&lease, 2, "flights/b").await.unwrap();
    for _ in 0..2 {
        stores.releases.make_current(&lease, ReleaseNumber(1), moment(9)).await.unwrap();
    }
    let current = home.open().await.releases.current_releases(&prod()).await.unwrap();
    assert_eq!(current[&product("flights")].tables, released("flights/a"));
    assert_eq!(stores.numbers("flights").await, [2, 1]);
    let history = stores.intents.history(&prod(), &product("flights"), 9).await.unwrap();
    let kinds: Vec<_> = history.iter().map(|entry| (entry.at, entry.kind.clone())).collect();
    assert_eq!(kinds, [(moment(9), HistoryKind::RolledBack { from: ReleaseNumber(2), to: ReleaseNumber(1) })]);
    assert_eq!(stores.release(&lease, 3, "flights/c").await.unwrap().number, ReleaseNumber(3));
}

pub(crate) async fn going_back_needs_a_release_and_a_lease(home: &impl Home) {
    let stores = on_record(home, "flights").await;
    let lease = stores.lease("flights", "one").await;
    stores.release(&lease, 1, "flights/a").await.unwrap();
    let error = stores.releases.make_current(&lease, ReleaseNumber(2), moment(9)).await.unwrap_err();
    assert_eq!(error.to_string(), "product `flights` has no release 2");
    stores.leases.release_lease(&lease).await.unwrap();
    let error = stores.releases.make_current(&lease, ReleaseNumber(1), moment(9)).await.unwrap_err();
    assert_eq!(error.to_string(), "another process has taken over `flights`");
}

pub(crate) async fn kept_releases_need_their_tables(home: &impl Home) {
    let stores = on_record(home, "flights").await;
    let lease = stores.lease("flights", "one").await;
    let last = u64::from(KEPT_RELEASES) + 3;
    for number in 1..=last {
        stores.release(&lease, number, &format!("flights/{number:02}")).await.unwrap();
    }
    let newest = |from: u64| (from..=last).map(|number| format!("flights/{number:02}")).collect::<BTreeSet<_>>();
    assert_eq!(stores.releases.needed_tables().await.unwrap(), newest(4));
    stores.releases.make_current(&lease, ReleaseNumber(1), moment(9)).await.unwrap();
    let mut with_current = newest(4);
    with_current.insert("flights/01".to_owned());
    assert_eq!(stores.releases.needed_tables().await.unwrap(), with_current);
    stores.remove("flights", 1).await.unwrap();
    assert!(stores.releases.needed_tables().await.unwrap().is_empty());
}

pub(crate) async fn forgetting_spares_what_is_needed(home: &impl Home) {
    let stores = on_record(home, "flights").await;
    stores.put(compiled("gone", "SELECT 1"), None).await.unwrap();
    let (flights, gone) = (stores.lease("flights", "one").await, stores.lease("gone", "one").await);
    stores.release(&gone, 1, "gone/a").await.unwrap();
    stores.release(&gone, 2, "gone/b").await.unwrap();
    stores.release(&gone, 3, "shared").await.unwrap();
    stores.release(&flights, 4, "shared").await.unwrap();
    stores.remove("gone", 1).await.unwrap();

    let asked = paths(["gone/a", "shared", "never built"]);
    let free = stores.releases.forget_tables(&asked).await.unwrap();
    assert_eq!(free, paths(["gone/a", "never built"]));
    assert_eq!(stores.numbers("gone").await, [3, 2]);
    assert_eq!(stores.numbers("flights").await, [1]);
    let find = |path: &str| {
        let code = build(path).table.fingerprint;
        let runs = stores.runs.clone();
        async move { runs.find_build(&code, &fingerprint("inputs")).await.unwrap() }
    };
    assert_eq!(find("gone/a").await, None);
    assert_eq!(find("gone/b").await, Some(table_version("gone/b")));
    assert_eq!(find("shared").await, Some(table_version("shared")));
    assert_eq!(stores.runs.runs(&prod(), &product("gone"), 9).await.unwrap().len(), 3);
}

pub(crate) async fn numbers_of_forgotten_releases_do_not_come_back(home: &impl Home) {
    let stores = on_record(home, "flights").await;
    let lease = stores.lease("flights", "one").await;
    stores.release(&lease, 1, "flights/a").await.unwrap();
    stores.remove("flights", 1).await.unwrap();
    stores.releases.forget_tables(&paths(["flights/a"])).await.unwrap();
    assert!(stores.numbers("flights").await.is_empty());
    stores.put(compiled("flights", "SELECT 2"), None).await.unwrap();
    let second = Run { generation: 2, ..run("flights", 2) };
    stores.runs.begin_run(&lease, &second).await.unwrap();
    assert_eq!(stores.publish(&lease, &second, "flights/b").await.unwrap().number, ReleaseNumber(2));
}

pub(crate) async fn a_table_forgotten_during_a_run_is_not_published(home: &impl Home) {
    let stores = on_record(home, "flights").await;
    let lease = stores.lease("flights", "one").await;
    stores.runs.begin_run(&lease, &run("flights", 1)).await.unwrap();
    stores.releases.forget_tables(&paths(["flights/a"])).await.unwrap();
    let error = stores.publish(&lease, &run("flights", 1), "flights/a").await.unwrap_err();
    assert_eq!(error.to_string(), "the stored table `flights/a` was removed while the run was under way");
    stores.runs.end_run(&lease, &ended(&run("flights", 1), RunState::Failed)).await.unwrap();
    stores.release(&lease, 2, "flights/a").await.unwrap();
}

pub(crate) async fn readers_see_whole_releases(home: &impl Home) {
    const ROUNDS: u64 = 60;
    let (writer, reader) = (on_record(home, "flights").await, home.open().await);
    let lease = writer.lease("flights", "one").await;
    let readers: Vec<_> = (0..4)
        .map(|_| {
            let reader = reader.clone();
            tokio::spawn(async move {
                let mut last = 0;
                while last < ROUNDS {
                    let Some(release) = reader.releases.current_releases(&prod()).await.unwrap().pop_first() else {
                        continue;
                    };
                    let release = release.1;
                    assert!(release.number.0 >= last, "the pointer went back");
                    last = release.number.0;
                    let versions: Vec<_> = release.tables.values().map(|table| table.version.version).collect();
                    assert_eq!(versions, [last, last]);
                }
            })
        })
        .collect();
    for number in 1..=ROUNDS {
        let run = run("flights", number);
        writer.runs.begin_run(&lease, &run).await.unwrap();
        let mut tables = released("flights/a");
        tables.insert(table("weekly"), tables[&table("daily")].clone());
        for table in tables.values_mut() {
            table.version.version = number;
        }
        writer.runs.publish(&lease, &ended(&run, RunState::Running), &tables, &[]).await.unwrap();
    }
    for reader in readers {
        reader.await.unwrap();
    }
}

pub(crate) async fn an_aborted_publication_is_whole_or_nothing(home: &impl Home) {
    let stores = on_record(home, "flights").await;
    let lease = stores.lease("flights", "one").await;
    for number in 1..=40 {
        stores.runs.begin_run(&lease, &run("flights", number)).await.unwrap();
        let (task_stores, task_lease) = (stores.clone(), lease.clone());
        let task = tokio::spawn(async move {
            let path = format!("flights/{number}");
            task_stores.publish(&task_lease, &run("flights", number), &path).await
        });
        tokio::time::sleep(std::time::Duration::from_micros(number * 25)).await;
        task.abort();
        let _ = task.await;
    }
    let runs = stores.runs.runs(&prod(), &product("flights"), 100).await.unwrap();
    let published: Vec<_> = runs.iter().filter_map(|run| run.release.map(|number| number.0)).collect();
    assert_eq!(stores.numbers("flights").await, published);
    assert_eq!(stores.current("flights").await.map(|number| number.0), published.first().copied());
    for run in runs {
        let results = stores.runs.check_results(run.id).await.unwrap();
        assert_eq!(results.len(), usize::from(run.state == RunState::Published), "{run:?}");
    }
}
