//! What a client sends of bundles, and who makes products of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::PathBuf,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use outport_model::{case::Case, diagnostic::Diagnostic, name::ProductName, product::Product};
use serde::Deserialize;

use crate::problem::Problem;

/// The longest path of a file, and of a bundle's folder, in bytes.
const LONGEST_PATH: usize = 1024;

/// Folders of a bundle are at most so many levels deep, as they are where one is read from a disk.
const DEEPEST: usize = 16;

/// A bundle as it was sent.
#[derive(Clone, PartialEq, Eq)]
pub struct SentBundle {
    /// The bundle's folder as whoever sends it names it; only shown, never opened.
    pub root: String,
    /// Bytes by path relative to the bundle, with `/` between names.
    pub files: BTreeMap<String, Vec<u8>>,
}

impl fmt::Debug for SentBundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SentBundle").field("root", &self.root).field("files", &self.files.keys()).finish()
    }
}

/// Bundles as they were sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SentBundles {
    /// The bundles.
    pub bundles: Vec<SentBundle>,
    /// Values for the variables in their documents: those of whoever sends them, and no others.
    pub variables: BTreeMap<String, String>,
}

/// What bundles gave.
#[derive(Debug, Clone, Default)]
pub struct LoadedBundles {
    /// The products.
    pub products: Vec<Product>,
    /// The folder of each, as it was sent.
    pub roots: BTreeMap<ProductName, PathBuf>,
    /// The test cases of their policies.
    pub cases: Vec<Case>,
    /// Every problem that was found.
    pub diagnostics: Vec<Diagnostic>,
}

/// Makes products of bundles. Nothing of it may depend on files of the server: a bundle that reads any outside of a
/// declared depot has an error.
pub trait BundleLoader: Send + Sync + fmt::Debug {
    /// Makes products of bundles that may read `recorded` ones.
    fn load(&self, sent: SentBundles, recorded: &[Product]) -> LoadedBundles;
}

/// What is to change: `POST /v1/plans`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Change {
    #[serde(default)]
    bundles: Vec<Bundle>,
    #[serde(default)]
    variables: BTreeMap<String, String>,
    /// Products that are to go.
    #[serde(default)]
    pub(super) remove: BTreeSet<ProductName>,
}

/// A bundle that is sent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Bundle {
    root: String,
    files: BTreeMap<String, File>,
}

/// A file: text as it is, anything else as `{"base64": "…"}`.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum File {
    Text(String),
    Bytes(Bytes),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Bytes {
    base64: String,
}

impl Change {
    /// What is asked for, in one line for the record.
    pub(super) fn said(&self) -> String {
        let bundles = self.bundles.iter().map(|bundle| bundle.root.clone());
        let removals = self.remove.iter().map(|product| format!("-{product}"));
        bundles.chain(removals).collect::<Vec<_>>().join(" ")
    }

    /// Whether nothing is asked for.
    pub(super) fn is_empty(&self) -> bool {
        self.bundles.is_empty() && self.remove.is_empty()
    }

    /// The bundles, and the products that are to go.
    pub(super) fn parts(self) -> Result<(SentBundles, BTreeSet<ProductName>), Problem> {
        Ok((sent(self.bundles, self.variables)?, self.remove))
    }
}

/// Bundles with the values of variables, if they can be bundles.
pub(super) fn sent(bundles: Vec<Bundle>, variables: BTreeMap<String, String>) -> Result<SentBundles, Problem> {
    Ok(SentBundles { bundles: bundles.into_iter().map(Bundle::checked).collect::<Result<_, _>>()?, variables })
}

/// How whoever sends something calls it: it is only shown, in one line.
pub(super) fn is_shown(name: &str) -> bool {
    name.len() <= LONGEST_PATH && !name.chars().any(char::is_control)
}

impl Bundle {
    fn checked(self) -> Result<SentBundle, Problem> {
        if !is_shown(&self.root) {
            return Err(Problem::bad_request("the `root` of a bundle is too long, or has control characters"));
        }
        let mut files = BTreeMap::new();
        for (path, file) in self.files {
            if !is_relative(&path) {
                let problem = Problem::bad_request(format!("`{path}` is not the path of a file of a bundle"));
                return Err(problem.with_help(
                    "write names with `/` between them, relative to the bundle; none is empty or begins with a `.`",
                ));
            }
            let bytes = match file {
                File::Text(text) => text.into_bytes(),
                File::Bytes(bytes) => STANDARD
                    .decode(bytes.base64)
                    .map_err(|_| Problem::bad_request(format!("`{path}` is not base64 (RFC 4648, with padding)")))?,
            };
            files.insert(path, bytes);
        }
        Ok(SentBundle { root: self.root, files })
    }
}

/// A file of a bundle: names with `/` between them, none of which leads elsewhere or is hidden.
fn is_relative(path: &str) -> bool {
    let name = |name: &str| {
        !name.is_empty() && !name.starts_with('.') && !name.contains('\\') && !name.chars().any(char::is_control)
    };
    path.len() <= LONGEST_PATH && path.split('/').count() <= DEEPEST + 1 && path.split('/').all(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_below_its_bundle() {
        for right in ["outport.yaml", "contracts/a b.odcs.yaml", "models/x/y..sql"] {
            assert!(is_relative(right), "{right}");
        }
        let deep = "a/".repeat(17) + "b";
        for wrong in [
            "",
            "/etc/passwd",
            "..",
            "../a",
            "a/../b",
            "a//b",
            "a/",
            "./a",
            ".git/config",
            "a\\b",
            "a\0b",
            deep.as_str(),
        ] {
            assert!(!is_relative(wrong), "{wrong:?}");
        }
    }

    #[test]
    fn files_are_text_or_base64() {
        let text = r#"{"bundles": [{"root": "x", "files": {"a": "é", "b": {"base64": "/w=="}}}]}"#;
        let change: Change = serde_json::from_str(text).unwrap();
        let (sent, _) = change.parts().unwrap();
        assert_eq!(sent.bundles[0].files["a"], "é".as_bytes());
        assert_eq!(sent.bundles[0].files["b"], [0xff]);
        for wrong in [
            r#"{"bundles": [{"root": "x", "files": {"a": {"base64": "!"}}}]}"#,
            r#"{"bundles": [{"root": "x\n", "files": {}}]}"#,
            r#"{"bundles": [{"root": "x", "files": {"../a": ""}}]}"#,
        ] {
            assert!(serde_json::from_str::<Change>(wrong).unwrap().parts().is_err(), "{wrong}");
        }
        assert!(serde_json::from_str::<Change>(r#"{"bundels": []}"#).is_err());
    }
}
