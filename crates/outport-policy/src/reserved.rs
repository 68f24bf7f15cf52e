//! What Outport offers itself: a policy of the workspace permits to read it only where it names it.
//!
//! The record of requests tells what everyone asks, and more of what went wrong than whoever asked was told. Who permits
//! "everything" means the data products of the workspace. What is forbidden everywhere is forbidden here too.

use cedar_policy::{EntityUid, ResourceConstraint};

use crate::{offer::Offer, reference::Names, rule::Rule};

/// Whether a rule of the workspace decides about a product, as far as its name matters.
pub(crate) fn reaches(rule: &Rule, offer: &Offer, names: &Names) -> bool {
    !offer.name.is_reserved() || rule.is_built_in() || rule.is_forbid() || is_named(rule, offer, names)
}

/// Whether a rule has to fit the tables of a product. Those of a reserved name are always there, and what is forbidden
/// everywhere need not fit them before someone may read them: until then it keeps back rows that nobody sees.
pub(crate) fn must_fit(rule: &Rule, offer: &Offer, names: &Names, rules: &[Rule]) -> bool {
    if !offer.name.is_reserved() || is_named(rule, offer, names) {
        return true;
    }
    rule.is_forbid() && rules.iter().any(|other| !other.is_forbid() && is_named(other, offer, names))
}

/// Whether the head of a rule names a product, one of its ports or columns, or the rows of one of its tables.
fn is_named(rule: &Rule, offer: &Offer, names: &Names) -> bool {
    let is_rows = |of: String| names.is_of(&of, &offer.name) == Some(true);
    match rule.policy.resource_constraint() {
        ResourceConstraint::Any => false,
        ResourceConstraint::Eq(entity) | ResourceConstraint::In(entity) => is_within(&entity, offer),
        ResourceConstraint::Is(of) => is_rows(of.to_string()),
        ResourceConstraint::IsIn(of, parent) => is_rows(of.to_string()) || is_within(&parent, offer),
    }
}

fn is_within(entity: &EntityUid, offer: &Offer) -> bool {
    let id = entity.id().unescaped();
    match entity.type_name().to_string().as_str() {
        "Product" => id == offer.name.as_str(),
        "Port" | "Column" => id.split('/').next() == Some(offer.name.as_str()),
        _ => false,
    }
}
