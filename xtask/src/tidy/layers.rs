//! Which crate may depend on which, and that versions stand in one place.

use anyhow::{Context as _, Result};
use toml::{Table, Value};

use super::{Problem, line_where, tree::Tree};

/// Each crate with those of the workspace that it may depend on. A change here is a change of the architecture.
const LAYERS: &[(&str, &[&str])] = &[
    ("outport-model", &[]),
    ("outport-features", &[]),
    ("outport-spec", &["outport-model"]),
    ("outport-app", &["outport-model"]),
    ("outport-test", &["outport-model", "outport-app"]),
    ("outport-store", &["outport-model", "outport-app"]),
    ("outport-engine", &["outport-model", "outport-spec", "outport-app", "outport-features"]),
    ("outport-policy", &["outport-model", "outport-spec", "outport-app"]),
    ("outport-search", &["outport-model", "outport-app"]),
    ("outport-identity", &["outport-model", "outport-app"]),
    ("outport-http", &["outport-model", "outport-app"]),
    // Files alone: who serves them is told of them by `outport`.
    ("outport-hub", &[]),
    // The system catalog of PostgreSQL is tables of DataFusion; data come through the gate, as for every door.
    ("outport-pg", &["outport-model", "outport-app", "outport-features"]),
    ("outport-flight", &["outport-model", "outport-app"]),
    (
        "outport",
        &[
            "outport-model",
            "outport-spec",
            "outport-app",
            "outport-store",
            "outport-engine",
            "outport-policy",
            "outport-search",
            "outport-identity",
            "outport-http",
            "outport-hub",
            "outport-pg",
            "outport-flight",
        ],
    ),
    ("xtask", &[]),
];

/// Only for tests: whoever may not depend on it may have it among `dev-dependencies`.
const ONLY_FOR_TESTS: &str = "outport-test";

/// The one crate whose manifest says versions and features itself.
const PINS_FEATURES: &str = "outport-features";

/// Crates whose name begins like this, and the only ones that may depend on them.
const HEAVY: &[(&str, &[&str])] = &[
    ("argon2", &["outport-identity"]),
    ("arrow-flight", &["outport-flight"]),
    ("axum", &["outport-http"]),
    ("cedar-policy", &["outport-policy"]),
    ("datafusion", &["outport-engine", "outport-pg"]),
    ("deltalake", &["outport-engine"]),
    ("jsonwebtoken", &["outport-identity"]),
    ("opentelemetry", &["outport"]),
    ("pgwire", &["outport-pg"]),
    ("rmcp", &["outport-http"]),
    ("sqlx", &["outport-store"]),
    ("tantivy", &["outport-search"]),
    ("tracing-opentelemetry", &["outport"]),
];

/// The crate whose tests are clients of every door, and ask the makers of policies what should come of them.
const ASKS_ALL: &str = "outport";

pub(super) fn problems(tree: &Tree) -> Result<Vec<Problem>> {
    let mut problems = Vec::new();
    let manifests =
        tree.crates().map(|name| format!("crates/{name}/Cargo.toml")).chain(["xtask/Cargo.toml".to_owned()]);
    for path in manifests {
        let text = tree.text(&path).with_context(|| format!("`{path}` is missing"))?;
        problems.extend(manifest(&path, text)?);
    }
    Ok(problems)
}

fn manifest(path: &str, text: &str) -> Result<Vec<Problem>> {
    let table: Table = text.parse().with_context(|| format!("`{path}` is not TOML"))?;
    let name = table.get("package").and_then(|p| p.get("name")).and_then(Value::as_str).unwrap_or_default();
    let Some((_, allowed)) = LAYERS.iter().find(|(member, _)| *member == name) else {
        let message = format!("crate `{name}` has no layer; give it one in xtask/src/tidy/layers.rs");
        return Ok(vec![Problem::new(path, 0, message)]);
    };
    let mut problems = Vec::new();
    for (dependency, how, dev) in dependencies(&table) {
        let line = line_where(text, |line| {
            let rest = line.strip_prefix(dependency.as_str()).unwrap_or("x");
            rest.starts_with([' ', '=', '.'])
        });
        let messages =
            [edge(name, &dependency, dev, allowed), heavy(name, &dependency, dev), version(name, &dependency, &how)];
        problems.extend(messages.into_iter().flatten().map(|message| Problem::new(path, line, message)));
    }
    Ok(problems)
}

/// Every dependency with what the manifest says of it, and whether it is for tests only.
fn dependencies(manifest: &Table) -> Vec<(String, Value, bool)> {
    let no_targets = Table::new();
    let targets = manifest.get("target").and_then(Value::as_table).unwrap_or(&no_targets);
    let places = targets.values().filter_map(Value::as_table).chain([manifest]);
    let mut found = Vec::new();
    for place in places {
        for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let table = place.get(kind).and_then(Value::as_table);
            let entries = table.into_iter().flatten();
            found.extend(entries.map(|(name, how)| (name.clone(), how.clone(), kind == "dev-dependencies")));
        }
    }
    found
}

fn edge(name: &str, dependency: &str, dev: bool, allowed: &[&str]) -> Option<String> {
    let ours = LAYERS.iter().any(|(member, _)| *member == dependency) || dependency.starts_with("outport");
    if !ours || allowed.contains(&dependency) || (dev && dependency == ONLY_FOR_TESTS) {
        return None;
    }
    if dependency == ONLY_FOR_TESTS {
        return Some(format!("`{dependency}` is only for `[dev-dependencies]`"));
    }
    let may = if allowed.is_empty() { "no crate of the workspace".to_owned() } else { allowed.join(", ") };
    Some(format!("`{name}` may not depend on `{dependency}`; it may depend on {may}"))
}

fn heavy(name: &str, dependency: &str, dev: bool) -> Option<String> {
    let (prefix, owners) = HEAVY.iter().find(|(prefix, _)| dependency.starts_with(prefix))?;
    let may = owners.contains(&name) || (dev && name == ASKS_ALL);
    (!may).then(|| format!("only `{}` may depend on `{prefix}`", owners.join("` and `")))
}

fn version(name: &str, dependency: &str, how: &Value) -> Option<String> {
    let inherited = how.get("workspace").and_then(Value::as_bool) == Some(true);
    let bare = how.as_table().is_some_and(|table| table.len() == 1);
    let fine = name == PINS_FEATURES || (inherited && bare);
    (!fine).then(|| {
        format!(
            "write `{dependency}.workspace = true` and nothing else; version and features stand in the root Cargo.toml"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, dependencies: &str) -> Vec<String> {
        let text = format!("[package]\nname = \"{name}\"\n{dependencies}");
        manifest("Cargo.toml", &text).unwrap().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn allowed_edges_pass() {
        let dependencies = "[dependencies]\noutport-model.workspace = true\nserde = { workspace = true }\n\
                            [dev-dependencies]\noutport-test.workspace = true\n";
        assert!(check("outport-store", dependencies).is_empty());
        assert!(check("outport-features", "[dependencies]\nmemchr = \"2\"\n").is_empty());
    }

    #[test]
    fn other_edges_are_named_with_their_line() {
        let found = check("outport-app", "[dependencies]\noutport-spec.workspace = true\n");
        assert_eq!(
            found,
            ["Cargo.toml:4: `outport-app` may not depend on `outport-spec`; it may depend on outport-model"]
        );
    }

    #[test]
    fn adapters_do_not_see_each_other_even_in_tests() {
        assert_eq!(check("outport-store", "[dev-dependencies]\noutport-engine.workspace = true\n").len(), 1);
    }

    #[test]
    fn what_is_for_tests_stays_there() {
        assert_eq!(check("outport", "[dependencies]\noutport-test.workspace = true\n").len(), 1);
        assert!(check("outport", "[dev-dependencies]\noutport-test.workspace = true\n").is_empty());
    }

    #[test]
    fn heavy_crates_have_one_owner() {
        assert!(check("outport-engine", "[dependencies]\ndatafusion.workspace = true\n").is_empty());
        assert_eq!(check("outport", "[dependencies]\ndatafusion-sql.workspace = true\n").len(), 1);
        assert!(check("outport", "[dev-dependencies]\narrow-flight.workspace = true\n").is_empty());
        assert_eq!(check("outport-http", "[dev-dependencies]\narrow-flight.workspace = true\n").len(), 1);
        assert_eq!(check("outport-engine", "[target.'cfg(unix)'.dependencies]\nsqlx.workspace = true\n").len(), 1);
    }

    #[test]
    fn versions_and_features_stand_in_the_root() {
        assert_eq!(check("outport", "[dependencies]\nserde = \"1\"\n").len(), 1);
        assert_eq!(check("outport", "[dependencies]\nserde = { workspace = true, features = [\"rc\"] }\n").len(), 1);
    }

    #[test]
    fn a_crate_without_a_layer_is_told() {
        assert_eq!(check("outport-new", "").len(), 1);
    }
}
