//! Ctrl-C ends a run in good order.

use super::ledger::{Ledger, State, interrupt, said, succeeded};

#[test]
fn an_interrupted_run_leaves_the_release_from_before_and_no_files() {
    let (ledger, state) = Ledger::applied();
    let next = State { generation: 2, ..state };
    ledger.put(next);
    for point in ["begun", "built", "audited"] {
        let held = ledger.hold("dev", point, &["run"]);
        interrupt(held.id());
        // The process has heard it once it says so; only then may it go on.
        let output = held.finish_once_it_says("stopping");
        assert_eq!(output.status.code(), Some(1), "{point}: {}", said(&output));
        assert!(said(&output).contains("it was stopped; the release from before stays"), "{}", said(&output));
        assert_eq!(ledger.look(), state, "{point}");
        assert_eq!(ledger.leftovers(), [].into(), "{point}");
        assert_eq!(ledger.runs()[0]["state"], "cancelled", "{point}");
    }
    succeeded(&ledger.output(&["run"]));
    assert_eq!(ledger.look(), next);
}
