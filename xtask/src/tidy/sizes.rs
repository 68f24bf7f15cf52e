//! How long files may be.

use super::{Problem, tree::Tree};

/// Lines of a source file.
const LIMIT: usize = 800;

/// Source files that are longer. The list may only shrink.
const LONGER: &[&str] = &[];

/// `ARCHITECTURE.md` is read in one go.
const ARCHITECTURE_LIMIT: usize = 300;

pub(super) fn problems(tree: &Tree) -> Vec<Problem> {
    check(tree, LONGER)
}

fn check(tree: &Tree, longer: &[&str]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (path, text) in tree.texts() {
        let source = [".rs", ".py", ".sh"].iter().any(|ending| path.ends_with(ending)) || path.starts_with("scripts/");
        let limit = if path == "ARCHITECTURE.md" { ARCHITECTURE_LIMIT } else { LIMIT };
        let lines = text.lines().count();
        let excepted = longer.contains(&path);
        if lines > limit && !excepted && (source || limit == ARCHITECTURE_LIMIT) {
            problems.push(Problem::new(path, limit + 1, format!("the file has {lines} lines; the limit is {limit}")));
        }
        if lines <= limit && excepted {
            problems.push(Problem::new(path, 0, "the file is short enough; strike it from xtask/src/tidy/sizes.rs"));
        }
    }
    let gone = longer.iter().filter(|path| tree.text(path).is_none());
    problems
        .extend(gone.map(|path| Problem::new(*path, 0, "the file is gone; strike it from xtask/src/tidy/sizes.rs")));
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_and_exceptions() {
        let (long, short) = ("\n".repeat(801), "\n".repeat(800));
        let tree = Tree::of(&[("a.rs", &long), ("b.rs", &short), ("c.json", &long)]);
        assert_eq!(check(&tree, &[])[0].to_string(), "a.rs:801: the file has 801 lines; the limit is 800");
        assert_eq!(check(&tree, &[]).len(), 1);
        assert_eq!(check(&tree, &["a.rs"]).len(), 0);
        assert_eq!(check(&tree, &["a.rs", "b.rs", "gone.rs"]).len(), 2);
    }

    #[test]
    fn the_map_is_shorter() {
        assert_eq!(check(&Tree::of(&[("ARCHITECTURE.md", &"\n".repeat(301))]), &[]).len(), 1);
    }
}
