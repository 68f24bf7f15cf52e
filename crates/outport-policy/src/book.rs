//! Rules sorted by what they can be about, and what they say together.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{PolicySet, PolicySetError};
use outport_app::policy::Verdict;
use outport_model::access::Mask;

use crate::{
    mask,
    rule::Rule,
    vocabulary::{Action, Vocabulary},
};

/// Rules by what they can be about, so that a decision looks at few of them.
#[derive(Debug, Default)]
pub(crate) struct Book {
    pub(crate) by_action: BTreeMap<Action, Shelf>,
}

/// Rules about one action.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    pub(crate) firm: PolicySet,
    /// Those with `@grace`.
    pub(crate) dated: PolicySet,
}

impl Book {
    /// Sorts rules; their ids differ.
    pub(crate) fn new<'a>(
        rules: impl Iterator<Item = &'a Rule>,
        vocabulary: &Vocabulary,
    ) -> Result<Self, Box<PolicySetError>> {
        let mut book = Self::default();
        for rule in rules {
            for action in Action::ALL.into_iter().filter(|action| rule.is_about(vocabulary, *action)) {
                let shelf = book.by_action.entry(action).or_default();
                let policies = if rule.grace.is_some() { &mut shelf.dated } else { &mut shelf.firm };
                policies.add(rule.policy.clone())?;
            }
        }
        Ok(book)
    }
}

/// What the rules say to one request.
#[derive(Debug, Default)]
pub(crate) struct Tally<'a> {
    pub(crate) permits: Vec<&'a Rule>,
    pub(crate) forbids: Vec<&'a Rule>,
    /// Those that forbid, but not yet.
    pub(crate) grace: Vec<&'a Rule>,
}

impl Tally<'_> {
    pub(crate) fn allowed(&self) -> bool {
        self.forbids.is_empty() && !self.permits.is_empty()
    }

    pub(crate) fn verdict(&self) -> Verdict {
        let names = |rules: &[&Rule]| rules.iter().map(|rule| rule.name.clone()).collect();
        let allowed = self.allowed();
        Verdict {
            allowed,
            policies: names(if allowed { &self.permits } else { &self.forbids }),
            grace: if allowed { names(&self.grace) } else { BTreeSet::new() },
        }
    }
}

/// The mask of a column that is not shown in clear: what those say that forbid it, else what those say that permit it
/// masked.
pub(crate) fn mask_of(clear: &Tally<'_>, masked: &Tally<'_>) -> Mask {
    let of = |rules: &[&Rule]| mask::strictest(rules.iter().filter_map(|rule| rule.mask.as_ref())).cloned();
    of(&clear.forbids).or_else(|| of(&masked.permits)).unwrap_or(Mask::Redact)
}

/// The fewest rows of a group, where everything that permits to read asks for groups.
pub(crate) fn minimum_group(permits: &[&Rule]) -> Option<u32> {
    let least: Option<Vec<u32>> = permits.iter().map(|rule| rule.minimum_group).collect();
    least?.into_iter().min()
}
