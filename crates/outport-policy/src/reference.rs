//! Which products, ports and columns a policy names, and whether it may.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use cedar_policy::{ActionConstraint, EntityUid, PolicySet};
use outport_app::policy::{PolicyOwner, PolicyText};
use outport_model::{
    diagnostic::{Diagnostic, Severity},
    name::{GroupName, ProductName},
};
use outport_spec::codes;

use crate::{
    offer::{Offer, RowType},
    problem,
    rule::Rule,
    vocabulary::{ANY_ROW, Action, Vocabulary},
};

/// Everything that policies can name.
#[derive(Debug)]
pub(crate) struct Names {
    pub(crate) offers: BTreeMap<ProductName, Arc<Offer>>,
    /// The types of rows by their names, and whose they are: two products can be alike when `-` is written as `_`.
    rows: BTreeMap<String, (RowType, BTreeSet<ProductName>)>,
}

impl Names {
    pub(crate) fn new(offers: BTreeMap<ProductName, Arc<Offer>>) -> Self {
        let mut rows: BTreeMap<String, (RowType, BTreeSet<ProductName>)> = BTreeMap::new();
        for offer in offers.values() {
            for (_, table) in offer.tables() {
                let entry = rows.entry(table.rows.to_string()).or_insert_with(|| (table.rows.clone(), BTreeSet::new()));
                entry.1.insert(offer.name.clone());
            }
        }
        Self { offers, rows }
    }

    /// The types of rows that a rule asks for and that are not of this product. For a rule of the workspace also those
    /// of tables that there are not: it may be written before a product comes, and stay when one goes.
    pub(crate) fn others(&self, rule: &Rule, own: Option<&ProductName>) -> BTreeSet<RowType> {
        let asked = rule.types.iter().filter_map(|name| match self.rows.get(name) {
            Some((_, of)) if own.is_some_and(|own| of.contains(own)) => None,
            Some((rows, _)) => Some(rows.clone()),
            None if rule.name.owner == PolicyOwner::Workspace => RowType::named(name),
            None => None,
        });
        asked.collect()
    }

    /// Whether a type of rows is one of this product; `None` where there is no such type at all.
    pub(crate) fn is_of(&self, rows: &str, product: &ProductName) -> Option<bool> {
        self.rows.get(rows).map(|(_, of)| of.contains(product))
    }

    /// What is wrong with the names in a policy.
    pub(crate) fn check(&self, rule: &Rule, vocabulary: &Vocabulary) -> Vec<Diagnostic> {
        let mut problems = Vec::new();
        let named: BTreeSet<EntityUid> = rule.policy.entity_literals().into_iter().collect();
        for entity in &named {
            problems.extend(self.entity(rule, entity));
        }
        let PolicyOwner::Product(own) = &rule.name.owner else {
            let gone = rule.types.iter().filter(|of| RowType::named(of).is_some() && !self.rows.contains_key(*of));
            problems.extend(gone.map(|of| nothing_named(rule, "table", of, "rows are named `product::table`")));
            return problems;
        };
        for rows in rule.types.iter().filter(|rows| self.is_of(rows, own) == Some(false)) {
            problems.push(beyond(rule, &format!("`{rows}`")));
        }
        let administer = vocabulary.action(Action::Administer);
        let administers = match rule.policy.action_constraint() {
            ActionConstraint::Any => false,
            ActionConstraint::Eq(action) => action == administer,
            ActionConstraint::In(actions) => actions.contains(&administer),
        };
        if administers {
            problems.push(beyond(rule, "`administer`"));
        }
        problems
    }

    fn entity(&self, rule: &Rule, entity: &EntityUid) -> Option<Diagnostic> {
        let (of, id) = (entity.type_name().to_string(), entity.id().unescaped());
        let (what, product) = match of.as_str() {
            "Product" => ("product", id),
            "Port" => ("port", id.split('/').next().unwrap_or(id)),
            "Column" => ("column", id.split('/').next().unwrap_or(id)),
            _ if of == ANY_ROW || self.rows.contains_key(&of) => {
                let message = format!("`{entity}` names one row");
                let problem = problem::of_rule(codes::POLICY_ROW_RULE, Severity::Error, rule, message);
                return Some(
                    problem.help(format!("rows have no names; write `resource is {of}` and ask for its columns")),
                );
            }
            _ => return None,
        };
        if let PolicyOwner::Product(own) = &rule.name.owner
            && own.as_str() != product
        {
            return Some(beyond(rule, &format!("`{entity}`")));
        }
        let offer = product.parse::<ProductName>().ok().and_then(|product| self.offers.get(&product));
        if offer.is_some_and(|offer| what == "product" || offer.has(id)) {
            return None;
        }
        let help = match what {
            "product" => "products are written `Product::\"name\"`",
            "port" => "ports are written `Port::\"product/port@1\"`, with the major version",
            _ => "columns are written `Column::\"product/port@1/table/column\"`",
        };
        Some(nothing_named(rule, what, id, help))
    }
}

/// The groups that a text names; none of one that is not understood.
pub(crate) fn groups(text: &PolicyText) -> BTreeSet<GroupName> {
    let Ok(policies) = text.text.parse::<PolicySet>() else { return BTreeSet::new() };
    let named = policies.policies().flat_map(cedar_policy::Policy::entity_literals);
    let groups = named.filter(|entity| entity.type_name().to_string() == "Group");
    groups.filter_map(|entity| entity.id().unescaped().parse().ok()).collect()
}

fn nothing_named(rule: &Rule, what: &str, id: &str, help: &str) -> Diagnostic {
    problem::of_rule(codes::POLICY_SCHEMA, Severity::Warning, rule, format!("there is no {what} `{id}`")).help(help)
}

fn beyond(rule: &Rule, what: &str) -> Diagnostic {
    let message = format!("{what} is not of this product");
    let help = "policies of a product decide about that product alone; what is about others belongs to the workspace";
    problem::of_rule(codes::POLICY_ELSEWHERE, Severity::Error, rule, message).help(help)
}
