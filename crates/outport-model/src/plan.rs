//! From the recorded intent to the desired one: what changes, what is rebuilt, and who is affected.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    contract::Version,
    diff::{self, ContractChange, ContractChangeKind, Step},
    fingerprint::Fingerprint,
    lineage::ModelLineage,
    name::{PortName, ProductName, TableName, WorkspaceName},
    product::{Materialization, OnViolation, Product},
    source::Source,
};

/// A product whose models have been planned against the contracts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CompiledProduct {
    /// The product.
    pub product: Product,
    /// What compiling each model gave.
    pub models: BTreeMap<TableName, CompiledModel>,
    /// For each input port a fingerprint over the schema and the checks that guard it.
    pub inputs: BTreeMap<PortName, Fingerprint>,
}

impl CompiledProduct {
    /// The stored tables of this product, each with the fingerprint that names it: models that are tables, and what
    /// input contracts hold back.
    pub fn stored_tables(&self) -> BTreeMap<TableName, Fingerprint> {
        let stored = |name: &TableName| {
            self.product.model(name.as_str()).is_some_and(|m| m.materialization == Materialization::Table)
        };
        let models = self.models.iter().filter(|(name, _)| stored(name));
        models.map(|(name, model)| (name.clone(), model.fingerprint.clone())).chain(self.quarantines()).collect()
    }

    /// The path of a stored table, relative to the warehouse.
    pub fn path(&self, table: &TableName, fingerprint: &Fingerprint) -> String {
        format!("{}/{}-{}", self.product.name, table.sql(), fingerprint.short())
    }

    fn quarantines(&self) -> impl Iterator<Item = (TableName, Fingerprint)> {
        self.product.inputs.iter().filter(|i| i.on_violation == OnViolation::Quarantine).filter_map(|input| {
            let fingerprint = self.inputs.get(&input.name)?;
            Some((input.quarantine(), Fingerprint::of("quarantine").part("input", fingerprint.as_str()).finish()))
        })
    }
}

/// What compiling one model gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CompiledModel {
    /// Names the stored table: over the code, its parameters, the result's schema and everything upstream.
    pub fingerprint: Fingerprint,
    /// Where its columns come from.
    pub lineage: ModelLineage,
    /// The models of the same product that it reads, directly.
    pub reads: BTreeSet<TableName>,
    /// The input ports that it reads, directly.
    pub inputs: BTreeSet<PortName>,
}

/// What the record of intent holds of one product.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Intent {
    /// Counts the changes of this product in this workspace, from 1.
    pub generation: u64,
    /// The product as it was applied.
    pub compiled: CompiledProduct,
    /// When it was applied.
    pub applied_at: DateTime<Utc>,
}

/// Every product of a workspace, as recorded or as it would be.
pub type Estate = BTreeMap<ProductName, CompiledProduct>;

/// What `apply` would do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The workspace.
    pub workspace: WorkspaceName,
    /// One for each product that is named, in the order in which they are run.
    pub products: Vec<ProductPlan>,
    /// Stored tables that no intent and no kept release needs: `apply` removes them.
    pub garbage: Vec<String>,
}

impl Plan {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.garbage.is_empty() && self.products.iter().all(|p| p.action == Action::Unchanged && !p.pending)
    }

    /// Everything that forbids the plan.
    pub fn refusals(&self) -> impl Iterator<Item = (&ProductName, &Refusal)> {
        self.products.iter().flat_map(|p| p.refusals.iter().map(move |r| (&p.product, r)))
    }
}

/// What happens to a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It is new.
    Create,
    /// It changes.
    Change,
    /// It stays as it is.
    Unchanged,
    /// It goes.
    Remove,
}

/// What happens to one product.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProductPlan {
    /// The product.
    pub product: ProductName,
    /// What happens to it.
    pub action: Action,
    /// Its version on record.
    pub from_version: Option<Version>,
    /// Its version as desired.
    pub to_version: Option<Version>,
    /// Files that differ.
    pub files: Vec<FileChange>,
    /// Output ports that differ.
    pub ports: Vec<PortChange>,
    /// Models whose tables will be built anew.
    pub rebuilt: Vec<TableName>,
    /// Whether it is on record as desired, but no run of it has succeeded since: `apply` runs it.
    pub pending: bool,
    /// Downstream columns that depend on what breaks.
    pub affected: Vec<Affected>,
    /// What forbids the plan.
    pub refusals: Vec<Refusal>,
}

/// A file of the bundle that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileChange {
    /// Its path in the bundle.
    pub file: String,
    /// Whether it is new, other or gone.
    pub action: Action,
}

/// An output port that differs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PortChange {
    /// The port.
    pub port: PortName,
    /// Its major version.
    pub major: u64,
    /// What happens to it.
    pub action: Action,
    /// What its contract changes.
    pub contract: Vec<ContractChange>,
    /// The step that the changes demand.
    pub demanded: Step,
    /// The contract's version before.
    pub from_version: Option<Version>,
    /// The contract's version after.
    pub to_version: Option<Version>,
}

/// A downstream column that depends on something that breaks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Affected {
    /// The downstream product.
    pub product: ProductName,
    /// Its table.
    pub table: TableName,
    /// Its column; `None` where the table's rows as a whole depend on it (a filter, a join, or every column).
    pub column: Option<String>,
    /// What it depends on: `product.table` or `product.table.column`.
    pub because_of: String,
}

/// Why a plan is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "reason")]
pub enum Refusal {
    /// The contract changed more than its version says.
    VersionSaysLess {
        /// The output port.
        port: PortName,
        /// The version that the changes demand at least.
        at_least: Version,
        /// The version as written.
        written: Version,
    },
    /// Other products read what would go.
    StillRead {
        /// What would go: `product` or `product.table`.
        what: String,
        /// Who reads it.
        by: Vec<ProductName>,
    },
}

impl Refusal {
    /// Whether `--force` overrules it.
    pub fn can_be_forced(&self) -> bool {
        matches!(self, Self::StillRead { .. })
    }
}

/// Compares one product as recorded with the same product as desired, in an estate that holds everyone else.
///
/// Pure: no clock, no store. `plan_product(Some(a), Some(a), …)` is unchanged.
pub fn plan_product(
    name: &ProductName,
    recorded: Option<&CompiledProduct>,
    desired: Option<&CompiledProduct>,
    estate: &Estate,
) -> ProductPlan {
    let mut plan = ProductPlan {
        product: name.clone(),
        action: Action::Unchanged,
        from_version: recorded.and_then(|c| c.product.version.clone()),
        to_version: desired.and_then(|c| c.product.version.clone()),
        files: file_changes(recorded, desired),
        ports: port_changes(recorded, desired),
        rebuilt: rebuilt(recorded, desired),
        pending: false,
        affected: Vec::new(),
        refusals: Vec::new(),
    };
    plan.action = match (recorded, desired) {
        (None, Some(_)) => Action::Create,
        (Some(_), None) => Action::Remove,
        (Some(a), Some(b)) if a != b => Action::Change,
        _ => Action::Unchanged,
    };
    let broken = broken(name, recorded, &plan.ports, desired.is_none());
    plan.affected = affected(&broken, estate);
    plan.refusals = refusals(name, &plan, desired.is_none(), estate);
    plan.refusals.extend(removed_columns(&plan, &broken, estate));
    plan
}

fn file_changes(recorded: Option<&CompiledProduct>, desired: Option<&CompiledProduct>) -> Vec<FileChange> {
    let none = BTreeMap::new();
    let old = recorded.map_or(&none, |c| &c.product.files);
    let new = desired.map_or(&none, |c| &c.product.files);
    let names: BTreeSet<_> = old.keys().chain(new.keys()).collect();
    names
        .into_iter()
        .filter_map(|file| {
            let action = match (old.get(file), new.get(file)) {
                (None, Some(_)) => Action::Create,
                (Some(_), None) => Action::Remove,
                (Some(a), Some(b)) if a != b => Action::Change,
                _ => return None,
            };
            Some(FileChange { file: file.clone(), action })
        })
        .collect()
}

fn port_changes(recorded: Option<&CompiledProduct>, desired: Option<&CompiledProduct>) -> Vec<PortChange> {
    let ports = |c: Option<&CompiledProduct>| -> BTreeMap<_, _> {
        c.iter().flat_map(|c| &c.product.outputs).map(|o| ((o.name.clone(), o.version.major()), o.clone())).collect()
    };
    let (old, new) = (ports(recorded), ports(desired));
    let keys: BTreeSet<_> = old.keys().chain(new.keys()).cloned().collect();
    let mut changes = Vec::new();
    for (name, major) in keys {
        let key = (name.clone(), major);
        let (before, after) = (old.get(&key), new.get(&key));
        let predecessor = before.or_else(|| superseded(&name, major, &old, &new));
        let (action, contract) = match (before, after) {
            (None, Some(after)) => {
                (Action::Create, predecessor.map_or(Vec::new(), |p| diff::diff(&p.contract, &after.contract)))
            }
            (Some(_), None) => (Action::Remove, Vec::new()),
            (Some(a), Some(b)) if a.contract != b.contract || a.tables != b.tables => {
                (Action::Change, diff::diff(&a.contract, &b.contract))
            }
            _ => continue,
        };
        changes.push(PortChange {
            port: name,
            major,
            action,
            demanded: diff::demanded_step(&contract),
            contract,
            from_version: predecessor.map(|p| p.version.clone()),
            to_version: after.map(|a| a.version.clone()),
        });
    }
    changes
}

type Ports = BTreeMap<(PortName, u64), crate::product::OutputPort>;

/// The older major that a new one takes the place of: the newest that is not offered any more.
fn superseded<'a>(name: &PortName, major: u64, old: &'a Ports, new: &Ports) -> Option<&'a crate::product::OutputPort> {
    old.iter()
        .filter(|((port, m), _)| port == name && *m < major && !new.contains_key(&(port.clone(), *m)))
        .map(|(_, port)| port)
        .next_back()
}

fn rebuilt(recorded: Option<&CompiledProduct>, desired: Option<&CompiledProduct>) -> Vec<TableName> {
    let Some(desired) = desired else { return Vec::new() };
    desired
        .models
        .iter()
        .filter(|(name, model)| {
            recorded.and_then(|r| r.models.get(*name)).is_none_or(|r| r.fingerprint != model.fingerprint)
        })
        .map(|(name, _)| name.clone())
        .collect()
}

/// Something that consumers could read and now cannot, or not as before.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Broken {
    product: ProductName,
    port: PortName,
    table: TableName,
    column: Option<String>,
}

impl Broken {
    fn text(&self) -> String {
        let table = format!("{}.{}", self.product, self.table);
        self.column.as_ref().map_or(table.clone(), |column| format!("{table}.{column}"))
    }
}

fn broken(
    name: &ProductName,
    recorded: Option<&CompiledProduct>,
    changes: &[PortChange],
    removed: bool,
) -> Vec<Broken> {
    let Some(recorded) = recorded else { return Vec::new() };
    let mut broken = BTreeSet::new();
    for (port, table) in recorded.product.tables() {
        let whole =
            |column| Broken { product: name.clone(), port: port.name.clone(), table: table.name.clone(), column };
        let of_port = |c: &&PortChange| c.port == port.name;
        let replaced = changes.iter().filter(of_port).any(|c| c.action == Action::Create && !c.contract.is_empty());
        let gone = |c: &PortChange| c.action == Action::Remove && c.major == port.version.major();
        if removed || (!replaced && changes.iter().filter(of_port).any(gone)) {
            broken.insert(whole(None));
            continue;
        }
        for change in changes.iter().filter(of_port).flat_map(|c| &c.contract) {
            if change.table == table.object && change.step() == Step::Major {
                let everything = matches!(change.kind, ContractChangeKind::KeyChanged);
                broken.insert(whole(change.column.clone().filter(|_| !everything)));
            }
        }
    }
    broken.into_iter().collect()
}

/// Follows what breaks through the lineage of everyone downstream.
fn affected(broken: &[Broken], estate: &Estate) -> Vec<Affected> {
    let mut found = BTreeSet::new();
    let mut seen: BTreeSet<Broken> = broken.iter().cloned().collect();
    let mut open: Vec<(Broken, String)> = broken.iter().map(|b| (b.clone(), b.text())).collect();
    while let Some((cause, because_of)) = open.pop() {
        for (name, consumer) in estate.iter().filter(|(name, _)| **name != cause.product) {
            for (port, table, column) in hit_tables(consumer, &cause) {
                found.insert(Affected {
                    product: name.clone(),
                    table: table.clone(),
                    column: column.clone(),
                    because_of: because_of.clone(),
                });
                let next = Broken { product: name.clone(), port, table, column };
                if seen.insert(next.clone()) {
                    open.push((next, because_of.clone()));
                }
            }
        }
    }
    found.into_iter().collect()
}

type Hit = (PortName, TableName, Option<String>);

fn hit_tables(consumer: &CompiledProduct, cause: &Broken) -> Vec<Hit> {
    let mut marked: BTreeSet<(String, Option<String>)> = consumer
        .product
        .inputs
        .iter()
        .filter(|input| reads(&input.source, cause))
        .map(|input| (format!("input.{}", input.name), cause.column.clone()))
        .collect();
    if marked.is_empty() {
        return Vec::new();
    }
    loop {
        let before = marked.len();
        for (name, model) in &consumer.models {
            for column in hit_columns(&model.lineage, &marked) {
                marked.insert((name.to_string(), column));
            }
        }
        if marked.len() == before {
            break;
        }
    }
    let mut hits = Vec::new();
    for (port, table) in consumer.product.tables() {
        for (_, column) in marked.iter().filter(|(relation, _)| relation == table.model.as_str()) {
            hits.push((port.name.clone(), table.name.clone(), column.clone()));
        }
    }
    hits
}

fn reads(source: &Source, cause: &Broken) -> bool {
    matches!(source, Source::Port(address)
        if address.product == cause.product && (address.port == cause.port || address.port.as_str() == cause.table.as_str()))
}

fn hit_columns(lineage: &ModelLineage, marked: &BTreeSet<(String, Option<String>)>) -> Vec<Option<String>> {
    let whole = lineage.relations.iter().any(|r| marked.contains(&(r.clone(), None)));
    let hit = |c: &crate::lineage::SourceColumn| marked.contains(&(c.relation.clone(), Some(c.column.clone())));
    if whole || lineage.indirect.iter().any(|(column, _)| hit(column)) {
        return vec![None];
    }
    lineage
        .columns
        .iter()
        .filter(|column| column.sources.iter().any(|(source, _)| hit(source)))
        .map(|column| Some(column.column.clone()))
        .collect()
}

fn refusals(name: &ProductName, plan: &ProductPlan, removed: bool, estate: &Estate) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    for change in &plan.ports {
        if let (Some(from), Some(to)) = (&change.from_version, &change.to_version)
            && to.step_from(from) < change.demanded
        {
            refusals.push(Refusal::VersionSaysLess {
                port: change.port.clone(),
                at_least: from.bump(change.demanded),
                written: to.clone(),
            });
        }
    }
    let readers = |port: Option<&PortName>, major: Option<u64>| -> Vec<ProductName> {
        let hit = |source: &Source| {
            matches!(source, Source::Port(a) if a.product == *name
                && port.is_none_or(|p| a.port == *p)
                && (major.is_none() || a.major.is_none() || a.major == major))
        };
        estate
            .iter()
            .filter(|(other, _)| *other != name)
            .filter(|(_, c)| c.product.inputs.iter().any(|i| hit(&i.source)))
            .map(|(other, _)| other.clone())
            .collect()
    };
    if removed {
        let by = readers(None, None);
        if !by.is_empty() {
            refusals.push(Refusal::StillRead { what: name.to_string(), by });
        }
        return refusals;
    }
    for change in plan.ports.iter().filter(|c| c.action == Action::Remove) {
        let replaced = plan.ports.iter().any(|c| c.port == change.port && c.action != Action::Remove);
        let mut by = readers(Some(&change.port), Some(change.major));
        if replaced {
            by.retain(|reader| pins(&estate[reader], name, &change.port, change.major));
        }
        if !by.is_empty() {
            refusals.push(Refusal::StillRead { what: format!("{name}.{}@{}", change.port, change.major), by });
        }
    }
    refusals
}

/// Removing a column that others read is refused as removing a table is.
fn removed_columns(plan: &ProductPlan, broken: &[Broken], estate: &Estate) -> Vec<Refusal> {
    let removed = |b: &&Broken| {
        plan.ports.iter().filter(|p| p.port == b.port).flat_map(|p| &p.contract).any(|change| {
            change.kind == ContractChangeKind::ColumnRemoved && change.column == b.column && b.column.is_some()
        })
    };
    let reader = |b: &Broken| -> Vec<ProductName> {
        let by: BTreeSet<_> = affected(std::slice::from_ref(b), estate).into_iter().map(|a| a.product).collect();
        by.into_iter().collect()
    };
    let read = broken.iter().filter(removed).map(|b| Refusal::StillRead { what: b.text(), by: reader(b) });
    read.filter(|r| matches!(r, Refusal::StillRead { by, .. } if !by.is_empty())).collect()
}

fn pins(consumer: &CompiledProduct, product: &ProductName, port: &PortName, major: u64) -> bool {
    consumer.product.inputs.iter().any(|input| {
        matches!(&input.source, Source::Port(a) if a.product == *product && a.port == *port && a.major == Some(major))
    })
}
