//! Access policies in Cedar: who may do what with which port, and which columns and rows of its tables exist for them.
//!
//! [`CedarPolicies`] makes policies of texts, [`RememberedPolicies`] again and again; what they make decides. No other
//! crate names Cedar: others know [`outport_app::policy`] and [`outport_model::access`].
//!
//! Where to start:
//! - `schema`: what policies can speak of, and as which types ([`cedar_schema`] shows it);
//! - `rule`: one policy of a file: its name, its place, what its annotations say;
//! - `compile`: everything that can be wrong with policies is found here, not by a reader;
//! - `memo`: what was found before, so that only what has changed is looked at again;
//! - `book`: rules by what they can be about, and what several of them say together;
//! - `decide`: answers of [`outport_app::policy::Policies`];
//! - `rows`: what a rule about rows still asks of a row once principal, purpose and port are known;
//! - `translate`, `simplify`: from that to an [`outport_model::access::Condition`];
//! - `mask`: which of several masks is used.
//!
//! The codes of the problems are those of [`outport_spec::codes`].
//!
//! **Invariant**: what cannot be decided is not permitted. A `forbid` that fails to be evaluated forbids, where Cedar by
//! itself would skip it.
//!
//! **Invariant**: a policy of a product decides about that product alone, whatever it says.
//!
//! **Invariant**: the record of requests is read by those whom a policy permits that names it, and by no others (`reserved`).

mod book;
mod compile;
mod decide;
mod entities;
mod mask;
mod memo;
mod offer;
mod problem;
mod reference;
mod reserved;
mod rows;
mod rule;
mod schema;
mod simplify;
mod statement;
mod translate;
mod validate;
mod vocabulary;

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use outport_app::policy::{CompiledPolicies, PolicyCompiler, PolicyText};
use outport_model::{diagnostic::Diagnostic, name::GroupName, plan::Estate, product::Product};

use crate::memo::Memo;

/// Makes policies of texts in Cedar.
#[derive(Debug, Clone, Copy, Default)]
pub struct CedarPolicies;

impl PolicyCompiler for CedarPolicies {
    fn compile(&self, texts: &[PolicyText], products: &Estate) -> Result<CompiledPolicies, Vec<Diagnostic>> {
        compile::compile(texts, products, &mut Memo::default())
    }

    fn groups(&self, text: &PolicyText) -> BTreeSet<GroupName> {
        reference::groups(text)
    }
}

/// The same, compiling anew only what has changed: for whoever compiles again and again. What it makes is what
/// [`CedarPolicies`] would make.
#[derive(Debug, Default)]
pub struct RememberedPolicies {
    memo: Mutex<Memo>,
}

impl PolicyCompiler for RememberedPolicies {
    fn compile(&self, texts: &[PolicyText], products: &Estate) -> Result<CompiledPolicies, Vec<Diagnostic>> {
        compile::compile(texts, products, &mut self.memo.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn groups(&self, text: &PolicyText) -> BTreeSet<GroupName> {
        reference::groups(text)
    }
}

/// What policies can speak of where a product is concerned, as a Cedar schema for people and editors; `None` where a
/// name of the product cannot be written there.
pub fn cedar_schema(product: &Product) -> Option<String> {
    schema::text(&offer::Offer::new(product))
}
