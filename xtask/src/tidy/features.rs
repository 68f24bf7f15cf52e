//! Whether every build compiles the shared dependencies with the same features.
//!
//! Cargo chooses features for the packages that are built together. Where the engine alone gets other features than the
//! workspace, DataFusion is compiled once more, which takes a quarter of an hour. Compared are the crates that end up in
//! the binary, on the platform that `cargo xtask` runs on. Build scripts and procedural macros are left out: they may
//! occur with several sets of features at once, so that their lists say nothing.

use std::{collections::BTreeMap, path::Path, process::Command};

use anyhow::{Context as _, Result, ensure};

use super::Problem;

const MANIFEST: &str = "crates/outport-features/Cargo.toml";

pub(super) fn problems(root: &Path) -> Result<Vec<Problem>> {
    let alone = features(root, &["-p", "outport-engine"])?;
    let together = features(root, &["--workspace"])?;
    Ok(compare(&alone, &together))
}

/// Each package, as `name version`, with its features.
type Features = BTreeMap<String, Vec<String>>;

fn features(root: &Path, selection: &[&str]) -> Result<Features> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .arg("tree")
        .args(selection)
        .args(["--locked", "--edges", "normal,no-proc-macro", "--prefix", "none", "--format", "{p}|{f}"])
        .current_dir(root)
        .output()
        .context("`cargo tree` cannot be run")?;
    ensure!(output.status.success(), "`cargo tree` failed: {}", String::from_utf8_lossy(&output.stderr));
    Ok(parse(&String::from_utf8(output.stdout)?))
}

fn parse(list: &str) -> Features {
    // What was listed before is marked `(*)`.
    let lines = list.lines().filter_map(|line| line.trim_end_matches(" (*)").split_once('|'));
    lines
        .map(|(package, features)| {
            // Behind name and version stands the folder of a member.
            let name: Vec<&str> = package.split_whitespace().take(2).collect();
            let features = features.split(',').filter(|feature| !feature.is_empty()).map(str::to_owned).collect();
            (name.join(" "), features)
        })
        .collect()
}

fn compare(alone: &Features, together: &Features) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (package, features) in alone {
        let all = together.get(package).map_or(&[][..], Vec::as_slice);
        let missing: Vec<&str> = all.iter().filter(|f| !features.contains(f)).map(String::as_str).collect();
        if !missing.is_empty() {
            let message = format!(
                "`{package}` lacks the features {} where the engine is built alone; name them here",
                missing.join(", ")
            );
            problems.push(Problem::new(MANIFEST, 0, message));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_that_only_the_workspace_has() {
        let alone = parse("serde v1.0.0|derive,std\noutport-engine v0.1.0 (folder)|\n");
        let together = parse("serde v1.0.0|derive,rc,std\nclap v4.0.0|std\noutport-engine v0.1.0 (folder)|\n");
        let found: Vec<_> = compare(&alone, &together).iter().map(ToString::to_string).collect();
        let manifest = "crates/outport-features/Cargo.toml";
        assert_eq!(
            found,
            [format!(
                "{manifest}: `serde v1.0.0` lacks the features rc where the engine is built alone; name them here"
            )]
        );
        assert!(compare(&together, &together).is_empty());
    }
}
