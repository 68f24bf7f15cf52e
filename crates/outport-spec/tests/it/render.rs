//! Diagnostics as text for snapshots, and the published example documents.

use std::{fs, path::PathBuf};

use outport_model::diagnostic::Diagnostic;

/// One line a diagnostic: `code severity file:line:column pointer message | help`, with the underlined text's length.
pub(crate) fn render(diagnostics: &[Diagnostic]) -> String {
    let lines = diagnostics.iter().map(|d| {
        let place = d.span.map_or(String::from("-"), |s| format!("{}:{}+{}", s.line, s.column, s.end - s.start));
        let pointer = d.pointer.as_deref().unwrap_or("-");
        let help = d.help.as_deref().map(|help| format!(" | {help}")).unwrap_or_default();
        format!("{} {} {}:{place} {pointer} {}{help}", d.code, d.severity, d.file, d.message)
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The published examples of ODCS v3.1: file name and text.
pub(crate) fn examples() -> Vec<(String, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/testdata/odcs-v3.1-examples");
    let entries = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("the published ODCS examples are needed at {} ({error})", folder.display()));
    let mut examples: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(&path).unwrap())
        })
        .collect();
    examples.sort();
    examples
}
