//! `kill -9` at any point leaves the old release or the new one, and nothing to mend.

use std::time::{Duration, Instant};

use super::ledger::{Ledger, State, said, succeeded, was_killed};

/// How many processes are killed at points in time.
const KILLS: usize = 100;

/// What is done to get from one state to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// `apply` of changed models.
    Apply,
    /// `run` on new data.
    Run,
}

impl Step {
    fn next(self, state: State) -> State {
        match self {
            Self::Apply => State { revision: state.revision + 1, ..state },
            Self::Run => State { generation: state.generation + 1, ..state },
        }
    }

    fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Apply => &["apply", "--yes", "ledger"],
            Self::Run => &["run"],
        }
    }
}

/// The same numbers in every run of the test (`SplitMix64`).
fn mixed(number: u64) -> u64 {
    let mut z = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Does the step undisturbed and says how long it took. The next one after a kill must not wait for a lease to lapse.
fn recover(ledger: &Ledger, step: Step) -> Duration {
    let begin = Instant::now();
    succeeded(&ledger.output(step.arguments()));
    let took = begin.elapsed();
    assert!(took < Duration::from_secs(15), "{step:?} took {took:?}");
    took
}

#[test]
fn a_kill_at_any_time_leaves_the_old_release_or_the_new_one() {
    let (ledger, mut state) = Ledger::applied();
    let mut lasts = Duration::from_millis(1);
    for step in [Step::Apply, Step::Run] {
        state = step.next(state);
        ledger.put(state);
        lasts = lasts.max(recover(&ledger, step));
    }
    let begin = Instant::now();
    let (mut killed, mut staging, mut old, mut new) = (0, 0, 0, 0);
    for attempt in 0.. {
        assert!(attempt < 10 * KILLS as u64, "only {killed} processes were killed at work");
        if killed == KILLS {
            break;
        }
        let step = if attempt % 2 == 0 { Step::Apply } else { Step::Run };
        let next = step.next(state);
        ledger.put(next);
        let mut child = ledger.command(step.arguments()).spawn().unwrap();
        // Spread evenly over the life of a process, and beyond: others are slower or faster than the measured ones.
        let share = u32::try_from(mixed(attempt) % 1300).unwrap();
        std::thread::sleep(lasts * share / 1000);
        child.kill().unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(was_killed(output.status) || output.status.success(), "{}", said(&output));
        killed += usize::from(was_killed(output.status));
        staging += usize::from(!ledger.leftovers().is_empty());
        let seen = ledger.look();
        assert!(seen == state || seen == next, "{step:?} was killed: {seen:?} is neither {state:?} nor {next:?}");
        old += usize::from(seen == state);
        new += usize::from(seen == next);
        recover(&ledger, step);
        assert_eq!(ledger.leftovers(), [].into(), "after attempt {attempt}");
        state = next;
    }
    assert_eq!(ledger.look(), state);
    eprintln!(
        "{killed} killed of {} in {:?}, {staging} with staged files: {old} old, {new} new",
        old + new,
        begin.elapsed()
    );
    assert!(old > KILLS / 10, "the kills came too late to tell anything");
    bounded(&ledger);
}

/// Nothing grows with the number of kills.
fn bounded(ledger: &Ledger) {
    let holders = std::fs::read_dir(ledger.path("home/holders")).unwrap().count();
    assert!(holders <= 1, "{holders} lock files of processes");
    // Three models, each kept for as many releases as are kept, and one quarantine.
    let tables = ledger.stored_tables();
    assert!(tables.len() <= 3 * 12 + 1, "{tables:?}");
}

#[test]
fn a_kill_at_each_point_leaves_the_old_release_until_the_new_one_is_published() {
    let (ledger, mut state) = Ledger::applied();
    for step in [Step::Apply, Step::Run] {
        for point in ["recorded", "begun", "built", "audited", "committed-one", "committed", "published"] {
            if (step, point) == (Step::Run, "recorded") {
                continue;
            }
            let next = step.next(state);
            ledger.put(next);
            let output = ledger.command(step.arguments()).env("OUTPORT_FAILPOINT", point).output().unwrap();
            assert!(was_killed(output.status), "{step:?} at {point}: {}", said(&output));
            let expected = if point == "published" { next } else { state };
            assert_eq!(ledger.look(), expected, "{step:?} at {point}");
            recover(&ledger, step);
            assert_eq!(ledger.look(), next, "{step:?} at {point}");
            assert_eq!(ledger.leftovers(), [].into(), "{step:?} at {point}");
            state = next;
        }
    }
}

#[test]
fn what_a_killed_run_had_begun_is_on_record_as_failed() {
    let (ledger, state) = Ledger::applied();
    let next = Step::Run.next(state);
    ledger.put(next);
    let output = ledger.command(&["run"]).env("OUTPORT_FAILPOINT", "built").output().unwrap();
    assert!(was_killed(output.status));
    assert!(!ledger.leftovers().is_empty(), "it had staged rows");
    recover(&ledger, Step::Run);
    assert_eq!(ledger.look(), next);
    let runs = ledger.runs();
    let states: Vec<_> = runs.iter().map(|run| run["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["published", "failed", "published"]);
    assert_eq!(runs[1]["error"], "its process ended");
}

#[test]
fn an_apply_that_was_killed_before_its_run_is_pending() {
    let (ledger, state) = Ledger::applied();
    let next = Step::Apply.next(state);
    ledger.put(next);
    let output = ledger.command(Step::Apply.arguments()).env("OUTPORT_FAILPOINT", "recorded").output().unwrap();
    assert!(was_killed(output.status));
    let plan = ledger.json(&["plan", "ledger"]);
    let product = &plan["products"][0];
    assert_eq!((product["action"].as_str(), product["pending"].as_bool()), (Some("unchanged"), Some(true)), "{plan}");
    let text = said(&ledger.output(&["plan", "ledger"]));
    assert!(text.contains("as on record, and has not been built yet"), "{text}");
    recover(&ledger, Step::Apply);
    assert_eq!(ledger.look(), next);
    let text = said(&ledger.output(Step::Apply.arguments()));
    assert!(text.contains("nothing to change"), "{text}");
}
