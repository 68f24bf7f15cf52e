//! What was found before, so that only what has changed is looked at again.
//!
//! What is wrong with the policies of a product depends on what it offers, on its own rules, on those of the workspace that
//! can be about it, and on which other types of rows these name. As long as all of that is the same, so is what is wrong,
//! and the schema that its rows are decided with.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, OnceLock},
};

use cedar_policy::Schema;
use outport_app::policy::{CompiledPolicies, PolicyOwner, PolicyText};
use outport_model::name::ProductName;

use crate::{
    offer::{Offer, RowType},
    validate::Found,
};

/// A schema that is made when it is needed first.
pub(crate) type LateSchema = Arc<OnceLock<Result<Schema, String>>>;

/// What was found before.
#[derive(Debug, Default)]
pub(crate) struct Memo {
    texts: BTreeMap<(PolicyOwner, String), Arc<PolicyText>>,
    products: BTreeMap<ProductName, Kept>,
    whole: Option<Whole>,
}

/// What was found of one product.
#[derive(Debug)]
struct Kept {
    offer: Arc<Offer>,
    looked: Option<Arc<Looked>>,
    schema: Option<(BTreeSet<RowType>, LateSchema)>,
}

/// What the rules that were looked at together are.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    /// Each by its file and its place among the policies of it.
    pub(crate) rules: Vec<(Arc<PolicyText>, usize)>,
    /// The types of rows of other products that they name.
    pub(crate) others: BTreeSet<RowType>,
}

/// What was found of rules; they are numbered as in [`Asked`].
#[derive(Debug)]
pub(crate) struct Looked {
    pub(crate) asked: Asked,
    pub(crate) found: Found,
}

/// The policies that everything together made.
#[derive(Debug)]
struct Whole {
    texts: Vec<Arc<PolicyText>>,
    offers: BTreeMap<ProductName, Arc<Offer>>,
    compiled: CompiledPolicies,
}

impl Memo {
    /// The same text as before, where it is the same.
    pub(crate) fn text(&mut self, text: &PolicyText) -> Arc<PolicyText> {
        let key = (text.owner.clone(), text.file.clone());
        match self.texts.get(&key) {
            Some(known) if **known == *text => Arc::clone(known),
            _ => {
                let new = Arc::new(text.clone());
                self.texts.insert(key, Arc::clone(&new));
                new
            }
        }
    }

    /// The same offer as before, where it is the same; what was found of another one is forgotten.
    pub(crate) fn offer(&mut self, offer: Offer) -> Arc<Offer> {
        match self.products.get(&offer.name) {
            Some(kept) if *kept.offer == offer => Arc::clone(&kept.offer),
            _ => {
                let offer = Arc::new(offer);
                let kept = Kept { offer: Arc::clone(&offer), looked: None, schema: None };
                self.products.insert(offer.name.clone(), kept);
                offer
            }
        }
    }

    /// What was found of these rules with this offer.
    pub(crate) fn looked(&self, offer: &Offer, asked: &Asked) -> Option<Arc<Looked>> {
        let kept = self.products.get(&offer.name).filter(|kept| *kept.offer == *offer)?;
        kept.looked.clone().filter(|looked| looked.asked == *asked)
    }

    /// Keeps what was found of rules with this offer.
    pub(crate) fn keep(&mut self, offer: &Offer, asked: Asked, found: Found) -> Arc<Looked> {
        let looked = Arc::new(Looked { asked, found });
        if let Some(kept) = self.products.get_mut(&offer.name).filter(|kept| *kept.offer == *offer) {
            kept.looked = Some(Arc::clone(&looked));
        }
        looked
    }

    /// The schema of what is offered, in which these other types of rows are known by name.
    pub(crate) fn schema(&mut self, offer: &Offer, others: &BTreeSet<RowType>) -> LateSchema {
        let Some(kept) = self.products.get_mut(&offer.name).filter(|kept| *kept.offer == *offer) else {
            return LateSchema::default();
        };
        match &kept.schema {
            Some((known, schema)) if known == others => Arc::clone(schema),
            _ => {
                let schema = LateSchema::default();
                kept.schema = Some((others.clone(), Arc::clone(&schema)));
                schema
            }
        }
    }

    /// The policies of exactly these texts and offers.
    pub(crate) fn whole(
        &self,
        texts: &[Arc<PolicyText>],
        offers: &BTreeMap<ProductName, Arc<Offer>>,
    ) -> Option<CompiledPolicies> {
        let whole = self.whole.as_ref().filter(|whole| whole.texts == texts && whole.offers == *offers)?;
        Some(whole.compiled.clone())
    }

    /// Keeps the policies of these texts and offers.
    pub(crate) fn keep_whole(
        &mut self,
        texts: Vec<Arc<PolicyText>>,
        offers: BTreeMap<ProductName, Arc<Offer>>,
        compiled: CompiledPolicies,
    ) {
        self.whole = Some(Whole { texts, offers, compiled });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(name: &str, status: &str) -> Offer {
        Offer {
            name: name.parse().unwrap(),
            domain: None,
            alignment: None,
            status: Some(status.to_owned()),
            owner: None,
            ports: Vec::new(),
        }
    }

    fn asked(memo: &mut Memo, rule: &str) -> Asked {
        let text = PolicyText { owner: PolicyOwner::Workspace, file: "a.cedar".to_owned(), text: rule.to_owned() };
        Asked { rules: vec![(memo.text(&text), 0)], others: BTreeSet::new() }
    }

    #[test]
    fn what_was_found_is_kept_for_the_same_rules_and_the_same_offer() {
        let mut memo = Memo::default();
        let (first, other) = (memo.offer(offer("a", "active")), memo.offer(offer("b", "active")));
        let rules = asked(&mut memo, "one");
        let kept = memo.keep(&first, rules, Found::default());
        let again = asked(&mut memo, "one");
        assert!(Arc::ptr_eq(&memo.looked(&first, &again).unwrap(), &kept));
        assert!(memo.looked(&other, &again).is_none(), "of another product");
        let changed = asked(&mut memo, "two");
        assert!(memo.looked(&first, &changed).is_none(), "other rules");

        assert!(Arc::ptr_eq(&memo.offer(offer("a", "active")), &first));
        let retired = memo.offer(offer("a", "retired"));
        assert!(memo.looked(&retired, &again).is_none(), "another offer");
    }

    #[test]
    fn a_schema_is_kept_for_the_same_offer_and_the_same_types_of_others() {
        let mut memo = Memo::default();
        let (first, none) = (memo.offer(offer("a", "active")), BTreeSet::new());
        let others = BTreeSet::from([RowType { namespace: "b".to_owned(), name: "t".to_owned() }]);
        let schema = memo.schema(&first, &none);
        assert!(Arc::ptr_eq(&memo.schema(&first, &none), &schema));
        assert!(!Arc::ptr_eq(&memo.schema(&first, &others), &schema));
    }
}
