//! Every code of a diagnostic has a page, and every page a code.

use std::collections::BTreeMap;

use super::{Problem, tree::Tree};

const PAGES: &str = "docs/errors/";

pub(super) fn problems(tree: &Tree) -> Vec<Problem> {
    let used = used(tree);
    let pages = tree.texts().filter_map(|(path, _)| path.strip_prefix(PAGES)?.strip_suffix(".md"));
    let pages: Vec<&str> = pages.filter(|page| is_code(page)).collect();
    let without_page = used
        .iter()
        .filter(|(code, _)| !pages.contains(code))
        .map(|(code, (path, line))| Problem::new(*path, *line, format!("code `{code}` has no page {PAGES}{code}.md")));
    let without_code = pages.iter().filter(|page| !used.contains_key(*page));
    without_page
        .chain(without_code.map(|page| Problem::new(format!("{PAGES}{page}.md"), 0, "nothing has this code")))
        .collect()
}

/// Each code that the crates define, with the place.
fn used(tree: &Tree) -> BTreeMap<&str, (&str, usize)> {
    let is_source = |path: &str| path.starts_with("crates/") && path.contains("/src/");
    let mut codes = BTreeMap::new();
    for (path, text) in tree.texts().filter(|(path, _)| is_source(path)) {
        for (index, line) in text.lines().enumerate() {
            for code in defined(line) {
                codes.entry(code).or_insert((path, index + 1));
            }
        }
    }
    codes
}

/// The codes that a line defines: `= "OP0001"` in the list of codes, or `Code::new("OP0001")`.
fn defined(line: &str) -> impl Iterator<Item = &str> {
    let openings = ["= \"", "Code::new(\""];
    openings.into_iter().flat_map(|opening| line.split(opening).skip(1)).filter_map(|rest| {
        let code = rest.split('"').next()?;
        is_code(code).then_some(code)
    })
}

fn is_code(text: &str) -> bool {
    text.strip_prefix("OP").is_some_and(|digits| digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_pages_match() {
        let tree = Tree::of(&[
            ("crates/a/src/codes.rs", "    A = \"OP0001\", \"title\",\n    B = \"OP0002\", \"title\",\n"),
            ("crates/b/src/lib.rs", "const C: Code = Code::new(\"OP0401\");"),
            ("crates/b/tests/it/main.rs", "Code::new(\"OP9999\")"),
            ("docs/errors/OP0001.md", ""),
            ("docs/errors/OP0003.md", ""),
            ("docs/errors/README.md", ""),
        ]);
        let found: Vec<_> = problems(&tree).iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            [
                "crates/a/src/codes.rs:2: code `OP0002` has no page docs/errors/OP0002.md",
                "crates/b/src/lib.rs:1: code `OP0401` has no page docs/errors/OP0401.md",
                "docs/errors/OP0003.md: nothing has this code",
            ]
        );
    }
}
