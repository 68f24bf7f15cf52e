//! Figures as text of `OpenMetrics`.

use std::{
    collections::BTreeMap,
    fmt::{self, Write},
};

use chrono::TimeDelta;
use outport_model::name::ProductName;

use super::measure::{CLASSES, Figures, Key};

/// The media type.
pub(super) const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Everything that is measured. `ages` has how long ago the current release of each product was published.
pub(super) fn write(figures: &BTreeMap<Key, Figures>, ages: &BTreeMap<ProductName, TimeDelta>) -> String {
    let mut out = String::new();
    // Writing to memory does not fail.
    let _ = write_all(&mut out, figures, ages);
    out
}

fn write_all(
    out: &mut String,
    figures: &BTreeMap<Key, Figures>,
    ages: &BTreeMap<ProductName, TimeDelta>,
) -> fmt::Result {
    family(out, "outport_requests", "counter", None, "Requests by how they ended.")?;
    for (key, figures) in figures {
        for (result, count) in &figures.requests {
            writeln!(out, "outport_requests_total{{{},result=\"{result}\"}} {count}", labels(key))?;
        }
    }
    family(out, "outport_rows", "counter", None, "Rows that left.")?;
    for (key, figures) in figures {
        writeln!(out, "outport_rows_total{{{}}} {}", labels(key), figures.rows)?;
    }
    family(out, "outport_bytes", "counter", Some("bytes"), "Bytes that left, as Arrow counts them.")?;
    for (key, figures) in figures {
        writeln!(out, "outport_bytes_total{{{}}} {}", labels(key), figures.bytes)?;
    }
    family(out, "outport_request_seconds", "histogram", Some("seconds"), "From the request to its last row.")?;
    for (key, figures) in figures {
        histogram(out, &labels(key), figures)?;
    }
    let about = "Seconds since the current release was published.";
    family(out, "outport_release_age_seconds", "gauge", Some("seconds"), about)?;
    for (product, age) in ages {
        writeln!(out, "outport_release_age_seconds{{product=\"{product}\"}} {}", age.num_seconds())?;
    }
    out.write_str("# EOF\n")
}

fn family(out: &mut String, name: &str, kind: &str, unit: Option<&str>, about: &str) -> fmt::Result {
    writeln!(out, "# TYPE {name} {kind}")?;
    if let Some(unit) = unit {
        writeln!(out, "# UNIT {name} {unit}")?;
    }
    writeln!(out, "# HELP {name} {about}")
}

/// Names have no character that a label escapes.
fn labels(key: &Key) -> String {
    let door = key.door.as_str();
    match &key.read {
        Some((product, Some(port))) => format!("product=\"{product}\",port=\"{port}\",door=\"{door}\""),
        Some((product, None)) => format!("product=\"{product}\",door=\"{door}\""),
        None => format!("door=\"{door}\""),
    }
}

fn histogram(out: &mut String, labels: &str, figures: &Figures) -> fmt::Result {
    let mut below = 0;
    for (end, count) in CLASSES.iter().zip(figures.classes) {
        below += count;
        writeln!(out, "outport_request_seconds_bucket{{{labels},le=\"{}\"}} {below}", Seconds(*end))?;
    }
    let all: u64 = figures.classes.iter().sum();
    writeln!(out, "outport_request_seconds_bucket{{{labels},le=\"+Inf\"}} {all}")?;
    writeln!(out, "outport_request_seconds_sum{{{labels}}} {}", Seconds(figures.microseconds))?;
    writeln!(out, "outport_request_seconds_count{{{labels}}} {all}")
}

/// Microseconds, written in seconds without losing any.
struct Seconds(u64);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, rest) = (self.0 / 1_000_000, self.0 % 1_000_000);
        let fraction = format!("{rest:06}");
        match fraction.trim_end_matches('0') {
            "" => write!(f, "{seconds}.0"),
            fraction => write!(f, "{seconds}.{fraction}"),
        }
    }
}
