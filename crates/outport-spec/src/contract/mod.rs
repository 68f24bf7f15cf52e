//! From an ODCS document to what a port promises: tables, exact types, and every check that the document asks for.

mod data_type;
mod draft;
mod implied;
mod key;
mod nested;
mod pattern;
mod placeholder;
mod quality;
mod reference;
mod service_level;
mod terms;
mod threshold;

use std::collections::{BTreeMap, BTreeSet};

use outport_model::{
    check::Check,
    contract::{Column, Contract, ContractId, TableSchema, Version},
    diagnostic::{Code, Diagnostic},
};
use serde_json::Value;

use self::{quality::Subject, reference::Objects};
use crate::{codes, document::Document, node::Node};

/// Codes that are warnings for a document by itself, because published documents have such gaps and their rows can be
/// read all the same, but errors for the contract of a port, which must say what it promises.
pub(crate) const STRICT: [Code; 2] = [codes::ARRAY_WITHOUT_ITEMS, codes::DANGLING_REFERENCE];

/// Reads what a contract promises. `resolved` is the document's value with its variables filled in, `file` the
/// document's path relative to its bundle.
///
/// All that can be understood is, so that all problems are told at once; the contract is `None` where the document
/// has no usable `id` or `version`. Whoever needs a correct contract has to look for errors among the diagnostics.
pub fn compile(document: &Document, resolved: &Value, file: &str) -> (Option<Contract>, Vec<Diagnostic>) {
    let root = Node::root(document, resolved);
    let mut diagnostics = Vec::new();
    let objects = Objects::new(&root);
    let list = root.list("schema");
    demand_distinct("object", &list, &mut diagnostics);
    let mut tables: Vec<_> = list.iter().filter_map(|object| table(object, &objects, &mut diagnostics)).collect();
    for check in service_level::checks(&root, &objects, &mut diagnostics) {
        if let Some(table) = tables.iter_mut().find(|table| table.name == check.table) {
            table.checks.push(check);
        }
    }
    make_ids_unique(&mut tables);
    let contract = header(&root, file, &mut diagnostics).map(|header| Contract { tables, ..header });
    (contract, diagnostics)
}

fn header(root: &Node<'_>, file: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<Contract> {
    let version = version(&root.get("version")?, diagnostics);
    Some(Contract {
        id: ContractId::new(root.text("id").filter(|id| !id.is_empty())?),
        version: version?,
        name: root.string("name"),
        file: file.to_owned(),
        description: description(root),
        approvers: approvers(root),
        terms: terms::terms(root),
        tables: Vec::new(),
    })
}

/// ODCS gives approvers as one text; several are written with commas between them.
fn approvers(root: &Node<'_>) -> BTreeSet<String> {
    let levels = ["firstLevelApprovers", "secondLevelApprovers"];
    let texts = root.list("roles").into_iter().flat_map(|role| levels.map(|level| role.string(level))).flatten();
    let names = texts.flat_map(|text| text.split(',').map(|name| name.trim().to_owned()).collect::<Vec<_>>());
    names.filter(|name| !name.is_empty()).collect()
}

/// The version at a node, which has to be a semantic one.
pub(crate) fn version(node: &Node<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<Version> {
    let text = node.as_text()?;
    let version = text.parse().ok();
    if version.is_none() {
        diagnostics.push(
            node.error(codes::VERSION, format!("`{text}` is not a semantic version"))
                .help("write `major.minor.patch`, for example `1.0.0`"),
        );
    }
    version
}

fn description(root: &Node<'_>) -> Option<String> {
    let description = root.get("description")?;
    let text = description.as_text().map(str::to_owned);
    text.or_else(|| ["purpose", "usage", "limitations"].iter().find_map(|key| description.string(key)))
}

fn table(object: &Node<'_>, objects: &Objects<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<TableSchema> {
    let name = object.string("name")?;
    let properties = object.list("properties");
    demand_distinct("property", &properties, diagnostics);
    let key = key::positions(&properties, diagnostics);
    let columns: Vec<_> = properties
        .iter()
        .zip(&key)
        .filter_map(|(property, position)| column(property, *position, diagnostics))
        .collect();
    let mut table = TableSchema { description: object.string("description"), columns, checks: Vec::new(), name };
    table.checks = checks(&table, object, objects, diagnostics);
    Some(table)
}

fn column(property: &Node<'_>, primary_key: Option<u32>, diagnostics: &mut Vec<Diagnostic>) -> Option<Column> {
    Some(Column {
        name: property.string("name")?,
        data_type: data_type::data_type(property, diagnostics),
        nullable: !property.flag("required") && primary_key.is_none(),
        primary_key,
        unique: property.flag("unique"),
        description: property.string("description"),
        classification: property.string("classification"),
        tags: property.texts("tags"),
        deprecated: property.flag("deprecated"),
    })
}

fn checks(
    table: &TableSchema,
    object: &Node<'_>,
    objects: &Objects<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Check> {
    let names: Vec<_> = table.columns.iter().map(|column| column.name.clone()).collect();
    let subject = |column| Subject { table: &table.name, column, columns: &names };
    let key: Vec<_> = table.primary_key().into_iter().map(|column| column.name.clone()).collect();
    let mut checks: Vec<_> = key::check_of(&table.name, &key, object).into_iter().collect();
    for property in object.list("properties") {
        let Some(column) = property.text("name").and_then(|name| table.column(name)) else { continue };
        let sole_key = key == [column.name.as_str()];
        checks.extend(implied::checks(&table.name, column, sole_key, &property, diagnostics));
        checks.extend(quality::checks(&subject(Some(&column.name)), &property, diagnostics));
        nested::report(&property, diagnostics);
    }
    checks.extend(quality::checks(&subject(None), object, diagnostics));
    checks.extend(objects.checks(&table.name, object, diagnostics));
    checks
}

/// Reports names (ignoring case) and ids that two of `nodes` share.
fn demand_distinct(what: &str, nodes: &[Node<'_>], diagnostics: &mut Vec<Diagnostic>) {
    for (key, code) in [("name", codes::DUPLICATE_NAME), ("id", codes::DUPLICATE_ID)] {
        let mut seen: BTreeMap<String, &str> = BTreeMap::new();
        for node in nodes.iter().filter_map(|node| node.get(key)) {
            let Some(text) = node.as_text() else { continue };
            let folded = if key == "name" { text.to_lowercase() } else { text.to_owned() };
            if let Some(first) = seen.insert(folded, text) {
                let message = format!("the {key} `{text}` is taken by another {what}");
                let mut diagnostic =
                    node.error(code.clone(), message).help(format!("{key}s are unique: change one of the two"));
                if first != text {
                    diagnostic = diagnostic.label(format!("differs from `{first}` only in case"));
                }
                diagnostics.push(diagnostic);
            }
        }
    }
}

/// A rule's own id stands alone where it is unique in the contract; else it gets its table and column before it.
fn make_ids_unique(tables: &mut [TableSchema]) {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for check in tables.iter().flat_map(|table| &table.checks) {
        *counts.entry(check.id.clone()).or_default() += 1;
    }
    for check in tables.iter_mut().flat_map(|table| &mut table.checks) {
        let shared = counts.get(&check.id).is_some_and(|count| *count > 1);
        if shared && !check.id.contains('.') {
            let column = check.column.as_ref().map(|column| format!("{column}.")).unwrap_or_default();
            check.id = format!("{}.{column}{}", check.table, check.id);
        }
    }
    draft::number_ids(tables.iter_mut().flat_map(|table| &mut table.checks));
}
