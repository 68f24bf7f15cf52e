//! `plan`: the desired products against the record of intent.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use futures::{StreamExt, TryStreamExt, stream};
use outport_model::{
    contract::TableSchema,
    diagnostic::{Code, Diagnostic},
    fingerprint::Fingerprint,
    name::{PortName, ProductName},
    plan::{self, Action, CompiledProduct, Estate, Intent, Plan},
    product::{InputPort, Product},
    run::{Run, RunState},
    source::Source,
};

use crate::{
    App,
    engine::Compiler,
    error::UseCaseError,
    identity::WorkspacePolicies,
    policy::{PolicyOwner, PolicyText},
};

/// An input port reads a product or port that is neither in the workspace nor among the desired ones.
pub const UNKNOWN_UPSTREAM: Code = Code::new("OP0401");

/// Two products have the same name in SQL.
const SAME_NAME: Code = Code::new("OP0204");

/// What the products of a workspace are to be.
#[derive(Debug, Clone, Default)]
pub struct Desired {
    /// Products that are to be as given.
    pub products: Vec<Product>,
    /// Products that are to go.
    pub remove: Vec<ProductName>,
}

/// A plan with what is needed to apply it.
#[derive(Debug, Clone)]
pub struct Planned {
    /// The plan, for people.
    pub plan: Plan,
    /// Warnings about the products.
    pub warnings: Vec<Diagnostic>,
    pub(crate) compiled: BTreeMap<ProductName, CompiledProduct>,
    pub(crate) generations: BTreeMap<ProductName, u64>,
}

impl Planned {
    /// A fingerprint over the plan, what it would put on record, and what is on record: two plans that do the same from
    /// the same state have the same one.
    pub fn fingerprint(&self) -> Fingerprint {
        // Every part is a value that the store keeps as JSON, or a map of numbers; none fails to be written.
        let text = |value: Result<String, serde_json::Error>| value.unwrap_or_default();
        Fingerprint::of("plan")
            .part("plan", text(serde_json::to_string(&self.plan)))
            .part("products", text(serde_json::to_string(&self.compiled)))
            .part("generations", text(serde_json::to_string(&self.generations)))
            .finish()
    }
}

impl App {
    /// Plans every model of the products against the contracts, without touching data or the record of intent.
    /// All problems at once, their files named `<product>/<file of the bundle>`; the compiled products of those that
    /// have none.
    pub async fn compile(
        &self,
        products: Vec<Product>,
    ) -> Result<(BTreeMap<ProductName, CompiledProduct>, Vec<Diagnostic>), UseCaseError> {
        let intents = self.stores.intents.intents(&self.workspace).await?;
        Ok(compile(products, &intents, self.compiler.as_ref(), self.parallelism).await)
    }

    /// Compares the desired products with the record of intent.
    pub async fn plan(&self, desired: Desired) -> Result<Planned, UseCaseError> {
        let intents = self.stores.intents.intents(&self.workspace).await?;
        for product in &desired.remove {
            require(product, &intents, &self.workspace)?;
        }
        let (compiled, diagnostics) =
            compile(desired.products, &intents, self.compiler.as_ref(), self.parallelism).await;
        if diagnostics.iter().any(Diagnostic::is_error) {
            return Err(UseCaseError::Invalid(diagnostics));
        }
        let estate = estate(&intents, &compiled, &desired.remove);
        let clashes = clashes(&compiled, &estate);
        if !clashes.is_empty() {
            return Err(UseCaseError::Invalid(clashes));
        }
        let mut diagnostics = diagnostics;
        diagnostics.extend(self.policy_problems(&estate).await?);
        if diagnostics.iter().any(Diagnostic::is_error) {
            return Err(UseCaseError::Invalid(diagnostics));
        }
        let order = dependency_order(&estate)?;
        let last_runs = self.stores.runs.last_runs(&self.workspace).await?;
        let named = order.iter().filter(|name| compiled.contains_key(name)).chain(&desired.remove);
        let products = named.map(|name| {
            let recorded = intents.get(name);
            let mut plan = plan::plan_product(name, recorded.map(|i| &i.compiled), compiled.get(name), &estate);
            let stays = plan.action != Action::Remove;
            plan.pending = stays && recorded.is_some_and(|intent| is_pending(intent.generation, last_runs.get(name)));
            plan
        });
        let products = products.collect();
        // Until something else is applied, the tables of what is only removed can be had back.
        let garbage = if compiled.is_empty() { Vec::new() } else { self.garbage(&intents, &estate).await? };
        Ok(Planned {
            plan: Plan { workspace: self.workspace.clone(), products, garbage },
            warnings: diagnostics,
            generations: intents.into_iter().map(|(name, intent)| (name, intent.generation)).collect(),
            compiled,
        })
    }

    /// What is wrong with the policies of a workspace that has these products and no others. Policies name products beyond
    /// a change, and what is wrong with any of them leaves nobody able to read anything.
    async fn policy_problems(&self, estate: &Estate) -> Result<Vec<Diagnostic>, UseCaseError> {
        let workspace = self.stores.policies.policies(&self.workspace).await?;
        Ok(match self.policies.compile(&policy_texts(workspace, estate), estate) {
            Ok(compiled) => compiled.warnings,
            Err(problems) => problems,
        })
    }

    /// Stored tables that no kept release and no intent of any workspace needs.
    async fn garbage(
        &self,
        intents: &BTreeMap<ProductName, Intent>,
        estate: &Estate,
    ) -> Result<Vec<String>, UseCaseError> {
        let stored = self.engine.stored_tables().await?;
        let own = estate.values().chain(intents.values().map(|intent| &intent.compiled));
        Ok(self.unneeded(&stored, own).await?.into_iter().collect())
    }

    /// Those of the stored tables that no kept release needs, none of these products, and no intent of another
    /// workspace.
    pub(crate) async fn unneeded<'a>(
        &self,
        stored: &BTreeSet<String>,
        own: impl Iterator<Item = &'a CompiledProduct> + Send,
    ) -> Result<BTreeSet<String>, UseCaseError> {
        let mut needed: BTreeSet<String> = own.flat_map(paths).collect();
        needed.extend(self.stores.releases.needed_tables().await?);
        let workspaces = self.stores.intents.workspaces().await?;
        let others: Vec<_> = stream::iter(workspaces.into_iter().filter(|w| *w != self.workspace))
            .then(|workspace| async move { self.stores.intents.intents(&workspace).await })
            .try_collect()
            .await?;
        needed.extend(others.iter().flat_map(BTreeMap::values).flat_map(|i| paths(&i.compiled)));
        Ok(stored.difference(&needed).cloned().collect())
    }
}

/// Plans every model of the products against the contracts, beside what is on record and without a store. The result is
/// that of [`App::compile`].
pub async fn compile(
    products: Vec<Product>,
    intents: &BTreeMap<ProductName, Intent>,
    planner: &dyn Compiler,
    parallelism: usize,
) -> (BTreeMap<ProductName, CompiledProduct>, Vec<Diagnostic>) {
    let desired: BTreeMap<_, _> = products.into_iter().map(|p| (p.name.clone(), p)).collect();
    let upstream = |name: &ProductName| desired.get(name).or_else(|| intents.get(name).map(|i| &i.compiled.product));
    let mut compiled = BTreeMap::new();
    let mut diagnostics = Vec::new();
    let work = desired.values().map(|product| {
        let (inputs, unknown) = input_schemas(product, &upstream);
        async move {
            if !unknown.is_empty() {
                return (None, unknown);
            }
            let (compiled, mut found) = planner.compile(product, &inputs).await;
            for diagnostic in &mut found {
                diagnostic.file = format!("{}/{}", product.name, diagnostic.file);
            }
            (compiled, found)
        }
    });
    let mut done = stream::iter(work.collect::<Vec<_>>()).buffered(parallelism.max(1));
    while let Some((product, found)) = done.next().await {
        diagnostics.extend(found);
        compiled.extend(product.map(|p| (p.product.name.clone(), p)));
    }
    (compiled, diagnostics)
}

/// What compiling found, with the files named as whoever wrote them does: `<product>/<file of the bundle>` becomes
/// `<root of the bundle>/<file>`.
pub fn named_by_root(found: Vec<Diagnostic>, roots: &BTreeMap<ProductName, PathBuf>) -> Vec<Diagnostic> {
    let place = |file: &str| {
        let (product, file) = file.split_once('/')?;
        Some(roots.get(&product.parse::<ProductName>().ok()?)?.join(file).display().to_string())
    };
    let named = found.into_iter().map(|diagnostic| {
        let file = place(&diagnostic.file);
        Diagnostic { file: file.unwrap_or(diagnostic.file), ..diagnostic }
    });
    named.collect()
}

/// Every policy that these products meet: those of the workspace, and their own, in files named
/// `<product>/<file of the bundle>`.
pub fn policy_texts(workspace: Vec<WorkspacePolicies>, products: &Estate) -> Vec<PolicyText> {
    let workspace = workspace.into_iter().map(|policies| PolicyText {
        owner: PolicyOwner::Workspace,
        file: format!("{}.cedar", policies.name),
        text: policies.text,
    });
    let own = products.iter().flat_map(|(name, compiled)| {
        compiled.product.policies.iter().map(move |policies| PolicyText {
            owner: PolicyOwner::Product(name.clone()),
            file: format!("{name}/{}", policies.file),
            text: policies.text.clone(),
        })
    });
    workspace.chain(own).collect()
}

fn paths(compiled: &CompiledProduct) -> Vec<String> {
    compiled.stored_tables().iter().map(|(table, fingerprint)| compiled.path(table, fingerprint)).collect()
}

/// Whether no run of a generation has succeeded, where this is the newest one.
pub(crate) fn is_pending(generation: u64, last: Option<&Run>) -> bool {
    !last.is_some_and(|run| {
        run.generation == generation && matches!(run.state, RunState::Published | RunState::Unchanged)
    })
}

pub(crate) fn require<'a>(
    product: &ProductName,
    intents: &'a BTreeMap<ProductName, Intent>,
    workspace: &outport_model::name::WorkspaceName,
) -> Result<&'a Intent, UseCaseError> {
    intents.get(product).ok_or_else(|| UseCaseError::NoSuchProduct {
        product: product.to_string(),
        workspace: workspace.to_string(),
        known: intents.keys().map(ToString::to_string).collect(),
    })
}

fn estate(
    intents: &BTreeMap<ProductName, Intent>,
    compiled: &BTreeMap<ProductName, CompiledProduct>,
    remove: &[ProductName],
) -> Estate {
    let mut estate: Estate = intents.iter().map(|(name, i)| (name.clone(), i.compiled.clone())).collect();
    estate.extend(compiled.iter().map(|(name, c)| (name.clone(), c.clone())));
    for name in remove {
        estate.remove(name);
    }
    estate
}

/// Products that are written in SQL as another one is, where `-` and `_` are one.
fn clashes(compiled: &BTreeMap<ProductName, CompiledProduct>, estate: &Estate) -> Vec<Diagnostic> {
    let mut written: BTreeMap<String, Vec<&ProductName>> = BTreeMap::new();
    for name in estate.keys() {
        written.entry(name.sql()).or_default().push(name);
    }
    let clash = |name: &ProductName| {
        let other = written.get(&name.sql())?.iter().find(|other| **other != name)?;
        let message = format!("the name `{name}` is that of `{other}`, which the workspace has already");
        let file = format!("{name}/product.odps.yaml");
        let help = "give each product its own name; `-` and `_` count as one";
        Some(Diagnostic::error(SAME_NAME, file, message).help(help))
    };
    compiled.keys().filter_map(clash).collect()
}

/// The schema that guards each input port: the port's own contract, or the producer's.
pub(crate) fn input_schemas<'a>(
    product: &Product,
    upstream: &impl Fn(&ProductName) -> Option<&'a Product>,
) -> (BTreeMap<PortName, TableSchema>, Vec<Diagnostic>) {
    let mut schemas = BTreeMap::new();
    let mut diagnostics = Vec::new();
    for input in &product.inputs {
        match input_schema(input, upstream) {
            Ok(schema) => {
                schemas.insert(input.name.clone(), schema);
            }
            Err((message, help)) => diagnostics.push(
                Diagnostic::error(UNKNOWN_UPSTREAM, format!("{}/product.odps.yaml", product.name), message).help(help),
            ),
        }
    }
    (schemas, diagnostics)
}

fn input_schema<'a>(
    input: &InputPort,
    upstream: &impl Fn(&ProductName) -> Option<&'a Product>,
) -> Result<TableSchema, (String, String)> {
    if let Some(table) = input.contract.as_ref().and_then(|c| c.tables.first()) {
        return Ok(table.clone());
    }
    let Source::Port(address) = &input.source else {
        return Err((
            format!("input port `{}` has no contract", input.name),
            "add a contract for it under `contracts/`".to_owned(),
        ));
    };
    let producer = upstream(&address.product).ok_or_else(|| {
        (
            format!("input port `{}` reads `{address}`, but there is no product `{}`", input.name, address.product),
            "apply that product first, or name a folder that holds both".to_owned(),
        )
    })?;
    let port = producer.output(address.port.as_str(), address.major);
    let table = port.and_then(|port| {
        let single = port.contract.tables.len() == 1;
        let wanted = |t: &&TableSchema| single || t.name == address.port.as_str();
        port.contract.tables.iter().find(wanted)
    });
    table.cloned().ok_or_else(|| {
        let ports: Vec<_> = producer.outputs.iter().map(|o| format!("`{}@{}`", o.name, o.version.major())).collect();
        (
            format!("input port `{}` reads `{address}`, but `{}` has no such port", input.name, address.product),
            format!("its output ports are {}", ports.join(", ")),
        )
    })
}

/// The products that a product reads.
pub(crate) fn upstream_products(product: &Product) -> BTreeSet<ProductName> {
    let address = |input: &InputPort| match &input.source {
        Source::Port(address) => Some(address.product.clone()),
        _ => None,
    };
    product.inputs.iter().filter_map(address).collect()
}

/// Products in the order in which they can be run: every product after those that it reads.
pub(crate) fn dependency_order(estate: &Estate) -> Result<Vec<ProductName>, UseCaseError> {
    let upstream = |name: &ProductName| -> BTreeSet<ProductName> {
        let mut products = upstream_products(&estate[name].product);
        products.retain(|product| estate.contains_key(product));
        products
    };
    let mut order: Vec<ProductName> = Vec::new();
    let mut done = BTreeSet::new();
    let mut open: BTreeMap<ProductName, BTreeSet<ProductName>> =
        estate.keys().map(|n| (n.clone(), upstream(n))).collect();
    while !open.is_empty() {
        let ready: Vec<_> = open.iter().filter(|(_, r)| r.is_subset(&done)).map(|(n, _)| n.clone()).collect();
        if ready.is_empty() {
            return Err(UseCaseError::Circle(circle(&open)));
        }
        for name in ready {
            open.remove(&name);
            done.insert(name.clone());
            order.push(name);
        }
    }
    Ok(order)
}

/// One circle among products that all wait for each other.
fn circle(open: &BTreeMap<ProductName, BTreeSet<ProductName>>) -> Vec<ProductName> {
    let mut path: Vec<ProductName> = Vec::new();
    let mut next = open.keys().next();
    while let Some(name) = next {
        if let Some(start) = path.iter().position(|n| n == name) {
            let mut circle = path.split_off(start);
            circle.push(name.clone());
            return circle;
        }
        path.push(name.clone());
        next = open[name].iter().find(|n| open.contains_key(*n));
    }
    path
}
