//! Principals, ports and columns as Cedar's entities.

use cedar_policy::{
    Context, ContextCreationError, Entity, EntityAttrEvaluationError, EntityUid, PartialEntity, PartialEntityError,
    RestrictedExpression, Schema,
};
use outport_model::{
    principal::{Door, Principal, Purpose},
    product::Alignment,
};

use crate::{
    offer::{Offer, OfferedColumn, OfferedPort, OfferedTable, column_id},
    vocabulary::Vocabulary,
};

/// What is known of an entity.
pub(crate) struct Facts {
    id: EntityUid,
    attributes: Vec<(String, RestrictedExpression)>,
    parents: Vec<EntityUid>,
    tags: Vec<(String, RestrictedExpression)>,
}

impl Facts {
    fn new(id: EntityUid, parents: Vec<EntityUid>) -> Self {
        Self { id, attributes: Vec::new(), parents, tags: Vec::new() }
    }

    fn with(mut self, name: &str, value: Option<RestrictedExpression>) -> Self {
        self.attributes.extend(value.map(|value| (name.to_owned(), value)));
        self
    }

    /// As an entity.
    pub(crate) fn entity(self) -> Result<Entity, Box<EntityAttrEvaluationError>> {
        Ok(Entity::new_with_tags(self.id, self.attributes, self.parents, self.tags)?)
    }

    /// As an entity among those of which not everything is known.
    pub(crate) fn partial(self, schema: &Schema) -> Result<PartialEntity, Box<PartialEntityError>> {
        let attributes = self.attributes.into_iter().map(|(name, value)| (name.into(), value)).collect();
        let tags = self.tags.into_iter().map(|(name, value)| (name.into(), value)).collect();
        let ancestors = self.parents.into_iter().collect();
        Ok(PartialEntity::new(self.id, Some(attributes), Some(ancestors), Some(tags), schema)?)
    }
}

fn text(text: &str) -> RestrictedExpression {
    RestrictedExpression::new_string(text.to_owned())
}

fn maybe(value: Option<&String>) -> Option<RestrictedExpression> {
    value.map(|value| text(value))
}

/// A principal.
pub(crate) fn user(vocabulary: &Vocabulary, principal: &Principal) -> Facts {
    let groups = principal.groups.iter().map(|group| vocabulary.group(group.as_str())).collect();
    let mut facts = Facts::new(vocabulary.user(principal.id.as_str()), groups)
        .with("kind", Some(text(principal.kind.as_str())))
        .with("department", maybe(principal.department.as_ref()))
        .with("region", maybe(principal.region.as_ref()))
        .with("clearance", principal.clearance.map(RestrictedExpression::new_long));
    facts.tags = principal.labels.iter().map(|(name, value)| (name.clone(), text(value))).collect();
    facts
}

/// A product.
pub(crate) fn product(vocabulary: &Vocabulary, offer: &Offer) -> Facts {
    let domain = offer.domain.iter().map(|domain| vocabulary.domain(domain)).collect();
    Facts::new(vocabulary.product(offer.name.as_str()), domain)
        .with("name", Some(text(offer.name.as_str())))
        .with("domain", maybe(offer.domain.as_ref()))
        .with("alignment", offer.alignment.map(Alignment::as_str).map(text))
        .with("status", maybe(offer.status.as_ref()))
        .with("owner", maybe(offer.owner.as_ref()))
}

/// A port.
pub(crate) fn port(vocabulary: &Vocabulary, offer: &Offer, port: &OfferedPort) -> Facts {
    let product = vocabulary.product(offer.name.as_str());
    let major = i64::try_from(port.major).unwrap_or(i64::MAX);
    Facts::new(vocabulary.port(&port.id), vec![product.clone()])
        .with("name", Some(text(port.name.as_str())))
        .with("major", Some(RestrictedExpression::new_long(major)))
        .with("product", Some(RestrictedExpression::new_entity_uid(product)))
}

/// A column of a port.
pub(crate) fn column(
    vocabulary: &Vocabulary,
    offer: &Offer,
    port: &OfferedPort,
    table: &OfferedTable,
    column: &OfferedColumn,
) -> Facts {
    let product = vocabulary.product(offer.name.as_str());
    let tags = RestrictedExpression::new_set(column.tags.iter().map(|tag| text(tag)));
    Facts::new(vocabulary.column(&column_id(port, table, column)), vec![vocabulary.port(&port.id)])
        .with("name", Some(text(&column.name)))
        .with("table", Some(text(table.name.as_str())))
        .with("classification", maybe(column.classification.as_ref()))
        .with("tags", Some(tags))
        .with("product", Some(RestrictedExpression::new_entity_uid(product)))
}

/// A row of a port, of which nothing else is known.
pub(crate) fn row(vocabulary: &Vocabulary, row: EntityUid, port: &OfferedPort) -> Facts {
    Facts::new(row, vec![vocabulary.port(&port.id)])
}

/// How something is asked for. There is no time in it, because what was decided is kept for a while.
pub(crate) fn context(
    door: Door,
    purpose: Option<&Purpose>,
    agreement: bool,
) -> Result<Context, Box<ContextCreationError>> {
    let purpose = purpose.map(|purpose| ("purpose".to_owned(), text(purpose.as_str())));
    let always =
        [("door".to_owned(), text(door.as_str())), ("agreement".to_owned(), RestrictedExpression::new_bool(agreement))];
    Ok(Context::from_pairs(always.into_iter().chain(purpose))?)
}
