//! From texts to policies that can be asked, or to everything that is wrong with them.
//!
//! Policies of the workspace are for every product. Those that can be about rows are compared with the schema of each
//! product; all of them are compared with one that has no product, so that they are looked at once.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use cedar_policy::{ResourceConstraint, Schema, SchemaError};
use outport_app::policy::{CompiledPolicies, PolicyOwner, PolicyText};
use outport_model::{
    diagnostic::{Diagnostic, Severity},
    name::ProductName,
    plan::Estate,
};
use outport_spec::codes;

use crate::{
    decide::Decider,
    memo::{Asked, Looked, Memo},
    offer::{Offer, OfferedTable, RowType},
    problem,
    reference::Names,
    reserved::must_fit,
    rows::{Reader, Rows},
    rule::{self, Rule},
    schema,
    validate::{Found, validate},
    vocabulary::{ANY_ROW, Action, Vocabulary},
};

/// Compiles what the memo does not know.
pub(crate) fn compile(
    texts: &[PolicyText],
    products: &Estate,
    memo: &mut Memo,
) -> Result<CompiledPolicies, Vec<Diagnostic>> {
    let built_in = rule::built_in();
    let texts: Vec<Arc<PolicyText>> = std::iter::once(&built_in).chain(texts).map(|text| memo.text(text)).collect();
    let offers = products.iter().map(|(name, compiled)| (name.clone(), memo.offer(Offer::new(&compiled.product))));
    let offers: BTreeMap<ProductName, Arc<Offer>> = offers.collect();
    if let Some(known) = memo.whole(&texts, &offers) {
        return Ok(known);
    }
    let compiled = compile_anew(&texts, &offers, memo)?;
    memo.keep_whole(texts, offers, compiled.clone());
    Ok(compiled)
}

fn compile_anew(
    texts: &[Arc<PolicyText>],
    offers: &BTreeMap<ProductName, Arc<Offer>>,
    memo: &mut Memo,
) -> Result<CompiledPolicies, Vec<Diagnostic>> {
    let vocabulary = Vocabulary::new().map_err(|error| {
        let failed = format!("the words of policies cannot be read: {error}");
        vec![Diagnostic::error(codes::POLICY_SCHEMA, rule::BUILT_IN, failed)]
    })?;
    let files: Vec<&PolicyText> = texts.iter().map(Arc::as_ref).collect();
    let mut problems = Vec::new();
    let rules = rule::read(&files, &vocabulary, &mut problems);
    let names = Names::new(offers.clone());
    let refused = BTreeSet::new();
    let mut check = Check { vocabulary: &vocabulary, texts, files: &files, rules: &rules, names: &names, refused };
    check.references(&mut problems);
    check.schemas(memo, &mut problems);
    let in_order = |problem: &Diagnostic| (problem.file.clone(), problem.span, problem.code.clone());
    problems.sort_by_key(in_order);
    problems.dedup();
    let (errors, warnings): (Vec<_>, Vec<_>) = problems.into_iter().partition(Diagnostic::is_error);
    if !errors.is_empty() {
        return Err(errors);
    }
    let decider = Decider::new(vocabulary, rules, &names, memo).map_err(|error| {
        vec![Diagnostic::error(codes::POLICY_SCHEMA, rule::BUILT_IN, format!("the policies cannot be used: {error}"))]
    })?;
    Ok(CompiledPolicies { policies: Arc::new(decider), warnings })
}

/// Whether the rules can be enforced.
struct Check<'a> {
    vocabulary: &'a Vocabulary,
    texts: &'a [Arc<PolicyText>],
    /// The same.
    files: &'a [&'a PolicyText],
    rules: &'a [Rule],
    names: &'a Names,
    /// Rules with an error that makes others follow from it.
    refused: BTreeSet<usize>,
}

/// What the products say of the rules of the workspace.
#[derive(Default)]
struct Shared {
    /// The first error of a rule, and the product whose it is.
    errors: BTreeMap<usize, (ProductName, Vec<Diagnostic>)>,
    /// Rules that fit some product.
    fit: BTreeSet<usize>,
    /// Rules that can apply to something in some product.
    possible: BTreeSet<usize>,
}

impl Check<'_> {
    fn references(&mut self, problems: &mut Vec<Diagnostic>) {
        for (number, rule) in self.rules.iter().enumerate() {
            let found = self.names.check(rule, self.vocabulary);
            if found.iter().any(Diagnostic::is_error) {
                self.refused.insert(number);
            }
            problems.extend(found);
        }
    }

    fn schemas(&self, memo: &mut Memo, problems: &mut Vec<Diagnostic>) {
        let mut shared = Shared::default();
        for offer in self.names.offers.values() {
            self.product(offer, memo, &mut shared, problems);
        }
        self.workspace(shared, problems);
    }

    fn product(&self, offer: &Offer, memo: &mut Memo, shared: &mut Shared, problems: &mut Vec<Diagnostic>) {
        let is_own = |rule: &Rule| matches!(&rule.name.owner, PolicyOwner::Product(name) if *name == offer.name);
        let own: BTreeSet<usize> = self.numbers(is_own);
        let of_workspace = self.numbers(|rule| {
            rule.source != 0
                && rule.name.owner == PolicyOwner::Workspace
                && rule.depends_on_rows(self.vocabulary)
                && may_be_about(rule, offer, self.names)
                && must_fit(rule, offer, self.names, self.rules)
        });
        let numbers: Vec<usize> = own.union(&of_workspace).copied().collect();
        if numbers.is_empty() {
            return;
        }
        let looked = match self.looked(offer, &numbers, memo) {
            Ok(looked) => looked,
            Err(error) => {
                problems.push(no_schema(Some(&offer.name), &error));
                return;
            }
        };
        let mut found = looked.found.clone().numbered(|place| numbers.get(place).copied());
        for number in own {
            problems.extend(found.errors.remove(&number).unwrap_or_default());
            problems.extend(found.warnings.remove(&number).unwrap_or_default());
            problems.extend(found.impossible.remove(&number));
        }
        for number in of_workspace {
            if let Some(errors) = found.errors.remove(&number) {
                shared.errors.entry(number).or_insert((offer.name.clone(), errors));
                continue;
            }
            shared.fit.insert(number);
            if !found.impossible.contains_key(&number) {
                shared.possible.insert(number);
            }
        }
    }

    /// What is wrong with these rules for a product, as the memo has it or as it is found now.
    fn looked(&self, offer: &Offer, numbers: &[usize], memo: &mut Memo) -> Result<Arc<Looked>, Box<SchemaError>> {
        let rules: Vec<&Rule> = numbers.iter().filter_map(|number| self.rules.get(*number)).collect();
        let others = rules.iter().flat_map(|rule| self.names.others(rule, Some(&offer.name))).collect();
        let place = |rule: &&Rule| Some((Arc::clone(self.texts.get(rule.source)?), rule.position));
        let asked = Asked { rules: rules.iter().filter_map(place).collect(), others };
        if let Some(known) = memo.looked(offer, &asked) {
            return Ok(known);
        }
        let schema = schema::of_product(offer, &asked.others)?;
        let mut found = validate(&schema, &rules, self.files);
        self.rows(offer, &schema, &rules, &mut found);
        let found = found.numbered(|number| numbers.iter().position(|known| *known == number));
        Ok(memo.keep(offer, asked, found))
    }

    /// Looks at every rule about rows with nobody in particular as the reader.
    fn rows(&self, offer: &Offer, schema: &Schema, rules: &[&Rule], found: &mut Found) {
        for (port, table) in offer.tables() {
            let fit = rules.iter().copied().filter(|rule| {
                let number = rule::number(rule.policy.id());
                rule.is_about(self.vocabulary, Action::ReadRow) && number.is_none_or(|n| !found.errors.contains_key(&n))
            });
            let fit: Vec<&Rule> = fit.collect();
            if fit.is_empty() {
                return;
            }
            for rule in &fit {
                if let (Some(number), Some(column)) = (rule::number(rule.policy.id()), out_of_reach(rule, table)) {
                    let message = format!("the rows of `{}.{}` cannot be asked for `{column}`", offer.name, table.name);
                    let problem =
                        problem::of_rule(codes::POLICY_ROW_RULE, Severity::Error, rule, message).help(TYPE_HELP);
                    found.errors.entry(number).or_default().push(problem);
                }
            }
            let rows = Rows { vocabulary: self.vocabulary, schema, offer, port, table };
            let refused = match rows.remainders(fit.iter().copied(), Reader::Anyone) {
                Ok(remainders) => remainders
                    .into_iter()
                    .filter_map(|remainder| Some((remainder.rule, remainder.condition.err()?.to_string())))
                    .collect(),
                Err(error) => {
                    let all = fit.iter().filter_map(|rule| rule::number(rule.policy.id()));
                    all.map(|number| (number, error.to_string())).collect::<Vec<_>>()
                }
            };
            for (number, why) in refused {
                let Some(rule) = self.rules.get(number) else { continue };
                let message = format!("this cannot be asked of the rows of `{}.{}`: {why}", offer.name, table.name);
                let problem = problem::of_rule(codes::POLICY_ROW_RULE, Severity::Error, rule, message).help(ROW_HELP);
                found.errors.entry(number).or_default().push(problem);
            }
        }
    }

    fn workspace(&self, mut shared: Shared, problems: &mut Vec<Diagnostic>) {
        let numbers = self.numbers(|rule| rule.source != 0 && rule.name.owner == PolicyOwner::Workspace);
        let rules: Vec<&Rule> = numbers.iter().filter_map(|number| self.rules.get(*number)).collect();
        if rules.is_empty() {
            return;
        }
        let others: BTreeSet<RowType> = rules.iter().flat_map(|rule| self.names.others(rule, None)).collect();
        let schema = match schema::of_workspace(&others) {
            Ok(schema) => schema,
            Err(error) => {
                problems.push(no_schema(None, &error));
                return;
            }
        };
        let mut found = validate(&schema, &rules, self.files);
        for number in numbers {
            problems.extend(found.warnings.remove(&number).unwrap_or_default());
            let here = found.errors.remove(&number);
            if let Some((product, errors)) = shared.errors.remove(&number) {
                problems.extend(errors.into_iter().map(|error| within(error, &product)));
            } else if shared.fit.contains(&number) {
                // It fits every table that there is, so that what is wrong here is that it needs one of them.
                problems.extend(here.unwrap_or_default().into_iter().map(fragile));
            } else {
                problems.extend(here.unwrap_or_default().into_iter().map(guarded));
            }
            // A rule that needs certain columns says nothing where there are none.
            let depends = self.rules.get(number).is_some_and(|rule| rule.depends_on_rows(self.vocabulary));
            let looked_at = !depends || shared.fit.contains(&number);
            if looked_at && !shared.possible.contains(&number) {
                problems.extend(found.impossible.remove(&number));
            }
        }
    }

    /// The numbers of the rules that are worth looking at.
    fn numbers(&self, are: impl Fn(&Rule) -> bool) -> BTreeSet<usize> {
        let numbered = self.rules.iter().enumerate();
        numbered
            .filter(|(number, rule)| !self.refused.contains(number) && are(rule))
            .map(|(number, _)| number)
            .collect()
    }
}

const ROW_HELP: &str = "rules about rows compare columns with values and with each other, and use `has`, `like`, \
                        `contains`, `&&`, `||`, `!` and `if`; everything about the principal can be used beside them";

const GUARD_HELP: &str = "write `resource has column && …`, so that the policy can be for every table";

const TYPE_HELP: &str = "rules about rows can use text, truth values, whole numbers up to 64 bits with a sign, decimal \
                         numbers of up to 18 digits with 4 after the point, days, moments and lists of texts";

/// A column of a table that a `forbid` asks for, and whose values no rule can use. It would not be there for the rule,
/// which would then forbid nothing.
fn out_of_reach<'t>(rule: &Rule, table: &'t OfferedTable) -> Option<&'t str> {
    let elsewhere = match rule.policy.resource_constraint() {
        ResourceConstraint::Is(of) | ResourceConstraint::IsIn(of, _) => of.to_string() != table.rows.to_string(),
        _ => false,
    };
    if elsewhere || !rule.is_forbid() {
        return None;
    }
    let unusable = table.columns.iter().filter(|column| column.kind.is_none());
    unusable.map(|column| column.name.as_str()).find(|name| rule.attributes.contains(*name))
}

/// Whether a rule can be about rows of a product, as far as its head says.
pub(crate) fn may_be_about(rule: &Rule, offer: &Offer, names: &Names) -> bool {
    let is = |of: String| names.is_of(&of, &offer.name).unwrap_or_else(|| RowType::named(&of).is_none());
    let within = |parent: &cedar_policy::EntityUid| {
        let id = parent.id().unescaped();
        match parent.type_name().to_string().as_str() {
            "Product" => id == offer.name.as_str(),
            "Port" | "Column" => id.split('/').next() == Some(offer.name.as_str()),
            "Domain" => offer.domain.as_deref() == Some(id),
            _ => true,
        }
    };
    match rule.policy.resource_constraint() {
        ResourceConstraint::Any => true,
        ResourceConstraint::Eq(entity) | ResourceConstraint::In(entity) => within(&entity),
        ResourceConstraint::Is(of) => is(of.to_string()),
        ResourceConstraint::IsIn(of, parent) => is(of.to_string()) && within(&parent),
    }
}

/// An error of a rule that is for all products says for which of them it is one.
fn within(mut error: Diagnostic, product: &ProductName) -> Diagnostic {
    if error.code == codes::POLICY_SCHEMA {
        error.message = format!("{} (for the tables of `{product}`)", error.message);
        let advice = "the policy is for the tables of every product; write `resource has column && …`, or \
                      `resource is product::table` for one of them";
        error.help = Some(error.help.map_or_else(|| advice.to_owned(), |help| format!("{help}; {advice}")));
    }
    error
}

/// An error that is one for tables without any column says how to do without.
fn guarded(mut error: Diagnostic) -> Diagnostic {
    if error.message.contains(ANY_ROW) {
        error.help.get_or_insert_with(|| GUARD_HELP.to_owned());
    }
    error
}

/// What fits all tables that there are, and would not fit each that may come.
fn fragile(mut problem: Diagnostic) -> Diagnostic {
    problem.severity = Severity::Warning;
    problem.message = format!("a product with other columns would break this policy: {}", problem.message);
    problem.help = Some(GUARD_HELP.to_owned());
    problem
}

fn no_schema(product: Option<&ProductName>, error: &SchemaError) -> Diagnostic {
    let whose = product.map_or_else(|| "the workspace".to_owned(), |product| format!("`{product}`"));
    Diagnostic::error(codes::POLICY_SCHEMA, rule::BUILT_IN, format!("no policies can be written for {whose}: {error}"))
}
