//! Names as GraphQL has them: letters, digits and `_`, and no `__` at the beginning.

use std::collections::BTreeSet;

/// Gives each thing a name of its own.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeSet<String>);

impl Names {
    /// The name as it is, or the nearest one that is not taken.
    pub(super) fn give(&mut self, name: &str) -> String {
        let plain = plain(name);
        let line = if plain.ends_with('_') { "" } else { "_" };
        let numbered = (2_u32..).map(|number| format!("{plain}{line}{number}"));
        let free = std::iter::once(plain.clone()).chain(numbered).find(|name| !self.0.contains(name));
        // The numbers do not come to an end before a name is free.
        let name = free.unwrap_or(plain);
        self.0.insert(name.clone());
        name
    }

    /// Whether a name is taken.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains(&plain(name))
    }
}

/// A name made of another text.
pub(crate) fn plain(name: &str) -> String {
    let mut plain: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if plain.starts_with("__") {
        plain = format!("_{}", plain.trim_start_matches('_'));
    }
    if plain.is_empty() || plain.starts_with(|c: char| c.is_ascii_digit()) {
        plain.insert(0, '_');
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_one_and_is_given_once() {
        let mut names = Names::default();
        let given: Vec<String> =
            ["a", "a", "a-b", "a b", "2x", "__type", "", "ä"].iter().map(|name| names.give(name)).collect();
        assert_eq!(given, ["a", "a_2", "a_b", "a_b_2", "_2x", "_type", "_", "_2"]);
    }
}
