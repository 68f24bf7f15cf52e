//! What models may read, and the order in which they can be planned.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use datafusion::common::TableReference;
use outport_model::{
    contract::TableSchema,
    diagnostic::Diagnostic,
    name::{PortName, TableName},
    product::Product,
};
use outport_spec::codes;

use super::{
    Open, nearest,
    planning::{INPUT, readable},
    statement::{Reference, TABLE_FUNCTIONS},
};

/// Something that a model reads.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Relation {
    /// An input port.
    Port(PortName),
    /// Another model.
    Model(TableName),
}

impl Relation {
    /// The name that lineage uses.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Port(port) => format!("{INPUT}.{port}"),
            Self::Model(model) => model.to_string(),
        }
    }
}

/// What each mention of a table in a query stands for.
pub(super) type Reads = HashMap<TableReference, Relation>;

/// Everything that the models of a product may read.
pub(super) struct Readable<'a> {
    relations: HashMap<TableReference, Relation>,
    /// As it must be written.
    names: BTreeSet<String>,
    product: &'a Product,
    inputs: &'a BTreeMap<PortName, TableSchema>,
}

impl<'a> Readable<'a> {
    /// What the models of a product may read: each thing by its SQL name and, in quotes, by its own.
    pub(super) fn of(product: &'a Product, inputs: &'a BTreeMap<PortName, TableSchema>) -> Self {
        let mut relations = HashMap::new();
        let mut names = BTreeSet::new();
        for port in &product.inputs {
            for name in [port.name.as_str().to_owned(), port.name.sql()] {
                relations.insert(TableReference::partial(INPUT, name), Relation::Port(port.name.clone()));
            }
            names.insert(format!("{INPUT}.{}", port.name.sql()));
        }
        for model in &product.models {
            for name in [model.name.as_str().to_owned(), model.name.sql()] {
                relations.insert(TableReference::bare(name), Relation::Model(model.name.clone()));
            }
            names.insert(model.name.sql());
        }
        Self { relations, names, product, inputs }
    }

    /// What mentions of tables stand for, and those that stand for nothing.
    pub(super) fn resolve(&self, references: &[Reference], file: &str) -> (Reads, Vec<Diagnostic>) {
        let mut reads = Reads::new();
        let mut problems = Vec::new();
        for reference in references {
            match self.relations.get(&reference.name) {
                Some(Relation::Port(port)) if readable(reference) && !self.inputs.contains_key(port) => {
                    problems.push(self.without_contract(reference, file));
                }
                Some(relation) if readable(reference) => {
                    reads.insert(reference.name.clone(), relation.clone());
                }
                _ if reference.function && TABLE_FUNCTIONS.contains(&reference.name.table()) => {}
                _ => problems.push(self.unknown(reference, file)),
            }
        }
        (reads, problems)
    }

    fn without_contract(&self, reference: &Reference, file: &str) -> Diagnostic {
        let message = format!("nothing is known of the columns of `{}`", reference.name);
        let help = format!("give the input port a contract: {} has the others", self.product.name);
        Diagnostic::error(codes::UNKNOWN_TABLE, file, message).at(Some(reference.span)).help(help)
    }

    fn unknown(&self, reference: &Reference, file: &str) -> Diagnostic {
        let name = reference.name.to_string();
        let (message, help) = if reference.function {
            let functions = nearest::list(&TABLE_FUNCTIONS[..2]);
            (
                format!("`{name}(…)` cannot be read as a table"),
                format!("the only functions that give tables are {functions}"),
            )
        } else {
            (format!("there is no table `{name}`"), self.advice(&name))
        };
        Diagnostic::error(codes::UNKNOWN_TABLE, file, message).at(Some(reference.span)).help(help)
    }

    fn advice(&self, name: &str) -> String {
        let prefixed = format!("{INPUT}.{name}");
        let near = if self.names.contains(&prefixed) {
            Some(prefixed.as_str())
        } else {
            nearest::to(name, self.names.iter().map(String::as_str))
        };
        let all = nearest::list(&self.names);
        match near {
            Some(near) => format!("did you mean `{near}`? the model can read {all}"),
            None => format!("the model can read {all}"),
        }
    }
}

/// Models so that each stands behind those that it reads.
#[derive(Debug, Default)]
pub(super) struct Order {
    /// Those that can be planned, if what they read can be.
    pub(super) sorted: Vec<TableName>,
    /// Those that read each other in a circle, each beginning with the first name.
    pub(super) cycles: Vec<Vec<TableName>>,
}

/// Sorts models. Those of a circle are not among the sorted ones; those that read them are.
pub(super) fn sort(graph: &BTreeMap<&TableName, &Reads>) -> Order {
    let mut order = Order::default();
    let mut finished = BTreeSet::new();
    for name in graph.keys() {
        visit(name, graph, &mut Vec::new(), &mut finished, &mut order);
    }
    let circular: BTreeSet<TableName> = order.cycles.iter().flatten().cloned().collect();
    order.sorted.retain(|name| !circular.contains(name));
    order
}

fn visit<'a>(
    name: &'a TableName,
    graph: &BTreeMap<&'a TableName, &'a Reads>,
    path: &mut Vec<&'a TableName>,
    finished: &mut BTreeSet<&'a TableName>,
    order: &mut Order,
) {
    if let Some(start) = path.iter().position(|on_path| *on_path == name) {
        order.cycles.push(rotated(&path[start..]));
        return;
    }
    let Some(reads) = graph.get(name).filter(|_| !finished.contains(name)) else { return };
    path.push(name);
    for model in models(reads) {
        visit(model, graph, path, finished, order);
    }
    path.pop();
    finished.insert(name);
    order.sorted.push(name.clone());
}

fn models(reads: &Reads) -> BTreeSet<&TableName> {
    let models = reads.values().filter_map(|relation| match relation {
        Relation::Model(model) => Some(model),
        Relation::Port(_) => None,
    });
    models.collect()
}

fn rotated(cycle: &[&TableName]) -> Vec<TableName> {
    let mut cycle: Vec<TableName> = cycle.iter().map(|name| (*name).clone()).collect();
    let first = cycle.iter().enumerate().min_by_key(|(_, name)| *name).map_or(0, |(index, _)| index);
    cycle.rotate_left(first);
    cycle
}

/// The diagnostic for a circle, at the first mention that closes it.
pub(super) fn circle(cycle: &[TableName], open: &BTreeMap<&TableName, Open<'_>>) -> Option<Diagnostic> {
    let first = open.get(cycle.first()?)?;
    let second = cycle.get(1).or_else(|| cycle.first())?;
    let mention = first.parsed.references.iter().find(
        |reference| matches!(first.reads.get(&reference.name), Some(Relation::Model(model)) if model == second),
    )?;
    let message = if cycle.len() == 1 {
        format!("model `{second}` reads itself")
    } else {
        let names = cycle.iter().chain(cycle.first()).map(|name| format!("`{name}`"));
        format!("models read each other in a circle: {}", names.collect::<Vec<_>>().join(" reads "))
    };
    let problem = Diagnostic::error(codes::MODEL_CYCLE, &first.model.file, message).at(Some(mention.span));
    Some(problem.help("let one of them read an input port or another model instead"))
}
