//! Quality rules: library metrics, SQL, text and rules for other engines.

use outport_model::{
    check::{Check, CheckKind, CheckSeverity, Dimension, Threshold, Unit},
    diagnostic::Diagnostic,
};
use serde_json::Value;

use super::{draft::check, pattern, threshold::threshold};
use crate::{codes, node::Node, suggest};

const METRICS: [&str; 5] = ["nullValues", "missingValues", "invalidValues", "duplicateValues", "rowCount"];

/// What a rule belongs to.
pub(super) struct Subject<'a> {
    pub(super) table: &'a str,
    pub(super) column: Option<&'a str>,
    /// The names of the table's columns.
    pub(super) columns: &'a [String],
}

/// The checks of the rules at one object or property.
pub(super) fn checks(subject: &Subject<'_>, place: &Node<'_>, diagnostics: &mut Vec<Diagnostic>) -> Vec<Check> {
    place.list("quality").iter().filter_map(|rule| subject.check(rule, diagnostics)).collect()
}

impl Subject<'_> {
    fn check(&self, rule: &Node<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<Check> {
        demand_scheduler(rule, diagnostics);
        let (slug, kind) = match rule_type(rule) {
            "text" => ("text", CheckKind::Text),
            "custom" => ("custom", custom(rule, diagnostics)),
            "sql" => ("sql", self.sql(rule, diagnostics)?),
            _ => self.library(rule, diagnostics)?,
        };
        let threshold = if kind.is_measurable() { threshold(rule, diagnostics)? } else { Threshold::None };
        let mut check = check(self.table, self.column, slug, kind, rule);
        check.threshold = threshold;
        check.unit = unit(rule, &check.kind, diagnostics);
        describe(rule, &mut check);
        Some(check)
    }

    fn library(&self, rule: &Node<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<(&'static str, CheckKind)> {
        let Some(metric) = rule.get("metric").or_else(|| rule.get("rule")) else {
            diagnostics.push(
                rule.error(codes::METRIC, "the rule does not say what it measures")
                    .help("add `metric`, or `type: sql` with a `query`, or `type: text` for a rule that people check"),
            );
            return None;
        };
        let name = metric.as_text()?;
        let kind = match name {
            "nullValues" | "nullCheck" => {
                self.of_column(&metric, diagnostics, || CheckKind::Missing { missing: vec![] })
            }
            "missingValues" => self.of_column(&metric, diagnostics, || missing(rule)),
            "invalidValues" | "invalidCount" | "validValues" => self.invalid(rule, &metric, diagnostics),
            "duplicateValues" | "duplicateCount" | "uniqueCheck" => self.duplicate(rule, &metric, diagnostics),
            "rowCount" | "countCheck" => self.row_count(&metric, diagnostics),
            _ => {
                diagnostics.push(unknown_metric(&metric, name));
                None
            }
        }?;
        Some((canonical(&kind, name), kind))
    }

    fn of_column(
        &self,
        metric: &Node<'_>,
        diagnostics: &mut Vec<Diagnostic>,
        kind: impl FnOnce() -> CheckKind,
    ) -> Option<CheckKind> {
        if self.column.is_none() {
            let name = metric.as_text().unwrap_or_default();
            diagnostics.push(
                metric
                    .error(codes::METRIC, format!("`{name}` is measured of a property, not of an object"))
                    .help("move the rule to `quality` of a property"),
            );
        }
        self.column.map(|_| kind())
    }

    fn row_count(&self, metric: &Node<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<CheckKind> {
        if self.column.is_some() {
            diagnostics.push(
                metric
                    .error(codes::METRIC, "`rowCount` is measured of an object, not of a property")
                    .help("move the rule to `quality` of the object"),
            );
        }
        self.column.is_none().then_some(CheckKind::RowCount)
    }

    fn invalid(&self, rule: &Node<'_>, metric: &Node<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<CheckKind> {
        let values = argument(rule, "validValues").and_then(|node| node.value().as_array().cloned());
        let pattern = argument(rule, "pattern");
        if values.is_none() && pattern.is_none() {
            diagnostics.push(
                metric
                    .error(codes::METRIC, "`invalidValues` needs to know what is valid")
                    .help("add `arguments: {validValues: […]}` or `arguments: {pattern: …}`"),
            );
            return None;
        }
        let pattern = match pattern {
            Some(pattern) => Some(pattern::checked(&pattern, diagnostics)?),
            None => None,
        };
        self.of_column(metric, diagnostics, || CheckKind::Invalid { values, pattern })
    }

    fn duplicate(&self, rule: &Node<'_>, metric: &Node<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<CheckKind> {
        if let Some(column) = self.column {
            return Some(CheckKind::Duplicate { columns: vec![column.to_owned()] });
        }
        let properties = argument(rule, "properties").map(|node| node.items()).unwrap_or_default();
        if properties.is_empty() {
            diagnostics.push(
                metric
                    .error(codes::METRIC, "`duplicateValues` of an object needs to know which properties are unique")
                    .help("add `arguments: {properties: […]}`"),
            );
            return None;
        }
        let columns: Vec<_> = properties.iter().map(|node| self.known_column(node, diagnostics)).collect();
        columns.into_iter().collect::<Option<_>>().map(|columns| CheckKind::Duplicate { columns })
    }

    fn known_column(&self, node: &Node<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<String> {
        let name = node.as_text()?;
        if self.columns.iter().any(|column| column == name) {
            return Some(name.to_owned());
        }
        diagnostics.push(
            node.error(codes::UNKNOWN_PROPERTY, format!("`{}` has no property `{name}`", self.table))
                .help(suggest::or(name, self.columns, "name a property of this object")),
        );
        None
    }

    fn sql(&self, rule: &Node<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<CheckKind> {
        let query = rule.get("query")?;
        let text = query.as_text()?;
        match super::placeholder::fill(text, self.table, self.column) {
            Ok(query) => Some(CheckKind::Sql { query }),
            Err(placeholder) => {
                diagnostics.push(
                    query
                        .error(codes::PLACEHOLDER, format!("`{placeholder}` has no value in a rule of an object"))
                        .help("name the column, or move the rule to `quality` of a property"),
                );
                None
            }
        }
    }
}

/// What the rule's author says of it goes before the defaults.
fn describe(rule: &Node<'_>, check: &mut Check) {
    if let Some(id) = rule.text("id") {
        id.clone_into(&mut check.id);
    }
    if let Some(name) = rule.text("name") {
        name.clone_into(&mut check.name);
    }
    if let Some(dimension) = rule.text("dimension").and_then(dimension) {
        check.dimension = dimension;
    }
    check.severity = severity(rule.text("severity"));
    check.description = rule.string("description");
}

fn unit(rule: &Node<'_>, kind: &CheckKind, diagnostics: &mut Vec<Diagnostic>) -> Unit {
    let percent = rule.get("unit").filter(|unit| matches!(unit.as_text(), Some("percent" | "percentage" | "%")));
    match (kind, percent) {
        (CheckKind::Sql { .. } | CheckKind::Text | CheckKind::Custom { .. }, _) => Unit::Value,
        (CheckKind::RowCount | CheckKind::Duplicate { .. }, Some(unit)) => {
            diagnostics.push(
                unit.warning(codes::UNIT, "the rule does not measure a share of the rows")
                    .label("taken as `rows`")
                    .help("leave the unit out"),
            );
            Unit::Rows
        }
        (_, Some(_)) => Unit::Percent,
        (_, None) => Unit::Rows,
    }
}

/// `type`, or what stands for it where it is missing.
fn rule_type<'a>(rule: &Node<'a>) -> &'a str {
    let given = rule.text("type");
    let guess = || if rule.get("query").is_some() { "sql" } else { "library" };
    given.unwrap_or_else(guess)
}

/// An argument of a library metric; ODCS v3.0 wrote arguments beside the metric.
fn argument<'a>(rule: &Node<'a>, key: &str) -> Option<Node<'a>> {
    rule.get("arguments").and_then(|arguments| arguments.get(key)).or_else(|| rule.get(key))
}

fn missing(rule: &Node<'_>) -> CheckKind {
    let values = argument(rule, "missingValues").and_then(|node| node.value().as_array().cloned()).unwrap_or_default();
    CheckKind::Missing { missing: values.into_iter().filter(|value| !Value::is_null(value)).collect() }
}

fn canonical(kind: &CheckKind, name: &str) -> &'static str {
    match kind {
        CheckKind::Missing { .. } if name == "missingValues" => "missingValues",
        CheckKind::Missing { .. } => "nullValues",
        CheckKind::Invalid { .. } => "invalidValues",
        CheckKind::Duplicate { .. } => "duplicateValues",
        _ => "rowCount",
    }
}

/// `rule`, the old name of `metric`, was open: what it names is not an error.
fn unknown_metric(metric: &Node<'_>, name: &str) -> Diagnostic {
    let message = format!("the metric `{name}` is not measured");
    let names: Vec<_> = METRICS.iter().map(ToString::to_string).collect();
    metric.warning(codes::NOT_CHECKED, message).help(suggest::or(
        name,
        &names,
        "the metrics are nullValues, missingValues, invalidValues, duplicateValues and rowCount",
    ))
}

fn custom(rule: &Node<'_>, diagnostics: &mut Vec<Diagnostic>) -> CheckKind {
    let engine = rule.string("engine").unwrap_or_else(|| "custom".to_owned());
    diagnostics.push(
        rule.warning_key(codes::NOT_CHECKED, format!("the rule is written for `{engine}` and is not measured"))
            .help("write it as a library metric or as `type: sql` to have it measured"),
    );
    CheckKind::Custom { engine }
}

fn dimension(text: &str) -> Option<Dimension> {
    Some(match text.to_ascii_lowercase().as_str() {
        "accuracy" | "ac" => Dimension::Accuracy,
        "completeness" | "cp" => Dimension::Completeness,
        "conformity" | "cf" => Dimension::Conformity,
        "consistency" | "cs" => Dimension::Consistency,
        "coverage" | "cv" => Dimension::Coverage,
        "timeliness" | "tm" => Dimension::Timeliness,
        "uniqueness" | "uq" => Dimension::Uniqueness,
        _ => return None,
    })
}

fn severity(text: Option<&str>) -> CheckSeverity {
    match text.map(str::to_ascii_lowercase).as_deref() {
        None | Some("error" | "critical" | "blocker" | "high") => CheckSeverity::Error,
        Some(_) => CheckSeverity::Warning,
    }
}

/// `schedule` is written in the language of `scheduler`; one without the other says nothing.
pub(super) fn demand_scheduler(node: &Node<'_>, diagnostics: &mut Vec<Diagnostic>) {
    match (node.get("schedule"), node.get("scheduler")) {
        (Some(schedule), None) => diagnostics.push(
            schedule
                .error_key(codes::SCHEDULE, "the schedule has no scheduler")
                .help("add `scheduler`, for example `scheduler: cron`"),
        ),
        (None, Some(scheduler)) => diagnostics.push(
            scheduler
                .warning_key(codes::SCHEDULE, "the scheduler has no schedule")
                .help("add `schedule`, for example `schedule: 0 20 * * *`"),
        ),
        _ => {}
    }
}
