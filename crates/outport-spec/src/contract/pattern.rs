//! Regular expressions that a contract asks values to match.

use outport_model::diagnostic::Diagnostic;

use crate::{codes, node::Node};

/// The pattern, if it can be used.
pub(super) fn checked(pattern: &Node<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<String> {
    let text = pattern.as_text()?;
    let Err(error) = regex::Regex::new(text) else { return Some(text.to_owned()) };
    diagnostics.push(
        pattern
            .error(codes::PATTERN, format!("`{text}` is not a regular expression that can be used"))
            .label(reason(&error))
            .help(advice(text)),
    );
    None
}

/// The last line of the parser's message says what is wrong; those before show where.
fn reason(error: &regex::Error) -> String {
    let message = error.to_string();
    let last = message.lines().last().unwrap_or_default();
    last.trim_start_matches("error: ").to_owned()
}

fn advice(text: &str) -> &'static str {
    if ["(?=", "(?!", "(?<=", "(?<!"].iter().any(|look| text.contains(look)) {
        "look-around cannot be used: write a rule of type `sql`, or two patterns in two rules"
    } else {
        "see the syntax of ECMA-262; in YAML, patterns are best put in single quotes"
    }
}
