//! What is sent of bundles.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use outport_model::name::ProductName;
use outport_spec::bundle::{BundleFiles, SourceTexts};
use serde::Serialize;

use crate::{
    bundles::{Bundles, environment},
    failure::Failure,
};

/// Documents that are sent to a server, beside bundles.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct SentDocuments {
    pub(super) documents: Vec<SentDocument>,
    pub(super) variables: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct SentDocument {
    file: String,
    text: String,
}

/// What is to change on a server.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Change {
    bundles: Vec<Bundle>,
    variables: BTreeMap<String, String>,
    remove: Vec<ProductName>,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Bundle {
    root: String,
    files: BTreeMap<String, File>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
enum File {
    Text(String),
    Bytes { base64: String },
}

impl Change {
    /// The bundles, and the values of variables in them.
    pub(super) fn parts(self) -> (Vec<Bundle>, BTreeMap<String, String>) {
        (self.bundles, self.variables)
    }

    /// The same with those of another.
    pub(crate) fn extend(&mut self, other: Self) {
        self.bundles.extend(other.bundles);
        self.variables.extend(other.variables);
        self.remove.extend(other.remove);
    }

    /// Products are to go.
    pub(crate) fn removal(products: Vec<ProductName>) -> Self {
        Self { remove: products, ..Self::default() }
    }
}

/// The bundles below a path, and the texts that messages may point into.
pub(crate) fn change(path: &Path) -> Result<(Change, SourceTexts), Failure> {
    let (readable, diagnostics) = Bundles::find(path);
    if !diagnostics.is_empty() {
        return Err(Failure::Diagnostics { diagnostics, sources: Box::default() });
    }
    let (mut change, mut sources) = (Change::default(), SourceTexts::default());
    for files in readable {
        let mut sent = BTreeMap::new();
        for (name, bytes) in files.files() {
            let file = match std::str::from_utf8(bytes) {
                Ok(text) => {
                    sources.insert(&files.shown(name), text);
                    change.variables.extend(variables(name, text));
                    File::Text(text.to_owned())
                }
                Err(_) => File::Bytes { base64: STANDARD.encode(bytes) },
            };
            sent.insert(name.clone(), file);
        }
        change.bundles.push(Bundle { root: root(&files), files: sent });
    }
    Ok((change, sources))
}

/// Documents in files of their own, and the texts that messages may point into.
pub(crate) fn documents(files: &[BundleFiles]) -> (SentDocuments, SourceTexts) {
    let (mut sent, mut sources) = (SentDocuments::default(), SourceTexts::default());
    for (files, (name, bytes)) in files.iter().flat_map(|files| files.files().iter().map(move |file| (files, file))) {
        let (file, text) = (files.shown(name), String::from_utf8_lossy(bytes).into_owned());
        sources.insert(&file, &text);
        sent.variables.extend(variables(name, &text));
        sent.documents.push(SentDocument { file, text });
    }
    (sent, sources)
}

fn root(files: &BundleFiles) -> String {
    files.root().display().to_string()
}

/// The variables of the environment that a document names, and that have a value here: the server has none for it.
fn variables(name: &str, text: &str) -> BTreeMap<String, String> {
    let Some((_, "yaml" | "yml")) = name.rsplit_once('.') else { return BTreeMap::new() };
    named(text).into_iter().filter_map(|name| Some((name.to_owned(), environment(name)?))).collect()
}

/// What stands in `${NAME}` and `${NAME:-default}`.
fn named(text: &str) -> BTreeSet<&str> {
    let names = text.split("${").skip(1).filter_map(|rest| {
        let (name, after) = rest.split_at(rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_')?);
        (!name.is_empty() && (after.starts_with('}') || after.starts_with(":-"))).then_some(name)
    });
    names.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_document_names_is_sent() {
        let text = "a: ${A}\nb: ${B_2:-x}/${}\nc: $C ${D-x} ${E";
        assert_eq!(named(text), ["A", "B_2"].into());
        assert_eq!(variables("docs/a.md", "${PATH}"), BTreeMap::new());
        assert!(variables("outport.yaml", "${PATH}").contains_key("PATH"));
    }
}
