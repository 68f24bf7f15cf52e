//! Whether policies fit a schema, as Cedar sees it.

use std::collections::BTreeMap;

use cedar_policy::{PolicySet, Schema, ValidationMode, ValidationWarning, Validator};
use outport_app::policy::PolicyText;
use outport_model::diagnostic::{Diagnostic, Severity};
use outport_spec::codes;

use crate::{
    problem,
    rule::{self, Rule},
};

/// What Cedar has to say, by the number of the rule.
#[derive(Debug, Clone, Default)]
pub(crate) struct Found {
    pub(crate) errors: BTreeMap<usize, Vec<Diagnostic>>,
    pub(crate) warnings: BTreeMap<usize, Vec<Diagnostic>>,
    /// Rules that never apply to anything that the schema has.
    pub(crate) impossible: BTreeMap<usize, Diagnostic>,
}

impl Found {
    /// The same with other numbers of the rules.
    pub(crate) fn numbered(self, number: impl Fn(usize) -> Option<usize>) -> Self {
        fn with<T>(found: BTreeMap<usize, T>, number: &impl Fn(usize) -> Option<usize>) -> BTreeMap<usize, T> {
            found.into_iter().filter_map(|(old, found)| Some((number(old)?, found))).collect()
        }
        Self {
            errors: with(self.errors, &number),
            warnings: with(self.warnings, &number),
            impossible: with(self.impossible, &number),
        }
    }
}

/// Compares rules with a schema.
pub(crate) fn validate(schema: &Schema, rules: &[&Rule], files: &[&PolicyText]) -> Found {
    let mut found = Found::default();
    let by_number: BTreeMap<usize, &Rule> =
        rules.iter().filter_map(|rule| Some((rule::number(rule.policy.id())?, *rule))).collect();
    // Numbers are ids and differ.
    let Ok(policies) = PolicySet::from_policies(rules.iter().map(|rule| rule.policy.clone())) else { return found };
    let result = Validator::new(schema.clone()).validate(&policies, ValidationMode::Strict);
    let source = |number: usize| by_number.get(&number).and_then(|rule| files.get(rule.source));
    for error in result.validation_errors() {
        let Some(number) = rule::number(error.policy_id()) else { continue };
        let Some(file) = source(number) else { continue };
        let problem = problem::of_cedar(codes::POLICY_SCHEMA, Severity::Error, file, error);
        found.errors.entry(number).or_default().push(placed(problem, by_number.get(&number)));
    }
    for warning in result.validation_warnings() {
        let Some(number) = rule::number(warning.policy_id()) else { continue };
        let Some(file) = source(number) else { continue };
        let problem = problem::of_cedar(codes::POLICY_SCHEMA, Severity::Warning, file, warning);
        let problem = placed(problem, by_number.get(&number));
        match warning {
            ValidationWarning::ImpossiblePolicy(_) | ValidationWarning::InvalidActionApplication(_) => {
                found.impossible.insert(number, problem);
            }
            _ => found.warnings.entry(number).or_default().push(problem),
        }
    }
    // Cedar has no order among what it finds of one policy.
    for problems in found.errors.values_mut().chain(found.warnings.values_mut()) {
        problems.sort_by(|a, b| a.message.cmp(&b.message));
    }
    found
}

fn placed(problem: Diagnostic, rule: Option<&&Rule>) -> Diagnostic {
    let place = problem.span.or_else(|| rule.and_then(|rule| rule.place));
    problem.at(place)
}
