//! Conditions on rows, and the SQL that they are.

use outport_app::engine::{Argument, Arguments};
use outport_model::access::Comparison;

/// A condition on a row. As in SQL, a comparison with a missing value does not hold.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Predicate {
    /// A column against a value.
    Compare(String, Comparison, Argument),
    /// A column has one of the values.
    AnyOf(String, Vec<Argument>),
    /// A column has the form of a pattern, in the notation of `LIKE` with `\` before what is meant as it is.
    Like {
        /// The column.
        column: String,
        /// The pattern.
        pattern: String,
        /// Whether upper and lower case are the same.
        fold: bool,
    },
    /// A column has no value.
    Missing(String),
    /// A column has a value.
    Present(String),
    /// Every one of them; always, where there are none.
    All(Vec<Predicate>),
    /// One of them; never, where there are none.
    Any(Vec<Predicate>),
}

/// SQL in the making: names are quoted, values are parameters.
#[derive(Debug, Default)]
pub(crate) struct Sql {
    text: String,
    arguments: Vec<Argument>,
}

impl Sql {
    /// Adds words of SQL, never anything that a caller wrote.
    pub(crate) fn words(&mut self, words: &str) -> &mut Self {
        self.text.push_str(words);
        self
    }

    /// Adds a name.
    pub(crate) fn name(&mut self, name: &str) -> &mut Self {
        self.text.push('"');
        self.text.push_str(&name.replace('"', "\"\""));
        self.text.push('"');
        self
    }

    /// Adds names, with commas.
    pub(crate) fn names<'a>(&mut self, names: impl IntoIterator<Item = &'a str>) -> &mut Self {
        for (index, name) in names.into_iter().enumerate() {
            self.words(if index == 0 { "" } else { ", " }).name(name);
        }
        self
    }

    /// Adds a number.
    pub(crate) fn number(&mut self, number: usize) -> &mut Self {
        self.text.push_str(&number.to_string());
        self
    }

    /// Adds a condition.
    pub(crate) fn condition(&mut self, predicate: &Predicate) -> &mut Self {
        match predicate {
            Predicate::Compare(column, comparison, value) => {
                self.name(column).words(symbol(*comparison)).argument(value)
            }
            Predicate::AnyOf(_, values) if values.is_empty() => self.words("FALSE"),
            Predicate::AnyOf(column, values) => {
                self.name(column).words(" IN (");
                for (index, value) in values.iter().enumerate() {
                    self.words(if index == 0 { "" } else { ", " }).argument(value);
                }
                self.words(")")
            }
            Predicate::Like { column, pattern, fold } => {
                let pattern = Argument::Text(pattern.clone());
                self.name(column).words(if *fold { " ILIKE " } else { " LIKE " }).argument(&pattern)
            }
            Predicate::Missing(column) => self.name(column).words(" IS NULL"),
            Predicate::Present(column) => self.name(column).words(" IS NOT NULL"),
            Predicate::All(parts) => self.joined(parts, " AND ", "TRUE"),
            Predicate::Any(parts) => self.joined(parts, " OR ", "FALSE"),
        }
    }

    fn joined(&mut self, parts: &[Predicate], between: &str, none: &str) -> &mut Self {
        match parts {
            [] => self.words(none),
            [only] => self.condition(only),
            parts => {
                self.words("(");
                for (index, part) in parts.iter().enumerate() {
                    self.words(if index == 0 { "" } else { between }).condition(part);
                }
                self.words(")")
            }
        }
    }

    fn argument(&mut self, value: &Argument) -> &mut Self {
        self.arguments.push(value.clone());
        let number = self.arguments.len();
        self.words("$").number(number)
    }

    /// The text and the values.
    pub(crate) fn finish(self) -> (String, Arguments) {
        (self.text, Arguments::Positional(self.arguments))
    }
}

fn symbol(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => " = ",
        Comparison::NotEqual => " <> ",
        Comparison::Less => " < ",
        Comparison::LessOrEqual => " <= ",
        Comparison::Greater => " > ",
        Comparison::GreaterOrEqual => " >= ",
    }
}
