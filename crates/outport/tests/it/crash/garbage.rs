//! What one workspace throws away is never what another needs.

use std::time::Duration;

use super::ledger::{Held, Ledger, State, said, succeeded};

/// Tables that nothing needs: their product is deleted. A second product gives the next `apply` something to do.
fn with_garbage() -> Ledger {
    let (ledger, _) = Ledger::applied();
    succeeded(&ledger.output(&["delete", "ledger", "--yes"]));
    ledger.bundle("other");
    ledger.put_into("other", State { generation: 1, revision: 1 });
    let plan = ledger.json(&["plan", "other"]);
    assert_eq!(plan["garbage"].as_array().unwrap().len(), 3, "{plan}");
    ledger
}

fn apply_other_until(ledger: &Ledger, point: &str) -> Held {
    ledger.hold("dev", point, &["apply", "--yes", "other"])
}

fn of_the_ledger(ledger: &Ledger) -> usize {
    ledger.stored_tables().iter().filter(|path| path.starts_with("ledger/")).count()
}

#[test]
fn garbage_goes() {
    let ledger = with_garbage();
    assert_eq!(of_the_ledger(&ledger), 3);
    let output = ledger.output(&["apply", "--yes", "other"]);
    succeeded(&output);
    assert!(said(&output).contains("removed 3 stored tables"), "{}", said(&output));
    assert_eq!(of_the_ledger(&ledger), 0);
}

#[test]
fn what_another_workspace_has_come_to_build_stays() {
    for point in ["recorded", "begun", "built", "committed", "published"] {
        let ledger = with_garbage();
        let throws_away = apply_other_until(&ledger, "recorded");
        let builds = ledger.hold("prod", point, &["apply", "--yes", "ledger"]);
        succeeded(&throws_away.finish());
        succeeded(&builds.finish());
        assert_eq!(ledger.look_in("prod"), State { generation: 1, revision: 1 }, "{point}");
        assert_eq!(of_the_ledger(&ledger), 3, "{point}");
    }
}

#[test]
fn who_builds_in_what_is_being_thrown_away_waits() {
    let ledger = with_garbage();
    let throws_away = apply_other_until(&ledger, "forgotten");
    let mut builds = ledger.hold("prod", "begun", &["apply", "--yes", "ledger"]);
    builds.go_on();
    // If it did not wait it would be done by then, and lose what it has built.
    assert!(!builds.ends_within(Duration::from_millis(500)), "it did not wait");
    succeeded(&throws_away.finish());
    succeeded(&builds.finish());
    assert_eq!(ledger.look_in("prod"), State { generation: 1, revision: 1 });
}
