//! One policy of a file.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

use cedar_policy::{ActionConstraint, Effect, EntityUid, Policy, PolicyId, PolicySet, ResourceConstraint, pst};
use chrono::NaiveDate;
use outport_app::policy::{PolicyName, PolicyOwner, PolicyText, PortAction};
use outport_model::{
    access::Mask,
    diagnostic::{Diagnostic, Severity, Span},
};
use outport_spec::codes;

use crate::{
    mask, problem, statement,
    vocabulary::{Action, Vocabulary},
};

/// The first part of the ids of rules that are built in.
pub(crate) const BUILT_IN: &str = "outport:";

/// A policy.
#[derive(Debug)]
pub(crate) struct Rule {
    /// Its id is the rule's number.
    pub(crate) policy: Policy,
    pub(crate) name: PolicyName,
    /// The number of its file.
    pub(crate) source: usize,
    /// Its place among the policies of the file.
    pub(crate) position: usize,
    pub(crate) file: String,
    pub(crate) place: Option<Span>,
    /// The types that it asks for with `is`.
    pub(crate) types: BTreeSet<String>,
    /// What it asks of the resource by name.
    pub(crate) attributes: BTreeSet<String>,
    /// Whether its conditions speak of the resource at all.
    asks_resource: bool,
    /// What columns are shown as where it decides.
    pub(crate) mask: Option<Mask>,
    /// The day from which on it is enforced.
    pub(crate) grace: Option<NaiveDate>,
    pub(crate) minimum_group: Option<u32>,
}

impl Rule {
    /// Whether nobody wrote it: it is of the first file.
    pub(crate) const fn is_built_in(&self) -> bool {
        self.source == 0
    }

    pub(crate) fn is_forbid(&self) -> bool {
        self.policy.effect() == Effect::Forbid
    }

    /// Whether what it means depends on which columns a table has.
    pub(crate) fn depends_on_rows(&self, vocabulary: &Vocabulary) -> bool {
        (self.asks_resource || !self.types.is_empty()) && self.is_about(vocabulary, Action::ReadRow)
    }

    /// Whether it is not enforced yet.
    pub(crate) fn in_grace(&self, today: NaiveDate) -> bool {
        self.grace.is_some_and(|day| today < day)
    }

    /// Whether it can be about an action, as far as its head says.
    pub(crate) fn is_about(&self, vocabulary: &Vocabulary, action: Action) -> bool {
        let means = |named: &EntityUid| {
            *named == vocabulary.action(action)
                || (action.is_part_of_reading() && *named == vocabulary.action(Action::Port(PortAction::Read)))
        };
        match self.policy.action_constraint() {
            ActionConstraint::Any => true,
            ActionConstraint::Eq(named) => means(&named),
            ActionConstraint::In(named) => named.iter().any(means),
        }
    }
}

/// The number of a rule by the id of its policy.
pub(crate) fn number(id: &PolicyId) -> Option<usize> {
    let id: &str = id.as_ref();
    id.parse().ok()
}

/// The rules of all files, numbered in their order.
pub(crate) fn read(files: &[&PolicyText], vocabulary: &Vocabulary, problems: &mut Vec<Diagnostic>) -> Vec<Rule> {
    let mut rules = Vec::new();
    for (source, file) in files.iter().enumerate() {
        let policies = match file.text.parse::<PolicySet>() {
            Ok(policies) => policies,
            Err(errors) => {
                for error in errors.iter() {
                    problems.push(problem::of_cedar(codes::POLICY_SYNTAX, Severity::Error, file, error));
                }
                continue;
            }
        };
        let places = statement::places(&file.text);
        for template in policies.templates() {
            let place = position(template.id()).and_then(|n| places.get(n).copied());
            let message = "a policy cannot have `?principal` or `?resource`";
            let help = "write the policy with the names of users, groups, products or ports";
            problems.push(Diagnostic::error(codes::POLICY_SYNTAX, &file.file, message).at(place).help(help));
        }
        let in_order: BTreeMap<usize, &Policy> =
            policies.policies().filter_map(|policy| Some((position(policy.id())?, policy))).collect();
        for (position, policy) in in_order {
            let mut rule = rule(file, policy, position, rules.len());
            rule.source = source;
            rule.place = places.get(position).copied();
            annotate(&mut rule, vocabulary, problems);
            rules.push(rule);
        }
    }
    same_names(&rules, problems);
    rules
}

/// The place among the policies of a file, by the id that Cedar gives.
fn position(id: &PolicyId) -> Option<usize> {
    let id: &str = id.as_ref();
    id.strip_prefix("policy")?.parse().ok()
}

fn rule(file: &PolicyText, policy: &Policy, position: usize, number: usize) -> Rule {
    let id = policy.annotation("id").map(str::trim).filter(|id| !id.is_empty());
    let id = id.map_or_else(|| format!("{}#{}", file.file, position + 1), str::to_owned);
    let Asked { types, attributes, resource } = Asked::of(policy);
    Rule {
        policy: policy.new_id(PolicyId::new(number.to_string())),
        name: PolicyName { owner: file.owner.clone(), id },
        source: 0,
        position,
        file: file.file.clone(),
        place: None,
        types,
        attributes,
        asks_resource: resource,
        mask: None,
        grace: None,
        minimum_group: None,
    }
}

/// What a policy asks of the resource.
#[derive(Default)]
struct Asked {
    types: BTreeSet<String>,
    attributes: BTreeSet<String>,
    resource: bool,
}

impl Asked {
    fn of(policy: &Policy) -> Self {
        let mut asked = Self::default();
        if let ResourceConstraint::Is(of) | ResourceConstraint::IsIn(of, _) = policy.resource_constraint() {
            asked.types.insert(of.to_string());
        }
        let Ok(policy) = policy.to_pst() else { return Self { resource: true, ..asked } };
        let asked = RefCell::new(asked);
        let look = |part: &pst::Expr| {
            asked.borrow_mut().part(part);
            None::<()>
        };
        for clause in policy.body().clauses() {
            let (pst::Clause::When(condition) | pst::Clause::Unless(condition)) = clause;
            condition.reduce(&look, &|(), ()| (), ());
        }
        asked.into_inner()
    }

    fn part(&mut self, part: &pst::Expr) {
        match part {
            pst::Expr::Var(pst::Var::Resource) => self.resource = true,
            pst::Expr::Is { entity_type, .. } => {
                self.types.insert(entity_type.to_string());
            }
            pst::Expr::GetAttr { expr, attr }
            | pst::Expr::HasAttr { expr, attrs: pst::NonEmpty { head: attr, .. } }
                if matches!(**expr, pst::Expr::Var(pst::Var::Resource)) =>
            {
                self.attributes.insert(attr.to_string());
            }
            _ => {}
        }
    }
}

/// Takes what the annotations say.
fn annotate(rule: &mut Rule, vocabulary: &Vocabulary, problems: &mut Vec<Diagnostic>) {
    let annotations: Vec<(String, String)> =
        rule.policy.annotations().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    for (name, value) in annotations {
        let outcome = match name.as_str() {
            "id" => id(rule, &value),
            "mask" => mask_of(rule, vocabulary, &value).map(|mask| rule.mask = Some(mask)),
            "grace" => grace(rule, &value).map(|day| rule.grace = Some(day)),
            "minimum_group" => minimum_group(rule, vocabulary, &value).map(|least| rule.minimum_group = Some(least)),
            "description" => Ok(()),
            _ => {
                let message = format!("`@{name}` means nothing");
                let help = "annotations are `@id`, `@description`, `@mask`, `@grace` and `@minimum_group`";
                let warning = problem::of_rule(codes::POLICY_ANNOTATION, Severity::Warning, rule, message);
                problems.push(warning.help(help));
                Ok(())
            }
        };
        if let Err((message, help)) = outcome {
            problems.push(problem::of_rule(codes::POLICY_ANNOTATION, Severity::Error, rule, message).help(help));
        }
    }
}

/// What is wrong with an annotation, and the way out.
type Wrong = (String, &'static str);

fn id(rule: &Rule, value: &str) -> Result<(), Wrong> {
    if value.trim().is_empty() {
        return Err(("`@id` is empty".to_owned(), "write `@id(\"…\")` with a name, or leave it out"));
    }
    let reserved = value.trim().starts_with(BUILT_IN) && rule.file != BUILT_IN;
    if reserved {
        return Err((format!("`{value}` begins with `{BUILT_IN}`"), "such ids are those of built-in rules"));
    }
    Ok(())
}

fn mask_of(rule: &Rule, vocabulary: &Vocabulary, value: &str) -> Result<Mask, Wrong> {
    let action = if rule.is_forbid() { Action::ReadColumn } else { Action::ReadMasked };
    if !rule.is_about(vocabulary, action) {
        let message = "`@mask` means nothing here".to_owned();
        return Err((message, "masks belong to a `forbid` of `readColumn` or a `permit` of `readMasked`"));
    }
    mask::parse(value).map_err(|message| (message, Mask::NOTATION))
}

fn grace(rule: &Rule, value: &str) -> Result<NaiveDate, Wrong> {
    if !rule.is_forbid() {
        return Err(("`@grace` means nothing here".to_owned(), "only what a `forbid` says can come later"));
    }
    let day = value.trim().parse::<NaiveDate>();
    day.map_err(|_| (format!("`{value}` is not a day"), "write the first day of enforcement: `@grace(\"2026-12-31\")`"))
}

fn minimum_group(rule: &Rule, vocabulary: &Vocabulary, value: &str) -> Result<u32, Wrong> {
    if rule.is_forbid() || !rule.is_about(vocabulary, Action::Port(PortAction::Read)) {
        let message = "`@minimum_group` means nothing here".to_owned();
        return Err((message, "it belongs to a `permit` of `read`"));
    }
    let least = value.trim().parse::<u32>().ok().filter(|least| *least > 0);
    least.ok_or_else(|| (format!("`{value}` is not a number of rows"), "write a whole number: `@minimum_group(\"5\")`"))
}

/// Names tell policies apart wherever decisions are shown.
fn same_names(rules: &[Rule], problems: &mut Vec<Diagnostic>) {
    let mut first: BTreeMap<&PolicyName, &Rule> = BTreeMap::new();
    // What is built in has ids that nothing else may have.
    for rule in rules.iter().filter(|rule| rule.source != 0) {
        let Some(other) = first.get(&rule.name) else {
            first.insert(&rule.name, rule);
            continue;
        };
        let line = other.place.map_or(1, |place| place.line);
        let message = format!("two policies have the id `{}`", rule.name.id);
        let help = format!("rename one of them; the other stands in `{}`, line {line}", other.file);
        problems.push(problem::of_rule(codes::DUPLICATE_POLICY, Severity::Error, rule, message).help(help));
    }
}

/// What is built in, as a file.
pub(crate) fn built_in() -> PolicyText {
    PolicyText {
        owner: PolicyOwner::Workspace,
        file: BUILT_IN.to_owned(),
        text: r#"
            @id("outport:agreement")
            permit (principal, action in [Action::"read", Action::"discover"], resource) when { context.agreement };
        "#
        .to_owned(),
    }
}
