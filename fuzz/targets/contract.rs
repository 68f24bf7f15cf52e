//! Any bytes as a contract by itself, down to its checks.
#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use outport_spec::{alone, bundle::BundleFiles};

fuzz_target!(|bytes: &[u8]| {
    let files = BundleFiles::new("/fuzz", BTreeMap::from([("fuzz.odcs.yaml".to_owned(), bytes.to_vec())]));
    let loaded = alone::load(&files, None, &|_| None);
    assert!(loaded.contract.is_some() || loaded.diagnostics.iter().any(outport_model::diagnostic::Diagnostic::is_error));
});
