//! The names and parameters that an SQL text mentions, without understanding it.

use std::collections::BTreeSet;

/// What a text mentions.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Mentions {
    /// Names, in lower case with `-` as `_`.
    pub(crate) names: BTreeSet<String>,
    /// What follows `input.`, likewise.
    pub(crate) inputs: BTreeSet<String>,
    /// What follows `$`.
    pub(crate) parameters: BTreeSet<String>,
}

/// A name as it counts for comparison: case and the difference between `-` and `_` do not.
pub(crate) fn folded(name: &str) -> String {
    name.to_lowercase().replace('-', "_")
}

/// Reads a text; comments and texts in single quotes mention nothing.
pub(crate) fn mentions(sql: &str) -> Mentions {
    let mut found = Mentions::default();
    let mut last_word = None;
    let mut after_input = false;
    for token in (Tokens { rest: sql }) {
        match token {
            Token::Word(word) => {
                let word = folded(&word);
                if after_input {
                    found.inputs.insert(word.clone());
                }
                found.names.insert(word.clone());
                (last_word, after_input) = (Some(word), false);
            }
            Token::Parameter(name) => {
                found.parameters.insert(name);
                (last_word, after_input) = (None, false);
            }
            Token::Dot => (last_word, after_input) = (None, last_word.as_deref() == Some("input")),
            Token::Other => (last_word, after_input) = (None, false),
        }
    }
    found
}

enum Token {
    Word(String),
    Parameter(String),
    Dot,
    Other,
}

struct Tokens<'a> {
    rest: &'a str,
}

impl Tokens<'_> {
    fn take(&mut self, length: usize) -> &str {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken
    }

    fn take_while(&mut self, keep: impl Fn(char) -> bool) -> String {
        let length = self.rest.find(|c| !keep(c)).unwrap_or(self.rest.len());
        self.take(length).to_owned()
    }

    /// What stands between the opening characters and `end`.
    fn take_until(&mut self, opening: usize, end: &str) -> String {
        self.take(opening);
        let inside = self.rest.find(end).unwrap_or(self.rest.len());
        let text = self.take(inside).to_owned();
        self.take(end.len().min(self.rest.len()));
        text
    }

    fn skip_blank(&mut self) {
        loop {
            self.rest = self.rest.trim_start();
            if self.rest.starts_with("--") {
                self.take_until(2, "\n");
            } else if self.rest.starts_with("/*") {
                self.take_until(2, "*/");
            } else {
                return;
            }
        }
    }
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let in_word = |c: char| c.is_alphanumeric() || c == '_';
        self.skip_blank();
        let first = self.rest.chars().next()?;
        Some(match first {
            '\'' => {
                self.take_until(1, "'");
                Token::Other
            }
            '"' => Token::Word(self.take_until(1, "\"")),
            '.' => {
                self.take(1);
                Token::Dot
            }
            '$' => {
                self.take(1);
                Token::Parameter(self.take_while(in_word))
            }
            _ if in_word(first) => Token::Word(self.take_while(in_word)),
            _ => {
                self.take(first.len_utf8());
                Token::Other
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn names_inputs_and_parameters_are_found() {
        let found =
            mentions("SELECT a FROM input.\"On-Time\" o JOIN Daily /* x */ ON o.b > $least -- $no y\n AND c = '$z w'");
        assert_eq!(found.inputs, set(&["on_time"]));
        assert_eq!(found.parameters, set(&["least"]));
        assert!(found.names.contains("daily"));
        assert!(!["x", "y", "w"].iter().any(|name| found.names.contains(*name)));
    }

    #[test]
    fn unfinished_texts_end() {
        for sql in ["SELECT 'a", "SELECT \"a", "SELECT /* a", "$", "input.", "--"] {
            mentions(sql);
        }
    }
}
