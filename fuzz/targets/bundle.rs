//! Any bytes as the files of a bundle, divided by lines that begin with `=== `.
#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use outport_spec::bundle::{self, BundleFiles, Context};

fuzz_target!(|text: &str| {
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let mut name = bundle::DESCRIPTOR.to_owned();
    for line in text.split_inclusive('\n') {
        match line.strip_prefix("=== ") {
            Some(next) => name = next.trim().to_owned(),
            None => files.entry(name.clone()).or_default().extend(line.bytes()),
        }
    }
    let workspace = "dev".parse().expect("a name");
    let depots = BTreeMap::new();
    let context = Context { workspace: &workspace, depots: &depots, offers: None, environment: &|_| None };
    let loaded = bundle::load(&BundleFiles::new("/fuzz", files), &context);
    assert!(loaded.product.is_some() || loaded.diagnostics.iter().any(outport_model::diagnostic::Diagnostic::is_error));
});
