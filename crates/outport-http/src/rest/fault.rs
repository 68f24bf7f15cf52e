//! What is wrong with an address.

use outport_app::{engine::EngineError, gate::GateError};

/// What is wrong with an address, and the way out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Fault {
    message: String,
    help: Option<String>,
}

impl Fault {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None }
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl From<Fault> for GateError {
    fn from(fault: Fault) -> Self {
        Self::Engine(EngineError::Query { reason: fault.message, position: None, help: fault.help })
    }
}

/// The name that is meant, where one is near enough.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = name.to_lowercase();
    let near = known.into_iter().map(|other| (distance(&wanted, &other.to_lowercase()), other));
    near.filter(|(distance, other)| *distance <= 1 + other.chars().count() / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, other)| other)
}

/// How many characters must be put in, taken out or exchanged to make one text of the other.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (index, from) in left.chars().enumerate() {
        let mut diagonal = index;
        let mut before = index + 1;
        for (place, to) in right.iter().zip(row.iter_mut().skip(1)) {
            let exchanged = diagonal + usize::from(from != *place);
            diagonal = *to;
            before = exchanged.min(diagonal + 1).min(before + 1);
            *to = before;
        }
        row[0] = index + 1;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_single_changes() {
        for (left, right, expect) in [
            ("", "", 0),
            ("a", "", 1),
            ("", "ab", 2),
            ("kitten", "sitting", 3),
            ("nation", "nations", 1),
            ("ab", "ba", 2),
        ] {
            assert_eq!(distance(left, right), expect, "{left} {right}");
        }
    }

    #[test]
    fn only_a_near_name_is_meant() {
        assert_eq!(nearest("Nations", ["region", "nation"]), Some("nation"));
        assert_eq!(nearest("colour", ["region", "nation"]), None);
    }
}
