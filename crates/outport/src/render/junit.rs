//! Results of checks as `JUnit` XML, which continuous integration reads.

use std::fmt::Write;

use outport_model::{
    check::{CheckResult, Outcome},
    contract::Contract,
};

use super::checks;

/// One test suite for the contract, one test case for each check.
pub(crate) fn text(contract: &Contract, results: &[CheckResult]) -> String {
    let number = |outcomes: &[Outcome]| results.iter().filter(|r| outcomes.contains(&r.outcome)).count();
    let counts = format!(
        "tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\"",
        results.len(),
        number(&[Outcome::Fail]),
        number(&[Outcome::Error]),
        number(&[Outcome::Skip])
    );
    let name = escape(&format!("{} {}", contract.id, contract.version));
    let mut xml = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {counts}>\n");
    let _ = writeln!(xml, "  <testsuite name=\"{name}\" {counts}>");
    for result in results {
        let _ = writeln!(xml, "    {}", case(result));
    }
    xml.push_str("  </testsuite>\n</testsuites>\n");
    xml
}

fn case(result: &CheckResult) -> String {
    let head = format!("<testcase classname=\"{}\" name=\"{}\"", escape(&result.check.table), escape(&result.check.id));
    let message = escape(&checks::line(result));
    let inner = match result.outcome {
        Outcome::Pass => return format!("{head}/>"),
        Outcome::Fail => {
            let query = escape(result.sample_query.as_deref().unwrap_or_default());
            format!("<failure message=\"{message}\">{query}</failure>")
        }
        Outcome::Error => format!("<error message=\"{message}\"/>"),
        Outcome::Skip => format!("<skipped message=\"{message}\"/>"),
        Outcome::Warn => format!("<system-out>{message}</system-out>"),
    };
    format!("{head}>{inner}</testcase>")
}

/// XML 1.0 allows no other control characters than tab, line feed and carriage return.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            c if c.is_control() && !matches!(c, '\t' | '\r') => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn text_cannot_leave_its_place() {
        assert_eq!(escape("a<\"b\">&\u{1}\n"), "a&lt;&quot;b&quot;&gt;&amp;\u{fffd}&#10;");
    }
}
