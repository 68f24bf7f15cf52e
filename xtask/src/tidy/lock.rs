//! One version of each crate whose values cross the borders of crates, all from one source.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use toml::{Table, Value};

use super::{Problem, line_where, tree::Tree};

/// Two versions of one of these do not understand each other's values.
const ONE_VERSION: &[&str] = &["arrow", "datafusion", "object_store", "parquet", "sqlparser", "tonic"];

const SOURCE: &str = "registry+https://github.com/rust-lang/crates.io-index";

pub(super) fn problems(tree: &Tree) -> Result<Vec<Problem>> {
    check(tree.text("Cargo.lock").context("`Cargo.lock` is missing")?)
}

fn check(text: &str) -> Result<Vec<Problem>> {
    let lock: Table = text.parse().context("`Cargo.lock` is not TOML")?;
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut problems = Vec::new();
    for package in lock.get("package").and_then(Value::as_array).into_iter().flatten() {
        let field = |key| package.get(key).and_then(Value::as_str);
        let name = field("name").unwrap_or_default();
        versions.entry(name).or_default().extend(field("version"));
        if let Some(source) = field("source").filter(|source| *source != SOURCE) {
            problems.push(problem(text, name, format!("`{name}` comes from `{source}`; only crates.io is used")));
        }
    }
    for name in ONE_VERSION {
        let found: Vec<_> = versions.get(name).into_iter().flatten().copied().collect();
        if found.len() > 1 {
            let message = format!("there are versions {} of `{name}`; one is needed", found.join(" and "));
            problems.push(problem(text, name, message));
        }
    }
    Ok(problems)
}

fn problem(text: &str, name: &str, message: String) -> Problem {
    let wanted = format!("name = \"{name}\"");
    Problem::new("Cargo.lock", line_where(text, |line| line == wanted), message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, version: &str, source: &str) -> String {
        format!("[[package]]\nname = \"{name}\"\nversion = \"{version}\"\nsource = \"{source}\"\n")
    }

    #[test]
    fn two_versions_of_a_crate_whose_values_cross() {
        let one = package("arrow", "59.0.0", SOURCE);
        assert!(check(&one).unwrap().is_empty());
        let two = one + &package("arrow", "60.0.0", SOURCE);
        let found = check(&two).unwrap();
        assert_eq!(
            found[0].to_string(),
            "Cargo.lock:2: there are versions 59.0.0 and 60.0.0 of `arrow`; one is needed"
        );
    }

    #[test]
    fn other_crates_may_have_two() {
        assert!(check(&(package("syn", "1.0.0", SOURCE) + &package("syn", "2.0.0", SOURCE))).unwrap().is_empty());
    }

    #[test]
    fn another_registry() {
        assert_eq!(check(&package("syn", "2.0.0", "registry+https://example.com/index")).unwrap().len(), 1);
    }
}
