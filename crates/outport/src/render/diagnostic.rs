//! Diagnostics: an underlined excerpt for people, a flat object for machines.

use std::fmt;

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource};
use outport_model::diagnostic::{Diagnostic, Severity};
use outport_spec::bundle::SourceTexts;
use serde_json::{Value, json};

use crate::terminal::{Terminal, error_line};

/// Shows diagnostics on standard error.
pub(crate) fn show(diagnostics: &[Diagnostic], sources: &SourceTexts) {
    for diagnostic in diagnostics {
        error_line(&text(diagnostic, sources, Terminal::colours()));
    }
}

/// One diagnostic for people.
pub(crate) fn text(diagnostic: &Diagnostic, sources: &SourceTexts, colours: bool) -> String {
    let theme = if colours { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(100).with_links(false);
    let shown = Shown { diagnostic, source: source(diagnostic, sources) };
    let mut text = String::new();
    match handler.render_report(&mut text, &shown) {
        Ok(()) => text,
        Err(_) => format!("{}: {}", diagnostic.severity, diagnostic.message),
    }
}

/// One diagnostic for machines.
pub(crate) fn machine(diagnostic: &Diagnostic) -> Value {
    json!({
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        "file": diagnostic.file,
        "line": diagnostic.span.map(|s| s.line),
        "column": diagnostic.span.map(|s| s.column),
        "pointer": diagnostic.pointer,
        "help": diagnostic.help,
    })
}

fn source(diagnostic: &Diagnostic, sources: &SourceTexts) -> Option<NamedSource<String>> {
    let span = diagnostic.span?;
    let text = sources.get(&diagnostic.file)?;
    (span.end <= text.len()).then(|| NamedSource::new(&diagnostic.file, text.to_owned()))
}

#[derive(Debug)]
struct Shown<'a> {
    diagnostic: &'a Diagnostic,
    source: Option<NamedSource<String>>,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.diagnostic.message)?;
        match (&self.source, self.diagnostic.span) {
            (None, Some(span)) => write!(f, " ({}:{}:{})", self.diagnostic.file, span.line, span.column),
            (None, None) if !self.diagnostic.message.contains(&self.diagnostic.file) => {
                write!(f, " ({})", self.diagnostic.file)
            }
            _ => Ok(()),
        }
    }
}

impl std::error::Error for Shown<'_> {}

impl miette::Diagnostic for Shown<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(format!("{}[{}]", self.diagnostic.severity, self.diagnostic.code)))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.diagnostic.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.diagnostic.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display + 'a>)
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        self.source.as_ref().map(|source| source as &dyn miette::SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.source.as_ref()?;
        let span = self.diagnostic.span?;
        let label = self.diagnostic.label.clone();
        Some(Box::new(std::iter::once(LabeledSpan::new(label, span.start, span.end.saturating_sub(span.start)))))
    }
}
