//! Access policies: Cedar in `policies`. What they say is checked where the workspace's own policies are known.

use outport_model::{diagnostic::Diagnostic, product::PolicyFile};

use super::{
    SourceTexts,
    files::{BundleFiles, utf8},
};

pub(super) fn policies(
    files: &BundleFiles,
    sources: &mut SourceTexts,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<PolicyFile> {
    let mut policies = Vec::new();
    for (path, bytes) in files.files().iter().filter(|(path, _)| is_policy(path)) {
        let shown = files.shown(path);
        if let Some(text) = utf8(&shown, bytes, diagnostics) {
            sources.insert(&shown, text);
            policies.push(PolicyFile { file: path.clone(), text: text.to_owned() });
        }
    }
    policies
}

fn is_policy(path: &str) -> bool {
    let extension = std::path::Path::new(path).extension();
    path.starts_with("policies/") && extension.is_some_and(|extension| extension == "cedar")
}
