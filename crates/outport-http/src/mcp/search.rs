//! Finds products by words.

use std::collections::BTreeSet;

use outport_app::gate::DiscoveredProduct;
use serde_json::{Value, json};

use super::known::{Known, sql_name, summary};

/// The products in which every word is found, those that say it more plainly first.
pub(super) fn search(known: &Known, query: &str, limit: usize) -> Value {
    let words: Vec<String> = query.split_whitespace().map(str::to_lowercase).collect();
    let mut hits: Vec<(u32, &DiscoveredProduct, BTreeSet<String>)> = Vec::new();
    for product in known.products() {
        let texts = texts(known, product);
        let mut found = BTreeSet::new();
        let scores = words.iter().map(|word| score(&texts, word, &mut found)).collect::<Option<Vec<u32>>>();
        if let Some(scores) = scores {
            hits.push((scores.iter().sum(), product, found));
        }
    }
    // Products come by name, which stays the order of those that say it as plainly.
    hits.sort_by_key(|(score, ..)| std::cmp::Reverse(*score));
    let total = hits.len();
    let products: Vec<Value> =
        hits.into_iter().take(limit).map(|(_, product, found)| hit(known, product, &found)).collect();
    json!({ "total": total, "products": products })
}

/// A text of a product: where it stands, how much a word in it says, and what it says.
struct Text {
    place: String,
    weight: u32,
    text: String,
}

fn texts(known: &Known, product: &DiscoveredProduct) -> Vec<Text> {
    let mut texts = Vec::new();
    let mut add = |place: String, weight: u32, text: Option<&str>| {
        texts.extend(text.map(|text| Text { place, weight, text: text.to_lowercase() }));
    };
    add("name".to_owned(), 8, Some(product.name.as_str()));
    add("title".to_owned(), 8, product.title.as_deref());
    add("purpose".to_owned(), 4, product.purpose.as_deref());
    add("domain".to_owned(), 2, product.domain.as_deref());
    add("owner".to_owned(), 1, product.owner.as_deref());
    for port in &product.ports {
        let version = &port.version;
        add(format!("port {}", version.port), 4, Some(version.port.as_str()));
        add(format!("port {}", version.port), 3, port.contract.description.as_deref());
        for table in known.tables(product, port) {
            let name = sql_name(&product.name, table.name);
            add(format!("table {name}"), 4, Some(table.name.as_str()));
            add(format!("table {name}"), 3, table.schema.description.as_deref());
            for column in table.columns.iter().map(|known| known.column) {
                let place = format!("column {name}.{}", column.name);
                add(place.clone(), 3, Some(&column.name));
                add(place.clone(), 2, column.description.as_deref());
                for tag in &column.tags {
                    add(place.clone(), 1, Some(tag));
                }
            }
        }
    }
    texts
}

/// How plainly the texts say a word; `None` where none does.
fn score(texts: &[Text], word: &str, found: &mut BTreeSet<String>) -> Option<u32> {
    let hits: Vec<&Text> = texts.iter().filter(|text| text.text.contains(word)).collect();
    found.extend(hits.iter().map(|text| text.place.clone()));
    hits.iter().map(|text| text.weight).max()
}

fn hit(known: &Known, product: &DiscoveredProduct, found: &BTreeSet<String>) -> Value {
    let ports: Vec<Value> = product
        .ports
        .iter()
        .map(|port| {
            let tables = known.tables(product, port);
            json!({
                "address": known.address(product, port),
                "port": port.version.port,
                "version": port.contract.version.to_string(),
                "readable": port.readable,
                "tables": tables.iter().map(|table| sql_name(&product.name, table.name)).collect::<Vec<_>>(),
            })
        })
        .collect();
    let mut said = summary(product);
    said.insert("ports".to_owned(), Value::Array(ports));
    said.insert("found".to_owned(), json!(found));
    Value::Object(said)
}
