//! Problems of policies as diagnostics.

use outport_app::policy::PolicyText;
use outport_model::diagnostic::{Code, Diagnostic, Severity};

use crate::{rule::Rule, statement};

/// What Cedar found in a file.
pub(crate) fn of_cedar(
    code: Code,
    severity: Severity,
    file: &PolicyText,
    found: &dyn miette::Diagnostic,
) -> Diagnostic {
    let mut diagnostic = Diagnostic::error(code, &file.file, said(&found.to_string()));
    diagnostic.severity = severity;
    if let Some(label) = found.labels().and_then(|mut labels| labels.next()) {
        let place = statement::place(&file.text, label.offset(), label.offset() + label.len());
        diagnostic.span = Some(place);
        diagnostic.label = label.label().map(str::to_owned);
    }
    diagnostic.help = found.help().map(|help| said(&help.to_string()));
    diagnostic
}

/// What Cedar says, without the name that it was given for the policy, which means nothing to whoever wrote it.
fn said(text: &str) -> String {
    let named = text.strip_prefix("for policy `").and_then(|rest| rest.split_once("`, "));
    named.map_or(text, |(_, rest)| rest).trim_end_matches('.').to_owned()
}

/// A problem of one policy.
pub(crate) fn of_rule(code: Code, severity: Severity, rule: &Rule, message: impl Into<String>) -> Diagnostic {
    let mut diagnostic = Diagnostic::error(code, &rule.file, message).at(rule.place);
    diagnostic.severity = severity;
    diagnostic
}
