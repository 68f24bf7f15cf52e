//! What must hold in this repository and no compiler checks.
//!
//! Each module takes texts and gives [`Problem`]s; only [`tree`] and [`features`] touch the outside.

mod codes;
mod documents;
mod features;
mod layers;
mod lock;
mod sizes;
mod tree;
mod words;

use std::{fmt, path::Path};

use anyhow::Result;
use tree::Tree;

/// Something that is not tidy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// Path from the root.
    file: String,
    /// From 1; 0 where the file as a whole is meant.
    line: usize,
    /// What is wrong, and the way out.
    message: String,
}

impl Problem {
    fn new(file: impl Into<String>, line: usize, message: impl Into<String>) -> Self {
        Self { file: file.into(), line, message: message.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.message),
            line => write!(f, "{}:{line}: {}", self.file, self.message),
        }
    }
}

/// Everything that is not tidy, in the order of the files.
pub(crate) fn problems(root: &Path) -> Result<Vec<Problem>> {
    let tree = Tree::read(root)?;
    let mut problems = layers::problems(&tree)?;
    problems.extend(lock::problems(&tree)?);
    problems.extend(sizes::problems(&tree));
    problems.extend(documents::problems(&tree));
    problems.extend(codes::problems(&tree));
    problems.extend(words::problems(&tree));
    problems.extend(features::problems(root)?);
    problems.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    Ok(problems)
}

/// The number of the first line for which the condition holds, or 0.
fn line_where(text: &str, condition: impl Fn(&str) -> bool) -> usize {
    text.lines().position(condition).map_or(0, |index| index + 1)
}
