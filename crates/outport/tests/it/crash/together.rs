//! Several processes at once: readers beside writers, writers beside writers.

use std::{
    io::{BufRead, BufReader},
    sync::atomic::{AtomicBool, Ordering},
};

use super::ledger::{Ledger, State, said, succeeded};

/// Says that it is over, also where a test panics.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn readers_see_whole_releases_while_runs_go_on() {
    let (ledger, first) = Ledger::applied();
    let over = AtomicBool::new(false);
    let read = || {
        let (mut last, mut seen) = (first, 0);
        while !over.load(Ordering::Relaxed) {
            let state = ledger.look();
            assert!(state >= last, "{state:?} after {last:?}");
            (last, seen) = (state, seen + 1);
        }
        seen
    };
    let last = State { generation: 30, ..first };
    let seen = std::thread::scope(|scope| {
        let readers = [scope.spawn(read), scope.spawn(read)];
        let over = Over(&over);
        for generation in 2..=last.generation {
            ledger.put(State { generation, ..first });
            succeeded(&ledger.output(&["run"]));
        }
        drop(over);
        readers.map(|reader| reader.join().unwrap())
    });
    assert!(seen.iter().all(|seen| *seen > 5), "{seen:?}");
    assert_eq!(ledger.look(), last);
}

#[test]
fn a_query_ends_on_the_release_that_it_began_with() {
    let (ledger, state) = Ledger::applied();
    // More rows than a pipe holds, so that the query cannot end before the run does.
    let query = "SELECT a.generation AS generation FROM ledger.debits a, ledger.credits b, ledger.debits c";
    let mut child = ledger.command(&["query", "--format", "ndjson", query]).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = format!("{{\"generation\":{}}}", state.generation);
    assert_eq!(lines.next().unwrap().unwrap(), line);
    ledger.put(State { generation: 2, ..state });
    succeeded(&ledger.output(&["run"]));
    assert_eq!(ledger.look().generation, 2);
    assert!(child.try_wait().unwrap().is_none(), "the query was over too early");
    let mut rows = 1;
    for read in lines {
        assert_eq!(read.unwrap(), line);
        rows += 1;
    }
    assert!(child.wait().unwrap().success());
    assert_eq!(rows, 91 * 91 * 91);
}

#[test]
fn of_two_runs_at_once_one_works_and_the_other_says_who_does() {
    let (ledger, state) = Ledger::applied();
    let next = State { generation: 2, ..state };
    ledger.put(next);
    let held = ledger.hold("dev", "built", &["run"]);
    let output = ledger.output(&["run"]);
    let text = said(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains(&format!("another process (`{}-", held.id())), "{text}");
    assert!(text.contains("works on `ledger`") && text.contains("wait until it is done, and try again"), "{text}");
    assert_eq!(ledger.look(), state);
    let first = held.finish();
    succeeded(&first);
    assert_eq!(ledger.look(), next);
    assert_eq!(ledger.leftovers(), [].into());
}

#[test]
fn an_apply_beside_a_run_records_its_plan_and_builds_it_later() {
    let (ledger, state) = Ledger::applied();
    let held = {
        ledger.put(State { generation: 2, ..state });
        ledger.hold("dev", "built", &["run"])
    };
    let next = State { generation: 2, revision: 2 };
    ledger.put(next);
    let output = ledger.output(&["apply", "--yes", "ledger"]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("another process"), "{}", said(&output));
    succeeded(&held.finish());
    assert_eq!(ledger.look(), State { generation: 2, ..state });
    succeeded(&ledger.output(&["apply", "--yes", "ledger"]));
    assert_eq!(ledger.look(), next);
}

#[test]
fn many_applies_at_once_come_to_one_release() {
    let ledger = Ledger::new();
    let apply = || ledger.output(&["apply", "--yes", "ledger"]);
    let outputs = std::thread::scope(|scope| {
        let applies: Vec<_> = (0..4).map(|_| scope.spawn(apply)).collect();
        applies.into_iter().map(|apply| apply.join().unwrap()).collect::<Vec<_>>()
    });
    for output in outputs.iter().filter(|output| !output.status.success()) {
        let text = said(output);
        assert!(text.contains("another process") || text.contains("was changed by someone else"), "{text}");
        assert!(text.contains("help: "), "{text}");
    }
    assert!(outputs.iter().any(|output| output.status.success()));
    succeeded(&ledger.output(&["apply", "--yes", "ledger"]));
    assert_eq!(ledger.look(), State { generation: 1, revision: 1 });
    assert_eq!(ledger.json(&["get", "ledger"])["releases"].as_array().unwrap().len(), 1);
}

#[test]
fn who_takes_over_from_the_dead_does_not_wait() {
    let (ledger, state) = Ledger::applied();
    let next = State { generation: 2, ..state };
    ledger.put(next);
    ledger.hold("dev", "built", &["run"]).kill();
    // The lease would lapse after half a minute; a test that waits for it is stopped.
    let begin = std::time::Instant::now();
    succeeded(&ledger.output(&["run"]));
    assert!(begin.elapsed().as_secs() < 15, "{:?}", begin.elapsed());
    assert_eq!(ledger.look(), next);
}

#[test]
fn two_workspaces_build_in_the_same_tables_at_once() {
    let (ledger, state) = Ledger::applied();
    succeeded(&ledger.command_in("prod", &["apply", "--yes", "ledger"]).output().unwrap());
    let next = State { generation: 2, ..state };
    ledger.put(next);
    let held = ledger.hold("dev", "built", &["run"]);
    let other = ledger.hold("prod", "built", &["run"]);
    assert!(!ledger.leftovers().is_empty(), "both have staged rows");
    // One dies: what it leaves behind stays for as long as the other is at work.
    other.kill();
    succeeded(&ledger.command_in("prod", &["run"]).output().unwrap());
    assert_eq!((ledger.look_in("dev"), ledger.look_in("prod")), (state, next));
    succeeded(&held.finish());
    assert_eq!((ledger.look_in("dev"), ledger.look_in("prod")), (next, next));
    let last = State { generation: 3, ..state };
    ledger.put(last);
    succeeded(&ledger.output(&["run"]));
    assert_eq!((ledger.look_in("dev"), ledger.look_in("prod")), (last, next));
    assert_eq!(ledger.leftovers(), [].into());
}
