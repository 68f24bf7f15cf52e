//! Words that do not belong into the repository: what is unfinished, and what is true of one machine only.

use super::{Problem, tree::Tree};

/// Texts that come from elsewhere as they are, or are made by a tool.
const NOT_OURS: &[&str] = &["Cargo.lock", "LICENSE", "crates/outport-spec/src/schemas/"];

/// Each is put together here, so that this file does not hold it.
const UNFINISHED: &[&str] = &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("#[ign", "ore")];
const MACHINE: &[&str] = &[concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/")];
const HOSTS: &[&str] = &[
    concat!("index.crates", ".io"),
    concat!("static.crates", ".io"),
    concat!("pypi", ".org"),
    concat!("pythonhosted", ".org"),
    concat!("registry.npmjs", ".org"),
    concat!("deb.debian", ".org"),
    concat!("replace", "-with"),
    concat!("--index", "-url"),
];

pub(super) fn problems(tree: &Tree) -> Vec<Problem> {
    let ours = |path: &str| !NOT_OURS.iter().any(|other| path.starts_with(other));
    let lines = tree
        .texts()
        .filter(|(path, _)| ours(path))
        .flat_map(|(path, text)| text.lines().enumerate().map(move |(index, line)| (path, index + 1, line)));
    lines.filter_map(|(path, number, line)| Some(Problem::new(path, number, check(line)?))).collect()
}

fn check(line: &str) -> Option<String> {
    if let Some(word) = UNFINISHED.iter().find(|word| stands_alone(line, word)) {
        return Some(format!("`{word}`: finish it, or write down what is missing in docs/roadmap.md"));
    }
    if let Some(path) = MACHINE.iter().find(|path| begins_a_path(line, path)) {
        return Some(format!("`{path}` is a path of one machine"));
    }
    let host = HOSTS.iter().find(|host| line.contains(*host))?;
    Some(format!("`{host}`: where packages come from is a setting of the machine"))
}

/// Whether the word is there and not a part of a longer one.
fn stands_alone(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        let apart = |c: Option<char>| !c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        apart(before) && apart(after)
    })
}

/// Whether an absolute path begins like this, in contrast to a part of a relative one or of an address.
fn begins_a_path(line: &str, path: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || ['.', '-', '_', '}', ']', '~', '*', '>'].contains(&c);
    line.match_indices(path).any(|(at, _)| !line[..at].chars().next_back().is_some_and(inside))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unfinished_words() {
        assert!(check(concat!("// TO", "DO: later")).is_some());
        assert!(check(concat!("MAS", "TO", "DON")).is_none());
        assert!(check(concat!("#[ign", "ore]")).is_some());
    }

    #[test]
    fn paths_of_one_machine() {
        assert!(check(concat!("see `/ro", "ot/x`")).is_some());
        assert!(check(concat!("/ho", "me/x")).is_some());
        assert!(check(concat!("https://example.com/ho", "me/x")).is_none());
        assert!(check(concat!("$HOME/wo", "rk/x")).is_none());
    }

    #[test]
    fn hosts_of_registries() {
        assert!(check(concat!("https://pypi", ".org/simple")).is_some());
        assert!(check("https://docs.rs/arrow").is_none());
    }

    #[test]
    fn what_is_not_ours_is_left_alone() {
        assert!(problems(&Tree::of(&[("LICENSE", concat!("TO", "DO"))])).is_empty());
        assert_eq!(problems(&Tree::of(&[("a.md", concat!("x\nTO", "DO"))]))[0].line, 2);
    }
}
