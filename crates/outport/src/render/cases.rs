//! Results of test cases of policies.

use std::fmt::Write;

use outport_app::{
    case::{Aspect, Decided, Difference, TriedCase, deciding},
    policy::{RowVerdict, TableVerdict},
};
use serde_json::{Value, json};

use super::{
    access::{because, named},
    count,
    junit::escape,
};

/// The results for people.
pub(crate) fn text(results: &[TriedCase]) -> String {
    let mut lines = Vec::new();
    for (file, results) in by_file(results) {
        lines.push(file.to_owned());
        lines.extend(results.into_iter().map(case));
    }
    lines.push(summary(results));
    lines.join("\n")
}

/// The results by the files of their cases, in order.
fn by_file(results: &[TriedCase]) -> Vec<(&str, Vec<&TriedCase>)> {
    let mut files: Vec<(&str, Vec<&TriedCase>)> = Vec::new();
    for result in results {
        match files.iter_mut().find(|(file, _)| *file == result.file) {
            Some((_, of_file)) => of_file.push(result),
            None => files.push((&result.file, vec![result])),
        }
    }
    files
}

fn case(result: &TriedCase) -> String {
    if result.passed {
        return format!("  ✓ {}", result.name);
    }
    let mut text = format!("  ✗ {} (line {})", result.name, result.line);
    for line in explained(result) {
        let _ = write!(text, "\n      {line}");
    }
    text
}

/// What is otherwise than expected, and why.
fn explained(result: &TriedCase) -> Vec<String> {
    let mut lines = Vec::new();
    for difference in &result.differences {
        lines.push(what(&difference.about));
        lines.push(format!("  expected: {}", difference.expected));
        lines.push(format!("  decided:  {}", difference.found));
        lines.extend(why(difference, &result.decided).into_iter().map(|reason| format!("  {reason}")));
    }
    lines
}

fn what(about: &Aspect) -> String {
    match about {
        Aspect::Access => "access".to_owned(),
        Aspect::Policies => "policies that decide".to_owned(),
        Aspect::Grace => "policies in grace".to_owned(),
        Aspect::Column(name) => format!("column `{name}`"),
        Aspect::ColumnPolicies(name) => format!("policies that decide about column `{name}`"),
        Aspect::Rows => "rows that are seen".to_owned(),
        Aspect::MinimumGroup => "fewest rows of a group".to_owned(),
    }
}

/// The reasons for what was decided, policy by policy.
fn why(difference: &Difference, decided: &Decided) -> Vec<String> {
    let access = || vec![format!("because {}", because(decided.access()))];
    let Decided::Table { verdict, .. } = decided else { return access() };
    match &difference.about {
        Aspect::Column(name) | Aspect::ColumnPolicies(name) => of_column(verdict, name),
        Aspect::Rows => verdict.rows.as_ref().map_or_else(access, of_rows),
        Aspect::Access | Aspect::Policies | Aspect::Grace | Aspect::MinimumGroup => access(),
    }
}

fn of_column(verdict: &TableVerdict, name: &str) -> Vec<String> {
    match verdict.columns.iter().find(|column| column.column == *name) {
        Some(column) => vec![format!("because {}", because(deciding(column)))],
        None => vec![format!("because the table may not be read: {}", because(&verdict.read))],
    }
}

/// The rules about rows as they are for whoever asks.
fn of_rows(rows: &RowVerdict) -> Vec<String> {
    let mut lines = Vec::new();
    lines.extend(rows.permits.iter().map(|(policy, rule)| format!("+ {rule}  ({})", named(policy))));
    lines.extend(rows.forbids.iter().map(|(policy, rule)| format!("- {rule}  ({})", named(policy))));
    if rows.permits.is_empty() {
        lines.push("no policy permits any row".to_owned());
    }
    lines
}

fn summary(results: &[TriedCase]) -> String {
    let hold = results.iter().filter(|result| result.passed).count();
    format!("{hold} of {} as expected", count(results.len(), "case"))
}

/// The results for machines.
pub(crate) fn machine(results: &[TriedCase]) -> Value {
    json!({ "passed": results.iter().all(|result| result.passed), "cases": results })
}

/// The results as `JUnit` XML: a test suite for each file.
pub(crate) fn junit(results: &[TriedCase]) -> String {
    let counts = |results: &[&TriedCase]| {
        let failures = results.iter().filter(|result| !result.passed).count();
        format!("tests=\"{}\" failures=\"{failures}\" errors=\"0\" skipped=\"0\"", results.len())
    };
    let all: Vec<&TriedCase> = results.iter().collect();
    let mut xml = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {}>\n", counts(&all));
    for (file, results) in by_file(results) {
        let _ = writeln!(xml, "  <testsuite name=\"{}\" {}>", escape(file), counts(&results));
        for result in results {
            let _ = writeln!(xml, "    {}", junit_case(result));
        }
        xml.push_str("  </testsuite>\n");
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn junit_case(result: &TriedCase) -> String {
    let (file, name) = (escape(&result.file), escape(&result.name));
    let head = format!("<testcase classname=\"{file}\" name=\"{name}\" file=\"{file}\" line=\"{}\"", result.line);
    if result.passed {
        return format!("{head}/>");
    }
    let message = escape(&result.differences.iter().map(one).collect::<Vec<_>>().join("; "));
    format!("{head}><failure message=\"{message}\">{}</failure></testcase>", escape(&explained(result).join("\n")))
}

fn one(difference: &Difference) -> String {
    format!("{}: expected {}, decided {}", what(&difference.about), difference.expected, difference.found)
}
