//! Deciding what exactly a run reads, and what has been built from that already.

use std::collections::{BTreeMap, BTreeSet};

use outport_model::{
    address::Address,
    fingerprint::Fingerprint,
    name::{PortName, ProductName, TableName},
    plan::CompiledProduct,
    product::Product,
    release::{Release, ReleasedTable, TableVersion},
    run::InputVersion,
    source::Source,
};

use super::RunFailure;
use crate::{
    App,
    engine::PinnedInput,
    error::UseCaseError,
    plan::{input_schemas, upstream_products},
};

impl App {
    /// Pins every input, all ports of other products at one moment.
    pub(super) async fn pin_inputs(&self, product: &Product) -> Result<BTreeMap<PortName, PinnedInput>, RunFailure> {
        // There may be thousands of products, and few of them are read.
        let read = upstream_products(product);
        let mut producers: BTreeMap<&ProductName, Product> = BTreeMap::new();
        for name in &read {
            let newest = self.stores.intents.generations(&self.workspace, name, 1).await?;
            producers.extend(newest.into_iter().next().map(|intent| (name, intent.compiled.product)));
        }
        let upstream = |name: &ProductName| producers.get(name);
        let (schemas, unknown) = input_schemas(product, &upstream);
        if !unknown.is_empty() {
            return Err(UseCaseError::Invalid(unknown).into());
        }
        let releases = if read.is_empty() {
            BTreeMap::new()
        } else {
            self.stores.releases.current_releases_of(&self.workspace, &read).await?
        };
        let mut pinned = BTreeMap::new();
        for port in &product.inputs {
            let version = match &port.source {
                Source::Port(address) => released(product, address, &releases)?,
                source => self.engine.pin(source).await?,
            };
            let Some(schema) = schemas.get(&port.name).cloned() else { continue };
            pinned.insert(port.name.clone(), PinnedInput { port: port.clone(), schema, version });
        }
        Ok(pinned)
    }

    /// The tables of the product that are built already under their fingerprints from these inputs.
    pub(super) async fn find_builds(
        &self,
        compiled: &CompiledProduct,
        keys: &BTreeMap<TableName, Fingerprint>,
    ) -> Result<BTreeMap<TableName, TableVersion>, RunFailure> {
        let mut built = BTreeMap::new();
        for (table, fingerprint) in compiled.stored_tables() {
            if let Some(inputs) = keys.get(&table)
                && let Some(version) = self.stores.runs.find_build(&fingerprint, inputs).await?
            {
                built.insert(table, version);
            }
        }
        Ok(built)
    }
}

fn released(
    product: &Product,
    address: &Address,
    releases: &BTreeMap<ProductName, Release>,
) -> Result<InputVersion, RunFailure> {
    let unreleased = || UseCaseError::UpstreamUnreleased {
        product: product.name.clone(),
        upstream: address.product.clone(),
        port: address.port.clone(),
    };
    let release = releases.get(&address.product).ok_or_else(unreleased)?;
    let serves = |name: &TableName, t: &ReleasedTable| {
        t.major.is_some_and(|major| name.is_of_port(&address.port, major) && address.major.is_none_or(|m| m == major))
    };
    let tables = release.tables.iter().filter(|(name, table)| serves(name, table));
    let (_, table) = tables.max_by_key(|(_, t)| t.major).ok_or_else(unreleased)?;
    Ok(InputVersion::Release { product: address.product.clone(), number: release.number, table: table.version.clone() })
}

/// For each stored table a hash over the versions of the inputs that it is made from.
pub(super) fn build_keys(
    compiled: &CompiledProduct,
    pinned: &BTreeMap<PortName, PinnedInput>,
) -> BTreeMap<TableName, Fingerprint> {
    let key = |ports: &BTreeSet<PortName>| {
        let tokens = ports.iter().filter_map(|port| pinned.get(port).map(|p| (port, p.version.token())));
        let hash = Fingerprint::of("inputs").part("product", compiled.product.name.as_str());
        tokens.fold(hash, |hash, (port, token)| hash.part(port.as_str(), token)).finish()
    };
    let mut keys: BTreeMap<TableName, Fingerprint> =
        compiled.models.keys().map(|model| (model.clone(), key(&inputs_of(compiled, model)))).collect();
    for input in &compiled.product.inputs {
        keys.insert(input.quarantine(), key(&BTreeSet::from([input.name.clone()])));
    }
    keys
}

/// The input ports that a model reads, also through other models.
fn inputs_of(compiled: &CompiledProduct, model: &TableName) -> BTreeSet<PortName> {
    let mut open = vec![model];
    let (mut seen, mut inputs) = (BTreeSet::new(), BTreeSet::new());
    while let Some(name) = open.pop() {
        let Some(model) = compiled.models.get(name).filter(|_| seen.insert(name.clone())) else { continue };
        inputs.extend(model.inputs.iter().cloned());
        open.extend(&model.reads);
    }
    inputs
}
