//! Any bytes as a document: reading, writing, resolving variables and editing in place.
#![no_main]

use libfuzzer_sys::fuzz_target;
use outport_spec::{Document, edit, schema, variables, write};

fuzz_target!(|bytes: &[u8]| {
    let Ok(document) = Document::from_bytes("fuzz", bytes.to_vec()) else { return };
    let written = Document::parse("again", write::yaml(document.value()));
    assert!(document.value().is_null() || written.is_ok_and(|again| again.value() == document.value()));
    let mut diagnostics = schema::validate(&document);
    diagnostics.extend(variables::resolve(&document, &|_| None).diagnostics);
    for diagnostic in &diagnostics {
        let span = diagnostic.span.expect("a place");
        assert!(span.start <= span.end && span.end <= bytes.len().max(1), "{diagnostic:?}");
    }
    let _ = document.typed::<outport_spec::odcs::DataContract>();
    let _ = document.typed::<outport_spec::odps::DataProduct>();
    // A change that is made is exactly the change that was meant, which `edit` checks; here it must not panic.
    let keys = document.value().as_object().into_iter().flat_map(|object| object.keys());
    for key in keys.take(4) {
        let pointer = format!("/{}", key.replace('~', "~0").replace('/', "~1"));
        let _ = edit::set(&document, &pointer, &serde_json::json!({"a": ["b"]}));
        let _ = edit::remove(&document, &pointer);
    }
});
