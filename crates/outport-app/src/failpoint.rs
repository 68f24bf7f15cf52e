//! Points at which a test ends or holds the process. Release builds have none.
//!
//! `OUTPORT_FAILPOINT=<point>` aborts there: no destructor runs, nothing is flushed, as with a kill.
//! `OUTPORT_FAILPOINT=<point>@<file>` makes `<file>.reached` there and waits until `<file>` exists.

#[cfg(debug_assertions)]
use std::{path::Path, time::Duration};

/// Ends or holds the process if the environment says so.
#[cfg(debug_assertions)]
pub(crate) async fn reach(point: &str) {
    let Ok(asked) = std::env::var("OUTPORT_FAILPOINT") else { return };
    match asked.split_once('@') {
        None if asked == point => std::process::abort(),
        Some((named, file)) if named == point => {
            let reached = std::fs::write(format!("{file}.reached"), []);
            while reached.is_ok() && !Path::new(file).exists() {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        }
        _ => {}
    }
}

#[cfg(not(debug_assertions))]
#[expect(clippy::unused_async, reason = "the same signature as in a debug build")]
pub(crate) async fn reach(_: &str) {}
