//! Typed documents lose nothing, whatever a valid document holds.

use outport_spec::{Document, oaas::AccessAgreement, odcs::DataContract, odps::DataProduct, schema, write};
use proptest::prelude::*;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

use crate::{
    render::{examples, render},
    values,
};

/// Typed and back, and written as text and back.
fn round_trip<T: DeserializeOwned + Serialize>(document: &Document) -> T {
    assert_eq!(render(&schema::validate(document)), "", "{}", write::yaml(document.value()));
    let typed: T = document.typed().unwrap_or_else(|problem| panic!("{}", render(&problem)));
    assert_eq!(&serde_json::to_value(&typed).unwrap(), document.value());
    let written = Document::parse("written", write::document(&typed).unwrap()).unwrap();
    assert_eq!(written.value(), document.value());
    typed
}

#[test]
fn published_examples_lose_nothing() {
    for (file, text) in examples() {
        round_trip::<DataContract>(&Document::parse(file, text).unwrap());
    }
}

#[test]
fn a_contract_with_every_key_loses_nothing() {
    let document = Document::parse("contract", include_str!("contract.odcs.yaml")).unwrap();
    let contract = round_trip::<DataContract>(&document);
    // A key that only `other` holds is one that the types do not know.
    let unknown = unknown_keys(&format!("{contract:?}"));
    assert_eq!(unknown, 1, "only `description.audience` is no key of the standard");
}

#[test]
fn a_product_with_every_key_loses_nothing() {
    let document = Document::parse("product", include_str!("product.odps.yaml")).unwrap();
    let product = round_trip::<DataProduct>(&document);
    assert_eq!(unknown_keys(&format!("{product:?}")), 0);
}

/// How many blocks hold keys that the types do not name, seen in their debug text.
fn unknown_keys(debug: &str) -> usize {
    debug.matches("other: {").count() - debug.matches("other: {}").count()
}

#[test]
fn members_without_a_team_stay_a_list() {
    let text = "apiVersion: v3.0.2\nkind: DataContract\nid: a\nversion: 1.0.0\nstatus: draft\nteam: [{username: x, role: owner}]\n";
    let contract = round_trip::<DataContract>(&Document::parse("contract", text).unwrap());
    assert_eq!(contract.team.unwrap().members()[0].username, "x");
}

#[test]
fn keys_of_nobody_are_kept() {
    let value =
        json!({"apiVersion": "v9", "kind": "DataProduct", "id": "a", "zzz": {"a": null}, "team": {"leader": 1}});
    let product: DataProduct = serde_json::from_value(value.clone()).unwrap();
    assert_eq!(serde_json::to_value(&product).unwrap(), value);
}

/// Values that fit a schema of the standards, for the keywords that they use.
fn fitting(root: &'static Value, schema: &'static Value, depth: u32) -> BoxedStrategy<Value> {
    if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
        let target = root.pointer(target.trim_start_matches('#')).unwrap();
        if target.get("properties").is_none() {
            return fitting(root, target, depth);
        }
    }
    if let Some(options) = schema.get("enum").and_then(Value::as_array) {
        return prop::sample::select(options.as_slice()).boxed();
    }
    if let Some(pattern) = schema.get("pattern").and_then(Value::as_str) {
        let texts = ["abc", "ab.cd", "schema/a/properties/b", "sftp://x/y"];
        let expression = regex::Regex::new(pattern).unwrap();
        let text = texts.into_iter().find(|text| expression.is_match(text)).unwrap();
        return Just(json!(text)).boxed();
    }
    for keyword in ["oneOf", "anyOf"] {
        let branches = schema.get(keyword).and_then(Value::as_array);
        if let Some(branches) = branches.filter(|_| schema.get("type").is_none()) {
            let branches: Vec<_> = branches.iter().map(|branch| fitting(root, branch, depth)).collect();
            return prop::strategy::Union::new(branches).boxed();
        }
    }
    let kinds = match schema.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(kind)) => vec![kind.as_str()],
        _ if schema.get("properties").is_some() || schema.get("$ref").is_some() => vec!["object"],
        _ => return values::value().boxed(),
    };
    let each: Vec<_> = kinds.into_iter().map(|kind| of_type(root, schema, kind, depth)).collect();
    prop::strategy::Union::new(each).boxed()
}

fn of_type(root: &'static Value, schema: &'static Value, kind: &str, depth: u32) -> BoxedStrategy<Value> {
    match kind {
        "string" => values::text().prop_map(Value::from).boxed(),
        "boolean" => any::<bool>().prop_map(Value::from).boxed(),
        "integer" => (1..1000_i64).prop_map(Value::from).boxed(),
        "number" => prop_oneof![(1..1000_i64).prop_map(Value::from), (0.5..9.5).prop_map(|n: f64| json!(n))].boxed(),
        "null" => Just(Value::Null).boxed(),
        "array" => {
            let least = schema.get("minItems").and_then(Value::as_u64).unwrap_or(0);
            let most = if depth == 0 { least } else { least.max(1) + schema.get("maxItems").map_or(1, |_| 0) };
            let range = usize::try_from(least).unwrap()..=usize::try_from(most).unwrap();
            let item = schema.get("items").unwrap_or(&Value::Null);
            prop::collection::vec(fitting(root, item, depth.saturating_sub(1)), range).prop_map(Value::from).boxed()
        }
        _ => object(root, schema, depth),
    }
}

/// An object with the required and some optional keys of a schema and of what it is made from.
fn object(root: &'static Value, schema: &'static Value, depth: u32) -> BoxedStrategy<Value> {
    let (mut properties, mut required) = (Vec::new(), Vec::new());
    gather(root, schema, &mut properties, &mut required);
    let free = properties.is_empty();
    let members: Vec<_> = properties
        .into_iter()
        .map(|(key, schema)| {
            if !required.contains(&key) && depth == 0 {
                return Just(None).boxed();
            }
            let member = fitting(root, schema, depth.saturating_sub(1)).prop_map(move |value| (key.to_owned(), value));
            if required.contains(&key) {
                member.prop_map(Some).boxed()
            } else {
                prop::option::weighted(0.25, member).boxed()
            }
        })
        .collect();
    if free {
        return prop::collection::vec((values::text(), values::value()), 0..3)
            .prop_map(|members| Value::Object(members.into_iter().collect()))
            .boxed();
    }
    members.prop_map(|members| Value::Object(members.into_iter().flatten().collect::<Map<_, _>>())).boxed()
}

fn gather(
    root: &'static Value,
    schema: &'static Value,
    properties: &mut Vec<(&'static str, &'static Value)>,
    required: &mut Vec<&'static str>,
) {
    for (key, schema) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        // Their form depends on the logical type; the document with every key has them.
        if !["logicalTypeOptions", "items", "map"].contains(&key.as_str()) {
            properties.push((key, schema));
        }
    }
    required.extend(schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str));
    if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
        gather(root, root.pointer(target.trim_start_matches('#')).unwrap(), properties, required);
    }
    for part in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
        gather(root, part, properties, required);
    }
}

/// Fills in what only the other keys of an object decide: operators, arguments of types.
fn complete(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(complete),
        Value::Object(members) => {
            members.values_mut().for_each(complete);
            match members.get("logicalType").and_then(Value::as_str) {
                Some("map") => {
                    members.insert("map".to_owned(), json!({"key": {"logicalType": "string"}, "value": {}}));
                }
                Some("vector") => {
                    members.insert("logicalTypeOptions".to_owned(), json!({"dimensions": 3}));
                }
                _ => {}
            }
        }
        _ => {}
    }
}

fn documents(release: schema::Release, version: &'static str) -> impl Strategy<Value = Document> {
    let root = release.schema();
    fitting(root, root, 5).prop_filter_map("valid", move |mut value| {
        value["apiVersion"] = json!(version);
        complete(&mut value);
        let document = Document::parse("random", write::yaml(&value)).unwrap();
        assert_eq!(document.value(), &value);
        schema::validate(&document).is_empty().then_some(document)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, max_global_rejects: 20_000, max_local_rejects: 100_000, ..ProptestConfig::default() })]

    #[test]
    fn random_products_lose_nothing(document in documents(schema::Release::Odps11, "v1.1.0")) {
        round_trip::<DataProduct>(&document);
    }

    #[test]
    fn random_contracts_lose_nothing(document in documents(schema::Release::Odcs32, "v3.2.0")) {
        round_trip::<DataContract>(&document);
    }

    #[test]
    fn random_agreements_lose_nothing(document in documents(schema::Release::Oaas09, "v0.9.0")) {
        round_trip::<AccessAgreement>(&document);
    }
}
