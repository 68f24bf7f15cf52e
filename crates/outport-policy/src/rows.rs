//! What rules about rows still ask of a row once everything else is known.
//!
//! Cedar evaluates the rules as far as it can: principal, purpose and port are known, and the values of the row are
//! not. What remains of each rule is a condition on the row alone.

use cedar_policy::{
    Context, EntityTypeName, EntityUid, PartialEntities, PartialEntity, PartialEntityError, PartialEntityUid,
    PartialRequest, PartialRequestCreationError, Policy, PolicyId, PolicySet, PolicySetError, Schema, pst, tpe_err,
};
use outport_model::{access::Condition, principal::Principal};

use crate::{
    entities,
    offer::{Offer, OfferedPort, OfferedTable},
    rule::{self, Rule},
    simplify::{self, Side},
    translate::{ROW, Translator, Untranslatable},
    vocabulary::{Action, Vocabulary, entity},
};

/// Why rules about rows could not be evaluated. None of these happens with policies that were compiled.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RowsError {
    #[error("the table has no schema: {0}")]
    Schema(String),
    #[error("two policies have the same id")]
    SameId(#[source] Box<PolicySetError>),
    #[error("the type of rows has no name")]
    Name(#[source] Box<cedar_policy::ParseErrors>),
    #[error("an entity does not fit the schema")]
    Entity(#[from] Box<PartialEntityError>),
    #[error("the entities do not fit together")]
    Entities(#[source] Box<tpe_err::EntitiesError>),
    #[error("the request does not fit the schema")]
    Request(#[source] Box<PartialRequestCreationError>),
    #[error("the policies could not be evaluated")]
    Evaluation(#[source] Box<tpe_err::TpeError>),
}

/// The rows of one table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rows<'a> {
    pub(crate) vocabulary: &'a Vocabulary,
    pub(crate) schema: &'a Schema,
    pub(crate) offer: &'a Offer,
    pub(crate) port: &'a OfferedPort,
    pub(crate) table: &'a OfferedTable,
}

/// Who asks for rows, and how.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Reader<'a> {
    /// Someone.
    Known(&'a Principal, &'a Context),
    /// Nobody in particular: for looking at rules before anyone asks.
    Anyone,
}

/// What remains of one rule.
#[derive(Debug)]
pub(crate) struct Remainder {
    /// The number of the rule.
    pub(crate) rule: usize,
    pub(crate) condition: Result<Condition, Untranslatable>,
    /// The same in Cedar.
    pub(crate) text: String,
}

/// The row that stands for each of a table.
pub(crate) fn of(table: &OfferedTable) -> Result<EntityUid, RowsError> {
    let of = table.rows.to_string().parse::<EntityTypeName>();
    let of = of.map_err(|error| RowsError::Name(Box::new(error)))?;
    Ok(entity(&of, ROW))
}

impl Rows<'_> {
    /// What remains of each rule that can still hold for a row, in the order of the rules.
    pub(crate) fn remainders<'r>(
        &self,
        rules: impl Iterator<Item = &'r Rule>,
        reader: Reader<'_>,
    ) -> Result<Vec<Remainder>, RowsError> {
        let policies = PolicySet::from_policies(rules.map(|rule| rule.policy.clone()));
        let policies = policies.map_err(|error| RowsError::SameId(Box::new(error)))?;
        let row = of(self.table)?;
        let entities = self.entities(&row, reader)?;
        let request = self.request(row.clone(), reader)?;
        let response =
            policies.tpe(&request, &entities, self.schema).map_err(|error| RowsError::Evaluation(Box::new(error)))?;
        let mut remainders: Vec<Remainder> = response
            .true_permits()
            .chain(response.true_forbids())
            // What fails to be evaluated and forbids, forbids.
            .chain(response.error_forbids())
            .filter_map(Remainder::always)
            .collect();
        let open = matches!(reader, Reader::Anyone);
        remainders.extend(response.residual_policies().filter_map(|policy| self.remainder(&policy, &row, open)));
        remainders.sort_by_key(|remainder| remainder.rule);
        Ok(remainders)
    }

    fn entities(&self, row: &EntityUid, reader: Reader<'_>) -> Result<PartialEntities, RowsError> {
        let (vocabulary, schema) = (self.vocabulary, self.schema);
        let mut all = vec![
            entities::product(vocabulary, self.offer).partial(schema)?,
            entities::port(vocabulary, self.offer, self.port).partial(schema)?,
        ];
        let port = [vocabulary.port(&self.port.id)].into_iter().collect();
        let unknown = PartialEntity::new(row.clone(), None, Some(port), None, schema).map_err(Box::new)?;
        all.push(unknown);
        if let Reader::Known(principal, _) = reader {
            all.push(entities::user(vocabulary, principal).partial(schema)?);
        }
        PartialEntities::from_partial_entities(all, schema).map_err(|error| RowsError::Entities(Box::new(error)))
    }

    fn request(&self, row: EntityUid, reader: Reader<'_>) -> Result<PartialRequest, RowsError> {
        let vocabulary = self.vocabulary;
        let (principal, context) = match reader {
            Reader::Known(principal, context) => {
                let user = vocabulary.user(principal.id.as_str());
                (PartialEntityUid::from_concrete(user), Some(context.clone()))
            }
            Reader::Anyone => (PartialEntityUid::new(vocabulary.user.clone(), None), None),
        };
        let row = PartialEntityUid::from_concrete(row);
        PartialRequest::new(principal, vocabulary.action(Action::ReadRow), row, context, self.schema)
            .map_err(|error| RowsError::Request(Box::new(error)))
    }

    fn remainder(&self, policy: &Policy, row: &EntityUid, open: bool) -> Option<Remainder> {
        let rule = rule::number(policy.id())?;
        let side = match policy.effect() {
            cedar_policy::Effect::Permit => Side::Permit,
            cedar_policy::Effect::Forbid => Side::Forbid,
        };
        let Ok(tree) = policy.to_pst() else {
            let condition = Err(Untranslatable::new("what cannot be shown"));
            return Some(Remainder { rule, condition, text: String::new() });
        };
        let translator = Translator { table: self.table, open };
        let mut conditions = Vec::new();
        let mut texts = Vec::new();
        for clause in tree.body().clauses() {
            match clause {
                pst::Clause::When(asked) => {
                    conditions.push(translator.condition(asked));
                    texts.push(asked.to_string());
                }
                pst::Clause::Unless(asked) => {
                    let negated = translator.condition(asked).map(|c| Condition::Not { condition: Box::new(c) });
                    conditions.push(negated);
                    texts.push(format!("!({asked})"));
                }
            }
        }
        let conditions: Result<Vec<_>, _> = conditions.into_iter().collect();
        let condition = conditions.map(|conditions| simplify::simplify(Condition::All { conditions }, side));
        // A quote within a text is escaped, so that the row's name cannot be part of one.
        let text = texts.join(" && ").replace(&row.to_string(), "resource");
        Some(Remainder { rule, condition, text })
    }
}

impl Remainder {
    fn always(id: &PolicyId) -> Option<Self> {
        let condition = Ok(Condition::Constant { holds: true });
        Some(Self { rule: rule::number(id)?, condition, text: "true".to_owned() })
    }
}
