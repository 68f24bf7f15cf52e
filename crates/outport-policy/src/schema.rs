//! What policies can speak of, as a Cedar schema.
//!
//! Each product has a schema of its own: the types that all share, and one type for the rows of each of its tables. A
//! schema of everything would have to be made anew with each product that changes.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{Schema, SchemaError, SchemaFragment};
use serde_json::{Map, Value, json};

use crate::{
    offer::{Kind, Offer, OfferedTable, RowType},
    vocabulary::{ANY_ROW, Action},
};

/// The schema of a product, in which `others`, types of rows of other products, are known by name.
pub(crate) fn of_product(offer: &Offer, others: &BTreeSet<RowType>) -> Result<Schema, Box<SchemaError>> {
    Ok(Schema::from_json_value(json(offer, others))?)
}

/// The schema of a workspace without products. There is one type of rows, which have no columns, so that what is said
/// of rows can be looked at.
pub(crate) fn of_workspace(others: &BTreeSet<RowType>) -> Result<Schema, Box<SchemaError>> {
    let mut namespaces = rows(&[], others);
    namespaces.insert(String::new(), shared(&[ANY_ROW.to_owned()]));
    Ok(Schema::from_json_value(Value::Object(namespaces))?)
}

/// The schema of a product as text.
pub(crate) fn text(offer: &Offer) -> Option<String> {
    SchemaFragment::from_json_value(json(offer, &BTreeSet::new())).ok()?.to_cedarschema().ok()
}

fn json(offer: &Offer, others: &BTreeSet<RowType>) -> Value {
    let tables: Vec<&OfferedTable> = offer.tables().map(|(_, table)| table).collect();
    let types: Vec<String> = if tables.is_empty() {
        vec![ANY_ROW.to_owned()]
    } else {
        tables.iter().map(|table| table.rows.to_string()).collect()
    };
    let mut namespaces = rows(&tables, others);
    namespaces.insert(String::new(), shared(&types));
    Value::Object(namespaces)
}

/// The types of rows, by their namespaces.
fn rows(tables: &[&OfferedTable], others: &BTreeSet<RowType>) -> Map<String, Value> {
    let mut types: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for other in others {
        let entity = json!({"memberOfTypes": ["Port"]});
        types.entry(&other.namespace).or_default().insert(other.name.clone(), entity);
    }
    for table in tables {
        types.entry(&table.rows.namespace).or_default().insert(table.rows.name.clone(), row(table));
    }
    let namespace = |types| json!({"entityTypes": Value::Object(types), "actions": {}});
    types.into_iter().map(|(name, types)| (name.to_owned(), namespace(types))).collect()
}

fn row(table: &OfferedTable) -> Value {
    let usable = table.columns.iter().filter_map(|column| Some((column, column.kind?)));
    let attributes: Map<String, Value> =
        usable.map(|(column, kind)| (column.name.clone(), attribute(column_type(kind), !column.nullable))).collect();
    json!({"memberOfTypes": ["Port"], "shape": {"type": "Record", "attributes": attributes}})
}

fn column_type(kind: Kind) -> Value {
    match kind {
        Kind::Text => json!({"type": "String"}),
        Kind::Boolean => json!({"type": "Boolean"}),
        Kind::Integer => json!({"type": "Long"}),
        Kind::Decimal => json!({"type": "Extension", "name": "decimal"}),
        Kind::Date | Kind::Moment { .. } => json!({"type": "Extension", "name": "datetime"}),
        Kind::Texts => json!({"type": "Set", "element": {"type": "String"}}),
    }
}

fn attribute(mut of: Value, required: bool) -> Value {
    of["required"] = Value::Bool(required);
    of
}

/// The types that all products share, and the actions; `rows` are the types of rows.
fn shared(rows: &[String]) -> Value {
    let text = || attribute(json!({"type": "String"}), true);
    let maybe = || attribute(json!({"type": "String"}), false);
    let entity = |parents: &[&str], attributes: Value| json!({"memberOfTypes": parents, "shape": {"type": "Record", "attributes": attributes}});
    let mut user = entity(
        &["Group"],
        json!({
            "kind": text(), "department": maybe(), "region": maybe(),
            "clearance": attribute(json!({"type": "Long"}), false),
        }),
    );
    user["tags"] = json!({"type": "String"});
    let product = || attribute(json!({"type": "Entity", "name": "Product"}), true);
    let tags = attribute(json!({"type": "Set", "element": {"type": "String"}}), true);
    let mut types = json!({
        "Group": {},
        "User": user,
        "Domain": {},
        "Product": entity(&["Domain"], json!({
            "name": text(), "alignment": maybe(), "status": maybe(), "owner": maybe(), "domain": maybe(),
        })),
        "Port": entity(&["Product"], json!({
            "name": text(), "major": attribute(json!({"type": "Long"}), true), "product": product(),
        })),
        "Column": entity(&["Port"], json!({
            "name": text(), "table": text(), "classification": maybe(), "tags": tags, "product": product(),
        })),
        "Workspace": {},
    });
    if rows.iter().any(|name| name == ANY_ROW) {
        types[ANY_ROW] = json!({"memberOfTypes": ["Port"]});
    }
    let actions: Map<String, Value> =
        Action::ALL.into_iter().map(|action| (action.as_str().to_owned(), action_of(action, rows))).collect();
    json!({"entityTypes": types, "actions": actions})
}

fn action_of(action: Action, rows: &[String]) -> Value {
    let resources = match action {
        Action::Port(_) => json!(["Port"]),
        Action::ReadColumn | Action::ReadMasked => json!(["Column"]),
        Action::ReadRow => json!(rows),
        Action::Administer => json!(["Workspace"]),
    };
    let groups = if action.is_part_of_reading() { json!([{"id": "read"}]) } else { json!([]) };
    let context = json!({
        "type": "Record",
        "attributes": {
            "door": attribute(json!({"type": "String"}), true),
            "purpose": attribute(json!({"type": "String"}), false),
            "agreement": attribute(json!({"type": "Boolean"}), true),
        },
    });
    json!({
        "memberOf": groups,
        "appliesTo": {"principalTypes": ["User"], "resourceTypes": resources, "context": context},
    })
}
