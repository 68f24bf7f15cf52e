//! Rules about rows, in words.

use chrono::{DateTime, NaiveTime};
use outport_model::access::{Comparison, Condition, RowAccess, RowRule, Value};
use serde::Serialize;

use crate::engine::Sight;

/// How many values of a list are named.
const NAMED: usize = 10;

/// Which rows of a table someone sees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TableSight {
    /// Whether they may read the table.
    pub readable: bool,
    /// Which rows.
    pub rows: RowSight,
    /// The same in words, with the rule.
    pub words: String,
}

/// How much someone sees of the rows of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RowSight {
    /// All of them.
    All,
    /// Those that a rule lets through.
    Some,
    /// Groups of them alone.
    Groups,
    /// None.
    None,
}

impl TableSight {
    /// Which rows are seen; `None` where the table may not be read.
    pub(super) fn of(sight: Option<&Sight>) -> Self {
        let Some(sight) = sight else {
            return Self { readable: false, rows: RowSight::None, words: "It may not be read.".to_owned() };
        };
        let (rows, least) = match sight {
            Sight::Whole => (&RowAccess::All, None),
            Sight::Part(access) => (&access.rows, access.minimum_group),
        };
        let (seen, words) = rows_in_words(rows, least);
        Self { readable: true, rows: seen, words }
    }
}

/// Which rows are seen, and the same in words; of groups alone where they must be of so many rows at least.
pub(in crate::gate) fn rows_in_words(rows: &RowAccess, least: Option<u32>) -> (RowSight, String) {
    match (rows, least) {
        (RowAccess::Where(rule), _) if shows_nothing(rule) => (RowSight::None, "No rows.".to_owned()),
        (RowAccess::All, None) => (RowSight::All, "All rows.".to_owned()),
        (RowAccess::Where(rule), None) => (RowSight::Some, format!("Only rows {}.", in_words(rule))),
        (RowAccess::All, Some(least)) => (RowSight::Groups, format!("Only groups of at least {least} rows.")),
        (RowAccess::Where(rule), Some(least)) => {
            (RowSight::Groups, format!("Only groups of at least {least} rows, of those {}.", in_words(rule)))
        }
    }
}

const fn shows_nothing(rule: &RowRule) -> bool {
    rule.permits.is_empty()
}

/// A rule, as what follows a noun.
fn in_words(RowRule { permits, forbids }: &RowRule) -> String {
    let any = |conditions: &[Condition]| joined(conditions, " or ");
    match (permits.as_slice(), forbids.as_slice()) {
        ([Condition::Constant { holds: true }], []) => "of any kind".to_owned(),
        ([Condition::Constant { holds: true }], forbids) => {
            format!("where {}", forbids.iter().map(denied).collect::<Vec<_>>().join(" and "))
        }
        (permits, []) => format!("where {}", any(permits)),
        (permits, forbids) => format!("where {}; and never where {}", any(permits), any(forbids)),
    }
}

fn joined(conditions: &[Condition], word: &str) -> String {
    conditions.iter().map(part).collect::<Vec<_>>().join(word)
}

/// A condition, in brackets where it has parts of its own.
fn part(condition: &Condition) -> String {
    match condition {
        Condition::All { conditions } if telling(conditions).len() > 1 => format!("({})", said(condition)),
        Condition::Any { conditions } if conditions.len() > 1 => format!("({})", said(condition)),
        other => said(other),
    }
}

fn said(condition: &Condition) -> String {
    match condition {
        Condition::Constant { holds: true } => "always".to_owned(),
        Condition::Constant { holds: false } => "never".to_owned(),
        Condition::Flag { column } => format!("`{column}` is true"),
        Condition::Present { column } => format!("`{column}` has a value"),
        Condition::Compare { column, comparison, value } => {
            format!("`{column}` {} {}", compared(*comparison, is_moment(value)), shown(value))
        }
        Condition::CompareColumns { left, comparison, right } => {
            format!("`{left}` {} `{right}`", compared(*comparison, false))
        }
        Condition::AnyOf { column, values } => match values.as_slice() {
            [] => "never".to_owned(),
            [value] => format!("`{column}` is {}", shown(value)),
            values => format!("`{column}` is one of {}", listed(values)),
        },
        Condition::Like { column, pieces } => format!("`{column}` has the form “{}”", pieces.join("*")),
        Condition::Contains { column, value } => format!("`{column}` contains {}", shown(value)),
        Condition::Not { condition } => denied(condition),
        Condition::All { conditions } if conditions.is_empty() => "always".to_owned(),
        Condition::Any { conditions } if conditions.is_empty() => "never".to_owned(),
        Condition::All { conditions } => telling(conditions).into_iter().map(part).collect::<Vec<_>>().join(" and "),
        Condition::Any { conditions } => joined(conditions, " or "),
        Condition::If { test, then, otherwise } => {
            format!("(if {}: {}; else: {})", said(test), said(then), said(otherwise))
        }
    }
}

/// Conditions that all hold, but for those that another one says already: what is compared has a value.
fn telling(conditions: &[Condition]) -> Vec<&Condition> {
    let is_said = |wanted: &String| {
        conditions.iter().any(|other| match other {
            Condition::Compare { column, comparison, .. } => column == wanted && *comparison != Comparison::NotEqual,
            Condition::AnyOf { column, .. } | Condition::Like { column, .. } | Condition::Contains { column, .. } => {
                column == wanted
            }
            _ => false,
        })
    };
    conditions.iter().filter(|one| !matches!(one, Condition::Present { column } if is_said(column))).collect()
}

/// The opposite of a condition.
fn denied(condition: &Condition) -> String {
    match condition {
        Condition::Not { condition } => part(condition),
        Condition::Flag { column } => format!("`{column}` is false"),
        Condition::Present { column } => format!("`{column}` has no value"),
        Condition::Compare { column, comparison: Comparison::Equal, value } => {
            format!("`{column}` is not {}", shown(value))
        }
        Condition::AnyOf { column, values } if values.len() > 1 => format!("`{column}` is none of {}", listed(values)),
        Condition::Contains { column, value } => format!("`{column}` does not contain {}", shown(value)),
        other => format!("not ({})", said(other)),
    }
}

const fn compared(comparison: Comparison, moments: bool) -> &'static str {
    match (comparison, moments) {
        (Comparison::Equal, _) => "is",
        (Comparison::NotEqual, _) => "is not",
        (Comparison::Less, false) => "is less than",
        (Comparison::LessOrEqual, false) => "is at most",
        (Comparison::Greater, false) => "is more than",
        (Comparison::GreaterOrEqual, false) => "is at least",
        (Comparison::Less, true) => "is before",
        (Comparison::LessOrEqual, true) => "is not after",
        (Comparison::Greater, true) => "is after",
        (Comparison::GreaterOrEqual, true) => "is not before",
    }
}

const fn is_moment(value: &Value) -> bool {
    matches!(value, Value::Moment(_))
}

fn shown(value: &Value) -> String {
    match value {
        Value::Boolean(value) => value.to_string(),
        Value::Integer(value) => value.to_string(),
        Value::Text(text) => format!("“{text}”"),
        Value::Decimal(parts) => decimal(*parts),
        Value::Moment(milliseconds) => moment(*milliseconds),
    }
}

/// A number of ten-thousandths, without zeros at its end.
fn decimal(parts: i64) -> String {
    let (sign, parts) = (if parts < 0 { "-" } else { "" }, parts.unsigned_abs());
    let written = format!("{sign}{}.{:04}", parts / 10_000, parts % 10_000);
    written.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn moment(milliseconds: i64) -> String {
    match DateTime::from_timestamp_millis(milliseconds) {
        Some(moment) if moment.time() == NaiveTime::MIN => moment.format("%Y-%m-%d").to_string(),
        Some(moment) => moment.format("%Y-%m-%d %H:%M:%S UTC").to_string(),
        None => format!("{milliseconds} ms after 1970"),
    }
}

fn listed(values: &[Value]) -> String {
    let named = values.iter().take(NAMED).map(shown).collect::<Vec<_>>().join(", ");
    match values.len().saturating_sub(NAMED) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use outport_model::access::TableAccess;

    use super::*;

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    fn compare(column: &str, comparison: Comparison, value: Value) -> Condition {
        Condition::Compare { column: column.to_owned(), comparison, value }
    }

    fn not(condition: Condition) -> Condition {
        Condition::Not { condition: Box::new(condition) }
    }

    #[track_caller]
    fn check(condition: &Condition, expect: &str) {
        assert_eq!(said(condition), expect);
    }

    #[test]
    fn conditions_are_sentences() {
        let eu = || compare("region", Comparison::Equal, text("EU"));
        let open = || Condition::Flag { column: "open".to_owned() };
        let day = 86_400_000;
        check(&eu(), "`region` is “EU”");
        check(&not(eu()), "`region` is not “EU”");
        check(&open(), "`open` is true");
        check(&not(Condition::Present { column: "end".to_owned() }), "`end` has no value");
        check(&compare("total", Comparison::GreaterOrEqual, Value::Decimal(-12_500)), "`total` is at least -1.25");
        check(&compare("total", Comparison::Less, Value::Decimal(70_000)), "`total` is less than 7");
        check(&compare("day", Comparison::Less, Value::Moment(day)), "`day` is before 1970-01-02");
        check(&compare("at", Comparison::Greater, Value::Moment(1_000)), "`at` is after 1970-01-01 00:00:01 UTC");
        let values = vec![text("a"), text("b")];
        check(&Condition::AnyOf { column: "x".to_owned(), values: values.clone() }, "`x` is one of “a”, “b”");
        check(&not(Condition::AnyOf { column: "x".to_owned(), values }), "`x` is none of “a”, “b”");
        let many = (0..12).map(Value::Integer).collect();
        check(
            &Condition::AnyOf { column: "x".to_owned(), values: many },
            "`x` is one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more",
        );
        let pieces = vec!["a".to_owned(), "b".to_owned()];
        check(&Condition::Like { column: "x".to_owned(), pieces }, "`x` has the form “a*b”");
        let either = Condition::Any { conditions: vec![eu(), open()] };
        check(
            &Condition::All { conditions: vec![either.clone(), open()] },
            "(`region` is “EU” or `open` is true) and `open` is true",
        );
        check(&not(either.clone()), "not (`region` is “EU” or `open` is true)");
        let chosen = Condition::If {
            test: Box::new(open()),
            then: Box::new(eu()),
            otherwise: Box::new(Condition::Constant { holds: false }),
        };
        check(&chosen, "(if `open` is true: `region` is “EU”; else: never)");
    }

    #[test]
    fn what_is_seen_of_a_table_is_a_sentence() {
        let eu = compare("region", Comparison::Equal, text("EU"));
        let open = Condition::Flag { column: "open".to_owned() };
        let of = |rows: RowAccess, minimum_group: Option<u32>| {
            let access = TableAccess { rows, minimum_group, ..TableAccess::unrestricted([]) };
            let TableSight { rows, words, .. } = TableSight::of(Some(&Sight::Part(access)));
            (rows, words)
        };
        let rule = |permits: &[&Condition], forbids: &[&Condition]| {
            let all = |conditions: &[&Condition]| conditions.iter().map(|one| (*one).clone()).collect();
            RowAccess::Where(RowRule { permits: all(permits), forbids: all(forbids) })
        };
        let always = Condition::Constant { holds: true };
        let said = |rows: RowSight, words: &str| (rows, words.to_owned());
        assert_eq!(of(RowAccess::All, None), said(RowSight::All, "All rows."));
        assert_eq!(of(rule(&[], &[&eu]), Some(5)), said(RowSight::None, "No rows."));
        assert_eq!(of(RowAccess::All, Some(5)), said(RowSight::Groups, "Only groups of at least 5 rows."));
        assert_eq!(of(rule(&[&eu], &[]), None), said(RowSight::Some, "Only rows where `region` is “EU”."));
        assert_eq!(
            of(rule(&[&eu, &open], &[&open]), None),
            said(RowSight::Some, "Only rows where `region` is “EU” or `open` is true; and never where `open` is true.")
        );
        assert_eq!(of(rule(&[&always], &[&eu]), None), said(RowSight::Some, "Only rows where `region` is not “EU”."));
        // As `forbid … unless { resource has region && resource.region == … }` comes out.
        let known = Condition::All { conditions: vec![Condition::Present { column: "region".to_owned() }, eu.clone()] };
        assert_eq!(
            of(rule(&[&always], &[&not(known), &open]), None),
            said(RowSight::Some, "Only rows where `region` is “EU” and `open` is false.")
        );
        assert_eq!(
            of(rule(&[&eu], &[]), Some(5)),
            said(RowSight::Groups, "Only groups of at least 5 rows, of those where `region` is “EU”.")
        );
        assert!(!TableSight::of(None).readable);
    }
}
