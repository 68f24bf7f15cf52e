//! Several people at every door at once: nobody sees what is another's, nothing fails, and memory stays what it is.
//!
//! `scripts/crowd` does the same with 200 clients for two minutes.

use std::process::Command;

use serde_json::Value;

use crate::place::clients_python;

#[test]
fn many_at_once_see_what_is_theirs() {
    let script = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/clients/crowd.py");
    let mut command = Command::new(clients_python());
    command.arg(script).args(["--outport", env!("CARGO_BIN_EXE_outport"), "--clients", "24", "--seconds", "10"]);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    let found: Value = serde_json::from_str(&said).unwrap();
    assert!(found["answers"].as_u64().unwrap() > 50, "{said}");
    assert!(found["refusals"].as_u64().unwrap() > 0, "{said}");
}
