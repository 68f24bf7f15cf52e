//! The map names every crate, every crate opens with a map, and links lead somewhere.

use super::{Problem, line_where, tree::Tree};

pub(super) fn problems(tree: &Tree) -> Vec<Problem> {
    let mut problems = maps(tree);
    for (path, text) in tree.texts().filter(|(path, _)| is_markdown(path)) {
        problems.extend(links(tree, path, text));
    }
    problems
}

fn maps(tree: &Tree) -> Vec<Problem> {
    let map = tree.text("ARCHITECTURE.md").unwrap_or_default();
    let mut problems = Vec::new();
    for name in tree.crates() {
        if !map.contains(&format!("`{name}`")) {
            problems.push(Problem::new("ARCHITECTURE.md", 0, format!("crate `{name}` is not on the map")));
        }
        let front = format!("crates/{name}/src/lib.rs");
        if !tree.text(&front).is_some_and(|text| text.starts_with("//!")) {
            let message =
                "the file must begin with `//!`: what the crate is for, what it may depend on, where to start";
            problems.push(Problem::new(front, 1, message));
        }
    }
    problems
}

/// Links to files that are not there. Links to other sites are not followed.
fn links(tree: &Tree, path: &str, text: &str) -> Vec<Problem> {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut problems = Vec::new();
    let mut fenced = false;
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        for target in targets(line) {
            let (file, anchor) = target.split_once('#').map_or((target, None), |(file, anchor)| (file, Some(anchor)));
            let Some(found) = (if file.is_empty() { Some(path.to_owned()) } else { resolve(folder, file) }) else {
                problems.push(Problem::new(path, index + 1, format!("`{target}` leads out of the repository")));
                continue;
            };
            if !tree.has(&found) {
                problems.push(Problem::new(path, index + 1, format!("`{target}` leads to no file")));
            } else if let (Some(anchor), Some(text)) = (anchor, tree.text(&found).filter(|_| is_markdown(&found)))
                && line_where(text, |line| line.starts_with('#') && slug(line) == anchor) == 0
            {
                problems.push(Problem::new(path, index + 1, format!("`{target}` leads to no heading")));
            }
        }
    }
    problems
}

/// The targets of the links in a line, those of other sites left out. Code is skipped.
fn targets(line: &str) -> Vec<&str> {
    let outside_code = line.split('`').step_by(2);
    let links = outside_code.flat_map(|text| text.split("](").skip(1)).filter_map(|rest| rest.split(')').next());
    // A link text may be code, which the split has cut off: `](` then begins a piece, and is found all the same.
    let targets = links.map(|target| target.trim().trim_matches(['<', '>']));
    targets
        .map(|target| target.split_once(' ').map_or(target, |(target, _)| target))
        .filter(|target| !target.contains("://") && !target.starts_with("mailto:"))
        .collect()
}

/// A relative path from the root, or `None` where it leads out of it.
fn resolve(folder: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

fn is_markdown(path: &str) -> bool {
    path.rsplit('.').next() == Some("md")
}

/// A heading as the anchor that links name.
fn slug(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text.chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Vec<String> {
        let files = [("docs/a.md", text), ("docs/b.md", "# One\n\n## Two `words`, here\n"), ("README.md", "")];
        links(&Tree::of(&files), "docs/a.md", text).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn links_that_lead_somewhere() {
        assert!(check("[b](b.md) [up](../README.md) [folder](../docs) [x](https://example.com/x.md)").is_empty());
        assert!(check("# Here\n[`b`](b.md#two-words-here) [here](#here)").is_empty());
    }

    #[test]
    fn links_that_do_not() {
        assert_eq!(check("\n[b](c.md)"), ["docs/a.md:2: `c.md` leads to no file"]);
        assert_eq!(check("[`code`](c.md)"), ["docs/a.md:1: `c.md` leads to no file"]);
        assert_eq!(check("[b](../../x)"), ["docs/a.md:1: `../../x` leads out of the repository"]);
        assert_eq!(check("[b](b.md#three)"), ["docs/a.md:1: `b.md#three` leads to no heading"]);
    }

    #[test]
    fn code_is_not_a_link() {
        assert!(check("`[b](c.md)`\n```\n[b](c.md)\n```\n").is_empty());
    }

    #[test]
    fn crates_are_on_the_map_and_open_with_one() {
        let good = [
            ("ARCHITECTURE.md", "`outport-a`"),
            ("crates/outport-a/Cargo.toml", ""),
            ("crates/outport-a/src/lib.rs", "//! A."),
        ];
        assert!(maps(&Tree::of(&good)).is_empty());
        let bad = [
            ("ARCHITECTURE.md", "outport-a"),
            ("crates/outport-a/Cargo.toml", ""),
            ("crates/outport-a/src/lib.rs", "mod a;"),
        ];
        assert_eq!(maps(&Tree::of(&bad)).len(), 2);
    }
}
