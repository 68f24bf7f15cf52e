//! Where a product comes from and where it goes, by product and by column.
//!
//! Only products and columns that the caller may know of are walked through, so that what lies behind a hidden one is not
//! told either.

use std::collections::{BTreeMap, BTreeSet};

use outport_model::{
    name::{PortName, ProductName, TableName},
    plan::CompiledProduct,
    product::{Alignment, InputPort, Product},
    source::Source,
};
use serde::{Deserialize, Serialize};

use super::{
    super::{Caller, Gate, error::GateError},
    known::{KnownProduct, Look, SeenTable},
    page::SourceKind,
};

/// Products of one answer at most.
const MOST: usize = 1_000;

/// Which way to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// To what it reads.
    Up,
    /// To what reads it.
    Down,
    /// Both.
    #[default]
    Both,
}

/// Where a product comes from and where it goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProductLineage {
    /// The products, by name.
    pub nodes: Vec<LineageNode>,
    /// Which of them reads which.
    pub edges: BTreeSet<LineageEdge>,
    /// The same by column.
    pub columns: BTreeSet<ColumnEdge>,
    /// Whether everything within the depth is there; what is farthest is left out first.
    pub complete: bool,
}

/// A product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LineageNode {
    /// The product.
    pub product: ProductName,
    /// What people call it.
    pub title: Option<String>,
    /// The domain that it belongs to.
    pub domain: Option<String>,
    /// How it relates to sources and consumers.
    pub alignment: Option<Alignment>,
    /// The output ports that the caller may know of.
    pub ports: BTreeSet<PortName>,
    /// What it reads that is no product.
    pub sources: Vec<LineageSource>,
}

/// What a product reads that is no product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LineageSource {
    /// The input port.
    pub port: PortName,
    /// What is read.
    pub kind: SourceKind,
}

/// A product that reads another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LineageEdge {
    /// What is read.
    pub from: ProductName,
    /// What reads.
    pub to: ProductName,
    /// Through which port.
    pub port: PortName,
}

/// A column that another one depends on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ColumnEdge {
    /// What is depended on.
    pub from: ColumnPlace,
    /// What depends.
    pub to: ColumnPlace,
    /// How.
    pub kind: EdgeKind,
}

/// A column of a table of a product.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ColumnPlace {
    /// The product.
    pub product: ProductName,
    /// Its table; `input.<port>` where it reads what is no product.
    pub table: String,
    /// The column.
    pub column: String,
}

/// How a column depends on another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EdgeKind {
    /// Its values come from there.
    Direct,
    /// What is there decides which rows there are.
    Indirect,
}

/// What a product reads of others: through which input port, which product, which port of that.
pub(super) fn reads(product: &Product) -> impl Iterator<Item = (&InputPort, &ProductName, &PortName)> {
    product.inputs.iter().filter_map(|input| match &input.source {
        Source::Port(address) => Some((input, &address.product, &address.port)),
        Source::Files(_) | Source::Tpch(_) => None,
    })
}

impl Gate {
    /// Where a product comes from and where it goes, as far away as `depth` products.
    pub async fn product_lineage(
        &self,
        caller: &Caller,
        product: &ProductName,
        direction: Direction,
        depth: u16,
    ) -> Result<ProductLineage, GateError> {
        let look = self.look(caller).await?;
        let start = look.product(product)?;
        let mut reached = BTreeSet::from([start.name()]);
        let mut complete = true;
        if direction != Direction::Down {
            complete &= walk(&start, depth, &mut reached, |name| {
                look.find(name).map(|known| read_by(&look, &known)).unwrap_or_default()
            });
        }
        if direction != Direction::Up {
            let readers = readers(&look);
            complete &= walk(&start, depth, &mut reached, |name| readers.get(name).cloned().unwrap_or_default());
        }
        let mut included = BTreeMap::new();
        for known in reached.iter().filter_map(|name| look.find(name)) {
            included.insert(known.name(), Included::of(known)?);
        }
        Ok(ProductLineage {
            nodes: included.values().map(Included::node).collect(),
            edges: included.values().flat_map(|reader| reader.edges(&included)).collect(),
            columns: included.values().flat_map(|reader| reader.column_edges(&included)).collect(),
            complete,
        })
    }
}

/// Goes from product to product; `false` where that had to end too early.
fn walk<'a>(
    start: &KnownProduct<'a>,
    depth: u16,
    reached: &mut BTreeSet<&'a ProductName>,
    next: impl Fn(&ProductName) -> BTreeSet<&'a ProductName>,
) -> bool {
    let mut seen = BTreeSet::from([start.name()]);
    let mut edge = vec![start.name()];
    for _ in 0..depth {
        let mut farther = Vec::new();
        for name in edge.iter().copied().flat_map(&next) {
            if seen.insert(name) {
                if reached.len() >= MOST && !reached.contains(name) {
                    return false;
                }
                reached.insert(name);
                farther.push(name);
            }
        }
        edge = farther;
    }
    true
}

/// The products that one reads, of those that the caller may know of.
fn read_by<'a>(look: &'a Look<'_>, known: &KnownProduct<'a>) -> BTreeSet<&'a ProductName> {
    let read =
        reads(&known.compiled.product).filter_map(|(_, name, port)| look.find(name).filter(|k| k.knows_port(port)));
    read.map(|known| known.name()).collect()
}

/// For each product those that read it.
fn readers<'a>(look: &'a Look<'_>) -> BTreeMap<&'a ProductName, BTreeSet<&'a ProductName>> {
    let mut readers: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for known in look.products() {
        for read in read_by(look, &known) {
            readers.entry(read).or_default().insert(known.name());
        }
    }
    readers
}

type All<'a> = BTreeMap<&'a ProductName, Included<'a>>;

/// A product of the answer.
struct Included<'a> {
    known: KnownProduct<'a>,
    operates: bool,
    /// Its tables, each with its port and the major version of that.
    tables: Vec<(&'a PortName, u64, SeenTable<'a>)>,
}

impl<'a> Included<'a> {
    fn of(known: KnownProduct<'a>) -> Result<Self, GateError> {
        let mut tables = Vec::new();
        for port in known.ports() {
            let version = &port.known.version;
            tables.extend(port.tables()?.into_iter().map(|table| (&version.port, version.major, table)));
        }
        Ok(Self { operates: known.operates()?, known, tables })
    }

    fn node(&self) -> LineageNode {
        let product = &self.known.compiled.product;
        let sources = product.inputs.iter().filter_map(|input| {
            let kind = SourceKind::of(&input.source);
            (kind != SourceKind::Product).then(|| LineageSource { port: input.name.clone(), kind })
        });
        LineageNode {
            product: product.name.clone(),
            title: product.title.clone(),
            domain: product.domain.clone(),
            alignment: product.alignment,
            ports: self.known.ports().map(|port| port.port.name.clone()).collect(),
            sources: sources.collect(),
        }
    }

    /// What it reads of the others.
    fn edges(&self, all: &All<'a>) -> Vec<LineageEdge> {
        let product = &self.known.compiled.product;
        let read =
            reads(product).filter(|(_, from, port)| all.get(*from).is_some_and(|from| from.known.knows_port(port)));
        let edge = |(_, from, port): (_, &ProductName, &PortName)| LineageEdge {
            from: from.clone(),
            to: product.name.clone(),
            port: port.clone(),
        };
        read.map(edge).collect()
    }

    /// What its columns depend on.
    fn column_edges(&self, all: &All<'a>) -> Vec<ColumnEdge> {
        let mut edges = Vec::new();
        for (_, _, table) in &self.tables {
            let model = &table.offered.model;
            let indirect: Vec<_> =
                indirect(self.known.compiled, model).iter().filter_map(|read| self.place(read, all)).collect();
            for (column, _) in table.columns() {
                let to = ColumnPlace {
                    product: self.known.name().clone(),
                    table: table.offered.name.to_string(),
                    column: column.name.clone(),
                };
                let direct = direct(self.known.compiled, model, &column.name);
                let direct = direct.iter().filter_map(|read| self.place(read, all));
                let edge = |from, kind| ColumnEdge { from, to: to.clone(), kind };
                edges.extend(direct.map(|from| edge(from, EdgeKind::Direct)));
                edges.extend(indirect.iter().map(|from| edge(from.clone(), EdgeKind::Indirect)));
            }
        }
        edges
    }

    /// Where a column of an input comes from, if the caller may know of that. What is read of files is nobody's promise, so
    /// that only who operates the product is told.
    fn place(&self, read: &ReadColumn, all: &All<'a>) -> Option<ColumnPlace> {
        let (port, column) = (&read.port, read.column.clone());
        let input = self.known.compiled.product.input(port)?;
        let Source::Port(address) = &input.source else {
            let product = self.known.name().clone();
            return self.operates.then(|| ColumnPlace { product, table: format!("input.{port}"), column });
        };
        let from = all.get(&address.product)?;
        let of_port = from
            .tables
            .iter()
            .filter(|(name, major, _)| **name == address.port && address.major.is_none_or(|wanted| wanted == *major));
        let newest = of_port.clone().map(|(_, major, _)| *major).max()?;
        let tables: Vec<_> = of_port.filter(|(_, major, _)| *major == newest).map(|(_, _, table)| table).collect();
        let table = match tables.as_slice() {
            [only] => only,
            several => several.iter().find(|table| table.offered.name.is_of_port(&address.port, newest))?,
        };
        table.column(&column)?;
        Some(ColumnPlace { product: address.product.clone(), table: table.offered.name.to_string(), column })
    }
}

/// A column of an input port.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct ReadColumn {
    port: String,
    column: String,
}

/// The columns of inputs that the values of a column come from, through all models between.
fn direct(compiled: &CompiledProduct, model: &TableName, column: &str) -> BTreeSet<ReadColumn> {
    let mut found = BTreeSet::new();
    resolve(compiled, model.as_str(), column, &mut BTreeSet::new(), &mut found);
    found
}

/// The columns of inputs that decide which rows a model has, through all models between.
fn indirect(compiled: &CompiledProduct, model: &TableName) -> BTreeSet<ReadColumn> {
    let (mut found, mut passed, mut seen) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut open = vec![model];
    while let Some(name) = open.pop() {
        let Some(model) = compiled.models.get(name).filter(|_| seen.insert(name)) else { continue };
        for (source, _) in &model.lineage.indirect {
            resolve(compiled, &source.relation, &source.column, &mut passed, &mut found);
        }
        open.extend(&model.reads);
    }
    found
}

fn resolve(
    compiled: &CompiledProduct,
    relation: &str,
    column: &str,
    passed: &mut BTreeSet<(String, String)>,
    found: &mut BTreeSet<ReadColumn>,
) {
    if let Some(port) = relation.strip_prefix("input.") {
        found.insert(ReadColumn { port: port.to_owned(), column: column.to_owned() });
        return;
    }
    if !passed.insert((relation.to_owned(), column.to_owned())) {
        return;
    }
    let model = relation.parse::<TableName>().ok().and_then(|name| compiled.models.get(&name));
    let columns = model.into_iter().flat_map(|model| &model.lineage.columns);
    for (source, _) in columns.filter(|known| known.column == column).flat_map(|known| &known.sources) {
        resolve(compiled, &source.relation, &source.column, passed, found);
    }
}

#[cfg(test)]
mod tests {
    use outport_model::lineage::{ColumnLineage, Direct, Indirect, ModelLineage, SourceColumn};
    use outport_test::fixture;

    use super::*;

    fn source(relation: &str, column: &str) -> SourceColumn {
        SourceColumn { relation: relation.to_owned(), column: column.to_owned() }
    }

    fn lineage(column: &str, from: &[SourceColumn], decides: &[SourceColumn]) -> ModelLineage {
        let sources = from.iter().map(|from| (from.clone(), Direct::Transformation)).collect();
        ModelLineage {
            columns: vec![ColumnLineage { column: column.to_owned(), sources }],
            indirect: decides.iter().map(|source| (source.clone(), Indirect::Filter)).collect(),
            relations: BTreeSet::new(),
        }
    }

    #[test]
    fn columns_are_followed_through_models() {
        let mut compiled = fixture::compiled("shop", "SELECT 1");
        let daily = compiled.models.get_mut(&fixture::table("daily")).unwrap();
        daily.lineage = lineage("total", &[source("clean", "amount")], &[source("clean", "day")]);
        daily.reads = BTreeSet::from([fixture::table("clean")]);
        let mut clean = daily.clone();
        clean.reads.clear();
        clean.lineage = lineage("amount", &[source("input.raw", "price")], &[source("input.raw", "valid")]);
        let day = ColumnLineage {
            column: "day".to_owned(),
            sources: BTreeSet::from([(source("input.raw", "moment"), Direct::Transformation)]),
        };
        clean.lineage.columns.push(day);
        compiled.models.insert(fixture::table("clean"), clean);

        let named = |columns: BTreeSet<ReadColumn>| columns.into_iter().map(|read| read.column).collect::<Vec<_>>();
        assert_eq!(named(direct(&compiled, &fixture::table("daily"), "total")), ["price"]);
        assert_eq!(named(indirect(&compiled, &fixture::table("daily"))), ["moment", "valid"]);
        assert_eq!(named(direct(&compiled, &fixture::table("daily"), "nothing")), Vec::<String>::new());
    }
}
